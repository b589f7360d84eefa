"""The raw Go layer (bindings/go/raw.h): every function of the C API as cgo calls it.

A handle is a number here (uintptr_t): Go's collector then has nothing to look at, and an array of handles can be a Go slice.
Options are passed by value, in structs of such numbers whose zeros are the defaults. Functions that take callbacks or lend
memory both ways are written by hand (bridge.h).
"""
SCALARS = {"bool": "bool", "i32": "int32_t", "i64": "int64_t", "u8": "uint8_t", "u64": "uint64_t", "f64": "double", "size": "size_t",
           "char": "char", "bytes": "uint8_t", "string": "const char *", "pointer": "uintptr_t"}
LEFT_OUT = {"tl_tensor_data", "tl_feed_memory", "tl_tensor_to_dlpack", "tl_tensor_from_dlpack"}


class Raw:
    def __init__(self, api):
        self.handles = {h["name"] for h in api["handles"]}
        self.structs = {s["name"]: s for s in api["structs"]}
        self.callbacks = {c["name"] for c in api["callbacks"]}

    def left_out(self, f):
        return f["name"] in LEFT_OUT or any(p["type"] in self.callbacks for p in f["parameters"])

    def options(self, struct):
        fields = "".join(f"  {declaration};\n" for f in struct["fields"][1:] for declaration, _ in self.parameter(f))
        return f"typedef struct {{\n{fields}}} {raw_options(struct['name'])};\n"

    def parameter(self, p, prefix=""):
        """(declaration, argument) of a parameter or field, in a list."""
        name, by, kind = p["name"], p["pass"], p["type"]
        if kind in self.structs:
            return [(f"{kind} *{name}", name)]
        if kind in self.handles:
            if by == "value":
                return [(f"uintptr_t {name}", f"({kind} *){prefix}{name}")]
            const = "const " if by in ("in", "in_array") else ""
            return [(f"{const}uintptr_t *{name}", f"({kind} *{'const ' if const else ''}*){prefix}{name}")]
        base = SCALARS.get(kind, "int32_t")
        if by == "value":
            return [(base + (" " if base[-1] != "*" else "") + name, prefix + name)]
        const = "const " if by in ("in", "in_array") else ""
        cast = f"({const}void *)" if kind == "bytes" else ""
        return [(f"{const}{base} *{name}", cast + prefix + name)]

    def function(self, f):
        declared, passed, before = [], [], ""
        for p in f["parameters"]:
            if p["type"] in self.structs and p["pass"] == "in":
                struct = self.structs[p["type"]]
                before += f"  {p['type']} {p['name']};\n  {struct['init']}(&{p['name']}, sizeof {p['name']});\n"
                declared.append(f"{raw_options(p['type'])} o")
                for field in struct["fields"][1:]:
                    [(_, argument)] = self.parameter(field, "o.")
                    before += f"  {p['name']}.{field['name']} = {argument};\n"
                passed.append("&" + p["name"])
                continue
            for declaration, argument in self.parameter(p):
                declared.append(declaration)
                passed.append(argument)
        returns = f["returns"]
        call = f"{f['name']}({', '.join(passed)})"
        if returns["type"] in self.handles:
            kind = "uintptr_t" if returns["pass"] == "value" else "const uintptr_t *"
            call = f"({kind}){call}"
        elif returns["type"] == "void":
            kind = "void"
        else:
            kind = SCALARS.get(returns["type"], "int32_t")
        body = f"  {'' if kind == 'void' else 'return '}{call};\n"
        return f"static inline {kind}{'' if kind.endswith('*') else ' '}tlgo_{f['name'][3:]}({', '.join(declared) or 'void'}) {{\n{before}{body}}}\n"


def raw_options(name):
    return "tlgo_" + name[3:]


def too_old(api):
    """One message, and no hundred about functions that are missing: a file that is not there ends the compilation."""
    version = {c["name"][11:].lower(): c["value"] for c in api["constants"] if c["name"].startswith("TL_VERSION_")}
    major, minor = version["major"], version["minor"]
    return (f"#if !defined(TL_VERSION_MINOR) || TL_VERSION_MAJOR != {major} || TL_VERSION_MINOR < {minor}\n"
            f"#error \"the C library that pkg-config found is not the one that this Go package needs: install tapeloop {major}.{minor} or a newer {major}.x\"\n"
            f"#include <tapeloop-{major}.{minor}-or-newer-is-needed.h>\n#endif\n\n")


def raw(api):
    made = Raw(api)
    inits = {s.get("init") for s in api["structs"]}
    filled = {p["type"] for f in api["functions"] for p in f["parameters"] if p["pass"] == "in"}
    out = ("/* Made from api.json by bindings/gen/generate. Do not edit. */\n"
           "/* The functions of the C API as cgo calls them: handles are numbers, options are passed by value. */\n"
           "#ifndef TAPELOOP_GO_RAW_H\n#define TAPELOOP_GO_RAW_H\n\n#include <tapeloop/tapeloop.h>\n\n")
    out += too_old(api)
    out += "".join(made.options(s) + "\n" for s in api["structs"] if s["name"] in filled)
    out += "\n".join(made.function(f) for f in api["functions"] if f["name"] not in inits and not made.left_out(f))
    return out + "\n#endif\n"
