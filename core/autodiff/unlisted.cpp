#include "core/autodiff/unlisted.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/ops/schema.h"
#include "core/tensor/batched.h"
#include "core/tensor/context.h"

namespace tl {

UnlistedOperands::UnlistedOperands(Context& context, Span<const Tensor> inputs)
    : context_(context), bits_(context.recording_bits()) {
  if (context.recorders().empty()) return;  // an op more or less is nothing that anybody follows
  for (const Recorder* r : context.recorders())
    if (!r->hidden()) recorders_.push_back(r);
  if (recorders_.empty()) return;
  for (const Tensor& input : inputs) {
    Tensor t = input;  // and what stands behind one example of a batch
    for (listed_.insert(t.id()); is_batched(t); listed_.insert(t.id())) t = Tensor(physical_of(t));
  }
  context_.add_observer(this);
}

UnlistedOperands::~UnlistedOperands() { context_.remove_observer(this); }

// One that ended meanwhile has left the list; one in its place that is not hidden sees the ops itself.
bool UnlistedOperands::followed(const Tensor& tensor) const {
  for (const Recorder* r : context_.recorders())
    if (r->hidden() && std::find(recorders_.begin(), recorders_.end(), r) != recorders_.end() &&
        r->follows(tensor))
      return true;
  return false;
}

bool UnlistedOperands::followed(const Variable& variable) const {
  for (const Recorder* r : context_.recorders())
    if (std::find(recorders_.begin(), recorders_.end(), r) != recorders_.end() && r->follows(variable))
      return true;
  return false;
}

void UnlistedOperands::note(const OpCall& call) {
  if (!first_.empty() || call.schema.gradient == GradientKind::kNone) return;
  for (const Tensor* t : call.in) {
    if (!(t->node()->tape_bits & bits_) || !is_floating(t->dtype())) continue;
    if (listed_.count(t->id()) || !followed(*t)) continue;
    first_ = concat(t->dtype(), " ", t->shape(), " in ", call.schema.name);
    return;
  }
}

void UnlistedOperands::check(const std::string& name) const {
  if (first_.empty()) return;
  invalid(
      "[", name,
      "] the rule must know each tensor that the function uses and that a tape or forward mode follows: got ",
      first_, ", which it does not; pass it as an input, or cut it with stop_gradient");
}

}  // namespace tl
