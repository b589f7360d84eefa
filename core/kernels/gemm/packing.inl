// Copies of operands in the order in which tiles read them, and transposed tiles. Included by micro_kernels.inl.

// to[p * to_stride + i] = from[i * from_stride + p] + beta * to[...], i < width, p < length.
template <class S>
__attribute__((noinline)) void transpose(int64_t width, int64_t length, const typename S::T* from,
                                         int64_t from_stride, typename S::T* to, int64_t to_stride,
                                         typename S::T beta) {
  using V = typename S::V;
  constexpr int kWidth = S::kWidth;
  const V factor = S::set1(beta);
  for (int64_t i0 = 0; i0 < width; i0 += kWidth) {
    const int rows = static_cast<int>(width - i0 < kWidth ? width - i0 : kWidth);
    for (int64_t p0 = 0; p0 < length; p0 += kWidth) {
      const int cols = static_cast<int>(length - p0 < kWidth ? length - p0 : kWidth);
      const typename S::T* source = from + i0 * from_stride + p0;
      V r[kWidth];
      if (rows == kWidth && cols == kWidth) {
#pragma GCC unroll 16
        for (int i = 0; i < kWidth; ++i) r[i] = S::load(source + i * from_stride);
      } else {
#pragma GCC unroll 16
        for (int i = 0; i < kWidth; ++i)
          r[i] = i < rows ? S::load_part(source + i * from_stride, cols) : S::zero();
      }
      S::transpose(r);
      typename S::T* target = to + p0 * to_stride + i0;
      // Registers cannot be indexed by a variable; the loop is unrolled and leaves early.
#pragma GCC unroll 16
      for (int p = 0; p < kWidth; ++p) {
        if (p == cols) break;
        typename S::T* at = target + p * to_stride;
        if (rows == kWidth) {
          S::store(at, beta != 0 ? S::fma(factor, S::load(at), r[p]) : r[p]);
        } else {
          S::store_part(at, beta != 0 ? S::fma(factor, S::load_part(at, rows), r[p]) : r[p], rows);
        }
      }
    }
  }
}

template <class S>
TL_INLINE void copy_row(int64_t n, const typename S::T* from, typename S::T* to) {
  int64_t j = 0;
  for (; j + S::kWidth <= n; j += S::kWidth) S::store(to + j, S::load(from + j));
  if (j < n) S::store_part(to + j, S::load_part(from + j, static_cast<int>(n - j)), static_cast<int>(n - j));
}

// Rows that lie far apart are strangers to what fetches by itself: a packing loop asks for `n` elements of a row to come.
constexpr int64_t kRowsAhead = 8;

template <class T>
TL_INLINE void fetch_row_ahead(const T* matrix, int64_t stride, int64_t row, int64_t rows, int64_t n) {
  if (row + kRowsAhead >= rows) return;
  const T* p = matrix + (row + kRowsAhead) * stride;
  for (int64_t i = 0; i < n; i += 64 / int64_t(sizeof(T))) __builtin_prefetch(p + i);
}

template <class S>
void pack_a(int64_t rows, int64_t terms, const typename S::T* a, int64_t stride, LeftLayout layout,
            typename S::T* to) {
  if (layout == LeftLayout::along_terms) {
    for_row_tiles<S>(rows, [&](int64_t first, int height) {
      transpose<S>(height, terms, a + first * stride, stride, to + first * terms, height, 0);
    });
  } else {
    for (int64_t p = 0; p < terms; ++p) {
      fetch_row_ahead(a, stride, p, terms, rows);
      for_row_tiles<S>(rows, [&](int64_t first, int height) {
        copy_row<S>(height, a + p * stride + first, to + first * terms + p * height);
      });
    }
  }
}

template <class S>
void pack_b(int64_t terms, int64_t cols, const typename S::T* b, int64_t stride, bool transposed,
            typename S::T* to) {
  constexpr int kPanel = 2 * S::kWidth;
  if (transposed) {
    for (int64_t j = 0; j < cols; j += kPanel) {
      const int64_t width = cols - j < kPanel ? cols - j : kPanel;
      transpose<S>(width, terms, b + j * stride, stride, to + j * terms, kPanel, 0);
    }
    return;
  }
  // Eight panels at a time: runs that are long enough for the hardware to fetch ahead, each row's page used once.
  constexpr int64_t kGroup = 8 * kPanel;
  for (int64_t j0 = 0; j0 < cols; j0 += kGroup) {
    const int64_t end = cols - j0 < kGroup ? cols : j0 + kGroup;
    for (int64_t p = 0; p < terms; ++p) {
      fetch_row_ahead(b + j0, stride, p, terms, end - j0);
      for (int64_t j = j0; j < end; j += kPanel)
        copy_row<S>(end - j < kPanel ? end - j : kPanel, b + p * stride + j, to + j * terms + p * kPanel);
    }
  }
}
