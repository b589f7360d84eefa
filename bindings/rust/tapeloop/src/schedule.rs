//! Learning-rate schedules.

use crate::after::{self, Work};
use crate::error::done;
use crate::{ffi, text, Context, Error, Optimizer, Result};
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::os::raw::c_void;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr;

/// The learning rate of each step of an [`Optimizer`], eager or replayed: a compiled step follows it without being recorded again.
///
/// Steps are those that the optimizer has done, counted from 0: the first update has the rate of step 0. Behind its end a schedule
/// keeps its last rate. The formulas are those of Keras where nothing else is said. A schedule may serve several optimizers and
/// schedules, which keep what they need of it.
///
/// ```
/// # fn main() -> tapeloop::Result<()> {
/// use tapeloop::{Context, Schedule, Sgd};
/// let c = &Context::new()?;
/// let w = c.variable(&c.zeros(&[1]), "w")?;
/// let sgd = Sgd::new().build(c)?;
/// let schedule = Schedule::warmup(c, 0.0, 4, &Schedule::cosine(c, 1.0, 100, 0.0)?)?;
/// sgd.set_schedule(Some(&schedule))?;
/// assert_eq!(sgd.learning_rate()?, 0.0);
/// sgd.apply(&[&c.ones(&[1])], &[&w])?;
/// assert_eq!(sgd.learning_rate()?, 0.25);
/// # Ok(())
/// # }
/// ```
pub struct Schedule {
    pub(crate) handle: *mut ffi::tl_schedule,
    context: *mut ffi::tl_context,
    one_thread: PhantomData<Cell<()>>,
}

// SAFETY: handles, which are never followed here; closures are Send.
unsafe impl Send for Schedule {}

impl Schedule {
    fn made(context: &Context, call: &str, handle: *mut ffi::tl_schedule) -> Result<Schedule> {
        if handle.is_null() {
            return Err(Error::take(context.handle(), call, ffi::TL_INVALID_ARGUMENT));
        }
        Ok(Schedule { handle, context: context.handle(), one_thread: PhantomData })
    }

    /// The same rate for all steps: finite and not negative, as every rate below.
    pub fn constant(context: &Context, rate: f64) -> Result<Schedule> {
        let handle = call!(tl_schedule_constant(context.handle(), rate));
        Schedule::made(context, "schedule_constant", handle)
    }

    /// `rates[0]` up to and with step `boundaries[0]`, `rates[1]` up to and with `boundaries[1]`, and so on; the last rate from there
    /// on. The boundaries ascend strictly from 0 on; there is one rate more than boundaries.
    pub fn piecewise_constant(context: &Context, boundaries: &[i64], rates: &[f64]) -> Result<Schedule> {
        let handle = call!(tl_schedule_piecewise_constant(
            context.handle(),
            boundaries.as_ptr(),
            boundaries.len(),
            rates.as_ptr(),
            rates.len(),
        ));
        Schedule::made(context, "schedule_piecewise_constant", handle)
    }

    /// rate decay_rate^(step / decay_steps); with `staircase` the quotient is rounded down.
    pub fn exponential(
        context: &Context,
        rate: f64,
        decay_steps: i64,
        decay_rate: f64,
        staircase: bool,
    ) -> Result<Schedule> {
        let c = context.handle();
        let handle = call!(tl_schedule_exponential(c, rate, decay_steps, decay_rate, staircase));
        Schedule::made(context, "schedule_exponential", handle)
    }

    /// rate / (1 + decay_rate step / decay_steps); with `staircase` the quotient is rounded down.
    pub fn inverse_time(
        context: &Context,
        rate: f64,
        decay_steps: i64,
        decay_rate: f64,
        staircase: bool,
    ) -> Result<Schedule> {
        let c = context.handle();
        let handle = call!(tl_schedule_inverse_time(c, rate, decay_steps, decay_rate, staircase));
        Schedule::made(context, "schedule_inverse_time", handle)
    }

    /// (rate - end_rate) (1 - step / decay_steps)^power + end_rate. With `cycle` it begins again behind `decay_steps`, over twice,
    /// three times, ... as many steps in all.
    pub fn polynomial(
        context: &Context,
        rate: f64,
        end_rate: f64,
        decay_steps: i64,
        power: f64,
        cycle: bool,
    ) -> Result<Schedule> {
        let c = context.handle();
        let handle = call!(tl_schedule_polynomial(c, rate, end_rate, decay_steps, power, cycle));
        Schedule::made(context, "schedule_polynomial", handle)
    }

    /// From `rate` to `alpha` times that in `decay_steps` steps along half a cosine; `alpha` is in [0, 1].
    pub fn cosine(context: &Context, rate: f64, decay_steps: i64, alpha: f64) -> Result<Schedule> {
        let handle = call!(tl_schedule_cosine(context.handle(), rate, decay_steps, alpha));
        Schedule::made(context, "schedule_cosine", handle)
    }

    /// [`cosine`](Schedule::cosine) with warm restarts (Loshchilov and Hutter 2017): each next period is `t_mul` (1 or more) times as
    /// long, and begins at `m_mul` times the rate.
    pub fn cosine_restarts(
        context: &Context,
        rate: f64,
        decay_steps: i64,
        t_mul: f64,
        m_mul: f64,
        alpha: f64,
    ) -> Result<Schedule> {
        let c = context.handle();
        let handle = call!(tl_schedule_cosine_restarts(c, rate, decay_steps, t_mul, m_mul, alpha));
        Schedule::made(context, "schedule_cosine_restarts", handle)
    }

    /// From `start_rate` along a straight line to the first rate of `then` in `steps` steps; from there on `then`, whose steps count
    /// from there.
    pub fn warmup(context: &Context, start_rate: f64, steps: i64, then: &Schedule) -> Result<Schedule> {
        let handle = call!(tl_schedule_warmup(context.handle(), start_rate, steps, then.handle));
        Schedule::made(context, "schedule_warmup", handle)
    }

    /// One schedule after another: the first for the steps before `boundaries[0]`, the next from there up to `boundaries[1]`, and so
    /// on; the steps of each count from its beginning. There is one schedule more than boundaries.
    pub fn sequence(context: &Context, schedules: &[&Schedule], boundaries: &[i64]) -> Result<Schedule> {
        let handles: Vec<_> = schedules.iter().map(|s| s.handle).collect();
        let handle = call!(tl_schedule_sequence(
            context.handle(),
            handles.as_ptr(),
            handles.len(),
            boundaries.as_ptr(),
            boundaries.len(),
        ));
        Schedule::made(context, "schedule_sequence", handle)
    }

    /// A schedule of the program's own: `rate` gives that of each step, finite and not negative, and the same whenever it is asked for
    /// the same step. It runs within the call that needs the rate, and must not use the context: what it calls there is refused, and
    /// the step fails. A panic goes on to the caller of that. `name` stands for it in messages.
    ///
    /// ```
    /// # fn main() -> tapeloop::Result<()> {
    /// # let c = &tapeloop::Context::new()?;
    /// let sqrt = tapeloop::Schedule::custom(c, "sqrt", |step| 0.1 / (1.0 + step as f64).sqrt())?;
    /// assert_eq!(sqrt.rate(3)?, 0.05);
    /// # Ok(())
    /// # }
    /// ```
    pub fn custom<F>(context: &Context, name: &str, rate: F) -> Result<Schedule>
    where
        F: Fn(i64) -> f64 + Send + 'static,
    {
        let text = text::text("schedule_custom", name)?;
        let closure = Box::new(Closure { context: context.handle(), rate });
        let data = Box::into_raw(closure) as *mut c_void;
        let (c, name) = (context.handle(), text.as_ptr());
        let handle = call!(tl_schedule_custom(c, name, Some(run_rate::<F>), data, Some(put_aside::<F>)));
        Schedule::made(context, "schedule_custom", handle)
    }

    /// The rate of a step, 0 or more.
    pub fn rate(&self, step: i64) -> Result<f64> {
        let rate = call!(tl_schedule_rate(self.handle, step));
        if rate.is_nan() {
            done(self.context, "schedule_rate", ffi::TL_INVALID_ARGUMENT)?; // NaN is no rate: the context holds why
        }
        Ok(rate)
    }

    /// Tells a schedule that [`Plateau`] made the metric as it is now, once an epoch as a rule; NaN is no improvement. Whether the
    /// rate has been reduced: not where a base with one rate for all steps has brought it to its least; with another base, whether the
    /// factor has been applied. Outside of compiled steps only.
    pub fn report(&self, metric: f64) -> Result<bool> {
        let mut reduced = false;
        let status = call!(tl_schedule_report(self.handle, metric, &mut reduced));
        done(self.context, "schedule_report", status)?;
        Ok(reduced)
    }
}

impl Drop for Schedule {
    fn drop(&mut self) {
        call!(tl_schedule_release(self.handle));
    }
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schedule({:?})", self.handle)
    }
}

impl Optimizer {
    /// From now on the rate of each step is that of the schedule, at the number of steps done before it; `None`: the rate that was set
    /// counts again. While there is a schedule, [`learning_rate`](Optimizer::learning_rate) tells its rate of the next step, and
    /// [`set_learning_rate`](Optimizer::set_learning_rate) is refused. Outside of compiled steps only.
    pub fn set_schedule(&self, schedule: Option<&Schedule>) -> Result<()> {
        let handle = schedule.map_or(ptr::null_mut(), |s| s.handle);
        let status = call!(tl_optimizer_set_schedule(self.handle, handle));
        done(self.context, "optimizer_set_schedule", status)
    }

    /// Says whether reports to a plateau will do what a loop expects of them, before its first epoch instead of behind it: that
    /// [`Plateau`] made the schedule, that the optimizer follows it (it is the schedule of the optimizer or of a group of it, or stands
    /// within that), and that it watches for a metric that is to rise (`maximize`) or to fall, as the loop does.
    /// [`Fit`](crate::Fit) asks so of its [`plateau`](crate::Fit::plateau).
    ///
    /// # Errors
    /// [`Code::InvalidArgument`](crate::Code::InvalidArgument) where it does not.
    pub fn check_plateau(&self, schedule: &Schedule, maximize: bool) -> Result<()> {
        let status = call!(tl_optimizer_check_plateau(self.handle, schedule.handle, maximize));
        done(self.context, "optimizer_check_plateau", status)
    }
}

/// Up to a rate, then down, within a number of steps (Smith and Topin 2018, in the form of PyTorch's OneCycleLR).
#[derive(Debug, Clone)]
#[must_use]
pub struct OneCycle {
    max_rate: f64,
    total_steps: i64,
    warmup_fraction: f64,
    div_factor: f64,
    final_div_factor: f64,
    linear: bool,
}

impl OneCycle {
    /// All options at their defaults.
    pub fn new(max_rate: f64, total_steps: i64) -> OneCycle {
        let (warmup_fraction, div_factor, final_div_factor, linear) = (0.0, 0.0, 0.0, false);
        OneCycle { max_rate, total_steps, warmup_fraction, div_factor, final_div_factor, linear }
    }

    /// Share of the steps in which the rate goes up, in (0, 1) (default 0.3).
    pub fn warmup_fraction(mut self, warmup_fraction: f64) -> OneCycle {
        self.warmup_fraction = warmup_fraction;
        self
    }

    /// The first rate is the largest one divided by that; at least 1 (default 25).
    pub fn div_factor(mut self, div_factor: f64) -> OneCycle {
        self.div_factor = div_factor;
        self
    }

    /// The last rate is the first one divided by that; at least 1 (default 1e4).
    pub fn final_div_factor(mut self, final_div_factor: f64) -> OneCycle {
        self.final_div_factor = final_div_factor;
        self
    }

    /// Along straight lines instead of half cosines (default false).
    pub fn linear(mut self, linear: bool) -> OneCycle {
        self.linear = linear;
        self
    }

    /// Makes the schedule. It belongs to the innermost scope.
    pub fn build(&self, context: &Context) -> Result<Schedule> {
        let mut options = options!(tl_one_cycle_options, tl_one_cycle_options_init);
        options.warmup_fraction = self.warmup_fraction;
        options.div_factor = self.div_factor;
        options.final_div_factor = self.final_div_factor;
        options.linear = self.linear;
        let handle =
            call!(tl_schedule_one_cycle(context.handle(), self.max_rate, self.total_steps, &options));
        Schedule::made(context, "schedule_one_cycle", handle)
    }
}

/// The rates of another schedule, reduced whenever a metric that is [reported](Schedule::report) has not improved for a while
/// (ReduceLROnPlateau of Keras). What it remembers are variables, which [`Optimizer::variables`] lists behind the learning rate.
///
/// ```
/// # fn main() -> tapeloop::Result<()> {
/// use tapeloop::{Context, Plateau, Schedule};
/// let c = &Context::new()?;
/// let plateau = Plateau::new().factor(0.5).patience(2).build(c, &Schedule::constant(c, 1.0)?)?;
/// assert!(!plateau.report(3.0)? && !plateau.report(3.0)?);
/// assert!(plateau.report(3.0)?); // twice without progress
/// assert_eq!(plateau.rate(0)?, 0.5);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Plateau {
    factor: f64,
    patience: i64,
    min_delta: f64,
    cooldown: i64,
    min_rate: f64,
    maximize: bool,
    name: Option<String>,
}

impl Plateau {
    /// All options at their defaults.
    pub fn new() -> Plateau {
        Plateau::default()
    }

    /// What the rate is multiplied by, in (0, 1) (default 0.1).
    pub fn factor(mut self, factor: f64) -> Plateau {
        self.factor = factor;
        self
    }

    /// Reports without an improvement after which that happens (default 10).
    pub fn patience(mut self, patience: i64) -> Plateau {
        self.patience = patience;
        self
    }

    /// An improvement is by more than that, not negative (default 1e-4).
    pub fn min_delta(mut self, min_delta: f64) -> Plateau {
        self.min_delta = min_delta;
        self
    }

    /// Reports after a reduction until they count again, the last of which counts, as in Keras: 2 leaves out one; PyTorch's cooldown is
    /// one less (default 0).
    pub fn cooldown(mut self, cooldown: i64) -> Plateau {
        self.cooldown = cooldown;
        self
    }

    /// Reductions do not go below it, not negative (default 0).
    pub fn min_rate(mut self, min_rate: f64) -> Plateau {
        self.min_rate = min_rate;
        self
    }

    /// The metric is to rise (default false: to fall).
    pub fn maximize(mut self, maximize: bool) -> Plateau {
        self.maximize = maximize;
        self
    }

    /// The name of its variables (default "plateau").
    pub fn name(mut self, name: impl Into<String>) -> Plateau {
        self.name = Some(name.into());
        self
    }

    /// Makes the schedule, which reduces the rates of `base`. It belongs to the innermost scope.
    pub fn build(&self, context: &Context, base: &Schedule) -> Result<Schedule> {
        let name = text::optional_text("schedule_plateau", self.name.as_deref())?;
        let mut options = options!(tl_plateau_options, tl_plateau_options_init);
        options.factor = self.factor;
        options.patience = self.patience;
        options.min_delta = self.min_delta;
        options.cooldown = self.cooldown;
        options.min_rate = self.min_rate;
        options.maximize = self.maximize;
        options.name = text::pointer_of(&name);
        let handle = call!(tl_schedule_plateau(context.handle(), base.handle, &options));
        Schedule::made(context, "schedule_plateau", handle)
    }
}

/// A closure, and where its panic goes.
struct Closure<F> {
    context: *mut ffi::tl_context,
    rate: F,
}

unsafe extern "C" fn run_rate<F: Fn(i64) -> f64>(user_data: *mut c_void, step: i64, rate: *mut f64) -> i32 {
    // SAFETY: the user data is the box that the schedule holds, and C gives room for the rate.
    let (closure, rate) = unsafe { (&*(user_data as *const Closure<F>), &mut *rate) };
    match catch_unwind(AssertUnwindSafe(|| (closure.rate)(step))) {
        Ok(value) => {
            *rate = value;
            ffi::TL_OK
        }
        Err(payload) => {
            after::push(closure.context, Work::Panic(payload));
            ffi::TL_FAILED_PRECONDITION
        }
    }
}

unsafe extern "C" fn put_aside<F: Send + 'static>(user_data: *mut c_void) {
    // SAFETY: runs once, with the box that was leaked for the schedule.
    let closure = unsafe { Box::from_raw(user_data as *mut Closure<F>) };
    let Closure { context, rate } = *closure;
    after::push(context, Work::Drop(Box::new(rate)));
}
