#include "core/nn/metric.h"

#include <cmath>

#include "core/nn/labels.h"
#include "core/nn/sample_weights.h"
#include "core/ops/generated/functions.h"
#include "core/tensor/batched.h"

namespace tl::nn {
namespace {

Tensor zero(Context& context) { return full(context, IntList{}, 0.0, DType::kF64); }

Shape without_last(const Shape& shape) { return Shape(Span<const int64_t>(shape.data(), shape.size() - 1)); }

}  // namespace

Metric::Metric(Context& context, std::string name)
    : context_(context),
      name_(std::move(name)),
      total_(VariableRef::make(zero(context), name_ + "/total", false)),
      count_(VariableRef::make(zero(context), name_ + "/count", false)) {}

void Metric::update(const Tensor&, const Tensor&) {
  invalid("[", name_,
          "] an accuracy takes labels and predictions: got values; use metric_update_predictions");
}

void Metric::update(const Tensor&, const Tensor&, const Tensor&) {
  invalid("[", name_, "] a mean or sum takes values: got labels and predictions; use metric_update");
}

double Metric::result() const { return count() == 0 ? 0.0 : total() / count(); }

void Metric::reset() {
  Tensor a = zero(context_), b = zero(context_);
  total_->put(std::move(a));
  count_->put(std::move(b));
}

void Metric::check_context(const Tensor& t, const char* what) const {
  if (!t) invalid("[", name_, "] the ", what, " must be a tensor: got null; was it set?");
  if (&t.context() != &context_)
    invalid("[", name_, "] the ", what,
            " must be of the metric's context: got some of another context; copy their data over");
}

void Metric::accumulate(const Tensor& values, const Tensor& weights) {
  // From here on nothing is on a tape. f64 before the sum: f32 stops counting at 2^24.
  Tensor v = cast(stop_gradient(values), DType::kF64);
  Tensor added, counted;
  if (weights) {
    Tensor w = aligned_weights(name_.c_str(), stop_gradient(weights), v);
    added = sum(mul(v, w));
    double repeats =
        w.elements() ? static_cast<double>(v.elements()) / static_cast<double>(w.elements()) : 0.0;
    counted = mul_scalar(sum(w), repeats);
  } else {
    added = sum(v);
    counted = full(context_, IntList{}, static_cast<double>(v.elements()), DType::kF64);
  }
  check_readable(name_.c_str(), added);
  check_readable(name_.c_str(), counted);
  Tensor new_total = add(stop_gradient(total_->peek()), added);
  Tensor new_count = add(stop_gradient(count_->peek()), counted);
  total_->put(std::move(new_total));
  count_->put(std::move(new_count));
}

namespace {

class Mean final : public Metric {
 public:
  Mean(Context& context, std::string name) : Metric(context, std::move(name)) {}
  using Metric::update;
  void update(const Tensor& values, const Tensor& weights) override {
    check_context(values, "values");
    accumulate(values, weights);
  }
};

class Sum final : public Metric {
 public:
  Sum(Context& context, std::string name) : Metric(context, std::move(name)) {}
  using Metric::update;
  void update(const Tensor& values, const Tensor& weights) override {
    check_context(values, "values");
    accumulate(values, weights);
  }
  double result() const override { return total(); }
};

class Accuracy : public Metric {
 public:
  using Metric::update;
  void update(const Tensor& labels, const Tensor& predictions, const Tensor& weights) override {
    check_context(labels, "labels");
    check_context(predictions, "predictions");
    if (!is_floating(predictions.dtype()))
      invalid("[", name(), "] the predictions must be f32 or f64: got ", predictions.dtype(), " ",
              predictions.shape(), "; are labels and predictions in this order?");
    accumulate(matches(stop_gradient(labels), stop_gradient(predictions)), weights);
  }

 protected:
  using Metric::Metric;
  // One bool for each sample.
  virtual Tensor matches(const Tensor& labels, const Tensor& predictions) const = 0;
  void check_classes(const Tensor& predictions) const {
    if (predictions.rank() == 0 || predictions.shape().back() == 0)
      invalid("[", name(),
              "] the last axis of the predictions is that of the classes and must not be empty: got ",
              predictions.shape(), "; over no classes nothing is right");
  }
};

class SparseCategoricalAccuracy final : public Accuracy {
 public:
  SparseCategoricalAccuracy(Context& context, std::string name) : Accuracy(context, std::move(name)) {}

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
    return named(name().c_str(), [&] { return correct_class(classes, predictions); });
  }
};

class CategoricalAccuracy final : public Accuracy {
 public:
  CategoricalAccuracy(Context& context, std::string name) : Accuracy(context, std::move(name)) {}

 protected:
  Tensor matches(const Tensor& labels, const Tensor& predictions) const override {
    check_classes(predictions);
    if (labels.shape() != predictions.shape())
      invalid("[", name(), "] labels and predictions must have the same shape: got labels ", labels.shape(),
              " and predictions ", predictions.shape(),
              "; for integer labels use sparse_categorical_accuracy");
    Tensor shares = labels.dtype() == DType::kBool ? cast(labels, DType::kU8)
                                                   : probability_labels(name().c_str(), labels);
    return correct_class(argmax(shares, {-1}), predictions);
  }
};

class BinaryAccuracy final : public Accuracy {
 public:
  BinaryAccuracy(Context& context, double threshold, std::string name)
      : Accuracy(context, std::move(name)), threshold_(threshold) {}

 protected:
  Tensor matches(const Tensor& labels, const Tensor& predictions) const override {
    Tensor y = labels, p = predictions;
    if (y.rank() == p.rank() + 1 && y.shape().back() == 1) y = reshape(y, without_last(y.shape()));
    if (p.rank() == y.rank() + 1 && p.shape().back() == 1) p = reshape(p, without_last(p.shape()));
    if (y.shape() != p.shape())
      invalid("[", name(), "] labels and predictions must have the same shape: got labels ", labels.shape(),
              " and predictions ", predictions.shape(), "; reshape one of them");
    return named(name().c_str(), [&] { return correct_side(y, p, threshold_); });
  }

 private:
  double threshold_;
};

std::string or_default(const std::string& name, const char* fallback) {
  return name.empty() ? fallback : name;
}

}  // namespace

std::unique_ptr<Metric> make_mean(Context& context, const std::string& name) {
  return std::make_unique<Mean>(context, or_default(name, "mean"));
}

std::unique_ptr<Metric> make_sum(Context& context, const std::string& name) {
  return std::make_unique<Sum>(context, or_default(name, "sum"));
}

std::unique_ptr<Metric> make_sparse_categorical_accuracy(Context& context, const std::string& name) {
  return std::make_unique<SparseCategoricalAccuracy>(context,
                                                     or_default(name, "sparse_categorical_accuracy"));
}

std::unique_ptr<Metric> make_categorical_accuracy(Context& context, const std::string& name) {
  return std::make_unique<CategoricalAccuracy>(context, or_default(name, "categorical_accuracy"));
}

std::unique_ptr<Metric> make_binary_accuracy(Context& context, double threshold, const std::string& name) {
  if (!std::isfinite(threshold))
    invalid("[binary_accuracy] 'threshold' must be finite: got ", threshold, "; 0.5 is usual");
  return std::make_unique<BinaryAccuracy>(context, threshold, or_default(name, "binary_accuracy"));
}

}  // namespace tl::nn
