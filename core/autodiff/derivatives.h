// Jacobians of functions. Hessian-vector products are in curvature.h, runs that are kept in pullback.h.
#pragma once

#include "core/autodiff/function.h"

namespace tl {

enum class JacobianWay {
  kByShape,  // forward where x has fewer elements than y, else reverse
  kForward,  // one run of f with tangents for each element of x
  kReverse,  // one run of f, and a backward walk for each element of y
};

// The derivative of each element of y = f(x) by each element of x: shape y.shape + x.shape, which must have at most 8 axes.
Tensor jacobian(FunctionRef<Tensor(const Tensor&)> f, const Tensor& x,
                JacobianWay way = JacobianWay::kByShape);

}  // namespace tl
