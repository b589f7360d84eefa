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

/// The mean over the last axis of max(1 - label prediction, 0) (Cortes and Vapnik 1995): scores that are right
/// by a margin of 1 cost nothing. Labels: -1 and 1, of any dtype and of the shape of the predictions, f32 or
/// f64; where all labels of the call are 0 or 1 they are taken as -1 and 1, which ops find out, so that a
/// recorded step decides anew at each replay. Other labels are used as they are, as in Keras. With rank 0 or 1
/// each element is a sample. Since 0.1.
pub fn hinge(labels: &Tensor, predictions: &Tensor) -> Tensor {
    expression!(labels.context, tl_loss_hinge(labels.context, labels.handle, predictions.handle, ptr::null()))
}

/// [`hinge`] with options.
pub fn hinge_with(labels: &Tensor, predictions: &Tensor, options: &LossOptions) -> Tensor {
    expression!(
        labels.context,
        tl_loss_hinge(labels.context, labels.handle, predictions.handle, &options.raw())
    )
}

/// The mean over the last axis of max(1 - label prediction, 0)^2; otherwise `hinge`. Since 0.1.
pub fn squared_hinge(labels: &Tensor, predictions: &Tensor) -> Tensor {
    expression!(
        labels.context,
        tl_loss_squared_hinge(labels.context, labels.handle, predictions.handle, ptr::null())
    )
}

/// [`squared_hinge`] with options.
pub fn squared_hinge_with(labels: &Tensor, predictions: &Tensor, options: &LossOptions) -> Tensor {
    expression!(
        labels.context,
        tl_loss_squared_hinge(labels.context, labels.handle, predictions.handle, &options.raw())
    )
}

/// Max(neg - pos + 1, 0) with neg = max((1 - label) prediction) and pos = sum(label prediction) over the last
/// axis, that of the classes (after Crammer and Singer 2001). Labels: one-hot, of any dtype and of the shape
/// of the predictions. Since 0.1.
pub fn categorical_hinge(labels: &Tensor, predictions: &Tensor) -> Tensor {
    expression!(
        labels.context,
        tl_loss_categorical_hinge(labels.context, labels.handle, predictions.handle, ptr::null())
    )
}

/// [`categorical_hinge`] with options.
pub fn categorical_hinge_with(labels: &Tensor, predictions: &Tensor, options: &LossOptions) -> Tensor {
    expression!(
        labels.context,
        tl_loss_categorical_hinge(labels.context, labels.handle, predictions.handle, &options.raw())
    )
}

/// The mean over the last axis of e^2 / 2 where |e| \<= delta and delta |e| - delta^2 / 2 beyond, e =
/// prediction - label (Huber 1964); otherwise `mean_squared_error`. delta is finite and above 0; 1 is usual.
/// Since 0.1.
pub fn huber(labels: &Tensor, predictions: &Tensor, delta: f64) -> Tensor {
    expression!(
        labels.context,
        tl_loss_huber(labels.context, labels.handle, predictions.handle, delta, ptr::null())
    )
}

/// [`huber`] with options.
pub fn huber_with(labels: &Tensor, predictions: &Tensor, delta: f64, options: &LossOptions) -> Tensor {
    expression!(
        labels.context,
        tl_loss_huber(labels.context, labels.handle, predictions.handle, delta, &options.raw())
    )
}

/// The mean over the last axis of log(cosh(prediction - label)); otherwise `mean_squared_error`. Since 0.1.
pub fn log_cosh(labels: &Tensor, predictions: &Tensor) -> Tensor {
    expression!(
        labels.context,
        tl_loss_log_cosh(labels.context, labels.handle, predictions.handle, ptr::null())
    )
}

/// [`log_cosh`] with options.
pub fn log_cosh_with(labels: &Tensor, predictions: &Tensor, options: &LossOptions) -> Tensor {
    expression!(
        labels.context,
        tl_loss_log_cosh(labels.context, labels.handle, predictions.handle, &options.raw())
    )
}

/// 100 times the mean over the last axis of |label - prediction| / max(|label|, 1e-7); otherwise
/// `mean_squared_error`. Since 0.1.
pub fn mean_absolute_percentage_error(labels: &Tensor, predictions: &Tensor) -> Tensor {
    expression!(
        labels.context,
        tl_loss_mean_absolute_percentage_error(
            labels.context,
            labels.handle,
            predictions.handle,
            ptr::null()
        )
    )
}

/// [`mean_absolute_percentage_error`] with options.
pub fn mean_absolute_percentage_error_with(
    labels: &Tensor,
    predictions: &Tensor,
    options: &LossOptions,
) -> Tensor {
    expression!(
        labels.context,
        tl_loss_mean_absolute_percentage_error(
            labels.context,
            labels.handle,
            predictions.handle,
            &options.raw()
        )
    )
}

/// The mean over the last axis of (log(1 + prediction) - log(1 + label))^2, both limited to 1e-7 and above;
/// otherwise `mean_squared_error`. Since 0.1.
pub fn mean_squared_logarithmic_error(labels: &Tensor, predictions: &Tensor) -> Tensor {
    expression!(
        labels.context,
        tl_loss_mean_squared_logarithmic_error(
            labels.context,
            labels.handle,
            predictions.handle,
            ptr::null()
        )
    )
}

/// [`mean_squared_logarithmic_error`] with options.
pub fn mean_squared_logarithmic_error_with(
    labels: &Tensor,
    predictions: &Tensor,
    options: &LossOptions,
) -> Tensor {
    expression!(
        labels.context,
        tl_loss_mean_squared_logarithmic_error(
            labels.context,
            labels.handle,
            predictions.handle,
            &options.raw()
        )
    )
}

/// Minus the cosine of the angle between label and prediction, vectors along the last axis: -1 for one
/// direction, 1 for opposite ones. Rank 1 or more; shapes and dtypes agree. A vector shorter than 1e-7 counts
/// as one of that length, so that a zero vector gives 0. Since 0.1.
pub fn cosine_similarity(labels: &Tensor, predictions: &Tensor) -> Tensor {
    expression!(
        labels.context,
        tl_loss_cosine_similarity(labels.context, labels.handle, predictions.handle, ptr::null())
    )
}

/// [`cosine_similarity`] with options.
pub fn cosine_similarity_with(labels: &Tensor, predictions: &Tensor, options: &LossOptions) -> Tensor {
    expression!(
        labels.context,
        tl_loss_cosine_similarity(labels.context, labels.handle, predictions.handle, &options.raw())
    )
}

/// Sum(label log(label / prediction)) over the last axis, both limited to \[1e-7, 1\] (Kullback and Leibler
/// 1951). Labels and predictions are probabilities, of one shape and dtype, rank 1 or more; each label is in
/// \[0, 1\]. Since 0.1.
pub fn kl_divergence(labels: &Tensor, predictions: &Tensor) -> Tensor {
    expression!(
        labels.context,
        tl_loss_kl_divergence(labels.context, labels.handle, predictions.handle, ptr::null())
    )
}

/// [`kl_divergence`] with options.
pub fn kl_divergence_with(labels: &Tensor, predictions: &Tensor, options: &LossOptions) -> Tensor {
    expression!(
        labels.context,
        tl_loss_kl_divergence(labels.context, labels.handle, predictions.handle, &options.raw())
    )
}

/// The mean over the last axis of prediction - label log(prediction + 1e-7). Predictions: rates above 0;
/// labels: counts of any dtype and of the shape of the predictions. With rank 0 or 1 each element is a sample.
/// Since 0.1.
pub fn poisson(labels: &Tensor, predictions: &Tensor) -> Tensor {
    expression!(
        labels.context,
        tl_loss_poisson(labels.context, labels.handle, predictions.handle, ptr::null())
    )
}

/// [`poisson`] with options.
pub fn poisson_with(labels: &Tensor, predictions: &Tensor, options: &LossOptions) -> Tensor {
    expression!(
        labels.context,
        tl_loss_poisson(labels.context, labels.handle, predictions.handle, &options.raw())
    )
}

/// `binary_cross_entropy` times (1 - p)^gamma, p the probability that the prediction gives to the label (Lin
/// et al. 2017); for labels between 0 and 1 times (label (1 - p) + (1 - label) p)^gamma. gamma is finite and
/// not negative, 2 is usual. alpha, in \[0, 1\], weighs the classes by label alpha + (1 - label) (1 - alpha):
/// 0.25 is usual; 0 leaves it out, Keras' default. Since 0.1.
pub fn binary_focal_cross_entropy(labels: &Tensor, predictions: &Tensor, gamma: f64, alpha: f64) -> Tensor {
    expression!(
        labels.context,
        tl_loss_binary_focal_cross_entropy(
            labels.context,
            labels.handle,
            predictions.handle,
            gamma,
            alpha,
            ptr::null()
        )
    )
}

/// [`binary_focal_cross_entropy`] with options.
pub fn binary_focal_cross_entropy_with(
    labels: &Tensor,
    predictions: &Tensor,
    gamma: f64,
    alpha: f64,
    options: &LossOptions,
) -> Tensor {
    expression!(
        labels.context,
        tl_loss_binary_focal_cross_entropy(
            labels.context,
            labels.handle,
            predictions.handle,
            gamma,
            alpha,
            &options.raw()
        )
    )
}

/// -alpha sum(label (1 - p)^gamma log p) over the last axis (Lin et al. 2017); otherwise
/// `categorical_cross_entropy`. gamma is finite and not negative, 2 is usual; alpha is in \[0, 1\], 0.25 is
/// Keras' default, and 0 stands for no factor. Since 0.1.
pub fn categorical_focal_cross_entropy(
    labels: &Tensor,
    predictions: &Tensor,
    gamma: f64,
    alpha: f64,
) -> Tensor {
    expression!(
        labels.context,
        tl_loss_categorical_focal_cross_entropy(
            labels.context,
            labels.handle,
            predictions.handle,
            gamma,
            alpha,
            ptr::null()
        )
    )
}

/// [`categorical_focal_cross_entropy`] with options.
pub fn categorical_focal_cross_entropy_with(
    labels: &Tensor,
    predictions: &Tensor,
    gamma: f64,
    alpha: f64,
    options: &LossOptions,
) -> Tensor {
    expression!(
        labels.context,
        tl_loss_categorical_focal_cross_entropy(
            labels.context,
            labels.handle,
            predictions.handle,
            gamma,
            alpha,
            &options.raw()
        )
    )
}

/// 1 - 2 sum(label prediction) / (sum(label) + sum(prediction) + 1e-7) (Milletari et al. 2016). Predictions:
/// probabilities, f32 or f64; labels: 0 and 1 or shares between, of any dtype and the same shape. The sums run
/// over the whole batch, which is one sample then, or, per_example, over all axes but the first, of rank 2 or
/// more. Since 0.1.
pub fn dice(labels: &Tensor, predictions: &Tensor, per_example: bool) -> Tensor {
    expression!(
        labels.context,
        tl_loss_dice(labels.context, labels.handle, predictions.handle, per_example, ptr::null())
    )
}

/// [`dice`] with options.
pub fn dice_with(labels: &Tensor, predictions: &Tensor, per_example: bool, options: &LossOptions) -> Tensor {
    expression!(
        labels.context,
        tl_loss_dice(labels.context, labels.handle, predictions.handle, per_example, &options.raw())
    )
}

/// 1 - tp / (tp + alpha fp + beta fn + 1e-7) with tp = sum(label prediction), fp = sum((1 - label) prediction)
/// and fn = sum(label (1 - prediction)) (Salehi et al. 2017); otherwise `dice`, which it is for 0.5 and 0.5
/// but for the constant. alpha and beta are finite and not negative. Since 0.1.
pub fn tversky(labels: &Tensor, predictions: &Tensor, alpha: f64, beta: f64, per_example: bool) -> Tensor {
    expression!(
        labels.context,
        tl_loss_tversky(
            labels.context,
            labels.handle,
            predictions.handle,
            alpha,
            beta,
            per_example,
            ptr::null()
        )
    )
}

/// [`tversky`] with options.
pub fn tversky_with(
    labels: &Tensor,
    predictions: &Tensor,
    alpha: f64,
    beta: f64,
    per_example: bool,
    options: &LossOptions,
) -> Tensor {
    expression!(
        labels.context,
        tl_loss_tversky(
            labels.context,
            labels.handle,
            predictions.handle,
            alpha,
            beta,
            per_example,
            &options.raw()
        )
    )
}

/// Connectionist temporal classification (Graves et al. 2006): -log of the probability of a sequence of
/// labels, summed over all ways to write it into the frames. Each label takes one frame or more, in order;
/// frames before, between and after them may be blank, and between two equal labels at least one is. Labels:
/// integers (batch, most labels) in \[0, classes); predictions: logits, f32 or f64 (batch, frames, classes);
/// lengths: integers (batch). label_lengths may be NULL: then as many labels of a row count as are not the
/// blank, as in Keras. Labels beyond are not looked at. prediction_lengths may be NULL: then all frames count.
/// blank is one of the classes; 0 is usual. A label that is the blank is one that a blank frame writes. Labels
/// that do not fit into the frames have the loss infinity and the gradient 0. One number per sequence: the
/// mean is over sequences, not over labels. Since 0.1.
pub fn ctc(
    labels: &Tensor,
    predictions: &Tensor,
    label_lengths: Option<&Tensor>,
    prediction_lengths: Option<&Tensor>,
    blank: i64,
) -> Tensor {
    expression!(
        labels.context,
        tl_loss_ctc(
            labels.context,
            labels.handle,
            predictions.handle,
            label_lengths.map_or(ptr::null_mut(), |tensor| tensor.required()),
            prediction_lengths.map_or(ptr::null_mut(), |tensor| tensor.required()),
            blank,
            ptr::null()
        )
    )
}

/// [`ctc`] with options.
pub fn ctc_with(
    labels: &Tensor,
    predictions: &Tensor,
    label_lengths: Option<&Tensor>,
    prediction_lengths: Option<&Tensor>,
    blank: i64,
    options: &LossOptions,
) -> Tensor {
    expression!(
        labels.context,
        tl_loss_ctc(
            labels.context,
            labels.handle,
            predictions.handle,
            label_lengths.map_or(ptr::null_mut(), |tensor| tensor.required()),
            prediction_lengths.map_or(ptr::null_mut(), |tensor| tensor.required()),
            blank,
            &options.raw()
        )
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
