#include "core/nn/sample_weights.h"

#include "core/ops/generated/functions.h"

namespace tl::nn {

Tensor aligned_weights(const char* op, const Tensor& weights, const Tensor& values, DType dtype) {
  if (&weights.context() != &values.context())
    invalid("[", op,
            "] the weights must be of the context of the values: got some of another context; copy their "
            "data over");
  const Shape& want = values.shape();
  Shape shape = weights.shape();
  if (shape.rank() == want.rank() + 1 && shape.back() == 1)
    shape = Shape(Span<const int64_t>(shape.data(), shape.size() - 1));
  bool fits = shape.rank() <= want.rank();
  for (int i = 0; fits && i < shape.rank(); i++) fits = shape[i] == want[i] || shape[i] == 1;
  if (!fits)
    invalid("[", op, "] the weights must fit the leading axes of the values: got weights ", weights.shape(),
            " for values ", want, "; give one weight for each sample");
  while (shape.rank() > 0 && shape.rank() < want.rank()) shape.push_back(1);
  Tensor aligned = shape == weights.shape() ? weights : reshape(weights, shape);
  return aligned.dtype() == dtype ? aligned : cast(aligned, dtype);
}

Tensor aligned_weights(const char* op, const Tensor& weights, const Tensor& values) {
  return aligned_weights(op, weights, values, values.dtype());
}

}  // namespace tl::nn
