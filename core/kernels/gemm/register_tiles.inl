// The register tiles: a few rows and one or two vectors of C, summed over all terms of a block. They neither choose tiles nor
// pack. Included by micro_kernels.inl.

constexpr int64_t kFetchTerms = 48, kCopyAhead = 8;

// Rows of a panel that a tile copies beside its sums, one with the first of each 1 + gap terms. The units that multiply do not notice
// if it is spread over the terms: in one go it would wait for memory.
template <class T>
struct RowCopies {
  int64_t rows = 0, gap = 0;
  const T* from = nullptr;
  int64_t stride = 0;
  T* to = nullptr;
};

// Vectors that a tile takes Adam's step on, one with the first of each 1 + gap terms. They lie one behind the other, and so do those that
// the next tile takes, which are asked for.
template <class T>
struct AdamBeside {
  const AdamRectangle<T>* rectangle;
  const T* gradient;
  int64_t at, next;
  int64_t vectors, gap;
};

// What a tile does beside its sums.
enum class Beside { nothing, copies, adam };

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
  RowCopies<T> copies;  // of tiles that copy
  AdamBeside<T> adam;   // of those that do a step
};

// One register tile of kRows x (kVectors * width). B rows are read as vectors, elements of A are broadcast.
template <class S, int kRows, int kVectors, bool kTail, bool kAlongTerms, Beside kBeside = Beside::nothing>
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
  int64_t left = t.terms - kKeepsLast;
  if (kBeside == Beside::copies) left -= t.copies.rows * (1 + t.copies.gap);
  if (kBeside == Beside::adam) left -= t.adam.vectors * (1 + t.adam.gap);
  int64_t now =
      kFetches && left > (kBeside == Beside::nothing ? 2 : 1) * kFetchTerms ? left - kFetchTerms : left;
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
    const auto add_term = [&]() __attribute__((always_inline)) {
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
    };
    if (kBeside == Beside::copies) {
      const T* from = t.copies.from;
      const int64_t stride = t.copies.stride, gap = t.copies.gap;
      T* to = t.copies.to;
      for (int64_t rows = t.copies.rows; rows > 0; --rows) {
        add_term();
#pragma GCC unroll 2
        for (int v = 0; v < 2; ++v) {
          S::store(to + v * kWidth, S::load(from + v * kWidth));
          __builtin_prefetch(from + kCopyAhead * stride + v * kWidth, 0, 2);
        }
        from += stride;
        to += 2 * kWidth;
        for (int64_t p = 0; p < gap; ++p) add_term();
      }
    }
    if constexpr (kBeside == Beside::adam) {
      const AdamBeside<T>& beside = t.adam;
      const AdamRectangle<T>& rectangle = *beside.rectangle;
      const T* gradient = beside.gradient;
      int64_t at = beside.at;
      const int64_t to_next = beside.next - at;
      for (int64_t vectors = beside.vectors; vectors > 0; --vectors) {
        add_term();
        fetch_row();
        adam_vector<S, false>(rectangle, gradient, at, 0);
#pragma GCC unroll 3
        for (int k = 0; k < 3; ++k) __builtin_prefetch(rectangle.from[k] + at + to_next, 1, 2);
        gradient += kWidth;
        at += kWidth;
        for (int64_t p = 0; p < beside.gap; ++p) {
          add_term();
          fetch_row();
        }
      }
    }
    do {
      for (int64_t p = 0; p < now; ++p) {
        add_term();
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
  Function copying[S::kTileRows];   // two full vectors, a in tiles
  Function stepping[S::kTileRows];  // likewise
  static constexpr bool can_copy(int rows) { return 2 * rows > S::kTileRows; }
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
      if constexpr (can_copy(kRows))
        copying[kRows - 1] = compute_tile<S, kRows, 2, false, false, Beside::copies>;
      if constexpr (can_copy(kRows) && S::kSteps)
        stepping[kRows - 1] = compute_tile<S, kRows, 2, false, false, Beside::adam>;
      fill<kRows - 1>();
    }
  }
  constexpr TileTable() : at{}, copying{}, stepping{} { fill<S::kTileRows>(); }
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
