//! The one error type.

use crate::call::gate;
use crate::{after, ffi, text, Code};
use std::fmt;
use std::panic::resume_unwind;

/// What this crate returns where C returns a status.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong: the library's code and message, unchanged.
///
/// The message names the op, the rule that was broken, the values got, and a hint.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Error {
    code: Code,
    message: Box<str>,
}

impl Error {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Error {
        Error { code, message: message.into().into_boxed_str() }
    }

    /// What kind of error it is.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The op or call that failed, such as "matmul".
    pub fn op(&self) -> Option<&str> {
        let (op, _) = self.message.strip_prefix('[')?.split_once(']')?;
        Some(op)
    }

    /// The whole message.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The first error of a context, which is cleared. `call` failed with `status`: for a context that knows nothing of it, because
    /// it has ended, or another thread is inside, or has taken the error meanwhile.
    #[cold]
    pub(crate) fn take(context: *mut ffi::tl_context, call: &str, status: i32) -> Error {
        let _gate = gate(context);
        let held = call!(tl_error_code(context));
        if held == ffi::TL_OK {
            return Error::new(known(status), lost_message(call, status));
        }
        if held == ffi::TL_INVALID_ARGUMENT && has_ended(context) {
            return Error::new(Code::InvalidArgument, ended_message(call));
        }
        if held == ffi::TL_BUSY {
            // Either the context holds this error, or another thread is inside and may change the message at any time. Only
            // when an error is there for certain the message stays as it is.
            if call!(tl_set_error(context, held, INTRUDED.as_ptr().cast())) != ffi::TL_OK {
                return Error::new(Code::Busy, busy_message(call));
            }
        }
        let read = || {
            // SAFETY: the message stays until the error is cleared or the context ends, both of which need the gate.
            let message = unsafe { text::copied(ffi::tl_error_message(context)) };
            (call!(tl_error_code(context)), message)
        };
        let (mut code, mut message) = read();
        // While another thread is inside, either of the two is that of a busy context: then they do not fit together.
        for _ in 0..1000 {
            if (code == ffi::TL_BUSY)
                == (message.contains("another thread") || message.contains("two threads"))
            {
                break;
            }
            std::thread::yield_now();
            (code, message) = read();
        }
        call!(tl_clear_error(context));
        if code == ffi::TL_BUSY && message.ends_with("another thread is using the context") {
            message = busy_message(call); // what C says then, and what was set above, names another call
        } else if let Some(rule) = message.strip_prefix("[error_message] ") {
            message = format!("[{}] {}", call, rule); // there was no memory for the message
        }
        Error::new(known(code), message)
    }

    /// The first error of a context, which is cleared, if there is one.
    pub(crate) fn take_if_any(context: *mut ffi::tl_context, call: &str) -> Option<Error> {
        match call!(tl_error_code(context)) {
            ffi::TL_OK => None,
            code => Some(Error::take(context, call, code)),
        }
    }
}

const INTRUDED: &[u8] = b"[context] another thread is using the context\0";

fn known(code: i32) -> Code {
    Code::from_raw(code).unwrap_or(Code::Internal)
}

impl fmt::Display for Code {
    /// Such as "invalid argument".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: static text.
        f.write_str(&unsafe { text::copied(ffi::tl_status_name(*self as i32)) })
    }
}

/// Asked of a context that may be anything: only one that has ended is wrong for this question.
fn has_ended(context: *mut ffi::tl_context) -> bool {
    let mut raw = crate::Statistics::raw();
    call!(tl_context_stats(context, &mut raw)) == ffi::TL_INVALID_ARGUMENT
}

fn ended_message(call: &str) -> String {
    format!(
        "[{}] the context must be alive: got an object of one that has ended; keep the Context as long as what was made in it",
        call
    )
}

fn busy_message(call: &str) -> String {
    format!("[{}] another thread is using the context; give each thread a context of its own", call)
}

fn lost_message(call: &str, code: i32) -> String {
    format!(
        "[{}] the call was refused ({}), and another thread has taken its error; give each thread a context of its own",
        call,
        known(code)
    )
}

/// The end of a call with an effect: the first error of the context where the status is not TL_OK. What callbacks put aside is
/// done now, and a panic of a closure that made the call fail goes on.
#[inline]
pub(crate) fn done(context: *mut ffi::tl_context, call: &str, status: i32) -> Result<()> {
    if status == ffi::TL_OK {
        after::deliver(context);
        Ok(())
    } else {
        Err(failed(context, call, status))
    }
}

#[cold]
fn failed(context: *mut ffi::tl_context, call: &str, status: i32) -> Error {
    let error = Error::take(context, call, status);
    let panic = after::take_panic(context);
    after::deliver(context);
    if let Some(payload) = panic {
        resume_unwind(payload);
    }
    error
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.code, self.message)
    }
}

impl std::error::Error for Error {}
