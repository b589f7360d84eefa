#!/usr/bin/env python3
"""Files against who else writes and reads them: NumPy for npy and npz, Python's csv and json for tables, its wave for sound, its zlib
for PNG; and DLPack with NumPy.

    tests/capi/files_test.py LIBRARY.so

Needs NumPy (python3-numpy), and otherwise Python's standard library."""
import csv
import ctypes
import json
import math
import random
import struct
import sys
import tempfile
import unittest
import wave
import zlib
from pathlib import Path

import numpy as np

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).resolve().parent))
from ctypes_binding import Binding, Failure  # noqa: E402

API = ROOT / "capi/generated/api.json"
LIBRARY = ""
DTYPES = {"f32": np.float32, "f64": np.float64, "i32": np.int32, "i64": np.int64, "u8": np.uint8, "bool": np.bool_}


class Files(unittest.TestCase):
    def setUp(self):
        self.api = Binding(API, LIBRARY)
        self.c = self.api.tl_context_new({"threads": 1})
        self.folder = tempfile.TemporaryDirectory()
        self.path = str(Path(self.folder.name, "file"))

    def tearDown(self):
        self.assertEqual(self.api.tl_context_free(self.c) or 0, 0)
        self.folder.cleanup()

    def array(self, tensor):
        """A tensor as an array of NumPy."""
        api = self.api
        shape = tuple(api.tl_tensor_dim(tensor, i) for i in range(api.tl_tensor_rank(tensor)))
        dtype = np.dtype(DTYPES[api.tl_dtype_name(api.tl_tensor_dtype(tensor))])
        data = api.tl_tensor_read(tensor, bytes=int(np.prod(shape)) * dtype.itemsize)
        return np.frombuffer(data, dtype).reshape(shape)

    def tensor(self, array):
        code = {np.dtype(v): k for k, v in DTYPES.items()}[array.dtype]
        return self.api.tl_tensor_new(self.c, getattr(self.api, f"TL_{code.upper()}"), dims=list(array.shape), data=array.tobytes())

    def same(self, got, want):
        self.assertEqual(got.dtype, want.dtype)
        np.testing.assert_array_equal(got, want)

    def samples(self):
        rng = np.random.default_rng(1)
        for shape in ((), (7,), (0, 4), (2, 3, 4), (1, 1, 5, 1)):
            for dtype in DTYPES.values():
                yield np.asarray(rng.integers(0, 2 if dtype is np.bool_ else 200, shape)).astype(dtype)

    def test_npy_both_ways(self):
        for a in self.samples():
            for order in "CF":
                np.save(self.path, np.asarray(a, order=order), allow_pickle=False)
                self.same(self.array(self.api.tl_read_npy(self.c, self.path + ".npy")), a)
            self.api.tl_write_npy(self.c, self.path, self.tensor(a))
            with open(self.path, "rb") as f:
                self.same(np.load(f, allow_pickle=False), a)

    def test_npy_of_other_types(self):
        for dtype, want in (("i1", np.int32), ("<i2", np.int32), (">u2", np.int32), (">u4", np.int64), ("<u8", np.int64), ("<f2", np.float32),
                            (">f2", np.float32), (">f4", np.float32), (">f8", np.float64), (">i8", np.int64)):
            a = np.arange(12).reshape(3, 4).astype(dtype)
            np.save(self.path, a)
            self.same(self.array(self.api.tl_read_npy(self.c, self.path + ".npy")), a.astype(want))
        every = np.arange(65536, dtype=np.uint16).view(np.float16)
        np.save(self.path, every)
        np.testing.assert_array_equal(self.array(self.api.tl_read_npy(self.c, self.path + ".npy")), every.astype(np.float32))
        for a in (np.array([{}], dtype=object), np.array([1j]), np.array(["text"]), np.zeros(2, [("a", "f4")]), np.zeros((1,) * 9)):
            np.save(self.path, a, allow_pickle=True)
            with self.assertRaises(Failure) as failure:
                self.api.tl_read_npy(self.c, self.path + ".npy")
            self.assertEqual(failure.exception.code, self.api.TL_UNSUPPORTED)
            self.api.tl_clear_error(self.c)

    def test_npz_both_ways(self):
        arrays = {f"array {i}": a for i, a in enumerate(self.samples())}
        arrays["ä/b"] = np.zeros(3, np.float32)
        for save in (np.savez, np.savez_compressed):
            save(self.path, **arrays)
            bundle = self.api.tl_read_npz(self.c, self.path + ".npz", 0)
            names = [self.api.tl_bundle_name(bundle, i) for i in range(self.api.tl_bundle_size(bundle))]
            self.assertEqual(names, list(arrays))
            for name, a in arrays.items():
                self.same(self.array(self.api.tl_bundle_get(bundle, name)), a)
        for compress in (False, True):
            self.api.tl_write_npz(bundle, self.path, compress)
            with np.load(self.path, allow_pickle=False) as got:
                self.assertEqual(got.files, list(arrays))
                for name, a in arrays.items():
                    self.same(got[name], a)

    def test_csv_of_python(self):
        random.seed(1)
        words = ["plain", "with, comma", 'with "quotes"', "two\nlines", "ünïcode", "semi;colon"]
        rows = [(i - 50, random.gauss(0, 1e5), random.choice(words), random.choice(["true", "false"])) for i in range(300)]
        for dialect, delimiter in (("excel", ","), ("unix", ","), ("excel-tab", "\t")):
            with open(self.path, "w", newline="", encoding="utf-8") as f:
                csv.writer(f, dialect).writerows([("whole", "number", "word", "truth"), *rows])
            table = self.api.tl_read_csv(self.c, self.path, {"delimiter": ord(delimiter), "floats": self.api.TL_F64})
            self.same(self.array(self.api.tl_bundle_get(table, "whole")), np.array([r[0] for r in rows], np.int64))
            self.same(self.array(self.api.tl_bundle_get(table, "number")), np.array([r[1] for r in rows], np.float64))
            self.same(self.array(self.api.tl_bundle_get(table, "truth")), np.array([r[3] == "true" for r in rows]))
            texts = [self.api.tl_bundle_category(table, "word", i) for i in range(self.api.tl_bundle_category_count(table, "word"))]
            codes = self.array(self.api.tl_bundle_get(table, "word"))
            self.assertEqual([texts[i] for i in codes], [r[2] for r in rows])

    def test_json_lines_of_python(self):
        random.seed(2)
        rows = [{"step": i, "loss": random.random() * 10 ** random.randint(-30, 30), "grid": np.random.default_rng(i).random((2, 3)).tolist(),
                 "note": random.choice(["a", "é", '"', "\u2028"])} for i in range(200)]
        for row in rows[::7]:
            row["loss"] = None
        for ascii_only in (False, True):
            with open(self.path, "w", encoding="utf-8") as f:
                f.writelines(json.dumps(row, ensure_ascii=ascii_only) + "\n" for row in rows)
            table = self.api.tl_read_json_lines(self.c, self.path, {"floats": self.api.TL_F64})
            self.same(self.array(self.api.tl_bundle_get(table, "grid")), np.array([r["grid"] for r in rows]))
            want = np.array([math.nan if r["loss"] is None else r["loss"] for r in rows])
            self.same(self.array(self.api.tl_bundle_get(table, "loss")), want)
            texts = [self.api.tl_bundle_category(table, "note", i) for i in range(self.api.tl_bundle_category_count(table, "note"))]
            self.assertEqual([texts[i] for i in self.array(self.api.tl_bundle_get(table, "note"))], [r["note"] for r in rows])

    def test_wav_of_python(self):
        random.seed(3)
        for width, scale in ((1, 2 ** 7), (2, 2 ** 15), (3, 2 ** 23), (4, 2 ** 31)):
            frames = [[random.randrange(-scale, scale) for _ in range(2)] for _ in range(100)]
            offset = 128 if width == 1 else 0
            data = b"".join((v + offset).to_bytes(width, "little", signed=width > 1) for frame in frames for v in frame)
            with wave.open(self.path, "wb") as f:
                f.setparams((2, width, 44100, 0, "NONE", ""))
                f.writeframes(data)
            samples, rate = self.api.tl_read_wav(self.c, self.path)
            self.assertEqual(rate, 44100)
            self.same(self.array(samples), (np.array(frames) / scale).astype(np.float32))

    def test_png_by_zlib(self):
        def chunk(kind, content):
            return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

        rng = np.random.default_rng(4)
        for channels, kind in ((1, 0), (2, 4), (3, 2), (4, 6)):
            pixels = rng.integers(0, 256, (11, 13, channels)).astype(np.uint8)
            rows = b"".join(b"\0" + row.tobytes() for row in pixels)
            file = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 13, 11, 8, kind, 0, 0, 0))
                    + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
            self.same(self.array(self.api.tl_decode_image(self.c, file)), pixels)
            # And what is written here, by the same few lines the other way round: its rows have filters.
            if channels == 2:
                continue
            self.api.tl_write_png(self.tensor(pixels), self.path)
            data, at, packed = Path(self.path).read_bytes(), 8, b""
            self.assertEqual(data[:8], file[:8])
            while at < len(data):
                size, = struct.unpack_from(">I", data, at)
                name, content = data[at + 4:at + 8], data[at + 8:at + 8 + size]
                self.assertEqual(chunk(name, content), data[at:at + 12 + size])
                if name == b"IHDR":
                    self.assertEqual(content, struct.pack(">IIBBBBB", 13, 11, 8, kind, 0, 0, 0))
                packed += content if name == b"IDAT" else b""
                at += 12 + size
            np.testing.assert_array_equal(unfiltered(zlib.decompress(packed), 13 * channels, channels), pixels.reshape(11, -1))

    def test_tfrecord(self):
        def crc32c(data):
            crc = 0xFFFFFFFF
            for byte in data:
                crc ^= byte
                for _ in range(8):
                    crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
            crc ^= 0xFFFFFFFF
            return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)

        contents = [b"", b"one", bytes(range(256)) * 3]
        file = b"".join(struct.pack("<Q", len(c)) + crc32c(struct.pack("<Q", len(c))) + c + crc32c(c) for c in contents)
        Path(self.path).write_bytes(file)
        records = self.api.tl_dataset_from_tfrecord(self.c, self.path)
        tensors = []
        for content in contents:
            more, (record,) = self.api.tl_dataset_next(records, count=1)
            self.assertTrue(more)
            self.assertEqual(self.array(record).tobytes(), content)
            tensors.append(self.api.tl_tensor_retain(record))
        self.api.tl_write_tfrecord(self.c, self.path + "2", tensors)
        self.assertEqual(Path(self.path + "2").read_bytes(), file)

    def test_dlpack_with_numpy(self):
        python = ctypes.pythonapi
        python.PyCapsule_New.restype, python.PyCapsule_New.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        python.PyCapsule_GetPointer.restype, python.PyCapsule_GetPointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
        python.PyCapsule_SetName.argtypes = [ctypes.py_object, ctypes.c_char_p]
        used = ctypes.create_string_buffer(b"used_dltensor")
        api = self.api

        class Lent:
            def __init__(self, tensor):
                self.tensor = tensor

            def __dlpack__(self, stream=None):
                return python.PyCapsule_New(api.tl_tensor_to_dlpack(self.tensor, False), b"dltensor", None)

            def __dlpack_device__(self):
                return (1, 0)

        for a in self.samples():
            if a.dtype == np.bool_:  # NumPy 1.24 has no bool in DLPack
                continue
            tensor = self.tensor(a)
            lent = np.from_dlpack(Lent(tensor))
            self.same(lent, a)
            if a.size:
                self.assertEqual(lent.ctypes.data, api.tl_tensor_data(tensor))
            api.tl_tensor_release(tensor)
            self.same(lent, a)
            del lent
            b = np.array(a)  # borrowed, and given back with the tensor
            capsule = b.__dlpack__()
            tensor = api.tl_tensor_from_dlpack(self.c, python.PyCapsule_GetPointer(capsule, b"dltensor"), False)
            python.PyCapsule_SetName(capsule, used)
            self.same(self.array(tensor), a)
            if a.size:
                self.assertEqual(b.ctypes.data, api.tl_tensor_data(tensor))
                self.assertGreater(sys.getrefcount(b), 2)
            api.tl_tensor_release(tensor)
            self.assertEqual(sys.getrefcount(b), 2)
        c = np.arange(24, dtype=np.float32).reshape(2, 3, 4).transpose(2, 0, 1)[::2]
        capsule = c.__dlpack__()
        tensor = api.tl_tensor_from_dlpack(self.c, python.PyCapsule_GetPointer(capsule, b"dltensor"), False)
        python.PyCapsule_SetName(capsule, used)
        self.same(self.array(tensor), np.ascontiguousarray(c))


def unfiltered(data, width, step):
    """The rows of a PNG image without their filters (RFC 2083, section 6)."""
    rows, before = [], bytes(width)
    for at in range(0, len(data), width + 1):
        kind, row = data[at], bytearray(data[at + 1:at + 1 + width])
        for i in range(width):
            left, up, corner = row[i - step] if i >= step else 0, before[i], before[i - step] if i >= step else 0
            near = left + up - corner
            paeth = min((left, up, corner), key=lambda v: abs(near - v))
            row[i] = (row[i] + (0, left, up, (left + up) // 2, paeth)[kind]) & 255
        rows.append(list(row))
        before = bytes(row)
    return np.array(rows, np.uint8)


if __name__ == "__main__":
    LIBRARY = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
