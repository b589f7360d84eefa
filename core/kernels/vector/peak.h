// What the peak of a CPU is measured with: nothing but multiply-adds in registers.
#pragma once

#include "core/kernels/vector/table.h"

namespace tl {
namespace TL_VECTOR_NAMESPACE {
namespace {

// 12 chains: two multiply-adds a cycle, each done after 4 to 6. With the two factors they fit into 16 registers.
template <class V>
size_t multiply_adds(float* chains, size_t rounds) {
  constexpr size_t kChains = 12;
  static_assert(kChains * V::N <= kPeakFloats, "each set uses a part of the floats");
  V chain[kChains];
  for (size_t i = 0; i < kChains; i++) chain[i] = V::load(chains + i * V::N);
  const V scale(0.999f), step(0.001f);
  for (size_t r = 0; r < rounds; r++) {
#pragma GCC unroll 12
    for (size_t i = 0; i < kChains; i++) chain[i] = fma(chain[i], scale, step);
  }
  for (size_t i = 0; i < kChains; i++) chain[i].store(chains + i * V::N);
  return kChains * V::N;
}

}  // namespace
}  // namespace TL_VECTOR_NAMESPACE
}  // namespace tl
