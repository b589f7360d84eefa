#include "core/nn/custom_metric.h"

#include <algorithm>

#include "core/ops/generated/functions.h"
#include "core/tensor/batched.h"

namespace tl::nn {

void CustomMetric::add_state(const std::string& state, const Shape& shape, double first) {
  if (used_)
    fail(Code::kFailedPrecondition, "[", name(),
         "] state must be added before the first update or result: got '", state,
         "' after it; do it right after making the metric");
  if (state.empty()) invalid("[", name(), "] state must have a name: got an empty one; it is saved by that");
  if (std::find(names_.begin(), names_.end(), state) != names_.end())
    invalid("[", name(), "] state must have different names: got '", state, "' twice; rename one");
  names_.reserve(names_.size() + 1);
  std::string copy = state;
  declare({state, shape, first});
  names_.push_back(std::move(copy));
}

std::vector<Tensor> CustomMetric::state_and(Span<const Tensor> inputs) const {
  std::vector<Tensor> all;
  for (size_t i = 0; i < names_.size(); i++) all.push_back(state(i));
  for (const Tensor& t : inputs) all.push_back(t ? operand(t, "inputs") : Tensor());
  return all;
}

void CustomMetric::check_made(const std::vector<Tensor>& made, const char* function, size_t count) const {
  if (made.size() != count)
    invalid("[", name(), "] the ", function, " must give ", count, " tensors: got ", made.size(),
            "; one for each state, or the one result");
  for (const Tensor& t : made)
    if (t && &t.context() != &context())
      invalid("[", name(), "] the ", function,
              " must give tensors of the metric's context: got one of another context; compute "
              "it from what the function was given");
}

void CustomMetric::update_with(Span<const Tensor> inputs) {
  used_ = true;
  std::vector<Tensor> made = update_(state_and(inputs), names_.size());
  check_made(made, "update", names_.size());
  for (size_t i = 0; i < made.size(); i++) {
    if (!made[i]) {
      made[i] = state(i);
      continue;
    }
    if (made[i].shape() != variables()[i]->shape())
      invalid("[", name(), "] an update must keep the shape of the state: got ", made[i].shape(), " for '",
              names_[i], "' of ", variables()[i]->shape(), "; sum over the batch");
    made[i] = stop_gradient(made[i].dtype() == DType::kF64 ? made[i] : cast(made[i], DType::kF64));
  }
  replace(std::move(made));
}

void CustomMetric::update(const Tensor& values, const Tensor& weights) {
  const Tensor inputs[] = {values, weights};
  update_with(inputs);
}

void CustomMetric::update(const Tensor& labels, const Tensor& predictions, const Tensor& weights) {
  const Tensor inputs[] = {labels, predictions, weights};
  update_with(inputs);
}

std::string CustomMetric::description() const {
  std::string out = "custom";
  for (size_t i = 0; i < names_.size(); i++)
    out += concat(i ? ", " : ", state ", names_[i], " ", variables()[i]->shape());
  return out;
}

Tensor CustomMetric::result_tensor() const {
  used_ = true;
  std::vector<Tensor> made = result_(state_and({}), 1);
  check_made(made, "result", 1);
  if (!made[0]) invalid("[", name(), "] the result must be a tensor: got null; set the output");
  return stop_gradient(made[0].dtype() == DType::kF64 ? made[0] : cast(made[0], DType::kF64));
}

}  // namespace tl::nn
