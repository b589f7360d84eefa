// What metrics by thresholds share: the weights of labels 1 and 0 by the interval between thresholds into which their
// predictions fall, and counts from them. For the files of threshold_metric.h alone.
#pragma once

#include "core/nn/threshold_metric.h"

namespace tl::nn {

enum class Quantity {
  kTruePositives,
  kFalsePositives,
  kTrueNegatives,
  kFalseNegatives,
  kPrecision,   // tp / (tp + fp)
  kRecall,      // tp / (tp + fn), also called sensitivity
  kSpecificity  // tn / (tn + fp)
};
const char* name_of(Quantity quantity);  // "recall"

class ThresholdCounts : public Metric {
 public:
  using Metric::update;
  void update(const Tensor& labels, const Tensor& predictions, const Tensor& weights) override;

 protected:
  // thresholds: any number but none, in any order, infinities among them. options.thresholds are not looked at. checked:
  // predictions must be probabilities.
  ThresholdCounts(Context& context, std::vector<double> thresholds, const ThresholdOptions& options,
                  std::string name, bool checked);

  // For each threshold, in ascending order.
  Tensor quantity(Quantity which) const;
  // From ascending order into that in which the thresholds were given; a single one as rank 0.
  Tensor as_given(const Tensor& ascending) const;
  int64_t count() const { return count_; }
  // Thresholds and options, for description().
  const std::string& options() const { return options_; }

 private:
  Tensor intervals(const Tensor& predictions) const;
  Tensor only_largest(const Tensor& predictions) const;
  Tensor only_class(const Tensor& x) const;

  int64_t count_, top_k_;
  std::optional<int64_t> class_id_;
  bool from_logits_, checked_;
  std::string options_;
  Tensor ascending_;  // f64, filled up with infinity to one less than a power of two
  Tensor places_;     // of the thresholds in the order given; null: that is ascending
};

}  // namespace tl::nn
