// Stepping: a step that runs functions of the program's is going on.
#pragma once

#include <vector>

#include "core/optim/optimizer.h"

namespace tl::optim {

// While a step runs functions of the program's, the optimizer must stay as it is, and its variables must live, whatever they do.
class Optimizer::Stepping {
 public:
  Stepping(Optimizer& optimizer, Span<Variable* const> variables) : o_(optimizer) {
    if (!o_.has_callbacks()) return;
    alive_.reserve(variables.size());
    for (Variable* v : variables) alive_.push_back(VariableRef::share(v));
    o_.stepping_ = true;
  }
  ~Stepping() { o_.stepping_ = false; }
  Stepping(const Stepping&) = delete;
  Stepping& operator=(const Stepping&) = delete;

 private:
  Optimizer& o_;
  std::vector<VariableRef> alive_;
};

}  // namespace tl::optim
