// The matrix products of oneDNN and OpenBLAS, called on one thread at a time each, from our own loop.
//
// pool may be NULL: then the calling thread computes alone. Products are cut into slabs by shape alone, so
// that the bits do not depend on the number of threads. The host's settings of both libraries are restored.
#pragma once

#include <cstdint>

#include "core/base/thread_pool.h"

namespace tl::kernels {

bool have_onednn();
bool have_openblas();

// As gemm(); float only. Must not be called without the library.
void onednn_gemm(ThreadPool* pool, bool ta, bool tb, int64_t m, int64_t n, int64_t k, float alpha,
                 const float* a, int64_t lda, const float* b, int64_t ldb, float beta, float* c, int64_t ldc);

// As gemm(). Must not be called without the library.
void openblas_gemm(ThreadPool* pool, bool ta, bool tb, int64_t m, int64_t n, int64_t k, float alpha,
                   const float* a, int64_t lda, const float* b, int64_t ldb, float beta, float* c,
                   int64_t ldc);
void openblas_gemm(ThreadPool* pool, bool ta, bool tb, int64_t m, int64_t n, int64_t k, double alpha,
                   const double* a, int64_t lda, const double* b, int64_t ldb, double beta, double* c,
                   int64_t ldc);

// While one of these lives, OpenBLAS uses one thread; not without the library. Its setting is one number for the
// whole process, so overlapping scopes of several contexts share it, and the last one to end restores what
// the host had set.
class SingleThreadedOpenBlas {
 public:
  SingleThreadedOpenBlas();
  ~SingleThreadedOpenBlas();
  SingleThreadedOpenBlas(const SingleThreadedOpenBlas&) = delete;
  SingleThreadedOpenBlas& operator=(const SingleThreadedOpenBlas&) = delete;
};

}  // namespace tl::kernels
