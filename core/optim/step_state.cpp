#include "core/optim/step_state.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/ops/generated/functions.h"
#include "core/optim/host_scalar.h"

namespace tl::optim {

void HostCell::make_room() {
  if (!variable_) return;
  const Tensor& value = variable_->value();
  if (value.owns_memory_alone() && value.node()->tape_bits == 0)
    room_ = Tensor();
  else if (!room_)
    room_ = variable_->context().allocate(value.dtype(), value.shape());
}

StepState::StepState(Context& context, const std::string& optimizer, const StepOptions& o, bool averages)
    : options(o) {
  auto count = [&](const char* name) {
    return HostCell(scalar_of(context, int64_t{0}), optimizer + "/" + name);
  };
  if (o.accumulates()) accumulated = count("accumulated_steps");
  if (o.skips()) {
    skipped = count("skipped_steps");
    finite = VariableRef::make(full(context, {}, 1, DType::kBool), optimizer + "/finite", false);
  }
  if (o.dynamic_loss_scale) {
    scale = HostCell(scalar_of(context, o.initial_loss_scale), optimizer + "/loss_scale");
    good_steps = count("good_steps");
  }
  if (o.use_ema || averages) swapped = count("averages_in_use");
}

int StepState::kind(int64_t ahead, int64_t steps) const {
  if (accumulated && (accumulated.get<int64_t>() + ahead + 1) % options.gradient_accumulation_steps != 0)
    return kAccumulate;
  const int64_t step = step_of(ahead, steps) + 1;
  auto due = [&](int64_t every) { return every > 0 && step % every == 0; };
  return (due(options.ema_overwrite_frequency) ? kOverwrite : kUpdate) |
         (due(options.lookahead_steps) ? kLookAhead : kUpdate);
}

int64_t StepState::step_of(int64_t ahead, int64_t steps) const {
  if (!accumulated) return steps + ahead;
  return steps + (accumulated.get<int64_t>() + ahead) / options.gradient_accumulation_steps;
}

// The program may assign to it, as loading a checkpoint does.
void StepState::check(const char* optimizer) const {
  auto refuse = [&](const HostCell& cell, const auto& range, auto value) {
    invalid("[", optimizer, "] the variable '", cell.variable()->name(), "' must be ", range, ": got ", value,
            "; was the wrong value assigned or loaded?");
  };
  if (accumulated) {
    const int64_t calls = accumulated.get<int64_t>();
    if (calls < 0 || calls >= options.gradient_accumulation_steps)
      refuse(accumulated, concat("in [0, ", options.gradient_accumulation_steps, ")"), calls);
  }
  for (const HostCell* cell : {&skipped, &good_steps})
    if (*cell && cell->get<int64_t>() < 0) refuse(*cell, "at least 0", cell->get<int64_t>());
  if (scale) {
    const double now = scale.get<double>();
    if (!(now > 0) || std::isinf(now)) refuse(scale, "a finite number above 0", now);
  }
  if (swapped && swapped.get<int64_t>() != 0)
    fail(Code::kFailedPrecondition, "[", optimizer,
         "] a step needs the weights themselves: got variables that hold their averages; swap them back "
         "first");
}

void StepState::make_room() {
  for (HostCell* cell : {&accumulated, &skipped, &scale, &good_steps}) cell->make_room();
}

bool StepState::advance(bool all_finite) noexcept {
  if (!all_finite) {
    skipped.set(skipped.get<int64_t>() + 1);
    if (scale) {
      scale.set(std::max(scale.get<double>() / 2, options.min_loss_scale));
      good_steps.set(int64_t{0});
    }
    return false;
  }
  if (scale) {
    const int64_t good = good_steps.get<int64_t>() + 1;
    const bool grows = good >= options.loss_scale_growth_interval;
    if (grows) scale.set(std::min(scale.get<double>() * 2, options.max_loss_scale));
    good_steps.set(grows ? int64_t{0} : good);
  }
  if (!accumulated) return true;
  const int64_t calls = accumulated.get<int64_t>() + 1;
  const bool full = calls >= options.gradient_accumulation_steps;
  accumulated.set(full ? int64_t{0} : calls);
  return full;
}

Tensor StepState::loss_scale(Context& context) const {
  if (!options.scales()) return Tensor();
  if (!scale) return tl::full(context, {}, options.loss_scale_factor, DType::kF64);
  const Tensor& now = scale.variable()->peek();
  return options.loss_scale_factor == 1 ? now : mul_scalar(now, options.loss_scale_factor);
}

double StepState::loss_scale_now() const {
  return (scale ? scale.get<double>() : 1) * options.loss_scale_factor;
}

void StepState::list_variables(std::vector<VariableRef>& list) const {
  for (const HostCell* cell : {&accumulated, &skipped, &scale, &good_steps, &swapped})
    if (*cell) list.push_back(cell->variable());
}

bool StepState::changes(const Variable& variable) const {
  for (const HostCell* cell : {&accumulated, &skipped, &scale, &good_steps})
    if (cell->variable().get() == &variable) return true;
  return false;
}

bool StepState::follows(const Variable& variable) const {
  return changes(variable) || swapped.variable().get() == &variable;
}

}  // namespace tl::optim
