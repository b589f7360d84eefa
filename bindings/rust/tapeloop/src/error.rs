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

    /// The first error of a context, which is cleared. `status` is what the call returned, for a context that knows nothing of
    /// it (another thread has taken the error meanwhile).
    #[cold]
    pub(crate) fn take(context: *mut ffi::tl_context, status: i32) -> Error {
        let _gate = gate(context);
        let held = call!(tl_error_code(context));
        if held == ffi::TL_OK {
            return Error::new(known(status), lost_message(status));
        }
        if held == ffi::TL_BUSY {
            // Either the context holds this error, or another thread is inside and may change the message at any time. Only
            // when an error is there for certain the message stays as it is.
            if call!(tl_set_error(context, held, INTRUDED.as_ptr().cast())) != ffi::TL_OK {
                return Error::new(Code::Busy, String::from_utf8_lossy(&INTRUDED[..INTRUDED.len() - 1]));
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
        Error::new(known(code), message)
    }

    /// The first error of a context, which is cleared, if there is one.
    pub(crate) fn take_if_any(context: *mut ffi::tl_context) -> Option<Error> {
        match call!(tl_error_code(context)) {
            ffi::TL_OK => None,
            code => Some(Error::take(context, code)),
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

fn lost_message(code: i32) -> String {
    format!(
        "[context] the call was refused ({}), and another thread has taken its error; give each thread a context of its own",
        known(code)
    )
}

/// The end of a call with an effect: the first error of the context where the status is not TL_OK. What callbacks put aside is
/// done now, and a panic of a closure that made the call fail goes on.
#[inline]
pub(crate) fn done(context: *mut ffi::tl_context, status: i32) -> Result<()> {
    if status == ffi::TL_OK {
        after::deliver(context);
        Ok(())
    } else {
        Err(failed(context, status))
    }
}

#[cold]
fn failed(context: *mut ffi::tl_context, status: i32) -> Error {
    let error = Error::take(context, status);
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
