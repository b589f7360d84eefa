// Losses of masks: 1 minus how well the predicted mask covers the true one. Predictions are probabilities (a sigmoid's or
// softmax's), labels 0 and 1 of any dtype or shares between, both of one shape. Sums run over the whole batch, which is one
// sample then, or over each example, that is everything but the first axis. Options that only cross-entropies have are errors.
// A batch of nothing has the loss 0; a last axis of nothing is an error.
#pragma once

#include "core/nn/loss.h"

namespace tl::nn {

// What one sum runs over. The number is that of `per_example` in the C API.
enum class Overlap : bool { kBatch = false, kExample = true };

// 1 - 2 sum(label prediction) / (sum(label) + sum(prediction) + 1e-7) (Milletari et al. 2016, with Keras' constant).
Tensor dice(const Tensor& labels, const Tensor& predictions, Overlap over = Overlap::kBatch,
            const LossOptions& options = {});

// 1 - tp / (tp + alpha fp + beta fn + 1e-7), tp = sum(label prediction), fp = sum((1 - label) prediction), fn = sum(label
// (1 - prediction)) (Salehi et al. 2017). alpha and beta are finite and not negative; 0.5 and 0.5 is dice but for the constant,
// beta above alpha finds more of the mask.
Tensor tversky(const Tensor& labels, const Tensor& predictions, double alpha, double beta,
               Overlap over = Overlap::kBatch, const LossOptions& options = {});

}  // namespace tl::nn
