//! Metrics.

use crate::call::gate;
use crate::error::done;
use crate::{ffi, text, Context, Error, Result, Tensor, Variables};
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::ptr;

/// An average over many batches, counted in f64. No tape sees it.
pub struct Metric {
    pub(crate) handle: *mut ffi::tl_metric,
    context: *mut ffi::tl_context,
    one_thread: PhantomData<Cell<()>>,
}

// SAFETY: handles, which are never followed here; nothing of a metric is tied to a thread.
unsafe impl Send for Metric {}

macro_rules! metric {
    ($(#[$doc:meta])* $name:ident, $function:ident, $call:literal $(, $parameter:ident: $kind:ty)*) => {
        $(#[$doc])*
        pub fn $name<'a>(context: &Context, $($parameter: $kind,)* name: impl Into<Option<&'a str>>) -> Result<Metric> {
            let name = text::optional_text($call, name.into())?;
            let handle = call!($function(context.handle(), $($parameter,)* text::pointer_of(&name)));
            if handle.is_null() {
                return Err(Error::take(context.handle(), $call, ffi::TL_INVALID_ARGUMENT));
            }
            Ok(Metric { handle, context: context.handle(), one_thread: PhantomData })
        }
    };
}

impl Metric {
    metric! {
        /// sum(weights values) / sum(weights); 0 over nothing. The name may be `None`.
        mean, tl_metric_mean, "metric_mean"
    }
    metric! {
        /// sum(weights values). The name may be `None`.
        sum, tl_metric_sum, "metric_sum"
    }
    metric! {
        /// The share of samples whose largest prediction (the first of equals) is that of the label. Labels: integers (...) or
        /// (..., 1); predictions: (..., classes). The name may be `None`.
        sparse_categorical_accuracy, tl_metric_sparse_categorical_accuracy, "metric_sparse_categorical_accuracy"
    }
    metric! {
        /// The same for label probabilities or one-hot labels of the shape of the predictions, any dtype.
        categorical_accuracy, tl_metric_categorical_accuracy, "metric_categorical_accuracy"
    }
    metric! {
        /// The share of elements for which (prediction > threshold), strictly, is the label, 0 or 1 of any dtype. 0.5 is usual for
        /// probabilities, 0 for logits.
        binary_accuracy, tl_metric_binary_accuracy, "metric_binary_accuracy", threshold: f64
    }

    /// Adds values, of any shape and dtype, to a mean or sum.
    pub fn update(&self, values: &Tensor) -> Result<()> {
        self.add(values, ptr::null_mut())
    }

    /// Adds values with weights, which stand for their leading axes.
    pub fn update_weighted(&self, values: &Tensor, weights: &Tensor) -> Result<()> {
        self.add(values, weights.required())
    }

    /// Adds predictions, f32 or f64, to an accuracy.
    pub fn update_predictions(&self, labels: &Tensor, predictions: &Tensor) -> Result<()> {
        self.add_predictions(labels, predictions, ptr::null_mut())
    }

    /// Adds predictions with weights, which stand for the leading axes of the samples.
    pub fn update_predictions_weighted(
        &self,
        labels: &Tensor,
        predictions: &Tensor,
        weights: &Tensor,
    ) -> Result<()> {
        self.add_predictions(labels, predictions, weights.required())
    }

    fn add(&self, values: &Tensor, weights: *mut ffi::tl_tensor) -> Result<()> {
        done(self.context, "metric_update", call!(tl_metric_update(self.handle, values.handle, weights)))
    }

    fn add_predictions(
        &self,
        labels: &Tensor,
        predictions: &Tensor,
        weights: *mut ffi::tl_tensor,
    ) -> Result<()> {
        done(
            self.context,
            "metric_update_predictions",
            call!(tl_metric_update_predictions(self.handle, labels.handle, predictions.handle, weights)),
        )
    }

    /// What was added up so far; 0 for a mean or accuracy over nothing.
    pub fn result(&self) -> Result<f64> {
        let value = call!(tl_metric_result(self.handle));
        if value.is_nan() {
            // A NaN may be the value, or say that there is an error.
            if let Some(error) = Error::take_if_any(self.context, "metric_result") {
                return Err(error);
            }
        }
        Ok(value)
    }

    /// Forgets what was added up.
    pub fn reset(&self) -> Result<()> {
        done(self.context, "metric_reset", call!(tl_metric_reset(self.handle)))
    }

    /// The state, two f64 variables: total and count.
    pub fn variables(&self) -> Variables<'_> {
        Variables::of_metric(self.handle, self.context)
    }

    /// The name.
    pub fn name(&self) -> Result<String> {
        let name = {
            let _gate = gate(self.context);
            // SAFETY: the text lives until the metric ends, which needs the gate or this very metric.
            unsafe { text::copied(ffi::tl_metric_name(self.handle)) }
        };
        if name.is_empty() {
            Error::take_if_any(self.context, "metric_name").map_or(Ok(()), Err)?;
        }
        Ok(name)
    }
}

impl Drop for Metric {
    fn drop(&mut self) {
        call!(tl_metric_release(self.handle));
    }
}

impl fmt::Debug for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Metric({:?})", self.handle)
    }
}
