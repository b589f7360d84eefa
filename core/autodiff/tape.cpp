// Recording: what a tape keeps of each op. The backward walk is in gradient.cpp.
#include "core/autodiff/tape.h"

#include <cstring>

#include "core/base/error.h"

namespace tl {

Tape::Tape(Context& context, const TapeOptions& options)
    : context_(context), options_(options), bit_(context.new_recorder_bit()) {
  start_recording();
}

Tape::~Tape() {
  if (state_ == State::kRecording) context_.remove_recorder(this);
}

void Tape::start_recording() {
  context_.add_recorder(this);
  state_ = State::kRecording;
}

void Tape::stop_recording() {
  if (state_ == State::kRecording) context_.remove_recorder(this);
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
  stop_recording();
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
  stop_recording();
  state_ = State::kEnded;
}

void Tape::reset() {
  if (state_ != State::kRecording)
    fail(Code::kFailedPrecondition,
         "[tape_reset] the tape must record: got one that does not; reset works inside the tape's block");
  forget_records();
  locals_of_id_.clear();
  num_locals_ = 0;
  variables_.clear();
  variable_index_.clear();
  reads_.clear();
}

void Tape::forget_records() {
  entries_.clear();
  tensors_.clear();
  locals_.clear();
  attrs_.clear();
}

void Tape::watch(const Tensor& tensor) {
  if (!is_floating(tensor.dtype()))
    invalid("[tape_watch] only floating-point tensors have gradients: got ", tensor.dtype(), " ",
            tensor.shape(), "; cast it before the computation");
  if (state_ == State::kConsumed)
    fail(Code::kFailedPrecondition,
         "[tape_watch] the tape must not be consumed: got one that an earlier gradient call consumed; open a "
         "new one");
  if (find(tensor) < 0) track(tensor);
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
  index = static_cast<int32_t>(variables_.size());
  variables_.push_back(VariableRef::share(&variable));
  variable_index_.insert(variable.id(), index);
  return index;
}

void Tape::on_read(Variable& variable, const Tensor& value) {
  if (find(value) >= 0) return;
  bool automatic = options_.watch_variables && variable.trainable() && is_floating(variable.dtype());
  if (!automatic && variable_index_.find(variable.id()) < 0) return;
  remember(variable);
  reads_.push_back({variable.id(), track(value)});
}

void Tape::on_op(const OpCall& call) {
  const OpSchema& schema = call.schema;
  if (schema.gradient == GradientKind::kNone) return;
  bool tracked = false;
  for (const Tensor* t : call.in) tracked |= is_floating(t->dtype()) && find(*t) >= 0;
  if (!tracked) return;
  bool differentiable = false;
  for (const Tensor& t : call.out) differentiable |= is_floating(t.dtype());
  if (!differentiable) return;

  Entry entry{&schema, static_cast<uint32_t>(tensors_.size()), static_cast<uint32_t>(call.in.size()),
              static_cast<uint32_t>(attrs_.size())};
  for (size_t i = 0; i < call.in.size(); i++) {
    const Tensor& t = *call.in[i];
    size_t column = i < schema.num_inputs ? i : schema.num_inputs - 1u;
    tensors_.push_back(schema.saved_inputs >> column & 1 ? t : t.shell());
    locals_.push_back(is_floating(t.dtype()) ? find(t) : -1);
  }
  for (size_t i = 0; i < call.out.size(); i++) {
    const Tensor& t = call.out[i];
    locals_.push_back(is_floating(t.dtype()) ? track(t) : -1);
    tensors_.push_back(schema.saved_outputs >> i & 1 ? t : t.shell());
  }
  if (schema.attr_bytes) {
    attrs_.resize(attrs_.size() + (schema.attr_bytes + 7u) / 8);
    std::memcpy(&attrs_[entry.attrs], call.attrs, schema.attr_bytes);
  }
  entries_.push_back(entry);
}

size_t Tape::saved_bytes() const {
  size_t bytes = 0;
  for (const Tensor& t : tensors_)
    if (t && !t.is_shell()) bytes += t.bytes();
  return bytes;
}

}  // namespace tl
