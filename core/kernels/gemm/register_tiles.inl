// The register tiles: a few rows and one or two vectors of C, summed over all terms of a block. They neither choose tiles nor
// pack. Included by micro_kernels.inl.

constexpr int64_t kFetchTerms = 48, kCopyAhead = 8;

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
  // What the flags of the tile say.
  PanelCopies<T> b_copies;
  RowCopies<T> a_copies;
  AdamBeside<T> adam;
};

// One register tile of kRows x (kVectors * width). B rows are read as vectors, elements of A are broadcast.
template <class S, int kRows, int kVectors, bool kTail, bool kAlongTerms, int kBeside = kNothing>
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
  if (kBeside & kRowsOfB) left -= t.b_copies.rows * (1 + t.b_copies.gap);
  if (kBeside & kRowsOfA) left -= t.a_copies.pieces * (1 + t.a_copies.gap);
  if (kBeside & kStep) left -= t.adam.vectors * (1 + t.adam.gap);
  int64_t now = kFetches && left > (kBeside ? 1 : 2) * kFetchTerms ? left - kFetchTerms : left;
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
  if constexpr (kAlongTerms) {
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
    const auto add_terms = [&](int64_t terms) __attribute__((always_inline)) {
      for (int64_t p = 0; p < terms; ++p) {
        add_term();
        fetch_row();
      }
    };
    if constexpr (kBeside & kRowsOfB) {
      const T* from = t.b_copies.from;
      const int64_t stride = t.b_copies.stride, gap = t.b_copies.gap;
      T* to = t.b_copies.to;
      for (int64_t rows = t.b_copies.rows; rows > 0; --rows) {
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
    if constexpr (kBeside & kRowsOfA) {
      const RowCopies<T>& copies = t.a_copies;
      const T* from = copies.from;
      T* to = copies.to;
      int64_t left_of_run = copies.of_run;
      for (int64_t pieces = copies.pieces; pieces > 0; --pieces) {
        add_terms(1);
        S::store_part(to, S::load_part(from, kRows), kRows);
        __builtin_prefetch(from + copies.next, 0, 2);
        const bool jumps = --left_of_run == 0;
        if (jumps) left_of_run = copies.of_run;
        from += jumps ? copies.from_jump : kRows;
        to += jumps ? copies.to_jump : copies.to_step;
        add_terms(copies.gap);
      }
    }
    if constexpr (kBeside & kStep) {
      const AdamBeside<T>& beside = t.adam;
      const AdamRectangle<T>& rectangle = *beside.rectangle;
      const T* gradient = beside.gradient;
      int64_t at = beside.at;
      const int64_t to_next = beside.next - at;
      for (int64_t vectors = beside.vectors; vectors > 0; --vectors) {
        add_terms(1);
        adam_vector<S, false>(rectangle, gradient, at, 0);
#pragma GCC unroll 3
        for (int k = 0; k < 3; ++k) __builtin_prefetch(rectangle.from[k] + at + to_next, 1, 2);
        gradient += kWidth;
        at += kWidth;
        add_terms(beside.gap);
      }
    }
    do add_terms(now);
    while (go_on());
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
  // Two full vectors, a in tiles, with work beside: [rows - 1][flags], null where there is no such tile.
  Function beside[S::kTileRows][kKindsOfWork];

  template <int kRows, int kBeside>
  constexpr void fill_beside() {
    beside[kRows - 1][kBeside] = compute_tile<S, kRows, 2, false, false, kBeside>;
  }
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
      // Work goes to tall tiles, the next A to the tallest, of which there are most.
      if constexpr (2 * kRows > S::kTileRows) fill_beside<kRows, kRowsOfB>();
      if constexpr (2 * kRows > S::kTileRows && S::kStepsBeside) fill_beside<kRows, kStep>();
      if constexpr (kRows == S::kTileRows && S::kCopiesBeside) {
        fill_beside<kRows, kRowsOfA>();
        if constexpr (S::kStepsBeside) fill_beside<kRows, kRowsOfA | kStep>();
      }
      fill<kRows - 1>();
    }
  }
  constexpr TileTable() : at{}, beside{} { fill<S::kTileRows>(); }
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
