// Counts what this process has open, for tests that nothing is left behind.
#pragma once

#include <cstddef>
#include <filesystem>

namespace tl::dist {

inline size_t open_descriptors() {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    count += entry.path().empty() ? 0 : 1;
  return count;
}

}  // namespace tl::dist
