// exp, expm1, log, log1p and what is made of them (tanh, sigmoid, softplus, pow), on the lanes of one instruction set.
// Every function treats NaN, infinities, zeros and denormals as C's libm does. The polynomials are minimax (Remez, 60
// digits); their own error is below a tenth of an ulp, so that what remains is rounding.
#pragma once

namespace tl {
namespace TL_VECTOR_NAMESPACE {
namespace {

template <class V>
TL_LANE V absolute(V x) {
  using U = typename V::Uint;
  return float_of(bits_of(x) & typename V::Bits(static_cast<U>(~U{0} >> 1)));
}
// The magnitude of x (which must not be negative) with the sign bit of `sign`.
template <class V>
TL_LANE V with_sign(V x, V sign) {
  using U = typename V::Uint;
  return float_of(bits_of(x) | (bits_of(sign) & typename V::Bits(static_cast<U>(~(~U{0} >> 1)))));
}
template <class V>
TL_LANE V infinity() {
  return V(static_cast<typename V::T>(__builtin_inff()));
}
template <class V>
TL_LANE V not_a_number() {
  return V(static_cast<typename V::T>(__builtin_nanf("")));
}

// c[0] + c[1] x + ... by Horner's rule, with fused multiply-adds where there are any.
template <class V, size_t kTerms>
TL_LANE V polynomial(V x, const typename V::T (&c)[kTerms]) {
  V y(c[kTerms - 1]);
#pragma GCC unroll 16
  for (size_t i = 1; i < kTerms; ++i) y = fma(y, x, V(c[kTerms - 1 - i]));
  return y;
}
// The same with separate roundings, for results that must not depend on the instruction set.
template <class V, size_t kTerms>
TL_LANE V polynomial_unfused(V x, const typename V::T (&c)[kTerms]) {
  V y(c[kTerms - 1]);
#pragma GCC unroll 16
  for (size_t i = 1; i < kTerms; ++i) y = y * x + V(c[kTerms - 1 - i]);
  return y;
}

template <class T>
struct ExpConstants;
template <>
struct ExpConstants<float> {
  static constexpr float kLog2e = 1.44269504f;
  static constexpr float kLn2High = 0x1.63p-1f;  // 9 bits: times any exponent is exact
  static constexpr float kLn2Low = -0x1.bd0106p-13f;
  static constexpr float kMax = 89.0f, kMin = -104.0f;           // beyond: infinity, zero
  static constexpr float kExpm1Max = 89.0f, kExpm1Min = -20.0f;  // beyond: infinity, -1
  static constexpr float kTiny = 0x1p-25f;                       // expm1(x) = x below
  // (e^r - 1 - r) / r^2 on |r| <= ln 2 / 2
  static constexpr float kTail[] = {0.5f,           0.166666672f,   0.0416662693f,
                                    0.00833326392f, 0.00139461772f, 0.000199185248f};
};
template <>
struct ExpConstants<double> {
  static constexpr double kLog2e = 1.4426950408889634;
  static constexpr double kLn2High = 0x1.62e42ffp-1;  // 32 bits
  static constexpr double kLn2Low = -0x1.718432a1b0e26p-35;
  static constexpr double kMax = 710.0, kMin = -746.0;
  static constexpr double kExpm1Max = 710.0, kExpm1Min = -40.0;
  static constexpr double kTiny = 0x1p-54;
  static constexpr double kTail[] = {0.50000000000000133,    0.16666666666666699,    0.041666666666514321,
                                     0.0083333333333070192,  0.0013888888947331081,  0.00019841269917792874,
                                     2.4801489590634939e-05, 2.7557215929890284e-06, 2.7631413787430163e-07,
                                     2.5117980057900294e-08};
};

// e^x = 2^k (1 + high + tail), where |high| <= ln 2 / 2 is exact; the rounding error of 1 + high is kept, so that little
// more than the last rounding remains.
template <class V>
TL_LANE V exp(V x) {
  using C = ExpConstants<typename V::T>;
  x = max_second(V(C::kMin), min_second(V(C::kMax), x));  // in this order NaN stays
  const V k = nearest(x * V(C::kLog2e));
  const V high = fnma(k, V(C::kLn2High), x);
  const V low = k * V(C::kLn2Low);
  const V r = high - low;
  const V tail = fma(r * r, polynomial(r, C::kTail), V(0) - low);
  const V one_plus = V(1) + high;
  const V error = high - (one_plus - V(1));
  return scale_by_power_of_two(one_plus + (error + tail), k);
}

// 2^k (r + tail) + (2^k - 1), of which the two large parts are added with their rounding error kept. Computed at half
// the size, so that 2^k does not overflow before the result does.
template <class V>
TL_LANE V expm1(V x) {
  using C = ExpConstants<typename V::T>;
  const V z = max_second(V(C::kExpm1Min), min_second(V(C::kExpm1Max), x));
  const V k = nearest(z * V(C::kLog2e));
  const V high = fnma(k, V(C::kLn2High), z);
  const V low = k * V(C::kLn2Low);
  const V r = high - low;
  const V correction = (high - r) - low;
  const V half_scale = scale_by_power_of_two(V(0.5f), k);
  const V a = half_scale - V(0.5f);
  const V b = half_scale * r;
  const V sum = a + b;
  const V error = b - (sum - a);
  const V tail = fma(r * r, polynomial(r, C::kTail), correction);
  const V y = V(2) * (sum + fma(half_scale, tail, error));
  // Tiny x, whose halves may lose bits, and zero, whose sign counts; infinity, for which the error above is NaN.
  return select(absolute(x) < V(C::kTiny), x, select(V(C::kExpm1Max) < x, infinity<V>(), y));
}

template <class T>
struct TanhConstants;
template <>
struct TanhConstants<float> {
  static constexpr float kMax = 20.0f;  // tanh(x / 2) = 1 beyond
  // (tanh x - x) / x^3 in x^2 for |x| <= 0.56
  static constexpr float kTail[] = {-0.333333164f, 0.133324996f, -0.0538422763f, 0.0210272186f,
                                    -0.0062074298f};
};
template <>
struct TanhConstants<double> {
  static constexpr double kMax = 40.0;
  static constexpr double kTail[] = {-0.33333333333333287,   0.13333333333324252,    -0.053968253962354447,
                                     0.021869488344810992,   -0.0088632319168711199, 0.0035920850027059614,
                                     -0.0014554969222521298, 0.00058825299183405894, -0.00023288834773531764,
                                     8.26016496440167e-05,   -1.9048965835198475e-05};
};

template <class T>
struct LogConstants;
template <>
struct LogConstants<float> {
  static constexpr float kSmallest = 0x1p-126f, kDenormalScale = 0x1p25f, kDenormalExponent = 25.0f;
  static constexpr uint32_t kOne = 0x3f800000u, kSqrtHalf = 0x3f3504f3u, kMantissa = 0x007fffffu;
  static constexpr int kMantissaBits = 23;
  static constexpr uint32_t kMagicBits = 0x4b000000u;  // 2^23: its last bits hold an integer
  static constexpr float kMagic = 0x1p23f + 127.0f;
  static constexpr float kLog1pTiny = 0x1p-25f;
  // (log((1 + s) / (1 - s)) - 2 s) / s^3 in s^2, s <= (sqrt 2 - 1) / (sqrt 2 + 1), and for s <= 1/3
  static constexpr float kTail[] = {0.666666627f, 0.400003374f, 0.285372376f, 0.235835701f};
  static constexpr float kWideTail[] = {0.666666746f, 0.39998877f, 0.286168993f, 0.214274794f, 0.24301666f};
};
template <>
struct LogConstants<double> {
  static constexpr double kSmallest = 0x1p-1022, kDenormalScale = 0x1p54, kDenormalExponent = 54.0;
  static constexpr uint64_t kOne = 0x3ff0000000000000u, kSqrtHalf = 0x3fe6a09e667f3bcdu,
                            kMantissa = 0x000fffffffffffffu;
  static constexpr int kMantissaBits = 52;
  static constexpr uint64_t kMagicBits = 0x4330000000000000u;  // 2^52
  static constexpr double kMagic = 0x1p52 + 1023.0;
  static constexpr double kLog1pTiny = 0x1p-54;
  static constexpr double kTail[] = {0.66666666666667351, 0.3999999999941109,  0.28571428743262645,
                                     0.2222219847598908,  0.18183569739671385, 0.15313903249932703,
                                     0.14797507679046529};
  static constexpr double kWideTail[] = {0.66666666666666308, 0.40000000000157393, 0.28571428547833611,
                                         0.22222223971058719, 0.18181743875981582, 0.15386561008337257,
                                         0.13300958817830938, 0.1210620692372265,  0.083395584114797111,
                                         0.17019609788276005};
};

// x = 2^k m with sqrt(1/2) <= m < sqrt(2), for normal positive x.
template <class V>
TL_LANE V split_exponent(V x, V& k) {
  using C = LogConstants<typename V::T>;
  using Bits = typename V::Bits;
  using U = typename V::Uint;
  const Bits shifted = bits_of(x) + Bits(static_cast<U>(C::kOne - C::kSqrtHalf));
  k = float_of(shift_right<C::kMantissaBits>(shifted) | Bits(U{C::kMagicBits})) - V(C::kMagic);
  return float_of((shifted & Bits(U{C::kMantissa})) + Bits(U{C::kSqrtHalf}));
}
// k ln 2 + log(1 + f) + correction: 2 atanh(f / (2 + f)), written so that f itself is never rounded away.
template <class V, bool kFused>
TL_LANE V log_of_parts(V k, V f, V correction) {
  using T = typename V::T;
  const V s = f / (V(2) + f);
  const V z = s * s;
  const V half_square = V(0.5f) * f * f;
  const V kLow = k * V(ExpConstants<T>::kLn2Low) + correction;
  const V kHigh = k * V(ExpConstants<T>::kLn2High);
  if constexpr (kFused) {
    const V tail = z * polynomial(z, LogConstants<T>::kTail);
    return kHigh - ((half_square - fma(s, half_square + tail, kLow)) - f);
  } else {
    const V tail = z * polynomial_unfused(z, LogConstants<T>::kTail);
    return kHigh - ((half_square - (s * (half_square + tail) + kLow)) - f);
  }
}

template <class V>
TL_LANE V log(V x) {
  using C = LogConstants<typename V::T>;
  const auto normal = (V(C::kSmallest) <= x) & (x < infinity<V>());
  V z = x;
  V exponent_correction(0);
  const bool all_normal = lanes_of(!normal) == 0;
  if (__builtin_expect(!all_normal, 0)) {
    const auto denormal = x < V(C::kSmallest);
    z = select(denormal, x * V(C::kDenormalScale), x);
    exponent_correction = select(denormal, V(C::kDenormalExponent), V(0));
  }
  V k(0);
  const V m = split_exponent(z, k);
  k = k - exponent_correction;
  V y = log_of_parts<V, true>(k, m - V(1), V(0));
  if (__builtin_expect(!all_normal, 0)) {
    y = select(x == infinity<V>(), x, y);
    y = select(V(0) <= x, y, not_a_number<V>());
    y = select(x == V(0), V(0) - infinity<V>(), y);
  }
  return y;
}
// For x in (0, 1] that is normal: the same bits on every instruction set.
template <class V>
TL_LANE V log_unfused(V x) {
  V k(0);
  const V m = split_exponent(x, k);
  return log_of_parts<V, false>(k, m - V(1), V(0));
}

template <class V>
TL_LANE V log1p(V x) {
  using C = LogConstants<typename V::T>;
  const V u = V(1) + x;
  V k(0);
  const V m = split_exponent(u, k);
  // What the addition above lost. Where it was x that was small beside 1, and where 1 was, the formulas differ.
  const V lost = select(x < V(1), x - (u - V(1)), V(1) - (u - x)) / u;
  // For x in the interval where k = 0, f is x itself and nothing was lost.
  const auto near_zero = k == V(0);
  const V f = select(near_zero, x, m - V(1));
  V y = log_of_parts<V, true>(k, f, select(near_zero, V(0), lost));
  y = select(absolute(x) < V(C::kLog1pTiny), x, y);
  y = select(x == infinity<V>(), x, y);
  y = select(V(-1) <= x, y, not_a_number<V>());
  return select(x == V(-1), V(0) - infinity<V>(), y);
}

// An odd polynomial near zero, and beyond it 1 - 2 / (e^(2|x|) + 1), which loses nothing there.
template <class V>
TL_LANE V tanh(V x) {
  using C = TanhConstants<typename V::T>;
  const V magnitude = absolute(x);
  const V z = magnitude * magnitude;
  const V near = fma(magnitude * z, polynomial(z, C::kTail), magnitude);
  const V e = exp(min_second(V(C::kMax), magnitude + magnitude));
  const V far = V(1) - V(2) / (e + V(1));
  return with_sign(select(magnitude < V(0.55f), near, far), x);
}

// 1 / (1 + e^-x), written in e^-|x|, which cannot overflow and keeps small results exact. What the sum loses in rounding
// is taken off the quotient.
template <class V>
TL_LANE V sigmoid(V x) {
  const V e = exp(V(0) - absolute(x));
  const V sum = V(1) + e;
  const V lost = e - (sum - V(1));
  const auto negative = x < V(0);
  const V quotient = select(negative, e, V(1)) / sum;
  const V inverse_of_sum = select(negative, V(1) - quotient, quotient);
  return fnma(quotient * lost, inverse_of_sum, quotient);
}

// log(1 + e^x) for x <= 0. The exponential is at most 1, so that its logarithm needs no exponent. NaN where x is.
template <class V>
TL_LANE V log_one_plus_exp(V x) {
  const V e = exp(x);
  const V s = e / (V(2) + e);
  const V z = s * s;
  const V half_square = V(0.5f) * e * e;
  const V tail = z * polynomial(z, LogConstants<typename V::T>::kWideTail);
  return e - fnma(s, half_square + tail, half_square);
}

// log(1 + e^x) = max(x, 0) + log(1 + e^-|x|).
template <class V>
TL_LANE V softplus(V x) {
  return max_second(V(0), x) + log_one_plus_exp(V(0) - absolute(x));
}

// |x|^y by e^(y log|x|) in the given precision; the signs and the exceptions of C's pow around it.
template <class V>
TL_LANE V pow_by_log(V x, V y) {
  const V magnitude = absolute(x);
  V result = exp(y * log(magnitude));
  const V half = y * V(0.5f);
  const auto integral = floor(y) == y;
  const auto even = floor(half) == half;  // true for infinities and for all large numbers
  result = select(magnitude == V(1), V(1), result);
  // An odd power keeps the sign of x, also that of -0 and -inf.
  result = select(integral & !even, with_sign(result, x), result);
  const auto negative = (x < V(0)) & (V(0) - infinity<V>() < x);
  result = select(negative & !integral, not_a_number<V>(), result);
  result = select((x != x) | (y != y), x + y, result);
  return select((y == V(0)) | (x == V(1)), V(1), result);
}
TL_LANE F32 pow(F32 x, F32 y) {
  F64 x_low(0), x_high(0), y_low(0), y_high(0);
  widen(x, x_low, x_high);
  widen(y, y_low, y_high);
  return narrow(pow_by_log(x_low, y_low), pow_by_log(x_high, y_high));
}
// A double has no wider format to compute in: libm, lane by lane.
TL_LANE F64 pow(F64 x, F64 y) {
  double a[F64::N], b[F64::N];
  x.store(a);
  y.store(b);
  for (size_t i = 0; i < F64::N; ++i) a[i] = __builtin_pow(a[i], b[i]);
  return F64::load(a);
}

}  // namespace
}  // namespace TL_VECTOR_NAMESPACE
}  // namespace tl
