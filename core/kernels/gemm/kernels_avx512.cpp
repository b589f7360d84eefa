// GEMM kernels for AVX-512 (F, VL, DQ, BW): 14 x 32 floats or 14 x 16 doubles in 28 registers.
#include "core/kernels/gemm/kernel_table.h"

#if defined(__AVX512F__) && defined(__AVX512VL__)

// GCC 12 warns about the undefined operands of its own intrinsics (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

#include <immintrin.h>

namespace tl::kernels {
namespace {

// Half a register: where units of 512 bits are two of 256, as on Zen 4, it takes half the time.
struct HalfF32 {
  using T = float;
  using V = __m256;
  static constexpr int kWidth = 8, kTileRows = 14;
  static constexpr bool kStepsBeside = false, kCopiesBeside = false;
  static inline __mmask8 first(int n) { return static_cast<__mmask8>((1u << n) - 1u); }
  static inline V load(const T* p) { return _mm256_loadu_ps(p); }
  static inline V load_part(const T* p, int n) { return _mm256_maskz_loadu_ps(first(n), p); }
  static inline void store(T* p, V v) { _mm256_storeu_ps(p, v); }
  static inline void store_part(T* p, V v, int n) { _mm256_mask_storeu_ps(p, first(n), v); }
  static inline V set1(T x) { return _mm256_set1_ps(x); }
  static inline V zero() { return _mm256_setzero_ps(); }
  static inline V fma(V a, V b, V c) { return _mm256_fmadd_ps(a, b, c); }
  static inline V mul(V a, V b) { return _mm256_mul_ps(a, b); }
  static inline V add(V a, V b) { return _mm256_add_ps(a, b); }
};

struct HalfF64 {
  using T = double;
  using V = __m256d;
  static constexpr int kWidth = 4, kTileRows = 14;
  static constexpr bool kStepsBeside = false, kCopiesBeside = false;
  static inline __mmask8 first(int n) { return static_cast<__mmask8>((1u << n) - 1u); }
  static inline V load(const T* p) { return _mm256_loadu_pd(p); }
  static inline V load_part(const T* p, int n) { return _mm256_maskz_loadu_pd(first(n), p); }
  static inline void store(T* p, V v) { _mm256_storeu_pd(p, v); }
  static inline void store_part(T* p, V v, int n) { _mm256_mask_storeu_pd(p, first(n), v); }
  static inline V set1(T x) { return _mm256_set1_pd(x); }
  static inline V zero() { return _mm256_setzero_pd(); }
  static inline V fma(V a, V b, V c) { return _mm256_fmadd_pd(a, b, c); }
  static inline V mul(V a, V b) { return _mm256_mul_pd(a, b); }
  static inline V add(V a, V b) { return _mm256_add_pd(a, b); }
};

struct F32 {
  using Half = HalfF32;
  using T = float;
  using V = __m512;
  static constexpr int kWidth = 16, kTileRows = 14;
  static constexpr bool kStepsBeside = true, kCopiesBeside = kWidth >= kTileRows;
  static inline __mmask16 first(int n) { return static_cast<__mmask16>((1u << n) - 1u); }
  static inline V load(const T* p) { return _mm512_loadu_ps(p); }
  static inline V load_part(const T* p, int n) { return _mm512_maskz_loadu_ps(first(n), p); }
  static inline void store(T* p, V v) { _mm512_storeu_ps(p, v); }
  static inline void store_part(T* p, V v, int n) { _mm512_mask_storeu_ps(p, first(n), v); }
  static inline V set1(T x) { return _mm512_set1_ps(x); }
  static inline V zero() { return _mm512_setzero_ps(); }
  static inline V fma(V a, V b, V c) { return _mm512_fmadd_ps(a, b, c); }
  static inline V mul(V a, V b) { return _mm512_mul_ps(a, b); }
  static inline V add(V a, V b) { return _mm512_add_ps(a, b); }
  static inline V sub(V a, V b) { return _mm512_sub_ps(a, b); }
  static inline V div(V a, V b) { return _mm512_div_ps(a, b); }
  static inline V sqrt(V a) { return _mm512_sqrt_ps(a); }
  // x, or 0 where it is nearer to 0 than `smallest`.
  static inline V without_tiny(V x, V smallest) {
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(_mm512_abs_ps(x), smallest, _CMP_NLT_UQ), x);
  }
  static inline T sum(V v) { return _mm512_reduce_add_ps(v); }
  static inline void transpose(V (&r)[16]) {
    V t[16];
#pragma GCC unroll 4
    for (int g = 0; g < 16; g += 4) {
      const __m512d a = _mm512_castps_pd(_mm512_unpacklo_ps(r[g], r[g + 1]));
      const __m512d b = _mm512_castps_pd(_mm512_unpackhi_ps(r[g], r[g + 1]));
      const __m512d c = _mm512_castps_pd(_mm512_unpacklo_ps(r[g + 2], r[g + 3]));
      const __m512d d = _mm512_castps_pd(_mm512_unpackhi_ps(r[g + 2], r[g + 3]));
      t[g] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, c));
      t[g + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, c));
      t[g + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(b, d));
      t[g + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(b, d));
    }
    // t[4 g + q] lane l holds column 4 l + q of rows 4 g .. 4 g + 3: transpose the 4 x 4 lanes.
#pragma GCC unroll 4
    for (int q = 0; q < 4; ++q) {
      const V a = _mm512_shuffle_f32x4(t[q], t[4 + q], 0x88), b = _mm512_shuffle_f32x4(t[q], t[4 + q], 0xdd);
      const V c = _mm512_shuffle_f32x4(t[8 + q], t[12 + q], 0x88),
              d = _mm512_shuffle_f32x4(t[8 + q], t[12 + q], 0xdd);
      r[q] = _mm512_shuffle_f32x4(a, c, 0x88);
      r[8 + q] = _mm512_shuffle_f32x4(a, c, 0xdd);
      r[4 + q] = _mm512_shuffle_f32x4(b, d, 0x88);
      r[12 + q] = _mm512_shuffle_f32x4(b, d, 0xdd);
    }
  }
};

struct F64 {
  using Half = HalfF64;
  using T = double;
  using V = __m512d;
  static constexpr int kWidth = 8, kTileRows = 14;
  static constexpr bool kStepsBeside = true, kCopiesBeside = kWidth >= kTileRows;
  static inline __mmask8 first(int n) { return static_cast<__mmask8>((1u << n) - 1u); }
  static inline V load(const T* p) { return _mm512_loadu_pd(p); }
  static inline V load_part(const T* p, int n) { return _mm512_maskz_loadu_pd(first(n), p); }
  static inline void store(T* p, V v) { _mm512_storeu_pd(p, v); }
  static inline void store_part(T* p, V v, int n) { _mm512_mask_storeu_pd(p, first(n), v); }
  static inline V set1(T x) { return _mm512_set1_pd(x); }
  static inline V zero() { return _mm512_setzero_pd(); }
  static inline V fma(V a, V b, V c) { return _mm512_fmadd_pd(a, b, c); }
  static inline V mul(V a, V b) { return _mm512_mul_pd(a, b); }
  static inline V add(V a, V b) { return _mm512_add_pd(a, b); }
  static inline V sub(V a, V b) { return _mm512_sub_pd(a, b); }
  static inline V div(V a, V b) { return _mm512_div_pd(a, b); }
  static inline V sqrt(V a) { return _mm512_sqrt_pd(a); }
  // x, or 0 where it is nearer to 0 than `smallest`.
  static inline V without_tiny(V x, V smallest) {
    return _mm512_maskz_mov_pd(_mm512_cmp_pd_mask(_mm512_abs_pd(x), smallest, _CMP_NLT_UQ), x);
  }
  static inline T sum(V v) { return _mm512_reduce_add_pd(v); }
  static inline void transpose(V (&r)[8]) {
    V t[8];
#pragma GCC unroll 4
    for (int g = 0; g < 8; g += 2) {
      t[g] = _mm512_unpacklo_pd(r[g], r[g + 1]);
      t[g + 1] = _mm512_unpackhi_pd(r[g], r[g + 1]);
    }
    // t[2 g + q] lane l holds column 2 l + q of rows 2 g, 2 g + 1: transpose the 4 x 4 lanes.
#pragma GCC unroll 2
    for (int q = 0; q < 2; ++q) {
      const V a = _mm512_shuffle_f64x2(t[q], t[2 + q], 0x88), b = _mm512_shuffle_f64x2(t[q], t[2 + q], 0xdd);
      const V c = _mm512_shuffle_f64x2(t[4 + q], t[6 + q], 0x88),
              d = _mm512_shuffle_f64x2(t[4 + q], t[6 + q], 0xdd);
      r[q] = _mm512_shuffle_f64x2(a, c, 0x88);
      r[4 + q] = _mm512_shuffle_f64x2(a, c, 0xdd);
      r[2 + q] = _mm512_shuffle_f64x2(b, d, 0x88);
      r[6 + q] = _mm512_shuffle_f64x2(b, d, 0xdd);
    }
  }
};

#include "core/kernels/gemm/micro_kernels.inl"

constexpr GemmKernels<float> kF32 = make_kernels<F32>("avx512", 4096, 384 << 10);
constexpr GemmKernels<double> kF64 = make_kernels<F64>("avx512", 4096, 384 << 10);

}  // namespace

const GemmKernels<float>* gemm_kernels_avx512_f32() { return &kF32; }
const GemmKernels<double>* gemm_kernels_avx512_f64() { return &kF64; }

}  // namespace tl::kernels

#else

namespace tl::kernels {
const GemmKernels<float>* gemm_kernels_avx512_f32() { return nullptr; }
const GemmKernels<double>* gemm_kernels_avx512_f64() { return nullptr; }
}  // namespace tl::kernels

#endif
