// Which stream an op draws from, and how dropout decides: for the random ops and for those who fuse them.
#pragma once

#include <cmath>
#include <cstdint>

#include "core/ops/generated/op_id.h"

namespace tl::kernels {

// The key of an op under a seed: both words are mixed (splitmix64's finaliser), so that neighbouring seeds and ops are
// unrelated streams.
inline uint64_t key_of(uint64_t seed, OpId op) {
  uint64_t z = seed + 0x9E3779B97F4A7C15u * (static_cast<uint64_t>(op) + 1);
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return z ^ z >> 31;
}

// Sixteen random bits decide for an element: the probability is exact to 2^-17.
struct DropoutChoice {
  uint32_t threshold;  // kept where the bits are below
  double scale;        // of what is kept
  explicit DropoutChoice(double rate)
      : threshold(static_cast<uint32_t>(std::lround((1 - rate) * 65536))), scale(1 / (1 - rate)) {}
};

}  // namespace tl::kernels
