// The GEMM kernels, written once over a vector type S. Included by each kernel file inside its own anonymous
// namespace, so that no two instruction sets share a symbol. Layer of the driver: gemm.cpp. No memory is
// allocated here, nothing throws, and no standard library template is used (see kernel_table.h).
//
// S has: T, V, kWidth (elements of V), kTileRows; and static load, load_part(p, n), store, store_part(p, v,
// n), set1, zero, fma(a, b, c) = a * b + c, mul, add, sum(v), transpose(V (&)[kWidth]). S::Half, for the last columns where
// they fill half a vector at most: the same but sum and transpose, for vectors of half the width, or S itself.

#define TL_INLINE inline __attribute__((always_inline))

constexpr int64_t kFetchTerms = 48;

template <class T>
struct Tile {
  int64_t terms;
  const T* a;
  int64_t a_stride;
  const T* b;
  int64_t b_stride;
  T alpha, beta;
  T* c;
  int64_t c_stride;
  int tail;  // columns of the last vector
  // Memory to ask for meanwhile: with every term what is at `next`, which then moves on by next_stride.
  const T* next;
  int64_t next_stride;
};

// One register tile of kRows x (kVectors * width). B rows are read as vectors, elements of A are broadcast.
template <class S, int kRows, int kVectors, bool kTail, bool kAlongTerms>
void compute_tile(const Tile<typename S::T>& t) {
  using T = typename S::T;
  using V = typename S::V;
  constexpr int kWidth = S::kWidth;
  V acc[kRows][kVectors];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) acc[i][v] = S::zero();

  const T* b = t.b;
  const int64_t b_stride = t.b_stride;
  const int tail = t.tail;
  const auto load_b = [&](V(&row)[kVectors], const T* p) __attribute__((always_inline)) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v)
      row[v] = kTail && v == kVectors - 1 ? S::load_part(p + v * kWidth, tail) : S::load(p + v * kWidth);
  };
  // With every term of a tall tile a row of something else is asked for, so that it comes while the sums are formed:
  // first of the next panel of B, then, shortly before the end so that it stays in the nearest cache, of C.
  constexpr bool kFetches = kRows * kVectors > S::kTileRows;
  // The last term of the tallest tiles is added row by row, each of which then goes to memory: that takes longer than the sums of
  // the next one.
  constexpr bool kKeepsLast = !kAlongTerms && kRows * kVectors >= 26;
  static_assert(kRows < kFetchTerms, "the rows of C are fetched within the last terms");
  const T* fetch = t.next;
  int64_t fetch_stride = t.next_stride;
  const auto fetch_row = [&]() __attribute__((always_inline)) {
    if (!kFetches) return;
#pragma GCC unroll 2
    for (int at = 0; at < kVectors * kWidth; at += 64 / int(sizeof(T))) __builtin_prefetch(fetch + at);
    fetch += fetch_stride;
  };
  int64_t left = t.terms - kKeepsLast, now = kFetches && left > 2 * kFetchTerms ? left - kFetchTerms : left;
  // After `now` terms; false if they were the last.
  const auto go_on = [&]() __attribute__((always_inline)) {
    left -= now;
    const bool at_c = left == kFetchTerms;
    now = at_c ? kRows : left;
    fetch = at_c ? t.c : t.b;
    fetch_stride = at_c ? t.c_stride : 0;
    return left != 0;
  };
  const T* a = t.a;
  if (kAlongTerms) {
    // Rows are reached from one pointer for every four: base + {0, 1, 2, 3} * stride needs two registers for
    // all of them. The empty asm keeps the compiler from replacing that by a pointer for every row, which
    // would spill.
    constexpr int kGroups = (kRows + 3) / 4;
    const T* base[kGroups];
    const int64_t stride = t.a_stride;
    int64_t stride3 = 3 * stride;
#pragma GCC unroll 4
    for (int g = 0; g < kGroups; ++g) base[g] = t.a + 4 * g * stride;
    do {
      for (int64_t p = 0; p < now; ++p) {
        V row[kVectors];
        load_b(row, b);
        b += b_stride;
#pragma GCC unroll 16
        for (int i = 0; i < kRows; ++i) {
          const T* from = base[i / 4];
          const T* at = i % 4 == 0   ? from
                        : i % 4 == 1 ? from + stride
                        : i % 4 == 2 ? from + 2 * stride
                                     : from + stride3;
          const V x = S::set1(*at);
#pragma GCC unroll 4
          for (int v = 0; v < kVectors; ++v) acc[i][v] = S::fma(x, row[v], acc[i][v]);
        }
#pragma GCC unroll 4
        for (int g = 0; g < kGroups; ++g) {
          ++base[g];
          asm volatile("" : "+r"(base[g]));
        }
        asm volatile("" : "+r"(stride3));
        fetch_row();
      }
    } while (go_on());
  } else {
    const int64_t a_stride = t.a_stride;
    do {
      for (int64_t p = 0; p < now; ++p) {
        V row[kVectors];
        load_b(row, b);
        b += b_stride;
#pragma GCC unroll 16
        for (int i = 0; i < kRows; ++i) {
          const V x = S::set1(a[i]);
#pragma GCC unroll 4
          for (int v = 0; v < kVectors; ++v) acc[i][v] = S::fma(x, row[v], acc[i][v]);
        }
        a += a_stride;
        fetch_row();
      }
    } while (go_on());
  }

  // Decided once for the tile; what is read of t is read before the stores, which could change it for all the compiler
  // knows.
  const V alpha = S::set1(t.alpha), beta = S::set1(t.beta);
  const int64_t c_stride = t.c_stride;
  T* c = t.c;
  V last[kVectors];
  if (kKeepsLast) load_b(last, b);
  const auto store_all = [&](const auto& result) __attribute__((always_inline)) {
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i, c += c_stride) {
      V x;
      if (kKeepsLast) x = S::set1(a[i]);
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        T* to = c + v * kWidth;
        const bool part = kTail && v == kVectors - 1;
        const V value = result(kKeepsLast ? S::fma(x, last[v], acc[i][v]) : acc[i][v], to, part);
        if (part)
          S::store_part(to, value, tail);
        else
          S::store(to, value);
      }
    }
  };
  if (t.alpha == 1 && t.beta == 1)  // an addition, which does not wait for the units that multiply
    store_all([&](V sum, const T* to, bool part) __attribute__((always_inline)) {
      return S::add(sum, part ? S::load_part(to, tail) : S::load(to));
    });
  else if (t.beta != 0)
    store_all([&](V sum, const T* to, bool part) __attribute__((always_inline)) {
      return S::fma(alpha, sum, S::mul(beta, part ? S::load_part(to, tail) : S::load(to)));
    });
  else if (t.alpha != 1)
    store_all([&](V sum, const T*, bool) __attribute__((always_inline)) { return S::mul(alpha, sum); });
  else
    store_all([&](V sum, const T*, bool) __attribute__((always_inline)) { return sum; });
}

// All tiles of up to S::kTileRows rows: [rows - 1][columns: two full vectors, one and a part, a part, half of one or less][a
// along terms].
template <class S>
struct TileTable {
  using Function = void (*)(const Tile<typename S::T>&);
  Function at[S::kTileRows][4][2];
  template <int kRows>
  constexpr void fill() {
    if constexpr (kRows > 0) {
      at[kRows - 1][0][0] = compute_tile<S, kRows, 2, false, false>;
      at[kRows - 1][0][1] = compute_tile<S, kRows, 2, false, true>;
      at[kRows - 1][1][0] = compute_tile<S, kRows, 2, true, false>;
      at[kRows - 1][1][1] = compute_tile<S, kRows, 2, true, true>;
      at[kRows - 1][2][0] = compute_tile<S, kRows, 1, true, false>;
      at[kRows - 1][2][1] = compute_tile<S, kRows, 1, true, true>;
      at[kRows - 1][3][0] = compute_tile<typename S::Half, kRows, 1, true, false>;
      at[kRows - 1][3][1] = compute_tile<typename S::Half, kRows, 1, true, true>;
      fill<kRows - 1>();
    }
  }
  constexpr TileTable() : at{} { fill<S::kTileRows>(); }
};

template <class S>
constexpr TileTable<S> kTiles{};

// Rows are cut into tiles of nearly equal height. Calls f(first row, height).
template <class S, class F>
TL_INLINE void for_row_tiles(int64_t rows, const F& f) {
  if (rows <= S::kTileRows) {  // no division, which takes as long as a small tile
    if (rows > 0) f(0, static_cast<int>(rows));
    return;
  }
  const int64_t tiles = (rows + S::kTileRows - 1) / S::kTileRows;
  const int64_t low = rows / tiles, higher = rows % tiles;
  int64_t first = 0;
  for (int64_t t = 0; t < tiles; ++t) {
    const int height = static_cast<int>(low + (t < higher));
    f(first, height);
    first += height;
  }
}

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

template <class S>
constexpr GemmKernels<typename S::T> make_kernels(const char* name, int64_t block_bytes,
                                                  int64_t packed_a_bytes) {
  return {name,           S::kTileRows,     2 * S::kWidth, block_bytes / int64_t(sizeof(typename S::T)),
          packed_a_bytes, compute_block<S>, pack_a<S>,     pack_b<S>,
          dot_rows<S>,    add_rows<S>};
}
