// Optimizers of the program's own: a function written in ops gives the new values of a variable and its slots. All the rest is
// what every optimizer has: checks, state by name, schedules, step options, groups, recorded steps, and that a failure changes nothing.
#pragma once

#include <functional>

#include "core/optim/optimizer.h"

namespace tl::optim {

// Numbers are those of tl_slot_kind in the C API: append only.
enum class SlotKind : int32_t {
  kElements = 0,  // one number for each element, of the shape and dtype of the variable
  kNumber = 1,    // one number of the dtype of the variable, rank 0
  kWeights = 2,   // begins as a copy of the variable
};

class CustomOptimizer final : public Optimizer {
 public:
  // Gets w, its gradient, the rate, the number of the step (from 1 on), the last two of rank 0 and of the dtype of w, then the slots
  // in the order in which they were added. Gives w and the slots as they are to be, `outputs` of them; null: as it is.
  using Update = std::function<std::vector<Tensor>(Span<const Tensor> inputs, size_t outputs)>;

  CustomOptimizer(Context& context, std::string name, double learning_rate, Update update)
      : Optimizer(context, std::move(name), learning_rate), update_(std::move(update)) {}

  // State that goes with each variable, `first` before the first step (kWeights: not looked at). Throws kFailedPrecondition after the first
  // step or build, kInvalidArgument for a name that is empty or taken, a first value that is not finite, and beyond 8 of them.
  void add_slot(const std::string& slot, SlotKind kind, double first);

 protected:
  std::vector<Slot> first_slots(const Variable& variable) const override;
  const char* against_rows(const Variable&) const override {
    return "an update of the program's own may depend on the whole variable";
  }
  int scalars(int64_t step, double rate, double* out) const override {
    out[0] = rate;
    out[1] = static_cast<double>(step);
    return 2;
  }
  bool runs_in_place() const override { return false; }
  bool runs_callbacks() const override { return true; }
  void run(const Tensor* values, const Tensor& gradient, const Tensor* scalars, bool donate,
           Tensor* out) const override;

 private:
  struct Declared {
    std::string name;
    SlotKind kind;
    double first;
  };
  Update update_;
  std::vector<Declared> slots_;
};

}  // namespace tl::optim
