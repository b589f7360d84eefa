// Function, the part that makes plans for other sizes of a batch than those that were recorded.
#include <new>

#include "core/base/error.h"
#include "core/compile/function.h"

namespace tl::compile {

// Sizes below it have recordings of their own, and say nothing of others.
static constexpr int64_t kSmallestSize = 2;

// Whether a signature is that of the entry, where all sizes are one but for leading dimensions.
bool Function::comparable(const Entry& entry, const std::vector<Kind>& inputs, size_t outputs,
                          int64_t flags) const {
  if (outputs != entry.outputs || flags != entry.flags || inputs.size() != entry.inputs.size()) return false;
  for (size_t i = 0; i < inputs.size(); i++) {
    const Kind &a = inputs[i], &b = entry.inputs[i];
    if (a.dtype != b.dtype || a.shape.rank() != b.shape.rank()) return false;
    for (int axis = options_.polymorphic_batch ? 1 : 0; axis < a.shape.rank(); axis++)
      if (a.shape[axis] != b.shape[axis]) return false;
  }
  return true;
}

// Whether there are recordings for the signature of an entry, but none of steps of the kinds that are due.
bool Function::is_new_kind(const Entry& entry) const {
  bool other = false;
  for (const auto& known : entries_) {
    const graph::Program* program = program_of(*known);
    if (!program || !comparable(entry, known->inputs, known->outputs, known->flags)) continue;
    if (!changed_kind(*program)) return false;
    other = true;
  }
  for (const Family& family : families_)
    if (comparable(entry, family.inputs, family.outputs, family.flags) &&
        !changed_kind(family.program->program()))
      return false;
  return other;
}

// The size of the batch in one signature, by where another that is comparable differs; -1 where it does not.
int64_t Function::size_in(const std::vector<Kind>& inputs, const std::vector<Kind>& other) {
  for (size_t i = 0; i < inputs.size(); i++)
    if (inputs[i].shape != other[i].shape) return inputs[i].shape[0];
  return -1;
}

// The size of the batch in a signature that the family's programs can have, or -1.
int64_t Function::size_for(const Family& family, const std::vector<Kind>& inputs, size_t outputs,
                           int64_t flags) {
  if (family.flags != flags || family.outputs != outputs || family.inputs.size() != inputs.size()) return -1;
  int64_t size = -1;
  for (size_t i = 0; i < inputs.size(); i++) {
    Shape shape = inputs[i].shape;
    const Kind& kind = family.inputs[i];
    if (inputs[i].dtype != kind.dtype || shape.rank() != kind.shape.rank()) return -1;
    if (family.program->varies(i)) {
      if (size >= 0 && shape[0] != size) return -1;
      size = shape[0];
      shape[0] = kind.shape[0];
    }
    if (shape != kind.shape) return -1;
  }
  return size;
}

// Whether a signature that is to be recorded differs in leading dimensions alone from one that can still be replayed.
bool Function::is_other_size(const Entry& entry) const {
  const auto goes_on = [](const graph::Program& program) {
    return stale_reason(program).empty() && !changed_kind(program) && !changed_trainable(program);
  };
  for (const Family& family : families_)
    if (comparable(entry, family.inputs, family.outputs, family.flags) && goes_on(family.program->program()))
      return true;
  for (const auto& other : entries_)
    if (other->recorded && goes_on(*other->recorded) &&
        comparable(entry, other->inputs, other->outputs, other->flags) &&
        size_in(entry.inputs, other->inputs) >= 0)
      return true;
  return false;
}

// A kept recording of the same signature but for leading dimensions, of a size that tells something, for which there is no family.
const Function::Entry* Function::other_size_of(const Entry& made) const {
  for (const Family& family : families_)
    if (comparable(made, family.inputs, family.outputs, family.flags) && family.program->stale().empty() &&
        same_kinds(family.program->program(), *made.recorded))
      return nullptr;
  const Entry* latest = nullptr;
  for (const auto& other : entries_)
    if (other->recorded && stale_reason(*other->recorded).empty() &&
        same_kinds(*other->recorded, *made.recorded) && (!latest || other->used > latest->used) &&
        comparable(made, other->inputs, other->outputs, other->flags) &&
        size_in(made.inputs, other->inputs) >= kSmallestSize &&
        size_in(other->inputs, made.inputs) >= kSmallestSize)
      latest = other.get();
  return latest;
}

// Holds a new recording against the family that is there for it, or makes one of it and a kept one; "" or why there is none.
std::string Function::find_family(const Entry& made) {
  try {
    for (size_t f = 0; f < families_.size(); f++) {
      Family& family = families_[f];
      if (size_for(family, made.inputs, made.outputs, made.flags) < kSmallestSize ||
          !family.program->stale().empty() || !same_kinds(family.program->program(), *made.recorded))
        continue;
      const std::string why = family.program->confirm(context_, *made.recorded);
      if (why.empty()) return "";
      families_.erase(families_.begin() + static_cast<std::ptrdiff_t>(f));
      return concat("; the plan for all sizes has ended: ", why);
    }
    const Entry* other = other_size_of(made);
    if (!other) return "";
    std::string why;
    auto program = SizedProgram::of(context_, *other->recorded, *made.recorded, why);
    if (!program) return concat("; the two have no plan for all sizes: ", why);
    if (families_.size() >= options_.most_plans) families_.erase(families_.begin());
    families_.push_back({made.inputs, made.outputs, made.flags, std::move(program)});
  } catch (const std::bad_alloc&) {
    // The step has run: its call must not fail for want of a plan that nobody needs yet.
  }
  return "";
}

// An entry for inputs that have another size of the batch than any recording, or null: there is no family for them, or, with
// the reason in `why`, their ops do not take the size.
Function::Entry* Function::resize(Span<const Tensor> inputs, size_t outputs, std::string& why) {
  std::unique_ptr<Entry> entry = entry_for(inputs, outputs);
  for (size_t f = families_.size(); f-- > 0;) {
    const Family& family = families_[f];
    const int64_t size = size_for(family, entry->inputs, outputs, flags_);
    const graph::Program& program = family.program->program();
    if (size < kSmallestSize || changed_kind(program) || changed_trainable(program)) continue;
    std::string gone = family.program->stale();
    if (!gone.empty()) {
      why = concat("; the plan for all sizes has ended: ", gone);
      families_.erase(families_.begin() + static_cast<std::ptrdiff_t>(f));
      continue;
    }
    const std::string doubt = family.program->doubt(size);
    if (!doubt.empty()) {
      why = concat("; ", doubt);
      continue;
    }
    try {
      entry->program = std::make_unique<graph::Program>(family.program->at(size));
    } catch (const Error& e) {
      if (e.code() == Code::kOutOfMemory) throw;
      why = concat("; the plan for all sizes does not take it: ", e.message());
      continue;
    }
    entries_.reserve(entries_.size() + 1);
    entry->plan = std::make_unique<Plan>(context_, std::move(*entry->program), options_.plan);
    entry->program.reset();
    make_room();
    resized_++;
    entries_.push_back(std::move(entry));
    return entries_.back().get();
  }
  return nullptr;
}

}  // namespace tl::compile
