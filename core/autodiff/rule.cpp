#include "core/autodiff/rule.h"

#include "core/base/error.h"
#include "core/tensor/recorder.h"

namespace tl {

std::vector<Tensor> Rule::tangents(const RuleArgs&, Span<const Tensor>) {
  fail(Code::kUnsupported, "[", name(),
       "] the function has a gradient rule for reverse mode only: got a tangent; take its derivative with a "
       "tape");
}

void announce(const RuleCall& call) {
  for (Observer* observer : call.context.observers()) observer->on_rule(call);
  uint64_t bits = 0;
  for (const Tensor* t : call.in) bits |= t->node()->tape_bits;
  if (!(bits & call.context.recording_bits())) return;
  const std::vector<Recorder*>& recorders = call.context.recorders();
  for (size_t i = 0; i < recorders.size(); i++)
    if (!recorders[i]->hidden()) recorders[i]->on_rule(call);
}

std::vector<Tensor> checked_backward(Rule& rule, const RuleArgs& args) {
  std::vector<Tensor> grads = rule.backward(args);
  if (grads.size() != args.in.size())
    invalid("[", rule.name(), "] the gradient rule must return one gradient (or none) for each input: got ",
            grads.size(), " gradients for ", args.in.size(), " inputs, the captured ones included");
  for (size_t i = 0; i < grads.size(); i++) {
    const Tensor &g = grads[i], &x = args.in[i];
    if (!g) continue;
    if (&g.context() != &args.context)
      invalid("[", rule.name(), "] gradient ", i, " that the rule returned belongs to another context");
    if (!is_floating(x.dtype()))
      invalid("[", rule.name(), "] the gradient rule must return none for input ", i, ", which is ",
              x.dtype(), ": got ", g.dtype(), " ", g.shape());
    if (g.dtype() != x.dtype() || g.shape() != x.shape())
      invalid("[", rule.name(), "] gradient ", i,
              " that the rule returns must have the dtype and shape of input ", i, ", ", x.dtype(), " ",
              x.shape(), ": got ", g.dtype(), " ", g.shape());
  }
  return grads;
}

}  // namespace tl
