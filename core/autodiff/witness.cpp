// What tapes remember of ops that they do not record: of those that cut a path always, of all others when they explain.
#include "core/autodiff/witness.h"

#include "core/autodiff/provenance.h"

namespace tl {

Reason why_cut(const OpSchema& schema, Span<const Tensor> out) {
  if (schema.id == OpId::kStopGradient) return Reason::kStopGradient;
  bool floating = false;
  for (const Tensor& t : out) floating |= is_floating(t.dtype());
  if (!floating) return Reason::kInteger;
  return schema.gradient == GradientKind::kNone ? Reason::kNotDifferentiable : Reason::kConnected;
}

// An op that ends a path from a tracked tensor, or that goes on from the result of one that did.
void Tape::note_cut(Reason cut, const char* name, Span<const Tensor* const> in, Span<const Tensor> out) {
  if (options_.explain) return;  // the witness sees it
  bool concerns = false;
  for (const Tensor* t : in) concerns |= find(*t) >= 0 || (provenance_ && provenance_->knows(*t));
  if (!concerns) return;
  if (!provenance_) provenance_ = std::make_unique<Provenance>();
  provenance_->add(cut, name, in, tracked_among(in), out, generation_);
  for (const Tensor& t : out) t.node()->tape_bits |= bit_;
}

std::vector<char> Tape::tracked_among(Span<const Tensor* const> in) const {
  std::vector<char> out;
  for (const Tensor* t : in) out.push_back(find(*t) >= 0);
  return out;
}

void Tape::on_assign(Variable& variable, const Tensor& assigned, const Tensor& value) {
  const Tensor* in[] = {&assigned};
  note_cut(Reason::kAssigned, variable.name().c_str(), in, Span<const Tensor>(&value, 1));
}

void Tape::Witness::add(Reason cut, std::string name, Span<const Tensor* const> in, Span<const Tensor> out) {
  if (tape_.state_ == State::kConsumed) return;
  if (tape_.state_ == State::kPaused || tape_.hidden()) cut = Reason::kPaused;
  if (tape_.state_ == State::kEnded) cut = Reason::kOutside;
  tape_.provenance_->add(cut, std::move(name), in, tape_.tracked_among(in), out, tape_.generation_);
}

void Tape::Witness::on_op(const OpCall& call) {
  if (!call.in.empty()) add(why_cut(call.schema, call.out), call.schema.name, call.in, call.out);
}

void Tape::Witness::on_rule(const RuleCall& call) {
  if (call.in.empty() || call.out.empty()) return;
  bool floating = false;
  for (const Tensor& t : call.out) floating |= is_floating(t.dtype());
  add(floating ? Reason::kConnected : Reason::kInteger, call.rule->name(), call.in, call.out);
}

void Tape::Witness::on_read(Variable& variable, const Tensor& value) {
  for (size_t i = reads_.size(); i-- > 0;)
    if (reads_[i].value == value.id()) return;
  reads_.push_back({variable.id(), value.id()});
}

void Tape::Witness::on_assign(Variable& variable, const Tensor& assigned, const Tensor& value) {
  const Tensor* in[] = {&assigned};
  add(Reason::kAssigned, variable.name(), in, Span<const Tensor>(&value, 1));
}

}  // namespace tl
