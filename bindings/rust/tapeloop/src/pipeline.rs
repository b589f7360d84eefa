//! Pipelines: datasets of functions and iterators, and what is made of datasets beyond batches.

use crate::closure::{array, array_mut, lent};
use crate::dataset::{Panics, Payload};
use crate::error::done;
use crate::{after, ffi, Code, Context, Dataset, Error, Result, Tensor, TensorRef};
use std::ffi::CString;
use std::mem::ManuallyDrop;
use std::os::raw::c_void;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard};

/// Which element a closure is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The epoch of the source, from 0.
    pub epoch: u64,
    /// The index of the source's element in its epoch, from 0.
    pub index: i64,
    /// Of random numbers for this element, which is that of the closure's context: it follows from the seed of the stage, the
    /// epoch and the index.
    pub seed: u64,
}

/// How [`Dataset::map`] runs its closure.
#[derive(Debug, Clone, Copy, Default)]
pub struct MapOptions {
    threads: i32,
    seed: u64,
}

impl MapOptions {
    /// On the thread that asks for elements, with seed 0.
    pub fn new() -> MapOptions {
        MapOptions::default()
    }

    /// On so many threads of its own, at most 256. Elements come in the order of the source all the same.
    pub fn threads(mut self, threads: i32) -> MapOptions {
        self.threads = threads;
        self
    }

    /// The seed of the random numbers of its elements.
    pub fn seed(mut self, seed: u64) -> MapOptions {
        self.seed = seed;
        self
    }
}

/// What C holds of a closure, and the datasets of its panics.
struct Shared<F> {
    name: &'static str,
    context: *mut ffi::tl_context,
    closure: F,
    panics: Arc<Panics>,
    /// What the closure gave last in each of its contexts: C reads it when the closure is back.
    given: Mutex<Vec<(usize, Vec<Tensor>)>>,
}

// SAFETY: the handle is a number that is never followed here.
unsafe impl<F: Send> Send for Shared<F> {}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    match mutex.lock() {
        Ok(guard) => guard,
        Err(poisoned) => poisoned.into_inner(), // nothing is half changed while it is held
    }
}

impl<F> Shared<F> {
    /// The user data for C, which put_aside() frees, and where the panics of the closure go.
    fn leak(name: &'static str, context: *mut ffi::tl_context, closure: F) -> (*mut c_void, Arc<Panics>) {
        let panics = Arc::new(Panics::default());
        let given = Mutex::new(Vec::new());
        let shared = Shared { name, context, closure, panics: Arc::clone(&panics), given };
        (Box::into_raw(Box::new(shared)) as *mut c_void, panics)
    }

    /// Runs f, which calls the closure; its error or panic goes to the closure's context.
    fn run(&self, context: *mut ffi::tl_context, f: impl FnOnce(&F, &Context) -> Result<()>) -> i32 {
        let inside = ManuallyDrop::new(Context::inside(context));
        let error = match catch_unwind(AssertUnwindSafe(|| f(&self.closure, &inside))) {
            Ok(Ok(())) => return ffi::TL_OK,
            Ok(Err(error)) => error,
            Err(payload) => self.panicked(payload),
        };
        let message = CString::new(error.message().replace('\0', " ")).unwrap_or_default();
        call!(tl_set_error(context, error.code() as i32, message.as_ptr()));
        error.code() as i32
    }

    fn panicked(&self, payload: Payload) -> Error {
        self.panics.put(payload);
        Error::new(Code::FailedPrecondition, format!("[{}] {}", self.name, Panics::MESSAGE))
    }

    /// Hands tensors over to C, and keeps them until the closure runs again.
    fn give(
        &self,
        context: *mut ffi::tl_context,
        tensors: Vec<Tensor>,
        outputs: &mut [*mut ffi::tl_tensor],
    ) -> Result<()> {
        if tensors.len() != outputs.len() {
            let message = format!(
                "[{}] the closure must give {} tensors: got {}",
                self.name,
                outputs.len(),
                tensors.len()
            );
            return Err(Error::new(Code::InvalidArgument, message));
        }
        for (output, tensor) in outputs.iter_mut().zip(&tensors) {
            *output = tensor.required();
        }
        let mut given = locked(&self.given);
        match given.iter_mut().find(|(of, _)| *of == context as usize) {
            Some((_, before)) => drop(std::mem::replace(before, tensors)),
            None => given.push((context as usize, tensors)),
        }
        Ok(())
    }
}

/// The end of a closure. Dropping it runs code of the program: that waits until a call is back from C.
unsafe extern "C" fn put_aside<F: Send + 'static>(user_data: *mut c_void) {
    // SAFETY: runs once, with the box that was leaked for this call.
    let shared = unsafe { Box::from_raw(user_data as *mut Shared<F>) };
    after::push(shared.context, after::Work::Drop(shared));
}

/// # Safety
/// `place` is that of a callback of C.
unsafe fn place_of(place: *const ffi::tl_element_place) -> Place {
    // SAFETY: the caller's promise.
    let p = unsafe { &*place };
    Place { epoch: p.epoch, index: p.index, seed: p.seed }
}

unsafe extern "C" fn run_element<F>(
    context: *mut ffi::tl_context,
    user_data: *mut c_void,
    place: *const ffi::tl_element_place,
    inputs: *const *mut ffi::tl_tensor,
    num_inputs: usize,
    outputs: *mut *mut ffi::tl_tensor,
    num_outputs: usize,
) -> i32
where
    F: Fn(&Context, Place, &[TensorRef<'_>]) -> Result<Vec<Tensor>>,
{
    // SAFETY: the user data is the box that datasets hold, and arrays have as many entries as C says.
    let (shared, place, inputs, outputs) = unsafe {
        (
            &*(user_data as *const Shared<F>),
            place_of(place),
            array(inputs, num_inputs),
            array_mut(outputs, num_outputs),
        )
    };
    shared
        .run(context, |closure, c| shared.give(context, closure(c, place, &lent(inputs, context))?, outputs))
}

unsafe extern "C" fn run_predicate<F>(
    context: *mut ffi::tl_context,
    user_data: *mut c_void,
    place: *const ffi::tl_element_place,
    inputs: *const *mut ffi::tl_tensor,
    num_inputs: usize,
    keep: *mut bool,
) -> i32
where
    F: Fn(&Context, Place, &[TensorRef<'_>]) -> Result<bool>,
{
    // SAFETY: as above; `keep` is a result that C wants.
    let (shared, place, inputs, keep) = unsafe {
        (&*(user_data as *const Shared<F>), place_of(place), array(inputs, num_inputs), &mut *keep)
    };
    shared.run(context, |closure, c| {
        *keep = closure(c, place, &lent(inputs, context))?;
        Ok(())
    })
}

unsafe extern "C" fn run_begin<I, B, F>(
    context: *mut ffi::tl_context,
    user_data: *mut c_void,
    epoch: u64,
    iteration: *mut u64,
) -> i32
where
    B: Fn(u64) -> I,
{
    // SAFETY: as above; `iteration` is a result that C wants.
    let (shared, iteration) = unsafe { (&*(user_data as *const Shared<(B, F)>), &mut *iteration) };
    shared.run(context, |(begin, _), _| {
        *iteration = Box::into_raw(Box::new(begin(epoch))) as usize as u64;
        Ok(())
    })
}

unsafe extern "C" fn run_next<I, B, F>(
    context: *mut ffi::tl_context,
    user_data: *mut c_void,
    iteration: u64,
    outputs: *mut *mut ffi::tl_tensor,
    num_outputs: usize,
    more: *mut bool,
) -> i32
where
    I: Iterator,
    F: Fn(&Context, I::Item) -> Result<Vec<Tensor>>,
{
    // SAFETY: as above; the iteration is the box of run_begin(), which one thread at a time uses.
    let (shared, iterator, outputs, more) = unsafe {
        (
            &*(user_data as *const Shared<(B, F)>),
            &mut *(iteration as usize as *mut I),
            array_mut(outputs, num_outputs),
            &mut *more,
        )
    };
    shared.run(context, |(_, convert), c| match iterator.next() {
        Some(item) => shared.give(context, convert(c, item)?, outputs),
        None => {
            *more = false;
            Ok(())
        }
    })
}

unsafe extern "C" fn run_end<I, B, F>(user_data: *mut c_void, iteration: u64) {
    if iteration == 0 {
        return; // begin() has panicked
    }
    // SAFETY: what begin() was given, which C keeps until the last run has ended.
    let shared = unsafe { &*(user_data as *const Shared<(B, F)>) };
    // SAFETY: the box of run_begin(), which ends once.
    let iterator = unsafe { Box::from_raw(iteration as usize as *mut I) };
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(iterator))) {
        shared.panics.put(payload);
    }
}

/// # Sources
impl Dataset {
    /// `start`, `start + step`, and so on before `stop`, as I64 scalars.
    pub fn range(context: &Context, start: i64, stop: i64, step: i64) -> Result<Dataset> {
        let handle = call!(tl_dataset_range(context.handle(), start, stop, step));
        Dataset::made(context.handle(), "dataset_range", handle)
    }

    /// `size` elements of `width` tensors each that a closure gives by epoch and index, in any order: records of a file whose
    /// places are known, for one. It must give the same for the same place. It runs on the thread that asks for elements (that of
    /// [`next_element`](Dataset::next_element), or one of a [`prefetch`](Dataset::prefetch) or [`map`](Dataset::map) behind it) with
    /// a context of its own; its error or panic ends the iteration.
    ///
    /// ```
    /// # use tapeloop::{Context, Dataset, DType};
    /// # fn main() -> tapeloop::Result<()> {
    /// let c = Context::new()?;
    /// let squares = Dataset::from_function(&c, 5, 1, |c, at| {
    ///     Ok(vec![c.scalar(DType::F32, (at.index * at.index) as f64)])
    /// })?;
    /// let batches = squares.batch(5, false)?.prefetch(2)?;
    /// let batch = batches.next_element()?.unwrap();
    /// assert_eq!(batch[0].to_vec::<f32>()?, [0.0, 1.0, 4.0, 9.0, 16.0]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_function<F>(context: &Context, size: i64, width: usize, closure: F) -> Result<Dataset>
    where
        F: Fn(&Context, Place) -> Result<Vec<Tensor>> + Send + Sync + 'static,
    {
        fn of_no_inputs<F>(
            closure: F,
        ) -> impl Fn(&Context, Place, &[TensorRef<'_>]) -> Result<Vec<Tensor>> + Send + Sync + 'static
        where
            F: Fn(&Context, Place) -> Result<Vec<Tensor>> + Send + Sync + 'static,
        {
            move |c: &Context, place: Place, _: &[TensorRef<'_>]| closure(c, place)
        }
        fn make<F>(context: &Context, size: i64, width: usize, closure: F) -> Result<Dataset>
        where
            F: Fn(&Context, Place, &[TensorRef<'_>]) -> Result<Vec<Tensor>> + Send + Sync + 'static,
        {
            const CALL: &str = "dataset_from_function";
            let (data, panics) = Shared::leak(CALL, context.handle(), closure);
            let handle = call!(tl_dataset_from_function(
                context.handle(),
                size,
                width,
                Some(run_element::<F>),
                data,
                Some(put_aside::<F>),
            ));
            Ok(Dataset::made(context.handle(), CALL, handle)?.with_panics(&[panics]))
        }
        make(context, size, width, of_no_inputs(closure))
    }

    /// Elements of `width` tensors that can only be had in order. `begin` makes an iterator for an epoch, and `convert` makes the
    /// tensors of an element of what it gives. To go on in the midst of an epoch, items are taken and dropped. Dropping a dataset waits
    /// for an iterator that is running, so that one which waits for a channel needs its sender dropped before. Runs as
    /// [`from_function`](Dataset::from_function) says.
    ///
    /// ```
    /// # use tapeloop::{Context, Dataset};
    /// # fn main() -> tapeloop::Result<()> {
    /// let c = Context::new()?;
    /// let words = |_epoch| "a bb ccc".split(' ');
    /// let lengths = Dataset::from_iterator(&c, 1, words, |c, word| Ok(vec![c.tensor(&[word.len() as i64], &[])?]))?;
    /// let mut found = Vec::new();
    /// while let Some(element) = lengths.next_element()? {
    ///     found.push(element[0].item()?);
    /// }
    /// assert_eq!(found, [1.0, 2.0, 3.0]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_iterator<I, B, F>(context: &Context, width: usize, begin: B, convert: F) -> Result<Dataset>
    where
        I: Iterator + Send + 'static,
        B: Fn(u64) -> I + Send + Sync + 'static,
        F: Fn(&Context, I::Item) -> Result<Vec<Tensor>> + Send + Sync + 'static,
    {
        const CALL: &str = "dataset_from_iterator";
        let (data, panics) = Shared::leak(CALL, context.handle(), (begin, convert));
        let handle = call!(tl_dataset_from_iterator(
            context.handle(),
            width,
            Some(run_begin::<I, B, F>),
            Some(run_next::<I, B, F>),
            Some(run_end::<I, B, F>),
            data,
            Some(put_aside::<(B, F)>),
        ));
        Ok(Dataset::made(context.handle(), CALL, handle)?.with_panics(&[panics]))
    }
}

/// # Functions
impl Dataset {
    /// What a closure makes of each element: `width` tensors. With threads several elements are computed at a time; they come in
    /// the order of the source all the same. The closure gets a context of its own, one for each thread, whose random numbers
    /// follow from the element: augmentation gives the same bits for any number of threads, and after a restart.
    ///
    /// Order matters: shuffle before, batch behind; cache before a random map; prefetch last.
    ///
    /// ```
    /// # use tapeloop::{Context, Dataset, DType, MapOptions};
    /// # fn main() -> tapeloop::Result<()> {
    /// let c = Context::new()?;
    /// let train = Dataset::range(&c, 0, 100, 1)?
    ///     .shuffle(7)?
    ///     .map(1, MapOptions::new().threads(2).seed(1), |c, _, x| {
    ///         Ok(vec![x[0].cast(DType::F32) + c.normal(&[])])
    ///     })?
    ///     .batch(32, true)?
    ///     .prefetch(2)?;
    /// assert_eq!(train.epoch::<1>().count(), 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn map<F>(&self, width: usize, options: MapOptions, closure: F) -> Result<Dataset>
    where
        F: Fn(&Context, Place, &[TensorRef<'_>]) -> Result<Vec<Tensor>> + Send + Sync + 'static,
    {
        const CALL: &str = "dataset_map";
        let mut raw = options!(tl_map_options, tl_map_options_init);
        raw.threads = options.threads;
        raw.seed = options.seed;
        let (data, panics) = Shared::leak(CALL, self.context, closure);
        let handle = call!(tl_dataset_map(
            self.context,
            self.handle,
            Some(run_element::<F>),
            data,
            Some(put_aside::<F>),
            width,
            &raw,
        ));
        Ok(self.decorated(CALL, handle)?.with_panics(&[panics]))
    }

    /// The elements for which a closure says `true`. `seed` is that of its random numbers. Runs as [`map`](Dataset::map) without
    /// threads.
    pub fn filter<F>(&self, seed: u64, closure: F) -> Result<Dataset>
    where
        F: Fn(&Context, Place, &[TensorRef<'_>]) -> Result<bool> + Send + Sync + 'static,
    {
        const CALL: &str = "dataset_filter";
        let (data, panics) = Shared::leak(CALL, self.context, closure);
        let handle = call!(tl_dataset_filter(
            self.context,
            self.handle,
            Some(run_predicate::<F>),
            data,
            Some(put_aside::<F>),
            seed,
        ));
        Ok(self.decorated(CALL, handle)?.with_panics(&[panics]))
    }
}

/// # Order
impl Dataset {
    /// Elements drawn at random from a buffer that the next `buffer` elements fill: for datasets too large or too slow to be shuffled
    /// as a whole.
    pub fn shuffle_buffer(&self, seed: u64, buffer: i64) -> Result<Dataset> {
        let handle = call!(tl_dataset_shuffle_buffer(self.context, self.handle, seed, buffer));
        self.decorated("dataset_shuffle_buffer", handle)
    }

    /// So many epochs as one; without an end where `count` is negative.
    pub fn repeat(&self, count: i64) -> Result<Dataset> {
        self.decorated("dataset_repeat", call!(tl_dataset_repeat(self.context, self.handle, count)))
    }

    /// One dataset after the other; at least one, all of one width.
    pub fn concatenate(sources: &[&Dataset]) -> Result<Dataset> {
        Dataset::joined("dataset_concatenate", sources, |context, handles| {
            call!(tl_dataset_concatenate(context, handles.as_ptr(), handles.len()))
        })
    }

    /// Elements that hold the tensors of one element of each dataset; as long as the shortest.
    pub fn zip(sources: &[&Dataset]) -> Result<Dataset> {
        Dataset::joined("dataset_zip", sources, |context, handles| {
            call!(tl_dataset_zip(context, handles.as_ptr(), handles.len()))
        })
    }

    /// `cycle` of the datasets in turn, `block` elements of each at a time; one that has ended makes room for the next.
    pub fn interleave(sources: &[&Dataset], cycle: i64, block: i64) -> Result<Dataset> {
        Dataset::joined("dataset_interleave", sources, |context, handles| {
            call!(tl_dataset_interleave(context, handles.as_ptr(), handles.len(), cycle, block))
        })
    }

    /// Each element from a dataset that is drawn at random, with the probability of its weight among those that have elements left.
    /// Ends with the last of them, or with the first that has ended where `stop_on_empty`.
    pub fn sample_from(
        sources: &[&Dataset],
        weights: &[f64],
        seed: u64,
        stop_on_empty: bool,
    ) -> Result<Dataset> {
        const CALL: &str = "dataset_sample_from";
        if weights.len() != sources.len() {
            let message = format!(
                "[{}] there must be a weight for each source: got {} for {}; 0 leaves one out",
                CALL,
                weights.len(),
                sources.len()
            );
            return Err(Error::new(Code::InvalidArgument, message));
        }
        Dataset::joined(CALL, sources, |context, handles| {
            call!(tl_dataset_sample_from(
                context,
                handles.as_ptr(),
                weights.as_ptr(),
                handles.len(),
                seed,
                stop_on_empty,
            ))
        })
    }

    /// New weights for a dataset of [`sample_from`](Dataset::sample_from). Datasets made of it follow from their next element on, whatever
    /// was made ahead. A saved position holds the weights. [`Code::FailedPrecondition`](crate::Code::FailedPrecondition) while there is a
    /// [`cache`](Dataset::cache) of elements of the mixture: cache the sources.
    pub fn set_weights(&self, weights: &[f64]) -> Result<()> {
        let status = call!(tl_dataset_set_weights(self.handle, weights.as_ptr(), weights.len()));
        done(self.context, "dataset_set_weights", status)
    }

    fn joined(
        call: &str,
        sources: &[&Dataset],
        make: impl FnOnce(*mut ffi::tl_context, &[*mut ffi::tl_dataset]) -> *mut ffi::tl_dataset,
    ) -> Result<Dataset> {
        let first = sources.first().ok_or_else(|| {
            let message = format!("[{}] there must be at least 1 source: got 0; check the list", call);
            Error::new(Code::InvalidArgument, message)
        })?;
        let handles: Vec<_> = sources.iter().map(|source| source.handle).collect();
        let mut made = Dataset::made(first.context, call, make(first.context, &handles))?;
        for source in sources {
            made = made.with_panics(source.panics());
        }
        Ok(made)
    }
}

/// # Groups
impl Dataset {
    /// [`batch`](Dataset::batch) of tensors that differ in size, not in rank: each is filled up to the longest of its batch with the
    /// number at its place in `padding`.
    pub fn padded_batch(&self, count: i64, drop_remainder: bool, padding: &[f64]) -> Result<Dataset> {
        let handle = call!(tl_dataset_padded_batch(
            self.context,
            self.handle,
            count,
            drop_remainder,
            padding.as_ptr(),
            padding.len(),
        ));
        self.decorated("dataset_padded_batch", handle)
    }

    /// Padded batches of elements of like length, which is the first dimension of tensor number `position`. Bucket i holds those
    /// below `boundaries[i]`, the last one the rest; `sizes[i]` of them make a batch.
    pub fn bucket_by_length(
        &self,
        position: usize,
        boundaries: &[i64],
        sizes: &[i64],
        drop_remainder: bool,
        padding: &[f64],
    ) -> Result<Dataset> {
        let handle = call!(tl_dataset_bucket_by_length(
            self.context,
            self.handle,
            position,
            boundaries.as_ptr(),
            boundaries.len(),
            sizes.as_ptr(),
            sizes.len(),
            drop_remainder,
            padding.as_ptr(),
            padding.len(),
        ));
        self.decorated("dataset_bucket_by_length", handle)
    }

    /// The rows of each element as elements. Nothing is copied.
    pub fn unbatch(&self) -> Result<Dataset> {
        self.decorated("dataset_unbatch", call!(tl_dataset_unbatch(self.context, self.handle)))
    }

    /// Groups of `size` consecutive elements, stacked as in a batch, whose beginnings are `shift` apart.
    pub fn window(&self, size: i64, shift: i64, drop_remainder: bool) -> Result<Dataset> {
        let handle = call!(tl_dataset_window(self.context, self.handle, size, shift, drop_remainder));
        self.decorated("dataset_window", handle)
    }
}

/// # Time and memory
impl Dataset {
    /// The elements of epoch 0, in every epoch: made once, and held in memory.
    pub fn cache(&self) -> Result<Dataset> {
        self.decorated("dataset_cache", call!(tl_dataset_cache(self.context, self.handle)))
    }

    /// Elements made ahead, up to `count`, on a thread of its own, which makes several at a time: 2 are enough for long steps, 8 or 16 keep
    /// steps below a millisecond from waiting.
    pub fn prefetch(&self, count: i64) -> Result<Dataset> {
        self.decorated("dataset_prefetch", call!(tl_dataset_prefetch(self.context, self.handle, count)))
    }

    /// Where the dataset stands, as bytes: for [`restore_position`](Dataset::restore_position) of a dataset that was made in the same
    /// way, in another process or language too.
    pub fn save_position(&self) -> Result<Vec<u8>> {
        const CALL: &str = "dataset_save_position";
        let mut length = 0;
        done(
            self.context,
            CALL,
            call!(tl_dataset_save_position(self.handle, ptr::null_mut(), 0, &mut length)),
        )?;
        let mut bytes = vec![0u8; length];
        let status =
            call!(tl_dataset_save_position(self.handle, bytes.as_mut_ptr(), bytes.len(), &mut length));
        done(self.context, CALL, status)?;
        Ok(bytes)
    }

    /// Goes to a place that [`save_position`](Dataset::save_position) gave.
    pub fn restore_position(&self, bytes: &[u8]) -> Result<()> {
        let status = call!(tl_dataset_restore_position(self.handle, bytes.as_ptr(), bytes.len()));
        done(self.context, "dataset_restore_position", status)
    }

    /// The seconds that elements of this epoch were waited for.
    pub fn waited(&self) -> Result<f64> {
        self.measured("dataset_waited", call!(tl_dataset_waited(self.handle)))
    }

    /// The share of input in the time of the loop, in per cent: [`waited`](Dataset::waited) over the time since the epoch's first
    /// element was asked for.
    pub fn input_wait(&self) -> Result<f64> {
        self.measured("dataset_input_wait", call!(tl_dataset_input_wait(self.handle)))
    }

    fn measured(&self, call: &str, value: f64) -> Result<f64> {
        if value.is_nan() {
            return Err(Error::take(self.context, call, ffi::TL_INVALID_ARGUMENT));
        }
        Ok(value)
    }
}
