// Matrix products against a plain loop in double: every method and CPU class, odd sizes, transposes, strides,
// scalars, batches; reads and writes stay inside the operands; the number of threads changes no bit; host
// settings survive.
#include "core/kernels/gemm/gemm.h"

#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/kernels/gemm/backend_choice.h"
#include "core/kernels/gemm/gemm_driver.h"
#include "core/kernels/gemm/library_gemm.h"
#include "core/kernels/gemm/openblas_library.h"
#include "core/kernels/vector/table.h"
#include "tests/rounds.h"

#if TL_HAVE_ONEDNN
extern "C" {
int omp_get_max_threads(void);
void omp_set_num_threads(int);
}
#endif

using namespace tl::kernels;
using tl::Isa;
using tl::ThreadPool;
using tl::vector_table;

namespace {

// Memory that ends where the process may not read: a kernel that goes past the last element of a matrix
// crashes.
class GuardedMemory {
 public:
  explicit GuardedMemory(size_t bytes) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    size_ = (bytes + page - 1) / page * page;
    base_ = static_cast<char*>(
        mmap(nullptr, size_ + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    REQUIRE(base_ != MAP_FAILED);
    REQUIRE(mprotect(base_ + size_, page, PROT_NONE) == 0);
    mapped_ = size_ + page;
  }
  ~GuardedMemory() { munmap(base_, mapped_); }
  GuardedMemory(const GuardedMemory&) = delete;
  GuardedMemory& operator=(const GuardedMemory&) = delete;

  template <typename T>
  T* last(size_t count) {
    REQUIRE(count * sizeof(T) <= size_);
    return reinterpret_cast<T*>(base_ + size_) - count;
  }

 private:
  char* base_;
  size_t size_, mapped_;
};

std::mt19937& generator() {
  static std::mt19937 g(20240607);
  return g;
}

template <typename T>
T random_value() {
  return static_cast<T>(std::uniform_real_distribution<double>(-1, 1)(generator()));
}

// A stored matrix whose padding between rows is NaN.
template <typename T>
struct Matrix {
  int64_t rows, cols, ld;
  T* data;
  Matrix(GuardedMemory& memory, int64_t rows_, int64_t cols_, int64_t padding)
      : rows(rows_), cols(cols_), ld(cols_ + padding) {
    const size_t count = rows == 0 || cols == 0 ? 0 : static_cast<size_t>((rows - 1) * ld + cols);
    data = memory.last<T>(count);
    for (size_t i = 0; i < count; ++i) data[i] = std::numeric_limits<T>::quiet_NaN();
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < cols; ++j) data[i * ld + j] = random_value<T>();
  }
  T at(int64_t i, int64_t j, bool transposed) const {
    return transposed ? data[j * ld + i] : data[i * ld + j];
  }
};

struct Expected {
  std::vector<double> value, magnitude;  // op(A) op(B), and the same of absolute values
};

template <typename T>
Expected multiply(const Matrix<T>& a, bool ta, const Matrix<T>& b, bool tb, int64_t m, int64_t n, int64_t k) {
  Expected e{std::vector<double>(m * n, 0), std::vector<double>(m * n, 0)};
  for (int64_t i = 0; i < m; ++i)
    for (int64_t p = 0; p < k; ++p) {
      const double x = a.at(i, p, ta);
      for (int64_t j = 0; j < n; ++j) {
        const double y = b.at(p, j, tb);
        e.value[i * n + j] += x * y;
        e.magnitude[i * n + j] += std::fabs(x * y);
      }
    }
  return e;
}

template <typename T>
class Checker {
 public:
  Checker() : a_(8 << 20), b_(8 << 20), c_(8 << 20) {}

  // Runs one shape through `run(problem)` and counts the elements that differ by more than rounding allows,
  // the written padding and the missing elements.
  template <typename Run>
  int64_t errors(bool ta, bool tb, int64_t m, int64_t n, int64_t k, T alpha, T beta, int64_t padding,
                 const Run& run) {
    const Matrix<T> a(a_, ta ? k : m, ta ? m : k, padding), b(b_, tb ? n : k, tb ? k : n, padding);
    const Expected e = multiply(a, ta, b, tb, m, n, k);
    int64_t wrong = 0;
    run([&](auto&& call) {
      Matrix<T> c(c_, m, n, padding);
      std::vector<T> before(m * n);
      for (int64_t i = 0; i < m; ++i)
        for (int64_t j = 0; j < n; ++j) {
          before[i * n + j] = c.data[i * c.ld + j];
          if (beta == 0) c.data[i * c.ld + j] = std::numeric_limits<T>::quiet_NaN();
        }
      call(GemmProblem<T>{ta, tb, m, n, k, alpha, a.data, a.ld, b.data, b.ld, beta, c.data, c.ld});
      const double unit = std::numeric_limits<T>::epsilon();
      for (int64_t i = 0; i < m; ++i)
        for (int64_t j = 0; j < c.ld; ++j) {
          if (j >= n) {
            if (i + 1 < m && !std::isnan(c.data[i * c.ld + j])) ++wrong;
            continue;
          }
          const double old = beta == 0 ? 0.0 : static_cast<double>(beta) * before[i * n + j];
          const double want = static_cast<double>(alpha) * e.value[i * n + j] + old;
          const double bound =
              unit *
              ((k + 3) * std::fabs(static_cast<double>(alpha)) * e.magnitude[i * n + j] + 3 * std::fabs(old));
          if (!(std::fabs(c.data[i * c.ld + j] - want) <= bound)) ++wrong;
        }
    });
    return wrong;
  }

 private:
  GuardedMemory a_, b_, c_;
};

constexpr GemmMethod kMethods[] = {GemmMethod::dot,     GemmMethod::axpy,   GemmMethod::direct,
                                   GemmMethod::swapped, GemmMethod::packed, GemmMethod::onednn,
                                   GemmMethod::openblas};
constexpr GemmCpu kCpus[] = {GemmCpu::portable, GemmCpu::avx2, GemmCpu::avx512};

// All methods of all CPU classes that can compute the product. The libraries are tried with one class only.
template <typename T>
int64_t errors_of_all_methods(Checker<T>& checker, ThreadPool& pool, bool ta, bool tb, int64_t m, int64_t n,
                              int64_t k, T alpha, T beta, int64_t padding, bool libraries) {
  return checker.errors(ta, tb, m, n, k, alpha, beta, padding, [&](auto check) {
    for (GemmCpu cpu : kCpus) {
      const GemmKernels<T>* kernels = gemm_kernels<T>(cpu);
      if (!kernels) continue;
      for (GemmMethod method : kMethods) {
        if (method >= GemmMethod::onednn && (cpu != GemmCpu::portable || !libraries)) continue;
        const GemmProblem<T> shape{ta, tb, m, n, k, alpha, nullptr, 0, nullptr, 0, beta, nullptr, 0};
        if (gemm_method_applies(method, shape))
          check([&](const GemmProblem<T>& p) { run_gemm(pool, *kernels, method, p); });
      }
    }
    check([&](const GemmProblem<T>& p) {
      gemm(pool, p.ta, p.tb, p.m, p.n, p.k, p.alpha, p.a, p.lda, p.b, p.ldb, p.beta, p.c, p.ldc);
    });
  });
}

template <typename T>
void check_grid(const std::vector<int64_t>& sizes) {
  Checker<T> checker;
  ThreadPool pool(1);
  const T scalars[] = {T(1), T(0), T(-0.5)};
  int turn = 0;
  for (int64_t m : sizes)
    for (int64_t n : sizes)
      for (int64_t k : sizes)
        for (int transposes = 0; transposes < 4; ++transposes) {
          // Every pair of scalars and both paddings come round; 7 is coprime to the loops' lengths.
          turn = (turn + 7) % 18;
          const T alpha = scalars[turn % 3] == 0 ? T(2) : scalars[turn % 3], beta = scalars[turn / 3 % 3];
          const int64_t padding = turn >= 9 ? 3 : 0;
          const bool ta = transposes & 1, tb = transposes & 2;
          const int64_t wrong = errors_of_all_methods(checker, pool, ta, tb, m, n, k, alpha, beta, padding,
                                                      (m + n + k) % 5 == 0);
          if (wrong != 0) {
            CAPTURE(m, n, k, ta, tb, alpha, beta, padding);
            REQUIRE(wrong == 0);
          }
        }
  SUCCEED();
}

}  // namespace

TEST_CASE("this machine's own class and the portable one are there", "[gemm]") {
  CHECK(gemm_kernels<float>(GemmCpu::portable) != nullptr);
  CHECK(gemm_kernels<double>(GemmCpu::portable) != nullptr);
  CHECK(gemm_kernels<float>(gemm_cpu()) != nullptr);
  // Both kinds of kernels are chosen alike, each by its own questions; in the program of the portable ones neither asks.
  const bool portable = vector_table().isa == Isa::kPortable;
  CHECK((gemm_cpu() == GemmCpu::portable) == portable);
#if defined(__x86_64__)
  CHECK((gemm_kernels<float>(GemmCpu::avx2) != nullptr) ==
        (!portable && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")));
  CHECK((gemm_kernels<double>(GemmCpu::avx512) != nullptr) ==
        (!portable && __builtin_cpu_supports("avx512vl")));
#endif
}

TEST_CASE("sizes 1 to 40, all methods, float", "[gemm][long]") {
  check_grid<float>({1, 2, 3, 4, 6, 7, 13, 14, 15, 16, 17, 29, 32, 33, 40});
}

TEST_CASE("sizes 1 to 40, all methods, double", "[gemm][long]") {
  check_grid<double>({1, 2, 3, 4, 5, 7, 8, 9, 14, 15, 16, 17, 29, 40});
}

TEST_CASE("every pair of scalars, with NaN in C when beta is 0", "[gemm][numbers]") {
  Checker<float> floats;
  Checker<double> doubles;
  ThreadPool pool(1);
  for (double alpha : {1.0, 0.0, -0.5})
    for (double beta : {1.0, 0.0, -0.5})
      for (int transposes = 0; transposes < 4; ++transposes)
        for (int64_t n : {1, 10, 33}) {
          const bool ta = transposes & 1, tb = transposes & 2;
          const auto own = [&](auto check) {
            check([&](const auto& p) {
              gemm(pool, p.ta, p.tb, p.m, p.n, p.k, p.alpha, p.a, p.lda, p.b, p.ldb, p.beta, p.c, p.ldc);
            });
          };
          CHECK(floats.errors(ta, tb, 19, n, 300, float(alpha), float(beta), 2, own) == 0);
          CHECK(doubles.errors(ta, tb, 19, n, 300, alpha, beta, 2, own) == 0);
          if (alpha != 0) {
            CHECK(errors_of_all_methods(floats, pool, ta, tb, 19, n, 300, float(alpha), float(beta), 2,
                                        true) == 0);
            CHECK(errors_of_all_methods(doubles, pool, ta, tb, 19, n, 300, alpha, beta, 2, true) == 0);
          }
        }
}

TEST_CASE("random sizes up to 300, all methods, two threads", "[gemm]") {
  Checker<float> floats;
  Checker<double> doubles;
  ThreadPool pool(2);
  std::uniform_int_distribution<int64_t> size(1, 300);
  for (int round = 0; round < tl::test::rounds(60); ++round) {
    const int64_t m = size(generator()), n = size(generator()), k = size(generator());
    const bool ta = round & 1, tb = round & 2;
    CAPTURE(m, n, k, ta, tb);
    CHECK(errors_of_all_methods(floats, pool, ta, tb, m, n, k, 1.0f, round % 3 ? 0.0f : -0.5f, round % 4,
                                true) == 0);
    CHECK(errors_of_all_methods(doubles, pool, ta, tb, m, n, k, 1.0, round % 3 ? 0.0 : -0.5, round % 4,
                                true) == 0);
  }
}

TEST_CASE("long and thin, and more than one stripe of packed columns", "[gemm]") {
  Checker<float> floats;
  Checker<double> doubles;
  ThreadPool pool(2);
  const int64_t shapes[][3] = {{1, 1, 5000},
                               {1, 1000, 700},
                               {1000, 1, 700},
                               {3, 700, 300},
                               {700, 3, 300},
                               {2, 2, 3000},
                               {5, 9000, 70},
                               {9000, 5, 70},
                               {450, 10, 513},
                               {37, 45, 2100},
                               {70, 90, 1024},
                               // Few terms to copy B beside, and no tile that is tall enough.
                               {90, 170, 51},
                               {29, 200, 60},
                               {200, 100, 49},
                               {16, 130, 90},
                               {5, 170, 200}};
  for (const auto& s : shapes)
    for (int transposes = 0; transposes < 4; ++transposes) {
      if ((&s - shapes + transposes) % 4 >= tl::test::rounds(4)) continue;
      const bool ta = transposes & 1, tb = transposes & 2;
      CAPTURE(s[0], s[1], s[2], ta, tb);
      CHECK(errors_of_all_methods(floats, pool, ta, tb, s[0], s[1], s[2], -0.5f, 1.0f, 0, true) == 0);
      CHECK(errors_of_all_methods(doubles, pool, ta, tb, s[0], s[1], s[2], -0.5, 0.0, 1, true) == 0);
    }
}

TEST_CASE("sizes of zero", "[gemm]") {
  ThreadPool pool(2);
  float c[6] = {1, 2, 3, 4, 5, 6};
  gemm(pool, false, false, 0, 3, 2, 1.0f, nullptr, 2, nullptr, 3, 0.0f, nullptr, 3);
  gemm(pool, false, true, 2, 0, 2, 1.0f, nullptr, 2, nullptr, 2, 0.0f, nullptr, 1);
  gemm(pool, false, false, 2, 3, 0, 1.0f, nullptr, 1, nullptr, 3, 1.0f, c, 3);
  CHECK(c[5] == 6);
  gemm(pool, false, false, 2, 3, 0, 1.0f, nullptr, 1, nullptr, 3, -0.5f, c, 3);
  CHECK(c[5] == -3);
  c[0] = std::numeric_limits<float>::quiet_NaN();
  gemm(pool, true, false, 2, 3, 0, 1.0f, nullptr, 2, nullptr, 3, 0.0f, c, 3);
  for (float x : c) CHECK(x == 0);
}

TEST_CASE("NaN and infinity in the operands reach the product", "[gemm]") {
  ThreadPool pool(1);
  const double inf = std::numeric_limits<double>::infinity();
  double a[4] = {inf, 1, 0, 1}, b[4] = {0, 1, 1, 1}, c[4];
  gemm(pool, false, false, 2, 2, 2, 1.0, a, 2, b, 2, 0.0, c, 2);
  CHECK(std::isnan(c[0]));  // inf * 0
  CHECK(c[1] == inf);
  CHECK(c[2] == 1);
  CHECK(c[3] == 1);
}

namespace {

template <typename T>
int64_t bit_differences(GemmCpu cpu) {
  const GemmKernels<T>* kernels = gemm_kernels<T>(cpu);
  if (!kernels) return 0;
  ThreadPool one(1), two(2), three(3), four(4);
  const int64_t shapes[][3] = {{32, 128, 784},   {784, 128, 32},  {32, 784, 128},  {128, 512, 784},
                               {257, 301, 300},  {1000, 40, 333}, {40, 1000, 333}, {1, 3000, 900},
                               {3000, 1, 900},   {700, 700, 700}, {64, 64, 3000},  {513, 1030, 90},
                               {2050, 2000, 20}, {130, 150, 1024}};
  int64_t different = 0;
  for (const auto& s : shapes)
    for (int transposes = 0; transposes < 4; ++transposes) {
      const bool ta = transposes & 1, tb = transposes & 2;
      const int64_t m = s[0], n = s[1], k = s[2];
      if (m * n * k > 20000000 && (cpu != gemm_cpu() || ta != tb))
        continue;  // the driver is the same, the kernels are slow; operands are packed one by one
      std::vector<T> a(m * k), b(k * n), c0(m * n), first(m * n), other(m * n);
      for (auto* v : {&a, &b, &c0})
        for (T& x : *v) x = random_value<T>();
      for (GemmMethod method : kMethods) {
        GemmProblem<T> p{ta,     tb,           m, n, k, T(0.75), a.data(), ta ? m : k, b.data(), tb ? k : n,
                         T(0.5), first.data(), n};
        if (!gemm_method_applies(method, p)) continue;
        if (method >= GemmMethod::onednn && cpu != gemm_cpu()) continue;
        first = c0;
        p.c = first.data();
        run_gemm(one, *kernels, method, p);
        std::vector<char> memory(gemm_scratch(*kernels, method, p).alone() + 64);
        for (ThreadPool* pool : {&two, &three, &four, static_cast<ThreadPool*>(nullptr)}) {
          other = c0;
          p.c = other.data();
          if (pool)
            run_gemm(*pool, *kernels, method, p);
          else
            run_gemm_alone(memory.data() + 64 - reinterpret_cast<uintptr_t>(memory.data()) % 64, *kernels,
                           method, p);
          different += std::memcmp(first.data(), other.data(), first.size() * sizeof(T)) != 0;
        }
      }
    }
  return different;
}

}  // namespace

TEST_CASE("the number of threads changes no bit of a product", "[gemm][long]") {
  for (GemmCpu cpu : kCpus) {
    CAPTURE(static_cast<int>(cpu));
    CHECK(bit_differences<float>(cpu) == 0);
    CHECK(bit_differences<double>(cpu) == 0);
  }
}

TEST_CASE("direct and packed products give the same bits", "[gemm]") {
  // So the choice between them, and the place of an element in the matrix, are no source of differences.
  ThreadPool pool(1);
  const int64_t m = 45, n = 77, k = 600;
  std::vector<float> a(m * k), b(k * n), direct(m * n), packed(m * n), part(20 * 30);
  for (auto* v : {&a, &b})
    for (float& x : *v) x = random_value<float>();
  for (GemmCpu cpu : kCpus) {
    const GemmKernels<float>* kernels = gemm_kernels<float>(cpu);
    if (!kernels) continue;
    GemmProblem<float> p{false, false, m, n, k, 1, a.data(), k, b.data(), n, 0, direct.data(), n};
    run_gemm(pool, *kernels, GemmMethod::direct, p);
    p.c = packed.data();
    run_gemm(pool, *kernels, GemmMethod::packed, p);
    CHECK(direct == packed);
    run_gemm(pool, *kernels, GemmMethod::direct,
             {false, false, 20, 30, k, 1, a.data() + 21 * k, k, b.data() + 43, n, 0, part.data(), 30});
    bool same = true;
    for (int64_t i = 0; i < 20; ++i)
      for (int64_t j = 0; j < 30; ++j) same &= part[i * 30 + j] == direct[(21 + i) * n + 43 + j];
    CHECK(same);
  }
}

TEST_CASE("rows that are said to be alike have the same bits among few and many", "[gemm]") {
  ThreadPool pool(1);
  int alike = 0, apart = 0;
  for (int64_t m : {1, 2, 3, 4, 10, 13, 40})
    for (int64_t other : {1, 3, 5, 30, 250})
      for (int64_t n : {1, 2, 3, 8, 40, 70})
        for (int64_t k : {1, 5, 40, 1100})
          for (int flags = 0; flags < 4; ++flags) {
            if ((n + k + flags) % 4 >= tl::test::rounds(4)) continue;
            const bool ta = flags & 1, tb = flags & 2;
            if (!gemm_rows_alike<float>(ta, tb, m, other, n, k)) {
              ++apart;
              continue;
            }
            ++alike;
            const int64_t most = m > other ? m : other, few = m < other ? m : other;
            std::vector<float> a(static_cast<size_t>(most * k)), b(static_cast<size_t>(k * n)),
                many(static_cast<size_t>(most * n)), first(static_cast<size_t>(few * n));
            for (auto* v : {&a, &b})
              for (float& x : *v) x = random_value<float>();
            gemm(pool, ta, tb, most, n, k, 1.0f, a.data(), ta ? most : k, b.data(), tb ? k : n, 0.0f,
                 many.data(), n);
            gemm(pool, ta, tb, few, n, k, 1.0f, a.data(), ta ? most : k, b.data(), tb ? k : n, 0.0f,
                 first.data(), n);
            CAPTURE(ta, tb, m, other, n, k);
            REQUIRE(std::memcmp(many.data(), first.data(), first.size() * sizeof(float)) == 0);
          }
  CHECK(alike > 0);
  CHECK(apart > 0);  // a row by itself
  if (gemm_cpu() != GemmCpu::portable) CHECK(gemm_rows_alike<float>(false, false, 10, 250, 40, 40));
}

TEST_CASE("batches: several axes, broadcast operands, any number of threads", "[gemm]") {
  ThreadPool one(1), three(3);
  const int64_t shapes[][3] = {{5, 6, 7}, {64, 40, 50}, {1, 70, 90}, {130, 1, 64}, {3, 5, 0}};
  for (const auto& s : shapes)
    for (int transposes = 0; transposes < 4; ++transposes) {
      const bool ta = transposes & 1, tb = transposes & 2;
      const int64_t m = s[0], n = s[1], k = s[2], outer = 5, inner = 9;
      std::vector<double> a(outer * m * k), b(inner * k * n), c(outer * inner * m * n), want(c), again(c);
      for (auto* v : {&a, &b, &c})
        for (double& x : *v) x = random_value<double>();
      again = want = c;
      const int64_t sizes[] = {outer, inner}, sa[] = {m * k, 0}, sb[] = {0, k * n},
                    sc[] = {inner * m * n, m * n};
      for (int64_t o = 0; o < outer; ++o)
        for (int64_t i = 0; i < inner; ++i)
          gemm(one, ta, tb, m, n, k, 2.0, a.data() + o * m * k, ta ? m : k, b.data() + i * k * n, tb ? k : n,
               0.5, want.data() + (o * inner + i) * m * n, n);
      const GemmBatch batch{2, sizes, sa, sb, sc};
      gemm_batched(one, batch, ta, tb, m, n, k, 2.0, a.data(), ta ? m : k, b.data(), tb ? k : n, 0.5,
                   c.data(), n);
      CHECK(c == want);
      gemm_batched(three, batch, ta, tb, m, n, k, 2.0, a.data(), ta ? m : k, b.data(), tb ? k : n, 0.5,
                   again.data(), n);
      CHECK(again == want);
    }
  // No axes: one product; an axis of size 0: none.
  float a[2] = {2, 3}, b[2] = {5, 7}, c = 1;
  gemm_batched(one, GemmBatch{}, false, false, 1, 1, 2, 1.0f, a, 2, b, 1, 1.0f, &c, 1);
  CHECK(c == 32);
  const int64_t none[] = {0}, stride[] = {1};
  gemm_batched(one, GemmBatch{1, none, stride, stride, stride}, false, false, 1, 1, 2, 1.0f, a, 2, b, 1, 1.0f,
               &c, 1);
  CHECK(c == 32);
}

TEST_CASE("the host's thread settings are unchanged", "[gemm]") {
  ThreadPool pool(2);
  const int64_t n = 600;
  std::vector<float> a(n * n, 1), b(n * n, 1), c(n * n);
  std::vector<double> x(n * n, 1), y(n * n, 1), z(n * n);
  const auto run_all = [&] {
    for (GemmMethod method : {GemmMethod::onednn, GemmMethod::openblas}) {
      const GemmProblem<float> f{false, false, n, n, n, 1, a.data(), n, b.data(), n, 0, c.data(), n};
      if (gemm_method_applies(method, f)) run_gemm(pool, *gemm_kernels<float>(gemm_cpu()), method, f);
      const GemmProblem<double> d{false, false, n, n, n, 1, x.data(), n, y.data(), n, 0, z.data(), n};
      if (gemm_method_applies(method, d)) run_gemm(pool, *gemm_kernels<double>(gemm_cpu()), method, d);
    }
    gemm(pool, false, false, n, n, n, 1.0f, a.data(), n, b.data(), n, 0.0f, c.data(), n);
  };
#if TL_HAVE_ONEDNN
  for (int threads : {1, 2, 5}) {
    const int before = omp_get_max_threads();
    omp_set_num_threads(threads);
    run_all();
    CHECK(omp_get_max_threads() == threads);
    omp_set_num_threads(before);
  }
#endif
  const OpenBlasLibrary* blas = openblas_library();
  if (!blas) {
    WARN("OpenBLAS is not installed");
    return run_all();
  }
  const int before = blas->get_num_threads();
  for (int threads : {1, 2}) {
    blas->set_num_threads(threads);
    run_all();
    CHECK(blas->get_num_threads() == threads);
    {
      SingleThreadedOpenBlas outer;
      CHECK(blas->get_num_threads() == 1);
      { SingleThreadedOpenBlas inner; }
      CHECK(blas->get_num_threads() == 1);
    }
    CHECK(blas->get_num_threads() == threads);
  }
  blas->set_num_threads(before);
  run_all();
}

TEST_CASE("a benchmark can ask which kernel serves a shape", "[gemm]") {
  for (int64_t n : {1, 8, 200, 2000}) {
    CHECK(std::string(gemm_backend_name_f32(false, false, n, n, n)).size() > 4);
    CHECK(std::string(gemm_backend_name_f64(false, true, n, n, n)).size() > 4);
  }
}
