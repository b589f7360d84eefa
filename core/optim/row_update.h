// Row-sparse gradients at an optimizer: gradients of some rows of a variable, with the rows' indices.
#pragma once

#include "core/tensor/tensor.h"

namespace tl::optim {

// Throws unless indices and rows are a gradient of rows of a variable of that shape: i32 or i64 (n,), strictly ascending and
// in range, and rows of shape (n,) and the variable's without its first axis. `optimizer` and `position` name them.
void check_rows(const char* optimizer, size_t position, const Tensor& indices, const Tensor& rows,
                const Shape& shape);

// The given rows of a value: a new tensor, whose memory nobody else holds.
Tensor rows_of(const Tensor& value, const Tensor& indices);

// A value with those rows replaced. With `donate`, in the memory of the value where nobody else holds it: nothing is
// allocated then but the tensor's node, and the time is that of the rows.
Tensor with_rows(const Tensor& value, const Tensor& indices, const Tensor& rows, bool donate);

}  // namespace tl::optim
