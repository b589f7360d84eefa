//! The context: everything that is not a value.

use crate::call::gate;
use crate::element::Element;
use crate::error::done;
use crate::{after, ffi, log, text, Code, DType, Error, Initializer, LogLevel, NonFiniteCheck};
use crate::{Result, Statistics, Tensor, Variable};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::marker::PhantomData;
use std::mem::size_of_val;
use std::os::raw::c_void;
use std::path::Path;
use std::ptr;
use std::sync::Arc;

/// Memory, threads, random numbers, open tapes and scopes, the first error. Everything else is made in a context and belongs to
/// it; its end ends them, and what is left of them in the program gives errors.
///
/// A context may move between threads. One thread at a time uses it, which the compiler sees to for the context itself:
///
/// ```compile_fail,E0277
/// let c = tapeloop::Context::new().unwrap();
/// std::thread::scope(|s| {
///     s.spawn(|| c.zeros(&[1])); // Context is not Sync
/// });
/// ```
pub struct Context {
    handle: *mut ffi::tl_context,
    log: RefCell<Option<Arc<log::Sink>>>,
    /// Made for a closure that runs inside of a call.
    inside: bool,
    one_thread: PhantomData<Cell<()>>,
}

// SAFETY: the handle is a number that the library checks, and no part of a context is tied to a thread; the closure of a log is
// Send.
unsafe impl Send for Context {}

impl Context {
    /// A context with the defaults: seed 0, all CPUs, no limit of memory.
    pub fn new() -> Result<Context> {
        Context::builder().build()
    }

    /// A context with options: `Context::builder().seed(1).threads(2).build()`.
    pub fn builder() -> ContextBuilder {
        ContextBuilder { seed: 0, threads: 0, memory_limit: 0 }
    }

    #[inline]
    pub(crate) fn handle(&self) -> *mut ffi::tl_context {
        self.handle
    }

    /// The context for a closure that runs inside of a call. It must not be dropped.
    pub(crate) fn inside(handle: *mut ffi::tl_context) -> Context {
        Context { handle, log: RefCell::new(None), inside: true, one_thread: PhantomData }
    }

    // ---- errors ------------------------------------------------------------------------------------------------------

    /// The first error, which is cleared. See [`Tensor`] for what that is.
    pub fn check(&self) -> Result<()> {
        Error::take_if_any(self.handle, "check").map_or(Ok(()), Err)
    }

    /// Whether the context holds an error, or another thread is using it.
    pub fn failed(&self) -> bool {
        call!(tl_failed(self.handle))
    }

    /// Records an error of the program's own; one that is there already stays.
    pub fn set_error(&self, code: Code, message: &str) -> Result<()> {
        let message = text::text("set_error", message)?;
        call!(tl_set_error(self.handle, code as i32, message.as_ptr()));
        Ok(())
    }

    /// Forgets the first error where it has this code, and nothing else: a request of a [`Canceller`] that no call has met yet stays, which
    /// [`check`](Context::check) takes back with the error. For a loop that expects an error of its ops and goes on behind it. Whether
    /// the context holds no error then.
    pub fn forget_error(&self, code: Code) -> bool {
        let _gate = gate(self.handle);
        call!(tl_forget_error(self.handle, code as i32)) == ffi::TL_OK
    }

    /// A handle by which any thread may ask this context to stop.
    pub fn canceller(&self) -> Canceller {
        Canceller { context: self.handle }
    }

    // ---- settings ----------------------------------------------------------------------------------------------------

    /// Restarts the random numbers from a seed.
    pub fn set_seed(&self, seed: u64) -> Result<()> {
        done(self.handle, "context_set_seed", call!(tl_context_set_seed(self.handle, seed)))
    }

    /// Sets the number of threads, the caller's included; 0: all CPUs. Results do not depend on it.
    pub fn set_threads(&self, threads: i32) -> Result<()> {
        done(self.handle, "context_set_threads", call!(tl_context_set_threads(self.handle, threads)))
    }

    /// Sets the most bytes for tensors, cached memory included; 0: no limit. What is in use stays.
    pub fn set_memory_limit(&self, bytes: u64) -> Result<()> {
        done(self.handle, "context_set_memory_limit", call!(tl_context_set_memory_limit(self.handle, bytes)))
    }

    /// Finds the op that makes the first NaN or infinity: while it is on, each op looks at its results, and one that holds such a
    /// value fails with [`Code::NonFinite`]. The message names the op, says in whose gradient it ran where it did, and gives the
    /// ranges of its operands.
    pub fn set_non_finite_check(&self, check: NonFiniteCheck) -> Result<()> {
        done(
            self.handle,
            "context_set_non_finite_check",
            call!(tl_context_set_non_finite_check(self.handle, check as i32)),
        )
    }

    /// Gives memory that is kept for reuse back to the system.
    pub fn trim(&self) -> Result<()> {
        done(self.handle, "context_trim", call!(tl_context_trim(self.handle)))
    }

    /// Sets where log lines go; without a closure they are dropped.
    ///
    /// The closure runs on the thread that uses the context, when the method that logged is done with the library. It may use
    /// the context. A panic in it goes to the caller of that method, and the context works afterwards.
    pub fn set_log(&self, closure: impl FnMut(LogLevel, &str) + Send + 'static) -> Result<()> {
        if self.inside {
            let message = "[context_set_log] a log must be set outside of closures that run inside of a call";
            return Err(Error::new(Code::FailedPrecondition, message));
        }
        let sink = log::Sink::new(self.handle, Box::new(closure));
        let user_data = sink.user_data();
        let status =
            call!(tl_context_set_log(self.handle, Some(log::on_line), user_data, Some(log::on_destroy)));
        let replaced = match status {
            ffi::TL_OK => self.log.replace(Some(sink)),
            _ => Some(sink),
        };
        let result = done(self.handle, "context_set_log", status);
        drop(replaced); // last, because dropping a closure runs code of the program, which may use the context
        result
    }

    /// Drops log lines from now on.
    pub fn clear_log(&self) -> Result<()> {
        let status = call!(tl_context_set_log(self.handle, None, ptr::null_mut(), None));
        let result = done(self.handle, "context_set_log", status);
        if result.is_ok() {
            drop(self.log.replace(None));
        }
        result
    }

    /// What the context holds.
    pub fn statistics(&self) -> Result<Statistics> {
        let mut raw = Statistics::raw();
        done(self.handle, "context_stats", call!(tl_context_stats(self.handle, &mut raw)))?;
        Ok(Statistics::from(&raw))
    }

    // ---- tensors and variables -----------------------------------------------------------------------------------------

    /// A tensor with a copy of the elements, row-major, of the sizes `dims`.
    pub fn tensor<T: Element>(&self, elements: &[T], dims: &[i64]) -> Result<Tensor> {
        let data = elements.as_ptr() as *const c_void;
        let bytes = size_of_val(elements);
        let dtype = T::DTYPE as i32;
        expression!(self.handle, tl_tensor_new(self.handle, dtype, dims.as_ptr(), dims.len(), data, bytes))
            .made("tensor_new")
    }

    /// A tensor over the elements of a vector, without a copy. The vector is freed when the last tensor, tape or view that uses
    /// it is gone, also when this call fails.
    pub fn tensor_from_vec<T: Element>(&self, elements: Vec<T>, dims: &[i64]) -> Result<Tensor> {
        unsafe extern "C" fn free<T>(user_data: *mut c_void) {
            // SAFETY: runs once, with the box that is leaked below.
            drop(unsafe { Box::from_raw(user_data as *mut Vec<T>) });
        }
        let data = elements.as_ptr() as *const c_void;
        let bytes = size_of_val(&elements[..]);
        let dtype = T::DTYPE as i32;
        let owner = Box::into_raw(Box::new(elements)) as *mut c_void;
        expression!(
            self.handle,
            tl_tensor_borrow(
                self.handle,
                dtype,
                dims.as_ptr(),
                dims.len(),
                data,
                bytes,
                Some(free::<T>),
                owner
            )
        )
        .made("tensor_borrow")
    }

    /// A tensor of rank 0. The value is converted to the dtype; for integers it must be a whole number in range.
    pub fn scalar(&self, dtype: DType, value: f64) -> Tensor {
        expression!(self.handle, tl_scalar(self.handle, dtype as i32, value))
    }

    /// A trainable variable with a first value, whose shape and dtype it keeps. The name is used in messages.
    pub fn variable(&self, initial: &Tensor, name: &str) -> Result<Variable> {
        self.variable_with(initial, name, true)
    }

    /// [`variable`](Context::variable) that says whether tapes watch it by themselves.
    pub fn variable_with(&self, initial: &Tensor, name: &str, trainable: bool) -> Result<Variable> {
        let name = text::text("variable_new", name)?;
        let handle = call!(tl_variable_new(self.handle, initial.handle, name.as_ptr(), trainable));
        Ok(Variable::from_tensor(Tensor::from_raw(handle, self.handle).made("variable_new")?))
    }

    /// A new tensor of `F32` or `F64`, filled by an initialiser; the parameter counts for the kinds that say so, 0 is their
    /// default.
    pub fn initialize(&self, dtype: DType, dims: &[i64], initializer: Initializer, parameter: f64) -> Tensor {
        let (dtype, kind) = (dtype as i32, initializer as i32);
        expression!(
            self.handle,
            tl_initialize(self.handle, dtype, dims.as_ptr(), dims.len(), kind, parameter)
        )
    }

    /// The tensor in an IDX file (the format of MNIST), plain or compressed by gzip. Its dtype is that of the file. It may take
    /// `max_bytes`, where it is 0 the size of the file as it is, times 2 or 4 where elements are widened so, and 64 MiB: a small
    /// compressed file may hold any amount of zeros, so give more only for files you trust.
    pub fn read_idx(&self, path: impl AsRef<Path>, max_bytes: u64) -> Result<Tensor> {
        let path = text::path("read_idx", path.as_ref())?;
        expression!(self.handle, tl_read_idx(self.handle, path.as_ptr(), max_bytes)).made("read_idx")
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // Another thread may be inside with a tensor of this context. It is asked to stop, and waited for: calls end.
        while {
            let _gate = gate(self.handle);
            call!(tl_context_free(self.handle)) == ffi::TL_BUSY
        } {
            call!(tl_context_cancel(self.handle));
            std::thread::yield_now();
        }
        after::discard(self.handle);
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut raw = Statistics::raw();
        match call!(tl_context_stats(self.handle, &mut raw)) {
            ffi::TL_OK => write!(f, "Context({} tensors, {} variables)", raw.tensors, raw.variables),
            _ => f.write_str("Context(busy)"),
        }
    }
}

/// Options of a [`Context`].
#[derive(Debug, Clone)]
#[must_use]
pub struct ContextBuilder {
    seed: u64,
    threads: i32,
    memory_limit: u64,
}

impl ContextBuilder {
    /// The seed of the random numbers; the same seed gives the same bits (default 0).
    pub fn seed(mut self, seed: u64) -> ContextBuilder {
        self.seed = seed;
        self
    }

    /// Threads, the caller's included; 0 (default): all CPUs that the process may use.
    pub fn threads(mut self, threads: i32) -> ContextBuilder {
        self.threads = threads;
        self
    }

    /// The most bytes for tensors, cached memory included; 0: no limit (default).
    pub fn memory_limit(mut self, bytes: u64) -> ContextBuilder {
        self.memory_limit = bytes;
        self
    }

    /// Makes the context. [`Code::Unsupported`] when the library that is loaded is too old for this crate.
    pub fn build(&self) -> Result<Context> {
        if call!(tl_require_version(ffi::TL_VERSION_MAJOR, ffi::TL_VERSION_MINOR)) != ffi::TL_OK {
            let message = format!(
                "[context] this program needs libtapeloop {}.{} or newer of that major version: got {}",
                ffi::TL_VERSION_MAJOR,
                ffi::TL_VERSION_MINOR,
                crate::version()
            );
            return Err(Error::new(Code::Unsupported, message));
        }
        let mut options = options!(tl_context_options, tl_context_options_init);
        options.seed = self.seed;
        options.threads = self.threads;
        options.memory_limit = self.memory_limit;
        let handle = call!(tl_context_new(&options));
        if handle.is_null() {
            return Err(Error::new(Code::OutOfMemory, "[context] no memory for a context"));
        }
        let context = Context { handle, log: RefCell::new(None), inside: false, one_thread: PhantomData };
        context.check()?;
        Ok(context)
    }
}

/// Asks a context to stop, from any thread at any time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Canceller {
    context: *mut ffi::tl_context,
}

// SAFETY: cancelling is allowed from any thread at any time, also for a context that has ended.
unsafe impl Send for Canceller {}
// SAFETY: as above.
unsafe impl Sync for Canceller {}

impl Canceller {
    /// The call that is running in the context, or else the next one that computes, reads or changes something, ends with
    /// [`Code::Cancelled`] and without partial effect. False when the context has ended.
    pub fn cancel(&self) -> bool {
        call!(tl_context_cancel(self.context)) == ffi::TL_OK
    }
}
