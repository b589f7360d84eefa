#include "core/optim/row_update.h"

#include "core/base/error.h"
#include "core/ops/generated/functions.h"

namespace tl::optim {
namespace {

template <class T>
void check_order(const char* optimizer, size_t position, const Tensor& indices, int64_t size) {
  const T* index = indices.data<T>();
  const int64_t n = indices.elements();
  for (int64_t i = 0; i < n; i++) {
    if (i > 0 && index[i] <= index[i - 1])
      invalid("[", optimizer, "] the indices of rows must be strictly ascending: got ", index[i], " after ",
              index[i - 1], " in 'row_indices[", position, "]'; sort them, and add up rows that stand twice");
    if (index[i] < 0 || index[i] >= size)
      invalid("[", optimizer, "] an index of a row must not lie outside [0, ", size, "): got ", index[i],
              " in 'row_indices[", position, "]'; take the indices that the gradient call gave");
  }
}

}  // namespace

void check_rows(const char* optimizer, size_t position, const Tensor& indices, const Tensor& rows,
                const Shape& shape) {
  if (!contains(kIntTypes, indices.dtype()) || indices.rank() != 1)
    invalid("[", optimizer, "] the indices of rows must be i32 or i64 of rank 1: got ", indices.dtype(), " ",
            indices.shape(), " as 'row_indices[", position, "]'; take those that the gradient call gave");
  if (indices.is_shell())
    invalid("[", optimizer, "] the indices of rows must hold data: got none as 'row_indices[", position,
            "]'; were they saved by a tape?");
  if (shape.rank() == 0)
    invalid("[", optimizer, "] only a variable of rank 1 or more has rows: got 'row_indices[", position,
            "]' for one of rank 0; pass its gradient without indices");
  Shape want = shape;
  want[0] = indices.shape()[0];
  if (rows.shape() != want)
    invalid("[", optimizer, "] a gradient of rows has the shape ", want, ", a row of ", shape,
            " for each index: got 'gradients[", position, "]' of ", rows.shape(),
            "; are gradients, indices and variables in the same order?");
  indices.context().note_host_read(indices, "optimizer_apply of rows");
  if (indices.dtype() == DType::kI32)
    check_order<int32_t>(optimizer, position, indices, shape[0]);
  else
    check_order<int64_t>(optimizer, position, indices, shape[0]);
}

Tensor rows_of(const Tensor& value, const Tensor& indices) { return gather(value, indices, 0); }

Tensor with_rows(const Tensor& value, const Tensor& indices, const Tensor& rows, bool donate) {
  const Tensor* in[] = {&value, &indices, &rows};
  Tensor out;
  apply(OpId::kSetRows, value.context(), Inputs(in, 3), nullptr, &out, donate ? 1 : 0);
  return out;
}

}  // namespace tl::optim
