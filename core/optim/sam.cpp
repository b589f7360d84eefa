#include "core/optim/sam.h"

#include "core/optim/chain.h"
#include "core/optim/clip.h"
#include "core/optim/conventions.h"

namespace tl::optim {

Tensor apply_sam(Optimizer& optimizer, const SamOptions& options, const Evaluate& evaluate,
                 Span<Variable* const> variables) {
  const char* name = optimizer.name().c_str();
  Context& context = optimizer.context();
  check_positive(name, "rho", options.rho);
  check_not_negative(name, "eta", options.eta);
  optimizer.check_variables(variables);
  Restore before(variables);
  Evaluation here = evaluated(name, evaluate, context, variables);

  // T g of each variable, whose norm scales e; T is 1 without ASAM.
  std::vector<Tensor> scale(variables.size()), scaled(variables.size());
  for (size_t i = 0; i < variables.size(); i++) {
    if (!here.gradients[i]) continue;
    if (options.adaptive) scale[i] = shifted_into(abs(before.value(i)), options.eta);
    scaled[i] = options.adaptive ? mul(here.gradients[i], scale[i]) : here.gradients[i];
  }
  const Tensor norm = global_norm(context, scaled);
  const Tensor factor = div(full(context, IntList{}, options.rho, DType::kF64), add_scalar(norm, 1e-12));
  for (size_t i = 0; i < variables.size(); i++) {
    if (!scaled[i]) continue;
    const Tensor own = factor.dtype() == scaled[i].dtype() ? factor : cast(factor, scaled[i].dtype());
    Tensor ascent = mul(options.adaptive ? mul(scaled[i], scale[i]) : scaled[i], own);
    variables[i]->put(into(OpId::kAdd, std::move(ascent), before.value(i)));
  }
  Evaluation there = evaluated(name, evaluate, context, variables);
  before.put_back();
  optimizer.apply(there.gradients, variables);
  before.done();
  return here.loss;
}

}  // namespace tl::optim
