// GEMM kernels for AVX2 with FMA: 6 x 16 floats or 6 x 8 doubles in 12 registers.
#include "core/kernels/gemm/kernel_table.h"

#if defined(__AVX2__) && defined(__FMA__)

#include <immintrin.h>

namespace tl::kernels {
namespace {

// A window into it is the mask of the first n lanes.
alignas(64) constexpr int32_t kMask[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};

struct F32 {
  using Half = F32;
  using T = float;
  using V = __m256;
  static constexpr int kWidth = 8, kTileRows = 6;
  static constexpr bool kStepsBeside = false, kCopiesBeside = false;
  static inline __m256i first(int n) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kMask + kWidth - n));
  }
  static inline V load(const T* p) { return _mm256_loadu_ps(p); }
  static inline V load_part(const T* p, int n) { return _mm256_maskload_ps(p, first(n)); }
  static inline void store(T* p, V v) { _mm256_storeu_ps(p, v); }
  static inline void store_part(T* p, V v, int n) { _mm256_maskstore_ps(p, first(n), v); }
  static inline V set1(T x) { return _mm256_set1_ps(x); }
  static inline V zero() { return _mm256_setzero_ps(); }
  static inline V fma(V a, V b, V c) { return _mm256_fmadd_ps(a, b, c); }
  static inline V mul(V a, V b) { return _mm256_mul_ps(a, b); }
  static inline V add(V a, V b) { return _mm256_add_ps(a, b); }
  static inline T sum(V v) {
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }
  static inline void transpose(V (&r)[8]) {
    V t[8];
#pragma GCC unroll 2
    for (int g = 0; g < 8; g += 4) {
      const V a = _mm256_unpacklo_ps(r[g], r[g + 1]), b = _mm256_unpackhi_ps(r[g], r[g + 1]);
      const V c = _mm256_unpacklo_ps(r[g + 2], r[g + 3]), d = _mm256_unpackhi_ps(r[g + 2], r[g + 3]);
      t[g] = _mm256_shuffle_ps(a, c, 0x44);
      t[g + 1] = _mm256_shuffle_ps(a, c, 0xee);
      t[g + 2] = _mm256_shuffle_ps(b, d, 0x44);
      t[g + 3] = _mm256_shuffle_ps(b, d, 0xee);
    }
#pragma GCC unroll 4
    for (int q = 0; q < 4; ++q) {
      r[q] = _mm256_permute2f128_ps(t[q], t[4 + q], 0x20);
      r[4 + q] = _mm256_permute2f128_ps(t[q], t[4 + q], 0x31);
    }
  }
};

struct F64 {
  using Half = F64;
  using T = double;
  using V = __m256d;
  static constexpr int kWidth = 4, kTileRows = 6;
  static constexpr bool kStepsBeside = false, kCopiesBeside = false;
  static inline __m256i first(int n) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kMask + 2 * (kWidth - n)));
  }
  static inline V load(const T* p) { return _mm256_loadu_pd(p); }
  static inline V load_part(const T* p, int n) { return _mm256_maskload_pd(p, first(n)); }
  static inline void store(T* p, V v) { _mm256_storeu_pd(p, v); }
  static inline void store_part(T* p, V v, int n) { _mm256_maskstore_pd(p, first(n), v); }
  static inline V set1(T x) { return _mm256_set1_pd(x); }
  static inline V zero() { return _mm256_setzero_pd(); }
  static inline V fma(V a, V b, V c) { return _mm256_fmadd_pd(a, b, c); }
  static inline V mul(V a, V b) { return _mm256_mul_pd(a, b); }
  static inline V add(V a, V b) { return _mm256_add_pd(a, b); }
  static inline T sum(V v) {
    const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(v), _mm256_extractf128_pd(v, 1));
    return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
  }
  static inline void transpose(V (&r)[4]) {
    const V a = _mm256_unpacklo_pd(r[0], r[1]), b = _mm256_unpackhi_pd(r[0], r[1]);
    const V c = _mm256_unpacklo_pd(r[2], r[3]), d = _mm256_unpackhi_pd(r[2], r[3]);
    r[0] = _mm256_permute2f128_pd(a, c, 0x20);
    r[1] = _mm256_permute2f128_pd(b, d, 0x20);
    r[2] = _mm256_permute2f128_pd(a, c, 0x31);
    r[3] = _mm256_permute2f128_pd(b, d, 0x31);
  }
};

#include "core/kernels/gemm/micro_kernels.inl"

constexpr GemmKernels<float> kF32 = make_kernels<F32>("avx2", 1536, 144 << 10);
constexpr GemmKernels<double> kF64 = make_kernels<F64>("avx2", 1536, 144 << 10);

}  // namespace

const GemmKernels<float>* gemm_kernels_avx2_f32() { return &kF32; }
const GemmKernels<double>* gemm_kernels_avx2_f64() { return &kF64; }

}  // namespace tl::kernels

#else

namespace tl::kernels {
const GemmKernels<float>* gemm_kernels_avx2_f32() { return nullptr; }
const GemmKernels<double>* gemm_kernels_avx2_f64() { return nullptr; }
}  // namespace tl::kernels

#endif
