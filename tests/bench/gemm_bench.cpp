// Matrix products at the shapes of the workloads: our speed and chosen method beside what dnnl_sgemm and
// cblas_?gemm reach when called as a program would call them, and the share of the machine's measured
// multiply-add peak.
//
//   gemm_bench [--threads N] [--filter TEXT] [--shape OP MxKxN] [--cpu CLASS] [--methods] [--quick]
//
// --methods times every method of ours, for the table in backend_choice.cpp; --cpu portable, avx2 or avx512 uses the
// kernels of a lower class than the machine's. All candidates of a shape are
// timed in turns, in one process, and the best of the turns is printed: other load on the machine slows some
// turns, not the best.
#include <cblas.h>
#include <dnnl.h>
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "core/kernels/gemm/backend_choice.h"
#include "core/kernels/gemm/gemm.h"
#include "core/kernels/gemm/gemm_driver.h"
#include "core/kernels/peaks.h"

using namespace tl::kernels;
using tl::ThreadPool;

namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// ---- candidates
// --------------------------------------------------------------------------------------------------

struct Shape {
  const char* op;  // NN, TN (dW = X' dY), NT (dX = dY W')
  int64_t m, k, n;
};

constexpr Shape kShapes[] = {
    {"NN", 1, 1, 1},          {"NN", 8, 8, 8},          {"NN", 32, 784, 128},     {"TN", 784, 32, 128},
    {"NN", 32, 128, 10},      {"TN", 128, 32, 10},      {"NT", 32, 10, 128},      {"NN", 32, 20, 64},
    {"TN", 20, 32, 64},       {"NN", 32, 64, 32},       {"TN", 64, 32, 32},       {"NT", 32, 32, 64},
    {"NN", 32, 32, 5},        {"TN", 32, 32, 5},        {"NT", 32, 5, 32},        {"NN", 64, 100, 256},
    {"TN", 100, 64, 256},     {"NN", 64, 256, 784},     {"TN", 256, 64, 784},     {"NT", 64, 784, 256},
    {"NN", 64, 784, 256},     {"TN", 784, 64, 256},     {"NT", 64, 256, 784},     {"NN", 64, 256, 1},
    {"TN", 256, 64, 1},       {"NT", 64, 1, 256},       {"NN", 64, 256, 256},     {"NT", 64, 256, 256},
    {"NN", 10, 40, 40},       {"TN", 40, 10, 40},       {"NT", 10, 40, 40},       {"NN", 250, 40, 40},
    {"NN", 128, 784, 512},    {"TN", 784, 128, 512},    {"NT", 128, 512, 784},    {"NN", 128, 512, 10},
    {"TN", 512, 128, 10},     {"NT", 128, 10, 512},     {"NN", 1024, 128, 128},   {"TN", 128, 1024, 128},
    {"NT", 1024, 128, 128},   {"NN", 1024, 128, 512},   {"TN", 128, 1024, 512},   {"NT", 1024, 512, 128},
    {"NT", 128, 32, 128},     {"NN", 128, 128, 32},     {"TN", 128, 128, 32},     {"NN", 256, 256, 256},
    {"NT", 256, 256, 256},    {"NN", 512, 512, 512},    {"NN", 1024, 2048, 2048}, {"TN", 2048, 1024, 2048},
    {"NT", 1024, 2048, 2048}, {"NN", 2048, 2048, 2048}, {"NN", 1, 784, 128},      {"NT", 1, 1024, 1024},
    {"NN", 1, 1024, 1024},    {"NN", 1024, 1024, 1},    {"TN", 1024, 1024, 1},
};

void library_call(const GemmProblem<float>& p, bool onednn) {
  if (onednn)
    dnnl_sgemm(p.ta ? 'T' : 'N', p.tb ? 'T' : 'N', p.m, p.n, p.k, p.alpha, p.a, p.lda, p.b, p.ldb, p.beta,
               p.c, p.ldc);
  else
    cblas_sgemm(CblasRowMajor, p.ta ? CblasTrans : CblasNoTrans, p.tb ? CblasTrans : CblasNoTrans, p.m, p.n,
                p.k, p.alpha, p.a, p.lda, p.b, p.ldb, p.beta, p.c, p.ldc);
}
void library_call(const GemmProblem<double>& p, bool) {
  cblas_dgemm(CblasRowMajor, p.ta ? CblasTrans : CblasNoTrans, p.tb ? CblasTrans : CblasNoTrans, p.m, p.n,
              p.k, p.alpha, p.a, p.lda, p.b, p.ldb, p.beta, p.c, p.ldc);
}

struct Candidate {
  std::string name;
  std::function<void()> call;
  double best = 1e300;
};

template <typename T>
void bench_shape(const Shape& s, ThreadPool& pool, GemmCpu cpu, double peak, bool methods, bool quick) {
  constexpr bool kFloat = sizeof(T) == sizeof(float);
  const bool ta = s.op[0] == 'T', tb = s.op[1] == 'T';
  std::vector<T> a(s.m * s.k), b(s.k * s.n), c(s.m * s.n);
  std::mt19937 generator(1);
  for (auto* v : {&a, &b})
    for (T& x : *v) x = static_cast<T>(std::uniform_real_distribution<double>(-1, 1)(generator));
  const GemmProblem<T> p{
      ta, tb, s.m, s.n, s.k, T(1), a.data(), ta ? s.m : s.k, b.data(), tb ? s.k : s.n, T(0), c.data(), s.n};

  const GemmKernels<T>& kernels = *gemm_kernels<T>(cpu);
  const GemmMethod chosen = choose_gemm_method(cpu, !kFloat, ta, tb, s.m, s.n, s.k);
  std::vector<Candidate> candidates;
  if (cpu == gemm_cpu())
    candidates.push_back({"gemm", [&] {
                            gemm(pool, p.ta, p.tb, p.m, p.n, p.k, p.alpha, p.a, p.lda, p.b, p.ldb, p.beta,
                                 p.c, p.ldc);
                          }});
  else
    candidates.push_back({"gemm", [&] { run_gemm(pool, kernels, chosen, p); }});
  if (kFloat) candidates.push_back({"dnnl", [&] { library_call(p, true); }});
  candidates.push_back({"cblas", [&] { library_call(p, false); }});
  if (methods)
    for (GemmMethod method : {GemmMethod::dot, GemmMethod::axpy, GemmMethod::direct, GemmMethod::swapped,
                              GemmMethod::packed, GemmMethod::onednn, GemmMethod::openblas})
      if (gemm_method_applies(method, p))
        candidates.push_back(
            {gemm_method_name(cpu, method), [&, method] { run_gemm(pool, kernels, method, p); }});

  const double flops = 2.0 * s.m * s.n * s.k;
  const double sample = quick ? 5e-5 : 2e-4;
  const int turns = flops > 1e9 ? (quick ? 3 : 8) : (quick ? 15 : 60);
  std::vector<long> calls;
  for (Candidate& candidate : candidates) {
    candidate.call();
    const double start = now();
    long n = 0;
    do candidate.call(), ++n;
    while (now() - start < sample);
    calls.push_back(n);
  }
  // On several threads a candidate keeps its turn for a while: the idle threads of OpenMP and OpenBLAS spin after a call
  // (OpenBLAS for 0.1 s) and would take the cores from the next one.
  const bool alone = pool.size() == 1;
  const int in_a_row = alone ? 1 : turns / 3 + 1;
  for (int turn = 0; turn < turns; turn += in_a_row)
    for (size_t i = 0; i < candidates.size(); ++i) {
      if (!alone) std::this_thread::sleep_for(std::chrono::milliseconds(150));
      for (int again = 0; again < in_a_row; ++again) {
        const double start = now();
        for (long n = 0; n < calls[i]; ++n) candidates[i].call();
        candidates[i].best = std::min(candidates[i].best, (now() - start) / calls[i]);
      }
    }
  const double peak_of_type = kFloat ? peak : peak / 2;
  std::printf("%s %s %5ldx%ldx%-5ld %-16s", kFloat ? "f32" : "f64", s.op, long(s.m), long(s.k), long(s.n),
              gemm_method_name(cpu, chosen));
  for (const Candidate& candidate : candidates) {
    std::printf(" %s %.3f us %.0f GF", candidate.name.c_str(), candidate.best * 1e6,
                flops / candidate.best * 1e-9);
    if (&candidate == &candidates[0] && peak > 0)
      std::printf(" (%.0f%% of peak)", 100e-9 * flops / candidate.best / peak_of_type);
  }
  std::printf("\n");
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  bool methods = false, quick = false;
  int threads = 0;
  GemmCpu cpu = gemm_cpu();
  std::string filter;
  std::vector<Shape> shapes;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--methods") {
      methods = true;
    } else if (argument == "--quick") {
      quick = true;
    } else if (argument == "--shape" && i + 2 < argc) {
      Shape shape{argv[i + 1], 0, 0, 0};
      long m = 0, k = 0, n = 0;
      if (std::strlen(shape.op) != 2 || std::sscanf(argv[i + 2], "%ldx%ldx%ld", &m, &k, &n) != 3 || m < 1 ||
          k < 1 || n < 1)
        return std::fprintf(stderr, "--shape OP MxKxN, such as --shape NT 32x128x784\n"), 2;
      shape.m = m, shape.k = k, shape.n = n;
      shapes.push_back(shape);
      i += 2;
    } else if (argument == "--threads" && i + 1 < argc) {
      threads = std::atoi(argv[++i]);
    } else if (argument == "--cpu" && i + 1 < argc) {
      const std::string name = argv[++i];
      cpu = name == "portable" ? GemmCpu::portable : name == "avx2" ? GemmCpu::avx2 : GemmCpu::avx512;
      if (!gemm_kernels<float>(cpu)) return std::fprintf(stderr, "this CPU has no %s\n", name.c_str()), 2;
    } else if (argument == "--filter" && i + 1 < argc) {
      filter = argv[++i];
    } else {
      std::fprintf(stderr,
                   "usage: gemm_bench [--threads N] [--filter TEXT] [--shape OP MxKxN] [--cpu CLASS] "
                   "[--methods] [--quick]\n");
      return 2;
    }
  }
  if (shapes.empty()) shapes.assign(std::begin(kShapes), std::end(kShapes));
  for (int t : threads > 0 ? std::vector<int>{threads} : std::vector<int>{1, 2}) {
    omp_set_num_threads(t);
    openblas_set_num_threads(t);
    ThreadPool pool(t);
    const double peak = 1e-9 * measure_peaks(pool, 30, [] {}).flops;
    std::printf("threads %d, OpenBLAS %s, peak %.0f GFLOP/s float\n", t, openblas_get_corename(), peak);
    for (const Shape& shape : shapes) {
      char name[64];
      std::snprintf(name, sizeof name, "%s %ldx%ldx%ld", shape.op, long(shape.m), long(shape.k),
                    long(shape.n));
      if (("f32 " + std::string(name)).find(filter) != std::string::npos)
        bench_shape<float>(shape, pool, cpu, peak, methods, quick);
      if (("f64 " + std::string(name)).find(filter) != std::string::npos)
        bench_shape<double>(shape, pool, cpu, peak, methods, quick);
    }
  }
}
