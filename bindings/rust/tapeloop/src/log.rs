//! Log lines. The callback of C only puts a line aside; the closure runs when the call that logged is back from C, so that
//! it may use the context, and a panic in it goes to the caller of that method as any other.

use crate::after::{self, Work};
use crate::{ffi, text, LogLevel};
use std::os::raw::{c_char, c_void};
use std::sync::{Arc, Mutex, TryLockError};

type Closure = Box<dyn FnMut(LogLevel, &str) + Send>;

/// Where the lines of one context go.
pub(crate) struct Sink {
    context: usize,
    closure: Mutex<Closure>,
}

/// A line that the closure has not seen yet.
pub(crate) struct Line {
    sink: Arc<Sink>,
    level: i32,
    text: String,
}

impl Sink {
    pub(crate) fn new(context: *mut ffi::tl_context, closure: Closure) -> Arc<Sink> {
        Arc::new(Sink { context: context as usize, closure: Mutex::new(closure) })
    }

    /// The reference that C holds, as its user data.
    pub(crate) fn user_data(self: &Arc<Sink>) -> *mut c_void {
        Arc::into_raw(Arc::clone(self)) as *mut c_void
    }
}

impl Line {
    /// Calls the closure; gives the line back when it is running already.
    pub(crate) fn deliver(self) -> Result<(), Line> {
        let sink = Arc::clone(&self.sink);
        let mut closure = match sink.closure.try_lock() {
            Ok(closure) => closure,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(), // it panicked before, and may again
            Err(TryLockError::WouldBlock) => return Err(self),
        };
        (*closure)(LogLevel::from_raw(self.level).unwrap_or(LogLevel::Warning), &self.text);
        Ok(())
    }
}

pub(crate) unsafe extern "C" fn on_line(user_data: *mut c_void, level: i32, message: *const c_char) {
    // SAFETY: the user data is the reference that user_data() made, which on_destroy() has not given up yet; the message is
    // a text that lives during this call.
    let (sink, text) = unsafe {
        Arc::increment_strong_count(user_data as *const Sink);
        (Arc::from_raw(user_data as *const Sink), text::copied(message))
    };
    let context = sink.context as *mut ffi::tl_context;
    after::push(context, Work::Line(Line { sink, level, text }));
}

pub(crate) unsafe extern "C" fn on_destroy(user_data: *mut c_void) {
    // SAFETY: runs once, with the reference that user_data() made. The context holds another one, so the closure itself is
    // never dropped here, inside of C.
    drop(unsafe { Arc::from_raw(user_data as *const Sink) });
}
