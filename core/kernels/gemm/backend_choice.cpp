// The CPU class and the table of methods. The figures in the comments are from tests/bench/gemm_bench.cpp.
#include "core/kernels/gemm/backend_choice.h"

#include "core/kernels/gemm/library_gemm.h"

namespace tl::kernels {
namespace {

GemmCpu detect_cpu() {
#if defined(__x86_64__) && !defined(TAPELOOP_PORTABLE)
  // These builtins also ask whether the operating system saves the registers.
  __builtin_cpu_init();
  if (gemm_kernels_avx512_f32() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
    return GemmCpu::avx512;
  if (gemm_kernels_avx2_f32() && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return GemmCpu::avx2;
#endif
  return GemmCpu::portable;
}

// Figures: us on an AVX-512 AMD server CPU, one thread, best of the turns of gemm_bench --methods; "own" is the better of
// direct, swapped and packed. Library versions: oneDNN 2.6.3, OpenBLAS 0.3.21 (Haswell kernels there).
//
//                            own            onednn   openblas       AVX2 kernels: own   onednn  openblas
//   f32 NN 32x784x128        22.6 direct      23.1       54.3                    50.6     48.3      56.8
//   f32 TN 784x32x128        23.5 direct      24.0       50.5                    46.6     48.5      52.6
//   f32 NN 32x128x10         0.51 swapped     0.81       1.30                    0.94     1.32      1.39
//   f32 NT 32x10x128         0.50 direct      0.63       1.00                    0.85     0.94      1.10
//   f32 NN 32x20x64          0.36 direct      0.59       0.82                    0.64     0.85      0.86
//   f32 NN 8x8x8             0.04 direct      0.22       0.08                    0.04     0.20      0.12
//   f32 NT 64x256x784        95.3 swapped      111        208                     194      194       211
//   f32 NN 128x784x512        390 direct       405        760                     784      760       786
//   f32 NN 512x512x512        996 direct      1032       1940                    1969     2144      2029
//   f32 NN 64x2048x2048      3020 packed      2430                               5400     4260      4800
//   f32 NN 8x4096x4096       5980 packed      3680                               6290     8350      6010
//   f32 NT 64x2048x2048      2480 swapped     3310
//   f32 NN 256x2048x2048     9900 packed      9540
//   f32 NN 512x2048x2048    18170 packed     18280
//   f32 NN 1024x2048x2048   32550 packed     34370      62300                   64900    67100     66000
//   f64 NN 32x784x128        54.3                        109 to 137
//   f64 NN 512x512x512       2116 packed                 4436
//   an AVX-512 CPU of half that peak (118 GFLOP/s a core), processor time:
//   f32 NN 2048x2048x2048  155000 packed    159900
//   f32 NN 1024x2048x2048   79350 packed     80790
//   f32 NT 1024x2048x2048   79430 packed     82150
//   f32 TN 2048x1024x2048   80980 packed     81390
//   portable kernels with oneDNN limited to SSE4.1 and OpenBLAS to Nehalem:
//   f32 NN 32x784x128         167              134        145
//   f32 NN 512x512x512       6515             5050       5770
//   f32 NT 32x5x32           0.46             0.45       0.57
//   f64 NN 256x256x256       1708                        1388

// A model of the cost of a product in cycles, for choosing between direct and swapped. One row of a tile takes half a
// cycle for a term and a vector; a vector alone is bound by the loads of A. Fitted to (us, direct / swapped):
// NT 64x256x784 105 / 97, NT 32x10x128 0.45 / 0.75, NT 10x40x40 0.26 / 0.35, NN 32x128x10 0.62 / 0.49,
// TN 512x128x10 9.2 / 5.3, TN 784x32x128 23.5 / 32.5.
constexpr double kPack = 0.27;  // an element packed with its rows and columns exchanged
constexpr double kTurn = 0.6;   // an element of a tile that is stored transposed

// In pairs of vectors, whose width is a power of 2 and no half of which is used on its own but by AVX-512 kernels.
double vectors_of(int64_t n, int64_t width, bool halves) {
  const int64_t pairs = n >> (__builtin_ctzll(static_cast<unsigned long long>(width)) + 1),
                rest = n - 2 * width * pairs;
  return static_cast<double>(pairs) + (rest == 0                     ? 0
                                       : halves && 2 * rest <= width ? 0.4
                                       : rest <= width               ? 0.65
                                                                     : 1.0);
}

}  // namespace

GemmCpu gemm_cpu() {
  static const GemmCpu cpu = detect_cpu();
  return cpu;
}

template <>
const GemmKernels<float>* gemm_kernels<float>(GemmCpu cpu) {
  if (cpu > gemm_cpu()) return nullptr;
  return cpu == GemmCpu::avx512 ? gemm_kernels_avx512_f32()
         : cpu == GemmCpu::avx2 ? gemm_kernels_avx2_f32()
                                : gemm_kernels_portable_f32();
}

template <>
const GemmKernels<double>* gemm_kernels<double>(GemmCpu cpu) {
  if (cpu > gemm_cpu()) return nullptr;
  return cpu == GemmCpu::avx512 ? gemm_kernels_avx512_f64()
         : cpu == GemmCpu::avx2 ? gemm_kernels_avx2_f64()
                                : gemm_kernels_portable_f64();
}

GemmMethod choose_gemm_method(GemmCpu cpu, bool is_double, bool ta, bool tb, int64_t m, int64_t n,
                              int64_t k) {
  // Vectors, and a few rows times a transposed matrix.
  if (n == 1 && !ta) return GemmMethod::dot;
  if (m == 1 && tb) return GemmMethod::dot;
  if (m == 1 || n == 1) return GemmMethod::axpy;
  if (!ta && tb && (m <= 3 || n <= 3) && k >= 32) return GemmMethod::dot;

  const double dm = static_cast<double>(m), dn = static_cast<double>(n), dk = static_cast<double>(k);
  const bool onednn = have_onednn() && !is_double;
  if (cpu == GemmCpu::portable && dm * dn * dk > 16 * 1024) {
#if defined(__x86_64__)
    if (onednn) return GemmMethod::onednn;
#endif
    if (have_openblas()) return GemmMethod::openblas;
  }

  // A B too large for the second-level cache. With few rows its reading and packing is the cost, and oneDNN does that
  // best; with many, packing both pays.
  const double b_bytes = dn * dk * (is_double ? 8 : 4);
  if (!ta && !tb && m < 512 && b_bytes >= (8 << 20) && onednn) return GemmMethod::onednn;
  if (m >= 192 && n >= 64 && k >= 64 && b_bytes >= (2 << 20)) return GemmMethod::packed;
  if (m >= 1024 && n >= 64 && k >= 64 && is_double) return GemmMethod::packed;
  // Rows of whole pages collide in the caches.
  if (!ta && !tb && m >= 32 && b_bytes >= (16 << 20) && n % 512 == 0) return GemmMethod::packed;

  const int64_t width = (16 << static_cast<int>(cpu)) / (is_double ? 8 : 4);
  const bool halves = cpu == GemmCpu::avx512;
  const double direct = dm * vectors_of(n, width, halves) * dk + (tb ? kPack * dn * dk : 0);
  const double swapped =
      dn * vectors_of(m, width, halves) * dk + (ta ? 0 : kPack * dm * dk) + kTurn * dm * dn;
  return swapped < direct ? GemmMethod::swapped : GemmMethod::direct;
}

const char* gemm_method_name(GemmCpu cpu, GemmMethod method) {
  static constexpr const char* kOwn[3][5] = {
      {"portable dot", "portable axpy", "portable direct", "portable swapped", "portable packed"},
      {"avx2 dot", "avx2 axpy", "avx2 direct", "avx2 swapped", "avx2 packed"},
      {"avx512 dot", "avx512 axpy", "avx512 direct", "avx512 swapped", "avx512 packed"},
  };
  if (method == GemmMethod::onednn) return "onednn";
  if (method == GemmMethod::openblas) return "openblas";
  return kOwn[static_cast<int>(cpu)][static_cast<int>(method)];
}

}  // namespace tl::kernels
