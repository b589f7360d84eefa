// The vote of a step: what ranks have to know of one another before they take it, in one small message of each. Its data have ended on
// some, one was asked to stop, one wants everything saved: all learn of it at the same step, and go on or stop together.
#pragma once

#include <cstdint>

#include "core/replicas/collectives.h"

namespace tl::replicas {

struct Vote {
  int64_t step = 0;
  double weight = 0;  // how much this rank brings to the step, in examples, say; 0: nothing
  bool stop = false, save = false;
};
struct Decision {
  double weight = 0;                // of all, added in the order of the ranks
  bool stop = false, save = false;  // whether any rank wants it
  bool finished = false;            // no rank brings anything
};

// Throws kInvalidArgument for a weight that is negative or not finite, and kMismatch, on all ranks, where they are not at one step: with
// the first rank that differs from rank 0.
Decision vote(const GroupPtr& group, const Vote& mine);

}  // namespace tl::replicas
