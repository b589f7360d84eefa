// Reductions of contiguous runs and of columns, argmax and argmin.
//
// A run is dealt to 64 (float) or 32 (double) lanes, whatever the register's width, and the lanes are combined in a
// fixed tree: so the bits do not depend on the instruction set. Nothing is fused here for the same reason.
#pragma once

#include "core/kernels/vector/elementwise.h"

namespace tl {
namespace TL_VECTOR_NAMESPACE {
namespace {

#define TL_REDUCTION(Name, identity, expression)      \
  struct Name {                                       \
    static TL_LANE float start() { return identity; } \
    template <class V>                                \
    static TL_LANE V combine(V a, V b) {              \
      return expression;                              \
    }                                                 \
  };
TL_REDUCTION(SumOf, 0.0f, a + b)
TL_REDUCTION(ProductOf, 1.0f, a* b)
TL_REDUCTION(MaximumOf, -__builtin_inff(), maximum(a, b))
TL_REDUCTION(MinimumOf, __builtin_inff(), minimum(a, b))
#undef TL_REDUCTION

template <class T>
constexpr size_t kReductionLanes = 256 / sizeof(T);

// What is reduced: the elements, their squares, or products of two arrays. `fill` stands for the lanes past the end.
template <class V>
struct Elements {
  const typename V::T* x;
  TL_LANE V at(size_t i) const { return V::load(x + i); }
  TL_LANE V at(size_t i, size_t n, float fill) const { return V::load_n(x + i, n, fill); }
};
template <class V>
struct Squares {
  const typename V::T* x;
  TL_LANE V at(size_t i) const {
    const V a = V::load(x + i);
    return a * a;
  }
  TL_LANE V at(size_t i, size_t n, float) const {
    const V a = V::load_n(x + i, n);
    return a * a;
  }
};
template <class V>
struct Products {
  const typename V::T* x;
  const typename V::T* y;
  TL_LANE V at(size_t i) const { return V::load(x + i) * V::load(y + i); }
  TL_LANE V at(size_t i, size_t n, float) const { return V::load_n(x + i, n) * V::load_n(y + i, n); }
};

template <class V, class Op>
TL_LANE typename V::T combine_lanes(V a) {
  if constexpr (V::N >= 16) a = Op::combine(a, exchange<8>(a));
  if constexpr (V::N >= 8) a = Op::combine(a, exchange<4>(a));
  if constexpr (V::N >= 4) a = Op::combine(a, exchange<2>(a));
  return first_lane(Op::combine(a, exchange<1>(a)));
}

template <class V, class Op, class Source>
TL_LANE typename V::T reduce_chunk(Source source, size_t begin, size_t n) {
  constexpr size_t kVectors = kReductionLanes<typename V::T> / V::N;
  const V start(Op::start());
  if (n <= V::N) {  // the other lanes would only add the identity
    return combine_lanes<V, Op>(Op::combine(start, source.at(begin, n, Op::start())));
  }
  V lanes[kVectors] = {start, start, start, start};
  if constexpr (kVectors > 4) {
#pragma GCC unroll 16
    for (size_t k = 4; k < kVectors; ++k) lanes[k] = start;
  }
  const size_t end = begin + n;
  size_t i = begin;
  for (; i + kVectors * V::N <= end; i += kVectors * V::N) {
#pragma GCC unroll 16
    for (size_t k = 0; k < kVectors; ++k) lanes[k] = Op::combine(lanes[k], source.at(i + k * V::N));
  }
#pragma GCC unroll 16
  for (size_t k = 0; k < kVectors; ++k) {
    if (i + V::N <= end) {
      lanes[k] = Op::combine(lanes[k], source.at(i));
      i += V::N;
    } else if (i < end) {
      lanes[k] = Op::combine(lanes[k], source.at(i, end - i, Op::start()));
      i = end;
    }
  }
#pragma GCC unroll 16
  for (size_t width = kVectors / 2; width >= 1; width /= 2) {
#pragma GCC unroll 16
    for (size_t k = 0; k < width; ++k) lanes[k] = Op::combine(lanes[k], lanes[k + width]);
  }
  return combine_lanes<V, Op>(lanes[0]);
}

template <class V, class Op>
TL_LANE typename V::T combine_two(typename V::T a, typename V::T b) {
  return first_lane(Op::combine(V(a), V(b)));
}

// Combines values pairwise as they come: equal-sized neighbours first, like the carries of a binary counter.
template <class V, class Op>
struct PairwiseTree {
  using T = typename V::T;
  T pending[64];
  size_t count = 0;
  TL_LANE void push(T value) {
    size_t level = 0;
    for (; count >> level & 1; ++level) value = combine_two<V, Op>(pending[level], value);
    pending[level] = value;
    ++count;
  }
  TL_LANE T result() const {
    size_t level = static_cast<size_t>(__builtin_ctzll(count));
    T value = pending[level];
    for (++level; count >> level; ++level) {
      if (count >> level & 1) value = combine_two<V, Op>(pending[level], value);
    }
    return value;
  }
};

template <class V, class Op, class Source>
TL_LANE typename V::T reduce(Source source, size_t n) {
  if (n <= kReductionChunk) return reduce_chunk<V, Op>(source, 0, n);
  PairwiseTree<V, Op> tree;
  for (size_t begin = 0; begin < n; begin += kReductionChunk) {
    tree.push(reduce_chunk<V, Op>(source, begin, n - begin < kReductionChunk ? n - begin : kReductionChunk));
  }
  return tree.result();
}
template <class V, class Op>
typename V::T reduce_elements(const typename V::T* x, size_t n) {
  return reduce<V, Op>(Elements<V>{x}, n);
}
template <class V>
typename V::T sum_squares(const typename V::T* x, size_t n) {
  return reduce<V, SumOf>(Squares<V>{x}, n);
}
template <class V>
typename V::T dot(const typename V::T* a, const typename V::T* b, size_t n) {
  return reduce<V, SumOf>(Products<V>{a, b}, n);
}
template <class V, class Op>
typename V::T combine_partials(const typename V::T* partials, size_t count) {
  if (count == 0) return Op::start();
  PairwiseTree<V, Op> tree;
  for (size_t i = 0; i < count; ++i) tree.push(partials[i]);
  return tree.result();
}

// kVectors columns' worth of one block of rows at a time, so that the partial results stay in registers.
template <class V, class Op, size_t kVectors>
TL_LANE void reduce_column_strip(const typename V::T* x, size_t rows, size_t stride, typename V::T* out,
                                 bool accumulate) {
  for (size_t begin = 0; begin < rows; begin += kColumnBlockRows) {
    const size_t end = rows - begin < kColumnBlockRows ? rows : begin + kColumnBlockRows;
    V lanes[kVectors] = {V::load(x + begin * stride)};
#pragma GCC unroll 8
    for (size_t k = 1; k < kVectors; ++k) lanes[k] = V::load(x + begin * stride + k * V::N);
    for (size_t r = begin + 1; r < end; ++r) {
#pragma GCC unroll 8
      for (size_t k = 0; k < kVectors; ++k)
        lanes[k] = Op::combine(lanes[k], V::load(x + r * stride + k * V::N));
    }
#pragma GCC unroll 8
    for (size_t k = 0; k < kVectors; ++k) {
      const V value = begin > 0 || accumulate ? Op::combine(V::load(out + k * V::N), lanes[k]) : lanes[k];
      value.store(out + k * V::N);
    }
  }
}
template <class V, class Op>
TL_LANE void reduce_column_rest(const typename V::T* x, size_t rows, size_t cols, size_t stride,
                                typename V::T* out, bool accumulate) {
  for (size_t begin = 0; begin < rows; begin += kColumnBlockRows) {
    const size_t end = rows - begin < kColumnBlockRows ? rows : begin + kColumnBlockRows;
    V lanes = V::load_n(x + begin * stride, cols);
    for (size_t r = begin + 1; r < end; ++r) lanes = Op::combine(lanes, V::load_n(x + r * stride, cols));
    if (begin > 0 || accumulate) lanes = Op::combine(V::load_n(out, cols), lanes);
    lanes.store_n(out, cols);
  }
}
template <class V, class Op>
void reduce_columns(const typename V::T* x, size_t rows, size_t cols, size_t stride, typename V::T* out,
                    bool accumulate) {
  if (rows == 0) {
    if (!accumulate) {
      for (size_t c = 0; c < cols; ++c) out[c] = Op::start();
    }
    return;
  }
  size_t c = 0;
  for (; c + 8 * V::N <= cols; c += 8 * V::N)
    reduce_column_strip<V, Op, 8>(x + c, rows, stride, out + c, accumulate);
  for (; c + 2 * V::N <= cols; c += 2 * V::N)
    reduce_column_strip<V, Op, 2>(x + c, rows, stride, out + c, accumulate);
  for (; c + V::N <= cols; c += V::N) reduce_column_strip<V, Op, 1>(x + c, rows, stride, out + c, accumulate);
  if (c < cols) reduce_column_rest<V, Op>(x + c, rows, cols - c, stride, out + c, accumulate);
}

// Combines rows with what `out` holds already, one after the other.
template <class V, class Op, size_t kVectors>
TL_LANE void more_rows_strip(const typename V::T* x, size_t rows, size_t stride, typename V::T* out) {
  V lanes[kVectors] = {V::load(out)};
#pragma GCC unroll 8
  for (size_t k = 1; k < kVectors; ++k) lanes[k] = V::load(out + k * V::N);
  for (size_t r = 0; r < rows; ++r) {
#pragma GCC unroll 8
    for (size_t k = 0; k < kVectors; ++k)
      lanes[k] = Op::combine(lanes[k], V::load(x + r * stride + k * V::N));
  }
#pragma GCC unroll 8
  for (size_t k = 0; k < kVectors; ++k) lanes[k].store(out + k * V::N);
}
template <class V, class Op>
void more_rows(const typename V::T* x, size_t rows, size_t cols, size_t stride, typename V::T* out) {
  size_t c = 0;
  for (; c + 8 * V::N <= cols; c += 8 * V::N) more_rows_strip<V, Op, 8>(x + c, rows, stride, out + c);
  for (; c + 2 * V::N <= cols; c += 2 * V::N) more_rows_strip<V, Op, 2>(x + c, rows, stride, out + c);
  for (; c + V::N <= cols; c += V::N) more_rows_strip<V, Op, 1>(x + c, rows, stride, out + c);
  if (c == cols) return;
  V lanes = V::load_n(out + c, cols - c);
  for (size_t r = 0; r < rows; ++r) lanes = Op::combine(lanes, V::load_n(x + r * stride + c, cols - c));
  lanes.store_n(out + c, cols - c);
}

// The extreme value first (NaN if there is one), then its first place: two short passes instead of one with indices.
template <class V, class Op>
size_t arg_extreme(const typename V::T* x, size_t n) {
  if (n == 0) return 0;
  const V best(reduce_elements<V, Op>(x, n));
  const bool is_nan = lanes_of(best != best) != 0;
  size_t i = 0;
  for (; i < n; i += V::N) {
    const V v = i + V::N <= n ? V::load(x + i) : V::load_n(x + i, n - i);
    const uint32_t found = is_nan ? lanes_of(v != v) : lanes_of(v == best);
    if (found) return i + static_cast<size_t>(__builtin_ctz(found));
  }
  return 0;
}

}  // namespace
}  // namespace TL_VECTOR_NAMESPACE
}  // namespace tl
