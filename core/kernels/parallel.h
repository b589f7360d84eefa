// Loops of kernels over the context's threads. The partition depends on the sizes alone, never on the number of threads.
#pragma once

#include <algorithm>
#include <cstddef>

#include "core/tensor/context.h"

namespace tl::kernels {

// Elements of a cheap element-wise loop that are worth a thread: about ten microseconds of memory traffic.
constexpr size_t kCheapGrain = 65536;
// The same for loops that compute exponentials and the like.
constexpr size_t kCostlyGrain = 16384;

// Fewer pieces are a short loop, which is shared out only where that has paid of late.
constexpr size_t kPiecesWorthWaking = 5;

// f(begin, end) over [0, n) in pieces of `grain`. Only for work whose bits do not depend on where it is cut.
template <class F>
void parallel_ranges(Context& context, size_t n, size_t grain, F&& f) {
  if (n <= grain || context.threads() == 1) {
    if (n) f(size_t{0}, n);
    return;
  }
  const size_t pieces = (n + grain - 1) / grain;
  context.pool().parallel_for(
      pieces, [&](size_t i) { f(i * grain, std::min(n, (i + 1) * grain)); },
      pieces < kPiecesWorthWaking ? ThreadPool::Helpers::if_it_pays : ThreadPool::Helpers::all);
}

}  // namespace tl::kernels
