// recompute: runs a segment of a program without keeping what is computed inside it, and runs it again when its gradient is
// taken. Memory for time: of a chain of n segments only the values between them stay alive.
#pragma once

#include <functional>

#include "core/autodiff/rule.h"

namespace tl {

using Segment = std::function<std::vector<Tensor>(Span<const Tensor> inputs)>;

// The outputs of the segment. Guarantees:
//   - each op of the segment runs once now, and once more for each gradient taken through it and for each forward mode that
//     an input has a tangent in; in segments that are nested d deep d times more. Context::recomputed_ops counts.
//   - the second run draws the same random numbers, and reads the values that variables had in the first; assignments that
//     it makes are undone, so each has its effect once.
//   - the variables that the segment reads get their gradients without being named.
//   - a segment whose outputs have other dtypes or shapes the second time is an error.
std::vector<Tensor> recompute(Context& context, std::string name, Segment segment, Span<const Tensor> inputs);

}  // namespace tl
