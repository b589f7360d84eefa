// Focal losses (Lin et al. 2017): cross-entropies in which samples that are well predicted already count less, by the factor
// (1 - p)^gamma, p the probability that the prediction gives to the label. gamma is finite and not negative: 0 is the plain
// cross-entropy, 2 is usual; alpha is in [0, 1], see each; 0.25 is usual. Otherwise they are as the cross-entropies of loss.h,
// label smoothing and from_probabilities included. A factor below 1e-30^gamma is that, so that derivatives stay finite.
#pragma once

#include "core/nn/loss.h"

namespace tl::nn {

// Independent yes-no labels of any dtype: the mean over the last axis of -(label (1 - p)^gamma log p + (1 - label) p^gamma
// log(1 - p)); for a label between 0 and 1, the cross-entropy times (label (1 - p) + (1 - label) p)^gamma, as in Keras. alpha
// weighs the classes: times label alpha + (1 - label) (1 - alpha); 0 leaves it out, which is Keras' default.
Tensor binary_focal_cross_entropy(const Tensor& labels, const Tensor& predictions, double gamma, double alpha,
                                  const LossOptions& options = {});

// Label probabilities of the shape and dtype of the predictions, (..., classes): -alpha sum(label (1 - p)^gamma log p) over the
// last axis. alpha 0 stands for no factor; Keras' default is 0.25.
Tensor categorical_focal_cross_entropy(const Tensor& labels, const Tensor& predictions, double gamma,
                                       double alpha, const LossOptions& options = {});

}  // namespace tl::nn
