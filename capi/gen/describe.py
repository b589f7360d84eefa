"""Makes the description of the C API (api.json) from what headers.py read and from the op table. Its fields are explained
in README.md. It adds no fact of its own: what it derives (who owns a result, how a failure shows, which errors to expect)
follows from the type of a declaration and the words of its comment by the rules in base.h."""
import json
import re

import cases
import cpp

# What a function can answer for a wrong, released or busy object, whatever it does.
OF_EVERY_OBJECT = {"TL_INVALID_ARGUMENT", "TL_BUSY"}
CREATES = {"TL_OUT_OF_MEMORY"}
OWNERSHIP = {"same": "argument", "caller": "caller", None: "scope"}


def value(v, model, with_c=True):
    by = "inout" if v.by == "out" and v.type in model.structs else v.by
    entry = {"name": v.name, "type": v.type, "pass": by}
    if v.length:
        entry["length"] = v.length
    if v.nullable:
        entry["nullable"] = True
    if v.null_entries:
        entry["null_entries"] = True
    if with_c:
        entry["c"] = v.c
    if v.doc:
        entry["doc"] = v.doc
    return entry


def failure(f, model):
    """How the result says that the call failed, or None where it cannot."""
    if f.tags.get("returns") == "value":
        return None
    if f.returns.type == "tl_status":
        return "status"
    if m := re.search(r"(NaN|-1|0|false|\"\"|NULL)(?: with [^.;]*)?(?:,? (?:on|before)\b[^.;]*)?,? on (?:any )?failure", f.doc):
        return m[1]
    if f.returns.type in model.handles or f.returns.by != "value":
        return "NULL"
    return "false" if f.returns.type == "bool" and "false" in f.doc else None


def result(f, model):
    r = f.returns
    entry = {"type": r.type, "pass": r.by, "c": r.c}
    counts = [p.name for p in f.parameters if p.type == "size" and p.by == "out"]
    if r.type in model.handles and r.by == "value":
        entry["ownership"] = OWNERSHIP[f.tags.get("returns")]
    elif r.by != "value":
        entry["ownership"] = "caller" if f.tags.get("returns") == "caller" else "object"
        entry["pass"] = "in_array"
        if counts:
            entry["length"] = counts[0]
    elif r.type == "string":
        entry["ownership"] = "object" if f.parameters and f.parameters[0].type in model.handles else "static"
    if r.type != "void" and (how := failure(f, model)):
        entry["on_failure"] = how
    return entry


def thread(f, model):
    """A function that takes no object of a context may be called from anywhere."""
    return f.tags.get("thread", "context" if any(p.type in model.handles for p in f.parameters) else "any")


# How a comment says that a function fails as another does: it begins with the other one, or sends the reader there.
AS_ANOTHER = re.compile(r"(?:^|(?:[Ee]rrors|All else) as (?:in )?)(tl_\w+)\(\)")


def named(f, functions, order):
    """The codes in the words of a comment, and in those of the functions that it refers to for them."""
    found = set(re.findall(r"\bTL_\w+", f.doc)) & set(order)
    for other in AS_ANOTHER.findall(f.doc):
        if other != f.name:
            found |= named(functions[other], functions, order)
    return found


def errors(f, model, functions, order):
    """The codes that the comment names, those that the header's own comment gives to the function, and those of every call
    on an object or for a new one."""
    found = named(f, functions, order)
    for _, codes, names in model.shared_errors:
        found |= set(codes) if f.name in names else set()
    takes_object = any(p.type in model.handles for p in f.parameters)
    can_fail = f.returns.type == "tl_status" or (f.returns.type != "void" and failure(f, model))
    if takes_object and can_fail and f.tags.get("thread") != "any":
        found |= OF_EVERY_OBJECT
    if f.returns.type in model.handles and f.tags.get("returns") not in ("same", "value"):
        found |= CREATES | {"TL_INVALID_ARGUMENT"}
    if any(p.type in model.handles and p.by in ("out", "out_array") for p in f.parameters):
        found |= CREATES
    return sorted(found - {"TL_OK"}, key=order.index)


def check_errors(model, functions, order):
    """Every code that a comment of a header names must reach a function: what the words around the declarations say is
    given out by @errors, and what those of a type say is an answer of some function of its header, or of one that they name."""
    for header, codes, names in model.shared_errors:
        for unknown in (set(codes) - set(order)) | (set(names) - set(functions)):
            raise ValueError(f"{header}: @errors names {unknown}, which no header declares")
    given = {header: {code for h, codes, _ in model.shared_errors if h == header for code in codes} for header in {h for h, _ in model.notes}}
    answers = {name: set(errors(f, model, functions, order)) for name, f in functions.items()}
    general = {"TL_OK"} | OF_EVERY_OBJECT
    for header, words in model.notes:
        for code in sorted(set(re.findall(r"\bTL_\w+", words)) & set(order) - general - given[header]):
            raise ValueError(f"{header}: a comment names {code} for functions that nobody can tell; add '@errors {code} of <functions>.'")
    types = [(n, e[0], json.dumps(e[1:], default=vars)) for kind in (model.enums, model.handles, model.structs, model.callbacks)
             for n, e in kind.items() if n != "tl_status"]
    for name, header, words in types:
        told = set(re.findall(r"\b(tl_\w+)\(\)", words))
        known = set().union(*(a for n, a in answers.items() if functions[n].header == header or n in told))
        for code in sorted(set(re.findall(r"\bTL_\w+", words)) & set(order) - general - known - given.get(header, set())):
            raise ValueError(f"{header}: the comment of {name} names {code}, which no function of the header answers; add '@errors'")


def sample(op, text, error):
    tensors, attrs = cases.parse(op, text)
    default = {"bool": "bool", "int": "i32"}
    made = {i.name: [{"shape": shape, "dtype": dtype or ("f32" if error else default.get(i.dtypes, "f32")), "low": low, "high": high}
                     for shape, dtype, low, high in tensors[i.name]] for i in op.inputs}
    return {"inputs": made, "attributes": {a.name: attribute(a, attrs.get(a.name, a.default)) for a in op.public_attrs},
            **({"message": error} if error else {})}


def attribute(a, text):
    """A JSON value for an attribute; what JSON has no number for (nan, inf, -inf) stays text."""
    if a.type == "ints":
        return [int(d) for d in text.strip("[]").split(",") if d.strip()]
    if a.type == "bool":
        return text == "true"
    if a.type == "float":
        return text if text in ("nan", "inf", "-inf") else float(text)
    return text if a.type == "dtype" else int(text)


def op_facts(op, name, attributes):
    facts = {"id": op.row["id"], "name": op.name, "family": op.row["family"], "gradient": op.row["gradient"], "random": op.random,
             "full": name == list(cpp.c_variants(op))[-1][0],
             "inputs": [{"name": i.name, "dtypes": i.dtypes, "variadic": i.variadic,
                         **({"same_dtype_as": op.inputs[i.same_as].name} if i.same_as >= 0 else {})} for i in op.inputs],
             "attributes": [{"name": a.name, "type": a.type,
                             **({} if a.default is None else {"default": attribute(a, a.default)})} for a in attributes]}
    if facts["full"]:
        facts["sample"] = sample(op, op.row["samples"][0], None)
        if op.get("errors"):
            facts["error_sample"] = sample(op, *cases.split_error(op, op.row["errors"][0]))
    return facts


def describe(model, ops):
    ops_by_function = {f"tl_{name}": (op, attributes) for op in ops if not op.get("internal") for name, attributes in cpp.c_variants(op)}
    order = [name for name, _, _ in model.enums["tl_status"][2]]
    names = {f.name for f in model.functions}
    version = dict((n, v) for n, v, _ in model.constants)
    by_name = {f.name: f for f in model.functions}
    check_errors(model, by_name, order)
    functions = []
    for f in model.functions:
        entry = {"name": f.name, "header": f.header, "since": re.search(r"\bSince (\d+\.\d+)\.", f.doc)[1],
                 "thread": thread(f, model), "returns": result(f, model),
                 "parameters": [value(p, model) for p in f.parameters], "errors": errors(f, model, by_name, order), "doc": f.doc}
        if f.name in ops_by_function:
            op, attributes = ops_by_function[f.name]
            entry["op"] = op_facts(op, f.name[3:], attributes)
        functions.append(entry)
    if lost := sorted(set(ops_by_function) - names):
        raise ValueError(f"ops without a declaration: {', '.join(lost)}")
    ends = {"tl_context": "tl_context_free"}
    description = {
        "schema": 1, "library": "tapeloop", "soname": f"libtapeloop.so.{version['TL_VERSION_MAJOR']}",
        "version": ".".join(str(version[f"TL_VERSION_{part}"]) for part in ("MAJOR", "MINOR", "PATCH")),
        "constants": [{"name": n, "value": v, "header": h} for n, v, h in model.constants],
        "enums": [{"name": n, "base": "i32", "header": h, "doc": d, "values": [{"name": vn, "value": vv, **({"doc": vd} if vd else {})} for vn, vv, vd in vs]}
                  for n, (h, d, vs) in model.enums.items()],
        "handles": [{"name": n, "header": h, "doc": d, "release": ends.get(n, f"{n}_release")} for n, (h, d) in model.handles.items()],
        "callbacks": [{"name": n, "header": h, "doc": d, "returns": {"type": r.type, "c": r.c}, "parameters": [value(p, model) for p in ps]}
                      for n, (h, d, r, ps) in model.callbacks.items()],
        "structs": [{"name": n, "header": h, "doc": d, "init": f"{n}_init" if f"{n}_init" in names else None, "fields": [value(v, model) for v in fs]}
                    for n, (h, d, fs) in model.structs.items()],
        "functions": functions,
    }
    for handle in description["handles"]:
        if handle["release"] not in names:
            raise ValueError(f"{handle['name']}: {handle['release']} is not declared")
    return description


def text(description):
    """JSON with one declaration a line, so that a change of the API is a short diff."""
    out = "{\n"
    for key, entries in description.items():
        comma = "" if key == "functions" else ","
        if isinstance(entries, list):
            rows = ",\n".join("    " + json.dumps(e, ensure_ascii=False) for e in entries)
            out += f'  "{key}": [\n{rows}\n  ]{comma}\n'
        else:
            out += f'  "{key}": {json.dumps(entries)}{comma}\n'
    return out + "}\n"
