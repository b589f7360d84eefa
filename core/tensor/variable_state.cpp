#include "core/tensor/variable_state.h"

namespace tl {

void save_variables(State& state, const std::string& prefix, const std::vector<VariableRef>& variables) {
  for (const VariableRef& v : variables) state.set(joined_path(prefix, v->name()), v->value());
}

namespace {

// The value for a variable, of its own identity: tapes know the tensor that was given, maybe.
Tensor value_for(const Variable& v, const State& state, const std::string& path) {
  const Tensor& value = state.get<Tensor>(path);
  if (&value.context() != &v.context())
    invalid("[state] '", path,
            "' must be of the variable's context: got a tensor of another context; copy its data over");
  if (value.dtype() != v.dtype() || value.shape() != v.shape())
    invalid("[state] a variable keeps its dtype and shape: got ", kind_text(value), " for '", path, "' of ",
            v.dtype(), " ", v.shape(), "; was it saved by an object that was made in the same way?");
  return value.view(value.shape());
}

PendingRestorePtr pending_values(std::vector<VariableRef> variables, std::vector<Tensor> values) {
  return pending_restore([variables = std::move(variables), values = std::move(values)]() mutable {
    for (size_t i = 0; i < values.size(); i++) {
      try {
        variables[i]->put(values[i]);
      } catch (...) {
        // A recorder that has no memory left to follow, of a step that must not restore anyway.
        variables[i]->put_unseen(values[i]);
      }
      values[i] = Tensor();
    }
  });
}

}  // namespace

PendingRestorePtr prepare_variables(const State& state, const std::string& prefix,
                                    std::vector<VariableRef> variables) {
  std::vector<Tensor> values;
  values.reserve(variables.size());
  for (const VariableRef& v : variables)
    values.push_back(value_for(*v, state, joined_path(prefix, v->name())));
  return pending_values(std::move(variables), std::move(values));
}

PendingRestorePtr prepare_variable(const State& state, const std::string& path, VariableRef variable) {
  Tensor value = value_for(*variable, state, path);
  return pending_values({std::move(variable)}, {std::move(value)});
}

}  // namespace tl
