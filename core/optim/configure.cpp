// What is set of an optimizer ahead of its first step (step options, exclusions from weight decay, variables that become their
// gradients, constraints of weights), and what
// those options let a program ask and do: scaled losses, counts, averages in the place of weights.
#include <memory>

#include "core/base/error.h"
#include "core/ops/generated/functions.h"
#include "core/optim/optimizer.h"
#include "core/optim/step_state.h"

namespace tl::optim {

void Optimizer::configure(const StepOptions& options) {
  check_step_options(name_.c_str(), options);
  check_takes_options("step options");
  check_unused("optimizer_configure", "options must be set");
  if (options.weight_decay > 0 && decay_scalar() >= 0)
    invalid("[", name_,
            "] this optimizer has a weight decay of its own: got 'weight_decay' = ", options.weight_decay,
            "; set it in the options that the optimizer is made with");
  if (options.use_ema && average_slot() >= 0)
    invalid("[", name_,
            "] this optimizer keeps averages of its own: got 'use_ema'; swap those in for an evaluation");
  if (options.lookahead_steps > 0 && average_slot() >= 0)
    invalid(
        "[", name_,
        "] this optimizer keeps averages of its own, which its weights follow from: got 'lookahead_steps' = ",
        options.lookahead_steps, "; leave it out");
  auto state = std::make_unique<StepState>(context_, name_, options, average_slot() >= 0);
  if (state_) {
    state->without_decay = std::move(state_->without_decay);
    state->overwritten = std::move(state_->overwritten);
    state->constraints = std::move(state_->constraints);
  }
  state_ = std::move(state);
  is_configured_ = true;
}

void Optimizer::note_averages() {
  state_ = std::make_unique<StepState>(context_, name_, StepOptions(), true);
}

void Optimizer::exclude_from_weight_decay(Span<Variable* const> variables) {
  check_takes_options("exclusions from weight decay");
  check_variables(variables);
  check_unused("optimizer_exclude_from_weight_decay", "variables must be excluded");
  if (!state_) state_ = std::make_unique<StepState>(context_, name_, StepOptions(), false);
  for (const Variable* v : variables) state_->without_decay.insert(v->id());
}

void Optimizer::overwrite_with_gradient(Span<Variable* const> variables) {
  check_takes_options("variables that become their gradients");
  check_variables(variables);
  check_unused("optimizer_overwrite_with_gradient", "variables that become their gradients must be named");
  if (!state_) state_ = std::make_unique<StepState>(context_, name_, StepOptions(), false);
  for (const Variable* v : variables) state_->overwritten.insert(v->id());
}

void Optimizer::constrain(Span<Variable* const> variables, const std::vector<Constraint>& constraints) {
  check_takes_options("constraints of weights");
  check_unused("optimizer_constrain", "constraints must be set");
  if (average_slot() >= 0)
    invalid("[", name_,
            "] this optimizer keeps averages of its own, which its weights follow from: got a constraint of "
            "weights; leave it out");
  auto all = state_ ? state_->constraints : decltype(state_->constraints)();
  for (size_t i = 0; i < variables.size(); i++)
    if (!all.emplace(variables[i]->id(), constraints[i]).second)
      invalid("[", name_, "] a variable may have one constraint: got a second one for '",
              variables[i]->name(), "'; a range or a norm");
  if (!state_) state_ = std::make_unique<StepState>(context_, name_, StepOptions(), false);
  state_->constraints.swap(all);
}

void Optimizer::constrain_range(double min, double max, Span<Variable* const> variables) {
  check_variables(variables);
  constrain(variables, std::vector<Constraint>(variables.size(), range_constraint(name_.c_str(), min, max)));
}

void Optimizer::constrain_norm(double min, double max, double rate, const IntList& axes,
                               Span<Variable* const> variables) {
  check_variables(variables);
  std::vector<Constraint> constraints;
  for (const Variable* v : variables)
    constraints.push_back(norm_constraint(name_.c_str(), min, max, rate, axes, *v));
  constrain(variables, constraints);
}

void Optimizer::check_takes_options(const char* what) const {
  if (const char* reason = against_options())
    invalid("[", name_, "] ", what, " are not for this optimizer, because ", reason,
            ": got some; compute what you need in the loss");
}

// Slots, and recordings of steps, follow from the options.
void Optimizer::check_unused(const char* op, const char* what) const {
  check_not_stepping(op);
  // So it cannot be part of a step that is recorded.
  context_.note_host_read(iterations_.variable()->peek(), op);
  if (owner_)
    fail(Code::kFailedPrecondition, "[", name_, "] ", what,
         " before the optimizer becomes a group of another: got one in '", owner_name_,
         "'; do it right after making the optimizer");
  if (entries_.empty() && steps_now() == 0) return;
  fail(Code::kFailedPrecondition, "[", name_, "] ", what,
       " before the first step or build: got an optimizer after ", steps_now(), " steps that knows ",
       entries_.size(), " variables; do it right after making the optimizer");
}

Tensor Optimizer::scale_loss(const Tensor& loss) const {
  if (!loss) invalid("[", name_, "] 'loss' must be a tensor: got null; was it set?");
  if (&loss.context() != &context_)
    invalid("[", name_,
            "] a loss must be of the optimizer's context: got one of another context; copy its data over");
  if (!is_floating(loss.dtype()))
    invalid("[", name_, "] a loss must be f32 or f64: got ", loss.dtype(), " ", loss.shape(), "; use cast");
  const Tensor scale = state_ ? state_->loss_scale(context_) : Tensor();
  if (!scale) return identity(loss);
  return mul(loss, cast(scale, loss.dtype()));
}

double Optimizer::loss_scale() const {
  if (!state_) return 1;
  if (state_->scale) context_.note_host_read(state_->scale.variable()->peek(), "optimizer_loss_scale");
  return state_->loss_scale_now();
}

int64_t Optimizer::skipped_steps() const {
  if (!state_ || !state_->skipped) return 0;
  context_.note_host_read(state_->skipped.variable()->peek(), "optimizer_skipped_steps");
  return state_->skipped.get<int64_t>();
}

void Optimizer::swap_averages(Span<Variable* const> variables) {
  const char* op = "optimizer_swap_averages";
  if (!state_ || !state_->swapped)
    fail(Code::kFailedPrecondition, "[", name_,
         "] there must be averages of weights: got an optimizer without them; set 'use_ema' first");
  check_not_stepping(op);
  check_variables(variables);
  forget_dead_variables();
  size_t known = 0;
  for (size_t i = 0; i < variables.size(); i++) known += entry_of(*variables[i], i) < entries_.size();
  if (known != variables.size() || known != entries_.size())
    invalid("[", name_, "] all variables of the optimizer must be swapped together: got ", variables.size(),
            ", of which it knows ", known, ", and it knows ", entries_.size(), "; pass those of its steps");
  HostCell& swapped = state_->swapped;
  context_.note_host_read(swapped.variable()->peek(), op);
  swapped.make_room();
  for (size_t i = 0; i < variables.size(); i++) {
    Entry& entry = entries_[entry_of(*variables[i], i)];
    if (entry.overwritten) continue;  // it has none
    const int slot = entry.rule->average_slot();
    Variable& average = slot < 0 ? *entry.average : *entry.slots[static_cast<size_t>(slot)];
    Tensor w = variables[i]->take();
    variables[i]->put(average.take());
    average.put(std::move(w));
  }
  swapped.set(int64_t{1} - swapped.get<int64_t>());
}

bool Optimizer::averages_in_use() const {
  return state_ && state_->swapped && state_->swapped.get<int64_t>() != 0;
}

}  // namespace tl::optim
