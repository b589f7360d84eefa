// The random order of a shuffled dataset, as a function of its own.
#pragma once

#include <cstdint>
#include <vector>

namespace tl::data {

// A random permutation of 0 .. size-1 that follows from (seed, epoch, size) alone; every one is equally
// likely.
std::vector<int64_t> shuffled_order(uint64_t seed, uint64_t epoch, int64_t size);

}  // namespace tl::data
