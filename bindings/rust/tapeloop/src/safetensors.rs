//! safetensors files.

use crate::call::gate;
use crate::error::done;
use crate::{ffi, text, Context, Error, Result, SafetensorsFloats, Tensor};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::os::raw::c_char;
use std::path::Path;
use std::ptr;

/// An open safetensors file: named tensors, as other libraries read and write them
/// (<https://github.com/huggingface/safetensors>). Its header is checked to the last byte when it is opened. The format has no
/// checksum: a bit that flips among the elements cannot be seen. A [`Checkpoint`](crate::Checkpoint) has one.
///
/// ```
/// # fn main() -> tapeloop::Result<()> {
/// use tapeloop::{Context, Safetensors, SafetensorsWriter};
/// let c = &Context::new()?;
/// let path = std::env::temp_dir().join(format!("tapeloop-{}.safetensors", std::process::id()));
/// SafetensorsWriter::new(c)?.add("w", &c.ones(&[2, 3]))?.metadata("by", "me")?.save(&path)?;
/// let file = Safetensors::open(c, &path)?;
/// assert_eq!(file.names()?, ["w"]);
/// assert_eq!(file.read("w")?.sum().item()?, 6.0);
/// assert_eq!(file.metadata()?["by"], "me");
/// # std::fs::remove_file(&path).unwrap();
/// # Ok(())
/// # }
/// ```
pub struct Safetensors {
    pub(crate) handle: *mut ffi::tl_safetensors,
    context: *mut ffi::tl_context,
    one_thread: PhantomData<Cell<()>>,
}

// SAFETY: handles, which are never followed here; nothing of a file is tied to a thread.
unsafe impl Send for Safetensors {}

impl Safetensors {
    /// Opens a file and reads its header. What the format does not allow is [`Code::CorruptData`](crate::Code::CorruptData), with the
    /// file and the offset.
    pub fn open(context: &Context, path: impl AsRef<Path>) -> Result<Safetensors> {
        let path = text::path("safetensors_open", path.as_ref())?;
        let handle = call!(tl_safetensors_open(context.handle(), path.as_ptr()));
        if handle.is_null() {
            return Err(Error::take(context.handle(), "safetensors_open", ffi::TL_INVALID_ARGUMENT));
        }
        Ok(Safetensors { handle, context: context.handle(), one_thread: PhantomData })
    }

    /// The names of the tensors, in the order of their bytes.
    pub fn names(&self) -> Result<Vec<String>> {
        let count = self.counted("safetensors_count", call!(tl_safetensors_count(self.handle)))?;
        let name = |i| {
            self.text("safetensors_name", || {
                // SAFETY: the names live as long as the file.
                unsafe { ffi::tl_safetensors_name(self.handle, i) }
            })
        };
        (0..count).map(name).collect()
    }

    /// The dtype of each tensor as the file has it, such as "BF16", in the order of [`names`](Safetensors::names).
    pub fn stored_dtypes(&self) -> Result<Vec<String>> {
        let count = self.counted("safetensors_count", call!(tl_safetensors_count(self.handle)))?;
        let name = |i| {
            self.text("safetensors_stored_dtype", || {
                // SAFETY: static text.
                unsafe { ffi::tl_safetensors_stored_dtype(self.handle, i) }
            })
        };
        (0..count).map(name).collect()
    }

    /// The sizes of the axes of each tensor, in the order of [`names`](Safetensors::names).
    pub fn shapes(&self) -> Result<Vec<Vec<i64>>> {
        let count = self.counted("safetensors_count", call!(tl_safetensors_count(self.handle)))?;
        (0..count)
            .map(|i| {
                let (mut dims, mut rank) = ([0i64; 8], 0usize);
                let status =
                    call!(tl_safetensors_shape(self.handle, i, dims.as_mut_ptr(), dims.len(), &mut rank));
                done(self.context, "safetensors_shape", status)?;
                Ok(dims[..rank].to_vec())
            })
            .collect()
    }

    /// A tensor of the file. bf16 and f16 become f32, i8, i16 and u16 i32, u32 i64.
    pub fn read(&self, name: &str) -> Result<Tensor> {
        let name = text::text("safetensors_read", name)?;
        let handle = call!(tl_safetensors_read(self.handle, name.as_ptr()));
        if handle.is_null() {
            return Err(Error::take(self.context, "safetensors_read", ffi::TL_INVALID_ARGUMENT));
        }
        Ok(Tensor::from_raw(handle, self.context))
    }

    /// The texts of the metadata.
    pub fn metadata(&self) -> Result<BTreeMap<String, String>> {
        let op = "safetensors_metadata_count";
        let count = self.counted(op, call!(tl_safetensors_metadata_count(self.handle)))?;
        let mut out = BTreeMap::new();
        for i in 0..count {
            let name = self.text(op, || {
                // SAFETY: the texts live as long as the file.
                unsafe { ffi::tl_safetensors_metadata_name(self.handle, i) }
            })?;
            let value = self.text(op, || {
                // SAFETY: as above.
                unsafe { ffi::tl_safetensors_metadata_text(self.handle, i) }
            })?;
            out.insert(name, value);
        }
        Ok(out)
    }

    fn counted(&self, call: &str, count: usize) -> Result<usize> {
        if count == 0 {
            Error::take_if_any(self.context, call).map_or(Ok(()), Err)?;
        }
        Ok(count)
    }

    /// Text that the file lends.
    fn text(&self, call: &str, lend: impl Fn() -> *const c_char) -> Result<String> {
        let found = {
            let _gate = gate(self.context);
            // SAFETY: the text lives until the file ends, which needs this very file.
            unsafe { text::copied(lend()) }
        };
        if found.is_empty() {
            Error::take_if_any(self.context, call).map_or(Ok(()), Err)?;
        }
        Ok(found)
    }
}

impl Drop for Safetensors {
    fn drop(&mut self) {
        call!(tl_safetensors_release(self.handle));
    }
}

impl fmt::Debug for Safetensors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Safetensors({:?})", self.handle)
    }
}

/// What is to be written into a safetensors file, see [`Safetensors`].
pub struct SafetensorsWriter {
    pub(crate) handle: *mut ffi::tl_safetensors_writer,
    context: *mut ffi::tl_context,
    one_thread: PhantomData<Cell<()>>,
}

// SAFETY: handles, which are never followed here; nothing of a writer is tied to a thread.
unsafe impl Send for SafetensorsWriter {}

impl SafetensorsWriter {
    /// An empty file to be.
    pub fn new(context: &Context) -> Result<SafetensorsWriter> {
        let handle = call!(tl_safetensors_writer_new(context.handle()));
        if handle.is_null() {
            return Err(Error::take(context.handle(), "safetensors_writer_new", ffi::TL_INVALID_ARGUMENT));
        }
        Ok(SafetensorsWriter { handle, context: context.handle(), one_thread: PhantomData })
    }

    /// Adds a tensor, or the present value of a variable, under a name of its own.
    pub fn add(self, name: &str, tensor: &Tensor) -> Result<SafetensorsWriter> {
        let op = "safetensors_writer_add";
        let name = text::text(op, name)?;
        done(
            self.context,
            op,
            call!(tl_safetensors_writer_add(self.handle, name.as_ptr(), tensor.required())),
        )?;
        Ok(self)
    }

    /// Adds a text to the metadata, or replaces that of the name.
    pub fn metadata(self, name: &str, value: &str) -> Result<SafetensorsWriter> {
        let op = "safetensors_writer_set_metadata";
        let (name, value) = (text::text(op, name)?, text::text(op, value)?);
        let status = call!(tl_safetensors_writer_set_metadata(self.handle, name.as_ptr(), value.as_ptr()));
        done(self.context, op, status)?;
        Ok(self)
    }

    /// Writes the file, in the place of one that is there: a reader sees the old file or the new one, and a failure leaves the
    /// old one.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let op = "safetensors_writer_save";
        let path = text::path(op, path.as_ref())?;
        done(self.context, op, call!(tl_safetensors_writer_save(self.handle, path.as_ptr(), ptr::null())))
    }

    /// [`save`](SafetensorsWriter::save) with f32 tensors stored as something narrower, rounded to the nearest.
    pub fn save_as(&self, path: impl AsRef<Path>, floats: SafetensorsFloats) -> Result<()> {
        let op = "safetensors_writer_save";
        let path = text::path(op, path.as_ref())?;
        let mut options = options!(tl_safetensors_save_options, tl_safetensors_save_options_init);
        options.floats = floats as i32;
        done(self.context, op, call!(tl_safetensors_writer_save(self.handle, path.as_ptr(), &options)))
    }
}

impl Drop for SafetensorsWriter {
    fn drop(&mut self) {
        call!(tl_safetensors_writer_release(self.handle));
    }
}

impl fmt::Debug for SafetensorsWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SafetensorsWriter({:?})", self.handle)
    }
}
