#include "core/nn/accuracy.h"

#include <cmath>

#include "core/nn/labels.h"
#include "core/ops/generated/functions.h"

namespace tl::nn {
namespace {

Shape without_last(const Shape& shape) { return Shape(Span<const int64_t>(shape.data(), shape.size() - 1)); }

class Accuracy : public AverageMetric {
 public:
  using Metric::update;
  void update(const Tensor& labels, const Tensor& predictions, const Tensor& weights) override {
    const Tensor y = operand(labels, "labels"), p = operand(predictions, "predictions");
    if (!is_floating(p.dtype()))
      invalid("[", name(), "] the predictions must be f32 or f64: got ", p.dtype(), " ", p.shape(),
              "; are labels and predictions in this order?");
    accumulate(matches(y, p), weights);
  }

 protected:
  using AverageMetric::AverageMetric;
  // One bool for each sample.
  virtual Tensor matches(const Tensor& labels, const Tensor& predictions) const = 0;
};

// Accuracies over classes: the label is among the k largest predictions.
class ClassAccuracy : public Accuracy {
 protected:
  ClassAccuracy(Context& context, int64_t k, std::string name) : Accuracy(context, std::move(name)), k_(k) {
    if (k < 1) invalid("[", this->name(), "] 'k' must be 1 or more: got ", k, "; 5 is usual");
  }
  void check_classes(const Tensor& predictions) const {
    if (predictions.rank() == 0 || predictions.shape().back() == 0)
      invalid("[", name(),
              "] the last axis of the predictions is that of the classes and must not be empty: got ",
              predictions.shape(), "; over no classes nothing is right");
  }
  // classes: the labels (...) as i32 or i64.
  Tensor is_among_largest(const Tensor& classes, const Tensor& predictions) const {
    // The op is the check of the labels, too.
    const Tensor largest =
        named(context(), name().c_str(), [&] { return correct_class(classes, predictions); });
    if (k_ == 1) return largest;
    const int64_t count = predictions.shape().back();
    const Tensor label = expand_dims(cast(classes, DType::kI64), classes.rank());
    const Tensor position = range(context(), count, 0.0, 1.0, DType::kI64);
    const Tensor zero = number(0.0, predictions.dtype());
    const Tensor own = sum(select(equal(position, label), predictions, zero), {-1}, /*keepdims=*/true);
    const Tensor ahead =
        logical_or(greater(predictions, own), logical_and(equal(predictions, own), less(position, label)));
    const Tensor odd = not_equal(predictions, predictions);  // NaN
    const Tensor before = sum(cast(ahead, DType::kI64), {-1});
    const Tensor bad = sum(cast(odd, DType::kI64), {-1});
    const Tensor among = logical_and(less(before, number(static_cast<double>(k_), DType::kI64)),
                                     equal(bad, number(0.0, DType::kI64)));
    return logical_or(largest, among);
  }

  const int64_t k_;
};

class SparseCategoricalAccuracy final : public ClassAccuracy {
 public:
  SparseCategoricalAccuracy(Context& context, int64_t k, std::string name)
      : ClassAccuracy(context, k, std::move(name)) {}
  std::string description() const override { return concat("sparse categorical accuracy, k ", k_); }

 protected:
  Tensor matches(const Tensor& labels, const Tensor& predictions) const override {
    check_classes(predictions);
    if (is_floating(labels.dtype()) || labels.dtype() == DType::kBool)
      invalid("[", name(), "] the labels must be integers: got ", labels.dtype(), " ", labels.shape(),
              "; for one-hot labels use categorical_accuracy");
    Shape want = without_last(predictions.shape());
    Shape column = want;
    column.push_back(1);
    if (labels.shape() != want && labels.shape() != column)
      invalid("[", name(),
              "] the labels must have the shape of the predictions without the last axis: got labels ",
              labels.shape(), " and predictions ", predictions.shape(),
              "; for one-hot labels use categorical_accuracy");
    Tensor classes = labels.dtype() == DType::kU8 ? cast(labels, DType::kI32) : labels;
    if (classes.shape() != want) classes = reshape(classes, want);
    return is_among_largest(classes, predictions);
  }
};

class CategoricalAccuracy final : public ClassAccuracy {
 public:
  CategoricalAccuracy(Context& context, int64_t k, std::string name)
      : ClassAccuracy(context, k, std::move(name)) {}
  std::string description() const override { return concat("categorical accuracy, k ", k_); }

 protected:
  Tensor matches(const Tensor& labels, const Tensor& predictions) const override {
    check_classes(predictions);
    if (labels.shape() != predictions.shape())
      invalid("[", name(), "] labels and predictions must have the same shape: got labels ", labels.shape(),
              " and predictions ", predictions.shape(),
              "; for integer labels use sparse_categorical_accuracy");
    Tensor shares = labels.dtype() == DType::kBool ? cast(labels, DType::kU8)
                                                   : probability_labels(name().c_str(), labels);
    return is_among_largest(argmax(shares, {-1}), predictions);
  }
};

class BinaryAccuracy final : public Accuracy {
 public:
  BinaryAccuracy(Context& context, double threshold, std::string name)
      : Accuracy(context, std::move(name)), threshold_(threshold) {}
  std::string description() const override { return concat("binary accuracy, threshold ", threshold_); }

 protected:
  Tensor matches(const Tensor& labels, const Tensor& predictions) const override {
    Tensor y = labels, p = predictions;
    align_last_axis(name().c_str(), y, p);
    return named(context(), name().c_str(), [&] { return correct_side(y, p, threshold_); });
  }

 private:
  double threshold_;
};

}  // namespace

void align_last_axis(const char* op, Tensor& labels, Tensor& predictions) {
  const Shape y = labels.shape(), p = predictions.shape();
  if (y.rank() == p.rank() + 1 && y.back() == 1) labels = reshape(labels, without_last(y));
  if (p.rank() == y.rank() + 1 && p.back() == 1) predictions = reshape(predictions, without_last(p));
  if (labels.shape() != predictions.shape())
    invalid("[", op, "] labels and predictions must have the same shape: got labels ", y, " and predictions ",
            p, "; reshape one of them");
}

std::unique_ptr<Metric> make_sparse_categorical_accuracy(Context& context, const std::string& name) {
  return std::make_unique<SparseCategoricalAccuracy>(context, 1,
                                                     or_default(name, "sparse_categorical_accuracy"));
}

std::unique_ptr<Metric> make_categorical_accuracy(Context& context, const std::string& name) {
  return std::make_unique<CategoricalAccuracy>(context, 1, or_default(name, "categorical_accuracy"));
}

std::unique_ptr<Metric> make_sparse_top_k_categorical_accuracy(Context& context, int64_t k,
                                                               const std::string& name) {
  return std::make_unique<SparseCategoricalAccuracy>(context, k,
                                                     or_default(name, "sparse_top_k_categorical_accuracy"));
}

std::unique_ptr<Metric> make_top_k_categorical_accuracy(Context& context, int64_t k,
                                                        const std::string& name) {
  return std::make_unique<CategoricalAccuracy>(context, k, or_default(name, "top_k_categorical_accuracy"));
}

std::unique_ptr<Metric> make_binary_accuracy(Context& context, double threshold, const std::string& name) {
  if (!std::isfinite(threshold))
    invalid("[binary_accuracy] 'threshold' must be finite: got ", threshold, "; 0.5 is usual");
  return std::make_unique<BinaryAccuracy>(context, threshold, or_default(name, "binary_accuracy"));
}

}  // namespace tl::nn
