#include "core/autodiff/rule.h"

#include <algorithm>

#include "core/autodiff/batched_rule.h"
#include "core/base/error.h"
#include "core/tensor/recorder.h"

namespace tl {

std::vector<Tensor> Rule::tangents(const RuleArgs&, Span<const Tensor>) {
  fail(Code::kUnsupported, "[", name(),
       "] the function must have a forward-mode rule where an input has a tangent: got one with a gradient "
       "rule only; "
       "give it the other, or take the derivative with a tape");
}

namespace {

// To the observers, and to the recorders that were added before `end`. Those that are older than a batch see a call for the
// whole of it, and observers both.
void show(const RuleCall& call, uint64_t end) {
  Context& context = call.context;
  for (Observer* observer : context.observers()) observer->on_rule(call);
  uint64_t bits = 0, newest = 0, place = 0;
  for (const Tensor* t : call.in) {
    bits |= t->node()->tape_bits;
    newest = std::max(newest, level_of(*t));
  }
  for (const Tensor& t : call.out) newest = std::max(newest, level_of(t));
  if (newest) {
    const BatchLevel* open = context.find_batch_level(newest);
    if (!open)
      fail(Code::kFailedPrecondition, "[", call.rule->name(),
           "] a tensor inside vmap must not be used after its end: got one; return it from the function, and "
           "use what vmap gives for it");
    const BatchLevel level = *open;
    uint64_t before = 0;
    if (context.recorder_after(before, level.place) || context.observed())
      show_outside(call, level, [&](const RuleCall& of_all) { show(of_all, level.place); });
    place = level.place;
  }
  if (!(bits & context.recording_bits())) return;
  while (Recorder* recorder = context.recorder_after(place, end)) recorder->on_rule(call);
}

}  // namespace

void announce(const RuleCall& call) { show(call, call.context.next_place()); }

void check_inputs(const std::string& name, Context& context, Span<const Tensor> inputs) {
  for (size_t i = 0; i < inputs.size(); i++) {
    if (!inputs[i]) invalid("[", name, "] 'inputs[", i, "]' must be a tensor: got null; was it set?");
    if (&inputs[i].context() != &context)
      invalid("[", name, "] inputs must be of the context: got 'inputs[", i,
              "]' of another one; copy its data over");
  }
}

void adopt_outputs(const std::string& name, Context& context, Span<Tensor> outputs) {
  if (outputs.empty())
    invalid("[", name,
            "] the function must have at least 1 output: got 0; return what the program goes on with");
  for (size_t i = 0; i < outputs.size(); i++) {
    if (!outputs[i])
      invalid("[", name, "] 'outputs[", i,
              "]' must be a tensor: got null; the function must set all of them");
    if (&outputs[i].context() != &context)
      invalid("[", name, "] outputs must be of the context: got 'outputs[", i,
              "]' of another one; compute it in this one");
  }
  for (Tensor& t : outputs) t = t.view(t.shape());
}

std::vector<Tensor> checked_backward(Rule& rule, const RuleArgs& args) {
  std::vector<Tensor> grads = rule.backward(args);
  if (grads.size() != args.in.size())
    invalid("[", rule.name(), "] the gradient rule must return one gradient (or none) for each input: got ",
            grads.size(), " gradients for ", args.in.size(),
            " inputs, the captured ones included; return one for each");
  for (size_t i = 0; i < grads.size(); i++) {
    const Tensor &g = grads[i], &x = args.in[i];
    if (!g) continue;
    if (&g.context() != &args.context)
      invalid("[", rule.name(), "] gradients must be of the context of the inputs: got gradient ", i,
              " of another context; compute it in this one");
    if (!is_floating(x.dtype()))
      invalid("[", rule.name(), "] the gradient rule must return none for input ", i, ", which is ",
              x.dtype(), ": got ", g.dtype(), " ", g.shape(), "; only floating-point inputs have gradients");
    if (g.dtype() != x.dtype() || g.shape() != x.shape())
      invalid("[", rule.name(), "] gradient ", i,
              " that the rule returns must have the dtype and shape of input ", i, ", ", x.dtype(), " ",
              x.shape(), ": got ", g.dtype(), " ", g.shape(), "; sum it over what was broadcast, or cast it");
  }
  return grads;
}

std::vector<Tensor> checked_tangents(Rule& rule, const RuleArgs& args, Span<const Tensor> input_tangents) {
  std::vector<Tensor> tangents = rule.tangents(args, input_tangents);
  if (tangents.size() != args.out.size())
    invalid("[", rule.name(),
            "] the forward-mode rule must return one tangent (or none) for each output: got ",
            tangents.size(), " tangents for ", args.out.size(), " outputs; return one for each");
  for (size_t i = 0; i < tangents.size(); i++) {
    const Tensor &t = tangents[i], &y = args.out[i];
    if (!t) continue;
    if (&t.context() != &args.context)
      invalid("[", rule.name(), "] tangents must be of the context of the outputs: got tangent ", i,
              " of another one; compute it in this one");
    if (!is_floating(y.dtype()) || t.dtype() != y.dtype() || t.shape() != y.shape())
      invalid("[", rule.name(), "] tangent ", i, " must have the dtype and shape of output ", i, ", ",
              y.dtype(), " ", y.shape(), ", and floating point: got ", t.dtype(), " ", t.shape(),
              "; return none for integers");
  }
  return tangents;
}

}  // namespace tl
