// References of softmax and the cross-entropies.
#include <algorithm>
#include <cmath>

#include "tests/ops/reference.h"

namespace tl::test::reference {
namespace {

// Log-probabilities along an axis: x - max - log(sum(e^(x - max))).
Array log_probabilities(const Array& x, int along) {
  Array out = x;
  for (size_t i = 0; i < x.values.size(); i++) {
    std::vector<int64_t> at = coordinates(x.shape, static_cast<int64_t>(i));
    double highest = -INFINITY;
    for (int64_t k = 0; k < x.shape[along]; k++) {
      at[along] = k;
      highest = std::max(highest, x.values[position(x.shape, at)]);
    }
    double sum = 0;
    for (int64_t k = 0; k < x.shape[along]; k++) {
      at[along] = k;
      sum += std::exp(x.values[position(x.shape, at)] - highest);
    }
    out.values[i] = x.values[i] - highest - std::log(sum);
  }
  return out;
}

Shape without_last(const Shape& shape) { return Shape(Span<const int64_t>(shape.data(), shape.size() - 1)); }

}  // namespace

Arrays log_softmax(const Array& x, int64_t axis) {
  return one(log_probabilities(x, resolve_axis(axis, x.shape.rank())));
}

Arrays softmax(const Array& x, int64_t axis) {
  return map(log_softmax(x, axis)[0], [](double v) { return std::exp(v); });
}

Arrays softmax_cross_entropy(const Array& labels, const Array& logits) {
  Array log_p = log_probabilities(logits, logits.shape.rank() - 1);
  Array out = filled(logits.dtype, without_last(logits.shape), 0);
  int64_t classes = logits.shape.back();
  for (size_t i = 0; i < log_p.values.size(); i++)
    out.values[i / static_cast<size_t>(classes)] -= labels.values[i] * log_p.values[i];
  return one(out);
}

Arrays sparse_softmax_cross_entropy(const Array& labels, const Array& logits) {
  Array log_p = log_probabilities(logits, logits.shape.rank() - 1);
  Array out = filled(logits.dtype, labels.shape, 0);
  for (size_t i = 0; i < labels.values.size(); i++)
    out.values[i] =
        -log_p.values[i * static_cast<size_t>(logits.shape.back()) + static_cast<size_t>(labels.values[i])];
  return one(out);
}

Arrays sigmoid_cross_entropy(const Array& labels, const Array& logits) {
  return map(labels, logits, [](double z, double x) {
    return std::max(x, 0.0) - x * z + std::log1p(std::exp(-std::fabs(x)));
  });
}

}  // namespace tl::test::reference
