// Losses of numbers, and of distributions and counts, beside the squared and absolute error of loss.h, whose rules hold here,
// too. Options that only cross-entropies have are errors. Labels have the shape of the predictions and, where nothing else is
// said, their dtype; with rank 0 or 1 each element is a sample. Constants are those of Keras.
#pragma once

#include "core/nn/loss.h"

namespace tl::nn {

// The mean over the last axis of e^2 / 2 where |e| <= delta, and delta |e| - delta^2 / 2 beyond, e = prediction - label
// (Huber 1964). delta is finite and above 0; 1 is usual.
Tensor huber(const Tensor& labels, const Tensor& predictions, double delta, const LossOptions& options = {});

// The mean over the last axis of log(cosh(prediction - label)): e^2 / 2 for small errors, |e| - log 2 for large ones.
Tensor log_cosh(const Tensor& labels, const Tensor& predictions, const LossOptions& options = {});

// 100 times the mean over the last axis of |label - prediction| / max(|label|, 1e-7).
Tensor mean_absolute_percentage_error(const Tensor& labels, const Tensor& predictions,
                                      const LossOptions& options = {});

// The mean over the last axis of (log(1 + prediction) - log(1 + label))^2, both limited to 1e-7 and above.
Tensor mean_squared_logarithmic_error(const Tensor& labels, const Tensor& predictions,
                                      const LossOptions& options = {});

// Minus the cosine of the angle between label and prediction, vectors along the last axis, which must be there: -1 for the same
// direction, 1 for the opposite one. A vector shorter than 1e-7 counts as one of that length, so a zero vector gives 0 and a
// finite gradient.
Tensor cosine_similarity(const Tensor& labels, const Tensor& predictions, const LossOptions& options = {});

// sum(label log(label / prediction)) over the last axis, which must be there, both limited to [1e-7, 1] (Kullback and Leibler
// 1951). Labels are probabilities, each in [0, 1]; predictions too, and not looked at.
Tensor kl_divergence(const Tensor& labels, const Tensor& predictions, const LossOptions& options = {});

// The mean over the last axis of prediction - label log(prediction + 1e-7), the negative logarithm of a Poisson likelihood but
// for what depends on the label alone. Predictions are rates, above 0: a negative one gives NaN. Labels are counts of any dtype.
Tensor poisson(const Tensor& labels, const Tensor& predictions, const LossOptions& options = {});

}  // namespace tl::nn
