#include "core/nn/threshold_counts.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "core/nn/accuracy.h"
#include "core/nn/labels.h"
#include "core/nn/sample_weights.h"
#include "core/ops/generated/functions.h"

namespace tl::nn {
namespace {

template <class T>
Tensor tensor_of(Context& context, DType dtype, const std::vector<T>& values) {
  Tensor t = context.allocate(dtype, Shape{static_cast<int64_t>(values.size())});
  std::copy(values.begin(), values.end(), t.mutable_data<T>());
  context.note_host_data(t);
  return t;
}

std::vector<int64_t> ascending_order(const std::vector<double>& values) {
  std::vector<int64_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return values[static_cast<size_t>(a)] < values[static_cast<size_t>(b)];
  });
  return order;
}

// Some of them, and a sum of all (FNV-1a of their bytes) where there are more.
std::string text_of(const std::vector<double>& thresholds) {
  constexpr size_t kShown = 8;
  std::string out = "thresholds";
  for (size_t i = 0; i < thresholds.size() && i < kShown; i++) out += concat(" ", thresholds[i]);
  if (thresholds.size() <= kShown) return out;
  uint64_t sum = 14695981039346656037u;
  for (const double t : thresholds) {
    unsigned char bytes[sizeof t];
    std::memcpy(bytes, &t, sizeof t);
    for (const unsigned char b : bytes) sum = (sum ^ b) * 1099511628211u;
  }
  return concat(out, " and on, ", thresholds.size(), " with the check sum ", sum);
}

}  // namespace

const char* name_of(Quantity quantity) {
  switch (quantity) {
    case Quantity::kTruePositives: return "true positives";
    case Quantity::kFalsePositives: return "false positives";
    case Quantity::kTrueNegatives: return "true negatives";
    case Quantity::kFalseNegatives: return "false negatives";
    case Quantity::kPrecision: return "precision";
    case Quantity::kRecall: return "recall";
    case Quantity::kSpecificity: return "specificity";
  }
  return "unknown quantity";
}

ThresholdCounts::ThresholdCounts(Context& context, std::vector<double> thresholds,
                                 const ThresholdOptions& options, std::string name, bool checked)
    : Metric(context, std::move(name),
             {{"positives", {static_cast<int64_t>(thresholds.size()) + 1}},
              {"negatives", {static_cast<int64_t>(thresholds.size()) + 1}}}),
      count_(static_cast<int64_t>(thresholds.size())),
      top_k_(options.top_k),
      class_id_(options.class_id),
      from_logits_(options.from_logits),
      checked_(checked) {
  if (top_k_ < 0) invalid("[", this->name(), "] 'top_k' must not be negative: got ", top_k_, "; 0 is all");
  if (class_id_ && *class_id_ < 0)
    invalid("[", this->name(), "] 'class_id' must not be negative: got ", *class_id_,
            "; it is an index into the last axis of the predictions");
  options_ = text_of(thresholds);
  if (top_k_) options_ += concat(", top_k ", top_k_);
  if (class_id_) options_ += concat(", class_id ", *class_id_);
  if (from_logits_) options_ += ", from logits";
  const std::vector<int64_t> order = ascending_order(thresholds);
  std::vector<int64_t> places(order.size());
  for (size_t i = 0; i < order.size(); i++) places[static_cast<size_t>(order[i])] = static_cast<int64_t>(i);
  if (!std::is_sorted(places.begin(), places.end())) places_ = tensor_of(context, DType::kI64, places);
  std::sort(thresholds.begin(), thresholds.end());
  size_t size = 1;
  while (size <= thresholds.size()) size *= 2;
  thresholds.resize(size - 1, INFINITY);
  ascending_ = tensor_of(context, DType::kF64, thresholds);
}

void ThresholdCounts::update(const Tensor& labels, const Tensor& predictions, const Tensor& weights) {
  const char* op = name().c_str();
  Tensor y = operand(labels, "labels"), p = operand(predictions, "predictions");
  if (!is_floating(p.dtype()))
    invalid("[", op, "] the predictions must be f32 or f64: got ", p.dtype(), " ", p.shape(),
            "; are labels and predictions in this order?");
  if (class_id_ && (p.rank() < 2 || p.shape().back() <= *class_id_))
    invalid("[", op,
            "] one class of the predictions needs rank 2 or more and that class on the last axis: got ",
            p.shape(), " and class_id ", *class_id_, "; without class_id each element counts");
  if (top_k_ > 0 && (p.rank() == 0 || p.shape().back() < top_k_))
    invalid("[", op, "] 'top_k' must not be above the number of classes: got ", top_k_, " for predictions ",
            p.shape(), "; the last axis is that of the classes");
  if (class_id_ || top_k_ > 0) {
    if (y.shape() != p.shape())
      invalid("[", op, "] labels and predictions must have the same shape: got labels ", y.shape(),
              " and predictions ", p.shape(), "; integer labels go through one_hot");
  } else {
    align_last_axis(op, y, p);
  }
  Tensor positive = truths(op, y);
  if (from_logits_) p = sigmoid(p);
  if (checked_ && !from_logits_) p = probability_predictions(op, p);
  Tensor w = weights
                 ? broadcast_to(aligned_weights(op, operand(weights, "weights"), p, DType::kF64), p.shape())
                 : full(context(), p.shape(), 1.0, DType::kF64);
  if (top_k_ > 0) p = only_largest(p);
  if (class_id_) {
    positive = only_class(positive);
    p = only_class(p);
    w = only_class(w);
  }
  const Tensor interval = intervals(p), zero = number(0.0);
  const Tensor yes = scatter_add(interval, select(positive, w, zero), count_ + 1);
  const Tensor no = scatter_add(interval, select(positive, zero, w), count_ + 1);
  replace({add(state(0), yes), add(state(1), no)});
}

// How many thresholds a prediction is above, by bisection: the places of a step are halved each time.
Tensor ThresholdCounts::intervals(const Tensor& predictions) const {
  const Tensor thresholds = cast(ascending_, predictions.dtype());
  Tensor found = full(context(), predictions.shape(), 0.0, DType::kI32);
  for (int64_t step = (ascending_.elements() + 1) / 2; step > 0; step /= 2) {
    const Tensor last = gather(thresholds, add_scalar(found, static_cast<double>(step - 1)));
    found = select(less(last, predictions), add_scalar(found, static_cast<double>(step)), found);
  }
  return found;
}

// The others are below all thresholds. One after the other, since k is small.
Tensor ThresholdCounts::only_largest(const Tensor& predictions) const {
  const Tensor never = number(-INFINITY, predictions.dtype());
  const Tensor position = range(context(), predictions.shape().back(), 0.0, 1.0, DType::kI64);
  Tensor rest = select(equal(predictions, predictions), predictions, never);  // without NaN
  Tensor chosen = broadcast_to(never, predictions.shape());
  for (int64_t i = 0; i < top_k_; i++) {
    const Tensor hit = equal(position, argmax(rest, {-1}, /*keepdims=*/true));
    chosen = select(hit, maximum(chosen, rest), chosen);
    rest = select(hit, never, rest);
  }
  return chosen;
}

Tensor ThresholdCounts::only_class(const Tensor& x) const {
  const Shape& shape = x.shape();
  IntList begin, end, kept;
  for (int i = 0; i < shape.rank(); i++) {
    const bool last = i == shape.rank() - 1;
    begin.push_back(last ? *class_id_ : 0);
    end.push_back(last ? *class_id_ + 1 : shape[i]);
    if (!last) kept.push_back(shape[i]);
  }
  return reshape(slice(x, begin, end), kept);
}

Tensor ThresholdCounts::quantity(Quantity which) const {
  // Of the labels 1 (state 0) or 0 (state 1).
  const auto above = [&](size_t i) {
    return slice(cumsum(state(i), -1, /*exclusive=*/true, /*reverse=*/true), {0}, {count_});
  };
  const auto below = [&](size_t i) { return slice(cumsum(state(i)), {0}, {count_}); };
  const auto share = [](const Tensor& part, const Tensor& rest) { return share_of(part, add(part, rest)); };
  switch (which) {
    case Quantity::kTruePositives: return above(0);
    case Quantity::kFalsePositives: return above(1);
    case Quantity::kTrueNegatives: return below(1);
    case Quantity::kFalseNegatives: return below(0);
    case Quantity::kPrecision: return share(above(0), above(1));
    case Quantity::kRecall: return share(above(0), below(0));
    case Quantity::kSpecificity: break;
  }
  return share(below(1), above(1));
}

Tensor ThresholdCounts::as_given(const Tensor& ascending) const {
  if (count_ == 1) return reshape(ascending, {});
  return places_ ? gather(ascending, places_) : ascending;
}

}  // namespace tl::nn
