#!/usr/bin/env python3
"""Memory that readers take for files that lie, as resident set: each file is read in a process of its own (read_file_main.c), and its peak
is at most what it was before, the size of the file and 64 MiB. Sound tables may be larger than their file, as files.h has it: a digit and
a comma are two bytes, of an i64 column eight.

    tests/capi/memory_test.py PROGRAM    build/release/tests/capi_read_file

Needs Python's standard library."""
import functools
import gzip
import io
import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest
import zipfile
import zlib
from pathlib import Path

MIB = 1 << 20
PROGRAM = ""


def npy(shape, descr="<f4", data=bytes(16), header=None, length=None, version=2):
    text = header if header is not None else f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<I" if version > 1 else "<H", length or len(text)) + text + data


def chunk(kind, content, length=None):
    return struct.pack(">I", len(content) if length is None else length) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width, height, *extra, data=b""):
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) + b"".join(extra)
            + chunk(b"IDAT", data) + chunk(b"IEND", b""))


@functools.lru_cache
def zeros(mebibytes):
    """So many MiB of zeros, compressed by zlib."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(MIB)) for _ in range(mebibytes)) + packer.flush()


def archive(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, parts in members.items():
            with z.open(name, "w", force_zip64=True) as f:
                for part in parts:
                    f.write(part)
    return out.getvalue()


def riff(fmt, size):
    return b"RIFF" + struct.pack("<I", 36) + b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", size) + bytes(16)


def masked(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def tensors(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def manifest(body):
    return f'{{"crc32":"{zlib.crc32(body):08x}","manifest":'.encode() + body + b"}\n"


class Memory(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
        self.path = Path(self.folder.name, "file")

    def tearDown(self):
        self.folder.cleanup()

    def read(self, kind, what, content, statuses, bound=lambda size: size + 64 * MIB):
        """content: bytes, bytes of files by name for a folder, or a number, of a file of so many zeros that take no room."""
        path = self.path
        files = content if isinstance(content, dict) else {"": content}
        if isinstance(content, dict):
            path.mkdir()
        size = 0
        for name, part in files.items():
            file = path / name if name else path
            if isinstance(part, int):
                file.touch()
                os.truncate(file, part)
            else:
                file.write_bytes(part)
            size += file.stat().st_size
        run = subprocess.run([PROGRAM, kind, path], capture_output=True, text=True, timeout=120)
        for name in files:
            (path / name if name else path).unlink()
        if isinstance(content, dict):
            path.rmdir()
        status, base, peak = (run.stdout.split("\n")[0].rsplit(" ", 2) + ["", "", ""])[:3]
        with self.subTest(kind=kind, what=what):
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertIn(status, statuses, run.stdout)
            taken = (int(peak) - int(base)) * 1024
            self.assertLessEqual(taken, bound(size), f"{taken / MIB:.1f} MiB for a file of {size / MIB:.1f}: {run.stdout}")
            print(f"{kind:12} {what:44} {size / MIB:9.3f} MiB: {taken / MIB:6.1f} MiB, {status}", flush=True)

    def test_npy(self):
        bad = ("corrupt data", "unsupported")
        self.read("npy", "2^40 elements", npy((1 << 40,)), bad)
        self.read("npy", "sizes that overflow", npy((1 << 33, 1 << 33)), bad)
        self.read("npy", "a header of 4 GiB", npy((4,), length=0xFFFFFFF0), bad)
        self.read("npy", "10 MiB of open brackets", npy(0, header=b"{'shape': " + b"(" * 10 * MIB), bad)
        self.read("npy", "a pickle", npy((4,), "|O", b"\x80\x04" + b"(" * 1000), bad)
        self.read("npy", "halves, which become twice as many bytes", npy((16 * MIB,), "<f2", bytes(32 * MIB)), ("ok",))

    def test_npz(self):
        bad = ("corrupt data", "unsupported", "out of memory")
        self.read("npz", "128 MiB of zeros", archive({"x.npy": [npy((32 * MIB,), data=b""), *[bytes(MIB)] * 128]}), bad)
        self.read("npz", "members of 20 MiB of zeros", archive({f"{i}.npy": [npy((5 * MIB,), data=b""), *[bytes(MIB)] * 20] for i in range(4)}), bad)
        self.read("npz", "2^40 elements", archive({"x.npy": [npy((1 << 40,))]}), bad)
        lying = bytearray(archive({"x.npy": [npy((4,))]}))
        at = lying.rindex(b"PK\1\2")
        lying[at + 20:at + 28] = struct.pack("<II", 0xFFFFFF00, 0xFFFFFF00)
        self.read("npz", "a member of 4 GiB in the directory", bytes(lying), bad)
        end = lying.rindex(b"PK\5\6")
        lying[end + 8:end + 16] = struct.pack("<HHI", 0xFFFE, 0xFFFE, 0xFFFFFF00)
        self.read("npz", "65,534 members in the directory", bytes(lying), bad)

    def test_tables(self):
        bad, any_way = ("corrupt data", "unsupported", "out of memory"), ("ok", "corrupt data", "unsupported", "out of memory")
        self.read("csv", "a quote that never ends", b'a\n"' + b"x" * 30 * MIB, bad)
        self.read("csv", "5 million columns", b"," * 5_000_000, bad)
        self.read("csv", "4 million rows of one digit", b"a\n" + b"1\n" * 4_000_000, any_way)
        self.read("csv", "12 million rows of one digit, a column of 92 MiB", b"a\n" + b"1\n" * 12_000_000, ("ok",), lambda size: 4 * size + 64 * MIB)
        self.read("csv", "1.2 million words", b"a\n" + b"".join(b"w%x\n" % i for i in range(1_200_000)), bad)
        self.read("csv", "zeros", b"\0" * 10 * MIB, bad)
        self.read("json", "open brackets", b'{"a": ' + b"[" * 10 * MIB, bad)
        self.read("json", "a text that never ends", b'{"a": "' + b"x" * 10 * MIB, bad)
        self.read("json", "a shorter one", b'{"a": "' + b"x" * (8 * MIB - 7), bad)
        self.read("json", "empty objects", b"{}\n" * 500_000, any_way)
        self.read("json", "a million names in a row", b"{" + b",".join(b'"%x":1' % i for i in range(1_000_000)) + b"}\n", bad)
        self.read("json", "an array in which each row doubles", b"".join(b'{"a": [%s]}\n' % b",".join([b"1"] * n) for n in (1, 2, 4, 1 << 20)), bad)

    def test_images(self):
        bad = ("corrupt data", "unsupported", "out of memory")
        self.read("image", "PNG of 65,535 x 65,535", png(65535, 65535, data=zlib.compress(b"")), bad)
        self.read("image", "PNG of 2^31 - 1 x 2^31 - 1", png(2 ** 31 - 1, 2 ** 31 - 1, data=zlib.compress(b"")), bad)
        self.read("image", "PNG of 11,000 x 11,000 zeros", png(11000, 11000, data=zeros(120)), bad)
        self.read("image", "PNG, a chunk of 2 GiB", png(1, 1, chunk(b"tEXt", b"a\0b", 0x7FFFFFFF), data=zlib.compress(b"\0a")), bad)
        self.read("image", "PNG, a colour profile of 120 MiB", png(1, 1, chunk(b"iCCP", b"a\0\0" + zeros(120)), data=zlib.compress(b"\0a")), ("ok", *bad))
        self.read("image", "PNG, a text of 120 MiB", png(1, 1, chunk(b"zTXt", b"a\0\0" + zeros(120)), data=zlib.compress(b"\0a")), ("ok", *bad))
        frame = b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 11, 8, 65500, 65500, 1) + b"\1\x11\0"
        self.read("image", "JPEG of 65,500 x 65,500", frame + b"\xff\xda" + struct.pack(">HB", 8, 1) + b"\1\0\0\x3f\0" + b"\xff\xd9", bad)
        progressive = b"\xff\xd8\xff\xc2" + struct.pack(">HBHHB", 17, 8, 30000, 30000, 3) + b"\1\x22\0\2\x11\0\3\x11\0"
        self.read("image", "progressive JPEG of 30,000 x 30,000", progressive + b"\xff\xd9", bad)

    def test_wav(self):
        bad = ("corrupt data", "unsupported")
        fmt = struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)
        self.read("wav", "4 GiB of sound", riff(fmt, 0xFFFFFFFE), bad)
        self.read("wav", "65,535 channels", riff(struct.pack("<HHIIHH", 1, 65535, 8000, 0xFFFFFFFF, 65535, 8), 16), bad)

    def test_records(self):
        for length in (1 << 62, (1 << 64) - 1, 0xFFFFFFFF):
            at = struct.pack("<Q", length)
            self.read("tfrecord", f"a record of {length} bytes", at + masked(at) + bytes(100), ("corrupt data",))
        nothing = struct.pack("<Q", 0)
        self.read("tfrecord", "300,000 empty records", (nothing + masked(nothing) + masked(b"")) * 300_000, ("ok",))
        self.read("cifar", "4 GiB and no whole records", {"data_batch_1.bin": 4 << 30}, ("corrupt data",))

    def test_idx(self):
        bad = ("corrupt data", "unsupported", "out of memory")
        header = b"\0\0\x08\4" + struct.pack(">4I", *[0xFFFFFFFF] * 4)
        self.read("idx", "sizes that overflow", header + bytes(100), bad)
        self.read("idx", "compressed: sizes that overflow", gzip.compress(header + bytes(100)), bad)
        self.read("idx", "compressed: 1 GiB is promised", gzip.compress(b"\0\0\x08\1" + struct.pack(">I", 1 << 30) + bytes(100)), bad)
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        bomb = packer.compress(b"\0\0\x08\1" + struct.pack(">I", 24)) + b"".join(packer.compress(bytes(MIB)) for _ in range(120)) + packer.flush()
        self.read("idx", "compressed: 120 MiB where 24 bytes are promised", bomb, bad)

    def test_safetensors(self):
        bad = ("corrupt data", "unsupported")
        whole = lambda shape, end: {"w": {"dtype": "F32", "shape": shape, "data_offsets": [0, end]}}
        self.read("safetensors", "a header of 2^63 bytes", tensors({}, length=1 << 63), bad)
        self.read("safetensors", "a header of 99 MB", tensors(b"{", length=99_000_000), bad)
        self.read("safetensors", "2^40 elements", tensors(whole([1 << 40], 1 << 42), bytes(16)), bad)
        self.read("safetensors", "sizes that overflow", tensors(whole([1 << 33, 1 << 33], 16), bytes(16)), bad)
        self.read("safetensors", "40 MiB of open brackets", tensors(b'{"a":' + b"[" * 40 * MIB), bad)
        self.read("safetensors", "a name of 40 MiB", tensors(b'{"' + b"a" * 40 * MIB), bad)
        self.read("safetensors", "40 MiB of blanks", tensors(b"{" + b" " * 40 * MIB + b"}"), ("ok", *bad))
        many = {f"{i:x}": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]} for i in range(1 << 17)}
        self.read("safetensors", "131,072 tensors", tensors(many), ("ok", *bad))
        many[""] = many["0"]
        self.read("safetensors", "one more", tensors(many), bad)
        self.read("safetensors", "262,145 texts", tensors({"__metadata__": {f"{i:x}": "" for i in range((1 << 18) + 1)}}), bad)
        rank = b'{"w":{"dtype":"U8","shape":[' + b",".join([b"1"] * 5 * MIB) + b'],"data_offsets":[0,1]}}'
        self.read("safetensors", "5 million axes", tensors(rank, b"1"), bad)
        halves = {"w": {"dtype": "BF16", "shape": [16 * MIB], "data_offsets": [0, 32 * MIB]}}
        self.read("safetensors", "halves, which become twice as many bytes", tensors(halves, bytes(32 * MIB)), ("ok",))

    def test_checkpoints(self):
        bad, file = ("corrupt data",), tensors({})
        for what, body in (("open brackets", b'{"a":' + b"[" * 30 * MIB + b"}"), ("a text of 30 MiB", b'{"a":"' + b"x" * 30 * MIB + b'"}'),
                           ("262,145 texts", json.dumps({f"{i:x}": "" for i in range((1 << 18) + 1)}).encode())):
            self.read("checkpoint", what, {"manifest.json": manifest(body), "tensors.safetensors": file}, bad)
        texts = {"format": "tapeloop checkpoint", "version": "1", "step": "0", "bytes": str(1 << 62), "header": "00000000"}
        self.read("checkpoint", "2^62 bytes of tensors", {"manifest.json": manifest(json.dumps(texts).encode()), "tensors.safetensors": file}, bad)
        self.read("checkpoint", "a manifest of 4 GiB", {"manifest.json": 4 << 30, "tensors.safetensors": file}, bad)
        self.read("checkpoint", "a file of 4 GiB", {"manifest.json": manifest(json.dumps(texts).encode()), "tensors.safetensors": 4 << 30}, bad)


if __name__ == "__main__":
    PROGRAM = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
