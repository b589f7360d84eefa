// The peaks are the best of many turns, because other load on the machine slows some turns, not the best.
#include "tests/bench/peak.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/thread_pool.h"
#include "core/kernels/gemm/backend_choice.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace tl::bench {

using kernels::gemm_cpu;
using kernels::GemmCpu;

namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

constexpr long kRounds = 1 << 20;

#if defined(__x86_64__)
__attribute__((target("avx512f"))) double multiply_adds_avx512() {
  __m512 acc[12], x = _mm512_set1_ps(0.999f), y = _mm512_set1_ps(1e-3f);
  for (auto& a : acc) a = y;
  for (long r = 0; r < kRounds; ++r) {
#pragma GCC unroll 12
    for (int i = 0; i < 12; ++i) acc[i] = _mm512_fmadd_ps(acc[i], x, y);
    asm volatile("" : "+v"(x), "+v"(y));
  }
  float keep[16];
  for (int i = 1; i < 12; ++i) acc[0] = _mm512_add_ps(acc[0], acc[i]);
  _mm512_storeu_ps(keep, acc[0]);
  volatile float sink = keep[0];
  static_cast<void>(sink);
  return 2.0 * 16 * 12 * kRounds;
}

__attribute__((target("avx2,fma"))) double multiply_adds_avx2() {
  __m256 acc[12], x = _mm256_set1_ps(0.999f), y = _mm256_set1_ps(1e-3f);
  for (auto& a : acc) a = y;
  for (long r = 0; r < kRounds; ++r) {
#pragma GCC unroll 12
    for (int i = 0; i < 12; ++i) acc[i] = _mm256_fmadd_ps(acc[i], x, y);
    asm volatile("" : "+x"(x), "+x"(y));
  }
  float keep[8];
  for (int i = 1; i < 12; ++i) acc[0] = _mm256_add_ps(acc[0], acc[i]);
  _mm256_storeu_ps(keep, acc[0]);
  volatile float sink = keep[0];
  static_cast<void>(sink);
  return 2.0 * 8 * 12 * kRounds;
}
#endif

// a = b + 0.5 c; n is a multiple of 64.
__attribute__((always_inline)) inline void triad(float* __restrict a, const float* __restrict b,
                                                 const float* __restrict c, size_t n) {
  for (size_t i = 0; i < n; ++i) a[i] = b[i] + 0.5f * c[i];
}
void triad_any(float* a, const float* b, const float* c, size_t n) { triad(a, b, c, n); }
#if defined(__x86_64__)
__attribute__((target("avx512f,prefer-vector-width=512"))) void triad_avx512(float* a, const float* b,
                                                                             const float* c, size_t n) {
  triad(a, b, c, n);
}
__attribute__((target("avx2,fma"))) void triad_avx2(float* a, const float* b, const float* c, size_t n) {
  triad(a, b, c, n);
}
#endif

auto triad_of_this_cpu() {
#if defined(__x86_64__)
  if (gemm_cpu() == GemmCpu::avx512) return triad_avx512;
  if (gemm_cpu() == GemmCpu::avx2) return triad_avx2;
#endif
  return triad_any;
}

}  // namespace

double peak_gflops(int threads) {
#if defined(__x86_64__)
  double (*loop)() = gemm_cpu() == GemmCpu::avx512 ? multiply_adds_avx512
                     : gemm_cpu() == GemmCpu::avx2 ? multiply_adds_avx2
                                                   : nullptr;
  if (!loop) return 0;
  ThreadPool pool(threads);
  double best = 0;
  for (int turn = 0; turn < 40; ++turn) {
    std::vector<double> operations(threads);
    const double start = now();
    pool.parallel_for(threads, [&](size_t i) { operations[i] = loop(); });
    const double seconds = now() - start;
    best = std::max(best, operations[0] * threads / seconds * 1e-9);
  }
  return best;
#else
  static_cast<void>(threads);
  return 0;
#endif
}

double triad_gbs(int threads, size_t bytes) {
  const size_t n = std::max<size_t>(bytes / 12 / 64 * 64, 64);
  constexpr size_t kApart = 64;  // so that no two arrays meet at the same place of a page
  const size_t rounds = std::max<size_t>(size_t{4} << 20, n) / n;
  const auto loop = triad_of_this_cpu();
  const size_t count = static_cast<size_t>(threads);
  ThreadPool pool(threads);
  std::vector<std::unique_ptr<float[]>> memory(count);
  pool.parallel_for(count, [&](size_t i) {
    memory[i].reset(new float[3 * (n + kApart) + 16]);
    std::fill_n(memory[i].get(), 3 * (n + kApart) + 16, 1.0f);
  });
  double best = 0;
  for (int turn = 0; turn < 30; ++turn) {
    const double start = now();
    pool.parallel_for(count, [&](size_t i) {
      float* a = memory[i].get();
      a += (64 - reinterpret_cast<uintptr_t>(a) % 64) % 64 / sizeof(float);
      for (size_t r = 0; r < rounds; ++r) {
        loop(a, a + n + kApart, a + 2 * (n + kApart), n);
        asm volatile("" : : "r"(a) : "memory");
      }
    });
    best = std::max(best, 12e-9 * static_cast<double>(n * rounds * count) / (now() - start));
  }
  return best;
}

size_t cache_bytes(int level) {
  constexpr int kNames[] = {_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE};
  constexpr size_t kUsual[] = {size_t{32} << 10, size_t{1} << 20, size_t{32} << 20};
  const long said = sysconf(kNames[level - 1]);
  if (said <= 0) return kUsual[level - 1];
  // Of the third level a system may report those of all core complexes together: one thread has one of them.
  return level == 3 ? std::min(static_cast<size_t>(said), kUsual[2]) : static_cast<size_t>(said);
}

}  // namespace tl::bench
