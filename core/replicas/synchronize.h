// Brings all ranks to one state: after a failure some have taken the step that others were in, and one that has taken the place of a lost
// rank knows nothing. Whoever is furthest sends all that a checkpoint would hold, through the group, and no file is needed.
//
// What the objects are is not known here (core/io/saved_objects.h), and nothing is given to them: that is for who calls.
#pragma once

#include <cstdint>

#include "core/replicas/collectives.h"
#include "core/tensor/state.h"

namespace tl::replicas {

struct Synchronized {
  int64_t step = 0;
  int root = 0;  // whose state it is: the first rank of those with the highest step
  State state;
};

// Every rank says its state and the step it is at, and gets those of the rank that is furthest. kMismatch, on all ranks, where states are
// not of the same paths, kinds, dtypes and shapes: with the first rank that differs from rank 0, and the first path.
Synchronized synchronized(const GroupPtr& group, const State& mine, int64_t step);

}  // namespace tl::replicas
