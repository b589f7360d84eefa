//! Checkpoints.

use crate::error::done;
use crate::{ffi, text, CheckpointBest, Context, Dataset, Error, Layer, Metric, Optimizer, Result, Tensor};
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::os::raw::c_char;
use std::path::Path;

/// Everything that a run needs to go on exactly where it was, by name: layers or variables, optimizers, metrics, datasets, the random
/// numbers, and the loop's own numbers. It is saved in one folder that is whole or not there, and restored all or nothing. It keeps
/// what is in it alive.
///
/// ```
/// # fn main() -> tapeloop::Result<()> {
/// use tapeloop::{Adam, Checkpoint, CheckpointManager, Context, Dense};
/// let c = &Context::new()?;
/// let model = Dense::new(2).input_size(3).build(c)?;
/// let adam = Adam::new().build(c)?;
/// adam.build(&model.trainable_variables())?; // the slots, so that there is something to restore into
/// let all = Checkpoint::new(c)?;
/// all.add_layer("model", &model)?;
/// all.add_optimizer("adam", &adam)?;
/// all.add_random("random")?;
/// all.set_double("best loss", f64::INFINITY)?;
/// let folder = std::env::temp_dir().join(format!("tapeloop-{}", std::process::id()));
/// let manager = CheckpointManager::new(c, &all, &folder)?;
/// let first = manager.restore_latest()?.map_or(0, |step| step + 1);
/// for step in first..3 {
///     // a step of the training
///     manager.save(step, None)?;
/// }
/// assert_eq!(manager.latest()?, Some(2));
/// # drop(manager);
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok(())
/// # }
/// ```
pub struct Checkpoint {
    pub(crate) handle: *mut ffi::tl_checkpoint,
    context: *mut ffi::tl_context,
    one_thread: PhantomData<Cell<()>>,
}

// SAFETY: handles, which are never followed here; nothing of a checkpoint is tied to a thread.
unsafe impl Send for Checkpoint {}

impl Checkpoint {
    /// One without objects.
    pub fn new(context: &Context) -> Result<Checkpoint> {
        let handle = call!(tl_checkpoint_new(context.handle()));
        if handle.is_null() {
            return Err(Error::take(context.handle(), "checkpoint_new", ffi::TL_INVALID_ARGUMENT));
        }
        Ok(Checkpoint { handle, context: context.handle(), one_thread: PhantomData })
    }

    /// That of a call which is running: not to be dropped.
    pub(crate) fn lent(handle: *mut ffi::tl_checkpoint, context: *mut ffi::tl_context) -> Checkpoint {
        Checkpoint { handle, context, one_thread: PhantomData }
    }

    fn named(&self, call: &str, name: &str, f: impl FnOnce(*const c_char) -> i32) -> Result<()> {
        let name = text::text(call, name)?;
        done(self.context, call, f(name.as_ptr()))
    }

    /// Adds a variable. No name may stand twice.
    pub fn add_variable(&self, name: &str, variable: &Tensor) -> Result<()> {
        self.named("checkpoint_add_variable", name, |name| {
            call!(tl_checkpoint_add_variable(self.handle, name, variable.required()))
        })
    }

    /// Adds all variables of a layer: weights, and the averages of batch normalisation. It must be built before saving and restoring.
    pub fn add_layer(&self, name: &str, layer: &Layer) -> Result<()> {
        self.named("checkpoint_add_layer", name, |name| {
            call!(tl_checkpoint_add_layer(self.handle, name, layer.handle))
        })
    }

    /// Adds the state of an optimizer: steps, rate, slots, what its schedule remembers, and what step options count. A program that
    /// restores makes the slots first, by [`Optimizer::build`] with the same variables in the same order.
    pub fn add_optimizer(&self, name: &str, optimizer: &Optimizer) -> Result<()> {
        self.named("checkpoint_add_optimizer", name, |name| {
            call!(tl_checkpoint_add_optimizer(self.handle, name, optimizer.handle))
        })
    }

    /// Adds the sums of a metric.
    pub fn add_metric(&self, name: &str, metric: &Metric) -> Result<()> {
        self.named("checkpoint_add_metric", name, |name| {
            call!(tl_checkpoint_add_metric(self.handle, name, metric.handle))
        })
    }

    /// Adds the place of a dataset. The program that restores makes the dataset in the same way; the next element is then the one that
    /// would have come.
    pub fn add_dataset(&self, name: &str, dataset: &Dataset) -> Result<()> {
        self.named("checkpoint_add_dataset", name, |name| {
            call!(tl_checkpoint_add_dataset(self.handle, name, dataset.handle))
        })
    }

    /// Adds the random numbers of the context: initialisers, dropout and random ops then go on as they would have.
    pub fn add_random(&self, name: &str) -> Result<()> {
        self.named("checkpoint_add_random", name, |name| call!(tl_checkpoint_add_random(self.handle, name)))
    }

    /// Sets an integer of the program's own (an epoch, the patience that is left), which [`int64`](Checkpoint::int64) reads after
    /// restoring. It is added with the first call for a name, which must come before restoring; a name keeps its kind.
    pub fn set_int64(&self, name: &str, value: i64) -> Result<()> {
        self.named("checkpoint_set_int64", name, |name| {
            call!(tl_checkpoint_set_int64(self.handle, name, value))
        })
    }

    /// Likewise a number (the best loss so far). Infinities and NaN are kept.
    pub fn set_double(&self, name: &str, value: f64) -> Result<()> {
        self.named("checkpoint_set_double", name, |name| {
            call!(tl_checkpoint_set_double(self.handle, name, value))
        })
    }

    /// Likewise a text.
    pub fn set_text(&self, name: &str, value: &str) -> Result<()> {
        let value = text::text("checkpoint_set_text", value)?;
        self.named("checkpoint_set_text", name, |name| {
            call!(tl_checkpoint_set_text(self.handle, name, value.as_ptr()))
        })
    }

    /// An integer that was set or restored.
    pub fn int64(&self, name: &str) -> Result<i64> {
        let mut value = 0;
        self.named("checkpoint_get_int64", name, |name| {
            call!(tl_checkpoint_get_int64(self.handle, name, &mut value))
        })?;
        Ok(value)
    }

    /// A number that was set or restored.
    pub fn double(&self, name: &str) -> Result<f64> {
        let mut value = 0.0;
        self.named("checkpoint_get_double", name, |name| {
            call!(tl_checkpoint_get_double(self.handle, name, &mut value))
        })?;
        Ok(value)
    }

    /// A text that was set or restored.
    pub fn text(&self, name: &str) -> Result<String> {
        let op = "checkpoint_get_text";
        let name = text::text(op, name)?;
        text::written(|buffer, capacity, length| {
            call!(tl_checkpoint_get_text(self.handle, name.as_ptr(), buffer, capacity, length))
        })
        .map_err(|status| Error::take(self.context, op, status))
    }

    /// Writes everything into a new folder, whose parent must be there. For more than one of them see [`CheckpointManager`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = text::path("checkpoint_save", path.as_ref())?;
        done(self.context, "checkpoint_save", call!(tl_checkpoint_save(self.handle, path.as_ptr())))
    }

    /// Restores everything from a folder that was saved. What it holds must be exactly what the objects have a place for: the error lists
    /// what is missing, extra or of another kind. A failure leaves all objects as they were.
    pub fn restore(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = text::path("checkpoint_restore", path.as_ref())?;
        done(self.context, "checkpoint_restore", call!(tl_checkpoint_restore(self.handle, path.as_ptr())))
    }

    /// [`restore`](Checkpoint::restore) of what is there and fits; everything else stays as it is. The text says what did not take part,
    /// and is empty where everything did.
    pub fn restore_partly(&self, path: impl AsRef<Path>) -> Result<String> {
        let op = "checkpoint_restore_partly";
        let path = text::path(op, path.as_ref())?;
        let mut report = vec![0u8; 1 << 14];
        loop {
            let (buffer, capacity, mut length) = (report.as_mut_ptr().cast(), report.len(), 0);
            let status = call!(tl_checkpoint_restore_partly(
                self.handle,
                path.as_ptr(),
                buffer,
                capacity,
                &mut length
            ));
            done(self.context, op, status)?;
            if length < report.len() {
                report.truncate(length);
                return Ok(String::from_utf8_lossy(&report).into_owned());
            }
            report.resize(length + 1, 0); // for a longer text it restores the same once more
        }
    }
}

impl Drop for Checkpoint {
    fn drop(&mut self) {
        call!(tl_checkpoint_release(self.handle));
    }
}

impl fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Checkpoint({:?})", self.handle)
    }
}

/// Which checkpoints of a [`CheckpointManager`] stay, and how they are written.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct CheckpointManagerOptions {
    max_to_keep: i64,
    best: CheckpointBest,
    keep_every: i64,
    asynchronous: bool,
}

impl CheckpointManagerOptions {
    /// All options at their defaults.
    pub fn new() -> CheckpointManagerOptions {
        CheckpointManagerOptions::default()
    }

    /// So many that were written last stay, or the best so many and the last besides; -1: all. The default is 3.
    pub fn max_to_keep(mut self, count: i64) -> CheckpointManagerOptions {
        self.max_to_keep = count;
        self
    }

    /// Which metric is better. By default there is none.
    pub fn best(mut self, best: CheckpointBest) -> CheckpointManagerOptions {
        self.best = best;
        self
    }

    /// Checkpoints of steps that this divides stay and do not count. By default there are none.
    pub fn keep_every(mut self, steps: i64) -> CheckpointManagerOptions {
        self.keep_every = steps;
        self
    }

    /// A save returns when the state is taken, and a thread writes it; the next call waits for it and returns its error.
    pub fn asynchronous(mut self, asynchronous: bool) -> CheckpointManagerOptions {
        self.asynchronous = asynchronous;
        self
    }
}

/// The checkpoints of one run in one folder, `step-N` for step N, see [`Checkpoint`].
pub struct CheckpointManager {
    pub(crate) handle: *mut ffi::tl_checkpoint_manager,
    context: *mut ffi::tl_context,
    one_thread: PhantomData<Cell<()>>,
}

// SAFETY: handles, which are never followed here; nothing of a manager is tied to a thread.
unsafe impl Send for CheckpointManager {}

impl CheckpointManager {
    /// A manager that keeps the three that were written last. The folder need not be there; nothing is touched before the first save.
    pub fn new(
        context: &Context,
        checkpoint: &Checkpoint,
        folder: impl AsRef<Path>,
    ) -> Result<CheckpointManager> {
        CheckpointManager::with(context, checkpoint, folder, &CheckpointManagerOptions::new())
    }

    /// A manager with options.
    pub fn with(
        context: &Context,
        checkpoint: &Checkpoint,
        folder: impl AsRef<Path>,
        options: &CheckpointManagerOptions,
    ) -> Result<CheckpointManager> {
        let op = "checkpoint_manager_new";
        let folder = text::path(op, folder.as_ref())?;
        let mut raw = options!(tl_checkpoint_manager_options, tl_checkpoint_manager_options_init);
        raw.max_to_keep = options.max_to_keep;
        raw.best = options.best as i32;
        raw.keep_every = options.keep_every;
        raw.asynchronous = options.asynchronous;
        let handle =
            call!(tl_checkpoint_manager_new(context.handle(), checkpoint.handle, folder.as_ptr(), &raw));
        if handle.is_null() {
            return Err(Error::take(context.handle(), op, ffi::TL_INVALID_ARGUMENT));
        }
        Ok(CheckpointManager { handle, context: context.handle(), one_thread: PhantomData })
    }

    /// Writes what the objects hold now, then removes checkpoints that no longer stay. The first save takes the folder until the manager
    /// ends: [`Code::Busy`](crate::Code::Busy) where another one has it. A failure leaves the earlier checkpoints.
    pub fn save(&self, step: i64, metric: impl Into<Option<f64>>) -> Result<()> {
        let metric = metric.into().unwrap_or(f64::NAN);
        let status = call!(tl_checkpoint_manager_save(self.handle, step, metric));
        done(self.context, "checkpoint_manager_save", status)
    }

    /// Takes the folder now instead of with the first save, until the manager is dropped: makes it where it is not there, and removes what
    /// a writer that was killed has left. For a run that is to hear before its first step that the folder cannot be written, or that
    /// another one has it ([`Code::Busy`](crate::Code::Busy)). Taking it again does nothing. Not inside a compiled step.
    pub fn take(&self) -> Result<()> {
        done(self.context, "checkpoint_manager_take", call!(tl_checkpoint_manager_take(self.handle)))
    }

    /// Waits for an asynchronous save, and returns how it went.
    pub fn wait(&self) -> Result<()> {
        done(self.context, "checkpoint_manager_wait", call!(tl_checkpoint_manager_wait(self.handle)))
    }

    /// The step of the checkpoint written last among those that are whole, for which each byte is read.
    pub fn latest(&self) -> Result<Option<i64>> {
        self.step("checkpoint_manager_latest", call!(tl_checkpoint_manager_latest(self.handle)))
    }

    /// The step of the best checkpoint by its metric.
    pub fn best(&self) -> Result<Option<i64>> {
        self.step("checkpoint_manager_best", call!(tl_checkpoint_manager_best(self.handle)))
    }

    fn step(&self, call: &str, step: i64) -> Result<Option<i64>> {
        if step >= 0 {
            return Ok(Some(step));
        }
        Error::take_if_any(self.context, call).map_or(Ok(None), Err)
    }

    /// The steps of the checkpoints in the folder, ascending.
    pub fn steps(&self) -> Result<Vec<i64>> {
        let mut steps = Vec::new();
        loop {
            let mut count = 0;
            let (pointer, capacity) = (steps.as_mut_ptr(), steps.len());
            let status = call!(tl_checkpoint_manager_steps(self.handle, pointer, capacity, &mut count));
            done(self.context, "checkpoint_manager_steps", status)?;
            let whole = count <= steps.len();
            steps.resize(count, 0);
            if whole {
                return Ok(steps);
            }
        }
    }

    /// [`Checkpoint::restore`] of the checkpoint of a step.
    pub fn restore(&self, step: i64) -> Result<()> {
        let status = call!(tl_checkpoint_manager_restore(self.handle, step));
        done(self.context, "checkpoint_manager_restore", status)
    }

    /// [`Checkpoint::restore`] of the checkpoint that was written last and is whole, and its step; `None` where there is none: the run begins.
    pub fn restore_latest(&self) -> Result<Option<i64>> {
        let mut step = -1;
        let status = call!(tl_checkpoint_manager_restore_latest(self.handle, &mut step));
        done(self.context, "checkpoint_manager_restore_latest", status)?;
        Ok(if step < 0 { None } else { Some(step) })
    }
}

impl Drop for CheckpointManager {
    fn drop(&mut self) {
        call!(tl_checkpoint_manager_release(self.handle));
    }
}

impl fmt::Debug for CheckpointManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CheckpointManager({:?})", self.handle)
    }
}
