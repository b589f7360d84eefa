#include "core/dist/wire.h"

#include <algorithm>
#include <cstring>

#include "core/base/narrow_floats.h"

namespace tl::dist {
namespace {

constexpr size_t kAtOnce =
    256;  // elements that are in no place of the tensor for a moment, whose halves overlap

void round_to_bf16(const std::byte* from, std::byte* to, size_t elements) {
  const auto* x = reinterpret_cast<const float*>(from);
  auto* out = reinterpret_cast<uint16_t*>(to);
  for (size_t i = 0; i < elements; i++) out[i] = narrow::to_bf16(x[i]);
}

// From the second half of `at` to all of it. A block ends, as f32, in front of what has not been read: 4 (i + n) <= 2 N + 2 (i + n), for
// i + n of N elements.
void widen(std::byte* at, size_t elements) {
  uint16_t block[kAtOnce];
  float wide[kAtOnce];
  for (size_t first = 0; first < elements; first += kAtOnce) {
    const size_t count = std::min(kAtOnce, elements - first);
    std::memcpy(block, at + (elements + first) * sizeof(uint16_t), count * sizeof(uint16_t));
    for (size_t i = 0; i < count; i++) wide[i] = narrow::from_bf16(block[i]);
    std::memcpy(at + first * sizeof(float), wide, count * sizeof(float));
  }
}

}  // namespace

bool is_narrowed(const Call& call) {
  return std::any_of(call.tensors.begin(), call.tensors.end(),
                     [](const TensorKind& t) { return t.wire == Wire::kBf16; });
}

void narrow_tensors(const Call& call, Span<const std::byte*> from, Span<std::byte*> to) {
  for (size_t k = 0; k < call.tensors.size(); k++) {
    const TensorKind& t = call.tensors[k];
    if (t.wire != Wire::kBf16) continue;
    round_to_bf16(from[k], to[k], static_cast<size_t>(t.shape.elements()));
    from[k] = to[k];
    to[k] += t.bytes();
  }
}

void widen_results(const Call& call, Span<std::byte*> to) {
  for (size_t k = 0; k < call.tensors.size(); k++) {
    const TensorKind& t = call.tensors[k];
    if (t.wire != Wire::kBf16) continue;
    to[k] -= t.bytes();
    widen(to[k], static_cast<size_t>(t.shape.elements()));
  }
}

}  // namespace tl::dist
