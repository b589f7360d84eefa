//! The gradient tape.

use crate::error::done;
use crate::list::TensorList;
use crate::{after, ffi, text, Code, Context, Error, GradientReason, Gradients, Result, TapeStatistics};
use crate::{Tensor, Unconnected, Variable};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr;

/// What is common to tapes: how they record. [`Tape`] and [`PersistentTape`] deref to it.
pub struct Recording<'ctx> {
    pub(crate) handle: *mut ffi::tl_tape,
    pub(crate) context: &'ctx Context,
}

/// A tape that gives one gradient, which consumes it.
///
/// ```
/// # fn main() -> tapeloop::Result<()> {
/// let c = tapeloop::Context::new()?;
/// let x = c.variable(&c.scalar(tapeloop::DType::F32, 3.0), "x")?;
/// let tape = c.tape()?;
/// let y = &x * &x;
/// assert_eq!(tape.gradient(&y, &x)?.item()?, 6.0);
/// # Ok(())
/// # }
/// ```
/// A tape that has given its gradient is gone, which the compiler sees:
///
/// ```compile_fail,E0382
/// # fn main() -> tapeloop::Result<()> {
/// # let c = tapeloop::Context::new()?;
/// # let x = c.variable(&c.scalar(tapeloop::DType::F32, 3.0), "x")?;
/// let tape = c.tape()?;
/// let y = &x * &x;
/// let first = tape.gradient(&y, &x)?;
/// let second = tape.gradient(&y, &x)?; // use of moved value: `tape`
/// # Ok(())
/// # }
/// ```
/// Nor does it outlive its context, or go to another thread while it borrows it:
///
/// ```compile_fail,E0597
/// let tape = {
///     let c = tapeloop::Context::new().unwrap();
///     c.tape().unwrap() // `c` does not live long enough
/// };
/// ```
/// ```compile_fail,E0277
/// let c = tapeloop::Context::new().unwrap();
/// let tape = c.tape().unwrap();
/// std::thread::scope(|s| {
///     s.spawn(|| tape.stop()); // `Context` cannot be shared between threads
/// });
/// ```
pub struct Tape<'ctx> {
    recording: Recording<'ctx>,
}

/// A tape that gives as many gradients as are asked for.
pub struct PersistentTape<'ctx> {
    recording: Recording<'ctx>,
}

/// How a tape records.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct TapeOptions {
    ignore_variables: bool,
    explain: bool,
}

impl TapeOptions {
    /// All options at their defaults.
    pub fn new() -> TapeOptions {
        TapeOptions::default()
    }

    /// Watch only what [`watch`](Recording::watch) names (default false: trainable variables too).
    pub fn ignore_variables(mut self, ignore_variables: bool) -> TapeOptions {
        self.ignore_variables = ignore_variables;
        self
    }

    /// Remember what every value of the context was made of, without keeping the values, so that
    /// [`explain`](Recording::explain) can name the exact place; takes time and memory (default false).
    pub fn explain(mut self, explain: bool) -> TapeOptions {
        self.explain = explain;
        self
    }

    /// Opens a tape, which records from now on.
    pub fn begin<'ctx>(&self, context: &'ctx Context) -> Result<Tape<'ctx>> {
        Ok(Tape { recording: self.begin_any(context, false)? })
    }

    /// Opens a persistent tape, which records from now on.
    pub fn begin_persistent<'ctx>(&self, context: &'ctx Context) -> Result<PersistentTape<'ctx>> {
        Ok(PersistentTape { recording: self.begin_any(context, true)? })
    }

    fn begin_any<'ctx>(&self, context: &'ctx Context, persistent: bool) -> Result<Recording<'ctx>> {
        let mut options = options!(tl_tape_options, tl_tape_options_init);
        options.persistent = persistent;
        options.ignore_variables = self.ignore_variables;
        options.explain = self.explain;
        let handle = call!(tl_tape_begin(context.handle(), &options));
        if handle.is_null() {
            return Err(Error::take(context.handle(), "tape_begin", ffi::TL_INVALID_ARGUMENT));
        }
        Ok(Recording { handle, context })
    }
}

impl Context {
    /// Opens a tape, which records from now on. Tapes nest to any depth: each open tape records, also the gradients that are
    /// taken from other tapes, which gives gradients of gradients.
    pub fn tape(&self) -> Result<Tape<'_>> {
        TapeOptions::new().begin(self)
    }

    /// Opens a tape that gives as many gradients as are asked for.
    pub fn persistent_tape(&self) -> Result<PersistentTape<'_>> {
        TapeOptions::new().begin_persistent(self)
    }
}

/// How a gradient is taken.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct GradientOptions<'a> {
    unconnected: Option<Unconnected>,
    output_gradients: Option<Vec<*mut ffi::tl_tensor>>,
    reasons: bool,
    borrowed: PhantomData<&'a Tensor>,
}

impl<'a> GradientOptions<'a> {
    /// All options at their defaults.
    pub fn new() -> GradientOptions<'a> {
        GradientOptions::default()
    }

    /// What to give for a source that no target depends on (default [`Unconnected::None`]).
    pub fn unconnected(mut self, unconnected: Unconnected) -> GradientOptions<'a> {
        self.unconnected = Some(unconnected);
        self
    }

    /// One per target, of its shape and dtype, where `None` means ones (default: all ones).
    pub fn output_gradients<L: TensorList + ?Sized>(mut self, gradients: &'a L) -> GradientOptions<'a> {
        self.output_gradients = Some(gradients.with_handles(|handles| handles.to_vec()));
        self
    }

    /// Tell for each source whether it is connected, and if not, why: [`Gradients::reason`] (default false).
    pub fn reasons(mut self, reasons: bool) -> GradientOptions<'a> {
        self.reasons = reasons;
        self
    }
}

impl Tape<'_> {
    /// The gradients of a target with respect to all sources, in one call. Sources are variables or tensors (watched, or
    /// computed on the tape). A target that is not a scalar counts as the sum of its elements.
    ///
    /// A single source gives a [`Tensor`], and one that the target does not depend on is an error that names it. A list gives
    /// [`Gradients`], with `None` for such a source; see [`gradient_with`](Tape::gradient_with) for zeros or an error instead.
    pub fn gradient<S: TensorList + ?Sized>(self, target: &Tensor, sources: &S) -> Result<S::Gradients> {
        self.recording.gradient_default(target, sources)
    }

    /// [`gradient`](Tape::gradient) of the sum of several targets, with options.
    pub fn gradient_with<T, S>(
        self,
        targets: &T,
        sources: &S,
        options: &GradientOptions<'_>,
    ) -> Result<Gradients>
    where
        T: TensorList + ?Sized,
        S: TensorList + ?Sized,
    {
        self.recording.gradient_of(targets, sources, options)
    }

    /// [`gradient`](Tape::gradient) in which the gradient of a table may consist of rows, so that no tensor of the table's size is
    /// made: the gradients, and for each source `None`, or the indices (`I64`, strictly ascending) of the rows that its gradient then
    /// holds. That is so where the target depends on the source through [`gather`](Tensor::gather) along its first axis alone; each
    /// row is the sum of its gradients. With any other use of the source its gradient is dense.
    ///
    /// Which rows there are is found out on the host: a [`Function`](crate::Function) must not do that with indices that are not the
    /// same in all steps.
    /// [`Optimizer::apply_rows`](crate::Optimizer::apply_rows) takes both lists. The norm of the rows is that of the dense gradient,
    /// so that [`clip_by_global_norm`](crate::clip_by_global_norm) needs nothing else.
    ///
    /// ```
    /// # fn main() -> tapeloop::Result<()> {
    /// let c = tapeloop::Context::new()?;
    /// let table = c.variable(&c.ones(&[1000, 2]), "embedding")?;
    /// let sgd = tapeloop::Sgd::new().learning_rate(0.5).build(&c)?;
    /// let words = c.tensor(&[7i32, 3, 7], &[3])?;
    /// let tape = c.tape()?;
    /// let loss = table.gather(&words, 0).sum();
    /// let (gradients, row_indices) = tape.gradient_rows(&loss, &[&table])?;
    /// assert_eq!(row_indices.get(0).unwrap().to_vec::<i64>()?, [3, 7]);
    /// assert_eq!(gradients.get(0).unwrap().to_vec::<f32>()?, [1.0, 1.0, 2.0, 2.0]);
    /// sgd.apply_rows(&gradients, &row_indices, &[&table])?;
    /// assert_eq!(table.gather(&words, 0).to_vec::<f32>()?, [0.0, 0.0, 0.5, 0.5, 0.0, 0.0]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn gradient_rows<S>(self, target: &Tensor, sources: &S) -> Result<(Gradients, Gradients)>
    where
        S: TensorList + ?Sized,
    {
        self.recording.gradient_rows_of(target, sources, &GradientOptions::new())
    }

    /// [`gradient_rows`](Tape::gradient_rows) of the sum of several targets, with options.
    pub fn gradient_rows_with<T, S>(
        self,
        targets: &T,
        sources: &S,
        options: &GradientOptions<'_>,
    ) -> Result<(Gradients, Gradients)>
    where
        T: TensorList + ?Sized,
        S: TensorList + ?Sized,
    {
        self.recording.gradient_rows_of(targets, sources, options)
    }
}

impl PersistentTape<'_> {
    /// [`Tape::gradient`] of a tape that can do it again.
    pub fn gradient<S: TensorList + ?Sized>(&self, target: &Tensor, sources: &S) -> Result<S::Gradients> {
        self.recording.gradient_default(target, sources)
    }

    /// [`Tape::gradient_with`] of a tape that can do it again.
    pub fn gradient_with<T, S>(
        &self,
        targets: &T,
        sources: &S,
        options: &GradientOptions<'_>,
    ) -> Result<Gradients>
    where
        T: TensorList + ?Sized,
        S: TensorList + ?Sized,
    {
        self.recording.gradient_of(targets, sources, options)
    }

    /// [`Tape::gradient_rows`] of a tape that can do it again.
    pub fn gradient_rows<S>(&self, target: &Tensor, sources: &S) -> Result<(Gradients, Gradients)>
    where
        S: TensorList + ?Sized,
    {
        self.recording.gradient_rows_of(target, sources, &GradientOptions::new())
    }

    /// [`Tape::gradient_rows_with`] of a tape that can do it again.
    pub fn gradient_rows_with<T, S>(
        &self,
        targets: &T,
        sources: &S,
        options: &GradientOptions<'_>,
    ) -> Result<(Gradients, Gradients)>
    where
        T: TensorList + ?Sized,
        S: TensorList + ?Sized,
    {
        self.recording.gradient_rows_of(targets, sources, options)
    }
}

impl<'ctx> Recording<'ctx> {
    /// Watches a floating-point tensor: ops that use it from now on are recorded. A variable is watched at its next read,
    /// trainable or not.
    pub fn watch(&self, tensor: &Tensor) -> Result<()> {
        self.done("tape_watch", call!(tl_tape_watch(self.handle, tensor.handle)))
    }

    /// Ends recording; what was recorded stays.
    pub fn stop(&self) -> Result<()> {
        self.done("tape_end", call!(tl_tape_end(self.handle)))
    }

    /// Stops recording until the guard is dropped.
    pub fn pause(&self) -> Result<Paused<'_, 'ctx>> {
        self.done("tape_pause", call!(tl_tape_pause(self.handle)))?;
        Ok(Paused { recording: self })
    }

    /// Runs a closure whose ops are not recorded.
    pub fn stop_recording<R>(&self, f: impl FnOnce() -> R) -> Result<R> {
        let paused = self.pause()?;
        let result = f();
        drop(paused);
        Ok(result)
    }

    /// Records again after [`stop`](Recording::stop), on the same records.
    pub fn resume(&self) -> Result<()> {
        self.done("tape_resume", call!(tl_tape_resume(self.handle)))
    }

    /// Forgets all records and watches, and goes on recording.
    pub fn reset(&self) -> Result<()> {
        self.done("tape_reset", call!(tl_tape_reset(self.handle)))
    }

    /// The variables that the tape has watched, in the order of their first read.
    pub fn watched_variables(&self) -> Result<Vec<Variable>> {
        let mut count = 0;
        self.done(
            "tape_watched_variables",
            call!(tl_tape_watched_variables(self.handle, ptr::null_mut(), 0, &mut count)),
        )?;
        let mut handles = vec![ptr::null_mut(); count];
        self.done(
            "tape_watched_variables",
            call!(tl_tape_watched_variables(self.handle, handles.as_mut_ptr(), handles.len(), &mut count)),
        )?;
        handles.truncate(count);
        let tensors = handles.into_iter().map(|handle| Tensor::from_raw(handle, self.context.handle()));
        Ok(tensors.map(Variable::from_tensor).collect())
    }

    /// Whether a gradient passes from a source to a target, and if not, why. Of a consumed tape only for what its gradient call
    /// found missing; a tape with the option [`explain`](TapeOptions::explain) can always tell.
    pub fn reason(&self, target: &Tensor, source: &Tensor) -> Result<GradientReason> {
        let mut reason = 0;
        self.done(
            "tape_reason",
            call!(tl_tape_reason(self.handle, target.handle, source.handle, &mut reason)),
        )?;
        Ok(GradientReason::from_raw(reason).unwrap_or(GradientReason::Unknown))
    }

    /// The same in words: the place where the path from the source to the target breaks, by op and name, and what to do.
    pub fn explain(&self, target: &Tensor, source: &Tensor) -> Result<String> {
        text::written(|buffer, capacity, length| {
            call!(tl_tape_explain(self.handle, target.handle, source.handle, buffer, capacity, length))
        })
        .map_err(|status| Error::take(self.context.handle(), "tape_explain", status))
    }

    /// What the tape keeps alive, by op, most bytes first.
    pub fn memory_by_op(&self) -> Result<Vec<TapeMemory>> {
        let mut count = 0;
        self.done(
            "tape_memory_by_op",
            call!(tl_tape_memory_by_op(self.handle, 0, ptr::null_mut(), &mut count)),
        )?;
        let mut rows = Vec::new();
        for index in 0..count {
            let mut raw = ffi::tl_tape_memory {
                struct_size: std::mem::size_of::<ffi::tl_tape_memory>(),
                op: ptr::null(),
                calls: 0,
                saved_bytes: 0,
            };
            self.done(
                "tape_memory_by_op",
                call!(tl_tape_memory_by_op(self.handle, index, &mut raw, ptr::null_mut())),
            )?;
            // SAFETY: the name lives until the tape changes or goes, which only this thread can make it do: it borrows the context.
            let op = unsafe { text::copied(raw.op) };
            rows.push(TapeMemory { op, calls: raw.calls, saved_bytes: raw.saved_bytes });
        }
        Ok(rows)
    }

    /// What is on the tape as a graph in Graphviz's DOT language: a box for each op that it has recorded, blue boxes for the variables
    /// that these read, ellipses for other tensors; what no gradient passes is dashed. A consumed tape holds no ops: ask before the
    /// gradient.
    pub fn dot(&self) -> Result<String> {
        text::written(|buffer, capacity, length| call!(tl_tape_dot(self.handle, buffer, capacity, length)))
            .map_err(|status| Error::take(self.context.handle(), "tape_dot", status))
    }

    /// What the tape holds.
    pub fn statistics(&self) -> Result<TapeStatistics> {
        let mut raw = TapeStatistics::raw();
        self.done("tape_stats", call!(tl_tape_stats(self.handle, &mut raw)))?;
        Ok(TapeStatistics::from(&raw))
    }

    /// Moves the tape one scope out; a failure stays in the context.
    pub(crate) fn keep(&self) {
        call!(tl_tape_keep(self.handle));
    }

    fn done(&self, call: &str, status: i32) -> Result<()> {
        done(self.context.handle(), call, status)
    }

    fn gradient_default<S: TensorList + ?Sized>(&self, target: &Tensor, sources: &S) -> Result<S::Gradients> {
        let unconnected = if S::SINGLE { Unconnected::Error } else { Unconnected::None };
        let gradients =
            self.gradient_of(target, sources, &GradientOptions::new().unconnected(unconnected))?;
        Ok(S::as_gradients(gradients))
    }

    fn gradient_of<T, S>(&self, targets: &T, sources: &S, wanted: &GradientOptions<'_>) -> Result<Gradients>
    where
        T: TensorList + ?Sized,
        S: TensorList + ?Sized,
    {
        self.ask("tape_gradient", targets, sources, wanted, |targets, sources, options, to| match targets {
            [target] => {
                call!(tl_tape_gradient(self.handle, *target, sources.as_ptr(), sources.len(), options, to))
            }
            _ => {
                let (these, number) = (targets.as_ptr(), targets.len());
                let (from, count) = (sources.as_ptr(), sources.len());
                call!(tl_tape_gradient_of(self.handle, these, number, from, count, options, to))
            }
        })
    }

    fn gradient_rows_of<T, S>(
        &self,
        targets: &T,
        sources: &S,
        wanted: &GradientOptions<'_>,
    ) -> Result<(Gradients, Gradients)>
    where
        T: TensorList + ?Sized,
        S: TensorList + ?Sized,
    {
        let mut rows = Gradients::with_room(0, self.context.handle());
        let call = "tape_gradient_rows";
        let gradients = self.ask(call, targets, sources, wanted, |targets, sources, options, to| {
            rows = Gradients::with_room(sources.len(), self.context.handle());
            let (these, number) = (targets.as_ptr(), targets.len());
            let (from, count, row_indices) = (sources.as_ptr(), sources.len(), rows.room().as_mut_ptr());
            call!(tl_tape_gradient_rows(self.handle, these, number, from, count, options, to, row_indices))
        })?;
        Ok((gradients, rows))
    }

    /// Calls a function of C that takes gradients: with targets, sources, options, and the room for the gradients.
    fn ask<T, S>(
        &self,
        call: &str,
        targets: &T,
        sources: &S,
        wanted: &GradientOptions<'_>,
        function: impl FnOnce(
            &[*mut ffi::tl_tensor],
            &[*mut ffi::tl_tensor],
            *const ffi::tl_gradient_options,
            *mut *mut ffi::tl_tensor,
        ) -> i32,
    ) -> Result<Gradients>
    where
        T: TensorList + ?Sized,
        S: TensorList + ?Sized,
    {
        let mut options = options!(tl_gradient_options, tl_gradient_options_init);
        options.unconnected = wanted.unconnected.unwrap_or_default() as i32;
        sources.with_handles(|sources| {
            targets.with_handles(|targets| {
                if let Some(seeds) = &wanted.output_gradients {
                    if seeds.len() != targets.len() {
                        let message = format!(
                            "[gradient] there must be one output gradient per target: got {} for {} targets",
                            seeds.len(),
                            targets.len()
                        );
                        return Err(Error::new(Code::InvalidArgument, message));
                    }
                    options.output_gradients = seeds.as_ptr();
                }
                let mut gradients = Gradients::with_room(sources.len(), self.context.handle());
                let mut reasons = vec![0; if wanted.reasons { sources.len() } else { 0 }];
                if wanted.reasons {
                    options.reasons = reasons.as_mut_ptr();
                }
                let status = function(targets, sources, &options, gradients.room().as_mut_ptr());
                self.done(call, status)?;
                gradients.set_reasons(reasons);
                Ok(gradients)
            })
        })
    }
}

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        call!(tl_tape_release(self.handle));
        if !std::thread::panicking() {
            after::deliver(self.context.handle()); // closures that only this tape needed are dropped
        }
    }
}

impl fmt::Display for GradientReason {
    /// Such as "paused".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: static text.
        f.write_str(&unsafe { text::copied(ffi::tl_gradient_reason_name(*self as i32)) })
    }
}

/// What a tape keeps alive for one kind of op, see [`Recording::memory_by_op`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TapeMemory {
    /// Name of the op or rule.
    pub op: String,
    /// How often it stands on the tape.
    pub calls: u64,
    /// Bytes that it keeps alive; a buffer that several ops keep counts for the first of them.
    pub saved_bytes: u64,
}

/// A tape that does not record while this lives, see [`Recording::pause`].
#[must_use]
pub struct Paused<'tape, 'ctx> {
    recording: &'tape Recording<'ctx>,
}

impl Drop for Paused<'_, '_> {
    fn drop(&mut self) {
        let Recording { handle, context } = *self.recording;
        if call!(tl_tape_resume(handle)) == ffi::TL_OK {
            return;
        }
        // While the context holds an error nothing has an effect. This must: lay the error aside, resume, and put it back.
        if let Err(error) = context.check() {
            call!(tl_tape_resume(handle));
            let resumed = context.check();
            let _ = context.set_error(error.code(), error.message()); // its text came from C: there is no NUL inside
            drop(resumed); // the first error is the one that counts
        }
    }
}

macro_rules! tapes {
    ($($kind:ident),*) => {$(
        impl<'ctx> Deref for $kind<'ctx> {
            type Target = Recording<'ctx>;
            fn deref(&self) -> &Recording<'ctx> {
                &self.recording
            }
        }

        impl fmt::Debug for $kind<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($kind), "({:?})"), self.recording)
            }
        }
    )*};
}
tapes!(Tape, PersistentTape);

impl fmt::Debug for Recording<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut raw = TapeStatistics::raw();
        match call!(tl_tape_stats(self.handle, &mut raw)) {
            ffi::TL_OK => write!(f, "{} ops, recording: {}", raw.recorded_ops, raw.recording),
            _ => f.write_str("not live"),
        }
    }
}

impl fmt::Debug for Paused<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Paused({:?})", self.recording)
    }
}
