// Losses: how far predictions are from labels, as functions of tensors written in ops. Each computes one number per sample
// and then reduces them. Labels come first, as everywhere in this library.
//
// A sample is a row: losses over a last axis of classes or features have the shape of the predictions without that axis.
// Predictions of rank 0 and 1 have no such axis for mean_squared_error, mean_absolute_error and binary_cross_entropy:
// each element is a sample. Labels may be integers where they name classes; they stay integers. The last axis, that of
// classes or features, must not be empty. Labels that are no class or no probability (beyond [0, 1] by more than a
// rounding error of 1e-6, or NaN) are kInvalidArgument with the first of them and its position.
//
// More losses, which keep these rules: margin_loss.h, regression_loss.h, focal_loss.h, overlap_loss.h, ctc_loss.h.
#pragma once

#include "core/tensor/tensor.h"

namespace tl::nn {

// Numbers are those of tl_reduction in the C API: append only.
enum class Reduction : int32_t {
  kMean = 0,  // sum / number of samples, also with weights (Keras: sum_over_batch_size); 0 for no sample
  kSum = 1,
  kNone = 2,          // one number per sample
  kWeightedMean = 3,  // sum / sum of the weights; 0 where that is 0
};

struct LossOptions {
  Reduction reduction = Reduction::kMean;
  Tensor weights;                   // of samples, see sample_weights.h; null: none
  bool from_probabilities = false;  // cross-entropies: predictions are probabilities instead of logits
  double label_smoothing =
      0.0;  // in [0, 1]: labels become labels (1 - s) + s / classes, in the binary loss s / 2
};

// Integer labels (...) or (..., 1), each in [0, classes), against predictions (..., classes): -log p[label]. u8 labels are
// widened. Takes no label smoothing. From probabilities: each row is divided by its sum, p limited to [1e-7, 1 - 1e-7];
// negative ones, and rows that do not add up to more than 0, are errors.
Tensor sparse_categorical_cross_entropy(const Tensor& labels, const Tensor& predictions,
                                        const LossOptions& options = {});

// Label probabilities against predictions of the same shape (..., classes) and dtype: -sum(labels log p). From
// probabilities as above.
Tensor categorical_cross_entropy(const Tensor& labels, const Tensor& predictions,
                                 const LossOptions& options = {});

// Independent yes-no labels against predictions of the same shape: the mean over the last axis of
// -(label log p + (1 - label) log(1 - p)). Labels of any dtype. From probabilities: p is limited to [1e-7, 1 - 1e-7],
// which in f32 makes a prediction that is entirely wrong cost 23 ln 2 = 15.94 where p should be 0.
Tensor binary_cross_entropy(const Tensor& labels, const Tensor& predictions, const LossOptions& options = {});

// Mean over the last axis of (labels - predictions)^2; shapes and dtypes agree.
Tensor mean_squared_error(const Tensor& labels, const Tensor& predictions, const LossOptions& options = {});

// Mean over the last axis of |labels - predictions|; shapes and dtypes agree.
Tensor mean_absolute_error(const Tensor& labels, const Tensor& predictions, const LossOptions& options = {});

// Label smoothing, for losses that are cross-entropies: whether the options' share is one, and `taken` at all; and the labels
// that it makes, label (1 - s) + s share.
void check_smoothing(const char* op, const LossOptions& options, bool taken);
Tensor smoothed(const Tensor& labels, double smoothing, double share);

// Throws when options ask for what only cross-entropies do: an option that nobody looks at is a mistake of the caller's.
void check_no_cross_entropy(const char* op, const LossOptions& options);

// One number per sample, weighed and reduced by the rules above: for losses of the program's own.
Tensor reduce_loss(const char* op, const Tensor& losses, const LossOptions& options);

}  // namespace tl::nn
