"""A binding of the whole C API for Python's ctypes, made at run time from api.json alone: the proof that the file holds all
that a binding author needs. api = Binding("api.json"); api.tl_add(c, a, b); api.TL_F32. It loads the file that api.json names as
"soname", where the loader finds it, or another one that it is told: Binding("api.json", "build/release/libtapeloop.so").

Arrays become Python lists: `dims=[2, 3]` stands for the pointer and for its length. Results of out parameters are returned.
A failed call raises Failure with the message of the context. Options are keyword dictionaries. No callbacks."""
import ctypes
import json

SCALARS = {"void": None, "bool": ctypes.c_bool, "u8": ctypes.c_uint8, "i32": ctypes.c_int32, "i64": ctypes.c_int64, "u64": ctypes.c_uint64,
           "f64": ctypes.c_double, "size": ctypes.c_size_t, "char": ctypes.c_char, "bytes": ctypes.c_void_p,
           "string": ctypes.c_char_p, "pointer": ctypes.c_void_p}


class Failure(Exception):
    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


class Binding:
    def __init__(self, description, library=None):
        with open(description) as f:
            self.api = json.load(f)
        self.shared_object = ctypes.CDLL(library or self.api["soname"])
        for constant in self.api["constants"]:
            setattr(self, constant["name"], constant["value"])
        self.types = {**SCALARS, **{h["name"]: ctypes.c_void_p for h in self.api["handles"]}, **{c["name"]: ctypes.c_void_p for c in self.api["callbacks"]}}
        self.handles = {h["name"] for h in self.api["handles"]}
        for enum in self.api["enums"]:
            self.types[enum["name"]] = ctypes.c_int32
            for value in enum["values"]:
                setattr(self, value["name"], value["value"])
        self.structs = {}
        for struct in self.api["structs"]:
            fields = [(f["name"], self.type_of(f)) for f in struct["fields"]]
            self.types[struct["name"]] = self.structs[struct["name"]] = type(struct["name"], (ctypes.Structure,), {"_fields_": fields})
        self.functions = {f["name"]: f for f in self.api["functions"]}
        self.init_of = {s["name"]: s["init"] for s in self.api["structs"]}
        for function in self.api["functions"]:
            c = getattr(self.shared_object, function["name"])
            c.restype, c.argtypes = self.type_of(function["returns"]), [self.type_of(p) for p in function["parameters"]]
            setattr(self, function["name"], self.method(function, c))

    def type_of(self, value):
        if value["type"] in ("bytes", "string") or (value["type"] in SCALARS and value["pass"] == "value"):
            return self.types[value["type"]]
        base = self.types[value["type"]]
        return base if value["pass"] == "value" else ctypes.POINTER(base)

    def options(self, name, fields):
        """A struct filled with its defaults, then with what the caller gave."""
        struct = self.structs[name]()
        if self.init_of[name]:
            getattr(self.shared_object, self.init_of[name])(ctypes.byref(struct), ctypes.sizeof(struct))
        else:
            struct.struct_size = ctypes.sizeof(struct)
        for key, value in fields.items():
            if not hasattr(struct, key):
                raise TypeError(f"{name} has no field '{key}'")
            setattr(struct, key, value.encode() if isinstance(value, str) else value)
        return struct

    def method(self, function, c):
        parameters = function["parameters"]
        lengths = {p["length"] for p in parameters if "length" in p}
        # What the caller passes: not the lengths of arrays that go in, not what only comes out.
        given = [p for p in parameters
                 if not (p["name"] in lengths and all(q["pass"] == "in_array" for q in parameters if q.get("length") == p["name"]))
                 and p["pass"] not in ("out",)]

        def call(*positional, **named):
            names = [p["name"] for p in given]
            if len(positional) > len(names):
                raise TypeError(f"{function['name']} takes {names}")
            if unknown := set(named) - set(names[len(positional):]):
                raise TypeError(f"{function['name']} has no parameter {sorted(unknown)}; it takes {names}")
            values, sizes = {**dict(zip(names, positional)), **named}, {}
            arguments, outs = [], {}
            for p in parameters:
                value, kind = values.get(p["name"]), p["pass"]
                if kind == "in_array" and value is not None:
                    if p["type"] == "bytes":
                        arguments.append(ctypes.cast(ctypes.c_char_p(value), ctypes.c_void_p))
                    else:
                        arguments.append((self.types[p["type"]] * len(value))(*value))
                    sizes[p["length"]] = len(value)
                elif kind == "in_array":
                    arguments.append(None)
                    sizes.setdefault(p["length"], 0)
                elif kind == "out_array":
                    room = sizes.get(p["length"], values.get(p["length"]))
                    outs[p["name"]] = ctypes.create_string_buffer(room) if p["type"] in ("bytes", "char") else (self.types[p["type"]] * room)()
                    arguments.append(ctypes.cast(outs[p["name"]], ctypes.c_void_p) if p["type"] == "bytes" else outs[p["name"]])
                elif kind == "out":
                    outs[p["name"]] = self.types[p["type"]]()
                    arguments.append(ctypes.byref(outs[p["name"]]))
                elif kind in ("in", "inout"):
                    struct = self.options(p["type"], value) if value is not None or kind == "inout" else None
                    if kind == "inout":
                        outs[p["name"]] = struct
                    arguments.append(None if struct is None else ctypes.byref(struct))
                elif p["name"] in sizes:
                    arguments.append(sizes[p["name"]])
                else:
                    arguments.append(value.encode() if isinstance(value, str) else value)
            return self.answer(function, c(*arguments), outs, values)

        call.__doc__ = function["doc"]
        return call

    def answer(self, function, result, outs, values):
        returns = function["returns"]
        failed = {"NULL": not result, "status": result != 0, "NaN": result != result, "-1": result == -1,
                  "false": result is False}.get(returns.get("on_failure"), False)
        owner = next((values[p["name"]] for p in function["parameters"] if p["type"] == "tl_context" and p["name"] in values), None)
        if failed and owner and (code := self.shared_object.tl_error_code(owner)):
            raise Failure(code, self.shared_object.tl_error_message(owner).decode())
        if failed and returns["on_failure"] == "status":
            raise Failure(result, "(see the context)")
        plain = [v.value if isinstance(v, ctypes._SimpleCData) else v.raw if isinstance(v, ctypes.Array) and v._type_ is ctypes.c_char
                 else list(v) if isinstance(v, ctypes.Array) else v for v in outs.values()]
        if returns["pass"] == "in_array" and "length" in returns:
            return [result[i] for i in range(outs[returns["length"]].value)] if result else []
        if returns["type"] == "string":
            result = result.decode()
        if returns["type"] in ("void", "tl_status") and returns.get("on_failure") == "status" or returns["type"] == "void":
            return plain[0] if len(plain) == 1 else plain or None
        return (result, *plain) if plain else result
