// Element-wise loops over integers and bools, by xtensor: contiguous, without aliasing between different arrays, nothing
// lazy leaves the function. Floating point goes to core/kernels/vector instead.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <xtensor/xadapt.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xnoalias.hpp>

namespace tl::kernels {

// y[i] = f(x[i]...). An input may be y itself.
template <class R, class F, class... X>
void assign_each(R* y, size_t n, F f, const X*... x) {
  const std::array<size_t, 1> shape{n};
  auto out = xt::adapt(y, n, xt::no_ownership(), shape);
  xt::noalias(out) = xt::make_lambda_xfunction(std::move(f), xt::adapt(x, n, xt::no_ownership(), shape)...);
}

// Signed arithmetic wraps around instead of being undefined.
template <class T>
T wrapped_add(T a, T b) {
  using U = std::make_unsigned_t<T>;
  return static_cast<T>(static_cast<U>(static_cast<U>(a) + static_cast<U>(b)));
}
template <class T>
T wrapped_sub(T a, T b) {
  using U = std::make_unsigned_t<T>;
  return static_cast<T>(static_cast<U>(static_cast<U>(a) - static_cast<U>(b)));
}
template <class T>
T wrapped_mul(T a, T b) {
  // Through 64 bits: the product of two uint16_t or uint8_t would be promoted to a signed int.
  return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

}  // namespace tl::kernels
