// Blocking, packing and sharing out of the products that our own kernels compute.
//
// Every element is one chain of multiply-adds over each block of terms, whatever tile it falls into and
// wherever the operands were copied, and blocks of terms depend on k alone. So rows and columns may be shared
// out by the number of threads without changing a bit.
#include "core/kernels/gemm/gemm_driver.h"

#include "core/kernels/gemm/library_gemm.h"
#include "core/kernels/gemm/packed_gemm.h"

namespace tl::kernels {
namespace {

constexpr int64_t kStripeBytes = 256 << 10;  // packed panels of B that stay in the second-level cache

// One call of a kernel computes all of it: one block of terms, and no work for several threads. Small products are that, and
// cutting them up would take as long as they do.
template <typename T>
bool is_one_block(const GemmKernels<T>& kernels, const ArrangedGemm<T>& x, int threads) {
  return x.terms <= kernels.block_terms && wanted_gemm_parts(x.multiply_adds(), threads) == 1;
}

template <typename T>
void compute_unpacked(const GemmKernels<T>& kernels, const ArrangedGemm<T>& x) {
  GemmBlock<T> block = gemm_block(x, {0, x.rows, 0, x.cols}, 0, x.terms);
  block.b_panel = kernels.panel;
  kernels.block(block);
}

// B is read where it lies.
template <typename T>
void run_unpacked(const GemmWorkers& workers, const GemmKernels<T>& kernels, const ArrangedGemm<T>& x) {
  if (is_one_block(kernels, x, workers.size())) return compute_unpacked(kernels, x);
  const double work = x.multiply_adds();
  const GemmGrid grid(x.rows, x.cols, kernels.tile_rows, kernels.panel, x.rows, work, workers.size());
  const int64_t step = terms_per_block(x.terms, kernels.block_terms);
  workers.run(grid.size(), work, [&](size_t index, int) {
    const GemmPart part = grid[index];
    for (int64_t term = 0; term < x.terms; term += step) {
      GemmBlock<T> block = gemm_block(x, part, term, x.terms - term < step ? x.terms - term : step);
      block.b_panel = kernels.panel;
      kernels.block(block);
    }
  });
}

// How a product is cut when only B is packed: each part packs what it needs for itself. Memory that one core has just
// written reaches another one slowly, so that packing twice is cheaper than sharing while there are rows enough.
template <typename T>
struct PrivatePacking {
  int64_t step;    // terms
  int64_t stripe;  // columns packed at a time: they stay in the second-level cache

  PrivatePacking(const GemmKernels<T>& kernels, const ArrangedGemm<T>& x) {
    const int64_t element = sizeof(T), panel = kernels.panel;
    step = terms_per_block(x.terms, kernels.block_terms);
    stripe = kStripeBytes / (step * element) / panel * panel;
    const int64_t all = divide_up(x.cols, panel) * panel;
    stripe = stripe < panel ? panel : stripe > all ? all : stripe;
  }

  GemmScratch scratch() const {
    GemmScratch bytes;
    bytes.per_worker = static_cast<size_t>(stripe * step) * sizeof(T);
    return bytes;
  }
};

// Of B, in whole panels.
template <typename T>
int64_t packed_bytes(const GemmKernels<T>& kernels, const ArrangedGemm<T>& x) {
  return divide_up(x.cols, kernels.panel) * kernels.panel * x.terms * static_cast<int64_t>(sizeof(T));
}

template <typename T>
GemmScratch private_scratch(const GemmKernels<T>& kernels, const ArrangedGemm<T>& x) {
  const int64_t all = packed_bytes(kernels, x);
  if (x.terms > kernels.block_terms || all > kStripeBytes) return PrivatePacking<T>(kernels, x).scratch();
  GemmScratch bytes;
  bytes.per_worker = static_cast<size_t>(all);
  return bytes;
}

template <typename T>
GemmGrid private_grid(const GemmKernels<T>& kernels, const ArrangedGemm<T>& x, int threads) {
  const int64_t wanted = wanted_gemm_parts(x.multiply_adds(), threads),
                panels = divide_up(x.cols, kernels.panel);
  if (wanted == 1) return GemmGrid(x.rows, x.cols, kernels.tile_rows, kernels.panel, 1, 1);
  // Rows apart: B is packed by every thread. Columns apart: A is read by every thread.
  const bool down = x.rows >= 64 * threads && x.cols <= 4 * x.rows;
  if (down) return GemmGrid(x.rows, x.cols, kernels.tile_rows, kernels.panel, threads, 1);
  if (panels >= threads) return GemmGrid(x.rows, x.cols, kernels.tile_rows, kernels.panel, 1, wanted);
  return GemmGrid(x.rows, x.cols, kernels.tile_rows, kernels.panel, divide_up(threads, panels), panels);
}

template <typename T>
void compute_private(const GemmKernels<T>& kernels, const ArrangedGemm<T>& x, const GemmPart& part,
                     int64_t term, int64_t terms, T* packed_b) {
  const T* b = x.b_transposed ? x.b + part.col * x.b_stride + term : x.b + term * x.b_stride + part.col;
  kernels.pack_b(terms, part.cols, b, x.b_stride, x.b_transposed, packed_b);
  GemmBlock<T> block = gemm_block(x, part, term, terms);
  block.b = packed_b;
  block.b_stride = kernels.panel;
  block.b_panel = kernels.panel * terms;
  kernels.block(block);
}

template <typename T>
void run_private(const GemmWorkers& workers, const GemmKernels<T>& kernels, const ArrangedGemm<T>& x) {
  if (is_one_block(kernels, x, workers.size()) && packed_bytes(kernels, x) <= kStripeBytes)
    return compute_private(kernels, x, {0, x.rows, 0, x.cols}, 0, x.terms, static_cast<T*>(workers.own(0)));
  const PrivatePacking<T> packing(kernels, x);
  const GemmGrid grid = private_grid(kernels, x, workers.size());
  workers.run(grid.size(), x.multiply_adds(), [&](size_t index, int worker) {
    const GemmPart part = grid[index];
    T* packed_b = static_cast<T*>(workers.own(worker));
    const int64_t end = part.col + part.cols;
    for (int64_t col = part.col; col < end; col += packing.stripe) {
      const int64_t cols = end - col < packing.stripe ? end - col : packing.stripe;
      for (int64_t term = 0; term < x.terms; term += packing.step) {
        const int64_t terms = x.terms - term < packing.step ? x.terms - term : packing.step;
        compute_private(kernels, x, {part.row, part.rows, col, cols}, term, terms, packed_b);
      }
    }
  });
}

// Rows of A that lie whole pages apart share a set of the first-level cache, which has room for 8 of them or 12: a taller
// tile that reads them where they lie loses up to a quarter of its speed. With fewer rows or columns packing costs as much.
template <typename T>
bool rows_collide(const ArrangedGemm<T>& x) {
  return x.a_layout == LeftLayout::along_terms && x.a_stride * static_cast<int64_t>(sizeof(T)) % 4096 == 0 &&
         x.rows >= 64 && x.cols >= 64;
}

// Rows of one operand against a few vectors of the other.
template <typename T>
struct DotProblem {
  int64_t rows, vectors;
  const T* matrix;
  int64_t matrix_stride;
  const T* vector;                        // vector v starts at vector + v * vector_stride,
  int64_t vector_stride, element_stride;  // its elements are element_stride apart
  int64_t c_row, c_vector;                // strides of C

  explicit DotProblem(const GemmProblem<T>& p) {
    // The rows of A, if they are rows in memory and there are no fewer than columns of B; else those of
    // op(B)'.
    const bool of_a = !p.ta && (p.n <= p.m || !p.tb);
    rows = of_a ? p.m : p.n;
    vectors = of_a ? p.n : p.m;
    matrix = of_a ? p.a : p.b;
    matrix_stride = of_a ? p.lda : p.ldb;
    vector = of_a ? p.b : p.a;
    const bool contiguous = of_a ? p.tb : !p.ta;
    const int64_t stride = of_a ? p.ldb : p.lda;
    vector_stride = contiguous ? stride : 1;
    element_stride = contiguous ? 1 : stride;
    c_row = of_a ? p.ldc : 1;
    c_vector = of_a ? 1 : p.ldc;
  }

  size_t copy_bytes(const GemmProblem<T>& p) const {
    return element_stride == 1 ? 0 : (static_cast<size_t>(vectors * p.k) * sizeof(T) + 63) / 64 * 64;
  }
};

// One row times B, or one column of A' as a row times A: rows of a matrix, each with its factor.
template <typename T>
void run_axpy(const GemmWorkers& workers, const GemmKernels<T>& kernels, const GemmProblem<T>& p) {
  const bool one_row = p.m == 1 && !p.tb;
  const T* x = one_row ? p.a : p.b;
  const int64_t x_stride = one_row ? (p.ta ? p.lda : 1) : (p.tb ? 1 : p.ldb);
  const T* matrix = one_row ? p.b : p.a;
  const int64_t stride = one_row ? p.ldb : p.lda, cols = one_row ? p.n : p.m, y_stride = one_row ? 1 : p.ldc;
  const double work = 8.0 * static_cast<double>(cols) * static_cast<double>(p.k);
  const auto compute = [&](const GemmPart& part) {
    kernels.add_rows(p.k, part.cols, p.alpha, x, x_stride, matrix + part.col, stride, p.beta,
                     p.c + part.col * y_stride, y_stride);
  };
  if (wanted_gemm_parts(work, workers.size()) == 1) return compute({0, 1, 0, cols});
  const GemmGrid grid(1, cols, 1, kernels.panel, 1, work, workers.size());
  workers.run(grid.size(), work, [&](size_t index, int) { compute(grid[index]); });
}

template <typename T>
void run_dot(const GemmWorkers& workers, const GemmKernels<T>& kernels, const GemmProblem<T>& p) {
  const DotProblem<T> d(p);
  const T* vector = d.vector;
  int64_t vector_stride = d.vector_stride;
  if (d.element_stride != 1) {
    T* copy = static_cast<T*>(workers.shared());
    for (int64_t v = 0; v < d.vectors; ++v)
      for (int64_t i = 0; i < p.k; ++i) copy[v * p.k + i] = vector[v * vector_stride + i * d.element_stride];
    vector = copy;
    vector_stride = p.k;
  }
  // Mostly a matter of reading the matrix: an element takes the time of some 8 multiply-adds.
  const double work = 8.0 * static_cast<double>(d.rows) * static_cast<double>(p.k);
  const auto compute = [&](const GemmPart& part) {
    for (int64_t v = 0; v < d.vectors; ++v)
      kernels.dot_rows(part.rows, p.k, p.alpha, d.matrix + part.row * d.matrix_stride, d.matrix_stride,
                       vector + v * vector_stride, p.beta, p.c + part.row * d.c_row + v * d.c_vector,
                       d.c_row);
  };
  if (wanted_gemm_parts(work, workers.size()) == 1) return compute({0, d.rows, 0, 1});
  const GemmGrid grid(d.rows, 1, 4, 1, d.rows, work, workers.size());
  workers.run(grid.size(), work, [&](size_t index, int) { compute(grid[index]); });
}

void run_onednn(ThreadPool*, const GemmProblem<double>&) {}
void run_onednn(ThreadPool* pool, const GemmProblem<float>& p) {
  onednn_gemm(pool, p.ta, p.tb, p.m, p.n, p.k, p.alpha, p.a, p.lda, p.b, p.ldb, p.beta, p.c, p.ldc);
}

template <typename T>
void run_on(const GemmWorkers& workers, const GemmKernels<T>& kernels, GemmMethod method,
            const GemmProblem<T>& p) {
  switch (method) {
    case GemmMethod::dot: return run_dot(workers, kernels, p);
    case GemmMethod::axpy: return run_axpy(workers, kernels, p);
    case GemmMethod::onednn: return run_onednn(workers.pool(), p);
    case GemmMethod::openblas:
      return openblas_gemm(workers.pool(), p.ta, p.tb, p.m, p.n, p.k, p.alpha, p.a, p.lda, p.b, p.ldb, p.beta,
                           p.c, p.ldc);
    case GemmMethod::packed: return run_packed_gemm(workers, kernels, arrange_gemm(p, false), true);
    case GemmMethod::direct:
    case GemmMethod::swapped: {
      const ArrangedGemm<T> x = arrange_gemm(p, method == GemmMethod::swapped);
      if (rows_collide(x)) return run_packed_gemm(workers, kernels, x, x.b_transposed);
      if (x.b_transposed) return run_private(workers, kernels, x);
      return run_unpacked(workers, kernels, x);
    }
  }
}

}  // namespace

template <typename T>
bool gemm_method_applies(GemmMethod method, const GemmProblem<T>& p) {
  switch (method) {
    case GemmMethod::dot: return (!p.ta && p.tb) || (p.m == 1 && p.tb) || (p.n == 1 && !p.ta);
    case GemmMethod::axpy: return (p.m == 1 && !p.tb) || (p.n == 1 && p.ta);
    case GemmMethod::onednn: return sizeof(T) == sizeof(float) && have_onednn();
    case GemmMethod::openblas: return have_openblas();
    default: return true;
  }
}

namespace {
bool has_tiles(GemmMethod method) {
  return method == GemmMethod::direct || method == GemmMethod::swapped || method == GemmMethod::packed;
}
}  // namespace

template <typename T>
bool gemm_sums_first(const GemmKernels<T>& kernels, GemmMethod method, int64_t k) {
  return has_tiles(method) && k >= 1 && k <= kernels.block_terms;
}

bool gemm_methods_agree(GemmMethod a, GemmMethod b) {
  return (has_tiles(a) && has_tiles(b)) || (a == GemmMethod::dot && b == GemmMethod::dot);
}

template <typename T>
GemmScratch gemm_scratch(const GemmKernels<T>& kernels, GemmMethod method, const GemmProblem<T>& p) {
  GemmScratch bytes;
  if (method == GemmMethod::dot) {
    bytes.shared = DotProblem<T>(p).copy_bytes(p);
  } else if (method == GemmMethod::packed) {
    bytes = packed_gemm_scratch(kernels, arrange_gemm(p, false), true);
  } else if (method == GemmMethod::direct || method == GemmMethod::swapped) {
    const ArrangedGemm<T> x = arrange_gemm(p, method == GemmMethod::swapped);
    if (rows_collide(x))
      bytes = packed_gemm_scratch(kernels, x, x.b_transposed);
    else if (x.b_transposed)
      bytes = private_scratch(kernels, x);
  }
  return bytes;
}

template <typename T>
void run_gemm(ThreadPool& pool, const GemmKernels<T>& kernels, GemmMethod method, const GemmProblem<T>& p) {
  run_on(GemmWorkers(pool, gemm_scratch(kernels, method, p)), kernels, method, p);
}

template <typename T>
void run_gemm_batch(ThreadPool& pool, const GemmKernels<T>& kernels, GemmMethod method,
                    const GemmBatch& batch, int64_t count, const GemmProblem<T>& first) {
  const GemmWorkers workers(pool, gemm_scratch(kernels, method, first));
  if (method == GemmMethod::direct || method == GemmMethod::swapped) {
    const bool swap = method == GemmMethod::swapped;
    const ArrangedGemm<T> x = arrange_gemm(first, swap);
    const bool packs = x.b_transposed;
    if (!rows_collide(x) && is_one_block(kernels, x, workers.size()) &&
        (!packs || packed_bytes(kernels, x) <= kStripeBytes)) {
      T* packed_b = packs ? static_cast<T*>(workers.own(0)) : nullptr;
      for (int64_t i = 0; i < count; ++i) {
        const ArrangedGemm<T> one = arrange_gemm(product_of_batch(batch, i, first), swap);
        if (packs)
          compute_private(kernels, one, {0, x.rows, 0, x.cols}, 0, x.terms, packed_b);
        else
          compute_unpacked(kernels, one);
      }
      return;
    }
  }
  for (int64_t i = 0; i < count; ++i) run_on(workers, kernels, method, product_of_batch(batch, i, first));
}

template <typename T>
void run_gemm_alone(void* memory, const GemmKernels<T>& kernels, GemmMethod method, const GemmProblem<T>& p) {
  run_on(GemmWorkers(memory, gemm_scratch(kernels, method, p)), kernels, method, p);
}

#define TL_INSTANTIATE(T)                                                                                    \
  template bool gemm_sums_first<T>(const GemmKernels<T>&, GemmMethod, int64_t);                              \
  template bool gemm_method_applies<T>(GemmMethod, const GemmProblem<T>&);                                   \
  template GemmScratch gemm_scratch<T>(const GemmKernels<T>&, GemmMethod, const GemmProblem<T>&);            \
  template void run_gemm<T>(ThreadPool&, const GemmKernels<T>&, GemmMethod, const GemmProblem<T>&);          \
  template void run_gemm_batch<T>(ThreadPool&, const GemmKernels<T>&, GemmMethod, const GemmBatch&, int64_t, \
                                  const GemmProblem<T>&);                                                    \
  template void run_gemm_alone<T>(void*, const GemmKernels<T>&, GemmMethod, const GemmProblem<T>&);
TL_INSTANTIATE(float)
TL_INSTANTIATE(double)
#undef TL_INSTANTIATE

}  // namespace tl::kernels
