// Lanes of AVX2 with FMA: the types F32 (8 floats) and F64 (4 doubles), their masks and their bit patterns.
// The three simd_*.h files offer the same names (simd_avx512.h says what each does); the kernels are written once.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#define TL_LANE inline __attribute__((always_inline))

namespace tl {
namespace TL_VECTOR_NAMESPACE {
namespace {

alignas(32) const int32_t kFirstLanes[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};

struct Mask32 {
  __m256 m;
};
struct Mask64 {
  __m256d m;
};

struct Bits32 {
  __m256i v;
  TL_LANE explicit Bits32(__m256i x) : v(x) {}
  TL_LANE explicit Bits32(uint32_t x) : v(_mm256_set1_epi32(static_cast<int>(x))) {}
};
struct Bits64 {
  __m256i v;
  static constexpr size_t N = 4;
  TL_LANE explicit Bits64(__m256i x) : v(x) {}
  TL_LANE explicit Bits64(uint64_t x) : v(_mm256_set1_epi64x(static_cast<long long>(x))) {}
  TL_LANE static Bits64 load(const uint64_t* p) {
    return Bits64(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  TL_LANE void store(void* p) const { _mm256_storeu_si256(static_cast<__m256i*>(p), v); }
};

struct F32 {
  using T = float;
  using Bits = Bits32;
  using Uint = uint32_t;
  using Mask = Mask32;
  static constexpr size_t N = 8;
  __m256 v;
  TL_LANE explicit F32(__m256 x) : v(x) {}
  F32() = default;
  TL_LANE F32(float x) : v(_mm256_set1_ps(x)) {}
  TL_LANE static __m256i first(size_t n) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kFirstLanes + 8 - n));
  }
  TL_LANE static F32 load(const float* p) { return F32(_mm256_loadu_ps(p)); }
  TL_LANE static F32 load_n(const float* p, size_t n) { return F32(_mm256_maskload_ps(p, first(n))); }
  TL_LANE static F32 load_n(const float* p, size_t n, float fill) {
    const __m256i m = first(n);
    return F32(_mm256_blendv_ps(_mm256_set1_ps(fill), _mm256_maskload_ps(p, m), _mm256_castsi256_ps(m)));
  }
  TL_LANE void store(float* p) const { _mm256_storeu_ps(p, v); }
  // In halves: a masked store takes dozens of cycles on AMD CPUs with AVX2.
  TL_LANE void store_n(float* p, size_t n) const {
    if (n >= N) return store(p);
    __m128 part = _mm256_castps256_ps128(v);
    if (n & 4) {
      _mm_storeu_ps(p, part);
      part = _mm256_extractf128_ps(v, 1);
      p += 4;
    }
    if (n & 2) {
      _mm_storel_pi(reinterpret_cast<__m64*>(p), part);
      part = _mm_movehl_ps(part, part);
      p += 2;
    }
    if (n & 1) _mm_store_ss(p, part);
  }
};

struct F64 {
  using T = double;
  using Bits = Bits64;
  using Uint = uint64_t;
  using Mask = Mask64;
  static constexpr size_t N = 4;
  __m256d v;
  TL_LANE explicit F64(__m256d x) : v(x) {}
  F64() = default;
  TL_LANE F64(double x) : v(_mm256_set1_pd(x)) {}
  TL_LANE static __m256i first(size_t n) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kFirstLanes + 8 - 2 * n));
  }
  TL_LANE static F64 load(const double* p) { return F64(_mm256_loadu_pd(p)); }
  TL_LANE static F64 load_n(const double* p, size_t n) { return F64(_mm256_maskload_pd(p, first(n))); }
  TL_LANE static F64 load_n(const double* p, size_t n, double fill) {
    const __m256i m = first(n);
    return F64(_mm256_blendv_pd(_mm256_set1_pd(fill), _mm256_maskload_pd(p, m), _mm256_castsi256_pd(m)));
  }
  TL_LANE void store(double* p) const { _mm256_storeu_pd(p, v); }
  TL_LANE void store_n(double* p, size_t n) const {
    if (n >= N) return store(p);
    __m128d part = _mm256_castpd256_pd128(v);
    if (n & 2) {
      _mm_storeu_pd(p, part);
      part = _mm256_extractf128_pd(v, 1);
      p += 2;
    }
    if (n & 1) _mm_store_sd(p, part);
  }
};

TL_LANE F32 operator+(F32 a, F32 b) { return F32(_mm256_add_ps(a.v, b.v)); }
TL_LANE F32 operator-(F32 a, F32 b) { return F32(_mm256_sub_ps(a.v, b.v)); }
TL_LANE F32 operator*(F32 a, F32 b) { return F32(_mm256_mul_ps(a.v, b.v)); }
TL_LANE F32 operator/(F32 a, F32 b) { return F32(_mm256_div_ps(a.v, b.v)); }
TL_LANE F64 operator+(F64 a, F64 b) { return F64(_mm256_add_pd(a.v, b.v)); }
TL_LANE F64 operator-(F64 a, F64 b) { return F64(_mm256_sub_pd(a.v, b.v)); }
TL_LANE F64 operator*(F64 a, F64 b) { return F64(_mm256_mul_pd(a.v, b.v)); }
TL_LANE F64 operator/(F64 a, F64 b) { return F64(_mm256_div_pd(a.v, b.v)); }
TL_LANE F32 fma(F32 a, F32 b, F32 c) { return F32(_mm256_fmadd_ps(a.v, b.v, c.v)); }
TL_LANE F64 fma(F64 a, F64 b, F64 c) { return F64(_mm256_fmadd_pd(a.v, b.v, c.v)); }
TL_LANE F32 fnma(F32 a, F32 b, F32 c) { return F32(_mm256_fnmadd_ps(a.v, b.v, c.v)); }
TL_LANE F64 fnma(F64 a, F64 b, F64 c) { return F64(_mm256_fnmadd_pd(a.v, b.v, c.v)); }
TL_LANE F32 sqrt(F32 a) { return F32(_mm256_sqrt_ps(a.v)); }
TL_LANE F64 sqrt(F64 a) { return F64(_mm256_sqrt_pd(a.v)); }
TL_LANE F32 min_second(F32 a, F32 b) { return F32(_mm256_min_ps(a.v, b.v)); }
TL_LANE F64 min_second(F64 a, F64 b) { return F64(_mm256_min_pd(a.v, b.v)); }
TL_LANE F32 max_second(F32 a, F32 b) { return F32(_mm256_max_ps(a.v, b.v)); }
TL_LANE F64 max_second(F64 a, F64 b) { return F64(_mm256_max_pd(a.v, b.v)); }
TL_LANE F32 nearest(F32 a) {
  return F32(_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
TL_LANE F64 nearest(F64 a) {
  return F64(_mm256_round_pd(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
TL_LANE F32 floor(F32 a) { return F32(_mm256_round_ps(a.v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)); }
TL_LANE F64 floor(F64 a) { return F64(_mm256_round_pd(a.v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)); }

TL_LANE Mask32 operator<(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ)}; }
TL_LANE Mask64 operator<(F64 a, F64 b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_LT_OQ)}; }
TL_LANE Mask32 operator<=(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LE_OQ)}; }
TL_LANE Mask64 operator<=(F64 a, F64 b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_LE_OQ)}; }
TL_LANE Mask32 operator==(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_EQ_OQ)}; }
TL_LANE Mask64 operator==(F64 a, F64 b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_EQ_OQ)}; }
TL_LANE Mask32 operator!=(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_NEQ_UQ)}; }
TL_LANE Mask64 operator!=(F64 a, F64 b) { return {_mm256_cmp_pd(a.v, b.v, _CMP_NEQ_UQ)}; }
TL_LANE Mask32 operator&(Mask32 a, Mask32 b) { return {_mm256_and_ps(a.m, b.m)}; }
TL_LANE Mask64 operator&(Mask64 a, Mask64 b) { return {_mm256_and_pd(a.m, b.m)}; }
TL_LANE Mask32 operator|(Mask32 a, Mask32 b) { return {_mm256_or_ps(a.m, b.m)}; }
TL_LANE Mask64 operator|(Mask64 a, Mask64 b) { return {_mm256_or_pd(a.m, b.m)}; }
TL_LANE Mask32 operator!(Mask32 a) {
  return {_mm256_xor_ps(a.m, _mm256_castsi256_ps(_mm256_set1_epi32(-1)))};
}
TL_LANE Mask64 operator!(Mask64 a) {
  return {_mm256_xor_pd(a.m, _mm256_castsi256_pd(_mm256_set1_epi32(-1)))};
}
TL_LANE uint32_t lanes_of(Mask32 a) { return static_cast<uint32_t>(_mm256_movemask_ps(a.m)); }
TL_LANE uint32_t lanes_of(Mask64 a) { return static_cast<uint32_t>(_mm256_movemask_pd(a.m)); }
TL_LANE F32 select(Mask32 m, F32 a, F32 b) { return F32(_mm256_blendv_ps(b.v, a.v, m.m)); }
TL_LANE F64 select(Mask64 m, F64 a, F64 b) { return F64(_mm256_blendv_pd(b.v, a.v, m.m)); }

TL_LANE Bits32 bits_of(F32 a) { return Bits32(_mm256_castps_si256(a.v)); }
TL_LANE Bits64 bits_of(F64 a) { return Bits64(_mm256_castpd_si256(a.v)); }
TL_LANE F32 float_of(Bits32 a) { return F32(_mm256_castsi256_ps(a.v)); }
TL_LANE F64 float_of(Bits64 a) { return F64(_mm256_castsi256_pd(a.v)); }
TL_LANE Bits32 reinterpret32(Bits64 a) { return Bits32(a.v); }
TL_LANE Bits64 reinterpret64(Bits32 a) { return Bits64(a.v); }
TL_LANE Bits32 operator+(Bits32 a, Bits32 b) { return Bits32(_mm256_add_epi32(a.v, b.v)); }
TL_LANE Bits64 operator+(Bits64 a, Bits64 b) { return Bits64(_mm256_add_epi64(a.v, b.v)); }
TL_LANE Bits32 operator&(Bits32 a, Bits32 b) { return Bits32(_mm256_and_si256(a.v, b.v)); }
TL_LANE Bits64 operator&(Bits64 a, Bits64 b) { return Bits64(_mm256_and_si256(a.v, b.v)); }
TL_LANE Bits32 operator|(Bits32 a, Bits32 b) { return Bits32(_mm256_or_si256(a.v, b.v)); }
TL_LANE Bits64 operator|(Bits64 a, Bits64 b) { return Bits64(_mm256_or_si256(a.v, b.v)); }
TL_LANE Bits32 operator^(Bits32 a, Bits32 b) { return Bits32(_mm256_xor_si256(a.v, b.v)); }
TL_LANE Bits64 operator^(Bits64 a, Bits64 b) { return Bits64(_mm256_xor_si256(a.v, b.v)); }
template <int kCount>
TL_LANE Bits32 shift_left(Bits32 a) {
  return Bits32(_mm256_slli_epi32(a.v, kCount));
}
template <int kCount>
TL_LANE Bits64 shift_left(Bits64 a) {
  return Bits64(_mm256_slli_epi64(a.v, kCount));
}
template <int kCount>
TL_LANE Bits32 shift_right(Bits32 a) {
  return Bits32(_mm256_srli_epi32(a.v, kCount));
}
template <int kCount>
TL_LANE Bits64 shift_right(Bits64 a) {
  return Bits64(_mm256_srli_epi64(a.v, kCount));
}
// blendv and movemask look at the top bit only, so that a register is its own sign mask; the bitwise operations
// on masks are never applied to these.
TL_LANE Mask32 sign_of(Bits32 a) { return {_mm256_castsi256_ps(a.v)}; }
TL_LANE Mask64 sign_of(Bits64 a) { return {_mm256_castsi256_pd(a.v)}; }
TL_LANE Bits64 multiply_low_halves(Bits64 a, Bits64 b) { return Bits64(_mm256_mul_epu32(a.v, b.v)); }
TL_LANE Bits64 unpack_low(Bits64 a, Bits64 b) { return Bits64(_mm256_unpacklo_epi64(a.v, b.v)); }
TL_LANE Bits64 unpack_high(Bits64 a, Bits64 b) { return Bits64(_mm256_unpackhi_epi64(a.v, b.v)); }

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
  low = F64(_mm256_cvtps_pd(_mm256_castps256_ps128(a.v)));
  high = F64(_mm256_cvtps_pd(_mm256_extractf128_ps(a.v, 1)));
}
TL_LANE F32 narrow(F64 low, F64 high) {
  return F32(
      _mm256_insertf128_ps(_mm256_castps128_ps256(_mm256_cvtpd_ps(low.v)), _mm256_cvtpd_ps(high.v), 1));
}

template <size_t kDistance>
TL_LANE F32 exchange(F32 a) {
  if constexpr (kDistance == 4) return F32(_mm256_permute2f128_ps(a.v, a.v, 1));
  if constexpr (kDistance == 2) return F32(_mm256_permute_ps(a.v, 0x4E));
  return F32(_mm256_permute_ps(a.v, 0xB1));
}
template <size_t kDistance>
TL_LANE F64 exchange(F64 a) {
  if constexpr (kDistance == 2) return F64(_mm256_permute2f128_pd(a.v, a.v, 1));
  return F64(_mm256_permute_pd(a.v, 0x5));
}
TL_LANE float first_lane(F32 a) { return _mm256_cvtss_f32(a.v); }
TL_LANE double first_lane(F64 a) { return _mm256_cvtsd_f64(a.v); }

TL_LANE void load_pieces(const float* const (&p)[2], F32& out) {
  out.v = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(p[0])), _mm_loadu_ps(p[1]), 1);
}
TL_LANE void load_pieces(const double* const (&p)[2], F64& out) {
  out.v = _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(p[0])), _mm_loadu_pd(p[1]), 1);
}
TL_LANE void transpose_pieces(F64 (&x)[2]) {
  const __m256d low = _mm256_unpacklo_pd(x[0].v, x[1].v);
  x[1].v = _mm256_unpackhi_pd(x[0].v, x[1].v);
  x[0].v = low;
}
TL_LANE void transpose_pieces(F32 (&x)[4]) {
  const __m256d a = _mm256_castps_pd(_mm256_unpacklo_ps(x[0].v, x[1].v));
  const __m256d b = _mm256_castps_pd(_mm256_unpackhi_ps(x[0].v, x[1].v));
  const __m256d c = _mm256_castps_pd(_mm256_unpacklo_ps(x[2].v, x[3].v));
  const __m256d d = _mm256_castps_pd(_mm256_unpackhi_ps(x[2].v, x[3].v));
  x[0].v = _mm256_castpd_ps(_mm256_unpacklo_pd(a, c));
  x[1].v = _mm256_castpd_ps(_mm256_unpackhi_pd(a, c));
  x[2].v = _mm256_castpd_ps(_mm256_unpacklo_pd(b, d));
  x[3].v = _mm256_castpd_ps(_mm256_unpackhi_pd(b, d));
}

TL_LANE uint64_t packed_bytes(Mask32 a) {
  const __m256i m = _mm256_castps_si256(a.m);
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(m), _mm256_extracti128_si256(m, 1));
  return static_cast<uint64_t>(
      _mm_cvtsi128_si64(_mm_and_si128(_mm_packs_epi16(words, words), _mm_set1_epi8(1))));
}
TL_LANE uint32_t packed_bytes(Mask64 a) {
  const __m256i m = _mm256_castpd_si256(a.m);
  const __m128i dwords = _mm_castps_si128(_mm_shuffle_ps(
      _mm_castsi128_ps(_mm256_castsi256_si128(m)), _mm_castsi128_ps(_mm256_extracti128_si256(m, 1)), 0x88));
  const __m128i words = _mm_packs_epi32(dwords, dwords);
  return static_cast<uint32_t>(
      _mm_cvtsi128_si32(_mm_and_si128(_mm_packs_epi16(words, words), _mm_set1_epi8(1))));
}
template <class Mask>
TL_LANE void store_bytes(Mask a, uint8_t* p) {
  const auto packed = packed_bytes(a);
  __builtin_memcpy(p, &packed, sizeof(packed));
}
template <class Mask>
TL_LANE void store_bytes_n(Mask a, uint8_t* p, size_t n) {
  const uint64_t packed = packed_bytes(a);
  for (size_t i = 0; i < n; ++i) p[i] = static_cast<uint8_t>(packed >> (8 * i));
}
TL_LANE void unpack_bytes(uint64_t packed, Mask32& out) {
  const __m256i x = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<long long>(packed)));
  out.m = _mm256_castsi256_ps(_mm256_cmpgt_epi32(x, _mm256_setzero_si256()));
}
TL_LANE void unpack_bytes(uint64_t packed, Mask64& out) {
  const __m256i x = _mm256_cvtepu8_epi64(_mm_cvtsi64_si128(static_cast<long long>(packed)));
  out.m = _mm256_castsi256_pd(_mm256_cmpgt_epi64(x, _mm256_setzero_si256()));
}
TL_LANE void load_bytes(const uint8_t* p, Mask32& out) {
  uint64_t packed;
  __builtin_memcpy(&packed, p, 8);
  unpack_bytes(packed, out);
}
TL_LANE void load_bytes(const uint8_t* p, Mask64& out) {
  uint32_t packed;
  __builtin_memcpy(&packed, p, 4);
  unpack_bytes(packed, out);
}
template <class Mask>
TL_LANE void load_bytes_n(const uint8_t* p, size_t n, Mask& out) {
  uint64_t packed = 0;
  for (size_t i = 0; i < n; ++i) packed |= static_cast<uint64_t>(p[i]) << (8 * i);
  unpack_bytes(packed, out);
}

}  // namespace
}  // namespace TL_VECTOR_NAMESPACE
}  // namespace tl
