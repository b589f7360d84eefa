//! The C API of tapeloop, declaration for declaration.
//!
//! Programs use the crate `tapeloop`, which is safe. This one is for bindings of other kinds: it only declares what
//! `tapeloop.h` declares, and finds the library (see `build.rs`: pkg-config, or the environment variables
//! `TAPELOOP_LIB_DIR`, `TAPELOOP_INCLUDE_DIR` and `TAPELOOP_STATIC`). Dependants see where it was found in
//! `DEP_TAPELOOP_LIB_DIR` and `DEP_TAPELOOP_INCLUDE`.
//!
//! Handles are checked by the library, so a wrong one is an error and no crash; pointers to memory (`data`, `dims`,
//! arrays and their lengths, option structs) must be what the C header says.
#![deny(missing_docs)]
#![allow(non_camel_case_types)]

mod ffi;
pub use ffi::*;
