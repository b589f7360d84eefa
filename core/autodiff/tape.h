// Tape: records the ops of one context while it is open, and differentiates what it recorded.
//
// Terms. A tensor is *tracked* when it is watched or was computed from a tracked tensor while the tape recorded. A
// *source* is what one differentiates with respect to, a *target* what is differentiated. Trainable variables are
// watched when they are read; tensors by watch().
//
// The tape knows ids, not addresses, and of the ops only gather by name (its gradient may stay rows): the arithmetic of a gradient is the rule that the op table
// names, and a rule runs through apply() like any op. So an outer tape records it, and gradients of any order need
// nothing special (TensorFlow's eager tape works in the same way).
//
// What the tape does not do: it runs no kernel, and it saves nothing for an op without tracked operands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/autodiff/event_log.h"
#include "core/autodiff/id_map.h"
#include "core/autodiff/reason.h"
#include "core/autodiff/rule.h"
#include "core/base/function_ref.h"
#include "core/base/span.h"
#include "core/ops/schema.h"
#include "core/tensor/recorder.h"
#include "core/tensor/variable.h"

namespace tl {

struct TapeOptions {
  bool persistent = false;      // gradient() may be called any number of times
  bool watch_variables = true;  // trainable variables are watched when they are read
  bool explain = false;  // remembers of every op of the context, recorded or not, what was made of what
};

enum class Unconnected : int32_t {
  kNone = 0,   // a null tensor
  kZero = 1,   // zeros of the source's shape
  kError = 2,  // an error that names the source
};

// What a gradient is taken with respect to: a tensor or a variable.
struct GradientSource {
  Tensor tensor;
  Variable* variable = nullptr;  // then `tensor` is not used

  uint64_t id() const { return variable ? variable->id() : tensor.id(); }
  const Shape& shape() const { return variable ? variable->shape() : tensor.shape(); }
  DType dtype() const { return variable ? variable->dtype() : tensor.dtype(); }
};

class Provenance;

class Tape final : public Recorder {
 public:
  // The tape records from its construction on.
  Tape(Context& context, const TapeOptions& options);
  ~Tape() override;
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  // Tracks a floating-point tensor from now on: ops that ran before are not on the tape.
  void watch(const Tensor& tensor);
  // Tracks a variable, trainable or not, at its next read.
  void watch(Variable& variable);

  void pause();   // recording stops until resume()
  void resume();  // after pause() or end(): goes on with the same records
  void end();     // leaves the tape's block; what was recorded stays
  void reset();   // forgets all records and watches, and goes on recording

  // The gradients of the sum of all targets with respect to each source. output_gradients: empty, or one per target
  // (null: ones), of the target's shape and dtype. A tape that is not persistent is consumed: its records are freed.
  // reasons: empty, or one for each source, which gets kConnected or why there is no gradient.
  // Where an outer tape records, the computation of the gradient is recorded there.
  // row_indices: empty, or one for each source, which gets null, or the indices of the rows that its gradient then consists
  // of (row_gradient.h). That is so where the targets depend on the source through gathers along its first axis alone, and
  // it is not itself computed from a source; with any other use the gradient is dense, the rows added last.
  std::vector<Tensor> gradient(Span<const Tensor> targets, Span<const GradientSource> sources,
                               Span<const Tensor> output_gradients = {},
                               Unconnected unconnected = Unconnected::kNone, Span<Reason> reasons = {},
                               Span<Tensor> row_indices = {});

  // The gradients of one target for many output gradients at once, `rows` of them: output_gradients(first, count) gives some,
  // one for each of the rows first, first + 1, ..., along a new axis in front, and so does the result. As many are taken in one
  // walk as keep its gradients within memory_budget bytes by estimate. The tape is consumed by all of them together.
  std::vector<Tensor> gradients_of_rows(const Tensor& target, Span<const GradientSource> sources,
                                        int64_t rows,
                                        FunctionRef<Tensor(int64_t first, int64_t count)> output_gradients,
                                        size_t memory_budget, Unconnected unconnected, Span<Reason> reasons);
  // An estimate of the bytes that the gradients of one walk take.
  size_t bytes_of_walk(const Tensor& target, Span<const GradientSource> sources) const;

  // Whether a gradient passes from the source to the target, and where the path breaks if not. Of a consumed tape that does
  // not explain only what its gradient call found: the sources and targets of that call.
  Finding explain(const Tensor& target, const GradientSource& source) const;

  // What is on the tape as a graph in Graphviz's DOT: a box for each record, blue boxes for variables, ellipses for other tensors
  // that no record has made; what is not differentiated is dashed. A consumed tape has no records.
  std::string dot() const;

  bool recording() const { return state_ == State::kRecording; }
  bool consumed() const { return state_ == State::kConsumed; }
  bool persistent() const { return options_.persistent; }
  bool explains() const { return options_.explain; }
  Context& context() const { return context_; }
  // In the order in which they were first read or watched; kept after the gradient call of a consumed tape.
  const std::vector<VariableRef>& watched_variables() const { return variables_; }
  // What the tape saved, by op, most bytes first. A buffer that several ops saved counts once, for the first of them.
  struct Saved {
    const char* op;  // valid while it stands on the tape
    size_t calls, bytes;
  };
  std::vector<Saved> saved_by_op() const;
  size_t saved_bytes() const;  // of all ops
  size_t recorded_ops() const { return entries_.size(); }
  // Ops that recomputed segments have run again in this tape's gradient calls.
  uint64_t recomputed_ops() const { return recomputed_ops_; }

  uint64_t bits() const override { return bit_; }
  bool follows(const Tensor& tensor) const override { return find(tensor) >= 0; }
  bool follows(const Variable& variable) const override { return variable_index_.find(variable.id()) >= 0; }
  void on_op(const OpCall& call) override;
  void on_rule(const RuleCall& call) override;
  void on_read(Variable& variable, const Tensor& value) override;
  void on_assign(Variable& variable, const Tensor& assigned, const Tensor& value) override;

 private:
  class Witness;
  class Recording;
  enum class State { kRecording, kPaused, kEnded, kConsumed };

  // One recorded op or rule. Its tensors stand in tensors_ and locals_ from `first` on: inputs, then outputs.
  struct Entry {
    const OpSchema* schema;  // null: a rule
    uint32_t first;
    uint32_t num_inputs;
    uint32_t num_outputs;
    uint32_t attrs;  // offset in attrs_, in units of 8 bytes; of a rule its index in rules_
  };
  // One value of a watched variable that was read: its index among the tracked tensors, and its id.
  struct VariableRead {
    uint64_t variable;
    int32_t local;
    uint64_t value;
  };
  struct Watch {
    uint64_t id;  // of the tensor
    uint64_t at;  // the id that the next tensor got
  };
  // What a gradient call found of a source that is not connected: the source's and the targets' ids.
  struct Missing {
    uint64_t source;
    std::vector<uint64_t> targets;
    Finding finding;
  };
  struct Walk;  // of one gradient call (gradient.cpp)
  class Walking;
  class Unconsumed;

  int32_t find(const Tensor& tensor) const;
  int32_t find(uint64_t id) const { return locals_of_id_.find(id); }
  int32_t track(const Tensor& tensor);
  const char* name_of(const Entry& entry) const;
  bool any_tracked(Span<const Tensor* const> in) const;
  std::vector<char> tracked_among(Span<const Tensor* const> in) const;
  void save(const Tensor& tensor, bool with_data, int32_t local);
  void note_cut(Reason cut, const char* name, Span<const Tensor* const> in, Span<const Tensor> out);
  int32_t remember(Variable& variable);
  void start_recording();
  void stop_recording(TapeWindow window);
  void forget_records();
  // explain.cpp
  Provenance history() const;
  std::vector<uint64_t> values_of(const GradientSource& source) const;
  bool watches_by_itself(const Variable& variable) const;
  struct Known;  // what the findings for some targets rest on
  std::vector<Finding> find_breaks(Span<const uint64_t> targets, Span<const GradientSource> sources) const;
  Finding find_break(const Known& known, const GradientSource& source) const;
  Reason unreached(const Known& known, const GradientSource& source) const;
  bool suspicious(const Known& known, const GradientSource& source, uint64_t watched_at) const;

  // gradient.cpp
  void check_gradient_call(Span<const Tensor> targets, Span<const GradientSource> sources,
                           Span<const Tensor> output_gradients) const;
  std::vector<std::vector<int32_t>> source_locals(Span<const GradientSource> sources) const;
  std::vector<char> reachable(const std::vector<std::vector<int32_t>>& sources) const;
  std::vector<char> ancestors(Span<const Tensor> targets) const;
  void find_missing(Walk& walk, Span<const Tensor> targets, Span<const GradientSource> sources,
                    Unconnected unconnected);
  void differentiate(size_t index, Walk& walk);
  void run_rule_of_op(const Entry& entry, Walk& walk);
  void find_tables(Walk& walk) const;
  bool gathers_rows(const Entry& entry, const Walk& walk) const;
  Tensor sum_at(const GradientSource& source, const std::vector<int32_t>& locals, Walk& walk,
                Tensor* row_indices) const;
  void find_rules_without_gradient(Walk& walk, Span<const Tensor> targets, Span<const GradientSource> sources,
                                   Span<const Tensor> found);

  Context& context_;
  TapeOptions options_;
  State state_ = State::kEnded;
  uint64_t bit_;        // this tape's bit in TensorNode::tape_bits
  IdMap locals_of_id_;  // tracked tensors
  int32_t num_locals_ = 0;
  std::vector<Entry> entries_;
  std::vector<Tensor> tensors_;  // saved operands; shells where the row does not save them
  std::vector<int32_t> locals_;  // parallel to tensors_: index of the tracked tensor, or -1
  std::vector<uint64_t> attrs_;
  std::vector<VariableRef> variables_;
  IdMap variable_index_;  // of a variable's id in variables_
  std::vector<VariableRead> reads_;
  std::vector<std::shared_ptr<Rule>> rules_;

  // For explanations.
  EventLog log_;
  uint64_t begin_;  // the next tensor's id when the tape began, when it was last reset (0: never)
  uint64_t reset_at_ = 0;
  uint32_t generation_ = 0;  // resets
  std::vector<Watch> watches_;
  std::vector<uint64_t> forgotten_;  // ids of tensors and variables that were watched before the last reset
  std::unique_ptr<Provenance> provenance_;  // null until there is something to remember
  std::unique_ptr<Observer> witness_;       // of a tape that explains
  std::vector<Missing> missing_;            // of the last gradient call
  bool held_ = false;                       // a gradient call does not consume it yet
  bool walked_ = false;                     // but would have done so
  int walking_ = 0;                         // gradient calls that are going on
  uint64_t recomputed_ops_ = 0;
};

}  // namespace tl
