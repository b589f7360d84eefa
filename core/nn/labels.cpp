#include "core/nn/labels.h"

#include <cmath>
#include <limits>

#include "core/ops/generated/functions.h"

namespace tl::nn {
namespace {

constexpr double kSlack = 1e-6;  // of the kernel of sigmoid_cross_entropy, too

// check_range() in other words: describe(text) throws, where the text is "<value> at position <position>".
template <class Describe>
Tensor checked(const Tensor& x, double low, double high, bool nan, Describe describe) {
  try {
    return check_range(x, low, high, nan);
  } catch (const Error& e) {
    const std::string& text = e.message();
    const size_t begin = text.find(": got "), end = text.find("; ");
    if (e.code() != Code::kInvalidArgument || begin == std::string::npos || end == std::string::npos) throw;
    describe(text.substr(begin + 6, end - begin - 6));
    throw;
  }
}

}  // namespace

Tensor probability_labels(const char* op, const Tensor& labels) {
  return checked(labels, -kSlack, 1 + kSlack, false, [&](const std::string& which) {
    invalid("[", op, "] a label must be in [0, 1]: got ", which, "; labels come first, predictions second");
  });
}

Tensor normalized_rows(const char* op, const Tensor& probabilities) {
  Tensor p = checked(probabilities, -kSlack, INFINITY, true, [&](const std::string& which) {
    invalid("[", op, "] probabilities must not be negative: got ", which,
            "; logits are predictions without from_probabilities");
  });
  Tensor totals = checked(sum(p, {-1}, /*keepdims=*/true), std::numeric_limits<double>::min(), INFINITY, true,
                          [&](const std::string& which) {
                            invalid("[", op, "] the probabilities of a row must add up to more than 0: got ",
                                    which, " of the rows; logits are predictions without from_probabilities");
                          });
  return div(p, totals);
}

Tensor probability_predictions(const char* op, const Tensor& predictions) {
  return checked(predictions, -kSlack, 1 + kSlack, true, [&](const std::string& which) {
    invalid("[", op, "] a prediction must be in [0, 1]: got ", which,
            "; logits are predictions with from_logits");
  });
}

Tensor integers_in(const char* op, const char* what, const Tensor& x, int64_t low, int64_t high) {
  const double from = static_cast<double>(low), to = static_cast<double>(high);
  return checked(x, from, to, false, [&](const std::string& which) {
    invalid("[", op, "] ", what, " must be in [", low, ", ", high, "]: got ", which,
            "; are the sizes those of these labels?");
  });
}

Tensor truths(const char* op, const Tensor& labels) {
  // What is above one half is the label of a prediction that says yes to everything.
  const Tensor yes = full(labels.context(), labels.shape(), 1.0, DType::kF32);
  return named(op, [&] { return correct_side(labels, yes, 0.5); });
}

}  // namespace tl::nn
