//! Metric logs.

use crate::call::gate;
use crate::error::done;
use crate::{ffi, text, Context, Error, Result, Tensor};
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// The numbers of a run in a file, step by step: CSV, JSON lines, or events of TensorBoard.
///
/// CSV and JSON lines write a step when the next one begins, and at [`flush`](Logger::flush); TensorBoard's events are written at once.
/// What is written is a whole record or nothing: a full disk is an error and leaves the file as it was. What waits is written when
/// the log is dropped, too, but then nobody hears of a failure.
///
/// ```
/// # fn main() -> tapeloop::Result<()> {
/// # let folder = std::env::temp_dir().join(format!("tapeloop-logger-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).unwrap();
/// # let path = folder.join("run.csv");
/// let c = tapeloop::Context::new()?;
/// let log = tapeloop::Logger::csv(&c, &path, false)?;
/// for epoch in 1..=2 {
///     log.scalar(epoch, "train/loss", 1.0 / epoch as f64)?;
/// }
/// log.flush()?;
/// let text = std::fs::read_to_string(&path).unwrap();
/// assert!(text.starts_with("step,wall_time,train/loss\n1,"));
/// assert!(text.ends_with(",0.5\n"));
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok(())
/// # }
/// ```
pub struct Logger {
    pub(crate) handle: *mut ffi::tl_logger,
    context: *mut ffi::tl_context,
    one_thread: PhantomData<Cell<()>>,
}

// SAFETY: handles, which are never followed here.
unsafe impl Send for Logger {}

impl Logger {
    fn made(context: &Context, name: &str, handle: *mut ffi::tl_logger) -> Result<Logger> {
        if handle.is_null() {
            return Err(Error::take(context.handle(), name, ffi::TL_INVALID_ARGUMENT));
        }
        Ok(Logger { handle, context: context.handle(), one_thread: PhantomData })
    }

    /// A line of names, then a row for each step: `step`, `wall_time` (seconds since 1970), and a column for each tag. A tag that comes
    /// later gets a new column. With `append` it goes on behind the rows of an earlier log; else it replaces the file.
    pub fn csv(context: &Context, path: impl AsRef<Path>, append: bool) -> Result<Logger> {
        let path = text::path("logger_csv", path.as_ref())?;
        let handle = call!(tl_logger_csv(context.handle(), path.as_ptr(), append));
        Logger::made(context, "logger_csv", handle)
    }

    /// An object for each step, a line each; NaN and infinities are the strings "NaN", "Infinity" and "-Infinity".
    pub fn json_lines(context: &Context, path: impl AsRef<Path>, append: bool) -> Result<Logger> {
        let path = text::path("logger_json_lines", path.as_ref())?;
        let handle = call!(tl_logger_json_lines(context.handle(), path.as_ptr(), append));
        Logger::made(context, "logger_json_lines", handle)
    }

    /// A new event file in a folder, which is made where it is not there: `tensorboard --logdir` shows it.
    pub fn tensorboard(context: &Context, folder: impl AsRef<Path>) -> Result<Logger> {
        let folder = text::path("logger_tensorboard", folder.as_ref())?;
        let handle = call!(tl_logger_tensorboard(context.handle(), folder.as_ptr()));
        Logger::made(context, "logger_tensorboard", handle)
    }

    /// A number of a step, 0 or more, under a name. The last one counts where a step has several of a name. In CSV and JSON lines
    /// the names "step" and "wall_time" are taken.
    pub fn scalar(&self, step: i64, tag: &str, value: f64) -> Result<()> {
        let tag = text::text("logger_scalar", tag)?;
        done(self.context, "logger_scalar", call!(tl_logger_scalar(self.handle, step, tag.as_ptr(), value)))
    }

    /// A text of a step. [`Unsupported`](crate::Code::Unsupported) in CSV.
    pub fn text(&self, step: i64, tag: &str, words: &str) -> Result<()> {
        let (tag, words) = (text::text("logger_text", tag)?, text::text("logger_text", words)?);
        let status = call!(tl_logger_text(self.handle, step, tag.as_ptr(), words.as_ptr()));
        done(self.context, "logger_text", status)
    }

    /// How the elements of a tensor are spread: 30 buckets of equal width; elements that are not finite are left out.
    /// [`Unsupported`](crate::Code::Unsupported) in CSV.
    pub fn histogram(&self, step: i64, tag: &str, tensor: &Tensor) -> Result<()> {
        let tag = text::text("logger_histogram", tag)?;
        let status = call!(tl_logger_histogram(self.handle, step, tag.as_ptr(), tensor.handle));
        done(self.context, "logger_histogram", status)
    }

    /// An image: of shape (height, width) or (height, width, 1, 3 or 4), u8, bool, or floats in [0, 1].
    /// [`Unsupported`](crate::Code::Unsupported) in CSV and JSON lines.
    pub fn image(&self, step: i64, tag: &str, image: &Tensor) -> Result<()> {
        let tag = text::text("logger_image", tag)?;
        let status = call!(tl_logger_image(self.handle, step, tag.as_ptr(), image.handle));
        done(self.context, "logger_image", status)
    }

    /// Writes what waits for the end of its step.
    pub fn flush(&self) -> Result<()> {
        done(self.context, "logger_flush", call!(tl_logger_flush(self.handle)))
    }

    /// The path of the file.
    pub fn path(&self) -> PathBuf {
        let _gate = gate(self.context);
        // SAFETY: text of the log, which lives as long as self and needs the gate to end.
        PathBuf::from(unsafe { text::copied(call!(tl_logger_path(self.handle))) })
    }

    /// Moves it one scope out; a failure stays in the context.
    pub(crate) fn keep(&self) {
        call!(tl_logger_keep(self.handle));
    }
}

impl Drop for Logger {
    fn drop(&mut self) {
        let _gate = gate(self.context);
        call!(tl_logger_release(self.handle));
    }
}

impl fmt::Debug for Logger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Logger({:?})", self.path())
    }
}
