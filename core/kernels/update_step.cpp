#include "core/kernels/update_step.h"

#include "core/kernels/dtypes.h"
#include "core/ops/generated/attrs.h"

namespace tl::kernels {

UpdateStep::UpdateStep(OpId op, DType dtype, const void* attrs, const VectorTable& table)
    : op_(op), dtype_(dtype), table_(&table) {
  switch (op) {
    case OpId::kSgdUpdate:
      arrays_in_ = 2;
      arrays_out_ = 1;
      break;
    case OpId::kMomentumUpdate:
      arrays_in_ = 3;
      arrays_out_ = 2;
      numbers_[0] = static_cast<const MomentumUpdateAttrs*>(attrs)->momentum;
      nesterov_ = static_cast<const MomentumUpdateAttrs*>(attrs)->nesterov;
      break;
    case OpId::kAdamUpdate:
      arrays_in_ = 4;
      arrays_out_ = 3;
      numbers_[0] = static_cast<const AdamUpdateAttrs*>(attrs)->beta1;
      numbers_[1] = static_cast<const AdamUpdateAttrs*>(attrs)->beta2;
      break;
    default: fail(Code::kUnsupported, "[update step] ", schema_of(op).name, " is no step of an optimizer");
  }
  if (!is_floating(dtype))
    fail(Code::kUnsupported, "[update step] variables must be f32 or f64: got ", dtype, "; leave it out");
}

template <class T>
void UpdateStep::run_as(const void* const* in, const void* const* scalars, void* const* out, size_t n) const {
  const OptimizerKernels<T>& k = float_table<T>(*table_).optimizer;
  auto from = [&](int i) { return static_cast<const T*>(in[i]); };
  auto to = [&](int i) { return static_cast<T*>(out[i]); };
  auto scalar = [&](int i) { return *static_cast<const T*>(scalars[i]); };
  if (op_ == OpId::kSgdUpdate) {
    k.sgd(from(0), from(1), to(0), n, scalar(0));
  } else if (op_ == OpId::kMomentumUpdate) {
    k.momentum_keras(from(0), from(2), from(1), to(0), to(1), n, scalar(0), static_cast<T>(numbers_[0]),
                     nesterov_);
  } else {
    k.adam(from(0), from(2), from(3), from(1), to(0), to(1), to(2), n, adam<T>(scalars));
  }
}

void UpdateStep::run(const void* const* in, const void* const* scalars, void* const* out, size_t n) const {
  with_float(dtype_, [&](auto zero) { run_as<decltype(zero)>(in, scalars, out, n); });
}

}  // namespace tl::kernels
