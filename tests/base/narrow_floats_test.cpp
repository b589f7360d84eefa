#include "core/base/narrow_floats.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>

namespace tl::narrow {
namespace {

// The value that a pattern of `fraction` bits behind an exponent of 5 or 8 bits stands for, by the definition of IEEE 754.
double meaning(int bits, int exponent_bits) {
  const int fraction_bits = 15 - exponent_bits, bias = (1 << (exponent_bits - 1)) - 1;
  const int exponent = bits >> fraction_bits & ((1 << exponent_bits) - 1),
            fraction = bits & ((1 << fraction_bits) - 1);
  const double sign = bits & 0x8000 ? -1 : 1;
  if (exponent == (1 << exponent_bits) - 1) return fraction ? NAN : sign * HUGE_VAL;
  const double scaled = std::ldexp(fraction, -fraction_bits);
  return sign * (exponent ? std::ldexp(1 + scaled, exponent - bias) : std::ldexp(scaled, 1 - bias));
}

bool same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}

// Of all numbers of the format the nearest, of two the one with the even pattern; by trying the neighbours in order.
template <class To>
void check_rounding(To&& to, int exponent_bits) {
  const int infinity = ((1 << exponent_bits) - 1) << (15 - exponent_bits);
  int wrong = 0;
  for (int bits = 0; bits < infinity; bits++) {
    const double low = meaning(bits, exponent_bits);
    // Behind the largest number comes what would be the next one, from which on everything is an infinity.
    const double high = bits + 1 < infinity ? meaning(bits + 1, exponent_bits)
                                            : low + (low - meaning(bits - 1, exponent_bits));
    const auto middle = static_cast<float>((low + high) / 2);
    if (static_cast<double>(middle) != (low + high) / 2) continue;  // below what f32 can tell
    const int even = bits & 1 ? bits + 1 : bits;
    for (float sign : {1.0f, -1.0f}) {
      const int mark = sign < 0 ? 0x8000 : 0;
      wrong += to(sign * static_cast<float>(low)) != (bits | mark);
      wrong += to(sign * middle) != (even | mark);
      wrong += to(sign * std::nextafter(middle, 0.0f)) != (bits | mark);
      wrong += to(sign * std::nextafter(middle, INFINITY)) != ((bits + 1) | mark);
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("every bf16 and f16 number is the f32 that its bits say, and comes back", "[base]") {
  int wrong = 0;
  for (int bits = 0; bits < 0x10000; bits++) {
    const auto pattern = static_cast<uint16_t>(bits);
    wrong += !same(static_cast<double>(from_bf16(pattern)), meaning(bits, 8));
    wrong += !same(static_cast<double>(from_f16(pattern)), meaning(bits, 5));
    const bool nan_bf16 = std::isnan(from_bf16(pattern)), nan_f16 = std::isnan(from_f16(pattern));
    wrong += to_bf16(from_bf16(pattern)) != (nan_bf16 ? pattern | 0x40 : pattern);
    wrong += to_f16(from_f16(pattern)) != (nan_f16 ? pattern | 0x200 : pattern);
  }
  CHECK(wrong == 0);
}

TEST_CASE("f32 is rounded to the nearest bf16 and f16, of two to the even one", "[base]") {
  check_rounding(to_f16, 5);
  check_rounding(to_bf16, 8);
  CHECK(to_f16(65520.0f) == 0x7C00);
  CHECK(to_f16(65519.996f) == 0x7BFF);
  CHECK(to_f16(1e30f) == 0x7C00);
  CHECK(to_f16(-INFINITY) == 0xFC00);
  CHECK(to_f16(1e-30f) == 0);
  CHECK(to_f16(-1e-30f) == 0x8000);
  CHECK(to_bf16(3.4028235e38f) == 0x7F80);
}

}  // namespace
}  // namespace tl::narrow
