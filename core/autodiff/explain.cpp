// Why a gradient is missing. A path from a source to a target is followed through what the tape knows of how values were made
// (Provenance) up to the first edge that no gradient passes; where no such edge is known, the log of the tape's states tells.
#include <algorithm>

#include "core/autodiff/provenance.h"
#include "core/autodiff/witness.h"
#include "core/base/error.h"

namespace tl {
namespace {

bool contains(const std::vector<uint64_t>& list, uint64_t id) {
  return std::find(list.begin(), list.end(), id) != list.end();
}

}  // namespace

const char* Tape::name_of(const Entry& entry) const {
  return entry.schema ? entry.schema->name : rules_[entry.attrs]->name().c_str();
}

// What is known of how values were made, of a tape that does not explain: what it recorded and what it noted.
Provenance Tape::history() const {
  Provenance out;
  if (provenance_) out = *provenance_;
  std::vector<char> tracked;
  std::vector<const Tensor*> in;
  for (const Entry& e : entries_) {
    in.clear();
    tracked.clear();
    for (uint32_t i = 0; i < e.num_inputs; i++) {
      in.push_back(&tensors_[e.first + i]);
      tracked.push_back(locals_[e.first + i] >= 0);
    }
    out.add(Reason::kConnected, name_of(e), in, tracked,
            Span<const Tensor>(&tensors_[e.first + e.num_inputs], e.num_outputs), generation_);
  }
  return out;
}

// The ids of the values that stand for a source.
std::vector<uint64_t> Tape::values_of(const GradientSource& source) const {
  if (!source.variable) return {source.tensor.id()};
  std::vector<uint64_t> out;
  for (const VariableRead& r : reads_)
    if (r.variable == source.variable->id()) out.push_back(r.value);
  if (witness_)
    for (const Witness::Read& r : static_cast<const Witness&>(*witness_).reads())
      if (r.variable == source.variable->id() && !contains(out, r.value)) out.push_back(r.value);
  return out;
}

struct Tape::Known {
  Known(const Tape& tape, Span<const uint64_t> targets)
      : own(tape.explains() ? Provenance() : tape.history()),
        history(tape.explains() ? *tape.provenance_ : own),
        cone(history.cone(targets)),
        leaves(history.leaves(cone)) {}
  Known(const Known&) = delete;
  Known& operator=(const Known&) = delete;

  Provenance own;
  const Provenance& history;
  Provenance::Cone cone;
  std::vector<Provenance::Node> leaves;
};

std::vector<Finding> Tape::find_breaks(Span<const uint64_t> targets,
                                       Span<const GradientSource> sources) const {
  const Known known(*this, targets);  // once for all, because it takes as long as the tape is
  std::vector<Finding> out;
  for (const GradientSource& s : sources) out.push_back(find_break(known, s));
  return out;
}

Finding Tape::find_break(const Known& known, const GradientSource& source) const {
  const std::vector<uint64_t> values = values_of(source);
  const bool watchable = source.variable ? watches_by_itself(*source.variable) : false;
  auto why = [&](const Provenance::Break& edge) {
    const Provenance::Step& step = *edge.step;
    const bool tracked_now = watchable || find(edge.operand) >= 0;
    if (step.generation != generation_) return Reason::kReset;
    if (!edge.was_tracked && !tracked_now) return Reason::kNotWatched;
    const bool ran_unseen = step.cut == Reason::kPaused || step.cut == Reason::kOutside;
    if (!edge.was_tracked && !ran_unseen && step.cut != Reason::kAssigned) return Reason::kWatchedLate;
    return step.cut;
  };
  bool arrives = false;
  std::vector<Provenance::Break> breaks = known.history.breaks(
      values, known.cone, [&](const Provenance::Break& e) { return why(e) == Reason::kConnected; }, &arrives);
  Finding out;
  if (arrives) return out;
  if (breaks.empty()) {
    out.reason = unreached(known, source);
    return out;
  }
  // The last one: what the longest live path runs into.
  const Provenance::Break& last = breaks.back();
  out.reason = why(last);
  out.place = last.step->name;
  out.step = last.step->number;
  out.has_result = true;
  out.dtype = last.step->dtype;
  out.shape = last.step->shape;
  out.others = breaks.size() - 1;
  return out;
}

bool Tape::watches_by_itself(const Variable& v) const {
  return options_.watch_variables && v.trainable() && is_floating(v.dtype());
}

// No chain of known ops leads from the source to a target.
Reason Tape::unreached(const Known& known, const GradientSource& source) const {
  const uint64_t id = source.id();
  if (source.variable) {
    if (contains(forgotten_, id)) return Reason::kReset;
    const bool watched = watches_by_itself(*source.variable) || variable_index_.find(id) >= 0;
    if (!watched) return Reason::kNotWatched;
    if (values_of(source).empty()) return Reason::kNotRead;
  } else if (find(source.tensor) < 0) {
    return contains(forgotten_, id) ? Reason::kReset : Reason::kNotWatched;
  }
  uint64_t watched_at = begin_;
  for (const Watch& w : watches_)
    if (w.id == id) watched_at = w.at;
  for (uint64_t target : known.cone.targets) {
    if (int32_t n = known.history.find(target); n >= 0 && known.history.made(n)) continue;
    if (target < begin_) return Reason::kOutside;
    if (target < reset_at_) return Reason::kReset;
    if (target < id && !source.variable) continue;  // made before the source was
    const TapeWindow window = log_.at(target);
    if (window == TapeWindow::kPaused) return Reason::kPaused;
    if (window == TapeWindow::kEnded) return Reason::kOutside;
    if (target < watched_at) return Reason::kWatchedLate;
  }
  return options_.explain || !suspicious(known, source, watched_at) ? Reason::kIndependent : Reason::kUnknown;
}

// Whether a target is made of the result of an op that the tape did not record, and that could have used the source: one
// that ran before the source was watched, or that goes back to a time in which the tape did not record.
bool Tape::suspicious(const Known& known, const GradientSource& source, uint64_t watched_at) const {
  const uint64_t id = source.id();
  for (const Provenance::Node& leaf : known.leaves) {
    if (!leaf.made_by || leaf.id < id) continue;
    if (leaf.id >= begin_ && log_.interrupted(begin_, leaf.id)) return true;
    if (!source.variable && leaf.id > begin_ && watched_at > id + 1) return true;
  }
  for (uint64_t target : known.cone.targets)
    if (known.history.find(target) < 0 && target > id &&
        (log_.interrupted(begin_, target) || (!source.variable && watched_at > id + 1)))
      return true;
  return false;
}

Finding Tape::explain(const Tensor& target, const GradientSource& source) const {
  if (!target || (!source.variable && !source.tensor))
    invalid("[tape_explain] the target and the source must be tensors: got null; was it set?");
  Context& owner = source.variable ? source.variable->context() : source.tensor.context();
  if (&target.context() != &context_ || &owner != &context_)
    invalid(
        "[tape_explain] the target and the source must be of the tape's context: got one of another; compute "
        "in one "
        "context");
  const uint64_t id = target.id(), from = source.id();
  for (const Missing& m : missing_)
    if (m.source == from && contains(m.targets, id)) return m.finding;
  DType dtype = source.variable ? source.variable->dtype() : source.tensor.dtype();
  Finding out;
  if (!is_floating(dtype) || !is_floating(target.dtype())) {
    out.reason = Reason::kInteger;
    return out;
  }
  if (state_ == State::kConsumed && !options_.explain)
    fail(Code::kFailedPrecondition,
         "[tape_explain] a consumed tape knows only what its gradient call found missing: got another target "
         "or source; "
         "begin the tape with the option explain, or make it persistent");
  return find_break(Known(*this, Span<const uint64_t>(&id, 1)), source);
}

}  // namespace tl
