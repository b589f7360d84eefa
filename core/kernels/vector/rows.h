// Softmax, its logarithm, and the cross entropy of a row with a label: each row of a matrix by itself.
//
// The largest element is subtracted before exp, so that nothing overflows. Past the end of a row the lanes hold -inf,
// whose exponential adds nothing.
#pragma once

#include <type_traits>

#include "core/kernels/vector/reductions.h"

namespace tl {
namespace TL_VECTOR_NAMESPACE {
namespace {

template <class V>
TL_LANE V load_row(const typename V::T* x, size_t i, size_t n) {
  return i + V::N <= n ? V::load(x + i) : V::load_n(x + i, n - i, -__builtin_inff());
}
template <class V>
TL_LANE void store_row(V v, typename V::T* y, size_t i, size_t n) {
  if (i + V::N <= n) {
    v.store(y + i);
  } else {
    v.store_n(y + i, n - i);
  }
}

// Sum of e^(x - shift) over a row, and where kStore those exponentials in y. Two running sums hide the latency.
template <class V, bool kStore>
TL_LANE typename V::T sum_exponentials(const typename V::T* x, typename V::T* y, size_t n, V shift) {
  V even(0), odd(0);
  size_t i = 0;
  for (; i + 2 * V::N <= n; i += 2 * V::N) {
    const V a = exp(V::load(x + i) - shift);
    const V b = exp(V::load(x + i + V::N) - shift);
    if constexpr (kStore) {
      a.store(y + i);
      b.store(y + i + V::N);
    }
    even = even + a;
    odd = odd + b;
  }
  for (; i < n; i += V::N) {
    const V a = exp(load_row<V>(x, i, n) - shift);
    if constexpr (kStore) store_row(a, y, i, n);
    even = even + a;
  }
  return combine_lanes<V, SumOf>(even + odd);
}

// A row of at most kVectors registers, of which the last may be partly filled: the exponentials stay in registers.
template <class V, size_t kVectors>
struct ShortRow {
  V e[kVectors];
  V shift, sum;
  TL_LANE ShortRow(const typename V::T* x, size_t n) {
    const size_t rest = n - (kVectors - 1) * V::N;
#pragma GCC unroll 4
    for (size_t k = 0; k + 1 < kVectors; ++k) e[k] = V::load(x + k * V::N);
    e[kVectors - 1] = V::load_n(x + (kVectors - 1) * V::N, rest, -__builtin_inff());
    V m = e[0];
#pragma GCC unroll 4
    for (size_t k = 1; k < kVectors; ++k) m = maximum(m, e[k]);
    shift = V(combine_lanes<V, MaximumOf>(m));
    e[0] = exp(e[0] - shift);
    V total = e[0];
#pragma GCC unroll 4
    for (size_t k = 1; k < kVectors; ++k) {
      e[k] = exp(e[k] - shift);
      total = total + e[k];
    }
    sum = V(combine_lanes<V, SumOf>(total));
  }
  TL_LANE void store_probabilities(typename V::T* y, size_t n) const {
#pragma GCC unroll 4
    for (size_t k = 0; k + 1 < kVectors; ++k) (e[k] / sum).store(y + k * V::N);
    (e[kVectors - 1] / sum).store_n(y + (kVectors - 1) * V::N, n - (kVectors - 1) * V::N);
  }
};
// Calls use(row) with the ShortRow type for rows of `cols` elements; false if they are longer than those.
template <class V, class Use>
TL_LANE bool with_short_row(size_t cols, Use use) {
  if (cols == 0 || cols > 4 * V::N) return false;
  switch ((cols - 1) / V::N) {
    case 0: use(static_cast<ShortRow<V, 1>*>(nullptr)); break;
    case 1: use(static_cast<ShortRow<V, 2>*>(nullptr)); break;
    case 2: use(static_cast<ShortRow<V, 3>*>(nullptr)); break;
    default: use(static_cast<ShortRow<V, 4>*>(nullptr)); break;
  }
  return true;
}

// The label's logit, read before the probabilities may overwrite it; NaN where the label is not a class.
template <class V, class Label>
TL_LANE V chosen_logit(const typename V::T* logits, Label label, size_t cols) {
  return label >= 0 && static_cast<size_t>(label) < cols ? V(logits[label]) : not_a_number<V>();
}

// As many rows as there are lanes, and no more columns: a lane each, so that nothing is combined across lanes. The bits are
// those of ShortRow, whose sums these are in the same order.
template <class V>
struct RowsAsLanes {
  using T = typename V::T;
  static constexpr size_t kFewest = V::N / 2;  // rows for which it pays
  alignas(64) T column[V::N * V::N];           // lane r of column c: exponentials, then probabilities
  V shift, sum;

  TL_LANE RowsAsLanes(const T* x, size_t rows, size_t cols) : shift(0), sum(0) {
    if (rows < V::N) {
      for (size_t c = 0; c < cols; ++c) V(0).store(column + c * V::N);
    }
    for (size_t r = 0; r < rows; ++r) {
      for (size_t c = 0; c < cols; ++c) column[c * V::N + r] = x[r * cols + c];
    }
    V most = V::load(column);
    for (size_t c = 1; c < cols; ++c) most = maximum(most, V::load(column + c * V::N));
    shift = most;
    V partial[V::N];
    for (size_t c = 0; c < cols; ++c) {
      partial[c] = exp(V::load(column + c * V::N) - shift);
      partial[c].store(column + c * V::N);
    }
    size_t left = cols;
    for (size_t width = V::N / 2; width >= 1; width /= 2) {
      for (size_t c = 0; c + width < left; ++c) partial[c] = partial[c] + partial[c + width];
      left = left < width ? left : width;
    }
    sum = partial[0];
  }
  TL_LANE void store_probabilities(T* y, size_t rows, size_t cols) {
    for (size_t c = 0; c < cols; ++c) (V::load(column + c * V::N) / sum).store(column + c * V::N);
    for (size_t r = 0; r < rows; ++r) {
      for (size_t c = 0; c < cols; ++c) y[r * cols + c] = column[c * V::N + r];
    }
  }
};
// Rows from `row` on that are computed so; 0 where the others are.
template <class V>
TL_LANE size_t rows_as_lanes(size_t row, size_t rows, size_t cols) {
  const size_t left = rows - row;
  return cols > V::N || left < RowsAsLanes<V>::kFewest ? 0 : left < V::N ? left : V::N;
}

template <class V, class Row>
TL_LANE void softmax_short(const typename V::T* x, typename V::T* y, size_t rows, size_t cols) {
  size_t r = 0;
  for (size_t n; (n = rows_as_lanes<V>(r, rows, cols)) > 0; r += n) {
    RowsAsLanes<V>(x + r * cols, n, cols).store_probabilities(y + r * cols, n, cols);
  }
  for (; r < rows; ++r) Row(x + r * cols, cols).store_probabilities(y + r * cols, cols);
}
template <class V>
void softmax(const typename V::T* x, typename V::T* y, size_t rows, size_t cols) {
  const bool done = with_short_row<V>(
      cols, [&](auto* row) { softmax_short<V, std::remove_pointer_t<decltype(row)>>(x, y, rows, cols); });
  if (done) return;
  for (size_t r = 0; r < rows; ++r, x += cols, y += cols) {
    const V shift(reduce_elements<V, MaximumOf>(x, cols));
    const V factor = V(1) / V(sum_exponentials<V, true>(x, y, cols, shift));
    for (size_t i = 0; i < cols; i += V::N) store_row(load_row<V>(y, i, cols) * factor, y, i, cols);
  }
}

template <class V>
void log_softmax(const typename V::T* x, typename V::T* y, size_t rows, size_t cols) {
  for (size_t r = 0; r < rows; ++r, x += cols, y += cols) {
    const V shift(reduce_elements<V, MaximumOf>(x, cols));
    const V log_sum = log(V(sum_exponentials<V, false>(x, nullptr, cols, shift)));
    for (size_t i = 0; i < cols; i += V::N)
      store_row((load_row<V>(x, i, cols) - shift) - log_sum, y, i, cols);
  }
}

template <class V>
void logsumexp(const typename V::T* x, typename V::T* y, size_t rows, size_t cols) {
  for (size_t r = 0; r < rows; ++r, x += cols) {
    const V shift(reduce_elements<V, MaximumOf>(x, cols));
    // An infinite maximum is the result: subtracting it would make NaN of it.
    if (lanes_of(absolute(shift) == infinity<V>())) {
      y[r] = first_lane(shift);
      continue;
    }
    y[r] = first_lane(shift + log(V(sum_exponentials<V, false>(x, nullptr, cols, shift))));
  }
}

template <class V, class Row, class Label>
TL_LANE void cross_entropy_short(const typename V::T* logits, const Label* labels, typename V::T* loss,
                                 typename V::T* probabilities, size_t rows, size_t cols) {
  size_t r = 0;
  for (size_t n; (n = rows_as_lanes<V>(r, rows, cols)) > 0; r += n) {
    alignas(64) typename V::T chosen[V::N] = {};
    for (size_t k = 0; k < n; ++k)
      chosen[k] = first_lane(chosen_logit<V>(logits + (r + k) * cols, labels[r + k], cols));
    RowsAsLanes<V> block(logits + r * cols, n, cols);
    (log(block.sum) - (V::load(chosen) - block.shift)).store_n(loss + r, n);
    if (probabilities) block.store_probabilities(probabilities + r * cols, n, cols);
  }
  for (; r < rows; ++r) {
    const V chosen = chosen_logit<V>(logits + r * cols, labels[r], cols);
    const Row row(logits + r * cols, cols);
    loss[r] = first_lane(log(row.sum) - (chosen - row.shift));
    if (probabilities) row.store_probabilities(probabilities + r * cols, cols);
  }
}
template <class V, class Label>
void cross_entropy(const typename V::T* logits, const Label* labels, typename V::T* loss,
                   typename V::T* probabilities, size_t rows, size_t cols) {
  const bool done = with_short_row<V>(cols, [&](auto* row) {
    cross_entropy_short<V, std::remove_pointer_t<decltype(row)>>(logits, labels, loss, probabilities, rows,
                                                                 cols);
  });
  if (done) return;
  for (size_t r = 0; r < rows; ++r, logits += cols) {
    const V chosen = chosen_logit<V>(logits, labels[r], cols);
    const V shift(reduce_elements<V, MaximumOf>(logits, cols));
    const V sum(probabilities ? sum_exponentials<V, true>(logits, probabilities, cols, shift)
                              : sum_exponentials<V, false>(logits, nullptr, cols, shift));
    loss[r] = first_lane(log(sum) - (chosen - shift));
    if (probabilities) {
      const V factor = V(1) / sum;
      for (size_t i = 0; i < cols; i += V::N) {
        store_row(load_row<V>(probabilities, i, cols) * factor, probabilities, i, cols);
      }
      probabilities += cols;
    }
  }
}

}  // namespace
}  // namespace TL_VECTOR_NAMESPACE
}  // namespace tl
