// Tensors of rank 0 with a number of the host: what optimizers and schedules keep in variables and compute themselves.
#pragma once

#include "core/tensor/context.h"
#include "core/tensor/tensor.h"

namespace tl::optim {

inline Tensor scalar_of(Context& context, int64_t value) {
  Tensor t = context.allocate(DType::kI64, Shape{});
  t.mutable_data<int64_t>()[0] = value;
  return t;
}

inline Tensor scalar_of(Context& context, double value) {
  Tensor t = context.allocate(DType::kF64, Shape{});
  t.mutable_data<double>()[0] = value;
  return t;
}

}  // namespace tl::optim
