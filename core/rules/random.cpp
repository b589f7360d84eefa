// Rules of random ops. The shape rule of uniform and normal is a stock one; they have no operand and so no gradient.
#include "core/ops/apply.h"
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

// The same op with the same seed and call draws the same mask. The public function would draw a new one, hence apply().
void vjp_dropout(const VjpArgs& a, Tensor* grads) {
  const Tensor* in[] = {&a.grad[0]};
  apply(OpId::kDropout, a.context(), Inputs(in, 1), a.attrs, &grads[0]);
}

}  // namespace tl::rules
