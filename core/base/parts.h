// A count that is cut into parts which differ by one at most: the larger ones come first.
#pragma once

#include <cstdint>

namespace tl {

struct Part {
  int64_t first, count;
};

// Part number `index` of `parts`, 0 <= index < parts.
inline Part part_of(int64_t total, int64_t index, int64_t parts) {
  const int64_t base = total / parts, rest = total % parts;
  return {base * index + (index < rest ? index : rest), base + (index < rest ? 1 : 0)};
}

}  // namespace tl
