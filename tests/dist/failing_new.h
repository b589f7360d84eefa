// Allocations that fail when a test says so, on all threads: failing_new.cpp replaces operator new in the programs that have it. Tensors' memory comes
// from elsewhere (core/tensor/allocator.h), and what a test's own transport allocates is spared (OfTheHub).
#pragma once

#include <atomic>

#include "tests/dist/memory_transport.h"

namespace tl::test {

extern std::atomic<bool> armed, fired;

// From now on allocation `which` fails, or with `good` all from that one on, while `armed` is true; `fired` says whether one has.
void arm(long which, bool good);

}  // namespace tl::test
