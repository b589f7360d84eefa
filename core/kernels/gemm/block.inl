// A block of C from operands where they lie, or one of them packed: packed_block.inl has those of two. Included by micro_kernels.inl.

template <class S>
void compute_block(const GemmBlock<typename S::T>& block) {
  using T = typename S::T;
  constexpr int kWidth = S::kWidth, kPanel = 2 * kWidth, kHalf = S::Half::kWidth;
  alignas(64) T buffer[S::kTileRows * kPanel];  // a tile on its way to a transposed C
  Tile<T> t;
  t.terms = block.terms;
  t.alpha = block.alpha;
  t.beta = block.c_transposed ? T(0) : block.beta;
  t.b_stride = block.b_stride;
  t.a_stride = block.a_stride;
  const bool along_terms = block.a_layout == LeftLayout::along_terms;
  // While one packed panel of B is in use, the next one comes: each tile asks for its share.
  const int64_t tiles = (block.rows + S::kTileRows - 1) / S::kTileRows;
  const bool packed = block.b_stride == kPanel && block.b_panel != kPanel;
  const int64_t share = packed ? (kPanel + tiles - 1) / tiles : 0;
  t.next_stride = share;
  // Where B lies as it is, one of several tiles asks for the rows of the next panel: the first one, but in the first panel the last,
  // for there each asks for the rows of A that the next tile reads, if they are one piece of memory.
  const bool looks_ahead = !packed && !block.wanted && tiles > 1;
  const bool fetches_a = along_terms && block.a_stride == block.terms;
  // What the caller wants is shared out to all tiles in equal parts.
  int64_t part = 0, asked = 0;
  int asking = 0;
  if (block.wanted && !packed) {
    part =
        (block.wanted->arrays * block.wanted->elements - 1) / ((block.cols + kPanel - 1) / kPanel * tiles) +
        1;
    t.next_stride = (part - 1) / block.terms + 1;
  }
  for (int64_t j = 0; j < block.cols; j += kPanel) {
    const int width = static_cast<int>(block.cols - j < kPanel ? block.cols - j : kPanel);
    const int kind = width == kPanel ? 0 : width > kWidth ? 1 : width > kHalf ? 2 : 3;
    t.tail = kind == 1 ? width - kWidth : width;
    t.b = block.b + j / kPanel * block.b_panel;
    t.next = t.b;
    if (share > 0) t.next = j + kPanel < block.cols ? t.b + block.b_panel : block.b;
    bool has_asked = j + kPanel >= block.cols;
    for_row_tiles<S>(block.rows, [&](int64_t first, int height) {
      if (block.a_layout == LeftLayout::tiles) {
        t.a = block.a + first * block.terms;
        t.a_stride = height;
      } else {
        t.a = block.a + (along_terms ? first * block.a_stride : first);
      }
      if (block.c_transposed) {
        t.c = buffer;
        t.c_stride = kPanel;
      } else {
        t.c = block.c + first * block.c_stride + j;
        t.c_stride = block.c_stride;
      }
      if (part > 0) {
        t.next = block.wanted->data[asking] + asked;
        asked += part;
        if (asked >= block.wanted->elements && asking + 1 < block.wanted->arrays) {
          ++asking;
          asked = 0;
        }
      }
      if (looks_ahead) {
        const int64_t end = first + height;
        if (j == 0 && fetches_a && end < block.rows) {
          t.next = block.a + end * block.a_stride;
          t.next_stride = height;
        } else if (!has_asked) {
          t.next = t.b + block.b_panel;
          t.next_stride = block.b_stride;
          has_asked = true;
        } else {
          t.next = t.b;
          t.next_stride = 0;
        }
      }
      kTiles<S>.at[height - 1][kind][along_terms](t);
      if (block.c_transposed)
        transpose<S>(height, width, buffer, kPanel, block.c + j * block.c_stride + first, block.c_stride,
                     block.beta);
      t.next += share * block.terms;
    });
  }
}
