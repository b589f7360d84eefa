// Every loss of core/nn with operands that it takes, for tests that hold for all of them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/nn/ctc_loss.h"
#include "core/nn/focal_loss.h"
#include "core/nn/loss.h"
#include "core/nn/margin_loss.h"
#include "core/nn/overlap_loss.h"
#include "core/nn/regression_loss.h"
#include "core/ops/generated/functions.h"

namespace tl::test {

// Options with a reduction, and weights.
inline nn::LossOptions reduced(nn::Reduction reduction, const Tensor& weights = Tensor()) {
  nn::LossOptions o;
  o.reduction = reduction;
  o.weights = weights;
  return o;
}

struct LossCase {
  const char* name;
  Shape label_shape, shape;    // of labels and of predictions
  std::vector<double> labels;  // read round and round
  bool integers;               // labels are i32, else of the dtype of the predictions
  double low, high;            // predictions are drawn between
  bool from_probabilities;
  std::function<Tensor(const Tensor& labels, const Tensor& predictions, const nn::LossOptions&)> loss;

  Tensor labels_in(Context& c, DType dtype, const Shape& of) const {
    Tensor t = c.allocate(DType::kF64, of);
    for (int64_t i = 0; i < t.elements(); i++)
      t.mutable_data<double>()[i] = labels[static_cast<size_t>(i) % labels.size()];
    const DType want = integers ? DType::kI32 : dtype;
    return want == DType::kF64 ? t : cast(t, want);
  }
  Tensor labels_in(Context& c, DType dtype) const { return labels_in(c, dtype, label_shape); }
  Tensor predictions_in(Context& c, DType dtype) const {
    return cast(uniform(c, shape, low, high, DType::kF64), dtype);
  }
  nn::LossOptions options() const {
    nn::LossOptions o;
    o.from_probabilities = from_probabilities;
    return o;
  }
};

inline std::vector<LossCase> loss_cases() {
  using namespace nn;
  using T = const Tensor&;
  using O = const LossOptions&;
  const std::vector<double> yes_no{1, 0, 0, 1, 1}, sides{1, -1, -1, 1, 1}, numbers{.3, -1.2, 2, .7, -.4};
  const std::vector<double> one_hot_rows{1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0};
  const std::vector<double> shares{.1, .2, .3, .4, .7, .1, .15, .05, .25, .25, .3, .2};
  const Shape rows{3, 4};
  return {
      {"mean_squared_error", rows, rows, numbers, false, -2, 2, false, mean_squared_error},
      {"mean_absolute_error", rows, rows, numbers, false, -2, 2, false, mean_absolute_error},
      {"binary_cross_entropy", rows, rows, shares, false, -2, 2, false, binary_cross_entropy},
      {"categorical_cross_entropy", rows, rows, shares, false, -2, 2, false, categorical_cross_entropy},
      {"sparse_categorical_cross_entropy",
       Shape{3},
       rows,
       {3, 0, 2},
       true,
       -2,
       2,
       false,
       sparse_categorical_cross_entropy},
      {"hinge", rows, rows, yes_no, true, -2, 2, false, hinge},
      {"squared_hinge", rows, rows, sides, false, -2, 2, false, squared_hinge},
      {"categorical_hinge", rows, rows, one_hot_rows, true, -2, 2, false, categorical_hinge},
      {"huber", rows, rows, numbers, false, -2, 2, false, [](T y, T p, O o) { return huber(y, p, .7, o); }},
      {"log_cosh", rows, rows, numbers, false, -2, 2, false, log_cosh},
      {"mean_absolute_percentage_error", rows, rows, numbers, false, -2, 2, false,
       mean_absolute_percentage_error},
      {"mean_squared_logarithmic_error", rows, rows, numbers, false, .1, 3, false,
       mean_squared_logarithmic_error},
      {"cosine_similarity", rows, rows, numbers, false, -2, 2, false, cosine_similarity},
      {"kl_divergence", rows, rows, shares, false, .05, .95, false, kl_divergence},
      {"poisson", rows, rows, {2, 0, 1, 5}, true, .1, 3, false, poisson},
      {"binary_focal_cross_entropy", rows, rows, shares, false, -2, 2, false,
       [](T y, T p, O o) { return binary_focal_cross_entropy(y, p, 2, .25, o); }},
      {"binary_focal_cross_entropy from probabilities", rows, rows, yes_no, true, .05, .95, true,
       [](T y, T p, O o) { return binary_focal_cross_entropy(y, p, .5, 0, o); }},
      {"categorical_focal_cross_entropy", rows, rows, shares, false, -2, 2, false,
       [](T y, T p, O o) { return categorical_focal_cross_entropy(y, p, 1.5, .25, o); }},
      {"categorical_focal_cross_entropy from probabilities", rows, rows, one_hot_rows, false, .05, .95, true,
       [](T y, T p, O o) { return categorical_focal_cross_entropy(y, p, 2, 0, o); }},
      {"dice of the batch", rows, rows, yes_no, true, .05, .95, false,
       [](T y, T p, O o) { return dice(y, p, Overlap::kBatch, o); }},
      {"dice of examples", Shape{3, 2, 2}, Shape{3, 2, 2}, shares, false, .05, .95, false,
       [](T y, T p, O o) { return dice(y, p, Overlap::kExample, o); }},
      {"tversky of the batch", rows, rows, shares, false, .05, .95, false,
       [](T y, T p, O o) { return tversky(y, p, .3, .7, Overlap::kBatch, o); }},
      {"tversky of examples", rows, rows, yes_no, true, .05, .95, false,
       [](T y, T p, O o) { return tversky(y, p, .2, .8, Overlap::kExample, o); }},
      {"ctc",
       Shape{2, 2},
       Shape{2, 5, 3},
       {1, 1, 2, 0},
       true,
       -2,
       2,
       false,
       [](T y, T p, O o) { return ctc(y, p, Tensor(), Tensor(), 0, o); }},
  };
}

}  // namespace tl::test
