// Where an array leaves a range: two reductions over what is in order, a loop only where something is not.
#pragma once

#include <algorithm>
#include <atomic>
#include <type_traits>

#include "core/kernels/parallel.h"
#include "core/kernels/vector/table.h"

namespace tl::kernels {

// How far beyond [0, 1] a probability may lie: sums and products of probabilities in f32 are wrong by that much.
constexpr double kProbabilitySlack = 1e-6;

// The position of the first element outside [low, high], n if there is none. NaN is outside unless it passes.
template <class T>
size_t first_outside(const T* x, size_t n, double low, double high, bool nan_passes) {
  if constexpr (std::is_floating_point_v<T>) {
    // NaN among the elements makes both NaN, and the comparisons false.
    const ReductionKernels<T>& k = float_table<T>(vector_table()).reduction;
    if (static_cast<double>(k.minimum(x, n)) >= low && static_cast<double>(k.maximum(x, n)) <= high) return n;
  }
  for (size_t i = 0; i < n; i++) {
    const double v = static_cast<double>(x[i]);
    if (!(v >= low && v <= high) && !(nan_passes && v != v)) return i;
  }
  return n;
}

// For pieces of an array that several threads look at: the first position that any of them reports.
class FirstPosition {
 public:
  explicit FirstPosition(size_t none) : first_(none) {}
  void report(size_t position) {
    size_t known = first_.load(std::memory_order_relaxed);
    while (position < known && !first_.compare_exchange_weak(known, position, std::memory_order_relaxed)) {
    }
  }
  // Only after the threads are done.
  size_t get() const { return first_.load(std::memory_order_relaxed); }

 private:
  std::atomic<size_t> first_;
};

}  // namespace tl::kernels
