"""The raw Rust layer: every declaration of the C API as Rust sees it (tapeloop-sys/src/ffi.rs)."""
SCALARS = {"bool": "bool", "i32": "i32", "i64": "i64", "u8": "u8", "u64": "u64", "f64": "f64", "size": "usize", "char": "c_char",
           "bytes": "c_void", "pointer": "*mut c_void", "string": "*const c_char"}
KEYWORDS = {"as", "box", "const", "fn", "in", "loop", "match", "mod", "move", "ref", "self", "static", "type", "use", "where", "yield"}
WIDTH = 110


def name(text):
    return f"r#{text}" if text in KEYWORDS else text


def type_of(v, handles):
    """A parameter, field or result as a Rust type."""
    base = SCALARS.get(v["type"], v["type"])
    by = v.get("pass", "value")
    if v["type"] in handles:
        pointer = f"*mut {base}"
        return {"value": pointer, "in_array": f"*const {pointer}"}.get(by, f"*mut {pointer}")
    if v["type"] == "void":
        return "()"
    return {"value": base, "in": f"*const {base}", "in_array": f"*const {base}"}.get(by, f"*mut {base}")


def doc(text, indent=""):
    out, line = "", f"{indent}///"
    for word in text.replace("[", "\\[").replace("]", "\\]").replace("<", "\\<").split():
        if len(line) + len(word) > WIDTH and word not in ("+", "-", "*"):  # they would begin a list
            out, line = out + line + "\n", f"{indent}///"
        line += " " + word
    return out + line + "\n"


def parameters(ps, handles):
    return ", ".join(f"{name(p['name'])}: {type_of(p, handles)}" for p in ps)


def ffi(api):
    handles = {h["name"] for h in api["handles"]}
    callbacks = {c["name"] for c in api["callbacks"]}
    out = ("// Made from api.json by bindings/gen/generate. Do not edit.\n"
           "//! The declarations of the C API, one for one.\n\nuse std::os::raw::{c_char, c_void};\n")
    for c in api["constants"]:
        out += f"\n/// `{c['name']}` of `{c['header']}`.\npub const {c['name']}: i32 = {c['value']};\n"
    for e in api["enums"]:
        out += "\n" + doc(e["doc"]) + f"pub type {e['name']} = i32;\n"
        for v in e["values"]:
            out += doc(v.get("doc") or f"Of `{e['name']}`.") + f"pub const {v['name']}: {e['name']} = {v['value']};\n"
    for h in api["handles"]:
        out += "\n" + doc(h["doc"]) + f"#[repr(C)]\npub struct {h['name']} {{\n    _private: [u8; 0],\n}}\n"
    for c in api["callbacks"]:
        result = "" if c["returns"]["type"] == "void" else f" -> {type_of(c['returns'], handles)}"
        out += "\n" + doc(c["doc"]) + f"pub type {c['name']} = Option<unsafe extern \"C\" fn({parameters(c['parameters'], handles)}){result}>;\n"
    for s in api["structs"]:
        out += "\n" + doc(s["doc"]) + f"#[repr(C)]\n#[derive(Debug, Clone, Copy)]\npub struct {s['name']} {{\n"
        for f in s["fields"]:
            assert f["type"] not in callbacks, f"{s['name']}.{f['name']}: callbacks in options are not generated yet"
            out += doc(f.get("doc") or f"`{f['name']}`.", "    ") + f"    pub {name(f['name'])}: {type_of(f, handles)},\n"
        out += "}\n"
    out += "\nextern \"C\" {\n"
    for i, f in enumerate(api["functions"]):
        result = "" if f["returns"]["type"] == "void" else f" -> {type_of(f['returns'], handles)}"
        out += ("\n" if i else "") + doc(f["doc"], "    ") + f"    pub fn {f['name']}({parameters(f['parameters'], handles)}){result};\n"
    return out + "}\n"
