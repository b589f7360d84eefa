// A loss that an optimizer may ask for several times within one step, each time at the values that its variables have by then.
#pragma once

#include <functional>
#include <vector>

#include "core/base/span.h"
#include "core/tensor/variable.h"

namespace tl::optim {

struct Evaluation {
  Tensor loss;                    // f32 or f64, one element
  std::vector<Tensor> gradients;  // one for each variable, or null: zeros
};

// The program's own: it computes the loss from the variables, and its gradients.
using Evaluate = std::function<Evaluation()>;

// What it gives, without the tapes that it is on. Throws kInvalidArgument, with the optimizer, unless loss and gradients fit the variables.
Evaluation evaluated(const char* optimizer, const Evaluate& evaluate, Context& context,
                     Span<Variable* const> variables);

// Keeps variables alive, and gives them back the values that they had unless the work was done.
class Restore {
 public:
  explicit Restore(Span<Variable* const> variables);
  ~Restore();
  Restore(const Restore&) = delete;
  Restore& operator=(const Restore&) = delete;

  const Tensor& value(size_t i) const { return values_[i]; }
  void put_back();  // now; the work goes on
  void done() { values_.clear(); }

 private:
  std::vector<VariableRef> variables_;
  std::vector<Tensor> values_;
};

}  // namespace tl::optim
