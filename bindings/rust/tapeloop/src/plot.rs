//! Plots and images as files.

use crate::error::done;
use crate::{ffi, text, Context, Error, Result, Tensor};
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::path::Path;
use std::ptr;

/// Curves over one pair of axes, drawn as SVG or as an image: [`PlotOptions`] makes one.
///
/// ```
/// # fn main() -> tapeloop::Result<()> {
/// let c = tapeloop::Context::new()?;
/// let plot = tapeloop::PlotOptions::new().log_y(true).build(&c, "digits")?;
/// plot.set_labels(Some("epoch"), Some("loss"))?;
/// for epoch in 1..=5 {
///     plot.add("train", epoch as f64, 0.5 / epoch as f64)?;
/// }
/// plot.add_many("test", None, &[0.6, 0.4, 0.3])?; // at 0, 1 and 2
/// assert!(plot.svg()?.starts_with("<svg ")); // or write_svg(path)
/// assert_eq!(plot.image().shape()?, [432, 720, 3]); // and image().write_png(path)
/// # Ok(())
/// # }
/// ```
pub struct Plot {
    handle: *mut ffi::tl_plot,
    context: *mut ffi::tl_context,
    one_thread: PhantomData<Cell<()>>,
}

// SAFETY: handles, which are never followed here.
unsafe impl Send for Plot {}

/// How curves are drawn.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct PlotOptions {
    width: i64,
    height: i64,
    log_x: bool,
    log_y: bool,
    smoothing: f64,
    scale: i64,
}

impl PlotOptions {
    /// All options at their defaults.
    pub fn new() -> PlotOptions {
        PlotOptions::default()
    }

    /// Of the picture, in pixels, 200 to 10000 (default 720).
    pub fn width(mut self, width: i64) -> PlotOptions {
        self.width = width;
        self
    }

    /// Of the picture, in pixels, 150 to 10000 (default 432).
    pub fn height(mut self, height: i64) -> PlotOptions {
        self.height = height;
        self
    }

    /// A logarithmic x axis (default false).
    pub fn log_x(mut self, log_x: bool) -> PlotOptions {
        self.log_x = log_x;
        self
    }

    /// A logarithmic y axis (default false).
    pub fn log_y(mut self, log_y: bool) -> PlotOptions {
        self.log_y = log_y;
        self
    }

    /// In [0, 1): a curve is drawn pale, with its exponential moving average of this weight over it, without the bias of the beginning
    /// (default 0: as it is).
    pub fn smoothing(mut self, smoothing: f64) -> PlotOptions {
        self.smoothing = smoothing;
        self
    }

    /// Pixels of [`Plot::image`] for each of the picture, along both axes: 2 for fine screens; 1 to 16 (default 1).
    pub fn scale(mut self, scale: i64) -> PlotOptions {
        self.scale = scale;
        self
    }

    /// Makes a plot without curves, with a title above it. It belongs to the innermost scope.
    pub fn build(&self, context: &Context, title: &str) -> Result<Plot> {
        let title = text::text("plot_new", title)?;
        let mut options = options!(tl_plot_options, tl_plot_options_init);
        options.width = self.width;
        options.height = self.height;
        options.log_x = self.log_x;
        options.log_y = self.log_y;
        options.smoothing = self.smoothing;
        options.scale = self.scale;
        let handle = call!(tl_plot_new(context.handle(), title.as_ptr(), &options));
        if handle.is_null() {
            return Err(Error::take(context.handle(), "plot_new", ffi::TL_INVALID_ARGUMENT));
        }
        Ok(Plot { handle, context: context.handle(), one_thread: PhantomData })
    }
}

impl Plot {
    /// What stands at the axes; `None` leaves it as it is.
    pub fn set_labels(&self, x: Option<&str>, y: Option<&str>) -> Result<()> {
        let (x, y) = (text::optional_text("plot_set_labels", x)?, text::optional_text("plot_set_labels", y)?);
        let status = call!(tl_plot_set_labels(self.handle, text::pointer_of(&x), text::pointer_of(&y)));
        done(self.context, "plot_set_labels", status)
    }

    /// Adds a point to the curve of this name, which begins with its first one. What is not finite, and what is not positive along a
    /// logarithmic axis, has no place: the curve has a gap there.
    pub fn add(&self, name: &str, x: f64, y: f64) -> Result<()> {
        let name = text::text("plot_add", name)?;
        done(self.context, "plot_add", call!(tl_plot_add(self.handle, name.as_ptr(), x, y)))
    }

    /// Adds many points at once; without `x` they stand at 0, 1, 2 and so on, after the number of points that are there. Panics when
    /// there are more or fewer of `x` than of `y`.
    pub fn add_many(&self, name: &str, x: Option<&[f64]>, y: &[f64]) -> Result<()> {
        assert!(x.map_or(true, |x| x.len() == y.len()), "a point has an x and a y");
        let name = text::text("plot_add_many", name)?;
        let x = x.map_or(ptr::null(), |x| x.as_ptr());
        let status = call!(tl_plot_add_many(self.handle, name.as_ptr(), x, y.as_ptr(), y.len()));
        done(self.context, "plot_add_many", status)
    }

    /// The plot as SVG. [`FailedPrecondition`](crate::Code::FailedPrecondition) where no point has a place.
    pub fn svg(&self) -> Result<String> {
        text::written(|buffer, capacity, length| call!(tl_plot_svg(self.handle, buffer, capacity, length)))
            .map_err(|status| Error::take(self.context, "plot_svg", status))
    }

    /// Writes the plot as an SVG file, whole or not at all.
    pub fn write_svg(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = text::path("plot_write_svg", path.as_ref())?;
        let status = call!(tl_plot_write_svg(self.handle, path.as_ptr()));
        done(self.context, "plot_write_svg", status)
    }

    /// The plot as an image of bytes, (height, width, 3): for [`Tensor::write_png`], and for
    /// [`Logger::image`](crate::Logger::image). Letters outside of ASCII are boxes, where an SVG has them all. Fails as
    /// [`svg`](Plot::svg) does.
    pub fn image(&self) -> Tensor {
        expression!(self.context, tl_plot_image(self.handle))
    }

    /// Moves it one scope out; a failure stays in the context.
    pub(crate) fn keep(&self) {
        call!(tl_plot_keep(self.handle));
    }
}

impl Drop for Plot {
    fn drop(&mut self) {
        call!(tl_plot_release(self.handle));
    }
}

impl fmt::Debug for Plot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plot({:?})", self.handle)
    }
}

/// How images stand side by side, and what becomes of them.
///
/// ```
/// # fn main() -> tapeloop::Result<()> {
/// let c = tapeloop::Context::new()?;
/// let images = c.uniform(&[10, 8, 8]);
/// let grid = tapeloop::ImageGrid::new().columns(5).tensor(&images);
/// assert_eq!(grid.shape()?, [22, 52]); // and grid.write_png(path)
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct ImageGrid {
    columns: i64,
    padding: i64,
    scale: i64,
    background: f64,
}

impl ImageGrid {
    /// All options at their defaults.
    pub fn new() -> ImageGrid {
        ImageGrid::default()
    }

    /// Images in a row (default: the square root of their number, rounded up).
    pub fn columns(mut self, columns: i64) -> ImageGrid {
        self.columns = columns;
        self
    }

    /// Pixels between images and around them; below 0: none (default 2).
    pub fn padding(mut self, padding: i64) -> ImageGrid {
        self.padding = padding;
        self
    }

    /// Each pixel becomes a square of so many a side (default 1; in SVG 2).
    pub fn scale(mut self, scale: i64) -> ImageGrid {
        self.scale = scale;
        self
    }

    /// What stands between them, 0 for black to 1 for white (default 0).
    pub fn background(mut self, background: f64) -> ImageGrid {
        self.background = background;
        self
    }

    fn raw(&self) -> ffi::tl_image_grid_options {
        let mut options = options!(tl_image_grid_options, tl_image_grid_options_init);
        options.columns = self.columns;
        options.padding = self.padding;
        options.scale = self.scale;
        options.background = self.background;
        options
    }

    /// Images side by side, as one image of bytes. `images`: (count, height, width) or (count, height, width, 1, 3 or 4 channels), u8,
    /// bool, or floats in [0, 1], where what lies outside becomes the nearest value in it and NaN black.
    pub fn tensor(&self, images: &Tensor) -> Tensor {
        expression!(images.context, tl_image_grid(images.context, images.handle, &self.raw()))
    }

    /// Writes images side by side as an SVG file, each with a caption under it: the elements of `captions`, labels say.
    pub fn write_svg(
        &self,
        images: &Tensor,
        captions: Option<&Tensor>,
        title: &str,
        path: impl AsRef<Path>,
    ) -> Result<()> {
        images.live("write_image_svg")?;
        let (title, path) =
            (text::text("write_image_svg", title)?, text::path("write_image_svg", path.as_ref())?);
        let captions = captions.map_or(ptr::null_mut(), |captions| captions.required());
        let status =
            call!(tl_write_image_svg(images.handle, captions, title.as_ptr(), &self.raw(), path.as_ptr()));
        done(images.context, "write_image_svg", status)
    }
}

impl Tensor {
    /// Writes an image as a PNG file: (height, width) or (height, width, 1, 3 or 4 channels), of values as [`ImageGrid::tensor`] takes
    /// them. The file is written whole or not at all.
    pub fn write_png(&self, path: impl AsRef<Path>) -> Result<()> {
        self.live("write_png")?;
        let path = text::path("write_png", path.as_ref())?;
        done(self.context, "write_png", call!(tl_write_png(self.handle, path.as_ptr())))
    }
}
