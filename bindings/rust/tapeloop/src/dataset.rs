//! Datasets.

use crate::error::done;
use crate::list::TensorList;
use crate::{after, ffi, text, Code, Context, DType, DataPart, Error, Result, Tensor};
use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::panic::resume_unwind;
use std::path::Path;
use std::ptr;
use std::sync::{Arc, Mutex};

pub(crate) type Payload = Box<dyn Any + Send>;

/// Where the panics of a closure wait until somebody asks for the element. They happen on threads of the pipeline.
#[derive(Default)]
pub(crate) struct Panics(Mutex<Option<Payload>>);

impl Panics {
    /// Of the error that C keeps in its stead.
    pub(crate) const MESSAGE: &'static str = "the closure panicked";

    pub(crate) fn put(&self, payload: Payload) {
        *self.lock() = Some(payload);
    }

    fn take(&self) -> Option<Payload> {
        self.lock().take()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Payload>> {
        match self.0.lock() {
            Ok(guard) => guard,
            Err(poisoned) => poisoned.into_inner(), // a box is put in or taken out as a whole
        }
    }
}

/// A collection of elements, each of which is a list of tensors (an image and its label, say). Datasets are made from
/// datasets, which they share; each has a position of its own. What an epoch brings depends on its number alone.
///
/// ```
/// # use tapeloop::{Context, DType, Dataset};
/// # fn main() -> tapeloop::Result<()> {
/// let c = Context::new()?;
/// let x = c.tensor(&[0u8, 51, 102, 153, 204, 255], &[6, 1])?;
/// let y = c.tensor(&[0i32, 1, 0, 1, 0, 1], &[6])?;
/// let train = Dataset::from_tensors(&c, &[&x, &y])?.shuffle(7)?.batch(4, false)?.cast(0, DType::F32, 255.0)?;
/// let mut rows = 0;
/// for batch in train.epoch() {
///     let [x, y] = batch?;
///     assert_eq!(x.dim(0)?, y.dim(0)?);
///     rows += x.dim(0)?;
/// }
/// assert_eq!(rows, 6);
/// # Ok(())
/// # }
/// ```
pub struct Dataset {
    pub(crate) handle: *mut ffi::tl_dataset,
    pub(crate) context: *mut ffi::tl_context,
    panics: Vec<Arc<Panics>>,
    one_thread: PhantomData<Cell<()>>,
}

// SAFETY: handles, which are never followed here; nothing of a dataset is tied to a thread.
unsafe impl Send for Dataset {}

impl Dataset {
    pub(crate) fn made(
        context: *mut ffi::tl_context,
        call: &str,
        handle: *mut ffi::tl_dataset,
    ) -> Result<Dataset> {
        if handle.is_null() {
            return Err(Error::take(context, call, ffi::TL_INVALID_ARGUMENT));
        }
        after::deliver(context); // a closure that C did not take, perhaps
        Ok(Dataset { handle, context, panics: Vec::new(), one_thread: PhantomData })
    }

    /// A dataset made of this one.
    pub(crate) fn decorated(&self, call: &str, handle: *mut ffi::tl_dataset) -> Result<Dataset> {
        Ok(Dataset::made(self.context, call, handle)?.with_panics(&self.panics))
    }

    pub(crate) fn with_panics(mut self, panics: &[Arc<Panics>]) -> Dataset {
        self.panics.extend_from_slice(panics);
        self
    }

    pub(crate) fn panics(&self) -> &[Arc<Panics>] {
        &self.panics
    }

    /// Tensors cut along their first axes, which must agree in size: element i holds row i of each of them. Nothing is copied.
    pub fn from_tensors<L: TensorList + ?Sized>(context: &Context, tensors: &L) -> Result<Dataset> {
        let handle = tensors.with_handles(|tensors| {
            call!(tl_dataset_from_tensors(context.handle(), tensors.as_ptr(), tensors.len()))
        });
        Dataset::made(context.handle(), "dataset_from_tensors", handle)
    }

    /// Images and labels from a folder of IDX files in the layout of MNIST, plain or compressed by gzip: elements of two
    /// tensors. The images are in a file whose name holds "images-idx3", the labels in the file of the same name with
    /// "labels-idx1"; names with "train" are the training split, names with "t10k" or "test" the test split. In a folder with one
    /// split only, its first nine tenths are for training, the rest for testing. Each file may take `max_bytes` as in
    /// [`Context::read_idx`](crate::Context::read_idx).
    pub fn from_idx_folder(
        context: &Context,
        folder: impl AsRef<Path>,
        part: DataPart,
        max_bytes: u64,
    ) -> Result<Dataset> {
        let folder = text::path("dataset_from_idx_folder", folder.as_ref())?;
        let handle =
            call!(tl_dataset_from_idx_folder(context.handle(), folder.as_ptr(), part as i32, max_bytes));
        Dataset::made(context.handle(), "dataset_from_idx_folder", handle)
    }

    /// The first `count` elements, or all where there are fewer.
    pub fn take(&self, count: i64) -> Result<Dataset> {
        self.decorated("dataset_take", call!(tl_dataset_take(self.context, self.handle, count)))
    }

    /// All but the first `count` elements. To split data, take and skip before you shuffle.
    pub fn skip(&self, count: i64) -> Result<Dataset> {
        self.decorated("dataset_skip", call!(tl_dataset_skip(self.context, self.handle, count)))
    }

    /// All elements in a random order, anew in each epoch, which follows from the seed, the epoch and the number of elements
    /// alone. Shuffle before batching.
    pub fn shuffle(&self, seed: u64) -> Result<Dataset> {
        self.decorated("dataset_shuffle", call!(tl_dataset_shuffle(self.context, self.handle, seed)))
    }

    /// Groups of `count` elements, stacked along a new first axis. The last group is smaller where count does not divide the
    /// size; with `drop_remainder` it is left out.
    pub fn batch(&self, count: i64, drop_remainder: bool) -> Result<Dataset> {
        let handle = call!(tl_dataset_batch(self.context, self.handle, count, drop_remainder));
        self.decorated("dataset_batch", handle)
    }

    /// Converts tensor number `position` of each element. Floating-point results are divided by `divisor` (255 for images of
    /// bytes, 1 for nothing); for integers it must be 1. Best after batching.
    pub fn cast(&self, position: usize, dtype: DType, divisor: f64) -> Result<Dataset> {
        let handle = call!(tl_dataset_cast(self.context, self.handle, position, dtype as i32, divisor));
        self.decorated("dataset_cast", handle)
    }

    /// The rest of the epoch, or the next one when the last has come to its end: an iterator over elements of `N` tensors. It
    /// ends after an error, too.
    pub fn epoch<const N: usize>(&self) -> Epoch<'_, N> {
        Epoch { dataset: self, ended: false }
    }

    /// The next element; `None` once at the end of each epoch. The number of tensors is [`width`](Dataset::width).
    pub fn next_element(&self) -> Result<Option<Vec<Tensor>>> {
        let width = self.width()?;
        let mut handles = vec![ptr::null_mut(); width];
        if !self.step(&mut handles)? {
            return Ok(None);
        }
        Ok(Some(handles.into_iter().map(|handle| Tensor::retained(handle, self.context)).collect()))
    }

    /// False at the end of the epoch.
    fn step(&self, handles: &mut [*mut ffi::tl_tensor]) -> Result<bool> {
        if call!(tl_dataset_next(self.handle, handles.as_mut_ptr(), handles.len())) {
            return Ok(true);
        }
        let error = match Error::take_if_any(self.context, "dataset_next") {
            Some(error) => error,
            None => return Ok(false),
        };
        Err(self.panic_or(error))
    }

    /// The error of a call that took an element of this dataset; a panic of one of its closures goes on.
    pub(crate) fn panic_or(&self, error: Error) -> Error {
        if error.message().ends_with(Panics::MESSAGE) {
            if let Some(payload) = self.panics.iter().find_map(|panics| panics.take()) {
                resume_unwind(payload);
            }
        }
        error
    }

    /// The number of elements in an epoch. [`size_if_known`](Dataset::size_if_known) is for datasets that may have none that is known.
    ///
    /// # Errors
    /// [`Code::FailedPrecondition`](crate::Code) where only iterating tells, and where an epoch has no end.
    pub fn size(&self) -> Result<i64> {
        let unknown = || {
            let message = "[dataset_size] the number of elements must be known: got a dataset of which only iterating tells; use \
                           size_if_known";
            Error::new(Code::FailedPrecondition, message)
        };
        self.size_if_known()?.ok_or_else(unknown)
    }

    /// The number of elements in an epoch; `None` where only iterating tells, and where an epoch has no end.
    pub fn size_if_known(&self) -> Result<Option<i64>> {
        match call!(tl_dataset_size(self.handle)) {
            size if size >= 0 => Ok(Some(size)),
            -1 => Err(Error::take(self.context, "dataset_size", ffi::TL_INVALID_ARGUMENT)),
            _ => Ok(None),
        }
    }

    /// The number of tensors in an element.
    pub fn width(&self) -> Result<usize> {
        match call!(tl_dataset_width(self.handle)) {
            0 => Err(Error::take(self.context, "dataset_width", ffi::TL_INVALID_ARGUMENT)),
            width => Ok(width),
        }
    }

    /// The epoch and the place in it of the element that comes next, both from 0; the place is [`size`](Dataset::size) when the
    /// epoch's end comes next.
    pub fn position(&self) -> Result<(u64, i64)> {
        let place = self.known("dataset_position", call!(tl_dataset_position(self.handle)))?;
        Ok((call!(tl_dataset_epoch(self.handle)), place))
    }

    /// Goes to a place that [`position`](Dataset::position) gave; `(0, 0)` is the beginning. Another dataset that was made in the
    /// same way continues there with the same elements.
    pub fn seek(&self, position: (u64, i64)) -> Result<()> {
        done(self.context, "dataset_seek", call!(tl_dataset_seek(self.handle, position.0, position.1)))
    }

    fn known(&self, call: &str, value: i64) -> Result<i64> {
        if value < 0 {
            return Err(Error::take(self.context, call, ffi::TL_INVALID_ARGUMENT));
        }
        Ok(value)
    }
}

impl Drop for Dataset {
    fn drop(&mut self) {
        call!(tl_dataset_release(self.handle));
    }
}

impl fmt::Debug for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dataset({:?})", self.handle)
    }
}

/// The elements of an epoch, see [`Dataset::epoch`].
#[derive(Debug)]
pub struct Epoch<'a, const N: usize> {
    dataset: &'a Dataset,
    ended: bool,
}

impl<const N: usize> Iterator for Epoch<'_, N> {
    type Item = Result<[Tensor; N]>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let mut handles = [ptr::null_mut(); N];
        match self.dataset.step(&mut handles) {
            Ok(true) => Some(Ok(handles.map(|handle| Tensor::retained(handle, self.dataset.context)))),
            Ok(false) => {
                self.ended = true;
                None
            }
            Err(error) => {
                self.ended = true;
                Some(Err(error))
            }
        }
    }
}

impl<const N: usize> std::iter::FusedIterator for Epoch<'_, N> {}
