// Copies of runs of elements whose type does not matter, only their size: what the kernels that move elements share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tl::kernels {

// f(W{}) with the unsigned integer type as large as an element: 1, 4 or 8 bytes.
template <class F>
void with_word(size_t element_size, F&& f) {
  if (element_size == 4) return f(uint32_t{});
  if (element_size == 8) return f(uint64_t{});
  f(uint8_t{});
}

// memcpy, but a run of a few elements does not pay for a call: rows of embeddings and heads are this short.
inline void copy_run(std::byte* to, const std::byte* from, size_t bytes) {
  switch (bytes) {
    case 0: return;
    case 4: std::memcpy(to, from, 4); return;
    case 8: std::memcpy(to, from, 8); return;
    case 16: std::memcpy(to, from, 16); return;
    case 32: std::memcpy(to, from, 32); return;
    case 64: std::memcpy(to, from, 64); return;
    default: std::memcpy(to, from, bytes);
  }
}

}  // namespace tl::kernels
