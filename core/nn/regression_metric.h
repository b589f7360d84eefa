// Metrics of numbers. Labels and predictions have one shape; predictions are f32 or f64, labels of any dtype; both are compared
// in f64. An option of metrics for one vector per sample: its axis is the last one.
#pragma once

#include "core/nn/metric.h"

namespace tl::nn {

// sqrt(sum(weights (label - prediction)^2) / sum(weights)) over all elements. State: "total", "count". An empty name:
// "root_mean_squared_error".
std::unique_ptr<Metric> make_root_mean_squared_error(Context& context, const std::string& name);

// The mean over samples of the cosine of the angle between label and prediction, vectors along the last axis; 0 where one of
// them is zero. (The loss of this name is minus that.) An empty name: "cosine_similarity".
std::unique_ptr<Metric> make_cosine_similarity(Context& context, const std::string& name);

// The mean over samples of Pearson's correlation of label and prediction along the last axis; 0 where one of them does not vary.
// An empty name: "pearson_correlation".
std::unique_ptr<Metric> make_pearson_correlation(Context& context, const std::string& name);

// Numbers are those of tl_r2_average in the C API: append only.
enum class R2Average : int32_t {
  kUniform = 0,   // the mean over the outputs
  kVariance = 1,  // each output as much as its labels vary
  kNone = 2       // one number for each output
};

struct R2Options {
  R2Average average = R2Average::kUniform;
  int64_t regressors = 0;  // not negative: the adjusted score of a model of so many independent variables
  std::string name;        // empty: "r2"
};

// The coefficient of determination 1 - sum(weights (label - prediction)^2) / sum(weights (label - mean label)^2) of each output,
// 0 where the labels do not vary. Labels and predictions: (samples, outputs), of one output also (samples). Adjusted: 1 - (1 -
// R2) (n - 1) / (n - regressors - 1) with n samples, as long as that divisor is above 0. The spread of the labels is merged
// batch by batch around their means (Chan, Golub and LeVeque 1979), since sums of squares cancel where means are large: states of
// replicas are not to be added. State: "weight", "samples", and for each output "mean", "spread", "residual".
std::unique_ptr<Metric> make_r2(Context& context, int64_t outputs, const R2Options& options);

}  // namespace tl::nn
