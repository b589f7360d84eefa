// Kernels of normalisation.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/kernels/dtypes.h"
#include "core/kernels/parallel.h"
#include "core/kernels/vector/table.h"
#include "core/ops/generated/promised.h"

namespace tl::kernels {
namespace {

// Of a row whose squares have left the range of T: in units of its largest element. NaN and infinities stay.
template <class T>
T inverse_rms_in_units(const T* row, size_t n, double epsilon) {
  const ReductionKernels<T>& k = float_table<T>(vector_table()).reduction;
  const double largest = static_cast<double>(std::max(k.maximum(row, n), -k.minimum(row, n)));
  const double unit = largest > 0 && largest <= std::numeric_limits<double>::max() ? largest : 1.0;
  double squares = 0;
  for (size_t i = 0; i < n; i++) {
    const double v = static_cast<double>(row[i]) / unit;
    squares += v * v;
  }
  return static_cast<T>(1.0 /
                        std::hypot(unit * std::sqrt(squares / static_cast<double>(n)), std::sqrt(epsilon)));
}

}  // namespace

void inverse_rms(const KernelArgs& a) {
  const double epsilon = a.as<InverseRmsAttrs>().epsilon;
  with_float(a[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    // Below this the squares of some elements may be subnormal or zero, which shows where epsilon does not hide it.
    constexpr T kLeast = std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon();
    const auto sum_squares = float_table<T>(vector_table()).reduction.sum_squares;
    const T* x = a[0].data<T>();
    T* y = a.out[0].mutable_data<T>();
    const size_t cols = static_cast<size_t>(a[0].shape().back());
    const T count = static_cast<T>(cols), added = static_cast<T>(epsilon);
    parallel_ranges(a.context, static_cast<size_t>(a.out[0].elements()),
                    std::max<size_t>(1, kCheapGrain / cols), [&](size_t begin, size_t end) {
                      for (size_t r = begin; r < end; r++) {
                        const T* row = x + r * cols;
                        const T mean = sum_squares(row, cols) / count;
                        const bool usual = mean <= std::numeric_limits<T>::max() && mean + added >= kLeast;
                        y[r] =
                            usual ? T{1} / std::sqrt(mean + added) : inverse_rms_in_units(row, cols, epsilon);
                      }
                    });
  });
}

}  // namespace tl::kernels
