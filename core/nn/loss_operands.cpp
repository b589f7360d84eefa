#include "core/nn/loss_operands.h"

#include <cmath>

#include "core/ops/generated/functions.h"

namespace tl::nn {

void check_operands(const char* op, const Tensor& labels, const Tensor& predictions) {
  if (!labels) invalid("[", op, "] 'labels' must be a tensor: got null; was it set?");
  if (!predictions) invalid("[", op, "] 'predictions' must be a tensor: got null; was it set?");
  if (&labels.context() != &predictions.context())
    invalid("[", op,
            "] labels and predictions must be of one context: got some of different contexts; copy one of "
            "them over");
  if (!is_floating(predictions.dtype()))
    invalid("[", op, "] the predictions must be f32 or f64: got ", predictions.dtype(), " ",
            predictions.shape(), "; are labels and predictions in this order?");
}

void check_same_shape(const char* op, const Tensor& labels, const Tensor& predictions, const char* hint) {
  if (labels.shape() != predictions.shape())
    invalid("[", op, "] labels and predictions must have the same shape: got labels ", labels.shape(),
            " and predictions ", predictions.shape(), "; ", hint);
}

const char* shape_hint(const Tensor& labels, const Tensor& predictions) {
  if (labels.rank() == predictions.rank()) return "reshape or broadcast one of them";
  return "they differ in rank: use reshape or expand_dims, so that no axis is broadcast by accident";
}

void check_same_dtype(const char* op, const Tensor& labels, const Tensor& predictions) {
  if (labels.dtype() != predictions.dtype())
    invalid("[", op, "] labels and predictions must have one dtype: got labels ", labels.dtype(),
            " and predictions ", predictions.dtype(), "; use cast");
}

void check_classes(const char* op, const Tensor& predictions) {
  if (predictions.rank() == 0)
    invalid("[", op, "] the last axis of the predictions is that of the classes: got ", predictions.shape(),
            "; reshape them to (1, classes)");
  if (predictions.shape().back() == 0)
    invalid("[", op, "] the predictions must have at least one class on their last axis: got ",
            predictions.shape(), "; over no classes there is no loss");
}

void check_features(const char* op, const Tensor& predictions) {
  if (predictions.rank() >= 2 && predictions.shape().back() == 0)
    invalid("[", op, "] the last axis of the predictions, that of the features, must not be empty: got ",
            predictions.shape(), "; over no features there is no loss");
}

void check_positive(const char* op, const char* name, double value, const char* hint) {
  if (!(value > 0) || !std::isfinite(value))
    invalid("[", op, "] '", name, "' must be finite and above 0: got ", value, "; ", hint);
}

void check_not_negative(const char* op, const char* name, double value, const char* hint) {
  if (!(value >= 0) || !std::isfinite(value))
    invalid("[", op, "] '", name, "' must be finite and not negative: got ", value, "; ", hint);
}

Tensor labels_beside(const char* op, const Tensor& labels, const Tensor& predictions) {
  check_operands(op, labels, predictions);
  check_same_shape(op, labels, predictions, shape_hint(labels, predictions));
  if (is_floating(labels.dtype())) check_same_dtype(op, labels, predictions);
  return is_floating(labels.dtype()) ? labels : cast(labels, predictions.dtype());
}

Tensor limited_probabilities(const Tensor& probabilities) {
  return clip(probabilities, kSmallestProbability, 1.0 - kSmallestProbability);
}

Tensor per_sample(const Tensor& elements) { return elements.rank() < 2 ? elements : mean(elements, {-1}); }

}  // namespace tl::nn
