// Made from api.json by bindings/gen/generate. Do not edit.

//go:build cgo

package tapeloop

// #include "raw.h"
import "C"

import "runtime"

// Add: Sum of two tensors: a + b, broadcast. Integers beyond the range of their dtype wrap around, modulo 2 to
// the number of its bits; cast to i64 first where that may happen. Operands: `a`: number; `b`: the dtype of
// `a`. Gradient: of any order. Since 0.1.
func (a *Tensor) Add(b *Tensor) *Tensor {
	c, broken := two(a, b)
	if broken != nil {
		return broken
	}
	h := C.tlgo_add(c.handle(), a.handle(), b.handle())
	runtime.KeepAlive(a)
	runtime.KeepAlive(b)
	return c.result(h)
}

// Sub: Difference of two tensors: a - b, broadcast. Integers beyond the range of their dtype wrap around,
// modulo 2 to the number of its bits; cast to i64 first where that may happen. Operands: `a`: number; `b`: the
// dtype of `a`. Gradient: of any order. Since 0.1.
func (a *Tensor) Sub(b *Tensor) *Tensor {
	c, broken := two(a, b)
	if broken != nil {
		return broken
	}
	h := C.tlgo_sub(c.handle(), a.handle(), b.handle())
	runtime.KeepAlive(a)
	runtime.KeepAlive(b)
	return c.result(h)
}

// Mul: Product of two tensors, element by element: a * b, broadcast. Integers beyond the range of their dtype
// wrap around, modulo 2 to the number of its bits; cast to i64 first where that may happen. Operands: `a`:
// number; `b`: the dtype of `a`. Gradient: of any order. Since 0.1.
func (a *Tensor) Mul(b *Tensor) *Tensor {
	c, broken := two(a, b)
	if broken != nil {
		return broken
	}
	h := C.tlgo_mul(c.handle(), a.handle(), b.handle())
	runtime.KeepAlive(a)
	runtime.KeepAlive(b)
	return c.result(h)
}

// Div: Quotient of two tensors: a / b, broadcast. In floating point only; division by zero follows IEEE 754.
// Operands: `a`: float; `b`: the dtype of `a`. Gradient: of any order. Since 0.1.
func (a *Tensor) Div(b *Tensor) *Tensor {
	c, broken := two(a, b)
	if broken != nil {
		return broken
	}
	h := C.tlgo_div(c.handle(), a.handle(), b.handle())
	runtime.KeepAlive(a)
	runtime.KeepAlive(b)
	return c.result(h)
}

// Pow: Power: a raised to b, broadcast. A negative base with a fractional exponent gives NaN. The gradient
// with respect to b is a^b log(a), taken as zero where a is zero and b is not negative. Operands: `a`: float;
// `b`: the dtype of `a`. Gradient: of any order. Since 0.1.
func (a *Tensor) Pow(b *Tensor) *Tensor {
	c, broken := two(a, b)
	if broken != nil {
		return broken
	}
	h := C.tlgo_pow(c.handle(), a.handle(), b.handle())
	runtime.KeepAlive(a)
	runtime.KeepAlive(b)
	return c.result(h)
}

// Maximum: The larger of two elements, broadcast; NaN where either is NaN. Where the two are equal each gets
// half of the gradient. A NaN has nothing equal, below or above it: where either element is one, the whole
// gradient goes to b, as in TensorFlow (PyTorch gives it to both, JAX to neither). Operands: `a`: number; `b`:
// the dtype of `a`. Gradient: of any order. Since 0.1.
func (a *Tensor) Maximum(b *Tensor) *Tensor {
	c, broken := two(a, b)
	if broken != nil {
		return broken
	}
	h := C.tlgo_maximum(c.handle(), a.handle(), b.handle())
	runtime.KeepAlive(a)
	runtime.KeepAlive(b)
	return c.result(h)
}

// Minimum: The smaller of two elements, broadcast; NaN where either is NaN. Where the two are equal each gets
// half of the gradient. A NaN has nothing equal, below or above it: where either element is one, the whole
// gradient goes to b, as in TensorFlow (PyTorch gives it to both, JAX to neither). Operands: `a`: number; `b`:
// the dtype of `a`. Gradient: of any order. Since 0.1.
func (a *Tensor) Minimum(b *Tensor) *Tensor {
	c, broken := two(a, b)
	if broken != nil {
		return broken
	}
	h := C.tlgo_minimum(c.handle(), a.handle(), b.handle())
	runtime.KeepAlive(a)
	runtime.KeepAlive(b)
	return c.result(h)
}

// AddScalar: x + value with a number of the host language. The number is converted to the dtype of x. It
// becomes a constant: a rate that changes each step is better a tensor. Integers beyond the range of their
// dtype wrap around, modulo 2 to the number of its bits; cast to i64 first where that may happen. Operands:
// `x`: number. Gradient: of any order. Since 0.1.
func (x *Tensor) AddScalar(value float64) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_add_scalar(c.handle(), x.handle(), C.double(value))
	runtime.KeepAlive(x)
	return c.result(h)
}

// MulScalar: x * value with a number of the host language. The number is converted to the dtype of x. It
// becomes a constant: a rate that changes each step is better a tensor. Integers beyond the range of their
// dtype wrap around, modulo 2 to the number of its bits; cast to i64 first where that may happen. Operands:
// `x`: number. Gradient: of any order. Since 0.1.
func (x *Tensor) MulScalar(value float64) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_mul_scalar(c.handle(), x.handle(), C.double(value))
	runtime.KeepAlive(x)
	return c.result(h)
}

// Neg: Negative: -x. Integers beyond the range of their dtype wrap around, modulo 2 to the number of its bits;
// cast to i64 first where that may happen. Operands: `x`: number. Gradient: of any order. Since 0.1.
func (x *Tensor) Neg() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_neg(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// Exp: e to the power of x. Operands: `x`: float. Gradient: of any order. Since 0.1.
func (x *Tensor) Exp() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_exp(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// Log: Natural logarithm; NaN below zero, -infinity at zero. Operands: `x`: float. Gradient: of any order.
// Since 0.1.
func (x *Tensor) Log() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_log(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// Log1p: Natural logarithm of 1 + x, accurate near zero. Operands: `x`: float. Gradient: of any order. Since
// 0.1.
func (x *Tensor) Log1p() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_log1p(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// Expm1: e to the power of x, minus 1, accurate near zero. Operands: `x`: float. Gradient: of any order. Since
// 0.1.
func (x *Tensor) Expm1() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_expm1(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// Sqrt: Square root; NaN below zero. Its gradient is infinite at zero. Operands: `x`: float. Gradient: of any
// order. Since 0.1.
func (x *Tensor) Sqrt() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_sqrt(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// Rsqrt: One over the square root. Operands: `x`: float. Gradient: of any order. Since 0.1.
func (x *Tensor) Rsqrt() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_rsqrt(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// Square: x times x. Integers beyond the range of their dtype wrap around, modulo 2 to the number of its bits;
// cast to i64 first where that may happen. Operands: `x`: number. Gradient: of any order. Since 0.1.
func (x *Tensor) Square() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_square(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// Abs: Absolute value; the gradient at zero is zero. Integers beyond the range of their dtype wrap around,
// modulo 2 to the number of its bits; cast to i64 first where that may happen. Operands: `x`: number.
// Gradient: of any order. Since 0.1.
func (x *Tensor) Abs() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_abs(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// Sign: -1, 0 or 1 by the sign of x; NaN for NaN. Operands: `x`: number. Gradient: zero where it exists. Since
// 0.1.
func (x *Tensor) Sign() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_sign(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// Tanh: Hyperbolic tangent. Operands: `x`: float. Gradient: of any order. Since 0.1.
func (x *Tensor) Tanh() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_tanh(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// Sigmoid: Logistic function 1 / (1 + e^-x), without overflow at either end. Operands: `x`: float. Gradient:
// of any order. Since 0.1.
func (x *Tensor) Sigmoid() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_sigmoid(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// Softplus: log(1 + e^x), without overflow at either end. Operands: `x`: float. Gradient: of any order. Since
// 0.1.
func (x *Tensor) Softplus() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_softplus(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// Relu: max(x, 0); NaN stays NaN; the gradient at zero is zero, and passes where x is NaN. Operands: `x`:
// number. Gradient: of any order. Since 0.1.
func (x *Tensor) Relu() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_relu(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// Sin: Sine of x in radians. Operands: `x`: float. Gradient: of any order. Since 0.1.
func (x *Tensor) Sin() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_sin(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// Cos: Cosine of x in radians. Operands: `x`: float. Gradient: of any order. Since 0.1.
func (x *Tensor) Cos() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_cos(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// Erf: Error function. Operands: `x`: float. Gradient: of any order. Since 0.1.
func (x *Tensor) Erf() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_erf(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// Reciprocal: One over x. Operands: `x`: float. Gradient: of any order. Since 0.1.
func (x *Tensor) Reciprocal() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_reciprocal(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// Floor: The largest whole number that is not above x. Operands: `x`: float. Gradient: zero where it exists.
// Since 0.1.
func (x *Tensor) Floor() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_floor(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// Clip: x limited to [low, high]; NaN stays NaN. The gradient passes where low <= x <= high. low must not be
// above high, and neither may be NaN. Operands: `x`: number. Gradient: of any order. Since 0.1.
func (x *Tensor) Clip(low float64, high float64) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_clip(c.handle(), x.handle(), C.double(low), C.double(high))
	runtime.KeepAlive(x)
	return c.result(h)
}

// LeakyRelu: x where x is positive, slope * x elsewhere. At -infinity it is -infinity times slope; 0 for a
// slope of 0. This short form uses slope = 0.01; see LeakyReluSlope. Operands: `x`: float. Gradient: of any
// order. Since 0.1.
func (x *Tensor) LeakyRelu() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_leaky_relu(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// LeakyReluSlope: x where x is positive, slope * x elsewhere. At -infinity it is -infinity times slope; 0 for
// a slope of 0. Operands: `x`: float. Gradient: of any order. Since 0.1.
func (x *Tensor) LeakyReluSlope(slope float64) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_leaky_relu_slope(c.handle(), x.handle(), C.double(slope))
	runtime.KeepAlive(x)
	return c.result(h)
}

// Elu: x where x is positive, alpha * (e^x - 1) elsewhere (Clevert et al. 2015). This short form uses alpha =
// 1; see EluAlpha. Operands: `x`: float. Gradient: of any order. Since 0.1.
func (x *Tensor) Elu() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_elu(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// EluAlpha: x where x is positive, alpha * (e^x - 1) elsewhere (Clevert et al. 2015). Operands: `x`: float.
// Gradient: of any order. Since 0.1.
func (x *Tensor) EluAlpha(alpha float64) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_elu_alpha(c.handle(), x.handle(), C.double(alpha))
	runtime.KeepAlive(x)
	return c.result(h)
}

// Silu: x * sigmoid(x), also called swish. At -infinity it is its limit, 0 (NaN in PyTorch and JAX). Operands:
// `x`: float. Gradient: of any order. Since 0.1.
func (x *Tensor) Silu() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_silu(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// Gelu: Gaussian error linear unit x * Phi(x) (Hendrycks and Gimpel 2016). approximate = true uses the tanh
// form of the paper. Far below zero the relative error is that of x / sqrt(2), times x^2: 1e-5 in f32 at x =
// -13, and nothing is lost to a difference. At -infinity both forms are their limit, 0 (NaN in PyTorch and
// JAX). This short form uses approximate = false; see GeluForm. Operands: `x`: float. Gradient: of any order.
// Since 0.1.
func (x *Tensor) Gelu() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_gelu(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// GeluForm: Gaussian error linear unit x * Phi(x) (Hendrycks and Gimpel 2016). approximate = true uses the
// tanh form of the paper. Far below zero the relative error is that of x / sqrt(2), times x^2: 1e-5 in f32 at
// x = -13, and nothing is lost to a difference. At -infinity both forms are their limit, 0 (NaN in PyTorch and
// JAX). Operands: `x`: float. Gradient: of any order. Since 0.1.
func (x *Tensor) GeluForm(approximate bool) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_gelu_form(c.handle(), x.handle(), C.bool(approximate))
	runtime.KeepAlive(x)
	return c.result(h)
}

// StrongZeroMul: Product in which zero is strong: 0 where a or b is 0, also beside infinity and NaN; a * b
// elsewhere; broadcast. The product of gradient rules. What a select did not choose has a gradient of exactly
// 0 and often a derivative that is infinite or NaN, and their product must be 0 (the strong zero of Enzyme and
// ChainRules, TensorFlow's multiply_no_nan on both sides). It is its own rule, so that this holds at every
// order. In a rule of your own use it for gradient times derivative. Operands: `a`: float; `b`: the dtype of
// `a`. Gradient: of any order. Since 0.1.
func (a *Tensor) StrongZeroMul(b *Tensor) *Tensor {
	c, broken := two(a, b)
	if broken != nil {
		return broken
	}
	h := C.tlgo_strong_zero_mul(c.handle(), a.handle(), b.handle())
	runtime.KeepAlive(a)
	runtime.KeepAlive(b)
	return c.result(h)
}

// StrongZeroDiv: Quotient in which a numerator of zero is strong: 0 where a is 0, whatever b is; a / b
// elsewhere; broadcast. The quotient of gradient rules: see strong_zero_mul. Operands: `a`: float; `b`: the
// dtype of `a`. Gradient: of any order. Since 0.1.
func (a *Tensor) StrongZeroDiv(b *Tensor) *Tensor {
	c, broken := two(a, b)
	if broken != nil {
		return broken
	}
	h := C.tlgo_strong_zero_div(c.handle(), a.handle(), b.handle())
	runtime.KeepAlive(a)
	runtime.KeepAlive(b)
	return c.result(h)
}

// Erfc: Complementary error function, 1 - erf(x), with all digits where that difference would lose them: far
// above zero. Operands: `x`: float. Gradient: of any order. Since 0.1.
func (x *Tensor) Erfc() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_erfc(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// Equal: a == b, broadcast; NaN equals nothing. Operands: `a`: any; `b`: the dtype of `a`. Gradient: none, its
// result is bool. Since 0.1.
func (a *Tensor) Equal(b *Tensor) *Tensor {
	c, broken := two(a, b)
	if broken != nil {
		return broken
	}
	h := C.tlgo_equal(c.handle(), a.handle(), b.handle())
	runtime.KeepAlive(a)
	runtime.KeepAlive(b)
	return c.result(h)
}

// NotEqual: a != b, broadcast; NaN differs from everything. Operands: `a`: any; `b`: the dtype of `a`.
// Gradient: none, its result is bool. Since 0.1.
func (a *Tensor) NotEqual(b *Tensor) *Tensor {
	c, broken := two(a, b)
	if broken != nil {
		return broken
	}
	h := C.tlgo_not_equal(c.handle(), a.handle(), b.handle())
	runtime.KeepAlive(a)
	runtime.KeepAlive(b)
	return c.result(h)
}

// Less: a < b, broadcast. Operands: `a`: number; `b`: the dtype of `a`. Gradient: none, its result is bool.
// Since 0.1.
func (a *Tensor) Less(b *Tensor) *Tensor {
	c, broken := two(a, b)
	if broken != nil {
		return broken
	}
	h := C.tlgo_less(c.handle(), a.handle(), b.handle())
	runtime.KeepAlive(a)
	runtime.KeepAlive(b)
	return c.result(h)
}

// LessEqual: a <= b, broadcast. Operands: `a`: number; `b`: the dtype of `a`. Gradient: none, its result is
// bool. Since 0.1.
func (a *Tensor) LessEqual(b *Tensor) *Tensor {
	c, broken := two(a, b)
	if broken != nil {
		return broken
	}
	h := C.tlgo_less_equal(c.handle(), a.handle(), b.handle())
	runtime.KeepAlive(a)
	runtime.KeepAlive(b)
	return c.result(h)
}

// Greater: a > b, broadcast. Operands: `a`: number; `b`: the dtype of `a`. Gradient: none, its result is bool.
// Since 0.1.
func (a *Tensor) Greater(b *Tensor) *Tensor {
	c, broken := two(a, b)
	if broken != nil {
		return broken
	}
	h := C.tlgo_greater(c.handle(), a.handle(), b.handle())
	runtime.KeepAlive(a)
	runtime.KeepAlive(b)
	return c.result(h)
}

// GreaterEqual: a >= b, broadcast. Operands: `a`: number; `b`: the dtype of `a`. Gradient: none, its result is
// bool. Since 0.1.
func (a *Tensor) GreaterEqual(b *Tensor) *Tensor {
	c, broken := two(a, b)
	if broken != nil {
		return broken
	}
	h := C.tlgo_greater_equal(c.handle(), a.handle(), b.handle())
	runtime.KeepAlive(a)
	runtime.KeepAlive(b)
	return c.result(h)
}

// LogicalAnd: a and b, broadcast. Operands: `a`: bool; `b`: the dtype of `a`. Gradient: none, its operands are
// bool. Since 0.1.
func (a *Tensor) LogicalAnd(b *Tensor) *Tensor {
	c, broken := two(a, b)
	if broken != nil {
		return broken
	}
	h := C.tlgo_logical_and(c.handle(), a.handle(), b.handle())
	runtime.KeepAlive(a)
	runtime.KeepAlive(b)
	return c.result(h)
}

// LogicalOr: a or b, broadcast. Operands: `a`: bool; `b`: the dtype of `a`. Gradient: none, its operands are
// bool. Since 0.1.
func (a *Tensor) LogicalOr(b *Tensor) *Tensor {
	c, broken := two(a, b)
	if broken != nil {
		return broken
	}
	h := C.tlgo_logical_or(c.handle(), a.handle(), b.handle())
	runtime.KeepAlive(a)
	runtime.KeepAlive(b)
	return c.result(h)
}

// LogicalNot: not x. Operands: `x`: bool. Gradient: none, its operand is bool. Since 0.1.
func (x *Tensor) LogicalNot() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_logical_not(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// Select: a where condition holds, b elsewhere; the three broadcast. The gradient of the side that is not
// chosen is exactly zero, also where that side is NaN or infinite, and it stays zero on its way back through
// element-wise ops, softmax and cross-entropies, whatever their derivatives are: select(x > 0, log(x), 0) has
// the gradient 0 at 0, of every order and in forward mode (strong_zero_mul says how). A matrix product, prod
// or sum mixes elements, so NaN there reaches the gradients of the others: make its operand safe with a select
// of its own. Operands: `condition`: bool; `a`: any; `b`: the dtype of `a`. Gradient: of any order. Since 0.1.
func (condition *Tensor) Select(a *Tensor, b *Tensor) *Tensor {
	c, broken := some(condition, a, b)
	if broken != nil {
		return broken
	}
	h := C.tlgo_select(c.handle(), condition.handle(), a.handle(), b.handle())
	runtime.KeepAlive(condition)
	runtime.KeepAlive(a)
	runtime.KeepAlive(b)
	return c.result(h)
}

// Cast: x with its elements converted to another dtype. Floating point to integer truncates toward zero and
// saturates at the ends of the range, NaN becomes 0; to bool: not equal to zero. Gradients flow between
// floating point dtypes. Operands: `x`: any. Gradient: of any order. Since 0.1.
func (x *Tensor) Cast(dtype DType) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_cast(c.handle(), x.handle(), C.int32_t(dtype))
	runtime.KeepAlive(x)
	return c.result(h)
}

// Sum: Sum over axes. Without axes over all of them. Sums of floating point are added in fixed chunks, so that
// their bits do not depend on the number of threads. Integers beyond the range of their dtype wrap around,
// modulo 2 to the number of its bits; cast to i64 first where that may happen. This short form uses axes = [],
// keepdims = false; see SumAxes. Operands: `x`: number. Gradient: of any order. Since 0.1.
func (x *Tensor) Sum() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_sum(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// SumAxes: Sum over axes. Without axes over all of them. Sums of floating point are added in fixed chunks, so
// that their bits do not depend on the number of threads. Integers beyond the range of their dtype wrap
// around, modulo 2 to the number of its bits; cast to i64 first where that may happen. Operands: `x`: number.
// Gradient: of any order. Since 0.1.
func (x *Tensor) SumAxes(axes []int64, keepdims bool) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_sum_axes(c.handle(), x.handle(), dims(axes), C.size_t(len(axes)), C.bool(keepdims))
	runtime.KeepAlive(x)
	return c.result(h)
}

// Mean: Arithmetic mean over axes, without axes over all of them; NaN over no elements. This short form uses
// axes = [], keepdims = false; see MeanAxes. Operands: `x`: float. Gradient: of any order. Since 0.1.
func (x *Tensor) Mean() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_mean(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// MeanAxes: Arithmetic mean over axes, without axes over all of them; NaN over no elements. Operands: `x`:
// float. Gradient: of any order. Since 0.1.
func (x *Tensor) MeanAxes(axes []int64, keepdims bool) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_mean_axes(c.handle(), x.handle(), dims(axes), C.size_t(len(axes)), C.bool(keepdims))
	runtime.KeepAlive(x)
	return c.result(h)
}

// Max: Largest element over axes; NaN if there is one. Without axes over all of them; over no elements it is
// an error. Equal largest elements share the gradient evenly. A NaN equals nothing: where the result is one,
// the gradient of all its elements is 0 (it is NaN for all of them in TensorFlow, JAX and torch.amax, and goes
// to the NaNs in torch.max). This short form uses axes = [], keepdims = false; see MaxAxes. Operands: `x`:
// number. Gradient: of any order. Since 0.1.
func (x *Tensor) Max() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_max(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// MaxAxes: Largest element over axes; NaN if there is one. Without axes over all of them; over no elements it
// is an error. Equal largest elements share the gradient evenly. A NaN equals nothing: where the result is
// one, the gradient of all its elements is 0 (it is NaN for all of them in TensorFlow, JAX and torch.amax, and
// goes to the NaNs in torch.max). Operands: `x`: number. Gradient: of any order. Since 0.1.
func (x *Tensor) MaxAxes(axes []int64, keepdims bool) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_max_axes(c.handle(), x.handle(), dims(axes), C.size_t(len(axes)), C.bool(keepdims))
	runtime.KeepAlive(x)
	return c.result(h)
}

// Min: Smallest element over axes; NaN if there is one. Without axes over all of them; over no elements it is
// an error. Equal smallest elements share the gradient evenly. A NaN equals nothing: where the result is one,
// the gradient of all its elements is 0 (it is NaN for all of them in TensorFlow, JAX and torch.amax, and goes
// to the NaNs in torch.max). This short form uses axes = [], keepdims = false; see MinAxes. Operands: `x`:
// number. Gradient: of any order. Since 0.1.
func (x *Tensor) Min() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_min(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// MinAxes: Smallest element over axes; NaN if there is one. Without axes over all of them; over no elements it
// is an error. Equal smallest elements share the gradient evenly. A NaN equals nothing: where the result is
// one, the gradient of all its elements is 0 (it is NaN for all of them in TensorFlow, JAX and torch.amax, and
// goes to the NaNs in torch.max). Operands: `x`: number. Gradient: of any order. Since 0.1.
func (x *Tensor) MinAxes(axes []int64, keepdims bool) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_min_axes(c.handle(), x.handle(), dims(axes), C.size_t(len(axes)), C.bool(keepdims))
	runtime.KeepAlive(x)
	return c.result(h)
}

// Prod: Product over axes, without axes over all of them; 1 over no elements. The gradient of an element is
// the product of the others, without a division: right also beside zeros and infinities. Where that product
// has no value, as of 0 and infinity, it is NaN; where it passes the range of its dtype on the way, it
// overflows or vanishes, though the result may not. Integers beyond the range of their dtype wrap around,
// modulo 2 to the number of its bits; cast to i64 first where that may happen. This short form uses axes = [],
// keepdims = false; see ProdAxes. Operands: `x`: number. Gradient: of any order. Since 0.1.
func (x *Tensor) Prod() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_prod(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// ProdAxes: Product over axes, without axes over all of them; 1 over no elements. The gradient of an element
// is the product of the others, without a division: right also beside zeros and infinities. Where that product
// has no value, as of 0 and infinity, it is NaN; where it passes the range of its dtype on the way, it
// overflows or vanishes, though the result may not. Integers beyond the range of their dtype wrap around,
// modulo 2 to the number of its bits; cast to i64 first where that may happen. Operands: `x`: number.
// Gradient: of any order. Since 0.1.
func (x *Tensor) ProdAxes(axes []int64, keepdims bool) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_prod_axes(c.handle(), x.handle(), dims(axes), C.size_t(len(axes)), C.bool(keepdims))
	runtime.KeepAlive(x)
	return c.result(h)
}

// ArgMax: Index of the largest element over axes, as i64; the first of equals, and a NaN counts as the
// largest. Over several axes (or all, without axes) the index counts through them in row-major order. This
// short form uses axes = [], keepdims = false; see ArgMaxAxes. Operands: `x`: number. Gradient: none, its
// result is an integer index. Since 0.1.
func (x *Tensor) ArgMax() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_argmax(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// ArgMaxAxes: Index of the largest element over axes, as i64; the first of equals, and a NaN counts as the
// largest. Over several axes (or all, without axes) the index counts through them in row-major order.
// Operands: `x`: number. Gradient: none, its result is an integer index. Since 0.1.
func (x *Tensor) ArgMaxAxes(axes []int64, keepdims bool) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_argmax_axes(c.handle(), x.handle(), dims(axes), C.size_t(len(axes)), C.bool(keepdims))
	runtime.KeepAlive(x)
	return c.result(h)
}

// ArgMin: Index of the smallest element over axes, as i64; the first of equals, and a NaN counts as the
// smallest. Over several axes (or all, without axes) the index counts through them in row-major order. This
// short form uses axes = [], keepdims = false; see ArgMinAxes. Operands: `x`: number. Gradient: none, its
// result is an integer index. Since 0.1.
func (x *Tensor) ArgMin() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_argmin(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// ArgMinAxes: Index of the smallest element over axes, as i64; the first of equals, and a NaN counts as the
// smallest. Over several axes (or all, without axes) the index counts through them in row-major order.
// Operands: `x`: number. Gradient: none, its result is an integer index. Since 0.1.
func (x *Tensor) ArgMinAxes(axes []int64, keepdims bool) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_argmin_axes(c.handle(), x.handle(), dims(axes), C.size_t(len(axes)), C.bool(keepdims))
	runtime.KeepAlive(x)
	return c.result(h)
}

// CumSum: Running sum along an axis. exclusive leaves the element itself out; reverse runs from the end.
// Integers beyond the range of their dtype wrap around, modulo 2 to the number of its bits; cast to i64 first
// where that may happen. This short form uses axis = -1, exclusive = false, reverse = false; see CumSumAxis.
// Operands: `x`: number. Gradient: of any order. Since 0.1.
func (x *Tensor) CumSum() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_cumsum(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// CumSumAxis: Running sum along an axis. exclusive leaves the element itself out; reverse runs from the end.
// Integers beyond the range of their dtype wrap around, modulo 2 to the number of its bits; cast to i64 first
// where that may happen. Operands: `x`: number. Gradient: of any order. Since 0.1.
func (x *Tensor) CumSumAxis(axis int64, exclusive bool, reverse bool) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_cumsum_axis(c.handle(), x.handle(), C.int64_t(axis), C.bool(exclusive), C.bool(reverse))
	runtime.KeepAlive(x)
	return c.result(h)
}

// LogSumExp: log of the sum of e^x over axes, without overflow; -infinity over no elements. This short form
// uses axes = [], keepdims = false; see LogSumExpAxes. Operands: `x`: float. Gradient: of any order. Since
// 0.1.
func (x *Tensor) LogSumExp() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_logsumexp(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// LogSumExpAxes: log of the sum of e^x over axes, without overflow; -infinity over no elements. Operands: `x`:
// float. Gradient: of any order. Since 0.1.
func (x *Tensor) LogSumExpAxes(axes []int64, keepdims bool) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_logsumexp_axes(c.handle(), x.handle(), dims(axes), C.size_t(len(axes)), C.bool(keepdims))
	runtime.KeepAlive(x)
	return c.result(h)
}

// MatMul: Matrix product of the last two axes; leading axes broadcast. transposeA and transposeB swap the last
// two axes of an operand first, without a copy. Operands have rank 2 or more. This short form uses transposeA
// = false, transposeB = false; see MatMulTransposed. Operands: `a`: float; `b`: the dtype of `a`. Gradient: of
// any order. Since 0.1.
func (a *Tensor) MatMul(b *Tensor) *Tensor {
	c, broken := two(a, b)
	if broken != nil {
		return broken
	}
	h := C.tlgo_matmul(c.handle(), a.handle(), b.handle())
	runtime.KeepAlive(a)
	runtime.KeepAlive(b)
	return c.result(h)
}

// MatMulTransposed: Matrix product of the last two axes; leading axes broadcast. transposeA and transposeB
// swap the last two axes of an operand first, without a copy. Operands have rank 2 or more. Operands: `a`:
// float; `b`: the dtype of `a`. Gradient: of any order. Since 0.1.
func (a *Tensor) MatMulTransposed(b *Tensor, transposeA bool, transposeB bool) *Tensor {
	c, broken := two(a, b)
	if broken != nil {
		return broken
	}
	h := C.tlgo_matmul_transposed(c.handle(), a.handle(), b.handle(), C.bool(transposeA), C.bool(transposeB))
	runtime.KeepAlive(a)
	runtime.KeepAlive(b)
	return c.result(h)
}

// Reshape: The same elements with another shape, without a copy. One size may be -1: it follows from the
// number of elements. Operands: `x`: any. Gradient: of any order. Since 0.1.
func (x *Tensor) Reshape(shape ...int64) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_reshape(c.handle(), x.handle(), dims(shape), C.size_t(len(shape)))
	runtime.KeepAlive(x)
	return c.result(h)
}

// Transpose: Axes in another order; without a permutation, in reverse order. Axis i of the result is axis
// permutation[i] of x. This short form uses permutation = []; see TransposeAxes. Operands: `x`: any. Gradient:
// of any order. Since 0.1.
func (x *Tensor) Transpose() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_transpose(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// TransposeAxes: Axes in another order; without a permutation, in reverse order. Axis i of the result is axis
// permutation[i] of x. Operands: `x`: any. Gradient: of any order. Since 0.1.
func (x *Tensor) TransposeAxes(permutation ...int64) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_transpose_axes(c.handle(), x.handle(), dims(permutation), C.size_t(len(permutation)))
	runtime.KeepAlive(x)
	return c.result(h)
}

// BroadcastTo: x repeated along axes of size 1 and along new leading axes, to the given shape. Operands: `x`:
// any. Gradient: of any order. Since 0.1.
func (x *Tensor) BroadcastTo(shape ...int64) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_broadcast_to(c.handle(), x.handle(), dims(shape), C.size_t(len(shape)))
	runtime.KeepAlive(x)
	return c.result(h)
}

// ExpandDims: A new axis of size 1 in front of axis `axis` of the result, without a copy. Operands: `x`: any.
// Gradient: of any order. Since 0.1.
func (x *Tensor) ExpandDims(axis int64) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_expand_dims(c.handle(), x.handle(), C.int64_t(axis))
	runtime.KeepAlive(x)
	return c.result(h)
}

// Squeeze: Removes axes of size 1, without a copy; without axes, all of them. This short form uses axes = [];
// see SqueezeAxes. Operands: `x`: any. Gradient: of any order. Since 0.1.
func (x *Tensor) Squeeze() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_squeeze(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// SqueezeAxes: Removes axes of size 1, without a copy; without axes, all of them. Operands: `x`: any.
// Gradient: of any order. Since 0.1.
func (x *Tensor) SqueezeAxes(axes ...int64) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_squeeze_axes(c.handle(), x.handle(), dims(axes), C.size_t(len(axes)))
	runtime.KeepAlive(x)
	return c.result(h)
}

// Concat: Tensors one after the other along an axis; the other sizes agree. Operands: `values` (one or more):
// any. Gradient: of any order. Since 0.1.
func (c *Context) Concat(values []*Tensor, axis int64) *Tensor {
	handles, broken := handlesOf(values)
	if broken != nil {
		return broken
	}
	h := C.tlgo_concat(c.handle(), list(handles), C.size_t(len(handles)), C.int64_t(axis))
	runtime.KeepAlive(values)
	return c.result(h)
}

// Stack: Tensors of one shape along a new axis. Operands: `values` (one or more): any. Gradient: of any order.
// Since 0.1.
func (c *Context) Stack(values []*Tensor, axis int64) *Tensor {
	handles, broken := handlesOf(values)
	if broken != nil {
		return broken
	}
	h := C.tlgo_stack(c.handle(), list(handles), C.size_t(len(handles)), C.int64_t(axis))
	runtime.KeepAlive(values)
	return c.result(h)
}

// Slice: Part of a tensor: for each axis the elements begin, begin + stride, ... before end. A negative begin
// or end counts from the end of the axis; both must lie in the axis, begin not behind end. Strides are
// positive; without strides each is 1. A slice of leading rows shares memory. This short form uses strides =
// []; see SliceStrided. Operands: `x`: any. Gradient: of any order. Since 0.1.
func (x *Tensor) Slice(begin []int64, end []int64) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_slice(c.handle(), x.handle(), dims(begin), C.size_t(len(begin)), dims(end), C.size_t(len(end)))
	runtime.KeepAlive(x)
	return c.result(h)
}

// SliceStrided: Part of a tensor: for each axis the elements begin, begin + stride, ... before end. A negative
// begin or end counts from the end of the axis; both must lie in the axis, begin not behind end. Strides are
// positive; without strides each is 1. A slice of leading rows shares memory. Operands: `x`: any. Gradient: of
// any order. Since 0.1.
func (x *Tensor) SliceStrided(begin []int64, end []int64, strides []int64) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_slice_strided(c.handle(), x.handle(), dims(begin), C.size_t(len(begin)), dims(end), C.size_t(len(end)), dims(strides), C.size_t(len(strides)))
	runtime.KeepAlive(x)
	return c.result(h)
}

// Pad: x with `value` before (low), behind (high) and between (interior) the elements of each axis. low, high
// and interior count elements per axis and are not negative; without interior it is 0 everywhere. This short
// form uses interior = [], value = 0; see PadInterior. Operands: `x`: any. Gradient: of any order. Since 0.1.
func (x *Tensor) Pad(low []int64, high []int64) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_pad(c.handle(), x.handle(), dims(low), C.size_t(len(low)), dims(high), C.size_t(len(high)))
	runtime.KeepAlive(x)
	return c.result(h)
}

// PadInterior: x with `value` before (low), behind (high) and between (interior) the elements of each axis.
// low, high and interior count elements per axis and are not negative; without interior it is 0 everywhere.
// Operands: `x`: any. Gradient: of any order. Since 0.1.
func (x *Tensor) PadInterior(low []int64, high []int64, interior []int64, value float64) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_pad_interior(c.handle(), x.handle(), dims(low), C.size_t(len(low)), dims(high), C.size_t(len(high)), dims(interior), C.size_t(len(interior)), C.double(value))
	runtime.KeepAlive(x)
	return c.result(h)
}

// Flatten: All axes from `axis` on merged into one, without a copy; axis 1 keeps the batch. This short form
// uses axis = 1; see FlattenFrom. Operands: `x`: any. Gradient: of any order. Since 0.1.
func (x *Tensor) Flatten() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_flatten(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// FlattenFrom: All axes from `axis` on merged into one, without a copy; axis 1 keeps the batch. Operands: `x`:
// any. Gradient: of any order. Since 0.1.
func (x *Tensor) FlattenFrom(axis int64) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_flatten_from(c.handle(), x.handle(), C.int64_t(axis))
	runtime.KeepAlive(x)
	return c.result(h)
}

// Identity: x as a new tensor that shares its memory. Operands: `x`: any. Gradient: of any order. Since 0.1.
func (x *Tensor) Identity() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_identity(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// StopGradient: x as a new tensor that shares its memory and through which no gradient flows. Operands: `x`:
// any. Gradient: none, stop_gradient cuts the path on purpose. Since 0.1.
func (x *Tensor) StopGradient() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_stop_gradient(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// Gather: The slices of x along an axis that the indices name. The result has the shape of x with the axis
// replaced by the shape of the indices. An index outside [0, size) is an error. Operands: `x`: any; `indices`:
// int. Gradient: of any order. Since 0.1.
func (x *Tensor) Gather(indices *Tensor, axis int64) *Tensor {
	c, broken := two(x, indices)
	if broken != nil {
		return broken
	}
	h := C.tlgo_gather(c.handle(), x.handle(), indices.handle(), C.int64_t(axis))
	runtime.KeepAlive(x)
	runtime.KeepAlive(indices)
	return c.result(h)
}

// ScatterAdd: Zeros with `size` slices along an axis, to which each slice of the updates is added at its
// index. updates has the shape that gather gives for these indices; a repeated index adds up, in the order of
// the indices. An index outside [0, size) is an error. Integers beyond the range of their dtype wrap around,
// modulo 2 to the number of its bits; cast to i64 first where that may happen. Operands: `indices`: int;
// `updates`: number. Gradient: of any order. Since 0.1.
func (indices *Tensor) ScatterAdd(updates *Tensor, size int64, axis int64) *Tensor {
	c, broken := two(indices, updates)
	if broken != nil {
		return broken
	}
	h := C.tlgo_scatter_add(c.handle(), indices.handle(), updates.handle(), C.int64_t(size), C.int64_t(axis))
	runtime.KeepAlive(indices)
	runtime.KeepAlive(updates)
	return c.result(h)
}

// OneHot: 1 at each index and 0 elsewhere, along a new last axis of size depth. An index outside [0, depth)
// gives a row of zeros. This short form uses dtype = f32; see OneHotDType. Operands: `indices`: int. Gradient:
// none, its operand is an integer index. Since 0.1.
func (indices *Tensor) OneHot(depth int64) *Tensor {
	c, broken := one(indices)
	if broken != nil {
		return broken
	}
	h := C.tlgo_one_hot(c.handle(), indices.handle(), C.int64_t(depth))
	runtime.KeepAlive(indices)
	return c.result(h)
}

// OneHotDType: 1 at each index and 0 elsewhere, along a new last axis of size depth. An index outside [0,
// depth) gives a row of zeros. Operands: `indices`: int. Gradient: none, its operand is an integer index.
// Since 0.1.
func (indices *Tensor) OneHotDType(depth int64, dtype DType) *Tensor {
	c, broken := one(indices)
	if broken != nil {
		return broken
	}
	h := C.tlgo_one_hot_dtype(c.handle(), indices.handle(), C.int64_t(depth), C.int32_t(dtype))
	runtime.KeepAlive(indices)
	return c.result(h)
}

// SetRows: x with the slices along its first axis that the indices name replaced by the given rows. indices
// has rank 1 and is strictly ascending, so each row is named once; rows has the shape that gather gives for
// them. An index outside [0, size) is an error. Where nobody else holds x it runs in the memory of x, in time
// proportional to the rows. Operands: `x`: any; `indices`: int; `rows`: the dtype of `x`. Gradient: of any
// order. Since 0.1.
func (x *Tensor) SetRows(indices *Tensor, rows *Tensor) *Tensor {
	c, broken := some(x, indices, rows)
	if broken != nil {
		return broken
	}
	h := C.tlgo_set_rows(c.handle(), x.handle(), indices.handle(), rows.handle())
	runtime.KeepAlive(x)
	runtime.KeepAlive(indices)
	runtime.KeepAlive(rows)
	return c.result(h)
}

// Softmax: e^x divided by its sum along an axis, without overflow. This short form uses axis = -1; see
// SoftmaxAxis. Operands: `x`: float. Gradient: of any order. Since 0.1.
func (x *Tensor) Softmax() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_softmax(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// SoftmaxAxis: e^x divided by its sum along an axis, without overflow. Operands: `x`: float. Gradient: of any
// order. Since 0.1.
func (x *Tensor) SoftmaxAxis(axis int64) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_softmax_axis(c.handle(), x.handle(), C.int64_t(axis))
	runtime.KeepAlive(x)
	return c.result(h)
}

// LogSoftmax: Logarithm of softmax along an axis, without overflow or loss of small probabilities. This short
// form uses axis = -1; see LogSoftmaxAxis. Operands: `x`: float. Gradient: of any order. Since 0.1.
func (x *Tensor) LogSoftmax() *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_log_softmax(c.handle(), x.handle())
	runtime.KeepAlive(x)
	return c.result(h)
}

// LogSoftmaxAxis: Logarithm of softmax along an axis, without overflow or loss of small probabilities.
// Operands: `x`: float. Gradient: of any order. Since 0.1.
func (x *Tensor) LogSoftmaxAxis(axis int64) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_log_softmax_axis(c.handle(), x.handle(), C.int64_t(axis))
	runtime.KeepAlive(x)
	return c.result(h)
}

// SoftmaxCrossEntropy: Cross-entropy of each row of logits against a row of label probabilities: -sum(labels *
// log_softmax(logits)) over the last axis. labels and logits have one shape (..., classes), at least one
// class; the result has shape (...). Gradients flow to both. Labels may be any weights of the classes: the
// function CategoricalCrossEntropy refuses what is no probability. Operands: `labels`: float; `logits`: the
// dtype of `labels`. Gradient: of any order. Since 0.1.
func (labels *Tensor) SoftmaxCrossEntropy(logits *Tensor) *Tensor {
	c, broken := two(labels, logits)
	if broken != nil {
		return broken
	}
	h := C.tlgo_softmax_cross_entropy(c.handle(), labels.handle(), logits.handle())
	runtime.KeepAlive(labels)
	runtime.KeepAlive(logits)
	return c.result(h)
}

// SparseSoftmaxCrossEntropy: Cross-entropy of each row of logits against an integer label:
// -log_softmax(logits)[label]. logits: (..., classes); labels: (...), each in [0, classes), anything else is
// an error that names the position. The result has the shape of the labels. Operands: `labels`: int; `logits`:
// float. Gradient: of any order. Since 0.1.
func (labels *Tensor) SparseSoftmaxCrossEntropy(logits *Tensor) *Tensor {
	c, broken := two(labels, logits)
	if broken != nil {
		return broken
	}
	h := C.tlgo_sparse_softmax_cross_entropy(c.handle(), labels.handle(), logits.handle())
	runtime.KeepAlive(labels)
	runtime.KeepAlive(logits)
	return c.result(h)
}

// SigmoidCrossEntropy: Cross-entropy of independent yes-no labels against logits, element by element: max(x,
// 0) - x z + log(1 + e^-|x|). labels and logits have one shape; labels are probabilities in [0, 1]; beyond it
// by more than a rounding error of 1e-6, or NaN, they are an error that names the position. Gradients flow to
// both. Operands: `labels`: float; `logits`: the dtype of `labels`. Gradient: of any order. Since 0.1.
func (labels *Tensor) SigmoidCrossEntropy(logits *Tensor) *Tensor {
	c, broken := two(labels, logits)
	if broken != nil {
		return broken
	}
	h := C.tlgo_sigmoid_cross_entropy(c.handle(), labels.handle(), logits.handle())
	runtime.KeepAlive(labels)
	runtime.KeepAlive(logits)
	return c.result(h)
}

// Uniform: Random numbers, evenly spread in [low, high). Philox 4x32-10 (Salmon et al. 2011), keyed by the
// context's seed and counted by call and element: the same bits for any number of threads. Inside vmap one
// draw serves all examples. This short form uses low = 0, high = 1, dtype = f32; see UniformRange. Gradient:
// none, it has no operand. Since 0.1.
func (c *Context) Uniform(shape ...int64) *Tensor {
	h := C.tlgo_uniform(c.handle(), dims(shape), C.size_t(len(shape)))
	return c.result(h)
}

// UniformRange: Random numbers, evenly spread in [low, high). Philox 4x32-10 (Salmon et al. 2011), keyed by
// the context's seed and counted by call and element: the same bits for any number of threads. Inside vmap one
// draw serves all examples. Gradient: none, it has no operand. Since 0.1.
func (c *Context) UniformRange(shape []int64, low float64, high float64, dtype DType) *Tensor {
	h := C.tlgo_uniform_range(c.handle(), dims(shape), C.size_t(len(shape)), C.double(low), C.double(high), C.int32_t(dtype))
	return c.result(h)
}

// Normal: Random numbers of the normal distribution. Box-Muller over Philox 4x32-10, keyed by the context's
// seed and counted by call and element: the same bits for any number of threads. Inside vmap one draw serves
// all examples. This short form uses mean = 0, stddev = 1, dtype = f32; see NormalWith. Gradient: none, it has
// no operand. Since 0.1.
func (c *Context) Normal(shape ...int64) *Tensor {
	h := C.tlgo_normal(c.handle(), dims(shape), C.size_t(len(shape)))
	return c.result(h)
}

// NormalWith: Random numbers of the normal distribution. Box-Muller over Philox 4x32-10, keyed by the
// context's seed and counted by call and element: the same bits for any number of threads. Inside vmap one
// draw serves all examples. Gradient: none, it has no operand. Since 0.1.
func (c *Context) NormalWith(shape []int64, mean float64, stddev float64, dtype DType) *Tensor {
	h := C.tlgo_normal_with(c.handle(), dims(shape), C.size_t(len(shape)), C.double(mean), C.double(stddev), C.int32_t(dtype))
	return c.result(h)
}

// Dropout: x with each element set to zero with probability rate, the others divided by 1 - rate (Srivastava
// et al. 2014). The mask follows from the context's seed and the call, so that the backward pass draws it
// again instead of storing it. Inside vmap each example has a mask of its own where x differs from example to
// example, else all have one. Operands: `x`: float. Gradient: of any order. Since 0.1.
func (x *Tensor) Dropout(rate float64) *Tensor {
	c, broken := one(x)
	if broken != nil {
		return broken
	}
	h := C.tlgo_dropout(c.handle(), x.handle(), C.double(rate))
	runtime.KeepAlive(x)
	return c.result(h)
}

// Full: A tensor whose elements all have one value. The number is converted to the dtype; for integers it must
// be a whole number in range. Gradient: none, it has no operand. Since 0.1.
func (c *Context) Full(shape []int64, value float64, dtype DType) *Tensor {
	h := C.tlgo_full(c.handle(), dims(shape), C.size_t(len(shape)), C.double(value), C.int32_t(dtype))
	return c.result(h)
}

// Range: start, start + step, ... : count numbers. This short form uses start = 0, step = 1, dtype = f32; see
// RangeFrom. Gradient: none, it has no operand. Since 0.1.
func (c *Context) Range(count int64) *Tensor {
	h := C.tlgo_range(c.handle(), C.int64_t(count))
	return c.result(h)
}

// RangeFrom: start, start + step, ... : count numbers. Gradient: none, it has no operand. Since 0.1.
func (c *Context) RangeFrom(count int64, start float64, step float64, dtype DType) *Tensor {
	h := C.tlgo_range_from(c.handle(), C.int64_t(count), C.double(start), C.double(step), C.int32_t(dtype))
	return c.result(h)
}

// Zeros: A tensor of zeros. This short form uses dtype = f32; see ZerosDType. Gradient: of any order. Since
// 0.1.
func (c *Context) Zeros(shape ...int64) *Tensor {
	h := C.tlgo_zeros(c.handle(), dims(shape), C.size_t(len(shape)))
	return c.result(h)
}

// ZerosDType: A tensor of zeros. Gradient: of any order. Since 0.1.
func (c *Context) ZerosDType(shape []int64, dtype DType) *Tensor {
	h := C.tlgo_zeros_dtype(c.handle(), dims(shape), C.size_t(len(shape)), C.int32_t(dtype))
	return c.result(h)
}

// Ones: A tensor of ones. This short form uses dtype = f32; see OnesDType. Gradient: of any order. Since 0.1.
func (c *Context) Ones(shape ...int64) *Tensor {
	h := C.tlgo_ones(c.handle(), dims(shape), C.size_t(len(shape)))
	return c.result(h)
}

// OnesDType: A tensor of ones. Gradient: of any order. Since 0.1.
func (c *Context) OnesDType(shape []int64, dtype DType) *Tensor {
	h := C.tlgo_ones_dtype(c.handle(), dims(shape), C.size_t(len(shape)), C.int32_t(dtype))
	return c.result(h)
}
