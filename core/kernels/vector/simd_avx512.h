// Lanes of AVX-512: the types F32 (16 floats) and F64 (8 doubles), their masks and their bit patterns.
// The three simd_*.h files offer the same names; the kernels are written once against them.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#define TL_LANE inline __attribute__((always_inline))

namespace tl {
namespace TL_VECTOR_NAMESPACE {
namespace {

struct Mask32 {
  __mmask16 m;
};
struct Mask64 {
  __mmask8 m;
};

// Bit patterns of one register: lanes of 32 bits for F32, of 64 bits for F64.
struct Bits32 {
  __m512i v;
  TL_LANE explicit Bits32(__m512i x) : v(x) {}
  TL_LANE explicit Bits32(uint32_t x) : v(_mm512_set1_epi32(static_cast<int>(x))) {}
};
struct Bits64 {
  __m512i v;
  static constexpr size_t N = 8;
  TL_LANE explicit Bits64(__m512i x) : v(x) {}
  TL_LANE explicit Bits64(uint64_t x) : v(_mm512_set1_epi64(static_cast<long long>(x))) {}
  TL_LANE static Bits64 load(const uint64_t* p) { return Bits64(_mm512_loadu_si512(p)); }
  TL_LANE void store(void* p) const { _mm512_storeu_si512(p, v); }
};

struct F32 {
  using T = float;
  using Bits = Bits32;
  using Uint = uint32_t;
  using Mask = Mask32;
  static constexpr size_t N = 16;
  __m512 v;
  TL_LANE explicit F32(__m512 x) : v(x) {}
  F32() = default;
  TL_LANE F32(float x) : v(_mm512_set1_ps(x)) {}
  // The *_n functions touch the first n lanes only, n <= N; a load sets the others to zero or to `fill`.
  TL_LANE static __mmask16 first(size_t n) { return static_cast<__mmask16>((1u << n) - 1u); }
  TL_LANE static F32 load(const float* p) { return F32(_mm512_loadu_ps(p)); }
  TL_LANE static F32 load_n(const float* p, size_t n) { return F32(_mm512_maskz_loadu_ps(first(n), p)); }
  TL_LANE static F32 load_n(const float* p, size_t n, float fill) {
    return F32(_mm512_mask_loadu_ps(_mm512_set1_ps(fill), first(n), p));
  }
  TL_LANE void store(float* p) const { _mm512_storeu_ps(p, v); }
  TL_LANE void store_n(float* p, size_t n) const { _mm512_mask_storeu_ps(p, first(n), v); }
};

struct F64 {
  using T = double;
  using Bits = Bits64;
  using Uint = uint64_t;
  using Mask = Mask64;
  static constexpr size_t N = 8;
  __m512d v;
  TL_LANE explicit F64(__m512d x) : v(x) {}
  F64() = default;
  TL_LANE F64(double x) : v(_mm512_set1_pd(x)) {}
  TL_LANE static __mmask8 first(size_t n) { return static_cast<__mmask8>((1u << n) - 1u); }
  TL_LANE static F64 load(const double* p) { return F64(_mm512_loadu_pd(p)); }
  TL_LANE static F64 load_n(const double* p, size_t n) { return F64(_mm512_maskz_loadu_pd(first(n), p)); }
  TL_LANE static F64 load_n(const double* p, size_t n, double fill) {
    return F64(_mm512_mask_loadu_pd(_mm512_set1_pd(fill), first(n), p));
  }
  TL_LANE void store(double* p) const { _mm512_storeu_pd(p, v); }
  TL_LANE void store_n(double* p, size_t n) const { _mm512_mask_storeu_pd(p, first(n), v); }
};

TL_LANE F32 operator+(F32 a, F32 b) { return F32(_mm512_add_ps(a.v, b.v)); }
TL_LANE F32 operator-(F32 a, F32 b) { return F32(_mm512_sub_ps(a.v, b.v)); }
TL_LANE F32 operator*(F32 a, F32 b) { return F32(_mm512_mul_ps(a.v, b.v)); }
TL_LANE F32 operator/(F32 a, F32 b) { return F32(_mm512_div_ps(a.v, b.v)); }
TL_LANE F64 operator+(F64 a, F64 b) { return F64(_mm512_add_pd(a.v, b.v)); }
TL_LANE F64 operator-(F64 a, F64 b) { return F64(_mm512_sub_pd(a.v, b.v)); }
TL_LANE F64 operator*(F64 a, F64 b) { return F64(_mm512_mul_pd(a.v, b.v)); }
TL_LANE F64 operator/(F64 a, F64 b) { return F64(_mm512_div_pd(a.v, b.v)); }

// a * b + c, c - a * b: one rounding where the instruction set has it, two elsewhere.
TL_LANE F32 fma(F32 a, F32 b, F32 c) { return F32(_mm512_fmadd_ps(a.v, b.v, c.v)); }
TL_LANE F64 fma(F64 a, F64 b, F64 c) { return F64(_mm512_fmadd_pd(a.v, b.v, c.v)); }
TL_LANE F32 fnma(F32 a, F32 b, F32 c) { return F32(_mm512_fnmadd_ps(a.v, b.v, c.v)); }
TL_LANE F64 fnma(F64 a, F64 b, F64 c) { return F64(_mm512_fnmadd_pd(a.v, b.v, c.v)); }
TL_LANE F32 sqrt(F32 a) { return F32(_mm512_sqrt_ps(a.v)); }
TL_LANE F64 sqrt(F64 a) { return F64(_mm512_sqrt_pd(a.v)); }
// a < b ? a : b and a > b ? a : b: the second operand where either is NaN.
TL_LANE F32 min_second(F32 a, F32 b) { return F32(_mm512_min_ps(a.v, b.v)); }
TL_LANE F64 min_second(F64 a, F64 b) { return F64(_mm512_min_pd(a.v, b.v)); }
TL_LANE F32 max_second(F32 a, F32 b) { return F32(_mm512_max_ps(a.v, b.v)); }
TL_LANE F64 max_second(F64 a, F64 b) { return F64(_mm512_max_pd(a.v, b.v)); }
// To the nearest integer, ties to even; exact for |x| < 2^22 (F32), 2^51 (F64).
TL_LANE F32 nearest(F32 a) {
  return F32(_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
TL_LANE F64 nearest(F64 a) {
  return F64(_mm512_roundscale_pd(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
TL_LANE F32 floor(F32 a) { return F32(_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)); }
TL_LANE F64 floor(F64 a) { return F64(_mm512_roundscale_pd(a.v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)); }
// p * 2^k for integral k, rounded once.
TL_LANE F32 scale_by_power_of_two(F32 p, F32 k) { return F32(_mm512_scalef_ps(p.v, k.v)); }
TL_LANE F64 scale_by_power_of_two(F64 p, F64 k) { return F64(_mm512_scalef_pd(p.v, k.v)); }

TL_LANE Mask32 operator<(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)}; }
TL_LANE Mask64 operator<(F64 a, F64 b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_LT_OQ)}; }
TL_LANE Mask32 operator<=(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LE_OQ)}; }
TL_LANE Mask64 operator<=(F64 a, F64 b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_LE_OQ)}; }
TL_LANE Mask32 operator==(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_EQ_OQ)}; }
TL_LANE Mask64 operator==(F64 a, F64 b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_EQ_OQ)}; }
TL_LANE Mask32 operator!=(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_NEQ_UQ)}; }
TL_LANE Mask64 operator!=(F64 a, F64 b) { return {_mm512_cmp_pd_mask(a.v, b.v, _CMP_NEQ_UQ)}; }
TL_LANE Mask32 operator&(Mask32 a, Mask32 b) { return {static_cast<__mmask16>(a.m & b.m)}; }
TL_LANE Mask64 operator&(Mask64 a, Mask64 b) { return {static_cast<__mmask8>(a.m & b.m)}; }
TL_LANE Mask32 operator|(Mask32 a, Mask32 b) { return {static_cast<__mmask16>(a.m | b.m)}; }
TL_LANE Mask64 operator|(Mask64 a, Mask64 b) { return {static_cast<__mmask8>(a.m | b.m)}; }
TL_LANE Mask32 operator!(Mask32 a) { return {static_cast<__mmask16>(~a.m)}; }
TL_LANE Mask64 operator!(Mask64 a) { return {static_cast<__mmask8>(~a.m)}; }
TL_LANE uint32_t lanes_of(Mask32 a) { return a.m; }  // bit i: lane i
TL_LANE uint32_t lanes_of(Mask64 a) { return a.m; }
TL_LANE F32 select(Mask32 m, F32 a, F32 b) { return F32(_mm512_mask_blend_ps(m.m, b.v, a.v)); }
TL_LANE F64 select(Mask64 m, F64 a, F64 b) { return F64(_mm512_mask_blend_pd(m.m, b.v, a.v)); }

TL_LANE Bits32 bits_of(F32 a) { return Bits32(_mm512_castps_si512(a.v)); }
TL_LANE Bits64 bits_of(F64 a) { return Bits64(_mm512_castpd_si512(a.v)); }
TL_LANE F32 float_of(Bits32 a) { return F32(_mm512_castsi512_ps(a.v)); }
TL_LANE F64 float_of(Bits64 a) { return F64(_mm512_castsi512_pd(a.v)); }
TL_LANE Bits32 reinterpret32(Bits64 a) { return Bits32(a.v); }
TL_LANE Bits64 reinterpret64(Bits32 a) { return Bits64(a.v); }
TL_LANE Bits32 operator+(Bits32 a, Bits32 b) { return Bits32(_mm512_add_epi32(a.v, b.v)); }
TL_LANE Bits64 operator+(Bits64 a, Bits64 b) { return Bits64(_mm512_add_epi64(a.v, b.v)); }
TL_LANE Bits32 operator&(Bits32 a, Bits32 b) { return Bits32(_mm512_and_si512(a.v, b.v)); }
TL_LANE Bits64 operator&(Bits64 a, Bits64 b) { return Bits64(_mm512_and_si512(a.v, b.v)); }
TL_LANE Bits32 operator|(Bits32 a, Bits32 b) { return Bits32(_mm512_or_si512(a.v, b.v)); }
TL_LANE Bits64 operator|(Bits64 a, Bits64 b) { return Bits64(_mm512_or_si512(a.v, b.v)); }
TL_LANE Bits32 operator^(Bits32 a, Bits32 b) { return Bits32(_mm512_xor_si512(a.v, b.v)); }
TL_LANE Bits64 operator^(Bits64 a, Bits64 b) { return Bits64(_mm512_xor_si512(a.v, b.v)); }
template <int kCount>
TL_LANE Bits32 shift_left(Bits32 a) {
  return Bits32(_mm512_slli_epi32(a.v, kCount));
}
template <int kCount>
TL_LANE Bits64 shift_left(Bits64 a) {
  return Bits64(_mm512_slli_epi64(a.v, kCount));
}
template <int kCount>
TL_LANE Bits32 shift_right(Bits32 a) {
  return Bits32(_mm512_srli_epi32(a.v, kCount));
}
template <int kCount>
TL_LANE Bits64 shift_right(Bits64 a) {
  return Bits64(_mm512_srli_epi64(a.v, kCount));
}
TL_LANE Mask32 sign_of(Bits32 a) { return {_mm512_movepi32_mask(a.v)}; }  // lanes whose top bit is set
TL_LANE Mask64 sign_of(Bits64 a) { return {_mm512_movepi64_mask(a.v)}; }
TL_LANE Bits64 multiply_low_halves(Bits64 a, Bits64 b) { return Bits64(_mm512_mul_epu32(a.v, b.v)); }
// Within each 128 bits: the low (high) lane of a, then that of b.
TL_LANE Bits64 unpack_low(Bits64 a, Bits64 b) { return Bits64(_mm512_unpacklo_epi64(a.v, b.v)); }
TL_LANE Bits64 unpack_high(Bits64 a, Bits64 b) { return Bits64(_mm512_unpackhi_epi64(a.v, b.v)); }

TL_LANE void widen(F32 a, F64& low, F64& high) {
  low = F64(_mm512_cvtps_pd(_mm512_castps512_ps256(a.v)));
  high = F64(_mm512_cvtps_pd(_mm512_extractf32x8_ps(a.v, 1)));
}
TL_LANE F32 narrow(F64 low, F64 high) {
  return F32(_mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(low.v)), _mm512_cvtpd_ps(high.v), 1));
}

// Lane i exchanged with lane i ^ kDistance.
template <size_t kDistance>
TL_LANE F32 exchange(F32 a) {
  if constexpr (kDistance == 8) return F32(_mm512_shuffle_f32x4(a.v, a.v, 0x4E));
  if constexpr (kDistance == 4) return F32(_mm512_shuffle_f32x4(a.v, a.v, 0xB1));
  if constexpr (kDistance == 2) return F32(_mm512_permute_ps(a.v, 0x4E));
  return F32(_mm512_permute_ps(a.v, 0xB1));
}
template <size_t kDistance>
TL_LANE F64 exchange(F64 a) {
  if constexpr (kDistance == 4) return F64(_mm512_shuffle_f64x2(a.v, a.v, 0x4E));
  if constexpr (kDistance == 2) return F64(_mm512_shuffle_f64x2(a.v, a.v, 0xB1));
  return F64(_mm512_permute_pd(a.v, 0x55));
}
TL_LANE float first_lane(F32 a) { return _mm512_cvtss_f32(a.v); }
TL_LANE double first_lane(F64 a) { return _mm512_cvtsd_f64(a.v); }

// 128 bits from each address, one after the other; and then the transposition of the square blocks that four (F32) or
// two (F64) registers hold in the same 128 bits.
TL_LANE void load_pieces(const float* const (&p)[4], F32& out) {
  __m512 v = _mm512_castps128_ps512(_mm_loadu_ps(p[0]));
  v = _mm512_insertf32x4(v, _mm_loadu_ps(p[1]), 1);
  v = _mm512_insertf32x4(v, _mm_loadu_ps(p[2]), 2);
  out.v = _mm512_insertf32x4(v, _mm_loadu_ps(p[3]), 3);
}
TL_LANE void load_pieces(const double* const (&p)[4], F64& out) {
  __m512d v = _mm512_castpd128_pd512(_mm_loadu_pd(p[0]));
  v = _mm512_insertf64x2(v, _mm_loadu_pd(p[1]), 1);
  v = _mm512_insertf64x2(v, _mm_loadu_pd(p[2]), 2);
  out.v = _mm512_insertf64x2(v, _mm_loadu_pd(p[3]), 3);
}
TL_LANE void transpose_pieces(F64 (&x)[2]) {
  const __m512d low = _mm512_unpacklo_pd(x[0].v, x[1].v);
  x[1].v = _mm512_unpackhi_pd(x[0].v, x[1].v);
  x[0].v = low;
}
TL_LANE void transpose_pieces(F32 (&x)[4]) {
  const __m512d a = _mm512_castps_pd(_mm512_unpacklo_ps(x[0].v, x[1].v));
  const __m512d b = _mm512_castps_pd(_mm512_unpackhi_ps(x[0].v, x[1].v));
  const __m512d c = _mm512_castps_pd(_mm512_unpacklo_ps(x[2].v, x[3].v));
  const __m512d d = _mm512_castps_pd(_mm512_unpackhi_ps(x[2].v, x[3].v));
  x[0].v = _mm512_castpd_ps(_mm512_unpacklo_pd(a, c));
  x[1].v = _mm512_castpd_ps(_mm512_unpackhi_pd(a, c));
  x[2].v = _mm512_castpd_ps(_mm512_unpacklo_pd(b, d));
  x[3].v = _mm512_castpd_ps(_mm512_unpackhi_pd(b, d));
}

// Masks as bytes 0 and 1.
TL_LANE void store_bytes(Mask32 a, uint8_t* p) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm_maskz_set1_epi8(a.m, 1));
}
TL_LANE void store_bytes(Mask64 a, uint8_t* p) {
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_maskz_set1_epi8(a.m, 1));
}
TL_LANE void store_bytes_n(Mask32 a, uint8_t* p, size_t n) {
  _mm_mask_storeu_epi8(p, F32::first(n), _mm_maskz_set1_epi8(a.m, 1));
}
TL_LANE void store_bytes_n(Mask64 a, uint8_t* p, size_t n) {
  _mm_mask_storeu_epi8(p, F64::first(n), _mm_maskz_set1_epi8(a.m, 1));
}
TL_LANE void load_bytes(const uint8_t* p, Mask32& out) {
  const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  out.m = _mm_test_epi8_mask(x, x);
}
TL_LANE void load_bytes(const uint8_t* p, Mask64& out) {
  const __m128i x = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
  out.m = static_cast<__mmask8>(_mm_test_epi8_mask(x, x));
}
TL_LANE void load_bytes_n(const uint8_t* p, size_t n, Mask32& out) {
  const __m128i x = _mm_maskz_loadu_epi8(F32::first(n), p);
  out.m = _mm_test_epi8_mask(x, x);
}
TL_LANE void load_bytes_n(const uint8_t* p, size_t n, Mask64& out) {
  const __m128i x = _mm_maskz_loadu_epi8(F64::first(n), p);
  out.m = static_cast<__mmask8>(_mm_test_epi8_mask(x, x));
}

}  // namespace
}  // namespace TL_VECTOR_NAMESPACE
}  // namespace tl
