#include "core/optim/chain.h"

#include <utility>

namespace tl::optim {

Tensor into(OpId op, Tensor a, const Tensor& b) {
  const Tensor* in[] = {&a, &b};
  Tensor out;
  apply(op, a.context(), Inputs(in, 2), nullptr, &out, 1);
  a = Tensor();  // it may live on to the end of the caller's expression, where the next op of a chain wants the memory alone
  return out;
}

Tensor into(OpId op, Tensor a) {
  const Tensor* in[] = {&a};
  Tensor out;
  apply(op, a.context(), Inputs(in, 1), nullptr, &out, 1);
  a = Tensor();  // it may live on to the end of the caller's expression, where the next op of a chain wants the memory alone
  return out;
}

Tensor scaled_into(Tensor a, double value) {
  const Tensor* in[] = {&a};
  MulScalarAttrs attrs{value};
  Tensor out;
  apply(OpId::kMulScalar, a.context(), Inputs(in, 1), &attrs, &out, 1);
  a = Tensor();  // it may live on to the end of the caller's expression, where the next op of a chain wants the memory alone
  return out;
}

Tensor shifted_into(Tensor a, double value) {
  const Tensor* in[] = {&a};
  AddScalarAttrs attrs{value};
  Tensor out;
  apply(OpId::kAddScalar, a.context(), Inputs(in, 1), &attrs, &out, 1);
  a = Tensor();  // it may live on to the end of the caller's expression, where the next op of a chain wants the memory alone
  return out;
}

Tensor clipped_into(Tensor a, double low, double high) {
  const Tensor* in[] = {&a};
  ClipAttrs attrs{low, high};
  Tensor out;
  apply(OpId::kClip, a.context(), Inputs(in, 1), &attrs, &out, 1);
  a = Tensor();  // it may live on to the end of the caller's expression, where the next op of a chain wants the memory alone
  return out;
}

Tensor moving_average(const Tensor& average, Tensor x, double keep) {
  return into(OpId::kAdd, scaled_into(into(OpId::kSub, std::move(x), average), 1.0 - keep), average);
}

Tensor norm_of_all(const Tensor& x) { return sqrt(sum(square(cast(x, DType::kF64)))); }

Tensor root_mean_square(const Tensor& x) { return sqrt(mean(square(x))); }

}  // namespace tl::optim
