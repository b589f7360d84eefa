"""Reads and checks ops.toml. Anything unknown or contradictory is an error, never a skip."""
import re
import tomllib
from dataclasses import dataclass, field

DTYPE_SETS = {"float": "kFloatTypes", "number": "kNumberTypes", "int": "kIntTypes", "bool": "kBoolType", "any": "kAnyType"}
DTYPES = {"f32": "kF32", "f64": "kF64", "i32": "kI32", "i64": "kI64", "u8": "kU8", "bool": "kBool"}
ATTR_TYPES = {  # type: (C++ field, C++ parameter, C parameters, kind)
    "int": ("int64_t", "int64_t", "int64_t {0}", "kInt"),
    "ints": ("IntList", "const IntList&", "const int64_t *{0}, size_t num_{0}", "kInts"),
    "float": ("double", "double", "double {0}", "kFloat"),
    "bool": ("bool", "bool", "bool {0}", "kBool"),
    "dtype": ("DType", "DType", "tl_dtype {0}", "kDType"),
    "u64": ("uint64_t", "uint64_t", "uint64_t {0}", "kU64"),
}
REQUIRED = {"id", "name", "family", "since", "doc", "gradient"}
BATCHING = ("leading", "broadcast", "axis", "reduce")  # stock rules of core/rules/batching.cpp
OPTIONAL = {"batching", "details", "inputs", "attrs", "outputs", "infer", "jvp", "saves", "fusable", "inplace", "makes_outputs", "checks_data", "full_name",
            "internal", "domain", "kinks", "distinct", "tolerance", "samples", "errors", "reference"}


class TableError(Exception):
    pass


@dataclass
class Input:
    name: str
    dtypes: str
    same_as: int = -1
    variadic: bool = False


@dataclass
class Attr:
    name: str
    type: str
    default: str | None  # text as in the table; "@seed" and "@call" are drawn from the context

    @property
    def hidden(self):
        return self.default is not None and self.default.startswith("@")


@dataclass
class Op:
    row: dict
    name: str
    inputs: list[Input] = field(default_factory=list)
    attrs: list[Attr] = field(default_factory=list)

    def get(self, key, default=None):
        return self.row.get(key, default)

    @property
    def camel(self):
        return "".join(w.capitalize() for w in self.name.split("_"))

    @property
    def composite(self):
        return self.row["gradient"] == "composite"

    @property
    def outputs(self):
        return self.row.get("outputs", ["out"])

    @property
    def jvp(self):
        """(kind, names of the inputs in which the op is linear)"""
        kind, _, names = self.row.get("jvp", "none").partition(": ")
        return kind, [n.strip() for n in names.split(",")] if names else []

    @property
    def variadic(self):
        return bool(self.inputs) and self.inputs[-1].variadic

    @property
    def random(self):
        return any(a.hidden for a in self.attrs)

    @property
    def public_attrs(self):
        return [a for a in self.attrs if not a.hidden]

    @property
    def needs_context(self):  # no operand tells in which context the result is made
        return not self.inputs


def parse_input(op, names, text):
    m = re.fullmatch(r"(\w+):(\w+)(=\w+)?(\.\.\.)?", text)
    if not m or m[2] not in DTYPE_SETS:
        raise TableError(f"{op}: bad input '{text}'; write name:dtypes, name:dtypes=other or name:dtypes...")
    if m[3] and m[3][1:] not in names:
        raise TableError(f"{op}: input '{m[1]}' refers to '{m[3][1:]}', which does not come before it")
    return Input(m[1], m[2], names.index(m[3][1:]) if m[3] else -1, bool(m[4]))


def parse_attr(op, text):
    m = re.fullmatch(r"(\w+):(\w+)(?:=(.+))?", text)
    if not m or m[2] not in ATTR_TYPES:
        raise TableError(f"{op}: bad attribute '{text}'; write name:type or name:type=default")
    return Attr(m[1], m[2], m[3])


def read(path):
    with open(path, "rb") as f:
        rows = tomllib.load(f)
    if set(rows) != {"op"}:
        raise TableError(f"unknown top-level keys: {set(rows) - {'op'}}")
    ops, ids, names = [], {}, set()
    for row in rows["op"]:
        name = row.get("name", "?")
        if missing := REQUIRED - set(row):
            raise TableError(f"{name}: missing {sorted(missing)}")
        if unknown := set(row) - REQUIRED - OPTIONAL:
            raise TableError(f"{name}: unknown keys {sorted(unknown)}")
        if row["id"] in ids:
            raise TableError(f"{name}: id {row['id']} is that of {ids[row['id']]}; ids are never reused")
        ids[row["id"]] = name
        for n in [name] + [row[k] for k in ("full_name",) if k in row]:
            if n in names:
                raise TableError(f"{name}: the name '{n}' is taken")
            names.add(n)
        op = Op(row, name)
        for text in row.get("inputs", []):
            op.inputs.append(parse_input(name, [i.name for i in op.inputs], text))
        op.attrs = [parse_attr(name, text) for text in row.get("attrs", [])]
        check(op)
        ops.append(op)
    return sorted(ops, key=lambda o: o.row["id"])


def check(op):
    r, known = op.row, [i.name for i in op.inputs]
    g = r["gradient"]
    if not (g in ("rule", "composite", "zero") or g.startswith("none: ")):
        raise TableError(f"{op.name}: gradient must be rule, composite, zero or 'none: reason': got '{g}'")
    if op.composite and (bad := {"infer", "saves", "inplace", "makes_outputs"} & set(r)):
        raise TableError(f"{op.name}: a composite op has no {sorted(bad)}: its parts have")
    if not op.composite and "infer" not in r:
        raise TableError(f"{op.name}: needs infer: the name of a shape rule, or custom")
    check_jvp(op, known)
    for s in r.get("saves", []):
        if s not in known + op.outputs:
            raise TableError(f"{op.name}: saves '{s}', which is neither an input nor an output")
    if r.get("saves") and g != "rule":
        raise TableError(f"{op.name}: only an op with a gradient rule saves operands")
    for s in r.get("inplace", []):
        if s not in known:
            raise TableError(f"{op.name}: inplace names '{s}', which is no input")
    if any(i.variadic for i in op.inputs[:-1]):
        raise TableError(f"{op.name}: only the last input can be variadic")
    if "full_name" in r and not any(a.default for a in op.public_attrs):
        raise TableError(f"{op.name}: full_name without an attribute that has a default")
    if not r.get("samples"):
        raise TableError(f"{op.name}: has no sample")
    if not r["doc"].endswith("."):
        raise TableError(f"{op.name}: doc must be a sentence")
    check_batching(op)


def check_batching(op):
    rule = op.get("batching")
    if op.composite:
        if rule is not None:
            raise TableError(f"{op.name}: a composite op has no batching: its parts have")
        return
    if rule is None or rule not in BATCHING + ("rule",) and not rule.startswith("none: "):
        raise TableError(f"{op.name}: needs batching: {', '.join(BATCHING)}, rule or 'none: reason': got '{rule}'")
    attrs = {a.name: a.type for a in op.attrs}
    if rule == "axis" and attrs.get("axis") != "int" or rule == "reduce" and (attrs.get("axes"), attrs.get("keepdims")) != ("ints", "bool"):
        raise TableError(f"{op.name}: batching '{rule}' needs the attributes that it changes: axis:int, or axes:ints and keepdims:bool")
    if not op.inputs and not rule.startswith("none: "):
        raise TableError(f"{op.name}: without operands there is nothing to batch: got '{rule}'")


def check_jvp(op, known):
    kind, linear = op.jvp
    if op.row["gradient"] != "rule":
        if "jvp" in op.row:
            raise TableError(f"{op.name}: only an op with a gradient rule has a jvp: got '{op.row['jvp']}'")
        return
    if "jvp" not in op.row:
        raise TableError(f"{op.name}: needs jvp: elementwise, 'linear: inputs', rule or transpose")
    if kind not in ("elementwise", "linear", "rule", "transpose") or bool(linear) != (kind == "linear"):
        raise TableError(f"{op.name}: jvp must be elementwise, 'linear: inputs', rule or transpose: got '{op.row['jvp']}'")
    for n in linear:
        if n not in known:
            raise TableError(f"{op.name}: jvp names '{n}', which is no input")
    for i in op.inputs:
        if kind == "linear" and i.name not in linear and i.dtypes not in ("int", "bool"):
            raise TableError(f"{op.name}: jvp is linear, but '{i.name}' is not named and may have a tangent, too")
    if kind in ("elementwise", "linear") and len(op.outputs) != 1:
        raise TableError(f"{op.name}: jvp '{kind}' is for ops of one output")
    if kind == "elementwise" and op.variadic:
        raise TableError(f"{op.name}: jvp 'elementwise' is for ops that are not variadic")
