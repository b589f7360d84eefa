/* Made from core/ops/ops.toml by core/ops/gen/generate. Do not edit. */
/* The ops of tapeloop. Each takes the context first and returns a new tensor that belongs to the innermost
 * scope, or NULL when an operand is NULL or the context holds an error (nothing is changed then), or when the
 * call fails (the context holds the error then). Operands may be tensors or variables of the same context;
 * they are not consumed. Shapes broadcast as in NumPy where two operands are said to broadcast. */
#ifndef TAPELOOP_OPS_H
#define TAPELOOP_OPS_H

#include <tapeloop/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* clang-format off */

/**
 * Sum of two tensors: a + b, broadcast. Integers beyond the range of their dtype wrap around, modulo 2 to the
 * number of its bits; cast to i64 first where that may happen.
 * Operands: `a`: number; `b`: the dtype of `a`. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_add(tl_context *context, tl_tensor *a, tl_tensor *b);

/**
 * Difference of two tensors: a - b, broadcast. Integers beyond the range of their dtype wrap around, modulo 2
 * to the number of its bits; cast to i64 first where that may happen.
 * Operands: `a`: number; `b`: the dtype of `a`. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_sub(tl_context *context, tl_tensor *a, tl_tensor *b);

/**
 * Product of two tensors, element by element: a * b, broadcast. Integers beyond the range of their dtype wrap
 * around, modulo 2 to the number of its bits; cast to i64 first where that may happen.
 * Operands: `a`: number; `b`: the dtype of `a`. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_mul(tl_context *context, tl_tensor *a, tl_tensor *b);

/**
 * Quotient of two tensors: a / b, broadcast. In floating point only; division by zero follows IEEE 754.
 * Operands: `a`: float; `b`: the dtype of `a`. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_div(tl_context *context, tl_tensor *a, tl_tensor *b);

/**
 * Power: a raised to b, broadcast. A negative base with a fractional exponent gives NaN. The gradient with
 * respect to b is a^b log(a), taken as zero where a is zero and b is not negative.
 * Operands: `a`: float; `b`: the dtype of `a`. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_pow(tl_context *context, tl_tensor *a, tl_tensor *b);

/**
 * The larger of two elements, broadcast; NaN where either is NaN. Where the two are equal each gets half of
 * the gradient. A NaN has nothing equal, below or above it: where either element is one, the whole gradient
 * goes to b, as in TensorFlow (PyTorch gives it to both, JAX to neither).
 * Operands: `a`: number; `b`: the dtype of `a`. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_maximum(tl_context *context, tl_tensor *a, tl_tensor *b);

/**
 * The smaller of two elements, broadcast; NaN where either is NaN. Where the two are equal each gets half of
 * the gradient. A NaN has nothing equal, below or above it: where either element is one, the whole gradient
 * goes to b, as in TensorFlow (PyTorch gives it to both, JAX to neither).
 * Operands: `a`: number; `b`: the dtype of `a`. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_minimum(tl_context *context, tl_tensor *a, tl_tensor *b);

/**
 * x + value with a number of the host language. The number is converted to the dtype of x. It becomes a
 * constant: a rate that changes each step is better a tensor. Integers beyond the range of their dtype wrap
 * around, modulo 2 to the number of its bits; cast to i64 first where that may happen.
 * Operands: `x`: number. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_add_scalar(tl_context *context, tl_tensor *x, double value);

/**
 * x * value with a number of the host language. The number is converted to the dtype of x. It becomes a
 * constant: a rate that changes each step is better a tensor. Integers beyond the range of their dtype wrap
 * around, modulo 2 to the number of its bits; cast to i64 first where that may happen.
 * Operands: `x`: number. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_mul_scalar(tl_context *context, tl_tensor *x, double value);

/**
 * Negative: -x. Integers beyond the range of their dtype wrap around, modulo 2 to the number of its bits;
 * cast to i64 first where that may happen.
 * Operands: `x`: number. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_neg(tl_context *context, tl_tensor *x);

/**
 * e to the power of x.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_exp(tl_context *context, tl_tensor *x);

/**
 * Natural logarithm; NaN below zero, -infinity at zero.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_log(tl_context *context, tl_tensor *x);

/**
 * Natural logarithm of 1 + x, accurate near zero.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_log1p(tl_context *context, tl_tensor *x);

/**
 * e to the power of x, minus 1, accurate near zero.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_expm1(tl_context *context, tl_tensor *x);

/**
 * Square root; NaN below zero. Its gradient is infinite at zero.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_sqrt(tl_context *context, tl_tensor *x);

/**
 * One over the square root.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_rsqrt(tl_context *context, tl_tensor *x);

/**
 * x times x. Integers beyond the range of their dtype wrap around, modulo 2 to the number of its bits; cast
 * to i64 first where that may happen.
 * Operands: `x`: number. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_square(tl_context *context, tl_tensor *x);

/**
 * Absolute value; the gradient at zero is zero. Integers beyond the range of their dtype wrap around, modulo
 * 2 to the number of its bits; cast to i64 first where that may happen.
 * Operands: `x`: number. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_abs(tl_context *context, tl_tensor *x);

/**
 * -1, 0 or 1 by the sign of x; NaN for NaN.
 * Operands: `x`: number. Gradient: zero where it exists.
 * Since 0.1.
 */
TL_API tl_tensor *tl_sign(tl_context *context, tl_tensor *x);

/**
 * Hyperbolic tangent.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_tanh(tl_context *context, tl_tensor *x);

/**
 * Logistic function 1 / (1 + e^-x), without overflow at either end.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_sigmoid(tl_context *context, tl_tensor *x);

/**
 * log(1 + e^x), without overflow at either end.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_softplus(tl_context *context, tl_tensor *x);

/**
 * max(x, 0); NaN stays NaN; the gradient at zero is zero, and passes where x is NaN.
 * Operands: `x`: number. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_relu(tl_context *context, tl_tensor *x);

/**
 * Sine of x in radians.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_sin(tl_context *context, tl_tensor *x);

/**
 * Cosine of x in radians.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_cos(tl_context *context, tl_tensor *x);

/**
 * Error function.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_erf(tl_context *context, tl_tensor *x);

/**
 * One over x.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_reciprocal(tl_context *context, tl_tensor *x);

/**
 * The largest whole number that is not above x.
 * Operands: `x`: float. Gradient: zero where it exists.
 * Since 0.1.
 */
TL_API tl_tensor *tl_floor(tl_context *context, tl_tensor *x);

/**
 * x limited to [low, high]; NaN stays NaN. The gradient passes where low <= x <= high. low must not be above
 * high, and neither may be NaN.
 * Operands: `x`: number. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_clip(tl_context *context, tl_tensor *x, double low, double high);

/**
 * x where x is positive, slope * x elsewhere. At -infinity it is -infinity times slope; 0 for a slope of 0.
 * This short form uses slope = 0.01; see tl_leaky_relu_slope.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_leaky_relu(tl_context *context, tl_tensor *x);

/**
 * x where x is positive, slope * x elsewhere. At -infinity it is -infinity times slope; 0 for a slope of 0.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_leaky_relu_slope(tl_context *context, tl_tensor *x, double slope);

/**
 * x where x is positive, alpha * (e^x - 1) elsewhere (Clevert et al. 2015). This short form uses alpha = 1;
 * see tl_elu_alpha.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_elu(tl_context *context, tl_tensor *x);

/**
 * x where x is positive, alpha * (e^x - 1) elsewhere (Clevert et al. 2015).
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_elu_alpha(tl_context *context, tl_tensor *x, double alpha);

/**
 * x * sigmoid(x), also called swish. At -infinity it is its limit, 0 (NaN in PyTorch and JAX).
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_silu(tl_context *context, tl_tensor *x);

/**
 * Gaussian error linear unit x * Phi(x) (Hendrycks and Gimpel 2016). approximate = true uses the tanh form of
 * the paper. Far below zero the relative error is that of x / sqrt(2), times x^2: 1e-5 in f32 at x = -13, and
 * nothing is lost to a difference. At -infinity both forms are their limit, 0 (NaN in PyTorch and JAX). This
 * short form uses approximate = false; see tl_gelu_form.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_gelu(tl_context *context, tl_tensor *x);

/**
 * Gaussian error linear unit x * Phi(x) (Hendrycks and Gimpel 2016). approximate = true uses the tanh form of
 * the paper. Far below zero the relative error is that of x / sqrt(2), times x^2: 1e-5 in f32 at x = -13, and
 * nothing is lost to a difference. At -infinity both forms are their limit, 0 (NaN in PyTorch and JAX).
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_gelu_form(tl_context *context, tl_tensor *x, bool approximate);

/**
 * Product in which zero is strong: 0 where a or b is 0, also beside infinity and NaN; a * b elsewhere;
 * broadcast. The product of gradient rules. What a select did not choose has a gradient of exactly 0 and
 * often a derivative that is infinite or NaN, and their product must be 0 (the strong zero of Enzyme and
 * ChainRules, TensorFlow's multiply_no_nan on both sides). It is its own rule, so that this holds at every
 * order. In a rule of your own use it for gradient times derivative.
 * Operands: `a`: float; `b`: the dtype of `a`. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_strong_zero_mul(tl_context *context, tl_tensor *a, tl_tensor *b);

/**
 * Quotient in which a numerator of zero is strong: 0 where a is 0, whatever b is; a / b elsewhere; broadcast.
 * The quotient of gradient rules: see strong_zero_mul.
 * Operands: `a`: float; `b`: the dtype of `a`. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_strong_zero_div(tl_context *context, tl_tensor *a, tl_tensor *b);

/**
 * Complementary error function, 1 - erf(x), with all digits where that difference would lose them: far above
 * zero.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_erfc(tl_context *context, tl_tensor *x);

/**
 * a == b, broadcast; NaN equals nothing.
 * Operands: `a`: any; `b`: the dtype of `a`. Gradient: none, its result is bool.
 * Since 0.1.
 */
TL_API tl_tensor *tl_equal(tl_context *context, tl_tensor *a, tl_tensor *b);

/**
 * a != b, broadcast; NaN differs from everything.
 * Operands: `a`: any; `b`: the dtype of `a`. Gradient: none, its result is bool.
 * Since 0.1.
 */
TL_API tl_tensor *tl_not_equal(tl_context *context, tl_tensor *a, tl_tensor *b);

/**
 * a < b, broadcast.
 * Operands: `a`: number; `b`: the dtype of `a`. Gradient: none, its result is bool.
 * Since 0.1.
 */
TL_API tl_tensor *tl_less(tl_context *context, tl_tensor *a, tl_tensor *b);

/**
 * a <= b, broadcast.
 * Operands: `a`: number; `b`: the dtype of `a`. Gradient: none, its result is bool.
 * Since 0.1.
 */
TL_API tl_tensor *tl_less_equal(tl_context *context, tl_tensor *a, tl_tensor *b);

/**
 * a > b, broadcast.
 * Operands: `a`: number; `b`: the dtype of `a`. Gradient: none, its result is bool.
 * Since 0.1.
 */
TL_API tl_tensor *tl_greater(tl_context *context, tl_tensor *a, tl_tensor *b);

/**
 * a >= b, broadcast.
 * Operands: `a`: number; `b`: the dtype of `a`. Gradient: none, its result is bool.
 * Since 0.1.
 */
TL_API tl_tensor *tl_greater_equal(tl_context *context, tl_tensor *a, tl_tensor *b);

/**
 * a and b, broadcast.
 * Operands: `a`: bool; `b`: the dtype of `a`. Gradient: none, its operands are bool.
 * Since 0.1.
 */
TL_API tl_tensor *tl_logical_and(tl_context *context, tl_tensor *a, tl_tensor *b);

/**
 * a or b, broadcast.
 * Operands: `a`: bool; `b`: the dtype of `a`. Gradient: none, its operands are bool.
 * Since 0.1.
 */
TL_API tl_tensor *tl_logical_or(tl_context *context, tl_tensor *a, tl_tensor *b);

/**
 * not x.
 * Operands: `x`: bool. Gradient: none, its operand is bool.
 * Since 0.1.
 */
TL_API tl_tensor *tl_logical_not(tl_context *context, tl_tensor *x);

/**
 * a where condition holds, b elsewhere; the three broadcast. The gradient of the side that is not chosen is
 * exactly zero, also where that side is NaN or infinite, and it stays zero on its way back through
 * element-wise ops, softmax and cross-entropies, whatever their derivatives are: select(x > 0, log(x), 0) has
 * the gradient 0 at 0, of every order and in forward mode (strong_zero_mul says how). A matrix product, prod
 * or sum mixes elements, so NaN there reaches the gradients of the others: make its operand safe with a
 * select of its own.
 * Operands: `condition`: bool; `a`: any; `b`: the dtype of `a`. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_select(tl_context *context, tl_tensor *condition, tl_tensor *a, tl_tensor *b);

/**
 * x with its elements converted to another dtype. Floating point to integer truncates toward zero and
 * saturates at the ends of the range, NaN becomes 0; to bool: not equal to zero. Gradients flow between
 * floating point dtypes.
 * Operands: `x`: any. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_cast(tl_context *context, tl_tensor *x, tl_dtype dtype);

/**
 * Sum over axes. Without axes over all of them. Sums of floating point are added in fixed chunks, so that
 * their bits do not depend on the number of threads. Integers beyond the range of their dtype wrap around,
 * modulo 2 to the number of its bits; cast to i64 first where that may happen. This short form uses axes =
 * [], keepdims = false; see tl_sum_axes.
 * Operands: `x`: number. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_sum(tl_context *context, tl_tensor *x);

/**
 * Sum over axes. Without axes over all of them. Sums of floating point are added in fixed chunks, so that
 * their bits do not depend on the number of threads. Integers beyond the range of their dtype wrap around,
 * modulo 2 to the number of its bits; cast to i64 first where that may happen.
 * Operands: `x`: number. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_sum_axes(tl_context *context, tl_tensor *x, const int64_t *axes, size_t num_axes, bool keepdims);

/**
 * Arithmetic mean over axes, without axes over all of them; NaN over no elements. This short form uses axes =
 * [], keepdims = false; see tl_mean_axes.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_mean(tl_context *context, tl_tensor *x);

/**
 * Arithmetic mean over axes, without axes over all of them; NaN over no elements.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_mean_axes(tl_context *context, tl_tensor *x, const int64_t *axes, size_t num_axes, bool keepdims);

/**
 * Largest element over axes; NaN if there is one. Without axes over all of them; over no elements it is an
 * error. Equal largest elements share the gradient evenly. A NaN equals nothing: where the result is one, the
 * gradient of all its elements is 0 (it is NaN for all of them in TensorFlow, JAX and torch.amax, and goes to
 * the NaNs in torch.max). This short form uses axes = [], keepdims = false; see tl_max_axes.
 * Operands: `x`: number. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_max(tl_context *context, tl_tensor *x);

/**
 * Largest element over axes; NaN if there is one. Without axes over all of them; over no elements it is an
 * error. Equal largest elements share the gradient evenly. A NaN equals nothing: where the result is one, the
 * gradient of all its elements is 0 (it is NaN for all of them in TensorFlow, JAX and torch.amax, and goes to
 * the NaNs in torch.max).
 * Operands: `x`: number. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_max_axes(tl_context *context, tl_tensor *x, const int64_t *axes, size_t num_axes, bool keepdims);

/**
 * Smallest element over axes; NaN if there is one. Without axes over all of them; over no elements it is an
 * error. Equal smallest elements share the gradient evenly. A NaN equals nothing: where the result is one,
 * the gradient of all its elements is 0 (it is NaN for all of them in TensorFlow, JAX and torch.amax, and
 * goes to the NaNs in torch.max). This short form uses axes = [], keepdims = false; see tl_min_axes.
 * Operands: `x`: number. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_min(tl_context *context, tl_tensor *x);

/**
 * Smallest element over axes; NaN if there is one. Without axes over all of them; over no elements it is an
 * error. Equal smallest elements share the gradient evenly. A NaN equals nothing: where the result is one,
 * the gradient of all its elements is 0 (it is NaN for all of them in TensorFlow, JAX and torch.amax, and
 * goes to the NaNs in torch.max).
 * Operands: `x`: number. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_min_axes(tl_context *context, tl_tensor *x, const int64_t *axes, size_t num_axes, bool keepdims);

/**
 * Product over axes, without axes over all of them; 1 over no elements. The gradient of an element is the
 * product of the others, without a division: right also beside zeros and infinities. Where that product has
 * no value, as of 0 and infinity, it is NaN; where it passes the range of its dtype on the way, it overflows
 * or vanishes, though the result may not. Integers beyond the range of their dtype wrap around, modulo 2 to
 * the number of its bits; cast to i64 first where that may happen. This short form uses axes = [], keepdims =
 * false; see tl_prod_axes.
 * Operands: `x`: number. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_prod(tl_context *context, tl_tensor *x);

/**
 * Product over axes, without axes over all of them; 1 over no elements. The gradient of an element is the
 * product of the others, without a division: right also beside zeros and infinities. Where that product has
 * no value, as of 0 and infinity, it is NaN; where it passes the range of its dtype on the way, it overflows
 * or vanishes, though the result may not. Integers beyond the range of their dtype wrap around, modulo 2 to
 * the number of its bits; cast to i64 first where that may happen.
 * Operands: `x`: number. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_prod_axes(tl_context *context, tl_tensor *x, const int64_t *axes, size_t num_axes, bool keepdims);

/**
 * Index of the largest element over axes, as i64; the first of equals, and a NaN counts as the largest. Over
 * several axes (or all, without axes) the index counts through them in row-major order. This short form uses
 * axes = [], keepdims = false; see tl_argmax_axes.
 * Operands: `x`: number. Gradient: none, its result is an integer index.
 * Since 0.1.
 */
TL_API tl_tensor *tl_argmax(tl_context *context, tl_tensor *x);

/**
 * Index of the largest element over axes, as i64; the first of equals, and a NaN counts as the largest. Over
 * several axes (or all, without axes) the index counts through them in row-major order.
 * Operands: `x`: number. Gradient: none, its result is an integer index.
 * Since 0.1.
 */
TL_API tl_tensor *tl_argmax_axes(tl_context *context, tl_tensor *x, const int64_t *axes, size_t num_axes, bool keepdims);

/**
 * Index of the smallest element over axes, as i64; the first of equals, and a NaN counts as the smallest.
 * Over several axes (or all, without axes) the index counts through them in row-major order. This short form
 * uses axes = [], keepdims = false; see tl_argmin_axes.
 * Operands: `x`: number. Gradient: none, its result is an integer index.
 * Since 0.1.
 */
TL_API tl_tensor *tl_argmin(tl_context *context, tl_tensor *x);

/**
 * Index of the smallest element over axes, as i64; the first of equals, and a NaN counts as the smallest.
 * Over several axes (or all, without axes) the index counts through them in row-major order.
 * Operands: `x`: number. Gradient: none, its result is an integer index.
 * Since 0.1.
 */
TL_API tl_tensor *tl_argmin_axes(tl_context *context, tl_tensor *x, const int64_t *axes, size_t num_axes, bool keepdims);

/**
 * Running sum along an axis. exclusive leaves the element itself out; reverse runs from the end. Integers
 * beyond the range of their dtype wrap around, modulo 2 to the number of its bits; cast to i64 first where
 * that may happen. This short form uses axis = -1, exclusive = false, reverse = false; see tl_cumsum_axis.
 * Operands: `x`: number. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_cumsum(tl_context *context, tl_tensor *x);

/**
 * Running sum along an axis. exclusive leaves the element itself out; reverse runs from the end. Integers
 * beyond the range of their dtype wrap around, modulo 2 to the number of its bits; cast to i64 first where
 * that may happen.
 * Operands: `x`: number. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_cumsum_axis(tl_context *context, tl_tensor *x, int64_t axis, bool exclusive, bool reverse);

/**
 * log of the sum of e^x over axes, without overflow; -infinity over no elements. This short form uses axes =
 * [], keepdims = false; see tl_logsumexp_axes.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_logsumexp(tl_context *context, tl_tensor *x);

/**
 * log of the sum of e^x over axes, without overflow; -infinity over no elements.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_logsumexp_axes(tl_context *context, tl_tensor *x, const int64_t *axes, size_t num_axes, bool keepdims);

/**
 * Matrix product of the last two axes; leading axes broadcast. transpose_a and transpose_b swap the last two
 * axes of an operand first, without a copy. Operands have rank 2 or more. This short form uses transpose_a =
 * false, transpose_b = false; see tl_matmul_transposed.
 * Operands: `a`: float; `b`: the dtype of `a`. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_matmul(tl_context *context, tl_tensor *a, tl_tensor *b);

/**
 * Matrix product of the last two axes; leading axes broadcast. transpose_a and transpose_b swap the last two
 * axes of an operand first, without a copy. Operands have rank 2 or more.
 * Operands: `a`: float; `b`: the dtype of `a`. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_matmul_transposed(tl_context *context, tl_tensor *a, tl_tensor *b, bool transpose_a, bool transpose_b);

/**
 * The same elements with another shape, without a copy. One size may be -1: it follows from the number of
 * elements.
 * Operands: `x`: any. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_reshape(tl_context *context, tl_tensor *x, const int64_t *shape, size_t num_shape);

/**
 * Axes in another order; without a permutation, in reverse order. Axis i of the result is axis permutation[i]
 * of x. This short form uses permutation = []; see tl_transpose_axes.
 * Operands: `x`: any. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_transpose(tl_context *context, tl_tensor *x);

/**
 * Axes in another order; without a permutation, in reverse order. Axis i of the result is axis permutation[i]
 * of x.
 * Operands: `x`: any. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_transpose_axes(tl_context *context, tl_tensor *x, const int64_t *permutation, size_t num_permutation);

/**
 * x repeated along axes of size 1 and along new leading axes, to the given shape.
 * Operands: `x`: any. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_broadcast_to(tl_context *context, tl_tensor *x, const int64_t *shape, size_t num_shape);

/**
 * A new axis of size 1 in front of axis `axis` of the result, without a copy.
 * Operands: `x`: any. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_expand_dims(tl_context *context, tl_tensor *x, int64_t axis);

/**
 * Removes axes of size 1, without a copy; without axes, all of them. This short form uses axes = []; see
 * tl_squeeze_axes.
 * Operands: `x`: any. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_squeeze(tl_context *context, tl_tensor *x);

/**
 * Removes axes of size 1, without a copy; without axes, all of them.
 * Operands: `x`: any. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_squeeze_axes(tl_context *context, tl_tensor *x, const int64_t *axes, size_t num_axes);

/**
 * Tensors one after the other along an axis; the other sizes agree.
 * Operands: `values` (one or more): any. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_concat(tl_context *context, tl_tensor *const *values, size_t num_values, int64_t axis);

/**
 * Tensors of one shape along a new axis.
 * Operands: `values` (one or more): any. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_stack(tl_context *context, tl_tensor *const *values, size_t num_values, int64_t axis);

/**
 * Part of a tensor: for each axis the elements begin, begin + stride, ... before end. A negative begin or end
 * counts from the end of the axis; both must lie in the axis, begin not behind end. Strides are positive;
 * without strides each is 1. A slice of leading rows shares memory. This short form uses strides = []; see
 * tl_slice_strided.
 * Operands: `x`: any. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_slice(tl_context *context, tl_tensor *x, const int64_t *begin, size_t num_begin, const int64_t *end, size_t num_end);

/**
 * Part of a tensor: for each axis the elements begin, begin + stride, ... before end. A negative begin or end
 * counts from the end of the axis; both must lie in the axis, begin not behind end. Strides are positive;
 * without strides each is 1. A slice of leading rows shares memory.
 * Operands: `x`: any. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_slice_strided(tl_context *context, tl_tensor *x, const int64_t *begin, size_t num_begin, const int64_t *end, size_t num_end, const int64_t *strides, size_t num_strides);

/**
 * x with `value` before (low), behind (high) and between (interior) the elements of each axis. low, high and
 * interior count elements per axis and are not negative; without interior it is 0 everywhere. This short form
 * uses interior = [], value = 0; see tl_pad_interior.
 * Operands: `x`: any. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_pad(tl_context *context, tl_tensor *x, const int64_t *low, size_t num_low, const int64_t *high, size_t num_high);

/**
 * x with `value` before (low), behind (high) and between (interior) the elements of each axis. low, high and
 * interior count elements per axis and are not negative; without interior it is 0 everywhere.
 * Operands: `x`: any. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_pad_interior(tl_context *context, tl_tensor *x, const int64_t *low, size_t num_low, const int64_t *high, size_t num_high, const int64_t *interior, size_t num_interior, double value);

/**
 * All axes from `axis` on merged into one, without a copy; axis 1 keeps the batch. This short form uses axis
 * = 1; see tl_flatten_from.
 * Operands: `x`: any. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_flatten(tl_context *context, tl_tensor *x);

/**
 * All axes from `axis` on merged into one, without a copy; axis 1 keeps the batch.
 * Operands: `x`: any. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_flatten_from(tl_context *context, tl_tensor *x, int64_t axis);

/**
 * x as a new tensor that shares its memory.
 * Operands: `x`: any. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_identity(tl_context *context, tl_tensor *x);

/**
 * x as a new tensor that shares its memory and through which no gradient flows.
 * Operands: `x`: any. Gradient: none, stop_gradient cuts the path on purpose.
 * Since 0.1.
 */
TL_API tl_tensor *tl_stop_gradient(tl_context *context, tl_tensor *x);

/**
 * The slices of x along an axis that the indices name. The result has the shape of x with the axis replaced
 * by the shape of the indices. An index outside [0, size) is an error.
 * Operands: `x`: any; `indices`: int. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_gather(tl_context *context, tl_tensor *x, tl_tensor *indices, int64_t axis);

/**
 * Zeros with `size` slices along an axis, to which each slice of the updates is added at its index. updates
 * has the shape that gather gives for these indices; a repeated index adds up, in the order of the indices.
 * An index outside [0, size) is an error. Integers beyond the range of their dtype wrap around, modulo 2 to
 * the number of its bits; cast to i64 first where that may happen.
 * Operands: `indices`: int; `updates`: number. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_scatter_add(tl_context *context, tl_tensor *indices, tl_tensor *updates, int64_t size, int64_t axis);

/**
 * 1 at each index and 0 elsewhere, along a new last axis of size depth. An index outside [0, depth) gives a
 * row of zeros. This short form uses dtype = f32; see tl_one_hot_dtype.
 * Operands: `indices`: int. Gradient: none, its operand is an integer index.
 * Since 0.1.
 */
TL_API tl_tensor *tl_one_hot(tl_context *context, tl_tensor *indices, int64_t depth);

/**
 * 1 at each index and 0 elsewhere, along a new last axis of size depth. An index outside [0, depth) gives a
 * row of zeros.
 * Operands: `indices`: int. Gradient: none, its operand is an integer index.
 * Since 0.1.
 */
TL_API tl_tensor *tl_one_hot_dtype(tl_context *context, tl_tensor *indices, int64_t depth, tl_dtype dtype);

/**
 * x with the slices along its first axis that the indices name replaced by the given rows. indices has rank 1
 * and is strictly ascending, so each row is named once; rows has the shape that gather gives for them. An
 * index outside [0, size) is an error. Where nobody else holds x it runs in the memory of x, in time
 * proportional to the rows.
 * Operands: `x`: any; `indices`: int; `rows`: the dtype of `x`. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_set_rows(tl_context *context, tl_tensor *x, tl_tensor *indices, tl_tensor *rows);

/**
 * e^x divided by its sum along an axis, without overflow. This short form uses axis = -1; see
 * tl_softmax_axis.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_softmax(tl_context *context, tl_tensor *x);

/**
 * e^x divided by its sum along an axis, without overflow.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_softmax_axis(tl_context *context, tl_tensor *x, int64_t axis);

/**
 * Logarithm of softmax along an axis, without overflow or loss of small probabilities. This short form uses
 * axis = -1; see tl_log_softmax_axis.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_log_softmax(tl_context *context, tl_tensor *x);

/**
 * Logarithm of softmax along an axis, without overflow or loss of small probabilities.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_log_softmax_axis(tl_context *context, tl_tensor *x, int64_t axis);

/**
 * Cross-entropy of each row of logits against a row of label probabilities: -sum(labels *
 * log_softmax(logits)) over the last axis. labels and logits have one shape (..., classes), at least one
 * class; the result has shape (...). Gradients flow to both. Labels may be any weights of the classes:
 * tl_loss_categorical_cross_entropy() refuses what is no probability.
 * Operands: `labels`: float; `logits`: the dtype of `labels`. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_softmax_cross_entropy(tl_context *context, tl_tensor *labels, tl_tensor *logits);

/**
 * Cross-entropy of each row of logits against an integer label: -log_softmax(logits)[label]. logits: (...,
 * classes); labels: (...), each in [0, classes), anything else is an error that names the position. The
 * result has the shape of the labels.
 * Operands: `labels`: int; `logits`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_sparse_softmax_cross_entropy(tl_context *context, tl_tensor *labels, tl_tensor *logits);

/**
 * Cross-entropy of independent yes-no labels against logits, element by element: max(x, 0) - x z + log(1 +
 * e^-|x|). labels and logits have one shape; labels are probabilities in [0, 1]; beyond it by more than a
 * rounding error of 1e-6, or NaN, they are an error that names the position. Gradients flow to both.
 * Operands: `labels`: float; `logits`: the dtype of `labels`. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_sigmoid_cross_entropy(tl_context *context, tl_tensor *labels, tl_tensor *logits);

/**
 * Random numbers, evenly spread in [low, high). Philox 4x32-10 (Salmon et al. 2011), keyed by the context's
 * seed and counted by call and element: the same bits for any number of threads. Inside vmap one draw serves
 * all examples. This short form uses low = 0, high = 1, dtype = f32; see tl_uniform_range.
 * Gradient: none, it has no operand.
 * Since 0.1.
 */
TL_API tl_tensor *tl_uniform(tl_context *context, const int64_t *shape, size_t num_shape);

/**
 * Random numbers, evenly spread in [low, high). Philox 4x32-10 (Salmon et al. 2011), keyed by the context's
 * seed and counted by call and element: the same bits for any number of threads. Inside vmap one draw serves
 * all examples.
 * Gradient: none, it has no operand.
 * Since 0.1.
 */
TL_API tl_tensor *tl_uniform_range(tl_context *context, const int64_t *shape, size_t num_shape, double low, double high, tl_dtype dtype);

/**
 * Random numbers of the normal distribution. Box-Muller over Philox 4x32-10, keyed by the context's seed and
 * counted by call and element: the same bits for any number of threads. Inside vmap one draw serves all
 * examples. This short form uses mean = 0, stddev = 1, dtype = f32; see tl_normal_with.
 * Gradient: none, it has no operand.
 * Since 0.1.
 */
TL_API tl_tensor *tl_normal(tl_context *context, const int64_t *shape, size_t num_shape);

/**
 * Random numbers of the normal distribution. Box-Muller over Philox 4x32-10, keyed by the context's seed and
 * counted by call and element: the same bits for any number of threads. Inside vmap one draw serves all
 * examples.
 * Gradient: none, it has no operand.
 * Since 0.1.
 */
TL_API tl_tensor *tl_normal_with(tl_context *context, const int64_t *shape, size_t num_shape, double mean, double stddev, tl_dtype dtype);

/**
 * x with each element set to zero with probability rate, the others divided by 1 - rate (Srivastava et al.
 * 2014). The mask follows from the context's seed and the call, so that the backward pass draws it again
 * instead of storing it. Inside vmap each example has a mask of its own where x differs from example to
 * example, else all have one.
 * Operands: `x`: float. Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_dropout(tl_context *context, tl_tensor *x, double rate);

/**
 * A tensor whose elements all have one value. The number is converted to the dtype; for integers it must be a
 * whole number in range.
 * Gradient: none, it has no operand.
 * Since 0.1.
 */
TL_API tl_tensor *tl_full(tl_context *context, const int64_t *shape, size_t num_shape, double value, tl_dtype dtype);

/**
 * start, start + step, ... : count numbers. This short form uses start = 0, step = 1, dtype = f32; see
 * tl_range_from.
 * Gradient: none, it has no operand.
 * Since 0.1.
 */
TL_API tl_tensor *tl_range(tl_context *context, int64_t count);

/**
 * start, start + step, ... : count numbers.
 * Gradient: none, it has no operand.
 * Since 0.1.
 */
TL_API tl_tensor *tl_range_from(tl_context *context, int64_t count, double start, double step, tl_dtype dtype);

/**
 * A tensor of zeros. This short form uses dtype = f32; see tl_zeros_dtype.
 * Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_zeros(tl_context *context, const int64_t *shape, size_t num_shape);

/**
 * A tensor of zeros.
 * Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_zeros_dtype(tl_context *context, const int64_t *shape, size_t num_shape, tl_dtype dtype);

/**
 * A tensor of ones. This short form uses dtype = f32; see tl_ones_dtype.
 * Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_ones(tl_context *context, const int64_t *shape, size_t num_shape);

/**
 * A tensor of ones.
 * Gradient: of any order.
 * Since 0.1.
 */
TL_API tl_tensor *tl_ones_dtype(tl_context *context, const int64_t *shape, size_t num_shape, tl_dtype dtype);

/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
