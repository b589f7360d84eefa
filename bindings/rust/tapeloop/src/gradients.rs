//! The gradients of a whole model, and clipping.

use crate::error::done;
use crate::list::TensorList;
use crate::{ffi, Code, Error, GradientReason, NonFinite, Result, Tensor, TensorRef};
use std::fmt;
use std::ptr;

/// Gradients as a tape gives them, one for each source: an array of handles that goes to the optimizer and to clipping as it is.
pub struct Gradients {
    handles: Vec<*mut ffi::tl_tensor>,
    reasons: Vec<i32>,
    context: *mut ffi::tl_context,
}

// SAFETY: as for Tensor: handles, which are never followed here.
unsafe impl Send for Gradients {}
// SAFETY: as above.
unsafe impl Sync for Gradients {}

impl Gradients {
    pub(crate) fn with_room(count: usize, context: *mut ffi::tl_context) -> Gradients {
        Gradients { handles: vec![ptr::null_mut(); count], reasons: Vec::new(), context }
    }

    /// What a call has made. They are given up when the call has failed after all.
    pub(crate) fn made(
        context: *mut ffi::tl_context,
        call: &str,
        status: i32,
        handles: Vec<*mut ffi::tl_tensor>,
    ) -> Result<Gradients> {
        let made = Gradients { handles, reasons: Vec::new(), context };
        done(context, call, status)?;
        Ok(made)
    }

    /// The array for C to fill with new handles.
    pub(crate) fn room(&mut self) -> &mut [*mut ffi::tl_tensor] {
        &mut self.handles
    }

    pub(crate) fn set_reasons(&mut self, reasons: Vec<i32>) {
        self.reasons = reasons;
    }

    pub(crate) fn handles(&self) -> &[*mut ffi::tl_tensor] {
        &self.handles
    }

    pub(crate) fn context(&self) -> *mut ffi::tl_context {
        self.context
    }

    /// The only gradient of a single source, which exists.
    pub(crate) fn into_first(mut self) -> Tensor {
        let handle = self
            .handles
            .first_mut()
            .map_or(ptr::null_mut(), |first| std::mem::replace(first, ptr::null_mut()));
        Tensor::from_raw(handle, self.context)
    }

    /// How many sources there were.
    pub fn len(&self) -> usize {
        self.handles.len()
    }

    /// Whether there were none.
    pub fn is_empty(&self) -> bool {
        self.handles.is_empty()
    }

    /// The gradient of a source; `None` for one that is not connected, or that does not exist.
    pub fn get(&self, index: usize) -> Option<TensorRef<'_>> {
        self.handles
            .get(index)
            .filter(|handle| !handle.is_null())
            .map(|handle| TensorRef::new(*handle, self.context))
    }

    /// Whether a source is connected, and if not, why. `None` unless [`GradientOptions::reasons`](crate::GradientOptions::reasons)
    /// asked for it.
    pub fn reason(&self, index: usize) -> Option<GradientReason> {
        self.reasons.get(index).map(|raw| GradientReason::from_raw(*raw).unwrap_or(GradientReason::Unknown))
    }

    /// All of them in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<TensorRef<'_>>> + '_ {
        (0..self.len()).map(move |index| self.get(index))
    }

    /// All of them in order, as tensors of their own.
    pub fn into_vec(mut self) -> Vec<Option<Tensor>> {
        let context = self.context;
        let handles = std::mem::take(&mut self.handles);
        handles
            .into_iter()
            .map(|handle| (!handle.is_null()).then(|| Tensor::from_raw(handle, context)))
            .collect()
    }
}

impl Drop for Gradients {
    fn drop(&mut self) {
        call!(tl_tensors_release(self.handles.as_ptr(), self.handles.len()));
    }
}

impl IntoIterator for Gradients {
    type Item = Option<Tensor>;
    type IntoIter = std::vec::IntoIter<Option<Tensor>>;
    fn into_iter(self) -> Self::IntoIter {
        self.into_vec().into_iter()
    }
}

impl fmt::Debug for Gradients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Scales gradients by one factor, so that the norm of all their elements together is at most `max_norm`: the clipped gradients
/// and the norm before clipping. `None` entries pass through. A norm that is not finite is [`Code::NonFinite`].
pub fn clip_by_global_norm<L: TensorList + ?Sized>(
    gradients: &L,
    max_norm: f64,
) -> Result<(Gradients, Tensor)> {
    clip_by_global_norm_with(gradients, max_norm, NonFinite::Error)
}

/// [`clip_by_global_norm`] that says what a norm that is not finite does.
pub fn clip_by_global_norm_with<L: TensorList + ?Sized>(
    gradients: &L,
    max_norm: f64,
    non_finite: NonFinite,
) -> Result<(Gradients, Tensor)> {
    let context = gradients.list_context();
    if context.is_null() {
        return Err(no_gradient());
    }
    let mut options = options!(tl_clip_options, tl_clip_options_init);
    options.non_finite = non_finite as i32;
    gradients.with_handles(|handles| {
        let mut clipped = Gradients::with_room(handles.len(), context);
        let mut norm = ptr::null_mut();
        let (from, count, to) = (handles.as_ptr(), handles.len(), clipped.room().as_mut_ptr());
        done(
            context,
            "clip_by_global_norm",
            call!(tl_clip_by_global_norm(context, from, count, max_norm, &options, to, &mut norm)),
        )?;
        Ok((clipped, Tensor::from_raw(norm, context)))
    })
}

/// The norm of all elements of the gradients together, f64 of rank 0; `None` entries count as nothing.
pub fn global_norm<L: TensorList + ?Sized>(gradients: &L) -> Result<Tensor> {
    let context = gradients.list_context();
    if context.is_null() {
        return Err(no_gradient());
    }
    gradients.with_handles(|handles| {
        expression!(context, tl_global_norm(context, handles.as_ptr(), handles.len())).made("global_norm")
    })
}

fn no_gradient() -> Error {
    Error::new(Code::InvalidArgument, "[global_norm] there must be at least one gradient: got none")
}
