#!/usr/bin/env python3
"""Tests core/ops/gen: a wrong row is an error that names it, a new row reaches every generated file, and --check sees a
file that is out of date. Standard library only."""
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
GEN = ROOT / "core/ops/gen"
sys.path.insert(0, str(GEN))
import cases  # noqa: E402
import cpp  # noqa: E402
import table  # noqa: E402

TOY = """
[[op]]
id = 9001
name = "toy"
family = "elementwise"
since = "0.1"
doc = "Twice x."
inputs = ["x:float"]
gradient = "composite"
samples = ["x=(2,3)"]
"""


def read(*rows):
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as f:
        f.write("\n".join(rows))
        f.flush()
        return table.read(f.name)


def toy(**changes):
    """The toy row with keys replaced, added, or removed (None). Values are TOML texts."""
    lines = []
    for line in TOY.strip().splitlines():
        key = line.split(" = ")[0]
        if key in changes:
            value = changes.pop(key)
            if value is None:
                continue
            line = f"{key} = {value}"
        lines.append(line)
    return "\n".join(lines + [f"{key} = {value}" for key, value in changes.items() if value is not None])


class BadRows(unittest.TestCase):
    def refuse(self, text, *rows):
        with self.assertRaises(table.TableError) as caught:
            ops = read(*rows)
            cases.op_cases(ops)
            cases.c_calls(ops)
        self.assertIn(text, str(caught.exception))

    def test_unknown_key(self):
        self.refuse("unknown keys ['colour']", toy(colour='"red"'))

    def test_missing_key(self):
        self.refuse("missing ['doc']", toy(doc=None))

    def test_reused_id(self):
        self.refuse("id 9001 is that of toy", toy(), toy(name='"other"'))

    def test_reused_name(self):
        self.refuse("'toy' is taken", toy(), toy(id="9002"))

    def test_composite_with_saves(self):
        self.refuse("a composite op has no ['saves']", toy(saves='["x"]'))

    def test_primitive_without_shape_rule(self):
        self.refuse("needs infer", toy(gradient='"rule"'))

    def test_gradient_is_decided(self):
        self.refuse("gradient must be", toy(gradient='"maybe"'))
        self.refuse("gradient must be", toy(gradient='"none"'))  # without its reason

    def test_missing_sample(self):
        self.refuse("has no sample", toy(samples="[]"))

    def test_sample_with_an_unknown_input(self):
        self.refuse("names 'y'", toy(samples='["x=(2) y=(2)"]'))

    def test_sample_without_an_input(self):
        self.refuse("lacks input 'b'", toy(inputs='["x:float", "b:float=x"]'))

    def test_sample_without_an_attribute(self):
        self.refuse("lacks attribute 'axis'", toy(attrs='["axis:int"]'))

    def test_sample_that_is_no_tensor(self):
        self.refuse("bad sample tensor", toy(samples='["x=[2]"]'))
        self.refuse("bad sample tensor", toy(samples='["x=(2):f16"]'))

    def test_error_sample_without_a_message(self):
        self.refuse("lacks ' | message'", toy(errors='["x=(2)"]'))

    def test_bad_input(self):
        self.refuse("bad input 'x:complex'", toy(inputs='["x:complex"]'))
        self.refuse("refers to 'y'", toy(inputs='["x:float=y"]'))
        self.refuse("only the last input", toy(inputs='["x:float...", "b:float"]', samples='["x=(2) b=(2)"]'))

    def test_bad_attribute(self):
        self.refuse("bad attribute 'axis:short'", toy(attrs='["axis:short"]'))

    def test_saves_and_inplace_name_operands(self):
        rule = {"gradient": '"rule"', "jvp": '"elementwise"', "infer": '"same"'}
        self.refuse("saves 'y'", toy(saves='["y"]', **rule))
        self.refuse("inplace names 'y'", toy(inplace='["y"]', **rule))
        self.refuse("only an op with a gradient rule", toy(gradient='"zero"', infer='"same"', saves='["x"]'))

    def test_tangents_are_decided(self):
        rule = {"gradient": '"rule"', "infer": '"same"'}
        two = {"inputs": '["x:float", "y:float=x"]', "samples": '["x=(2) y=(2)"]', **rule}
        self.refuse("needs jvp", toy(**rule))
        self.refuse("jvp must be", toy(jvp='"maybe"', **rule))
        self.refuse("jvp must be", toy(jvp='"linear"', **rule))  # in which inputs?
        self.refuse("jvp must be", toy(jvp='"rule: x"', **rule))
        self.refuse("jvp names 'z'", toy(jvp='"linear: z"', **rule))
        self.refuse("'y' is not named", toy(jvp='"linear: x"', **two))
        self.refuse("one output", toy(jvp='"elementwise"', outputs='["a", "b"]', **rule))
        self.refuse("not variadic", toy(jvp='"elementwise"', inputs='["x:float..."]', **rule))
        self.refuse("only an op with a gradient rule has a jvp", toy(jvp='"elementwise"'))
        self.refuse("only an op with a gradient rule has a jvp", toy(jvp='"elementwise"', gradient='"zero"', infer='"same"'))

    def test_batching_is_decided(self):
        rule = {"gradient": '"zero"', "infer": '"same"'}
        self.refuse("needs batching", toy(**rule))
        self.refuse("needs batching", toy(batching='"maybe"', **rule))
        self.refuse("needs batching", toy(batching='"none"', **rule))  # without its reason
        self.refuse("a composite op has no batching", toy(batching='"leading"'))
        self.refuse("needs the attributes", toy(batching='"axis"', **rule))
        self.refuse("needs the attributes", toy(batching='"reduce"', attrs='["axes:ints"]', samples='["x=(2) axes=[0]"]', **rule))
        self.refuse("nothing to batch", toy(inputs=None, batching='"leading"', samples='[" "]', **rule))

    def test_batching_by_a_stock_rule_and_by_none(self):
        row = {"gradient": '"zero"', "infer": '"same"'}
        ops = read(toy(batching='"leading"', **row), toy(id="9002", name='"other"', batching='"none: it has no batch"', **row))
        self.assertIn("void batch_leading(", cpp.promised(ops))
        self.assertIn("rules::batch_leading, nullptr}", cpp.schemas(ops))
        self.assertIn('nullptr, "it has no batch"}', cpp.schemas(ops))
        self.assertIn("| values, gradients, tangents; leading |", cases.checks_page(ops))

    def test_doc_is_a_sentence(self):
        self.refuse("doc must be a sentence", toy(doc='"twice x"'))

    def test_unknown_table(self):
        self.refuse("unknown top-level keys", TOY, "[extra]\na = 1")


class NewRows(unittest.TestCase):
    def setUp(self):
        self.text = (ROOT / "core/ops/ops.toml").read_text()

    def test_composite(self):
        ops = read(self.text, TOY)
        self.assertIn("Tensor toy(const Tensor& x);", cpp.functions_header(ops))
        self.assertNotIn("toy", cpp.functions_source(ops))  # core/rules defines it
        self.assertNotIn("toy", cpp.promised(ops) + cpp.schemas(ops) + cpp.op_id(ops))
        self.assertIn("tl_tensor *tl_toy(tl_context *context, tl_tensor *x);", cpp.c_header(ops))
        self.assertIn("call.result(toy(call.in(0)))", cpp.c_source(ops))
        self.assertIn("reference::toy(in[0])", cases.op_cases(ops))
        self.assertIn("  call_toy(c);", cases.c_calls(ops))
        self.assertIn("| `toy` | Twice x. |", cases.reference_page(ops))

    def test_primitive(self):
        ops = read(self.text, toy(gradient='"rule"', jvp='"rule"', infer='"same"', saves='["out"]', attrs='["factor:float=2"]',
                             batching='"rule"'))
        self.assertIn("Tensor toy(const Tensor& x, double factor = 2.0);", cpp.functions_header(ops))
        promised = cpp.promised(ops)
        self.assertIn("void vjp_toy(const VjpArgs& args, Tensor* grads);", promised)
        self.assertIn("void jvp_toy(const JvpArgs& args, Tensor* tangents);", promised)
        self.assertIn("void batch_toy(const BatchArgs& args, Tensor* out);", promised)
        self.assertIn("JvpKind::kRule, 0, rules::jvp_toy, rules::batch_toy, nullptr}", cpp.schemas(ops))
        self.assertIn("void toy(const KernelArgs& args);", promised)
        self.assertIn("kToy = 9001,", cpp.op_id(ops))
        self.assertIn("struct ToyAttrs {\n  double factor;\n};", cpp.attrs(ops))

    def test_internal_op_stays_out_of_the_c_api(self):
        ops = read(self.text, toy(internal="true"))
        self.assertNotIn("tl_toy", cpp.c_header(ops) + cpp.c_source(ops) + cases.c_calls(ops))
        self.assertIn("reference::toy", cases.op_cases(ops))

    def test_every_row_of_the_table_has_cases(self):
        ops = table.read(ROOT / "core/ops/ops.toml")
        text = cases.op_cases(ops)
        for op in ops:
            self.assertIn(f'{{"{op.name}", 0, ', text)


class Check(unittest.TestCase):
    """generate and generate --check, on a copy of the files that they read and write."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        shutil.copytree(GEN, self.root / "core/ops/gen")
        shutil.copy(ROOT / "core/ops/ops.toml", self.root / "core/ops/ops.toml")

    def tearDown(self):
        self.folder.cleanup()

    def generate(self, *arguments):
        return subprocess.run([sys.executable, str(self.root / "core/ops/gen/generate"), *arguments],
                              capture_output=True, text=True)

    def test_out_of_date(self):
        self.assertEqual(self.generate("--check").returncode, 1)
        self.assertEqual(self.generate().returncode, 0)
        self.assertEqual(self.generate("--check").returncode, 0)
        with open(self.root / "core/ops/ops.toml", "a") as f:
            f.write(TOY)
        stale = self.generate("--check")
        self.assertEqual(stale.returncode, 1)
        self.assertIn("out of date: core/ops/generated/functions.h", stale.stdout)
        self.assertNotIn("toy", (self.root / "core/ops/generated/functions.h").read_text())
        self.assertEqual(self.generate().returncode, 0)
        self.assertIn("toy", (self.root / "core/ops/generated/functions.h").read_text())

    def test_bad_table_writes_nothing(self):
        with open(self.root / "core/ops/ops.toml", "a") as f:
            f.write(toy(colour='"red"'))
        run = self.generate()
        self.assertEqual(run.returncode, 1)
        self.assertIn("ops.toml: toy: unknown keys", run.stderr)
        self.assertFalse((self.root / "core/ops/generated").exists())

    def test_unknown_option(self):
        self.assertNotEqual(self.generate("--chekc").returncode, 0)


if __name__ == "__main__":
    unittest.main()
