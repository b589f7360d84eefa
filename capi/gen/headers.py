"""Reads the installed C headers into a model of everything that they declare. The headers are the one place where the
functions, types and options of the C API are written down, with what C itself cannot say in the doc comments:

    x may be NULL, x (may be NULL)   the parameter x may be NULL
    @array x[count], y[count]?       x and y are arrays of `count` entries; entries of y may be NULL. Without it a pointer
                                     that a size_t parameter follows is an array of so many entries
    @thread any                      may be called from any thread at any time; without it: the thread that uses the context
    @returns same|caller|value       the handle that was passed; a handle that the caller must end himself; a status that is
                                     the answer and not the outcome of the call
    Since 0.1.                       the first version that has it
    @errors TL_A, TL_B of tl_x, tl_y
                                     in a comment that is no declaration's, such as the one at the top of a header, whose
                                     words name codes: what the functions can answer besides the codes in their own words

Strict: whatever it does not understand is an error, so nothing that a header declares is left out silently. It does not
know C beyond what these headers use.
"""
import re
from dataclasses import dataclass, field

SCALARS = {"bool": "bool", "int32_t": "i32", "int64_t": "i64", "uint8_t": "u8", "uint64_t": "u64", "double": "f64",
           "size_t": "size", "void": "void", "char": "char"}
TOKEN = re.compile(r"\s+|/\*\*<?(?P<doc>.*?)\*/|/\*(?P<note>.*?)\*/|(?P<line>#[^\n]*(?:\\\n[^\n]*)*)\n", re.S)
TAG = re.compile(r"@(\w+) ([^@.]*(?:\.(?!\s|$)[^@.]*)*)\.?")
CODES_OF = re.compile(r"((?:TL_\w+(?:, )?)+) of ((?:tl_\w+(?:, )?)+)")


class HeaderError(Exception):
    pass


@dataclass
class Value:
    """A parameter, a field or a result."""
    name: str
    c: str                # as C spells the type, without the name
    type: str             # a scalar's short name, "string", "bytes", "pointer", or the name of a declared type
    by: str = "value"     # value, in, out, inout, in_array, out_array
    length: str | None = None
    nullable: bool = False
    null_entries: bool = False
    doc: str = ""


@dataclass
class Function:
    name: str
    header: str
    line: int
    doc: str
    tags: dict
    returns: Value
    parameters: list[Value]


@dataclass
class Model:
    constants: list = field(default_factory=list)  # (name, text, header)
    enums: dict = field(default_factory=dict)      # name: (header, doc, [(name, number, doc)])
    handles: dict = field(default_factory=dict)    # name: (header, doc)
    structs: dict = field(default_factory=dict)    # name: (header, doc, [Value])
    callbacks: dict = field(default_factory=dict)  # name: (header, doc, Value, [Value])
    functions: list[Function] = field(default_factory=list)
    shared_errors: list = field(default_factory=list)  # (header, [code], [function]) of comments that are no declaration's
    notes: list = field(default_factory=list)          # (header, words) of these comments


def prose(text):
    """The words of a comment, one paragraph a line."""
    lines = [re.sub(r"^\s*\* ?", "", line).rstrip() for line in text.splitlines()]
    return re.sub(r"\n\s*\n", "\n\n", "\n".join(lines)).strip()


def split_tags(doc):
    tags = {}
    for m in TAG.finditer(doc):
        if m[1] not in ("array", "thread", "returns"):
            raise HeaderError(f"unknown tag @{m[1]}")
        tags[m[1]] = m[2].strip()
    return " ".join(TAG.sub("", doc).split()), tags


def read_note(note, header, model):
    """A comment that is no declaration's."""
    words = " ".join(prose(note).split())
    model.notes.append((header, words))
    for tag in re.findall(r"@(\w+[^@.]*)", words):
        m = CODES_OF.fullmatch(tag.removeprefix("errors ").strip())
        if not m or not tag.startswith("errors "):
            raise HeaderError(f"{header}: bad tag '@{tag.strip()}'; what is read here is '@errors TL_A, TL_B of tl_x, tl_y.'")
        model.shared_errors.append((header, m[1].split(", "), m[2].split(", ")))


def pieces(text, where):
    """Yields (doc comment before it, declaration, line number) for each declaration at the top level of a header; and (text, None,
    line number) for each comment that is no declaration's."""
    at, doc, depth = 0, None, 0
    while at < len(text):
        m = TOKEN.match(text, at)
        line = text.count("\n", 0, at) + 1
        if m and m.end() > at:
            if m["doc"] is not None:
                doc = prose(m["doc"])
            elif m["note"] is not None:
                doc = None
                yield m["note"], None, line
            elif m["line"] and m["line"].startswith("#define"):
                yield doc, m["line"], line
            at = m.end()
            continue
        if m := re.compile(r'extern "C" \{|\}').match(text, at):
            depth += 1 if m[0] != "}" else -1
            at, doc = m.end(), None
            continue
        end, braces = at, 0
        while end < len(text) and (text[end] != ";" or braces):
            if text.startswith("/*", end):
                end = text.index("*/", end) + 1
            elif text[end] in "{}":
                braces += 1 if text[end] == "{" else -1
            end += 1
        if end == len(text):
            raise HeaderError(f"{where}:{line}: a declaration without an end")
        yield doc, text[at:end], line
        at, doc = end + 1, None if text[at:end].startswith("enum") or not text[at:].startswith("typedef int32_t") else doc
    if depth:
        raise HeaderError(f"{where}: braces do not match")


def value(text, model, where):
    """A parameter or field from its C text."""
    tokens = re.findall(r"\w+|\*|\S", text)
    constant = tokens[:1] == ["const"]
    volatile = tokens[1:2] == ["volatile"]  # of what another thread or a signal handler writes
    base, *rest = tokens[constant + volatile:]
    name = rest.pop() if rest and re.fullmatch(r"\w+", rest[-1]) and rest[-1] != "const" else ""
    if not re.fullmatch(r"\w+", base) or rest not in ([], ["*"], ["*", "*"], ["*", "const", "*"]):
        raise HeaderError(f"{where}: cannot read '{text}'")
    stars = rest.count("*")
    c = ("const " if constant else "") + ("volatile " if volatile else "") + base + (" " + "".join(rest).replace("const*", "const *") if rest else "")
    kind = SCALARS.get(base, base)
    if base not in SCALARS and base not in model.enums and base not in model.handles and base not in model.structs and base not in model.callbacks:
        raise HeaderError(f"{where}: unknown type '{base}' in '{text}'")
    v = Value(name, c, kind)
    if base in model.handles:
        if stars == 0 or constant:
            raise HeaderError(f"{where}: '{text}': a handle is passed by a plain pointer")
        v.by = "value" if stars == 1 else ("in_array" if "const" in rest else "out")
    elif base == "void" and stars:
        v.type = "bytes" if constant or name not in ("user_data", "managed") else "pointer"
        v.by = "value" if v.type == "pointer" else ("in" if constant else "out")
    elif base == "char" and stars == 1 and constant:
        v.type = "string"
    elif stars == 1:
        v.by = "in" if constant else "out"
    elif stars:
        raise HeaderError(f"{where}: '{text}': pointers to pointers are for handles only")
    return v


def describe_parameters(parameters, doc, tags, model, where):
    """What the doc comment says about the pointers among the parameters."""
    names = {p.name for p in parameters}
    lengths = {}
    if "array" in tags:
        for part in tags["array"].split(","):
            m = re.fullmatch(r"(\w+)\[(\w+)\](\?)?", part.strip())
            if not m or m[1] not in names:
                raise HeaderError(f"{where}: bad '@array {part.strip()}'")
            lengths[m[1]] = (m[2], bool(m[3]))
    for i, p in enumerate(parameters):
        follows = parameters[i + 1] if i + 1 < len(parameters) else None
        if p.by in ("in", "out", "in_array") and p.name in lengths:
            p.length, p.null_entries = lengths[p.name]
        elif p.by in ("in", "out", "in_array") and follows and follows.type == "size" and follows.by == "value" and follows.name != "struct_size":
            p.length = follows.name
        if p.length:
            p.by = "in_array" if p.by in ("in", "in_array") else "out_array"
        elif p.by == "in_array":
            raise HeaderError(f"{where}: how many entries has '{p.name}'? Say it with @array")
        elif p.by == "out" and p.type not in model.structs and not re.search(rf"\*{p.name}\b", doc):
            raise HeaderError(f"{where}: is '{p.name}' one result or an array? Say '*{p.name}' in the comment, or @array")
        p.nullable = bool(re.search(rf"\b{p.name}(?:\)|`)? \(?(?:\w+ \()?may be NULL", doc))
    return parameters


def parse_struct(name, body, doc, header, model):
    fields, at = [], 0
    pattern = re.compile(r"\s*(?:/\*\*(?!<)(?P<before>.*?)\*/\s*)?(?P<text>[^;/]+);(?:[ \t]*\n?\s*/\*\*<(?P<after>.*?)\*/)?", re.S)
    while body[at:].strip():
        m = pattern.match(body, at)
        if not m:
            raise HeaderError(f"{header}: {name}: cannot read '{body[at:at + 60]}'")
        v = value(m["text"], model, f"{header}: {name}")
        v.doc = " ".join(prose(m["before"] or m["after"] or "").split())
        v.nullable = "NULL" in v.doc and (v.type == "string" or v.by != "value" or v.type in model.handles)
        if v.by in ("in", "in_array"):
            v.by, v.length = "in_array", None
            v.null_entries = "NULL entries" in v.doc
        fields.append(v)
        at = m.end()
    model.structs[name] = (header, doc, fields)


def parse_enum(names, body, doc, header, model):
    values, number = [], -1
    for m in re.finditer(r"\s*(\w+)(?: = (-?\d+))?\s*(?:,|$|(?=/\*))[ \t]*(?:/\*\*<(.*?)\*/)?", body, re.S):
        number = int(m[2]) if m[2] else number + 1
        values.append((m[1], number, " ".join(prose(m[3] or "").split())))
    rest = re.sub(r"/\*.*?\*/", "", body, flags=re.S)
    if len(values) != len([p for p in rest.split(",") if p.strip()]):
        raise HeaderError(f"{header}: {names}: cannot read the values")
    model.enums[names] = (header, doc, values)


def read(header, text, model):
    """Adds what a header declares."""
    waiting = None  # an enum's type, whose values come next
    for doc, text, line in pieces(text, header):
        if text is None:
            read_note(doc, header, model)
            continue
        where, one = f"{header}:{line}", " ".join(text.split())
        words, tags = split_tags(doc or "")
        if text.startswith("#define"):
            if m := re.fullmatch(r"#define (TL_\w+) \(?(-?\d+)\)?", one):
                model.constants.append((m[1], int(m[2]), header))
            elif not re.match(r"#define (TAPELOOP_\w+_H$|TL_API\b|TL_WARN_UNUSED\b|TAPELOOP_H$)", one):
                raise HeaderError(f"{where}: cannot read '{one}'")
        elif m := re.fullmatch(r"typedef int32_t (tl_\w+)", one):
            waiting = (m[1], words)
            model.enums[m[1]] = (header, words, [])
        elif m := re.fullmatch(r"enum \{(.*)\}", text.strip(), re.S):
            if not waiting:
                raise HeaderError(f"{where}: an enum without its type")
            parse_enum(waiting[0], m[1], waiting[1], header, model)
            waiting = None
        elif m := re.fullmatch(r"typedef struct (tl_\w+) (tl_\w+)", one):
            model.handles[m[1]] = (header, words)
        elif m := re.fullmatch(r"typedef struct (tl_\w+) \{(.*)\} (tl_\w+)", text.strip(), re.S):
            parse_struct(m[1], m[2], words, header, model)
        elif m := re.fullmatch(r"typedef (.+?)\(\*(tl_\w+)\)\((.*)\)", one):
            parameters = [value(p, model, where) for p in m[3].split(",")]
            model.callbacks[m[2]] = (header, words, value(m[1], model, where), describe_parameters(parameters, words, tags, model, where))
        elif m := re.fullmatch(r"TL_API (.+?)\b(tl_\w+)\((.*)\)(?: TL_WARN_UNUSED)?", one):
            if not doc or not re.search(r"\bSince \d+\.\d+\.", words):
                raise HeaderError(f"{where}: {m[2]}: no doc comment that says 'Since <version>.'")
            parameters = [] if m[3] == "void" else [value(p, model, f"{where}: {m[2]}") for p in m[3].split(",")]
            model.functions.append(Function(m[2], header, line, words, tags, value(m[1], model, where),
                                            describe_parameters(parameters, words, tags, model, f"{where}: {m[2]}")))
        else:
            raise HeaderError(f"{where}: cannot read '{one[:80]}'")


def read_all(folder):
    """The model of all headers in a folder, those that others include first."""
    model = Model()
    waiting, order = {f.name: f.read_text() for f in sorted(folder.glob("*.h"))}, {}
    while waiting:
        ready = [n for n, text in waiting.items() if not set(re.findall(r"#include <tapeloop/(\w+\.h)>", text)) & set(waiting)]
        if not ready:
            raise HeaderError(f"headers that include each other: {', '.join(waiting)}")
        order.update({n: waiting.pop(n) for n in ready})
    for name, text in order.items():
        read(name, text, model)
    names = [f.name for f in model.functions]
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise HeaderError(f"declared twice: {', '.join(twice)}")
    return model
