// Matrix products: C = alpha * op(A) * op(B) + beta * C, row-major, float and double, single and batched.
//
// This is the only way of tapeloop to a matrix product. It chooses between kernels of ours and those of
// oneDNN and OpenBLAS by shape and CPU (backend_choice.h holds the measured table). It does not check its
// arguments: shapes are checked by the ops. The libraries' thread settings are the host's; they are the same
// after a call as before it.
//
// Not to be called from a loop body of the same pool: its working memory is the pool's scratch memory.
//
// Same shape, strides, CPU class and values: the same bits, whatever the number of threads.
#pragma once

#include <cstdint>

#include "core/base/thread_pool.h"

namespace tl::kernels {

// op(A) is A[m, k], or with `ta` the transpose of A[k, m]; op(B) is B[k, n], or with `tb` the transpose of
// B[n, k]. C is [m, n] and overlaps neither. lda, ldb, ldc: elements from one stored row to the next, at
// least the stored number of columns. With beta == 0, C is written and never read (it may hold NaN); with
// alpha == 0 or k == 0, A and B are not read. Sizes may be zero. Throws tl::Error (out of memory) before C is
// touched when there is no room for packing.
void gemm(ThreadPool& pool, bool ta, bool tb, int64_t m, int64_t n, int64_t k, float alpha, const float* a,
          int64_t lda, const float* b, int64_t ldb, float beta, float* c, int64_t ldc);
void gemm(ThreadPool& pool, bool ta, bool tb, int64_t m, int64_t n, int64_t k, double alpha, const double* a,
          int64_t lda, const double* b, int64_t ldb, double beta, double* c, int64_t ldc);

// The batch axes of gemm_batched: `rank` sizes, and for each operand the elements from one matrix to the next
// along each axis. A stride of 0 repeats A or B (broadcasting); the matrices of C must not overlap. Rank 0 is
// one product.
struct GemmBatch {
  int rank = 0;
  const int64_t* sizes = nullptr;
  const int64_t* a_strides = nullptr;
  const int64_t* b_strides = nullptr;
  const int64_t* c_strides = nullptr;
};

void gemm_batched(ThreadPool& pool, const GemmBatch& batch, bool ta, bool tb, int64_t m, int64_t n, int64_t k,
                  float alpha, const float* a, int64_t lda, const float* b, int64_t ldb, float beta, float* c,
                  int64_t ldc);
void gemm_batched(ThreadPool& pool, const GemmBatch& batch, bool ta, bool tb, int64_t m, int64_t n, int64_t k,
                  double alpha, const double* a, int64_t lda, const double* b, int64_t ldb, double beta,
                  double* c, int64_t ldc);

// Whether gemm() with beta 1 gives a product of this shape, its rows one behind the other, the bits of an addition behind it.
template <typename T>
bool gemm_adds_last(bool ta, bool tb, int64_t m, int64_t n, int64_t k);
// Whether the rows of a product have the same bits where there are other_m of them.
template <typename T>
bool gemm_rows_alike(bool ta, bool tb, int64_t m, int64_t other_m, int64_t n, int64_t k);
// Takes the working memory of a product, so that it asks for none itself. Throws tl::Error (out of memory).
template <typename T>
void reserve_gemm(ThreadPool& pool, bool ta, bool tb, int64_t m, int64_t n, int64_t k);

// The operands of one of several products that are summed: op(A) [m, k] times B [k, n].
template <typename T>
struct GemmFactors {
  bool ta;
  int64_t k;
  const T* a;
  int64_t lda;
  const T* b;
  int64_t ldb;
};
// Whether gemm() computes a product of this shape from its operands where they lie, all terms of an element in one block: then
// gemm_rows() has its bits.
template <typename T>
bool gemm_has_rows(bool ta, bool tb, int64_t m, int64_t n, int64_t k);
// C[rows, n]: rows [row, row + rows) of the sum of some products, each summed by itself and added to those before, by the calling
// thread and without working memory. Loop bodies may call it. The bits of gemm() with beta 0, then with beta 1.
// next: up to 3 arrays of next_elements each that the caller reads afterwards; they come into the caches meanwhile.
template <typename T>
void gemm_rows(const GemmFactors<T>* products, size_t count, int64_t row, int64_t rows, int64_t n, T* c,
               int64_t ldc, const T* const* next, int next_arrays, int64_t next_elements);
// The rows of the tiles that gemm_rows() computes: parts of a product had better begin at a multiple.
template <typename T>
int64_t gemm_tile_rows();

template <typename T>
struct AdamRectangle;  // kernel_table.h
// Whether gemm_adam() has a product of this shape: packed operands, all terms of an element in one block.
template <typename T>
bool gemm_has_adam(bool ta, bool tb, int64_t m, int64_t n, int64_t k);
// Takes its working memory, so that it asks for none itself. Throws tl::Error (out of memory).
template <typename T>
void reserve_gemm_adam(ThreadPool& pool, bool ta, bool tb, int64_t m, int64_t n, int64_t k);
// Adam's step on a variable of m rows and n columns, with op(A) op(B) as its gradient: each few rows of it are used beside the sums of
// the next ones, and forgotten. The bits of gemm() and the step one after the other, whatever the number of threads. Of `variable` the
// gradient is not read.
template <typename T>
void gemm_adam(ThreadPool& pool, bool ta, bool tb, int64_t m, int64_t n, int64_t k, const T* a, int64_t lda,
               const T* b, int64_t ldb, const AdamRectangle<T>& variable);

// What gemm() runs for a shape on this CPU, for benchmarks and logs: "avx512 direct", "avx512 packed",
// "onednn", ...
const char* gemm_backend_name_f32(bool ta, bool tb, int64_t m, int64_t n, int64_t k);
const char* gemm_backend_name_f64(bool ta, bool tb, int64_t m, int64_t n, int64_t k);

}  // namespace tl::kernels
