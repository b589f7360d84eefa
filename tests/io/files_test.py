#!/usr/bin/env python3
"""Reads the files that a program makes to be looked at, with decoders of its own (standard library only), and compares them with what
tests/capi/watch_files_main.c has put in. Where TensorBoard is installed for this Python, its own reader must say the same.

    tests/io/files_test.py PROGRAM    PROGRAM: capi_watch_files of a build
"""
import base64
import csv
import json
import math
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml
import zlib
from pathlib import Path

passed = failed = 0
SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"


def check(what, ok, got=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print(f"FAILED  {what}: {got}")


def same(what, got, want):
    def equal(a, b):
        if isinstance(a, float) and isinstance(b, (int, float)):
            return a == b or (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-12)
        if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
            return len(a) == len(b) and all(map(equal, a, b))
        if isinstance(a, dict) and isinstance(b, dict):
            return a.keys() == b.keys() and all(equal(a[k], b[k]) for k in a)
        return a == b
    check(what, equal(got, want), f"got {got!r}, want {want!r}")


LOSS = [1, 0.5, math.nan, -math.inf, 0.2]
LATE = 'late, "quoted"'
WORDS = 'a "b"\n\x01 caf\u00e9'


# ---- CSV and JSON lines -----------------------------------------------------------------------------------------------

def csv_rows(path, began):
    rows = list(csv.reader(path.open(newline="")))
    same("columns", rows[0], ["step", "wall_time", "train/loss", LATE, "more"])
    same("steps", [int(r[0]) for r in rows[1:]], [0, 1, 2, 3, 4, 5])
    check("times", all(began - 1 <= float(r[1]) <= time.time() + 1 for r in rows[1:]), rows)
    same("losses", [float(r[2]) for r in rows[1:]], [float(v) for v in LOSS] + [7.0])
    same("a column that came later", [r[3] for r in rows[1:]], ["", "", "", "0.30000000000000004", "0.4", ""])
    same("a column of the second writer", [r[4] for r in rows[1:]], [""] * 5 + ["1e-300"])
    check("ends of lines", b"\r" not in path.read_bytes() and path.read_bytes().endswith(b"\n"))


def refuse(text):
    raise ValueError(f"{text} is not JSON")


def json_rows(path):
    rows = [json.loads(line, parse_constant=refuse) for line in path.read_text("utf-8").splitlines()]
    same("steps", [r["step"] for r in rows], [0, 1, 2, 3, 4, 5, 6, 7, 8])
    same("losses", [r["train/loss"] for r in rows[:5]], [1.0, 0.5, "NaN", "-Infinity", 0.2])
    same("late", [r.get(LATE) for r in rows[:5]], [None, None, None, 0.1 * 3, 0.4])
    same("words", rows[5]["words"], WORDS)
    edges = [-1 + 2 * i / 30 for i in range(31)]
    counts = [0.0] * 30
    counts[0], counts[15], counts[22], counts[29] = 1, 1, 1, 2
    same("spread", rows[6]["spread"], {"edges": edges, "counts": counts, "min": -1.0, "max": 1.0, "sum": 1.5, "sum_of_squares": 3.25,
                                       "count": 5, "non_finite": 2})
    same("same", rows[7]["same"], {"edges": [2.5, 3.5], "counts": [4.0], "min": 3.0, "max": 3.0, "sum": 12.0, "sum_of_squares": 36.0,
                                   "count": 4, "non_finite": 0})
    same("none", rows[8]["none"], {"edges": [], "counts": [], "min": 0.0, "max": 0.0, "sum": 0.0, "sum_of_squares": 0.0, "count": 0,
                                   "non_finite": 2})


# ---- events -----------------------------------------------------------------------------------------------------------

def crc32c(data):
    c = 0xFFFFFFFF
    for byte in data:
        c ^= byte
        for _ in range(8):
            c = (c >> 1) ^ (0x82F63B78 if c & 1 else 0)
    return c ^ 0xFFFFFFFF


def masked(data):
    c = crc32c(data)
    return ((c >> 15 | c << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(data):
    at = 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        assert struct.unpack_from("<I", data, at + 8)[0] == masked(data[at:at + 8]), "checksum of a length"
        body = data[at + 12:at + 12 + length]
        assert struct.unpack_from("<I", data, at + 12 + length)[0] == masked(body), "checksum of a record"
        yield body
        at += 16 + length


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 0x80:
            return value, at


def fields(data):
    """{number: [values]} of a message: ints for varints, bytes for everything else."""
    out, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        else:
            size = {1: 8, 5: 4}.get(key & 7)
            if size is None:
                assert key & 7 == 2, f"wire type {key & 7}"
                size, at = varint(data, at)
            value, at = data[at:at + size], at + size
            assert len(value) == size
        out.setdefault(key >> 3, []).append(value)
    return out


def double(field):
    return struct.unpack("<d", field[0])[0]


def doubles(field):
    return list(struct.unpack(f"<{len(field[0]) // 8}d", field[0]))


def events(path, began):
    all_events = [fields(r) for r in records(path.read_bytes())]
    same("version", all_events[0][3], [b"brain.Event:2"])
    check("times", all(began - 1 <= double(e[1]) <= time.time() + 1 for e in all_events))
    found = {}
    for e in all_events[1:]:
        (value,) = fields(e[5][0])[1]
        v = fields(value)
        found.setdefault(v[1][0].decode(), []).append((e.get(2, [0])[0], v))
    same("tags", sorted(found), sorted(["train/loss", LATE, "words", "spread", "same", "none", "ramp"]))
    same("loss", [(s, struct.unpack("<f", v[2][0])[0]) for s, v in found["train/loss"]], [(i, float(x)) for i, x in enumerate(LOSS)])
    (step, v), = found["words"]
    metadata, tensor = fields(v[9][0]), fields(v[8][0])
    same("the plugin of texts", (step, fields(metadata[1][0])[1], metadata[4]), (5, [b"text"], [2]))
    same("a text", (tensor[1], fields(fields(tensor[2][0])[2][0])[1], tensor[8]), ([7], [1], [WORDS.encode()]))
    (step, v), = found["spread"]
    h = fields(v[5][0])
    same("spread", [step] + [double(h[i]) for i in range(1, 6)], [6, -1.0, 1.0, 5.0, 1.5, 3.25])
    same("limits", doubles(h[6]), [-1 + 2 * i / 30 for i in range(1, 31)])
    same("buckets", sum(doubles(h[7])), 5.0)
    (_, v), = found["none"]
    h = fields(v[5][0])
    same("nothing that is finite", (doubles(h[6]), doubles(h[7]), double(h[3])), ([], [], 0.0))
    (step, v), = found["ramp"]
    image = fields(v[4][0])
    same("an image", (step, image[1], image[2], image[3]), (9, [5], [4], [3]))
    same("its pixels", png(image[4][0]), (4, 5, 3, bytes(i * 7 % 256 for i in range(60))))


def tensorboard_reader(folder):
    try:
        from tensorboard.backend.event_processing import event_accumulator
    except ImportError:
        print("skipped: what TensorBoard's own reader says, which is not installed for this Python")
        return
    reader = event_accumulator.EventAccumulator(str(folder), size_guidance={event_accumulator.HISTOGRAMS: 0})
    reader.Reload()
    same("TensorBoard: scalars", [(e.step, e.value) for e in reader.Scalars("train/loss")], [(i, float(x)) for i, x in enumerate(LOSS)])
    (h,) = reader.Histograms("spread")
    value = h.histogram_value
    same("TensorBoard: histogram", (h.step, value.min, value.max, value.num, value.sum), (6, -1.0, 1.0, 5.0, 1.5))
    (image,) = reader.Images("ramp")
    same("TensorBoard: image", (image.step, image.width, image.height), (9, 4, 5))
    (words,) = reader.Tensors("words")
    same("TensorBoard: text", (words.step, list(words.tensor_proto.string_val)), (5, [WORDS.encode()]))
    same("TensorBoard: plugin of texts", reader.SummaryMetadata("words").plugin_data.plugin_name, "text")
    from tensorboard import data_compat
    from tensorboard.backend.event_processing import event_file_loader
    migrated = {}
    for path in folder.iterdir():
        for event in event_file_loader.EventFileLoader(str(path)).Load():
            for v in event.summary.value:
                migrated[v.tag] = v
    same("TensorBoard: what its plugins see", {t: v.metadata.plugin_data.plugin_name for t, v in migrated.items()},
         {"train/loss": "scalars", LATE: "scalars", "words": "text", "spread": "histograms", "same": "histograms", "none": "histograms",
          "ramp": "images"})
    check("TensorBoard: old summaries are read by", data_compat is not None)


# ---- pictures ---------------------------------------------------------------------------------------------------------

def png(data):
    """(width, height, channels, pixels) of a PNG file with 8 bits a channel and without interlacing."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, body, kinds = 8, b"", []
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        chunk = data[at + 8:at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length)[0] == zlib.crc32(kind + chunk)
        kinds.append(kind)
        if kind == b"IHDR":
            width, height, depth, color, _, _, interlace = struct.unpack(">IIBBBBB", chunk)
        if kind == b"IDAT":
            body += chunk
        at += 12 + length
    assert (depth, interlace, kinds[0], kinds[-1]) == (8, 0, b"IHDR", b"IEND")
    channels = {0: 1, 2: 3, 6: 4}[color]
    raw, stride = zlib.decompress(body), width * channels
    assert len(raw) == height * (stride + 1)
    out, above = bytearray(), bytes(stride)
    for y in range(height):
        method, row = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for i in range(stride):
            a, b, c = (row[i - channels] if i >= channels else 0), above[i], (above[i - channels] if i >= channels else 0)
            nearest = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
            row[i] = row[i] + (0, a, b, (a + b) // 2, nearest)[method] & 255
        out, above = out + row, bytes(row)
    return width, height, channels, bytes(out)


def pictures(folder):
    for name, channels in (("grey", 1), ("rgb", 3), ("rgba", 4)):
        same(name, png((folder / f"{name}.png").read_bytes()), (5, 3, channels, bytes(i * 7 % 256 for i in range(15 * channels))))
    same("shades", png((folder / "shades.png").read_bytes()), (3, 2, 1, bytes([0, 0, 128, 255, 255, 0])))
    # Five images of two rows and three columns, twice as large, a white pixel between and around them: 3 columns and 2 rows.
    want = [[255] * 22 for _ in range(11)]
    for i in range(5):
        for y in range(4):
            for x in range(6):
                want[1 + i // 3 * 5 + y][1 + i % 3 * 7 + x] = (i * 6 + y // 2 * 3 + x // 2) * 7 % 256
    same("grid", png((folder / "grid.png").read_bytes()), (22, 11, 1, bytes(v for row in want for v in row)))

    root = xml.parse(folder / "digits.svg").getroot()
    images = root.findall(f"{SVG}image")
    same("images", [png(base64.b64decode(i.get(LINK).split(",")[1]))[3] for i in images],
         [bytes((i * 6 + k) * 7 % 256 for k in range(6)) for i in range(5)])
    same("captions", [t.text for t in root.findall(f"{SVG}text")], ["digits", "3", "1", "4", "1", "5"])


def path_points(path):
    """The points of a path, a list for each piece without a gap."""
    return [[tuple(map(float, p.split())) for p in piece.split(" L")] for piece in path.get("d").lstrip("M").split(" M")]


def near(a, b):
    return abs(a - b) <= 0.011


def curves(folder):
    root = xml.parse(folder / "loss.svg").getroot()
    texts = [t.text for t in root.findall(f"{SVG}text")]
    check("texts", all(t in texts for t in ("loss < 1 & \"more\"", "epoch", "loss", "gaps", "nothing", "many")), texts)
    gaps, many = root.findall(f"{SVG}path")
    # The axes: x from 0 to 5 over the pixels from left to right, y from 1 to 4 with 4 % of room above and below.
    left, top, right, bottom = 82, 38, 720 - (7 * len("nothing") + 44), 432 - 50
    to_x = lambda v: left + (right - left) * v / 5
    to_y = lambda v: bottom + (top - bottom) * (v - (1 - 0.12)) / (3 + 0.24)
    (first,) = path_points(gaps)
    check("a piece of two points", len(first) == 2 and all(near(p[0], to_x(i)) and near(p[1], to_y(i + 1)) for i, p in enumerate(first)), first)
    dots = [(float(d.get("cx")), float(d.get("cy"))) for d in root.findall(f"{SVG}circle")]
    check("points alone", len(dots) == 2 and all(near(x, to_x(i)) and near(y, to_y(v)) for (x, y), i, v in zip(dots, (3, 5), (4, 3))), dots)
    (line,) = path_points(many)
    check("a curve of 100,000 points is drawn with few", 1000 < len(line) < 2500 * 1.1, len(line))
    heights = [2 + math.sin(i) for i in range(100000)]
    lows = min(p[1] for p in line), max(p[1] for p in line)
    check("and keeps its extremes", near(lows[0], to_y(max(heights))) and near(lows[1], to_y(min(heights))), lows)
    check("and its ends", near(line[0][0], left) and near(line[-1][0], right) and near(line[-1][1], to_y(heights[-1])), line[-1])
    same("ticks of x", [t for t in texts if t in "0123456"], ["0", "1", "2", "3", "4", "5", "1", "2", "3", "4"])

    root = xml.parse(folder / "log.svg").getroot()
    raw, = root.findall(f"{SVG}path")  # 1, then 100 and 10000 alone: what is not positive has no place; smoothed 1, 1/3, 57.4, ...
    dots = [float(d.get("cy")) for d in root.findall(f"{SVG}circle")]
    bottom, top = 432 - 30, 16
    to_y = lambda v: bottom + (top - bottom) * (math.log10(v) + 0.16 - 0) / (4 + 0.32)
    check("decades", len(dots) >= 3 and all(near(y, to_y(v)) for y, v in zip(dots, (1, 100, 10000))), dots)
    # Smoothing with weight 1/2, each mean over the sum of its weights.
    mean, weight, want = 0, 0, []
    for v in (1, 0, 100, -5, 10000):
        mean, weight = mean / 2 + v / 2, weight / 2 + 0.5
        want.append(mean / weight)
    (line,) = path_points(raw)
    check("smoothing", len(line) == 5 and all(near(p[1], to_y(v)) for p, v in zip(line, want)), (line, want))


# ---- graphs -----------------------------------------------------------------------------------------------------------

def trace(path):
    events = json.loads(path.read_text("utf-8"), parse_constant=refuse)["traceEvents"]
    spans = [e for e in events if e["ph"] == "X"]
    check("one track", len({(e["pid"], e["tid"]) for e in events}) == 1)
    # Strictly nested: an event ends before the one around it does, and none begins before the one in front of it.
    open_until, last, depth = [], 0, {}
    for number, e in enumerate(spans):
        begin, end = round(e["ts"] * 1000), round(e["ts"] * 1000) + round(e["dur"] * 1000)
        while open_until and open_until[-1] <= begin and not (begin == end == open_until[-1]):
            open_until.pop()
        check("nesting", begin >= last and all(end <= until for until in open_until), e)
        depth[number] = len(open_until)
        open_until.append(end)
        last = begin
    names = [e["name"] for e in spans]
    same("steps", names.count("step"), 3)
    same("calls", [n for n in names if n.startswith("re") and "'function'" in n],
         ["recording of 'function'", "replay of 'function'", "replay of 'function'"])
    same("gradients", names.count("gradient"), 1)
    ops = [e for e in spans if e["cat"] == "op"]
    check("eager ops", {"matmul", "relu", "square", "sum"} <= {e["name"] for e in ops}, names)
    check("operands of an op", any(e["name"] == "matmul" and e["args"]["detail"] == "f32 (4, 6), f32 (6, 8) -> f32 (4, 8)" for e in ops),
          [e["args"] for e in ops if e["name"] == "matmul"])
    check("ops of a gradient", any("in the gradient of 'square'" in e["args"]["detail"] for e in ops))
    kernels = [e for e in spans if e["cat"] == "kernel"]
    replays = [e for e in spans if e["name"].startswith("replay")]
    inside = [[k["name"] for k in kernels if r["ts"] <= k["ts"] and k["ts"] + k["dur"] <= r["ts"] + r["dur"] + 1e-6] for r in replays]
    check("kernels of replays", len(inside[0]) > 3 and inside[0] == inside[1] and len(kernels) == 2 * len(inside[0]), inside)
    check("fused kernels are named by their ops", any(" + " in n for n in inside[0]), inside[0])
    counters = [e for e in events if e["ph"] == "C"]
    check("counters", len(counters) == 3 and all(e["name"] == "loss" and e["args"]["value"] > 0 for e in counters), counters)


def graph(path):
    """({node: label}, [(from, to)], [labels of frames]) of a DOT file, as far as such files go; Graphviz reads it too where it is there."""
    if shutil.which("dot"):
        subprocess.run(["dot", "-Tsvg", "-o", "/dev/null", path], check=True)
    else:
        print(f"skipped: what Graphviz says of {path.name}, which is not installed")
    quoted = r'"((?:[^"\\]|\\.)*)"'
    nodes, edges, frames, depth = {}, [], [], 0
    for line in path.read_text("utf-8").splitlines():
        line = line.strip()
        depth += bool(re.fullmatch(r'(digraph ' + quoted + r'|subgraph cluster_\d+) \{', line)) - (line == "}")
        if m := re.fullmatch(r"(\w+) -> (\w+)(?: \[.*\])?;", line):
            edges.append((m[1], m[2]))
        elif m := re.fullmatch(r"label=" + quoted + ";", line):
            frames.append(m[1])
        elif (m := re.match(r"(\w+) \[label=" + quoted + r"(?:, [^\]]*)?\];$", line)) and m[1] not in ("node", "edge"):
            check("a node stands there once", m[1] not in nodes, line)
            nodes[m[1]] = m[2]
    check(f"{path.name}: frames are closed", depth == 0, depth)
    check(f"{path.name}: edges join nodes", all(a in nodes and b in nodes for a, b in edges), edges)
    return nodes, [(nodes[a], nodes[b]) for a, b in edges], frames


def graphs(folder):
    nodes, edges, frames = graph(folder / "model.dot")
    labels = list(nodes.values())
    check("the model is a chain", len(edges) == 5 and len(nodes) == 6, edges)
    check("with the numbers of parameters", sum("56 parameters" in n for n in labels) == 1 and sum("9 parameters" in n for n in labels) == 1, labels)
    check("and its inner model as a frame", r'hidden \"part\"' in frames and len(frames) == 2, frames)
    nodes, edges, _ = graph(folder / "tape.dot")
    same("tape: nodes", sorted(n.split(r"\n")[0] for n in nodes.values()),
         sorted(["add", "mul", "mul", "sum", r'w \"quoted\"', "watched", "f32 (2,)"]))
    check("tape: w is used twice", sum("quoted" in a for a, _ in edges) == 2 and len(edges) == 7, edges)
    nodes, edges, _ = graph(folder / "plan.dot")
    labels = list(nodes.values())
    check("plan: inputs, output, variables", any(n == r"input 0\nf32 (4, 2, 3)" for n in labels) and "output 0" in labels and
          sum("after the step" in n for n in labels) == 4, labels)
    check("plan: kernels", any("matmul" in n for n in labels), labels)


def main():
    program = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder, began = Path(name), time.time()
        subprocess.run([program, folder], check=True)
        csv_rows(folder / "run.csv", began)
        json_rows(folder / "run.jsonl")
        (log,) = (folder / "tb/run").iterdir()
        check("the name of an event file", log.name.startswith("events.out.tfevents."), log.name)
        events(log, began)
        tensorboard_reader(folder / "tb/run")
        pictures(folder)
        curves(folder)
        trace(folder / "trace.json")
        graphs(folder)
        check("no temporary file is left", not list(folder.rglob("*.tmp")))
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0)


main()
