//! The gradient tape for programs that are not written in Python: custom training loops with gradients of any order.
//!
//! ```
//! use tapeloop::{Context, Result, Sgd};
//!
//! fn main() -> Result<()> {
//!     let c = &Context::builder().seed(1).build()?;
//!     let x = c.uniform(&[64, 1]);
//!     let y = &x * 3.0 + 0.5;
//!     let (w, b) = (c.variable(&c.zeros(&[1, 1]), "w")?, c.variable(&c.zeros(&[1]), "b")?);
//!     let sgd = Sgd::new().learning_rate(0.5).build(c)?;
//!     for _ in 0..300 {
//!         let tape = c.tape()?;
//!         let loss = (x.matmul(&w) + &b - &y).square().mean();
//!         let gradients = tape.gradient(&loss, &[&w, &b])?;
//!         sgd.apply(&gradients, &[&w, &b])?;
//!     }
//!     assert!((w.item()? - 3.0).abs() < 1e-3 && (b.item()? - 0.5).abs() < 1e-3);
//!     Ok(())
//! }
//! ```
//!
//! Start with [`Context`], [`Tensor`] (ops, errors, ownership) and [`Tape`]. [`Sequential`], [`loss`], [`Adam`], [`Metric`] and
//! [`Dataset`] are conveniences, which a loop may do without, and [`Fit`] is the loop that most programs write alike. A step that
//! is right becomes faster as a [`Function`], and need not wait for its input with a [`Feed`]; [`Replicas`]
//! train together.
//!
//! The crate is safe over the C library `libtapeloop`: what a program gets wrong is an [`Error`] with the library's message and
//! never a crash. Values, contexts and models may move between threads; one thread at a time uses a context.
#![deny(missing_docs, unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

use tapeloop_sys as ffi;

#[macro_use]
mod call;

mod after;
mod bundle;
mod checkpoint;
mod closure;
mod context;
mod curvature;
mod custom;
mod custom_training;
mod dataset;
mod dlpack;
mod element;
mod error;
mod feed;
mod forward;
mod function;
mod gradients;
mod groups;
mod jacobian;
mod layer;
mod list;
mod log;
mod logger;
mod media;
mod metric;
mod minimize;
mod operators;
mod optimizer;
mod peaks;
mod pipeline;
mod plot;
mod progress;
mod pullback;
mod replicas;
mod safetensors;
mod schedule;
mod scope;
mod step_options;
mod tape;
mod tensor;
mod text;
mod trace;
mod trainer;
mod variable;
mod vmap;

mod generated {
    mod builders;
    mod enums;
    pub mod loss;
    mod metric;
    mod ops;
    mod statistics;
    mod step_options;
    pub use builders::*;
    pub use enums::*;
    pub use metric::*;
    pub use statistics::*;
    pub use step_options::*;
}

pub use bundle::{Bundle, CsvOptions};
pub use checkpoint::{Checkpoint, CheckpointManager, CheckpointManagerOptions};
pub use closure::Outputs;
pub use context::{Canceller, Context, ContextBuilder};
pub use custom::{Backward, Tangents};
pub use custom_training::{CustomOptimizer, Update};
pub use dataset::{Dataset, Epoch};
pub use element::Element;
pub use error::{Error, Result};
pub use feed::{Feed, FeedBatch, FeedProducer};
pub use forward::Forward;
pub use function::{Function, FunctionOptions};
pub use generated::*;
pub use gradients::{clip_by_global_norm, clip_by_global_norm_with, global_norm, Gradients};
pub use jacobian::JacobianOptions;
pub use layer::{Layer, LayerBuilder, Sequential};
pub use list::{TensorEntry, TensorList};
pub use logger::Logger;
pub use media::ImageOptions;
pub use metric::Metric;
pub use minimize::Sam;
pub use optimizer::Optimizer;
pub use peaks::{MachinePeaks, PeakOptions};
pub use pipeline::{MapOptions, Place};
pub use plot::{ImageGrid, Plot, PlotOptions};
pub use progress::{Progress, ProgressOptions};
pub use pullback::Pullback;
pub use replicas::{end_mpi, Group, GroupDecision, GroupOptions, Rendezvous, Replicas};
pub use safetensors::{Safetensors, SafetensorsWriter};
pub use schedule::{OneCycle, Plateau, Schedule};
pub use scope::{Keep, Scope};
pub use tape::{GradientOptions, Paused, PersistentTape, Recording, Tape, TapeMemory, TapeOptions};
pub use tensor::{Tensor, TensorRef, View};
pub use trace::{Trace, TraceOptions, TraceSpan};
pub use trainer::{Evaluation, Fit, FitNow, FitState, StopFlag};
pub use variable::{Variable, Variables};

/// The version of the library that is loaded, such as "0.1.0".
pub fn version() -> &'static str {
    // SAFETY: static text, of ASCII characters.
    unsafe { std::ffi::CStr::from_ptr(ffi::tl_version()) }.to_str().unwrap_or("unknown")
}

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct ReadmeIsTested;
