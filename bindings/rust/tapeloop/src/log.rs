//! Log lines. The callback of C only puts a line aside; the closure runs when the call that logged is back from C, so that
//! it may use the context, and a panic in it goes to the caller of that method as any other.

use crate::{ffi, text, LogLevel};
use std::os::raw::{c_char, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};

type Closure = Box<dyn FnMut(LogLevel, &str) + Send>;

/// Where the lines of one context go.
pub(crate) struct Sink {
    context: usize,
    closure: Mutex<Closure>,
}

struct Line {
    sink: Arc<Sink>,
    level: i32,
    text: String,
}

/// Lines of all contexts that no closure has seen yet, and their number, which is nearly always 0.
static WAITING: Mutex<Vec<Line>> = Mutex::new(Vec::new());
static COUNT: AtomicUsize = AtomicUsize::new(0);

fn waiting() -> MutexGuard<'static, Vec<Line>> {
    match WAITING.lock() {
        Ok(guard) => guard,
        Err(poisoned) => poisoned.into_inner(), // pushing and removing leave no half-done state behind
    }
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

pub(crate) unsafe extern "C" fn on_line(user_data: *mut c_void, level: i32, message: *const c_char) {
    // SAFETY: the user data is the reference that user_data() made, which on_destroy() has not given up yet; the message is
    // a text that lives during this call.
    let (sink, text) = unsafe {
        Arc::increment_strong_count(user_data as *const Sink);
        (Arc::from_raw(user_data as *const Sink), text::copied(message))
    };
    waiting().push(Line { sink, level, text });
    COUNT.fetch_add(1, Ordering::Relaxed);
}

pub(crate) unsafe extern "C" fn on_destroy(user_data: *mut c_void) {
    // SAFETY: runs once, with the reference that user_data() made. The context holds another one, so the closure itself is
    // never dropped here, inside of C.
    drop(unsafe { Arc::from_raw(user_data as *const Sink) });
}

/// Hands the lines of a context to its closure. Called after every effect.
#[inline]
pub(crate) fn deliver(context: *mut ffi::tl_context) {
    if COUNT.load(Ordering::Relaxed) != 0 {
        deliver_lines(context as usize);
    }
}

#[cold]
fn deliver_lines(context: usize) {
    loop {
        let line = {
            let mut lines = waiting();
            match lines.iter().position(|line| line.sink.context == context) {
                Some(first) => lines.remove(first),
                None => return,
            }
        };
        COUNT.fetch_sub(1, Ordering::Relaxed);
        let mut closure = match line.sink.closure.try_lock() {
            Ok(closure) => closure,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(), // it panicked before, and may again
            Err(TryLockError::WouldBlock) => {
                // The closure is running: it used the context itself. Its own delivery takes this line when it is back.
                let line = Line { sink: Arc::clone(&line.sink), level: line.level, text: line.text };
                waiting().insert(0, line);
                COUNT.fetch_add(1, Ordering::Relaxed);
                return;
            }
        };
        (*closure)(LogLevel::from_raw(line.level).unwrap_or(LogLevel::Warning), &line.text);
    }
}

/// Forgets the lines of a context that has ended.
pub(crate) fn discard(context: *mut ffi::tl_context) {
    if COUNT.load(Ordering::Relaxed) == 0 {
        return;
    }
    let mut gone = Vec::new();
    {
        let mut lines = waiting();
        let mut i = 0;
        while i < lines.len() {
            if lines[i].sink.context == context as usize {
                gone.push(lines.remove(i));
            } else {
                i += 1;
            }
        }
    }
    COUNT.fetch_sub(gone.len(), Ordering::Relaxed); // the closures are dropped after the lock is given back
}
