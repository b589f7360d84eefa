#include "core/kernels/gemm/packed_gemm.h"

namespace tl::kernels {
namespace {

constexpr int64_t kPackedBBytes = 8 << 20;  // packed panels of B; read slowly enough for any cache behind

// How a product is blocked when both operands are packed, or A alone.
template <typename T>
struct Blocking {
  static constexpr int64_t kLine = 64 / static_cast<int64_t>(sizeof(T));

  bool pack_b;
  int64_t step;           // terms
  int64_t stripe;         // columns packed at a time, whole panels
  int64_t max_rows;       // of one packed block of A
  int64_t rows_of_block;  // for which there is room: a block of A is cut at whole tiles

  Blocking(const GemmKernels<T>& kernels, const ArrangedGemm<T>& x, bool both) : pack_b(both) {
    const int64_t element = sizeof(T), panel = kernels.panel, tile_rows = kernels.tile_rows;
    step = terms_per_block(x.terms, kernels.block_terms);
    stripe = kPackedBBytes / (step * element) / panel * panel;
    if (!pack_b || stripe > x.cols) stripe = divide_up(x.cols, panel) * panel;
    max_rows = kernels.packed_a_bytes / (step * element) / tile_rows * tile_rows;
    if (max_rows > x.rows) max_rows = x.rows;
    rows_of_block = max_rows + tile_rows;
  }

  // One block of A. Where B is packed, too, there are two: the next one is packed meanwhile.
  int64_t a_elements() const { return rows_of_block * divide_up(step, kLine) * kLine; }
  int64_t all_a_elements() const { return (pack_b ? 2 : 1) * a_elements(); }
  int64_t b_elements() const { return pack_b ? stripe * step : 0; }
  // Rows of a gradient on their way to the step of an optimizer, of two blocks.
  int64_t sums_stride() const { return stripe + kLine; }
  int64_t sums() const { return rows_of_block * sums_stride(); }

  GemmScratch scratch(bool steps) const {
    GemmScratch bytes;
    bytes.per_worker =
        static_cast<size_t>(all_a_elements() + b_elements() + (steps ? 2 * sums() : 0)) * sizeof(T);
    return bytes;
  }
};

// The rows of A of one block after the other, each packed beside the sums of the one before it where kernels do that.
template <typename T>
class RowsOfA {
 public:
  RowsOfA(const GemmKernels<T>& kernels, const ArrangedGemm<T>& x, const Blocking<T>& blocking, T* memory)
      : kernels_(kernels), x_(x), memory_{memory, memory + blocking.a_elements()} {}

  // Those of `block`, which begins at this row and term.
  void begin(PackedGemmBlock<T>& block, int64_t row, int64_t term) {
    block.a = memory_[side_];
    if (!there_)
      kernels_.pack_a(block.rows, block.terms, at(row, term), x_.a_stride, x_.a_layout, memory_[side_]);
    there_ = false;
  }
  // Those of the block after it.
  void prepare(PackedGemmBlock<T>& block, int64_t row, int64_t rows, int64_t term, int64_t terms) {
    if (x_.a_layout != LeftLayout::along_rows || !kernels_.takes_next_a || rows % kernels_.tile_rows != 0)
      return;
    side_ ^= 1;
    there_ = true;
    next_ = {rows, terms, at(row, term), x_.a_stride, memory_[side_]};
    block.next_a = &next_;
  }

 private:
  const T* at(int64_t row, int64_t term) const {
    return x_.a +
           (x_.a_layout == LeftLayout::along_terms ? row * x_.a_stride + term : term * x_.a_stride + row);
  }

  const GemmKernels<T>& kernels_;
  const ArrangedGemm<T>& x_;
  T* const memory_[2];
  int side_ = 0;
  bool there_ = false;
  GemmNextRows<T> next_{};
};

// The step of an optimizer with a gradient that is computed a few rows at a time: beside the sums of the next ones.
template <typename T>
class RowsToStep {
 public:
  // sums: room for the rows of two blocks.
  RowsToStep(const AdamRectangle<T>& variable, T* sums, int64_t sums_of_block, int64_t stride)
      : variable_(variable), rows_(variable), sums_{sums, sums + sums_of_block}, stride_(stride) {}

  // Before and after the block at `row`, `col` of C: its sums, which the next one's step takes, are kept here.
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

// One rectangle of C from A that is packed and B where it lies, by the calling thread.
template <typename T>
void compute_packed_a(const GemmKernels<T>& kernels, const ArrangedGemm<T>& x, const Blocking<T>& blocking,
                      const GemmPart& part, int64_t block_rows, T* packed_a) {
  const int64_t row_end = part.row + part.rows;
  for (int64_t term = 0; term < x.terms; term += blocking.step) {
    const int64_t terms = x.terms - term < blocking.step ? x.terms - term : blocking.step;
    for (int64_t row = part.row; row < row_end; row += block_rows) {
      const int64_t rows = row_end - row < block_rows ? row_end - row : block_rows;
      GemmBlock<T> block = gemm_block(x, {row, rows, part.col, part.cols}, term, terms);
      kernels.pack_a(rows, terms, block.a, block.a_stride, block.a_layout, packed_a);
      block.a = packed_a;
      block.a_layout = LeftLayout::tiles;
      block.b_panel = kernels.panel;
      kernels.block(block);
    }
  }
}

// One rectangle of C, the operands packed by the calling thread. With `step` C is its gradient, and left alone.
template <typename T>
void compute_packed(const GemmKernels<T>& kernels, const ArrangedGemm<T>& x, const Blocking<T>& blocking,
                    const GemmPart& part, T* memory, RowsToStep<T>* step = nullptr) {
  const int64_t row_end = part.row + part.rows, col_end = part.col + part.cols;
  const int64_t blocks = divide_up(part.rows, blocking.max_rows);
  const int64_t block_rows = divide_up(divide_up(part.rows, blocks), kernels.tile_rows) * kernels.tile_rows;
  if (!blocking.pack_b) return compute_packed_a(kernels, x, blocking, part, block_rows, memory);
  const auto rows_at = [&](int64_t row) { return row_end - row < block_rows ? row_end - row : block_rows; };
  const auto terms_at = [&](int64_t term) {
    return x.terms - term < blocking.step ? x.terms - term : blocking.step;
  };
  T* const packed_b = memory + blocking.all_a_elements();
  for (int64_t col = part.col; col < col_end; col += blocking.stripe) {
    const int64_t cols = col_end - col < blocking.stripe ? col_end - col : blocking.stripe;
    RowsOfA<T> a(kernels, x, blocking, memory);
    for (int64_t term = 0; term < x.terms; term += blocking.step) {
      const int64_t terms = terms_at(term);
      const T* b = x.b_transposed ? x.b + col * x.b_stride + term : x.b + term * x.b_stride + col;
      if (x.b_transposed) kernels.pack_b(terms, cols, b, x.b_stride, true, packed_b);
      for (int64_t row = part.row; row < row_end; row += block_rows) {
        PackedGemmBlock<T> block{};
        block.rows = rows_at(row);
        block.cols = cols;
        block.terms = terms;
        block.alpha = x.alpha;
        block.beta = term == 0 ? x.beta : T(1);
        block.b = packed_b;
        // Rows of B are packed by the first block, panel by panel.
        block.unpacked_b = !x.b_transposed && row == part.row ? b : nullptr;
        block.unpacked_b_stride = x.b_stride;
        if (step) {
          step->begin(block, row, col);
        } else {
          block.c = x.c_at(row, col);
          block.c_stride = x.c_stride;
          block.c_transposed = x.c_transposed;
        }
        a.begin(block, row, term);
        if (row + block_rows < row_end)
          a.prepare(block, row + block_rows, rows_at(row + block_rows), term, terms);
        else if (term + terms < x.terms)
          a.prepare(block, part.row, rows_at(part.row), term + terms, terms_at(term + terms));
        kernels.packed_block(block);
        if (step) step->end(block);
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
  // Rows of B are packed beside the sums.
  const double of_b = x.b_transposed ? 1 : 0.6;
  for (int64_t down = 1; down <= parts; ++down) {
    const double packing = rows / static_cast<double>(down) + of_b * cols / static_cast<double>(parts / down);
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
    compute_packed(kernels, x, blocking, grid[index], static_cast<T*>(workers.own(worker)));
  });
}

template <typename T>
GemmScratch packed_gemm_scratch(const GemmKernels<T>& kernels, const ArrangedGemm<T>& x, bool pack_b) {
  return Blocking<T>(kernels, x, pack_b).scratch(false);
}

template <typename T>
bool gemm_steps(const GemmKernels<T>& kernels, GemmMethod method, const GemmProblem<T>& p) {
  return method == GemmMethod::packed && kernels.adam && gemm_sums_first(kernels, method, p.k) &&
         p.alpha == 1 && p.beta == 0;
}

template <typename T>
GemmScratch gemm_adam_scratch(const GemmKernels<T>& kernels, const GemmProblem<T>& p) {
  return Blocking<T>(kernels, arrange_gemm(p, false), true).scratch(true);
}

template <typename T>
void run_gemm_adam(ThreadPool& pool, const GemmKernels<T>& kernels, const GemmProblem<T>& p,
                   const AdamRectangle<T>& variable) {
  const ArrangedGemm<T> x = arrange_gemm(p, false);
  const Blocking<T> blocking(kernels, x, true);
  const GemmWorkers workers(pool, blocking.scratch(true));
  const GemmGrid grid = packed_grid(kernels, x, workers.size());
  workers.run(grid.size(), x.multiply_adds(), [&](size_t index, int worker) {
    T* memory = static_cast<T*>(workers.own(worker));
    RowsToStep<T> step(variable, memory + blocking.all_a_elements() + blocking.b_elements(), blocking.sums(),
                       blocking.sums_stride());
    compute_packed(kernels, x, blocking, grid[index], memory, &step);
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
