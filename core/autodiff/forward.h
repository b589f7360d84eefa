// Forward: forward-mode differentiation. While it is open, each op that uses a tensor with a tangent also computes the
// tangents of its results: the derivative of a program along one direction, in one run and without keeping the run.
//
// Terms. A *primal* is a tensor or variable by which one differentiates, its *tangent* the direction in which it moves. A
// tensor that was computed from primals has a tangent of its own: the Jacobian times the tangents of the primals.
//
// Order. What a Forward computes is seen by the recorders that were opened (or resumed) before it and by no other. So it
// nests with tapes and with itself in any order: ask the inner one first, then the outer one about the answer. A tangent
// of an inner Forward is constant to that Forward, and is never taken for one of an outer one.
//
// It knows ids, not addresses, and no op by name: how tangents pass through an op is what the op table says (`jvp`).
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "core/autodiff/id_map.h"
#include "core/autodiff/tape.h"

namespace tl {

class Forward final : public Recorder {
 public:
  // Opens at once. Each primal is floating point and named once; its tangent has its dtype and shape. A variable has its
  // tangent from its next read on, whatever is assigned to it.
  Forward(Context& context, Span<const GradientSource> primals, Span<const Tensor> tangents);
  ~Forward() override;
  Forward(const Forward&) = delete;
  Forward& operator=(const Forward&) = delete;

  // The tangent of a tensor, found without arithmetic, open or not. Where it does not depend on a primal: as `policy`
  // says.
  Tensor tangent(const Tensor& tensor, Unconnected policy = Unconnected::kNone) const;
  // That of a variable which is a primal, or of its current value.
  Tensor tangent(const Variable& variable, Unconnected policy = Unconnected::kNone) const;

  void end();     // what runs from now on gets no tangents; those that exist stay
  void resume();  // after end(), as the newest of all recorders

  bool recording() const { return recording_; }
  Context& context() const { return context_; }
  size_t tangents() const { return tangent_of_.size(); }

  uint64_t bits() const override { return bit_; }
  bool follows(const Tensor& tensor) const override { return find(tensor) != nullptr; }
  bool follows(const Variable& variable) const override { return variable_index_.find(variable.id()) >= 0; }
  void on_op(const OpCall& call) override;
  void on_rule(const RuleCall& call) override;
  void on_read(Variable& variable, const Tensor& value) override;
  void on_release(uint64_t id) noexcept override;

 private:
  const Tensor* find(const Tensor& tensor) const;
  bool concerns(Inputs in, Span<const Tensor> out) const;
  std::vector<Tensor> tangents_of(Inputs in) const;
  void remember_all(Span<const Tensor> tensors, Span<Tensor> tangents);
  void remember(const Tensor& tensor, Tensor tangent);
  Tensor unconnected(const Shape& shape, DType dtype, Unconnected policy) const;
  void check_primal(const GradientSource& primal, const Tensor& tangent, size_t index) const;

  Context& context_;
  uint64_t bit_;
  bool recording_ = false;
  bool* gone_ = nullptr;  // to be set where this ends while a rule of the program's runs
  std::unordered_map<uint64_t, Tensor> tangent_of_;  // by the id of a tensor that is alive
  IdMap variable_index_;                             // of a variable's id in variable_tangents_
  std::vector<Tensor> variable_tangents_;
};

// The tangents of an op's outputs from those of its inputs (null: none; at least one is there), as the op table says. In
// public ops: what they do is the business of the recorders that see them. out[i] stays null where no tangent reaches it.
void push_forward(const OpCall& call, Span<const Tensor> tangents, Tensor* out);

}  // namespace tl
