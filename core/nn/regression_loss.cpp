#include "core/nn/regression_loss.h"

#include <cmath>

#include "core/nn/labels.h"
#include "core/nn/loss_operands.h"
#include "core/ops/generated/functions.h"

namespace tl::nn {
namespace {

void check(const char* op, const Tensor& labels, const Tensor& predictions, const LossOptions& options) {
  check_no_cross_entropy(op, options);
  check_operands(op, labels, predictions);
  check_same_dtype(op, labels, predictions);
  check_same_shape(op, labels, predictions, shape_hint(labels, predictions));
}

Tensor errors(const char* op, const Tensor& labels, const Tensor& predictions, const LossOptions& options) {
  check(op, labels, predictions, options);
  check_features(op, predictions);
  return sub(predictions, labels);
}

Tensor at_least(const Tensor& x, double low) { return clip(x, low, INFINITY); }

}  // namespace

Tensor huber(const Tensor& labels, const Tensor& predictions, double delta, const LossOptions& options) {
  const char* op = "huber";
  check_positive(op, "delta", delta, "1 is usual");
  const Tensor e = errors(op, labels, predictions, options);
  // c (e - c / 2) is both branches at once, without a square that overflows; its derivative is c.
  const Tensor c = clip(e, -delta, delta);
  return reduce_loss(op, per_sample(mul(c, sub(e, mul_scalar(c, 0.5)))), options);
}

Tensor log_cosh(const Tensor& labels, const Tensor& predictions, const LossOptions& options) {
  const char* op = "log_cosh";
  const Tensor e = errors(op, labels, predictions, options);
  // |e| + log(1 + e^-2|e|) - log 2, in which nothing cancels that is infinite. The sign is a constant that is never 0: either
  // one gives the same function, with all its derivatives at 0, where those of abs() would be lost.
  const auto number = [&](double value) { return full(e.context(), IntList{}, value, e.dtype()); };
  const Tensor size = mul(e, select(less(e, number(0.0)), number(-1.0), number(1.0)));
  const Tensor losses = add_scalar(add(size, softplus(mul_scalar(size, -2.0))), -std::log(2.0));
  return reduce_loss(op, per_sample(losses), options);
}

Tensor mean_absolute_percentage_error(const Tensor& labels, const Tensor& predictions,
                                      const LossOptions& options) {
  const char* op = "mean_absolute_percentage_error";
  const Tensor e = errors(op, labels, predictions, options);
  const Tensor shares = div(abs(e), at_least(abs(labels), kSmallestProbability));
  return reduce_loss(op, mul_scalar(per_sample(shares), 100.0), options);
}

Tensor mean_squared_logarithmic_error(const Tensor& labels, const Tensor& predictions,
                                      const LossOptions& options) {
  const char* op = "mean_squared_logarithmic_error";
  check(op, labels, predictions, options);
  check_features(op, predictions);
  const Tensor p = log1p(at_least(predictions, kSmallestProbability));
  const Tensor y = log1p(at_least(labels, kSmallestProbability));
  return reduce_loss(op, per_sample(square(sub(p, y))), options);
}

Tensor cosine_similarity(const Tensor& labels, const Tensor& predictions, const LossOptions& options) {
  const char* op = "cosine_similarity";
  check(op, labels, predictions, options);
  check_classes(op, predictions);
  // In units of the largest element of the row no square overflows or underflows. The units cancel, so that none of the
  // gradient is theirs. They are not below 1e-7: a vector whose elements are larger has a length of 1 unit or more, and one
  // that is shorter than 1e-7 counts as one of 1 unit.
  const auto scaled = [](const Tensor& x) {
    return div(x, at_least(max(abs(stop_gradient(x)), {-1}, /*keepdims=*/true), kSmallestProbability));
  };
  const auto inverse_length = [](const Tensor& x) { return rsqrt(at_least(sum(square(x), {-1}), 1.0)); };
  const Tensor y = scaled(labels), p = scaled(predictions), product = sum(mul(y, p), {-1});
  return reduce_loss(op, neg(mul(mul(product, inverse_length(y)), inverse_length(p))), options);
}

Tensor kl_divergence(const Tensor& labels, const Tensor& predictions, const LossOptions& options) {
  const char* op = "kl_divergence";
  check(op, labels, predictions, options);
  check_classes(op, predictions);
  const Tensor y = clip(probability_labels(op, labels), kSmallestProbability, 1.0);
  const Tensor p = clip(predictions, kSmallestProbability, 1.0);
  return reduce_loss(op, sum(mul(y, sub(log(y), log(p))), {-1}), options);
}

Tensor poisson(const Tensor& labels, const Tensor& predictions, const LossOptions& options) {
  const char* op = "poisson";
  check_no_cross_entropy(op, options);
  const Tensor y = labels_beside(op, labels, predictions);
  check_features(op, predictions);
  const Tensor logs = log(add_scalar(predictions, kSmallestProbability));
  return reduce_loss(op, per_sample(sub(predictions, mul(y, logs))), options);
}

}  // namespace tl::nn
