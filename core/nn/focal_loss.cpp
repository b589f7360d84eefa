#include "core/nn/focal_loss.h"

#include <cmath>

#include "core/nn/labels.h"
#include "core/nn/loss_operands.h"
#include "core/ops/generated/functions.h"

namespace tl::nn {
namespace {

void check_focus(const char* op, double gamma, double alpha) {
  check_not_negative(op, "gamma", gamma, "2 is usual");
  if (!(alpha >= 0 && alpha <= 1))
    invalid("[", op, "] 'alpha' must be in [0, 1]: got ", alpha, "; 0.25 is usual, 0 leaves it out");
}

// miss^gamma, miss the probability of what the label is not.
Tensor focus(const Tensor& miss, double gamma) {
  const Tensor exponent = full(miss.context(), IntList{}, gamma, miss.dtype());
  return pow(clip(miss, 1e-30, INFINITY), exponent);
}

Tensor one_minus(const Tensor& x) { return add_scalar(neg(x), 1.0); }

}  // namespace

Tensor binary_focal_cross_entropy(const Tensor& labels, const Tensor& predictions, double gamma, double alpha,
                                  const LossOptions& options) {
  const char* op = "binary_focal_cross_entropy";
  check_focus(op, gamma, alpha);
  check_smoothing(op, options, true);
  const Tensor y = labels_beside(op, labels, predictions);
  check_features(op, predictions);
  const Tensor z = smoothed(probability_labels(op, y), options.label_smoothing, 0.5);
  Tensor entropy, miss;
  if (options.from_probabilities) {
    const Tensor p = limited_probabilities(predictions), q = one_minus(p);
    entropy = neg(add(mul(z, log(p)), mul(one_minus(z), log(q))));
    miss = add(mul(z, q), mul(one_minus(z), p));
  } else {
    entropy = sigmoid_cross_entropy(z, predictions);
    miss = add(mul(z, sigmoid(neg(predictions))), mul(one_minus(z), sigmoid(predictions)));
  }
  Tensor losses = gamma == 0 ? entropy : mul(focus(miss, gamma), entropy);
  if (alpha != 0) {
    const Tensor weight = add_scalar(mul_scalar(z, 2.0 * alpha - 1.0), 1.0 - alpha);
    losses = mul(weight, losses);
  }
  return reduce_loss(op, per_sample(losses), options);
}

Tensor categorical_focal_cross_entropy(const Tensor& labels, const Tensor& predictions, double gamma,
                                       double alpha, const LossOptions& options) {
  const char* op = "categorical_focal_cross_entropy";
  check_focus(op, gamma, alpha);
  check_smoothing(op, options, true);
  check_operands(op, labels, predictions);
  check_classes(op, predictions);
  check_same_shape(op, labels, predictions, "for integer labels use one_hot");
  check_same_dtype(op, labels, predictions);
  const double classes = static_cast<double>(predictions.shape().back());
  const Tensor z = smoothed(probability_labels(op, labels), options.label_smoothing, 1.0 / classes);
  Tensor logs, miss;
  if (options.from_probabilities) {
    const Tensor p = limited_probabilities(normalized_rows(op, predictions));
    logs = log(p);
    miss = one_minus(p);
  } else {
    logs = log_softmax(predictions);
    miss = neg(expm1(logs));
  }
  const Tensor entropy = gamma == 0 ? logs : mul(focus(miss, gamma), logs);
  // A class that is ruled out has -infinity for its logarithm, which a label of 0 does not count.
  const Tensor losses = sum(strong_zero_mul(z, entropy), {-1});
  return reduce_loss(op, mul_scalar(losses, alpha == 0 ? -1.0 : -alpha), options);
}

}  // namespace tl::nn
