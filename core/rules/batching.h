// What batching rules share: operands brought to one form. See BatchArgs (core/ops/schema.h).
#pragma once

#include "core/ops/schema.h"

namespace tl::rules {

// The shape with the axis of the batch in front.
Shape with_batch(int64_t size, const Shape& shape);

// Operand i with the axis of the batch: where it is not batched, repeated for each example.
Tensor repeated(const BatchArgs& args, size_t i);

// Operand i ready to broadcast against batched tensors of `rank` logical axes: a batched one gets axes of size 1 between that
// of the batch and its own; one that is not batched needs nothing.
Tensor aligned(const BatchArgs& args, size_t i, int rank);

// The permutation that moves an axis of a tensor of that rank to another place, the others staying in order.
IntList moved_axis(int rank, int from, int to);

// The place of a logical axis, which may be negative, in the physical tensor.
inline int64_t behind_batch(int64_t axis, int logical_rank) {
  return (axis < 0 ? axis + logical_rank : axis) + 1;
}

}  // namespace tl::rules
