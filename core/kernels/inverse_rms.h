// 1 / sqrt(mean(x^2) + epsilon) of one row, for the op and for those who fuse it.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/kernels/vector/table.h"

namespace tl::kernels {

// Of a row whose squares have left the range of T: in units of its largest element. NaN and infinities stay.
template <class T>
T inverse_rms_in_units(const ReductionKernels<T>& k, const T* row, size_t n, double epsilon) {
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

template <class T>
T inverse_rms_of(const ReductionKernels<T>& k, const T* row, size_t n, double epsilon) {
  // Below this the squares of some elements may be subnormal or zero, which shows where epsilon does not hide it.
  constexpr T kLeast = std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon();
  const T added = static_cast<T>(epsilon), mean = k.sum_squares(row, n) / static_cast<T>(n);
  const bool usual = mean <= std::numeric_limits<T>::max() && mean + added >= kLeast;
  return usual ? T{1} / std::sqrt(mean + added) : inverse_rms_in_units(k, row, n, epsilon);
}

}  // namespace tl::kernels
