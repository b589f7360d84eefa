// UnlistedOperands: which tensors a function uses that recorders follow and that its rule does not get. Recorders do not see
// what such a function does (Unrecorded), so the gradients of these tensors would be missing in silence.
//
// What is passed through stop_gradient, or through another op without a gradient, is used without one on purpose.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "core/base/span.h"
#include "core/tensor/recorder.h"
#include "core/tensor/tensor.h"

namespace tl {

class UnlistedOperands final : public Observer {
 public:
  // To be made before the recorders are hidden. `inputs`: what the rule gets.
  UnlistedOperands(Context& context, Span<const Tensor> inputs);
  ~UnlistedOperands() override;
  UnlistedOperands(const UnlistedOperands&) = delete;
  UnlistedOperands& operator=(const UnlistedOperands&) = delete;

  void on_op(const OpCall& call) override { note(call); }
  void on_batched_op(const OpCall& call) override { note(call); }
  // Variables are not its business: their values are left out.
  void on_read(Variable&, const Tensor& value) override { listed_.insert(value.id()); }

  // Throws where there has been one; `name` is that of the function.
  void check(const std::string& name) const;
  // Does a recorder that was open at the beginning, and still is, follow the variable?
  bool followed(const Variable& variable) const;

 private:
  void note(const OpCall& call);
  bool followed(const Tensor& tensor) const;

  Context& context_;
  std::vector<const Recorder*> recorders_;  // for comparison: they may have ended
  uint64_t bits_;
  std::unordered_set<uint64_t> listed_;  // ids
  std::string first_;                    // the first one, and the op that used it
};

}  // namespace tl
