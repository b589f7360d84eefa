// What several get parts of: a count that is cut into parts which differ by one at most, the larger ones first; and things that are
// not cut, by their sizes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

namespace tl {

struct Part {
  int64_t first, count;
};

// Part number `index` of `parts`, 0 <= index < parts.
inline Part part_of(int64_t total, int64_t index, int64_t parts) {
  const int64_t base = total / parts, rest = total % parts;
  return {base * index + (index < rest ? index : rest), base + (index < rest ? 1 : 0)};
}

// Who of `count` gets each of the things of these sizes: the largest goes first, of equals the one that stands first, and each to who has
// the least so far, of equals the first.
inline std::vector<int> owners_by_size(const std::vector<size_t>& sizes, int count) {
  std::vector<size_t> order(sizes.size()), has(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return sizes[a] > sizes[b]; });
  std::vector<int> owners(sizes.size());
  for (size_t i : order) {
    const auto least = std::min_element(has.begin(), has.end()) - has.begin();
    owners[i] = static_cast<int>(least);
    has[static_cast<size_t>(least)] += sizes[i];
  }
  return owners;
}

}  // namespace tl
