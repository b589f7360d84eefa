// NonFiniteCheck: makes the first op whose result is not finite an error that says where the value came from; also the first call that
// brings such a value from other ranks.
#pragma once

#include "core/tensor/context.h"
#include "core/tensor/recorder.h"

namespace tl {

class NonFiniteCheck final : public Observer {
 public:
  // From now on, for as long as it lives. infinities: whether these are errors, too, and not only NaN.
  NonFiniteCheck(Context& context, bool infinities) : context_(context), infinities_(infinities) {
    context_.add_observer(this);
  }
  ~NonFiniteCheck() override { context_.remove_observer(this); }
  NonFiniteCheck(const NonFiniteCheck&) = delete;
  NonFiniteCheck& operator=(const NonFiniteCheck&) = delete;

  void on_op(const OpCall& call) override;  // throws kNonFinite
  void on_exchange(const std::shared_ptr<Exchange>& exchange, Span<const Tensor> in,
                   Span<const Tensor> out) override;  // as above

 private:
  bool is_fine(const Tensor& t) const;
  template <class Operands>
  [[noreturn]] void report(const char* name, const Tensor& t, const Operands& operands,
                           const char* made) const;

  Context& context_;
  bool infinities_;
};

}  // namespace tl
