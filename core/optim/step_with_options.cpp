// A step of an optimizer with step options (step_options.h): what stands in front of the update and behind it. Optimizers
// without such options never come here.
//
// As in the plain step, all that can fail comes first: then accumulators, variables, slots, averages and counts change, in
// their own memory where nobody else holds them. A choice by what gradients hold is the host's where nobody watches; where
// somebody does, it is a select between the new value and the old one, so that a replay makes it anew, with the same bits.
#include <cmath>
#include <optional>

#include "core/ops/generated/functions.h"
#include "core/optim/chain.h"
#include "core/optim/clip.h"
#include "core/optim/host_scalar.h"
#include "core/optim/optimizer.h"
#include "core/optim/row_update.h"
#include "core/optim/step_numbers.h"
#include "core/optim/step_state.h"
#include "core/optim/undo.h"
#include "core/tensor/words.h"

namespace tl::optim {
namespace {

bool alone(const Tensor& t) {
  return t.owns_memory_alone() && !(t.node()->tape_bits & t.context().recording_bits());
}

// Whether all elements of all gradients are finite: bool, rank 0. Zero times an element is zero, or NaN.
Tensor all_finite(Context& context, const std::vector<Tensor>& gradients) {
  Tensor total = full(context, IntList{}, 0, DType::kF64);
  for (const Tensor& g : gradients)
    if (g) total = add(total, cast(sum(mul_scalar(g, 0)), DType::kF64));
  return equal(total, full(context, IntList{}, 0, DType::kF64));
}

Tensor chosen(const Tensor& flag, const Tensor& yes, const Tensor& no) {
  return flag ? select(flag, yes, no) : yes;
}

// average = momentum average + (1 - momentum) w as momentum (average - w) + w: w itself, to the bit, where the momentum is 0 or
// the average is w already. In the memory of the average where it is given away.
Tensor moved_average(Tensor average, const Tensor& w, const Tensor& momentum) {
  Tensor distance = into(OpId::kSub, std::move(average), w);
  distance = into(OpId::kMul, std::move(distance), momentum);
  return into(OpId::kAdd, std::move(distance), w);
}

// slow + alpha (w - slow), in the memory of w where it is given away.
Tensor looked_ahead(Tensor w, const Tensor& slow, double alpha) {
  return into(OpId::kAdd, scaled_into(into(OpId::kSub, std::move(w), slow), alpha), slow);
}

}  // namespace

// A call, from the gradients on.
class Optimizer::Call {
 public:
  Call(Optimizer& optimizer, Span<const Tensor> grads, Span<Variable* const> variables,
       Span<const Tensor> row_indices)
      : o_(optimizer),
        state_(*optimizer.state_),
        options_(state_.options),
        c_(optimizer.context_),
        variables_(variables),
        rows_(grads.size()) {
    gradients_.reserve(grads.size());
    for (const Tensor& g : grads) gradients_.push_back(g ? untracked(g) : Tensor());
    for (size_t i = 0; i < row_indices.size(); i++) rows_[i] = row_indices[i];
  }

  void run() {
    state_.check(o_.name_.c_str());
    const int64_t steps = o_.steps_now();
    kind_ = state_.kind(0, steps);
    step_ = steps;
    unscale();
    o_.tell_step();
    if (!look()) return count(false);
    prepare_overwrites();
    if (kind_ == StepState::kAccumulate)
      prepare_sums();
    else
      prepare_updates();
    reserve();
    Uncancellable all_or_nothing(c_);
    Undo undo(c_);
    keep_all(undo);
    for (Overwrite& w : overwrites_) commit(w);
    for (Sum& s : sums_) commit(s);
    for (Update& u : updates_) commit(u);
    if (flag_ && state_.finite) state_.finite->put(flag_);
    undo.forget();
    o_.count_call(!flag_ || flag_.data<bool>()[0]);
  }

 private:
  // All that changes.
  void keep_all(Undo& undo) {
    const auto keep = [&](const VariableRef& v) {
      if (v) undo.keep(*v);
    };
    for (Overwrite& w : overwrites_) {
      undo.keep(*w.variable);
      keep(w.entry->sum);
    }
    for (Sum& s : sums_) keep(s.sum);
    for (Update& u : updates_) {
      undo.keep(*u.variable);
      for (size_t k = 1; k < u.count; k++) keep(u.entry->slots[k - 1]);
      for (const VariableRef* v : {&u.entry->sum, &u.entry->average, &u.entry->slow}) keep(*v);
    }
    if (flag_) keep(state_.finite);
  }

  // An accumulator that takes a gradient.
  struct Sum {
    VariableRef sum;
    Tensor gradient, rows, out;
    bool in_place;
  };
  // A variable that becomes its gradient, with accumulation the largest of them so far.
  struct Overwrite {
    Variable* variable;
    Entry* entry;
    Tensor value, largest;  // null: stays
  };
  struct Update {
    Variable* variable;
    Entry* entry;
    size_t count;           // 1 + slots
    Tensor gradient, rows;  // null gradient: only the average moves
    const Tensor* scalars;
    Tensor keep, momentum;         // null: no decay, no average
    const Constraint* constraint;  // null: none
    bool in_place;
    Tensor out[1 + kMostSlots], slow, average, sum;  // sum: what the accumulator becomes
  };
  void unscale() {
    const Tensor scale = state_.loss_scale(c_);
    if (!scale) return;
    Tensor of_dtype[2];
    for (size_t i = 0; i < gradients_.size(); i++) {
      Tensor& g = gradients_[i];
      if (!g || entry(i).overwritten) continue;
      Tensor& own = of_dtype[g.dtype() == DType::kF64];
      if (!own) own = g.dtype() == DType::kF64 ? scale : cast(scale, g.dtype());
      g = div(g, own);
    }
  }

  // False where the call must change nothing.
  bool look() {
    if (options_.skips()) {
      flag_ = all_finite(c_, gradients_);
      if (c_.observed()) return true;
      const bool finite = flag_.data<bool>()[0];
      flag_ = Tensor();
      return finite;
    }
    if (options_.non_finite != NonFiniteGradients::kError) return true;
    for (size_t i = 0; i < gradients_.size(); i++)
      if (gradients_[i]) check(i);
    return true;
  }

  // Throws the same in this call and, where it is recorded, in its replays.
  void check(size_t i) {
    const std::string& name = variables_[i]->name();
    const auto words = [&] {
      return Words{
          Code::kNonFinite, Words::Keep::kAll,
          concat("[", o_.name_, "] the gradient of ",
                 name.empty() ? concat("variables[", i, "]") : concat("'", name, "'"), " must be finite: ")};
    };
    gradients_[i] = in_words(c_, words, [&] { return check_finite(gradients_[i]); });
  }

  void count(bool finite) {
    state_.make_room();
    o_.make_room_for_count();
    o_.count_call(finite);
  }

  Entry& entry(size_t i) { return o_.entries_[o_.entry_of(*variables_[i], i)]; }

  // These gradients go no further.
  void prepare_overwrites() {
    for (size_t i = 0; i < gradients_.size(); i++) {
      Entry& of = entry(i);
      const Tensor g = gradients_[i];
      if (!of.overwritten || !g) continue;
      gradients_[i] = Tensor();
      Overwrite w{variables_[i], &of, {}, {}};
      const Tensor held = untracked(w.variable->peek());
      if (!options_.accumulates()) {
        w.value = chosen(flag_, identity(g), held);
      } else {
        const Tensor before = untracked(of.sum->peek()), now = maximum(before, g);
        const bool done = kind_ != StepState::kAccumulate;
        if (done) w.value = chosen(flag_, now, held);
        w.largest = chosen(flag_, done ? full(c_, IntList(g.shape()), 0, g.dtype()) : now, before);
      }
      overwrites_.push_back(std::move(w));
    }
  }

  static void commit(Overwrite& w) {
    if (w.value) w.variable->put(std::move(w.value));
    if (w.largest) w.entry->sum->put(std::move(w.largest));
  }

  // What the accumulator of variable i and its gradient of this call, which may be null, are together.
  Tensor total(size_t i) {
    const Tensor held = untracked(entry(i).sum->peek());
    const Tensor &g = gradients_[i], &rows = rows_[i];
    if (!g) return held;
    return rows ? with_rows(held, rows, add(rows_of(held, rows), g), false) : add(held, g);
  }

  void prepare_sums() {
    for (size_t i = 0; i < gradients_.size(); i++) {
      if (!gradients_[i]) continue;
      Sum s{entry(i).sum, gradients_[i], rows_[i], {}, false};
      const Tensor& held = s.sum->peek();
      s.in_place = !flag_ && !c_.observed() && alone(held);
      if (s.rows && s.in_place)
        s.gradient = add(rows_of(untracked(held), s.rows), s.gradient);
      else if (!s.in_place)
        s.out = chosen(flag_, total(i), untracked(held));
      sums_.push_back(std::move(s));
    }
  }

  static void commit(Sum& s) {
    if (s.in_place) {
      Tensor held = s.sum->take();
      s.out =
          s.rows ? with_rows(held, s.rows, s.gradient, true) : into(OpId::kAdd, std::move(held), s.gradient);
    }
    s.sum->put(std::move(s.out));
  }

  // The mean over the calls of this step in the place of each gradient.
  void take_means() {
    for (size_t i = 0; i < gradients_.size(); i++) {
      if (entry(i).overwritten) continue;
      Tensor sum = total(i);
      gradients_[i] =
          into(OpId::kDiv, std::move(sum),
               number_like(sum_like(i), static_cast<double>(options_.gradient_accumulation_steps)));
      rows_[i] = Tensor();
    }
  }
  const Tensor& sum_like(size_t i) { return entry(i).sum->value(); }

  void clip() {
    if (options_.global_clip_norm > 0) {
      const NonFinite how =
          options_.non_finite == NonFiniteGradients::kError ? NonFinite::kError : NonFinite::kPropagate;
      gradients_ = clip_by_global_norm(c_, gradients_, options_.global_clip_norm, how).gradients;
      return;
    }
    for (size_t i = 0; i < gradients_.size(); i++) {
      Tensor& g = gradients_[i];
      if (!g) continue;
      const StepOptions options = o_.options_for(*entry(i).rule);
      if (options.clip_norm > 0) g = clip_by_norm(g, options.clip_norm);
      if (options.adaptive_clip_factor > 0)
        g = clip_adaptive(g, untracked(variables_[i]->peek()), options.adaptive_clip_factor,
                          options.adaptive_clip_epsilon);
      if (options.clip_value > 0) g = tl::clip(g, -options.clip_value, options.clip_value);
    }
  }

  void prepare_updates() {
    StepNumbers& numbers = numbers_.emplace(o_, step_);
    if (options_.accumulates()) take_means();
    clip();
    o_.for_each_rule_in_order(gradients_.size(), [&](size_t i, bool callbacks) {
      if (!gradients_[i] && !options_.use_ema && !looks_ahead()) return;
      Variable& v = *variables_[i];
      Update u{};
      u.variable = &v;
      u.entry = &entry(i);
      if (u.entry->overwritten) return;
      if (u.entry->rule->runs_callbacks() != callbacks) return;
      u.count = 1 + u.entry->num_slots;
      u.gradient = gradients_[i];
      u.rows = rows_[i];
      const Optimizer& rule = *u.entry->rule;
      const StepOptions options = o_.options_for(rule);
      const bool decays = !o_.is_excluded_from_decay(rule, v);
      const Tensor* all = numbers.of(rule, v);
      u.scalars = numbers.of(rule, v, decays);
      int next = numbers.scalar_count(rule);
      if (options.decays_weights()) {
        if (decays) u.keep = all[next];
        next++;
      }
      if (options.decays_gradients() && decays && u.gradient) {
        const Tensor w = untracked(v.peek());
        u.gradient = add(u.gradient, mul_scalar(u.rows ? rows_of(w, u.rows) : w, options.weight_decay));
      }
      if (options_.use_ema) u.momentum = all[next];
      if (u.gradient) u.constraint = o_.constraint_of(rule, v);
      prepare(u);
      updates_.push_back(std::move(u));
    });
  }

  // What can fail of an update: new values that cannot be written into the old ones' memory.
  void prepare(Update& u) {
    const Tensor* held[1 + kMostSlots] = {&u.variable->peek()};
    for (size_t k = 1; k < u.count; k++) held[k] = &u.entry->slots[k - 1]->peek();
    u.in_place = !flag_ && !c_.observed() && (u.rows || u.entry->rule->runs_in_place());
    for (size_t k = 0; k < u.count; k++) u.in_place &= alone(*held[k]);
    if (u.momentum) u.in_place &= alone(u.entry->average->peek());
    if (looks_ahead()) u.in_place &= alone(u.entry->slow->peek());
    if (u.constraint) u.in_place &= u.constraint->works_in_place() && !overwrites() && !looks_ahead();
    if (u.gradient && (u.rows || !u.in_place)) {
      auto part = [&](size_t k) {
        return u.rows ? rows_of(untracked(*held[k]), u.rows) : untracked(*held[k]);
      };
      Tensor values[1 + kMostSlots];
      for (size_t k = 0; k < u.count; k++) values[k] = part(k);
      if (u.keep) values[0] = mul(values[0], u.keep);
      u.entry->rule->run(values, u.gradient, u.scalars, static_cast<bool>(u.rows), u.out);
      for (size_t k = 0; k < u.count && flag_; k++) u.out[k] = select(flag_, u.out[k], part(k));
      for (size_t k = 0; k < u.count && u.rows && !u.in_place; k++)
        u.out[k] = with_rows(untracked(*held[k]), u.rows, u.out[k], false);
    }
    if (options_.accumulates()) {
      const Tensor& sum = u.entry->sum->peek();
      u.sum = chosen(flag_, full(c_, IntList(sum.shape()), 0, sum.dtype()), untracked(sum));
    }
    if (u.in_place) return;
    if (looks_ahead()) {
      const Tensor before = untracked(u.entry->slow->peek());
      const Tensor after =
          looked_ahead(u.gradient ? u.out[0] : untracked(*held[0]), before, options_.lookahead_alpha);
      u.slow = chosen(flag_, after, before);
      u.out[0] = chosen(flag_, after, untracked(*held[0]));
    }
    if (u.momentum) {
      const Tensor before = untracked(u.entry->average->peek()),
                   w = u.out[0] ? u.out[0] : untracked(*held[0]);
      const Tensor after = moved_average(Tensor(before), w, u.momentum);
      u.average = chosen(flag_, after, before);
      if (overwrites()) u.out[0] = chosen(flag_, after, untracked(*held[0]));
    }
    if (u.constraint)
      u.out[0] = chosen(flag_, projected(std::move(u.out[0]), *u.constraint), untracked(*held[0]));
  }

  // The rest of it, which cannot fail.
  void commit(Update& u) {
    if (u.in_place) {
      Tensor values[1 + kMostSlots];
      values[0] = u.variable->take();
      for (size_t k = 1; k < u.count; k++) values[k] = u.entry->slots[k - 1]->take();
      try {
        if (!u.gradient) {
          for (size_t k = 0; k < u.count; k++) u.out[k] = std::move(values[k]);
        } else if (u.rows) {
          for (size_t k = 0; k < u.count; k++) u.out[k] = with_rows(values[k], u.rows, u.out[k], true);
        } else {
          if (u.keep) values[0] = into(OpId::kMul, std::move(values[0]), u.keep);
          u.entry->rule->run(values, u.gradient, u.scalars, true, u.out);
        }
      } catch (...) {
        u.variable->put(std::move(values[0]));
        for (size_t k = 1; k < u.count; k++) u.entry->slots[k - 1]->put(std::move(values[k]));
        throw;
      }
      for (Tensor& v : values) v = Tensor();  // what follows may write into their memory
      if (looks_ahead())
        u.slow = u.out[0] =
            looked_ahead(std::move(u.out[0]), u.entry->slow->take(), options_.lookahead_alpha);
      if (u.momentum) {
        u.average = moved_average(u.entry->average->take(), u.out[0], u.momentum);
        if (overwrites()) u.out[0] = u.average;
      }
      if (u.constraint) u.out[0] = projected(std::move(u.out[0]), *u.constraint);
    }
    for (size_t k = 0; k < u.count; k++) {
      if (!u.out[k]) continue;
      if (k == 0)
        u.variable->put(std::move(u.out[0]));
      else
        u.entry->slots[k - 1]->put(std::move(u.out[k]));
    }
    if (u.slow) u.entry->slow->put(std::move(u.slow));
    if (u.average) u.entry->average->put(std::move(u.average));
    if (u.sum) u.entry->sum->put(std::move(u.sum));
  }

  bool overwrites() const { return (kind_ & StepState::kOverwrite) != 0; }
  bool looks_ahead() const { return (kind_ & StepState::kLookAhead) != 0; }

  // What ops in place still take: the threads, and nodes for what they make; and room for the counts.
  void reserve() {
    c_.pool();
    Tensor nodes[2 * (1 + kMostSlots) + 4];
    for (Tensor& node : nodes) node = c_.make_shell(DType::kF32, Shape{}, c_.new_id());
    state_.make_room();
    o_.make_room_for_count();
  }

  Optimizer& o_;
  StepState& state_;
  const StepOptions& options_;
  Context& c_;
  Span<Variable* const> variables_;
  std::vector<Tensor> gradients_, rows_;
  int kind_ = StepState::kUpdate;
  int64_t step_ = 0;
  Tensor flag_;  // null: nothing is chosen by what gradients hold
  std::optional<StepNumbers> numbers_;
  std::vector<Overwrite> overwrites_;
  std::vector<Sum> sums_;
  std::vector<Update> updates_;
};

// Accumulators begin at zero, averages and slow weights at the weights, with which they share the memory until one of them changes.
void Optimizer::make_option_slots(Entry& entry, Variable& v) const {
  const std::string prefix = concat(name_, "/", entry.name, "/");
  if (entry.overwritten) {
    if (state_->options.accumulates())
      entry.sum = VariableRef::make(full(context_, IntList(v.shape()), 0, v.dtype()),
                                    prefix + "gradient_maximum", false);
    return;
  }
  if (state_->options.accumulates())
    entry.sum =
        VariableRef::make(full(context_, IntList(v.shape()), 0, v.dtype()), prefix + "gradient_sum", false);
  if (state_->options.use_ema)
    entry.average = VariableRef::make(untracked(v.peek()).view(v.shape()), prefix + "average", false);
  if (state_->options.looks_ahead())
    entry.slow = VariableRef::make(untracked(v.peek()).view(v.shape()), prefix + "slow", false);
}

void Optimizer::step_with_options(Span<const Tensor> grads, Span<Variable* const> variables,
                                  Span<const Tensor> row_indices) {
  Call(*this, grads, variables, row_indices).run();
}

// The numbers of scalars() of a rule, then those of the options: 1 - rate weight_decay, and the momentum of averages.
int Optimizer::all_numbers(const Optimizer& rule, int64_t step, double rate, double* out) const {
  int count = rule.scalars(step, rate, out);
  if (!state_) return count;
  const StepOptions options = options_for(rule);
  if (options.decays_weights()) out[count++] = 1 - rate * options.weight_decay;
  if (state_->options.use_ema) out[count++] = step == 1 ? 0 : state_->options.ema_momentum;
  return count;
}

void Optimizer::count_call(bool finite) noexcept {
  if (!state_->advance(finite)) return;
  count_steps(1);
}

}  // namespace tl::optim
