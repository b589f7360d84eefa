#include "core/kernels/tile/collector.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "core/kernels/dtypes.h"
#include "core/kernels/parallel.h"

namespace tl::kernels {
namespace {

template <class T>
struct Functions {
  typename ReductionKernels<T>::Fn run, combine;
  typename ReductionKernels<T>::Columns columns;
  typename ReductionKernels<T>::MoreRows more_rows;
};

template <class T>
Functions<T> functions_of(const Collector& c) {
  const ReductionKernels<T>& k = *static_cast<const ReductionKernels<T>*>(c.reduction);
  switch (c.op) {
    case OpId::kProd: return {k.product, k.combine_product, k.product_columns, k.product_more_rows};
    case OpId::kMax: return {k.maximum, k.combine_maximum, k.maximum_columns, k.maximum_more_rows};
    case OpId::kMin: return {k.minimum, k.combine_minimum, k.minimum_columns, k.minimum_more_rows};
    default: return {k.sum, k.combine_sum, k.sum_columns, k.sum_more_rows};
  }
}

using Memory = Collector::Memory;
using Progress = Collector::Progress;

// The results of the parts; of a single part it is the result itself.
template <class T>
T* parts_of(const Collector& c, const Memory& m) {
  return reinterpret_cast<T*>(c.parts == 1 ? static_cast<std::byte*>(m.base[c.out])
                                           : m.shared + c.shared_offset);
}

template <class T>
void take_all(const Collector& c, Progress& p, const Memory& m, const Tile& tile) {
  p.seen += tile.counts[c.kind];
  if (p.seen - p.done < kReductionChunk) return;
  const auto run = functions_of<T>(c).run;
  T* parts = parts_of<T>(c, m);
  T* buffer = reinterpret_cast<T*>(m.worker + c.worker_offset);
  const T* x = c.buffered ? buffer : static_cast<const T*>(m.base[c.in]) + p.begin + p.done;
  for (; p.seen - p.done >= kReductionChunk; x += kReductionChunk, p.done += kReductionChunk)
    parts[(p.begin + p.done) / kReductionChunk] = run(x, kReductionChunk);
  if (c.buffered) std::memmove(buffer, x, (p.seen - p.done) * sizeof(T));
}

template <class T>
void end_unit_all(const Collector& c, Progress& p, const Memory& m) {
  if (p.seen == p.done) return;
  const T* x = c.buffered ? reinterpret_cast<const T*>(m.worker + c.worker_offset)
                          : static_cast<const T*>(m.base[c.in]) + p.begin + p.done;
  parts_of<T>(c, m)[(p.begin + p.done) / kReductionChunk] = functions_of<T>(c).run(x, p.seen - p.done);
}

template <class T>
void take_columns(const Collector& c, Progress&, const Memory& m, const Tile& tile) {
  const Functions<T> f = functions_of<T>(c);
  const T* x = static_cast<const T*>(tile.at[c.in]);
  for (size_t row = tile.row, end = tile.row + tile.rows; row < end;) {
    const size_t in_block = row % kColumnBlockRows, n = std::min(kColumnBlockRows - in_block, end - row);
    T* out = parts_of<T>(c, m) + row / kColumnBlockRows * c.cols + tile.col;
    if (in_block == 0)
      f.columns(x, n, tile.cols, tile.cols, out, /*accumulate=*/false);
    else
      f.more_rows(x, n, tile.cols, tile.cols, out);
    x += n * tile.cols;
    row += n;
  }
}

template <class T>
void take_narrow(const Collector& c, Progress&, const Memory& m, const Tile& tile) {
  const Functions<T> f = functions_of<T>(c);
  const T* x = static_cast<const T*>(tile.at[c.in]);
  const size_t segment = tile.row / c.segment_rows, at = tile.row % c.segment_rows, cols = c.cols;
  const size_t rows = std::min(c.segment_rows, c.rows - segment * c.segment_rows);
  const size_t folded = rows / kFoldedRows, wide = kFoldedRows * cols;
  T* out = parts_of<T>(c, m) + segment * cols;
  if (folded < 4) {
    if (at == 0)
      f.columns(x, tile.rows, cols, cols, out, /*accumulate=*/false);
    else
      f.more_rows(x, tile.rows, cols, cols, out);
    return;
  }
  // Tiles begin at multiples of sixteen rows.
  T* block = reinterpret_cast<T*>(m.worker + c.worker_offset);
  T* total = block + wide;
  size_t row = at / kFoldedRows, end = std::min(row + tile.rows / kFoldedRows, folded);
  const T* wide_row = x;
  while (row < end) {
    const size_t in_block = row % kColumnBlockRows, n = std::min(kColumnBlockRows - in_block, end - row);
    if (in_block == 0)
      f.columns(wide_row, n, wide, wide, block, /*accumulate=*/false);
    else
      f.more_rows(wide_row, n, wide, wide, block);
    wide_row += n * wide;
    row += n;
    if (row % kColumnBlockRows != 0 && row != folded) continue;
    if (row <= kColumnBlockRows)
      std::copy_n(block, wide, total);
    else
      f.more_rows(block, 1, wide, wide, total);
  }
  if (at + tile.rows < rows) return;
  f.columns(total, kFoldedRows, cols, cols, out, /*accumulate=*/false);
  const size_t rest = rows - folded * kFoldedRows;
  if (rest > 0) f.columns(x + (tile.rows - rest) * cols, rest, cols, cols, out, /*accumulate=*/true);
}

}  // namespace

size_t narrow_segment_rows(size_t cols) { return std::max(kFoldedRows, kCheapGrain / cols); }

void Collector::place(const Progress& p, const Memory& memory, void** at) const {
  at[in] = memory.worker + worker_offset + (p.seen - p.done) * size_of(dtype);
}

void Collector::choose(const VectorTable& table) {
  with_float(dtype, [&](auto zero) {
    using T = decltype(zero);
    reduction = &float_table<T>(table).reduction;
    take_tile = form == Form::kAll ? take_all<T> : form == Form::kColumns ? take_columns<T> : take_narrow<T>;
  });
}

void Collector::end_unit(Progress& p, const Memory& memory) const {
  if (form != Form::kAll) return;
  with_float(dtype, [&](auto zero) { end_unit_all<decltype(zero)>(*this, p, memory); });
}

void Collector::finish(const Memory& memory) const {
  if (parts == 1) return;
  with_float(dtype, [&](auto zero) {
    using T = decltype(zero);
    const Functions<T> f = functions_of<T>(*this);
    const T* results = parts_of<T>(*this, memory);
    T* result = static_cast<T*>(memory.base[out]);
    if (form == Form::kAll) {
      *result = f.combine(results, parts);
    } else if (form == Form::kNarrowColumns) {
      f.columns(results, parts, cols, cols, result, /*accumulate=*/false);
    } else {
      std::copy_n(results, cols, result);
      f.more_rows(results + cols, parts - 1, cols, cols, result);
    }
  });
}

size_t Collector::row_multiple() const {
  switch (form) {
    case Form::kColumns: return kColumnBlockRows;
    case Form::kNarrowColumns: return segment_rows;
    case Form::kAll: break;
  }
  return kind == kMatrixKind ? kReductionChunk / std::gcd(kReductionChunk, cols) : kReductionChunk;
}

size_t Collector::worker_bytes(size_t tile_elements) const {
  if (form == Form::kAll) return buffered ? (kReductionChunk + tile_elements) * size_of(dtype) : 0;
  return form == Form::kNarrowColumns ? 2 * kFoldedRows * cols * size_of(dtype) : 0;
}

size_t Collector::shared_bytes() const {
  if (parts == 1) return 0;
  return std::max<size_t>(1, parts * (form == Form::kAll ? 1 : cols)) * size_of(dtype);
}

}  // namespace tl::kernels
