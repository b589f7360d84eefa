// Captures: what a function does to variables while it runs: which it reads, which it assigns, and what they held before.
#pragma once

#include <vector>

#include "core/tensor/recorder.h"
#include "core/tensor/variable.h"

namespace tl {

class Captures final : public Observer {
 public:
  struct Read {
    VariableRef variable;
    Tensor value;  // that of the first read
  };
  explicit Captures(Context& context) : context_(context) { context_.add_observer(this); }
  ~Captures() override { context_.remove_observer(this); }
  Captures(const Captures&) = delete;
  Captures& operator=(const Captures&) = delete;

  void on_op(const OpCall&) override { ops_++; }
  void on_read(Variable& variable, const Tensor& value) override { note(reads_, variable, value); }
  void on_assign(Variable& variable, const Tensor&, const Tensor&) override {
    note(assigned_, variable, variable.peek());
  }

  const std::vector<Read>& reads() const {
    return reads_;
  }  // of all variables, in the order of their first read
  const std::vector<Read>& assigned() const { return assigned_; }  // with the values before
  uint64_t ops() const { return ops_; }

 private:
  static void note(std::vector<Read>& list, Variable& variable, const Tensor& value) {
    for (const Read& r : list)
      if (r.variable.get() == &variable) return;
    list.push_back({VariableRef::share(&variable), value});
  }
  Context& context_;
  std::vector<Read> reads_, assigned_;
  uint64_t ops_ = 0;
};

}  // namespace tl
