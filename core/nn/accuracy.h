// Accuracies: the share of samples, or elements, that are predicted right. Predictions are f32 or f64, logits or probabilities
// alike. Weights stand for the leading axes of the samples.
#pragma once

#include "core/nn/metric.h"

namespace tl::nn {

// The share of samples for which the largest prediction (the first of equals) is that of the label; a row with a NaN is
// wrong. Labels: integers (...) or (..., 1), each in [0, classes), predictions (..., classes). An empty name:
// "sparse_categorical_accuracy".
std::unique_ptr<Metric> make_sparse_categorical_accuracy(Context& context, const std::string& name);
// The same with one-hot labels or label probabilities of the shape of the predictions, of any dtype, each in [0, 1]: the
// largest counts, the first of equals. An empty name: "categorical_accuracy".
std::unique_ptr<Metric> make_categorical_accuracy(Context& context, const std::string& name);
// The two for which it is enough that the label is among the k largest predictions, of equals the first; k is 1 or more, 5 is
// usual. (Keras lets all equals in, so that a row of equals is right.) Empty names: "sparse_top_k_categorical_accuracy",
// "top_k_categorical_accuracy".
std::unique_ptr<Metric> make_sparse_top_k_categorical_accuracy(Context& context, int64_t k,
                                                               const std::string& name);
std::unique_ptr<Metric> make_top_k_categorical_accuracy(Context& context, int64_t k, const std::string& name);
// The share of elements for which (prediction > threshold), strictly, is the label, 0 or 1 of any dtype; a NaN is wrong.
// Shapes agree; a last axis of size 1 that one of them lacks is dropped. For logits use threshold 0. An empty name:
// "binary_accuracy".
// Throws for a threshold that is not finite.
std::unique_ptr<Metric> make_binary_accuracy(Context& context, double threshold, const std::string& name);

// For predictions and labels of one sample each, where one has a last axis of size 1 more: that axis is dropped. Throws where
// the shapes still differ.
void align_last_axis(const char* op, Tensor& labels, Tensor& predictions);

}  // namespace tl::nn
