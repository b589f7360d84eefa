#include "core/nn/regression_metric.h"

#include <cmath>

#include "core/nn/sample_weights.h"
#include "core/ops/generated/functions.h"

namespace tl::nn {
namespace {

constexpr int64_t kMostOutputs = int64_t{1} << 24;

// Labels and predictions of one shape, in f64.
struct Pair {
  Pair(const char* op, const Tensor& labels, const Tensor& predictions) {
    if (!is_floating(predictions.dtype()))
      invalid("[", op, "] the predictions must be f32 or f64: got ", predictions.dtype(), " ",
              predictions.shape(), "; are labels and predictions in this order?");
    if (labels.shape() != predictions.shape())
      invalid("[", op, "] labels and predictions must have the same shape: got labels ", labels.shape(),
              " and predictions ", predictions.shape(), "; reshape one of them");
    y = cast(labels, DType::kF64);
    p = cast(predictions, DType::kF64);
  }
  Tensor y, p;
};

class RootMeanSquaredError final : public AverageMetric {
 public:
  RootMeanSquaredError(Context& context, std::string name) : AverageMetric(context, std::move(name)) {}
  std::string description() const override { return "root mean squared error"; }
  using Metric::update;
  void update(const Tensor& labels, const Tensor& predictions, const Tensor& weights) override {
    const Pair of(name().c_str(), operand(labels, "labels"), operand(predictions, "predictions"));
    accumulate(square(sub(of.p, of.y)), weights);
  }
  Tensor result_tensor() const override { return sqrt(AverageMetric::result_tensor()); }
};

// A mean of cosines between rows, or of the cosines of what they differ from their means by.
class RowCosine final : public AverageMetric {
 public:
  RowCosine(Context& context, std::string name, bool centred)
      : AverageMetric(context, std::move(name)), centred_(centred) {}
  std::string description() const override { return centred_ ? "Pearson correlation" : "cosine similarity"; }
  using Metric::update;
  void update(const Tensor& labels, const Tensor& predictions, const Tensor& weights) override {
    Pair of(name().c_str(), operand(labels, "labels"), operand(predictions, "predictions"));
    if (of.p.rank() == 0 || of.p.shape().back() == 0)
      invalid("[", name(), "] the last axis, that of the vectors, must be there and not be empty: got ",
              of.p.shape(), "; reshape to (samples, size)");
    Tensor counts;  // rows that do not vary keep a rounding error of their mean, which is no direction
    if (centred_) {
      const auto varies = [](const Tensor& x) { return not_equal(max(x, {-1}), min(x, {-1})); };
      counts = logical_and(varies(of.y), varies(of.p));
      of.y = around_mean(of.y);
      of.p = around_mean(of.p);
    }
    // In units of the largest element of the row no square overflows or underflows.
    of.y = share_of(of.y, largest(of.y));
    of.p = share_of(of.p, largest(of.p));
    const auto length = [](const Tensor& x) { return sqrt(sum(square(x), {-1})); };
    const Tensor cosines = share_of(sum(mul(of.y, of.p), {-1}), mul(length(of.y), length(of.p)));
    accumulate(counts ? select(counts, cosines, number(0.0)) : cosines, weights);
  }

 private:
  static Tensor largest(const Tensor& x) { return max(abs(x), {-1}, /*keepdims=*/true); }
  // What the elements of a row differ from their mean by. A row whose sum may overflow is made smaller first, by a power of 2,
  // which costs no digits where the mean is large and the differences small; a correlation has no unit.
  Tensor around_mean(const Tensor& x) const {
    const Tensor huge = greater(largest(x), number(std::ldexp(1.0, 900)));
    const Tensor row = mul(x, select(huge, number(std::ldexp(1.0, -100)), number(1.0)));
    return sub(row, mean(row, {-1}, /*keepdims=*/true));
  }

  bool centred_;
};

int64_t checked_outputs(const std::string& name, int64_t outputs) {
  if (outputs < 1 || outputs > kMostOutputs)
    invalid("[", name, "] 'outputs' must be from 1 to ", kMostOutputs, ": got ", outputs,
            "; it is the size of the last axis of the predictions");
  return outputs;
}

class R2 final : public Metric {
 public:
  R2(Context& context, int64_t outputs, const R2Options& o, std::string name)
      : Metric(context, name,
               {{"weight", {}},
                {"samples", {}},
                {"mean", {checked_outputs(name, outputs)}},
                {"spread", {outputs}},
                {"residual", {outputs}}}),
        outputs_(outputs),
        options_(o) {
    const int32_t average = static_cast<int32_t>(o.average);
    if (average < 0 || average > static_cast<int32_t>(R2Average::kNone))
      invalid("[", name, "] 'average' must be uniform (0), by variance (1) or none (2): got ", average,
              "; fill the options with their _init function first");
    if (o.regressors < 0)
      invalid("[", name, "] 'regressors' must not be negative: got ", o.regressors, "; 0 is not adjusted");
  }

  using Metric::update;
  void update(const Tensor& labels, const Tensor& predictions, const Tensor& weights) override {
    const char* op = name().c_str();
    Pair of(op, operand(labels, "labels"), operand(predictions, "predictions"));
    if (outputs_ == 1 && of.p.rank() == 1) {
      of.y = expand_dims(of.y, 1);
      of.p = expand_dims(of.p, 1);
    }
    if (of.p.rank() != 2 || of.p.shape()[1] != outputs_)
      invalid("[", op, "] the predictions must be (samples, outputs): got ", of.p.shape(), " for ", outputs_,
              " outputs; make the metric for as many");
    const int64_t samples = of.p.shape()[0];
    Tensor w = full(context(), {samples}, 1.0, DType::kF64);
    if (weights) w = broadcast_to(aligned_weights(op, operand(weights, "weights"), w), {samples});
    const Tensor column = reshape(w, {samples, 1});
    // Of this batch alone, then merged with what was before it.
    const Tensor weight = sum(w), center = share_of(sum(mul(of.y, column), {0}), weight);
    const Tensor spread = sum(mul(square(sub(of.y, center)), column), {0});
    const Tensor residual = sum(mul(square(sub(of.y, of.p)), column), {0});
    const Tensor total = add(state(0), weight), part = share_of(weight, total), apart = sub(center, state(2));
    const Tensor between = mul(square(apart), mul(state(0), part));
    replace({total, add_scalar(state(1), static_cast<double>(samples)), add(state(2), mul(apart, part)),
             add(add(state(3), spread), between), add(state(4), residual)});
  }

  bool states_add_up() const override { return false; }
  std::string description() const override {
    return concat("R2, outputs ", outputs_, ", average ", static_cast<int>(options_.average), ", regressors ",
                  options_.regressors);
  }
  Tensor result_tensor() const override {
    const Tensor zero = number(0.0), one = number(1.0), spread = state(3), residual = state(4);
    // Labels that do not vary have a spread all the same, the square of the rounding error of their mean.
    const Tensor noise = mul_scalar(mul(state(0), square(state(2))), 1e-30);
    // What is no larger than it scores 0, but NaN where one of the two is NaN.
    const Tensor none = maximum(sub(spread, noise), zero);
    const Tensor scores = select(greater(none, zero), sub(one, share_of(residual, spread)), none);
    Tensor score;
    switch (options_.average) {
      case R2Average::kUniform: score = mean(scores); break;
      case R2Average::kVariance: score = share_of(sum(mul(spread, scores)), sum(spread)); break;
      case R2Average::kNone:
        score = scores;
        if (outputs_ == 1) score = reshape(score, {});
        break;
    }
    if (options_.regressors == 0) return score;
    const Tensor freedom = add_scalar(state(1), -1.0);
    const Tensor left = add_scalar(freedom, -static_cast<double>(options_.regressors));
    const Tensor adjusted = sub(one, mul(sub(one, score), share_of(freedom, left)));
    return select(less_equal(left, zero), score, adjusted);
  }

 private:
  int64_t outputs_;
  R2Options options_;
};

}  // namespace

std::unique_ptr<Metric> make_root_mean_squared_error(Context& context, const std::string& name) {
  return std::make_unique<RootMeanSquaredError>(context, or_default(name, "root_mean_squared_error"));
}

std::unique_ptr<Metric> make_cosine_similarity(Context& context, const std::string& name) {
  return std::make_unique<RowCosine>(context, or_default(name, "cosine_similarity"), false);
}

std::unique_ptr<Metric> make_pearson_correlation(Context& context, const std::string& name) {
  return std::make_unique<RowCosine>(context, or_default(name, "pearson_correlation"), true);
}

std::unique_ptr<Metric> make_r2(Context& context, int64_t outputs, const R2Options& options) {
  return std::make_unique<R2>(context, outputs, options, or_default(options.name, "r2"));
}

}  // namespace tl::nn
