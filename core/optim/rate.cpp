// The learning rate of an optimizer: a variable, or a schedule.
#include <cmath>

#include "core/base/error.h"
#include "core/optim/conventions.h"
#include "core/optim/host_scalar.h"
#include "core/optim/optimizer.h"

namespace tl::optim {

// Of the step with that many steps before it. The program may assign to the variable.
double Optimizer::rate_of(int64_t step) const {
  if (rate_multiplier_ > 0) {
    if (owner_life_.expired())
      fail(Code::kFailedPrecondition, "[", name_,
           "] a group with a multiplier has the rate of its optimizer: got one whose '", owner_name_,
           "' has been released; keep that one");
    return rate_multiplier_ * owner_->rate_of(step);
  }
  if (schedule_) return schedule_->rate(step);
  const double rate = learning_rate_->value().data<double>()[0];
  if (rate >= 0 && !std::isinf(rate)) return rate;
  invalid("[", name_, "] the variable '", learning_rate_->name(),
          "' must be a finite number that is not negative: got ", rate,
          "; was the wrong value assigned or loaded?");
}

double Optimizer::learning_rate() const {
  // Used, and then looked at: so whoever records the step knows what was looked at.
  const Optimizer& o = rate_multiplier_ > 0 && !owner_life_.expired() ? *owner_ : *this;
  context_.note_host_read(o.schedule_ ? o.iterations_.variable()->peek() : o.learning_rate_->peek(),
                          "optimizer_learning_rate");
  return rate_of(steps_now());
}

void Optimizer::check_own_rate() const {
  if (rate_multiplier_ > 0)
    fail(Code::kFailedPrecondition, "[", name_,
         "] the rate of a group with a multiplier is that of its optimizer times that: got ",
         rate_multiplier_, " times the rate of '", owner_name_, "'; set it there");
}

void Optimizer::set_learning_rate(double rate) {
  check_own_rate();
  check_not_negative(name_.c_str(), "learning_rate", rate);
  if (schedule_)
    fail(Code::kFailedPrecondition, "[", name_, "] the rate must not be set while a schedule gives it: got ",
         rate, "; set the schedule to null first");
  learning_rate_->put(scalar_of(context_, rate));
}

void Optimizer::set_schedule(SchedulePtr schedule) {
  check_own_rate();
  std::vector<VariableRef> variables;
  if (schedule) schedule->list_variables(variables);
  for (const VariableRef& v : variables)
    if (&v->context() != &context_)
      invalid("[", name_, "] a schedule must be of the optimizer's context: got '", v->name(),
              "' of another context; make it in the context of the optimizer");
  // Whoever records a step sees that the rate is set in it.
  learning_rate_->put(scalar_of(context_, learning_rate_->value().data<double>()[0]));
  schedule_ = std::move(schedule);
  schedule_variables_ = std::move(variables);
}

bool Optimizer::follows(const Schedule& schedule) const {
  if (schedule_ && schedule_->has(schedule)) return true;
  for (const auto& group : groups_)
    if (group->schedule_ && group->schedule_->has(schedule)) return true;
  return false;
}

}  // namespace tl::optim
