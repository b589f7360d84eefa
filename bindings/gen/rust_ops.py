"""The safe Rust layer of the ops, and the test that calls each of them (tapeloop/src/generated, tests/every_op.rs)."""
from rust_names import NOTE, ident, rust_doc

ARGUMENT = {"i64": "i64", "f64": "f64", "bool": "bool", "size": "usize", "u64": "u64"}


def ops(api):
    return [f for f in api["functions"] if "op" in f]


def receiver(f):
    """The operand that the op is a method of, or None for one of the context."""
    inputs = f["op"]["inputs"]
    return inputs[0]["name"] if inputs and not inputs[0]["variadic"] else None


def signature(f):
    """Rust parameters, arguments of the C call, and the variadic operand."""
    own, lengths = receiver(f), {p["length"] for p in f["parameters"] if p.get("length")}
    parameters, arguments, many = [], [], None
    for p in f["parameters"]:
        name = ident(p["name"])
        if p["name"] == "context":
            arguments.append("self.context" if own else "self.handle()")
        elif p["name"] == own:
            arguments.append("self.handle")
        elif p["name"] in lengths:
            arguments.append(f"{ident(next(q['name'] for q in f['parameters'] if q.get('length') == p['name']))}.len()")
        elif p["type"] == "tl_tensor" and p["pass"] == "in_array":
            many = name
            parameters.append(f"{name}: &(impl TensorList + ?Sized)")
            arguments.append(f"{name}.as_ptr()")
        elif p["type"] == "tl_tensor":
            parameters.append(f"{name}: &Tensor")
            arguments.append(f"{name}.handle")
        elif p["pass"] == "in_array":
            parameters.append(f"{name}: &[{ARGUMENT[p['type']]}]")
            arguments.append(f"{name}.as_ptr()")
        elif p["type"] == "tl_dtype":
            parameters.append(f"{name}: DType")
            arguments.append(f"{name} as i32")
        else:
            parameters.append(f"{name}: {ARGUMENT[p['type']]}")
            arguments.append(name)
    return parameters, arguments, many


def method(f):
    parameters, arguments, many = signature(f)
    context = "self.context" if receiver(f) else "self.handle()"
    call = f"expression!({context}, {f['name']}({', '.join(arguments)}))"
    if many:
        call = f"{many}.with_handles(|{many}| {call})"
    return (rust_doc(f["doc"], "    ") + ("" if many else "    #[inline]\n") +
            f"    pub fn {ident(f['name'][3:])}(&self{''.join(', ' + p for p in parameters)}) -> Tensor {{\n        {call}\n    }}\n")


def methods(api):
    out = NOTE + "//! Every op: a method of its first operand, or of the context where there is none.\n\n"
    out += "use crate::ffi;\nuse crate::generated::DType;\nuse crate::list::TensorList;\nuse crate::{Context, Tensor};\n"
    for kind, chosen in (("Tensor", True), ("Context", False)):
        rows = [f for f in ops(api) if bool(receiver(f)) == chosen]
        head = "/// # Ops\n" + ("/// Each returns a new tensor; a failed one is noticed by the next effect, see [`Tensor`].\n" if chosen else
                               "/// Those that have no operand, or a list of operands. Each returns a new tensor, see [`Tensor`].\n")
        out += f"\n{head}impl {kind} {{\n" + "\n".join(method(f) for f in rows) + "}\n"
    return out


# ---- the test ----------------------------------------------------------------------------------

def number(value, kind):
    if kind == "bool":
        return "true" if value else "false"
    if kind == "ints":
        return f"&[{', '.join(map(str, value))}]"
    if kind == "dtype":
        return f"DType::{value.capitalize()}"
    if kind == "int":
        return str(int(value))
    text = repr(float(value))
    return {"inf": "f64::INFINITY", "-inf": "f64::NEG_INFINITY", "nan": "f64::NAN"}.get(text, text)


def sample_tensor(t):
    shape = ", ".join(map(str, t["shape"]))
    return f"sample(c, DType::{t['dtype'].capitalize()}, &[{shape}], {float(t['low'])!r}, {float(t['high'])!r})"


def call(f, sample):
    lines, arguments, own = "", [], receiver(f)
    for i in f["op"]["inputs"]:
        made = [sample_tensor(t) for t in sample["inputs"][i["name"]]]
        if i["variadic"]:
            lines += f"    let {ident(i['name'])} = [{', '.join(made)}];\n"
        else:
            lines += f"    let {ident(i['name'])} = {made[0]};\n"
        if i["name"] != own:
            arguments.append("&" + ident(i["name"]))
    for a in f["op"]["attributes"]:
        arguments.append(number(sample["attributes"][a["name"]], a["type"]))
    return lines, f"{ident(own) if own else 'c'}.{ident(f['name'][3:])}({', '.join(arguments)})"


def shortened(f, full):
    """The short form of an op must do what the full one does with the defaults: (its name, the sample to call both with)."""
    sample = dict(full["op"]["sample"])
    attributes = {a["name"]: a.get("default") for a in full["op"]["attributes"]}
    for a in f["op"]["attributes"]:
        attributes[a["name"]] = sample["attributes"][a["name"]]
    sample["attributes"] = attributes
    return sample


def every_op(api):
    rows = ops(api)
    out = NOTE + ("//! One call of each op with its sample of the op table, and one with its error sample, which must come back as an error.\n"
                  "mod common;\n\nuse common::{expect_error, expect_result, expect_same, sample};\nuse tapeloop::{Context, DType};\n")
    names, errors = [], 0
    fulls = {f["op"]["id"]: f for f in rows if f["op"]["full"]}
    for f in rows:
        name = f["name"][3:]
        body = ""
        if not f["op"]["full"]:
            full = fulls[f["op"]["id"]]
            sample = shortened(f, full)
            lines, short = call(f, sample)
            _, long = call(full, sample)
            seed = "    c.set_seed(7).unwrap();\n" if f["op"]["random"] else ""
            body += f"{lines}{seed}    let short = {short};\n{seed}    let full = {long};\n    expect_same(\"{name}\", &short, &full);\n"
        if f["op"].get("sample"):
            lines, expression = call(f, f["op"]["sample"])
            body += f"{lines}    expect_result(\"{name}\", &{expression});\n"
        if f["op"].get("error_sample"):
            lines, expression = call(f, f["op"]["error_sample"])
            message = f["op"]["error_sample"]["message"].replace("\\", "\\\\").replace('"', '\\"')
            body += f"{lines}    expect_error(\"{name}\", &{expression}, \"{message}\");\n"
            errors += 1
        out += f"\n#[test]\nfn {name}_is_called() {{\n    let c = &Context::new().unwrap();\n{body}}}\n"
        names.append(name)
    return out
