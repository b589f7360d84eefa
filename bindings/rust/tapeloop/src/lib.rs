#![doc = include_str!("../../README.md")]
#![deny(missing_docs, unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

use tapeloop_sys as ffi;

#[macro_use]
mod call;

mod context;
mod dataset;
mod element;
mod error;
mod gradients;
mod layer;
mod list;
mod log;
mod metric;
mod operators;
mod optimizer;
mod scope;
mod tape;
mod tensor;
mod text;
mod variable;

mod generated {
    mod builders;
    mod enums;
    pub mod losses;
    mod ops;
    mod statistics;
    pub use builders::*;
    pub use enums::*;
    pub use statistics::*;
}

pub use context::{Canceller, Context, ContextBuilder};
pub use dataset::{Dataset, Epoch};
pub use element::Element;
pub use error::{Error, Result};
pub use generated::losses as loss;
pub use generated::*;
pub use gradients::{clip_by_global_norm, clip_by_global_norm_with, global_norm, Gradients};
pub use layer::{Layer, LayerBuilder, Sequential};
pub use list::{TensorEntry, TensorList};
pub use metric::Metric;
pub use optimizer::Optimizer;
pub use scope::{Keep, Scope};
pub use tape::{GradientOptions, Paused, PersistentTape, Recording, Tape, TapeOptions};
pub use tensor::{Tensor, TensorRef, View};
pub use variable::{Variable, Variables};

/// The version of the library that is loaded, such as "0.1.0".
pub fn version() -> &'static str {
    // SAFETY: static text, of ASCII characters.
    unsafe { std::ffi::CStr::from_ptr(ffi::tl_version()) }.to_str().unwrap_or("unknown")
}
