// Kernels of softmax and of the cross-entropies.
#include <algorithm>

#include "core/kernels/dtypes.h"
#include "core/kernels/label_check.h"
#include "core/kernels/parallel.h"
#include "core/kernels/permute.h"
#include "core/kernels/range_check.h"
#include "core/kernels/vector/table.h"
#include "core/ops/generated/promised.h"

namespace tl::kernels {
namespace {

// f(rows of x, rows of y, count, length) along an axis. Another axis than the last is brought last and back.
template <class Pick>
void along_axis(const KernelArgs& a, int64_t given_axis, Pick pick) {
  const Shape& shape = a[0].shape();
  const int axis = static_cast<int>(given_axis < 0 ? given_axis + shape.rank() : given_axis);
  const int64_t n = shape[axis];
  if (shape.elements() == 0) return;
  const size_t element = size_of(a[0].dtype());
  const bool last = shape.elements(axis + 1, shape.rank()) == 1;
  Tensor x = a[0], y = a.out[0];
  const Shape moved{shape.elements(0, axis), n, shape.elements(axis + 1, shape.rank())};
  const int swap[] = {0, 2, 1};
  if (!last) {
    x = a.context.allocate(x.dtype(), Shape{moved[0], moved[2], n});
    permute(a.context, a[0].raw(), x.mutable_raw(), moved, swap, element);
    y = a.context.allocate(x.dtype(), x.shape());
  }
  with_float(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto f = pick(float_table<T>(vector_table()).row);
    const size_t cols = static_cast<size_t>(n), rows = static_cast<size_t>(x.elements()) / cols;
    const T* from = x.data<T>();
    T* to = y.mutable_data<T>();
    parallel_ranges(a.context, rows, std::max<size_t>(1, kCostlyGrain / cols), [&](size_t begin, size_t end) {
      f(from + begin * cols, to + begin * cols, end - begin, cols);
    });
  });
  if (!last) permute(a.context, y.raw(), a.out[0].mutable_raw(), x.shape(), swap, element);
}

template <class T, class Label>
void cross_entropy(const KernelArgs& a, void (*f)(const T*, const Label*, T*, T*, size_t, size_t)) {
  const int64_t classes = a[1].shape().back();
  const Label* labels = a[0].data<Label>();
  check_classes(a.schema.name, "logits", labels, static_cast<size_t>(a[0].elements()), classes);
  const T* logits = a[1].data<T>();
  T* loss = a.out[0].mutable_data<T>();
  const size_t cols = static_cast<size_t>(classes);
  parallel_ranges(a.context, static_cast<size_t>(a[0].elements()),
                  std::max<size_t>(1, kCostlyGrain / std::max<size_t>(1, cols)),
                  [&](size_t begin, size_t end) {
                    f(logits + begin * cols, labels + begin, loss + begin, nullptr, end - begin, cols);
                  });
}

}  // namespace

void softmax(const KernelArgs& a) {
  along_axis(a, a.as<SoftmaxAttrs>().axis, [](const auto& k) { return k.softmax; });
}

void log_softmax(const KernelArgs& a) {
  along_axis(a, a.as<LogSoftmaxAttrs>().axis, [](const auto& k) { return k.log_softmax; });
}

void sparse_softmax_cross_entropy(const KernelArgs& a) {
  with_float(a[1].dtype(), [&](auto zero) {
    using T = decltype(zero);
    const RowKernels<T>& k = float_table<T>(vector_table()).row;
    if (a[0].dtype() == DType::kI32)
      cross_entropy<T, int32_t>(a, k.cross_entropy_i32);
    else
      cross_entropy<T, int64_t>(a, k.cross_entropy_i64);
  });
}

void sigmoid_cross_entropy(const KernelArgs& a) {
  with_float(a[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto f = float_table<T>(vector_table()).arithmetic.sigmoid_cross_entropy;
    const T *z = a[0].data<T>(), *x = a[1].data<T>();
    T* y = a.out[0].mutable_data<T>();
    const size_t n = static_cast<size_t>(a.out[0].elements());
    FirstPosition bad(n);
    parallel_ranges(a.context, n, kCostlyGrain, [&](size_t begin, size_t end) {
      // By blocks that stay in the nearest memory, since the labels are read three times.
      for (constexpr size_t kBlock = 2048; begin < end; begin += kBlock) {
        const size_t count = std::min(kBlock, end - begin);
        const size_t at = first_outside(z + begin, count, -kProbabilitySlack, 1 + kProbabilitySlack,
                                        /*nan_passes=*/false);
        if (at < count) return bad.report(begin + at);
        f(z + begin, x + begin, y + begin, count);
      }
    });
    if (bad.get() < n)
      invalid("[sigmoid_cross_entropy] a label must be in [0, 1]: got ", z[bad.get()], " at position ",
              bad.get(), "; labels are probabilities, predictions come second");
  });
}

}  // namespace tl::kernels
