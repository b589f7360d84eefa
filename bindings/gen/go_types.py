"""The enums and options of the C API as Go types (bindings/go/enums.go, bindings/go/options.go)."""
from go_names import MADE, camel, comment, enum_type, enum_value, field_in_go, in_go

FIELDS = {"bool": "bool", "i32": "int32", "i64": "int64", "u64": "uint64", "f64": "float64", "string": "string", "size": "int"}
# Written by hand, in the words of Go, or no options to a caller.
BY_HAND = {"tl_gradient_options", "tl_clip_options", "tl_jacobian_options", "tl_csv_options", "tl_fit_options",
           "tl_group_options"}
CONSTANTS = {"TL_NO_AXIS": "stands in the place of an axis: none",
             "TL_DATASET_UNKNOWN_SIZE": "is what Dataset.Len gives where only iterating tells",
             "TL_DATASET_INFINITE_SIZE": "is what Dataset.Len gives where an epoch has no end"}
C_TYPES = {"bool": "C.bool", "i32": "C.int32_t", "i64": "C.int64_t", "u64": "C.uint64_t", "f64": "C.double", "size": "C.size_t"}
HEAD = MADE + "\n//go:build cgo\n\npackage tapeloop\n"


def enums(api):
    out = HEAD
    for c in api["constants"]:
        if not c["name"].startswith("TL_VERSION"):
            what = CONSTANTS.get(c["name"], "is the most that the library takes")
            out += f"\n// {camel(c['name'][3:])} {what}.\nconst {camel(c['name'][3:])} = {c['value']}\n"
    for e in api["enums"]:
        kind = enum_type(e["name"])
        out += f"\n{comment(kind + ': ' + in_go(e['doc']))}type {kind} int32\n\n// Values of {kind}.\nconst (\n"
        for v in e["values"]:
            if v["name"] == "TL_OK":
                continue
            if v.get("doc"):
                out += comment(in_go(v["doc"]), "\t")
            out += f"\t{enum_value(e['name'], v['name'])} {kind} = {v['value']}\n"
        out += ")\n"
    return out


def field_type(f, handles):
    if f["type"] in handles:
        return "*Tensor"
    return FIELDS.get(f["type"]) or enum_type(f["type"])


def as_raw(s, kind, handles):
    """The method that turns options into what C takes, and that which gives their name."""
    rows, named = "", False
    for f in s["fields"][1:]:
        value = f"o.{camel(f['name'])}"
        if f["type"] == "string":
            value, named = "name", True
        elif f["type"] in handles:
            value += ".handle()"
        else:
            value = f"{C_TYPES.get(f['type'], 'C.int32_t')}({value})"
        rows += f"\t\t{f['name']}: {value},\n"
    struct = f"C.tlgo_{s['name'][3:]}"
    out = (f"\nfunc (o *{kind}) raw({'name *C.char' if named else ''}) {struct} {{\n\tif o == nil {{\n\t\treturn {struct}{{}}\n\t}}\n"
           f"\treturn {struct}{{\n{rows}\t}}\n}}\n")
    if named:
        out += f"\nfunc (o *{kind}) name() string {{\n\tif o == nil {{\n\t\treturn \"\"\n\t}}\n\treturn o.Name\n}}\n"
    return out


def options(api):
    handles = {h["name"] for h in api["handles"]}
    filled = {p["type"] for f in api["functions"] for p in f["parameters"] if p["pass"] == "in"}
    out = HEAD + "\n// #include \"raw.h\"\nimport \"C\"\n\n// In all options zero stands for the default, and nil for a struct of zeros.\n"
    for s in api["structs"]:
        if s["name"] in BY_HAND or s["name"] not in filled:
            continue
        kind = camel(s["name"][3:])
        doc = in_go(s["doc"].split(" Fill it with")[0])
        out += f"\n{comment(kind + ': ' + doc)}type {kind} struct {{\n"
        for f in s["fields"]:
            if f["name"] == "struct_size":
                continue
            if f.get("doc"):
                out += comment(field_in_go(f["doc"], f["type"]), "\t")
            out += f"\t{camel(f['name'])} {field_type(f, handles)}\n"
        out += "}\n" + as_raw(s, kind, handles)
    return out
