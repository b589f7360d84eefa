// Recording: what a tape keeps of each op. The backward walk is in gradient.cpp.
#include "core/autodiff/tape.h"

#include <cstring>

#include "core/autodiff/provenance.h"
#include "core/autodiff/witness.h"
#include "core/base/error.h"
#include "core/base/make_room.h"

namespace tl {

Tape::Tape(Context& context, const TapeOptions& options)
    : context_(context), options_(options), bit_(context.new_recorder_bit()), begin_(context.next_id()) {
  if (options_.explain) {
    provenance_ = std::make_unique<Provenance>();
    provenance_->count_steps();
    witness_ = std::make_unique<Witness>(*this);
  }
  start_recording();
}

Tape::~Tape() {
  if (state_ == State::kRecording) context_.remove_recorder(this);
}

void Tape::start_recording() {
  log_.make_room();
  context_.add_recorder(this);
  state_ = State::kRecording;
  log_.note(TapeWindow::kRecording, context_.next_id());
}

void Tape::stop_recording(TapeWindow window) {
  if (state_ != State::kRecording) return;
  log_.make_room();
  context_.remove_recorder(this);
  log_.note(window, context_.next_id());
}

void Tape::pause() {
  if (state_ == State::kConsumed)
    fail(Code::kFailedPrecondition,
         "[tape_pause] the tape must record: got one that an earlier gradient call consumed; open a new "
         "tape, or "
         "make this one persistent");
  if (state_ != State::kRecording)
    fail(Code::kFailedPrecondition,
         "[tape_pause] the tape must record: got one that was paused or ended; resume it first");
  stop_recording(TapeWindow::kPaused);
  state_ = State::kPaused;
}

void Tape::resume() {
  if (state_ == State::kRecording)
    fail(Code::kFailedPrecondition,
         "[tape_resume] the tape must be paused or ended: got one that records; pause or end it first");
  if (state_ == State::kConsumed)
    fail(Code::kFailedPrecondition,
         "[tape_resume] the tape must be paused or ended: got one that an earlier gradient call consumed; "
         "open a new "
         "tape, or make this one persistent");
  start_recording();
}

void Tape::end() {
  if (state_ == State::kConsumed) return;  // gradient() inside the tape's block has ended the recording
  if (state_ == State::kEnded)
    fail(Code::kFailedPrecondition,
         "[tape_end] the tape must not have ended: got one that has; resume it to record more");
  stop_recording(TapeWindow::kEnded);
  state_ = State::kEnded;
}

void Tape::reset() {
  if (state_ != State::kRecording)
    fail(Code::kFailedPrecondition,
         "[tape_reset] the tape must record: got one that does not; reset works inside the tape's block");
  if (walking_)
    fail(Code::kFailedPrecondition,
         "[tape_reset] no gradient of the tape may be under way: got a call from inside one; reset when it "
         "has returned");
  std::vector<uint64_t> forgotten;
  for (const Watch& w : watches_) forgotten.push_back(w.id);
  for (const VariableRef& v : variables_) forgotten.push_back(v->id());
  log_.make_room();
  forgotten_ = std::move(forgotten);
  watches_.clear();
  missing_.clear();
  if (!options_.explain) provenance_.reset();
  generation_++;
  reset_at_ = context_.next_id();
  log_.forget();
  log_.note(TapeWindow::kRecording, reset_at_);
  forget_records();
  locals_of_id_.clear();
  num_locals_ = 0;
  variables_.clear();
  variable_index_.clear();
  reads_.clear();
}

void Tape::forget_records() {
  entries_.clear();
  locals_.clear();
  attrs_.clear();
  // The end of a rule or of the caller's memory runs code of the caller's, which may come back to this tape: last.
  std::vector<Tensor> tensors;
  std::vector<std::shared_ptr<Rule>> rules;
  tensors.swap(tensors_);
  rules.swap(rules_);
}

void Tape::watch(const Tensor& tensor) {
  if (!is_floating(tensor.dtype()))
    invalid("[tape_watch] only floating-point tensors have gradients: got ", tensor.dtype(), " ",
            tensor.shape(), "; cast it before the computation");
  if (state_ == State::kConsumed)
    fail(Code::kFailedPrecondition,
         "[tape_watch] the tape must not be consumed: got one that an earlier gradient call consumed; open a "
         "new one");
  check_visible("tape_watch", "the tensor", *this, tensor);
  if (find(tensor) >= 0) return;
  locals_of_id_.make_room(1);
  watches_.push_back({tensor.id(), context_.next_id()});
  track(tensor);
}

void Tape::watch(Variable& variable) {
  if (!is_floating(variable.dtype()))
    invalid("[tape_watch] only floating-point variables have gradients: got '", variable.name(), "' of ",
            variable.dtype(), "; cast its value where it is used");
  if (state_ == State::kConsumed)
    fail(Code::kFailedPrecondition,
         "[tape_watch] the tape must not be consumed: got one that an earlier gradient call consumed; open a "
         "new one");
  remember(variable);
}

int32_t Tape::find(const Tensor& tensor) const {
  return tensor.node()->tape_bits & bit_ ? locals_of_id_.find(tensor.id()) : -1;
}

int32_t Tape::track(const Tensor& tensor) {
  locals_of_id_.insert(tensor.id(), num_locals_);
  tensor.node()->tape_bits |= bit_;
  return num_locals_++;
}

int32_t Tape::remember(Variable& variable) {
  int32_t index = variable_index_.find(variable.id());
  if (index >= 0) return index;
  variable_index_.make_room(1);
  index = static_cast<int32_t>(variables_.size());
  variables_.push_back(VariableRef::share(&variable));
  variable_index_.insert(variable.id(), index);
  return index;
}

void Tape::on_read(Variable& variable, const Tensor& value) {
  if (find(value) >= 0) return;
  bool automatic = options_.watch_variables && variable.trainable() && is_floating(variable.dtype());
  if (!automatic && variable_index_.find(variable.id()) < 0) return;
  make_room(reads_, 1);
  locals_of_id_.make_room(1);
  remember(variable);
  reads_.push_back({variable.id(), track(value), value.id()});
}

bool Tape::any_tracked(Span<const Tensor* const> in) const {
  bool tracked = false;
  for (const Tensor* t : in) tracked |= is_floating(t->dtype()) && find(*t) >= 0;
  return tracked;
}

void Tape::save(const Tensor& tensor, bool with_data, int32_t local) {
  tensors_.push_back(with_data ? tensor : tensor.shell());
  locals_.push_back(local);
}

// While it lives, a record is being made. Unless it comes to its end, for want of memory, nothing of it stays: a record of
// half an op would be taken for another one.
class Tape::Recording {
 public:
  // Of an op with `outputs` results.
  Recording(Tape& tape, size_t outputs)
      : tape_(tape),
        tensors_(tape.tensors_.size()),
        locals_(tape.locals_.size()),
        attrs_(tape.attrs_.size()),
        rules_(tape.rules_.size()) {
    make_room(tape.entries_, 1);
    tape.locals_of_id_.make_room(outputs);
  }
  ~Recording() {
    if (complete_) return;
    tape_.tensors_.resize(tensors_);
    tape_.locals_.resize(locals_);
    tape_.attrs_.resize(attrs_);
    tape_.rules_.resize(rules_);
  }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  // Everything is saved: adds the record, whose results are tracked from now on. Cannot fail.
  void complete(const Entry& entry, Span<const Tensor> out) {
    for (size_t i = 0; i < out.size(); i++) {
      if (!is_floating(out[i].dtype())) continue;
      const size_t place = entry.first + entry.num_inputs + i;
      tape_.locals_[place] = tape_.track(out[i]);
      tape_.tensors_[place].node()->tape_bits |= tape_.bit_;  // of a shell, too
    }
    tape_.entries_.push_back(entry);
    complete_ = true;
  }

 private:
  Tape& tape_;
  size_t tensors_, locals_, attrs_, rules_;
  bool complete_ = false;
};

void Tape::on_op(const OpCall& call) {
  const OpSchema& schema = call.schema;
  bool differentiable = false;
  if (schema.gradient != GradientKind::kNone)
    for (const Tensor& t : call.out) differentiable |= is_floating(t.dtype());
  if (!differentiable || !any_tracked(call.in)) {
    note_cut(why_cut(schema, call.out), schema.name, call.in, call.out);
    return;
  }
  Entry entry{&schema, static_cast<uint32_t>(tensors_.size()), static_cast<uint32_t>(call.in.size()),
              static_cast<uint32_t>(call.out.size()), static_cast<uint32_t>(attrs_.size())};
  Recording recording(*this, call.out.size());
  for (size_t i = 0; i < call.in.size(); i++) {
    const Tensor& t = *call.in[i];
    size_t column = i < schema.num_inputs ? i : schema.num_inputs - 1u;
    save(t, schema.saved_inputs >> column & 1, is_floating(t.dtype()) ? find(t) : -1);
  }
  for (size_t i = 0; i < call.out.size(); i++) save(call.out[i], schema.saved_outputs >> i & 1, -1);
  if (schema.attr_bytes) {
    attrs_.resize(attrs_.size() + (schema.attr_bytes + 7u) / 8);
    std::memcpy(&attrs_[entry.attrs], call.attrs, schema.attr_bytes);
  }
  recording.complete(entry, call.out);
}

void Tape::on_rule(const RuleCall& call) {
  bool differentiable = false;
  for (const Tensor& t : call.out) differentiable |= is_floating(t.dtype());
  if (!differentiable || !any_tracked(call.in)) {
    note_cut(Reason::kInteger, call.rule->name().c_str(), call.in, call.out);
    return;
  }
  Entry entry{nullptr, static_cast<uint32_t>(tensors_.size()), static_cast<uint32_t>(call.in.size()),
              static_cast<uint32_t>(call.out.size()), static_cast<uint32_t>(rules_.size())};
  Recording recording(*this, call.out.size());
  for (const Tensor* t : call.in) save(*t, true, is_floating(t->dtype()) ? find(*t) : -1);
  for (const Tensor& t : call.out) save(t, call.rule->saves_outputs(), -1);
  rules_.push_back(call.rule);
  recording.complete(entry, call.out);
}

}  // namespace tl
