// The conversion of one element from a dtype to another, and of a run of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "core/kernels/integer_loops.h"

namespace tl::kernels {

// Floating point to integer: toward zero, saturating, NaN to 0.
template <class To, class From>
To convert(From x) {
  if constexpr (std::is_same_v<To, bool>) {
    return x != From{0};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    if (x != x) return 0;
    // max() + 1 is a power of two, so that it is exact in every floating-point type.
    constexpr From above = static_cast<From>(std::numeric_limits<To>::max() / 2 + 1) * From{2};
    if (x >= above) return std::numeric_limits<To>::max();
    if (x <= static_cast<From>(std::numeric_limits<To>::lowest())) return std::numeric_limits<To>::lowest();
    return static_cast<To>(x);
  } else {
    return static_cast<To>(x);
  }
}

// To = bool stores the bytes 0 and 1.
template <class To, class From>
void convert_run(const From* x, std::conditional_t<std::is_same_v<To, bool>, uint8_t, To>* y, size_t n) {
  using Stored = std::conditional_t<std::is_same_v<To, bool>, uint8_t, To>;
  assign_each(
      y, n, [](From v) { return static_cast<Stored>(convert<To>(v)); }, x);
}

}  // namespace tl::kernels
