#include "core/io/elements.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "core/base/narrow_floats.h"

namespace tl::io {
namespace {

template <class T>
T load(const std::byte* from, bool swap) {
  std::byte bytes[sizeof(T)];
  std::memcpy(bytes, from, sizeof(T));
  if (swap) std::reverse(bytes, bytes + sizeof(T));
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

template <class From, class To, class F>
size_t each(const std::byte* from, bool swap, size_t count, std::byte* to, F&& value) {
  for (size_t i = 0; i < count; i++) {
    const To v = value(load<From>(from + i * sizeof(From), swap));
    std::memcpy(to + i * sizeof(To), &v, sizeof(To));
  }
  return count;
}

template <class From, class To>
size_t widen(const std::byte* from, bool swap, size_t count, std::byte* to) {
  return each<From, To>(from, swap, count, to, [](From v) { return static_cast<To>(v); });
}

template <class T>
size_t copy(const std::byte* from, bool swap, size_t count, std::byte* to) {
  if (swap && sizeof(T) > 1) return widen<T, T>(from, true, count, to);
  if (from != to && count) std::memcpy(to, from, count * sizeof(T));
  return count;
}

}  // namespace

size_t convert(Raw raw, bool swap, const std::byte* from, size_t count, std::byte* to) {
  switch (raw) {
    case Raw::kBool: {
      const std::byte* end = from + count;
      const std::byte* wrong = std::find_if(from, end, [](std::byte b) { return b > std::byte{1}; });
      return copy<uint8_t>(from, false, static_cast<size_t>(wrong - from), to);
    }
    case Raw::kU8: return copy<uint8_t>(from, false, count, to);
    case Raw::kI8: return widen<int8_t, int32_t>(from, swap, count, to);
    case Raw::kU16: return widen<uint16_t, int32_t>(from, swap, count, to);
    case Raw::kI16: return widen<int16_t, int32_t>(from, swap, count, to);
    case Raw::kU32: return widen<uint32_t, int64_t>(from, swap, count, to);
    case Raw::kI32: return copy<int32_t>(from, swap, count, to);
    case Raw::kI64: return copy<int64_t>(from, swap, count, to);
    case Raw::kF32: return copy<uint32_t>(from, swap, count, to);  // as bits: a signalling NaN stays one
    case Raw::kF64: return copy<uint64_t>(from, swap, count, to);
    case Raw::kF16: return each<uint16_t, float>(from, swap, count, to, narrow::from_f16);
    case Raw::kBF16: return each<uint16_t, float>(from, swap, count, to, narrow::from_bf16);
    case Raw::kU64: {
      size_t fit = 0;
      constexpr auto kMost = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
      while (fit < count && load<uint64_t>(from + fit * 8, swap) <= kMost) fit++;
      return copy<uint64_t>(from, swap, fit, to);
    }
  }
  return 0;
}

}  // namespace tl::io
