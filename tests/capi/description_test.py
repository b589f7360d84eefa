#!/usr/bin/env python3
"""Tests api.json, the description of the C API: that it says what the headers, the library and the C compiler say, that the
parser refuses what it does not understand, and that it is enough to train from Python's ctypes.

    tests/capi/description_test.py LIBRARY.so [API.json]

Needs nothing but Python's standard library and a C compiler."""
import ctypes
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "capi/gen"), str(Path(__file__).resolve().parent)]
sys.path.append(str(ROOT / "core/ops/gen"))
import describe  # noqa: E402
import headers  # noqa: E402
from ctypes_binding import Binding, Failure  # noqa: E402

API = ROOT / "capi/generated/api.json"
LIBRARY = ""
REFERENCE = ROOT.parent / "shared/bench/reference/W2.json"


def parse(text):
    model = headers.Model()
    headers.read("toy.h", "typedef struct tl_context tl_context;\ntypedef struct tl_tensor tl_tensor;\n" + text, model)
    return model


class Parser(unittest.TestCase):
    def refuses(self, text, reason):
        with self.assertRaisesRegex(headers.HeaderError, reason):
            parse(text)

    def test_refuses_what_it_does_not_understand(self):
        doc = "/** Words. Since 0.1. */\n"
        self.refuses(doc + "TL_API float tl_half(tl_context *c);", "unknown type 'float'")
        self.refuses("TL_API int32_t tl_naked(tl_context *c);", "no doc comment")
        self.refuses("/** Words. */\nTL_API int32_t tl_ageless(tl_context *c);", "Since")
        self.refuses(doc + "TL_API void tl_list(tl_tensor *const *list);", "how many entries")
        self.refuses(doc + "TL_API void tl_two(tl_tensor **result);", "one result or an array")
        self.refuses("/** Words. Since 0.1.\n * @array lost[count] */\nTL_API void tl_three(tl_tensor **result, int32_t count);", "bad '@array")
        self.refuses("/** Words. Since 0.1.\n * @colour red */\nTL_API void tl_four(tl_context *c);", "unknown tag @colour")
        self.refuses("int32_t tl_variable;", "cannot read")
        self.refuses("typedef union tl_u { int a; } tl_u;", "cannot read")
        self.refuses(doc + "TL_API void tl_five(tl_context *const c);", "cannot read|handle")

    def test_reads_what_the_comments_say(self):
        model = parse("/** One of *many. name may be NULL. Since 0.2.\n * @array list[count]?\n * @thread any */\n"
                      "TL_API tl_tensor *tl_pick(tl_tensor *const *list, int32_t kind, const char *name, size_t count, size_t *many);")
        f = model.functions[0]
        self.assertEqual([(p.name, p.type, p.by, p.length, p.nullable, p.null_entries) for p in f.parameters],
                         [("list", "tl_tensor", "in_array", "count", False, True), ("kind", "i32", "value", None, False, False),
                          ("name", "string", "value", None, True, False), ("count", "size", "value", None, False, False),
                          ("many", "size", "out", None, False, False)])
        self.assertEqual(f.tags["thread"], "any")


class Errors(unittest.TestCase):
    ORDER = ["TL_OK", "TL_INVALID_ARGUMENT", "TL_OUT_OF_MEMORY", "TL_IO", "TL_BUSY", "TL_TIMED_OUT"]
    TAIL = "Since 0.1. */\nTL_API "

    def model(self, text):
        model = parse("typedef int32_t tl_status;\n" + text)
        return model, {f.name: f for f in model.functions}

    def errors(self, text, name):
        model, functions = self.model(text)
        describe.check_errors(model, functions, self.ORDER)
        return describe.errors(functions[name], model, functions, self.ORDER)

    def refuses(self, text, reason):
        with self.assertRaisesRegex((ValueError, headers.HeaderError), reason):
            describe.check_errors(*self.model(text), self.ORDER)

    def test_come_from_the_words_of_the_comment(self):
        text = f"/** Reads. TL_IO: no. {self.TAIL}tl_status tl_read(tl_context *c);\n"
        self.assertEqual(self.errors(text, "tl_read"), ["TL_INVALID_ARGUMENT", "TL_IO", "TL_BUSY"])
        for words in ("tl_read() of another.", "Writes. Errors as tl_read().", "Writes; name and errors as in tl_read().",
                      "Writes. All else as in tl_read()."):
            self.assertIn("TL_IO", self.errors(text + f"/** {words} {self.TAIL}tl_status tl_other(tl_context *c);", "tl_other"), words)
        self.assertNotIn("TL_IO", self.errors(text + f"/** Writes what tl_read() reads. {self.TAIL}tl_status tl_other(tl_context *c);", "tl_other"))
        self.assertIn("TL_OUT_OF_MEMORY", self.errors(f"/** Gives *x. {self.TAIL}tl_status tl_give(tl_context *c, tl_tensor **x);", "tl_give"))

    def test_come_from_the_comment_of_the_header(self):
        functions = "".join(f"/** Waits. {self.TAIL}tl_status tl_{name}(tl_context *c);\n" for name in ("one", "two", "three"))
        note = "/* Ranks that are late get TL_TIMED_OUT.\n *\n * @errors TL_TIMED_OUT, TL_IO of tl_one,\n * tl_two. */\n"
        self.assertEqual(self.errors(note + functions, "tl_two"), ["TL_INVALID_ARGUMENT", "TL_IO", "TL_BUSY", "TL_TIMED_OUT"])
        self.assertEqual(self.errors(note + functions, "tl_three"), ["TL_INVALID_ARGUMENT", "TL_BUSY"])
        self.refuses("/* Late ones get TL_TIMED_OUT. */\n" + functions, "TL_TIMED_OUT for functions that nobody can tell")
        self.refuses("/* TL_TIMED_OUT @errors TL_IO of tl_one. */\n" + functions, "TL_TIMED_OUT for functions that nobody can tell")
        self.refuses("/* @errors TL_TIMED_OUT of tl_four. */\n" + functions, "names tl_four")
        self.refuses("/* @errors TL_TOO_LATE of tl_one. */\n" + functions, "names TL_TOO_LATE")
        self.refuses("/* @errors TL_TIMED_OUT: tl_one. */\n" + functions, "bad tag")

    def test_of_types_are_answers_of_functions(self):
        handle = "/** What takes it may give TL_TIMED_OUT. */\ntypedef struct tl_clock tl_clock;\n"
        wait = f"/** Waits. TL_TIMED_OUT when it is late. {self.TAIL}tl_status tl_wait(tl_clock *clock);\n"
        self.assertIn("TL_TIMED_OUT", self.errors(handle + wait, "tl_wait"))
        self.refuses(handle + wait.replace(" TL_TIMED_OUT when it is late.", ""), "tl_clock names TL_TIMED_OUT")


class Description(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.api = json.loads(API.read_text())

    def test_is_up_to_date(self):
        out = subprocess.run([ROOT / "capi/gen/generate", "--check"], capture_output=True, text=True)
        self.assertEqual(out.returncode, 0, out.stderr)

    def test_names_what_is_exported(self):
        names = [f["name"] for f in self.api["functions"]]
        self.assertEqual(sorted(names), (ROOT / "capi/exports.txt").read_text().split())
        nm = subprocess.run(["nm", "-D", "--defined-only", LIBRARY], check=True, capture_output=True, text=True).stdout
        exported = {line.split()[2].split("@@")[0] for line in nm.splitlines() if line.split()[1] != "A"}
        self.assertEqual(set(names), exported)

    def test_every_declaration_is_documented(self):
        for kind in ("enums", "handles", "callbacks", "structs", "functions"):
            for entry in self.api[kind]:
                self.assertRegex(entry["doc"], r"\w{3,}", entry["name"])
        for s in self.api["structs"]:
            for f in s["fields"]:
                self.assertTrue(f.get("doc") or f["name"] in ("struct_size", "recording", "consumed"), f"{s['name']}.{f['name']}")

    def test_every_code_that_a_header_names_is_an_error_of_functions(self):
        """Of the text of the headers, without the parser: of a function, what stands in the comment before it."""
        codes = {v["name"] for e in self.api["enums"] if e["name"] == "tl_status" for v in e["values"]} - {"TL_OK"}
        errors = {f["name"]: set(f["errors"]) for f in self.api["functions"]}
        seen = 0
        for header in sorted((ROOT / "capi/include/tapeloop").glob("*.h")):
            text = header.read_text()
            own = dict(re.findall(r"/\*\*((?:(?!\*/).)*)\*/\s*TL_API[^;(]*?(tl_\w+)\(", text, re.S))
            of_header = set().union(*(errors[name] for name in own.values()), *(errors[n] for n in re.findall(r"\b(tl_\w+)\(", text) if n in errors))
            for comment, name in own.items():
                named = set(re.findall(r"\bTL_\w+", comment)) & codes
                seen += len(named)
                self.assertLessEqual(named, errors[name], name)
            if header.name != "base.h":  # which lists all codes
                self.assertLessEqual(set(re.findall(r"\bTL_\w+", text)) & codes, of_header, header.name)
        self.assertGreater(seen, 200)
        for name, more in (("tl_read_npy", "TL_NOT_FOUND TL_IO TL_CORRUPT_DATA TL_UNSUPPORTED"), ("tl_write_npz", "TL_NOT_FOUND TL_IO"),
                           ("tl_group_barrier", "TL_PEER_LOST TL_MISMATCH TL_TIMED_OUT"), ("tl_logger_text", "TL_IO"),
                           ("tl_checkpoint_restore_partly", "TL_NOT_FOUND TL_CORRUPT_DATA"), ("tl_write_image_svg", "TL_IO"),
                           ("tl_optimizer_apply", "TL_NON_FINITE"), ("tl_tape_gradient", "TL_OUT_OF_MEMORY")):
            self.assertLessEqual(set(more.split()), errors[name], name)

    def test_the_library_has_the_name_that_is_told(self):
        dynamic = subprocess.run(["readelf", "-d", LIBRARY], check=True, capture_output=True, text=True).stdout
        self.assertEqual(re.search(r"\(SONAME\).*\[(.+)\]", dynamic)[1], self.api["soname"])

    def test_every_array_has_a_length_that_is_a_parameter(self):
        for f in self.api["functions"]:
            names = {p["name"]: p for p in f["parameters"]}
            for p in f["parameters"]:
                if p["pass"].endswith("_array"):
                    self.assertEqual(names[p["length"]]["type"], "size", f["name"])

    def test_the_compiler_agrees(self):
        """Types of all functions, layouts of all structs and numbers of all constants, as a C compiler sees them."""
        binding = Binding(API, LIBRARY)
        lines = []
        for e in self.api["enums"]:
            lines += [f"_Static_assert(sizeof({e['name']}) == 4, \"\");"] + [f"_Static_assert({v['name']} == {v['value']}, \"\");" for v in e["values"]]
        for c in self.api["constants"]:
            lines.append(f"_Static_assert({c['name']} == {c['value']}, \"\");")
        for s in self.api["structs"]:
            layout = binding.structs[s["name"]]
            lines.append(f"_Static_assert(sizeof({s['name']}) == {ctypes.sizeof(layout)}, \"\");")
            lines += [f"_Static_assert(offsetof({s['name']}, {f['name']}) == {getattr(layout, f['name']).offset}, \"\");" for f in s["fields"]]
        for f in self.api["functions"]:
            parameters = ", ".join(p["c"] for p in f["parameters"]) or "void"
            lines.append(f"{f['returns']['c']} (*const p_{f['name']})({parameters}) = {f['name']};")
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "check.c"
            source.write_text("#include <tapeloop/tapeloop.h>\n" + "\n".join(lines) + "\n")
            out = subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-Wall", "-Werror", "-fsyntax-only", f"-I{ROOT}/capi/include", source],
                                 capture_output=True, text=True)
        self.assertEqual(out.returncode, 0, out.stderr[:2000])
        self.assertGreater(len(lines), 400)


# ---- training from Python -----------------------------------------------------------------------------------------------

def splitmix64(k):
    mask = (1 << 64) - 1
    z = (k + 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return z ^ (z >> 31)


def f32(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def fill(number, count, low, high):
    """float32 low + (high - low) * u, as ../shared/bench/README.md defines it."""
    low, width = f32(low), f32(f32(high) - f32(low))
    return [f32(low + f32(width * ((splitmix64((number << 32) + i) >> 40) * 2.0**-24))) for i in range(count)]


class FromPython(unittest.TestCase):
    def setUp(self):
        self.api = Binding(API, LIBRARY)
        self.context = self.api.tl_context_new({"seed": 1, "threads": 1})

    def tearDown(self):
        self.api.tl_context_free(self.context)

    def tensor(self, values, dims):
        return self.api.tl_tensor_new(self.context, self.api.TL_F32, dims, struct.pack(f"{len(values)}f", *values))

    def test_errors_arrive_with_their_message(self):
        a, b = self.tensor([1, 2], [2]), self.tensor([1, 2, 3], [3])
        with self.assertRaisesRegex(Failure, "do not broadcast"):
            self.api.tl_add(self.context, a, b)

    def test_trains_to_the_reference(self):
        """W2 (20-64-32-5, relu, sparse softmax cross-entropy, Adam, batch 32), 200 steps and the loss after them."""
        if not REFERENCE.exists():
            self.skipTest(f"{REFERENCE.name} of the benchmarks is not there")
        t, c, sizes, batch = self.api, self.context, [20, 64, 32, 5], 32
        variables = []
        for layer, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:])):
            bound = f32(1 / f32(fan_in**0.5))
            weight = self.tensor(fill(layer, fan_in * fan_out, -bound, bound), [fan_in, fan_out])
            variables += [t.tl_variable_new(c, weight, f"weight{layer}", True),
                          t.tl_variable_new(c, t.tl_zeros(c, [fan_out]), f"bias{layer}", True)]
        inputs = [self.tensor(fill(100 + b, batch * 20, 0, 1), [batch, 20]) for b in range(8)]
        labels = [t.tl_tensor_new(c, t.TL_I32, [batch], struct.pack(f"{batch}i", *[(splitmix64(((200 + b) << 32) + i) >> 40) % 5 for i in range(batch)]))
                  for b in range(8)]
        adam = t.tl_adam(c, {"epsilon_form": t.TL_EPSILON_PYTORCH})
        losses = []
        for step in range(201):
            t.tl_scope_begin(c)
            tape = t.tl_tape_begin(c)
            x = inputs[step % 8]
            for layer in range(3):
                x = t.tl_add(c, t.tl_matmul(c, x, variables[2 * layer]), variables[2 * layer + 1])
                x = t.tl_relu(c, x) if layer < 2 else x
            loss = t.tl_mean(c, t.tl_sparse_softmax_cross_entropy(c, labels[step % 8], x))
            losses.append(t.tl_tensor_item(loss))
            if step < 200:
                t.tl_optimizer_apply(adam, t.tl_tape_gradient(tape, loss, variables), variables)
            t.tl_scope_end(c)
        reference = json.loads(REFERENCE.read_text())
        print(f"\nW2 from Python's ctypes: first loss {losses[0]:.7f} (reference {reference['loss'][0]:.7f}), "
              f"after 200 steps {losses[200]:.7f} (reference {reference['loss_end']:.7f})")
        for mine, exact in zip(losses[:10], reference["loss"]):
            self.assertLess(abs(mine - exact) / exact, 1e-4)
        self.assertLess(abs(losses[200] - reference["loss_end"]) / reference["loss_end"], 2e-2)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    LIBRARY = sys.argv[1]
    if len(sys.argv) > 2:
        API = Path(sys.argv[2])
    unittest.main(argv=sys.argv[:1])
