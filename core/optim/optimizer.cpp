#include "core/optim/optimizer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <unordered_set>

#include "core/ops/generated/functions.h"
#include "core/optim/chain.h"
#include "core/optim/conventions.h"
#include "core/optim/host_scalar.h"
#include "core/optim/row_update.h"
#include "core/optim/step_numbers.h"
#include "core/optim/stepping.h"
#include "core/optim/undo.h"
#include "core/tensor/recorder.h"

namespace tl::optim {
namespace {

std::string quoted(const Variable& variable) {
  return variable.name().empty() ? "a variable without a name" : concat("'", variable.name(), "'");
}

// One of a list: its place says which one is meant where it has no name.
std::string quoted(const Variable& variable, size_t position) {
  return variable.name().empty() ? concat("variables[", position, "]") : quoted(variable);
}

}  // namespace

// One variable of one step.
struct Optimizer::Update {
  size_t place;  // in the lists of the step
  Variable* variable;
  Entry* entry;
  Tensor gradient;
  Tensor row_indices;  // null: of the whole variable
  const Tensor* scalars;
  bool in_place;
  Tensor out[1 + kMostSlots];
};

// The numbers of a step, for who replays it. Of a group they are a source of their own: how far the steps are, its owner says,
// who alone counts them.
class Optimizer::Numbers final : public HostNumbers {
 public:
  explicit Numbers(Optimizer& optimizer) : optimizer_(optimizer) {}
  const std::string& name() const override { return optimizer_.name_; }
  int count() const override {
    double unused[kMostNumbers];
    return stepping().all_numbers(optimizer_, 1, 0, unused);
  }
  void before(int64_t ahead, DType dtype, double* numbers) override {
    Optimizer& o = stepping();
    o.check_state();
    StepState* state = o.state_.get();
    if (state) state->check(o.name_.c_str());
    const int64_t steps = o.steps_now();
    // A call that only accumulates takes no numbers, and asks for none when it is not replayed, either.
    if (!state || state->kind(ahead, steps) != StepState::kAccumulate) {
      const int64_t step = state ? state->step_of(ahead, steps) : steps + ahead;
      const double rate = optimizer_.rate_of(step);
      const int n = o.all_numbers(optimizer_, step + 1, rate, numbers);
      optimizer_.check_numbers(numbers, n, rate, dtype, nullptr);
    }
    if (is_of_group()) return;
    if (state) state->make_room();
    o.make_room_for_count();
  }
  void after(int64_t steps) noexcept override {
    if (is_of_group()) return;
    const StepState* state = optimizer_.state_.get();
    if (!state) return optimizer_.count_steps(steps);
    const bool finite = !state->finite || state->finite->value().data<bool>()[0];
    for (int64_t i = 0; i < steps; i++) optimizer_.count_call(finite);
  }
  int kind(int64_t ahead) const override {
    const StepState* state = is_of_group() ? nullptr : optimizer_.state_.get();
    return state ? state->kind(ahead, optimizer_.steps_now()) : 0;
  }
  bool may_skip() const override {
    return !is_of_group() && optimizer_.state_ && optimizer_.state_->options.skips();
  }
  bool follows(const Variable& variable) const override {
    if (&variable == optimizer_.learning_rate_.get()) return true;
    for (const VariableRef& v : optimizer_.schedule_variables_)
      if (&variable == v.get()) return true;
    if (is_of_group()) return stepping().numbers_->follows(variable);
    return changes(variable) || (optimizer_.state_ && optimizer_.state_->follows(variable));
  }
  bool changes(const Variable& variable) const override {
    if (is_of_group()) return false;
    return &variable == optimizer_.iterations_.variable().get() ||
           (optimizer_.state_ && optimizer_.state_->changes(variable));
  }

 private:
  bool is_of_group() const { return &stepping() != &optimizer_; }
  Optimizer& stepping() const { return optimizer_.owner_life_.expired() ? optimizer_ : *optimizer_.owner_; }

  Optimizer& optimizer_;
};

Optimizer::Optimizer(Context& context, std::string name, double learning_rate)
    : context_(context), name_(std::move(name)) {
  if (name_.empty() || name_.find('/') != std::string::npos)
    invalid("[optimizer] 'name' must not be empty and must hold no '/', which stands between names: got '",
            name_, "'; choose another");
  check_not_negative(name_.c_str(), "learning_rate", learning_rate);
  iterations_ = HostCell(scalar_of(context, int64_t{0}), name_ + "/iterations");
  learning_rate_ = VariableRef::make(scalar_of(context, learning_rate), name_ + "/learning_rate", false);
  numbers_ = std::make_shared<Numbers>(*this);
}

std::vector<Optimizer::Slot> Optimizer::slots_like(const Variable& variable,
                                                   std::initializer_list<const char*> names, double value) {
  std::vector<Slot> slots;
  for (const char* name : names)
    slots.push_back({name, full(variable.context(), variable.shape(), value, variable.dtype())});
  return slots;
}

int64_t Optimizer::iterations() const {
  context_.note_host_read(iterations_.variable()->peek(), "optimizer_iterations");
  return steps_now();
}

std::vector<VariableRef> Optimizer::variables() const {
  std::vector<VariableRef> all{iterations_.variable(), learning_rate_};
  all.insert(all.end(), schedule_variables_.begin(), schedule_variables_.end());
  auto listed = [&](const VariableRef& v) {
    for (const VariableRef& known : all)
      if (known.get() == v.get()) return true;
    return false;
  };
  for (const auto& group : groups_) {
    if (group->rate_multiplier_ > 0) continue;
    all.push_back(group->learning_rate_);
    for (const VariableRef& v : group->schedule_variables_)  // one schedule may serve several groups
      if (!listed(v)) all.push_back(v);
  }
  if (state_) state_->list_variables(all);
  for (const Entry& entry : entries_) {
    if (entry.life.expired()) continue;
    for (size_t i = 0; i < entry.num_slots; i++) all.push_back(entry.slots[i]);
    for (const VariableRef& v : {entry.sum, entry.average, entry.slow})
      if (v) all.push_back(v);
  }
  return all;
}

std::vector<VariableRef> Optimizer::slots(const Variable& variable) const {
  auto found = entry_of_variable_.find(variable.id());
  if (found == entry_of_variable_.end()) return {};
  const Entry& entry = entries_[found->second];
  return {entry.slots.begin(), entry.slots.begin() + static_cast<std::ptrdiff_t>(entry.num_slots)};
}

void Optimizer::check_variables(Span<Variable* const> variables) const {
  if (variables.empty())
    invalid("[", name_, "] there must be at least 1 variable: got 0; pass those of the model");
  // Short lists, the usual ones, are searched: a set would cost more than the updates of a small model.
  constexpr size_t kShort = 32;
  std::unordered_set<uint64_t> seen;
  auto seen_before = [&](size_t i) {
    if (variables.size() > kShort) return !seen.insert(variables[i]->id()).second;
    for (size_t k = 0; k < i; k++)
      if (variables[k] == variables[i]) return true;
    return false;
  };
  for (size_t i = 0; i < variables.size(); i++) {
    const Variable* v = variables[i];
    if (!v) invalid("[", name_, "] 'variables[", i, "]' must be a variable: got null; was it set?");
    if (&v->context() != &context_)
      invalid("[", name_, "] variables must be of the optimizer's context: got ", quoted(*v, i),
              " of another context; make the optimizer in the context of its variables");
    if (!is_floating(v->dtype()))
      invalid("[", name_, "] only floating-point variables can be trained: got ", quoted(*v, i), " of ",
              v->dtype(), " ", v->shape(), "; leave it out of the list");
    if (seen_before(i))
      invalid("[", name_, "] each variable may stand in the list once: got ", quoted(*v, i),
              " again at position ", i, "; add its gradients up");
  }
}

void Optimizer::check_gradients(Span<const Tensor> grads, Span<Variable* const> variables,
                                Span<const Tensor> row_indices) const {
  bool any = false;
  for (size_t i = 0; i < grads.size(); i++) {
    const Tensor& g = grads[i];
    const bool of_rows = !row_indices.empty() && row_indices[i];
    if (!g && of_rows)
      invalid("[", name_, "] indices of rows need the rows: got 'row_indices[", i, "]' without 'gradients[",
              i, "]'; pass both or neither");
    if (!g) continue;
    any = true;
    const Variable& v = *variables[i];
    if (&g.context() != &context_)
      invalid("[", name_, "] gradients must be of the optimizer's context: got that of ", quoted(v, i),
              " of another context; copy its data over");
    if (of_rows && g.dtype() != v.dtype())
      invalid("[", name_, "] rows of a gradient have the dtype of their variable: got ", g.dtype(), " ",
              g.shape(), " for ", quoted(v, i), " of ", v.dtype(), " ", v.shape(), "; cast them");
    if (g.dtype() != v.dtype() || (g.shape() != v.shape() && !of_rows))
      invalid("[", name_, "] a gradient has the dtype and shape of its variable: got ", g.dtype(), " ",
              g.shape(), " for ", quoted(v, i), " of ", v.dtype(), " ", v.shape(),
              "; are gradients and variables in the same order?");
    if (g.is_shell())
      invalid("[", name_, "] a gradient must have one value: got one inside vmap, for ", quoted(v, i),
              ", which has one for each example; return it from the function, and apply what vmap gives");
    if (!of_rows) continue;
    if (&row_indices[i].context() != &context_)
      invalid("[", name_, "] indices must be of the optimizer's context: got 'row_indices[", i,
              "]' of another context; copy its data over");
    if (is_overwritten(rule_of(v), v))
      invalid("[", name_, "] a variable that becomes its gradient takes the whole of it: got 'row_indices[",
              i, "]' for ", quoted(v, i),
              "; give its whole gradient, which the tape makes when not asked for rows");
    if (const char* reason = rule_of(v).against_rows(v))
      invalid("[", name_, "] gradients of rows are not taken, because ", reason, ": got 'row_indices[", i,
              "]' for ", quoted(v, i),
              "; give its whole gradient, which the tape makes when not asked for rows");
    check_rows(name_.c_str(), i, row_indices[i], g, v.shape());
  }
  if (any) return;
  std::string names;
  for (size_t i = 0; i < variables.size(); i++)
    names += (names.empty() ? "" : ", ") + quoted(*variables[i], i);
  invalid("[", name_, "] no gradients provided for any variable: got null for ", names,
          "; the loss must be computed from these variables while the tape records");
}

// The program may assign to the state, as loading a checkpoint does.
void Optimizer::check_state() const {
  const int64_t steps = steps_now();
  if (steps < 0 || steps == std::numeric_limits<int64_t>::max())
    invalid("[", name_, "] the variable ", quoted(*iterations_.variable()), " counts steps, from 0 on: got ",
            steps, "; was the wrong value assigned or loaded?");
}

// The numbers of a step reach the ops in the dtype of the variable.
void Optimizer::check_numbers(const double* numbers, int count, double rate, DType dtype,
                              const Variable* variable) const {
  const double most = dtype == DType::kF32 ? static_cast<double>(std::numeric_limits<float>::max())
                                           : std::numeric_limits<double>::max();
  auto fits = [&](double value) { return std::fabs(value) <= most; };
  auto target = [&] {
    return variable ? concat(quoted(*variable), ", which is ", dtype)
                    : concat("the variables, which are ", dtype);
  };
  if (!fits(rate))
    invalid("[", name_, "] 'learning_rate' is out of range for ", target(), ": got ", rate,
            "; lower the rate");
  for (int k = 0; k < count; k++)
    if (!fits(numbers[k]))
      invalid("[", name_, "] 'learning_rate' and the other options make a step that is out of range for ",
              target(), ": got ", numbers[k], " at a rate of ", rate,
              rate == 0 ? "; its formula divides by the rate, so leave the step out"
                        : "; lower what makes it large");
}

size_t Optimizer::entry_of(const Variable& variable, size_t guess) const {
  // Lists come in the same order step after step.
  if (guess < entries_.size() && entries_[guess].variable == variable.id()) return guess;
  auto found = entry_of_variable_.find(variable.id());
  return found == entry_of_variable_.end() ? entries_.size() : found->second;
}

void Optimizer::make_slots(Span<Variable* const> variables) {
  size_t before = entries_.size();
  std::unordered_set<std::string> names;  // filled when the first new variable is met
  std::unordered_map<std::string, int64_t> same;
  try {
    for (size_t i = 0; i < variables.size(); i++) {
      const Variable& v = *variables[i];
      if (entry_of(v, i) < entries_.size()) continue;
      if (names.empty())
        for (const Entry& known : entries_) names.insert(known.name);
      Entry entry;
      entry.variable = v.id();
      entry.life = v.life();
      const std::string name = v.name().empty() ? "variable" : v.name();
      entry.name = name;
      while (!names.insert(entry.name).second) entry.name = concat(name, "_", ++same[name]);
      entry.rule = &rule_of(v);
      entry.overwritten = is_overwritten(*entry.rule, v);
      const auto owner = owner_of_.find(v.id());
      entry.elsewhere = owner != owner_of_.end() && owner->second != mine_;
      std::vector<Slot> slots;
      if (!entry.overwritten && !entry.elsewhere) slots = entry.rule->first_slots(v);
      TL_INVARIANT(slots.size() <= kMostSlots);
      for (Slot& slot : slots)
        entry.slots[entry.num_slots++] =
            VariableRef::make(std::move(slot.first), concat(name_, "/", entry.name, "/", slot.name), false);
      if (state_) make_option_slots(entry, *variables[i]);
      entry_of_variable_.emplace(v.id(), entries_.size());
      entries_.push_back(std::move(entry));
    }
  } catch (...) {
    forget_slots_from(before);
    throw;
  }
}

void Optimizer::forget_dead_variables() {
  auto dead = [](const Entry& entry) { return entry.life.expired(); };
  auto first = std::find_if(entries_.begin(), entries_.end(), dead);
  if (first == entries_.end()) return;
  // Nothing is allocated here: the map keeps its nodes.
  for (auto it = first; it != entries_.end(); ++it)
    if (dead(*it)) entry_of_variable_.erase(it->variable);
  entries_.erase(std::remove_if(first, entries_.end(), dead), entries_.end());
  for (size_t i = 0; i < entries_.size(); i++) entry_of_variable_.find(entries_[i].variable)->second = i;
}

void Optimizer::forget_slots_from(size_t count) {
  for (auto it = entry_of_variable_.begin(); it != entry_of_variable_.end();)
    it = it->second >= count ? entry_of_variable_.erase(it) : std::next(it);
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(count), entries_.end());
}

void Optimizer::build(Span<Variable* const> variables) {
  check_steps_itself("optimizer_build");
  check_not_stepping("optimizer_build");
  check_variables(variables);
  forget_dead_variables();
  make_slots(variables);
}

bool Optimizer::has_callbacks() const {
  bool any = runs_callbacks();
  for (const auto& group : groups_) any |= group->runs_callbacks();
  return any;
}

void Optimizer::check_not_stepping(const char* op) const {
  if (stepping_)
    fail(Code::kFailedPrecondition, "[", op, "] an optimizer takes one step at a time: got a call for '",
         name_, "' from its own update; return new values instead");
}

void Optimizer::apply(Span<const Tensor> grads, Span<Variable* const> variables,
                      Span<const Tensor> row_indices) {
  constexpr const char* op = "optimizer_apply";
  if (is_shared_out())
    fail(Code::kFailedPrecondition, "[", op, "] the slots of '", name_,
         "' are shared out over ranks, which step together: got a step of this one alone; call "
         "tl_group_apply_sharded");
  apply_with(op, grads, variables, row_indices, nullptr);
}

void Optimizer::apply_with(const char* op, Span<const Tensor> grads, Span<Variable* const> variables,
                           Span<const Tensor> row_indices, const Exchange* exchange) {
  check_steps_itself(op);
  check_not_stepping(op);
  if (grads.size() != variables.size())
    invalid("[", name_, "] there must be one gradient (or null) for each variable: got ", grads.size(),
            " gradients and ", variables.size(), " variables; are both lists of the same model?");
  if (!row_indices.empty() && row_indices.size() != variables.size())
    invalid("[", name_, "] there must be one tensor of row indices (or null) for each variable: got ",
            row_indices.size(), " for ", variables.size(), " variables; are both lists of the same model?");
  check_variables(variables);
  check_gradients(grads, variables, row_indices);
  check_state();
  const Stepping now(*this, variables);
  forget_dead_variables();
  size_t before = entries_.size();
  try {
    make_slots(variables);
    if (state_)
      step_with_options(grads, variables, row_indices);
    else
      step(grads, variables, row_indices, exchange);
  } catch (...) {
    forget_slots_from(before);
    throw;
  }
  warn_of_missing(grads, variables);
}

// What can fail of an update: new values that cannot be written into the old ones' memory, and those of rows.
void Optimizer::prepare(Update& u) const {
  const size_t count = 1 + u.entry->num_slots;
  const Tensor* held[1 + kMostSlots] = {&u.variable->peek()};
  for (size_t k = 1; k < count; k++) held[k] = &u.entry->slots[k - 1]->peek();
  for (size_t k = 0; k < count; k++)
    u.in_place &= held[k]->owns_memory_alone() && !(held[k]->node()->tape_bits & context_.recording_bits());
  if (u.in_place && !u.row_indices) return;
  Tensor values[1 + kMostSlots];
  for (size_t k = 0; k < count; k++)
    values[k] = u.row_indices ? rows_of(untracked(*held[k]), u.row_indices) : untracked(*held[k]);
  u.entry->rule->run(values, u.gradient, u.scalars, static_cast<bool>(u.row_indices), u.out);
  if (!u.row_indices || u.in_place) return;
  for (size_t k = 0; k < count; k++)
    u.out[k] = with_rows(untracked(*held[k]), u.row_indices, u.out[k], false);
}

// The rest of it, which cannot fail: in the memory of the variable and its slots where nobody else holds them.
void Optimizer::commit(Update& u) const {
  const size_t num_slots = u.entry->num_slots;
  if (u.in_place) {
    Tensor values[1 + kMostSlots];
    values[0] = u.variable->take();
    for (size_t s = 0; s < num_slots; s++) values[1 + s] = u.entry->slots[s]->take();
    try {
      if (!u.row_indices) u.entry->rule->run(values, u.gradient, u.scalars, true, u.out);
      for (size_t k = 0; k <= num_slots && u.row_indices; k++)
        u.out[k] = with_rows(values[k], u.row_indices, u.out[k], true);
    } catch (...) {
      u.variable->put(std::move(values[0]));
      for (size_t s = 0; s < num_slots; s++) u.entry->slots[s]->put(std::move(values[1 + s]));
      throw;
    }
  }
  u.variable->put(std::move(u.out[0]));
  for (size_t s = 0; s < num_slots; s++) u.entry->slots[s]->put(std::move(u.out[1 + s]));
}

// First everything that can fail, with the old values in place; then the variables change, and nothing can fail any more.
void Optimizer::step(Span<const Tensor> grads, Span<Variable* const> variables,
                     Span<const Tensor> row_indices, const Exchange* exchange) {
  StepNumbers numbers(*this, steps_now());
  tell_step();
  make_room_for_count();

  std::vector<Update> updates;
  updates.reserve(grads.size());
  for_each_rule_in_order(grads.size(), [&](size_t i, bool callbacks) {
    if (!grads[i]) return;
    Variable& v = *variables[i];
    Entry& entry = entries_[entry_of(v, i)];
    if (entry.elsewhere || entry.rule->runs_callbacks() != callbacks) return;
    const bool of_rows = !row_indices.empty() && row_indices[i];
    updates.push_back({i,
                       &v,
                       &entry,
                       untracked(grads[i]),
                       of_rows ? row_indices[i] : Tensor(),
                       numbers.of(*entry.rule, v),
                       !exchange && !context_.observed() && (of_rows || entry.rule->runs_in_place()),
                       {}});
    prepare(updates.back());
  });
  std::vector<Tensor> others;  // a value for each variable that another one has stepped
  if (exchange) others = others_values(updates, grads, variables, *exchange);
  // What an op in place still takes: the threads, and a node for each output.
  context_.pool();
  {
    size_t most = 0;
    for (const Update& u : updates) most = std::max(most, 1 + u.entry->num_slots);
    Tensor nodes[1 + kMostSlots];
    for (size_t k = 0; k < most; k++) nodes[k] = context_.make_shell(DType::kF32, Shape{}, context_.new_id());
  }

  Uncancellable all_or_nothing(context_);
  Undo undo(context_);
  for (const Update& u : updates) {
    undo.keep(*u.variable);
    for (size_t s = 0; s < u.entry->num_slots; s++) undo.keep(*u.entry->slots[s]);
  }
  for (size_t i = 0; i < others.size(); i++)
    if (others[i]) undo.keep(*variables[i]);
  for (Update& u : updates) commit(u);
  for (size_t i = 0; i < others.size(); i++)
    if (others[i]) variables[i]->put(std::move(others[i]));
  undo.forget();
  count_steps(1);
}

// By the places of the lists: what their owners have made of the variables that are not stepped here; null for the others.
std::vector<Tensor> Optimizer::others_values(const std::vector<Update>& updates, Span<const Tensor> grads,
                                             Span<Variable* const> variables,
                                             const Exchange& exchange) const {
  std::vector<Tensor> values(grads.size()), given;
  std::vector<int> owners;
  for (size_t i = 0; i < grads.size(); i++)
    if (grads[i]) values[i] = untracked(variables[i]->peek());
  for (const Update& u : updates) values[u.place] = u.out[0];
  for (size_t i = 0; i < grads.size(); i++) {
    if (!grads[i]) continue;
    given.push_back(std::move(values[i]));
    values[i] = Tensor();
    owners.push_back(owner_of_.at(variables[i]->id()));
  }
  std::vector<Tensor> came = exchange(given, owners);
  for (size_t i = 0, k = 0; i < grads.size(); i++) {
    if (!grads[i]) continue;
    if (owners[k] != mine_) values[i] = std::move(came[k]);
    k++;
  }
  return values;
}

// Unseen: who records the step knows by the numbers.
void Optimizer::count_steps(int64_t steps) noexcept { iterations_.set(steps_now() + steps); }

void Optimizer::warn_of_missing(Span<const Tensor> grads, Span<Variable* const> variables) {
  std::string names;
  for (size_t i = 0; i < grads.size(); i++) {
    if (grads[i]) continue;
    Entry& entry = entries_[entry_of(*variables[i], i)];
    if (entry.warned) continue;
    entry.warned = true;
    names += (names.empty() ? "" : ", ") + quoted(*variables[i], i);
  }
  if (names.empty()) return;
  context_.log(
      LogLevel::kWarning,
      concat("[optimizer_apply] ", name_, ": gradients do not exist for the variables ", names,
             state_ && state_->options.accumulates() ? ", which counts as zeros" : ", which stay as they are",
             "; does the loss depend on them?")
          .c_str());
}

}  // namespace tl::optim
