// The work that the tiles of a packed block do beside their sums: who does which piece of it. What no tile takes is done at the end. Included by
// micro_kernels.inl.

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

  bool waits() const { return done_ < block_.terms; }
  // Leaves up to `rows` rows to a tile; false if it has too few terms.
  bool give(PanelCopies<T>& copies, int64_t rows, int64_t room) {
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

// The A of the next block: a piece for a tile of each term. A run of them is one row of the operand.
template <class S>
class NextRows {
  using T = typename S::T;
  static constexpr int64_t kPiece = S::kTileRows;

 public:
  // tiles: of the block at work. Each takes whole runs, so that what the next one copies lies as that does, and can be asked for.
  NextRows(const PackedGemmBlock<T>& block, int64_t tiles) : x_(block.next_a) {
    if (!x_) return;
    of_run_ = x_->rows / kPiece;
    runs_of_tile_ = (x_->terms + tiles - 1) / tiles;
  }

  bool waits() const { return x_ && run_ < x_->terms; }
  // Leaves runs to a tile; false if it has too few terms.
  bool give(RowCopies<T>& copies, int64_t room) {
    const int64_t runs = runs_of_tile_ < x_->terms - run_ ? runs_of_tile_ : x_->terms - run_;
    copies.pieces = runs * of_run_;
    if (copies.pieces > room) return false;
    copies.gap = room / copies.pieces - 1;
    copies.from = x_->from + run_ * x_->stride;
    copies.to = x_->to + run_ * kPiece;
    copies.of_run = of_run_;
    copies.to_step = kPiece * x_->terms;
    copies.from_jump = x_->stride - (of_run_ - 1) * kPiece;
    copies.to_jump = kPiece - (of_run_ - 1) * copies.to_step;
    run_ += runs;
    copies.next = waits() ? runs * x_->stride : 0;
    return true;
  }
  // What is left.
  void end() {
    if (!waits()) return;
    for (; run_ < x_->terms; ++run_)
      for (int64_t k = 0; k < of_run_; ++k)
        copy_row<S>(kPiece, x_->from + run_ * x_->stride + k * kPiece,
                    x_->to + (k * x_->terms + run_) * kPiece);
  }

 private:
  const GemmNextRows<T>* x_;
  int64_t of_run_ = 0, runs_of_tile_ = 0;  // pieces, runs
  int64_t run_ = 0;                        // what comes next
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
  }

  bool waits() const { return x_ && share_ > 0 && row_ < x_->rows; }
  // Leaves a piece to a tile; false if it has too few terms.
  bool give(AdamBeside<T>& beside, int64_t room) {
    if (room < share_) return false;
    beside.rectangle = x_;
    beside.gradient = x_->gradient + row_ * x_->gradient_stride + first_ * kWidth;
    beside.at = row_ * x_->stride + first_ * kWidth;
    beside.vectors = of_row_ - first_ < share_ ? of_row_ - first_ : share_;
    beside.gap = room / beside.vectors - 1;
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
  int64_t of_row_ = 0, share_ = 0;  // vectors of a row, of a piece
  int64_t row_ = 0, first_ = 0;     // what comes next
};

// All of it.
template <class S>
class WorkBeside {
  using T = typename S::T;
  static constexpr bool kMore = S::kCopiesBeside || S::kStepsBeside;

 public:
  // tiles: of a panel.
  WorkBeside(const PackedGemmBlock<T>& block, int64_t tiles, int64_t panels)
      : room_(block.terms - kFetchTerms - 2),
        rows_of_b_((block.terms + tiles - 1) / tiles),
        next_panel_(block),
        next_rows_(block, tiles * panels),
        step_(block, tiles * panels) {}

  // Before and behind the tiles of the panel at column j.
  void begin_panel(int64_t j) { next_panel_.begin(j); }
  void end_panel() { next_panel_.end(); }
  // What a tile of two full vectors does beside its sums: the flags of its function.
  int give(Tile<T>& t, int height) {
    int flags = next_panel_.waits() ? kRowsOfB : kNothing;
    if (kMore && !flags)
      flags = (next_rows_.waits() ? kRowsOfA : kNothing) | (step_.waits() ? kStep : kNothing);
    const auto& tiles = kTiles<S>.beside[height - 1];
    if (!tiles[flags]) flags &= kStep;
    if (!tiles[flags]) return kNothing;
    const int64_t room = flags == (kRowsOfA | kStep) ? room_ / 2 : room_;
    if ((flags & kRowsOfB) && !next_panel_.give(t.b_copies, rows_of_b_, room)) flags &= ~kRowsOfB;
    if (kMore && (flags & kRowsOfA) && !next_rows_.give(t.a_copies, room)) flags &= ~kRowsOfA;
    if constexpr (S::kStepsBeside)
      if ((flags & kStep) && !step_.give(t.adam, room)) flags &= ~kStep;
    return flags;
  }
  void end() {
    if (kMore) next_rows_.end();
    if constexpr (S::kStepsBeside) step_.end();
  }

 private:
  const int64_t room_, rows_of_b_;
  NextPanel<S> next_panel_;
  NextRows<S> next_rows_;
  StepBeside<S> step_;
};
