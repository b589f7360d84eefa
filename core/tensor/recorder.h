// Recorder: what sees every op and every read of a variable while it is open, such as a tape or a tracer.
// The interface stands here, below the ops, so that nothing below has to know what a tape is.
#pragma once

#include <cstdint>

namespace tl {

struct OpCall;  // core/ops/schema.h
class Tensor;
class Variable;

class Recorder {
 public:
  virtual ~Recorder() = default;
  // The bits that tensors known to this recorder may carry (TensorNode::tape_bits).
  virtual uint64_t bits() const = 0;
  // After an op has run. Called when an input carries one of the recorder's bits (Context::recording_bits).
  virtual void on_op(const OpCall& call) = 0;
  // Before the value of a variable goes to the caller.
  virtual void on_read(Variable& variable, const Tensor& value) = 0;
};

}  // namespace tl
