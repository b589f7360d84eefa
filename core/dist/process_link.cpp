#include "core/dist/process_link.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "core/base/blocked_signals.h"
#include "core/base/clock.h"
#include "core/tensor/context.h"

namespace tl::dist {
namespace {

constexpr double kRest = 1;         // seconds without a call after which nobody looks out
constexpr double kLastCall = 0.25;  // seconds for the end of a call that a rank has left behind itself
constexpr double kFarewell = 5;     // seconds that a rank stays for those that are still in their last call

// The control channel's values as a plugin sees them, which knows no exceptions.
struct Values {
  ControlChannel& control;
  const Wait& wait;
  std::optional<Error> problem;

  template <class F>
  int32_t guarded(F&& f) noexcept {
    try {
      f();
      return 0;
    } catch (const Error& e) {
      problem = e;
      return static_cast<int32_t>(e.code());
    } catch (...) {
      return static_cast<int32_t>(Code::kOutOfMemory);
    }
  }
};

int32_t put(void* user, const char* name, const void* value, size_t size) {
  auto& values = *static_cast<Values*>(user);
  return values.guarded([&] { values.control.put(name, {static_cast<const char*>(value), size}); });
}

int32_t get(void* user, const char* name, double seconds, void* value, size_t capacity, size_t* size) {
  auto& values = *static_cast<Values*>(user);
  return values.guarded([&] {
    const std::string found = values.control.get(name, {seconds, values.wait.context});
    *size = found.size();
    std::copy_n(found.data(), std::min(capacity, found.size()), static_cast<char*>(value));
  });
}

int32_t failed(void* user) {
  const auto& values = *static_cast<const Values*>(user);
  try {
    return values.control.failure() || (values.wait.context && values.wait.context->cancelled());
  } catch (...) {
    return 0;  // no memory for its text: the next time
  }
}

}  // namespace

Transport connect(const tl_transport_table& table, ControlChannel& control, const Wait& wait) {
  Values values{control, wait, std::nullopt};
  tl_transport_options o{};
  o.struct_size = sizeof o;
  o.rank = control.place().rank;
  o.size = control.place().size;
  o.address = control.address().c_str();
  o.name = "transport";
  o.seconds = wait.seconds;
  o.store = {&values, put, get, failed};
  tl_transport* handle = nullptr;
  tl_transport_error error{0, -1, {}};
  const int32_t code = table.connect(&o, &handle, &error);
  error.text[TL_TRANSPORT_TEXT - 1] = 0;
  if (code == 0) return {table, handle};
  if (values.problem) throw Error(*values.problem);
  const int rank = control.place().rank;
  if (wait.context && wait.context->cancelled()) {
    control.fail({Code::kPeerLost,
                  concat("all ranks must connect by ", table.engine, ": rank ", rank, " was cancelled"),
                  rank});
    wait.context->check_cancelled("connect");
  }
  // All get the same: what another rank has said first, or this one.
  if (!control.failure())
    control.fail({static_cast<Code>(code),
                  concat("all ranks must connect by ", table.engine, " within ", seconds_text(wait.seconds),
                         " s: rank ", error.rank < 0 ? rank : error.rank, " does not: ", error.text),
                  rank});
  for (const double end = monotonic_seconds() + 0.5;;) {
    if (const std::optional<Failure> found = control.failure()) throw Error(found->code, found->text);
    if (monotonic_seconds() >= end) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  fail(static_cast<Code>(code), "all ranks must connect by ", table.engine, ": ",
       error.rank < 0 ? "this one does" : concat("rank ", error.rank, " does"), " not: ", error.text);
}

void ProcessLink::Transfers::finish(double deadline) {
  if (!wait_) return;
  tl_transport_error error{0, -1, {}};
  const double left = std::max(0.0, deadline - monotonic_seconds());
  const int32_t code = link_->transport_.table->finish(link_->transport_.handle(),
                                                       std::exchange(wait_, nullptr), left, &error);
  error.text[TL_TRANSPORT_TEXT - 1] = 0;
  if (code != 0) throw TransferFailed{static_cast<Code>(code), error.rank, error.text};
}

bool ProcessLink::Transfers::has_come() noexcept {
  tl_transport_error error{0, -1, {}};
  return wait_ && link_->transport_.table->finish(link_->transport_.handle(), std::exchange(wait_, nullptr),
                                                  0, &error) == 0;
}

void ProcessLink::Transfers::drop() noexcept {
  if (!wait_) return;
  link_->abort();
  (void)has_come();
}

std::shared_ptr<ProcessLink> ProcessLink::make(Transport transport, std::unique_ptr<ControlChannel> control) {
  return {new ProcessLink(std::move(transport), std::move(control)), [](ProcessLink* link) {
            if (!link->forked()) delete link;
          }};
}

ProcessLink::ProcessLink(Transport transport, std::unique_ptr<ControlChannel> control)
    : transport_(std::move(transport)), control_(std::move(control)), process_(getpid()) {
  {
    const BlockedSignals none;
    lookout_ = std::thread([this] { look_out(); });
  }
  control_->on_failure([this] {
    failed_.store(true, std::memory_order_release);
    const std::lock_guard<std::mutex> lock(mutex_);
    changed_.notify_all();
  });
}

ProcessLink::~ProcessLink() {
  if (!failed()) control_->farewell({kFarewell, nullptr});
  control_->on_failure({});
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  lookout_.join();
  if (failed()) abort();
  for (Parked& parked : parked_) (void)parked.transfers.has_come();  // what has not is taken back
  parked_.clear();
}

bool ProcessLink::forked() const { return getpid() != process_; }

ProcessLink::Transfers ProcessLink::start(Span<const tl_transport_transfer> transfers) {
  tl_transport_wait* wait = nullptr;
  tl_transport_error error{0, -1, {}};
  const int32_t code =
      transport_.table->start(transport_.handle(), transfers.data(), transfers.size(), &wait, &error);
  error.text[TL_TRANSPORT_TEXT - 1] = 0;
  if (code != 0) throw TransferFailed{static_cast<Code>(code), error.rank, error.text};
  return Transfers(this, wait);
}

void ProcessLink::abort() noexcept { transport_.table->abort(transport_.handle()); }

std::optional<Failure> ProcessLink::verdict(double seconds) const noexcept {
  const double end = monotonic_seconds() + seconds;
  try {
    for (;;) {
      if (std::optional<Failure> found = control_->failure()) return found;
      if (monotonic_seconds() >= end) return std::nullopt;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  } catch (...) {  // without memory for the text
    return std::nullopt;
  }
}

Failure ProcessLink::fail(Failure failure) noexcept {
  control_->fail(failure);
  failed_.store(true, std::memory_order_release);
  if (std::optional<Failure> found = verdict(0.5)) return std::move(*found);
  return failure;
}

void ProcessLink::park(Transfers&& transfers, std::shared_ptr<void> memory) noexcept {
  Parked parked{std::move(memory), std::move(transfers)};
  if (!parked.transfers.active()) return;
  try {
    parked_.push_back(std::move(parked));
  } catch (...) {  // without memory to remember them; they are dropped, and with them the transport
  }
}

void ProcessLink::watch(const Context* context) {
  const std::lock_guard<std::mutex> lock(mutex_);
  watched_ = context;
  if (context && asleep_) changed_.notify_all();
}

// Looks at the context of who waits, as soon as anybody who waits does, and ends the waits of a group that has failed. A call wakes it
// only where it has slept.
void ProcessLink::look_out() {
  std::unique_lock<std::mutex> lock(mutex_);
  double last = monotonic_seconds(), abort_at = 0;
  bool aborted = false;
  while (!ended_) {
    if (watched_) {
      last = monotonic_seconds();
      if (watched_->cancelled()) abort();
    }
    if (failed() && !aborted) {
      if (abort_at == 0) {
        lock.unlock();
        const std::optional<Failure> found = verdict(0);
        lock.lock();
        // Who has left between calls has sent all that the last one takes: those that are still in it come to its end.
        const bool left = found && found->text.find(kLeft) != std::string::npos;
        abort_at = monotonic_seconds() + (left ? kLastCall : 0);
      }
      aborted = monotonic_seconds() >= abort_at;
      if (aborted) abort();
    }
    if (monotonic_seconds() - last < kRest || (failed() && !aborted)) {
      if (!ended_) changed_.wait_for(lock, kPatience);
    } else {
      asleep_ = true;
      changed_.wait(lock, [&] { return ended_ || watched_ || (failed() && !aborted); });
      asleep_ = false;
    }
  }
}

}  // namespace tl::dist
