// Sums, means and extremes over ranks, element by element in the order of the ranks: the bits of a result depend neither on how
// tensors are cut into parts nor on threads or timing.
#pragma once

#include <cstddef>

#include "core/base/span.h"
#include "core/dist/call.h"
#include "core/tensor/dtype.h"

namespace tl::dist {

// out[i] = the reduction of from[0][i], from[1][i], ...; `from` is not empty, and out may be one of them. Sums of f32 are made in
// f64 and rounded once; those by pairs, of 2^k tensors, in their own dtype, each sum of two rounded: the sum of the first half and that
// of the second, which are made alike. Integers wrap around; means are of floating types only. A NaN makes an extreme NaN.
void reduce(DType dtype, Reduction reduction, Span<const std::byte* const> from, std::byte* out,
            size_t elements);

// The same of tensors as they travel. bf16 are added in f32, in the order of the ranks, and the sum or mean is rounded to bf16.
void reduce(const TensorKind& tensor, Reduction reduction, Span<const std::byte* const> from, std::byte* out,
            size_t elements);

// What can be reduced: sums and extremes of numbers, means of floating types.
bool is_reducible(DType dtype, Reduction reduction);

}  // namespace tl::dist
