"""Layers, optimizers and losses in Rust: a builder for each function of the C API that takes options."""
from rust_names import NOTE, camel, enum_name, ident, made_name, prose, rust_doc, sentence

PLAIN = {"i64": "i64", "f64": "f64", "bool": "bool"}
ZERO = {"i64": "0", "f64": "0.0", "bool": "false"}


def options_of(f, structs):
    return next((structs[p["type"]] for p in f["parameters"] if p["type"] in structs and p["pass"] == "in"), None)


def fields(struct):
    return [f for f in struct["fields"] if f["name"] != "struct_size"]


def field_type(f):
    if f["type"] == "string":
        return "Option<String>"
    if f["type"] == "tl_tensor":
        return "Option<Tensor>"
    return PLAIN.get(f["type"]) or f"Option<{enum_name(f['type'])}>"


def setter(owner, f):
    name, kind = ident(f["name"]), field_type(f)
    text = sentence(prose(f.get("doc") or f["name"]))
    if f["name"] == "name":
        text = "The name; without one it is " + text[:1].lower() + text[1:]
    if kind == "Option<String>":
        parameter, value = "impl Into<String>", f"Some({name}.into())"
    elif kind == "Option<Tensor>":
        parameter, value = "&Tensor", f"Some({name}.clone())"
    else:
        parameter, value = (PLAIN.get(f["type"]) or enum_name(f["type"])), (name if f["type"] in PLAIN else f"Some({name})")
    return f"\n{rust_doc(text, '    ')}    pub fn {name}(mut self, {name}: {parameter}) -> {owner} {{\n        self.{name} = {value};\n        self\n    }}\n"


def raw_options(struct, call):
    """Statements that fill `options` from self."""
    out = f"        let mut options = options!({struct['name']}, {struct['init']});\n"
    for f in fields(struct):
        name = ident(f["name"])
        if f["type"] == "string":
            out += f"        let {name} = optional_text(\"{call}\", self.{name}.as_deref())?;\n        options.{name} = pointer_of(&{name});\n"
        elif f["type"] == "tl_tensor":
            out += f"        options.{name} = self.{name}.as_ref().map_or(ptr::null_mut(), |tensor| tensor.required());\n"
        elif f["type"] in PLAIN:
            out += f"        options.{name} = self.{name};\n"
        else:
            out += f"        if let Some(value) = self.{name} {{\n            options.{name} = value as i32;\n        }}\n"
    return out


def struct_type(owner, docs, required, struct):
    rows = "".join(f"    {ident(p['name'])}: {PLAIN.get(p['type']) or enum_name(p['type'])},\n" for p in required)
    rows += "".join(f"    {ident(f['name'])}: {field_type(f)},\n" for f in fields(struct))
    start = ", ".join([ident(p["name"]) for p in required] + [f"{ident(f['name'])}: {ZERO.get(f['type'], 'None')}" for f in fields(struct)])
    parameters = ", ".join(f"{ident(p['name'])}: {PLAIN.get(p['type']) or enum_name(p['type'])}" for p in required)
    out = f"\n{docs}#[derive(Debug, Clone)]\n#[must_use]\npub struct {owner} {{\n{rows}}}\n"
    if not required:
        out += f"\nimpl Default for {owner} {{\n    fn default() -> {owner} {{\n        {owner}::new()\n    }}\n}}\n"
    out += f"\nimpl {owner} {{\n    /// All options at their defaults.\n    pub fn new({parameters}) -> {owner} {{\n        {owner} {{ {start} }}\n    }}\n"
    return out + "".join(setter(owner, f) for f in fields(struct))


def builder(f, struct):
    made = {"tl_layer": "Layer", "tl_optimizer": "Optimizer"}[f["returns"]["type"]]
    required = [p for p in f["parameters"] if p["name"] != "context" and p["type"] != struct["name"]]
    owner = made_name(f["name"])
    arguments = ["context.handle()"] + [p["name"] if p["type"] in PLAIN else f"{p['name']} as i32" for p in required] + ["&options"]
    arguments = [f"self.{a}" if i and a != "&options" else a for i, a in enumerate(arguments)]
    out = struct_type(owner, rust_doc(f["doc"]), required, struct)
    out += (f"\n    /// Makes the {made.lower()}. It belongs to the innermost scope.\n"
            f"    pub fn build(&self, context: &Context) -> Result<{made}> {{\n{raw_options(struct, f['name'][3:])}"
            f"        {made}::made(context, \"{f['name'][3:]}\", call!({f['name']}({', '.join(arguments)})))\n    }}\n}}\n")
    if made == "Layer":
        out += (f"\nimpl LayerBuilder for {owner} {{\n    fn build_layer(&self, context: &Context) -> Result<Layer> {{\n"
                f"        self.build(context)\n    }}\n}}\n")
    return out


def builders(api):
    structs = {s["name"]: s for s in api["structs"]}
    out = NOTE + ("//! Layers and optimizers with their options.\n\n"
                  "use crate::ffi;\nuse crate::generated::*;\nuse crate::text::{optional_text, pointer_of};\n"
                  "use crate::{Context, Layer, LayerBuilder, Optimizer, Result};\n")
    for f in api["functions"]:
        struct = options_of(f, structs)
        if struct and f["returns"]["type"] in ("tl_layer", "tl_optimizer"):
            out += builder(f, struct)
    return out


def loss_parameter(p):
    if p["type"] == "tl_tensor":
        return "Option<&Tensor>" if p.get("nullable") else "&Tensor"
    return PLAIN[p["type"]]


def loss_argument(p):
    if p["type"] == "tl_tensor":
        return f"{p['name']}.map_or(ptr::null_mut(), |tensor| tensor.required())" if p.get("nullable") else f"{p['name']}.handle"
    return p["name"]


def losses(api):
    structs = {s["name"]: s for s in api["structs"]}
    struct = structs["tl_loss_options"]
    out = NOTE + ("//! Losses: functions of labels and predictions. Each returns a tensor, see [`Tensor`](crate::Tensor).\n\n"
                  "use crate::ffi;\nuse crate::generated::*;\nuse crate::Tensor;\nuse std::ptr;\n")
    out += struct_type("LossOptions", rust_doc(struct["doc"]), [], struct)
    out += f"\n    fn raw(&self) -> ffi::tl_loss_options {{\n{raw_options(struct, 'loss')}        options\n    }}\n}}\n"
    for f in api["functions"]:
        if options_of(f, structs) is not struct:
            continue
        own = [p for p in f["parameters"] if p["name"] != "context" and p["type"] != struct["name"]]
        names = [p["name"] for p in own]
        short = f["name"][len("tl_loss_"):]
        parameters = ", ".join(f"{p['name']}: {loss_parameter(p)}" for p in own)
        handles = ", ".join(loss_argument(p) for p in own)
        docs = rust_doc(f["doc"].replace("tl_loss_", "tl_"))
        for name, more, options, doc in ((short, "", "ptr::null()", docs),
                                         (short + "_with", ", options: &LossOptions", "&options.raw()", f"/// [`{short}`] with options.\n")):
            out += (f"\n{doc}pub fn {name}({parameters}{more}) -> Tensor {{\n"
                    f"    expression!({names[0]}.context, {f['name']}({names[0]}.context, {handles}, {options}))\n}}\n")
    return out


def metric_options(api):
    """The options of metrics; the functions that take them are written by hand (metric.rs)."""
    structs = {s["name"]: s for s in api["structs"]}
    taken = [options_of(f, structs)["name"] for f in api["functions"]
             if f["returns"]["type"] == "tl_metric" and options_of(f, structs)]
    out = NOTE + ("//! The options of metrics.\n\nuse crate::ffi;\nuse crate::generated::*;\n"
                  "use crate::text::{optional_text, pointer_of};\nuse crate::Result;\n")
    for name in dict.fromkeys(taken):
        struct = structs[name]
        out += struct_type(made_name(name), rust_doc(struct["doc"]), [], struct)
        out += (f"\n    /// f(the options as C has them); `call` names the caller in errors.\n"
                f"    pub(crate) fn with_raw<R>(&self, call: &str, f: impl FnOnce(&ffi::{name}) -> R) -> Result<R> {{\n"
                f"{raw_options(struct, 'call').replace(chr(34) + 'call' + chr(34), 'call')}        Ok(f(&options))\n    }}\n}}\n")
    return out


def step_options(api):
    """The options of the steps of any optimizer; what takes them is written by hand (step_options.rs)."""
    struct = next(s for s in api["structs"] if s["name"] == "tl_step_options")
    out = NOTE + "//! The options of the steps of any optimizer.\n\nuse crate::ffi;\nuse crate::generated::*;\n"
    out += struct_type("StepOptions", rust_doc(struct["doc"]), [], struct)
    return out + f"\n    pub(crate) fn raw(&self) -> ffi::tl_step_options {{\n{raw_options(struct, 'configure')}        options\n    }}\n}}\n"


def statistics(api):
    """The structs that count what contexts, tapes and functions hold."""
    out = NOTE + "//! What contexts, tapes and functions hold.\n\nuse crate::ffi;\n"
    for s in (s for s in api["structs"] if s["name"].endswith("_statistics")):
        owner = camel(s["name"][3:].replace("context_", ""))
        rows = fields(s)
        equal = "PartialEq" if any(f["type"] == "f64" for f in rows) else "PartialEq, Eq"
        out += f"\n{rust_doc(s['doc'].split('.')[0])}#[derive(Debug, Clone, Copy, {equal})]\n#[non_exhaustive]\npub struct {owner} {{\n"
        for f in rows:
            kind = "u64" if f["type"] == "u64" else PLAIN[f["type"]]
            out += rust_doc(f.get("doc") or f"Whether it is {f['name']}", "    ") + f"    pub {ident(f['name'])}: {kind},\n"
        out += "}\n"
        zeros = "".join(f"{ident(f['name'])}: Default::default(), " for f in rows)
        copies = "".join(f"{ident(f['name'])}: raw.{ident(f['name'])}, " for f in rows)
        out += (f"\nimpl {owner} {{\n    pub(crate) fn raw() -> ffi::{s['name']} {{\n"
                f"        ffi::{s['name']} {{ struct_size: std::mem::size_of::<ffi::{s['name']}>(), {zeros} }}\n    }}\n}}\n"
                f"\nimpl From<&ffi::{s['name']}> for {owner} {{\n    fn from(raw: &ffi::{s['name']}) -> {owner} {{\n"
                f"        {owner} {{ {copies} }}\n    }}\n}}\n")
    return out
