"""Writes the C++ and C files that follow from the op table."""
from table import ATTR_TYPES, DTYPES, DTYPE_SETS

NOTE = "// Made from core/ops/ops.toml by core/ops/gen/generate. Do not edit.\n"
OFF = "// clang-format off\n"


def literal(attr_type, text):
    """A default or sample value of the table as a C++ expression."""
    if attr_type == "ints":
        return "IntList{" + text.strip("[]") + "}"
    if attr_type == "dtype":
        return f"DType::{DTYPES[text]}"
    if attr_type == "float":
        return {"inf": "INFINITY", "-inf": "-INFINITY", "nan": "NAN"}.get(text, text if "." in text or "e" in text else text + ".0")
    return text


def attrs_struct(op):
    return f"{op.camel}Attrs"


def op_id(ops):
    rows = "".join(f"  k{op.camel} = {op.row['id']},\n" for op in ops if not op.composite)
    count = max(op.row["id"] for op in ops) + 1
    return (NOTE + "// The stable numbers of the ops. Never reused.\n#pragma once\n\n#include <cstdint>\n\n" + OFF + "\nnamespace tl {\n\n"
            f"enum class OpId : uint16_t {{\n{rows}}};\ninline constexpr int kOpIdCount = {count};\n\n}}  // namespace tl\n")


def attrs(ops):
    out = NOTE + "// The attributes of each op that has any.\n#pragma once\n\n#include \"core/tensor/dtype.h\"\n#include \"core/tensor/shape.h\"\n\n" + OFF + "\nnamespace tl {\n"
    for op in ops:
        if op.attrs and not op.composite:
            fields = "".join(f"  {ATTR_TYPES[a.type][0]} {a.name};\n" for a in op.attrs)
            out += f"\nstruct {attrs_struct(op)} {{\n{fields}}};\n"
    return out + "\n}  // namespace tl\n"


def infer_name(op):
    return f"infer_{op.name}" if op.row["infer"] == "custom" else f"infer_{op.row['infer']}"


def batch_name(op):
    rule = op.row["batching"]
    return None if rule.startswith("none: ") else f"batch_{op.name if rule == 'rule' else rule}"


def promised(ops):
    primitive = [op for op in ops if not op.composite]
    infer = "".join(f"void {n}(const InferArgs& args, OutputSpec* out);\n" for n in sorted({infer_name(op) for op in primitive}))
    vjp = "".join(f"void vjp_{op.name}(const VjpArgs& args, Tensor* grads);\n" for op in primitive if op.row["gradient"] == "rule")
    jvp = "".join(f"void jvp_{op.name}(const JvpArgs& args, Tensor* tangents);\n" for op in primitive if op.jvp[0] == "rule")
    batch = "".join(f"void {n}(const BatchArgs& args, Tensor* out);\n" for n in sorted({batch_name(op) for op in primitive} - {None}))
    kernels = "".join(f"void {op.name}(const KernelArgs& args);\n" for op in primitive)
    return (NOTE + "// The functions that the rows of the table promise. core/rules and core/kernels define them; one that is missing is a link error.\n"
            "#pragma once\n\n#include \"core/ops/generated/attrs.h\"\n#include \"core/ops/schema.h\"\n\n" + OFF +
            f"\nnamespace tl::rules {{\n\n{infer}\n{vjp}\n{jvp}\n{batch}\n}}  // namespace tl::rules\n\nnamespace tl::kernels {{\n\n{kernels}\n}}  // namespace tl::kernels\n")


def schemas(ops):
    out = NOTE + "#include <cstddef>\n\n#include \"core/ops/generated/promised.h\"\n\n" + OFF + "\nnamespace tl {\nnamespace {\n\n"
    rows, by_id = [], {}
    for op in (o for o in ops if not o.composite):
        r, c = op.row, op.camel
        if op.inputs:
            cells = ", ".join(f'{{"{i.name}", {DTYPE_SETS[i.dtypes]}, {i.same_as}}}' for i in op.inputs)
            out += f"constexpr InputSchema k{c}Inputs[] = {{{cells}}};\n"
        if op.attrs:
            cells = ", ".join(f'{{"{a.name}", AttrKind::{ATTR_TYPES[a.type][3]}, offsetof({attrs_struct(op)}, {a.name})}}' for a in op.attrs)
            out += f"constexpr AttrSchema k{c}Attrs[] = {{{cells}}};\n"
        names = [i.name for i in op.inputs]
        place = [names.index(n) for n in r.get("inplace", [])] + [-1, -1, -1]
        saved = r.get("saves", [])
        mask = lambda known: sum(1 << i for i, n in enumerate(known) if n in saved)
        g = r["gradient"]
        kind = {"rule": "kRule", "zero": "kZero"}.get(g, "kNone")
        reason = f'"{g[6:]}"' if kind == "kNone" else "nullptr"
        tangent, linear = op.jvp
        linear_mask = sum(1 << names.index(n) for n in linear)
        flag = lambda key: "true" if r.get(key) else "false"
        by_id[r["id"]] = len(rows)
        rows.append(f'    {{OpId::k{c}, "{op.name}", {len(op.inputs)}, {"true" if op.variadic else "false"}, {len(op.outputs)}, '
                    f'{flag("makes_outputs")}, {flag("checks_data")}, {flag("fusable")}, {{{place[0]}, {place[1]}, {place[2]}}}, '
                    f'{f"sizeof({attrs_struct(op)})" if op.attrs else 0}, GradientKind::{kind}, {reason}, {mask(names)}, {mask(op.outputs)}, '
                    f'{f"k{c}Inputs" if op.inputs else "nullptr"}, {f"k{c}Attrs" if op.attrs else "nullptr"}, {len(op.attrs)}, '
                    f'rules::{infer_name(op)}, kernels::{op.name}, {f"rules::vjp_{op.name}" if g == "rule" else "nullptr"}, '
                    f'JvpKind::k{tangent.capitalize()}, {linear_mask}, {f"rules::jvp_{op.name}" if tangent == "rule" else "nullptr"}, '
                    + (f'rules::{batch_name(op)}, nullptr}},\n' if batch_name(op) else f'nullptr, "{r["batching"][6:]}"}},\n'))
    index = ", ".join(str(by_id.get(i, -1)) for i in range(max(by_id) + 1))
    return (out + "\nconst OpSchema kSchemas[] = {\n" + "".join(rows) + "};\n\n"
            f"constexpr int16_t kIndex[] = {{{index}}};\n\n}}  // namespace\n\n"
            "const OpSchema& schema_of(OpId id) { return kSchemas[kIndex[static_cast<int>(id)]]; }\n"
            "Span<const OpSchema> all_schemas() { return kSchemas; }\n\n}  // namespace tl\n")


def parameters(op, with_defaults):
    """The C++ parameter list of the op's public function."""
    out = ["Context& context"] if op.needs_context else []
    out += ["Span<const Tensor> " + i.name if i.variadic else "const Tensor& " + i.name for i in op.inputs]
    for a in op.public_attrs:
        default = f" = {literal(a.type, a.default)}" if with_defaults and a.default is not None else ""
        out.append(f"{ATTR_TYPES[a.type][1]} {a.name}{default}")
    return ", ".join(out)


def result_type(op):
    return "Tensor" if len(op.outputs) == 1 else f"std::array<Tensor, {len(op.outputs)}>"


def functions_header(ops):
    out = (NOTE + "// Every op as a function. Gradient rules, layers and losses are written in these.\n#pragma once\n\n#include <array>\n\n"
           "#include \"core/ops/apply.h\"\n#include \"core/ops/generated/attrs.h\"\n\n" + OFF + "\nnamespace tl {\n")
    for op in ops:
        where = " Made of other ops, in core/rules." if op.composite else ""
        out += f"\n// {op.row['doc']}{where}\n{result_type(op)} {op.name}({parameters(op, True)});\n"
    return out + "\n}  // namespace tl\n"


def functions_source(ops):
    out = NOTE + "#include \"core/ops/generated/functions.h\"\n\n#include <vector>\n\n" + OFF + "\nnamespace tl {\n"
    for op in (o for o in ops if not o.composite):
        c, n = op.camel, len(op.outputs)
        out += f"\n{result_type(op)} {op.name}({parameters(op, False)}) {{\n"
        if op.variadic:
            v = op.inputs[-1].name
            out += f"  if ({v}.empty()) invalid(\"[{op.name}] it takes at least 1 tensor: got 0; check the list of operands\");\n"
            first = [f"&{i.name}" for i in op.inputs[:-1]]
            out += f"  std::vector<const Tensor*> in{{{', '.join(first)}}};\n  for (const Tensor& t : {v}) in.push_back(&t);\n"
            operands, context = "Inputs(in.data(), in.size())", f"{v}[0]"
        elif op.inputs:
            out += f"  const Tensor* in[] = {{{', '.join('&' + i.name for i in op.inputs)}}};\n"
            operands, context = f"Inputs(in, {len(op.inputs)})", op.inputs[0].name
        else:
            operands, context = "Inputs()", None
        for i in op.inputs[:1]:
            out += f"  if (!{context}) invalid(\"[{op.name}] '{i.name}' must be a tensor: got null; was it set?\");\n"
        get = "context" if context is None else f"{context}.context()"
        if op.attrs:
            values = []
            for a in op.attrs:
                values.append({"@seed": f"{get}.random().seed", "@call": f"{get}.random().next_call"}.get(a.default, a.name))
            out += f"  {attrs_struct(op)} attrs{{{', '.join(values)}}};\n"
        out += f"  {'Tensor made' if n == 1 else result_type(op) + ' made'};\n"
        out += f"  apply(OpId::k{c}, {get}, {operands}, {'&attrs' if op.attrs else 'nullptr'}, {'&made' if n == 1 else 'made.data()'});\n"
        out += (f"  {get}.random().next_call++;\n" if op.random else "") + "  return made;\n}\n"
    return out + "\n}  // namespace tl\n"


# ---- the C API ---------------------------------------------------------------------------------

def c_variants(op):
    """(name, attributes in the signature) of the C functions of an op."""
    if "full_name" in op.row:
        yield op.name, [a for a in op.public_attrs if a.default is None]
        yield op.row["full_name"], op.public_attrs
    else:
        yield op.name, op.public_attrs


def c_signature(op, name, attributes):
    parts = ["tl_context *context"]
    for i in op.inputs:
        parts += [f"tl_tensor *const *{i.name}", f"size_t num_{i.name}"] if i.variadic else [f"tl_tensor *{i.name}"]
    parts += [ATTR_TYPES[a.type][2].format(a.name) for a in attributes]
    return f"tl_tensor *tl_{name}({', '.join(parts)})"


def wrap(text, width=110, indent=" * "):
    lines, line = [], indent
    for word in text.split():
        if len(line) + len(word) > width:
            lines.append(line.rstrip())
            line = indent
        line += word + " "
    return "\n".join(lines + [line.rstrip()])


def shape_doc(op):
    inputs = "; ".join(f"`{i.name}`{' (one or more)' if i.variadic else ''}: {i.dtypes if i.same_as < 0 else 'the dtype of `' + op.inputs[i.same_as].name + '`'}"
                       for i in op.inputs)
    return (f"Operands: {inputs}. " if inputs else "")


def gradient_doc(op):
    g = op.row["gradient"]
    if g.startswith("none: "):
        return f"Gradient: none, {g[6:]}."
    return "Gradient: zero where it exists." if g == "zero" else "Gradient: of any order."


def c_header(ops):
    out = ("/* Made from core/ops/ops.toml by core/ops/gen/generate. Do not edit. */\n/* The ops of tapeloop. Each takes the context first and returns a new tensor that belongs to the innermost\n"
           " * scope, or NULL when an operand is NULL or the context holds an error (nothing is changed then), or when the\n * call fails (the context holds the error then). Operands may be tensors or variables of the same context;\n"
           " * they are not consumed. Shapes broadcast as in NumPy where two operands are said to broadcast. */\n"
           "#ifndef TAPELOOP_OPS_H\n#define TAPELOOP_OPS_H\n\n#include <tapeloop/base.h>\n\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n/* clang-format off */\n")
    for op in ops:
        if op.get("internal"):
            continue
        for name, attributes in c_variants(op):
            doc = op.row["doc"] + " " + op.get("details", "")
            used = {a.name for a in attributes}
            missing = [a for a in op.public_attrs if a.name not in used]
            if missing:
                doc += f" This short form uses {', '.join(f'{a.name} = {a.default}' for a in missing)}; see tl_{op.row['full_name']}."
            out += f"\n/**\n{wrap(doc)}\n{wrap(shape_doc(op) + gradient_doc(op))}\n{wrap('Since ' + op.row['since'] + '.')}\n */\nTL_API {c_signature(op, name, attributes)};\n"
    return out + "\n/* clang-format on */\n\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n"


def c_source(ops):
    out = NOTE + "#include \"capi/src/call.h\"\n#include \"core/ops/generated/functions.h\"\n#include \"tapeloop/ops.h\"\n\n" + OFF + "\nusing namespace tl;\n\nextern \"C\" {\n"
    for op in ops:
        if op.get("internal"):
            continue
        for name, attributes in c_variants(op):
            used = {a.name for a in attributes}
            out += f"\nTL_API {c_signature(op, name, attributes)} {{\n"
            value = {}
            for a in op.attrs:
                if a.hidden:
                    value[a.name] = {"@seed": "call.context().random().seed", "@call": "call.context().random().next_call"}[a.default]
                elif a.name not in used:
                    value[a.name] = literal(a.type, a.default)
                else:
                    value[a.name] = {"ints": f'call.ints("{a.name}", {a.name}, num_{a.name})', "dtype": f'call.dtype("{a.name}", {a.name})'}.get(a.type, a.name)
            plain = [i.name for i in op.inputs if not i.variadic]
            many = [i.name for i in op.inputs if i.variadic]
            out += f"  return capi::op(context, \"{name}\", [&](capi::OpCallFrame& call) {{\n"
            for n in plain:
                out += f"    call.add({n}, \"{n}\");\n"
            for n in many:
                out += f"    call.add_all({n}, num_{n}, \"{n}\");\n"
            if op.composite:
                args = (["call.context()"] if op.needs_context else []) + [f"call.in({k})" for k in range(len(plain))] + ["call.from(%d)" % len(plain) for _ in many]
                args += [value[a.name] for a in op.public_attrs]
                out += f"    call.result({op.name}({', '.join(args)}));\n"
            elif op.attrs:
                out += f"    {attrs_struct(op)} attrs{{{', '.join(value[a.name] for a in op.attrs)}}};\n    call.apply(OpId::k{op.camel}, &attrs);\n"
                out += "    call.context().random().next_call++;\n" if op.random else ""  # a call that failed takes none
            else:
                out += f"    call.apply(OpId::k{op.camel}, nullptr);\n"
            out += "  });\n}\n"
    return out + "\n}  // extern \"C\"\n"
