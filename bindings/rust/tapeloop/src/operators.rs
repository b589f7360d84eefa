//! The operators `+ - * /` between tensors and variables, by value or by reference, and with numbers; and `-x`.

use crate::{ffi, Tensor, Variable};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A tensor of rank 0 with the dtype of `like`.
fn scalar_like(like: &Tensor, value: f64) -> Tensor {
    if like.handle.is_null() {
        return Tensor::from_raw(like.handle, like.context);
    }
    let dtype = call!(tl_tensor_dtype(like.handle));
    expression!(like.context, tl_scalar(like.context, dtype, value))
}

macro_rules! between {
    ($trait:ident, $method:ident, $op:ident, [$($left:ty),*], $rights:tt) => {
        $(between!(@left $trait, $method, $op, $left, $rights);)*
    };
    (@left $trait:ident, $method:ident, $op:ident, $left:ty, [$($right:ty),*]) => {$(
        impl $trait<$right> for $left {
            type Output = Tensor;
            #[inline]
            fn $method(self, right: $right) -> Tensor {
                expression!(self.context, $op(self.context, self.handle, right.handle))
            }
        }
    )*};
}
between!(Add, add, tl_add, [Tensor, &Tensor, &Variable], [Tensor, &Tensor, &Variable]);
between!(Sub, sub, tl_sub, [Tensor, &Tensor, &Variable], [Tensor, &Tensor, &Variable]);
between!(Mul, mul, tl_mul, [Tensor, &Tensor, &Variable], [Tensor, &Tensor, &Variable]);
between!(Div, div, tl_div, [Tensor, &Tensor, &Variable], [Tensor, &Tensor, &Variable]);

macro_rules! with_numbers {
    ($($tensor:ty),*) => {$(
        impl Add<f64> for $tensor {
            type Output = Tensor;
            #[inline]
            fn add(self, right: f64) -> Tensor {
                self.add_scalar(right)
            }
        }
        impl Sub<f64> for $tensor {
            type Output = Tensor;
            #[inline]
            fn sub(self, right: f64) -> Tensor {
                self.add_scalar(-right)
            }
        }
        impl Mul<f64> for $tensor {
            type Output = Tensor;
            #[inline]
            fn mul(self, right: f64) -> Tensor {
                self.mul_scalar(right)
            }
        }
        impl Div<f64> for $tensor {
            type Output = Tensor;
            fn div(self, right: f64) -> Tensor {
                Tensor::div(&self, &scalar_like(&self, right))
            }
        }
        impl Add<$tensor> for f64 {
            type Output = Tensor;
            #[inline]
            fn add(self, right: $tensor) -> Tensor {
                right.add_scalar(self)
            }
        }
        impl Sub<$tensor> for f64 {
            type Output = Tensor;
            fn sub(self, right: $tensor) -> Tensor {
                Tensor::sub(&scalar_like(&right, self), &right)
            }
        }
        impl Mul<$tensor> for f64 {
            type Output = Tensor;
            #[inline]
            fn mul(self, right: $tensor) -> Tensor {
                right.mul_scalar(self)
            }
        }
        impl Div<$tensor> for f64 {
            type Output = Tensor;
            fn div(self, right: $tensor) -> Tensor {
                Tensor::div(&scalar_like(&right, self), &right)
            }
        }
        impl Neg for $tensor {
            type Output = Tensor;
            #[inline]
            fn neg(self) -> Tensor {
                expression!(self.context, tl_neg(self.context, self.handle))
            }
        }
    )*};
}
with_numbers!(Tensor, &Tensor, &Variable);
