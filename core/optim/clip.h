// Clipping of gradients: by value, by the norm of each, by that of the weights, by the norm of all together. Written in ops, so gradients flow
// through them. With numbers as bounds the op clip() of the table is faster than clip_by_value().
#pragma once

#include <vector>

#include "core/base/span.h"
#include "core/tensor/context.h"
#include "core/tensor/shape.h"

namespace tl::optim {

// Elements below `low` become that, elements above `high` that, others stay, NaN too. The bounds have the dtype of x (any
// number) and broadcast to its shape, which they must not enlarge. Where they cross, low wins, as in TensorFlow. The gradient
// goes to the element, or to the bound that has replaced it. Rows of a gradient (core/optim/row_update.h) are clipped like
// any tensor: the rows that are not there stay zero.
Tensor clip_by_value(const Tensor& x, const Tensor& low, const Tensor& high);

// x scaled so that its Euclidean norm is at most max_norm, which is finite and above 0: x max_norm / max(norm, max_norm).
// With axes, the norm over those axes of each remaining index. x of a smaller norm comes out bit for bit as it is; where
// the norm is 0 the result is 0 and the gradient 1. An infinite element makes the finite ones 0 and itself NaN; a NaN
// makes all NaN. Elements may be of any size: their squares need not be in the range of the dtype. Floating point only.
Tensor clip_by_norm(const Tensor& x, double max_norm, const IntList& axes = IntList{});

// Adaptive gradient clipping (Brock et al. 2021, "High-performance large-scale image recognition without normalization"): of what
// reaches each output, a gradient with a norm above factor max(norm of the weights, epsilon) is scaled to that; one below comes out bit
// for bit as it is. The norms are Euclidean, over all axes but the last (of kernels (inputs, outputs) and (height, width, inputs,
// outputs)), over all where one axis at most is longer than 1 (biases, scales). For rank 3 the authors' code takes the first
// axis alone. Computed in f64, for elements of any size. The shapes are equal, or `gradient` holds fewer or more rows of the first axis:
// those of a row-sparse one, whose other rows are zero. Both finite and above 0; 0.01 and 0.001 are the paper's. A gradient with
// NaN makes its output's NaN, one that is infinite the finite ones 0 and itself NaN.
Tensor clip_adaptive(const Tensor& gradient, const Tensor& weights, double factor, double epsilon);

// What a norm that is not finite does.
enum class NonFinite : int32_t {
  kError = 0,      // throws kNonFinite with the norm
  kPropagate = 1,  // every clipped gradient is NaN, as in TensorFlow
};

struct ClippedGradients {
  std::vector<Tensor> gradients;  // null where null went in
  Tensor norm;                    // before clipping, rank 0, f64; 0 for no gradient
};

// All gradients scaled by one factor, so that the norm of all their elements together is at most max_norm (finite, above
// 0). Null entries pass through. Gradients are f32 or f64, also mixed, with elements of any size: only a norm that f64
// cannot hold is infinite. When the norm is at most max_norm, the gradients come out bit for bit as they are. kError looks
// at the norm on the host; kPropagate does not, and pays for elements of any size with more passes over the gradients; inside vmap only kPropagate works.
ClippedGradients clip_by_global_norm(Context& context, Span<const Tensor> gradients, double max_norm,
                                     NonFinite non_finite = NonFinite::kError);

// The norm alone, as kError computes it, without an error for its value.
Tensor global_norm(Context& context, Span<const Tensor> gradients);

}  // namespace tl::optim
