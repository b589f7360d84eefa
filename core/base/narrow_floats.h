// bf16 and f16: formats in which files keep numbers and groups may send them, and in which nothing computes. bf16 is the upper half
// of an f32; f16 is IEEE 754's binary16. To f32 every number goes as it is; from f32 it is rounded to the nearest, of two to the even
// one, and what is too large becomes an infinity. A NaN stays a quiet NaN of its sign.
#pragma once

#include <cstdint>
#include <cstring>

namespace tl::narrow {

inline uint32_t bits_of(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
inline float float_of(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline float from_bf16(uint16_t b) { return float_of(static_cast<uint32_t>(b) << 16); }

inline uint16_t to_bf16(float value) {
  const uint32_t bits = bits_of(value);
  if ((bits & 0x7FFFFFFF) > 0x7F800000) return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

inline float from_f16(uint16_t h) {
  const uint32_t sign = static_cast<uint32_t>(h & 0x8000) << 16;
  const uint32_t exponent = h >> 10 & 31, fraction = h & 0x3FF;
  if (exponent == 31) return float_of(sign | 0x7F800000 | fraction << 13);
  if (exponent != 0) return float_of(sign | (exponent + 112) << 23 | fraction << 13);
  const float small = static_cast<float>(fraction) * 5.9604644775390625e-8f;  // 2^-24
  return float_of(sign | bits_of(small));
}

inline uint16_t to_f16(float value) {
  const uint32_t bits = bits_of(value);
  const auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  const uint32_t size = bits & 0x7FFFFFFF;
  if (size > 0x7F800000) return static_cast<uint16_t>(sign | 0x7E00 | (size >> 13 & 0x3FF));
  if (size >= 0x477FF000)
    return sign | 0x7C00;  // from half way between the largest number and the next power of two on
  uint32_t shift = 13, kept = size - (112u << 23);  // the exponent of f16 in the place of that of f32
  if (size < 0x38800000) {                          // below 2^-14: fractions of 2^-24
    const uint32_t exponent = size >> 23;
    if (exponent < 102) return sign;  // below half of 2^-24
    shift = 126 - exponent;
    kept = (size & 0x7FFFFF) | 0x800000;
  }
  const uint32_t half = 1u << (shift - 1), rest = kept & ((1u << shift) - 1);
  uint32_t rounded = kept >> shift;
  if (rest > half || (rest == half && (rounded & 1))) rounded++;
  return static_cast<uint16_t>(sign | rounded);
}

}  // namespace tl::narrow
