//! The element types of tensors, as Rust has them.

use crate::{ffi, text, DType};
use std::fmt;

/// A type of Rust that is the element type of tensors: `f32`, `f64`, `i32`, `i64`, `u8` or `bool`.
pub trait Element: Copy + Send + Sync + 'static + sealed::Sealed {
    /// The dtype of such elements.
    const DTYPE: DType;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}

macro_rules! element {
    ($($kind:ty: $dtype:ident),*) => {$(
        impl sealed::Sealed for $kind {}
        impl Element for $kind {
            const DTYPE: DType = DType::$dtype;
        }
    )*};
}
// The library keeps elements in exactly these forms; a bool is one byte of 0 or 1 in both languages.
element!(f32: F32, f64: F64, i32: I32, i64: I64, u8: U8, bool: Bool);

impl DType {
    /// Bytes of one element.
    pub fn size(self) -> usize {
        call!(tl_dtype_size(self as i32))
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: static text.
        f.write_str(&unsafe { text::copied(ffi::tl_dtype_name(*self as i32)) })
    }
}
