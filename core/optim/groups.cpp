// Groups of variables within an optimizer (Optimizer::add_group): other optimizers, whose formulas, rates and schedules are asked,
// while the steps, their count and what surrounds the updates are those of the optimizer that has them.
#include <cmath>

#include "core/base/error.h"
#include "core/optim/optimizer.h"
#include "core/tensor/recorder.h"

namespace tl::optim {
namespace {

// Options of steps that all groups take together; the name of the first that is set, or null.
const char* shared_option(const StepOptions& o) {
  if (o.gradient_accumulation_steps != 0) return "gradient_accumulation_steps";
  if (o.global_clip_norm != 0) return "global_clip_norm";
  if (o.use_ema) return "use_ema";
  if (o.lookahead_steps != 0) return "lookahead_steps";
  if (o.loss_scale_factor != 1) return "loss_scale_factor";
  if (o.dynamic_loss_scale) return "dynamic_loss_scale";
  return o.non_finite == NonFiniteGradients::kPass ? nullptr : "non_finite";
}

}  // namespace

void Optimizer::check_group(const Optimizer* group, Span<Variable* const> variables,
                            double rate_multiplier) const {
  const char* op = "optimizer_add_group";
  if (!group) invalid("[", name_, "] 'group' must be an optimizer: got null; make one for the group");
  if (group == this)
    invalid("[", name_,
            "] a group must be another optimizer: got the optimizer itself; make one for the group");
  if (&group->context_ != &context_)
    invalid("[", name_, "] a group must be of the optimizer's context: got '", group->name_,
            "' of another context; make it in the context of the optimizer");
  if (!group->groups_.empty())
    invalid("[", name_, "] a group must have no groups of its own: got '", group->name_, "' with ",
            group->groups_.size(), "; add them to this optimizer, too");
  check_takes_options("groups");
  group->check_takes_options("groups");
  check_unused(op, "groups must be added");
  group->check_unused(op, "it must become a group");
  if ((average_slot() >= 0) != (group->average_slot() >= 0))
    invalid("[", name_, "] of a group and its optimizer both or none must keep averages of their own: got '",
            group->name_, "'; step it by itself");
  if (group->state_)
    if (const char* option = shared_option(group->state_->options))
      invalid("[", name_, "] '", option, "' concerns all variables of a step: got it set in the group '",
              group->name_, "'; set it in the optimizer that has the groups");
  if (!(rate_multiplier >= 0) || std::isinf(rate_multiplier))
    invalid("[", name_, "] 'rate_multiplier' must be a finite number that is not negative: got ",
            rate_multiplier, "; 0 lets the group have a rate of its own");
  if (rate_multiplier > 0 && group->schedule_)
    invalid("[", name_, "] a group has a rate of its own or a multiplier: got a schedule in '", group->name_,
            "' and 'rate_multiplier' = ", rate_multiplier, "; choose one");
  check_variables(variables);
  for (const Variable* v : variables)
    if (group_of_.count(v->id()))
      invalid("[", name_, "] a variable may be in one group: got '", v->name(), "' for '", group->name_,
              "', which is in '", group_of_.at(v->id())->name_, "'; leave it out of one of them");
}

void Optimizer::add_group(std::shared_ptr<Optimizer> group, Span<Variable* const> variables,
                          double rate_multiplier) {
  check_group(group.get(), variables, rate_multiplier);
  // All memory first, then the changes, which cannot fail.
  std::string name = group->name_;
  auto taken = [&](const std::string& rate_name) {
    for (const auto& known : groups_)
      if (known->learning_rate_->name() == rate_name) return true;
    return false;
  };
  auto rate_name = [&] { return concat(name_, "/", name, "/learning_rate"); };
  for (int64_t k = 1; taken(rate_name()); k++) name = concat(group->name_, "_", k);
  std::string called = rate_name(), owner_name = name_;
  auto members = group_of_;
  for (const Variable* v : variables) members.emplace(v->id(), group.get());
  std::unique_ptr<StepState> state;
  if (!state_ && group->state_)
    state = std::make_unique<StepState>(context_, name_, StepOptions(), average_slot() >= 0);
  groups_.reserve(groups_.size() + 1);

  if (state) state_ = std::move(state);
  group_of_.swap(members);
  group->learning_rate_->set_name(std::move(called));
  group->iterations_ = iterations_;
  group->owner_ = this;
  group->owner_life_ = numbers_;
  group->owner_name_.swap(owner_name);
  group->place_ = groups_.size();
  group->rate_multiplier_ = rate_multiplier;
  groups_.push_back(std::move(group));
}

const Optimizer& Optimizer::rule_of(const Variable& variable) const {
  if (groups_.empty()) return *this;
  auto found = group_of_.find(variable.id());
  return found == group_of_.end() ? *this : *found->second;
}

// Clipping of each gradient, and weight decay. A group that nobody has configured takes those of the optimizer, but for the weight
// decay where its formula has one.
StepOptions Optimizer::options_for(const Optimizer& rule) const {
  if (&rule == this) return state_->options;
  if (rule.is_configured_) return rule.state_->options;
  StepOptions options = state_->options;
  if (rule.decay_scalar() >= 0) options.weight_decay = 0;
  return options;
}

bool Optimizer::is_excluded_from_decay(const Optimizer& rule, const Variable& variable) const {
  return state_->without_decay.count(variable.id()) > 0 ||
         (&rule != this && rule.state_ && rule.state_->without_decay.count(variable.id()) > 0);
}

void Optimizer::check_steps_itself(const char* op) const {
  if (!owner_) return;
  fail(Code::kFailedPrecondition, "[", op, "] a group steps with its optimizer: got '", name_,
       "', which is a group of '", owner_name_, "'; call it for that one");
}

bool Optimizer::is_overwritten(const Optimizer& rule, const Variable& variable) const {
  for (const Optimizer* o : {this, &rule})
    if (o->state_ && o->state_->overwritten.count(variable.id()) > 0) return true;
  return false;
}

// That of the optimizer counts where a group has one for the same variable.
const Constraint* Optimizer::constraint_of(const Optimizer& rule, const Variable& variable) const {
  for (const Optimizer* o : {this, &rule}) {
    if (!o->state_) continue;
    auto found = o->state_->constraints.find(variable.id());
    if (found != o->state_->constraints.end()) return &found->second;
  }
  return nullptr;
}

// Whoever records the step learns whose numbers it takes.
void Optimizer::tell_step() const {
  for (Observer* observer : context_.observers()) {
    observer->on_host_step(numbers_);
    for (const auto& group : groups_) observer->on_host_step(group->numbers_);
  }
}

}  // namespace tl::optim
