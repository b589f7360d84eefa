// Rules of normalisation.
#include <cmath>

#include "core/ops/generated/functions.h"
#include "core/ops/generated/promised.h"
#include "core/rules/checks.h"

namespace tl::rules {

void infer_inverse_rms(const InferArgs& args, OutputSpec* out) {
  Shape shape = args[0].shape();
  const double epsilon = args.as<InverseRmsAttrs>().epsilon;
  if (!(epsilon >= 0) || std::isinf(epsilon))
    invalid("[inverse_rms] 'epsilon' must be finite and not negative: got ", epsilon);
  if (shape.rank() == 0) invalid("[inverse_rms] 'x' must have rank 1 or more: got rank 0; reshape it");
  if (shape.back() == 0)
    invalid("[inverse_rms] the last axis of 'x' must not be empty: got ", shape,
            "; over nothing there is no mean");
  shape[shape.rank() - 1] = 1;
  out[0] = {args[0].dtype(), shape};
}

// r = (mean(x^2) + epsilon)^(-1/2) has the gradient -r^3 x / n. r and x are taken in turns, so that large elements do not
// make the products vanish.
void vjp_inverse_rms(const VjpArgs& a, Tensor* grads) {
  const Tensor &x = a[0], &r = a.out[0];
  Tensor g = mul_scalar(strong_zero_mul(a.grad[0], r), -1.0 / static_cast<double>(x.shape().back()));
  grads[0] = strong_zero_mul(strong_zero_mul(strong_zero_mul(g, r), x), r);
}

void jvp_inverse_rms(const JvpArgs& a, Tensor* tangents) {
  const Tensor &x = a[0], &r = a.out[0];
  Tensor scaled = mul_scalar(strong_zero_mul(a.tangent[0], r), -1.0 / static_cast<double>(x.shape().back()));
  tangents[0] =
      strong_zero_mul(sum(strong_zero_mul(strong_zero_mul(scaled, r), x), {-1}, /*keepdims=*/true), r);
}

}  // namespace tl::rules
