// erfc on the lanes of one instruction set: the complementary error function with a small relative error as far as its
// result is a normal number, where 1 - erf has no digit left. The same bits on every instruction set: no fused
// multiply-adds.
//
// All of it is computed in double. e^(-x^2) W(|x|), with W(x) = e^(x^2) erfc(x), needs x^2 to more digits than a double
// has: near the end of the range x^2 is 700, and its rounding error would be 2^9 units of the result. The polynomials
// interpolate at Chebyshev points (60 digits); their own error is below a tenth of an ulp.
#pragma once

#include "core/kernels/vector/trigonometric.h"

namespace tl {
namespace TL_VECTOR_NAMESPACE {
namespace {

// The upper half of a number's digits.
TL_LANE F64 upper_half(F64 x) { return float_of(bits_of(x) & F64::Bits(~uint64_t{0x7FFFFFF})); }

// e^(-x^2) = 2^k (high + tail) for 0 <= x < 28.
TL_LANE void exp_of_minus_square(F64 x, F64& high, F64& tail, F64& k) {
  using C = ExpConstants<double>;
  // x^2 = square + rest: the products of the two halves of x are exact.
  const F64 upper = upper_half(x), lower = x - upper;
  const F64 square = x * x;
  const F64 rest = ((upper * upper - square) + (upper + upper) * lower) + lower * lower;
  k = nearest(square * F64(-C::kLog2e));
  const F64 part = (F64(0) - square) - k * F64(C::kLn2High);  // exact
  const F64 low = k * F64(C::kLn2Low) + rest;
  const F64 r = part - low;
  high = F64(1) + part;
  tail = (part - (high - F64(1))) + ((r * r) * polynomial_unfused(r, C::kTail) - low);
}

constexpr double kErfcFromMiddle = 0.5, kErfcFromFar = 2.0,
                 kErfcMax = 27.3;  // beyond: zero, with or without rounding
// W(5/4), the rest of it, and (W(5/4 + u) - W(5/4)) / u
constexpr double kErfcMiddle = 0.36782291645236109, kErfcMiddleRest = -1.387401093925035e-19;
constexpr double kErfcMiddleSlope[] = {
    -0.20882187596461019,    0.10679557149659888,    -0.050218274395869365,   0.022011364250847418,
    -0.0090816276341279915,  0.0035531099035342175,  -0.0013257829127515989,  0.00047397030596022346,
    -0.00016296013925133016, 5.4054092895471115e-05, -1.7343494354731172e-05, 5.3955109248391933e-06,
    -1.6322773246505447e-06, 4.8001798556502262e-07, -1.3495543222071708e-07, 3.7821285566920568e-08,
    -1.2698965108345007e-08, 3.3712729956417845e-09};
// W(x) x sqrt(pi) - 1 in u = (x - 5) / (x + 5), with the double that is nearest to sqrt(pi)
constexpr double kRootPi = 1.7724538509055159, kRootPiUpper = 0x1.c5bf89p+0,
                 kRootPiLower = kRootPi - kRootPiUpper;
constexpr double kErfcFar[] = {
    -0.018905692684612153,  0.071619346169567166,    -0.12855188227449452,    0.16083722476976545,
    -0.16595350842689302,   0.1485490022158861,      -0.11768826503833185,    0.083146300928981176,
    -0.052404358683486696,  0.029306858285204948,    -0.014368636173654909,   0.0060382630864869473,
    -0.0020806681800018601, 0.00052789047091743714,  -6.1106609778769762e-05, -2.194983614714742e-05,
    1.4312502567202424e-05, -3.3862629149562871e-06, 2.54917292278371e-07};

// Three ways: 1 - erf near zero; W as its value at 5/4 and a small difference, which suppresses the error of the
// polynomial; the same with the limit 1 of W(x) x sqrt(pi). The large parts of products are kept apart from the small.
TL_LANE F64 erfc(F64 x) {
  const F64 magnitude = min_second(F64(kErfcMax), absolute(x));  // in this order NaN stays
  F64 high, tail, k;
  exp_of_minus_square(magnitude, high, tail, k);

  const F64 u = magnitude - F64(1.25);
  const F64 difference = u * polynomial_unfused(u, kErfcMiddleSlope);
  const F64 w = F64(kErfcMiddle) + difference;
  const F64 w_rest = (difference - (w - F64(kErfcMiddle))) + F64(kErfcMiddleRest);
  const F64 middle = high * w + (tail * w + (high + tail) * w_rest);

  const F64 v = (magnitude - F64(5)) / (magnitude + F64(5));
  const F64 below = magnitude * F64(kRootPi);  // rounded: the rest of it goes into the small part above
  const F64 upper = upper_half(magnitude), lower = magnitude - upper;
  const F64 below_rest =
      ((upper * F64(kRootPiUpper) - below) + upper * F64(kRootPiLower) + lower * F64(kRootPiUpper)) +
      lower * F64(kRootPiLower);
  const F64 small = polynomial_unfused(v, kErfcFar) - below_rest / below;
  const F64 far = (high + (tail + (high + tail) * small)) / below;

  const F64 positive = scale_by_power_of_two(select(magnitude < F64(kErfcFromFar), middle, far), k);
  const F64 away = select(x < F64(0), F64(2) - positive, positive);
  const F64 erf_near = x * polynomial_unfused(x * x, kErfNearF64) + x;
  return select(magnitude < F64(kErfcFromMiddle), F64(1) - erf_near, away);
}

// Of a float, whose square is exact in double: e^(-x^2) W(u) with u = (x - 3) / (x + 3), W to nine digits.
constexpr double kErfcF32[] = {0.17900115104071948,    -0.32623355908676221,  0.2456038205271005,
                               -0.15011596867095131,   0.071665415195749607,  -0.024392366182664073,
                               0.0042725599351936469,  0.0007093949596009843, -0.00060830623975875037,
                               3.3087538503609749e-05, 7.461324432157084e-05, 8.6650299962724414e-06};
constexpr double kExpF32[] = {0.99999999995949029,   0.99999999999550115,   0.50000001078718759,
                              0.16666666786467052,   0.041666217923293891,  0.0083332834947375499,
                              0.0013948604697382608, 0.00019907598592335245};
TL_LANE F64 erfc_of_float(F64 x) {
  const F64 t = min_second(F64(10.3), absolute(x));  // beyond it is zero
  const F64 square = t * t;
  const F64 k = nearest(square * F64(-ExpConstants<double>::kLog2e));
  const F64 r = (F64(0) - square) - k * F64(0.69314718055994531);
  const F64 w = polynomial_unfused((t - F64(3)) / (t + F64(3)), kErfcF32);
  const F64 positive = scale_by_power_of_two(polynomial_unfused(r, kExpF32) * w, k);
  return select(x < F64(0), F64(2) - positive, positive);
}
TL_LANE F32 erfc(F32 x) {
  F64 low, high;
  widen(x, low, high);
  return narrow(erfc_of_float(low), erfc_of_float(high));
}

}  // namespace
}  // namespace TL_VECTOR_NAMESPACE
}  // namespace tl
