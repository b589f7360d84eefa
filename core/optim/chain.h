// Links of the chains of ops that an update is made of. The operand that stands first is given away: where nobody else holds
// it, as a temporary, the result is written into its memory, so that a chain takes the memory of one tensor.
#pragma once

#include "core/ops/generated/functions.h"

namespace tl::optim {

// An op of the table without attributes, element by element; b broadcasts to the shape of a.
Tensor into(OpId op, Tensor a, const Tensor& b);
Tensor into(OpId op, Tensor a);
// a value, a + value, a limited to [low, high].
Tensor scaled_into(Tensor a, double value);
Tensor shifted_into(Tensor a, double value);
Tensor clipped_into(Tensor a, double low, double high);

// A value that an open tape knows is passed on as one that it does not know: updates are not recorded.
inline Tensor untracked(const Tensor& t) {
  return t.node()->tape_bits & t.context().recording_bits() ? stop_gradient(t) : t;
}

// A number as a tensor of rank 0 of the dtype of `like`.
inline Tensor number_like(const Tensor& like, double value) {
  return full(like.context(), IntList{}, value, like.dtype());
}

// keep average + (1 - keep) x, as average + (x - average)(1 - keep).
Tensor moving_average(const Tensor& average, Tensor x, double keep);

// The Euclidean norm of all elements, f64, rank 0; of f32 elements of any size.
Tensor norm_of_all(const Tensor& x);
// The root of the mean of the squares of all elements, in the dtype of x, rank 0.
Tensor root_mean_square(const Tensor& x);

}  // namespace tl::optim
