// Rules of random ops. The shape rule of uniform and normal is a stock one; they have no operand and so no gradient.
#include "core/ops/apply.h"
#include "core/ops/generated/functions.h"
#include "core/ops/generated/promised.h"
#include "core/rules/checks.h"

namespace tl::rules {

void infer_dropout(const InferArgs& args, OutputSpec* out) {
  double rate = args.as<DropoutAttrs>().rate;
  if (!(rate >= 0.0 && rate < 1.0))
    invalid("[dropout] 'rate' must be in [0, 1): got ", rate,
            "; it is the share of elements that are dropped");
  out[0] = {args[0].dtype(), args[0].shape()};
}

namespace {

Tensor dropped(const Tensor& x, const void* attrs) {
  const Tensor* in[] = {&x};
  Tensor out;
  apply(OpId::kDropout, x.context(), Inputs(in, 1), attrs, &out);
  return out;
}

// Ones of the shape of a tensor, batched in the same way, of which a shell is enough.
Tensor ones_like(const Tensor& like) {
  if (!is_batched(like)) return full(like.context(), like.shape(), 1.0, like.dtype());
  return make_batched(level_of(like), ones_like(physical_of(like)), like.shape());
}

// The mask of x's dropout, applied to what has x's shape: its gradient or its tangent. The same op with the same seed and call
// draws the same mask; the public function would draw a new one, hence apply(). Inside vmap a mask is drawn for each example
// where x is batched, and one for all where it is not, whatever t is.
Tensor same_mask(const Tensor& x, const Tensor& t, const void* attrs) {
  return same_batching(x, t) ? dropped(t, attrs) : mul(t, dropped(ones_like(x), attrs));
}

}  // namespace

void vjp_dropout(const VjpArgs& a, Tensor* grads) { grads[0] = same_mask(a[0], a.grad[0], a.attrs); }

void jvp_dropout(const JvpArgs& a, Tensor* tangents) { tangents[0] = same_mask(a[0], a.tangent[0], a.attrs); }

}  // namespace tl::rules
