// Made from api.json by bindings/gen/generate. Do not edit.
//! Every op: a method of its first operand, or of the context where there is none.

use crate::ffi;
use crate::generated::DType;
use crate::list::TensorList;
use crate::{Context, Tensor};

/// # Ops
/// Each returns a new tensor; a failed one is noticed by the next effect, see [`Tensor`].
impl Tensor {
    /// Sum of two tensors: a + b, broadcast. Integers beyond the range of their dtype wrap around, modulo 2 to
    /// the number of its bits; cast to i64 first where that may happen. Operands: `a`: number; `b`: the dtype
    /// of `a`. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn add(&self, b: &Tensor) -> Tensor {
        expression!(self.context, tl_add(self.context, self.handle, b.handle))
    }

    /// Difference of two tensors: a - b, broadcast. Integers beyond the range of their dtype wrap around,
    /// modulo 2 to the number of its bits; cast to i64 first where that may happen. Operands: `a`: number;
    /// `b`: the dtype of `a`. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn sub(&self, b: &Tensor) -> Tensor {
        expression!(self.context, tl_sub(self.context, self.handle, b.handle))
    }

    /// Product of two tensors, element by element: a * b, broadcast. Integers beyond the range of their dtype
    /// wrap around, modulo 2 to the number of its bits; cast to i64 first where that may happen. Operands:
    /// `a`: number; `b`: the dtype of `a`. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn mul(&self, b: &Tensor) -> Tensor {
        expression!(self.context, tl_mul(self.context, self.handle, b.handle))
    }

    /// Quotient of two tensors: a / b, broadcast. In floating point only; division by zero follows IEEE 754.
    /// Operands: `a`: float; `b`: the dtype of `a`. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn div(&self, b: &Tensor) -> Tensor {
        expression!(self.context, tl_div(self.context, self.handle, b.handle))
    }

    /// Power: a raised to b, broadcast. A negative base with a fractional exponent gives NaN. The gradient
    /// with respect to b is a^b log(a), taken as zero where a is zero and b is not negative. Operands: `a`:
    /// float; `b`: the dtype of `a`. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn pow(&self, b: &Tensor) -> Tensor {
        expression!(self.context, tl_pow(self.context, self.handle, b.handle))
    }

    /// The larger of two elements, broadcast; NaN where either is NaN. Where the two are equal each gets half
    /// of the gradient. A NaN has nothing equal, below or above it: where either element is one, the whole
    /// gradient goes to b, as in TensorFlow (PyTorch gives it to both, JAX to neither). Operands: `a`: number;
    /// `b`: the dtype of `a`. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn maximum(&self, b: &Tensor) -> Tensor {
        expression!(self.context, tl_maximum(self.context, self.handle, b.handle))
    }

    /// The smaller of two elements, broadcast; NaN where either is NaN. Where the two are equal each gets half
    /// of the gradient. A NaN has nothing equal, below or above it: where either element is one, the whole
    /// gradient goes to b, as in TensorFlow (PyTorch gives it to both, JAX to neither). Operands: `a`: number;
    /// `b`: the dtype of `a`. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn minimum(&self, b: &Tensor) -> Tensor {
        expression!(self.context, tl_minimum(self.context, self.handle, b.handle))
    }

    /// x + value with a number of the host language. The number is converted to the dtype of x. It becomes a
    /// constant: a rate that changes each step is better a tensor. Integers beyond the range of their dtype
    /// wrap around, modulo 2 to the number of its bits; cast to i64 first where that may happen. Operands:
    /// `x`: number. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn add_scalar(&self, value: f64) -> Tensor {
        expression!(self.context, tl_add_scalar(self.context, self.handle, value))
    }

    /// x * value with a number of the host language. The number is converted to the dtype of x. It becomes a
    /// constant: a rate that changes each step is better a tensor. Integers beyond the range of their dtype
    /// wrap around, modulo 2 to the number of its bits; cast to i64 first where that may happen. Operands:
    /// `x`: number. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn mul_scalar(&self, value: f64) -> Tensor {
        expression!(self.context, tl_mul_scalar(self.context, self.handle, value))
    }

    /// Negative: -x. Integers beyond the range of their dtype wrap around, modulo 2 to the number of its bits;
    /// cast to i64 first where that may happen. Operands: `x`: number. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn neg(&self) -> Tensor {
        expression!(self.context, tl_neg(self.context, self.handle))
    }

    /// e to the power of x. Operands: `x`: float. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn exp(&self) -> Tensor {
        expression!(self.context, tl_exp(self.context, self.handle))
    }

    /// Natural logarithm; NaN below zero, -infinity at zero. Operands: `x`: float. Gradient: of any order.
    /// Since 0.1.
    #[inline]
    pub fn log(&self) -> Tensor {
        expression!(self.context, tl_log(self.context, self.handle))
    }

    /// Natural logarithm of 1 + x, accurate near zero. Operands: `x`: float. Gradient: of any order. Since
    /// 0.1.
    #[inline]
    pub fn log1p(&self) -> Tensor {
        expression!(self.context, tl_log1p(self.context, self.handle))
    }

    /// e to the power of x, minus 1, accurate near zero. Operands: `x`: float. Gradient: of any order. Since
    /// 0.1.
    #[inline]
    pub fn expm1(&self) -> Tensor {
        expression!(self.context, tl_expm1(self.context, self.handle))
    }

    /// Square root; NaN below zero. Its gradient is infinite at zero. Operands: `x`: float. Gradient: of any
    /// order. Since 0.1.
    #[inline]
    pub fn sqrt(&self) -> Tensor {
        expression!(self.context, tl_sqrt(self.context, self.handle))
    }

    /// One over the square root. Operands: `x`: float. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn rsqrt(&self) -> Tensor {
        expression!(self.context, tl_rsqrt(self.context, self.handle))
    }

    /// x times x. Integers beyond the range of their dtype wrap around, modulo 2 to the number of its bits;
    /// cast to i64 first where that may happen. Operands: `x`: number. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn square(&self) -> Tensor {
        expression!(self.context, tl_square(self.context, self.handle))
    }

    /// Absolute value; the gradient at zero is zero. Integers beyond the range of their dtype wrap around,
    /// modulo 2 to the number of its bits; cast to i64 first where that may happen. Operands: `x`: number.
    /// Gradient: of any order. Since 0.1.
    #[inline]
    pub fn abs(&self) -> Tensor {
        expression!(self.context, tl_abs(self.context, self.handle))
    }

    /// -1, 0 or 1 by the sign of x; NaN for NaN. Operands: `x`: number. Gradient: zero where it exists. Since
    /// 0.1.
    #[inline]
    pub fn sign(&self) -> Tensor {
        expression!(self.context, tl_sign(self.context, self.handle))
    }

    /// Hyperbolic tangent. Operands: `x`: float. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn tanh(&self) -> Tensor {
        expression!(self.context, tl_tanh(self.context, self.handle))
    }

    /// Logistic function 1 / (1 + e^-x), without overflow at either end. Operands: `x`: float. Gradient: of
    /// any order. Since 0.1.
    #[inline]
    pub fn sigmoid(&self) -> Tensor {
        expression!(self.context, tl_sigmoid(self.context, self.handle))
    }

    /// Log(1 + e^x), without overflow at either end. Operands: `x`: float. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn softplus(&self) -> Tensor {
        expression!(self.context, tl_softplus(self.context, self.handle))
    }

    /// Max(x, 0); NaN stays NaN; the gradient at zero is zero, and passes where x is NaN. Operands: `x`:
    /// number. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn relu(&self) -> Tensor {
        expression!(self.context, tl_relu(self.context, self.handle))
    }

    /// Sine of x in radians. Operands: `x`: float. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn sin(&self) -> Tensor {
        expression!(self.context, tl_sin(self.context, self.handle))
    }

    /// Cosine of x in radians. Operands: `x`: float. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn cos(&self) -> Tensor {
        expression!(self.context, tl_cos(self.context, self.handle))
    }

    /// Error function. Operands: `x`: float. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn erf(&self) -> Tensor {
        expression!(self.context, tl_erf(self.context, self.handle))
    }

    /// One over x. Operands: `x`: float. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn reciprocal(&self) -> Tensor {
        expression!(self.context, tl_reciprocal(self.context, self.handle))
    }

    /// The largest whole number that is not above x. Operands: `x`: float. Gradient: zero where it exists.
    /// Since 0.1.
    #[inline]
    pub fn floor(&self) -> Tensor {
        expression!(self.context, tl_floor(self.context, self.handle))
    }

    /// x limited to \[low, high\]; NaN stays NaN. The gradient passes where low \<= x \<= high. low must not
    /// be above high, and neither may be NaN. Operands: `x`: number. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn clip(&self, low: f64, high: f64) -> Tensor {
        expression!(self.context, tl_clip(self.context, self.handle, low, high))
    }

    /// x where x is positive, slope * x elsewhere. At -infinity it is -infinity times slope; 0 for a slope of
    /// 0. This short form uses slope = 0.01; see `leaky_relu_slope`. Operands: `x`: float. Gradient: of any
    /// order. Since 0.1.
    #[inline]
    pub fn leaky_relu(&self) -> Tensor {
        expression!(self.context, tl_leaky_relu(self.context, self.handle))
    }

    /// x where x is positive, slope * x elsewhere. At -infinity it is -infinity times slope; 0 for a slope of
    /// 0. Operands: `x`: float. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn leaky_relu_slope(&self, slope: f64) -> Tensor {
        expression!(self.context, tl_leaky_relu_slope(self.context, self.handle, slope))
    }

    /// x where x is positive, alpha * (e^x - 1) elsewhere (Clevert et al. 2015). This short form uses alpha =
    /// 1; see `elu_alpha`. Operands: `x`: float. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn elu(&self) -> Tensor {
        expression!(self.context, tl_elu(self.context, self.handle))
    }

    /// x where x is positive, alpha * (e^x - 1) elsewhere (Clevert et al. 2015). Operands: `x`: float.
    /// Gradient: of any order. Since 0.1.
    #[inline]
    pub fn elu_alpha(&self, alpha: f64) -> Tensor {
        expression!(self.context, tl_elu_alpha(self.context, self.handle, alpha))
    }

    /// x * sigmoid(x), also called swish. At -infinity it is its limit, 0 (NaN in PyTorch and JAX). Operands:
    /// `x`: float. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn silu(&self) -> Tensor {
        expression!(self.context, tl_silu(self.context, self.handle))
    }

    /// Gaussian error linear unit x * Phi(x) (Hendrycks and Gimpel 2016). approximate = true uses the tanh
    /// form of the paper. Far below zero the relative error is that of x / sqrt(2), times x^2: 1e-5 in f32 at
    /// x = -13, and nothing is lost to a difference. At -infinity both forms are their limit, 0 (NaN in
    /// PyTorch and JAX). This short form uses approximate = false; see `gelu_form`. Operands: `x`: float.
    /// Gradient: of any order. Since 0.1.
    #[inline]
    pub fn gelu(&self) -> Tensor {
        expression!(self.context, tl_gelu(self.context, self.handle))
    }

    /// Gaussian error linear unit x * Phi(x) (Hendrycks and Gimpel 2016). approximate = true uses the tanh
    /// form of the paper. Far below zero the relative error is that of x / sqrt(2), times x^2: 1e-5 in f32 at
    /// x = -13, and nothing is lost to a difference. At -infinity both forms are their limit, 0 (NaN in
    /// PyTorch and JAX). Operands: `x`: float. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn gelu_form(&self, approximate: bool) -> Tensor {
        expression!(self.context, tl_gelu_form(self.context, self.handle, approximate))
    }

    /// Product in which zero is strong: 0 where a or b is 0, also beside infinity and NaN; a * b elsewhere;
    /// broadcast. The product of gradient rules. What a select did not choose has a gradient of exactly 0 and
    /// often a derivative that is infinite or NaN, and their product must be 0 (the strong zero of Enzyme and
    /// ChainRules, TensorFlow's multiply_no_nan on both sides). It is its own rule, so that this holds at
    /// every order. In a rule of your own use it for gradient times derivative. Operands: `a`: float; `b`: the
    /// dtype of `a`. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn strong_zero_mul(&self, b: &Tensor) -> Tensor {
        expression!(self.context, tl_strong_zero_mul(self.context, self.handle, b.handle))
    }

    /// Quotient in which a numerator of zero is strong: 0 where a is 0, whatever b is; a / b elsewhere;
    /// broadcast. The quotient of gradient rules: see strong_zero_mul. Operands: `a`: float; `b`: the dtype of
    /// `a`. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn strong_zero_div(&self, b: &Tensor) -> Tensor {
        expression!(self.context, tl_strong_zero_div(self.context, self.handle, b.handle))
    }

    /// Complementary error function, 1 - erf(x), with all digits where that difference would lose them: far
    /// above zero. Operands: `x`: float. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn erfc(&self) -> Tensor {
        expression!(self.context, tl_erfc(self.context, self.handle))
    }

    /// a == b, broadcast; NaN equals nothing. Operands: `a`: any; `b`: the dtype of `a`. Gradient: none, its
    /// result is bool. Since 0.1.
    #[inline]
    pub fn equal(&self, b: &Tensor) -> Tensor {
        expression!(self.context, tl_equal(self.context, self.handle, b.handle))
    }

    /// a != b, broadcast; NaN differs from everything. Operands: `a`: any; `b`: the dtype of `a`. Gradient:
    /// none, its result is bool. Since 0.1.
    #[inline]
    pub fn not_equal(&self, b: &Tensor) -> Tensor {
        expression!(self.context, tl_not_equal(self.context, self.handle, b.handle))
    }

    /// a \< b, broadcast. Operands: `a`: number; `b`: the dtype of `a`. Gradient: none, its result is bool.
    /// Since 0.1.
    #[inline]
    pub fn less(&self, b: &Tensor) -> Tensor {
        expression!(self.context, tl_less(self.context, self.handle, b.handle))
    }

    /// a \<= b, broadcast. Operands: `a`: number; `b`: the dtype of `a`. Gradient: none, its result is bool.
    /// Since 0.1.
    #[inline]
    pub fn less_equal(&self, b: &Tensor) -> Tensor {
        expression!(self.context, tl_less_equal(self.context, self.handle, b.handle))
    }

    /// a > b, broadcast. Operands: `a`: number; `b`: the dtype of `a`. Gradient: none, its result is bool.
    /// Since 0.1.
    #[inline]
    pub fn greater(&self, b: &Tensor) -> Tensor {
        expression!(self.context, tl_greater(self.context, self.handle, b.handle))
    }

    /// a >= b, broadcast. Operands: `a`: number; `b`: the dtype of `a`. Gradient: none, its result is bool.
    /// Since 0.1.
    #[inline]
    pub fn greater_equal(&self, b: &Tensor) -> Tensor {
        expression!(self.context, tl_greater_equal(self.context, self.handle, b.handle))
    }

    /// a and b, broadcast. Operands: `a`: bool; `b`: the dtype of `a`. Gradient: none, its operands are bool.
    /// Since 0.1.
    #[inline]
    pub fn logical_and(&self, b: &Tensor) -> Tensor {
        expression!(self.context, tl_logical_and(self.context, self.handle, b.handle))
    }

    /// a or b, broadcast. Operands: `a`: bool; `b`: the dtype of `a`. Gradient: none, its operands are bool.
    /// Since 0.1.
    #[inline]
    pub fn logical_or(&self, b: &Tensor) -> Tensor {
        expression!(self.context, tl_logical_or(self.context, self.handle, b.handle))
    }

    /// Not x. Operands: `x`: bool. Gradient: none, its operand is bool. Since 0.1.
    #[inline]
    pub fn logical_not(&self) -> Tensor {
        expression!(self.context, tl_logical_not(self.context, self.handle))
    }

    /// a where condition holds, b elsewhere; the three broadcast. The gradient of the side that is not chosen
    /// is exactly zero, also where that side is NaN or infinite, and it stays zero on its way back through
    /// element-wise ops, softmax and cross-entropies, whatever their derivatives are: select(x > 0, log(x), 0)
    /// has the gradient 0 at 0, of every order and in forward mode (strong_zero_mul says how). A matrix
    /// product, prod or sum mixes elements, so NaN there reaches the gradients of the others: make its operand
    /// safe with a select of its own. Operands: `condition`: bool; `a`: any; `b`: the dtype of `a`. Gradient:
    /// of any order. Since 0.1.
    #[inline]
    pub fn select(&self, a: &Tensor, b: &Tensor) -> Tensor {
        expression!(self.context, tl_select(self.context, self.handle, a.handle, b.handle))
    }

    /// x with its elements converted to another dtype. Floating point to integer truncates toward zero and
    /// saturates at the ends of the range, NaN becomes 0; to bool: not equal to zero. Gradients flow between
    /// floating point dtypes. Operands: `x`: any. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn cast(&self, dtype: DType) -> Tensor {
        expression!(self.context, tl_cast(self.context, self.handle, dtype as i32))
    }

    /// Sum over axes. Without axes over all of them. Sums of floating point are added in fixed chunks, so that
    /// their bits do not depend on the number of threads. Integers beyond the range of their dtype wrap
    /// around, modulo 2 to the number of its bits; cast to i64 first where that may happen. This short form
    /// uses axes = \[\], keepdims = false; see `sum_axes`. Operands: `x`: number. Gradient: of any order.
    /// Since 0.1.
    #[inline]
    pub fn sum(&self) -> Tensor {
        expression!(self.context, tl_sum(self.context, self.handle))
    }

    /// Sum over axes. Without axes over all of them. Sums of floating point are added in fixed chunks, so that
    /// their bits do not depend on the number of threads. Integers beyond the range of their dtype wrap
    /// around, modulo 2 to the number of its bits; cast to i64 first where that may happen. Operands: `x`:
    /// number. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn sum_axes(&self, axes: &[i64], keepdims: bool) -> Tensor {
        expression!(self.context, tl_sum_axes(self.context, self.handle, axes.as_ptr(), axes.len(), keepdims))
    }

    /// Arithmetic mean over axes, without axes over all of them; NaN over no elements. This short form uses
    /// axes = \[\], keepdims = false; see `mean_axes`. Operands: `x`: float. Gradient: of any order. Since
    /// 0.1.
    #[inline]
    pub fn mean(&self) -> Tensor {
        expression!(self.context, tl_mean(self.context, self.handle))
    }

    /// Arithmetic mean over axes, without axes over all of them; NaN over no elements. Operands: `x`: float.
    /// Gradient: of any order. Since 0.1.
    #[inline]
    pub fn mean_axes(&self, axes: &[i64], keepdims: bool) -> Tensor {
        expression!(
            self.context,
            tl_mean_axes(self.context, self.handle, axes.as_ptr(), axes.len(), keepdims)
        )
    }

    /// Largest element over axes; NaN if there is one. Without axes over all of them; over no elements it is
    /// an error. Equal largest elements share the gradient evenly. A NaN equals nothing: where the result is
    /// one, the gradient of all its elements is 0 (it is NaN for all of them in TensorFlow, JAX and
    /// torch.amax, and goes to the NaNs in torch.max). This short form uses axes = \[\], keepdims = false; see
    /// `max_axes`. Operands: `x`: number. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn max(&self) -> Tensor {
        expression!(self.context, tl_max(self.context, self.handle))
    }

    /// Largest element over axes; NaN if there is one. Without axes over all of them; over no elements it is
    /// an error. Equal largest elements share the gradient evenly. A NaN equals nothing: where the result is
    /// one, the gradient of all its elements is 0 (it is NaN for all of them in TensorFlow, JAX and
    /// torch.amax, and goes to the NaNs in torch.max). Operands: `x`: number. Gradient: of any order. Since
    /// 0.1.
    #[inline]
    pub fn max_axes(&self, axes: &[i64], keepdims: bool) -> Tensor {
        expression!(self.context, tl_max_axes(self.context, self.handle, axes.as_ptr(), axes.len(), keepdims))
    }

    /// Smallest element over axes; NaN if there is one. Without axes over all of them; over no elements it is
    /// an error. Equal smallest elements share the gradient evenly. A NaN equals nothing: where the result is
    /// one, the gradient of all its elements is 0 (it is NaN for all of them in TensorFlow, JAX and
    /// torch.amax, and goes to the NaNs in torch.max). This short form uses axes = \[\], keepdims = false; see
    /// `min_axes`. Operands: `x`: number. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn min(&self) -> Tensor {
        expression!(self.context, tl_min(self.context, self.handle))
    }

    /// Smallest element over axes; NaN if there is one. Without axes over all of them; over no elements it is
    /// an error. Equal smallest elements share the gradient evenly. A NaN equals nothing: where the result is
    /// one, the gradient of all its elements is 0 (it is NaN for all of them in TensorFlow, JAX and
    /// torch.amax, and goes to the NaNs in torch.max). Operands: `x`: number. Gradient: of any order. Since
    /// 0.1.
    #[inline]
    pub fn min_axes(&self, axes: &[i64], keepdims: bool) -> Tensor {
        expression!(self.context, tl_min_axes(self.context, self.handle, axes.as_ptr(), axes.len(), keepdims))
    }

    /// Product over axes, without axes over all of them; 1 over no elements. The gradient of an element is the
    /// product of the others, without a division: right also beside zeros and infinities. Where that product
    /// has no value, as of 0 and infinity, it is NaN; where it passes the range of its dtype on the way, it
    /// overflows or vanishes, though the result may not. Integers beyond the range of their dtype wrap around,
    /// modulo 2 to the number of its bits; cast to i64 first where that may happen. This short form uses axes
    /// = \[\], keepdims = false; see `prod_axes`. Operands: `x`: number. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn prod(&self) -> Tensor {
        expression!(self.context, tl_prod(self.context, self.handle))
    }

    /// Product over axes, without axes over all of them; 1 over no elements. The gradient of an element is the
    /// product of the others, without a division: right also beside zeros and infinities. Where that product
    /// has no value, as of 0 and infinity, it is NaN; where it passes the range of its dtype on the way, it
    /// overflows or vanishes, though the result may not. Integers beyond the range of their dtype wrap around,
    /// modulo 2 to the number of its bits; cast to i64 first where that may happen. Operands: `x`: number.
    /// Gradient: of any order. Since 0.1.
    #[inline]
    pub fn prod_axes(&self, axes: &[i64], keepdims: bool) -> Tensor {
        expression!(
            self.context,
            tl_prod_axes(self.context, self.handle, axes.as_ptr(), axes.len(), keepdims)
        )
    }

    /// Index of the largest element over axes, as i64; the first of equals, and a NaN counts as the largest.
    /// Over several axes (or all, without axes) the index counts through them in row-major order. This short
    /// form uses axes = \[\], keepdims = false; see `argmax_axes`. Operands: `x`: number. Gradient: none, its
    /// result is an integer index. Since 0.1.
    #[inline]
    pub fn argmax(&self) -> Tensor {
        expression!(self.context, tl_argmax(self.context, self.handle))
    }

    /// Index of the largest element over axes, as i64; the first of equals, and a NaN counts as the largest.
    /// Over several axes (or all, without axes) the index counts through them in row-major order. Operands:
    /// `x`: number. Gradient: none, its result is an integer index. Since 0.1.
    #[inline]
    pub fn argmax_axes(&self, axes: &[i64], keepdims: bool) -> Tensor {
        expression!(
            self.context,
            tl_argmax_axes(self.context, self.handle, axes.as_ptr(), axes.len(), keepdims)
        )
    }

    /// Index of the smallest element over axes, as i64; the first of equals, and a NaN counts as the smallest.
    /// Over several axes (or all, without axes) the index counts through them in row-major order. This short
    /// form uses axes = \[\], keepdims = false; see `argmin_axes`. Operands: `x`: number. Gradient: none, its
    /// result is an integer index. Since 0.1.
    #[inline]
    pub fn argmin(&self) -> Tensor {
        expression!(self.context, tl_argmin(self.context, self.handle))
    }

    /// Index of the smallest element over axes, as i64; the first of equals, and a NaN counts as the smallest.
    /// Over several axes (or all, without axes) the index counts through them in row-major order. Operands:
    /// `x`: number. Gradient: none, its result is an integer index. Since 0.1.
    #[inline]
    pub fn argmin_axes(&self, axes: &[i64], keepdims: bool) -> Tensor {
        expression!(
            self.context,
            tl_argmin_axes(self.context, self.handle, axes.as_ptr(), axes.len(), keepdims)
        )
    }

    /// Running sum along an axis. exclusive leaves the element itself out; reverse runs from the end. Integers
    /// beyond the range of their dtype wrap around, modulo 2 to the number of its bits; cast to i64 first
    /// where that may happen. This short form uses axis = -1, exclusive = false, reverse = false; see
    /// `cumsum_axis`. Operands: `x`: number. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn cumsum(&self) -> Tensor {
        expression!(self.context, tl_cumsum(self.context, self.handle))
    }

    /// Running sum along an axis. exclusive leaves the element itself out; reverse runs from the end. Integers
    /// beyond the range of their dtype wrap around, modulo 2 to the number of its bits; cast to i64 first
    /// where that may happen. Operands: `x`: number. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn cumsum_axis(&self, axis: i64, exclusive: bool, reverse: bool) -> Tensor {
        expression!(self.context, tl_cumsum_axis(self.context, self.handle, axis, exclusive, reverse))
    }

    /// Log of the sum of e^x over axes, without overflow; -infinity over no elements. This short form uses
    /// axes = \[\], keepdims = false; see `logsumexp_axes`. Operands: `x`: float. Gradient: of any order.
    /// Since 0.1.
    #[inline]
    pub fn logsumexp(&self) -> Tensor {
        expression!(self.context, tl_logsumexp(self.context, self.handle))
    }

    /// Log of the sum of e^x over axes, without overflow; -infinity over no elements. Operands: `x`: float.
    /// Gradient: of any order. Since 0.1.
    #[inline]
    pub fn logsumexp_axes(&self, axes: &[i64], keepdims: bool) -> Tensor {
        expression!(
            self.context,
            tl_logsumexp_axes(self.context, self.handle, axes.as_ptr(), axes.len(), keepdims)
        )
    }

    /// Matrix product of the last two axes; leading axes broadcast. transpose_a and transpose_b swap the last
    /// two axes of an operand first, without a copy. Operands have rank 2 or more. This short form uses
    /// transpose_a = false, transpose_b = false; see `matmul_transposed`. Operands: `a`: float; `b`: the dtype
    /// of `a`. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn matmul(&self, b: &Tensor) -> Tensor {
        expression!(self.context, tl_matmul(self.context, self.handle, b.handle))
    }

    /// Matrix product of the last two axes; leading axes broadcast. transpose_a and transpose_b swap the last
    /// two axes of an operand first, without a copy. Operands have rank 2 or more. Operands: `a`: float; `b`:
    /// the dtype of `a`. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn matmul_transposed(&self, b: &Tensor, transpose_a: bool, transpose_b: bool) -> Tensor {
        expression!(
            self.context,
            tl_matmul_transposed(self.context, self.handle, b.handle, transpose_a, transpose_b)
        )
    }

    /// The same elements with another shape, without a copy. One size may be -1: it follows from the number of
    /// elements. Operands: `x`: any. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn reshape(&self, shape: &[i64]) -> Tensor {
        expression!(self.context, tl_reshape(self.context, self.handle, shape.as_ptr(), shape.len()))
    }

    /// Axes in another order; without a permutation, in reverse order. Axis i of the result is axis
    /// permutation\[i\] of x. This short form uses permutation = \[\]; see `transpose_axes`. Operands: `x`:
    /// any. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn transpose(&self) -> Tensor {
        expression!(self.context, tl_transpose(self.context, self.handle))
    }

    /// Axes in another order; without a permutation, in reverse order. Axis i of the result is axis
    /// permutation\[i\] of x. Operands: `x`: any. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn transpose_axes(&self, permutation: &[i64]) -> Tensor {
        expression!(
            self.context,
            tl_transpose_axes(self.context, self.handle, permutation.as_ptr(), permutation.len())
        )
    }

    /// x repeated along axes of size 1 and along new leading axes, to the given shape. Operands: `x`: any.
    /// Gradient: of any order. Since 0.1.
    #[inline]
    pub fn broadcast_to(&self, shape: &[i64]) -> Tensor {
        expression!(self.context, tl_broadcast_to(self.context, self.handle, shape.as_ptr(), shape.len()))
    }

    /// A new axis of size 1 in front of axis `axis` of the result, without a copy. Operands: `x`: any.
    /// Gradient: of any order. Since 0.1.
    #[inline]
    pub fn expand_dims(&self, axis: i64) -> Tensor {
        expression!(self.context, tl_expand_dims(self.context, self.handle, axis))
    }

    /// Removes axes of size 1, without a copy; without axes, all of them. This short form uses axes = \[\];
    /// see `squeeze_axes`. Operands: `x`: any. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn squeeze(&self) -> Tensor {
        expression!(self.context, tl_squeeze(self.context, self.handle))
    }

    /// Removes axes of size 1, without a copy; without axes, all of them. Operands: `x`: any. Gradient: of any
    /// order. Since 0.1.
    #[inline]
    pub fn squeeze_axes(&self, axes: &[i64]) -> Tensor {
        expression!(self.context, tl_squeeze_axes(self.context, self.handle, axes.as_ptr(), axes.len()))
    }

    /// Part of a tensor: for each axis the elements begin, begin + stride, ... before end. A negative begin or
    /// end counts from the end of the axis; both must lie in the axis, begin not behind end. Strides are
    /// positive; without strides each is 1. A slice of leading rows shares memory. This short form uses
    /// strides = \[\]; see `slice_strided`. Operands: `x`: any. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn slice(&self, begin: &[i64], end: &[i64]) -> Tensor {
        expression!(
            self.context,
            tl_slice(self.context, self.handle, begin.as_ptr(), begin.len(), end.as_ptr(), end.len())
        )
    }

    /// Part of a tensor: for each axis the elements begin, begin + stride, ... before end. A negative begin or
    /// end counts from the end of the axis; both must lie in the axis, begin not behind end. Strides are
    /// positive; without strides each is 1. A slice of leading rows shares memory. Operands: `x`: any.
    /// Gradient: of any order. Since 0.1.
    #[inline]
    pub fn slice_strided(&self, begin: &[i64], end: &[i64], strides: &[i64]) -> Tensor {
        expression!(
            self.context,
            tl_slice_strided(
                self.context,
                self.handle,
                begin.as_ptr(),
                begin.len(),
                end.as_ptr(),
                end.len(),
                strides.as_ptr(),
                strides.len()
            )
        )
    }

    /// x with `value` before (low), behind (high) and between (interior) the elements of each axis. low, high
    /// and interior count elements per axis and are not negative; without interior it is 0 everywhere. This
    /// short form uses interior = \[\], value = 0; see `pad_interior`. Operands: `x`: any. Gradient: of any
    /// order. Since 0.1.
    #[inline]
    pub fn pad(&self, low: &[i64], high: &[i64]) -> Tensor {
        expression!(
            self.context,
            tl_pad(self.context, self.handle, low.as_ptr(), low.len(), high.as_ptr(), high.len())
        )
    }

    /// x with `value` before (low), behind (high) and between (interior) the elements of each axis. low, high
    /// and interior count elements per axis and are not negative; without interior it is 0 everywhere.
    /// Operands: `x`: any. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn pad_interior(&self, low: &[i64], high: &[i64], interior: &[i64], value: f64) -> Tensor {
        expression!(
            self.context,
            tl_pad_interior(
                self.context,
                self.handle,
                low.as_ptr(),
                low.len(),
                high.as_ptr(),
                high.len(),
                interior.as_ptr(),
                interior.len(),
                value
            )
        )
    }

    /// All axes from `axis` on merged into one, without a copy; axis 1 keeps the batch. This short form uses
    /// axis = 1; see `flatten_from`. Operands: `x`: any. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn flatten(&self) -> Tensor {
        expression!(self.context, tl_flatten(self.context, self.handle))
    }

    /// All axes from `axis` on merged into one, without a copy; axis 1 keeps the batch. Operands: `x`: any.
    /// Gradient: of any order. Since 0.1.
    #[inline]
    pub fn flatten_from(&self, axis: i64) -> Tensor {
        expression!(self.context, tl_flatten_from(self.context, self.handle, axis))
    }

    /// x as a new tensor that shares its memory. Operands: `x`: any. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn identity(&self) -> Tensor {
        expression!(self.context, tl_identity(self.context, self.handle))
    }

    /// x as a new tensor that shares its memory and through which no gradient flows. Operands: `x`: any.
    /// Gradient: none, stop_gradient cuts the path on purpose. Since 0.1.
    #[inline]
    pub fn stop_gradient(&self) -> Tensor {
        expression!(self.context, tl_stop_gradient(self.context, self.handle))
    }

    /// The slices of x along an axis that the indices name. The result has the shape of x with the axis
    /// replaced by the shape of the indices. An index outside \[0, size) is an error. Operands: `x`: any;
    /// `indices`: int. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn gather(&self, indices: &Tensor, axis: i64) -> Tensor {
        expression!(self.context, tl_gather(self.context, self.handle, indices.handle, axis))
    }

    /// Zeros with `size` slices along an axis, to which each slice of the updates is added at its index.
    /// updates has the shape that gather gives for these indices; a repeated index adds up, in the order of
    /// the indices. An index outside \[0, size) is an error. Integers beyond the range of their dtype wrap
    /// around, modulo 2 to the number of its bits; cast to i64 first where that may happen. Operands:
    /// `indices`: int; `updates`: number. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn scatter_add(&self, updates: &Tensor, size: i64, axis: i64) -> Tensor {
        expression!(self.context, tl_scatter_add(self.context, self.handle, updates.handle, size, axis))
    }

    /// 1 at each index and 0 elsewhere, along a new last axis of size depth. An index outside \[0, depth)
    /// gives a row of zeros. This short form uses dtype = f32; see `one_hot_dtype`. Operands: `indices`: int.
    /// Gradient: none, its operand is an integer index. Since 0.1.
    #[inline]
    pub fn one_hot(&self, depth: i64) -> Tensor {
        expression!(self.context, tl_one_hot(self.context, self.handle, depth))
    }

    /// 1 at each index and 0 elsewhere, along a new last axis of size depth. An index outside \[0, depth)
    /// gives a row of zeros. Operands: `indices`: int. Gradient: none, its operand is an integer index. Since
    /// 0.1.
    #[inline]
    pub fn one_hot_dtype(&self, depth: i64, dtype: DType) -> Tensor {
        expression!(self.context, tl_one_hot_dtype(self.context, self.handle, depth, dtype as i32))
    }

    /// x with the slices along its first axis that the indices name replaced by the given rows. indices has
    /// rank 1 and is strictly ascending, so each row is named once; rows has the shape that gather gives for
    /// them. An index outside \[0, size) is an error. Where nobody else holds x it runs in the memory of x, in
    /// time proportional to the rows. Operands: `x`: any; `indices`: int; `rows`: the dtype of `x`. Gradient:
    /// of any order. Since 0.1.
    #[inline]
    pub fn set_rows(&self, indices: &Tensor, rows: &Tensor) -> Tensor {
        expression!(self.context, tl_set_rows(self.context, self.handle, indices.handle, rows.handle))
    }

    /// E^x divided by its sum along an axis, without overflow. This short form uses axis = -1; see
    /// `softmax_axis`. Operands: `x`: float. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn softmax(&self) -> Tensor {
        expression!(self.context, tl_softmax(self.context, self.handle))
    }

    /// E^x divided by its sum along an axis, without overflow. Operands: `x`: float. Gradient: of any order.
    /// Since 0.1.
    #[inline]
    pub fn softmax_axis(&self, axis: i64) -> Tensor {
        expression!(self.context, tl_softmax_axis(self.context, self.handle, axis))
    }

    /// Logarithm of softmax along an axis, without overflow or loss of small probabilities. This short form
    /// uses axis = -1; see `log_softmax_axis`. Operands: `x`: float. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn log_softmax(&self) -> Tensor {
        expression!(self.context, tl_log_softmax(self.context, self.handle))
    }

    /// Logarithm of softmax along an axis, without overflow or loss of small probabilities. Operands: `x`:
    /// float. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn log_softmax_axis(&self, axis: i64) -> Tensor {
        expression!(self.context, tl_log_softmax_axis(self.context, self.handle, axis))
    }

    /// Cross-entropy of each row of logits against a row of label probabilities: -sum(labels *
    /// log_softmax(logits)) over the last axis. labels and logits have one shape (..., classes), at least one
    /// class; the result has shape (...). Gradients flow to both. Labels may be any weights of the classes:
    /// `loss_categorical_cross_entropy` refuses what is no probability. Operands: `labels`: float; `logits`:
    /// the dtype of `labels`. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn softmax_cross_entropy(&self, logits: &Tensor) -> Tensor {
        expression!(self.context, tl_softmax_cross_entropy(self.context, self.handle, logits.handle))
    }

    /// Cross-entropy of each row of logits against an integer label: -log_softmax(logits)\[label\]. logits:
    /// (..., classes); labels: (...), each in \[0, classes), anything else is an error that names the
    /// position. The result has the shape of the labels. Operands: `labels`: int; `logits`: float. Gradient:
    /// of any order. Since 0.1.
    #[inline]
    pub fn sparse_softmax_cross_entropy(&self, logits: &Tensor) -> Tensor {
        expression!(self.context, tl_sparse_softmax_cross_entropy(self.context, self.handle, logits.handle))
    }

    /// Cross-entropy of independent yes-no labels against logits, element by element: max(x, 0) - x z + log(1 +
    /// e^-|x|). labels and logits have one shape; labels are probabilities in \[0, 1\]; beyond it by more than
    /// a rounding error of 1e-6, or NaN, they are an error that names the position. Gradients flow to both.
    /// Operands: `labels`: float; `logits`: the dtype of `labels`. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn sigmoid_cross_entropy(&self, logits: &Tensor) -> Tensor {
        expression!(self.context, tl_sigmoid_cross_entropy(self.context, self.handle, logits.handle))
    }

    /// x with each element set to zero with probability rate, the others divided by 1 - rate (Srivastava et
    /// al. 2014). The mask follows from the context's seed and the call, so that the backward pass draws it
    /// again instead of storing it. Inside vmap each example has a mask of its own where x differs from
    /// example to example, else all have one. Operands: `x`: float. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn dropout(&self, rate: f64) -> Tensor {
        expression!(self.context, tl_dropout(self.context, self.handle, rate))
    }
}

/// # Ops
/// Those that have no operand, or a list of operands. Each returns a new tensor, see [`Tensor`].
impl Context {
    /// Tensors one after the other along an axis; the other sizes agree. Operands: `values` (one or more):
    /// any. Gradient: of any order. Since 0.1.
    pub fn concat(&self, values: &(impl TensorList + ?Sized), axis: i64) -> Tensor {
        values.with_handles(|values| {
            expression!(self.handle(), tl_concat(self.handle(), values.as_ptr(), values.len(), axis))
        })
    }

    /// Tensors of one shape along a new axis. Operands: `values` (one or more): any. Gradient: of any order.
    /// Since 0.1.
    pub fn stack(&self, values: &(impl TensorList + ?Sized), axis: i64) -> Tensor {
        values.with_handles(|values| {
            expression!(self.handle(), tl_stack(self.handle(), values.as_ptr(), values.len(), axis))
        })
    }

    /// Random numbers, evenly spread in \[low, high). Philox 4x32-10 (Salmon et al. 2011), keyed by the
    /// context's seed and counted by call and element: the same bits for any number of threads. Inside vmap
    /// one draw serves all examples. This short form uses low = 0, high = 1, dtype = f32; see `uniform_range`.
    /// Gradient: none, it has no operand. Since 0.1.
    #[inline]
    pub fn uniform(&self, shape: &[i64]) -> Tensor {
        expression!(self.handle(), tl_uniform(self.handle(), shape.as_ptr(), shape.len()))
    }

    /// Random numbers, evenly spread in \[low, high). Philox 4x32-10 (Salmon et al. 2011), keyed by the
    /// context's seed and counted by call and element: the same bits for any number of threads. Inside vmap
    /// one draw serves all examples. Gradient: none, it has no operand. Since 0.1.
    #[inline]
    pub fn uniform_range(&self, shape: &[i64], low: f64, high: f64, dtype: DType) -> Tensor {
        expression!(
            self.handle(),
            tl_uniform_range(self.handle(), shape.as_ptr(), shape.len(), low, high, dtype as i32)
        )
    }

    /// Random numbers of the normal distribution. Box-Muller over Philox 4x32-10, keyed by the context's seed
    /// and counted by call and element: the same bits for any number of threads. Inside vmap one draw serves
    /// all examples. This short form uses mean = 0, stddev = 1, dtype = f32; see `normal_with`. Gradient:
    /// none, it has no operand. Since 0.1.
    #[inline]
    pub fn normal(&self, shape: &[i64]) -> Tensor {
        expression!(self.handle(), tl_normal(self.handle(), shape.as_ptr(), shape.len()))
    }

    /// Random numbers of the normal distribution. Box-Muller over Philox 4x32-10, keyed by the context's seed
    /// and counted by call and element: the same bits for any number of threads. Inside vmap one draw serves
    /// all examples. Gradient: none, it has no operand. Since 0.1.
    #[inline]
    pub fn normal_with(&self, shape: &[i64], mean: f64, stddev: f64, dtype: DType) -> Tensor {
        expression!(
            self.handle(),
            tl_normal_with(self.handle(), shape.as_ptr(), shape.len(), mean, stddev, dtype as i32)
        )
    }

    /// A tensor whose elements all have one value. The number is converted to the dtype; for integers it must
    /// be a whole number in range. Gradient: none, it has no operand. Since 0.1.
    #[inline]
    pub fn full(&self, shape: &[i64], value: f64, dtype: DType) -> Tensor {
        expression!(self.handle(), tl_full(self.handle(), shape.as_ptr(), shape.len(), value, dtype as i32))
    }

    /// Start, start + step, ... : count numbers. This short form uses start = 0, step = 1, dtype = f32; see
    /// `range_from`. Gradient: none, it has no operand. Since 0.1.
    #[inline]
    pub fn range(&self, count: i64) -> Tensor {
        expression!(self.handle(), tl_range(self.handle(), count))
    }

    /// Start, start + step, ... : count numbers. Gradient: none, it has no operand. Since 0.1.
    #[inline]
    pub fn range_from(&self, count: i64, start: f64, step: f64, dtype: DType) -> Tensor {
        expression!(self.handle(), tl_range_from(self.handle(), count, start, step, dtype as i32))
    }

    /// A tensor of zeros. This short form uses dtype = f32; see `zeros_dtype`. Gradient: of any order. Since
    /// 0.1.
    #[inline]
    pub fn zeros(&self, shape: &[i64]) -> Tensor {
        expression!(self.handle(), tl_zeros(self.handle(), shape.as_ptr(), shape.len()))
    }

    /// A tensor of zeros. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn zeros_dtype(&self, shape: &[i64], dtype: DType) -> Tensor {
        expression!(self.handle(), tl_zeros_dtype(self.handle(), shape.as_ptr(), shape.len(), dtype as i32))
    }

    /// A tensor of ones. This short form uses dtype = f32; see `ones_dtype`. Gradient: of any order. Since
    /// 0.1.
    #[inline]
    pub fn ones(&self, shape: &[i64]) -> Tensor {
        expression!(self.handle(), tl_ones(self.handle(), shape.as_ptr(), shape.len()))
    }

    /// A tensor of ones. Gradient: of any order. Since 0.1.
    #[inline]
    pub fn ones_dtype(&self, shape: &[i64], dtype: DType) -> Tensor {
        expression!(self.handle(), tl_ones_dtype(self.handle(), shape.as_ptr(), shape.len(), dtype as i32))
    }
}
