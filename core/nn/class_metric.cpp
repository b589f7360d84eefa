#include "core/nn/class_metric.h"

#include <cmath>

#include "core/nn/labels.h"
#include "core/nn/sample_weights.h"
#include "core/ops/generated/functions.h"

namespace tl::nn {
namespace {

// classes^2 numbers of state are to fit.
constexpr int64_t kMostClasses = int64_t{1} << 20;

int64_t checked_classes(const std::string& name, int64_t classes) {
  if (classes < 1 || classes > kMostClasses)
    invalid("[", name, "] 'classes' must be from 1 to ", kMostClasses, ": got ", classes,
            "; it is the size of the last axis of the predictions");
  return classes;
}

class FBeta final : public Metric {
 public:
  FBeta(Context& context, int64_t classes, const FBetaOptions& o, std::string name)
      : Metric(context, name,
               {{"true_positives", {checked_classes(name, classes)}},
                {"predicted", {classes}},
                {"actual", {classes}}}),
        classes_(classes),
        options_(o) {
    if (!(o.beta > 0) || !std::isfinite(o.beta))
      invalid("[", name, "] 'beta' must be finite and above 0: got ", o.beta, "; 1 is the F1 score");
    if (!(o.threshold >= 0 && o.threshold <= 1))
      invalid("[", name, "] 'threshold' must be in [0, 1]: got ", o.threshold,
              "; 0 takes the largest prediction of each row");
    const int32_t average = static_cast<int32_t>(o.average);
    if (average < 0 || average > static_cast<int32_t>(ClassAverage::kWeighted))
      invalid("[", name, "] 'average' must be none (0), micro (1), macro (2) or weighted (3): got ", average,
              "; fill the options with their _init function first");
  }

  std::string description() const override {
    return concat("F score, classes ", classes_, ", beta ", options_.beta, ", threshold ", options_.threshold,
                  ", average ", static_cast<int>(options_.average));
  }

  using Metric::update;
  void update(const Tensor& labels, const Tensor& predictions, const Tensor& weights) override {
    const char* op = name().c_str();
    Tensor y = operand(labels, "labels"), p = operand(predictions, "predictions");
    if (!is_floating(p.dtype()))
      invalid("[", op, "] the predictions must be f32 or f64: got ", p.dtype(), " ", p.shape(),
              "; are labels and predictions in this order?");
    if (y.shape() != p.shape())
      invalid("[", op, "] labels and predictions must have the same shape: got labels ", y.shape(),
              " and predictions ", p.shape(), "; integer labels go through one_hot");
    if (classes_ == 1 && (p.rank() == 0 || p.shape().back() != 1)) {
      y = expand_dims(y, y.rank());
      p = expand_dims(p, p.rank());
    }
    if (p.rank() == 0 || p.shape().back() != classes_)
      invalid("[", op, "] the last axis of the predictions must be that of the classes: got ", p.shape(),
              " for ", classes_, " classes; make the metric for as many");
    const Tensor truth = truths(op, y), said = says_yes(p);
    const Tensor zero = number(0.0), one = number(1.0);
    const Tensor w = weights ? aligned_weights(op, operand(weights, "weights"), p, DType::kF64) : one;
    const auto weight_of = [&](const Tensor& which) {
      const Tensor each = select(which, w, zero);
      return sum(reshape(each, {each.elements() / classes_, classes_}), {0});
    };
    replace({add(state(0), weight_of(logical_and(truth, said))), add(state(1), weight_of(said)),
             add(state(2), weight_of(truth))});
  }

  Tensor result_tensor() const override {
    const bool micro = options_.average == ClassAverage::kMicro;
    const auto count = [&](size_t i) { return micro ? sum(state(i)) : state(i); };
    const double b = options_.beta * options_.beta;
    const Tensor actual = count(2);
    const Tensor score = share_of(mul_scalar(count(0), 1 + b), add(mul_scalar(actual, b), count(1)));
    switch (options_.average) {
      case ClassAverage::kMicro: return score;
      case ClassAverage::kMacro: return mean(score);
      case ClassAverage::kWeighted: return share_of(sum(mul(score, actual)), sum(actual));
      case ClassAverage::kNone: break;
    }
    return classes_ == 1 ? reshape(score, {}) : score;
  }

 private:
  Tensor says_yes(const Tensor& p) const {
    if (options_.threshold > 0) {
      const Tensor limit = number(options_.threshold, p.dtype());
      return greater(probability_predictions(name().c_str(), p), limit);
    }
    const Tensor scores = select(equal(p, p), p, number(-INFINITY, p.dtype()));  // NaN is never the largest
    const Tensor position = range(context(), classes_, 0.0, 1.0, DType::kI64);
    return equal(position, argmax(scores, {-1}, /*keepdims=*/true));
  }

  int64_t classes_;
  FBetaOptions options_;
};

class MeanIou final : public Metric {
 public:
  MeanIou(Context& context, int64_t classes, std::string name)
      : Metric(context, name, {{"confusion", {checked_classes(name, classes), classes}}}),
        classes_(classes) {}
  std::string description() const override {
    return concat("mean intersection over union, classes ", classes_);
  }

  using Metric::update;
  void update(const Tensor& labels, const Tensor& predictions, const Tensor& weights) override {
    const char* op = name().c_str();
    Tensor y = operand(labels, "labels"), p = operand(predictions, "predictions");
    if (is_floating(y.dtype()) || y.dtype() == DType::kBool)
      invalid("[", op, "] the labels must be integers: got ", y.dtype(), " ", y.shape(),
              "; one-hot labels go through argmax");
    if (is_floating(p.dtype())) {
      if (p.rank() == 0 || p.shape().back() != classes_)
        invalid("[", op, "] the last axis of the predictions must be that of the classes: got ", p.shape(),
                " for ", classes_, " classes; make the metric for as many");
      p = argmax(p, {-1});
    } else if (p.dtype() == DType::kBool) {
      invalid("[", op, "] the predictions must be integers, f32 or f64: got bool ", p.shape(), "; use cast");
    }
    if (y.shape() != p.shape())
      invalid("[", op, "] the labels must have the shape of the predicted classes: got labels ", y.shape(),
              " and predictions ", predictions.shape(), "; reshape one of them");
    const Tensor row = integers_in(op, "a label", cast(y, DType::kI64), 0, classes_ - 1);
    const Tensor column = integers_in(op, "a prediction", cast(p, DType::kI64), 0, classes_ - 1);
    const Tensor place = add(mul_scalar(row, static_cast<double>(classes_)), column);
    const Tensor w = weights
                         ? broadcast_to(aligned_weights(op, operand(weights, "weights"), place, DType::kF64),
                                        place.shape())
                         : full(context(), place.shape(), 1.0, DType::kF64);
    replace({add(state(0), reshape(scatter_add(place, w, classes_ * classes_), {classes_, classes_}))});
  }

  Tensor result_tensor() const override {
    const Tensor confusion = state(0), zero = number(0.0);
    const Tensor position = range(context(), classes_, 0.0, 1.0, DType::kI64);
    const Tensor diagonal = equal(reshape(position, {classes_, 1}), position);
    const Tensor hits = sum(select(diagonal, confusion, zero), {1});
    const Tensor all = sub(add(sum(confusion, {0}), sum(confusion, {1})), hits);
    const Tensor there = cast(not_equal(all, zero), DType::kF64);
    return share_of(sum(share_of(hits, all)), sum(there));
  }

 private:
  int64_t classes_;
};

}  // namespace

std::unique_ptr<Metric> make_f_beta(Context& context, int64_t classes, const FBetaOptions& options) {
  return std::make_unique<FBeta>(context, classes, options, or_default(options.name, "f_beta"));
}

std::unique_ptr<Metric> make_mean_iou(Context& context, int64_t classes, const std::string& name) {
  return std::make_unique<MeanIou>(context, classes, or_default(name, "mean_iou"));
}

}  // namespace tl::nn
