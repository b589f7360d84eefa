// A block of C from packed operands: row tiles of A, panels of B. What is read after the tile at work comes to the caches meanwhile,
// and B is packed on the way where it is not yet. Included by micro_kernels.inl.

// Packs the panel of B behind the one at work: each tile copies its share of the rows.
template <class S>
class NextPanel {
  using T = typename S::T;
  static constexpr int64_t kPanel = 2 * S::kWidth;

 public:
  explicit NextPanel(const PackedGemmBlock<T>& block) : block_(block), done_(block.terms) {
    if (block.unpacked_b) pack(0, 0);
  }

  // Before the tiles of the panel at column j.
  void begin(int64_t j) {
    next_ = j + kPanel;
    const int64_t cols = block_.unpacked_b ? block_.cols - next_ : 0;
    if (cols >= kPanel)
      done_ = 0;
    else if (cols > 0)
      pack(next_, 0);
  }
  void end() {
    if (done_ < block_.terms) pack(next_, done_);
    done_ = block_.terms;
  }

  // Leaves up to `rows` rows to a tile; false if none are left, or it has too few terms.
  bool give(RowCopies<T>& copies, int64_t rows) {
    const int64_t room = block_.terms - kFetchTerms - 2;
    if (rows > block_.terms - done_) rows = block_.terms - done_;
    if (rows > room) rows = room;
    if (rows <= 0) return false;
    copies.rows = rows;
    copies.gap = room / rows - 1;
    copies.from = block_.unpacked_b + done_ * block_.unpacked_b_stride + next_;
    copies.stride = block_.unpacked_b_stride;
    copies.to = block_.b + (next_ * block_.terms + done_ * kPanel);
    done_ += rows;
    return true;
  }

 private:
  void pack(int64_t j, int64_t term) const {
    const int64_t cols = block_.cols - j;
    pack_b<S>(block_.terms - term, cols < kPanel ? cols : kPanel,
              block_.unpacked_b + term * block_.unpacked_b_stride + j, block_.unpacked_b_stride, false,
              block_.b + j * block_.terms + term * kPanel);
  }

  const PackedGemmBlock<T>& block_;
  int64_t next_ = 0, done_;  // of the rows of the panel at column next_
};

// The step of an optimizer beside the sums: each tile takes a piece of a row.
template <class S>
class StepBeside {
  using T = typename S::T;
  static constexpr int64_t kWidth = S::kWidth;

 public:
  // tiles: of the block.
  StepBeside(const PackedGemmBlock<T>& block, int64_t tiles) : x_(block.adam) {
    if (!x_) return;
    of_row_ = x_->cols / kWidth;
    const int64_t tiles_of_row = tiles / x_->rows;
    share_ = tiles_of_row > 0 ? (of_row_ + tiles_of_row - 1) / tiles_of_row : 0;
    gap_ = share_ > 0 ? (block.terms - kFetchTerms - 2) / share_ - 1 : -1;
  }

  // Leaves a piece to a tile; false if none is left, or it has too few terms.
  bool give(AdamBeside<T>& beside) {
    if (!x_ || gap_ < 0 || row_ == x_->rows) return false;
    beside.rectangle = x_;
    beside.gradient = x_->gradient + row_ * x_->gradient_stride + first_ * kWidth;
    beside.at = row_ * x_->stride + first_ * kWidth;
    beside.vectors = of_row_ - first_ < share_ ? of_row_ - first_ : share_;
    beside.gap = gap_;
    first_ += beside.vectors;
    if (first_ == of_row_) {
      if (first_ * kWidth < x_->cols) adam_row<S>(*x_, row_, first_ * kWidth);
      first_ = 0;
      ++row_;
    }
    beside.next = row_ < x_->rows ? row_ * x_->stride + first_ * kWidth : beside.at;
    return true;
  }
  // What is left.
  void end() {
    if (!x_) return;
    for (; row_ < x_->rows; ++row_) {
      adam_row<S>(*x_, row_, first_ * kWidth);
      first_ = 0;
    }
  }

 private:
  const AdamRectangle<T>* x_;
  int64_t of_row_ = 0, share_ = 0, gap_ = -1;  // vectors of a row, of a piece
  int64_t row_ = 0, first_ = 0;                // what comes next
};

template <class S>
void compute_packed_block(const PackedGemmBlock<typename S::T>& block) {
  using T = typename S::T;
  constexpr int kWidth = S::kWidth, kPanel = 2 * kWidth, kHalf = S::Half::kWidth;
  alignas(64) T buffer[S::kTileRows * kPanel];  // a tile on its way to a transposed C
  const int64_t tiles = (block.rows + S::kTileRows - 1) / S::kTileRows;
  const int64_t rows_of_tile = (block.terms + tiles - 1) / tiles, share = (kPanel + tiles - 1) / tiles;
  Tile<T> t;
  t.terms = block.terms;
  t.alpha = block.alpha;
  t.beta = block.c_transposed ? T(0) : block.beta;
  t.b_stride = kPanel;
  NextPanel<S> next_panel(block);
  StepBeside<S> step(block, tiles * ((block.cols + kPanel - 1) / kPanel));
  for (int64_t j = 0; j < block.cols; j += kPanel) {
    const int width = static_cast<int>(block.cols - j < kPanel ? block.cols - j : kPanel);
    const int kind = width == kPanel ? 0 : width > kWidth ? 1 : width > kHalf ? 2 : 3;
    t.tail = kind == 1 ? width - kWidth : width;
    t.b = block.b + j * block.terms;
    // While one panel is in use, the next one is written, or comes to the caches: each tile asks for its share.
    next_panel.begin(j);
    t.next = block.unpacked_b ? t.b : j + kPanel < block.cols ? t.b + kPanel * block.terms : block.b;
    t.next_stride = block.unpacked_b ? 0 : share;
    for_row_tiles<S>(block.rows, [&](int64_t first, int height) {
      t.a = block.a + first * block.terms;
      t.a_stride = height;
      if (block.c_transposed) {
        t.c = buffer;
        t.c_stride = kPanel;
      } else {
        t.c = block.c + first * block.c_stride + j;
        t.c_stride = block.c_stride;
      }
      const bool copies =
          kind == 0 && TileTable<S>::can_copy(height) && next_panel.give(t.copies, rows_of_tile);
      auto tile = copies ? kTiles<S>.copying[height - 1] : kTiles<S>.at[height - 1][kind][0];
      if constexpr (S::kSteps)
        if (kind == 0 && !copies && TileTable<S>::can_copy(height) && step.give(t.adam))
          tile = kTiles<S>.stepping[height - 1];
      tile(t);
      if (block.c_transposed)
        transpose<S>(height, width, buffer, kPanel, block.c + j * block.c_stride + first, block.c_stride,
                     block.beta);
      t.next += t.next_stride * block.terms;
    });
    next_panel.end();
  }
  if constexpr (S::kSteps) step.end();
}
