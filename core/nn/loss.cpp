#include "core/nn/loss.h"

#include "core/nn/labels.h"
#include "core/nn/loss_operands.h"
#include "core/nn/sample_weights.h"
#include "core/ops/generated/functions.h"

namespace tl::nn {
namespace {

Tensor log_of_classes(const char* op, const Tensor& probabilities) {
  return log(limited_probabilities(normalized_rows(op, probabilities)));
}

}  // namespace

void check_smoothing(const char* op, const LossOptions& options, bool taken) {
  double s = options.label_smoothing;
  if (!(s >= 0 && s <= 1))
    invalid("[", op, "] 'label_smoothing' must be in [0, 1]: got ", s, "; 0.1 is usual");
  if (s != 0 && !taken)
    invalid("[", op, "] integer labels cannot be smoothed: got a label_smoothing of ", s,
            "; use one_hot and categorical_cross_entropy");
}

Tensor smoothed(const Tensor& labels, double smoothing, double share) {
  return smoothing == 0 ? labels : add_scalar(mul_scalar(labels, 1.0 - smoothing), smoothing * share);
}

void check_no_cross_entropy(const char* op, const LossOptions& options) {
  if (options.label_smoothing != 0)
    invalid("[", op, "] only cross-entropies smooth labels: got a label_smoothing of ",
            options.label_smoothing, "; leave it 0");
  if (options.from_probabilities)
    invalid("[", op,
            "] only cross-entropies tell logits from probabilities: got from_probabilities; leave it false");
}

Tensor reduce_loss(const char* op, const Tensor& losses, const LossOptions& options) {
  int32_t reduction = static_cast<int32_t>(options.reduction);
  if (reduction < 0 || reduction > static_cast<int32_t>(Reduction::kWeightedMean))
    invalid("[", op, "] 'reduction' must be mean (0), sum (1), none (2) or weighted mean (3): got ",
            reduction, "; fill the options with their _init function first");
  const Tensor& weights = options.weights;
  if (options.reduction == Reduction::kWeightedMean && !weights)
    invalid("[", op, "] the weighted mean needs weights: got none; use mean");
  Tensor aligned = weights ? aligned_weights(op, weights, losses) : Tensor();
  Tensor weighed = weights ? mul(losses, aligned) : losses;
  switch (options.reduction) {
    case Reduction::kNone: return weighed;
    case Reduction::kSum: return sum(weighed);
    case Reduction::kMean: return weighed.elements() ? mean(weighed) : sum(weighed);
    case Reduction::kWeightedMean: break;
  }
  Tensor zero = full(losses.context(), IntList{}, 0.0, losses.dtype());
  Tensor one = full(losses.context(), IntList{}, 1.0, losses.dtype());
  Tensor total = sum(broadcast_to(aligned, losses.shape()));
  Tensor some = not_equal(total, zero);
  return select(some, div(sum(weighed), select(some, total, one)), zero);
}

Tensor sparse_categorical_cross_entropy(const Tensor& labels, const Tensor& predictions,
                                        const LossOptions& options) {
  const char* op = "sparse_categorical_cross_entropy";
  check_operands(op, labels, predictions);
  check_classes(op, predictions);
  check_smoothing(op, options, false);
  if (is_floating(labels.dtype()) || labels.dtype() == DType::kBool)
    invalid("[", op, "] the labels must be integers: got ", labels.dtype(), " ", labels.shape(),
            "; for label probabilities use categorical_cross_entropy");
  Shape want(Span<const int64_t>(predictions.shape().data(), predictions.shape().size() - 1));
  Shape column = want;
  column.push_back(1);
  if (labels.shape() != want && labels.shape() != column)
    invalid("[", op,
            "] the labels must have the shape of the predictions without the last axis, that of the classes: "
            "got labels ",
            labels.shape(), " and predictions ", predictions.shape(),
            labels.shape() == predictions.shape() ? "; one-hot labels go to categorical_cross_entropy"
                                                  : "; is the batch the same?");
  Tensor classes = labels.shape() == want ? labels : reshape(labels, want);
  if (classes.dtype() == DType::kU8) classes = cast(classes, DType::kI32);
  if (!options.from_probabilities)
    return reduce_loss(
        op,
        named(predictions.context(), op, [&] { return sparse_softmax_cross_entropy(classes, predictions); }),
        options);
  // The op checks the labels; what it adds for normalising logits, which these are not, is taken off again.
  Tensor logs = log_of_classes(op, predictions);
  Tensor picked =
      named(predictions.context(), op, [&] { return sparse_softmax_cross_entropy(classes, logs); });
  return reduce_loss(op, sub(picked, logsumexp(logs, {-1})), options);
}

Tensor categorical_cross_entropy(const Tensor& labels, const Tensor& predictions,
                                 const LossOptions& options) {
  const char* op = "categorical_cross_entropy";
  check_operands(op, labels, predictions);
  check_classes(op, predictions);
  check_smoothing(op, options, true);
  check_same_shape(op, labels, predictions, "for integer labels use sparse_categorical_cross_entropy");
  check_same_dtype(op, labels, predictions);
  double classes = static_cast<double>(predictions.shape().back());
  Tensor targets = smoothed(probability_labels(op, labels), options.label_smoothing, 1.0 / classes);
  Tensor losses = options.from_probabilities ? neg(sum(mul(targets, log_of_classes(op, predictions)), {-1}))
                                             : softmax_cross_entropy(targets, predictions);
  return reduce_loss(op, losses, options);
}

Tensor binary_cross_entropy(const Tensor& labels, const Tensor& predictions, const LossOptions& options) {
  const char* op = "binary_cross_entropy";
  check_operands(op, labels, predictions);
  check_smoothing(op, options, true);
  check_same_shape(op, labels, predictions, shape_hint(labels, predictions));
  check_features(op, predictions);
  if (is_floating(labels.dtype())) check_same_dtype(op, labels, predictions);
  Tensor targets = is_floating(labels.dtype()) ? labels : cast(labels, predictions.dtype());
  // The op checks the labels that it gets.
  if (options.from_probabilities || options.label_smoothing != 0)
    targets = smoothed(probability_labels(op, targets), options.label_smoothing, 0.5);
  if (!options.from_probabilities) {
    Tensor losses =
        named(predictions.context(), op, [&] { return sigmoid_cross_entropy(targets, predictions); });
    return reduce_loss(op, per_sample(losses), options);
  }
  Tensor p = limited_probabilities(predictions);
  Tensor yes = mul(targets, log(p));
  Tensor no = mul(add_scalar(neg(targets), 1.0), log(add_scalar(neg(p), 1.0)));
  return reduce_loss(op, per_sample(neg(add(yes, no))), options);
}

Tensor mean_squared_error(const Tensor& labels, const Tensor& predictions, const LossOptions& options) {
  const char* op = "mean_squared_error";
  check_no_cross_entropy(op, options);
  check_operands(op, labels, predictions);
  check_same_dtype(op, labels, predictions);
  check_same_shape(op, labels, predictions, shape_hint(labels, predictions));
  check_features(op, predictions);
  return reduce_loss(op, per_sample(square(sub(predictions, labels))), options);
}

Tensor mean_absolute_error(const Tensor& labels, const Tensor& predictions, const LossOptions& options) {
  const char* op = "mean_absolute_error";
  check_no_cross_entropy(op, options);
  check_operands(op, labels, predictions);
  check_same_dtype(op, labels, predictions);
  check_same_shape(op, labels, predictions, shape_hint(labels, predictions));
  check_features(op, predictions);
  return reduce_loss(op, per_sample(abs(sub(predictions, labels))), options);
}

}  // namespace tl::nn
