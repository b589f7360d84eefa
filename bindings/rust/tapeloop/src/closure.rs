//! How C runs a closure: what it gets, where its tensors, errors and panics go, and the closures that run within one call only.

use crate::after::{self, Work};
use crate::error::done;
use crate::{ffi, Code, Context, Error, Result, Tensor, TensorRef};
use std::cell::Cell;
use std::ffi::CString;
use std::mem::ManuallyDrop;
use std::os::raw::c_void;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr;

/// What a closure gives back where the number of tensors is known: a [`Tensor`], or an array of them. The call that ran the
/// closure gives the same kind. Methods whose names end in `many` take and give a `Vec` instead.
pub trait Outputs: sealed::Sealed + Sized {
    #[doc(hidden)]
    const COUNT: usize;
    #[doc(hidden)]
    fn into_tensors(self) -> Vec<Tensor>;
    #[doc(hidden)]
    fn from_tensors(tensors: Vec<Tensor>) -> Self;
}

mod sealed {
    pub trait Sealed {}
}

impl sealed::Sealed for Tensor {}
impl Outputs for Tensor {
    const COUNT: usize = 1;
    fn into_tensors(self) -> Vec<Tensor> {
        vec![self]
    }
    fn from_tensors(mut tensors: Vec<Tensor>) -> Tensor {
        tensors.remove(0)
    }
}

impl<const N: usize> sealed::Sealed for [Tensor; N] {}
impl<const N: usize> Outputs for [Tensor; N] {
    const COUNT: usize = N;
    fn into_tensors(self) -> Vec<Tensor> {
        self.into()
    }
    fn from_tensors(tensors: Vec<Tensor>) -> [Tensor; N] {
        <[Tensor; N]>::try_from(tensors).expect("C got room for N tensors")
    }
}

/// A closure that C runs while the call that brings it is running: it stays in the frame of that call.
pub(crate) struct Lent<F> {
    name: &'static str,
    compute: F,
}

impl<F: Fn(&Context, &[TensorRef<'_>]) -> Result<Vec<Tensor>>> Lent<F> {
    pub(crate) fn new(name: &'static str, compute: F) -> Lent<F> {
        Lent { name, compute }
    }

    /// What C gets as user data together with [`run_lent`].
    pub(crate) fn user_data(&self) -> *mut c_void {
        self as *const Lent<F> as *mut c_void
    }

    pub(crate) fn callback(&self) -> ffi::tl_compute_callback {
        Some(run_lent::<F>)
    }

    /// Runs it with the arguments of a callback of C.
    ///
    /// # Safety
    /// The arrays have as many entries as the numbers say.
    pub(crate) unsafe fn run(
        &self,
        context: *mut ffi::tl_context,
        inputs: (*const *mut ffi::tl_tensor, usize),
        outputs: (*mut *mut ffi::tl_tensor, usize),
    ) -> i32 {
        // SAFETY: the caller's promise.
        let (inputs, outputs) = unsafe { (array(inputs.0, inputs.1), array_mut(outputs.0, outputs.1)) };
        run(context, self.name, outputs, |c| {
            Ok((self.compute)(c, &lent(inputs, context))?.into_iter().map(Some).collect())
        })
    }
}

/// A closure that C calls once, as one that could be called again.
pub(crate) fn once<F>(
    name: &'static str,
    f: F,
) -> Lent<impl Fn(&Context, &[TensorRef<'_>]) -> Result<Vec<Tensor>>>
where
    F: FnOnce(&Context, &[TensorRef<'_>]) -> Result<Vec<Tensor>>,
{
    let f = Cell::new(Some(f));
    Lent::new(name, move |c: &Context, x: &[TensorRef<'_>]| {
        let twice = || Error::new(Code::Internal, format!("[{}] the closure was called twice", name));
        f.take().ok_or_else(twice)?(c, x)
    })
}

unsafe extern "C" fn run_lent<F>(
    context: *mut ffi::tl_context,
    user_data: *mut c_void,
    inputs: *const *mut ffi::tl_tensor,
    num_inputs: usize,
    outputs: *mut *mut ffi::tl_tensor,
    num_outputs: usize,
) -> i32
where
    F: Fn(&Context, &[TensorRef<'_>]) -> Result<Vec<Tensor>>,
{
    // SAFETY: the user data is in the frame of the call that is running, or owned by the object that is called; arrays have as
    // many entries as C says.
    unsafe { (*(user_data as *const Lent<F>)).run(context, (inputs, num_inputs), (outputs, num_outputs)) }
}

impl Context {
    /// The tensors that a call has made.
    pub(crate) fn made(
        &self,
        call: &str,
        status: i32,
        outputs: Vec<*mut ffi::tl_tensor>,
    ) -> Result<Vec<Tensor>> {
        // Tensors first: they are given up when the call has failed after all.
        let outputs = outputs.into_iter().map(|handle| Tensor::from_raw(handle, self.handle())).collect();
        done(self.handle(), call, status)?;
        Ok(outputs)
    }
}

/// Runs a closure inside of C: its tensors go to `results`, its error or panic to the context.
pub(crate) fn run(
    context: *mut ffi::tl_context,
    name: &str,
    results: &mut [*mut ffi::tl_tensor],
    f: impl FnOnce(&Context) -> Result<Vec<Option<Tensor>>>,
) -> i32 {
    let inside = ManuallyDrop::new(Context::inside(context));
    let error = match catch_unwind(AssertUnwindSafe(|| f(&inside))) {
        Ok(Ok(tensors)) if tensors.len() == results.len() => {
            for (result, tensor) in results.iter_mut().zip(&tensors) {
                *result = tensor.as_ref().map_or(ptr::null_mut(), Tensor::required);
            }
            // C reads them when this is back.
            after::push(context, Work::Drop(Box::new(tensors)));
            return ffi::TL_OK;
        }
        Ok(Ok(tensors)) => Error::new(
            Code::InvalidArgument,
            format!("[{}] the closure must give {} tensors: got {}", name, results.len(), tensors.len()),
        ),
        Ok(Err(error)) => error,
        Err(payload) => {
            after::push(context, Work::Panic(payload));
            Error::new(Code::FailedPrecondition, format!("[{}] the closure panicked", name))
        }
    };
    let message = CString::new(error.message().replace('\0', " ")).unwrap_or_default();
    call!(tl_set_error(context, error.code() as i32, message.as_ptr()));
    error.code() as i32
}

pub(crate) fn lent(handles: &[*mut ffi::tl_tensor], context: *mut ffi::tl_context) -> Vec<TensorRef<'_>> {
    handles.iter().map(|handle| TensorRef::new(*handle, context)).collect()
}

pub(crate) fn lent_or_none(
    handles: &[*mut ffi::tl_tensor],
    context: *mut ffi::tl_context,
) -> Vec<Option<TensorRef<'_>>> {
    let one = |handle: &*mut ffi::tl_tensor| (!handle.is_null()).then(|| TensorRef::new(*handle, context));
    handles.iter().map(one).collect()
}

/// An array of C, which may be NULL when it is empty.
pub(crate) unsafe fn array<'a>(first: *const *mut ffi::tl_tensor, count: usize) -> &'a [*mut ffi::tl_tensor] {
    if count == 0 {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(first, count) }
}

pub(crate) unsafe fn array_mut<'a>(
    first: *mut *mut ffi::tl_tensor,
    count: usize,
) -> &'a mut [*mut ffi::tl_tensor] {
    if count == 0 {
        return &mut [];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts_mut(first, count) }
}
