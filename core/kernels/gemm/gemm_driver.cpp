// Blocking, packing and sharing out of the products that our own kernels compute.
//
// Every element is one chain of multiply-adds over each block of terms, whatever tile it falls into and
// wherever the operands were copied, and blocks of terms depend on k alone. So rows and columns may be shared
// out by the number of threads without changing a bit.
#include "core/kernels/gemm/gemm_driver.h"

#include "core/kernels/gemm/library_gemm.h"

namespace tl::kernels {
namespace {

constexpr int64_t kPackedBBytes = 8 << 20;   // packed panels of B; read slowly enough for any cache behind
constexpr int64_t kStripeBytes = 256 << 10;  // packed panels of B that stay in the second-level cache
constexpr double kMultiplyAddsPerPart = kMultiplyAddsWorthSharing / 2;

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Blocks of terms of nearly equal length, none above the limit.
int64_t terms_per_block(int64_t k, int64_t limit) { return divide_up(k, divide_up(k, limit)); }

// A product in the form the kernels take: either as asked, or transposed as a whole.
template <typename T>
struct Arranged {
  int64_t rows, cols, terms;
  T alpha, beta;
  const T* a;
  int64_t a_stride;
  LeftLayout a_layout;
  const T* b;
  int64_t b_stride;
  bool b_transposed;
  T* c;
  int64_t c_stride;
  bool c_transposed;

  double multiply_adds() const {
    return static_cast<double>(rows) * static_cast<double>(cols) * static_cast<double>(terms);
  }
};

template <typename T>
Arranged<T> arrange(const GemmProblem<T>& p, bool swap) {
  if (swap)
    return {p.n,    p.m,   p.k,   p.alpha,
            p.beta, p.b,   p.ldb, p.tb ? LeftLayout::along_terms : LeftLayout::along_rows,
            p.a,    p.lda, !p.ta, p.c,
            p.ldc,  true};
  return {
      p.m, p.n,   p.k,  p.alpha, p.beta, p.a,  p.lda, p.ta ? LeftLayout::along_rows : LeftLayout::along_terms,
      p.b, p.ldb, p.tb, p.c,     p.ldc,  false};
}

// The rectangle of C that one index of a loop computes.
struct Part {
  int64_t row, rows, col, cols;
};

// The parts that some work is worth, a multiple of the threads: several for each where they are large enough, so that a
// thread that comes late still finds work.
int64_t wanted_parts(double multiply_adds, int threads) {
  if (threads == 1 || multiply_adds <= 2 * kMultiplyAddsPerPart) return 1;
  const double rounds = multiply_adds / (kMultiplyAddsPerPart * threads);
  return threads * static_cast<int64_t>(rounds < 1 ? 1 : rounds > 4 ? 4 : rounds);
}

// Cuts [rows, cols] into a grid of whole tiles: as many parts as there are threads with enough work each, and
// no part with more than max_rows rows.
class Grid {
 public:
  Grid(int64_t rows, int64_t cols, int64_t tile_rows, int64_t panel, int64_t max_rows, double multiply_adds,
       int threads)
      : rows_(rows), cols_(cols), tile_rows_(tile_rows), panel_(panel) {
    const int64_t wanted = wanted_parts(multiply_adds, threads);
    const int64_t row_tiles = divide_up(rows, tile_rows), panels = divide_up(cols, panel);
    down_ = divide_up(rows, max_rows);
    if (wanted > down_) {
      // Along the columns where that is even: a part then keeps its panels of B near for all its rows.
      const int64_t more = divide_up(wanted, down_);
      if (panels % more == 0 || panels >= 4 * more || row_tiles < 2 * wanted)
        across_ = more;
      else
        down_ *= more;
    }
    limit();
  }

  // So many parts down and across, or fewer.
  Grid(int64_t rows, int64_t cols, int64_t tile_rows, int64_t panel, int64_t down, int64_t across)
      : rows_(rows), cols_(cols), tile_rows_(tile_rows), panel_(panel), down_(down), across_(across) {
    limit();
  }

  size_t size() const { return static_cast<size_t>(down_ * across_); }

  Part operator[](size_t index) const {
    const int64_t i = static_cast<int64_t>(index) / across_, j = static_cast<int64_t>(index) % across_;
    const int64_t row = cut(rows_, tile_rows_, down_, i), col = cut(cols_, panel_, across_, j);
    return {row, cut(rows_, tile_rows_, down_, i + 1) - row, col, cut(cols_, panel_, across_, j + 1) - col};
  }

 private:
  void limit() {
    const int64_t row_tiles = divide_up(rows_, tile_rows_), panels = divide_up(cols_, panel_);
    if (down_ > row_tiles) down_ = row_tiles;
    if (across_ > panels) across_ = panels;
  }

  static int64_t cut(int64_t length, int64_t unit, int64_t parts, int64_t at) {
    const int64_t edge = divide_up(length, unit) * at / parts * unit;
    return edge < length ? edge : length;
  }

  int64_t rows_, cols_, tile_rows_, panel_, down_ = 1, across_ = 1;
};

template <typename T>
GemmBlock<T> block_of(const Arranged<T>& x, const Part& part, int64_t term, int64_t terms) {
  GemmBlock<T> block;
  block.rows = part.rows;
  block.cols = part.cols;
  block.terms = terms;
  block.alpha = x.alpha;
  block.beta = term == 0 ? x.beta : T(1);
  block.a_layout = x.a_layout;
  block.a_stride = x.a_stride;
  block.a = x.a + (x.a_layout == LeftLayout::along_terms ? part.row * x.a_stride + term
                                                         : term * x.a_stride + part.row);
  block.b = x.b + term * x.b_stride + part.col;
  block.b_stride = x.b_stride;
  block.c = x.c + (x.c_transposed ? part.col * x.c_stride + part.row : part.row * x.c_stride + part.col);
  block.c_stride = x.c_stride;
  block.c_transposed = x.c_transposed;
  return block;
}

// Who computes a product, and in which memory: the threads of a pool, or the calling thread alone.
class Workers {
 public:
  Workers(ThreadPool& pool, const GemmScratch& scratch) : pool_(&pool) {
    if (scratch.alone() > 0) pool.reserve_scratch(scratch.per_worker, scratch.shared);
  }
  Workers(void* memory, const GemmScratch& scratch)
      : shared_(memory), own_(static_cast<char*>(memory) + scratch.shared) {}

  ThreadPool* pool() const { return pool_; }
  int size() const { return pool_ ? pool_->size() : 1; }
  void* shared() const { return pool_ ? pool_->shared_scratch() : shared_; }
  void* own(int worker) const { return pool_ ? pool_->worker_scratch(worker) : own_; }

  // body(index, worker); the work of all indices decides whether threads are woken for it
  template <typename F>
  void run(size_t count, double multiply_adds, const F& body) const {
    if (count == 1)
      body(0, 0);
    else if (pool_)
      pool_->parallel_for_worker(count, body, gemm_helpers(multiply_adds));
    else
      for (size_t i = 0; i < count; ++i) body(i, 0);
  }

 private:
  ThreadPool* pool_ = nullptr;
  void* shared_ = nullptr;
  void* own_ = nullptr;
};

// One call of a kernel computes all of it: one block of terms, and no work for several threads. Small products are that, and
// cutting them up would take as long as they do.
template <typename T>
bool is_one_block(const GemmKernels<T>& kernels, const Arranged<T>& x, int threads) {
  return x.terms <= kernels.block_terms && wanted_parts(x.multiply_adds(), threads) == 1;
}

template <typename T>
void compute_unpacked(const GemmKernels<T>& kernels, const Arranged<T>& x) {
  GemmBlock<T> block = block_of(x, {0, x.rows, 0, x.cols}, 0, x.terms);
  block.b_panel = kernels.panel;
  kernels.block(block);
}

// B is read where it lies.
template <typename T>
void run_unpacked(const Workers& workers, const GemmKernels<T>& kernels, const Arranged<T>& x) {
  if (is_one_block(kernels, x, workers.size())) return compute_unpacked(kernels, x);
  const double work = x.multiply_adds();
  const Grid grid(x.rows, x.cols, kernels.tile_rows, kernels.panel, x.rows, work, workers.size());
  const int64_t step = terms_per_block(x.terms, kernels.block_terms);
  workers.run(grid.size(), work, [&](size_t index, int) {
    const Part part = grid[index];
    for (int64_t term = 0; term < x.terms; term += step) {
      GemmBlock<T> block = block_of(x, part, term, x.terms - term < step ? x.terms - term : step);
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

  PrivatePacking(const GemmKernels<T>& kernels, const Arranged<T>& x) {
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
int64_t packed_bytes(const GemmKernels<T>& kernels, const Arranged<T>& x) {
  return divide_up(x.cols, kernels.panel) * kernels.panel * x.terms * static_cast<int64_t>(sizeof(T));
}

template <typename T>
GemmScratch private_scratch(const GemmKernels<T>& kernels, const Arranged<T>& x) {
  const int64_t all = packed_bytes(kernels, x);
  if (x.terms > kernels.block_terms || all > kStripeBytes) return PrivatePacking<T>(kernels, x).scratch();
  GemmScratch bytes;
  bytes.per_worker = static_cast<size_t>(all);
  return bytes;
}

template <typename T>
Grid private_grid(const GemmKernels<T>& kernels, const Arranged<T>& x, int threads) {
  const int64_t wanted = wanted_parts(x.multiply_adds(), threads), panels = divide_up(x.cols, kernels.panel);
  if (wanted == 1) return Grid(x.rows, x.cols, kernels.tile_rows, kernels.panel, 1, 1);
  // Rows apart: B is packed by every thread. Columns apart: A is read by every thread.
  const bool down = x.rows >= 64 * threads && x.cols <= 4 * x.rows;
  if (down) return Grid(x.rows, x.cols, kernels.tile_rows, kernels.panel, threads, 1);
  if (panels >= threads) return Grid(x.rows, x.cols, kernels.tile_rows, kernels.panel, 1, wanted);
  return Grid(x.rows, x.cols, kernels.tile_rows, kernels.panel, divide_up(threads, panels), panels);
}

template <typename T>
void compute_private(const GemmKernels<T>& kernels, const Arranged<T>& x, const Part& part, int64_t term,
                     int64_t terms, T* packed_b) {
  const T* b = x.b_transposed ? x.b + part.col * x.b_stride + term : x.b + term * x.b_stride + part.col;
  kernels.pack_b(terms, part.cols, b, x.b_stride, x.b_transposed, packed_b);
  GemmBlock<T> block = block_of(x, part, term, terms);
  block.b = packed_b;
  block.b_stride = kernels.panel;
  block.b_panel = kernels.panel * terms;
  kernels.block(block);
}

template <typename T>
void run_private(const Workers& workers, const GemmKernels<T>& kernels, const Arranged<T>& x) {
  if (is_one_block(kernels, x, workers.size()) && packed_bytes(kernels, x) <= kStripeBytes)
    return compute_private(kernels, x, {0, x.rows, 0, x.cols}, 0, x.terms, static_cast<T*>(workers.own(0)));
  const PrivatePacking<T> packing(kernels, x);
  const Grid grid = private_grid(kernels, x, workers.size());
  workers.run(grid.size(), x.multiply_adds(), [&](size_t index, int worker) {
    const Part part = grid[index];
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
bool rows_collide(const Arranged<T>& x) {
  return x.a_layout == LeftLayout::along_terms && x.a_stride * static_cast<int64_t>(sizeof(T)) % 4096 == 0 &&
         x.rows >= 64 && x.cols >= 64;
}

// How a product is blocked when both operands are packed, or A alone.
template <typename T>
struct Blocking {
  bool pack_b;
  int64_t step;      // terms
  int64_t stripe;    // columns packed at a time, whole panels
  int64_t max_rows;  // of one packed block of A

  Blocking(const GemmKernels<T>& kernels, const Arranged<T>& x, bool both) : pack_b(both) {
    const int64_t element = sizeof(T), panel = kernels.panel, tile_rows = kernels.tile_rows;
    step = terms_per_block(x.terms, kernels.block_terms);
    stripe = kPackedBBytes / (step * element) / panel * panel;
    if (!pack_b || stripe > x.cols) stripe = divide_up(x.cols, panel) * panel;
    max_rows = kernels.packed_a_bytes / (step * element) / tile_rows * tile_rows;
    if (max_rows > x.rows) max_rows = x.rows;
  }

  // A block of A is cut at whole tiles, so it may exceed max_rows by a tile.
  size_t a_bytes(const GemmKernels<T>& kernels) const {
    return (static_cast<size_t>((max_rows + kernels.tile_rows) * step) * sizeof(T) + 63) / 64 * 64;
  }

  GemmScratch scratch(const GemmKernels<T>& kernels) const {
    GemmScratch bytes;
    bytes.per_worker = a_bytes(kernels) + (pack_b ? static_cast<size_t>(stripe * step) * sizeof(T) : 0);
    return bytes;
  }
};

// One rectangle of C, the operands packed by the calling thread.
template <typename T>
void compute_packed(const GemmKernels<T>& kernels, const Arranged<T>& x, const Blocking<T>& blocking,
                    const Part& part, T* packed_a, T* packed_b) {
  const int64_t row_end = part.row + part.rows, col_end = part.col + part.cols;
  const int64_t blocks = divide_up(part.rows, blocking.max_rows);
  const int64_t block_rows = divide_up(divide_up(part.rows, blocks), kernels.tile_rows) * kernels.tile_rows;
  for (int64_t col = part.col; col < col_end; col += blocking.stripe) {
    const int64_t cols = col_end - col < blocking.stripe ? col_end - col : blocking.stripe;
    for (int64_t term = 0; term < x.terms; term += blocking.step) {
      const int64_t terms = x.terms - term < blocking.step ? x.terms - term : blocking.step;
      const T* b = x.b_transposed ? x.b + col * x.b_stride + term : x.b + term * x.b_stride + col;
      if (blocking.pack_b && x.b_transposed) kernels.pack_b(terms, cols, b, x.b_stride, true, packed_b);
      for (int64_t row = part.row; row < row_end; row += block_rows) {
        const int64_t rows = row_end - row < block_rows ? row_end - row : block_rows;
        GemmBlock<T> block = block_of(x, {row, rows, col, cols}, term, terms);
        kernels.pack_a(rows, terms, block.a, block.a_stride, block.a_layout, packed_a);
        if (blocking.pack_b) {
          // Rows of B are packed by the first block, panel by panel.
          const bool packs_b = !x.b_transposed && row == part.row;
          kernels.packed_block({rows, cols, terms, block.alpha, block.beta, packed_a, packed_b,
                                packs_b ? b : nullptr, x.b_stride, block.c, block.c_stride,
                                block.c_transposed});
          continue;
        }
        block.a = packed_a;
        block.a_layout = LeftLayout::tiles;
        block.b_panel = kernels.panel;
        kernels.block(block);
      }
    }
  }
}

// A rectangle for each thread, the shape that packs least. Threads share no packed memory: what one has written reaches another
// so slowly that to share B takes twice as long as to pack it twice. More and smaller rectangles are packed more often.
template <typename T>
Grid packed_grid(const GemmKernels<T>& kernels, const Arranged<T>& x, int threads) {
  const double rows = static_cast<double>(x.rows), cols = static_cast<double>(x.cols);
  const int64_t parts = wanted_parts(x.multiply_adds(), threads) == 1 ? 1 : threads;
  int64_t best = 1;
  double least = 1e300;
  for (int64_t down = 1; down <= parts; ++down) {
    const double packing = static_cast<double>(down) / rows + static_cast<double>(parts / down) / cols;
    if (parts % down == 0 && packing < least) {
      least = packing;
      best = down;
    }
  }
  return Grid(x.rows, x.cols, kernels.tile_rows, kernels.panel, best, parts / best);
}

template <typename T>
void run_packed(const Workers& workers, const GemmKernels<T>& kernels, const Arranged<T>& x, bool pack_b) {
  const Blocking<T> blocking(kernels, x, pack_b);
  const Grid grid = packed_grid(kernels, x, workers.size());
  workers.run(grid.size(), x.multiply_adds(), [&](size_t index, int worker) {
    char* memory = static_cast<char*>(workers.own(worker));
    compute_packed(kernels, x, blocking, grid[index], reinterpret_cast<T*>(memory),
                   reinterpret_cast<T*>(memory + blocking.a_bytes(kernels)));
  });
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
void run_axpy(const Workers& workers, const GemmKernels<T>& kernels, const GemmProblem<T>& p) {
  const bool one_row = p.m == 1 && !p.tb;
  const T* x = one_row ? p.a : p.b;
  const int64_t x_stride = one_row ? (p.ta ? p.lda : 1) : (p.tb ? 1 : p.ldb);
  const T* matrix = one_row ? p.b : p.a;
  const int64_t stride = one_row ? p.ldb : p.lda, cols = one_row ? p.n : p.m, y_stride = one_row ? 1 : p.ldc;
  const double work = 8.0 * static_cast<double>(cols) * static_cast<double>(p.k);
  const auto compute = [&](const Part& part) {
    kernels.add_rows(p.k, part.cols, p.alpha, x, x_stride, matrix + part.col, stride, p.beta,
                     p.c + part.col * y_stride, y_stride);
  };
  if (wanted_parts(work, workers.size()) == 1) return compute({0, 1, 0, cols});
  const Grid grid(1, cols, 1, kernels.panel, 1, work, workers.size());
  workers.run(grid.size(), work, [&](size_t index, int) { compute(grid[index]); });
}

template <typename T>
void run_dot(const Workers& workers, const GemmKernels<T>& kernels, const GemmProblem<T>& p) {
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
  const auto compute = [&](const Part& part) {
    for (int64_t v = 0; v < d.vectors; ++v)
      kernels.dot_rows(part.rows, p.k, p.alpha, d.matrix + part.row * d.matrix_stride, d.matrix_stride,
                       vector + v * vector_stride, p.beta, p.c + part.row * d.c_row + v * d.c_vector,
                       d.c_row);
  };
  if (wanted_parts(work, workers.size()) == 1) return compute({0, d.rows, 0, 1});
  const Grid grid(d.rows, 1, 4, 1, d.rows, work, workers.size());
  workers.run(grid.size(), work, [&](size_t index, int) { compute(grid[index]); });
}

void run_onednn(ThreadPool*, const GemmProblem<double>&) {}
void run_onednn(ThreadPool* pool, const GemmProblem<float>& p) {
  onednn_gemm(pool, p.ta, p.tb, p.m, p.n, p.k, p.alpha, p.a, p.lda, p.b, p.ldb, p.beta, p.c, p.ldc);
}

template <typename T>
void run_on(const Workers& workers, const GemmKernels<T>& kernels, GemmMethod method,
            const GemmProblem<T>& p) {
  switch (method) {
    case GemmMethod::dot: return run_dot(workers, kernels, p);
    case GemmMethod::axpy: return run_axpy(workers, kernels, p);
    case GemmMethod::onednn: return run_onednn(workers.pool(), p);
    case GemmMethod::openblas:
      return openblas_gemm(workers.pool(), p.ta, p.tb, p.m, p.n, p.k, p.alpha, p.a, p.lda, p.b, p.ldb, p.beta,
                           p.c, p.ldc);
    case GemmMethod::packed: return run_packed(workers, kernels, arrange(p, false), true);
    case GemmMethod::direct:
    case GemmMethod::swapped: {
      const Arranged<T> x = arrange(p, method == GemmMethod::swapped);
      if (rows_collide(x)) return run_packed(workers, kernels, x, x.b_transposed);
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
    bytes = Blocking<T>(kernels, arrange(p, false), true).scratch(kernels);
  } else if (method == GemmMethod::direct || method == GemmMethod::swapped) {
    const Arranged<T> x = arrange(p, method == GemmMethod::swapped);
    if (rows_collide(x))
      bytes = Blocking<T>(kernels, x, x.b_transposed).scratch(kernels);
    else if (x.b_transposed)
      bytes = private_scratch(kernels, x);
  }
  return bytes;
}

template <typename T>
void run_gemm(ThreadPool& pool, const GemmKernels<T>& kernels, GemmMethod method, const GemmProblem<T>& p) {
  run_on(Workers(pool, gemm_scratch(kernels, method, p)), kernels, method, p);
}

template <typename T>
void run_gemm_batch(ThreadPool& pool, const GemmKernels<T>& kernels, GemmMethod method,
                    const GemmBatch& batch, int64_t count, const GemmProblem<T>& first) {
  const Workers workers(pool, gemm_scratch(kernels, method, first));
  if (method == GemmMethod::direct || method == GemmMethod::swapped) {
    const bool swap = method == GemmMethod::swapped;
    const Arranged<T> x = arrange(first, swap);
    const bool packs = x.b_transposed;
    if (!rows_collide(x) && is_one_block(kernels, x, workers.size()) &&
        (!packs || packed_bytes(kernels, x) <= kStripeBytes)) {
      T* packed_b = packs ? static_cast<T*>(workers.own(0)) : nullptr;
      for (int64_t i = 0; i < count; ++i) {
        const Arranged<T> one = arrange(product_of_batch(batch, i, first), swap);
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
  run_on(Workers(memory, gemm_scratch(kernels, method, p)), kernels, method, p);
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
