"""What a time means: the bound that a machine sets to a step, the share of its peak, and the table of a run."""

# Millions of operations in the matrix products of one step, by hand (2 m n k each): independent of what a plan says.
PRODUCT_MFLOP = {"W1": 13.09, "W1b": 209.5, "W2": 0.588, "W3": 267.0, "W4": 361.2, "W5": 9.96, "W8": 1409.0, "W9": 94489.0,
                 "W6 rev-over-rev": 211.4, "W6 fwd-over-rev": 209.5}
REASSOCIATED_MFLOP = {"W4": 309.8}
MANY_STEPS, REASSOCIATED = "loop32", "-reassociated"


def product_mflop(row):
    if row["mode"].endswith(REASSOCIATED):
        return REASSOCIATED_MFLOP.get(row["workload"])
    for key in (row["workload"], f"{row['workload']} {'-'.join(row['mode'].split('-')[:3])}"):
        if key in PRODUCT_MFLOP:
            return PRODUCT_MFLOP[key]
    return None


def peaks_as_text(peak):
    """The peaks as the programs take them, which print `bound_us` and `bound_by` by the library's own tl_function_bound()."""
    return ",".join(str(number) for number in (
        peak["threads"], peak["fma_gflops"] * 1e9, *(peak[f"l{level}_bytes"] for level in (1, 2, 3)),
        *(peak[f"{level}_gbs"] * 1e9 for level in ("l1", "l2", "l3", "dram"))))


def with_bounds(row, peak):
    """The row with `roofline` (time over the bound of its plan), and `fma_share` of the machine's peak."""
    seconds = row["us"]["median"] * 1e-6
    if product_mflop(row):
        row["fma_share"] = round(product_mflop(row) * 1e6 / seconds / (peak["fma_gflops"] * 1e9), 4)
    if "bound_us" in row:
        row["roofline"] = round(row["us"]["median"] / row["bound_us"], 2)
    return row


def name(row):
    return f"{row['mode']} from {row['lang']}"


def eager_of(row, rows):
    """The eager row beside a compiled one: of the same workload, way, language and threads."""
    way = row["mode"].removesuffix(REASSOCIATED).removesuffix("compiled").removesuffix(MANY_STEPS).removesuffix("-") or "eager"
    for other in rows:
        if all(other[key] == row[key] for key in ("workload", "lang", "threads")) and other["mode"] == way:
            return other if other is not row else None
    return None


def show(rows, peaks, out):
    for peak in peaks.values():
        print(f"peaks of {peak['threads']} thread(s): {peak['fma_gflops']:.0f} GFLOP/s; L1 {peak['l1_gbs']:.0f}, L2 "
              f"{peak['l2_gbs']:.0f}, L3 {peak['l3_gbs']:.0f}, DRAM {peak['dram_gbs']:.0f} GB/s", file=out)
    head = ["workload", "lang", "mode", "threads", "us", "eager / us", "bound us", "by", "roofline", "FMA share", "first ms", "second ms",
            "first pass ms", "allocations"]
    lines = [head]
    for row in rows:
        eager = eager_of(row, rows)
        get = lambda key, form: form.format(row[key]) if key in row else "-"
        lines.append([row["workload"], row["lang"], row["mode"], str(row["threads"]), f"{row['us']['median']:.4g}",
                      f"{eager['us']['median'] / row['us']['median']:.2f}" if eager else "-", get("bound_us", "{:.3g}"), get("bound_by", "{}"),
                      get("roofline", "{:.2f}"), get("fma_share", "{:.0%}"), get("first_call_ms", "{:.2f}"), get("second_call_ms", "{:.2f}"),
                      get("first_pass_ms", "{:.2f}"), get("allocations", "{:g}")])
    widths = [max(len(line[k]) for line in lines) for k in range(len(head))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip(), file=out)
