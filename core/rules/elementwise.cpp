// Rules of arithmetic and of functions of one element. Broadcasting needs nothing here: a gradient may keep the shape of
// the output, the tape sums it to the operand's shape.
//
// A gradient meets a derivative in strong_zero_mul and strong_zero_div, never in mul and div: what a select did not choose
// has a gradient of exactly 0, which no infinite derivative may turn into NaN. Both are their own rules, so that it holds at
// every order.
#include <cmath>

#include "core/ops/generated/functions.h"
#include "core/ops/generated/promised.h"
#include "core/rules/checks.h"
#include "core/rules/constants.h"

namespace tl::rules {

// ---- arithmetic ---------------------------------------------------------------------------------

void vjp_add(const VjpArgs& a, Tensor* grads) {
  if (a.needs(0)) grads[0] = a.grad[0];
  if (a.needs(1)) grads[1] = a.grad[0];
}

void vjp_sub(const VjpArgs& a, Tensor* grads) {
  if (a.needs(0)) grads[0] = a.grad[0];
  if (a.needs(1)) grads[1] = neg(a.grad[0]);
}

void vjp_mul(const VjpArgs& a, Tensor* grads) {
  if (a.needs(0)) grads[0] = strong_zero_mul(a.grad[0], a[1]);
  if (a.needs(1)) grads[1] = strong_zero_mul(a.grad[0], a[0]);
}

// d(a/b) = da / b - (a/b) db / b
void vjp_div(const VjpArgs& a, Tensor* grads) {
  Tensor by_a = strong_zero_div(a.grad[0], a[1]);
  if (a.needs(0)) grads[0] = by_a;
  if (a.needs(1)) grads[1] = neg(strong_zero_mul(by_a, a.out[0]));
}

// d(a^b) = b a^(b-1) da + a^b log(a) db
void vjp_pow(const VjpArgs& a, Tensor* grads) {
  const Tensor &base = a[0], &exponent = a[1];
  const DType dtype = base.dtype();
  if (a.needs(0)) {
    // 0^0 is the constant 1 along a, but 0 * 0^(-1) would be NaN. There the exponent stays 0, so that b * 0^0 is 0; where
    // only one of the two is zero the formula holds.
    Tensor either = logical_or(cast(base, DType::kBool), cast(exponent, DType::kBool));
    Tensor less_one = sub(exponent, cast(either, dtype));
    grads[0] = strong_zero_mul(a.grad[0], strong_zero_mul(exponent, pow(base, less_one)));
  }
  if (a.needs(1)) {
    // At a = 0 and b >= 0 the limit is 0 where the formula has 0 * -infinity: the logarithm is taken of 1 instead.
    Tensor limit =
        logical_and(logical_not(cast(base, DType::kBool)), greater_equal(exponent, constant(exponent, 0.0)));
    grads[1] = strong_zero_mul(a.grad[0], strong_zero_mul(a.out[0], log(add(base, cast(limit, dtype)))));
  }
}

// A strong zero stays one: the derivative of a product is that product again.
void vjp_strong_zero_mul(const VjpArgs& a, Tensor* grads) { vjp_mul(a, grads); }
void vjp_strong_zero_div(const VjpArgs& a, Tensor* grads) { vjp_div(a, grads); }

namespace {

// The gradients of maximum and minimum, given where a is (or may be) and where a alone is the chosen one.
void share_ties(const VjpArgs& a, const Tensor& a_or_tie, const Tensor& a_alone, Tensor* grads) {
  const Tensor& g = a.grad[0];
  Tensor half = mul_scalar(g, 0.5), zero = constant(g, 0.0);
  if (a.needs(0)) grads[0] = select(a_or_tie, select(a_alone, g, half), zero);
  if (a.needs(1)) grads[1] = select(a_or_tie, select(a_alone, zero, half), g);
}

}  // namespace

void vjp_maximum(const VjpArgs& a, Tensor* grads) {
  share_ties(a, greater_equal(a[0], a[1]), greater(a[0], a[1]), grads);
}

void vjp_minimum(const VjpArgs& a, Tensor* grads) {
  share_ties(a, less_equal(a[0], a[1]), less(a[0], a[1]), grads);
}

void vjp_add_scalar(const VjpArgs& a, Tensor* grads) { grads[0] = a.grad[0]; }

void vjp_mul_scalar(const VjpArgs& a, Tensor* grads) {
  grads[0] = mul_scalar(a.grad[0], a.as<MulScalarAttrs>().value);
}

// ---- functions of one element -------------------------------------------------------------------

void vjp_neg(const VjpArgs& a, Tensor* grads) { grads[0] = neg(a.grad[0]); }

void vjp_exp(const VjpArgs& a, Tensor* grads) { grads[0] = strong_zero_mul(a.grad[0], a.out[0]); }

void vjp_log(const VjpArgs& a, Tensor* grads) { grads[0] = strong_zero_div(a.grad[0], a[0]); }

void vjp_log1p(const VjpArgs& a, Tensor* grads) {
  grads[0] = strong_zero_div(a.grad[0], add_scalar(a[0], 1.0));
}

void vjp_expm1(const VjpArgs& a, Tensor* grads) {
  grads[0] = strong_zero_mul(a.grad[0], add_scalar(a.out[0], 1.0));
}

void vjp_sqrt(const VjpArgs& a, Tensor* grads) {
  grads[0] = mul_scalar(strong_zero_div(a.grad[0], a.out[0]), 0.5);
}

// x^(-3/2) as the cube of the result, so that x need not be kept.
void vjp_rsqrt(const VjpArgs& a, Tensor* grads) {
  grads[0] = mul_scalar(strong_zero_mul(a.grad[0], mul(a.out[0], square(a.out[0]))), -0.5);
}

void vjp_square(const VjpArgs& a, Tensor* grads) {
  grads[0] = mul_scalar(strong_zero_mul(a.grad[0], a[0]), 2.0);
}

void vjp_abs(const VjpArgs& a, Tensor* grads) { grads[0] = strong_zero_mul(a.grad[0], sign(a[0])); }

void vjp_tanh(const VjpArgs& a, Tensor* grads) { grads[0] = tanh_grad(a.grad[0], a.out[0]); }

void vjp_sigmoid(const VjpArgs& a, Tensor* grads) { grads[0] = sigmoid_grad(a.grad[0], a.out[0]); }

void vjp_softplus(const VjpArgs& a, Tensor* grads) { grads[0] = strong_zero_mul(a.grad[0], sigmoid(a[0])); }

void vjp_relu(const VjpArgs& a, Tensor* grads) { grads[0] = relu_grad(a.grad[0], a.out[0]); }

void vjp_sin(const VjpArgs& a, Tensor* grads) { grads[0] = strong_zero_mul(a.grad[0], cos(a[0])); }

void vjp_cos(const VjpArgs& a, Tensor* grads) { grads[0] = neg(strong_zero_mul(a.grad[0], sin(a[0]))); }

// 2 / sqrt(pi) e^(-x^2)
void vjp_erf(const VjpArgs& a, Tensor* grads) {
  constexpr double kTwoOverRootPi = 1.1283791670955126;
  grads[0] = strong_zero_mul(a.grad[0], mul_scalar(exp(neg(square(a[0]))), kTwoOverRootPi));
}

// -2 / sqrt(pi) e^(-x^2)
void vjp_erfc(const VjpArgs& a, Tensor* grads) {
  vjp_erf(a, grads);
  grads[0] = neg(grads[0]);
}

void vjp_reciprocal(const VjpArgs& a, Tensor* grads) {
  grads[0] = neg(strong_zero_mul(a.grad[0], square(a.out[0])));
}

namespace {

// `reached`: an element may become the limit, so that the dtype must hold it.
void check_limit(const char* name, double limit, DType dtype, bool reached) {
  if (reached)
    check_value("clip", name, limit, dtype);
  else if (std::isfinite(limit) && limit != std::floor(limit))
    invalid("[clip] '", name, "' must be a whole number for ", dtype, ": got ", limit,
            "; use a floating point dtype");
}

}  // namespace

// The limits of integers are whole numbers, or infinite, and may lie outside the dtype's range, where they limit nothing;
// but a result must exist.
void infer_clip(const InferArgs& args, OutputSpec* out) {
  const auto& attrs = args.as<ClipAttrs>();
  if (std::isnan(attrs.low) || std::isnan(attrs.high))

    invalid("[clip] the limits must not be NaN: got ", attrs.low, " and ", attrs.high,
            "; an infinity leaves one side open");
  if (attrs.low > attrs.high)
    invalid("[clip] 'low' must not be above 'high': got ", attrs.low, " and ", attrs.high, "; swap them");
  const DType dtype = args[0].dtype();
  if (!is_floating(dtype)) {
    check_limit("low", attrs.low, dtype, attrs.low > 0);
    check_limit("high", attrs.high, dtype, attrs.high < 0);
  }
  out[0] = {dtype, args[0].shape()};
}

// An element is inside the limits exactly when clip leaves it as it is.
void vjp_clip(const VjpArgs& a, Tensor* grads) {
  const auto& attrs = a.as<ClipAttrs>();
  grads[0] = select(equal(clip(a[0], attrs.low, attrs.high), a[0]), a.grad[0], constant(a.grad[0], 0.0));
}

// ---- gradients that are ops of their own --------------------------------------------------------

// Along `out` the result is piecewise constant.
void vjp_relu_grad(const VjpArgs& a, Tensor* grads) {
  if (a.needs(0)) grads[0] = relu_grad(a.grad[0], a[1]);
  if (a.needs(1)) grads[1] = zeros_like(a.grad[0]);
}

void jvp_relu_grad(const JvpArgs& a, Tensor* tangents) {
  tangents[0] = a.tangent[0] ? relu_grad(a.tangent[0], a[1]) : zeros_like(a.out[0]);
}

// grad (1 - out^2)
void vjp_tanh_grad(const VjpArgs& a, Tensor* grads) {
  if (a.needs(0)) grads[0] = tanh_grad(a.grad[0], a[1]);
  if (a.needs(1)) grads[1] = mul_scalar(strong_zero_mul(strong_zero_mul(a.grad[0], a[0]), a[1]), -2.0);
}

// grad out (1 - out)
void vjp_sigmoid_grad(const VjpArgs& a, Tensor* grads) {
  if (a.needs(0)) grads[0] = sigmoid_grad(a.grad[0], a[1]);
  if (a.needs(1))
    grads[1] = strong_zero_mul(strong_zero_mul(a.grad[0], a[0]), add_scalar(mul_scalar(a[1], -2.0), 1.0));
}

}  // namespace tl::rules
