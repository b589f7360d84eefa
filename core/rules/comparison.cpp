// Rules of choice and conversion. Comparisons and logic have no gradient; their shape rule is a stock one.
#include "core/ops/generated/functions.h"
#include "core/ops/generated/promised.h"
#include "core/rules/checks.h"
#include "core/rules/constants.h"

namespace tl::rules {

void infer_select(const InferArgs& args, OutputSpec* out) {
  DType dtype = args[1].dtype();
  Shape sides = broadcast_shapes("select", args[1].shape(), args[2].shape(), dtype);
  out[0] = {dtype, broadcast_shapes("select", args[0].shape(), sides, dtype)};
}

void vjp_select(const VjpArgs& a, Tensor* grads) {
  Tensor zero = constant(a.grad[0], 0.0);
  if (a.needs(1)) grads[1] = select(a[0], a.grad[0], zero);
  if (a.needs(2)) grads[2] = select(a[0], zero, a.grad[0]);
}

void infer_cast(const InferArgs& args, OutputSpec* out) {
  DType dtype = args.as<CastAttrs>().dtype;
  check_dtype("cast", dtype);
  // A wider dtype may need more bytes than the operand has.
  out[0] = {dtype, checked_shape("cast", IntList(args[0].shape()), size_of(dtype))};
}

// Only floating point tensors are on a tape, so both sides are floating point here.
void vjp_cast(const VjpArgs& a, Tensor* grads) { grads[0] = cast(a.grad[0], a[0].dtype()); }

}  // namespace tl::rules
