// Products with vectors: inner products of rows, and sums of rows. Included by micro_kernels.inl.

// Four rows at a time share the loads of x; each keeps two sums, so a row is computed alike in a group and
// alone.
template <class S, int kRows>
TL_INLINE void dot_group(int64_t terms, typename S::T alpha, const typename S::T* a, int64_t stride,
                         const typename S::T* x, typename S::T beta, typename S::T* y, int64_t y_stride) {
  using T = typename S::T;
  using V = typename S::V;
  constexpr int kWidth = S::kWidth;
  V even[kRows], odd[kRows];
#pragma GCC unroll 4
  for (int i = 0; i < kRows; ++i) even[i] = odd[i] = S::zero();
  int64_t p = 0;
  for (; p + 2 * kWidth <= terms; p += 2 * kWidth) {
    const V x0 = S::load(x + p), x1 = S::load(x + p + kWidth);
#pragma GCC unroll 4
    for (int i = 0; i < kRows; ++i) {
      even[i] = S::fma(S::load(a + i * stride + p), x0, even[i]);
      odd[i] = S::fma(S::load(a + i * stride + p + kWidth), x1, odd[i]);
    }
  }
  for (; p < terms; p += kWidth) {
    const int part = static_cast<int>(terms - p < kWidth ? terms - p : kWidth);
    const V x0 = S::load_part(x + p, part);
#pragma GCC unroll 4
    for (int i = 0; i < kRows; ++i) even[i] = S::fma(S::load_part(a + i * stride + p, part), x0, even[i]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < kRows; ++i) {
    const T value = alpha * S::sum(S::add(even[i], odd[i]));
    y[i * y_stride] = beta != 0 ? value + beta * y[i * y_stride] : value;
  }
}

template <class S>
void dot_rows(int64_t rows, int64_t terms, typename S::T alpha, const typename S::T* a, int64_t stride,
              const typename S::T* x, typename S::T beta, typename S::T* y, int64_t y_stride) {
  int64_t i = 0;
  for (; i + 4 <= rows; i += 4)
    dot_group<S, 4>(terms, alpha, a + i * stride, stride, x, beta, y + i * y_stride, y_stride);
  for (; i < rows; ++i)
    dot_group<S, 1>(terms, alpha, a + i * stride, stride, x, beta, y + i * y_stride, y_stride);
}

// A few columns of such sums, kept in registers. beta: 0 or what the header says.
template <class S, int kVectors>
TL_INLINE void add_short_rows(int64_t terms, int tail, typename S::T alpha, const typename S::T* x,
                              int64_t x_stride, const typename S::T* b, int64_t b_stride, typename S::T beta,
                              typename S::T* y, int64_t y_stride) {
  using T = typename S::T;
  using V = typename S::V;
  constexpr int kWidth = S::kWidth;
  V sum[kVectors];
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) sum[v] = S::zero();
  for (int64_t p = 0; p < terms; ++p, b += b_stride) {
    const V factor = S::set1(x[p * x_stride]);
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v)
      sum[v] = S::fma(factor, v + 1 < kVectors ? S::load(b + v * kWidth) : S::load_part(b + v * kWidth, tail),
                      sum[v]);
  }
  const V scale = S::set1(alpha);
  if (y_stride == 1 && beta == 0) {
#pragma GCC unroll 4
    for (int v = 0; v + 1 < kVectors; ++v) S::store(y + v * kWidth, S::mul(scale, sum[v]));
    S::store_part(y + (kVectors - 1) * kWidth, S::mul(scale, sum[kVectors - 1]), tail);
    return;
  }
  alignas(64) T row[kVectors * kWidth] = {};
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) S::store(row + v * kWidth, S::mul(scale, sum[v]));
  const int cols = (kVectors - 1) * kWidth + tail;
  for (int j = 0; j < cols; ++j) {
    T* to = y + j * y_stride;
    *to = beta != 0 ? row[j] + beta * *to : row[j];
  }
}

// Sums of rows are kept in a buffer that stays in the first-level cache, so that rows are read along their length.
template <class S>
void add_rows(int64_t terms, int64_t cols, typename S::T alpha, const typename S::T* x, int64_t x_stride,
              const typename S::T* b, int64_t b_stride, typename S::T beta, typename S::T* y,
              int64_t y_stride) {
  using T = typename S::T;
  using V = typename S::V;
  constexpr int kWidth = S::kWidth;
  constexpr int64_t kColumns = 8192 / sizeof(T);
  if (cols <= 4 * kWidth) {
    const int vectors = static_cast<int>((cols + kWidth - 1) / kWidth);
    const int last = static_cast<int>(cols) - (vectors - 1) * kWidth;
    switch (vectors) {
      case 0: return;
      case 1: return add_short_rows<S, 1>(terms, last, alpha, x, x_stride, b, b_stride, beta, y, y_stride);
      case 2: return add_short_rows<S, 2>(terms, last, alpha, x, x_stride, b, b_stride, beta, y, y_stride);
      case 3: return add_short_rows<S, 3>(terms, last, alpha, x, x_stride, b, b_stride, beta, y, y_stride);
      default: return add_short_rows<S, 4>(terms, last, alpha, x, x_stride, b, b_stride, beta, y, y_stride);
    }
  }
  alignas(64) T sum[kColumns];
  for (int64_t j0 = 0; j0 < cols; j0 += kColumns) {
    const int64_t width = cols - j0 < kColumns ? cols - j0 : kColumns;
    const int64_t whole = width / kWidth * kWidth;
    const int tail = static_cast<int>(width - whole);
    for (int64_t j = 0; j < width; j += kWidth) S::store(sum + j, S::zero());
    int64_t p = 0;
    for (; p + 4 <= terms; p += 4) {
      const T* r0 = b + p * b_stride + j0;
      const T *r1 = r0 + b_stride, *r2 = r1 + b_stride, *r3 = r2 + b_stride;
      const V x0 = S::set1(x[p * x_stride]), x1 = S::set1(x[(p + 1) * x_stride]);
      const V x2 = S::set1(x[(p + 2) * x_stride]), x3 = S::set1(x[(p + 3) * x_stride]);
      for (int64_t j = 0; j < whole; j += kWidth) {
        V s = S::fma(x0, S::load(r0 + j), S::load(sum + j));
        s = S::fma(x1, S::load(r1 + j), s);
        s = S::fma(x2, S::load(r2 + j), s);
        S::store(sum + j, S::fma(x3, S::load(r3 + j), s));
      }
      if (tail) {
        V s = S::fma(x0, S::load_part(r0 + whole, tail), S::load(sum + whole));
        s = S::fma(x1, S::load_part(r1 + whole, tail), s);
        s = S::fma(x2, S::load_part(r2 + whole, tail), s);
        S::store(sum + whole, S::fma(x3, S::load_part(r3 + whole, tail), s));
      }
    }
    for (; p < terms; ++p) {
      const T* row = b + p * b_stride + j0;
      const V factor = S::set1(x[p * x_stride]);
      for (int64_t j = 0; j < whole; j += kWidth)
        S::store(sum + j, S::fma(factor, S::load(row + j), S::load(sum + j)));
      if (tail) S::store(sum + whole, S::fma(factor, S::load_part(row + whole, tail), S::load(sum + whole)));
    }
    for (int64_t j = 0; j < width; ++j) {
      T* to = y + (j0 + j) * y_stride;
      *to = beta != 0 ? alpha * sum[j] + beta * *to : alpha * sum[j];
    }
  }
}
