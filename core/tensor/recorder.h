// Observer: what sees each op, read and assignment of a context while it is installed.
// Recorder: what sees those that concern tensors that it knows, such as a tape or a tracer.
// The interfaces stand here, below the ops, so that nothing below has to know what a tape is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core/base/span.h"

namespace tl {

struct OpCall;      // core/ops/schema.h
struct RuleCall;    // core/autodiff/rule.h
class Exchange;     // core/tensor/exchange.h
class HostNumbers;  // core/tensor/host_numbers.h
class Shape;
class Tensor;
class Variable;
struct Words;  // core/tensor/words.h

class Observer {
 public:
  virtual ~Observer() = default;
  // After an op has run, before its result goes to anybody: an error that is thrown here is the op's.
  virtual void on_op(const OpCall&) {}
  // After an op on batched tensors (batched.h), whose physical ops have been shown before by on_op. Of a recorder that was
  // opened inside the batch on_op is called instead, and it does not see the physical ones.
  virtual void on_batched_op(const OpCall&) {}
  // After a function with a gradient rule of its own has run.
  virtual void on_rule(const RuleCall&) {}
  // Before the value of a variable goes to the caller.
  virtual void on_read(Variable&, const Tensor& /*value*/) {}
  // Before an assignment takes effect; `value`, which shares the memory of `assigned`, is what reads give from now on.
  virtual void on_assign(Variable&, const Tensor& /*assigned*/, const Tensor& /*value*/) {}

  // What only somebody who records a whole program needs to know, because no op and no tape is told.
  // In which words errors of the ops that run from now on come out; null: in their own again.
  virtual void on_words(const std::shared_ptr<const Words>&) {}
  // A variable has been made, of the value that it holds.
  virtual void on_make(Variable&) {}
  // Before the value of a variable is used unseen by tapes, or taken out of it.
  virtual void on_peek(Variable&) {}
  // Before a value is put into a variable unseen by tapes.
  virtual void on_put(Variable&, const Tensor& /*value*/) {}
  // A tensor that shares the memory of another has been made, by whatever means; an op may follow that makes more of it.
  virtual void on_view(const Tensor& /*of*/, const Tensor& /*view*/, size_t /*byte_offset*/) {}
  // Data of the host have become a tensor.
  virtual void on_host_data(const Tensor&) {}
  // The host is about to look at elements of a tensor; `reader` is the function that does.
  virtual void on_host_read(const Tensor&, const char* /*reader*/) {}
  // The host is about to do what no op does and a replay would not do again: `deed` names it, for a message.
  virtual void on_unreplayable(const char* /*deed*/) {}
  // Tensors have gone to others outside of the program, and theirs have come: a replay makes the same call.
  virtual void on_exchange(const std::shared_ptr<Exchange>&, Span<const Tensor> /*in*/,
                           Span<const Tensor> /*out*/) {}
  // A step begins whose ops take numbers that the host computes; then each of them: number `index` is `value`.
  virtual void on_host_step(const std::shared_ptr<HostNumbers>&) {}
  virtual void on_host_number(const HostNumbers&, int /*index*/, const Tensor& /*value*/) {}
};

// Throws where a tensor is inside a batch that was opened after the recorder, which sees the physical tensors of it only, or
// inside one that has ended.
// `function` and `what` name the caller and the tensor in the error.
class Recorder;
void check_visible(const char* function, const std::string& what, const Recorder& recorder, const Tensor& t);

class Recorder : public Observer {
 public:
  // The bits that tensors known to this recorder may carry (TensorNode::tape_bits). on_op and on_rule are called when an
  // input carries a bit of any recorder (Context::recording_bits).
  virtual uint64_t bits() const = 0;
  // Does it know the tensor, or would it the value of the variable at the next read?
  virtual bool follows(const Tensor&) const { return false; }
  virtual bool follows(const Variable&) const { return false; }
  // The last handle of a tensor that carries one of the recorder's bits is gone. Only for Context::listen_to_releases.
  virtual void on_release(uint64_t /*id*/) noexcept {}

  // Another recorder's rule runs, which this one must not see (OnlyOlder).
  bool hidden() const { return hidden_ != 0; }
  // Whether it was opened after what has that place in the same order (BatchLevel::place).
  bool newer_than(uint64_t place) const { return place_ > place; }

 private:
  friend class Context;
  friend class OnlyOlder;
  uint64_t place_ = 0;   // in the order in which recorders were added
  uint32_t hidden_ = 0;  // by how many
};

}  // namespace tl
