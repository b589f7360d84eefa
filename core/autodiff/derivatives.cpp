#include "core/autodiff/derivatives.h"

#include "core/autodiff/forward.h"
#include "core/base/error.h"
#include "core/ops/generated/functions.h"

namespace tl {
namespace {

std::vector<GradientSource> sources_of(const char* what, Span<const Tensor> at) {
  if (at.empty())
    invalid("[", what, "] there must be at least 1 argument: got 0; pass what you differentiate by");
  std::vector<GradientSource> out;
  for (size_t i = 0; i < at.size(); i++) {
    if (!at[i]) invalid("[", what, "] argument ", i, " must be a tensor: got null; was it set?");
    if (!is_floating(at[i].dtype()))
      invalid("[", what, "] arguments must be floating-point values, the only ones with derivatives: got ",
              at[i].dtype(), " ", at[i].shape(), " as argument ", i, "; cast it");
    out.push_back(GradientSource{at[i], nullptr});
  }
  return out;
}

// A tape that records f and nothing but what depends on its arguments.
std::unique_ptr<Tape> tape_on(Span<const Tensor> at, bool persistent) {
  auto tape = std::make_unique<Tape>(at[0].context(), TapeOptions{persistent, /*watch_variables=*/false});
  for (const Tensor& t : at) tape->watch(t);
  return tape;
}

// The directions along each element of a tensor of that shape, one after the other.
class Basis {
 public:
  explicit Basis(const Tensor& like) : shape_(like.shape()) {
    const int64_t n = like.elements();
    rows_ = one_hot(range(like.context(), n, 0, 1, DType::kI64), n, like.dtype());
  }
  // A row of the identity matrix shares its memory.
  Tensor direction(int64_t i) const {
    return reshape(slice(rows_, {i, 0}, {i + 1, shape_.elements()}), shape_);
  }

 private:
  Shape shape_;
  Tensor rows_;
};

}  // namespace

std::vector<Tensor> hessian_vector_product(Function f, Span<const Tensor> at, Span<const Tensor> along,
                                           HessianWay way) {
  std::vector<GradientSource> sources = sources_of("hessian_vector_product", at);
  std::unique_ptr<Tape> outer;
  std::unique_ptr<Forward> forward;
  if (way == HessianWay::kReverseOverReverse) {
    if (along.size() != at.size())
      invalid("[hessian_vector_product] each argument needs one direction: got ", along.size(), " for ",
              at.size(), " arguments; zeros for what does not move");
    outer = tape_on(at, false);
  } else {
    forward = std::make_unique<Forward>(at[0].context(), sources, along);
  }
  std::unique_ptr<Tape> inner = tape_on(at, false);
  std::vector<Tensor> gradients = inner->gradient(f(at), sources, {}, Unconnected::kZero);
  if (outer) return outer->gradient(gradients, sources, along, Unconnected::kZero);
  std::vector<Tensor> out;
  out.reserve(gradients.size());
  for (const Tensor& g : gradients) out.push_back(forward->tangent(g, Unconnected::kZero));
  return out;
}

Tensor jacobian(FunctionRef<Tensor(const Tensor&)> f, const Tensor& x, JacobianWay way) {
  std::vector<GradientSource> source = sources_of("jacobian", Span<const Tensor>(&x, 1));
  Context& context = x.context();
  std::unique_ptr<Tape> tape;
  Tensor y;
  if (way == JacobianWay::kForward) {
    y = f(x);
  } else {
    tape = tape_on(Span<const Tensor>(&x, 1), true);
    y = f(x);
    tape->end();
  }
  if (!y) invalid("[jacobian] the function must give a tensor: got null; was it set?");
  if (!is_floating(y.dtype()))
    invalid("[jacobian] the function must give a floating-point tensor: got ", y.dtype(), " ", y.shape(),
            "; cast it");
  if (way == JacobianWay::kByShape)
    way = x.elements() < y.elements() ? JacobianWay::kForward : JacobianWay::kReverse;

  IntList shape = y.shape();
  for (int64_t d : x.shape()) shape.push_back(d);
  const bool by_column = way == JacobianWay::kForward;
  if (x.elements() == 0 || y.elements() == 0)
    return full(context, shape, 0.0, by_column ? y.dtype() : x.dtype());

  std::vector<Tensor> parts;  // columns of the matrix (y, x), or its rows
  Basis basis(by_column ? x : y);
  if (by_column) tape.reset();
  for (int64_t i = 0; i < (by_column ? x.elements() : y.elements()); i++) {
    Tensor direction = basis.direction(i), part;
    if (by_column) {
      Forward forward(context, source, Span<const Tensor>(&direction, 1));
      part = forward.tangent(f(x), Unconnected::kZero);
    } else {
      part = tape->gradient({y}, source, {direction}, Unconnected::kZero)[0];
    }
    parts.push_back(reshape(part, {-1}));
  }
  return reshape(stack(parts, by_column ? 1 : 0), shape);
}

Pullback::Pullback(Function f, Span<const Tensor> at)
    : sources_(sources_of("pullback", at)), tape_(tape_on(at, true)), values_(f(at)) {
  tape_->end();
}

std::vector<Tensor> Pullback::operator()(Span<const Tensor> output_gradients) const {
  return tape_->gradient(values_, sources_, output_gradients, Unconnected::kZero);
}

}  // namespace tl
