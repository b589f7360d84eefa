#include "core/nn/overlap_loss.h"

#include "core/nn/loss_operands.h"
#include "core/ops/generated/functions.h"

namespace tl::nn {
namespace {

// Labels beside the predictions, as rows of what one sum runs over.
struct Masks {
  Masks(const char* op, const Tensor& labels, const Tensor& predictions, Overlap over,
        const LossOptions& options) {
    check_no_cross_entropy(op, options);
    y = labels_beside(op, labels, predictions);
    check_features(op, predictions);
    p = predictions;
    if (over == Overlap::kBatch) return;
    if (p.rank() < 2)
      invalid("[", op, "] masks of examples must have rank 2 or more: got ", p.shape(),
              "; the first axis is that of the examples");
    axes = {1};
    y = flatten(y, 1);
    p = flatten(p, 1);
  }
  Tensor total(const Tensor& x) const { return sum(x, axes); }
  // 1 - share; of nothing 0.
  Tensor losses(const Tensor& covered, const Tensor& all) const {
    if (p.elements() == 0) return covered;
    return add_scalar(neg(div(covered, add_scalar(all, kSmallestProbability))), 1.0);
  }

  Tensor y, p;
  IntList axes;
};

}  // namespace

Tensor dice(const Tensor& labels, const Tensor& predictions, Overlap over, const LossOptions& options) {
  const Masks m("dice", labels, predictions, over, options);
  const Tensor both = mul_scalar(m.total(mul(m.y, m.p)), 2.0);
  return reduce_loss("dice", m.losses(both, add(m.total(m.y), m.total(m.p))), options);
}

Tensor tversky(const Tensor& labels, const Tensor& predictions, double alpha, double beta, Overlap over,
               const LossOptions& options) {
  const char* op = "tversky";
  check_not_negative(op, "alpha", alpha, "0.5 is usual");
  check_not_negative(op, "beta", beta, "0.5 is usual");
  const Masks m(op, labels, predictions, over, options);
  const Tensor both = mul(m.y, m.p), hits = m.total(both);
  const Tensor invented = mul_scalar(m.total(sub(m.p, both)), alpha);
  const Tensor missed = mul_scalar(m.total(sub(m.y, both)), beta);
  return reduce_loss(op, m.losses(hits, add(add(hits, invented), missed)), options);
}

}  // namespace tl::nn
