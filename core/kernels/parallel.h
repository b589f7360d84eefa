// Loops of kernels over the context's threads.
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

// Pieces begin at multiples of it where `grain` is one: whole cache lines, and whole blocks of random numbers.
constexpr size_t kCut = 64;

// f(begin, end) over [0, n) in pieces of at most `grain`, or all of it where that is one piece or one thread. Only for work whose
// bits do not depend on where it is cut: pieces are of one size, and as many for each thread, since of three on two threads one
// would do twice the other's work.
template <class F>
void parallel_ranges(Context& context, size_t n, size_t grain, F&& f) {
  if (n <= grain || context.threads() == 1) {
    if (n) f(size_t{0}, n);
    return;
  }
  const size_t threads = static_cast<size_t>(context.threads()), unit = grain % kCut == 0 ? kCut : 1;
  size_t pieces = (n + grain - 1) / grain;
  if (pieces > threads) pieces = (pieces + threads - 1) / threads * threads;
  const size_t size = ((n + pieces - 1) / pieces + unit - 1) / unit * unit;
  pieces = (n + size - 1) / size;
  context.pool().parallel_for(
      pieces, [&](size_t i) { f(i * size, std::min(n, (i + 1) * size)); },
      pieces < kPiecesWorthWaking ? ThreadPool::Helpers::if_it_pays : ThreadPool::Helpers::all);
}

}  // namespace tl::kernels
