//! Texts to and from C.

use crate::{Code, Error, Result};
use std::ffi::{CStr, CString};
use std::os::raw::c_char;
use std::path::Path;
use std::ptr;

/// A text for C. One with a NUL inside is an error of the call.
pub(crate) fn text(call: &str, value: &str) -> Result<CString> {
    CString::new(value).map_err(|_| nul_inside(call, value))
}

pub(crate) fn optional_text(call: &str, value: Option<&str>) -> Result<Option<CString>> {
    value.map(|value| text(call, value)).transpose()
}

/// The address of a text, NULL without one.
pub(crate) fn pointer_of(value: &Option<CString>) -> *const c_char {
    value.as_ref().map_or(ptr::null(), |text| text.as_ptr())
}

pub(crate) fn path(call: &str, value: &Path) -> Result<CString> {
    #[cfg(unix)]
    let bytes = {
        use std::os::unix::ffi::OsStrExt;
        value.as_os_str().as_bytes().to_vec()
    };
    #[cfg(not(unix))]
    let bytes = value.to_string_lossy().into_owned().into_bytes();
    CString::new(bytes).map_err(|_| nul_inside(call, &value.to_string_lossy()))
}

fn nul_inside(call: &str, value: &str) -> Error {
    Error::new(
        Code::InvalidArgument,
        format!("[{}] a text must not have a NUL inside: got {:?}; leave it out", call, value),
    )
}

/// Copies a text of C. `pointer` is NULL or the address of a text that lives until this returns.
pub(crate) unsafe fn copied(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
}

/// A text that C writes into a buffer: `write(buffer, capacity, length)` is called for its length, then for the text.
/// Its status when that is not TL_OK.
pub(crate) fn written(
    write: impl Fn(*mut c_char, usize, &mut usize) -> i32,
) -> std::result::Result<String, i32> {
    let mut length = 0;
    let status = write(ptr::null_mut(), 0, &mut length);
    if status != 0 {
        return Err(status);
    }
    let mut buffer = vec![0u8; length + 1];
    let status = write(buffer.as_mut_ptr().cast(), buffer.len(), &mut length);
    if status != 0 {
        return Err(status);
    }
    let end = buffer.iter().position(|byte| *byte == 0).unwrap_or(buffer.len());
    buffer.truncate(end);
    Ok(String::from_utf8_lossy(&buffer).into_owned())
}
