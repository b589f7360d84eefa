// The area under a curve over thresholds.
#include <cmath>

#include "core/nn/threshold_counts.h"
#include "core/ops/generated/functions.h"

namespace tl::nn {
namespace {

constexpr double kBeyond = 1e-7;  // how far the outer thresholds are outside of [0, 1]

std::vector<double> points(const char* op, const ThresholdOptions& o) {
  if (o.top_k != 0)
    invalid("[", op, "] 'top_k' is an option of precision and recall: got ", o.top_k, "; leave it 0");
  const int32_t curve = static_cast<int32_t>(o.curve), summation = static_cast<int32_t>(o.summation);
  if (curve < 0 || curve > static_cast<int32_t>(AucCurve::kPrecisionRecallGain))
    invalid("[", op, "] 'curve' must be ROC (0), precision over recall (1) or their gains (2): got ", curve,
            "; fill the options with their _init function first");
  if (summation < 0 || summation > static_cast<int32_t>(AucSummation::kMinoring))
    invalid("[", op, "] 'summation' must be interpolation (0), majoring (1) or minoring (2): got ", summation,
            "; fill the options with their _init function first");
  std::vector<double> out{-kBeyond};
  if (!o.thresholds.empty()) {
    if (o.threshold_count != 0)
      invalid("[", op, "] thresholds are given or counted, not both: got ", o.thresholds.size(),
              " thresholds and a threshold_count of ", o.threshold_count, "; leave one out");
    for (size_t i = 0; i < o.thresholds.size(); i++) {
      if (!(o.thresholds[i] >= 0 && o.thresholds[i] <= 1))
        invalid("[", op, "] each threshold must be in [0, 1]: got ", o.thresholds[i], " at position ", i,
                "; two more are set just outside");
      out.push_back(o.thresholds[i]);
    }
  } else {
    const int64_t n = o.threshold_count == 0 ? 200 : o.threshold_count;
    if (n < 2 || n > kMostThresholds)
      invalid("[", op, "] 'threshold_count' must be from 2 to ", kMostThresholds, ": got ", n,
              "; 0 is 200, the default");
    for (int64_t i = 1; i < n - 1; i++) out.push_back(static_cast<double>(i) / static_cast<double>(n - 1));
  }
  out.push_back(1 + kBeyond);
  return out;
}

class Auc final : public ThresholdCounts {
 public:
  Auc(Context& context, const ThresholdOptions& o, const std::string& name)
      : ThresholdCounts(context, points(name.c_str(), o), o, name, /*checked=*/true),
        curve_(o.curve),
        summation_(o.summation) {}
  std::string description() const override {
    return concat("area under a curve, curve ", static_cast<int>(curve_), ", summation ",
                  static_cast<int>(summation_), ", ", options());
  }

  Tensor result_tensor() const override {
    switch (curve_) {
      case AucCurve::kRoc: {
        const Tensor invented = quantity(Quantity::kFalsePositives);
        const Tensor rate = share_of(invented, add(invented, quantity(Quantity::kTrueNegatives)));
        return area(rate, quantity(Quantity::kRecall));
      }
      case AucCurve::kPrecisionRecall:
        if (summation_ == AucSummation::kInterpolation) return interpolated_precision();
        return area(quantity(Quantity::kRecall), quantity(Quantity::kPrecision));
      case AucCurve::kPrecisionRecallGain: break;
    }
    return gains();
  }

 private:
  // At the lower and at the higher end of each interval between thresholds.
  Tensor low(const Tensor& x) const { return slice(x, {0}, {count() - 1}); }
  Tensor high(const Tensor& x) const { return slice(x, {1}, {count()}); }

  // x falls as thresholds grow.
  Tensor area(const Tensor& x, const Tensor& y) const {
    Tensor height;
    switch (summation_) {
      case AucSummation::kInterpolation: height = mul_scalar(add(low(y), high(y)), 0.5); break;
      case AucSummation::kMajoring: height = maximum(low(y), high(y)); break;
      case AucSummation::kMinoring: height = minimum(low(y), high(y)); break;
    }
    return sum(mul(sub(low(x), high(x)), height));
  }

  // Between two thresholds true positives grow linearly with the predicted ones: tp = slope p + start. The integral of tp / p
  // over tp is then slope (the growth of tp + start log(the ratio of the p)).
  Tensor interpolated_precision() const {
    const Tensor zero = number(0.0), one = number(1.0);
    const Tensor hits = quantity(Quantity::kTruePositives);
    const Tensor found = add(hits, quantity(Quantity::kFalsePositives));
    const Tensor growth = sub(low(hits), high(hits));
    const Tensor slope = share_of(growth, maximum(sub(low(found), high(found)), zero));
    const Tensor start = sub(high(hits), mul(slope, high(found)));
    const Tensor both = logical_and(greater(low(found), zero), greater(high(found), zero));
    const Tensor ratio = div(select(both, low(found), one), select(both, high(found), one));
    const Tensor pieces = mul(slope, add(growth, mul(start, log(ratio))));
    const Tensor all = high(add(hits, quantity(Quantity::kFalseNegatives)));
    return sum(share_of(pieces, maximum(all, zero)));
  }

  Tensor gains() const {
    const Tensor zero = number(0.0), one = number(1.0);
    const Tensor hits = quantity(Quantity::kTruePositives), none = equal(hits, zero);
    const Tensor invented = quantity(Quantity::kFalsePositives), missed = quantity(Quantity::kFalseNegatives);
    const Tensor odds = share_of(add(hits, missed), add(invented, quantity(Quantity::kTrueNegatives)));
    const auto gain = [&](const Tensor& wrong) { return sub(one, mul(odds, share_of(wrong, hits))); };
    return area(maximum(select(none, zero, gain(missed)), zero), select(none, one, gain(invented)));
  }

  AucCurve curve_;
  AucSummation summation_;
};

}  // namespace

std::unique_ptr<Metric> make_auc(Context& context, const ThresholdOptions& options) {
  return std::make_unique<Auc>(context, options, or_default(options.name, "auc"));
}

}  // namespace tl::nn
