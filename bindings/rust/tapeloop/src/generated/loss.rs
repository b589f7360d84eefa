// Made from api.json by bindings/gen/generate. Do not edit.
//! Losses: functions of labels and predictions. Each returns a tensor, see [`Tensor`](crate::Tensor).

use crate::ffi;
use crate::generated::*;
use crate::Tensor;
use std::ptr;

/// Of all losses. The last axis of the predictions, that of classes or features, is never empty; a batch of no
/// samples is fine. A loss refuses options that it has no use for.
#[derive(Debug, Clone)]
#[must_use]
pub struct LossOptions {
    reduction: Option<Reduction>,
    from_probabilities: bool,
    label_smoothing: f64,
    weights: Option<Tensor>,
}

impl Default for LossOptions {
    fn default() -> LossOptions {
        LossOptions::new()
    }
}

impl LossOptions {
    /// All options at their defaults.
    pub fn new() -> LossOptions {
        LossOptions { reduction: None, from_probabilities: false, label_smoothing: 0.0, weights: None }
    }

    /// Default `Reduction::Mean`.
    pub fn reduction(mut self, reduction: Reduction) -> LossOptions {
        self.reduction = Some(reduction);
        self
    }

    /// Predictions are probabilities, not logits (default false); cross-entropies only.
    pub fn from_probabilities(mut self, from_probabilities: bool) -> LossOptions {
        self.from_probabilities = from_probabilities;
        self
    }

    /// s in \[0, 1\]: labels become labels (1 - s) + s / classes, binary ones s / 2 (default 0); of
    /// cross-entropies other than the sparse one.
    pub fn label_smoothing(mut self, label_smoothing: f64) -> LossOptions {
        self.label_smoothing = label_smoothing;
        self
    }

    /// Of samples, along the leading axes of the losses, any dtype.
    pub fn weights(mut self, weights: &Tensor) -> LossOptions {
        self.weights = Some(weights.clone());
        self
    }

    fn raw(&self) -> ffi::tl_loss_options {
        let mut options = options!(tl_loss_options, tl_loss_options_init);
        if let Some(value) = self.reduction {
            options.reduction = value as i32;
        }
        options.from_probabilities = self.from_probabilities;
        options.label_smoothing = self.label_smoothing;
        options.weights = self.weights.as_ref().map_or(ptr::null_mut(), |tensor| tensor.required());
        options
    }
}

/// -log p\[label\]. Labels: integers (...) or (..., 1) in \[0, classes); predictions: f32 or f64 (...,
/// classes), logits unless the options say otherwise; probabilities, none negative and not all 0, are divided
/// by their sum and limited to \[1e-7, 1 - 1e-7\]. A NaN or infinity among the predictions of a sample may
/// make its loss NaN. No label smoothing. Since 0.1.
pub fn sparse_categorical_cross_entropy(labels: &Tensor, predictions: &Tensor) -> Tensor {
    expression!(
        labels.context,
        tl_loss_sparse_categorical_cross_entropy(
            labels.context,
            labels.handle,
            predictions.handle,
            ptr::null()
        )
    )
}

/// [`sparse_categorical_cross_entropy`] with options.
pub fn sparse_categorical_cross_entropy_with(
    labels: &Tensor,
    predictions: &Tensor,
    options: &LossOptions,
) -> Tensor {
    expression!(
        labels.context,
        tl_loss_sparse_categorical_cross_entropy(
            labels.context,
            labels.handle,
            predictions.handle,
            &options.raw()
        )
    )
}

/// -sum(labels log p) over the last axis, for label probabilities, each in \[0, 1\], of the shape and dtype of
/// the predictions, which are as in `sparse_categorical_cross_entropy`. Since 0.1.
pub fn categorical_cross_entropy(labels: &Tensor, predictions: &Tensor) -> Tensor {
    expression!(
        labels.context,
        tl_loss_categorical_cross_entropy(labels.context, labels.handle, predictions.handle, ptr::null())
    )
}

/// [`categorical_cross_entropy`] with options.
pub fn categorical_cross_entropy_with(
    labels: &Tensor,
    predictions: &Tensor,
    options: &LossOptions,
) -> Tensor {
    expression!(
        labels.context,
        tl_loss_categorical_cross_entropy(labels.context, labels.handle, predictions.handle, &options.raw())
    )
}

/// The mean over the last axis of -(label log p + (1 - label) log(1 - p)): independent yes-no labels in \[0,
/// 1\], of any dtype and of the shape of the predictions. With rank 0 or 1 each element is a sample.
/// Probabilities are limited to \[1e-7, 1 - 1e-7\]. Since 0.1.
pub fn binary_cross_entropy(labels: &Tensor, predictions: &Tensor) -> Tensor {
    expression!(
        labels.context,
        tl_loss_binary_cross_entropy(labels.context, labels.handle, predictions.handle, ptr::null())
    )
}

/// [`binary_cross_entropy`] with options.
pub fn binary_cross_entropy_with(labels: &Tensor, predictions: &Tensor, options: &LossOptions) -> Tensor {
    expression!(
        labels.context,
        tl_loss_binary_cross_entropy(labels.context, labels.handle, predictions.handle, &options.raw())
    )
}

/// The mean over the last axis of (labels - predictions)^2; shapes and dtypes agree. With rank 0 or 1 each
/// element is a sample. Since 0.1.
pub fn mean_squared_error(labels: &Tensor, predictions: &Tensor) -> Tensor {
    expression!(
        labels.context,
        tl_loss_mean_squared_error(labels.context, labels.handle, predictions.handle, ptr::null())
    )
}

/// [`mean_squared_error`] with options.
pub fn mean_squared_error_with(labels: &Tensor, predictions: &Tensor, options: &LossOptions) -> Tensor {
    expression!(
        labels.context,
        tl_loss_mean_squared_error(labels.context, labels.handle, predictions.handle, &options.raw())
    )
}

/// The mean over the last axis of |labels - predictions|; otherwise `mean_squared_error`. Since 0.1.
pub fn mean_absolute_error(labels: &Tensor, predictions: &Tensor) -> Tensor {
    expression!(
        labels.context,
        tl_loss_mean_absolute_error(labels.context, labels.handle, predictions.handle, ptr::null())
    )
}

/// [`mean_absolute_error`] with options.
pub fn mean_absolute_error_with(labels: &Tensor, predictions: &Tensor, options: &LossOptions) -> Tensor {
    expression!(
        labels.context,
        tl_loss_mean_absolute_error(labels.context, labels.handle, predictions.handle, &options.raw())
    )
}

/// Weighs and reduces the losses of samples, f32 or f64, that the program computed itself. Since 0.1.
pub fn reduce(losses: &Tensor) -> Tensor {
    expression!(losses.context, tl_loss_reduce(losses.context, losses.handle, ptr::null()))
}

/// [`reduce`] with options.
pub fn reduce_with(losses: &Tensor, options: &LossOptions) -> Tensor {
    expression!(losses.context, tl_loss_reduce(losses.context, losses.handle, &options.raw()))
}
