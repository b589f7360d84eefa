// Optimizer: turns gradients into new values of variables. What all optimizers share stands here: checks, slots, the
// count of steps, the learning rate, and the promise that a call that fails has changed nothing. The arithmetic of one
// step is in a file for each of them.
//
// It knows no tape and no layer: gradients are tensors, wherever they come from, and null stands for "none".
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/function_ref.h"
#include "core/base/span.h"
#include "core/optim/schedule.h"
#include "core/optim/step_state.h"
#include "core/tensor/host_numbers.h"
#include "core/tensor/variable.h"

namespace tl::optim {

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  // One step: variables[i] takes its gradient grads[i], which has its shape and dtype, or is null. A variable without a
  // gradient stays as it is, and a warning names it, once. Throws kInvalidArgument, before anything changes, for lists of
  // different lengths, an empty list, no gradient at all, a variable that stands twice, one that is not floating point, a
  // gradient of another shape, dtype or context, a step count or learning rate that makes no sense (both are variables,
  // which may be assigned), and a rate beyond the range of a variable's dtype. A failure of any kind (out of memory too)
  // leaves all variables, slots and the step count as they were.
  //
  // Slots of a variable are made the first time it is seen, and go with the variable. The update runs in the memory of
  // the variable when nobody else holds its value. Tapes do not record it.
  //
  // row_indices: empty, or one for each variable. Where it is not null, grads[i] are rows of the gradient, in the form of
  // row_update.h, and the update concerns these rows of the variable and its slots alone, in time proportional to them. For
  // SGD without momentum that is the dense update to the bit. With momentum and with Adam it is the lazy one: the velocity and
  // the moments of the other rows do not decay, and those rows do not move (Keras's momentum, TensorFlow's LazyAdam and
  // PyTorch's SparseAdam do the same; Keras's Adam decays all rows: give it the dense gradient for that). AdamW decays only
  // the weights of these rows. The step count, and with it the bias correction, is that of the optimizer. An optimizer whose
  // update of a row needs the other rows refuses them; each header says what its optimizer does.
  void apply(Span<const Tensor> grads, Span<Variable* const> variables, Span<const Tensor> row_indices = {});

  // Throws as apply() does for variables that cannot be stepped together.
  void check_variables(Span<Variable* const> variables) const;

  // Makes the slots of variables ahead of the first step, as loading a checkpoint needs it.
  void build(Span<Variable* const> variables);

  // The rate of the next step: any finite number from 0 on. The host looks at it, as at the count of steps: a step that is
  // being recorded must not.
  double learning_rate() const;
  // Throws kFailedPrecondition while there is a schedule.
  void set_learning_rate(double rate);
  // From now on the rate of each step is that of the schedule at the count of steps done before it, and the variable
  // "<name>/learning_rate" rests; null: the variable counts again. Throws kInvalidArgument for a schedule with variables of
  // another context.
  void set_schedule(SchedulePtr schedule);
  // Whether the schedule of it or of one of its groups is that schedule, or made of it.
  bool follows(const Schedule& schedule) const;
  // Steps done so far.
  int64_t iterations() const;

  // ---- groups, in groups.cpp ----

  // From now on these variables step as those of `group` would: by its formula, slots, rate and schedule, in the steps of this
  // optimizer, which counts them. `group` is an optimizer of any kind, such as the same one with another rate or weight decay,
  // or Muon for matrices beside AdamW; its rate and schedule can be set as before. Above 0, rate_multiplier makes its rate that
  // of this optimizer times the multiplier. Of the step options a group may have its own clip_value, clip_norm and weight
  // decay, configured before; one that has not been configured takes those of this optimizer, all others do anyway. The scalar
  // numbers of each group are inputs of a recorded step. Throws kFailedPrecondition once one of both has been used or is in a
  // group; kInvalidArgument for a variable that is in a group already, for options that steps have in common, and where only
  // one of both keeps averages of its own. Not for a step that is recorded.
  void add_group(std::shared_ptr<Optimizer> group, Span<Variable* const> variables,
                 double rate_multiplier = 0);

  // ---- a share of the state, where several train together, in shares.cpp ----

  // What others have: gets a tensor for each of a list and the number of its owner, who has given its own, and gives what the owners
  // have given. May throw; then nothing has changed.
  using Exchange = FunctionRef<std::vector<Tensor>(Span<const Tensor> values, Span<const int> owners)>;
  // From now on the slots of each variable are its owner's alone, a number for each, of which `mine` is this one's (ZeRO stage 1; Rajbhandari et
  // al. 2020): those of the others go. These must be all variables that have slots, and each step must be one of apply_share().
  // Throws kUnsupported for an optimizer with step options or groups, for one that keeps averages or steps in another way, and
  // kFailedPrecondition where it is shared out already.
  void share_out(Span<Variable* const> variables, Span<const int> owners, int mine);
  bool is_shared_out() const { return !owner_of_.empty(); }
  int own_share() const { return mine_; }  // where it is shared out
  // As apply(), of variables that are all in the list of share_out(): makes the new values of its own, exchanges them for those of the
  // others, and sets all. The same gradients everywhere give the bits of apply().
  void apply_share(Span<const Tensor> grads, Span<Variable* const> variables, Exchange exchange);
  // All slots are here again, as after share_out() was not: for a checkpoint. Of all variables of the optimizer.
  void gather_shares(Span<Variable* const> variables, Exchange exchange);

  // ---- step options (step_options.h), in configure.cpp and step_with_options.cpp ----

  // Sets the options of all steps. Throws kFailedPrecondition after the first step or build, and kInvalidArgument for options that
  // make no sense, or a weight decay where the optimizer has its own. Not for a step that is recorded.
  void configure(const StepOptions& options);
  // Variables whose weights do not decay, neither by an option nor by AdamW; more of them with each call. As configure().
  void exclude_from_weight_decay(Span<Variable* const> variables);
  // From now on a step sets these variables to their gradients, as they are: not divided by a loss scale, not clipped, without weight
  // decay, update, averages, Lookahead and constraint, which are for the others; they have no slots. What an op's gradient rule hands on
  // as state comes through like that: scales and histories of largest values in training with float8 (Micikevicius et al. 2022), as
  // Keras's overwrite_with_gradient. With accumulation they become the largest of the gradients of a step's calls, element by element,
  // and of 0, again as in Keras; a call without a gradient counts for nothing, and a step whose last call has none leaves them. Whether
  // gradients are finite is asked of theirs, too, and a step that is skipped leaves them. Gradients of rows are refused. As configure().
  void overwrite_with_gradient(Span<Variable* const> variables);
  // From now on each step of these variables ends with a projection (constraint.h): of each element to [min, max], which may be
  // infinite, or of each norm over `axes` (empty: the first, as in Keras; of a kernel (in, out) the norms of what reaches each unit)
  // to [min, max], rate of the way. Last of all, behind averages and their overwriting, as in Keras; of a variable without a gradient
  // not; of one with a gradient of rows as a whole. A variable may have one constraint. As configure(); kInvalidArgument for numbers
  // and axes that make no sense, too, and where weights follow from averages of the optimizer's own.
  void constrain_range(double min, double max, Span<Variable* const> variables);
  void constrain_norm(double min, double max, double rate, const IntList& axes,
                      Span<Variable* const> variables);
  // The loss times the scale that apply() divides by; tapes record it. The scale is that of now.
  Tensor scale_loss(const Tensor& loss) const;
  double loss_scale() const;      // 1 where there is none
  int64_t skipped_steps() const;  // calls that changed nothing because a gradient was not finite
  // Exchanges weights and averages (use_ema, or schedule_free.h) of all variables, for an evaluation; the next call exchanges them back. While averages
  // stand in for weights, apply() is kFailedPrecondition. Throws kInvalidArgument unless all variables of the optimizer are given.
  void swap_averages(Span<Variable* const> variables);
  bool averages_in_use() const;

  // All state, in a fixed order: "<name>/iterations" (i64), "<name>/learning_rate" (f64), what the schedule remembers, the same of
  // each group with a rate of its own ("<name>/<group>/learning_rate"; groups of one name as variables of one name), what step
  // options count ("<name>/accumulated_steps", "skipped_steps", "good_steps", "averages_in_use", i64, and "loss_scale", f64), then the
  // slots, "<name>/<variable>/<slot>", of each live variable in the order of first sight, with "gradient_sum" (or "gradient_maximum"), "average"
  // and "slow" where options need them; of variables of one name the second is called "<variable>_1", the next "<variable>_2" and so on. None is trainable.
  std::vector<VariableRef> variables() const;
  // The slots of one variable, empty when it was not seen yet.
  std::vector<VariableRef> slots(const Variable& variable) const;
  const std::string& name() const { return name_; }
  Context& context() const { return context_; }

 protected:
  static constexpr int kMostSlots = 8;
  static constexpr int kMostScalars = 4;
  static constexpr int kMostNumbers = kMostScalars + 2;  // with those of step options

  // State that goes with a variable, and what it is before the first step.
  struct Slot {
    const char* name;
    Tensor first;  // of any shape; a row of it for each row of the variable where gradients of rows are taken
  };

  Optimizer(Context& context, std::string name, double learning_rate);

  // The slots of a variable, at most kMostSlots; which there are may depend on its shape.
  virtual std::vector<Slot> first_slots(const Variable& variable) const = 0;
  // Slots of the shape and dtype of the variable that hold one number.
  static std::vector<Slot> slots_like(const Variable& variable, std::initializer_list<const char*> names,
                                      double value = 0.0);
  // Why gradients of rows of this variable are not taken: half a sentence, for the error. Null: they are.
  virtual const char* against_rows(const Variable& /*variable*/) const { return nullptr; }

  // The numbers of step `step` (from 1 on), the same for all variables; they reach run() as tensors of rank 0. The number
  // of them is returned.
  virtual int scalars(int64_t step, double rate, double* out) const = 0;
  // The update of one variable. values: w, then its slots; out: their new values, of the same order. With `donate` the
  // ops may write into the memory of `values`.
  virtual void run(const Tensor* values, const Tensor& gradient, const Tensor* scalars, bool donate,
                   Tensor* out) const = 0;
  // Which of the scalars is the share of the weights that decays, when the optimizer has a weight decay of its own; else -1.
  virtual int decay_scalar() const { return -1; }
  // Which slot is an average of the weights, when the optimizer has one of its own; else -1.
  virtual int average_slot() const { return -1; }
  // Makes room for the note that averages are swapped in: for the constructor of such an optimizer.
  void note_averages();
  // True when run() with `donate` allocates no memory for values that nobody else holds.
  virtual bool runs_in_place() const = 0;
  // True when run() calls functions of the program's, which may read, keep and release whatever they reach.
  virtual bool runs_callbacks() const { return false; }
  // Why step options and groups are not for this optimizer: half a sentence, for the error. Null: they are.
  virtual const char* against_options() const { return nullptr; }

  // For optimizers that make their steps in another way than apply() does.
  class Stepping;  // stepping.h
  void check_not_stepping(const char* op) const;
  void make_room_for_count() { iterations_.make_room(); }
  void count_steps(int64_t steps) noexcept;
  // Throws kFailedPrecondition once there are slots or steps: `what` must be done before.
  void check_unused(const char* op, const char* what) const;

 private:
  struct Entry {
    const Optimizer* rule;  // whose formula it follows: this optimizer or a group
    uint64_t variable;
    std::weak_ptr<const void> life;  // of the variable
    std::string name;                // of the variable in the names of its slots
    std::array<VariableRef, kMostSlots> slots;
    size_t num_slots = 0;
    VariableRef sum, average,
        slow;                  // where step options want them; sum: the largest, of one that is overwritten
    bool overwritten = false;  // by its gradient
    bool elsewhere = false;    // another one has its slots
    bool warned = false;
  };
  struct Update;
  class Numbers;
  class StepNumbers;
  class Call;

  void check_gradients(Span<const Tensor> grads, Span<Variable* const> variables,
                       Span<const Tensor> row_indices) const;
  void check_state() const;
  void check_numbers(const double* numbers, int count, double rate, DType dtype,
                     const Variable* variable) const;
  double rate_of(int64_t step) const;
  int64_t steps_now() const { return iterations_.get<int64_t>(); }
  void forget_dead_variables();
  void make_slots(Span<Variable* const> variables);
  void forget_slots_from(size_t count);
  size_t entry_of(const Variable& variable, size_t guess) const;
  void apply_with(const char* op, Span<const Tensor> grads, Span<Variable* const> variables,
                  Span<const Tensor> row_indices, const Exchange* exchange);
  void step(Span<const Tensor> grads, Span<Variable* const> variables, Span<const Tensor> row_indices,
            const Exchange* exchange);
  std::vector<Tensor> others_values(const std::vector<Update>& updates, Span<const Tensor> grads,
                                    Span<Variable* const> variables, const Exchange& exchange) const;
  void check_shares(const char* op, Span<Variable* const> variables) const;
  void step_with_options(Span<const Tensor> grads, Span<Variable* const> variables,
                         Span<const Tensor> row_indices);
  int all_numbers(const Optimizer& rule, int64_t step, double rate, double* out) const;
  const Optimizer& rule_of(const Variable& variable) const;
  StepOptions options_for(const Optimizer& rule) const;
  bool is_excluded_from_decay(const Optimizer& rule, const Variable& variable) const;
  bool is_overwritten(const Optimizer& rule, const Variable& variable) const;
  const Constraint* constraint_of(const Optimizer& rule, const Variable& variable) const;
  void constrain(Span<Variable* const> variables, const std::vector<Constraint>& constraints);
  void check_group(const Optimizer* group, Span<Variable* const> variables, double rate_multiplier) const;
  void check_takes_options(const char* what) const;
  void check_steps_itself(const char* op) const;
  void check_own_rate() const;
  void tell_step() const;
  void make_option_slots(Entry& entry, Variable& variable) const;
  void count_call(bool finite) noexcept;
  bool has_callbacks() const;
  // f(position, callbacks) for each position, first for the updates that run callbacks: before it is decided whose memory
  // the others may write into.
  template <class F>
  void for_each_rule_in_order(size_t count, F&& f) const {
    for (size_t i = 0; i < count && stepping_; i++) f(i, true);
    for (size_t i = 0; i < count; i++) f(i, false);
  }
  void prepare(Update& update) const;
  void commit(Update& update) const;
  void warn_of_missing(Span<const Tensor> grads, Span<Variable* const> variables);

  Context& context_;
  std::string name_;
  HostCell iterations_;
  VariableRef learning_rate_;
  SchedulePtr schedule_;                         // null: the variable's rate
  std::vector<VariableRef> schedule_variables_;  // what it remembers
  std::vector<std::shared_ptr<Optimizer>> groups_;
  std::unordered_map<uint64_t, Optimizer*> group_of_;  // by the id of a variable
  Optimizer* owner_ = nullptr;                         // whose group it is
  std::weak_ptr<HostNumbers> owner_life_;
  std::string owner_name_;
  size_t place_ = 0;                  // among the owner's groups
  double rate_multiplier_ = 0;        // 0: a rate of its own
  std::unique_ptr<StepState> state_;  // null: no option is used
  bool is_configured_ = false;        // its own options count where it is a group
  bool stepping_ = false;             // a step that runs callbacks is going on
  std::vector<Entry> entries_;        // in the order of first sight
  std::unordered_map<uint64_t, size_t> entry_of_variable_;
  std::unordered_map<uint64_t, int> owner_of_;  // by the id of a variable; empty: all slots are here
  int mine_ = 0;                                // of the owners
  std::shared_ptr<HostNumbers>
      numbers_;  // shared, so that who remembers it can tell when the optimizer is gone
};

}  // namespace tl::optim
