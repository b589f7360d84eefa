// Activation functions that are made of other ops. relu, tanh, sigmoid and softplus are ops of the table: elementwise.cpp.
#include <cmath>
#include <limits>

#include "core/ops/generated/functions.h"
#include "core/rules/checks.h"
#include "core/rules/constants.h"

namespace tl {

// A choice, not max(x, slope x): so that slopes above 1 and below 0 are right too, and the gradient at 0 is the slope.
Tensor leaky_relu(const Tensor& x, double slope) {
  rules::check_operand("leaky_relu", "x", x, kFloatTypes);
  rules::check_finite("leaky_relu", "slope", slope);
  rules::check_value("leaky_relu", "slope", slope, x.dtype());
  if (slope == 0) return relu(x);  // slope x would be NaN at -infinity
  return select(greater(x, rules::constant(x, 0.0)), x, mul_scalar(x, slope));
}

// relu(x) + alpha (e^min(x, 0) - 1): each term is zero, with a zero gradient, where the other one counts, and the
// exponential sees no positive number, so nothing overflows forwards or backwards.
Tensor elu(const Tensor& x, double alpha) {
  rules::check_operand("elu", "x", x, kFloatTypes);
  rules::check_finite("elu", "alpha", alpha);
  rules::check_value("elu", "alpha", alpha, x.dtype());
  Tensor below = expm1(clip(x, -std::numeric_limits<double>::infinity(), 0.0));
  return add(relu(x), mul_scalar(below, alpha));
}

// By the strong zero, x = -infinity, whose second factor is 0, gives 0, the limit, here and in gelu.
Tensor silu(const Tensor& x) {
  rules::check_operand("silu", "x", x, kFloatTypes);
  return strong_zero_mul(x, sigmoid(x));
}

Tensor gelu(const Tensor& x, bool approximate) {
  rules::check_operand("gelu", "x", x, kFloatTypes);
  if (approximate) {
    // The paper's x/2 (1 + tanh(z)) with z = sqrt(2/pi) (x + 0.044715 x^3) is x sigmoid(2z): fewer ops, and no
    // difference of nearly equal numbers where z is very negative.
    constexpr double kTwoRootTwoOverPi = 1.5957691216057308;
    Tensor slope = add_scalar(mul_scalar(square(x), 0.044715 * kTwoRootTwoOverPi), kTwoRootTwoOverPi);
    return strong_zero_mul(x, sigmoid(mul(x, slope)));
  }
  constexpr double kRootHalf = 0.70710678118654752;
  return strong_zero_mul(mul_scalar(x, 0.5), erfc(mul_scalar(x, -kRootHalf)));
}

}  // namespace tl
