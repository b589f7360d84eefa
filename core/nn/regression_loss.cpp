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
  // e + log(1 + e^-2e) - log 2, which has all its derivatives at 0, where |e| would not.
  const Tensor losses = add_scalar(add(e, softplus(mul_scalar(e, -2.0))), -std::log(2.0));
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
  constexpr double kShortest = kSmallestProbability * kSmallestProbability;
  const auto inverse_length = [](const Tensor& x) {
    return rsqrt(at_least(sum(square(x), {-1}), kShortest));
  };
  const Tensor product = sum(mul(labels, predictions), {-1});
  return reduce_loss(op, neg(mul(mul(product, inverse_length(labels)), inverse_length(predictions))),
                     options);
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
