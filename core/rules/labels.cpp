// Rules of the ops that look at labels.
#include "core/ops/generated/functions.h"
#include "core/ops/generated/promised.h"
#include "core/rules/checks.h"

namespace tl::rules {

void infer_correct_class(const InferArgs& args, OutputSpec* out) {
  const Shape &labels = args[0].shape(), &predictions = args[1].shape();
  if (predictions.rank() == 0)
    invalid(
        "[correct_class] the predictions must have rank 1 or more: got rank 0; their last axis is that of "
        "the "
        "classes");
  if (predictions.back() == 0)
    invalid("[correct_class] the predictions must have at least one class on their last axis: got ",
            predictions, "; there are no classes to choose from");
  if (labels != Shape(Span<const int64_t>(predictions.data(), predictions.size() - 1)))
    invalid(
        "[correct_class] the labels must have the shape of the predictions without the last axis: got "
        "labels ",
        labels, " and predictions ", predictions, "; is the batch the same?");
  out[0] = {DType::kBool, labels};
}

void infer_correct_side(const InferArgs& args, OutputSpec* out) {
  check_value("correct_side", "threshold", args.as<CorrectSideAttrs>().threshold, args[1].dtype());
  if (args[0].shape() != args[1].shape())
    invalid("[correct_side] operands must have the same shape: 'labels' is ", args[0].shape(),
            ", 'predictions' is ", args[1].shape());
  out[0] = {DType::kBool, args[1].shape()};
}

void vjp_check_range(const VjpArgs& a, Tensor* grads) { grads[0] = a.grad[0]; }
void vjp_check_finite(const VjpArgs& a, Tensor* grads) { grads[0] = a.grad[0]; }

}  // namespace tl::rules
