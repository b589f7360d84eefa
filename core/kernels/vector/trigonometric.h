// sin, cos, the sine and cosine of a fraction of the circle, and erf, on the lanes of one instruction set.
#pragma once

#include "core/kernels/vector/exponential.h"

namespace tl {
namespace TL_VECTOR_NAMESPACE {
namespace {

struct QuarterTurn {
  static constexpr double kInverse = 0.63661977236758134;  // 2 / pi
  // pi / 2 in three parts; the first two have 33 bits, so that their product with a quadrant below 2^20 is exact.
  static constexpr double kHigh = 0x1.921fb544p+0, kMiddle = 0x1.0b4611a6p-34, kLow = 0x1.3198a2e037073p-69;
  static constexpr double kMiddleAndLow = 0x1.0b4611a626331p-34;
  static constexpr double kLimit = 0x1p19;  // beyond |x|, libm does the argument reduction
};
// (sin x - x) / x^3 and (cos x - 1 + x^2 / 2) / x^4 in x^2, for |x| <= pi / 4.
constexpr double kSinTail[] = {-0.16666666666666632,   0.0083333333333223698,   -0.00019841269829771289,
                               2.7557313678702621e-06, -2.5050755966550618e-08, 1.5896666776379179e-10};
constexpr double kCosTail[] = {0.041666666666666602,    -0.0013888888888874066, 2.4801587289444088e-05,
                               -2.7557314340815303e-07, 2.0875721642895028e-09, -1.1359560240625072e-11};
// The same to the precision of float, computed in double.
constexpr double kSinTailShort[] = {-0.16666666641527175, 0.0083333293741479925, -0.0001983933100357565,
                                    2.7182745248176924e-06};
constexpr double kCosTailShort[] = {0.041666666622654856, -0.0013888883738158045, 2.4799515914322769e-05,
                                    -2.7209894535100817e-07};

TL_LANE F64 by_quadrant(F64 sine, F64 cosine, Bits64 quadrant) {
  const F64 y = select(sign_of(shift_left<63>(quadrant)), cosine, sine);
  return float_of(bits_of(y) ^ (shift_left<62>(quadrant) & Bits64(uint64_t{1} << 63)));
}
TL_LANE Bits64 quadrant_bits(F64 n) { return bits_of(n + F64(0x1.8p52)); }

// sin(x + quarter_turns pi / 2) in double for |x| <= kLimit: the argument is reduced to a pair of doubles.
TL_LANE F64 sin_shifted(F64 x, uint64_t quarter_turns) {
  const F64 n = nearest(x * F64(QuarterTurn::kInverse));
  const F64 t = x - n * F64(QuarterTurn::kHigh);  // exact
  const F64 w = n * F64(QuarterTurn::kMiddle);    // exact
  const F64 r = t - w;
  const F64 back = t - r;
  const F64 error = (t - (r + back)) + (back - w);
  const F64 low = error - n * F64(QuarterTurn::kLow);
  const F64 a = r + low;
  const F64 b = (r - a) + low;
  const F64 z = a * a;
  const F64 half = F64(0.5) * z;
  const F64 sine = a + fma(a * z, polynomial(z, kSinTail), b * (F64(1) - half));
  const F64 whole = F64(1) - half;
  const F64 cosine =
      whole + (((F64(1) - whole) - half) + fma(z * z, polynomial(z, kCosTail), F64(0) - a * b));
  const F64 y = by_quadrant(sine, cosine, quadrant_bits(n) + Bits64(quarter_turns));
  // x itself where x is so small that sin x rounds to it: keeps the sign of zero.
  return quarter_turns == 0 ? select(absolute(x) < F64(0x1p-27), x, y) : y;
}
TL_LANE F64 sin_shifted_to_float(F64 x, uint64_t quarter_turns) {
  const F64 n = nearest(x * F64(QuarterTurn::kInverse));
  const F64 a = fnma(n, F64(QuarterTurn::kMiddleAndLow), x - n * F64(QuarterTurn::kHigh));
  const F64 z = a * a;
  const F64 sine = fma(a * z, polynomial(z, kSinTailShort), a);
  const F64 cosine = fma(z * z, polynomial(z, kCosTailShort), F64(1) - F64(0.5) * z);
  const F64 y = by_quadrant(sine, cosine, quadrant_bits(n) + Bits64(quarter_turns));
  return quarter_turns == 0 ? select(absolute(x) < F64(0x1p-14), x, y) : y;
}

// Lanes outside of the limit (also NaN and infinities) one by one through libm.
template <class V, class Libm>
TL_LANE V patch_far_lanes(V x, V y, Libm libm) {
  const uint32_t far = lanes_of(!(absolute(x) <= V(static_cast<typename V::T>(QuarterTurn::kLimit))));
  if (__builtin_expect(far == 0, 1)) return y;
  typename V::T in[V::N], out[V::N];
  x.store(in);
  y.store(out);
  for (size_t i = 0; i < V::N; ++i) {
    if (far >> i & 1) out[i] = libm(in[i]);
  }
  return V::load(out);
}
TL_LANE F64 sin(F64 x) {
  return patch_far_lanes(x, sin_shifted(x, 0), [](double v) { return __builtin_sin(v); });
}
TL_LANE F64 cos(F64 x) {
  return patch_far_lanes(x, sin_shifted(x, 1), [](double v) { return __builtin_cos(v); });
}
TL_LANE F32 sin(F32 x) {
  F64 low(0), high(0);
  widen(x, low, high);
  const F32 y = narrow(sin_shifted_to_float(low, 0), sin_shifted_to_float(high, 0));
  return patch_far_lanes(x, y, [](float v) { return __builtin_sinf(v); });
}
TL_LANE F32 cos(F32 x) {
  F64 low(0), high(0);
  widen(x, low, high);
  const F32 y = narrow(sin_shifted_to_float(low, 1), sin_shifted_to_float(high, 1));
  return patch_far_lanes(x, y, [](float v) { return __builtin_cosf(v); });
}

// Sine and cosine of `turns` full turns, 0 <= turns <= 1: the reduction is exact, and without fused operations the
// bits are the same on every instruction set.
template <class T>
struct TurnConstants;
template <>
struct TurnConstants<float> {
  static constexpr float kMagic = 0x1.8p23f;
  // sin(f pi / 2) / f and cos(f pi / 2) in f^2, |f| <= 1/2
  static constexpr float kSin[] = {1.57079637f, -0.645964086f, 0.0796925798f, -0.00468126638f,
                                   0.000158206749f};
  static constexpr float kCos[] = {1.0f, -1.23370051f, 0.253669202f, -0.0208600722f, 0.000903631677f};
};
template <>
struct TurnConstants<double> {
  static constexpr double kMagic = 0x1.8p52;
  static constexpr double kSin[] = {1.5707963267948966,     -0.64596409750624628,   0.079692626246166923,
                                    -0.0046817541353148286, 0.00016044118472668969, -3.5988427172469601e-06,
                                    5.691927880192801e-08,  -6.6276283335515115e-10};
  static constexpr double kCos[] = {1,
                                    -1.2337005501361697,
                                    0.2536695079010467,
                                    -0.020863480763311227,
                                    0.00091926027418336609,
                                    -2.5202036771694315e-05,
                                    4.7106097626584264e-07,
                                    -6.3212609724361843e-09};
};
template <class V>
TL_LANE void sin_cos_of_turns(V turns, V& sine, V& cosine) {
  using C = TurnConstants<typename V::T>;
  constexpr int kSignBit = static_cast<int>(8 * sizeof(typename V::T) - 1);
  using U = typename V::Uint;
  const V quarters = turns * V(4);
  const V magic = quarters + V(C::kMagic);
  const V f = quarters - (magic - V(C::kMagic));
  const auto quadrant = bits_of(magic);
  const V z = f * f;
  const V s = f * polynomial_unfused(z, C::kSin);
  const V c = polynomial_unfused(z, C::kCos);
  const auto odd = sign_of(shift_left<kSignBit>(quadrant));
  const typename V::Bits sign(static_cast<U>(U{1} << kSignBit));
  const typename V::Bits one(U{1});
  sine = float_of(bits_of(select(odd, c, s)) ^ (shift_left<kSignBit - 1>(quadrant) & sign));
  cosine = float_of(bits_of(select(odd, s, c)) ^ (shift_left<kSignBit - 1>(quadrant + one) & sign));
}

// erf. Near zero x + x P(x^2). Further out 1 - erfc, which for float is e^(-x Q(x)) and for double e^(-x^2) W(u) with
// u = (x - 5/2) / (x + 5/2).
constexpr float kErfNearF32[] = {0.128379166f,   -0.376126349f,    0.112836964f,   -0.0268594138f,
                                 0.00520099001f, -0.000814148108f, 8.36231047e-05f};
constexpr float kErfFarF32[] = {1.12865222f,    0.635135889f,     0.106263153f,   -0.0237853527f,
                                0.00365376705f, -0.000325653557f, 1.15223866e-05f};
constexpr double kErfNearF64[] = {0.12837916709551259,     -0.37612638903183748,    0.11283791670954693,
                                  -0.02686617064501895,    0.005223977623935454,    -0.00085483269040907185,
                                  0.00012055326980496381,  -1.4925451342390317e-05, 1.6457697266431365e-06,
                                  -1.6300710053217536e-07, 1.4190830995791608e-08,  -8.8403429767370716e-10};
constexpr double kErfFarF64[] = {0.21080636406114334,     -0.37173673394902834,    0.25171319321641211,
                                 -0.12503305237392306,    0.039922539335260708,    -0.0039936989832350485,
                                 -0.0026423635080545182,  0.00087584368615602421,  0.00022783064225627005,
                                 -0.00013085699284883626, -3.8183221995404918e-05, 1.4408631109657078e-05,
                                 6.5729767719802282e-06};
TL_LANE F32 erf(F32 x) {
  const F32 magnitude = absolute(x);
  const F32 near = fma(x, polynomial(x * x, kErfNearF32), x);
  const F32 t = min_second(F32(4.0f), magnitude);
  const F32 far = F32(1) - exp(F32(0) - t * polynomial(t, kErfFarF32));
  return select(magnitude < F32(0.9275f), near, with_sign(far, x));
}
TL_LANE F64 erf(F64 x) {
  const F64 magnitude = absolute(x);
  const F64 near = fma(x, polynomial(x * x, kErfNearF64), x);
  const F64 t = min_second(F64(6.0), magnitude);
  const F64 u = (t - F64(2.5)) / (t + F64(2.5));
  const F64 far = F64(1) - exp(F64(0) - t * t) * polynomial(u, kErfFarF64);
  return select(magnitude < F64(0.85), near, with_sign(far, x));
}

}  // namespace
}  // namespace TL_VECTOR_NAMESPACE
}  // namespace tl
