//! Metrics.

use crate::call::gate;
use crate::error::done;
use crate::{
    ffi, text, Context, Error, FBetaOptions, R2Options, Result, Tensor, ThresholdOptions, Variables,
};
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::ptr;

/// What many batches add up to, counted in f64. No tape sees it, and it works in a compiled step.
pub struct Metric {
    pub(crate) handle: *mut ffi::tl_metric,
    pub(crate) context: *mut ffi::tl_context,
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
            Metric::made(context, $call, handle)
        }
    };
}

macro_rules! metric_by_thresholds {
    ($(#[$doc:meta])* $name:ident, $function:ident, $call:literal) => {
        $(#[$doc])*
        pub fn $name(context: &Context, thresholds: &[f64], options: &ThresholdOptions) -> Result<Metric> {
            let make = |options: &_| {
                call!($function(context.handle(), thresholds.as_ptr(), thresholds.len(), options))
            };
            Metric::made(context, $call, options.with_raw($call, make)?)
        }
    };
}

macro_rules! metric_with_options {
    ($(#[$doc:meta])* $name:ident, $function:ident, $call:literal, $parameter:ident: $kind:ty, $options:ty) => {
        $(#[$doc])*
        pub fn $name(context: &Context, $parameter: $kind, options: &$options) -> Result<Metric> {
            let make = |options: &_| call!($function(context.handle(), $parameter, options));
            Metric::made(context, $call, options.with_raw($call, make)?)
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

    metric! {
        /// [`Metric::sparse_categorical_accuracy`] where it is enough that the label is among the k largest predictions, of
        /// equals the first. k is 1 or more, 5 is usual.
        sparse_top_k_categorical_accuracy, tl_metric_sparse_top_k_categorical_accuracy,
        "metric_sparse_top_k_categorical_accuracy", k: i64
    }
    metric! {
        /// [`Metric::categorical_accuracy`] where it is enough that the label is among the k largest predictions, of equals
        /// the first. k is 1 or more, 5 is usual.
        top_k_categorical_accuracy, tl_metric_top_k_categorical_accuracy, "metric_top_k_categorical_accuracy", k: i64
    }

    metric_by_thresholds! {
        /// The weight of the predictions that are above a threshold, strictly, and whose label is 1: one result for each
        /// threshold, each in \[0, 1\]; without any there is one, 0.5. Labels: 0 and 1 of any dtype; predictions: f32 or f64,
        /// probabilities, or logits by an option, of the labels' shape but for a last axis of size 1; a NaN is above no threshold.
        true_positives, tl_metric_true_positives, "metric_true_positives"
    }
    metric_by_thresholds! {
        /// The weight of the predictions that are above a threshold and whose label is 0; otherwise [`Metric::true_positives`].
        false_positives, tl_metric_false_positives, "metric_false_positives"
    }
    metric_by_thresholds! {
        /// The weight of the predictions that are not above a threshold and whose label is 0; otherwise
        /// [`Metric::true_positives`].
        true_negatives, tl_metric_true_negatives, "metric_true_negatives"
    }
    metric_by_thresholds! {
        /// The weight of the predictions that are not above a threshold and whose label is 1; otherwise
        /// [`Metric::true_positives`].
        false_negatives, tl_metric_false_negatives, "metric_false_negatives"
    }
    metric_by_thresholds! {
        /// True positives by all predictions above a threshold, tp / (tp + fp); otherwise [`Metric::true_positives`]. With
        /// `top_k`, without thresholds, the k largest predictions of a row say yes; of equals the first.
        precision, tl_metric_precision, "metric_precision"
    }
    metric_by_thresholds! {
        /// True positives by all labels 1, tp / (tp + fn); otherwise [`Metric::precision`].
        recall, tl_metric_recall, "metric_recall"
    }
    metric_by_thresholds! {
        /// The area under a curve through the points of all thresholds: those given, or `threshold_count` of the options, evenly
        /// spread; one just below 0 and one just above 1 are always among them. Otherwise [`Metric::true_positives`].
        auc, tl_metric_auc, "metric_auc"
    }
    metric_with_options! {
        /// The largest sensitivity, tp / (tp + fn), over the thresholds at which the specificity, tn / (tn + fp), is at least
        /// this, in \[0, 1\]; 0 where there is none. Labels and predictions as in [`Metric::true_positives`].
        sensitivity_at_specificity, tl_metric_sensitivity_at_specificity, "metric_sensitivity_at_specificity",
        specificity: f64, ThresholdOptions
    }
    metric_with_options! {
        /// The largest specificity where the sensitivity is at least this; otherwise [`Metric::sensitivity_at_specificity`].
        specificity_at_sensitivity, tl_metric_specificity_at_sensitivity, "metric_specificity_at_sensitivity",
        sensitivity: f64, ThresholdOptions
    }
    metric_with_options! {
        /// The largest precision where the recall is at least this; otherwise [`Metric::sensitivity_at_specificity`].
        precision_at_recall, tl_metric_precision_at_recall, "metric_precision_at_recall", recall: f64, ThresholdOptions
    }
    metric_with_options! {
        /// The largest recall where the precision is at least this; otherwise [`Metric::sensitivity_at_specificity`].
        recall_at_precision, tl_metric_recall_at_precision, "metric_recall_at_precision", precision: f64, ThresholdOptions
    }
    metric_with_options! {
        /// (1 + beta^2) precision recall / (beta^2 precision + recall) of each class, 0 where that is 0 / 0 (van Rijsbergen 1979).
        /// Labels: 0 and 1 of any dtype; predictions: f32 or f64; both (..., classes), of one class also without that axis. A NaN
        /// says no. Weights are those of the rows.
        f_beta, tl_metric_f_beta, "metric_f_beta", classes: i64, FBetaOptions
    }
    metric! {
        /// The mean over the classes of tp / (tp + fp + fn), over those that are somewhere a label or a prediction. Labels:
        /// integers in \[0, classes); predictions: integers of their shape, or scores (..., classes), the largest of which counts.
        mean_iou, tl_metric_mean_iou, "metric_mean_iou", classes: i64
    }
    metric! {
        /// sqrt(sum(weights (label - prediction)^2) / sum(weights)) over all elements. Labels of any dtype and of the shape of the
        /// predictions, f32 or f64.
        root_mean_squared_error, tl_metric_root_mean_squared_error, "metric_root_mean_squared_error"
    }
    metric! {
        /// The mean over samples of the cosine of the angle between label and prediction, vectors along the last axis; 0 where one
        /// is zero.
        cosine_similarity, tl_metric_cosine_similarity, "metric_cosine_similarity"
    }
    metric! {
        /// The mean over samples of Pearson's correlation of label and prediction along the last axis; 0 where one does not vary.
        pearson_correlation, tl_metric_pearson_correlation, "metric_pearson_correlation"
    }
    metric_with_options! {
        /// The coefficient of determination of each output, 1 - sum(weights (label - prediction)^2) / sum(weights (label - mean
        /// label)^2); 0 where the labels do not vary. Labels and predictions: (samples, outputs), of one output also (samples).
        r2, tl_metric_r2, "metric_r2", outputs: i64, R2Options
    }

    pub(crate) fn made(context: &Context, call: &'static str, handle: *mut ffi::tl_metric) -> Result<Metric> {
        if handle.is_null() {
            return Err(Error::take(context.handle(), call, ffi::TL_INVALID_ARGUMENT));
        }
        Ok(Metric { handle, context: context.handle(), one_thread: PhantomData })
    }

    /// Adds values, of any shape and dtype, to a mean or sum.
    pub fn update(&self, values: &Tensor) -> Result<()> {
        self.add(values, ptr::null_mut())
    }

    /// Adds values with weights, which stand for their leading axes.
    pub fn update_weighted(&self, values: &Tensor, weights: &Tensor) -> Result<()> {
        self.add(values, weights.required())
    }

    /// Adds predictions to a metric that compares them with labels.
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

    /// What was added up so far; 0 for a share or mean of nothing. An error where there are several results.
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

    /// What was added up so far, as an f64 tensor: of rank 0, or of rank 1 where there are several results. It is computed
    /// by ops, so that a compiled step may give it out.
    pub fn result_tensor(&self) -> Tensor {
        expression!(self.context, tl_metric_result_tensor(self.handle))
    }

    /// Forgets what was added up.
    pub fn reset(&self) -> Result<()> {
        done(self.context, "metric_reset", call!(tl_metric_reset(self.handle)))
    }

    /// The state, f64 variables: total and count, or what the metric says.
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
