// Losses of classifiers that want a margin: they are 0 for a prediction that is on the right side by 1 or more. Predictions are
// scores of any size, no probabilities. Otherwise as in loss.h; options that only cross-entropies have are errors.
//
// Labels of hinge and squared_hinge are -1 and 1. Where all labels of the call are 0 or 1 they are taken as -1 and 1, as Keras
// does. It is decided on the labels, by ops, so that a recorded step decides anew each time it is replayed. Labels of one
// convention, 0 and 1 or -1 and 1, give the same losses however they are cut into batches: 1 is 1 in both, and a -1 says that
// the labels are signed. Labels of neither convention, such as 0 beside -1, are used as they are.
#pragma once

#include "core/nn/loss.h"

namespace tl::nn {

// The mean over the last axis of max(1 - label prediction, 0) (Cortes and Vapnik 1995). Labels of any dtype and of the shape of
// the predictions; with rank 0 or 1 each element is a sample.
Tensor hinge(const Tensor& labels, const Tensor& predictions, const LossOptions& options = {});

// The mean over the last axis of max(1 - label prediction, 0)^2; otherwise as hinge.
Tensor squared_hinge(const Tensor& labels, const Tensor& predictions, const LossOptions& options = {});

// max(1 + the largest score of another class - the score of the label, 0) for one-hot labels: max(neg - pos + 1, 0) with
// neg = max((1 - label) prediction) and pos = sum(label prediction) over the last axis, that of the classes (Keras' form of
// Crammer and Singer 2001). Labels of any dtype and of the shape of the predictions, (..., classes).
Tensor categorical_hinge(const Tensor& labels, const Tensor& predictions, const LossOptions& options = {});

}  // namespace tl::nn
