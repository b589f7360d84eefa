// From a dtype to the C++ type of its elements. A bool element is handled as the uint8_t that it is stored as.
#pragma once

#include <cstdint>

#include "core/base/error.h"
#include "core/tensor/dtype.h"

namespace tl::kernels {

// f(T{}) with T = float or double.
template <class F>
void with_float(DType dtype, F&& f) {
  if (dtype == DType::kF32) return f(float{});
  if (dtype == DType::kF64) return f(double{});
  fail(Code::kInternal, "a kernel for floating point was called with ", dtype);
}

// f(T{}) with T = int32_t, int64_t or uint8_t (u8 and bool).
template <class F>
void with_integer(DType dtype, F&& f) {
  switch (dtype) {
    case DType::kI32: return f(int32_t{});
    case DType::kI64: return f(int64_t{});
    case DType::kU8:
    case DType::kBool: return f(uint8_t{});
    default: fail(Code::kInternal, "a kernel for integers was called with ", dtype);
  }
}

template <class F>
void with_any(DType dtype, F&& f) {
  if (is_floating(dtype)) return with_float(dtype, f);
  with_integer(dtype, f);
}

}  // namespace tl::kernels
