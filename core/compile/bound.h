// The bound that a machine sets to a step: what its operations and the bytes that its kernels move take at least.
#pragma once

#include "core/compile/plan.h"
#include "core/kernels/peaks.h"

namespace tl::compile {

using Peaks = kernels::Peaks;

// Those of the threads of a context, which is the only thing here that takes time (kernels/peaks.h). Throws kCancelled in front of a
// turn, and std::bad_alloc.
Peaks measure_peaks(Context& context, size_t turns);

// In seconds a step. That of the step is the larger one, for arithmetic and memory work at the same time.
struct Bound {
  double arithmetic = 0;
  double memory = 0;
  int level = 4;  // of the memory that holds all that a run touches: caches 1 to 3, 4 what lies behind them
};

// operations over peak; bytes over the bandwidth of the fastest level of memory that holds all that a run touches, as in the
// roofline model (Williams, Waterman and Patterson, 2009). The caches of levels 1 and 2 are each thread's own, so that together they
// hold as many times as much.
Bound bound_of(const PlanCost& cost, const Peaks& peaks);

}  // namespace tl::compile
