// Weights of samples, for losses and metrics: how they line up with the values that they weigh.
#pragma once

#include "core/tensor/tensor.h"

namespace tl::nn {

// The weights with the rank and dtype of the values, ready to be multiplied. Weights stand for the leading axes: each of
// their sizes is that of the values or 1, and axes that they lack are axes of size 1 behind; a last axis of size 1 too
// many is dropped. Rank 0 weighs everything alike. (NumPy would line up (batch) with the last axis, which is wrong for
// samples.) Any dtype; bool weights are masks. Throws kInvalidArgument where they do not fit; `op` names the caller.
Tensor aligned_weights(const char* op, const Tensor& weights, const Tensor& values);
// The same in another dtype than that of the values.
Tensor aligned_weights(const char* op, const Tensor& weights, const Tensor& values, DType dtype);

}  // namespace tl::nn
