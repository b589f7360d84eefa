// GEMM kernels for the baseline of any CPU: 4 x 8 floats or 4 x 4 doubles in vectors of 16 bytes (SSE2,
// NEON). Large products go to OpenBLAS on such CPUs; see backend_choice.cpp.
#include "core/kernels/gemm/kernel_table.h"

namespace tl::kernels {
namespace {

template <typename Element, int kCount>
struct Vector16 {
  using Half = Vector16;
  using T = Element;
  typedef T V __attribute__((vector_size(16)));
  static constexpr int kWidth = kCount, kTileRows = 4;
  static constexpr bool kStepsBeside = false, kCopiesBeside = false;
  static inline V load(const T* p) {
    V v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
  }
  static inline V load_part(const T* p, int n) {
    V v = zero();
    for (int i = 0; i < n; ++i) v[i] = p[i];
    return v;
  }
  static inline void store(T* p, V v) { __builtin_memcpy(p, &v, sizeof v); }
  static inline void store_part(T* p, V v, int n) {
    for (int i = 0; i < n; ++i) p[i] = v[i];
  }
  static inline V set1(T x) { return zero() + x; }
  static inline V zero() { return V{}; }
  static inline V fma(V a, V b, V c) { return a * b + c; }
  static inline V mul(V a, V b) { return a * b; }
  static inline V add(V a, V b) { return a + b; }
  static inline T sum(V v) {
    T low = 0, high = 0;
    for (int i = 0; i < kWidth / 2; ++i) low += v[i], high += v[kWidth / 2 + i];
    return low + high;
  }
  static inline void transpose(V (&r)[kWidth]) {
    T t[kWidth][kWidth];
    for (int i = 0; i < kWidth; ++i)
      for (int j = 0; j < kWidth; ++j) t[j][i] = r[i][j];
    for (int i = 0; i < kWidth; ++i) r[i] = load(t[i]);
  }
};

using F32 = Vector16<float, 4>;
using F64 = Vector16<double, 2>;

#include "core/kernels/gemm/micro_kernels.inl"

constexpr GemmKernels<float> kF32 = make_kernels<F32>("portable", 1024, 96 << 10);
constexpr GemmKernels<double> kF64 = make_kernels<F64>("portable", 1024, 96 << 10);

}  // namespace

const GemmKernels<float>* gemm_kernels_portable_f32() { return &kF32; }
const GemmKernels<double>* gemm_kernels_portable_f64() { return &kF64; }

}  // namespace tl::kernels
