// Axes that stay together are merged first. When the last axis stays last, runs are copied whole. Otherwise the input's
// last axis and the output's last axis span matrices, which are transposed in tiles of a cache line by a cache line.
#include "core/kernels/permute.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "core/kernels/copy.h"
#include "core/kernels/parallel.h"

namespace tl::kernels {
namespace {

struct Axis {
  int64_t size;
  int64_t from;  // stride in the input, in elements
  int64_t to;    // stride in the output
};

// The output's axes, last first; adjacent ones merged, sizes of 1 left out.
int merged_axes(const Shape& shape, const int* permutation, Axis* axes) {
  int64_t strides[kMaxRank];
  int64_t next = 1;
  for (int i = shape.rank() - 1; i >= 0; i--) {
    strides[i] = next;
    next *= shape[i];
  }
  int rank = 0;
  int64_t to = 1;
  for (int i = shape.rank() - 1; i >= 0; i--) {
    const Axis axis{shape[permutation[i]], strides[permutation[i]], to};
    to *= axis.size;
    if (axis.size == 1) continue;
    if (rank && axis.from == axes[rank - 1].from * axes[rank - 1].size)
      axes[rank - 1].size *= axis.size;
    else
      axes[rank++] = axis;
  }
  return rank;
}

// ---- one matrix: to[r * to_stride + c] = from[c * from_stride + r] ------------------------------

template <class T>
constexpr int64_t kTile = sizeof(T) == 8 ? 8 : 16;

template <class T>
void transpose_edge(const T* from, T* to, int64_t rows, int64_t cols, int64_t from_stride,
                    int64_t to_stride) {
  constexpr int64_t kBlock = 256;  // input rows that stay in the cache while each of their columns is read
  for (int64_t c0 = 0; c0 < cols; c0 += kBlock) {
    const int64_t c1 = std::min(cols, c0 + kBlock);
    for (int64_t r = 0; r < rows; r++)
      for (int64_t c = c0; c < c1; c++) to[r * to_stride + c] = from[c * from_stride + r];
  }
}

#if defined(__GNUC__)
// Square blocks in registers of 16 bytes, which every CPU of the builds has (SSE2, NEON).
using Words4 __attribute__((vector_size(16))) = uint32_t;
using Words2 __attribute__((vector_size(16))) = uint64_t;

inline void transpose_registers(const uint32_t* from, int64_t from_stride, uint32_t* to, int64_t to_stride) {
  Words4 a, b, c, d;
  std::memcpy(&a, from, 16);
  std::memcpy(&b, from + from_stride, 16);
  std::memcpy(&c, from + 2 * from_stride, 16);
  std::memcpy(&d, from + 3 * from_stride, 16);
  const Words4 ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5),
               ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const Words4 cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5),
               cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  a = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
  b = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
  c = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
  d = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
  std::memcpy(to, &a, 16);
  std::memcpy(to + to_stride, &b, 16);
  std::memcpy(to + 2 * to_stride, &c, 16);
  std::memcpy(to + 3 * to_stride, &d, 16);
}
inline void transpose_registers(const uint64_t* from, int64_t from_stride, uint64_t* to, int64_t to_stride) {
  Words2 a, b;
  std::memcpy(&a, from, 16);
  std::memcpy(&b, from + from_stride, 16);
  const Words2 first = __builtin_shufflevector(a, b, 0, 2), second = __builtin_shufflevector(a, b, 1, 3);
  std::memcpy(to, &first, 16);
  std::memcpy(to + to_stride, &second, 16);
}
#endif

// A full tile. It is copied a line at a time to a place of its own first: with rows a power of two apart all its lines
// would compete for the same few places of the first-level cache.
template <class T>
void transpose_tile(const T* from, T* to, int64_t from_stride, int64_t to_stride) {
  constexpr int64_t n = kTile<T>;
  alignas(64) T tile[n * n];
  for (int64_t c = 0; c < n; c++) std::memcpy(tile + c * n, from + c * from_stride, n * sizeof(T));
#if defined(__GNUC__)
  if constexpr (sizeof(T) > 1) {
    constexpr int64_t lanes = 16 / sizeof(T);
    for (int64_t r = 0; r < n; r += lanes)
      for (int64_t c = 0; c < n; c += lanes)
        transpose_registers(tile + c * n + r, n, to + r * to_stride + c, to_stride);
    return;
  }
#endif
  for (int64_t r = 0; r < n; r++)
    for (int64_t c = 0; c < n; c++) to[r * to_stride + c] = tile[c * n + r];
}

template <class T>
void transpose_matrix(const T* from, T* to, int64_t rows, int64_t cols, int64_t from_stride,
                      int64_t to_stride) {
  constexpr int64_t n = kTile<T>;
  // Few rows of the output at a time, so that the pages and lines that they lie on stay at hand along all columns.
  constexpr int64_t kBand = 4 * n;
  const int64_t whole_rows = rows / n * n, whole_cols = cols / n * n;
  for (int64_t r0 = 0; r0 < whole_rows; r0 += kBand)
    for (int64_t c = 0; c < whole_cols; c += n)
      for (int64_t r = r0; r < std::min(whole_rows, r0 + kBand); r += n)
        transpose_tile(from + c * from_stride + r, to + r * to_stride + c, from_stride, to_stride);
  transpose_edge(from + whole_cols * from_stride, to + whole_cols, whole_rows, cols - whole_cols, from_stride,
                 to_stride);
  transpose_edge(from + whole_rows, to + whole_rows * to_stride, rows - whole_rows, cols, from_stride,
                 to_stride);
}

// ---- all axes -----------------------------------------------------------------------------------

// f(from offset, to offset) for the items [begin, end) of the axes' index space, the first axis running fastest.
template <class F>
void for_items(const Axis* axes, int rank, int64_t begin, int64_t end, F&& f) {
  int64_t index[kMaxRank + 1], rest = begin, from = 0, to = 0;
  for (int i = 0; i < rank; i++) {
    index[i] = rest % axes[i].size;
    rest /= axes[i].size;
    from += index[i] * axes[i].from;
    to += index[i] * axes[i].to;
  }
  for (int64_t item = begin; item < end; item++) {
    f(from, to);
    for (int i = 0; i < rank; i++) {
      from += axes[i].from;
      to += axes[i].to;
      if (++index[i] < axes[i].size) break;
      from -= axes[i].from * axes[i].size;
      to -= axes[i].to * axes[i].size;
      index[i] = 0;
    }
  }
}

// Items of `inner` elements each, so many to a thread that it pays.
template <class F>
void parallel_items(Context& context, const Axis* axes, int rank, int64_t inner, F&& f) {
  int64_t items = 1;
  for (int i = 0; i < rank; i++) items *= axes[i].size;
  parallel_ranges(context, static_cast<size_t>(items),
                  std::max<size_t>(1, kCheapGrain / static_cast<size_t>(inner)),
                  [&](size_t begin, size_t end) {
                    for_items(axes, rank, static_cast<int64_t>(begin), static_cast<int64_t>(end), f);
                  });
}

template <class T>
void permute_words(Context& context, const T* from, T* to, Axis* axes, int rank) {
  if (rank == 0) {
    *to = *from;
    return;
  }
  if (axes[0].from == 1) {
    if (rank == 1) axes[rank++] = {1, 0, 0};
    // The runs along one more axis make an item, because a run may be as short as two elements.
    const Axis run = axes[0], next = axes[1];
    const size_t bytes = static_cast<size_t>(run.size) * sizeof(T);
    parallel_items(context, axes + 2, rank - 2, run.size * next.size, [&](int64_t from_at, int64_t to_at) {
      for (int64_t i = 0; i < next.size; i++)
        copy_run(reinterpret_cast<std::byte*>(to + to_at + i * next.to),
                 reinterpret_cast<const std::byte*>(from + from_at + i * next.from), bytes);
    });
    return;
  }
  // Columns are the output's last axis, rows the one that is the input's last; the others count the matrices.
  const Axis columns = axes[0];
  Axis row_axis{}, outer[kMaxRank + 1];
  int outer_rank = 1;
  for (int i = 1; i < rank; i++) {
    if (axes[i].from == 1)
      row_axis = axes[i];
    else
      outer[outer_rank++] = axes[i];
  }
  // A large matrix is cut along its longer side, so that the threads share it.
  const bool by_rows = row_axis.size >= columns.size;
  const Axis& cut = by_rows ? row_axis : columns;
  const int64_t other = by_rows ? columns.size : row_axis.size;
  const int64_t piece = std::max<int64_t>(64, static_cast<int64_t>(kCheapGrain) / other / 64 * 64);
  outer[0] = {(cut.size + piece - 1) / piece, piece * cut.from, piece * cut.to};
  parallel_items(context, outer, outer_rank, std::min(piece, cut.size) * other,
                 [&](int64_t from_at, int64_t to_at) {
                   // How far along the cut axis this piece begins; the offsets of the other axes do not matter for its size.
                   const int64_t begin = to_at / cut.to % cut.size, size = std::min(piece, cut.size - begin);
                   transpose_matrix(from + from_at, to + to_at, by_rows ? size : row_axis.size,
                                    by_rows ? columns.size : size, columns.from, row_axis.to);
                 });
}

}  // namespace

void permute(Context& context, const std::byte* from, std::byte* to, const Shape& shape,
             const int* permutation, size_t element_size) {
  if (shape.elements() == 0) return;
  Axis axes[kMaxRank + 1];
  const int rank = merged_axes(shape, permutation, axes);
  with_word(element_size, [&](auto zero) {
    using T = decltype(zero);
    permute_words(context, reinterpret_cast<const T*>(from), reinterpret_cast<T*>(to), axes, rank);
  });
}

}  // namespace tl::kernels
