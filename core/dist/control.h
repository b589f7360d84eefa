// ControlChannel: what the processes of a group say to one another beside their tensors: who they are, small values for starting up,
// that they live, and that one has failed. It moves no tensors. What joins processes over TCP is in control_client.h; the ranks of
// a test may share one in memory.
//
// One failure ends it for all: the first that anybody reports, or the lease of a rank that is not heard of. Everybody gets the same
// code and text, and after that nothing else.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/dist/engine.h"

namespace tl::dist {

struct Failure {
  Code code = Code::kPeerLost;
  std::string text;         // names rank, host and, where they are known, step and operation
  int rank = -1;            // whose failure it is; -1: of nobody in particular
  uint64_t generation = 0;  // above 0: the group is being made anew with this one, which is the reason
};

class ControlChannel {
 public:
  virtual ~ControlChannel() =
      default;  // leaves; whoever goes on learns of it as a failure, unless all have said farewell()

  virtual const Place& place() const = 0;
  // Which making of the group this is: that of all of its ranks.
  virtual uint64_t generation() const { return 0; }
  // Of each rank, the lowest one that is on the same machine; empty: not known.
  virtual const std::vector<int32_t>& machines() const {
    static const std::vector<int32_t> none;
    return none;
  }
  // The address of this machine by which the other ranks reach it, in numbers: that of the connection to rank 0's.
  virtual const std::string& address() const = 0;

  // Small values by name, for starting up; a name is set once. get() waits. Both throw the group's failure, kTimedOut or kCancelled.
  virtual void put(const std::string& name, std::string_view value) = 0;
  virtual std::string get(const std::string& name, const Wait& wait) = 0;

  // Tells all ranks; the first that is told counts. From any thread; waits for nothing.
  virtual void fail(const Failure& failure) noexcept = 0;
  virtual std::optional<Failure> failure() const = 0;
  // Runs once where the group fails, on a thread of the channel's, or at once where it has failed: to wake who waits for a transfer.
  // Empty: nothing any more; returns when one that runs has ended.
  virtual void on_failure(std::function<void()> wake) = 0;

  // This rank has ended well, and makes no more calls: its silence is no failure. Waits until all have said so or the time is over.
  virtual void farewell(const Wait& wait) noexcept = 0;
};

}  // namespace tl::dist
