// Rules of softmax and the cross-entropies.
#include "core/ops/generated/functions.h"
#include "core/ops/generated/promised.h"
#include "core/rules/checks.h"

namespace tl {

Tensor softmax_cross_entropy(const Tensor& labels, const Tensor& logits) {
  const char* op = "softmax_cross_entropy";
  rules::check_operand(op, "labels", labels, kFloatTypes);
  rules::check_operand(op, "logits", logits, kFloatTypes);
  if (labels.dtype() != logits.dtype())
    invalid("[", op, "] operands must have one dtype: got 'labels' of ", labels.dtype(), " and 'logits' of ",
            logits.dtype(), "; use cast");
  if (labels.shape() != logits.shape())
    invalid("[", op, "] operands must have the same shape: got 'labels' of ", labels.shape(),
            " and 'logits' of ", logits.shape(), "; for integer labels use sparse_softmax_cross_entropy");
  if (logits.rank() == 0)
    invalid("[", op, "] operands must have rank 1 or more, the last axis being that of the classes: got ",
            logits.shape(), "; reshape them to (1, classes)");
  if (logits.shape().back() == 0)
    invalid("[", op, "] operands must have at least one class on their last axis: got ", logits.shape(),
            "; over no classes there is no loss");
  return neg(sum(mul(labels, log_softmax(logits)), {-1}));
}

}  // namespace tl

namespace tl::rules {
namespace {

// A gradient without the last axis, ready to broadcast along it.
Tensor along_last_axis(const Tensor& g) {
  IntList shape = g.shape();
  shape.push_back(1);
  return reshape(g, shape);
}

}  // namespace

// s (g - sum(s g))
void vjp_softmax(const VjpArgs& a, Tensor* grads) {
  Tensor weighted = strong_zero_mul(a.grad[0], a.out[0]);
  Tensor total = sum(weighted, {a.as<SoftmaxAttrs>().axis}, /*keepdims=*/true);
  grads[0] = sub(weighted, strong_zero_mul(a.out[0], total));
}

// s (t - sum(s t))
void jvp_softmax(const JvpArgs& a, Tensor* tangents) {
  Tensor weighted = strong_zero_mul(a.tangent[0], a.out[0]);
  Tensor total = sum(weighted, {a.as<SoftmaxAttrs>().axis}, /*keepdims=*/true);
  tangents[0] = sub(weighted, strong_zero_mul(a.out[0], total));
}

// g - softmax(x) sum(g)
void vjp_log_softmax(const VjpArgs& a, Tensor* grads) {
  Tensor total = sum(a.grad[0], {a.as<LogSoftmaxAttrs>().axis}, /*keepdims=*/true);
  grads[0] = sub(a.grad[0], strong_zero_mul(exp(a.out[0]), total));
}

// t - sum(softmax(x) t)
void jvp_log_softmax(const JvpArgs& a, Tensor* tangents) {
  Tensor weighted = strong_zero_mul(a.tangent[0], exp(a.out[0]));
  tangents[0] = sub(a.tangent[0], sum(weighted, {a.as<LogSoftmaxAttrs>().axis}, /*keepdims=*/true));
}

void infer_sparse_softmax_cross_entropy(const InferArgs& args, OutputSpec* out) {
  const Shape &labels = args[0].shape(), &logits = args[1].shape();
  if (logits.rank() == 0)
    invalid("[sparse_softmax_cross_entropy] 'logits' must have rank 1 or more: got ", logits,
            "; their last axis is that of the classes");
  if (logits.back() == 0)
    invalid("[sparse_softmax_cross_entropy] the logits must have at least one class on their last axis: got ",
            logits, "; over no classes there is no loss");
  if (labels != Shape(Span<const int64_t>(logits.data(), logits.size() - 1)))
    invalid(
        "[sparse_softmax_cross_entropy] 'labels' must have the shape of 'logits' without the last axis: got ",
        labels, " and ", logits, "; for label probabilities use softmax_cross_entropy");
  out[0] = {args[1].dtype(), labels};
}

void vjp_sparse_softmax_cross_entropy(const VjpArgs& a, Tensor* grads) {
  const Tensor &labels = a[0], &logits = a[1];
  if (!a.needs(1)) return;
  Tensor difference = sub(softmax(logits), one_hot(labels, logits.shape().back(), logits.dtype()));
  grads[1] = strong_zero_mul(difference, along_last_axis(a.grad[0]));
}

void jvp_sparse_softmax_cross_entropy(const JvpArgs& a, Tensor* tangents) {
  const Tensor &labels = a[0], &logits = a[1];
  Tensor difference = sub(softmax(logits), one_hot(labels, logits.shape().back(), logits.dtype()));
  tangents[0] = sum(strong_zero_mul(difference, a.tangent[1]), {-1});
}

void vjp_sigmoid_cross_entropy(const VjpArgs& a, Tensor* grads) {
  const Tensor &labels = a[0], &logits = a[1], &g = a.grad[0];
  if (a.needs(0)) grads[0] = neg(strong_zero_mul(g, logits));
  if (a.needs(1)) grads[1] = strong_zero_mul(g, sub(sigmoid(logits), labels));
}

}  // namespace tl::rules
