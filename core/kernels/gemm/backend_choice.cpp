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
  (void)is_double;
  if (!ta && tb && (m <= 4 || n <= 4) && k >= 16) return GemmMethod::dot;
  if (m == 1 && tb) return GemmMethod::dot;
  if (n == 1 && !ta) return GemmMethod::dot;
  const double terms = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  if (cpu == GemmCpu::portable && have_openblas() && terms > 32 * 32 * 32) return GemmMethod::openblas;
  if (m > 64 && n > 64 && k > 64 && terms > 1 << 24) return GemmMethod::packed;
  if (ta && tb) return GemmMethod::swapped;
  if (!ta && tb && n * k > m * k + m * n) return GemmMethod::swapped;
  return GemmMethod::direct;
}

const char* gemm_method_name(GemmCpu cpu, GemmMethod method) {
  static constexpr const char* kOwn[3][4] = {
      {"portable dot", "portable direct", "portable swapped", "portable packed"},
      {"avx2 dot", "avx2 direct", "avx2 swapped", "avx2 packed"},
      {"avx512 dot", "avx512 direct", "avx512 swapped", "avx512 packed"},
  };
  if (method == GemmMethod::onednn) return "onednn";
  if (method == GemmMethod::openblas) return "openblas";
  return kOwn[static_cast<int>(cpu)][static_cast<int>(method)];
}

}  // namespace tl::kernels
