// Made from core/ops/ops.toml by core/ops/gen/generate. Do not edit.
// Every op as a function. Gradient rules, layers and losses are written in these.
#pragma once

#include <array>

#include "core/ops/apply.h"
#include "core/ops/generated/attrs.h"

// clang-format off

namespace tl {

// Sum of two tensors: a + b, broadcast.
Tensor add(const Tensor& a, const Tensor& b);

// Difference of two tensors: a - b, broadcast.
Tensor sub(const Tensor& a, const Tensor& b);

// Product of two tensors, element by element: a * b, broadcast.
Tensor mul(const Tensor& a, const Tensor& b);

// Quotient of two tensors: a / b, broadcast.
Tensor div(const Tensor& a, const Tensor& b);

// Power: a raised to b, broadcast.
Tensor pow(const Tensor& a, const Tensor& b);

// The larger of two elements, broadcast; NaN where either is NaN.
Tensor maximum(const Tensor& a, const Tensor& b);

// The smaller of two elements, broadcast; NaN where either is NaN.
Tensor minimum(const Tensor& a, const Tensor& b);

// x + value with a number of the host language.
Tensor add_scalar(const Tensor& x, double value);

// x * value with a number of the host language.
Tensor mul_scalar(const Tensor& x, double value);

// Negative: -x.
Tensor neg(const Tensor& x);

// e to the power of x.
Tensor exp(const Tensor& x);

// Natural logarithm; NaN below zero, -infinity at zero.
Tensor log(const Tensor& x);

// Natural logarithm of 1 + x, accurate near zero.
Tensor log1p(const Tensor& x);

// e to the power of x, minus 1, accurate near zero.
Tensor expm1(const Tensor& x);

// Square root; NaN below zero.
Tensor sqrt(const Tensor& x);

// One over the square root.
Tensor rsqrt(const Tensor& x);

// x times x.
Tensor square(const Tensor& x);

// Absolute value; the gradient at zero is zero.
Tensor abs(const Tensor& x);

// -1, 0 or 1 by the sign of x; NaN for NaN.
Tensor sign(const Tensor& x);

// Hyperbolic tangent.
Tensor tanh(const Tensor& x);

// Logistic function 1 / (1 + e^-x), without overflow at either end.
Tensor sigmoid(const Tensor& x);

// log(1 + e^x), without overflow at either end.
Tensor softplus(const Tensor& x);

// max(x, 0); NaN stays NaN; the gradient at zero is zero, and passes where x is NaN.
Tensor relu(const Tensor& x);

// Sine of x in radians.
Tensor sin(const Tensor& x);

// Cosine of x in radians.
Tensor cos(const Tensor& x);

// Error function.
Tensor erf(const Tensor& x);

// One over x.
Tensor reciprocal(const Tensor& x);

// The largest whole number that is not above x.
Tensor floor(const Tensor& x);

// x limited to [low, high]; NaN stays NaN.
Tensor clip(const Tensor& x, double low, double high);

// x where x is positive, slope * x elsewhere. Made of other ops, in core/rules.
Tensor leaky_relu(const Tensor& x, double slope = 0.01);

// x where x is positive, alpha * (e^x - 1) elsewhere (Clevert et al. 2015). Made of other ops, in core/rules.
Tensor elu(const Tensor& x, double alpha = 1.0);

// x * sigmoid(x), also called swish. Made of other ops, in core/rules.
Tensor silu(const Tensor& x);

// Gaussian error linear unit x * Phi(x) (Hendrycks and Gimpel 2016). Made of other ops, in core/rules.
Tensor gelu(const Tensor& x, bool approximate = false);

// The gradient of relu: zero where out is not positive, grad elsewhere, also where out is NaN.
Tensor relu_grad(const Tensor& grad, const Tensor& out);

// The gradient of tanh: grad * (1 - out^2), where zero is strong (strong_zero_mul).
Tensor tanh_grad(const Tensor& grad, const Tensor& out);

// The gradient of sigmoid: grad * out * (1 - out), where zero is strong (strong_zero_mul).
Tensor sigmoid_grad(const Tensor& grad, const Tensor& out);

// Product in which zero is strong: 0 where a or b is 0, also beside infinity and NaN; a * b elsewhere; broadcast.
Tensor strong_zero_mul(const Tensor& a, const Tensor& b);

// Quotient in which a numerator of zero is strong: 0 where a is 0, whatever b is; a / b elsewhere; broadcast.
Tensor strong_zero_div(const Tensor& a, const Tensor& b);

// Complementary error function, 1 - erf(x), with all digits where that difference would lose them: far above zero.
Tensor erfc(const Tensor& x);

// a == b, broadcast; NaN equals nothing.
Tensor equal(const Tensor& a, const Tensor& b);

// a != b, broadcast; NaN differs from everything.
Tensor not_equal(const Tensor& a, const Tensor& b);

// a < b, broadcast.
Tensor less(const Tensor& a, const Tensor& b);

// a <= b, broadcast.
Tensor less_equal(const Tensor& a, const Tensor& b);

// a > b, broadcast.
Tensor greater(const Tensor& a, const Tensor& b);

// a >= b, broadcast.
Tensor greater_equal(const Tensor& a, const Tensor& b);

// a and b, broadcast.
Tensor logical_and(const Tensor& a, const Tensor& b);

// a or b, broadcast.
Tensor logical_or(const Tensor& a, const Tensor& b);

// not x.
Tensor logical_not(const Tensor& x);

// a where condition holds, b elsewhere; the three broadcast.
Tensor select(const Tensor& condition, const Tensor& a, const Tensor& b);

// x with its elements converted to another dtype.
Tensor cast(const Tensor& x, DType dtype);

// Sum over axes.
Tensor sum(const Tensor& x, const IntList& axes = IntList{}, bool keepdims = false);

// Arithmetic mean over axes, without axes over all of them; NaN over no elements. Made of other ops, in core/rules.
Tensor mean(const Tensor& x, const IntList& axes = IntList{}, bool keepdims = false);

// Largest element over axes; NaN if there is one.
Tensor max(const Tensor& x, const IntList& axes = IntList{}, bool keepdims = false);

// Smallest element over axes; NaN if there is one.
Tensor min(const Tensor& x, const IntList& axes = IntList{}, bool keepdims = false);

// Product over axes, without axes over all of them; 1 over no elements.
Tensor prod(const Tensor& x, const IntList& axes = IntList{}, bool keepdims = false);

// Index of the largest element over axes, as i64; the first of equals, and a NaN counts as the largest.
Tensor argmax(const Tensor& x, const IntList& axes = IntList{}, bool keepdims = false);

// Index of the smallest element over axes, as i64; the first of equals, and a NaN counts as the smallest.
Tensor argmin(const Tensor& x, const IntList& axes = IntList{}, bool keepdims = false);

// Running sum along an axis.
Tensor cumsum(const Tensor& x, int64_t axis = -1, bool exclusive = false, bool reverse = false);

// log of the sum of e^x over axes, without overflow; -infinity over no elements.
Tensor logsumexp(const Tensor& x, const IntList& axes = IntList{}, bool keepdims = false);

// Matrix product of the last two axes; leading axes broadcast.
Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a = false, bool transpose_b = false);

// The same elements with another shape, without a copy.
Tensor reshape(const Tensor& x, const IntList& shape);

// Axes in another order; without a permutation, in reverse order.
Tensor transpose(const Tensor& x, const IntList& permutation = IntList{});

// x repeated along axes of size 1 and along new leading axes, to the given shape.
Tensor broadcast_to(const Tensor& x, const IntList& shape);

// A new axis of size 1 in front of axis `axis` of the result, without a copy. Made of other ops, in core/rules.
Tensor expand_dims(const Tensor& x, int64_t axis);

// Removes axes of size 1, without a copy; without axes, all of them. Made of other ops, in core/rules.
Tensor squeeze(const Tensor& x, const IntList& axes = IntList{});

// Tensors one after the other along an axis; the other sizes agree.
Tensor concat(Span<const Tensor> values, int64_t axis = 0);

// Tensors of one shape along a new axis. Made of other ops, in core/rules.
Tensor stack(Span<const Tensor> values, int64_t axis = 0);

// Part of a tensor: for each axis the elements begin, begin + stride, ... before end.
Tensor slice(const Tensor& x, const IntList& begin, const IntList& end, const IntList& strides = IntList{});

// x with `value` before (low), behind (high) and between (interior) the elements of each axis.
Tensor pad(const Tensor& x, const IntList& low, const IntList& high, const IntList& interior = IntList{}, double value = 0.0);

// All axes from `axis` on merged into one, without a copy; axis 1 keeps the batch. Made of other ops, in core/rules.
Tensor flatten(const Tensor& x, int64_t axis = 1);

// x as a new tensor that shares its memory.
Tensor identity(const Tensor& x);

// x as a new tensor that shares its memory and through which no gradient flows.
Tensor stop_gradient(const Tensor& x);

// The slices of x along an axis that the indices name.
Tensor gather(const Tensor& x, const Tensor& indices, int64_t axis = 0);

// Zeros with `size` slices along an axis, to which each slice of the updates is added at its index.
Tensor scatter_add(const Tensor& indices, const Tensor& updates, int64_t size, int64_t axis = 0);

// 1 at each index and 0 elsewhere, along a new last axis of size depth.
Tensor one_hot(const Tensor& indices, int64_t depth, DType dtype = DType::kF32);

// x with the slices along its first axis that the indices name replaced by the given rows.
Tensor set_rows(const Tensor& x, const Tensor& indices, const Tensor& rows);

// e^x divided by its sum along an axis, without overflow.
Tensor softmax(const Tensor& x, int64_t axis = -1);

// Logarithm of softmax along an axis, without overflow or loss of small probabilities.
Tensor log_softmax(const Tensor& x, int64_t axis = -1);

// Cross-entropy of each row of logits against a row of label probabilities: -sum(labels * log_softmax(logits)) over the last axis. Made of other ops, in core/rules.
Tensor softmax_cross_entropy(const Tensor& labels, const Tensor& logits);

// Cross-entropy of each row of logits against an integer label: -log_softmax(logits)[label].
Tensor sparse_softmax_cross_entropy(const Tensor& labels, const Tensor& logits);

// Cross-entropy of independent yes-no labels against logits, element by element: max(x, 0) - x z + log(1 + e^-|x|).
Tensor sigmoid_cross_entropy(const Tensor& labels, const Tensor& logits);

// Whether the largest prediction of each row (the first of equals) is that of its integer label; false for a row with a NaN.
Tensor correct_class(const Tensor& labels, const Tensor& predictions);

// Whether (prediction > threshold) is the label, 0 or 1, element by element; false for a NaN.
Tensor correct_side(const Tensor& labels, const Tensor& predictions, double threshold);

// x as a new tensor that shares its memory; an element outside [low, high] is an error that names it and its position.
Tensor check_range(const Tensor& x, double low, double high, bool nan = false);

// 1 / sqrt(mean(x^2) + epsilon) of each row over the last axis, which stays with size 1.
Tensor inverse_rms(const Tensor& x, double epsilon);

// x as a new tensor that shares its memory; an element that is NaN or infinite is an error that names it and its position.
Tensor check_finite(const Tensor& x);

// Random numbers, evenly spread in [low, high).
Tensor uniform(Context& context, const IntList& shape, double low = 0.0, double high = 1.0, DType dtype = DType::kF32);

// Random numbers of the normal distribution.
Tensor normal(Context& context, const IntList& shape, double mean = 0.0, double stddev = 1.0, DType dtype = DType::kF32);

// x with each element set to zero with probability rate, the others divided by 1 - rate (Srivastava et al. 2014).
Tensor dropout(const Tensor& x, double rate);

// A tensor whose elements all have one value.
Tensor full(Context& context, const IntList& shape, double value, DType dtype = DType::kF32);

// start, start + step, ... : count numbers.
Tensor range(Context& context, int64_t count, double start = 0.0, double step = 1.0, DType dtype = DType::kF32);

// A tensor of zeros. Made of other ops, in core/rules.
Tensor zeros(Context& context, const IntList& shape, DType dtype = DType::kF32);

// A tensor of ones. Made of other ops, in core/rules.
Tensor ones(Context& context, const IntList& shape, DType dtype = DType::kF32);

// One step of SGD with momentum: m' = momentum m - rate g, w' = w + m', with Nesterov w' = w + momentum m' - rate g (Sutskever et al. 2013).
std::array<Tensor, 2> momentum_update(const Tensor& w, const Tensor& g, const Tensor& m, const Tensor& rate, double momentum, bool nesterov = false);

// One step of Adam (Kingma and Ba 2015): m' = m + (g - m)(1 - beta1), v' = v + (g^2 - v)(1 - beta2), w' = w (1 - decay) - rate m' / (sqrt(v') + epsilon).
std::array<Tensor, 3> adam_update(const Tensor& w, const Tensor& g, const Tensor& m, const Tensor& v, const Tensor& rate, const Tensor& decay, const Tensor& epsilon, double beta1, double beta2);

// One step of plain SGD: w' = w - rate g.
Tensor sgd_update(const Tensor& w, const Tensor& g, const Tensor& rate);

}  // namespace tl
