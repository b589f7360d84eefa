// The counts and scales that step options (step_options.h) keep from call to call: variables of rank 0 that the host computes,
// in eager steps and in replays alike. What is kept of each variable stands in the optimizer.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/optim/constraint.h"
#include "core/optim/step_options.h"
#include "core/tensor/variable.h"

namespace tl::optim {

// A number of the host in a variable, written without a failure once there is room for it.
class HostCell {
 public:
  HostCell() = default;
  HostCell(Tensor first, const std::string& name)
      : variable_(VariableRef::make(std::move(first), name, false)) {}
  explicit operator bool() const { return static_cast<bool>(variable_); }
  const VariableRef& variable() const { return variable_; }

  template <class T>
  T get() const {
    return variable_->value().data<T>()[0];
  }
  // Takes the memory that set() needs where somebody holds the value. Throws.
  void make_room();
  template <class T>
  void set(T value) noexcept {
    if (room_) {
      room_.mutable_data<T>()[0] = value;
      variable_->put_unseen(std::move(room_));
    } else {
      variable_->value().mutable_data<T>()[0] = value;
      variable_->changed_in_place();
    }
  }

 private:
  VariableRef variable_;
  Tensor room_;
};

class StepState {
 public:
  // averages: whether the optimizer itself keeps averages of weights.
  StepState(Context& context, const std::string& optimizer, const StepOptions& options, bool averages);

  // What a call does: it only adds up, or it updates and then does what the other bits say. Steps of different kinds are different
  // programs.
  enum Kind : int { kUpdate = 0, kOverwrite = 1, kAccumulate = 2, kLookAhead = 4 };
  // Of the call that is `ahead` calls behind the next one, with so many steps done.
  int kind(int64_t ahead, int64_t steps) const;
  // Which step it belongs to, counted from 0.
  int64_t step_of(int64_t ahead, int64_t steps) const;

  // Throws kInvalidArgument for state that makes no sense, and kFailedPrecondition while averages stand in for weights.
  void check(const char* optimizer) const;
  void make_room();
  // A call is over; whether it was a step that counts.
  bool advance(bool finite) noexcept;

  // The factor of the loss. f64, rank 0; null: 1. Whoever records the step must not see it behind the step itself.
  Tensor loss_scale(Context& context) const;
  double loss_scale_now() const;

  void list_variables(std::vector<VariableRef>& list) const;
  bool changes(const Variable& variable) const;
  bool follows(const Variable& variable) const;

  const StepOptions options;
  std::unordered_set<uint64_t> without_decay;            // ids of variables
  std::unordered_set<uint64_t> overwritten;              // by their gradients: ids of variables
  std::unordered_map<uint64_t, Constraint> constraints;  // by the id of a variable
  HostCell accumulated;                                  // calls since the last step
  HostCell skipped;                                      // calls, so far
  HostCell scale, good_steps;                            // of the dynamic loss scale: calls since it changed
  HostCell swapped;                                      // 1 while averages stand in for weights
  VariableRef
      finite;  // what a replay found: whether the gradients were. No state, only where skipping is possible.
};

}  // namespace tl::optim
