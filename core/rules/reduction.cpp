// Rules of reductions and scans.
#include <limits>

#include "core/ops/generated/functions.h"
#include "core/ops/generated/promised.h"
#include "core/rules/checks.h"
#include "core/rules/constants.h"
#include "core/rules/reduced_axes.h"

namespace tl {

// The sum times 1 / count. Over no elements that is 0 * infinity: NaN, as it should be.
Tensor mean(const Tensor& x, const IntList& axes, bool keepdims) {
  rules::check_operand("mean", "x", x, kFloatTypes);
  int64_t count = rules::ReducedAxes("mean", axes, x.shape()).count();
  return mul_scalar(sum(x, axes, keepdims), 1.0 / static_cast<double>(count));
}

}  // namespace tl

namespace tl::rules {
namespace {

// A tensor of the reduction's result shape with the reduced axes back as size 1, ready to broadcast against x.
Tensor with_axes(const Tensor& result, const ReducedAxes& axes, bool keepdims) {
  return keepdims || axes.leading() ? result : reshape(result, axes.kept());
}

// The chosen elements share the gradient evenly.
template <class Attrs>
void choose(const VjpArgs& a, Tensor* grads) {
  const auto& attrs = a.as<Attrs>();
  ReducedAxes axes(a.schema.name, attrs.axes, a[0].shape());
  Tensor chosen = equal(a[0], with_axes(a.out[0], axes, attrs.keepdims));
  Tensor ties = sum(cast(chosen, a[0].dtype()), attrs.axes, attrs.keepdims);
  Tensor share = with_axes(div(a.grad[0], ties), axes, attrs.keepdims);
  grads[0] = select(chosen, share, constant(share, 0.0));
}

// An element of the result depends on the elements of its own row only, so its tangent is the sum over the row of gradient
// times tangent.
template <class Attrs>
void sum_over_rows(const JvpArgs& a, VjpFn vjp, Tensor* tangents) {
  const auto& attrs = a.as<Attrs>();
  Tensor one = full(a.context(), a.out[0].shape(), 1.0, a.out[0].dtype()), gradient;
  vjp(VjpArgs{a.schema, a.in, a.out, Span<const Tensor>(&one, 1), a.attrs, 1}, &gradient);
  tangents[0] = sum(strong_zero_mul(gradient, a.tangent[0]), attrs.axes, attrs.keepdims);
}

// For each row of x (rows, n), n above 1: the products of the row's other elements.
//
// The halves of a row are multiplied into each other, the shorter rows solved in the same way, and each half then takes
// the factor of its partner: no division, so zeros and infinities are exact, n * 2 multiplications in all, and made of ops
// that differentiate any number of times. By mul, for a zero among the elements is no strong one: beside an infinity the
// product has no value, in whichever order they stand.
Tensor products_of_others(const Tensor& x) {
  const int64_t rows = x.shape()[0], n = x.shape()[1];
  if (n % 2) return slice(products_of_others(pad(x, {0, 0}, {0, 1}, {}, 1.0)), {0, 0}, {rows, n});
  Tensor left = slice(x, {0, 0}, {rows, n / 2}), right = slice(x, {0, n / 2}, {rows, n});
  Tensor halves[] = {right, left};
  if (n > 2) {
    Tensor outer = products_of_others(mul(left, right));
    for (Tensor& half : halves) half = mul(outer, half);
  }
  return concat(Span<const Tensor>(halves, 2), 1);
}

}  // namespace

void vjp_sum(const VjpArgs& a, Tensor* grads) {
  const auto& attrs = a.as<SumAttrs>();
  const Shape& shape = a[0].shape();
  ReducedAxes axes("sum", attrs.axes, shape);
  Tensor g = with_axes(a.grad[0], axes, attrs.keepdims);
  grads[0] = g.shape() == shape ? g : broadcast_to(g, shape);
}

void vjp_max(const VjpArgs& a, Tensor* grads) { choose<MaxAttrs>(a, grads); }

void jvp_max(const JvpArgs& a, Tensor* tangents) { sum_over_rows<MaxAttrs>(a, vjp_max, tangents); }

void vjp_min(const VjpArgs& a, Tensor* grads) { choose<MinAttrs>(a, grads); }

void jvp_min(const JvpArgs& a, Tensor* tangents) { sum_over_rows<MinAttrs>(a, vjp_min, tangents); }

void vjp_prod(const VjpArgs& a, Tensor* grads) {
  const Tensor& x = a[0];
  const Shape& shape = x.shape();
  ReducedAxes axes("prod", a.as<ProdAttrs>().axes, shape);
  if (shape.elements() == 0) {
    grads[0] = zeros_like(x);
    return;
  }
  // The reduced axes go to the end, where they become one.
  IntList to_end, back = shape;
  for (bool reduced : {false, true})
    for (int i = 0; i < shape.rank(); i++)
      if (axes.contains(i) == reduced) to_end.push_back(i);
  bool moved = false;
  Shape moved_shape = shape;
  for (int i = 0; i < to_end.size(); i++) {
    back[static_cast<int>(to_end[i])] = i;
    moved_shape[i] = shape[static_cast<int>(to_end[i])];
    moved |= to_end[i] != i;
  }
  const int64_t n = axes.count(), rows = shape.elements() / n;
  Tensor rows_of_x = reshape(moved ? transpose(x, to_end) : x, {rows, n});
  Tensor g = reshape(a.grad[0], {rows, 1});
  if (n > 1) g = strong_zero_mul(g, products_of_others(rows_of_x));
  g = reshape(g, moved_shape);
  grads[0] = moved ? transpose(g, back) : g;
}

void jvp_prod(const JvpArgs& a, Tensor* tangents) { sum_over_rows<ProdAttrs>(a, vjp_prod, tangents); }

void infer_cumsum(const InferArgs& args, OutputSpec* out) {
  checked_axis("cumsum", args.as<CumsumAttrs>().axis, args[0].rank());
  out[0] = {args[0].dtype(), args[0].shape()};
}

void vjp_cumsum(const VjpArgs& a, Tensor* grads) {
  const auto& attrs = a.as<CumsumAttrs>();
  grads[0] = cumsum(a.grad[0], attrs.axis, attrs.exclusive, !attrs.reverse);
}

// g softmax(x), as e^(x - out). A row of nothing but -infinity has out = -infinity, and the difference would be NaN;
// against the lowest finite number instead it is -infinity, and the gradient zero.
void vjp_logsumexp(const VjpArgs& a, Tensor* grads) {
  const auto& attrs = a.as<LogsumexpAttrs>();
  ReducedAxes axes("logsumexp", attrs.axes, a[0].shape());
  double lowest = a[0].dtype() == DType::kF32 ? std::numeric_limits<float>::lowest()
                                              : std::numeric_limits<double>::lowest();
  Tensor finite = clip(a.out[0], lowest, std::numeric_limits<double>::infinity());
  Tensor softmax = exp(sub(a[0], with_axes(finite, axes, attrs.keepdims)));
  grads[0] = strong_zero_mul(with_axes(a.grad[0], axes, attrs.keepdims), softmax);
}

void jvp_logsumexp(const JvpArgs& a, Tensor* tangents) {
  sum_over_rows<LogsumexpAttrs>(a, vjp_logsumexp, tangents);
}

}  // namespace tl::rules
