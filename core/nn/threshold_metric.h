// Metrics of yes-no predictions by thresholds: a prediction above a threshold, strictly, says yes. True and false positives and
// negatives, precision, recall, one of them where the other is good enough, and the area under curves.
//
// Labels: 0 and 1 of any dtype; predictions: f32 or f64, probabilities in [0, 1] (or logits, by an option), of the labels' shape
// but for a last axis of size 1. A NaN is above no threshold. Thresholds are compared in the dtype of the predictions, and are in
// [0, 1]. Weights stand for the leading axes of the predictions, one for each element at the most.
//
// The state is two vectors, "<name>/positives" and "<name>/negatives": the weights of the labels 1 and 0 by the interval between
// thresholds into which their predictions fall. An update looks for the intervals by bisection: n elements and t thresholds cost
// n log2(t), not n t, and no memory that grows with t.
#pragma once

#include <optional>

#include "core/nn/metric.h"

namespace tl::nn {

// Numbers are those of tl_auc_curve and tl_auc_summation in the C API: append only.
enum class AucCurve : int32_t { kRoc = 0, kPrecisionRecall = 1, kPrecisionRecallGain = 2 };
enum class AucSummation : int32_t { kInterpolation = 0, kMajoring = 1, kMinoring = 2 };

inline constexpr int64_t kMostThresholds = int64_t{1} << 20;

struct ThresholdOptions {
  // Not of auc and the ..._at_...: empty stands for 0.5, or with top_k for no threshold at all. auc: besides, none and one.
  std::vector<double> thresholds;
  // Of auc and the ..._at_...: how many, evenly spread, where none are given; 0: 200. At least 2 for auc, 1 for the others.
  int64_t threshold_count = 0;
  // Of precision and recall: only the k largest predictions of a row (the first of equals) may say yes; 0: all.
  int64_t top_k = 0;
  // Only this class counts, an index into the last axis of predictions of rank 2 or more.
  std::optional<int64_t> class_id;
  bool from_logits = false;                               // predictions go through a sigmoid first
  AucCurve curve = AucCurve::kRoc;                        // of auc
  AucSummation summation = AucSummation::kInterpolation;  // of auc
  std::string name;                                       // empty: that of the function
};

// The weights of predictions that say yes or no and are right (true) or wrong (false): one number for each threshold, in the
// order in which they were given; rank 0 for one.
std::unique_ptr<Metric> make_true_positives(Context& context, const ThresholdOptions& options);
std::unique_ptr<Metric> make_false_positives(Context& context, const ThresholdOptions& options);
std::unique_ptr<Metric> make_true_negatives(Context& context, const ThresholdOptions& options);
std::unique_ptr<Metric> make_false_negatives(Context& context, const ThresholdOptions& options);

// tp / (tp + fp): how many of those that were found are right; tp / (tp + fn): how many of those that are right were found.
std::unique_ptr<Metric> make_precision(Context& context, const ThresholdOptions& options);
std::unique_ptr<Metric> make_recall(Context& context, const ThresholdOptions& options);

// The best of one where the other is at least `least`, in [0, 1], over thresholds 0, 1 / (n - 1), ..., 1 (0.5 alone for one); 0
// where it is so nowhere. Sensitivity is recall; specificity is tn / (tn + fp).
std::unique_ptr<Metric> make_sensitivity_at_specificity(Context& context, double least,
                                                        const ThresholdOptions& options);
std::unique_ptr<Metric> make_specificity_at_sensitivity(Context& context, double least,
                                                        const ThresholdOptions& options);
std::unique_ptr<Metric> make_precision_at_recall(Context& context, double least,
                                                 const ThresholdOptions& options);
std::unique_ptr<Metric> make_recall_at_precision(Context& context, double least,
                                                 const ThresholdOptions& options);

// The area under a curve through the points of all thresholds: recall over the false positive rate (ROC), precision over recall,
// or both as gains over a prediction that always says yes (Flach and Kull 2015; where nothing is found the recall gain is 0 and
// the precision gain 1, and a recall gain below 0 is 0). Thresholds: those given, or evenly spread between, and one just below 0
// and one just above 1. The area between two points is that of a rectangle as high as their mean (interpolation), the higher
// (majoring) or the lower one (minoring); precision over recall is interpolated as Davis and Goadrich (2006) say, by counts
// that grow evenly.
std::unique_ptr<Metric> make_auc(Context& context, const ThresholdOptions& options);

}  // namespace tl::nn
