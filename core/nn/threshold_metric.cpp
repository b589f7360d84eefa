#include "core/nn/threshold_metric.h"

#include <cmath>

#include "core/nn/threshold_counts.h"
#include "core/ops/generated/functions.h"

namespace tl::nn {
namespace {

void refuse(const char* op, const char* what, bool given, const char* who) {
  if (given) invalid("[", op, "] '", what, "' is an option of ", who, ": got one; leave it out");
}

void refuse_curve(const char* op, const ThresholdOptions& o) {
  refuse(op, "curve", o.curve != AucCurve::kRoc, "auc");
  refuse(op, "summation", o.summation != AucSummation::kInterpolation, "auc");
}

std::vector<double> checked_thresholds(const char* op, const ThresholdOptions& o) {
  refuse_curve(op, o);
  refuse(op, "threshold_count", o.threshold_count != 0, "auc and of one metric at another");
  for (size_t i = 0; i < o.thresholds.size(); i++)
    if (!(o.thresholds[i] >= 0 && o.thresholds[i] <= 1))
      invalid("[", op, "] each threshold must be in [0, 1]: got ", o.thresholds[i], " at position ", i,
              "; 0.5 is usual");
  if (!o.thresholds.empty()) return o.thresholds;
  return {o.top_k > 0 ? -INFINITY : 0.5};
}

// One of the counts, or a share of them, for each threshold.
class AtThresholds final : public ThresholdCounts {
 public:
  AtThresholds(Context& context, const ThresholdOptions& o, const std::string& name, Quantity which)
      : ThresholdCounts(context, checked_thresholds(name.c_str(), o), o, name,
                        /*checked=*/o.top_k == 0 || !o.thresholds.empty()),
        which_(which) {}
  std::string description() const override { return concat(name_of(which_), ", ", options()); }
  Tensor result_tensor() const override { return as_given(quantity(which_)); }

 private:
  Quantity which_;
};

std::unique_ptr<Metric> make_counts(Context& context, const ThresholdOptions& o, const char* name,
                                    Quantity which) {
  refuse(name, "top_k", o.top_k != 0, "precision and recall");
  return std::make_unique<AtThresholds>(context, o, or_default(o.name, name), which);
}

std::vector<double> spread_thresholds(const char* op, double least, const ThresholdOptions& o) {
  refuse_curve(op, o);
  refuse(op, "top_k", o.top_k != 0, "precision and recall");
  refuse(op, "thresholds", !o.thresholds.empty(), "counts, precision, recall and auc");
  if (!(least >= 0 && least <= 1))
    invalid("[", op, "] what is reached at the least must be in [0, 1]: got ", least, "; 0.9 is usual");
  const int64_t n = o.threshold_count == 0 ? 200 : o.threshold_count;
  if (n < 1 || n > kMostThresholds)
    invalid("[", op, "] 'threshold_count' must be from 1 to ", kMostThresholds, ": got ", n,
            "; 0 is 200, the default");
  if (n == 1) return {0.5};
  std::vector<double> out;
  for (int64_t i = 0; i < n; i++) out.push_back(static_cast<double>(i) / static_cast<double>(n - 1));
  return out;
}

// The largest of one share over the thresholds at which another one is large enough.
class BestWhere final : public ThresholdCounts {
 public:
  BestWhere(Context& context, double least, const ThresholdOptions& o, const std::string& name, Quantity best,
            Quantity where)
      : ThresholdCounts(context, spread_thresholds(name.c_str(), least, o), o, name, /*checked=*/true),
        least_(least),
        best_(best),
        where_(where) {}
  std::string description() const override {
    return concat(name_of(best_), " at ", name_of(where_), " of ", least_, ", ", options());
  }
  Tensor result_tensor() const override {
    const Tensor best = quantity(best_), where = quantity(where_), both = add(best, where);
    const Tensor none = sub(both, both);  // 0, but NaN where a count is NaN
    return max(select(greater_equal(where, number(least_)), best, none));
  }

 private:
  double least_;
  Quantity best_, where_;
};

std::unique_ptr<Metric> make_best(Context& context, double least, const ThresholdOptions& o, const char* name,
                                  Quantity best, Quantity where) {
  return std::make_unique<BestWhere>(context, least, o, or_default(o.name, name), best, where);
}

}  // namespace

std::unique_ptr<Metric> make_true_positives(Context& context, const ThresholdOptions& options) {
  return make_counts(context, options, "true_positives", Quantity::kTruePositives);
}

std::unique_ptr<Metric> make_false_positives(Context& context, const ThresholdOptions& options) {
  return make_counts(context, options, "false_positives", Quantity::kFalsePositives);
}

std::unique_ptr<Metric> make_true_negatives(Context& context, const ThresholdOptions& options) {
  return make_counts(context, options, "true_negatives", Quantity::kTrueNegatives);
}

std::unique_ptr<Metric> make_false_negatives(Context& context, const ThresholdOptions& options) {
  return make_counts(context, options, "false_negatives", Quantity::kFalseNegatives);
}

std::unique_ptr<Metric> make_precision(Context& context, const ThresholdOptions& options) {
  return std::make_unique<AtThresholds>(context, options, or_default(options.name, "precision"),
                                        Quantity::kPrecision);
}

std::unique_ptr<Metric> make_recall(Context& context, const ThresholdOptions& options) {
  return std::make_unique<AtThresholds>(context, options, or_default(options.name, "recall"),
                                        Quantity::kRecall);
}

std::unique_ptr<Metric> make_sensitivity_at_specificity(Context& context, double least,
                                                        const ThresholdOptions& options) {
  return make_best(context, least, options, "sensitivity_at_specificity", Quantity::kRecall,
                   Quantity::kSpecificity);
}

std::unique_ptr<Metric> make_specificity_at_sensitivity(Context& context, double least,
                                                        const ThresholdOptions& options) {
  return make_best(context, least, options, "specificity_at_sensitivity", Quantity::kSpecificity,
                   Quantity::kRecall);
}

std::unique_ptr<Metric> make_precision_at_recall(Context& context, double least,
                                                 const ThresholdOptions& options) {
  return make_best(context, least, options, "precision_at_recall", Quantity::kPrecision, Quantity::kRecall);
}

std::unique_ptr<Metric> make_recall_at_precision(Context& context, double least,
                                                 const ThresholdOptions& options) {
  return make_best(context, least, options, "recall_at_precision", Quantity::kRecall, Quantity::kPrecision);
}

}  // namespace tl::nn
