// The only element of a tensor as a double, as the host reads it.
#pragma once

#include <cmath>

#include "core/tensor/tensor.h"

namespace tl {

inline double item_as_double(DType dtype, const std::byte* element) {
  switch (dtype) {
    case DType::kF32: return *reinterpret_cast<const float*>(element);
    case DType::kF64: return *reinterpret_cast<const double*>(element);
    case DType::kI32: return *reinterpret_cast<const int32_t*>(element);
    case DType::kI64: return static_cast<double>(*reinterpret_cast<const int64_t*>(element));
    case DType::kU8:
    case DType::kBool: return *reinterpret_cast<const uint8_t*>(element);
  }
  return NAN;
}
inline double item_as_double(const Tensor& t) { return item_as_double(t.dtype(), t.raw()); }

}  // namespace tl
