//! Progress bars.

use crate::after::{self, Work};
use crate::error::done;
use crate::{ffi, text, Context, Error, ProgressStatistics, ProgressStyle, Result};
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::os::raw::{c_char, c_void};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr;

/// How far a loop is, how fast, how long it takes yet, and what it has reached: [`ProgressOptions`] makes one.
///
/// On a terminal it is one line that is drawn anew, at most ten times a second; elsewhere a plain line every ten seconds and at the
/// end of each round. `NO_COLOR` (not empty) leaves colours out, `TERM=dumb` gives plain lines, and the bar has Unicode's blocks
/// where `LC_ALL`, `LC_CTYPE` or `LANG` say UTF-8. Where writing fails, the bar writes no more, and the loop goes on:
/// [`statistics`](Progress::statistics) say so.
///
/// ```
/// # use tapeloop::{Context, ProgressOptions};
/// # fn main() -> tapeloop::Result<()> {
/// let c = Context::new()?;
/// let bar = ProgressOptions::new().no_times(true).ascii(true).width(50).build(&c)?; // .descriptor(2): standard error
/// for epoch in 1..=3 {
///     bar.start(100, &format!("epoch {}", epoch))?;
///     for step in 1..=50 {
///         if bar.due() {
///             bar.value("loss", 0.25)?; // what takes time to compute
///         }
///         bar.update(step)?;
///     }
/// }
/// bar.value("loss", 0.125)?;
/// assert_eq!(bar.text()?, "epoch 3  50% [========>       ] 50/100  loss 0.125");
/// bar.finish()?;
/// # Ok(())
/// # }
/// ```
pub struct Progress {
    pub(crate) handle: *mut ffi::tl_progress,
    context: *mut ffi::tl_context,
    one_thread: PhantomData<Cell<()>>,
}

// SAFETY: handles, which are never followed here; closures are Send.
unsafe impl Send for Progress {}

/// How a progress bar looks.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct ProgressOptions {
    descriptor: i32,
    style: Option<ProgressStyle>,
    width: i32,
    digits: i32,
    interval: f64,
    ascii: bool,
    no_color: bool,
    no_times: bool,
}

impl ProgressOptions {
    /// All options at their defaults.
    pub fn new() -> ProgressOptions {
        ProgressOptions::default()
    }

    /// The descriptor of the file that it is written to, 1 for standard output, 2 for standard error, which stays the program's
    /// (default: none, for [`Progress::text`] and [`Progress::on_draw`]).
    pub fn descriptor(mut self, descriptor: i32) -> ProgressOptions {
        self.descriptor = descriptor;
        self
    }

    /// A bar or lines (default: a bar where the descriptor is a terminal, else lines).
    pub fn style(mut self, style: ProgressStyle) -> ProgressOptions {
        self.style = Some(style);
        self
    }

    /// Columns of a bar, 1 to 1000 (default: those of the terminal; 80 where that is none).
    pub fn width(mut self, width: i32) -> ProgressOptions {
        self.width = width;
        self
    }

    /// Significant digits of values, 1 to 17 (default 4).
    pub fn digits(mut self, digits: i32) -> ProgressOptions {
        self.digits = digits;
        self
    }

    /// Least seconds between two drawings (default: 0.1 for a bar, 10 for lines).
    pub fn interval(mut self, interval: f64) -> ProgressOptions {
        self.interval = interval;
        self
    }

    /// No characters but those of ASCII in the bar (default false).
    pub fn ascii(mut self, ascii: bool) -> ProgressOptions {
        self.ascii = ascii;
        self
    }

    /// As `NO_COLOR` in the environment (default false).
    pub fn no_color(mut self, no_color: bool) -> ProgressOptions {
        self.no_color = no_color;
        self
    }

    /// Nothing that depends on the clock: no rate, time and share of input, and lines at the end of rounds only, so that two runs
    /// print the same (default false).
    pub fn no_times(mut self, no_times: bool) -> ProgressOptions {
        self.no_times = no_times;
        self
    }

    /// Makes the bar, which shows nothing yet. It belongs to the innermost scope.
    pub fn build(&self, context: &Context) -> Result<Progress> {
        let mut options = options!(tl_progress_options, tl_progress_options_init);
        options.descriptor = self.descriptor;
        if let Some(style) = self.style {
            options.style = style as i32;
        }
        options.width = self.width;
        options.digits = self.digits;
        options.interval = self.interval;
        options.ascii = self.ascii;
        options.no_color = self.no_color;
        options.no_times = self.no_times;
        let handle = call!(tl_progress_new(context.handle(), &options));
        if handle.is_null() {
            return Err(Error::take(context.handle(), "progress_new", ffi::TL_INVALID_ARGUMENT));
        }
        Ok(Progress { handle, context: context.handle(), one_thread: PhantomData })
    }
}

impl Progress {
    fn effect(&self, name: &str, status: i32) -> Result<()> {
        done(self.context, name, status)
    }

    /// Begins a round (an epoch, say) of `total` steps, 0 where that is not known: there is no bar then, but a count. Values of the
    /// round before are forgotten; a round that is not finished is finished first.
    pub fn start(&self, total: i64, label: &str) -> Result<()> {
        let label = text::text("progress_start", label)?;
        self.effect("progress_start", call!(tl_progress_start(self.handle, total, label.as_ptr())))
    }

    /// Sets a value that is shown beside the bar until the round ends: NaN and infinities too. At most 64 names a round.
    pub fn value(&self, name: &str, value: f64) -> Result<()> {
        let name = text::text("progress_value", name)?;
        self.effect("progress_value", call!(tl_progress_value(self.handle, name.as_ptr(), value)))
    }

    /// Tells how many seconds the program has waited for its input so far, [`Feed::waited`](crate::Feed::waited) say, counted from
    /// whenever: the share of the time since the round's first such call is shown.
    pub fn set_waited(&self, seconds: f64) -> Result<()> {
        self.effect("progress_set_waited", call!(tl_progress_set_waited(self.handle, seconds)))
    }

    /// Whether the next [`update`](Progress::update) will draw: for values that take time to compute.
    pub fn due(&self) -> bool {
        call!(tl_progress_due(self.handle))
    }

    /// Tells how many steps of the round are done, not fewer than before; draws when it is time.
    pub fn update(&self, step: i64) -> Result<()> {
        self.effect("progress_update", call!(tl_progress_update(self.handle, step)))
    }

    /// Ends the round and draws it for the last time. Does nothing when no round is going on.
    pub fn finish(&self) -> Result<()> {
        self.effect("progress_finish", call!(tl_progress_finish(self.handle)))
    }

    /// How far the round is, in numbers.
    pub fn statistics(&self) -> Result<ProgressStatistics> {
        let mut raw = ProgressStatistics::raw();
        self.effect("progress_stats", call!(tl_progress_stats(self.handle, &mut raw)))?;
        Ok(ProgressStatistics::from(&raw))
    }

    /// The line as it would be drawn now, without colours: a bar of the options' width, or 80 columns, whatever the style.
    pub fn text(&self) -> Result<String> {
        text::written(|buffer, capacity, length| {
            call!(tl_progress_text(self.handle, buffer, capacity, length))
        })
        .map_err(|status| Error::take(self.context, "progress_text", status))
    }

    /// Shows progress in the program's own way: the closure gets the line that would be drawn, without colours, and its numbers. It
    /// runs within [`start`](Progress::start), [`update`](Progress::update) and [`finish`](Progress::finish), whose error its own is; a
    /// panic goes on to their caller.
    pub fn on_draw<F>(&self, draw: F) -> Result<()>
    where
        F: Fn(&str, &ProgressStatistics) -> Result<()> + Send + 'static,
    {
        let closure = Box::new(Closure { context: self.context, draw });
        let data = Box::into_raw(closure) as *mut c_void;
        let status =
            call!(tl_progress_set_callback(self.handle, Some(run_draw::<F>), data, Some(put_aside::<F>)));
        self.effect("progress_set_callback", status)
    }

    /// Writes to the descriptor again, after [`on_draw`](Progress::on_draw).
    pub fn reset_draw(&self) -> Result<()> {
        let status = call!(tl_progress_set_callback(self.handle, None, ptr::null_mut(), None));
        self.effect("progress_set_callback", status)
    }

    /// Moves it one scope out; a failure stays in the context.
    pub(crate) fn keep(&self) {
        call!(tl_progress_keep(self.handle));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        call!(tl_progress_release(self.handle));
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Progress({:?})", self.handle)
    }
}

/// A closure, and where its panic goes.
struct Closure<F> {
    context: *mut ffi::tl_context,
    draw: F,
}

unsafe extern "C" fn run_draw<F>(
    user_data: *mut c_void,
    line: *const c_char,
    statistics: *const ffi::tl_progress_statistics,
) -> i32
where
    F: Fn(&str, &ProgressStatistics) -> Result<()>,
{
    // SAFETY: the user data is the box that the bar holds, also while this runs; the text and the numbers live during this call.
    let (closure, line, numbers) = unsafe {
        (&*(user_data as *const Closure<F>), text::copied(line), ProgressStatistics::from(&*statistics))
    };
    match catch_unwind(AssertUnwindSafe(|| (closure.draw)(&line, &numbers))) {
        Ok(Ok(())) => ffi::TL_OK,
        Ok(Err(error)) => {
            let code = error.code() as i32;
            if let Ok(message) = text::text("progress", error.message()) {
                call!(tl_set_error(closure.context, code, message.as_ptr()));
            }
            code
        }
        Err(payload) => {
            after::push(closure.context, Work::Panic(payload));
            ffi::TL_FAILED_PRECONDITION
        }
    }
}

unsafe extern "C" fn put_aside<F: Send + 'static>(user_data: *mut c_void) {
    // SAFETY: runs once, with the box that was leaked for the bar.
    let closure = unsafe { Box::from_raw(user_data as *mut Closure<F>) };
    let Closure { context, draw } = *closure;
    after::push(context, Work::Drop(Box::new(draw)));
}
