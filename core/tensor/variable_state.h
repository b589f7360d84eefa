// Variables in a State (state.h): what layers, optimizers and metrics, whose state is variables, save and restore.
#pragma once

#include <string>
#include <vector>

#include "core/tensor/state.h"
#include "core/tensor/variable.h"

namespace tl {

// Each variable under "<prefix>/<its name>". Tapes and recorded steps do not see the reads. Throws what State::set() throws.
void save_variables(State& state, const std::string& prefix, const std::vector<VariableRef>& variables);

// Throws kInvalidArgument, with the path and both shapes and dtypes, where one is not there or does not fit. The variables share the
// memory of the state's tensors until either changes.
PendingRestorePtr prepare_variables(const State& state, const std::string& prefix,
                                    std::vector<VariableRef> variables);

// One, at a path of its own.
PendingRestorePtr prepare_variable(const State& state, const std::string& path, VariableRef variable);

}  // namespace tl
