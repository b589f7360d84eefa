// Products of curvature matrices and vectors, without the matrices: of the Hessian, and of the Gauss-Newton matrix. What a
// second-order optimizer, the analysis of a minimum or an influence function needs.
#pragma once

#include "core/autodiff/function.h"

namespace tl {

enum class HessianWay {
  kForwardOverReverse,  // the tangent of a gradient: about the time of two gradients, and keeps one run
  kReverseOverReverse,  // the gradient of a gradient
};

// The Hessian of the sum of all that f gives, with respect to all of `at` together, times `along`, one direction for each of
// `at`, of its dtype and shape. One tensor for each of `at`, zeros where nothing depends on it. (Pearlmutter 1994.)
std::vector<Tensor> hessian_vector_product(Function f, Span<const GradientSource> at,
                                           Span<const Tensor> along,
                                           HessianWay way = HessianWay::kForwardOverReverse);
std::vector<Tensor> hessian_vector_product(Function f, Span<const Tensor> at, Span<const Tensor> along,
                                           HessianWay way = HessianWay::kForwardOverReverse);

// J^T H J times `along`, where J is the Jacobian of f at `at` and H the Hessian of the sum of what loss gives of the values
// of f. f runs once, with tangents and on a tape; loss once. Where loss is convex the matrix is positive semidefinite, unlike
// the Hessian of the whole. (Schraudolph 2002.)
std::vector<Tensor> gauss_newton_vector_product(Function f, Function loss, Span<const GradientSource> at,
                                                Span<const Tensor> along);

}  // namespace tl
