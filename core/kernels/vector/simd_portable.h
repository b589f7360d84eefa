// Lanes of 128 bits in the compiler's own vector types: the types F32 (4 floats) and F64 (2 doubles), their masks and
// their bit patterns, for the x86-64 baseline (SSE2) and for arm64. The three simd_*.h files offer the same names
// (simd_avx512.h says what each does); the kernels are written once.
#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <cstddef>
#include <cstdint>

#define TL_LANE inline __attribute__((always_inline))

namespace tl {
namespace TL_VECTOR_NAMESPACE {
namespace {

typedef float VectorF32 __attribute__((vector_size(16)));
typedef double VectorF64 __attribute__((vector_size(16)));
typedef float HalfF32 __attribute__((vector_size(8)));
typedef uint32_t VectorU32 __attribute__((vector_size(16)));
typedef uint64_t VectorU64 __attribute__((vector_size(16)));
typedef int32_t VectorI32 __attribute__((vector_size(16)));
typedef int64_t VectorI64 __attribute__((vector_size(16)));

struct Bits32 {
  VectorU32 v;
  TL_LANE explicit Bits32(VectorU32 x) : v(x) {}
  TL_LANE explicit Bits32(uint32_t x) : v(VectorU32{x, x, x, x}) {}
};
struct Bits64 {
  VectorU64 v;
  static constexpr size_t N = 2;
  TL_LANE explicit Bits64(VectorU64 x) : v(x) {}
  TL_LANE explicit Bits64(uint64_t x) : v(VectorU64{x, x}) {}
  TL_LANE static Bits64 load(const uint64_t* p) { return Bits64(VectorU64{p[0], p[1]}); }
  TL_LANE void store(void* p) const { __builtin_memcpy(p, &v, 16); }
};
struct Mask32 {
  VectorU32 m;
};
struct Mask64 {
  VectorU64 m;
};

struct F32 {
  using T = float;
  using Bits = Bits32;
  using Uint = uint32_t;
  using Mask = Mask32;
  static constexpr size_t N = 4;
  VectorF32 v;
  TL_LANE explicit F32(VectorF32 x) : v(x) {}
  F32() = default;
  TL_LANE F32(float x) : v(VectorF32{x, x, x, x}) {}
  TL_LANE static F32 load(const float* p) {
    VectorF32 x;
    __builtin_memcpy(&x, p, 16);
    return F32(x);
  }
  TL_LANE static F32 load_n(const float* p, size_t n, float fill = 0.0f) {
    // One literal per length: setting lanes one at a time would go through memory.
    switch (n) {
      case 0: return F32(fill);
      case 1: return F32(VectorF32{p[0], fill, fill, fill});
      case 2: return F32(VectorF32{p[0], p[1], fill, fill});
      case 3: return F32(VectorF32{p[0], p[1], p[2], fill});
      default: return load(p);
    }
  }
  TL_LANE void store(float* p) const { __builtin_memcpy(p, &v, 16); }
  TL_LANE void store_n(float* p, size_t n) const {
    if (n > 0) p[0] = v[0];
    if (n > 1) p[1] = v[1];
    if (n > 2) p[2] = v[2];
    if (n > 3) p[3] = v[3];
  }
};

struct F64 {
  using T = double;
  using Bits = Bits64;
  using Uint = uint64_t;
  using Mask = Mask64;
  static constexpr size_t N = 2;
  VectorF64 v;
  TL_LANE explicit F64(VectorF64 x) : v(x) {}
  F64() = default;
  TL_LANE F64(double x) : v(VectorF64{x, x}) {}
  TL_LANE static F64 load(const double* p) {
    VectorF64 x;
    __builtin_memcpy(&x, p, 16);
    return F64(x);
  }
  TL_LANE static F64 load_n(const double* p, size_t n, double fill = 0.0) {
    return F64(VectorF64{n > 0 ? p[0] : fill, n > 1 ? p[1] : fill});
  }
  TL_LANE void store(double* p) const { __builtin_memcpy(p, &v, 16); }
  TL_LANE void store_n(double* p, size_t n) const {
    if (n > 0) p[0] = v[0];
    if (n > 1) p[1] = v[1];
  }
};

TL_LANE F32 operator+(F32 a, F32 b) { return F32(a.v + b.v); }
TL_LANE F32 operator-(F32 a, F32 b) { return F32(a.v - b.v); }
TL_LANE F32 operator*(F32 a, F32 b) { return F32(a.v * b.v); }
TL_LANE F32 operator/(F32 a, F32 b) { return F32(a.v / b.v); }
TL_LANE F64 operator+(F64 a, F64 b) { return F64(a.v + b.v); }
TL_LANE F64 operator-(F64 a, F64 b) { return F64(a.v - b.v); }
TL_LANE F64 operator*(F64 a, F64 b) { return F64(a.v * b.v); }
TL_LANE F64 operator/(F64 a, F64 b) { return F64(a.v / b.v); }

#if (defined(__FP_FAST_FMAF) && defined(__FP_FAST_FMA)) || defined(__aarch64__)
TL_LANE F32 fma(F32 a, F32 b, F32 c) {
  VectorF32 y;
  for (size_t i = 0; i < 4; ++i) y[i] = __builtin_fmaf(a.v[i], b.v[i], c.v[i]);
  return F32(y);
}
TL_LANE F64 fma(F64 a, F64 b, F64 c) {
  VectorF64 y;
  for (size_t i = 0; i < 2; ++i) y[i] = __builtin_fma(a.v[i], b.v[i], c.v[i]);
  return F64(y);
}
TL_LANE F32 fnma(F32 a, F32 b, F32 c) { return fma(F32(-a.v), b, c); }
TL_LANE F64 fnma(F64 a, F64 b, F64 c) { return fma(F64(-a.v), b, c); }
#else
TL_LANE F32 fma(F32 a, F32 b, F32 c) { return a * b + c; }
TL_LANE F64 fma(F64 a, F64 b, F64 c) { return a * b + c; }
TL_LANE F32 fnma(F32 a, F32 b, F32 c) { return c - a * b; }
TL_LANE F64 fnma(F64 a, F64 b, F64 c) { return c - a * b; }
#endif

#ifdef __SSE2__
TL_LANE F32 sqrt(F32 a) { return F32(_mm_sqrt_ps(a.v)); }
TL_LANE F64 sqrt(F64 a) { return F64(_mm_sqrt_pd(a.v)); }
TL_LANE uint32_t lanes_of(Mask32 a) {
  return static_cast<uint32_t>(_mm_movemask_ps(reinterpret_cast<__m128>(a.m)));
}
TL_LANE uint32_t lanes_of(Mask64 a) {
  return static_cast<uint32_t>(_mm_movemask_pd(reinterpret_cast<__m128d>(a.m)));
}
TL_LANE Bits64 multiply_low_halves(Bits64 a, Bits64 b) {
  return Bits64(reinterpret_cast<VectorU64>(
      _mm_mul_epu32(reinterpret_cast<__m128i>(a.v), reinterpret_cast<__m128i>(b.v))));
}
TL_LANE F32 min_second(F32 a, F32 b) { return F32(_mm_min_ps(a.v, b.v)); }
TL_LANE F64 min_second(F64 a, F64 b) { return F64(_mm_min_pd(a.v, b.v)); }
TL_LANE F32 max_second(F32 a, F32 b) { return F32(_mm_max_ps(a.v, b.v)); }
TL_LANE F64 max_second(F64 a, F64 b) { return F64(_mm_max_pd(a.v, b.v)); }
#else
TL_LANE F32 sqrt(F32 a) {
  for (size_t i = 0; i < 4; ++i) a.v[i] = __builtin_sqrtf(a.v[i]);
  return a;
}
TL_LANE F64 sqrt(F64 a) {
  for (size_t i = 0; i < 2; ++i) a.v[i] = __builtin_sqrt(a.v[i]);
  return a;
}
TL_LANE uint32_t lanes_of(Mask32 a) { return (a.m[0] & 1u) | (a.m[1] & 2u) | (a.m[2] & 4u) | (a.m[3] & 8u); }
TL_LANE uint32_t lanes_of(Mask64 a) { return static_cast<uint32_t>((a.m[0] & 1u) | (a.m[1] & 2u)); }
TL_LANE Bits64 multiply_low_halves(Bits64 a, Bits64 b) {
  const VectorU64 low = {0xffffffffu, 0xffffffffu};
  return Bits64((a.v & low) * (b.v & low));
}
TL_LANE F32 min_second(F32 a, F32 b);
TL_LANE F64 min_second(F64 a, F64 b);
TL_LANE F32 max_second(F32 a, F32 b);
TL_LANE F64 max_second(F64 a, F64 b);
#endif

TL_LANE Mask32 operator<(F32 a, F32 b) { return {(VectorU32)(a.v < b.v)}; }
TL_LANE Mask64 operator<(F64 a, F64 b) { return {(VectorU64)(a.v < b.v)}; }
TL_LANE Mask32 operator<=(F32 a, F32 b) { return {(VectorU32)(a.v <= b.v)}; }
TL_LANE Mask64 operator<=(F64 a, F64 b) { return {(VectorU64)(a.v <= b.v)}; }
TL_LANE Mask32 operator==(F32 a, F32 b) { return {(VectorU32)(a.v == b.v)}; }
TL_LANE Mask64 operator==(F64 a, F64 b) { return {(VectorU64)(a.v == b.v)}; }
TL_LANE Mask32 operator!=(F32 a, F32 b) { return {(VectorU32)(a.v != b.v)}; }
TL_LANE Mask64 operator!=(F64 a, F64 b) { return {(VectorU64)(a.v != b.v)}; }
TL_LANE Mask32 operator&(Mask32 a, Mask32 b) { return {a.m & b.m}; }
TL_LANE Mask64 operator&(Mask64 a, Mask64 b) { return {a.m & b.m}; }
TL_LANE Mask32 operator|(Mask32 a, Mask32 b) { return {a.m | b.m}; }
TL_LANE Mask64 operator|(Mask64 a, Mask64 b) { return {a.m | b.m}; }
TL_LANE Mask32 operator!(Mask32 a) { return {~a.m}; }
TL_LANE Mask64 operator!(Mask64 a) { return {~a.m}; }
TL_LANE F32 select(Mask32 m, F32 a, F32 b) {
  return F32((VectorF32)((m.m & (VectorU32)a.v) | (~m.m & (VectorU32)b.v)));
}
TL_LANE F64 select(Mask64 m, F64 a, F64 b) {
  return F64((VectorF64)((m.m & (VectorU64)a.v) | (~m.m & (VectorU64)b.v)));
}
#ifndef __SSE2__
TL_LANE F32 min_second(F32 a, F32 b) { return select(a < b, a, b); }
TL_LANE F64 min_second(F64 a, F64 b) { return select(a < b, a, b); }
TL_LANE F32 max_second(F32 a, F32 b) { return select(b < a, a, b); }
TL_LANE F64 max_second(F64 a, F64 b) { return select(b < a, a, b); }
#endif

TL_LANE Bits32 bits_of(F32 a) { return Bits32((VectorU32)a.v); }
TL_LANE Bits64 bits_of(F64 a) { return Bits64((VectorU64)a.v); }
TL_LANE F32 float_of(Bits32 a) { return F32((VectorF32)a.v); }
TL_LANE F64 float_of(Bits64 a) { return F64((VectorF64)a.v); }
TL_LANE Bits32 reinterpret32(Bits64 a) { return Bits32((VectorU32)a.v); }
TL_LANE Bits64 reinterpret64(Bits32 a) { return Bits64((VectorU64)a.v); }
TL_LANE Bits32 operator+(Bits32 a, Bits32 b) { return Bits32(a.v + b.v); }
TL_LANE Bits64 operator+(Bits64 a, Bits64 b) { return Bits64(a.v + b.v); }
TL_LANE Bits32 operator&(Bits32 a, Bits32 b) { return Bits32(a.v & b.v); }
TL_LANE Bits64 operator&(Bits64 a, Bits64 b) { return Bits64(a.v & b.v); }
TL_LANE Bits32 operator|(Bits32 a, Bits32 b) { return Bits32(a.v | b.v); }
TL_LANE Bits64 operator|(Bits64 a, Bits64 b) { return Bits64(a.v | b.v); }
TL_LANE Bits32 operator^(Bits32 a, Bits32 b) { return Bits32(a.v ^ b.v); }
TL_LANE Bits64 operator^(Bits64 a, Bits64 b) { return Bits64(a.v ^ b.v); }
template <int kCount>
TL_LANE Bits32 shift_left(Bits32 a) {
  return Bits32(a.v << kCount);
}
template <int kCount>
TL_LANE Bits64 shift_left(Bits64 a) {
  return Bits64(a.v << kCount);
}
template <int kCount>
TL_LANE Bits32 shift_right(Bits32 a) {
  return Bits32(a.v >> kCount);
}
template <int kCount>
TL_LANE Bits64 shift_right(Bits64 a) {
  return Bits64(a.v >> kCount);
}
TL_LANE Mask32 sign_of(Bits32 a) { return {(VectorU32)((VectorI32)a.v >> 31)}; }
// Copies the high half first: SSE2 shifts no 64-bit lanes arithmetically.
TL_LANE Mask64 sign_of(Bits64 a) {
  const VectorI32 high = __builtin_shufflevector((VectorI32)a.v, (VectorI32)a.v, 1, 1, 3, 3);
  return {(VectorU64)(high >> 31)};
}
TL_LANE Bits64 unpack_low(Bits64 a, Bits64 b) { return Bits64(VectorU64{a.v[0], b.v[0]}); }
TL_LANE Bits64 unpack_high(Bits64 a, Bits64 b) { return Bits64(VectorU64{a.v[1], b.v[1]}); }

// By the addition of a number whose last place is 1. (The compilers keep this: nothing here is built with -ffast-math.)
TL_LANE F32 nearest(F32 a) { return a + F32(0x1.8p23f) - F32(0x1.8p23f); }
TL_LANE F64 nearest(F64 a) { return a + F64(0x1.8p52) - F64(0x1.8p52); }
template <class V>
TL_LANE V floor_below(V a, V limit, typename V::Bits sign_bit) {
  const typename V::Bits sign = bits_of(a) & sign_bit;
  const V magnitude = float_of(bits_of(a) ^ sign);
  const V rounded = float_of(bits_of(magnitude + limit - limit) | sign);
  const V down = select(a < rounded, rounded - V(1), rounded);
  return select(magnitude < limit, down, a);  // beyond the limit, and for NaN, x is its own floor
}
TL_LANE F32 floor(F32 a) { return floor_below(a, F32(0x1p23f), Bits32(uint32_t{1} << 31)); }
TL_LANE F64 floor(F64 a) { return floor_below(a, F64(0x1p52), Bits64(uint64_t{1} << 63)); }
TL_LANE F32 power_of_two(F32 k) {
  return float_of(shift_left<23>(bits_of(k + F32(0x1.8p23f)) + Bits32(uint32_t{127})));
}
TL_LANE F64 power_of_two(F64 k) {
  return float_of(shift_left<52>(bits_of(k + F64(0x1.8p52)) + Bits64(uint64_t{1023})));
}
// In two steps: the first product is exact, so that there is one rounding, and 2^k itself need not be a number.
template <class V>
TL_LANE V scale_by_power_of_two(V p, V k) {
  const V half = nearest(k * V(0.5f));
  return p * power_of_two(half) * power_of_two(k - half);
}

TL_LANE void widen(F32 a, F64& low, F64& high) {
  low = F64(VectorF64{a.v[0], a.v[1]});
  high = F64(VectorF64{a.v[2], a.v[3]});
}
TL_LANE F32 narrow(F64 low, F64 high) {
  return F32(VectorF32{static_cast<float>(low.v[0]), static_cast<float>(low.v[1]),
                       static_cast<float>(high.v[0]), static_cast<float>(high.v[1])});
}

template <size_t kDistance>
TL_LANE F32 exchange(F32 a) {
  if constexpr (kDistance == 2) return F32(__builtin_shufflevector(a.v, a.v, 2, 3, 0, 1));
  return F32(__builtin_shufflevector(a.v, a.v, 1, 0, 3, 2));
}
template <size_t kDistance>
TL_LANE F64 exchange(F64 a) {
  return F64(__builtin_shufflevector(a.v, a.v, 1, 0));
}
TL_LANE float first_lane(F32 a) { return a.v[0]; }
TL_LANE double first_lane(F64 a) { return a.v[0]; }

TL_LANE void load_pieces(const float* const (&p)[1], F32& out) { out = F32::load(p[0]); }
TL_LANE void load_pieces(const double* const (&p)[1], F64& out) { out = F64::load(p[0]); }
TL_LANE void transpose_pieces(F64 (&x)[2]) {
  const VectorF64 low = __builtin_shufflevector(x[0].v, x[1].v, 0, 2);
  x[1].v = __builtin_shufflevector(x[0].v, x[1].v, 1, 3);
  x[0].v = low;
}
TL_LANE void transpose_pieces(F32 (&x)[4]) {
  const VectorF32 a = __builtin_shufflevector(x[0].v, x[1].v, 0, 4, 1, 5);
  const VectorF32 b = __builtin_shufflevector(x[0].v, x[1].v, 2, 6, 3, 7);
  const VectorF32 c = __builtin_shufflevector(x[2].v, x[3].v, 0, 4, 1, 5);
  const VectorF32 d = __builtin_shufflevector(x[2].v, x[3].v, 2, 6, 3, 7);
  x[0].v = __builtin_shufflevector(a, c, 0, 1, 4, 5);
  x[1].v = __builtin_shufflevector(a, c, 2, 3, 6, 7);
  x[2].v = __builtin_shufflevector(b, d, 0, 1, 4, 5);
  x[3].v = __builtin_shufflevector(b, d, 2, 3, 6, 7);
}

TL_LANE void store_bytes_n(Mask32 a, uint8_t* p, size_t n) {
  for (size_t i = 0; i < n; ++i) p[i] = static_cast<uint8_t>(a.m[i] & 1);
}
TL_LANE void store_bytes_n(Mask64 a, uint8_t* p, size_t n) {
  for (size_t i = 0; i < n; ++i) p[i] = static_cast<uint8_t>(a.m[i] & 1);
}
TL_LANE void store_bytes(Mask32 a, uint8_t* p) {
#ifdef __SSE2__
  const __m128i words = _mm_packs_epi32(reinterpret_cast<__m128i>(a.m), reinterpret_cast<__m128i>(a.m));
  const int packed = _mm_cvtsi128_si32(_mm_and_si128(_mm_packs_epi16(words, words), _mm_set1_epi8(1)));
  __builtin_memcpy(p, &packed, 4);
#else
  store_bytes_n(a, p, 4);
#endif
}
TL_LANE void store_bytes(Mask64 a, uint8_t* p) { store_bytes_n(a, p, 2); }
TL_LANE void load_bytes(const uint8_t* p, Mask32& out) {
  const VectorU32 x = {p[0], p[1], p[2], p[3]};
  out.m = (VectorU32)(x != VectorU32{});
}
TL_LANE void load_bytes(const uint8_t* p, Mask64& out) {
  out.m = VectorU64{p[0] ? ~uint64_t{0} : 0, p[1] ? ~uint64_t{0} : 0};
}
TL_LANE void load_bytes_n(const uint8_t* p, size_t n, Mask32& out) {
  out.m = VectorU32{};
  for (size_t i = 0; i < n; ++i) out.m[i] = p[i] ? ~uint32_t{0} : 0;
}
TL_LANE void load_bytes_n(const uint8_t* p, size_t n, Mask64& out) {
  out.m = VectorU64{};
  for (size_t i = 0; i < n; ++i) out.m[i] = p[i] ? ~uint64_t{0} : 0;
}

}  // namespace
}  // namespace TL_VECTOR_NAMESPACE
}  // namespace tl
