//! The optional trainer.

use crate::after::{self, Work};
use crate::closure::Lent;
use crate::error::done;
use crate::{ffi, text, Checkpoint, Code, Context, Dataset, Error, FitEnd, FitEvent, FitNonFinite, Layer};
use crate::{Logger, Metric, Optimizer, Progress, Result, Schedule, Tensor, TensorRef};
use std::cell::RefCell;
use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{ControlFlow, Deref};
use std::os::raw::c_void;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::Arc;

/// Ends a [`Fit`] whole before its next step, with a checkpoint where it writes any: from any thread, and from a signal handler.
/// Clones are the same flag. [`Canceller`](crate::Canceller) ends a fit at once instead, and without a checkpoint.
#[derive(Debug, Clone, Default)]
pub struct StopFlag(Arc<AtomicI32>);

impl StopFlag {
    /// One that is not set.
    pub fn new() -> StopFlag {
        StopFlag::default()
    }

    /// Sets it, until [`reset`](StopFlag::reset).
    pub fn stop(&self) {
        self.0.store(1, Ordering::Relaxed);
    }

    /// Takes that back.
    pub fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// Whether it is set.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }

    fn pointer(&self) -> *const i32 {
        let flag: *const AtomicI32 = &*self.0;
        flag.cast() // an atomic number lies in memory as the number does
    }
}

/// The loop over epochs that most programs write alike, with validation, early stopping, checkpoints to go on from, logs and a progress
/// bar. It is optional, and written with public calls of the C API alone (`capi/trainer`): a program that wants another loop writes
/// its own.
///
/// A batch is an element of a dataset: the first tensor goes through the model; the second is what metrics take for labels, the third,
/// where there is one, for weights. The loss is a closure that gets the predictions, then the whole batch, and gives a single number.
/// Steps are compiled: it runs when a step is recorded, and not again for batches of the same kind (see
/// [`Function`](crate::Function), what is said there of steps holds for it); one that reads elements runs as it is. Means are weighted by
/// the rows of batches. Schedules, accumulation, clipping and what a gradient that is not finite does are the optimizer's.
///
/// ```
/// # fn main() -> tapeloop::Result<()> {
/// use tapeloop::{loss, Adam, Context, DType, Dataset, Dense, Fit, FitEnd, Metric};
/// let c = &Context::builder().seed(1).build()?;
/// let x = c.uniform_range(&[64, 2], -1.0, 1.0, DType::F32);
/// let labels = x.sum_axes(&[1], false).greater(&c.scalar(DType::F32, 0.0)).cast(DType::I32);
/// let train = Dataset::from_tensors(c, &[&x, &labels])?.shuffle(1)?.batch(16, false)?;
/// let held_out = Dataset::from_tensors(c, &[&x, &labels])?.batch(64, false)?;
/// let (model, adam) = (Dense::new(2).build(c)?, Adam::new().learning_rate(0.1).build(c)?);
/// let accuracy = Metric::sparse_categorical_accuracy(c, "accuracy")?;
/// let loss = |_: &Context, x: &[tapeloop::TensorRef<'_>]| Ok(loss::sparse_categorical_cross_entropy(&x[2], &x[0]));
///
/// let fit = Fit::new().epochs(50).validation(&held_out).metrics(&[&accuracy]).patience(5).restore_best(true);
/// let how = fit.run(c, &model, &adam, &train, loss)?;
/// assert!(how.end == FitEnd::Epochs || how.end == FitEnd::Patience);
/// let results = model.evaluate(c, &held_out, &[&accuracy], loss)?;
/// assert!(results.metrics[0] > 0.9 && results.loss == how.best);
/// assert_eq!(model.predict(c, &held_out)?.shape()?, [64, 2]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Fit<'a> {
    epochs: i64,
    steps_per_epoch: i64,
    validation: Option<&'a Dataset>,
    metrics: Vec<&'a Metric>,
    eager: bool,
    monitor: Option<String>,
    maximize: bool,
    min_delta: f64,
    patience: i64,
    restore_best: bool,
    non_finite: FitNonFinite,
    plateau: Option<&'a Schedule>,
    loggers: Vec<&'a Logger>,
    progress: Option<&'a Progress>,
    checkpoints: Option<PathBuf>,
    checkpoint_steps: i64,
    max_to_keep: i64,
    keep_every: i64,
    keep_best: bool,
    asynchronous: bool,
    step_events: bool,
    stop: Option<StopFlag>,
}

impl Default for Fit<'_> {
    fn default() -> Self {
        Fit::new()
    }
}

impl<'a> Fit<'a> {
    /// One epoch, and all else at its default.
    pub fn new() -> Fit<'a> {
        Fit {
            epochs: 0,
            steps_per_epoch: 0,
            validation: None,
            metrics: Vec::new(),
            eager: false,
            monitor: None,
            maximize: false,
            min_delta: 0.0,
            patience: 0,
            restore_best: false,
            non_finite: FitNonFinite::Error,
            plateau: None,
            loggers: Vec::new(),
            progress: None,
            checkpoints: None,
            checkpoint_steps: 0,
            max_to_keep: 0,
            keep_every: 0,
            keep_best: false,
            asynchronous: false,
            step_events: false,
            stop: None,
        }
    }

    /// Epochs to train, those before a checkpoint included; 0: 1, the default.
    pub fn epochs(mut self, epochs: i64) -> Self {
        self.epochs = epochs;
        self
    }

    /// An epoch is so many steps, over the ends of the dataset's; 0 (default): it is one of the dataset.
    pub fn steps_per_epoch(mut self, steps: i64) -> Self {
        self.steps_per_epoch = steps;
        self
    }

    /// A dataset, another than that of training, which is read from its beginning after each epoch (default: none).
    pub fn validation(mut self, data: &'a Dataset) -> Self {
        self.validation = Some(data);
        self
    }

    /// Metrics of one result each, computed in training and in validation. The fit resets them.
    pub fn metrics(mut self, metrics: &[&'a Metric]) -> Self {
        self.metrics = metrics.to_vec();
        self
    }

    /// Steps run as they are, without a recording (default false).
    pub fn eager(mut self, eager: bool) -> Self {
        self.eager = eager;
        self
    }

    /// What is to improve: "train/loss", "validation/loss" or the name of a metric instead of loss (default: the loss of validation, of
    /// training where there is none).
    pub fn monitor(mut self, name: impl Into<String>) -> Self {
        self.monitor = Some(name.into());
        self
    }

    /// What is monitored is to rise (default false: to fall).
    pub fn maximize(mut self, maximize: bool) -> Self {
        self.maximize = maximize;
        self
    }

    /// An improvement is by more than that, not negative (default 0).
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.min_delta = min_delta;
        self
    }

    /// Epochs without an improvement after which the fit ends; 0 (default): it does not.
    pub fn patience(mut self, epochs: i64) -> Self {
        self.patience = epochs;
        self
    }

    /// At the end the model gets the values of its best epoch, unless it was stopped (default false).
    pub fn restore_best(mut self, restore_best: bool) -> Self {
        self.restore_best = restore_best;
        self
    }

    /// What a loss that is not finite does (default [`FitNonFinite::Error`]), and a step that fails with [`Code::NonFinite`], as of
    /// batch normalisation whose averages overflow: it has changed no weight, and counts as one whose loss is NaN.
    pub fn non_finite(mut self, policy: FitNonFinite) -> Self {
        self.non_finite = policy;
        self
    }

    /// A schedule of [`Plateau`](crate::Plateau), which the optimizer follows, and which is told what is monitored (default: none). Its
    /// `maximize` is that of the fit.
    pub fn plateau(mut self, schedule: &'a Schedule) -> Self {
        self.plateau = Some(schedule);
        self
    }

    /// One more log of all numbers and the learning rate of each epoch, counted from 1 (default: none).
    pub fn logger(mut self, logger: &'a Logger) -> Self {
        self.loggers.push(logger);
        self
    }

    /// A bar that shows each epoch (default: none).
    pub fn progress(mut self, progress: &'a Progress) -> Self {
        self.progress = Some(progress);
        self
    }

    /// A folder: the fit goes on from its newest checkpoint, and saves after each epoch (default: none). Everything that the fit changes
    /// is in each: a fit that was killed or stopped, and is run again by a program that made everything in the same way, goes on with the
    /// same bits; one that had ended ends again.
    pub fn checkpoints(mut self, folder: impl AsRef<Path>) -> Self {
        self.checkpoints = Some(folder.as_ref().to_path_buf());
        self
    }

    /// Saves also in the midst of an epoch, every so many steps; 0 (default): not.
    pub fn checkpoint_steps(mut self, steps: i64) -> Self {
        self.checkpoint_steps = steps;
        self
    }

    /// Checkpoints that stay, as in [`CheckpointManagerOptions`](crate::CheckpointManagerOptions) (default 3).
    pub fn max_to_keep(mut self, count: i64) -> Self {
        self.max_to_keep = count;
        self
    }

    /// Checkpoints of steps that this divides stay and do not count (default: none).
    pub fn keep_every(mut self, steps: i64) -> Self {
        self.keep_every = steps;
        self
    }

    /// The best checkpoints by what is monitored stay instead of the newest (default false).
    pub fn keep_best(mut self, keep_best: bool) -> Self {
        self.keep_best = keep_best;
        self
    }

    /// A thread writes checkpoints while the fit goes on (default false).
    pub fn asynchronous(mut self, asynchronous: bool) -> Self {
        self.asynchronous = asynchronous;
        self
    }

    /// The listener of [`run_with`](Fit::run_with) hears of each step, too (default false).
    pub fn step_events(mut self, step_events: bool) -> Self {
        self.step_events = step_events;
        self
    }

    /// What ends the fit whole before its next step (default: nothing does).
    pub fn stop(mut self, flag: &StopFlag) -> Self {
        self.stop = Some(flag.clone());
        self
    }

    /// Trains: for each batch of `train`, from where it stands, the loss, its gradient for the trainable variables of the model, and a step
    /// of the optimizer.
    ///
    /// # Errors
    /// Those of a step, a log or a checkpoint, unchanged; a panic of the loss goes on. [`Code::InvalidArgument`] for options and data that
    /// make no sense, [`Code::NonFinite`] as [`non_finite`](Fit::non_finite) says. Of a step that fails no weight has changed; steps
    /// before have taken effect.
    pub fn run<F>(
        &self,
        context: &Context,
        model: &Layer,
        optimizer: &Optimizer,
        train: &Dataset,
        loss: F,
    ) -> Result<FitState>
    where
        F: Fn(&Context, &[TensorRef<'_>]) -> Result<Tensor>,
    {
        self.run_with(context, model, optimizer, train, loss, |_, _, _| Ok(ControlFlow::Continue(())))
    }

    /// [`run`](Fit::run) with a listener: it hears [`FitEvent::Prepare`] once, when an epoch begins and ends, of each step if
    /// [`step_events`](Fit::step_events) says so, and [`FitEvent::End`] once. An epoch in which the fit is stopped has no end, and a fit
    /// that fails has none either. It may use the context, can end no scope that it has not begun, and ends the fit whole, with a
    /// checkpoint, by [`ControlFlow::Break`]; its error ends the fit, and so does its panic, which goes on.
    pub fn run_with<F, H>(
        &self,
        context: &Context,
        model: &Layer,
        optimizer: &Optimizer,
        train: &Dataset,
        loss: F,
        hear: H,
    ) -> Result<FitState>
    where
        F: Fn(&Context, &[TensorRef<'_>]) -> Result<Tensor>,
        H: FnMut(&Context, FitEvent, &FitNow<'_>) -> Result<ControlFlow<()>>,
    {
        let monitor = text::optional_text("fit", self.monitor.as_deref())?;
        let folder = self.checkpoints.as_ref().map(|folder| text::path("fit", folder)).transpose()?;
        let metrics: Vec<_> = self.metrics.iter().map(|metric| metric.handle).collect();
        let loggers: Vec<_> = self.loggers.iter().map(|logger| logger.handle).collect();
        let flag = self.stop.clone().unwrap_or_default();
        let mut raw = options!(tl_fit_options, tl_fit_options_init);
        raw.epochs = self.epochs;
        raw.steps_per_epoch = self.steps_per_epoch;
        raw.validation = self.validation.map_or(ptr::null_mut(), |data| data.handle);
        raw.metrics = metrics.as_ptr();
        raw.num_metrics = metrics.len();
        raw.eager = self.eager;
        raw.monitor = text::pointer_of(&monitor);
        raw.maximize = self.maximize;
        raw.min_delta = self.min_delta;
        raw.patience = self.patience;
        raw.restore_best = self.restore_best;
        raw.non_finite = self.non_finite as i32;
        raw.plateau = self.plateau.map_or(ptr::null_mut(), |schedule| schedule.handle);
        raw.loggers = loggers.as_ptr();
        raw.num_loggers = loggers.len();
        raw.progress = self.progress.map_or(ptr::null_mut(), |progress| progress.handle);
        raw.checkpoints = text::pointer_of(&folder);
        raw.checkpoint_steps = self.checkpoint_steps;
        raw.max_to_keep = self.max_to_keep;
        raw.keep_every = self.keep_every;
        raw.keep_best = self.keep_best;
        raw.asynchronous = self.asynchronous;
        raw.step_events = self.step_events;
        raw.stop = flag.pointer();
        let running = Running {
            loss: computing("fit", loss),
            hear: RefCell::new(hear),
            flag: &flag,
            broke: RefCell::new(false),
        };
        let mut state = FitState::raw();
        let status = call!(tl_fit(
            context.handle(),
            model.handle,
            optimizer.handle,
            train.handle,
            &raw,
            running.loss_callback(),
            running.hear_callback(),
            &running as *const _ as *mut c_void,
            None,
            &mut state
        ));
        if *running.broke.borrow() {
            flag.reset(); // it was this fit that the listener wanted to end
        }
        done(context.handle(), "fit", status).map_err(|error| {
            let error = train.panic_or(error);
            self.validation.map_or(error.clone(), |data| data.panic_or(error))
        })?;
        Ok(FitState::from(&state))
    }
}

impl fmt::Debug for Fit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fit({} epochs)", self.epochs.max(1))
    }
}

/// What [`Layer::evaluate`] gives.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Evaluation {
    /// The mean loss, weighted by the rows of batches.
    pub loss: f64,
    /// What the metrics say, in their order.
    pub metrics: Vec<f64>,
}

impl Layer {
    /// The mean loss over a dataset, which is read from its beginning to its end, and what the metrics then say; these are reset before.
    /// The loss as in [`Fit`].
    pub fn evaluate<F>(
        &self,
        context: &Context,
        data: &Dataset,
        metrics: &[&Metric],
        loss: F,
    ) -> Result<Evaluation>
    where
        F: Fn(&Context, &[TensorRef<'_>]) -> Result<Tensor>,
    {
        let handles: Vec<_> = metrics.iter().map(|metric| metric.handle).collect();
        let mut results = vec![f64::NAN; 1 + metrics.len()];
        let loss = computing("evaluate", loss);
        let status = call!(tl_evaluate(
            context.handle(),
            self.handle,
            data.handle,
            handles.as_ptr(),
            handles.len(),
            loss.callback(),
            loss.user_data(),
            None,
            results.as_mut_ptr(),
            results.len()
        ));
        done(context.handle(), "evaluate", status).map_err(|error| data.panic_or(error))?;
        let loss = results.remove(0);
        Ok(Evaluation { loss, metrics: results })
    }

    /// What the model gives for the first tensors of all elements of a dataset, read from its beginning, one behind the other along the
    /// first axis.
    pub fn predict(&self, context: &Context, data: &Dataset) -> Result<Tensor> {
        let handle = call!(tl_predict(context.handle(), self.handle, data.handle));
        if handle.is_null() {
            let error = Error::take(context.handle(), "predict", ffi::TL_INVALID_ARGUMENT);
            after::deliver(context.handle());
            return Err(data.panic_or(error));
        }
        Ok(Tensor::from_raw(handle, context.handle()))
    }
}

/// How far a fit is. Numbers that are not there yet are NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct FitState {
    /// Why it ended.
    pub end: FitEnd,
    /// Epochs ended, those before a checkpoint included.
    pub epochs: i64,
    /// Steps done, those before a checkpoint included.
    pub steps: i64,
    /// Of them, those of the epoch that is going on or has just ended.
    pub epoch_steps: i64,
    /// The mean loss in training, of this epoch so far or of the last one.
    pub loss: f64,
    /// The mean loss in the last validation.
    pub validation_loss: f64,
    /// The best of what is monitored.
    pub best: f64,
    /// The epoch that had it, counted from 1; 0 before the first.
    pub best_epoch: i64,
    /// Epochs since then.
    pub waited: i64,
}

impl FitState {
    fn raw() -> ffi::tl_fit_state {
        ffi::tl_fit_state {
            struct_size: std::mem::size_of::<ffi::tl_fit_state>(),
            end: 0,
            epochs: 0,
            steps: 0,
            epoch_steps: 0,
            loss: f64::NAN,
            validation_loss: f64::NAN,
            best: f64::NAN,
            best_epoch: 0,
            waited: 0,
            num_metrics: 0,
            metrics: ptr::null(),
            validation_metrics: ptr::null(),
            checkpoint: ptr::null_mut(),
        }
    }

    fn from(raw: &ffi::tl_fit_state) -> FitState {
        FitState {
            end: FitEnd::from_raw(raw.end).unwrap_or_default(),
            epochs: raw.epochs,
            steps: raw.steps,
            epoch_steps: raw.epoch_steps,
            loss: raw.loss,
            validation_loss: raw.validation_loss,
            best: raw.best,
            best_epoch: raw.best_epoch,
            waited: raw.waited,
        }
    }
}

/// What a listener of a [`Fit`] sees: the state, and what follows.
#[derive(Debug)]
pub struct FitNow<'a> {
    state: FitState,
    metrics: &'a [f64],
    validation_metrics: &'a [f64],
    checkpoint: ManuallyDrop<Checkpoint>,
}

impl FitNow<'_> {
    /// What the metrics say of training, of the last epoch.
    pub fn metrics(&self) -> &[f64] {
        self.metrics
    }

    /// What they said in the last validation; empty without one.
    pub fn validation_metrics(&self) -> &[f64] {
        self.validation_metrics
    }

    /// What is saved. With [`FitEvent::Prepare`] the program may add what it changes besides, under other names than those that begin with
    /// "model", "optimizer", "train", "random", "metrics", "best" and "fit".
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }
}

impl Deref for FitNow<'_> {
    type Target = FitState;
    fn deref(&self) -> &FitState {
        &self.state
    }
}

/// A loss as C calls it. What callbacks before have put aside is done first, so that it does not wait for the end of the fit.
fn computing<F>(
    name: &'static str,
    loss: F,
) -> Lent<impl Fn(&Context, &[TensorRef<'_>]) -> Result<Vec<Tensor>>>
where
    F: Fn(&Context, &[TensorRef<'_>]) -> Result<Tensor>,
{
    Lent::new(name, move |c: &Context, x: &[TensorRef<'_>]| {
        after::deliver(c.handle());
        Ok(vec![loss(c, x)?])
    })
}

/// The closures of a fit, in the frame of the call that is running.
struct Running<'a, F, H> {
    loss: Lent<F>,
    hear: RefCell<H>,
    flag: &'a StopFlag,
    broke: RefCell<bool>,
}

impl<F, H> Running<'_, F, H>
where
    F: Fn(&Context, &[TensorRef<'_>]) -> Result<Vec<Tensor>>,
    H: FnMut(&Context, FitEvent, &FitNow<'_>) -> Result<ControlFlow<()>>,
{
    fn loss_callback(&self) -> ffi::tl_compute_callback {
        Some(run_loss::<F, H>)
    }

    fn hear_callback(&self) -> ffi::tl_fit_callback {
        Some(run_hear::<F, H>)
    }

    fn hear(&self, context: &Context, event: FitEvent, now: &FitNow<'_>) -> Result<()> {
        let again = || Error::new(Code::FailedPrecondition, "[fit] the listener is running");
        let mut hear = self.hear.try_borrow_mut().map_err(|_| again())?;
        if (*hear)(context, event, now)?.is_break() && !self.flag.is_set() {
            self.flag.stop();
            *self.broke.borrow_mut() = true;
        }
        Ok(())
    }
}

unsafe extern "C" fn run_loss<F, H>(
    context: *mut ffi::tl_context,
    user_data: *mut c_void,
    inputs: *const *mut ffi::tl_tensor,
    num_inputs: usize,
    outputs: *mut *mut ffi::tl_tensor,
    num_outputs: usize,
) -> i32
where
    F: Fn(&Context, &[TensorRef<'_>]) -> Result<Vec<Tensor>>,
{
    // SAFETY: the user data is in the frame of the call that is running; arrays have as many entries as C says.
    unsafe {
        let running = &*(user_data as *const Running<'_, F, H>);
        running.loss.run(context, (inputs, num_inputs), (outputs, num_outputs))
    }
}

/// `count` numbers of C, which may be NULL when there are none.
unsafe fn numbers<'a>(first: *const f64, count: usize) -> &'a [f64] {
    if first.is_null() {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(first, count) }
}

unsafe extern "C" fn run_hear<F, H>(
    context: *mut ffi::tl_context,
    user_data: *mut c_void,
    event: ffi::tl_fit_event,
    now: *const ffi::tl_fit_state,
) -> i32
where
    F: Fn(&Context, &[TensorRef<'_>]) -> Result<Vec<Tensor>>,
    H: FnMut(&Context, FitEvent, &FitNow<'_>) -> Result<ControlFlow<()>>,
{
    // SAFETY: the user data is in the frame of the call that is running; the state and what it points to live during this call.
    let (running, state, metrics, validation_metrics) = unsafe {
        let (running, state) = (&*(user_data as *const Running<'_, F, H>), &*now);
        let count = state.num_metrics;
        (running, state, numbers(state.metrics, count), numbers(state.validation_metrics, count))
    };
    let event = match FitEvent::from_raw(event) {
        Some(event) => event,
        None => return ffi::TL_OK, // of a newer library
    };
    let inside = ManuallyDrop::new(Context::inside(context));
    let checkpoint = ManuallyDrop::new(Checkpoint::lent(state.checkpoint, context));
    let now = FitNow { state: FitState::from(state), metrics, validation_metrics, checkpoint };
    let heard = catch_unwind(AssertUnwindSafe(|| running.hear(&inside, event, &now)));
    let error = match heard {
        Ok(Ok(())) => return ffi::TL_OK,
        Ok(Err(error)) => error,
        Err(payload) => {
            after::push(context, Work::Panic(payload));
            Error::new(Code::FailedPrecondition, "[fit] the listener panicked")
        }
    };
    let message = text::text("fit", &error.message().replace('\0', " ")).unwrap_or_default();
    call!(tl_set_error(context, error.code() as i32, message.as_ptr()));
    error.code() as i32
}
