// Metrics over classes: the F score and the mean intersection over union. The number of classes is said at the start, so that
// the state is there before the first update.
#pragma once

#include "core/nn/metric.h"

namespace tl::nn {

// Numbers are those of tl_class_average in the C API: append only.
enum class ClassAverage : int32_t {
  kNone = 0,     // one number for each class
  kMicro = 1,    // of the counts of all classes together
  kMacro = 2,    // the mean over the classes
  kWeighted = 3  // the mean over the classes, each as often as it is the label
};

struct FBetaOptions {
  double beta = 1;  // finite and above 0: recall counts beta times as much as precision
  double threshold =
      0;  // in (0, 1]: predictions above it say yes; 0: the largest of each row does, the first of equals
  ClassAverage average = ClassAverage::kNone;
  std::string name;  // empty: "f_beta"
};

// (1 + beta^2) precision recall / (beta^2 precision + recall) of each class (van Rijsbergen 1979), 0 where that is 0 / 0.
// Labels: 0 and 1 of any dtype; predictions: f32 or f64, probabilities in [0, 1] with a threshold, any scores without; both
// (..., classes), of one class also without that axis. A NaN says no. Weights are those of the rows. State: "true_positives",
// "predicted" and "actual", each of one number per class.
std::unique_ptr<Metric> make_f_beta(Context& context, int64_t classes, const FBetaOptions& options);

// The mean over the classes of tp / (tp + fp + fn), over those that are somewhere a label or a prediction; 0 where none is.
// Labels: integers, each in [0, classes); predictions: integers of their shape, or scores, f32 or f64 (..., classes), of which the
// largest counts (the first of equals; a NaN counts as the largest). Weights are those of the labels. State: "confusion", weights
// by label and prediction, (classes, classes). An empty name: "mean_iou".
std::unique_ptr<Metric> make_mean_iou(Context& context, int64_t classes, const std::string& name);

}  // namespace tl::nn
