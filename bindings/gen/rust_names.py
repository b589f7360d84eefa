"""How names, types and documentation of the C API read in Rust, for the generators of the safe layer."""
import os.path
import re

from rust_sys import KEYWORDS, doc

NOTE = "// Made from api.json by bindings/gen/generate. Do not edit.\n"
# Rust names of enums, and of functions whose plain camel case would not say enough.
TYPES = {"tl_status": "Code", "tl_dtype": "DType"}
MADE = {"tl_adamw": "AdamW", "tl_rmsprop": "RmsProp", "tl_schedule_free_adamw": "ScheduleFreeAdamW", "tl_activation_layer": "ActivationLayer"}
# What C says about its own manners, and Rust says by types.
PHRASES = [
    r" *(Returns )?NULL on failure(: [^.]*)?\.",
    r" *options may be NULL\.",
    r" *name \(may be NULL\) is copied\.",
    r" *Fill it with tl_\w+\(\) first\.",
    r" *Append-only numbers\.",
    r"^copied; NULL: ",
    r"; NULL: none \(default\)$",
]


CONSTANTS = {}  # TL_REDUCTION_MEAN: Reduction::Mean


def learn(api):
    """Reads what the constants of the C API are called in Rust, for documentation."""
    for e in api["enums"]:
        CONSTANTS.update((row["name"], f"{enum_name(e['name'])}::{v}") for v, row in variants(e))


def camel(text):
    return "".join(word.capitalize() for word in text.split("_"))


def ident(text):
    return f"r#{text}" if text in KEYWORDS else text


def enum_name(name):
    return TYPES.get(name) or camel(name[3:])


def variants(enum):
    """(Rust name, row) of each value: without the words that all of them begin with, and without TL_OK."""
    names = [v["name"] for v in enum["values"]]
    start = os.path.commonprefix(names).rsplit("_", 1)[0] + "_"
    return [(camel(v["name"][len(start):].lower()), v) for v in enum["values"] if v["name"] != "TL_OK"]


def made_name(function):
    return MADE.get(function) or camel(re.sub("_layer$", "", function[3:]))


def sentence(text):
    first = text[:1] if text[1:2] == " " else text[:1].upper()  # not the name of a number
    return first + text[1:] + ("" if text.endswith((".", ":")) else ".")


def prose(text):
    """The C documentation in Rust's words."""
    for phrase in PHRASES:
        text = re.sub(phrase, "", text)
    text = re.sub(r"\bTL_(F32|F64|I32|I64|U8|BOOL)\b", lambda m: m[1].lower(), text)
    text = re.sub(r"\bTL_[A-Z_0-9]+\b", lambda m: f"`{CONSTANTS.get(m[0], m[0])}`", text)
    text = re.sub(r"\btl_(\w+)(\(\))?", r"`\1`", text)
    return re.sub(r"\s+", " ", text).strip()


def rust_doc(text, indent=""):
    return doc(sentence(prose(text)), indent)


def enums(api):
    out = NOTE + "//! The enums of the C API.\n\nuse crate::ffi;\n"
    for e in api["enums"]:
        name = enum_name(e["name"])
        values = variants(e)
        out += "\n" + rust_doc(e["doc"])
        default = ", Default" if any(row["value"] == 0 for _, row in values) else ""
        out += f"#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash{default})]\n#[non_exhaustive]\n#[repr(i32)]\n"
        out += f"pub enum {name} {{\n"
        for v, row in values:
            out += rust_doc(row.get("doc") or f"`{row['name']}`", "    ") + ("    #[default]\n" if row["value"] == 0 else "")
            out += f"    {v} = ffi::{row['name']},\n"
        out += "}\n"
        if e["name"] in ("tl_status", "tl_dtype", "tl_log_level", "tl_gradient_reason", "tl_fit_end", "tl_fit_event"):
            cases = "".join(f"            ffi::{row['name']} => Some({name}::{v}),\n" for v, row in values)
            out += (f"\nimpl {name} {{\n    /// The value of a number of the C API; `None` for a number that is not known here.\n"
                    f"    pub(crate) fn from_raw(raw: i32) -> Option<{name}> {{\n        match raw {{\n{cases}            _ => None,\n        }}\n    }}\n}}\n")
    return out
