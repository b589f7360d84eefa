// The state behind handles, for checkpoints. Each function stands in the file that knows the objects; all throw under the name `op` for
// a handle that is not live, or of another kind or context.
#pragma once

#include <string>
#include <vector>

#include "capi/src/call.h"
#include "core/tensor/state.h"

namespace tl::capi {

// Throws kFailedPrecondition for a layer that is not built.
std::vector<VariableRef> state_of_layer(Session& session, const void* layer, const char* op);
std::vector<VariableRef> state_of_metric(Session& session, const void* metric, const char* op);
std::vector<VariableRef> state_of_optimizer(Session& session, const void* optimizer, const char* op);
// As core/tensor/state.h has them.
void save_dataset(Session& session, const void* dataset, State& state, const std::string& prefix);
PendingRestorePtr prepare_dataset(Session& session, const void* dataset, const State& state,
                                  const std::string& prefix);

}  // namespace tl::capi
