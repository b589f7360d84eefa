// What losses ask of their operands before they compute anything, in errors that name the loss, and what most of them do at
// the end: a mean over the features of each sample. Values of labels are looked at in labels.h.
#pragma once

#include "core/tensor/tensor.h"

namespace tl::nn {

// Probabilities are kept this far from 0 and 1, and divisors from 0 (Keras' epsilon).
inline constexpr double kSmallestProbability = 1e-7;

// Labels and predictions are there, of one context, and the predictions floating-point.
void check_operands(const char* op, const Tensor& labels, const Tensor& predictions);
// `hint` ends the error.
void check_same_shape(const char* op, const Tensor& labels, const Tensor& predictions, const char* hint);
const char* shape_hint(const Tensor& labels, const Tensor& predictions);
void check_same_dtype(const char* op, const Tensor& labels, const Tensor& predictions);
// The predictions have a last axis, that of the classes, and it is not empty.
void check_classes(const char* op, const Tensor& predictions);
// The last axis of a batch of rows is not empty: the loss is a mean or sum over it.
void check_features(const char* op, const Tensor& predictions);
// A number of the caller's is finite and above zero, or not below it; `hint` ends the error.
void check_positive(const char* op, const char* name, double value, const char* hint);
void check_not_negative(const char* op, const char* name, double value, const char* hint);

// Labels of any dtype as numbers beside the predictions: integers and bools are cast, floating-point ones must have the dtype
// of the predictions. The shapes agree.
Tensor labels_beside(const char* op, const Tensor& labels, const Tensor& predictions);

// p limited to [1e-7, 1 - 1e-7].
Tensor limited_probabilities(const Tensor& probabilities);

// The mean over the features of a sample; a sample of rank 0 has none.
Tensor per_sample(const Tensor& elements);

}  // namespace tl::nn
