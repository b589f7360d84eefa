"""The ops as Go methods (bindings/go/ops.go), and one call of each with its error sample as a test (bindings/go/ops_generated_test.go)."""
from go_names import MADE, camel, comment, enum_type, enum_value, in_go, local

SCALARS = {"f64": ("float64", "C.double"), "bool": ("bool", "C.bool"), "i64": ("int64", "C.int64_t")}
DTYPES = {"f32": "F32", "f64": "F64", "i32": "I32", "i64": "I64", "u8": "U8", "bool": "Bool"}


class Op:
    def __init__(self, f):
        self.c_name, self.doc, self.op = f["name"], f["doc"], f["op"]
        self.name = camel(f["name"][3:])
        lengths = {p.get("length") for p in f["parameters"]}
        self.parameters = [p for p in f["parameters"][1:] if p["name"] not in lengths]
        self.tensors = [p for p in self.parameters if p["type"] == "tl_tensor" and p["pass"] == "value"]
        self.lists = [p for p in self.parameters if p["type"] == "tl_tensor" and p["pass"] == "in_array"]
        self.receiver = self.tensors[0] if self.tensors else None

    def variadic(self, p):
        """The only list of numbers can be given one by one, when it comes last."""
        return p is self.parameters[-1] and [q for q in self.parameters if q["pass"] == "in_array"] == [p]

    def signature(self):
        rest = [p for p in self.parameters if p is not self.receiver]
        out = []
        for p in rest:
            if p["type"] == "tl_tensor":
                kind = "*Tensor" if p["pass"] == "value" else "[]*Tensor"
            elif p["pass"] == "in_array":
                kind = "...int64" if self.variadic(p) else "[]int64"
            else:
                kind = SCALARS[p["type"]][0] if p["type"] in SCALARS else enum_type(p["type"])
            out.append(f"{local(p['name'])} {kind}")
        on = f"({local(self.receiver['name'])} *Tensor)" if self.receiver else "(c *Context)"
        return f"func {on} {self.name}({', '.join(out)}) *Tensor"

    def arguments(self):
        out = ["c.handle()"]
        for p in self.parameters:
            name = local(p["name"])
            if p in self.tensors:
                out.append(f"{name}.handle()")
            elif p in self.lists:
                out += ["list(handles)", "C.size_t(len(handles))"]
            elif p["pass"] == "in_array":
                out += [f"dims({name})", f"C.size_t(len({name}))"]
            else:
                cast = SCALARS[p["type"]][1] if p["type"] in SCALARS else "C.int32_t"
                out.append(f"{cast}({name})")
        return ", ".join(out)

    def body(self):
        names = [local(p["name"]) for p in self.tensors]
        out = ""
        if self.lists:
            [values] = self.lists
            out += f"\thandles, broken := handlesOf({local(values['name'])})\n\tif broken != nil {{\n\t\treturn broken\n\t}}\n"
        elif names:
            take = {1: "one", 2: "two"}.get(len(names), "some")
            out += f"\tc, broken := {take}({', '.join(names)})\n\tif broken != nil {{\n\t\treturn broken\n\t}}\n"
        out += f"\th := C.tlgo_{self.c_name[3:]}({self.arguments()})\n"
        for n in names + [local(p["name"]) for p in self.lists]:
            out += f"\truntime.KeepAlive({n})\n"
        return out + "\treturn c.result(h)\n"

    def text(self):
        doc = f"{self.name}: {in_go(self.doc)}"
        return f"\n{comment(doc)}{self.signature()} {{\n{self.body()}}}\n"

    # ---- tests ----
    def call(self, on, inputs, attributes):
        """The text of a call: inputs by name as Go expressions, attributes as in the table."""
        arguments = []
        rest = [p for p in self.parameters if p is not self.receiver]
        for p in rest:
            if p in self.tensors:
                arguments.append(inputs[p["name"]][0])
            elif p in self.lists:
                arguments.append("[]*Tensor{" + ", ".join(inputs[p["name"]]) + "}")
            else:
                arguments.append(literal(p, attributes[p["name"]], self.variadic(p)))
        receiver = inputs[self.receiver["name"]][0] if self.receiver else on
        return f"{receiver}.{self.name}({', '.join(a for a in arguments if a)})"


def literal(p, value, variadic):
    if p["pass"] == "in_array":
        inside = ", ".join(str(v) for v in value)
        return inside if variadic else f"[]int64{{{inside}}}"
    if p["type"] == "bool":
        return "true" if value else "false"
    if p["type"] == "tl_dtype":
        return DTYPES[value]
    return repr(value)


def ops_of(api):
    return [Op(f) for f in api["functions"] if "op" in f]


def ops(api):
    out = MADE + "\n//go:build cgo\n\npackage tapeloop\n\n// #include \"raw.h\"\nimport \"C\"\n\nimport \"runtime\"\n"
    return out + "".join(op.text() for op in ops_of(api))


def sample_text(tensors):
    return {n: [f"sample(t, c, {DTYPES[v['dtype']]}, {v['low']}, {v['high']}{''.join(f', {d}' for d in v['shape'])})" for v in vs]
            for n, vs in tensors.items()}


def test_case(op, full):
    """One op: its call, that of its short form with the same result, and an error."""
    sample, wrong = full.op["sample"], full.op.get("error_sample")
    inputs = sample_text(sample["inputs"])
    out = f"\t\t{{\"{op.name}\", func(t *testing.T, c *Context) *Tensor {{ return {op.call('c', inputs, sample['attributes'])} }},\n"
    defaults = {a["name"]: a["default"] for a in full.op["attributes"] if "default" in a}
    if op is full:
        out += "\t\t\tnil,\n"
    else:
        out += f"\t\t\tfunc(t *testing.T, c *Context) *Tensor {{ return {full.call('c', inputs, {**sample['attributes'], **defaults})} }},\n"
    if wrong and (op is full or all(wrong["attributes"].get(n) == d for n, d in defaults.items()) or wrong["inputs"]):
        call = op.call("c", sample_text(wrong["inputs"]), wrong["attributes"])
        message = wrong["message"] if op is full or all(wrong["attributes"].get(n) == d for n, d in defaults.items()) else ""
        if not message:
            call, message = None, None
    else:
        call = None
    if call is None:
        if full.receiver:
            nils = {n: ["closed(t, c)"] * len(v) for n, v in inputs.items()}
            call, message = op.call("c", nils, sample["attributes"]), "released"
        else:
            call, message = op.call("closedContext(t)", inputs, sample["attributes"]), "the context is closed"
    out += f"\t\t\tfunc(t *testing.T, c *Context) *Tensor {{ return {call} }}, \"{message}\"}},\n"
    return out


def tests(api):
    made = ops_of(api)
    by_name = {}
    for op in made:
        if op.op["full"]:
            by_name[op.op["name"]] = op
    out = MADE + "\n//go:build cgo\n\npackage tapeloop\n\nimport \"testing\"\n\n"
    out += "// Every op: a call with its sample, for a short form the full form that must give the same bits, and a call that must fail.\n"
    out += "func generatedOps() []opCase {\n\treturn []opCase{\n"
    out += "".join(test_case(op, by_name[op.op["name"]]) for op in made)
    return out + "\t}\n}\n"
