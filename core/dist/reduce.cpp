#include "core/dist/reduce.h"

#include <algorithm>
#include <type_traits>

#include "core/base/narrow_floats.h"

namespace tl::dist {
namespace {

constexpr size_t kBlock = 256;  // elements whose running results stay in the nearest cache

// What results are made in. Unsigned integers wrap around as the signed ones of the machine do.
template <class T>
struct Running {
  using Type = std::make_unsigned_t<T>;
};
template <>
struct Running<float> {
  using Type = double;
};
template <>
struct Running<double> {
  using Type = double;
};

template <class T>
const T* at(const std::byte* data, size_t first) {
  return reinterpret_cast<const T*>(data) + first;
}

template <class T>
void add_up(Span<const std::byte* const> from, bool mean, T* out, size_t elements) {
  using R = typename Running<T>::Type;
  // The sum of two f32 in f64, rounded, is that in f32: 53 bits are more than 2 * 24 + 1, and what is small is exact.
  if constexpr (std::is_same_v<T, float>) {
    if (from.size() == 2 && !mean) {
      const T *x = at<T>(from[0], 0), *y = at<T>(from[1], 0);
      for (size_t i = 0; i < elements; i++) out[i] = x[i] + y[i];
      return;
    }
  }
  R sums[kBlock];
  for (size_t first = 0; first < elements; first += kBlock) {
    const size_t count = std::min(kBlock, elements - first);
    const T* x = at<T>(from[0], first);
    for (size_t i = 0; i < count; i++) sums[i] = static_cast<R>(x[i]);
    for (size_t rank = 1; rank < from.size(); rank++) {
      x = at<T>(from[rank], first);
      for (size_t i = 0; i < count; i++) sums[i] = static_cast<R>(sums[i] + static_cast<R>(x[i]));
    }
    if (mean)
      for (size_t i = 0; i < count; i++) sums[i] = static_cast<R>(sums[i] / static_cast<R>(from.size()));
    for (size_t i = 0; i < count; i++) out[first + i] = static_cast<T>(sums[i]);
  }
}

void add_up_bf16(Span<const std::byte* const> from, bool mean, std::byte* out, size_t elements) {
  float sums[kBlock];
  for (size_t first = 0; first < elements; first += kBlock) {
    const size_t count = std::min(kBlock, elements - first);
    const uint16_t* x = at<uint16_t>(from[0], first);
    for (size_t i = 0; i < count; i++) sums[i] = narrow::from_bf16(x[i]);
    for (size_t rank = 1; rank < from.size(); rank++) {
      x = at<uint16_t>(from[rank], first);
      for (size_t i = 0; i < count; i++) sums[i] += narrow::from_bf16(x[i]);
    }
    if (mean)
      for (size_t i = 0; i < count; i++) sums[i] /= static_cast<float>(from.size());
    uint16_t* to = reinterpret_cast<uint16_t*>(out) + first;
    for (size_t i = 0; i < count; i++) to[i] = narrow::to_bf16(sums[i]);
  }
}

template <class T>
bool is_nan(T x) {
  return x != x;
}

template <class T>
void pick(Span<const std::byte* const> from, bool largest, T* out, size_t elements) {
  T best[kBlock];
  for (size_t first = 0; first < elements; first += kBlock) {
    const size_t count = std::min(kBlock, elements - first);
    std::copy_n(at<T>(from[0], first), count, best);
    for (size_t rank = 1; rank < from.size(); rank++) {
      const T* x = at<T>(from[rank], first);
      for (size_t i = 0; i < count; i++) {
        const bool better = largest ? x[i] > best[i] : x[i] < best[i];
        best[i] = !is_nan(best[i]) && (better || is_nan(x[i])) ? x[i] : best[i];
      }
    }
    std::copy_n(best, count, out + first);
  }
}

// The sum of the first half and that of the second, as 1, 2 or 4 ranks make it that have all of `from` between them.
template <class T>
void add_pairs(Span<const std::byte* const> from, size_t first, size_t count, T* out) {
  using R = typename Running<T>::Type;
  if (from.size() == 1) {
    std::copy_n(at<T>(from[0], first), count, out);
    return;
  }
  T other[kBlock];
  const size_t half = from.size() / 2;
  add_pairs(Span<const std::byte* const>(from.data(), half), first, count, out);
  add_pairs(Span<const std::byte* const>(from.data() + half, half), first, count, other);
  // In f64 the sum of two f32 is rounded to the same f32 as without it: 53 bits are more than 2 * 24 + 1.
  for (size_t i = 0; i < count; i++)
    out[i] = static_cast<T>(static_cast<R>(out[i]) + static_cast<R>(other[i]));
}

template <class T>
void add_up_by_pairs(Span<const std::byte* const> from, T* out, size_t elements) {
  T sums[kBlock];  // `out` may be one of those that are read
  for (size_t first = 0; first < elements; first += kBlock) {
    const size_t count = std::min(kBlock, elements - first);
    add_pairs(from, first, count, sums);
    std::copy_n(sums, count, out + first);
  }
}

template <class T>
void reduce_as(Reduction reduction, Span<const std::byte* const> from, std::byte* out, size_t elements) {
  T* to = reinterpret_cast<T*>(out);
  switch (reduction) {
    case Reduction::kSum: return add_up<T>(from, false, to, elements);
    case Reduction::kMean: return add_up<T>(from, true, to, elements);
    case Reduction::kMin: return pick<T>(from, false, to, elements);
    case Reduction::kMax: return pick<T>(from, true, to, elements);
    case Reduction::kSumByPairs: return add_up_by_pairs<T>(from, to, elements);
  }
}

}  // namespace

bool is_reducible(DType dtype, Reduction reduction) {
  return contains(reduction == Reduction::kMean ? kFloatTypes : kNumberTypes, dtype);
}

void reduce(DType dtype, Reduction reduction, Span<const std::byte* const> from, std::byte* out,
            size_t elements) {
  switch (dtype) {
    case DType::kF32: return reduce_as<float>(reduction, from, out, elements);
    case DType::kF64: return reduce_as<double>(reduction, from, out, elements);
    case DType::kI32: return reduce_as<int32_t>(reduction, from, out, elements);
    case DType::kI64: return reduce_as<int64_t>(reduction, from, out, elements);
    case DType::kU8:
    case DType::kBool: return reduce_as<uint8_t>(reduction, from, out, elements);
  }
}

void reduce(const TensorKind& tensor, Reduction reduction, Span<const std::byte* const> from, std::byte* out,
            size_t elements) {
  if (tensor.wire == Wire::kBf16) return add_up_bf16(from, reduction == Reduction::kMean, out, elements);
  reduce(tensor.dtype, reduction, from, out, elements);
}

}  // namespace tl::dist
