//! Tensors: reading, printing, and what a handle is in Rust.

use crate::call::gate;
use crate::element::Element;
use crate::error::done;
use crate::{ffi, text, Code, Context, DType, Error, Result};
use std::fmt;
use std::marker::PhantomData;
use std::mem::{size_of, size_of_val, ManuallyDrop};
use std::ops::Deref;
use std::os::raw::c_void;

/// An immutable value of the library: its ops are methods and operators.
///
/// # Errors
/// Ops are expressions: they return a tensor, also when they fail. The first failure stays in the context, and nothing after it
/// has an effect; the next effect (taking gradients, applying them, reading, [`check`](Tensor::check)) returns it as an
/// [`Error`] and clears it. So a chain of ops needs no `?` in between, and no failure is lost.
///
/// ```
/// # fn main() -> tapeloop::Result<()> {
/// let c = tapeloop::Context::new()?;
/// let x = c.tensor(&[1.0f32, 2.0, 3.0], &[3])?;
/// assert_eq!(((&x * 2.0).square().sum() + 1.0).item()?, 57.0);
///
/// let wrong = c.tensor(&[1.0f32, 2.0], &[2])?;
/// let error = (&x + &wrong).exp().sum().item().unwrap_err();
/// assert_eq!(error.op(), Some("add"));
/// # Ok(())
/// # }
/// ```
///
/// # Ownership and threads
/// A tensor is a checked handle of two words. `Clone` adds a reference, `Drop` gives it up; ending a [scope](Context::scope)
/// or the context ends what belongs to it, after which a tensor that is left gives errors. Tensors may go to other threads,
/// but one thread at a time uses a context: a second one gets [`Code::Busy`], and so does the first.
#[must_use = "a failed op is noticed by what uses its result, or by check()"]
pub struct Tensor {
    pub(crate) handle: *mut ffi::tl_tensor,
    pub(crate) context: *mut ffi::tl_context,
}

// SAFETY: both fields are handles, numbers that are never followed here. The library recognises those that are not live, lets
// one thread at a time into a context and refuses others, and counts references atomically.
unsafe impl Send for Tensor {}
// SAFETY: as above; no method changes the fields.
unsafe impl Sync for Tensor {}

impl Tensor {
    #[inline]
    pub(crate) fn from_raw(handle: *mut ffi::tl_tensor, context: *mut ffi::tl_context) -> Tensor {
        Tensor { handle, context }
    }

    /// Takes over the result of a call that makes a tensor.
    pub(crate) fn made(self, call: &str) -> Result<Tensor> {
        self.live(call)?;
        Ok(self)
    }

    /// A tensor for a handle that something else owns: with a reference of its own.
    pub(crate) fn retained(handle: *mut ffi::tl_tensor, context: *mut ffi::tl_context) -> Tensor {
        call!(tl_tensor_retain(handle));
        Tensor { handle, context }
    }

    /// The first error of the context where the op that should have made this tensor has failed.
    pub fn check(&self) -> Result<()> {
        self.live("check")
    }

    /// [`check`](Tensor::check) for a call that uses the tensor.
    #[inline]
    pub(crate) fn live(&self, call: &str) -> Result<()> {
        if self.handle.is_null() {
            return Err(self.failed(call));
        }
        Ok(())
    }

    #[cold]
    fn failed(&self, call: &str) -> Error {
        Error::take_if_any(self.context, call).unwrap_or_else(|| {
            let message = format!(
                "[{}] the op that should have made this tensor failed, and its error was taken before",
                call
            );
            Error::new(Code::FailedPrecondition, message)
        })
    }

    /// [`check`](Tensor::check) that gives the tensor on: `a.matmul(&b).ok()?`.
    pub fn ok(self) -> Result<Tensor> {
        self.made("ok")
    }

    /// The dtype.
    pub fn dtype(&self) -> Result<DType> {
        self.dtype_for("tensor_dtype")
    }

    /// The dtype for a call, which needs to know that there is a live tensor.
    pub(crate) fn dtype_for(&self, call: &str) -> Result<DType> {
        self.live(call)?;
        DType::from_raw(call!(tl_tensor_dtype(self.handle))).ok_or_else(|| self.failure(call))
    }

    /// The number of axes.
    pub fn rank(&self) -> Result<usize> {
        self.live("tensor_rank")?;
        let rank = call!(tl_tensor_rank(self.handle));
        if rank == 0 {
            self.dtype_for("tensor_rank")?; // 0 may also say that there is an error
        }
        Ok(rank)
    }

    /// The size of an axis; negative axes count from the last.
    pub fn dim(&self, axis: i64) -> Result<i64> {
        self.live("tensor_dim")?;
        match call!(tl_tensor_dim(self.handle, axis)) {
            -1 => Err(self.failure("tensor_dim")),
            size => Ok(size),
        }
    }

    /// The sizes of the axes.
    pub fn shape(&self) -> Result<Vec<i64>> {
        self.live("tensor_shape")?;
        let mut sizes = [-1; ffi::TL_MAX_RANK as usize];
        done(
            self.context,
            "tensor_shape",
            call!(tl_tensor_shape(self.handle, sizes.as_mut_ptr(), sizes.len())),
        )?;
        Ok(sizes.iter().copied().take_while(|size| *size >= 0).collect())
    }

    /// The number of elements.
    pub fn elements(&self) -> Result<usize> {
        self.live("tensor_elements")?;
        usize::try_from(call!(tl_tensor_elements(self.handle))).map_err(|_| self.failure("tensor_elements"))
    }

    /// The only element of a tensor of one element, of any dtype.
    pub fn item(&self) -> Result<f64> {
        self.live("tensor_item")?;
        let value = call!(tl_tensor_item(self.handle));
        if value.is_nan() {
            return self.nan_item();
        }
        Ok(value)
    }

    /// A NaN may be the value, or say that there is an error; which another thread may have taken. Only a status is certain.
    #[cold]
    fn nan_item(&self) -> Result<f64> {
        if let Some(error) = Error::take_if_any(self.context, "tensor_item") {
            return Err(error);
        }
        let value = match self.dtype_for("tensor_item")? {
            DType::F32 => self.to_vec::<f32>()?.first().copied().map(f64::from),
            DType::F64 => self.to_vec::<f64>()?.first().copied(),
            _ => None,
        };
        value.ok_or_else(|| Error::take(self.context, "tensor_item", ffi::TL_BUSY))
    }

    /// All elements, row-major. `T` must be the tensor's element type.
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        self.expect_dtype::<T>("to_vec")?;
        let count = self.elements()?;
        let mut out = Vec::with_capacity(count);
        done(
            self.context,
            "tensor_read",
            call!(tl_tensor_read(self.handle, out.as_mut_ptr() as *mut c_void, count * size_of::<T>())),
        )?;
        // SAFETY: a read that succeeds has written exactly as many bytes as it was told, all of them elements of type T.
        unsafe { out.set_len(count) };
        Ok(out)
    }

    /// Copies all elements, row-major, to a slice of as many.
    pub fn read<T: Element>(&self, out: &mut [T]) -> Result<()> {
        self.expect_dtype::<T>("read")?;
        let bytes = size_of_val(out);
        done(
            self.context,
            "tensor_read",
            call!(tl_tensor_read(self.handle, out.as_mut_ptr() as *mut c_void, bytes)),
        )
    }

    /// The elements in place, without a copy. `context` must be the tensor's: while it is borrowed it cannot end. A variable is
    /// read, which open tapes see.
    pub fn view<'a, T: Element>(&'a self, context: &'a Context) -> Result<View<'a, T>> {
        self.expect_dtype::<T>("view")?;
        if self.context != context.handle() {
            return Err(Error::new(Code::InvalidArgument, "[view] the tensor is one of another context"));
        }
        let value = if call!(tl_is_variable(self.handle)) {
            expression!(self.context, tl_variable_read(self.handle)).made("variable_read")?
        } else {
            self.clone()
        };
        // One reference more than there are tensors in Rust: the end of a scope takes at most one of them away.
        let held = Tensor::from_raw(call!(tl_tensor_retain(value.handle)), self.context);
        let count = value.elements()?;
        held.live("tensor_data")?;
        let data = call!(tl_tensor_data(value.handle)) as *const T;
        if data.is_null() && count != 0 {
            return Err(self.failure("tensor_data"));
        }
        Ok(View { data, count, _held: [value, held], borrowed: PhantomData })
    }

    /// x scaled so that its Euclidean norm is at most `max_norm`, which is finite and above 0. A smaller x comes out as it is.
    pub fn clip_by_norm(&self, max_norm: f64) -> Tensor {
        expression!(self.context, tl_clip_by_norm(self.context, self.handle, max_norm))
    }

    /// Elements below `low` replaced by that, and those above `high` by that; NaN stays. The bounds are tensors of this dtype that
    /// broadcast to this shape; where they cross, low wins. The gradient goes to the element, or to the bound that has replaced
    /// it. With numbers as bounds [`clip`](Tensor::clip) is faster.
    pub fn clip_by_value(&self, low: &Tensor, high: &Tensor) -> Tensor {
        expression!(self.context, tl_clip_by_value(self.context, self.handle, low.handle, high.handle))
    }

    /// Adaptive gradient clipping (Brock et al. 2021): of what reaches each output of `weights`, this gradient is scaled to the norm
    /// `factor` max(norm of the weights, `epsilon`) where its own is above that; 0.01 and 0.001 are the paper's. The norms are over all
    /// axes but the last, over all of them where one at most is longer than 1. As a part of each step:
    /// [`StepOptions::adaptive_clip_factor`](crate::StepOptions::adaptive_clip_factor).
    pub fn clip_adaptive(&self, weights: &Tensor, factor: f64, epsilon: f64) -> Tensor {
        expression!(
            self.context,
            tl_clip_adaptive(self.context, self.handle, weights.handle, factor, epsilon)
        )
    }

    /// [`clip_by_norm`](Tensor::clip_by_norm) with the norms over some axes, for each index of the others.
    pub fn clip_by_norm_axes(&self, max_norm: f64, axes: &[i64]) -> Tensor {
        expression!(
            self.context,
            tl_clip_by_norm_axes(self.context, self.handle, max_norm, axes.as_ptr(), axes.len())
        )
    }

    fn expect_dtype<T: Element>(&self, call: &str) -> Result<()> {
        let dtype = self.dtype()?;
        if dtype == T::DTYPE {
            return Ok(());
        }
        let message =
            format!("[{}] the tensor is {}: asked for {}; convert it with cast", call, dtype, T::DTYPE);
        Err(Error::new(Code::InvalidArgument, message))
    }

    /// The error of a call that returned what it returns on failure.
    #[cold]
    fn failure(&self, call: &str) -> Error {
        Error::take(self.context, call, ffi::TL_INVALID_ARGUMENT)
    }

    /// The text of C; printing leaves no error behind.
    fn formatted(&self) -> Option<String> {
        if self.handle.is_null() {
            return None;
        }
        let failed_before = call!(tl_failed(self.context));
        let written = text::written(|buffer, capacity, length| {
            call!(tl_tensor_format(self.handle, buffer, capacity, length))
        });
        if written.is_err() && !failed_before {
            let _gate = gate(self.context);
            call!(tl_clear_error(self.context));
        }
        written.ok()
    }
}

impl Clone for Tensor {
    #[inline]
    fn clone(&self) -> Tensor {
        Tensor::retained(self.handle, self.context)
    }
}

impl Drop for Tensor {
    #[inline]
    fn drop(&mut self) {
        call!(tl_tensor_release(self.handle));
    }
}

impl fmt::Display for Tensor {
    /// Such as "f32 (2, 3) [[1, 2, 3], [4, 5, 6]]"; long axes are shortened.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.formatted() {
            Some(text) => f.write_str(&text),
            None => f.write_str("no live tensor"),
        }
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor({})", self)
    }
}

macro_rules! from_tensor {
    ($($kind:ty),*) => {$(
        impl TryFrom<&Tensor> for Vec<$kind> {
            type Error = Error;
            fn try_from(tensor: &Tensor) -> Result<Vec<$kind>> {
                tensor.to_vec()
            }
        }
    )*};
}
from_tensor!(f32, f64, i32, i64, u8, bool);

/// A tensor that something else owns, such as one of [`Gradients`](crate::Gradients). Clone it to keep it.
pub struct TensorRef<'a> {
    tensor: ManuallyDrop<Tensor>,
    owner: PhantomData<&'a ()>,
}

impl TensorRef<'_> {
    pub(crate) fn new<'a>(handle: *mut ffi::tl_tensor, context: *mut ffi::tl_context) -> TensorRef<'a> {
        TensorRef { tensor: ManuallyDrop::new(Tensor::from_raw(handle, context)), owner: PhantomData }
    }
}

impl Deref for TensorRef<'_> {
    type Target = Tensor;
    #[inline]
    fn deref(&self) -> &Tensor {
        &self.tensor
    }
}

impl fmt::Debug for TensorRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// The elements of a tensor in place: a slice.
pub struct View<'a, T: Element> {
    data: *const T,
    count: usize,
    _held: [Tensor; 2],
    borrowed: PhantomData<(&'a Tensor, &'a Context)>,
}

impl<T: Element> Deref for View<'_, T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        if self.count == 0 {
            return &[];
        }
        // SAFETY: `count` elements of type T that nobody changes: values are immutable, and a variable gets new memory when it is
        // assigned while somebody holds its value, as the two references here do. They also outlive the end of any scope, and
        // the borrowed context cannot end.
        unsafe { std::slice::from_raw_parts(self.data, self.count) }
    }
}

impl<T: Element + fmt::Debug> fmt::Debug for View<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
