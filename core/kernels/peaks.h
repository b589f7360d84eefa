// What this machine can do at most, measured when somebody asks: multiply-adds a second, and bytes a second from each level of its
// memory. A bound for the time of a step is computed from it (core/compile/bound.h). It says nothing of matrix products or kernels.
#pragma once

#include <array>
#include <cstddef>

#include "core/base/function_ref.h"
#include "core/base/thread_pool.h"

namespace tl::kernels {

struct Peaks {
  int threads = 1;
  double flops =
      0;  // a second, of all threads: operations in float multiply-adds of the widest registers, two each
  // Of the data caches of levels 1 to 3: of one thread on the first two, of all together on the third.
  std::array<size_t, 3> cache_bytes{};
  // Bytes a second that all threads read and write in y = a + b (McCalpin's add, 12 bytes an element), with arrays that lie in
  // the caches of levels 1 to 3, and in the memory behind them.
  std::array<double, 4> bandwidth{};
};

// Takes about 12 ms for each of `turns` (1 or more), of which the best counts, because other load slows some and speeds none up;
// more where the memory is slow. Holds four times the last cache meanwhile, 64 to 128 MiB in all. Every thread of the pool takes
// part. `between` is called in front of each turn and may throw. Throws std::bad_alloc.
Peaks measure_peaks(ThreadPool& pool, size_t turns, FunctionRef<void()> between);

}  // namespace tl::kernels
