// Programs as text, for tests: reads what to_text() writes. Types of results may be left out, and constants and inputs are of
// whatever type is written. Variables are named, without a variable behind them.
#pragma once

#include <string>
#include <vector>

#include "core/graph/program.h"

namespace tl::test {

// Throws tl::Error for a text that is none. Constants are filled with ones.
graph::Program program_of(Context& context, const std::string& text);

// What the program gives for inputs, by apply() alone: its outputs, then the final values of its variables. A variable holds
// what `variables` says.
std::vector<Tensor> evaluate(Context& context, const graph::Program& program,
                             const std::vector<Tensor>& inputs, const std::vector<Tensor>& variables);

}  // namespace tl::test
