//! Bundles, the named tensors of a file, and files of arrays and tables.

use crate::call::gate;
use crate::error::done;
use crate::{ffi, text, Context, DType, Error, Result, Tensor};
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::path::Path;

/// Named tensors in an order of their own, and the texts that codes among them stand for: what a file holds, or what is to be
/// written to one.
///
/// All readers are made for files that cannot be trusted: what is cut off, damaged, or says of itself what is not so is
/// [`Code::CorruptData`](crate::Code::CorruptData), with a message that names the file, the byte and the rule, and nothing in a file
/// is ever run. Files are written whole or not at all.
///
/// ```
/// # use tapeloop::{Bundle, Context, CsvOptions};
/// # fn main() -> tapeloop::Result<()> {
/// # let path = std::env::temp_dir().join(format!("tapeloop-doc-{}.csv", std::process::id()));
/// # std::fs::write(&path, "width,species\n0.2,setosa\n1.4,versicolor\n0.3,setosa\n").unwrap();
/// let c = &Context::new()?;
/// let iris = Bundle::read_csv(c, &path, &CsvOptions::new())?;
/// assert_eq!(iris.names()?, ["width", "species"]);
/// assert_eq!(iris.get("width")?.to_vec::<f32>()?, [0.2, 1.4, 0.3]);
/// assert_eq!(iris.get("species")?.to_vec::<i32>()?, [0, 1, 0]);
/// assert_eq!(iris.categories("species")?, ["setosa", "versicolor"]);
/// # std::fs::remove_file(&path).unwrap();
/// # Ok(())
/// # }
/// ```
pub struct Bundle {
    pub(crate) handle: *mut ffi::tl_bundle,
    context: *mut ffi::tl_context,
    one_thread: PhantomData<Cell<()>>,
}

// SAFETY: handles, which are never followed here; nothing of a bundle is tied to a thread.
unsafe impl Send for Bundle {}

impl Bundle {
    pub(crate) fn made(context: &Context, call: &str, handle: *mut ffi::tl_bundle) -> Result<Bundle> {
        if handle.is_null() {
            return Err(Error::take(context.handle(), call, ffi::TL_INVALID_ARGUMENT));
        }
        Ok(Bundle { handle, context: context.handle(), one_thread: PhantomData })
    }

    /// A bundle without tensors, to be filled with [`add`](Bundle::add) and written.
    pub fn new(context: &Context) -> Result<Bundle> {
        Bundle::made(context, "bundle_new", call!(tl_bundle_new(context.handle())))
    }

    /// Adds a tensor, or the present value of a variable, behind those that are there; nothing is copied. The name must not be empty
    /// nor one that the bundle has.
    pub fn add(&self, name: &str, tensor: &Tensor) -> Result<()> {
        let name = text::text("bundle_add", name)?;
        tensor.live("bundle_add")?;
        done(self.context, "bundle_add", call!(tl_bundle_add(self.handle, name.as_ptr(), tensor.handle)))
    }

    /// The number of tensors.
    pub fn size(&self) -> Result<usize> {
        self.known("bundle_size", call!(tl_bundle_size(self.handle)))
    }

    /// The names of the tensors, in order.
    pub fn names(&self) -> Result<Vec<String>> {
        let size = self.size()?;
        let _gate = gate(self.context);
        let name = |i| {
            // SAFETY: the gate keeps the context, and with it the bundle that this borrows.
            unsafe { text::copied(ffi::tl_bundle_name(self.handle, i)) }
        };
        Ok((0..size as i64).map(name).collect())
    }

    /// Whether there is a tensor of this name.
    pub fn has(&self, name: &str) -> Result<bool> {
        let name = text::text("bundle_has", name)?;
        self.size()?;
        Ok(call!(tl_bundle_has(self.handle, name.as_ptr())))
    }

    /// The tensor of this name, which shares its memory with the bundle and outlives it.
    /// [`Code::NotFound`](crate::Code::NotFound) where there is none.
    pub fn get(&self, name: &str) -> Result<Tensor> {
        let name = text::text("bundle_get", name)?;
        expression!(self.context, tl_bundle_get(self.handle, name.as_ptr())).made("bundle_get")
    }

    /// The texts that the codes of the tensor of this name stand for, from code 0 on; empty for a tensor without codes.
    pub fn categories(&self, name: &str) -> Result<Vec<String>> {
        let name = text::text("bundle_category_count", name)?;
        let count = call!(tl_bundle_category_count(self.handle, name.as_ptr()));
        let count = self.known("bundle_category_count", count)?;
        let _gate = gate(self.context);
        let category = |i| {
            // SAFETY: the gate keeps the context, and with it the bundle that this borrows.
            unsafe { text::copied(ffi::tl_bundle_category(self.handle, name.as_ptr(), i)) }
        };
        Ok((0..count as i64).map(category).collect())
    }

    fn known(&self, call: &str, value: i64) -> Result<usize> {
        usize::try_from(value).map_err(|_| Error::take(self.context, call, ffi::TL_INVALID_ARGUMENT))
    }

    /// The arrays in a npz file (a zip archive of npy files) by their names, each as [`Context::read_npy`] gives it. Together they
    /// may take `max_bytes`, where it is 0 the size of the file and 64 MiB: a small archive may promise any amount of memory, so
    /// that one which compresses well needs the number. More is [`Code::OutOfMemory`](crate::Code::OutOfMemory).
    pub fn read_npz(context: &Context, path: impl AsRef<Path>, max_bytes: u64) -> Result<Bundle> {
        let path = text::path("read_npz", path.as_ref())?;
        let handle = call!(tl_read_npz(context.handle(), path.as_ptr(), max_bytes));
        Bundle::made(context, "read_npz", handle)
    }

    /// Writes the tensors as numpy.savez does, with `compress` as numpy.savez_compressed does, in place of a file that is there; the
    /// texts of codes are not part of it.
    pub fn write_npz(&self, path: impl AsRef<Path>, compress: bool) -> Result<()> {
        let path = text::path("write_npz", path.as_ref())?;
        done(self.context, "write_npz", call!(tl_write_npz(self.handle, path.as_ptr(), compress)))
    }

    /// The columns of a CSV file (RFC 4180), each a tensor of one axis, by their names. A column that is guessed becomes: of whole
    /// numbers `I64`; of others, and of whole numbers where some are missing, `F32` (see [`CsvOptions::floats`]); of true and false
    /// `Bool`; of anything else `I32` codes, whose texts [`categories`](Bundle::categories) gives. Missing values are NaN in columns
    /// of `F32` and `F64`, -1 among codes, and [`Code::CorruptData`](crate::Code::CorruptData) in all others; so is a number beyond the
    /// largest of its column (1e400), for an infinity is spelled inf.
    pub fn read_csv(context: &Context, path: impl AsRef<Path>, options: &CsvOptions) -> Result<Bundle> {
        let path = text::path("read_csv", path.as_ref())?;
        let types = text::optional_text("read_csv", options.types.as_deref())?;
        let missing = text::optional_text("read_csv", options.missing.as_deref())?;
        let mut raw = options!(tl_csv_options, tl_csv_options_init);
        raw.delimiter = i32::from(options.delimiter);
        raw.no_header = options.no_header;
        raw.types = text::pointer_of(&types);
        raw.missing = text::pointer_of(&missing);
        raw.floats = options.floats.map_or(0, |dtype| dtype as i32);
        raw.max_bytes = options.max_bytes;
        Bundle::made(context, "read_csv", call!(tl_read_csv(context.handle(), path.as_ptr(), &raw)))
    }

    /// The keys of a file with one JSON object in each line (a log of metrics, say), each a tensor whose first axis is the lines.
    /// Dtypes follow from the values as in [`read_csv`](Bundle::read_csv); values may be arrays, of one shape in every line.
    /// In a column without other texts the strings "NaN", "Infinity" and "-Infinity" are the numbers, as logs write them.
    /// `floats` is the dtype of columns of numbers, `F32` or `F64`, `None` for `F32`; `max_bytes` as in [`CsvOptions::max_bytes`].
    pub fn read_json_lines(
        context: &Context,
        path: impl AsRef<Path>,
        floats: Option<DType>,
        max_bytes: u64,
    ) -> Result<Bundle> {
        let path = text::path("read_json_lines", path.as_ref())?;
        let mut raw = options!(tl_json_lines_options, tl_json_lines_options_init);
        raw.floats = floats.map_or(0, |dtype| dtype as i32);
        raw.max_bytes = max_bytes;
        let handle = call!(tl_read_json_lines(context.handle(), path.as_ptr(), &raw));
        Bundle::made(context, "read_json_lines", handle)
    }
}

impl Drop for Bundle {
    fn drop(&mut self) {
        let _gate = gate(self.context);
        call!(tl_bundle_release(self.handle));
    }
}

impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bundle({:?})", self.handle)
    }
}

impl Context {
    /// The array in a npy file, of its shape, rank 0 to 8, in whichever order it was saved. Types of NumPy for which there is no
    /// dtype are widened: int8, int16 and uint16 to `I32`, uint32 and uint64 to `I64`, float16 to `F32`. Arrays of objects, which
    /// are pickles and could run programs, records, complex numbers, texts and dates are
    /// [`Code::Unsupported`](crate::Code::Unsupported).
    pub fn read_npy(&self, path: impl AsRef<Path>) -> Result<Tensor> {
        let path = text::path("read_npy", path.as_ref())?;
        expression!(self.handle(), tl_read_npy(self.handle(), path.as_ptr())).made("read_npy")
    }
}

impl Tensor {
    /// Writes the tensor, or the present value of a variable, as numpy.save does, in place of a file that is there.
    pub fn write_npy(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = text::path("write_npy", path.as_ref())?;
        self.live("write_npy")?;
        done(self.context, "write_npy", call!(tl_write_npy(self.context, path.as_ptr(), self.handle)))
    }
}

/// How a CSV file is read.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct CsvOptions {
    delimiter: u8,
    no_header: bool,
    types: Option<String>,
    missing: Option<String>,
    floats: Option<DType>,
    max_bytes: u64,
}

impl CsvOptions {
    /// All options at their defaults.
    pub fn new() -> CsvOptions {
        CsvOptions::default()
    }

    /// The byte between fields (default a comma).
    pub fn delimiter(mut self, delimiter: u8) -> CsvOptions {
        self.delimiter = delimiter;
        self
    }

    /// The first row holds values, and columns are named "0", "1", ... (default false: it holds names).
    pub fn no_header(mut self, no_header: bool) -> CsvOptions {
        self.no_header = no_header;
        self
    }

    /// One letter for each column: f, d, i, l, u and b for `F32`, `F64`, `I32`, `I64`, `U8` and `Bool`, c for texts as codes, ? to
    /// guess, - to leave it out. Without it all are guessed.
    pub fn types(mut self, types: impl Into<String>) -> CsvOptions {
        self.types = Some(types.into());
        self
    }

    /// The field that stands for a missing value. Without it NA, NaN and null do, in any case; an empty field always.
    pub fn missing(mut self, missing: impl Into<String>) -> CsvOptions {
        self.missing = Some(missing.into());
        self
    }

    /// The dtype of guessed columns of numbers, `F32` (default) or `F64`.
    pub fn floats(mut self, floats: DType) -> CsvOptions {
        self.floats = Some(floats);
        self
    }

    /// Most bytes for all tensors together; 0 (default): eight times the size of the file and 64 MiB.
    pub fn max_bytes(mut self, max_bytes: u64) -> CsvOptions {
        self.max_bytes = max_bytes;
        self
    }
}
