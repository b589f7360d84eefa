#include "core/tensor/variable_state.h"

namespace tl {

void save_variables(State& state, const std::string& prefix, const std::vector<VariableRef>& variables) {
  for (const VariableRef& v : variables) state.set(joined_path(prefix, v->name()), v->value());
}

void restore_variables(const State& state, const std::string& prefix,
                       const std::vector<VariableRef>& variables) {
  std::vector<Tensor> values;
  values.reserve(variables.size());
  for (const VariableRef& v : variables) {
    const std::string path = joined_path(prefix, v->name());
    const Tensor& value = state.get<Tensor>(path);
    if (&value.context() != &v->context())
      invalid("[state] '", path,
              "' must be of the variable's context: got a tensor of another context; copy its data over");
    if (value.dtype() != v->dtype() || value.shape() != v->shape())
      invalid("[state] a variable keeps its dtype and shape: got ", kind_text(value), " for '", path, "' of ",
              v->dtype(), " ", v->shape(), "; was it saved by an object that was made in the same way?");
    // Of its own identity: tapes know the tensor that was given, maybe.
    values.push_back(value.view(value.shape()));
  }
  for (size_t i = 0; i < values.size(); i++) variables[i]->put(std::move(values[i]));
}

}  // namespace tl
