// Functions that are differentiated as a whole, and what they are differentiated by.
//
// A function takes tensors and is written in ops. It is called with the very tensors of `at` (the value, of a variable, which
// it may also read by itself), once or more often, and must compute the same each time. Recorders that are open outside see
// all of it, so that these derivatives have derivatives.
#pragma once

#include <memory>
#include <vector>

#include "core/autodiff/tape.h"
#include "core/base/function_ref.h"

namespace tl {

using Function = FunctionRef<std::vector<Tensor>(Span<const Tensor>)>;

std::vector<GradientSource> sources_of(Span<const Tensor> at);
// Throws where there is none, one that has no derivatives, or one twice. `what` names the function in the error.
void check_sources(const char* what, Span<const GradientSource> at);
// Throws unless there is an output, and each is a floating-point tensor.
void check_values(const char* what, Span<const Tensor> values);

// The values of `at`. Open tapes and forward modes see the reads of variables.
std::vector<Tensor> values_of(Span<const GradientSource> at);

// A tape that records from now on, and nothing but what depends on `at`.
std::unique_ptr<Tape> tape_on(Span<const GradientSource> at, bool persistent);

}  // namespace tl
