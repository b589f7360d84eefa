// Kernels of reductions over any axes, and of running sums.
//
// Axes are merged into groups that are reduced and groups that stay. sum, prod, max and min reduce one group after the
// other, the last one first: as rows when it is the last group, else as columns. The others bring their axes last. Long
// sums are cut into chunks whose size follows from the shape alone and whose results are combined in a fixed order, so
// that bits do not depend on the number of threads.
#include <algorithm>
#include <limits>

#include "core/kernels/dtypes.h"
#include "core/kernels/integer_loops.h"
#include "core/kernels/parallel.h"
#include "core/kernels/permute.h"
#include "core/kernels/vector/table.h"
#include "core/ops/generated/promised.h"

namespace tl::kernels {
namespace {

// How the axes of a reduction lie: x is (outer, reduced, inner) with `inner` kept.
struct Layout {
  bool regular = false;  // false: the axes alternate more often than that
  int64_t outer = 1, reduced = 1, inner = 1;
};

uint32_t mask_of(const IntList& axes, int rank) {
  if (axes.empty()) return (1u << rank) - 1;
  uint32_t mask = 0;
  for (int64_t axis : axes) mask |= 1u << (axis < 0 ? axis + rank : axis);
  return mask;
}

Layout layout_of(const Shape& shape, uint32_t mask) {
  Layout l;
  int stage = 0;  // 0: kept axes in front, 1: reduced ones, 2: kept ones behind
  for (int i = 0; i < shape.rank(); i++) {
    if (shape[i] == 1) continue;
    const bool reduced = mask >> i & 1;
    if (reduced && stage == 2) return l;
    if (reduced) stage = 1;
    if (!reduced && stage == 1) stage = 2;
    (reduced ? l.reduced : stage == 2 ? l.inner : l.outer) *= shape[i];
  }
  l.regular = true;
  return l;
}

// x with the kept axes first and the reduced ones last, in order.
Tensor permuted_to_rows(const KernelArgs& a, uint32_t mask, Layout* layout) {
  const Shape& shape = a[0].shape();
  int permutation[kMaxRank], n = 0;
  *layout = Layout{true, 1, 1, 1};
  for (int pass = 0; pass < 2; pass++)
    for (int i = 0; i < shape.rank(); i++)
      if ((mask >> i & 1) == static_cast<uint32_t>(pass)) {
        permutation[n++] = i;
        (pass ? layout->reduced : layout->outer) *= shape[i];
      }
  Tensor rows = a.context.allocate(a[0].dtype(), Shape{layout->outer, layout->reduced});
  permute(a.context, a[0].raw(), rows.mutable_raw(), shape, permutation, size_of(a[0].dtype()));
  return rows;
}

template <class T>
struct FloatReduction {
  T (*run)(const T*, size_t);
  T (*combine)(const T*, size_t);
  typename ReductionKernels<T>::Columns columns;
};

// One long run: chunks on the threads, combined as the vector kernel itself combines them.
template <class T>
T reduce_run(Context& context, const FloatReduction<T>& f, const T* x, size_t n) {
  if (n <= kCheapGrain || context.threads() == 1) return f.run(x, n);
  const size_t chunks = (n + kReductionChunk - 1) / kReductionChunk;
  Tensor partial = context.allocate(DTypeOf<T>::value, Shape{static_cast<int64_t>(chunks)});
  T* p = partial.mutable_data<T>();
  parallel_ranges(context, chunks, kCheapGrain / kReductionChunk, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++)
      p[i] = f.run(x + i * kReductionChunk, std::min(kReductionChunk, n - i * kReductionChunk));
  });
  return f.combine(p, chunks);
}

// out[c] = f over rows of x[r][c], contiguous. So few columns leave most lanes of a vector idle: sixteen rows count as one
// of sixteen times the columns first.
constexpr size_t kNarrow = 32, kFold = 16;

template <class T>
void reduce_narrow(const FloatReduction<T>& f, const T* x, size_t rows, size_t cols, T* y) {
  const size_t folded = rows / kFold;
  if (folded < 4) return f.columns(x, rows, cols, cols, y, /*accumulate=*/false);
  T partial[kNarrow * kFold];
  f.columns(x, folded, kFold * cols, kFold * cols, partial, /*accumulate=*/false);
  f.columns(partial, kFold, cols, cols, y, /*accumulate=*/false);
  f.columns(x + folded * kFold * cols, rows - folded * kFold, cols, cols, y, /*accumulate=*/true);
}

// The same for columns that are too few to share and too long for one thread: blocks of rows, then their results.
template <class T>
void reduce_long_narrow(Context& context, const FloatReduction<T>& f, const T* x, size_t rows, size_t cols,
                        T* y) {
  const size_t block = std::max<size_t>(kFold, kCheapGrain / cols), blocks = (rows + block - 1) / block;
  if (blocks <= 1) return reduce_narrow(f, x, rows, cols, y);
  Tensor partial =
      context.allocate(DTypeOf<T>::value, Shape{static_cast<int64_t>(blocks), static_cast<int64_t>(cols)});
  T* p = partial.mutable_data<T>();
  parallel_ranges(context, blocks, 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++)
      reduce_narrow(f, x + i * block * cols, std::min(block, rows - i * block), cols, p + i * cols);
  });
  f.columns(p, blocks, cols, cols, y, /*accumulate=*/false);
}

template <class T>
void reduce_columns(Context& context, const FloatReduction<T>& f, const T* x, size_t outer, size_t rows,
                    size_t cols, T* y) {
  if (cols <= kNarrow) {
    if (outer == 1) return reduce_long_narrow(context, f, x, rows, cols, y);
    parallel_ranges(context, outer, std::max<size_t>(1, kCheapGrain / std::max<size_t>(1, rows * cols)),
                    [&](size_t begin, size_t end) {
                      for (size_t o = begin; o < end; o++)
                        reduce_narrow(f, x + o * rows * cols, rows, cols, y + o * cols);
                    });
    return;
  }
  // A column's bits do not depend on the band of columns that it lies in, and one thread needs no bands.
  const size_t band =
      context.threads() == 1 ? cols : std::max<size_t>(256, kCheapGrain / std::max<size_t>(1, rows));
  const size_t bands = (cols + band - 1) / band;
  parallel_ranges(context, outer * bands,
                  std::max<size_t>(1, kCheapGrain / std::max<size_t>(1, rows * std::min(cols, band))),
                  [&](size_t begin, size_t end) {
                    for (size_t i = begin; i < end; i++) {
                      const size_t o = i / bands, c = i % bands * band;
                      f.columns(x + o * rows * cols + c, rows, std::min(band, cols - c), cols,
                                y + o * cols + c,
                                /*accumulate=*/false);
                    }
                  });
}

template <class T>
void reduce_float(Context& context, const FloatReduction<T>& f, const T* x, const Layout& l, T* y) {
  const size_t outer = static_cast<size_t>(l.outer), reduced = static_cast<size_t>(l.reduced),
               inner = static_cast<size_t>(l.inner);
  if (outer * inner == 0) return;
  if (inner > 1) return reduce_columns(context, f, x, outer, reduced, inner, y);
  if (outer == 1) {
    *y = reduce_run(context, f, x, reduced);
    return;
  }
  parallel_ranges(context, outer, std::max<size_t>(1, kCheapGrain / std::max<size_t>(1, reduced)),
                  [&](size_t begin, size_t end) {
                    for (size_t r = begin; r < end; r++) y[r] = f.run(x + r * reduced, reduced);
                  });
}

template <class T, class F>
void reduce_integer(Context& context, const T* x, const Layout& l, T* y, T start, F f) {
  const size_t reduced = static_cast<size_t>(l.reduced), inner = static_cast<size_t>(l.inner);
  const size_t grain = std::max<size_t>(1, kCheapGrain / std::max<size_t>(1, reduced * inner));
  parallel_ranges(context, static_cast<size_t>(l.outer), grain, [=](size_t begin, size_t end) {
    for (size_t o = begin; o < end; o++) {
      const T* from = x + o * reduced * inner;
      T* to = y + o * inner;
      if (inner == 1) {
        T total = start;
        for (size_t r = 0; r < reduced; r++) total = f(total, from[r]);
        *to = total;
        continue;
      }
      std::fill_n(to, inner, start);
      for (size_t r = 0; r < reduced; r++)
        for (size_t i = 0; i < inner; i++) to[i] = f(to[i], from[r * inner + i]);
    }
  });
}

// The last group of reduced axes, with everything in front of it as `outer`; removes it from the mask.
Layout last_group(const Shape& shape, uint32_t* mask) {
  Layout l{true, 1, 1, 1};
  int i = shape.rank() - 1;
  auto reduced = [&] { return (*mask >> i & 1) != 0; };
  for (; i >= 0 && (!reduced() || shape[i] == 1); i--) l.inner *= shape[i];
  for (; i >= 0 && (reduced() || shape[i] == 1); i--) {
    l.reduced *= shape[i];
    *mask &= ~(1u << i);
  }
  l.outer = shape.elements(0, i + 1);
  return l;
}

// pick(table) gives the vector kernels; integer(a, b) combines two integers, from start(type) on.
template <class Pick, class Start, class Integer>
void reduce(const KernelArgs& a, const IntList& axes, Pick pick, Start start, Integer integer) {
  uint32_t mask = mask_of(axes, a[0].rank());
  with_any(a[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    auto once = [&](const Tensor& x, const Layout& l, const Tensor& y) {
      if constexpr (std::is_floating_point_v<T>)
        reduce_float<T>(a.context, pick(float_table<T>(vector_table()).reduction), x.data<T>(), l,
                        y.mutable_data<T>());
      else
        reduce_integer<T>(a.context, x.data<T>(), l, y.mutable_data<T>(), start(zero), integer);
    };
    Layout l = layout_of(a[0].shape(), mask);
    if (l.regular) return once(a[0], l, a.out[0]);
    // Groups alternate: what is left after the last one is a tensor of the same axes, where those have size 1.
    Shape shape = a[0].shape();
    Tensor x = a[0];
    while (!(l = layout_of(shape, mask)).regular) {
      const uint32_t before = mask;
      const Layout group = last_group(shape, &mask);
      for (int i = 0; i < shape.rank(); i++)
        if ((before & ~mask) >> i & 1) shape[i] = 1;
      const Tensor y = a.context.allocate(x.dtype(), shape);
      once(x, group, y);
      x = y;
    }
    once(x, l, a.out[0]);
  });
}

template <class T>
FloatReduction<T> sum_of(const ReductionKernels<T>& k) {
  return {k.sum, k.combine_sum, k.sum_columns};
}

// Index of the chosen element of each row; rows are made contiguous first.
template <class Pick, class Better>
void arg_reduce(const KernelArgs& a, const IntList& axes, Pick pick, Better better) {
  const uint32_t mask = mask_of(axes, a[0].rank());
  Layout l = layout_of(a[0].shape(), mask);
  const Tensor x = l.regular && l.inner == 1 ? a[0] : permuted_to_rows(a, mask, &l);
  int64_t* y = a.out[0].mutable_data<int64_t>();
  with_any(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* p = x.data<T>();
    const size_t n = static_cast<size_t>(l.reduced);
    parallel_ranges(a.context, static_cast<size_t>(l.outer),
                    std::max<size_t>(1, kCheapGrain / std::max<size_t>(1, n)), [&](size_t begin, size_t end) {
                      for (size_t r = begin; r < end; r++) {
                        const T* row = p + r * n;
                        if constexpr (std::is_floating_point_v<T>) {
                          y[r] = static_cast<int64_t>(pick(float_table<T>(vector_table()).reduction)(row, n));
                        } else {
                          size_t best = 0;
                          for (size_t i = 1; i < n; i++)
                            if (better(row[i], row[best])) best = i;
                          y[r] = static_cast<int64_t>(best);
                        }
                      }
                    });
  });
}

}  // namespace

void sum(const KernelArgs& a) {
  reduce(
      a, a.as<SumAttrs>().axes, [](const auto& k) { return sum_of(k); }, [](auto zero) { return zero; },
      [](auto x, auto y) { return wrapped_add(x, y); });
}

void prod(const KernelArgs& a) {
  reduce(
      a, a.as<ProdAttrs>().axes,
      [](const auto& k) {
        return FloatReduction<decltype(k.product(nullptr, 0))>{k.product, k.combine_product,
                                                               k.product_columns};
      },
      [](auto zero) { return static_cast<decltype(zero)>(1); },
      [](auto x, auto y) { return wrapped_mul(x, y); });
}

void max(const KernelArgs& a) {
  reduce(
      a, a.as<MaxAttrs>().axes,
      [](const auto& k) {
        return FloatReduction<decltype(k.maximum(nullptr, 0))>{k.maximum, k.combine_maximum,
                                                               k.maximum_columns};
      },
      [](auto zero) { return std::numeric_limits<decltype(zero)>::lowest(); },
      [](auto x, auto y) { return x > y ? x : y; });
}

void min(const KernelArgs& a) {
  reduce(
      a, a.as<MinAttrs>().axes,
      [](const auto& k) {
        return FloatReduction<decltype(k.minimum(nullptr, 0))>{k.minimum, k.combine_minimum,
                                                               k.minimum_columns};
      },
      [](auto zero) { return std::numeric_limits<decltype(zero)>::max(); },
      [](auto x, auto y) { return x < y ? x : y; });
}

void argmax(const KernelArgs& a) {
  arg_reduce(
      a, a.as<ArgmaxAttrs>().axes, [](const auto& k) { return k.argmax; },
      [](auto x, auto y) { return x > y; });
}

void argmin(const KernelArgs& a) {
  arg_reduce(
      a, a.as<ArgminAttrs>().axes, [](const auto& k) { return k.argmin; },
      [](auto x, auto y) { return x < y; });
}

void logsumexp(const KernelArgs& a) {
  const uint32_t mask = mask_of(a.as<LogsumexpAttrs>().axes, a[0].rank());
  Layout l = layout_of(a[0].shape(), mask);
  const Tensor x = l.regular && l.inner == 1 ? a[0] : permuted_to_rows(a, mask, &l);
  with_float(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* p = x.data<T>();
    T* y = a.out[0].mutable_data<T>();
    const size_t n = static_cast<size_t>(l.reduced);
    if (n == 0) return void(std::fill_n(y, l.outer, -std::numeric_limits<T>::infinity()));
    parallel_ranges(a.context, static_cast<size_t>(l.outer), std::max<size_t>(1, kCostlyGrain / n),
                    [&](size_t begin, size_t end) {
                      float_table<T>(vector_table()).row.logsumexp(p + begin * n, y + begin, end - begin, n);
                    });
  });
}

void cumsum(const KernelArgs& a) {
  const auto& attrs = a.as<CumsumAttrs>();
  const Shape& shape = a[0].shape();
  const int axis = static_cast<int>(attrs.axis < 0 ? attrs.axis + shape.rank() : attrs.axis);
  const int64_t n = shape[axis], inner = shape.elements(axis + 1, shape.rank());
  const bool exclusive = attrs.exclusive, reverse = attrs.reverse;
  if (a[0].elements() == 0) return;
  with_any(a[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    auto plus = [](T p, T q) {
      if constexpr (std::is_integral_v<T>)
        return wrapped_add(p, q);
      else
        return p + q;
    };
    const T* all_x = a[0].data<T>();
    T* all_y = a.out[0].mutable_data<T>();
    const size_t grain = std::max<size_t>(1, kCheapGrain / static_cast<size_t>(n * inner));
    parallel_ranges(
        a.context, static_cast<size_t>(shape.elements(0, axis)), grain, [=](size_t begin, size_t end) {
          for (size_t o = begin; o < end; o++) {
            const T* x = all_x + static_cast<int64_t>(o) * n * inner;
            T* y = all_y + static_cast<int64_t>(o) * n * inner;
            if (inner == 1) {
              T total{0};
              for (int64_t k = 0; k < n; k++) {
                const int64_t at = reverse ? n - 1 - k : k;
                const T next = plus(total, x[at]);
                y[at] = exclusive ? total : next;
                total = next;
              }
              continue;
            }
            // Rows of the output follow from the row before, so that memory is walked in order.
            for (int64_t k = 0; k < n; k++) {
              const int64_t at = (reverse ? n - 1 - k : k) * inner, before = at + (reverse ? inner : -inner);
              if (k == 0) {
                for (int64_t i = 0; i < inner; i++) y[at + i] = exclusive ? T{0} : plus(T{0}, x[at + i]);
              } else {
                const T* add = x + (exclusive ? before : at);
                for (int64_t i = 0; i < inner; i++) y[at + i] = plus(y[before + i], add[i]);
              }
            }
          }
        });
  });
}

}  // namespace tl::kernels
