// Transposition of matrices of 32-bit and 64-bit elements, whatever they stand for: bits are moved, never computed with.
//
// A register is filled with pieces of 128 bits of as many input rows; square blocks are then transposed within the pieces.
// So a store writes along the output for a whole register, and a cache line of the input is used up while it is at hand.
#pragma once

#include "core/kernels/vector/elementwise.h"

namespace tl {
namespace TL_VECTOR_NAMESPACE {
namespace {

template <class V>
constexpr size_t kPieceElements = 16 / sizeof(typename V::T);
template <class V>
constexpr size_t kPieces = V::N / kPieceElements<V>;

// kPieceElements rows of V::N columns of the output. row(c) is where the column c of this tile begins in the input.
template <class V, class Row>
TL_LANE void load_tile(Row row, V (&x)[kPieceElements<V>]) {
#pragma GCC unroll 4
  for (size_t j = 0; j < kPieceElements<V>; ++j) {
    const typename V::T* pieces[kPieces<V>];
#pragma GCC unroll 4
    for (size_t k = 0; k < kPieces<V>; ++k) pieces[k] = row(k * kPieceElements<V> + j);
    load_pieces(pieces, x[j]);
  }
  transpose_pieces(x);
}
template <class V>
TL_LANE void transpose_tile(const typename V::T* from, size_t from_stride, typename V::T* to,
                            size_t to_stride) {
  V x[kPieceElements<V>];
  load_tile<V>([=](size_t c) { return from + c * from_stride; }, x);
#pragma GCC unroll 4
  for (size_t i = 0; i < kPieceElements<V>; ++i) x[i].store(to + i * to_stride);
}
// The same where the output has fewer columns: the lanes past the end repeat the last one, and are not stored.
template <class V>
TL_LANE void transpose_narrow_tile(const typename V::T* from, size_t from_stride, typename V::T* to,
                                   size_t to_stride, size_t cols) {
  V x[kPieceElements<V>];
  load_tile<V>([=](size_t c) { return from + (c < cols ? c : cols - 1) * from_stride; }, x);
#pragma GCC unroll 4
  for (size_t i = 0; i < kPieceElements<V>; ++i) x[i].store_n(to + i * to_stride, cols);
}

// The start of the next tile: the last one of a side overlaps the one before rather than being smaller.
TL_LANE size_t next_tile(size_t at, size_t step, size_t end) {
  const size_t next = at + step;
  return next < end && end - next < step ? end - step : next;
}

template <class V>
void transpose(const typename V::T* from, size_t from_stride, typename V::T* to, size_t to_stride,
               size_t rows, size_t cols) {
  constexpr size_t kRows = kPieceElements<V>, kLine = 64 / sizeof(typename V::T);
  // Blocks whose input rows and output rows stay in the first-level cache and in its page table.
  constexpr size_t kBlockRows = 4 * kLine, kBlockCols = 128;
  if (rows < kRows || cols < 2) {
    for (size_t r = 0; r < rows; ++r)
      for (size_t c = 0; c < cols; ++c)
        __builtin_memcpy(to + r * to_stride + c, from + c * from_stride + r, sizeof(*to));
    return;
  }
  if (cols < V::N) {
    for (size_t r = 0; r < rows; r = next_tile(r, kRows, rows))
      transpose_narrow_tile<V>(from + r, from_stride, to + r * to_stride, to_stride, cols);
    return;
  }
  for (size_t r0 = 0; r0 < rows; r0 += kBlockRows) {
    const size_t r1 = rows - r0 < kBlockRows ? rows : r0 + kBlockRows;
    for (size_t c0 = 0; c0 < cols; c0 += kBlockCols) {
      const size_t c1 = cols - c0 < kBlockCols ? cols : c0 + kBlockCols;
      for (size_t line = r0; line < r1; line += kLine) {
        const size_t line_end = r1 - line < kLine ? r1 : line + kLine;
        for (size_t c = c0; c < c1; c += V::N) {
          const size_t at = cols - c < V::N ? cols - V::N : c;
          for (size_t r = line; r < line_end; r += kRows) {
            const size_t row = rows - r < kRows ? rows - kRows : r;
            transpose_tile<V>(from + at * from_stride + row, from_stride, to + row * to_stride + at,
                              to_stride);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace TL_VECTOR_NAMESPACE
}  // namespace tl
