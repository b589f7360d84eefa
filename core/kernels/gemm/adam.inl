// Adam's step on a few rows, a vector at a time, as core/kernels/vector/optimizers.h has it. Included by micro_kernels.inl.

// What is smaller counts as 0 in m, as there.
template <class T>
constexpr T kSmallestMean = sizeof(T) == 4 ? T(0x1p-100) : T(0x1p-900);

template <class S, bool kPart>
TL_INLINE void adam_vector(const AdamRectangle<typename S::T>& x, const typename S::T* gradient, int64_t at,
                           int tail) {
  using V = typename S::V;
  const auto load = [&](const typename S::T* p) __attribute__((always_inline)) {
    return kPart ? S::load_part(p, tail) : S::load(p);
  };
  const auto store = [&](typename S::T * p, V v) __attribute__((always_inline)) {
    if (kPart)
      S::store_part(p, v, tail);
    else
      S::store(p, v);
  };
  const V g = load(gradient);
  V v = load(x.from[2] + at);
  v = S::add(v, S::mul(S::sub(S::mul(g, g), v), S::set1(x.one_minus_beta2)));
  V m = load(x.from[1] + at);
  m = S::without_tiny(S::add(m, S::mul(S::sub(g, m), S::set1(x.one_minus_beta1))),
                      S::set1(kSmallestMean<typename S::T>));
  store(x.to[2] + at, v);
  v = S::add(S::sqrt(v), S::set1(x.epsilon));
  store(x.to[1] + at, m);
  v = S::div(S::mul(S::set1(x.step_size), m), v);
  store(x.to[0] + at, S::sub(S::mul(load(x.from[0] + at), S::set1(x.decay)), v));
}

// Columns [first, cols) of one row.
template <class S>
void adam_row(const AdamRectangle<typename S::T>& x, int64_t row, int64_t first) {
  constexpr int kWidth = S::kWidth;
  const typename S::T* gradient = x.gradient + row * x.gradient_stride;
  const int64_t at = row * x.stride;
  int64_t j = first;
  for (; j + kWidth <= x.cols; j += kWidth) adam_vector<S, false>(x, gradient + j, at + j, 0);
  if (j < x.cols) adam_vector<S, true>(x, gradient + j, at + j, static_cast<int>(x.cols - j));
}

template <class S>
void adam_rectangle(const AdamRectangle<typename S::T>& x) {
  for (int64_t i = 0; i < x.rows; ++i) adam_row<S>(x, i, 0);
}

template <class S>
constexpr auto adam_kernel() -> void (*)(const AdamRectangle<typename S::T>&) {
  if constexpr (S::kStepsBeside)
    return adam_rectangle<S>;
  else
    return nullptr;
}
