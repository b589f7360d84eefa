//! Feeds: batches that another thread writes while a step runs.

use crate::list::TensorList;
use crate::{ffi, Code, Context, DType, Element, Error, Result, Tensor};
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::mem::size_of;
use std::os::raw::c_void;
use std::ptr;
use std::slice;

/// Two slots of memory for batches that another thread writes while a step runs, without a copy in between:
/// [`Context::feed`] makes one, with the half that writes.
///
/// ```
/// # use tapeloop::{Context, DType, FunctionOptions, Result};
/// # fn main() -> Result<()> {
/// let c = Context::new()?;
/// let (images, labels) = (c.zeros(&[4, 3]).cast(DType::U8), c.zeros(&[4]).cast(DType::I32));
/// let (mut producer, mut feed) = c.feed(&[&images, &labels])?; // of the shape of a whole batch
/// let writing = std::thread::spawn(move || -> Result<()> {
///     for i in 0..10u8 {
///         producer.fill(|batch| {
///             batch.data::<u8>(0)?.fill(i);
///             batch.data::<i32>(1)?.fill(i32::from(i));
///             Ok(if i < 9 { 4 } else { 1 }) // rows
///         })?;
///     }
///     Ok(()) // the producer is dropped: no batch comes any more
/// });
/// let sum = FunctionOptions::new()
///     .polymorphic_batch(true)
///     .build(&c, |_, batch| Ok((batch[0].cast(DType::F32) * (1.0 / 255.0)).sum()))?;
/// let mut total = 0.0;
/// while let Some(batch) = feed.next_batch()? {
///     total += sum.call(&batch)?.item()?;
/// }
/// writing.join().unwrap()?;
/// assert!((total - (36.0 * 12.0 + 27.0) / 255.0).abs() < 1e-5);
/// # Ok(())
/// # }
/// ```
pub struct Feed<'a> {
    handle: *mut ffi::tl_feed,
    context: &'a Context,
    width: usize,
    one_thread: PhantomData<Cell<()>>,
}

/// The half of a [`Feed`] that writes, from any thread. Its errors are its own: they leave none in the context. When it is dropped no
/// batch comes any more.
pub struct FeedProducer {
    handle: *mut ffi::tl_feed,
    dtypes: Vec<DType>,
    /// A closure has failed: the batch is still begun.
    begun: bool,
}

// SAFETY: a handle, which is never followed here; the calls on it may come from any thread, one at a time, which `&mut` says.
unsafe impl Send for FeedProducer {}

/// The batch that [`FeedProducer::fill`] writes.
pub struct FeedBatch<'a> {
    producer: &'a FeedProducer,
}

impl Context {
    /// A feed of batches of one tensor or more, each of the dtype and shape of that at its place in `like`, whose elements do not
    /// matter. All have the same first dimension, the batch, which is 1 or more. The memory counts as borrowed, not against the
    /// limit of the context.
    pub fn feed<L: TensorList + ?Sized>(&self, like: &L) -> Result<(FeedProducer, Feed<'_>)> {
        like.with_handles(|like| {
            let handle = call!(tl_feed_new(self.handle(), like.as_ptr(), like.len()));
            if handle.is_null() {
                return Err(Error::take(self.handle(), "feed_new", ffi::TL_INVALID_ARGUMENT));
            }
            let feed = Feed { handle, context: self, width: like.len(), one_thread: PhantomData };
            let lost = || Error::take(self.handle(), "feed_new", ffi::TL_INVALID_ARGUMENT);
            let dtype =
                |&t: &*mut ffi::tl_tensor| DType::from_raw(call!(tl_tensor_dtype(t))).ok_or_else(lost);
            let dtypes = like.iter().map(dtype).collect::<Result<Vec<_>>>()?;
            Ok((FeedProducer { handle, dtypes, begun: false }, feed))
        })
    }
}

fn producer_error(call: &str, status: i32) -> Error {
    let (code, rule) = match status {
        ffi::TL_CANCELLED => (Code::Cancelled, "the feed must be there: got one that was dropped; end the producer"),
        ffi::TL_FAILED_PRECONDITION => {
            (Code::FailedPrecondition, "the feed must be open: got one that is finished; make another")
        }
        _ => (
            Code::InvalidArgument,
            "the feed must be there, and a batch have 1 row or more, but not more than the feed: got none such; look at the rows",
        ),
    };
    Error::new(code, format!("[{}] {}", call, rule))
}

fn produced(call: &str, status: i32) -> Result<()> {
    match status {
        ffi::TL_OK => Ok(()),
        status => Err(producer_error(call, status)),
    }
}

impl FeedProducer {
    /// Waits for a slot and lets the closure fill it, which gives how many rows it has written: all, or fewer for the last of an
    /// epoch, but at least 1. An error of the closure comes back, and the next call fills the same slot.
    /// [`Cancelled`](Code::Cancelled), [`InvalidArgument`](Code::InvalidArgument): the feed or its context is gone.
    pub fn fill(&mut self, write: impl FnOnce(&mut FeedBatch<'_>) -> Result<i64>) -> Result<()> {
        if !self.begun {
            produced("feed_begin", call!(tl_feed_begin(self.handle)))?;
            self.begun = true;
        }
        let rows = write(&mut FeedBatch { producer: self })?;
        let status = call!(tl_feed_commit(self.handle, rows));
        self.begun = status == ffi::TL_INVALID_ARGUMENT;
        produced("feed_commit", status)
    }
}

impl Drop for FeedProducer {
    fn drop(&mut self) {
        call!(tl_feed_finish(self.handle)); // of a feed that is gone: nothing
    }
}

impl fmt::Debug for FeedProducer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FeedProducer({:?})", self.dtypes)
    }
}

impl FeedBatch<'_> {
    /// The memory of one tensor of the batch, row-major. It holds zeros at first, later what an earlier batch has left.
    pub fn data<T: Element>(&mut self, position: usize) -> Result<&mut [T]> {
        let refuse = |what: String| Error::new(Code::InvalidArgument, format!("[feed_data] {}", what));
        let dtypes = &self.producer.dtypes;
        match dtypes.get(position) {
            None => Err(refuse(format!(
                "there must be such a tensor: got number {} of {}",
                position,
                dtypes.len()
            ))),
            Some(&dtype) if dtype != T::DTYPE => Err(refuse(format!(
                "elements must be of the tensor's dtype: got {:?} for {:?}; use its type",
                T::DTYPE,
                dtype
            ))),
            Some(_) => {
                let mut bytes = 0;
                let memory = call!(tl_feed_memory(self.producer.handle, position, &mut bytes)) as *mut c_void;
                if memory.is_null() {
                    return Err(producer_error("feed_memory", ffi::TL_CANCELLED));
                }
                // SAFETY: the library lends so many bytes, aligned and with elements of this dtype in them, to the producer alone
                // until the batch is handed over, even where the feed ends before; `&mut self` lives less long.
                Ok(unsafe { slice::from_raw_parts_mut(memory.cast(), bytes / size_of::<T>()) })
            }
        }
    }
}

impl Feed<'_> {
    /// Waits for the next batch; `None` where none will come. It gives the slot of the batch before back to the producer. A tensor of
    /// an earlier batch that is still held stays as it is: the slot then gets other memory.
    pub fn next_batch(&mut self) -> Result<Option<Vec<Tensor>>> {
        let mut handles = vec![ptr::null_mut(); self.width];
        let context = self.context.handle();
        if !call!(tl_feed_next(self.handle, handles.as_mut_ptr(), handles.len())) {
            return Error::take_if_any(context, "feed_next").map_or(Ok(None), Err);
        }
        Ok(Some(handles.into_iter().map(|handle| Tensor::retained(handle, context)).collect()))
    }

    /// The seconds that [`next_batch`](Feed::next_batch) has waited for the producer so far: over the time of the loop, the share
    /// that is lost to input.
    pub fn waited(&self) -> f64 {
        call!(tl_feed_waited(self.handle))
    }

    /// Moves it one scope out; a failure stays in the context.
    pub(crate) fn keep(&self) {
        call!(tl_feed_keep(self.handle));
    }
}

impl Drop for Feed<'_> {
    fn drop(&mut self) {
        call!(tl_feed_release(self.handle));
    }
}

impl fmt::Debug for Feed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Feed({} tensors)", self.width)
    }
}
