//! How C runs a closure: what it gets, where its tensors, errors and panics go, and the closures that run within one call only.

use crate::after::{self, Work};
use crate::error::done;
use crate::{ffi, Code, Context, Error, Result, Tensor, TensorRef};
use std::borrow::Cow;
use std::cell::Cell;
use std::ffi::CString;
use std::mem::ManuallyDrop;
use std::os::raw::c_void;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr;

/// What a closure gives back where the number of tensors is known: a [`Tensor`], or an array of them, which may be empty. The call
/// that ran the closure gives the same kind. Methods whose names end in `many` take and give a `Vec` instead.
pub trait Outputs: sealed::Received {
    #[doc(hidden)]
    const COUNT: usize;
    #[doc(hidden)]
    fn into_tensors(self) -> Vec<Tensor>;
}

impl Outputs for Tensor {
    const COUNT: usize = 1;
    fn into_tensors(self) -> Vec<Tensor> {
        vec![self]
    }
}

impl<const N: usize> Outputs for [Tensor; N] {
    const COUNT: usize = N;
    fn into_tensors(self) -> Vec<Tensor> {
        self.into()
    }
}

pub(crate) mod sealed {
    use crate::{ffi, Context, Tensor};
    use std::ptr;

    /// What a call gives for the handles that C has written. What is there is given up when the call has failed after all.
    pub trait Received: Sized {
        /// Calls C with room for `count` handles, which is that of the type where that is fixed, and gives its status.
        fn receive(
            context: &Context,
            count: usize,
            call: impl FnOnce(&mut [*mut ffi::tl_tensor]) -> i32,
        ) -> (i32, Self);
    }

    impl<const N: usize> Received for [Tensor; N] {
        fn receive(
            context: &Context,
            _: usize,
            call: impl FnOnce(&mut [*mut ffi::tl_tensor]) -> i32,
        ) -> (i32, [Tensor; N]) {
            let mut handles = [ptr::null_mut(); N];
            let status = call(&mut handles);
            (status, handles.map(|handle| Tensor::from_raw(handle, context.handle())))
        }
    }

    impl Received for Tensor {
        fn receive(
            context: &Context,
            _: usize,
            call: impl FnOnce(&mut [*mut ffi::tl_tensor]) -> i32,
        ) -> (i32, Tensor) {
            let (status, [tensor]) = <[Tensor; 1]>::receive(context, 1, call);
            (status, tensor)
        }
    }

    impl Received for Vec<Tensor> {
        fn receive(
            context: &Context,
            count: usize,
            call: impl FnOnce(&mut [*mut ffi::tl_tensor]) -> i32,
        ) -> (i32, Vec<Tensor>) {
            let mut handles = vec![ptr::null_mut(); count];
            let status = call(&mut handles);
            let tensor = |handle| Tensor::from_raw(handle, context.handle());
            (status, handles.into_iter().map(tensor).collect())
        }
    }
}

/// What C would refuse as too many is refused before there is memory for it.
pub(crate) fn checked_count(call: &str, count: usize) -> Result<()> {
    const MOST: usize = 1 << 24;
    if count <= MOST {
        return Ok(());
    }
    let message = format!("[{}] there must be at most {} outputs: got {}", call, MOST, count);
    Err(Error::new(Code::InvalidArgument, message))
}

/// A closure that C runs while the call that brings it is running: it stays in the frame of that call.
pub(crate) struct Lent<F> {
    name: Cow<'static, str>,
    compute: F,
}

impl<F: Fn(&Context, &[TensorRef<'_>]) -> Result<Vec<Tensor>>> Lent<F> {
    pub(crate) fn new(name: impl Into<Cow<'static, str>>, compute: F) -> Lent<F> {
        Lent { name: name.into(), compute }
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
        run(context, &self.name, outputs, |c| {
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
    /// The tensors that a call makes, of which C writes `count` handles.
    pub(crate) fn made<O: sealed::Received>(
        &self,
        call: &str,
        count: usize,
        function: impl FnOnce(&mut [*mut ffi::tl_tensor]) -> i32,
    ) -> Result<O> {
        checked_count(call, count)?;
        let (status, outputs) = O::receive(self, count, function);
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
