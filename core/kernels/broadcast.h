// Walks the elements of broadcast operands as runs: stretches of the output along which each operand either advances by
// one or stands still. Axes are merged first, so most calls are a single run.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/tensor/shape.h"

namespace tl::kernels {

template <int N>
struct Run {
  int64_t out;                  // offset of the run in the output
  std::array<int64_t, N> in;    // offset in each operand
  int64_t size;                 // elements of the output
  std::array<bool, N> advances; // the operand advances by one per element, else it stands still
};

// f(run) for each run of the output, in order.
template <int N, class F>
void for_each_run(const Shape& out, const std::array<const Shape*, N>& operands, F&& f) {
  if (out.elements() == 0) return;
  // Axes from the last to the first, those of size 1 left out; strides of 0 where an operand is broadcast.
  int rank = 0;
  int64_t sizes[kMaxRank], strides[N][kMaxRank];
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
  Run<N> run{};
  run.size = rank ? sizes[0] : 1;
  for (int k = 0; k < N; k++) run.advances[k] = rank && strides[k][0] != 0;
  int64_t index[kMaxRank] = {};
  for (;;) {
    f(static_cast<const Run<N>&>(run));
    run.out += run.size;
    int axis = 1;
    for (; axis < rank; axis++) {
      for (int k = 0; k < N; k++) run.in[k] += strides[k][axis];
      if (++index[axis] < sizes[axis]) break;
      for (int k = 0; k < N; k++) run.in[k] -= strides[k][axis] * sizes[axis];
      index[axis] = 0;
    }
    if (axis >= rank) return;
  }
}

}  // namespace tl::kernels
