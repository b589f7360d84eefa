"""Writes the test cases of the ops, from the samples and error samples of the table.

A sample is a line of words: `x=(2,3)` is a tensor for input x; `x=(2,3)[0.1..2]` limits its values; `x=(2,3):i32[0..4]` fixes
its dtype (without one, the tests run every dtype that the row allows); `values=(2,3)|(1,3)` feeds a variadic input; any
other word sets an attribute: `axes=[1]`. An error sample ends with ` | text that the message must contain`.
"""
import re

from cpp import NOTE, OFF, c_variants, literal
from table import DTYPES, DTYPE_SETS, TableError

TENSOR = re.compile(r"\(([\d,]*)\)(?::(\w+))?(?:\[(-?[\d.e-]+)\.\.(-?[\d.e-]+)\])?")


def parse(op, text):
    """(tensors, attribute texts by name)"""
    tensors, attrs = {}, {}
    names, attr_names = [i.name for i in op.inputs], {a.name: a for a in op.public_attrs}
    for word in text.split():
        name, _, value = word.partition("=")
        if name in names:
            tensors[name] = []
            for part in value.split("|"):
                m = TENSOR.fullmatch(part)
                if not m or (m[2] and m[2] not in DTYPES):
                    raise TableError(f"{op.name}: bad sample tensor '{word}'")
                shape = [int(d) for d in m[1].split(",") if d]
                low, high = (m[3], m[4]) if m[3] else op.get("domain", [-2, 2])
                tensors[name].append((shape, m[2], float(low), float(high)))
        elif name in attr_names:
            attrs[name] = value
        else:
            raise TableError(f"{op.name}: sample '{text}' names '{name}', which is neither input nor attribute")
    for i in op.inputs:
        if i.name not in tensors:
            raise TableError(f"{op.name}: sample '{text}' lacks input '{i.name}'")
    for a in op.public_attrs:
        if a.default is None and a.name not in attrs:
            raise TableError(f"{op.name}: sample '{text}' lacks attribute '{a.name}'")
    return tensors, attrs


def arguments(op, attrs):
    return [literal(a.type, attrs.get(a.name, a.default)) for a in op.public_attrs]


def cpp_case(op, index, text, error):
    tensors, attrs = parse(op, text)
    rows, slots, at = [], [], 0
    for i in op.inputs:
        for shape, dtype, low, high in tensors[i.name]:
            fixed = f"DType::{DTYPES[dtype]}" if dtype else "kFloating"
            rows.append(f'{{"{i.name}", {{{", ".join(map(str, shape))}}}, {fixed}, {low}, {high}, {DTYPE_SETS[i.dtypes]}}}')
        count = len(tensors[i.name])
        slots.append(f"in.part({at}, {count})" if i.variadic else f"in[{at}]")
        at += count
    args = arguments(op, attrs)
    call = f"{op.name}({', '.join((['context'] if op.needs_context else []) + slots + args)})"
    reference = op.get("reference", "yes")
    ref = "nullptr"
    if not error and not reference.startswith("none: "):
        ref = f"[]([[maybe_unused]] const Arrays& in) {{ return reference::{op.name}({', '.join(slots + args) if slots or args else ''}); }}"
    kind = op.row["gradient"].split(":")[0]
    return (f'    {{"{op.name}", {index}, "{text}", {{{", ".join(rows)}}},\n'
            f"     []([[maybe_unused]] Context& context, [[maybe_unused]] const Tensors& in) {{ return outputs({call}); }},\n     {ref},\n"
            f'     Gradient::k{kind.capitalize()}, {{{", ".join(str(float(k)) for k in op.get("kinks", []))}}}, '
            f'{"true" if op.get("distinct") else "false"}, {op.get("tolerance", [1e-5, 1e-12])[0]}, {op.get("tolerance", [1e-5, 1e-12])[1]}, '
            f'{cpp_string(error) if error else "nullptr"}}},\n')


def cpp_string(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def split_error(op, text):
    sample, separator, message = text.partition(" | ")
    if not separator:
        raise TableError(f"{op.name}: error sample '{text}' lacks ' | message'")
    return sample, message


def op_cases(ops):
    out = NOTE + "#include <cmath>\n\n#include \"core/ops/generated/functions.h\"\n#include \"tests/ops/op_case.h\"\n#include \"tests/ops/reference.h\"\n\n" + OFF
    out += "\nnamespace tl::test {\n\nconst std::vector<OpCase>& op_cases() {\n  static const std::vector<OpCase> cases = {\n"
    for op in ops:
        for k, text in enumerate(op.get("samples", [])):
            out += cpp_case(op, k, text, None)
        for k, text in enumerate(op.get("errors", [])):
            out += cpp_case(op, k, *split_error(op, text))
    names = ", ".join(f'"{o.name}"' for o in ops)
    return out + "  };\n  return cases;\n}\n\nconst std::vector<const char*>& op_names() {\n  static const std::vector<const char*> names = {" + names + "};\n  return names;\n}\n\n}  // namespace tl::test\n"


def c_value(attr, text):
    if attr.type == "ints":
        values = text.strip("[]")
        return (f"(const int64_t[]){{{values}}}, {len(values.split(','))}" if values else "NULL, 0")
    return {"dtype": lambda: f"TL_{text.upper()}", "float": lambda: literal("float", text)}.get(attr.type, lambda: text)()


def c_calls(ops):
    out = (NOTE.replace("// ", "/* ").rstrip() + " */\n/* One call of each op from C, with its first sample, and its first error sample. */\n"
           "#include \"tests/capi/op_calls.h\"\n\n/* clang-format off */\n")
    names = []
    for op in (o for o in ops if not o.get("internal")):
        cases = [(t, None) for t in op.get("samples", [])[:1]] + [split_error(op, t) for t in op.get("errors", [])[:1]]
        body = ""
        for text, error in cases:
            tensors, attrs = parse(op, text)
            body += "  {\n"
            args = ["c"]
            for i in op.inputs:
                made = []
                for shape, dtype, low, high in tensors[i.name]:
                    kind = dtype or ("f32" if error else {"bool": "bool", "int": "i32"}.get(i.dtypes, "f32"))
                    dims = f"(const int64_t[]){{{', '.join(map(str, shape))}}}" if shape else "NULL"
                    made.append(f"sample_tensor(c, TL_{kind.upper()}, {dims}, {len(shape)}, {low}, {high})")
                if i.variadic:
                    body += f"    tl_tensor *{i.name}[] = {{{', '.join(made)}}};\n"
                    args += [i.name, str(len(made))]
                else:
                    body += f"    tl_tensor *{i.name} = {made[0]};\n"
                    args.append(i.name)
            name, attributes = list(c_variants(op))[-1]
            args += [c_value(a, attrs.get(a.name, a.default)) for a in attributes]
            check = f'expect_error(c, "{op.name}", result, {cpp_string(error)})' if error else f'expect_result(c, "{op.name}", result)'
            body += f"    tl_tensor *result = tl_{name}({', '.join(args)});\n    {check};\n  }}\n"
        names.append(op.name)
        out += f"\nstatic void call_{op.name}(tl_context *c) {{\n{body}}}\n"
    calls = "".join(f"  call_{n}(c);\n" for n in names)
    return out + f"\nint call_every_op(tl_context *c) {{\n{calls}  return {len(names)};\n}}\n"


def reference_page(ops):
    out = "<!-- Made from core/ops/ops.toml by core/ops/gen/generate. Do not edit. -->\n# The ops of tapeloop\n"
    for family in dict.fromkeys(op.row["family"] for op in ops):
        out += f"\n## {family.capitalize()}\n\n| op | what it computes | operands | attributes | gradient |\n|---|---|---|---|---|\n"
        for op in (o for o in ops if o.row["family"] == family and not o.get("internal")):
            operands = ", ".join(f"{i.name}: {i.dtypes}{'...' if i.variadic else ''}" for i in op.inputs) or "none"
            attributes = ", ".join(f"{a.name}: {a.type}" + (f" = {a.default}" if a.default is not None else "") for a in op.public_attrs) or "none"
            text = (op.row["doc"] + " " + op.get("details", "")).strip().replace("|", "\\|")
            out += f"| `{op.name}` | {text} | {operands} | {attributes} | {op.row['gradient']} |\n"
    return out


def checks_page(ops):
    """What the tests check of each op, or the reason why not. They fail where a cell says more than is done."""
    out = ("<!-- Made from core/ops/ops.toml by core/ops/gen/generate. Do not edit. -->\n# Ops and checks\n\nGradients: orders compared "
           "with differences, by tape. Tangents: orders compared with gradients,\nin all nestings of tape and forward mode; and how they are computed. Batching: what is compared with a loop,\n"
           "of one batch and of two nested ones; and the rule.\n\n"
           "| op | values | gradients | tangents | batching | error samples |\n|---|---|---|---|---|---|\n")
    for op in ops:
        g, (way, _) = op.row["gradient"], op.jvp
        if op.composite and not any(i.dtypes in ("float", "number", "any") for i in op.inputs):
            gradients = tangents = "none: it has no operand"
        elif g == "zero":
            gradients = tangents = "zero"
        elif g.startswith("none: "):
            gradients = tangents = g
        else:
            gradients, tangents = "1, 2, 3", f"1, 2, 3; {'of its parts' if op.composite else way}"
        if not op.inputs:
            batching = "none: it has no operand" if op.composite else op.row["batching"]
        else:
            derivatives = ", gradients, tangents" if gradients == "1, 2, 3" or g == "zero" else ""
            batching = f"values{derivatives}; {'of its parts' if op.composite else op.row['batching']}"
        reference = op.get("reference", "against a reference")
        out += f"| `{op.name}` | {reference} | {gradients} | {tangents} | {batching} | {len(op.get('errors', [])) or 'none: it takes any operand'} |\n"
    return out
