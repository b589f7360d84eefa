// What stands behind a tl_tape.
#pragma once

#include <memory>

#include "capi/src/call.h"
#include "core/autodiff/tape.h"

namespace tl::capi {

// A tape that a callback of its own gradient call releases must live on until that call returns.
struct HeldTape {
  std::shared_ptr<Tape> tape;
};

template <class F>
tl_status effect_on_tape(tl_tape* tape, const char* op, F&& f) noexcept {
  return effect<HeldTape>(tape, Kind::kTape, op, [&](Session& s, HeldTape& held) {
    std::shared_ptr<Tape> t = held.tape;
    f(s, *t);
  });
}

// What a gradient is taken with respect to. A variable is to be kept alive while rules of the caller's may run.
inline GradientSource source_of(Session& session, const char* op, const tl_tensor* handle, Operand operand) {
  if (is_variable(handle)) return {Tensor(), &variable_of(session, handle, op, operand)};
  return {peek_tensor(session, handle, op, operand), nullptr};
}

}  // namespace tl::capi
