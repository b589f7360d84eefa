// Functions with gradient rules of their own: custom_gradient for any, grad_pass_through for the commonest.
#pragma once

#include <functional>

#include "core/autodiff/rule.h"
#include "core/tensor/variable.h"

namespace tl {

struct CustomGradient {
  std::string name;  // in messages
  // The outputs from the inputs. Open tapes do not see what it runs: they get one entry for the whole.
  std::function<std::vector<Tensor>(Span<const Tensor> inputs)> forward;
  // The gradient of each input, then of each captured variable; null for none. What it runs is recorded by tapes that are
  // open where the gradient is taken, so that derivatives of it exist.
  std::function<std::vector<Tensor>(const RuleArgs& args)> backward;
  // For forward mode, may be empty: the tangent of each output from those of inputs and captured variables; null for none.
  std::function<std::vector<Tensor>(const RuleArgs& args, Span<const Tensor> input_tangents)> jvp = nullptr;
};

// Runs the forward. `captured`: the variables that it reads and that are trainable or watched; it is an error to leave one
// out, because its gradient would be missing in silence, and so it is to use a tensor that a recorder follows and that is no
// input, except behind stop_gradient. The rule sees the variables' values as inputs, after the others.
std::vector<Tensor> custom_gradient(Context& context, CustomGradient functions, Span<const Tensor> inputs,
                                    Span<Variable* const> captured = {});

// The value of `value` with the gradient of `path`: whatever arrives goes to `path` unchanged, and none to `value`.
// Both of one dtype and shape. For functions without a useful derivative, and past assignments.
Tensor grad_pass_through(const Tensor& value, const Tensor& path);

}  // namespace tl
