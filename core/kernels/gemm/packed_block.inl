// A block of C from packed operands: row tiles of A, panels of B. What is read after the tile at work comes to the caches meanwhile,
// and what else there is to do is done on the way (work_beside.inl). Included by micro_kernels.inl.

template <class S>
void compute_packed_block(const PackedGemmBlock<typename S::T>& block) {
  using T = typename S::T;
  constexpr int kWidth = S::kWidth, kPanel = 2 * kWidth, kHalf = S::Half::kWidth;
  alignas(64) T buffer[S::kTileRows * kPanel];  // a tile on its way to a transposed C
  const int64_t tiles = (block.rows + S::kTileRows - 1) / S::kTileRows;
  const int64_t share = (kPanel + tiles - 1) / tiles;
  Tile<T> t;
  t.terms = block.terms;
  t.alpha = block.alpha;
  t.beta = block.c_transposed ? T(0) : block.beta;
  t.b_stride = kPanel;
  WorkBeside<S> work(block, tiles, (block.cols + kPanel - 1) / kPanel);
  for (int64_t j = 0; j < block.cols; j += kPanel) {
    const int width = static_cast<int>(block.cols - j < kPanel ? block.cols - j : kPanel);
    const int kind = width == kPanel ? 0 : width > kWidth ? 1 : width > kHalf ? 2 : 3;
    t.tail = kind == 1 ? width - kWidth : width;
    t.b = block.b + j * block.terms;
    // While one panel is in use, the next one is written, or comes to the caches: each tile asks for its share.
    work.begin_panel(j);
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
      const int flags = kind == 0 ? work.give(t, height) : kNothing;
      (flags ? kTiles<S>.beside[height - 1][flags] : kTiles<S>.at[height - 1][kind][0])(t);
      if (block.c_transposed)
        transpose<S>(height, width, buffer, kPanel, block.c + j * block.c_stride + first, block.c_stride,
                     block.beta);
      t.next += t.next_stride * block.terms;
    });
    work.end_panel();
  }
  work.end();
}
