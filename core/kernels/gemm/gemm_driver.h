// The products by one given method and CPU class: what gemm() runs once it has chosen. For gemm.cpp, tests,
// benchmarks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/thread_pool.h"
#include "core/kernels/gemm/backend_choice.h"
#include "core/kernels/gemm/gemm.h"

namespace tl::kernels {

template <typename T>
struct GemmProblem {
  bool ta, tb;
  int64_t m, n, k;
  T alpha;
  const T* a;
  int64_t lda;
  const T* b;
  int64_t ldb;
  T beta;
  T* c;
  int64_t ldc;
};

// Product number `index` of a batch, whose operands begin where those of p do.
template <typename T>
GemmProblem<T> product_of_batch(const GemmBatch& batch, int64_t index, GemmProblem<T> p) {
  for (int axis = batch.rank - 1; axis >= 0; --axis) {
    const int64_t i = axis > 0 ? index % batch.sizes[axis] : index;
    if (axis > 0) index /= batch.sizes[axis];
    p.a += i * batch.a_strides[axis];
    p.b += i * batch.b_strides[axis];
    p.c += i * batch.c_strides[axis];
  }
  return p;
}

// Multiply-adds that are worth sharing out where threads help in time, and in any case.
constexpr double kMultiplyAddsWorthSharing = 2e6, kMultiplyAddsWorthWaking = 6e6;

inline ThreadPool::Helpers gemm_helpers(double multiply_adds) {
  return multiply_adds < kMultiplyAddsWorthWaking ? ThreadPool::Helpers::if_it_pays
                                                  : ThreadPool::Helpers::all;
}

// True when the method can compute the product: dot needs op(A) by rows and op(B) by columns (or vectors),
// oneDNN needs floats, and the libraries must be there.
template <typename T>
bool gemm_method_applies(GemmMethod method, const GemmProblem<T>& problem);

// True when each element is the sum of all its terms before anything else happens to it: register tiles of ours, and one
// block of terms. Then beta 1 has the bits of an addition behind the product.
template <typename T>
bool gemm_sums_first(const GemmKernels<T>& kernels, GemmMethod method, int64_t k);

// True when the methods give an element the same bits: register tiles of ours, or inner products.
bool gemm_methods_agree(GemmMethod a, GemmMethod b);

// Working memory of one product: for each thread that takes part, and once.
struct GemmScratch {
  size_t per_worker = 0, shared = 0;
  size_t alone() const { return per_worker + shared; }
};

template <typename T>
GemmScratch gemm_scratch(const GemmKernels<T>& kernels, GemmMethod method, const GemmProblem<T>& problem);

// Both: sizes of at least 1 and alpha != 0 only, and a method that applies.
// On the threads of the pool; throws tl::Error when there is no memory to pack into.
template <typename T>
void run_gemm(ThreadPool& pool, const GemmKernels<T>& kernels, GemmMethod method,
              const GemmProblem<T>& problem);
// The first `count` products of a batch, one after the other, with what follows from their shape found once.
template <typename T>
void run_gemm_batch(ThreadPool& pool, const GemmKernels<T>& kernels, GemmMethod method,
                    const GemmBatch& batch, int64_t count, const GemmProblem<T>& first);
// On the calling thread alone, which may be a worker of a pool, in `memory` of gemm_scratch().alone() bytes
// aligned to
// 64. The same bits.
template <typename T>
void run_gemm_alone(void* memory, const GemmKernels<T>& kernels, GemmMethod method,
                    const GemmProblem<T>& problem);

}  // namespace tl::kernels
