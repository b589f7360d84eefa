// The CPU class and the table of methods. The figures in the comments are from tests/bench/gemm_bench.cpp.
#include "core/kernels/gemm/backend_choice.h"

#include "core/kernels/gemm/library_gemm.h"

namespace tl::kernels {
namespace {

GemmCpu detect_cpu() {
#if defined(__x86_64__)
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

// A model of the cost of a product in cycles, for choosing between direct and swapped. One row of a tile takes half a
// cycle for a term and a vector; a vector alone is bound by the loads of A. Fitted to AVX-512 figures at the shapes of
// the workloads (us, direct / swapped): NT 64x256x784 105 / 97, NT 32x10x128 0.45 / 0.75, NT 10x40x40 0.26 / 0.35,
// NN 32x128x10 0.62 / 0.49, TN 512x128x10 9.2 / 5.3, TN 784x32x128 23.5 / 32.5.
constexpr double kPack = 0.27;  // an element packed with its rows and columns exchanged
constexpr double kTurn = 0.6;   // an element of a tile that is stored transposed

double vectors_of(int64_t n, int64_t width) {
  const int64_t pairs = n / (2 * width), rest = n % (2 * width);
  return static_cast<double>(pairs) + (rest == 0 ? 0 : rest <= width ? 0.65 : 1.0);
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
  if (cpu == GemmCpu::portable && have_openblas() && dm * dn * dk > 32 * 32 * 32) return GemmMethod::openblas;

  const double element = is_double ? 8 : 4;
  if (m >= 192 && n >= 64 && k >= 64 && dn * dk * element > (2 << 20)) return GemmMethod::packed;

  const int64_t width = (16 << static_cast<int>(cpu)) / (is_double ? 8 : 4);
  const double direct = dm * vectors_of(n, width) * dk + (tb ? kPack * dn * dk : 0);
  const double swapped = dn * vectors_of(m, width) * dk + (ta ? 0 : kPack * dm * dk) + kTurn * dm * dn;
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
