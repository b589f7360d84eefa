//! Traces.

use crate::error::done;
use crate::{ffi, text, Context, Error, Result, TraceStatistics};
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::path::Path;

/// What ran in a context and when, as a file that Perfetto (ui.perfetto.dev) and chrome://tracing show: [`Context::trace`] starts one.
///
/// It shows the kernel of each op that runs eagerly, gradients, and calls of a [`Function`](crate::Function) as recordings and replays,
/// with each kernel of the plan. Without a trace nothing is timed.
///
/// ```
/// # fn main() -> tapeloop::Result<()> {
/// let c = tapeloop::Context::new()?;
/// let trace = c.trace()?;
/// {
///     let _step = trace.span("step")?;
///     let y = (c.ones(&[3]) * 2.0).sum();
///     trace.counter("y", y.item()?)?;
/// }
/// trace.stop()?;
/// assert_eq!(trace.statistics()?.events, 5); // ones, mul, sum, the number, the span
/// # let path = std::env::temp_dir().join(format!("tapeloop-trace-{}.json", std::process::id()));
/// trace.write(&path)?;
/// # std::fs::remove_file(&path).unwrap();
/// # Ok(())
/// # }
/// ```
pub struct Trace {
    handle: *mut ffi::tl_trace,
    context: *mut ffi::tl_context,
    one_thread: PhantomData<Cell<()>>,
}

// SAFETY: handles, which are never followed here.
unsafe impl Send for Trace {}

/// What a trace keeps.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct TraceOptions {
    most_events: i64,
    no_details: bool,
}

impl TraceOptions {
    /// All options at their defaults.
    pub fn new() -> TraceOptions {
        TraceOptions::default()
    }

    /// Events that are kept; later ones are counted only (default 1,000,000).
    pub fn most_events(mut self, most_events: i64) -> TraceOptions {
        self.most_events = most_events;
        self
    }

    /// Without dtypes, shapes and the text of fused kernels, which costs less (default false).
    pub fn no_details(mut self, no_details: bool) -> TraceOptions {
        self.no_details = no_details;
        self
    }

    /// Starts to trace a context. [`FailedPrecondition`](crate::Code::FailedPrecondition) when it is traced already. The trace belongs
    /// to the innermost scope.
    pub fn start(&self, context: &Context) -> Result<Trace> {
        let mut options = options!(tl_trace_options, tl_trace_options_init);
        options.most_events = self.most_events;
        options.no_details = self.no_details;
        let handle = call!(tl_trace_start(context.handle(), &options));
        if handle.is_null() {
            return Err(Error::take(context.handle(), "trace_start", ffi::TL_INVALID_ARGUMENT));
        }
        Ok(Trace { handle, context: context.handle(), one_thread: PhantomData })
    }
}

impl Context {
    /// Starts to trace with the defaults of [`TraceOptions`].
    pub fn trace(&self) -> Result<Trace> {
        TraceOptions::new().start(self)
    }
}

impl Trace {
    /// Stops: nothing is added any more. Spans that are open end here.
    pub fn stop(&self) -> Result<()> {
        done(self.context, "trace_stop", call!(tl_trace_stop(self.handle)))
    }

    /// Begins a span of the program's own, an epoch or a step, inside of the one that is open; it ends when the guard is dropped.
    pub fn span(&self, name: &str) -> Result<TraceSpan<'_>> {
        let name = text::text("trace_begin_span", name)?;
        done(self.context, "trace_begin_span", call!(tl_trace_begin_span(self.handle, name.as_ptr())))?;
        Ok(TraceSpan { trace: self })
    }

    /// A number that is shown as a curve, a loss say; what is not finite leaves a gap.
    pub fn counter(&self, name: &str, value: f64) -> Result<()> {
        let name = text::text("trace_counter", name)?;
        done(self.context, "trace_counter", call!(tl_trace_counter(self.handle, name.as_ptr(), value)))
    }

    /// What the trace holds.
    pub fn statistics(&self) -> Result<TraceStatistics> {
        let mut raw = TraceStatistics::raw();
        done(self.context, "trace_stats", call!(tl_trace_stats(self.handle, &mut raw)))?;
        Ok(TraceStatistics::from(&raw))
    }

    /// Writes what there is so far as a file in the Trace Event Format (JSON), whole or not at all.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = text::path("trace_write", path.as_ref())?;
        done(self.context, "trace_write", call!(tl_trace_write(self.handle, path.as_ptr())))
    }

    /// Moves it one scope out; a failure stays in the context.
    pub(crate) fn keep(&self) {
        call!(tl_trace_keep(self.handle));
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        call!(tl_trace_release(self.handle));
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trace({:?})", self.handle)
    }
}

/// A span that is open, see [`Trace::span`].
#[must_use]
pub struct TraceSpan<'a> {
    trace: &'a Trace,
}

impl Drop for TraceSpan<'_> {
    fn drop(&mut self) {
        // Of a trace that has been stopped the span has ended already, which is no error of the program.
        let mut raw = TraceStatistics::raw();
        if call!(tl_trace_stats(self.trace.handle, &mut raw)) == ffi::TL_OK && raw.running {
            call!(tl_trace_end_span(self.trace.handle)); // a failure stays in the context
        }
    }
}

impl fmt::Debug for TraceSpan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TraceSpan")
    }
}
