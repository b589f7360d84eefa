// ProcessLink: what a process has of the others: a transport, which moves bytes, and the control channel, by which all learn of a failure.
// The groups within a group share it. It wakes who waits for a transfer when the group has failed elsewhere, and when the context of who
// waits is cancelled.
//
// One thread at a time uses it; only leaving is for any.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/dist/control.h"
#include "core/dist/step_message.h"
#include "core/dist/transport.h"

namespace tl::dist {

// A transport that has been connected.
class Transport {
 public:
  Transport(const tl_transport_table& of, tl_transport* handle) : table(&of), handle_(handle) {}
  Transport(Transport&& other) noexcept
      : table(other.table), handle_(std::exchange(other.handle_, nullptr)) {}
  Transport& operator=(Transport&&) = delete;
  ~Transport() {
    if (handle_) table->close(handle_);
  }
  tl_transport* handle() const { return handle_; }
  tl_transport* give() { return std::exchange(handle_, nullptr); }

  const tl_transport_table* const table;

 private:
  tl_transport* handle_;
};

// Connects all ranks that the control channel has joined. Throws what the channel says, or the engine: kPeerLost, kTimedOut, kUnsupported.
Transport connect(const tl_transport_table& table, ControlChannel& control, const Wait& wait);

// Why a transfer has not ended; nobody else knows of it.
struct TransferFailed {
  Code code;
  int rank;  // -1: not known
  std::string text;
};

// In the text of a failure of a rank that has left between two calls, with the number of the next one behind it.
constexpr const char* kLeft = " was lost before step ";

class ProcessLink {
 public:
  // Transfers that have been started together. Whoever drops them unfinished gives the transport up.
  class Transfers {
   public:
    Transfers() = default;
    Transfers(ProcessLink* link, tl_transport_wait* wait) : link_(link), wait_(wait) {}
    Transfers(Transfers&& other) noexcept : link_(other.link_), wait_(std::exchange(other.wait_, nullptr)) {}
    Transfers& operator=(Transfers&& other) noexcept {
      std::swap(link_, other.link_);
      std::swap(wait_, other.wait_);
      return *this;
    }
    ~Transfers() { drop(); }
    bool active() const { return wait_ != nullptr; }
    // Until `deadline`, in monotonic_seconds(); throws TransferFailed.
    void finish(double deadline);
    bool has_come() noexcept;  // without waiting, where the transport is of no use any more
    void drop() noexcept;

   private:
    ProcessLink* link_ = nullptr;
    tl_transport_wait* wait_ = nullptr;
  };

  // Of a process that has been forked off, the connections and threads are the parent's: nothing is to be destroyed there.
  static std::shared_ptr<ProcessLink> make(Transport transport, std::unique_ptr<ControlChannel> control);
  ProcessLink(Transport transport, std::unique_ptr<ControlChannel> control);
  ~ProcessLink();
  ProcessLink(const ProcessLink&) = delete;
  ProcessLink& operator=(const ProcessLink&) = delete;

  ControlChannel& control() { return *control_; }
  const Place& place() const { return control_->place(); }
  uint64_t next_channel = 1;  // that no group of these ranks has had; all of a group agree at each step
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  bool forked() const;  // whether this is another process than the one that connected

  Transfers start(Span<const tl_transport_transfer> transfers);  // throws TransferFailed
  void abort() noexcept;
  // The first failure of all, or null: waits so long for it.
  std::optional<Failure> verdict(double seconds) const noexcept;
  // Tells all ranks, and gives what is the group's failure after that.
  Failure fail(Failure failure) noexcept;
  // Transfers that are not finished before the transport is closed, and what they read and write.
  void park(Transfers&& transfers, std::shared_ptr<void> memory) noexcept;

  // While it lives, the cancellation of a context wakes who waits.
  class Watch {
   public:
    Watch(ProcessLink& link, const Context* context) : link_(link) { link.watch(context); }
    ~Watch() { link_.watch(nullptr); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    ProcessLink& link_;
  };

 private:
  void watch(const Context* context);
  void look_out();

  Transport transport_;
  std::unique_ptr<ControlChannel> control_;
  const int process_;
  std::atomic<bool> failed_{false};
  // Destroyed from below: transfers end before their memory does.
  struct Parked {
    std::shared_ptr<void> memory;
    Transfers transfers;
  };
  std::vector<Parked> parked_;

  std::mutex mutex_;
  std::condition_variable changed_;
  const Context* watched_ = nullptr;
  bool asleep_ = false, ended_ = false;
  std::thread lookout_;  // last: it uses what is above
};

}  // namespace tl::dist
