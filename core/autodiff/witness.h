// Witness: what a tape that explains sees of its context: every op, rule, read and assignment, recorded or not.
#pragma once

#include "core/autodiff/tape.h"

namespace tl {

// Why no gradient passes an op, or kConnected.
Reason why_cut(const OpSchema& schema, Span<const Tensor> out);

class Tape::Witness final : public Observer {
 public:
  explicit Witness(Tape& tape) : tape_(tape) { tape_.context_.add_observer(this); }
  ~Witness() override { tape_.context_.remove_observer(this); }
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;

  void on_op(const OpCall& call) override;
  void on_batched_op(const OpCall& call) override { on_op(call); }
  void on_rule(const RuleCall& call) override;
  void on_read(Variable& variable, const Tensor& value) override;
  void on_assign(Variable& variable, const Tensor& assigned, const Tensor& value) override;

  // The values that were read of a variable.
  struct Read {
    uint64_t variable, value;
  };
  const std::vector<Read>& reads() const { return reads_; }

 private:
  void add(Reason cut, std::string name, Span<const Tensor* const> in, Span<const Tensor> out);

  Tape& tape_;
  std::vector<Read> reads_;
};

}  // namespace tl
