//! The compiled step: a training step that is recorded once and replayed in one call.

use crate::closure::{checked_count, sealed::Received, Lent, Outputs};
use crate::error::done;
use crate::list::TensorList;
use crate::{
    after, ffi, text, Code, Context, Error, FunctionStatistics, HostReads, Result, Tensor, TensorRef,
};
use std::fmt;
use std::marker::PhantomData;
use std::os::raw::c_void;
use std::ptr;

/// A training step with its recordings and plans, which [`Context::function`] makes.
///
/// The first call with inputs of new dtypes or shapes runs the closure as any code and records the ops that run, those of
/// gradients of any order, of optimizers and metrics among them. The next one makes a plan of the recording; from then on a call
/// runs the plan, and the closure is not called any more. A plan computes the same bits as the closure (but for the option
/// [`allow_reassociation`](FunctionOptions::allow_reassociation); a NaN stays a NaN, whose sign and payload may be others), draws the
/// same random numbers, and takes the learning rate and the count of steps as they are at each call.
///
/// ```
/// # use tapeloop::{loss, Activation, Adam, Context, DType, Dense, Result, Sequential};
/// # fn main() -> Result<()> {
/// # let c = &Context::builder().seed(1).build()?;
/// let (hidden, head) = (Dense::new(16).activation(Activation::Tanh).input_size(2), Dense::new(2).input_size(16));
/// let model = Sequential::new().layer(hidden).layer(head).build(c)?;
/// let adam = Adam::new().learning_rate(0.05).build(c)?;
/// let train = c.function(|c, batch| {
///     let tape = c.tape()?;
///     let loss = loss::sparse_categorical_cross_entropy(&batch[1], &model.call(&batch[0], true));
///     let weights = model.trainable_variables();
///     adam.apply(&tape.gradient(&loss, &weights)?, &weights)?;
///     Ok(loss)
/// })?;
/// let x = c.uniform_range(&[64, 2], -1.0, 1.0, DType::F32);
/// let labels = x.prod_axes(&[1], false).greater(&c.scalar(DType::F32, 0.0)).cast(DType::I32);
/// let first = train.call(&[&x, &labels])?.item()?;
/// for _ in 0..200 {
///     let _ = train.call(&[&x, &labels])?;
/// }
/// assert!(train.call(&[&x, &labels])?.item()? < 0.5 * first);
/// assert_eq!(train.statistics()?.traces, 1);
/// # Ok(())
/// # }
/// ```
///
/// What a recording keeps:
/// - Inputs are whatever each call passes. A variable that is passed as an input is read at each call.
/// - Variables that the closure uses are read and changed by replays. When one of them, or an optimizer that is used, is gone, the
///   next call records anew.
/// - Tensors from outside that are not inputs, data of which the closure itself makes tensors, and numbers that it passes to ops
///   stay as they were in the recording. What changes from step to step must be an input or a variable.
/// - Which variables are trainable, where a tape or forward mode follows reads of them: after a change the next call records anew,
///   and both recordings are kept.
/// - Decisions of the closure stay too. What it decides by, other than dtypes and shapes of inputs, must be in the
///   [flags](Function::set_flags).
///
/// What a step must not do: look at elements of a tensor that another step would compute anew ([`Tensor::item`] of the loss, the
/// result of a metric, gradients of rows of indices that are not the same in all steps), set the seed or the learning rate, or take a batch of a feed or a data set. The call that records it then
/// fails after the run and says what the step did; later ones, with whatever inputs and flags, fail at once
/// ([`FailedPrecondition`](crate::Code::FailedPrecondition)) until [`forget`](Function::forget). Return the tensor and look at it
/// after the call, or choose [`HostReads::Eager`].
///
/// While a tape or forward mode that was begun outside is open, a check of NaN is on, or another function records, and inside
/// [`vmap`](Context::vmap), a call runs the closure, so that they see every op.
///
/// The closure may borrow what it likes, as long as that lives longer than the function, as the context must:
///
/// ```compile_fail,E0597
/// # let c = tapeloop::Context::new().unwrap();
/// let step = {
///     let weight = c.ones(&[2]);
///     c.function(|_, x| Ok(&*x[0] * &weight)).unwrap() // `weight` does not live long enough
/// };
/// step.call(&c.ones(&[2])).unwrap();
/// ```
pub struct Function<'a, O = Tensor> {
    handle: *mut ffi::tl_function,
    context: &'a Context,
    /// The closure, which C knows the address of and this owns: released after the handle.
    step: *mut (dyn Held + 'a),
    count: usize,
    outputs: PhantomData<fn() -> O>,
}

/// Any closure.
trait Held {}
impl<F> Held for Lent<F> {}

/// How a function records.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct FunctionOptions {
    name: Option<String>,
    most_plans: Option<usize>,
    host_reads: Option<HostReads>,
    retrace_is_error: bool,
    verify: bool,
    polymorphic_batch: bool,
    allow_reassociation: bool,
    most_recordings: usize,
}

impl FunctionOptions {
    /// All options at their defaults.
    pub fn new() -> FunctionOptions {
        FunctionOptions::default()
    }

    /// The name in messages (default "function").
    pub fn name(mut self, name: impl Into<String>) -> FunctionOptions {
        self.name = Some(name.into());
        self
    }

    /// Plans that are kept at the same time; the one that was not used for longest goes (default 16).
    pub fn most_plans(mut self, most_plans: usize) -> FunctionOptions {
        self.most_plans = Some(most_plans);
        self
    }

    /// What a step that looks at elements does (default [`HostReads::Error`]).
    pub fn host_reads(mut self, host_reads: HostReads) -> FunctionOptions {
        self.host_reads = Some(host_reads);
        self
    }

    /// A call that would record a second time is [`FailedPrecondition`](crate::Code::FailedPrecondition), with the reason (default
    /// false).
    pub fn retrace_is_error(mut self, retrace_is_error: bool) -> FunctionOptions {
        self.retrace_is_error = retrace_is_error;
        self
    }

    /// Check each recording and plan for broken invariants of tapeloop (default false).
    pub fn verify(mut self, verify: bool) -> FunctionOptions {
        self.verify = verify;
        self
    }

    /// The leading dimension of inputs may be of any size (default false). Then a few recordings serve all sizes of a batch: of calls
    /// whose inputs differ from those of a recording in their leading dimension alone, by the same size in all that differ, the
    /// closure runs for sizes below 2, for the first three others, and for those of which the recorded ones do not tell yet: one
    /// outside of their range as long as the largest is not twice the least, one that is not as far from them as multiples of
    /// the greatest common divisor of their differences are, and one for which a quotient could have been rounded in several
    /// ways. Numbers that it computes of the size `n` and passes to ops may be `k n`, `n + k`, `k / n`, `k (1 / n)` or `1 / (k n)` with
    /// a whole number `k`. Where recordings differ otherwise, each size is recorded, and
    /// [`retrace_reasons`](Function::retrace_reasons) say by what. What the closure decides must not depend on the size, nor may
    /// numbers by thresholds. [`retrace_is_error`](FunctionOptions::retrace_is_error) refuses no recording of another size.
    pub fn polymorphic_batch(mut self, polymorphic_batch: bool) -> FunctionOptions {
        self.polymorphic_batch = polymorphic_batch;
        self
    }

    /// Plans may add up sums in another order where that saves work (default false), and then have other bits than the closure:
    /// a product with a matrix that is a sum of others with scaled rows, `X = sum_t s_t X_t`, is computed from the products with
    /// these where the step has them, `X W = sum_t s_t (X_t W)`, and in a sum of products, as the gradient of `W` is,
    /// `X' G + sum_t X_t' G_t = sum_t X_t' (G_t + s_t G)`. A WGAN's penalty on the slope is such a case. An element is off the
    /// exact one by at most `(k + 2 c + p + 4) u sum_t |s_t| (|X_t| |W|)`, or `sum_t |X_t|' (|G_t| + |s_t| |G|)`, where `k` is the
    /// number of products that it adds up, `c` how many operations `X` takes of its terms, `p` the number of products in the sum,
    /// `u` is 2^-24 in f32 and 2^-53 in f64, and `|s_t|` the sum of absolute values where `s_t` is a sum. Where terms cancel,
    /// digits are lost that the closure keeps. Plans have the same bits at every call and on any number of threads.
    pub fn allow_reassociation(mut self, allow_reassociation: bool) -> FunctionOptions {
        self.allow_reassociation = allow_reassociation;
        self
    }

    /// Recordings since the function was made, or [forgot](Function::forget) them (default 256). From then on a call that no recording
    /// fits runs the closure as if there were no function, which a warning says once; calls that one fits go on as before.
    pub fn most_recordings(mut self, most_recordings: usize) -> FunctionOptions {
        self.most_recordings = most_recordings;
        self
    }

    /// Makes a [`Function`] of a step that gives a tensor, or an array of them, which may be empty.
    pub fn build<'a, O, F>(&self, context: &'a Context, step: F) -> Result<Function<'a, O>>
    where
        O: Outputs,
        F: Fn(&Context, &[TensorRef<'_>]) -> Result<O> + 'a,
    {
        self.build_any(context, O::COUNT, move |c: &Context, x: &[TensorRef<'_>]| {
            Ok(step(c, x)?.into_tensors())
        })
    }

    /// Makes a [`Function`] of a step that gives `count` tensors.
    pub fn build_many<'a, F>(
        &self,
        context: &'a Context,
        count: usize,
        step: F,
    ) -> Result<Function<'a, Vec<Tensor>>>
    where
        F: Fn(&Context, &[TensorRef<'_>]) -> Result<Vec<Tensor>> + 'a,
    {
        self.build_any(context, count, step)
    }

    fn build_any<'a, O, F>(&self, context: &'a Context, count: usize, step: F) -> Result<Function<'a, O>>
    where
        F: Fn(&Context, &[TensorRef<'_>]) -> Result<Vec<Tensor>> + 'a,
    {
        checked_count("function_new", count)?;
        let name = text::optional_text("function_new", self.name.as_deref())?;
        let mut options = options!(tl_function_options, tl_function_options_init);
        options.name = text::pointer_of(&name);
        if let Some(most_plans) = self.most_plans {
            options.most_plans = most_plans;
        }
        if let Some(host_reads) = self.host_reads {
            options.host_reads = host_reads as i32;
        }
        options.retrace_is_error = self.retrace_is_error;
        options.verify = self.verify;
        options.polymorphic_batch = self.polymorphic_batch;
        options.allow_reassociation = self.allow_reassociation;
        options.most_recordings = self.most_recordings;
        let step = Lent::new(self.name.clone().unwrap_or_else(|| "function".into()), step);
        let callback = step.callback();
        let step = Box::into_raw(Box::new(step));
        let handle = call!(tl_function_new(context.handle(), callback, step as *mut c_void, None, &options));
        let function = Function { handle, context, step, count, outputs: PhantomData };
        if handle.is_null() {
            return Err(Error::take(context.handle(), "function_new", ffi::TL_INVALID_ARGUMENT));
        }
        Ok(function)
    }
}

impl Context {
    /// A [`Function`] of a step, which gives a tensor, or an array of them. Nothing runs yet. An error that the closure returns
    /// comes back from the call unchanged, and so does a panic.
    pub fn function<'a, O, F>(&'a self, step: F) -> Result<Function<'a, O>>
    where
        O: Outputs,
        F: Fn(&Context, &[TensorRef<'_>]) -> Result<O> + 'a,
    {
        FunctionOptions::new().build(self, step)
    }
}

impl<O: Received> Function<'_, O> {
    /// One step. Inputs are tensors or variables of the function's context, of any dtype and shape; the outputs are new tensors.
    ///
    /// A replay that fails (labels that are no class, a cancelled context, no memory) has changed nothing. A call that runs the
    /// closure fails as that does, and leaves what it had done.
    pub fn call<L: TensorList + ?Sized>(&self, inputs: &L) -> Result<O> {
        inputs.with_handles(|inputs| {
            let (from, number) = (inputs.as_ptr(), inputs.len());
            self.context.made("function_call", self.count, |outputs| {
                call!(tl_function_call(self.handle, from, number, outputs.as_mut_ptr(), outputs.len()))
            })
        })
    }

    /// One step of a function of one output, of one element and any dtype: the number that [`Tensor::item`] would give of it. For a
    /// loop that wants the loss; see [`call_items`](Function::call_items).
    ///
    /// ```
    /// # fn main() -> tapeloop::Result<()> {
    /// # let c = tapeloop::Context::new()?;
    /// let total = c.variable(&c.zeros(&[]), "total")?;
    /// let add = c.function(|_, x| {
    ///     total.assign(&(&*total + &*x[0]))?;
    ///     Ok(&*total * 1.0)
    /// })?;
    /// let three = c.full(&[], 3.0, tapeloop::DType::F32);
    /// for step in 1..=4 {
    ///     assert_eq!(add.call_item(&three)?, 3.0 * f64::from(step));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn call_item<L: TensorList + ?Sized>(&self, inputs: &L) -> Result<f64> {
        let mut item = [0.0];
        self.call_items(inputs, &mut item)?;
        Ok(item[0])
    }

    /// One step, as [`call`](Function::call) runs it, whose outputs have one element each, of any dtype: `items`, which has room for
    /// all of them, gets the numbers that [`Tensor::item`] would give of them. A replay makes no tensors of the outputs, which is
    /// faster. Each call is a [scope](Context::scope) of its own.
    ///
    /// An output of more or fewer elements is [`InvalidArgument`](crate::Code::InvalidArgument): a replay has changed nothing then,
    /// a call that runs the closure has. On an error `items` is as it was. Inside another function it is a look at elements, as
    /// [`Tensor::item`] is; inside [`vmap`](Context::vmap) it refuses inputs of the batch, and after a run outputs that depend on the
    /// batch otherwise.
    pub fn call_items<L: TensorList + ?Sized>(&self, inputs: &L, items: &mut [f64]) -> Result<()> {
        if items.len() != self.count {
            let message = format!(
                "[function_call_items] there must be room for each output of the step: got {} numbers for {} outputs",
                items.len(),
                self.count
            );
            return Err(Error::new(Code::InvalidArgument, message));
        }
        inputs.with_handles(|inputs| {
            let (from, number) = (inputs.as_ptr(), inputs.len());
            let status =
                call!(tl_function_call_items(self.handle, from, number, items.as_mut_ptr(), items.len()));
            self.done("function_call_items", status)
        })
    }

    /// Many steps in one call: `inputs` holds those of the first step, then those of the second, and so on. What each step gives
    /// is added to `outputs`. When a step fails, the call ends with its error; the steps before it have taken effect, and their
    /// outputs are there.
    ///
    /// ```
    /// # fn main() -> tapeloop::Result<()> {
    /// # let c = tapeloop::Context::new()?;
    /// let total = c.variable(&c.zeros(&[]), "total")?;
    /// let add = c.function(|_, x| {
    ///     total.assign(&(&*total + &*x[0]))?;
    ///     Ok(&*total * 1.0)
    /// })?;
    /// let numbers: Vec<_> = (1..=4).map(|i| c.full(&[], f64::from(i), tapeloop::DType::F32)).collect();
    /// let mut sums = Vec::new();
    /// add.run_n(4, &numbers, &mut sums)?;
    /// assert_eq!(sums.len(), 4);
    /// assert_eq!(sums[3].item()?, 10.0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn run_n<L: TensorList + ?Sized>(
        &self,
        steps: usize,
        inputs: &L,
        outputs: &mut Vec<O>,
    ) -> Result<()> {
        let total = steps.saturating_mul(self.count);
        checked_count("function_run_n", total)?;
        inputs.with_handles(|inputs| {
            let mut handles = vec![ptr::null_mut(); total];
            let mut finished = 0;
            let (from, number, to) = (inputs.as_ptr(), inputs.len(), handles.as_mut_ptr());
            let status = call!(tl_function_run_n(self.handle, steps, from, number, to, total, &mut finished));
            for step in 0..finished {
                let these = &handles[step * self.count..][..self.count];
                let (_, made) = O::receive(self.context, self.count, |room| {
                    room.copy_from_slice(these);
                    ffi::TL_OK
                });
                outputs.push(made);
            }
            self.done("function_run_n", status)
        })
    }
}

impl<O> Function<'_, O> {
    /// Sets a number that the closure decides by, 0 at first: whether it trains, how often it repeats something. Calls with other
    /// flags have recordings of their own.
    pub fn set_flags(&self, flags: i64) -> Result<()> {
        self.done("function_set_flags", call!(tl_function_set_flags(self.handle, flags)))
    }

    /// Forgets all recordings and plans: the next call records. For a program that has changed what the closure does.
    pub fn forget(&self) -> Result<()> {
        self.done("function_forget", call!(tl_function_forget(self.handle)))
    }

    /// What the function has done, and of what size the plan is that was used last.
    pub fn statistics(&self) -> Result<FunctionStatistics> {
        let mut raw = FunctionStatistics::raw();
        self.done("function_stats", call!(tl_function_stats(self.handle, &mut raw)))?;
        Ok(FunctionStatistics::from(&raw))
    }

    /// Why the function recorded again, first that of the second recording; 64 at most.
    pub fn retrace_reasons(&self) -> Result<Vec<String>> {
        let mut count = 0;
        let (none, capacity, length) = (ptr::null_mut(), 0, ptr::null_mut());
        let status = call!(tl_function_retrace_reason(self.handle, 0, none, capacity, length, &mut count));
        self.done("function_retrace_reason", status)?;
        let reason = |index| {
            text::written(|buffer, capacity, length| {
                let none = ptr::null_mut();
                call!(tl_function_retrace_reason(self.handle, index, buffer, capacity, length, none))
            })
            .map_err(|status| Error::take(self.context.handle(), "function_retrace_reason", status))
        };
        (0..count).map(reason).collect()
    }

    /// The plan that was used last as text: counts, then inputs, variables, constants, one line for each op, and where values lie.
    /// For people; its form may change. Empty before the first call.
    pub fn text(&self) -> Result<String> {
        text::written(|buffer, capacity, length| {
            call!(tl_function_text(self.handle, buffer, capacity, length))
        })
        .map_err(|status| Error::take(self.context.handle(), "function_text", status))
    }

    /// The same program as a graph in Graphviz's DOT language: boxes are kernels, of several ops where these were fused; blue boxes are
    /// variables before and after the step; edges are values. Without nodes before the first call.
    pub fn dot(&self) -> Result<String> {
        text::written(|buffer, capacity, length| {
            call!(tl_function_dot(self.handle, buffer, capacity, length))
        })
        .map_err(|status| Error::take(self.context.handle(), "function_dot", status))
    }

    /// Moves it one scope out; a failure stays in the context.
    pub(crate) fn keep(&self) {
        call!(tl_function_keep(self.handle));
    }

    pub(crate) fn handle(&self) -> *mut ffi::tl_function {
        self.handle
    }

    pub(crate) fn context(&self) -> &Context {
        self.context
    }

    fn done(&self, call: &str, status: i32) -> Result<()> {
        done(self.context.handle(), call, status)
    }
}

impl<O> Drop for Function<'_, O> {
    fn drop(&mut self) {
        call!(tl_function_release(self.handle));
        if !std::thread::panicking() {
            after::deliver(self.context.handle()); // rules that only its recordings needed are dropped
        }
        // SAFETY: made by a box, and given up here alone. The handle is released, and no call is running: that would borrow this.
        drop(unsafe { Box::from_raw(self.step) });
    }
}

impl<O> fmt::Debug for Function<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Function({} outputs)", self.count)
    }
}
