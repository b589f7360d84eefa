// What all ways to compute a product by our own kernels share: the form of it that kernels take, the rectangles that threads compute, and
// the memory they have. For the files of this folder that cut products up.
#pragma once

#include <cstdint>

#include "core/base/thread_pool.h"
#include "core/kernels/gemm/gemm_driver.h"
#include "core/kernels/gemm/kernel_table.h"

namespace tl::kernels {

constexpr double kMultiplyAddsPerPart = kMultiplyAddsWorthSharing / 2;

inline int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Blocks of terms of nearly equal length, none above the limit.
inline int64_t terms_per_block(int64_t k, int64_t limit) { return divide_up(k, divide_up(k, limit)); }

// A product in the form the kernels take: either as asked, or transposed as a whole.
template <typename T>
struct ArrangedGemm {
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

  T* c_at(int64_t row, int64_t col) const {
    return c + (c_transposed ? col * c_stride + row : row * c_stride + col);
  }
  double multiply_adds() const {
    return static_cast<double>(rows) * static_cast<double>(cols) * static_cast<double>(terms);
  }
};

template <typename T>
ArrangedGemm<T> arrange_gemm(const GemmProblem<T>& p, bool swap) {
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
struct GemmPart {
  int64_t row, rows, col, cols;
};

// The parts that some work is worth, a multiple of the threads: several for each where they are large enough, so that a
// thread that comes late still finds work.
inline int64_t wanted_gemm_parts(double multiply_adds, int threads) {
  if (threads == 1 || multiply_adds <= 2 * kMultiplyAddsPerPart) return 1;
  const double rounds = multiply_adds / (kMultiplyAddsPerPart * threads);
  return threads * static_cast<int64_t>(rounds < 1 ? 1 : rounds > 4 ? 4 : rounds);
}

// Cuts [rows, cols] into a grid of whole tiles: as many parts as there are threads with enough work each, and
// no part with more than max_rows rows.
class GemmGrid {
 public:
  GemmGrid(int64_t rows, int64_t cols, int64_t tile_rows, int64_t panel, int64_t max_rows,
           double multiply_adds, int threads)
      : rows_(rows), cols_(cols), tile_rows_(tile_rows), panel_(panel) {
    const int64_t wanted = wanted_gemm_parts(multiply_adds, threads);
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
  GemmGrid(int64_t rows, int64_t cols, int64_t tile_rows, int64_t panel, int64_t down, int64_t across)
      : rows_(rows), cols_(cols), tile_rows_(tile_rows), panel_(panel), down_(down), across_(across) {
    limit();
  }

  size_t size() const { return static_cast<size_t>(down_ * across_); }

  GemmPart operator[](size_t index) const {
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
GemmBlock<T> gemm_block(const ArrangedGemm<T>& x, const GemmPart& part, int64_t term, int64_t terms) {
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
  block.c = x.c_at(part.row, part.col);
  block.c_stride = x.c_stride;
  block.c_transposed = x.c_transposed;
  return block;
}

// Who computes a product, and in which memory: the threads of a pool, or the calling thread alone.
class GemmWorkers {
 public:
  GemmWorkers(ThreadPool& pool, const GemmScratch& scratch) : pool_(&pool) {
    if (scratch.alone() > 0) pool.reserve_scratch(scratch.per_worker, scratch.shared);
  }
  GemmWorkers(void* memory, const GemmScratch& scratch)
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

}  // namespace tl::kernels
