#include "core/kernels/gemm/packed_gemm.h"

namespace tl::kernels {
namespace {

constexpr int64_t kPackedBBytes = 8 << 20;  // packed panels of B; read slowly enough for any cache behind

// How a product is blocked when both operands are packed, or A alone.
template <typename T>
struct Blocking {
  bool pack_b;
  int64_t step;      // terms
  int64_t stripe;    // columns packed at a time, whole panels
  int64_t max_rows;  // of one packed block of A

  Blocking(const GemmKernels<T>& kernels, const ArrangedGemm<T>& x, bool both) : pack_b(both) {
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

  size_t b_bytes() const { return pack_b ? static_cast<size_t>(stripe * step) * sizeof(T) : 0; }
  // Rows of a gradient on their way to the step of an optimizer, a line more apart than they are long, so that they share no set of a cache.
  int64_t sums_stride() const { return stripe + 64 / static_cast<int64_t>(sizeof(T)); }
  int64_t sums(const GemmKernels<T>& kernels) const { return (max_rows + kernels.tile_rows) * sums_stride(); }

  GemmScratch scratch(const GemmKernels<T>& kernels) const {
    GemmScratch bytes;
    bytes.per_worker = a_bytes(kernels) + b_bytes();
    return bytes;
  }
};

// The step of an optimizer with a gradient that is computed a few rows at a time: beside the sums of the next ones.
template <typename T>
class RowsToStep {
 public:
  // sums: room for the rows of two blocks.
  RowsToStep(const AdamRectangle<T>& variable, T* sums, int64_t sums_of_block, int64_t stride)
      : variable_(variable), rows_(variable), sums_{sums, sums + sums_of_block}, stride_(stride) {}

  // Beside the block at `row`, `col` of C; its sums go where sums() is.
  void begin(PackedGemmBlock<T>& block, int64_t row, int64_t col) {
    block.adam = waiting_ ? &rows_ : nullptr;
    block.c = sums_[side_];
    block.c_stride = stride_;
    row_ = row;
    col_ = col;
  }
  void end(const PackedGemmBlock<T>& block) {
    rows_ = variable_;
    rows_.rows = block.rows;
    rows_.cols = block.cols;
    rows_.gradient = sums_[side_];
    rows_.gradient_stride = stride_;
    for (int k = 0; k < 3; ++k) {
      rows_.from[k] += row_ * rows_.stride + col_;
      rows_.to[k] += row_ * rows_.stride + col_;
    }
    side_ ^= 1;
    waiting_ = true;
  }
  void finish(const GemmKernels<T>& kernels) {
    if (waiting_) kernels.adam(rows_);
  }

 private:
  const AdamRectangle<T>& variable_;
  AdamRectangle<T> rows_;
  T* sums_[2];
  int64_t stride_, row_ = 0, col_ = 0;
  int side_ = 0;
  bool waiting_ = false;
};

// One rectangle of C, the operands packed by the calling thread. With `step` C is its gradient, and left alone.
template <typename T>
void compute_packed(const GemmKernels<T>& kernels, const ArrangedGemm<T>& x, const Blocking<T>& blocking,
                    const GemmPart& part, T* packed_a, T* packed_b, RowsToStep<T>* step = nullptr) {
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
        GemmBlock<T> block = gemm_block(x, {row, rows, col, cols}, term, terms);
        kernels.pack_a(rows, terms, block.a, block.a_stride, block.a_layout, packed_a);
        if (blocking.pack_b) {
          // Rows of B are packed by the first block, panel by panel.
          const bool packs_b = !x.b_transposed && row == part.row;
          PackedGemmBlock<T> packed{rows,       cols,     terms,          block.alpha,
                                    block.beta, packed_a, packed_b,       packs_b ? b : nullptr,
                                    x.b_stride, block.c,  block.c_stride, block.c_transposed};
          if (step) step->begin(packed, row, col);
          kernels.packed_block(packed);
          if (step) step->end(packed);
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
GemmGrid packed_grid(const GemmKernels<T>& kernels, const ArrangedGemm<T>& x, int threads) {
  const double rows = static_cast<double>(x.rows), cols = static_cast<double>(x.cols);
  const int64_t parts = wanted_gemm_parts(x.multiply_adds(), threads) == 1 ? 1 : threads;
  int64_t best = 1;
  double least = 1e300;
  for (int64_t down = 1; down <= parts; ++down) {
    const double packing = static_cast<double>(down) / rows + static_cast<double>(parts / down) / cols;
    if (parts % down == 0 && packing < least) {
      least = packing;
      best = down;
    }
  }
  return GemmGrid(x.rows, x.cols, kernels.tile_rows, kernels.panel, best, parts / best);
}

}  // namespace

template <typename T>
void run_packed_gemm(const GemmWorkers& workers, const GemmKernels<T>& kernels, const ArrangedGemm<T>& x,
                     bool pack_b) {
  const Blocking<T> blocking(kernels, x, pack_b);
  const GemmGrid grid = packed_grid(kernels, x, workers.size());
  workers.run(grid.size(), x.multiply_adds(), [&](size_t index, int worker) {
    char* memory = static_cast<char*>(workers.own(worker));
    compute_packed(kernels, x, blocking, grid[index], reinterpret_cast<T*>(memory),
                   reinterpret_cast<T*>(memory + blocking.a_bytes(kernels)));
  });
}

template <typename T>
GemmScratch adam_scratch(const GemmKernels<T>& kernels, const Blocking<T>& blocking) {
  GemmScratch bytes = blocking.scratch(kernels);
  bytes.per_worker += static_cast<size_t>(2 * blocking.sums(kernels)) * sizeof(T);
  return bytes;
}

template <typename T>
GemmScratch packed_gemm_scratch(const GemmKernels<T>& kernels, const ArrangedGemm<T>& x, bool pack_b) {
  return Blocking<T>(kernels, x, pack_b).scratch(kernels);
}

template <typename T>
bool gemm_steps(const GemmKernels<T>& kernels, GemmMethod method, const GemmProblem<T>& p) {
  return method == GemmMethod::packed && kernels.adam && gemm_sums_first(kernels, method, p.k) &&
         p.alpha == 1 && p.beta == 0;
}

template <typename T>
GemmScratch gemm_adam_scratch(const GemmKernels<T>& kernels, const GemmProblem<T>& p) {
  return adam_scratch(kernels, Blocking<T>(kernels, arrange_gemm(p, false), true));
}

template <typename T>
void run_gemm_adam(ThreadPool& pool, const GemmKernels<T>& kernels, const GemmProblem<T>& p,
                   const AdamRectangle<T>& variable) {
  const ArrangedGemm<T> x = arrange_gemm(p, false);
  const Blocking<T> blocking(kernels, x, true);
  const GemmWorkers workers(pool, adam_scratch(kernels, blocking));
  const GemmGrid grid = packed_grid(kernels, x, workers.size());
  workers.run(grid.size(), x.multiply_adds(), [&](size_t index, int worker) {
    char* a = static_cast<char*>(workers.own(worker));
    char* b = a + blocking.a_bytes(kernels);
    RowsToStep<T> step(variable, reinterpret_cast<T*>(b + blocking.b_bytes()), blocking.sums(kernels),
                       blocking.sums_stride());
    compute_packed(kernels, x, blocking, grid[index], reinterpret_cast<T*>(a), reinterpret_cast<T*>(b),
                   &step);
    step.finish(kernels);
  });
}

#define TL_INSTANTIATE(T)                                                                                    \
  template GemmScratch packed_gemm_scratch<T>(const GemmKernels<T>&, const ArrangedGemm<T>&, bool);          \
  template void run_packed_gemm<T>(const GemmWorkers&, const GemmKernels<T>&, const ArrangedGemm<T>&, bool); \
  template bool gemm_steps<T>(const GemmKernels<T>&, GemmMethod, const GemmProblem<T>&);                     \
  template GemmScratch gemm_adam_scratch<T>(const GemmKernels<T>&, const GemmProblem<T>&);                   \
  template void run_gemm_adam<T>(ThreadPool&, const GemmKernels<T>&, const GemmProblem<T>&,                  \
                                 const AdamRectangle<T>&);
TL_INSTANTIATE(float)
TL_INSTANTIATE(double)
#undef TL_INSTANTIATE

}  // namespace tl::kernels
