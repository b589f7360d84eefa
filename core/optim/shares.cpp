// An optimizer whose slots are shared out over several that train together (ZeRO stage 1): who steps which variable, and how all slots come
// together again. The step itself is in optimizer.cpp.
#include "core/base/error.h"
#include "core/optim/chain.h"
#include "core/optim/optimizer.h"

namespace tl::optim {

// All that have slots, and, where it is shared out, no others.
void Optimizer::check_shares(const char* op, Span<Variable* const> variables) const {
  check_variables(variables);
  size_t known = 0;
  for (const Variable* v : variables) {
    known += entry_of_variable_.count(v->id());
    if (is_shared_out() && !owner_of_.count(v->id()))
      invalid("[", op, "] variables must be those that the optimizer was shared out for: got '", v->name(),
              "', which has no owner; gather the optimizer, and shard it anew with all");
  }
  if (known < entries_.size())
    invalid("[", op, "] all variables of the optimizer must be given: got ", known, " of ", entries_.size(),
            " that '", name_, "' has slots for; pass those of the model");
}

void Optimizer::share_out(Span<Variable* const> variables, Span<const int> owners, int mine) {
  constexpr const char* op = "group_shard_optimizer";
  check_steps_itself(op);
  check_not_stepping(op);
  check_takes_options("shares of the slots");
  if (is_shared_out())
    fail(Code::kFailedPrecondition, "[", op, "] an optimizer is sharded once: got '", name_,
         "', which is; gather it first");
  if (state_ || !groups_.empty())
    fail(Code::kUnsupported, "[", op,
         "] an optimizer with step options, averages or groups cannot be sharded: got '", name_,
         "'; clip gradients by tl_clip_by_global_norm, before the step");
  forget_dead_variables();
  check_shares(op, variables);
  TL_INVARIANT(owners.size() == variables.size());
  std::unordered_map<uint64_t, int> owner_of;
  for (size_t i = 0; i < variables.size(); i++) owner_of.emplace(variables[i]->id(), owners[i]);
  owner_of_.swap(owner_of);
  mine_ = mine;
  try {
    make_slots(variables);
  } catch (...) {
    owner_of_.swap(owner_of);
    throw;
  }
  for (Entry& entry : entries_) {
    if (owner_of_.find(entry.variable)->second == mine) continue;
    entry.elsewhere = true;
    for (VariableRef& slot : entry.slots) slot = VariableRef();
    entry.num_slots = 0;
  }
}

void Optimizer::apply_share(Span<const Tensor> grads, Span<Variable* const> variables, Exchange exchange) {
  constexpr const char* op = "group_apply_sharded";
  if (!is_shared_out())
    fail(Code::kFailedPrecondition, "[", op, "] the optimizer must be sharded: got '", name_,
         "', which has all slots; call tl_group_shard_optimizer first");
  check_variables(variables);
  for (const Variable* v : variables)
    if (!owner_of_.count(v->id()))
      invalid("[", op, "] variables must be those that the optimizer was sharded for: got '", v->name(),
              "', which has no owner; gather the optimizer, and shard it anew with all");
  apply_with(op, grads, variables, {}, &exchange);
}

void Optimizer::gather_shares(Span<Variable* const> variables, Exchange exchange) {
  constexpr const char* op = "group_gather_optimizer";
  if (!is_shared_out())
    fail(Code::kFailedPrecondition, "[", op, "] the optimizer must be sharded: got '", name_,
         "', which has all slots; there is nothing to gather");
  forget_dead_variables();
  check_shares(op, variables);
  // All memory and the exchange first, then the changes, which cannot fail.
  std::vector<std::vector<VariableRef>> made(variables.size());
  std::vector<Tensor> values;
  std::vector<int> owners;
  for (size_t i = 0; i < variables.size(); i++) {
    const Entry& entry = entries_[entry_of(*variables[i], i)];
    if (entry.elsewhere)
      for (Slot& slot : entry.rule->first_slots(*variables[i]))
        made[i].push_back(
            VariableRef::make(std::move(slot.first), concat(name_, "/", entry.name, "/", slot.name), false));
    else
      made[i].assign(entry.slots.begin(), entry.slots.begin() + static_cast<std::ptrdiff_t>(entry.num_slots));
    for (const VariableRef& slot : made[i]) {
      values.push_back(untracked(slot->peek()));
      owners.push_back(owner_of_.at(variables[i]->id()));
    }
  }
  std::vector<Tensor> came;
  if (!values.empty()) came = exchange(values, owners);
  values.clear();
  size_t next = 0;
  for (size_t i = 0; i < variables.size(); i++) {
    Entry& entry = entries_[entry_of(*variables[i], i)];
    for (size_t k = 0; k < made[i].size(); k++, next++) {
      if (!entry.elsewhere) continue;
      made[i][k]->put(std::move(came[next]));
      entry.slots[k] = std::move(made[i][k]);
      entry.num_slots = k + 1;
    }
    entry.elsewhere = false;
  }
  owner_of_.clear();
}

}  // namespace tl::optim
