// Tensors as text.
#pragma once

#include <string>

#include "core/tensor/tensor.h"

namespace tl::capi {

// "f32 (2, 3) [[1, 2, 3], [4, 5, 6]]". An axis of more than seven elements shows its first and last three, when the
// tensor has more than kShownWhole elements in all. Floating point prints the shortest digits that read back the same.
std::string format_tensor(const Tensor& tensor);

}  // namespace tl::capi
