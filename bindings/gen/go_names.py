"""How names and comments of the C API are written in Go, for the go_*.py files here."""
import re

WORDS = {"matmul": "MatMul", "logsumexp": "LogSumExp", "argmax": "ArgMax", "argmin": "ArgMin", "cumsum": "CumSum", "idx": "IDX", "sgd": "SGD",
         "adamw": "AdamW", "dtype": "DType", "f32": "F32", "f64": "F64", "i32": "I32", "i64": "I64", "u8": "U8", "io": "IO", "pytorch": "PyTorch"}
KEYWORDS = {"range", "type", "func", "var", "map", "len", "cap", "new", "make", "select"}
# Enums whose constants have another prefix in Go than their C names without "TL_". That of tl_status makes errors.
ENUM_TYPES = {"tl_status": "Code", "tl_dtype": "DType"}
MADE = "// Made from api.json by bindings/gen/generate. Do not edit.\n"


def camel(snake):
    return "".join(WORDS.get(w, w[:1].upper() + w[1:]) for w in snake.lower().split("_"))


def enum_type(c_name):
    return ENUM_TYPES.get(c_name) or camel(c_name[3:])


def enum_value(enum, c_name):
    name = camel(c_name[3:])
    return ("Err" + name) if enum == "tl_status" else name


def local(c_name):
    """A parameter of a Go function."""
    head, *rest = c_name.split("_")
    name = head + "".join(camel(r) for r in rest)
    return name + "_" if name in KEYWORDS else name


def in_go(text, functions=()):
    """A comment of the C API in the words of Go: its names without their prefix, nil for NULL."""
    text = re.sub(r"\bTL_([A-Z0-9_]+)\b", lambda m: camel(m[1]), text)
    text = re.sub(r"\btl_([a-z0-9_]+)\b(\(\))?", lambda m: camel(m[1]), text)
    return text.replace("NULL", "nil")


def comment(text, indent=""):
    out, line = "", indent + "//"
    for word in text.split():
        if len(line) + len(word) > 110:
            out, line = out + line + "\n", indent + "//"
        line += " " + word
    return out + line + "\n"
