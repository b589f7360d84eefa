//! How this crate calls the C API: two macros for calls, and the gates that guard memory that C lends.

use crate::ffi;
use std::sync::{Mutex, MutexGuard};

/// Calls a function of the C API.
///
/// The one place for what makes these calls sound: the library checks every handle (a released one, one of another
/// context or kind, or NULL is an error and never followed), slices are passed together with their own length, texts end
/// in NUL, option structs were filled by their init function, and results are written to memory that the caller owns.
macro_rules! call {
    ($function:ident($($argument:expr),* $(,)?)) => {{
        // SAFETY: as above; the arguments were made by safe code of this crate that keeps to it.
        #[allow(unused_unsafe, clippy::undocumented_unsafe_blocks)] // old ones do not see the comment above
        let result = unsafe { ffi::$function($($argument),*) };
        result
    }};
}

/// Calls a function that returns a tensor handle: an expression, whose failure stays in the context.
macro_rules! expression {
    ($context:expr, $function:ident($($argument:expr),* $(,)?)) => {
        $crate::Tensor::from_raw(call!($function($($argument),*)), $context)
    };
}

/// An options struct with the library's defaults.
macro_rules! options {
    ($kind:ident, $init:ident) => {{
        let mut options = std::mem::MaybeUninit::<ffi::$kind>::uninit();
        // SAFETY: the init function fills as many bytes as it is told the struct has; zeros and the size are valid
        // values of every field.
        unsafe {
            ffi::$init(options.as_mut_ptr(), std::mem::size_of::<ffi::$kind>());
            options.assume_init()
        }
    }};
}

const GATES: usize = 64;

/// Memory that the library lends (an error's message, a name, an array of variables) lives until the error is cleared, a
/// scope or the context ends, or the list changes. Contexts and tensors may be on different threads, so that whoever copies
/// such memory and whoever may end it go through the gate of the context. Ops and effects do not.
#[allow(clippy::declare_interior_mutable_const)] // only to fill the array below
const OPEN: Mutex<()> = Mutex::new(());
static ALL: [Mutex<()>; GATES] = [OPEN; GATES];

/// Nothing that runs code of the program may be called while the gate is held.
pub(crate) fn gate(context: *mut ffi::tl_context) -> MutexGuard<'static, ()> {
    // The handle of a context is the number of the first slot of a chunk of 1,024.
    match ALL[(context as usize >> 10) % GATES].lock() {
        Ok(guard) => guard,
        Err(poisoned) => poisoned.into_inner(), // it guards no data that could be half changed
    }
}
