//! Scopes: many handles released at once.

use crate::call::gate;
use crate::{
    ffi, Bundle, Checkpoint, CheckpointManager, Context, Dataset, Feed, Forward, Function, Group, Layer,
    Logger, Metric, Optimizer, PersistentTape, Plot, Progress, Pullback, Rendezvous, Safetensors,
    SafetensorsWriter, Schedule, Tape, Tensor, Trace, Variable,
};
use std::fmt;

/// An open scope, which [`Context::begin_scope`] gives. Dropping it ends the innermost scope: what was made since the scope
/// was opened and not kept is gone, whoever holds it.
///
/// Rust programs need no scopes, because each tensor goes when it is dropped. They are for code that hands tensors on and wants
/// to be sure that none stays.
pub struct Scope<'ctx> {
    context: &'ctx Context,
    open: bool,
}

/// What a scope can keep: [`Tensor`], [`Variable`], [`Layer`], [`Optimizer`], [`Schedule`], [`Metric`], [`Dataset`], [`Bundle`], [`Tape`],
/// [`Logger`], [`Plot`], [`Progress`], [`Trace`], [`PersistentTape`], [`Forward`], [`Pullback`], [`Function`], [`Feed`], [`Group`], [`Rendezvous`], [`Safetensors`], [`SafetensorsWriter`], [`Checkpoint`] and
/// [`CheckpointManager`].
pub trait Keep {
    #[doc(hidden)]
    fn move_out(&self);
}

macro_rules! keep {
    ($($kind:ty: $function:ident),*) => {$(
        impl Keep for $kind {
            fn move_out(&self) {
                call!($function(self.handle)); // a failure stays in the context
            }
        }
    )*};
}
keep!(
    Tensor: tl_keep,
    Layer: tl_layer_keep,
    Optimizer: tl_optimizer_keep,
    Schedule: tl_schedule_keep,
    Metric: tl_metric_keep,
    Dataset: tl_dataset_keep,
    Bundle: tl_bundle_keep,
    Safetensors: tl_safetensors_keep,
    SafetensorsWriter: tl_safetensors_writer_keep,
    Checkpoint: tl_checkpoint_keep,
    CheckpointManager: tl_checkpoint_manager_keep
);

impl Keep for Variable {
    fn move_out(&self) {
        (**self).move_out();
    }
}

impl Keep for Tape<'_> {
    fn move_out(&self) {
        self.keep();
    }
}

impl Keep for PersistentTape<'_> {
    fn move_out(&self) {
        self.keep();
    }
}

impl Keep for Forward<'_> {
    fn move_out(&self) {
        self.keep();
    }
}

impl<G> Keep for Pullback<'_, G> {
    fn move_out(&self) {
        self.keep();
    }
}

macro_rules! keep_by_method {
    ($($kind:ty),*) => {$(
        impl Keep for $kind {
            fn move_out(&self) {
                self.keep();
            }
        }
    )*};
}
keep_by_method!(Logger, Plot, Progress, Rendezvous, Trace);

impl Keep for Group<'_> {
    fn move_out(&self) {
        self.keep();
    }
}

impl Keep for Feed<'_> {
    fn move_out(&self) {
        self.keep();
    }
}

impl<O> Keep for Function<'_, O> {
    fn move_out(&self) {
        self.keep();
    }
}

impl Scope<'_> {
    /// Moves something one scope out, so that it outlives this one, and gives it back. Something that is not live any more is an
    /// error that the next effect returns.
    pub fn keep<T: Keep>(&self, kept: T) -> T {
        kept.move_out();
        kept
    }
}

impl Context {
    /// Opens a scope, which ends when the guard is dropped.
    pub fn begin_scope(&self) -> Scope<'_> {
        let open = call!(tl_scope_begin(self.handle())) == ffi::TL_OK; // a failure (no memory) stays in the context
        Scope { context: self, open }
    }

    /// Runs a closure in a scope: `c.scope(|s| { ...; s.keep(result) })`.
    ///
    /// ```
    /// # fn main() -> tapeloop::Result<()> {
    /// let c = tapeloop::Context::new()?;
    /// let (kept, lost) = c.scope(|s| (s.keep(c.ones(&[2])), c.ones(&[3])));
    /// assert_eq!(kept.sum().item()?, 2.0);
    /// assert!(lost.sum().item().is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn scope<R>(&self, f: impl FnOnce(&Scope<'_>) -> R) -> R {
        let scope = self.begin_scope();
        f(&scope)
    }
}

impl Drop for Scope<'_> {
    fn drop(&mut self) {
        let context = self.context.handle();
        let end = || {
            let _gate = gate(context);
            call!(tl_scope_end(context))
        };
        // Another thread may be inside with a tensor of this context; its call comes to an end.
        while self.open && end() == ffi::TL_BUSY {
            std::thread::yield_now();
        }
    }
}

impl fmt::Debug for Scope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scope(open: {})", self.open)
    }
}
