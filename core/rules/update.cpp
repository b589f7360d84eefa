// Rules of the optimizer updates, so that a program may differentiate through a training step. Any of the outputs may
// be unused: its gradient is null then and counts as zero, without arithmetic.
#include "core/ops/generated/functions.h"
#include "core/ops/generated/promised.h"
#include "core/rules/batching.h"
#include "core/rules/checks.h"
#include "core/rules/constants.h"

namespace tl::rules {
namespace {

// The operands up to `elementwise` have one shape, that of the outputs; the others are single numbers.
void infer_update(const InferArgs& args, size_t elementwise, OutputSpec* out) {
  const Shape& shape = args[0].shape();
  for (size_t i = 1; i < args.in.size(); i++) {
    const char* name = args.schema.inputs[i].name;
    if (i < elementwise && args[i].shape() != shape)
      invalid("[", args.schema.name, "] operands must have the same shape: got 'w' of ", shape, " and '",
              name, "' of ", args[i].shape(), "; is the order right?");
    if (i >= elementwise && args[i].rank() != 0)
      invalid("[", args.schema.name, "] '", name, "' must have rank 0: got ", args[i].shape(),
              "; reshape it to ()");
  }
  for (int i = 0; i < args.schema.num_outputs; i++) out[i] = {args[0].dtype(), shape};
}

// Sums and products in which null is zero.
Tensor plus(const Tensor& a, const Tensor& b) { return !a ? b : !b ? a : add(a, b); }
Tensor times(const Tensor& a, const Tensor& b) { return a ? mul(a, b) : a; }
Tensor times(const Tensor& a, double value) { return a ? mul_scalar(a, value) : a; }
Tensor negative(const Tensor& a) { return a ? neg(a) : a; }
Tensor minus(const Tensor& a, const Tensor& b) { return !b ? a : !a ? neg(b) : sub(a, b); }
Tensor total(const Tensor& a) { return a ? sum(a) : a; }

// For a batch the op runs as it is where the single numbers are the same for each example: true, and done.
bool batch_update(const BatchArgs& args, size_t elementwise, Tensor* out) {
  for (size_t i = elementwise; i < args.in.size(); i++)
    if (args.batched[i]) return false;
  Tensor operands[7];
  const Tensor* in[7];
  for (size_t i = 0; i < args.in.size(); i++) {
    operands[i] = i < elementwise ? repeated(args, i) : args[i];
    in[i] = &operands[i];
  }
  apply(args.schema.id, args.context, Inputs(in, args.in.size()), args.attrs, out);
  return true;
}

// An operand for the formula in ops, which broadcasts: a number of each example against the examples.
Tensor part(const BatchArgs& args, size_t i) { return aligned(args, i, args.logical[0].shape.rank()); }

// A result that no batched operand reached is the same for each example.
Tensor complete(const BatchArgs& args, const Tensor& result) {
  const Shape shape = with_batch(args.size, args.logical[0].shape);
  return result.shape() == shape ? result : broadcast_to(result, shape);
}

}  // namespace

void infer_sgd_update(const InferArgs& args, OutputSpec* out) { infer_update(args, 2, out); }

// w' = w - rate g
void vjp_sgd_update(const VjpArgs& a, Tensor* grads) {
  const Tensor &g = a[1], &rate = a[2], &by_w = a.grad[0];
  if (a.needs(0)) grads[0] = by_w;
  if (a.needs(1)) grads[1] = neg(mul(by_w, rate));
  if (a.needs(2)) grads[2] = neg(sum(mul(by_w, g)));
}

void jvp_sgd_update(const JvpArgs& a, Tensor* tangents) {
  Tensor step = plus(times(a.tangent[1], a[2]), times(a.tangent[2], a[1]));
  tangents[0] = minus(a.tangent[0], step);
}

void batch_sgd_update(const BatchArgs& args, Tensor* out) {
  if (batch_update(args, 2, out)) return;
  out[0] = complete(args, sub(part(args, 0), mul(part(args, 2), part(args, 1))));
}

void infer_momentum_update(const InferArgs& args, OutputSpec* out) {
  check_finite("momentum_update", "momentum", args.as<MomentumUpdateAttrs>().momentum);
  infer_update(args, 3, out);
}

// m' = momentum m - rate g;  w' = w + m', with Nesterov w' = w + momentum m' - rate g
void vjp_momentum_update(const VjpArgs& a, Tensor* grads) {
  const auto& attrs = a.as<MomentumUpdateAttrs>();
  const Tensor &g = a[1], &rate = a[3];
  const Tensor &by_w = a.grad[0], &by_m = a.grad[1];
  Tensor through_m = plus(by_m, attrs.nesterov ? times(by_w, attrs.momentum) : by_w);
  if (a.needs(0)) grads[0] = by_w;
  if (a.needs(2)) grads[2] = times(through_m, attrs.momentum);
  if (!a.needs(1) && !a.needs(3)) return;
  Tensor through_step = negative(attrs.nesterov ? plus(through_m, by_w) : through_m);
  if (a.needs(1)) grads[1] = times(through_step, rate);
  if (a.needs(3)) grads[3] = total(times(through_step, g));
}

void jvp_momentum_update(const JvpArgs& a, Tensor* tangents) {
  const auto& attrs = a.as<MomentumUpdateAttrs>();
  const Tensor &of_w = a.tangent[0], &of_g = a.tangent[1], &of_m = a.tangent[2], &of_rate = a.tangent[3];
  Tensor step = plus(times(of_g, a[3]), times(of_rate, a[1]));
  tangents[1] = minus(times(of_m, attrs.momentum), step);
  tangents[0] = plus(of_w, attrs.nesterov ? minus(times(tangents[1], attrs.momentum), step) : tangents[1]);
}

void batch_momentum_update(const BatchArgs& args, Tensor* out) {
  if (batch_update(args, 3, out)) return;
  const auto& attrs = args.as<MomentumUpdateAttrs>();
  Tensor step = mul(part(args, 3), part(args, 1));
  Tensor new_m = sub(mul_scalar(part(args, 2), attrs.momentum), step);
  Tensor moved = attrs.nesterov ? sub(mul_scalar(new_m, attrs.momentum), step) : new_m;
  out[0] = complete(args, add(part(args, 0), moved));
  out[1] = complete(args, new_m);
}

void infer_adam_update(const InferArgs& args, OutputSpec* out) {
  const auto& attrs = args.as<AdamUpdateAttrs>();
  if (!(attrs.beta1 >= 0 && attrs.beta1 < 1) || !(attrs.beta2 >= 0 && attrs.beta2 < 1))
    invalid("[adam_update] 'beta1' and 'beta2' must be in [0, 1): got ", attrs.beta1, " and ", attrs.beta2,
            "; 0.9 and 0.999 are usual");
  infer_update(args, 4, out);
}

// m' = m + (g - m)(1 - beta1);  v' = v + (g^2 - v)(1 - beta2);  w' = w (1 - decay) - rate m' / (sqrt(v') + epsilon)
void vjp_adam_update(const VjpArgs& a, Tensor* grads) {
  const auto& attrs = a.as<AdamUpdateAttrs>();
  const Tensor &w = a[0], &g = a[1], &rate = a[4], &decay = a[5], &epsilon = a[6];
  const Tensor &new_m = a.out[1], &new_v = a.out[2];
  const Tensor& by_w = a.grad[0];
  Tensor by_m = a.grad[1], by_v = a.grad[2];  // with respect to m' and v'

  if (by_w) {
    if (a.needs(0)) grads[0] = sub(by_w, mul(by_w, decay));
    if (a.needs(5)) grads[5] = negative(sum(mul(by_w, w)));
    // The root has an infinite slope where v' is zero, which is where no gradient has ever arrived, and m' zero too. There
    // the root is taken as a constant, of any order: a unit that never fires must not turn a meta-gradient into NaN.
    Tensor nonzero = cast(new_v, DType::kBool), zero = constant(new_v, 0.0);
    Tensor safe_root = sqrt(add(new_v, cast(logical_not(nonzero), new_v.dtype())));
    Tensor denominator = add(select(nonzero, safe_root, zero), epsilon);
    Tensor scaled = div(by_w, denominator);
    if (a.needs(4)) grads[4] = negative(sum(mul(scaled, new_m)));
    Tensor by_numerator = mul(scaled, rate);
    Tensor by_denominator = mul(by_numerator, div(new_m, denominator));
    if (a.needs(6)) grads[6] = sum(by_denominator);
    if (a.needs(1) || a.needs(2)) by_m = by_m ? sub(by_m, by_numerator) : neg(by_numerator);
    if (a.needs(1) || a.needs(3))
      by_v = plus(by_v, select(nonzero, mul_scalar(div(by_denominator, safe_root), 0.5), zero));
  }
  const double new_share1 = 1.0 - attrs.beta1, new_share2 = 1.0 - attrs.beta2;
  if (a.needs(2)) grads[2] = times(by_m, 1.0 - new_share1);
  if (a.needs(3)) grads[3] = times(by_v, 1.0 - new_share2);
  if (a.needs(1)) grads[1] = plus(times(by_m, new_share1), times(times(by_v, g), 2.0 * new_share2));
}

namespace {

// The root with a derivative of zero at zero, as in the gradient rule.
Tensor constant_root_at_zero(const Tensor& x) {
  Tensor nonzero = cast(x, DType::kBool);
  Tensor root = sqrt(add(x, cast(logical_not(nonzero), x.dtype())));
  return select(nonzero, root, constant(x, 0.0));
}

}  // namespace

void batch_adam_update(const BatchArgs& args, Tensor* out) {
  if (batch_update(args, 4, out)) return;
  const auto& attrs = args.as<AdamUpdateAttrs>();
  Tensor w = part(args, 0), g = part(args, 1), m = part(args, 2), v = part(args, 3);
  Tensor new_m = add(m, mul_scalar(sub(g, m), 1.0 - attrs.beta1));
  Tensor new_v = add(v, mul_scalar(sub(square(g), v), 1.0 - attrs.beta2));
  Tensor step = div(mul(part(args, 4), new_m), add(constant_root_at_zero(new_v), part(args, 6)));
  out[0] = complete(args, sub(sub(w, mul(w, part(args, 5))), step));
  out[1] = complete(args, new_m);
  out[2] = complete(args, new_v);
}

}  // namespace tl::rules
