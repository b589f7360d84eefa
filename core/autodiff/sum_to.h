// sum_to: the inverse of broadcasting, for gradients.
#pragma once

#include "core/tensor/tensor.h"

namespace tl {

// x summed over the axes along which `shape` was broadcast to x's shape; x itself when the shapes are equal.
// In public ops, so it can be differentiated again. x's shape must be one to which `shape` broadcasts.
Tensor sum_to(const Tensor& x, const Shape& shape);

}  // namespace tl
