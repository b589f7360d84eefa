// Pullback: a run of a function that is kept, and can be asked any number of times for the gradients that output gradients
// give (the vjp closure of JAX and torch.func).
#pragma once

#include "core/autodiff/function.h"

namespace tl {

class Pullback {
 public:
  Pullback(Function f, Span<const GradientSource> at);
  Pullback(Function f, Span<const Tensor> at) : Pullback(f, sources_of(at)) {}

  const std::vector<Tensor>& values() const { return values_; }
  size_t arguments() const { return sources_.size(); }
  // output_gradients: empty for ones, or one for each value, of its dtype and shape; null means ones. Gives one gradient for
  // each of `at`, zeros where nothing depends on it. A variable that has been assigned since keeps the value of the run.
  std::vector<Tensor> operator()(Span<const Tensor> output_gradients) const;

 private:
  std::vector<GradientSource> sources_;
  std::vector<VariableRef> held_;  // the variables among them
  std::unique_ptr<Tape> tape_;
  std::vector<Tensor> values_;
};

}  // namespace tl
