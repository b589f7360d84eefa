// Axes that stay together are merged first. When the last axis stays last, runs are copied whole. Otherwise the input's
// last axis and the output's last axis span matrices, which are transposed in blocks.
#include "core/kernels/permute.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "core/kernels/copy.h"
#include "core/kernels/parallel.h"
#include "core/kernels/vector/table.h"

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

inline void transpose_block(const uint32_t* from, int64_t from_stride, uint32_t* to, int64_t to_stride,
                            int64_t rows, int64_t cols) {
  vector_table().f32.transpose(reinterpret_cast<const float*>(from), static_cast<size_t>(from_stride),
                               reinterpret_cast<float*>(to), static_cast<size_t>(to_stride),
                               static_cast<size_t>(rows), static_cast<size_t>(cols));
}
inline void transpose_block(const uint64_t* from, int64_t from_stride, uint64_t* to, int64_t to_stride,
                            int64_t rows, int64_t cols) {
  vector_table().f64.transpose(reinterpret_cast<const double*>(from), static_cast<size_t>(from_stride),
                               reinterpret_cast<double*>(to), static_cast<size_t>(to_stride),
                               static_cast<size_t>(rows), static_cast<size_t>(cols));
}
// Bytes are rare enough for registers that every CPU of the builds has (SSE2, NEON): squares of sixteen by sixteen.
constexpr int64_t kSquare = 16;
inline void transpose_square(const uint8_t* from, int64_t from_stride, uint8_t* to, int64_t to_stride) {
#if defined(__GNUC__)
  using Bytes __attribute__((vector_size(16))) = uint8_t;
  Bytes rows[kSquare], mixed[kSquare];
  for (int64_t i = 0; i < kSquare; i++) std::memcpy(&rows[i], from + i * from_stride, kSquare);
  // A perfect shuffle of all 256 bytes rotates their index by one bit; four of them swap row and column.
  for (int round = 0; round < 4; round++) {
    for (int64_t i = 0; i < kSquare / 2; i++) {
      const Bytes a = rows[i], b = rows[i + kSquare / 2];
      mixed[2 * i] = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      mixed[2 * i + 1] =
          __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    for (int64_t i = 0; i < kSquare; i++) rows[i] = mixed[i];
  }
  for (int64_t i = 0; i < kSquare; i++) std::memcpy(to + i * to_stride, &rows[i], kSquare);
#else
  for (int64_t r = 0; r < kSquare; r++)
    for (int64_t c = 0; c < kSquare; c++) to[r * to_stride + c] = from[c * from_stride + r];
#endif
}
inline void transpose_block(const uint8_t* from, int64_t from_stride, uint8_t* to, int64_t to_stride,
                            int64_t rows, int64_t cols) {
  const int64_t whole_rows = rows / kSquare * kSquare, whole_cols = cols / kSquare * kSquare;
  for (int64_t r = 0; r < whole_rows; r += kSquare)
    for (int64_t c = 0; c < whole_cols; c += kSquare)
      transpose_square(from + c * from_stride + r, from_stride, to + r * to_stride + c, to_stride);
  for (int64_t r = 0; r < rows; r++)
    for (int64_t c = r < whole_rows ? whole_cols : 0; c < cols; c++)
      to[r * to_stride + c] = from[c * from_stride + r];
}

inline void prefetch_to_read(const void* address) {
#if defined(__GNUC__)
  __builtin_prefetch(address, 0, 2);
#else
  static_cast<void>(address);
#endif
}
inline void prefetch_to_write(void* address) {
#if defined(__GNUC__)
  __builtin_prefetch(address, 1, 2);
#else
  static_cast<void>(address);
#endif
}

// Large matrices whose rows are a power of two apart or nearly so: their lines compete for the same few places of the
// caches, and the hardware foresees too little. So they are walked in blocks, and the lines of the next block are asked
// for by hand: 2048 x 2048 doubles take 3 ms instead of 8.5 ms.
template <class T>
void transpose_in_blocks(const T* from, T* to, int64_t rows, int64_t cols, int64_t from_stride,
                         int64_t to_stride) {
  constexpr int64_t kBlock = 64, kLine = 64 / sizeof(T);
  for (int64_t r0 = 0; r0 < rows; r0 += kBlock) {
    const int64_t block_rows = std::min(kBlock, rows - r0);
    for (int64_t c0 = 0; c0 < cols; c0 += kBlock) {
      const int64_t block_cols = std::min(kBlock, cols - c0),
                    ahead = std::min(kBlock, cols - c0 - block_cols);
      const T* source = from + c0 * from_stride + r0;
      T* target = to + r0 * to_stride + c0;
      for (int64_t c = 0; c < ahead; c++)
        for (int64_t r = 0; r < block_rows; r += kLine)
          prefetch_to_read(source + (kBlock + c) * from_stride + r);
      for (int64_t r = 0; r < block_rows; r++)
        for (int64_t c = 0; c < ahead; c += kLine) prefetch_to_write(target + r * to_stride + kBlock + c);
      if constexpr (sizeof(T) == 4) {
        if (block_rows == kBlock && block_cols == kBlock) {
          // Through a copy whose rows lie apart, and written four whole rows at a time: half the time again.
          constexpr int64_t kPitch = kBlock + kLine, kStep = 4;
          alignas(64) T block[kBlock * kPitch];
          for (int64_t c = 0; c < kBlock; c++)
            std::memcpy(block + c * kPitch, source + c * from_stride, kBlock * sizeof(T));
          for (int64_t r = 0; r < kBlock; r += kStep)
            transpose_block(block + r, kPitch, target + r * to_stride, to_stride, kStep, kBlock);
          continue;
        }
      }
      transpose_block(source, from_stride, target, to_stride, block_rows, block_cols);
    }
  }
}

template <class T>
void transpose_matrix(const T* from, T* to, int64_t rows, int64_t cols, int64_t from_stride,
                      int64_t to_stride) {
  constexpr int64_t size = sizeof(T), kFitsCache = int64_t{1} << 20;
  auto competes = [](int64_t stride) { return stride * size % 1024 == 0; };
  // The span and not the elements: the matrix may be a part of a larger one.
  if ((competes(from_stride) && cols * from_stride * size > kFitsCache) ||
      (competes(to_stride) && rows * to_stride * size > kFitsCache))
    return transpose_in_blocks(from, to, rows, cols, from_stride, to_stride);
  transpose_block(from, from_stride, to, to_stride, rows, cols);
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
