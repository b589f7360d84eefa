// Derivatives of functions: what tapes and forward mode give together.
//
// A function takes tensors and is written in ops. It is called with the very tensors of `at`, once or more often, and must
// compute the same each time. Recorders that are open outside see all of it, so that these derivatives have derivatives.
#pragma once

#include <memory>
#include <vector>

#include "core/autodiff/tape.h"
#include "core/base/function_ref.h"

namespace tl {

using Function = FunctionRef<std::vector<Tensor>(Span<const Tensor>)>;

enum class HessianWay {
  kForwardOverReverse,  // the tangent of a gradient: about the time of two gradients, and keeps one run
  kReverseOverReverse,  // the gradient of a gradient
};

// The Hessian of the sum of all that f gives, with respect to all of `at` together, times `along`: one tensor for each of
// `at`, of its shape.
std::vector<Tensor> hessian_vector_product(Function f, Span<const Tensor> at, Span<const Tensor> along,
                                           HessianWay way = HessianWay::kForwardOverReverse);

enum class JacobianWay {
  kByShape,  // forward where x has fewer elements than y, else reverse
  kForward,  // one run of f with tangents for each element of x
  kReverse,  // one run of f, and a backward walk for each element of y
};

// The derivative of each element of y = f(x) by each element of x: shape y.shape + x.shape, which must have at most 8 axes.
Tensor jacobian(FunctionRef<Tensor(const Tensor&)> f, const Tensor& x,
                JacobianWay way = JacobianWay::kByShape);

// A run of a function that is kept, and can be asked any number of times for the gradients that output gradients give.
class Pullback {
 public:
  Pullback(Function f, Span<const Tensor> at);

  const std::vector<Tensor>& values() const { return values_; }
  // output_gradients: one for each value, of its dtype and shape; null means ones. Gives one gradient for each of `at`,
  // zeros where nothing depends on it.
  std::vector<Tensor> operator()(Span<const Tensor> output_gradients) const;

 private:
  std::vector<GradientSource> sources_;
  std::unique_ptr<Tape> tape_;
  std::vector<Tensor> values_;
};

}  // namespace tl
