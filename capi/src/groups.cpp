// Groups of variables in one optimizer, in the C API.
#include "tapeloop/groups.h"

#include "capi/src/optimizer_object.h"

using namespace tl;
using namespace tl::capi;

extern "C" {

TL_API tl_status tl_optimizer_add_group(tl_optimizer* optimizer, tl_optimizer* group,
                                        tl_tensor* const* variables, size_t count, double rate_multiplier) {
  const char* op = "optimizer_add_group";
  return with_optimizer(optimizer, op, [&](Session& s, optim::Optimizer& o) {
    OptimizerObject& added = object_of<OptimizerObject>(s, group, Kind::kOptimizer, op, "group");
    o.add_group(added.optimizer, variables_of(s, variables, count, op), rate_multiplier);
  });
}

}  // extern "C"
