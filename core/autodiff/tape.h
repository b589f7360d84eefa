// Tape: records the ops of one context while it is open, and differentiates what it recorded.
//
// Terms. A tensor is *tracked* when it is watched or was computed from a tracked tensor while the tape recorded. A
// *source* is what one differentiates with respect to, a *target* what is differentiated. Trainable variables are
// watched when they are read; tensors by watch().
//
// The tape knows ids, not addresses, and no op by name: the arithmetic of a gradient is the rule that the op table
// names, and a rule runs through apply() like any op. So an outer tape records it, and gradients of any order need
// nothing special (TensorFlow's eager tape works in the same way).
//
// What the tape does not do: it runs no kernel, and it records nothing that an op without tracked operands does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/autodiff/id_map.h"
#include "core/base/span.h"
#include "core/ops/schema.h"
#include "core/tensor/recorder.h"
#include "core/tensor/variable.h"

namespace tl {

struct TapeOptions {
  bool persistent = false;      // gradient() may be called any number of times
  bool watch_variables = true;  // trainable variables are watched when they are read
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
};

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
  // Where an outer tape records, the computation of the gradient is recorded there.
  std::vector<Tensor> gradient(Span<const Tensor> targets, Span<const GradientSource> sources,
                               Span<const Tensor> output_gradients = {},
                               Unconnected unconnected = Unconnected::kNone);

  bool recording() const { return state_ == State::kRecording; }
  bool consumed() const { return state_ == State::kConsumed; }
  bool persistent() const { return options_.persistent; }
  Context& context() const { return context_; }
  // In the order in which they were first read or watched; kept after the gradient call of a consumed tape.
  const std::vector<VariableRef>& watched_variables() const { return variables_; }
  // Bytes of the saved tensors, each buffer counted once per op that saved it, and the number of recorded ops.
  size_t saved_bytes() const;
  size_t recorded_ops() const { return entries_.size(); }

  uint64_t bits() const override { return bit_; }
  void on_op(const OpCall& call) override;
  void on_read(Variable& variable, const Tensor& value) override;

 private:
  enum class State { kRecording, kPaused, kEnded, kConsumed };

  // One recorded op. Its tensors stand in tensors_ and locals_ from `first` on: inputs, then outputs.
  struct Entry {
    const OpSchema* schema;
    uint32_t first;
    uint32_t num_inputs;
    uint32_t attrs;  // offset in attrs_, in units of 8 bytes
  };
  // One value of a watched variable that was read: its index among the tracked tensors.
  struct VariableRead {
    uint64_t variable;
    int32_t local;
  };

  int32_t find(const Tensor& tensor) const;
  int32_t track(const Tensor& tensor);
  int32_t remember(Variable& variable);
  void start_recording();
  void stop_recording();
  void forget_records();
  void check_gradient_call(Span<const Tensor> targets, Span<const GradientSource> sources,
                           Span<const Tensor> output_gradients) const;
  std::vector<std::vector<int32_t>> source_locals(Span<const GradientSource> sources) const;
  std::vector<char> reachable(const std::vector<std::vector<int32_t>>& sources) const;
  void differentiate(size_t index, std::vector<Tensor>& grads, const std::vector<char>& reached,
                     const std::vector<char>& is_source);

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
};

}  // namespace tl
