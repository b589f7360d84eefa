#include "core/nn/labels.h"

#include <cmath>
#include <limits>

#include "core/ops/generated/functions.h"

namespace tl::nn {
namespace {

constexpr double kSlack = 1e-6;  // of the kernel of sigmoid_cross_entropy, too

// check_range() in other words: before() + "<value> at position <position>" + after.
template <class Before>
Tensor checked(const Tensor& x, double low, double high, bool nan, Before before, const char* after) {
  const auto words = [&] { return Words{Code::kInvalidArgument, Words::Keep::kFound, before(), after}; };
  return in_words(x.context(), words, [&] { return check_range(x, low, high, nan); });
}

}  // namespace

Tensor probability_labels(const char* op, const Tensor& labels) {
  return checked(
      labels, -kSlack, 1 + kSlack, false,
      [&] { return concat("[", op, "] a label must be in [0, 1]: got "); },
      "; labels come first, predictions second");
}

Tensor normalized_rows(const char* op, const Tensor& probabilities) {
  Tensor p = checked(
      probabilities, -kSlack, INFINITY, true,
      [&] { return concat("[", op, "] probabilities must not be negative: got "); },
      "; logits are predictions without from_probabilities");
  Tensor totals = checked(
      sum(p, {-1}, /*keepdims=*/true), std::numeric_limits<double>::min(), INFINITY, true,
      [&] { return concat("[", op, "] the probabilities of a row must add up to more than 0: got "); },
      " of the rows; logits are predictions without from_probabilities");
  return div(p, totals);
}

Tensor probability_predictions(const char* op, const Tensor& predictions) {
  return checked(
      predictions, -kSlack, 1 + kSlack, true,
      [&] { return concat("[", op, "] a prediction must be in [0, 1]: got "); },
      "; logits are predictions with from_logits");
}

Tensor integers_in(const char* op, const char* what, const Tensor& x, int64_t low, int64_t high) {
  return checked(
      x, static_cast<double>(low), static_cast<double>(high), false,
      [&] { return concat("[", op, "] ", what, " must be in [", low, ", ", high, "]: got "); },
      "; are the sizes those of these labels?");
}

Tensor truths(const char* op, const Tensor& labels) {
  // What is above one half is the label of a prediction that says yes to everything.
  const Tensor yes = full(labels.context(), labels.shape(), 1.0, DType::kF32);
  return named(labels.context(), op, [&] { return correct_side(labels, yes, 0.5); });
}

}  // namespace tl::nn
