// Undo: values of variables that come back where a step fails while they change. Without observers nothing can fail there, and nothing is
// kept; who observes, such as a recording of the step, is told of each value, and may have no memory for it. Steps do not write into the
// memory of variables then.
#pragma once

#include <utility>
#include <vector>

#include "core/tensor/variable.h"

namespace tl::optim {

class Undo {
 public:
  explicit Undo(const Context& context) : on_(context.observed()) {}
  ~Undo() {
    for (auto& [variable, value] : kept_) variable->put_unseen(std::move(value));
  }
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;

  // The value that it has now.
  void keep(Variable& variable) {
    if (on_) kept_.emplace_back(&variable, variable.value());
  }
  // All has gone well.
  void forget() noexcept { kept_.clear(); }

 private:
  const bool on_;
  std::vector<std::pair<Variable*, Tensor>> kept_;
};

}  // namespace tl::optim
