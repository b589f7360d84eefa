// What stands behind a tl_optimizer, for the files that know optimizers.
#pragma once

#include <memory>
#include <vector>

#include "capi/src/call.h"
#include "capi/src/variable_handles.h"
#include "core/optim/optimizer.h"
#include "tapeloop/optim.h"

namespace tl::capi {

struct OptimizerObject {
  OptimizerObject(Session& session, std::unique_ptr<optim::Optimizer> of)
      : optimizer(std::move(of)), variables(session) {}
  std::shared_ptr<optim::Optimizer> optimizer;  // also of the optimizer whose group it is
  VariableHandles variables;
};

inline tl_optimizer* make_optimizer(Session& s, std::unique_ptr<optim::Optimizer> optimizer) {
  return make_object<tl_optimizer>(s, Kind::kOptimizer, new OptimizerObject(s, std::move(optimizer)));
}

// A call with an effect on an optimizer: f(session, optimizer).
template <class F>
tl_status with_optimizer(tl_optimizer* optimizer, const char* name, F&& f) noexcept {
  return effect<OptimizerObject>(optimizer, Kind::kOptimizer, name, [&](Session& s, OptimizerObject& o) {
    // Its own callback may release it.
    const std::shared_ptr<optim::Optimizer> alive = o.optimizer;
    f(s, *alive);
  });
}

// The variables behind a list of handles. Throws for one that is none.
inline std::vector<Variable*> variables_of(Session& s, tl_tensor* const* variables, size_t count,
                                           const char* op) {
  check_list(op, "variables", variables, count);
  std::vector<Variable*> out;
  for (size_t i = 0; i < count; i++) out.push_back(&variable_of(s, variables[i], op, {"variables", i}));
  return out;
}

}  // namespace tl::capi
