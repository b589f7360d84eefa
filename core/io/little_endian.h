// Numbers of binary formats, least significant byte first.
#pragma once

#include <cstdint>

namespace tl::io {

inline uint64_t little_endian(const unsigned char* b, int bytes) {
  uint64_t value = 0;
  for (int i = bytes - 1; i >= 0; i--) value = value << 8 | b[i];
  return value;
}

}  // namespace tl::io
