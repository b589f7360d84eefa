// Constants for gradient rules.
#pragma once

#include "core/ops/generated/functions.h"

namespace tl::rules {

// A number as a tensor of rank 0, for the ops that take a second tensor where others take a number (select, greater).
// It broadcasts, so a rule never fills a tensor of full size for it.
inline Tensor constant(const Tensor& like, double value) {
  return full(like.context(), IntList{}, value, like.dtype());
}

// Zeros of full size: for a gradient that exists and is zero, which is not the same as none.
inline Tensor zeros_like(const Tensor& x) { return full(x.context(), x.shape(), 0.0, x.dtype()); }

}  // namespace tl::rules
