#include "core/optim/custom.h"

#include <cmath>

#include "core/base/error.h"
#include "core/optim/chain.h"

namespace tl::optim {

void CustomOptimizer::add_slot(const std::string& slot, SlotKind kind, double first) {
  const std::string& own = name();
  check_unused("optimizer_add_slot", "slots must be added");
  if (slot.empty())
    invalid("[", own, "] a slot must have a name: got an empty one; its state is saved by that");
  for (const char* taken : {"gradient_sum", "average", "slow"})
    if (slot == taken)
      invalid("[", own, "] a slot must not have a name that step options give to theirs: got '", slot,
              "'; choose another one");
  for (const Declared& known : slots_)
    if (known.name == slot)
      invalid("[", own, "] slots must have different names: got '", slot, "' twice; rename one");
  if (kind != SlotKind::kElements && kind != SlotKind::kNumber && kind != SlotKind::kWeights)
    invalid("[", own, "] the kind of a slot must be elements (0), number (1) or weights (2): got ",
            static_cast<int32_t>(kind), " for '", slot, "'; take one of these");
  if (!std::isfinite(first))
    invalid("[", own, "] the first value of a slot must be finite: got ", first, " for '", slot,
            "'; 0 is usual");
  if (slots_.size() == static_cast<size_t>(kMostSlots))
    invalid("[", own, "] there must be at most ", kMostSlots, " slots: got one more, '", slot,
            "'; stack numbers into one");
  slots_.push_back({slot, kind, first});
}

std::vector<Optimizer::Slot> CustomOptimizer::first_slots(const Variable& variable) const {
  std::vector<Slot> out;
  for (const Declared& d : slots_) {
    const char* called = d.name.c_str();
    if (d.kind == SlotKind::kWeights)
      out.push_back({called, variable.value().view(variable.shape())});
    else
      out.push_back({called, full(context(), d.kind == SlotKind::kNumber ? Shape{} : variable.shape(),
                                  d.first, variable.dtype())});
  }
  return out;
}

void CustomOptimizer::run(const Tensor* values, const Tensor& gradient, const Tensor* scalars,
                          bool /*donate*/, Tensor* out) const {
  const size_t count = 1 + slots_.size();
  std::vector<Tensor> inputs{values[0], gradient, scalars[0], scalars[1]};
  inputs.insert(inputs.end(), values + 1, values + count);
  std::vector<Tensor> made = update_(inputs, count);
  if (made.size() != count)
    invalid("[", name(), "] an update must give new values of the variable and its ", slots_.size(),
            " slots: got ", made.size(), " tensors; null ones stand for no change");
  for (size_t k = 0; k < count; k++) {
    if (!made[k]) {
      out[k] = values[k];
      continue;
    }
    const Tensor& was = values[k];
    auto what = [&] {
      return k == 0 ? std::string("the variable") : concat("the slot '", slots_[k - 1].name, "'");
    };
    if (&made[k].context() != &context() || made[k].is_shell())
      invalid("[", name(),
              "] an update must give tensors of the optimizer's context that hold data: got another one for ",
              what(), "; compute it from what the update was given");
    if (made[k].dtype() != was.dtype() || made[k].shape() != was.shape())
      invalid("[", name(), "] an update must keep dtype and shape of ", what(), ": got ", made[k].dtype(),
              " ", made[k].shape(), " for ", was.dtype(), " ", was.shape(),
              "; does an operand broadcast it?");
    out[k] = untracked(made[k]);
  }
}

}  // namespace tl::optim
