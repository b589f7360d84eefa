// Axes that stay together are merged first. When the last axis stays last, runs are copied whole; otherwise the last
// axes of input and output are walked in square blocks, so that both are touched a cache line at a time.
#include "core/kernels/permute.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "core/kernels/parallel.h"

namespace tl::kernels {
namespace {

constexpr int64_t kBlock = 32;

struct Axis {
  int64_t size;
  int64_t stride;  // in the input, in elements
};

// The output's axes, last first, with the input strides that they have; adjacent ones merged, sizes of 1 left out.
int merged_axes(const Shape& shape, const int* permutation, Axis* axes) {
  int64_t strides[kMaxRank];
  int64_t next = 1;
  for (int i = shape.rank() - 1; i >= 0; i--) {
    strides[i] = next;
    next *= shape[i];
  }
  int rank = 0;
  for (int i = shape.rank() - 1; i >= 0; i--) {
    const Axis axis{shape[permutation[i]], strides[permutation[i]]};
    if (axis.size == 1) continue;
    if (rank && axis.stride == axes[rank - 1].stride * axes[rank - 1].size)
      axes[rank - 1].size *= axis.size;
    else
      axes[rank++] = axis;
  }
  return rank;
}

// One matrix: to[r][c] = from[c * stride_c + r * stride_r] with stride_r == 1 (rows of the output run along the input).
template <class T>
void transpose_block(const T* from, T* to, int64_t rows, int64_t cols, int64_t stride_c, int64_t to_stride) {
  for (int64_t r0 = 0; r0 < rows; r0 += kBlock)
    for (int64_t c0 = 0; c0 < cols; c0 += kBlock) {
      const int64_t r1 = std::min(rows, r0 + kBlock), c1 = std::min(cols, c0 + kBlock);
      for (int64_t r = r0; r < r1; r++)
        for (int64_t c = c0; c < c1; c++) to[r * to_stride + c] = from[c * stride_c + r];
    }
}

template <class T>
void permute_elements(Context& context, const T* from, T* to, const Axis* axes, int rank) {
  if (rank == 0) {
    *to = *from;
    return;
  }
  int64_t total = 1;
  for (int i = 0; i < rank; i++) total *= axes[i].size;
  // The output axis that is the input's last: it makes the rows of the blocks. -1 when the last axis stays last.
  int row_axis = -1;
  for (int i = 1; i < rank; i++)
    if (axes[i].stride == 1) row_axis = i;
  int64_t to_strides[kMaxRank];
  to_strides[0] = 1;
  for (int i = 1; i < rank; i++) to_strides[i] = to_strides[i - 1] * axes[i - 1].size;

  // All axes but the ones that the inner loops cover, flattened into one index.
  int outer[kMaxRank], num_outer = 0;
  int64_t count = 1;
  for (int i = 1; i < rank; i++)
    if (i != row_axis) {
      outer[num_outer++] = i;
      count *= axes[i].size;
    }
  // A large matrix is cut into bands of columns, so that the threads share it.
  const int64_t inner = total / count;
  const int64_t band = row_axis >= 0 && inner > static_cast<int64_t>(kCheapGrain) ? 8 * kBlock : axes[0].size;
  const int64_t bands = (axes[0].size + band - 1) / band;
  const size_t grain = static_cast<size_t>(std::max<int64_t>(1, static_cast<int64_t>(kCheapGrain) * bands / inner));
  parallel_ranges(context, static_cast<size_t>(count * bands), grain, [&](size_t begin, size_t end) {
    for (int64_t i = static_cast<int64_t>(begin); i < static_cast<int64_t>(end); i++) {
      int64_t rest = i / bands, from_at = 0, to_at = 0;
      for (int k = 0; k < num_outer; k++) {
        const int64_t index = rest % axes[outer[k]].size;
        rest /= axes[outer[k]].size;
        from_at += index * axes[outer[k]].stride;
        to_at += index * to_strides[outer[k]];
      }
      const int64_t c0 = i % bands * band, cols = std::min(band, axes[0].size - c0);
      const T* source = from + from_at + c0 * axes[0].stride;
      T* target = to + to_at + c0;
      if (row_axis >= 0) {
        transpose_block(source, target, axes[row_axis].size, cols, axes[0].stride, to_strides[row_axis]);
      } else if (axes[0].stride == 1) {
        std::memcpy(target, source, static_cast<size_t>(cols) * sizeof(T));
      } else {
        for (int64_t c = 0; c < cols; c++) target[c] = source[c * axes[0].stride];
      }
    }
  });
}

}  // namespace

void permute(Context& context, const std::byte* from, std::byte* to, const Shape& shape, const int* permutation,
             size_t element_size) {
  if (shape.elements() == 0) return;
  Axis axes[kMaxRank];
  const int rank = merged_axes(shape, permutation, axes);
  auto as = [&](auto zero) {
    using T = decltype(zero);
    permute_elements(context, reinterpret_cast<const T*>(from), reinterpret_cast<T*>(to), axes, rank);
  };
  if (element_size == 4) return as(uint32_t{});
  if (element_size == 8) return as(uint64_t{});
  as(uint8_t{});
}

}  // namespace tl::kernels
