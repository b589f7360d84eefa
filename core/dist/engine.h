// Engine: what moves tensors between the ranks of a group. One that joins threads is in local.h.
//
// A step has two halves. meet() brings the calls of all ranks together, compares them, and fails on each rank alike where they
// differ or one does not come in time: only here may a rank wait for long, and only here is it cancelled. run() moves the data,
// or abandon() says that this rank cannot; neither waits for anything but ranks that are inside the step. Arguments are plain
// data, so that an engine in a library of its own, which is opened when it is used, can stand behind a table of C functions.
//
// The first failure ends the group: every later call, on any rank, gives it again.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/base/span.h"
#include "core/dist/call.h"
#include "core/tensor/context.h"

namespace tl::dist {

struct Place {
  int rank = 0, size = 1;
  int local_rank = 0, local_size = 1;  // among the ranks of this machine; a size of 0: not known yet
};

// How long a rank waits for the others, and who may end that.
struct Wait {
  double seconds;
  const Context* context;  // of the rank
};

class Engine {
 public:
  virtual ~Engine() = default;  // leaves
  virtual const Place& place() const = 0;

  // `in`: the data of each tensor of the call, which stays until the step has ended. After a throw the step is over.
  virtual void meet(const Call& call, Span<const std::byte* const> in, const Wait& wait) = 0;
  // What a rank has said, from meet() until the step ends. Of a barrier there is nothing more: it ends with meet().
  virtual const Call& said_by(int rank) const = 0;
  // Ends the step with the results in `out`, one for each tensor, of the sizes that the calls say (results_of in group.h). Throws
  // where another rank abandons it, and then does so on all ranks.
  virtual void run(Span<std::byte* const> out) = 0;
  // Instead of run(): the step fails on all ranks.
  virtual void abandon(Code code, std::string_view why) noexcept = 0;
  // Instead of run(), of a kSplit: the engine of the ranks of this one's color; null where that is below 0.
  virtual std::unique_ptr<Engine> split() = 0;

  // This rank takes no further part; who waits for it, or will, is told why. Nothing where the group has failed before.
  virtual void leave(Code code, std::string_view why) noexcept = 0;
  // The same of a rank that has not failed: whoever makes no more calls hears nothing of it.
  virtual void end(std::string_view why) noexcept { leave(Code::kPeerLost, why); }
  // Which making of the group this is.
  virtual uint64_t generation() const { return 0; }
  // How many steps have ended well.
  virtual uint64_t steps() const = 0;
};

}  // namespace tl::dist
