#include "core/autodiff/sum_to.h"

#include "core/ops/generated/functions.h"

namespace tl {

Tensor sum_to(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  int extra = x.rank() - shape.rank();
  TL_INVARIANT(extra >= 0);
  IntList axes;
  for (int i = 0; i < x.rank(); i++)
    if (i < extra || (shape[i - extra] == 1 && x.shape()[i] != 1)) axes.push_back(i);
  // Sum needs at least one axis here: an empty list means all. Only leading axes of size 1 can be left over.
  Tensor summed = axes.empty() ? x : sum(x, axes, /*keepdims=*/true);
  return summed.shape() == shape ? summed : reshape(summed, shape);
}

}  // namespace tl
