#include "core/autodiff/derivatives.h"

#include "core/autodiff/forward.h"
#include "core/base/error.h"
#include "core/ops/generated/functions.h"

namespace tl {
namespace {

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

Tensor jacobian(FunctionRef<Tensor(const Tensor&)> f, const Tensor& x, JacobianWay way) {
  std::vector<GradientSource> source = sources_of(Span<const Tensor>(&x, 1));
  check_sources("jacobian", source);
  Context& context = x.context();
  std::unique_ptr<Tape> tape;
  Tensor y;
  if (way == JacobianWay::kForward) {
    y = f(x);
  } else {
    tape = tape_on(source, true);
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

}  // namespace tl
