#include "core/dist/recorded_call.h"

#include <utility>

#include "core/base/error.h"
#include "core/dist/wire.h"

namespace tl::dist {
namespace {

// Of a call that is handed to another thread: that takes two switches, of some microseconds each, and more where all CPUs are taken.
constexpr size_t kWorthAThread = 32 * 1024;

// All that tells calls of one operation apart, but their tensors.
std::string detail_of(const Call& call) {
  switch (call.operation) {
    case Operation::kAllReduce: {
      std::string out = concat(name_of(call.reduction), is_narrowed(call) ? ", bf16" : "");
      if (!call.subject.empty()) out += concat(", ", call.subject);
      return out;
    }
    case Operation::kReduce: return concat(name_of(call.reduction), ", root=", call.root);
    case Operation::kBroadcast: return concat("root=", call.root);
    case Operation::kReduceScatter: {
      std::string out = concat(name_of(call.reduction), ", rows=");
      for (size_t i = 0; i < call.rows.size(); i++) out += concat(i ? " " : "", call.rows[i]);
      return out;
    }
    case Operation::kBroadcastEach: {
      std::string out = "roots=";
      for (size_t i = 0; i < call.rows.size(); i++) out += concat(i ? " " : "", call.rows[i]);
      return out;
    }
    default: return "";
  }
}

}  // namespace

RecordedCall::RecordedCall(std::shared_ptr<Seat> seat, const char* op, Call call, size_t results)
    : seat_(std::move(seat)),
      party_(seat_),
      name_(op),
      detail_(detail_of(call)),
      call_(std::move(call)),
      narrowed_(is_narrowed(call_)),
      from_(call_.tensors.size()),
      to_(results),
      errand_([this] { make(*going_); }) {}

bool RecordedCall::keeps_kinds() const {
  return call_.operation != Operation::kAllGather && call_.operation != Operation::kReduceScatter;
}

Group& RecordedCall::prepare(Span<const Tensor* const> in, Tensor* out) {
  Group* group = seat_->group();
  if (!group)
    fail(Code::kFailedPrecondition, "[", name_, "] the group must be there as long as the step that was ",
         "recorded with it: got one that was released; record the step with a new one");
  for (size_t k = 0; k < in.size(); k++) {
    call_.tensors[k].shape = in[k]->shape();
    from_[k] = in[k]->raw();
  }
  for (size_t k = 0; k < to_.size(); k++) to_[k] = out[k].mutable_raw();
  return *group;
}

// On whichever thread has the engine.
void RecordedCall::make(Group& group) {
  if (narrowed_) narrow_tensors(call_, from_, to_);
  group.again(name_.c_str(), call_, from_, [this](const Engine&) { return Span<std::byte* const>(to_); });
  if (narrowed_) widen_results(call_, to_);
}

void RecordedCall::run(Span<const Tensor* const> in, Tensor* out) {
  Group& group = prepare(in, out);
  group.courier_->settle();
  make(group);
}

bool RecordedCall::can_overlap() const {
  const Group* group = seat_->group();
  if (!group || !group->overlaps()) return false;
  size_t bytes = 0;
  for (const TensorKind& t : call_.tensors) bytes += t.bytes();
  return bytes >= kWorthAThread;
}

void RecordedCall::start(Span<const Tensor* const> in, Tensor* out) {
  going_ = &prepare(in, out);
  courier_ = going_->courier_;
  courier_->send(errand_);
}

void RecordedCall::finish() {
  const std::shared_ptr<Courier> courier = std::exchange(courier_, nullptr);
  courier->finish(errand_);
}

void RecordedCall::drop() noexcept {
  if (courier_) courier_->drop(errand_);
  courier_.reset();
}

}  // namespace tl::dist
