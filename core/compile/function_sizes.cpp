// Function, the part that makes plans for other sizes of a batch than those that were recorded.
#include <new>

#include "core/base/error.h"
#include "core/compile/function.h"

namespace tl::compile {

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

// A kept recording of the same signature but for leading dimensions, for which there is no family yet.
const Function::Entry* Function::other_size_of(const Entry& entry) const {
  // The kinds of steps of the recording, or those that it would have now.
  auto of_kind = [&](const graph::Program& program) {
    return entry.recorded ? same_kinds(program, *entry.recorded)
                          : !changed_kind(program) && !changed_trainable(program);
  };
  for (const Family& family : families_)
    if (comparable(entry, family.inputs, family.outputs, family.flags) && family.program->stale().empty() &&
        of_kind(family.program->program()))
      return nullptr;
  const Entry* latest = nullptr;
  for (const auto& other : entries_)
    if (other->recorded && stale_reason(*other->recorded).empty() && of_kind(*other->recorded) &&
        (!latest || other->used > latest->used) &&
        comparable(entry, other->inputs, other->outputs, other->flags))
      latest = other.get();
  return latest;
}

// Makes a family of a new recording and a kept one; "" or why the two have none.
std::string Function::find_family(const Entry& made) {
  const Entry* other = other_size_of(made);
  if (!other) return "";
  try {
    std::string why;
    auto program = SizedProgram::of(context_, *other->recorded, *made.recorded, why);
    if (!program) return why;
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
  constexpr int64_t kSmallest = 2;
  for (size_t f = families_.size(); f-- > 0;) {
    const Family& family = families_[f];
    if (family.flags != flags_ || family.outputs != outputs || family.inputs.size() != inputs.size())
      continue;
    int64_t size = -1;
    bool fits = true;
    for (size_t i = 0; i < inputs.size() && fits; i++) {
      Shape shape = inputs[i].shape();
      const Kind& kind = family.inputs[i];
      fits = inputs[i].dtype() == kind.dtype && shape.rank() == kind.shape.rank();
      if (fits && family.program->varies(i)) {
        fits = size < 0 || shape[0] == size;
        size = shape[0];
        shape[0] = kind.shape[0];
      }
      fits = fits && shape == kind.shape;
    }
    const graph::Program& program = family.program->program();
    if (!fits || size < kSmallest || changed_kind(program) || changed_trainable(program)) continue;
    std::string gone = family.program->stale();
    if (!gone.empty()) {
      why = concat("; the plan for all sizes has ended: ", gone);
      families_.erase(families_.begin() + static_cast<std::ptrdiff_t>(f));
      continue;
    }
    std::unique_ptr<Entry> entry = entry_for(inputs, outputs);
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
