// A function with a gradient rule of its own (rule.h) that runs inside vmap: how recorders outside see it.
#pragma once

#include "core/autodiff/rule.h"
#include "core/base/function_ref.h"
#include "core/tensor/recorder.h"

namespace tl {

// The call of a function on tensors of which the newest level is `level`, as one on their physical tensors. Its rule opens a
// batch of its own and runs the function's rule for all examples at once; what is the same for each example gets the sum of
// their gradients. `see` shows the call to those who are outside.
void show_outside(const RuleCall& call, const BatchLevel& level, FunctionRef<void(const RuleCall&)> see);

}  // namespace tl
