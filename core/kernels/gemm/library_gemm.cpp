// oneDNN and OpenBLAS behind the library_gemm.h interface. Built without oneDNN, have_onednn() is false.
#include "core/kernels/gemm/library_gemm.h"

#include <climits>
#include <mutex>

#include "core/kernels/gemm/openblas_library.h"

#if TL_HAVE_ONEDNN
#include <dnnl.h>
// Debian's oneDNN runs on OpenMP. Only these two calls of its runtime are needed, and they are declared here
// because not every compiler that can build tapeloop brings omp.h.
extern "C" {
int omp_get_max_threads(void);
void omp_set_num_threads(int);
}
#endif

namespace tl::kernels {
namespace {

// Cuts C into at most 8 slabs along its longer side, none thinner than 512, and calls slab(row, rows, col,
// cols).
template <typename F>
void for_slabs(ThreadPool* pool, int64_t m, int64_t n, const F& slab) {
  const int64_t side = m >= n ? m : n;
  int64_t slabs = side / 512;
  slabs = slabs < 1 ? 1 : slabs > 8 ? 8 : slabs;
  const auto compute = [&](size_t index) {
    const int64_t at = static_cast<int64_t>(index);
    const int64_t begin = side * at / slabs / 16 * 16;
    const int64_t end = at + 1 == slabs ? side : side * (at + 1) / slabs / 16 * 16;
    if (m >= n)
      slab(begin, end - begin, int64_t{0}, n);
    else
      slab(int64_t{0}, m, begin, end - begin);
  };
  if (pool) return pool->parallel_for(static_cast<size_t>(slabs), compute);
  for (int64_t i = 0; i < slabs; ++i) compute(static_cast<size_t>(i));
}

// OpenBLAS has one thread setting for the process, and so has this record of who asked it to be 1.
struct OpenBlasSetting {
  std::mutex mutex;
  int users = 0;
  int of_host = 1;
};
OpenBlasSetting& openblas_setting() {
  static OpenBlasSetting setting;
  return setting;
}

using Blas = OpenBlasLibrary;

template <typename T>
void openblas_slabs(Blas::Gemm<T> gemm, ThreadPool* pool, bool ta, bool tb, int64_t m, int64_t n, int64_t k,
                    T alpha, const T* a, int64_t lda, const T* b, int64_t ldb, T beta, T* c, int64_t ldc) {
  SingleThreadedOpenBlas single;
  for_slabs(pool, m, n, [&](int64_t row, int64_t rows, int64_t col, int64_t cols) {
    gemm(Blas::kRowMajor, ta ? Blas::kTranspose : Blas::kNoTranspose,
         tb ? Blas::kTranspose : Blas::kNoTranspose, static_cast<int32_t>(rows), static_cast<int32_t>(cols),
         static_cast<int32_t>(k), alpha, a + (ta ? row : row * lda), static_cast<int32_t>(lda),
         b + (tb ? col * ldb : col), static_cast<int32_t>(ldb), beta, c + row * ldc + col,
         static_cast<int32_t>(ldc));
  });
}

}  // namespace

#if TL_HAVE_ONEDNN

bool have_onednn() { return true; }

void onednn_gemm(ThreadPool* pool, bool ta, bool tb, int64_t m, int64_t n, int64_t k, float alpha,
                 const float* a, int64_t lda, const float* b, int64_t ldb, float beta, float* c,
                 int64_t ldc) {
  for_slabs(pool, m, n, [&](int64_t row, int64_t rows, int64_t col, int64_t cols) {
    const int of_host = omp_get_max_threads();  // of this thread
    if (of_host != 1) omp_set_num_threads(1);
    dnnl_sgemm(ta ? 'T' : 'N', tb ? 'T' : 'N', rows, cols, k, alpha, a + (ta ? row : row * lda), lda,
               b + (tb ? col * ldb : col), ldb, beta, c + row * ldc + col, ldc);
    if (of_host != 1) omp_set_num_threads(of_host);
  });
}

#else

bool have_onednn() { return false; }
void onednn_gemm(ThreadPool*, bool, bool, int64_t, int64_t, int64_t, float, const float*, int64_t,
                 const float*, int64_t, float, float*, int64_t) {}

#endif

bool have_openblas() { return openblas_library() != nullptr; }

SingleThreadedOpenBlas::SingleThreadedOpenBlas() {
  OpenBlasSetting& setting = openblas_setting();
  std::lock_guard<std::mutex> lock(setting.mutex);
  if (setting.users++ > 0) return;
  setting.of_host = openblas_library()->get_num_threads();
  if (setting.of_host != 1) openblas_library()->set_num_threads(1);
}

SingleThreadedOpenBlas::~SingleThreadedOpenBlas() {
  OpenBlasSetting& setting = openblas_setting();
  std::lock_guard<std::mutex> lock(setting.mutex);
  if (--setting.users == 0 && setting.of_host != 1) openblas_library()->set_num_threads(setting.of_host);
}

void openblas_gemm(ThreadPool* pool, bool ta, bool tb, int64_t m, int64_t n, int64_t k, float alpha,
                   const float* a, int64_t lda, const float* b, int64_t ldb, float beta, float* c,
                   int64_t ldc) {
  openblas_slabs(openblas_library()->sgemm, pool, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void openblas_gemm(ThreadPool* pool, bool ta, bool tb, int64_t m, int64_t n, int64_t k, double alpha,
                   const double* a, int64_t lda, const double* b, int64_t ldb, double beta, double* c,
                   int64_t ldc) {
  openblas_slabs(openblas_library()->dgemm, pool, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

}  // namespace tl::kernels
