// Copies a tensor's elements with the axes in another order, near memory speed.
#pragma once

#include <cstddef>

#include "core/tensor/context.h"
#include "core/tensor/shape.h"

namespace tl::kernels {

// to = from with axis i of the result being axis permutation[i] (in [0, rank), each once) of `shape`.
// element_size is 1, 4 or 8 bytes. The two must not overlap.
void permute(Context& context, const std::byte* from, std::byte* to, const Shape& shape,
             const int* permutation, size_t element_size);

}  // namespace tl::kernels
