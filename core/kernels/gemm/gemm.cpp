// gemm() and gemm_batched(): the cases without work, the choice of a method, and batches over threads.
#include "core/kernels/gemm/gemm.h"

#include "core/kernels/gemm/backend_choice.h"
#include "core/kernels/gemm/gemm_driver.h"
#include "core/kernels/gemm/packed_gemm.h"

namespace tl::kernels {
namespace {

template <typename T>
void scale(int64_t m, int64_t n, T beta, T* c, int64_t ldc) {
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) c[i * ldc + j] = beta == 0 ? T(0) : beta * c[i * ldc + j];
}

// The products that need no kernel; true if this was one.
template <typename T>
bool trivial(const GemmProblem<T>& p) {
  if (p.m <= 0 || p.n <= 0) return true;
  if (p.k > 0 && p.alpha != 0) return false;
  if (p.beta != 1) scale(p.m, p.n, p.beta, p.c, p.ldc);
  return true;
}

template <typename T>
GemmMethod choose(GemmCpu cpu, const GemmProblem<T>& p) {
  return choose_gemm_method(cpu, sizeof(T) == sizeof(double), p.ta, p.tb, p.m, p.n, p.k);
}

// A column that lies in memory as a row: an outer product needs no packing.
template <typename T>
GemmProblem<T> simplified(GemmProblem<T> p) {
  if (p.k != 1 || !p.tb || p.ldb != 1) return p;
  p.tb = false;
  p.ldb = p.n;
  return p;
}

template <typename T>
void run(ThreadPool& pool, const GemmProblem<T>& given) {
  if (trivial(given)) return;
  const GemmProblem<T> p = simplified(given);
  const GemmCpu cpu = gemm_cpu();
  run_gemm(pool, *gemm_kernels<T>(cpu), choose(cpu, p), p);
}

// A product without its operands, whose rows lie one behind the other.
template <typename T>
GemmProblem<T> shape_of(bool ta, bool tb, int64_t m, int64_t n, int64_t k) {
  return simplified<T>({ta, tb, m, n, k, 1, nullptr, ta ? m : k, nullptr, tb ? k : n, 0, nullptr, n});
}

// The products of a batch one after the other: what follows from their shape is found once.
template <typename T>
void run_one_by_one(ThreadPool& pool, const GemmBatch& batch, int64_t count, const GemmProblem<T>& given) {
  if (count == 0) return;
  if (trivial(product_of_batch(batch, 0, given))) {
    for (int64_t i = 1; i < count; ++i) trivial(product_of_batch(batch, i, given));
    return;
  }
  const GemmProblem<T> p = simplified(given);
  const GemmCpu cpu = gemm_cpu();
  const GemmKernels<T>& kernels = *gemm_kernels<T>(cpu);
  const GemmMethod method = choose(cpu, p);
  run_gemm_batch(pool, kernels, method, batch, count, p);
}

template <typename T>
void run_batch(ThreadPool& pool, const GemmBatch& batch, const GemmProblem<T>& p) {
  int64_t count = 1;
  for (int axis = 0; axis < batch.rank; ++axis) count *= batch.sizes[axis];
  // Products that are worth several threads each run one after the other; small ones are shared out whole.
  const double work = static_cast<double>(p.m) * static_cast<double>(p.n) * static_cast<double>(p.k);
  if (pool.size() == 1 || count < 2 || work * static_cast<double>(count) < kMultiplyAddsWorthSharing ||
      work > 8e6) {
    return run_one_by_one(pool, batch, count, p);
  }
  if (p.alpha == 0) {  // k and the sizes are positive here
    for (int64_t i = 0; i < count; ++i) trivial(product_of_batch(batch, i, p));
    return;
  }
  const GemmCpu cpu = gemm_cpu();
  const GemmKernels<T>& kernels = *gemm_kernels<T>(cpu);
  const GemmMethod method = choose(cpu, p);
  pool.reserve_scratch(gemm_scratch(kernels, method, p).alone(), 0);
  const int64_t most = 4 * pool.size(), parts = count < most ? count : most;
  const auto run_part = [&](size_t part, int worker) {
    const int64_t at = static_cast<int64_t>(part);
    for (int64_t i = count * at / parts; i < count * (at + 1) / parts; ++i)
      run_gemm_alone(pool.worker_scratch(worker), kernels, method, product_of_batch(batch, i, p));
  };
  pool.parallel_for_worker(static_cast<size_t>(parts), run_part,
                           gemm_helpers(work * static_cast<double>(count)));
}

}  // namespace

void gemm(ThreadPool& pool, bool ta, bool tb, int64_t m, int64_t n, int64_t k, float alpha, const float* a,
          int64_t lda, const float* b, int64_t ldb, float beta, float* c, int64_t ldc) {
  run<float>(pool, {ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc});
}

void gemm(ThreadPool& pool, bool ta, bool tb, int64_t m, int64_t n, int64_t k, double alpha, const double* a,
          int64_t lda, const double* b, int64_t ldb, double beta, double* c, int64_t ldc) {
  run<double>(pool, {ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc});
}

void gemm_batched(ThreadPool& pool, const GemmBatch& batch, bool ta, bool tb, int64_t m, int64_t n, int64_t k,
                  float alpha, const float* a, int64_t lda, const float* b, int64_t ldb, float beta, float* c,
                  int64_t ldc) {
  run_batch<float>(pool, batch, {ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc});
}

void gemm_batched(ThreadPool& pool, const GemmBatch& batch, bool ta, bool tb, int64_t m, int64_t n, int64_t k,
                  double alpha, const double* a, int64_t lda, const double* b, int64_t ldb, double beta,
                  double* c, int64_t ldc) {
  run_batch<double>(pool, batch, {ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc});
}

template <typename T>
bool gemm_adds_last(bool ta, bool tb, int64_t m, int64_t n, int64_t k) {
  if (m < 1 || n < 1 || k < 1) return false;
  const GemmCpu cpu = gemm_cpu();
  return gemm_sums_first(*gemm_kernels<T>(cpu), choose(cpu, shape_of<T>(ta, tb, m, n, k)), k);
}

template <typename T>
bool gemm_rows_alike(bool ta, bool tb, int64_t m, int64_t other_m, int64_t n, int64_t k) {
  if (m < 1 || other_m < 1 || n < 1 || k < 1) return true;
  const GemmCpu cpu = gemm_cpu();
  return gemm_methods_agree(choose(cpu, shape_of<T>(ta, tb, m, n, k)),
                            choose(cpu, shape_of<T>(ta, tb, other_m, n, k)));
}

template <typename T>
void reserve_gemm(ThreadPool& pool, bool ta, bool tb, int64_t m, int64_t n, int64_t k) {
  const GemmCpu cpu = gemm_cpu();
  const GemmProblem<T> p = shape_of<T>(ta, tb, m, n, k);
  const GemmScratch scratch = gemm_scratch(*gemm_kernels<T>(cpu), choose(cpu, p), p);
  if (scratch.alone() > 0) pool.reserve_scratch(scratch.per_worker, scratch.shared);
}

template <typename T>
bool gemm_has_rows(bool ta, bool tb, int64_t m, int64_t n, int64_t k) {
  return !tb && gemm_adds_last<T>(ta, tb, m, n, k) &&
         choose(gemm_cpu(), shape_of<T>(ta, tb, m, n, k)) == GemmMethod::direct;
}

template <typename T>
void gemm_rows(const GemmFactors<T>* products, size_t count, int64_t row, int64_t rows, int64_t n, T* c,
               int64_t ldc, const T* const* next, int next_arrays, int64_t next_elements) {
  const GemmKernels<T>& kernels = *gemm_kernels<T>(gemm_cpu());
  GemmBlock<T> block{};
  block.rows = rows;
  block.cols = n;
  block.alpha = T(1);
  block.b_panel = kernels.panel;
  block.c = c;
  block.c_stride = ldc;
  const int64_t of_each = next_elements / static_cast<int64_t>(count);
  GemmWanted<T> wanted{next_arrays, {}, of_each};
  block.wanted = &wanted;
  for (size_t i = 0; i < count; ++i) {
    const GemmFactors<T>& p = products[i];
    block.terms = p.k;
    block.beta = T(i > 0 ? 1 : 0);
    block.a = p.a + (p.ta ? row : row * p.lda);
    block.a_stride = p.lda;
    block.a_layout = p.ta ? LeftLayout::along_rows : LeftLayout::along_terms;
    block.b = p.b;
    block.b_stride = p.ldb;
    for (int k = 0; k < next_arrays; ++k) wanted.data[k] = next[k] + static_cast<int64_t>(i) * of_each;
    kernels.block(block);
  }
}

template <typename T>
int64_t gemm_tile_rows() {
  return gemm_kernels<T>(gemm_cpu())->tile_rows;
}

template <typename T>
bool gemm_has_adam(bool ta, bool tb, int64_t m, int64_t n, int64_t k) {
  if (m < 1 || n < 1 || k < 1) return false;
  const GemmProblem<T> p = shape_of<T>(ta, tb, m, n, k);
  return gemm_steps(*gemm_kernels<T>(gemm_cpu()), choose(gemm_cpu(), p), p);
}

template <typename T>
void reserve_gemm_adam(ThreadPool& pool, bool ta, bool tb, int64_t m, int64_t n, int64_t k) {
  const GemmScratch scratch = gemm_adam_scratch(*gemm_kernels<T>(gemm_cpu()), shape_of<T>(ta, tb, m, n, k));
  pool.reserve_scratch(scratch.per_worker, scratch.shared);
}

template <typename T>
void gemm_adam(ThreadPool& pool, bool ta, bool tb, int64_t m, int64_t n, int64_t k, const T* a, int64_t lda,
               const T* b, int64_t ldb, const AdamRectangle<T>& variable) {
  run_gemm_adam(pool, *gemm_kernels<T>(gemm_cpu()), {ta, tb, m, n, k, T(1), a, lda, b, ldb, T(0), nullptr, n},
                variable);
}

#define TL_INSTANTIATE(T)                                                                           \
  template bool gemm_adds_last<T>(bool, bool, int64_t, int64_t, int64_t);                           \
  template bool gemm_rows_alike<T>(bool, bool, int64_t, int64_t, int64_t, int64_t);                 \
  template bool gemm_has_rows<T>(bool, bool, int64_t, int64_t, int64_t);                            \
  template int64_t gemm_tile_rows<T>();                                                             \
  template bool gemm_has_adam<T>(bool, bool, int64_t, int64_t, int64_t);                            \
  template void reserve_gemm_adam<T>(ThreadPool&, bool, bool, int64_t, int64_t, int64_t);           \
  template void gemm_adam<T>(ThreadPool&, bool, bool, int64_t, int64_t, int64_t, const T*, int64_t, \
                             const T*, int64_t, const AdamRectangle<T>&);                           \
  template void reserve_gemm<T>(ThreadPool&, bool, bool, int64_t, int64_t, int64_t);
TL_INSTANTIATE(float)
TL_INSTANTIATE(double)
#undef TL_INSTANTIATE
template void gemm_rows(const GemmFactors<float>*, size_t, int64_t, int64_t, int64_t, float*, int64_t,
                        const float* const*, int, int64_t);
template void gemm_rows(const GemmFactors<double>*, size_t, int64_t, int64_t, int64_t, double*, int64_t,
                        const double* const*, int, int64_t);

const char* gemm_backend_name_f32(bool ta, bool tb, int64_t m, int64_t n, int64_t k) {
  return gemm_method_name(gemm_cpu(), choose_gemm_method(gemm_cpu(), false, ta, tb, m, n, k));
}

const char* gemm_backend_name_f64(bool ta, bool tb, int64_t m, int64_t n, int64_t k) {
  return gemm_method_name(gemm_cpu(), choose_gemm_method(gemm_cpu(), true, ta, tb, m, n, k));
}

}  // namespace tl::kernels
