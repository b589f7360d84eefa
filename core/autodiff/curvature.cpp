#include "core/autodiff/curvature.h"

#include "core/autodiff/forward.h"
#include "core/base/error.h"
#include "core/ops/generated/functions.h"

namespace tl {
namespace {

constexpr const char* kHessian = "hessian_vector_product";
constexpr const char* kGaussNewton = "gauss_newton_vector_product";

// Forward mode checks each direction; a tape only what it is given as output gradients.
void check_directions(const char* what, Span<const GradientSource> at, Span<const Tensor> along) {
  if (along.size() != at.size())
    invalid("[", what, "] each argument needs one direction: got ", along.size(), " for ", at.size(),
            " arguments; zeros for what does not move");
  for (size_t i = 0; i < at.size(); i++) {
    if (!along[i])
      invalid("[", what, "] direction ", i, " must be a tensor: got null; pass zeros for what does not move");
    const DType dtype = at[i].variable ? at[i].variable->dtype() : at[i].tensor.dtype();
    const Shape& shape = at[i].variable ? at[i].variable->shape() : at[i].tensor.shape();
    if (along[i].dtype() != dtype || along[i].shape() != shape)
      invalid("[", what, "] a direction has the dtype and shape of its argument: got direction ", i, " of ",
              along[i].dtype(), " ", along[i].shape(), " for ", dtype, " ", shape, "; cast or reshape it");
  }
}

std::vector<Tensor> product(const char* what, Function f, Span<const GradientSource> at,
                            Span<const Tensor> along, HessianWay way) {
  std::unique_ptr<Tape> outer;
  std::unique_ptr<Forward> forward;
  if (way == HessianWay::kReverseOverReverse)
    outer = tape_on(at, false);
  else
    forward = std::make_unique<Forward>(along[0].context(), at, along);
  std::unique_ptr<Tape> inner = tape_on(at, false);
  std::vector<Tensor> values = f(values_of(at));
  check_values(what, values);
  std::vector<Tensor> gradients = inner->gradient(values, at, {}, Unconnected::kZero);
  values.clear();
  if (outer) return outer->gradient(gradients, at, along, Unconnected::kZero);
  std::vector<Tensor> out;
  out.reserve(gradients.size());
  for (const Tensor& g : gradients) out.push_back(forward->tangent(g, Unconnected::kZero));
  return out;
}

}  // namespace

std::vector<Tensor> hessian_vector_product(Function f, Span<const GradientSource> at,
                                           Span<const Tensor> along, HessianWay way) {
  check_sources(kHessian, at);
  check_directions(kHessian, at, along);
  if (way != HessianWay::kForwardOverReverse && way != HessianWay::kReverseOverReverse)
    invalid("[", kHessian, "] the way must be forward over reverse (0) or reverse over reverse (1): got ",
            static_cast<int>(way), "; use one of its names");
  return product(kHessian, f, at, along, way);
}

std::vector<Tensor> hessian_vector_product(Function f, Span<const Tensor> at, Span<const Tensor> along,
                                           HessianWay way) {
  return hessian_vector_product(f, sources_of(at), along, way);
}

std::vector<Tensor> gauss_newton_vector_product(Function f, Function loss, Span<const GradientSource> at,
                                                Span<const Tensor> along) {
  check_sources(kGaussNewton, at);
  check_directions(kGaussNewton, at, along);
  std::vector<Tensor> outputs, moved;
  std::unique_ptr<Tape> tape;
  {
    Forward forward(along[0].context(), at, along);
    tape = tape_on(at, false);
    outputs = f(values_of(at));
    check_values(kGaussNewton, outputs);
    // A value of its own for each place, so that each has a derivative of its own.
    for (size_t i = 0; i < outputs.size(); i++)
      for (size_t k = 0; k < i; k++)
        if (outputs[k].id() == outputs[i].id()) outputs[i] = identity(outputs[i]);
    tape->end();
    for (const Tensor& z : outputs) moved.push_back(forward.tangent(z, Unconnected::kZero));
  }
  std::vector<Tensor> pulled =
      product(kGaussNewton, loss, sources_of(outputs), moved, HessianWay::kForwardOverReverse);
  return tape->gradient(outputs, at, pulled, Unconnected::kZero);
}

}  // namespace tl
