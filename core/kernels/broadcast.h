// Walks the elements of broadcast operands as matrices: along the rows and along the columns of each an operand advances
// by a fixed step or stands still. Axes are merged first, so that most calls are a single matrix or a single row.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "core/kernels/parallel.h"
#include "core/tensor/shape.h"

namespace tl::kernels {

// The axes of an output, last first, sizes of 1 left out and neighbours merged where every operand allows it.
template <int N>
struct BroadcastAxes {
  int rank = 0;
  int64_t sizes[kMaxRank];
  int64_t strides[N][kMaxRank];  // of each operand, in elements; 0 where it is broadcast

  BroadcastAxes(const Shape& out, const std::array<const Shape*, N>& operands) {
    int64_t next[N];
    for (int k = 0; k < N; k++) next[k] = 1;
    for (int axis = out.rank() - 1; axis >= 0; axis--) {
      const int64_t size = out[axis];
      int64_t stride[N];
      for (int k = 0; k < N; k++) {
        const int at = axis - (out.rank() - operands[k]->rank());
        const int64_t own = at >= 0 ? (*operands[k])[at] : 1;
        stride[k] = own == 1 ? 0 : next[k];
        next[k] *= own;
      }
      if (size == 1) continue;
      bool merge = rank > 0;
      for (int k = 0; merge && k < N; k++) merge = stride[k] == strides[k][rank - 1] * sizes[rank - 1];
      if (merge) {
        sizes[rank - 1] *= size;
        continue;
      }
      sizes[rank] = size;
      for (int k = 0; k < N; k++) strides[k][rank] = stride[k];
      rank++;
    }
  }
};

// A part of the output that is contiguous there: `rows` rows of `cols` elements.
template <int N>
struct BroadcastMatrix {
  int64_t rows = 1, cols = 1;
  int64_t out = 0;                      // offset in the output
  std::array<int64_t, N> in{};          // offset in each operand
  std::array<int64_t, N> row_stride{};  // from one row to the next
  std::array<bool, N> advances{};       // by one along a row; else the operand stands still there

  bool is_matrix(int k) const { return advances[k] && row_stride[k] == cols; }
  bool is_row(int k) const { return advances[k] && row_stride[k] == 0; }
  bool is_column(int k) const { return !advances[k] && row_stride[k] == 1; }

  // f(out, in, cols) for each row, with the offsets of its first elements.
  template <class F>
  void for_each_row(F&& f) const {
    std::array<int64_t, N> at = in;
    for (int64_t r = 0; r < rows; r++) {
      f(out + r * cols, static_cast<const std::array<int64_t, N>&>(at), static_cast<size_t>(cols));
      for (int k = 0; k < N; k++) at[k] += row_stride[k];
    }
  }
};

// f(matrix) for matrices that make up the output, on the context's threads where there are more than `grain` elements.
template <int N, class F>
void for_each_matrix(Context& context, size_t grain, const Shape& out,
                     const std::array<const Shape*, N>& operands, F&& f) {
  if (out.elements() == 0) return;
  const BroadcastAxes<N> axes(out, operands);
  BroadcastMatrix<N> whole;
  if (axes.rank > 0) whole.cols = axes.sizes[0];
  if (axes.rank > 1) whole.rows = axes.sizes[1];
  for (int k = 0; k < N; k++) {
    whole.advances[k] = axes.rank > 0 && axes.strides[k][0] != 0;
    whole.row_stride[k] = axes.rank > 1 ? axes.strides[k][1] : 0;
  }
  const size_t rows = static_cast<size_t>(whole.rows), cols = static_cast<size_t>(whole.cols);
  if (axes.rank <= 1) {
    parallel_ranges(context, cols, grain, [&](size_t begin, size_t end) {
      BroadcastMatrix<N> part = whole;
      part.cols = static_cast<int64_t>(end - begin);
      part.out = static_cast<int64_t>(begin);
      for (int k = 0; k < N; k++) part.in[k] = whole.advances[k] ? part.out : 0;
      f(static_cast<const BroadcastMatrix<N>&>(part));
    });
    return;
  }
  if (axes.rank == 2) {
    parallel_ranges(context, rows, std::max<size_t>(1, grain / cols), [&](size_t begin, size_t end) {
      BroadcastMatrix<N> part = whole;
      part.rows = static_cast<int64_t>(end - begin);
      part.out = static_cast<int64_t>(begin) * whole.cols;
      for (int k = 0; k < N; k++) part.in[k] = static_cast<int64_t>(begin) * whole.row_stride[k];
      f(static_cast<const BroadcastMatrix<N>&>(part));
    });
    return;
  }
  size_t matrices = 1;
  for (int i = 2; i < axes.rank; i++) matrices *= static_cast<size_t>(axes.sizes[i]);
  parallel_ranges(context, matrices, std::max<size_t>(1, grain / (rows * cols)),
                  [&](size_t begin, size_t end) {
                    BroadcastMatrix<N> part = whole;
                    int64_t index[kMaxRank], rest = static_cast<int64_t>(begin);
                    for (int i = 2; i < axes.rank; i++) {
                      index[i] = rest % axes.sizes[i];
                      rest /= axes.sizes[i];
                      for (int k = 0; k < N; k++) part.in[k] += index[i] * axes.strides[k][i];
                    }
                    for (size_t m = begin; m < end; m++) {
                      part.out = static_cast<int64_t>(m * rows * cols);
                      f(static_cast<const BroadcastMatrix<N>&>(part));
                      for (int i = 2; i < axes.rank; i++) {
                        for (int k = 0; k < N; k++) part.in[k] += axes.strides[k][i];
                        if (++index[i] < axes.sizes[i]) break;
                        for (int k = 0; k < N; k++) part.in[k] -= axes.strides[k][i] * axes.sizes[i];
                        index[i] = 0;
                      }
                    }
                  });
}

}  // namespace tl::kernels
