// Kernels that look at labels: whether predictions agree with them, and whether they lie in a range.
#include <algorithm>
#include <limits>
#include <type_traits>

#include "core/kernels/dtypes.h"
#include "core/kernels/label_check.h"
#include "core/kernels/parallel.h"
#include "core/kernels/range_check.h"
#include "core/kernels/vector/table.h"
#include "core/ops/generated/promised.h"

namespace tl::kernels {
namespace {

template <class T, class Label>
void correct_classes(const KernelArgs& a) {
  const Label* labels = a[0].data<Label>();
  const int64_t classes = a[1].shape().back();
  const size_t rows = static_cast<size_t>(a[0].elements()), cols = static_cast<size_t>(classes);
  check_classes(a.schema.name, "predictions", labels, rows, classes);
  const T* x = a[1].data<T>();
  uint8_t* y = a.out[0].mutable_data<uint8_t>();
  const auto argmax = float_table<T>(vector_table()).reduction.argmax;
  parallel_ranges(a.context, rows, std::max<size_t>(1, kCheapGrain / cols), [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; r++) y[r] = is_correct_class(argmax, x + r * cols, cols, labels[r]);
  });
}

// Bytes 0 and 1.
template <class Label>
void equal_to(const Label* x, Label value, uint8_t* y, size_t n) {
  if constexpr (std::is_floating_point_v<Label>) {
    float_table<Label>(vector_table()).arithmetic.equal.vector_scalar(x, value, y, n);
  } else {
    for (size_t i = 0; i < n; i++) y[i] = x[i] == value;
  }
}

// False when a label is neither 0 nor 1.
template <class T, class Label>
bool correct_sides(const T* x, T threshold, const Label* labels, uint8_t* y, size_t n) {
  constexpr size_t kBlock = 1024;
  const auto& k = float_table<T>(vector_table()).arithmetic;
  uint8_t zero[kBlock], one[kBlock], above[kBlock], number[kBlock], all = 1;
  for (size_t begin = 0; begin < n; begin += kBlock) {
    const size_t count = std::min(kBlock, n - begin);
    equal_to(labels + begin, Label{0}, zero, count);
    equal_to(labels + begin, Label{1}, one, count);
    k.greater.vector_scalar(x + begin, threshold, above, count);
    k.equal.vector_vector(x + begin, x + begin, number, count);
    for (size_t i = 0; i < count; i++) {
      all &= zero[i] | one[i];
      y[begin + i] = (above[i] ^ zero[i]) & number[i];
    }
  }
  return all;
}

template <class T, class Label>
void correct_sides(const KernelArgs& a) {
  const Label* labels = a[0].data<Label>();
  const T *x = a[1].data<T>(), threshold = static_cast<T>(a.as<CorrectSideAttrs>().threshold);
  uint8_t* y = a.out[0].mutable_data<uint8_t>();
  const size_t n = static_cast<size_t>(a[1].elements());
  FirstPosition bad(n);
  parallel_ranges(a.context, n, kCheapGrain, [&](size_t begin, size_t end) {
    if (correct_sides(x + begin, threshold, labels + begin, y + begin, end - begin)) return;
    size_t i = begin;
    while (labels[i] == Label{0} || labels[i] == Label{1}) i++;
    bad.report(i);
  });
  if (bad.get() < n)
    invalid("[correct_side] a label must be 0 or 1: got ", labels[bad.get()], " at position ", bad.get(),
            "; only losses take smoothed labels");
}

}  // namespace

void correct_class(const KernelArgs& a) {
  with_float(a[1].dtype(), [&](auto zero) {
    using T = decltype(zero);
    if (a[0].dtype() == DType::kI32)
      correct_classes<T, int32_t>(a);
    else
      correct_classes<T, int64_t>(a);
  });
}

void correct_side(const KernelArgs& a) {
  with_float(a[1].dtype(), [&](auto zero) {
    using T = decltype(zero);
    with_any(a[0].dtype(), [&](auto label) { correct_sides<T, decltype(label)>(a); });
  });
}

void check_range(const KernelArgs& a) {
  const auto& attrs = a.as<CheckRangeAttrs>();
  with_any(a[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* x = a[0].data<T>();
    const size_t n = static_cast<size_t>(a[0].elements());
    FirstPosition bad(n);
    parallel_ranges(a.context, n, kCheapGrain, [&](size_t begin, size_t end) {
      const size_t at = begin + first_outside(x + begin, end - begin, attrs.low, attrs.high, attrs.nan);
      if (at < end) bad.report(at);
    });
    if (bad.get() < n)
      invalid("[check_range] each element must be in [", attrs.low, ", ", attrs.high, "]: got ", x[bad.get()],
              " at position ", bad.get(), "; clip them, or look for what made it");
  });
  if (!a.out[0]) a.out[0] = a[0].view(a[0].shape());
}

void check_finite(const KernelArgs& a) {
  with_float(a[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* x = a[0].data<T>();
    const size_t n = static_cast<size_t>(a[0].elements());
    FirstPosition bad(n);
    parallel_ranges(a.context, n, kCheapGrain, [&](size_t begin, size_t end) {
      const double most = std::numeric_limits<T>::max();
      const size_t at = begin + first_outside(x + begin, end - begin, -most, most, /*nan_passes=*/false);
      if (at < end) bad.report(at);
    });
    if (bad.get() < n)
      fail(Code::kNonFinite, "[check_finite] each element must be finite: got ", x[bad.get()],
           " at position ", bad.get(), "; scale what it is computed of, or look for the op that made it");
  });
  if (!a.out[0]) a.out[0] = a[0].view(a[0].shape());
}

}  // namespace tl::kernels
