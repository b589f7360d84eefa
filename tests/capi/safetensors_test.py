#!/usr/bin/env python3
"""safetensors files against the safetensors package of Python: a file that it has written (python.safetensors) is read, and where
the package is installed for this Python, files go both ways.

    tests/capi/safetensors_test.py LIBRARY.so
    tests/capi/safetensors_test.py --write     makes the sample anew

The sample is of safetensors 0.8.0 with numpy 2.4.6 and ml_dtypes 0.6.0, in an environment of its own:

    python3 -m venv ENV && ENV/bin/pip install safetensors numpy ml_dtypes
    ENV/bin/python tests/capi/safetensors_test.py --write

Needs NumPy (python3-numpy), and otherwise Python's standard library."""
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from ctypes_binding import Binding  # noqa: E402

try:
    import safetensors.numpy as package
except ImportError:
    package = None
try:
    import ml_dtypes
except ImportError:
    ml_dtypes = None

SAMPLE = HERE / "python.safetensors"
LIBRARY = ""
METADATA = {"format": "np", "note": 'ünïcode, "quotes" \\ and\nlines', "empty": ""}
# What each dtype of a file is here.
READ_AS = {"float64": np.float64, "float32": np.float32, "float16": np.float32, "bfloat16": np.float32, "int64": np.int64, "int32": np.int32,
           "int16": np.int32, "int8": np.int32, "uint32": np.int64, "uint16": np.int32, "uint8": np.uint8, "bool": np.bool_}
REFUSED = ("uint64",)


def numbers(dtype, shape):
    """Small numbers of both signs where the dtype has them, exact in each; a formula, so that nobody has to read them from the file."""
    flat = np.arange(int(np.prod(shape)), dtype=np.int64)
    if dtype == "bool":
        return (flat % 3 == 0).reshape(shape)
    signed = flat * 7 % 50 - (0 if dtype.startswith("u") else 25)
    return (signed / 4 if "float" in dtype else signed).reshape(shape)


def arrays(with_bf16):
    out = {}
    for dtype in (*READ_AS, *REFUSED):
        if dtype == "bfloat16" and not with_bf16:
            continue
        kind = np.dtype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
        for shape in ((), (7,), (2, 3, 4), (0, 5)):
            out[f"{dtype}/{'x'.join(map(str, shape))}"] = numbers(dtype, shape).astype(kind)
    return out


class Safetensors(unittest.TestCase):
    def setUp(self):
        self.api = Binding(HERE.parents[1] / "capi/generated/api.json", LIBRARY)
        self.c = self.api.tl_context_new({"threads": 1})

    def tearDown(self):
        self.assertEqual(self.api.tl_context_free(self.c) or 0, 0)

    def array(self, tensor):
        api = self.api
        shape = tuple(api.tl_tensor_dim(tensor, i) for i in range(api.tl_tensor_rank(tensor)))
        names = {"f32": np.float32, "f64": np.float64, "i32": np.int32, "i64": np.int64, "u8": np.uint8, "bool": np.bool_}
        dtype = np.dtype(names[api.tl_dtype_name(api.tl_tensor_dtype(tensor))])
        return np.frombuffer(api.tl_tensor_read(tensor, bytes=int(np.prod(shape)) * dtype.itemsize), dtype).reshape(shape)

    def check(self, path, with_bf16):
        api, file = self.api, self.api.tl_safetensors_open(self.c, str(path))
        names = [api.tl_safetensors_name(file, i) for i in range(api.tl_safetensors_count(file))]
        shapes = ("", "7", "2x3x4", "0x5")
        wanted = {f"{d}/{s}" for d in (*READ_AS, *REFUSED) for s in shapes if with_bf16 or d != "bfloat16"}
        self.assertEqual(set(names), wanted)
        metadata = {api.tl_safetensors_metadata_name(file, i): api.tl_safetensors_metadata_text(file, i)
                    for i in range(api.tl_safetensors_metadata_count(file))}
        self.assertEqual(metadata, METADATA)
        for name in names:
            dtype, shape = name.split("/")
            if dtype in REFUSED:
                self.assertIsNone(api.tl_safetensors_read(file, name))
                self.assertEqual(api.tl_error_code(self.c), api.TL_UNSUPPORTED)
                api.tl_clear_error(self.c)
                continue
            want = numbers(dtype, tuple(int(n) for n in shape.split("x") if n)).astype(READ_AS[dtype])
            got = self.array(api.tl_safetensors_read(file, name))
            self.assertEqual((got.dtype, got.shape), (want.dtype, want.shape), name)
            np.testing.assert_array_equal(got, want, name)

    def test_a_file_of_the_package(self):
        self.check(SAMPLE, True)

    @unittest.skipUnless(package, "the package safetensors is not installed for this Python; the committed sample is read all the same")
    def test_files_go_both_ways(self):
        with tempfile.TemporaryDirectory() as folder:
            theirs, ours = Path(folder, "theirs"), Path(folder, "ours")
            package.save_file(arrays(ml_dtypes is not None), theirs, METADATA)
            self.check(theirs, ml_dtypes is not None)
            writer, want = self.api.tl_safetensors_writer_new(self.c), {}
            for code in ("f32", "f64", "i32", "i64", "u8", "bool"):
                dtype = {"f32": "float32", "f64": "float64", "i32": "int32", "i64": "int64", "u8": "uint8"}.get(code, code)
                want[code] = numbers(dtype, (3, 5)).astype(dtype)
                tensor = self.api.tl_tensor_new(self.c, getattr(self.api, f"TL_{code.upper()}"), dims=[3, 5], data=want[code].tobytes())
                self.api.tl_safetensors_writer_add(writer, code, tensor)
            self.api.tl_safetensors_writer_save(writer, str(ours), None)
            got = package.load_file(ours)
            self.assertEqual(set(got), set(want))
            for name, array in want.items():
                self.assertEqual(got[name].dtype, array.dtype)
                np.testing.assert_array_equal(got[name], array)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        package.save_file(arrays(True), SAMPLE, METADATA)
    else:
        LIBRARY = str(Path(sys.argv.pop(1)).resolve())
        result = unittest.main(argv=[*sys.argv, "-v"], exit=False).result
        bad = len(result.failures) + len(result.errors)
        print(f"{result.testsRun - bad - len(result.skipped)} passed, {bad} failed")
        sys.exit(bad != 0)
