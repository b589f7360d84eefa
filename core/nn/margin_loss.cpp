#include "core/nn/margin_loss.h"

#include "core/nn/loss_operands.h"
#include "core/ops/generated/functions.h"

namespace tl::nn {
namespace {

// Labels 0 and 1 as -1 and 1 where there are no others; else the labels as they are.
Tensor signed_labels(const Tensor& labels) {
  Context& c = labels.context();
  const Tensor zero = full(c, IntList{}, 0.0, labels.dtype()), one = full(c, IntList{}, 1.0, labels.dtype());
  const Tensor others = logical_not(logical_or(equal(labels, zero), equal(labels, one)));
  const Tensor none = equal(sum(cast(others, labels.dtype())), zero);
  return select(none, add_scalar(mul_scalar(labels, 2.0), -1.0), labels);
}

// How much is missing from a margin of 1, element by element.
Tensor missing_margin(const char* op, const Tensor& labels, const Tensor& predictions,
                      const LossOptions& options) {
  check_no_cross_entropy(op, options);
  const Tensor y = labels_beside(op, labels, predictions);
  check_features(op, predictions);
  return relu(add_scalar(neg(mul(signed_labels(y), predictions)), 1.0));
}

}  // namespace

Tensor hinge(const Tensor& labels, const Tensor& predictions, const LossOptions& options) {
  return reduce_loss("hinge", per_sample(missing_margin("hinge", labels, predictions, options)), options);
}

Tensor squared_hinge(const Tensor& labels, const Tensor& predictions, const LossOptions& options) {
  const char* op = "squared_hinge";
  return reduce_loss(op, per_sample(square(missing_margin(op, labels, predictions, options))), options);
}

Tensor categorical_hinge(const Tensor& labels, const Tensor& predictions, const LossOptions& options) {
  const char* op = "categorical_hinge";
  check_no_cross_entropy(op, options);
  const Tensor y = labels_beside(op, labels, predictions);
  check_classes(op, predictions);
  const Tensor right = sum(mul(y, predictions), {-1});
  const Tensor wrong = max(mul(add_scalar(neg(y), 1.0), predictions), {-1});
  return reduce_loss(op, relu(add_scalar(sub(wrong, right), 1.0)), options);
}

}  // namespace tl::nn
