// Errors of the vector kernels' functions in units in the last place, against libm in a wider format, over dense
// samples of all bit patterns and of the ranges that matter. Prints the largest error per function and instruction set.
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <string>

#include "tests/kernels/vector_tables.h"

using namespace tl;

namespace {

using Reference = std::function<long double(long double)>;

// The distance between the neighbours of a result, that of the denormals at least.
template <class T>
long double ulp_of(long double reference) {
  using Limits = std::numeric_limits<T>;
  const long double magnitude = std::fabs(reference);
  if (magnitude < static_cast<long double>(Limits::min()))
    return static_cast<long double>(Limits::denorm_min());
  int exponent;
  std::frexp(magnitude, &exponent);
  return std::ldexp(1.0L, exponent - Limits::digits);
}

// Infinity where the kinds (NaN, infinity and its sign, sign of zero) differ.
template <class T>
double error_in_ulps(T got, long double reference) {
  const T rounded = static_cast<T>(reference);
  if (std::isnan(reference)) return std::isnan(got) ? 0 : INFINITY;
  if (std::isnan(got)) return INFINITY;
  if (std::isinf(got) || std::isinf(rounded)) return got == rounded ? 0 : INFINITY;
  if (got == 0 && rounded == 0) return std::signbit(got) == std::signbit(rounded) ? 0 : INFINITY;
  return static_cast<double>(std::fabs(static_cast<long double>(got) - reference) / ulp_of<T>(reference));
}

template <class T>
struct Case {
  const char* name;
  typename UnaryKernels<T>::Fn UnaryKernels<T>::*member;
  Reference reference;
  double limit;
  std::vector<std::pair<double, double>> ranges;
};

long double sigmoid(long double x) {
  return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
}
long double softplus(long double x) {
  if (std::isnan(x)) return x;
  return std::fmax(x, 0.0L) + std::log1p(std::exp(-std::fabs(x)));
}

// exact: the correctly rounded value must come out, which differs from a long double reference by half an ulp.
template <class T>
std::vector<Case<T>> cases() {
  using U = UnaryKernels<T>;
  const double exact = 0.5 + 1e-6;
  return {
      {"sqrt", &U::sqrt, [](long double x) { return std::sqrt(x); }, exact, {{0, 1e3}}},
      {"reciprocal", &U::reciprocal, [](long double x) { return 1 / x; }, exact, {{-10, 10}}},
      {"square", &U::square, [](long double x) { return x * x; }, exact, {{-10, 10}}},
      {"rsqrt", &U::rsqrt, [](long double x) { return 1 / std::sqrt(x); }, 1.5, {{0, 1e3}}},
      {"exp",
       &U::exp,
       [](long double x) { return std::exp(x); },
       1.5,
       {{-1, 1}, {-20, 20}, {-104, 89}, {-746, 710}}},
      {"expm1",
       &U::expm1,
       [](long double x) { return std::expm1(x); },
       1.5,
       {{-1, 1}, {-1e-3, 1e-3}, {-45, 89}}},
      {"log", &U::log, [](long double x) { return std::log(x); }, 1.5, {{0.5, 2}, {0.99, 1.01}, {0, 1e4}}},
      {"log1p",
       &U::log1p,
       [](long double x) { return std::log1p(x); },
       1.5,
       {{-1, 1}, {-1e-3, 1e-3}, {0, 1e4}}},
      {"tanh",
       &U::tanh,
       [](long double x) { return std::tanh(x); },
       2,
       {{-1, 1}, {-10, 10}, {-0.01, 0.01}, {-25, 25}}},
      {"sigmoid", &U::sigmoid, sigmoid, 2, {{-1, 1}, {-20, 20}, {-110, 90}}},
      {"softplus", &U::softplus, softplus, 2, {{-1, 1}, {-20, 20}, {-110, 90}}},
      {"sin",
       &U::sin,
       [](long double x) { return std::sin(x); },
       1,
       {{-1, 1}, {-10, 10}, {-1e3, 1e3}, {-6e5, 6e5}}},
      {"cos",
       &U::cos,
       [](long double x) { return std::cos(x); },
       1,
       {{-1, 1}, {-10, 10}, {-1e3, 1e3}, {-6e5, 6e5}}},
      {"erf", &U::erf, [](long double x) { return std::erf(x); }, 1.5, {{-1, 1}, {-4, 4}, {-6.5, 6.5}}},
      {"erfc",
       &U::erfc,
       [](long double x) { return std::erfc(x); },
       2,
       {{-1, 1}, {-7, 4}, {0.4, 2.2}, {4, 9.19}, {9, 27.5}}},
  };
}

template <class T, class Bits>
std::vector<T> samples(const Case<T>& c, size_t patterns, size_t per_range) {
  std::vector<T> x = {T(0),
                      T(-0.0),
                      T(1),
                      T(-1),
                      std::numeric_limits<T>::infinity(),
                      -std::numeric_limits<T>::infinity(),
                      std::numeric_limits<T>::quiet_NaN(),
                      std::numeric_limits<T>::denorm_min(),
                      -std::numeric_limits<T>::denorm_min(),
                      std::numeric_limits<T>::min(),
                      -std::numeric_limits<T>::min(),
                      std::numeric_limits<T>::max(),
                      std::numeric_limits<T>::lowest()};
  // Evenly through the bit patterns: every exponent of both signs, the denormals and many NaNs.
  const Bits step = static_cast<Bits>(~Bits{0} / patterns) | 1;
  Bits pattern = 0;
  for (size_t i = 0; i < patterns; ++i, pattern += step) {
    T value;
    std::memcpy(&value, &pattern, sizeof(T));
    x.push_back(value);
  }
  uint64_t seed = 1;
  for (auto [low, high] : c.ranges) {
    for (T v : uniform_values<T>(per_range, low, high, seed)) x.push_back(v);
    ++seed;
  }
  // Next to the multiples of pi / 2, where the reduction of an angle loses most.
  for (int k = 1; k < 300000; k = k * 9 / 8 + 1) {
    const T v = static_cast<T>(k * 1.570796326794896619231L);
    for (T w : {v, std::nextafter(v, T(0)), std::nextafter(v, T(1e30)), -v}) x.push_back(w);
  }
  return x;
}

template <class T, class Bits>
void check_all(const char* type, size_t patterns, size_t per_range) {
  for (const Case<T>& c : cases<T>()) {
    const std::vector<T> x = samples<T, Bits>(c, patterns, per_range);
    std::vector<long double> reference(x.size());
    for (size_t i = 0; i < x.size(); ++i) {
      // For float, double is wide enough, and much faster than long double for some functions.
      reference[i] = c.reference(static_cast<long double>(x[i]));
    }
    std::string line = std::string(type) + " " + c.name + ":";
    for (const VectorTable* table : runnable_vector_tables()) {
      std::vector<T> y(x.size());
      (float_table<T>(*table).unary.*c.member)(x.data(), y.data(), x.size());
      double worst = 0;
      size_t at = 0;
      for (size_t i = 0; i < x.size(); ++i) {
        const double error = error_in_ulps(y[i], reference[i]);
        if (error > worst) {
          worst = error;
          at = i;
        }
      }
      char figure[64];
      std::snprintf(figure, sizeof(figure), " %s %.3f", isa_name(table->isa), worst);
      line += figure;
      CAPTURE(type, c.name, isa_name(table->isa), x[at], y[at], static_cast<double>(reference[at]));
      CHECK(worst <= c.limit);
    }
    std::printf("  max ulp %s\n", line.c_str());
  }
}

template <class T>
void check_pow(const char* type, size_t n) {
  std::vector<T> x, y;
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  const std::vector<T> special = {T(0),
                                  T(-0.0),
                                  T(1),
                                  T(-1),
                                  T(2),
                                  T(-2),
                                  T(3),
                                  T(-3),
                                  T(0.5),
                                  T(-0.5),
                                  T(1.5),
                                  inf,
                                  -inf,
                                  nan,
                                  T(-2.5),
                                  std::numeric_limits<T>::max(),
                                  std::numeric_limits<T>::denorm_min()};
  for (T a : special) {
    for (T b : special) {
      x.push_back(a);
      y.push_back(b);
    }
  }
  const auto bases = uniform_values<T>(n, 0, 3, 7), exponents = uniform_values<T>(n, -80, 80, 8);
  x.insert(x.end(), bases.begin(), bases.end());
  y.insert(y.end(), exponents.begin(), exponents.end());
  const auto near_one = uniform_values<T>(n, 0.999, 1.001, 9), large = uniform_values<T>(n, -8e4, 8e4, 10);
  x.insert(x.end(), near_one.begin(), near_one.end());
  y.insert(y.end(), large.begin(), large.end());
  const auto integers = uniform_values<T>(n, -9, 9, 11), any_sign = uniform_values<T>(n, -50, 50, 12);
  for (size_t i = 0; i < n; ++i) {
    x.push_back(any_sign[i]);
    y.push_back(std::floor(integers[i]));
  }
  std::string line = std::string(type) + " pow:";
  for (const VectorTable* table : runnable_vector_tables()) {
    std::vector<T> z(x.size());
    float_table<T>(*table).arithmetic.pow.vector_vector(x.data(), y.data(), z.data(), x.size());
    double worst = 0;
    size_t at = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const double error =
          error_in_ulps(z[i], std::pow(static_cast<long double>(x[i]), static_cast<long double>(y[i])));
      if (error > worst) {
        worst = error;
        at = i;
      }
    }
    char figure[64];
    std::snprintf(figure, sizeof(figure), " %s %.3f", isa_name(table->isa), worst);
    line += figure;
    CAPTURE(type, isa_name(table->isa), x[at], y[at], z[at]);
    CHECK(worst <= 1);
  }
  std::printf("  max ulp %s\n", line.c_str());
}

}  // namespace

TEST_CASE("Vector functions of float are within two units in the last place",
          "[kernels][vector][accuracy][long]") {
  check_all<float, uint32_t>("f32", 400000, 60000);
  check_pow<float>("f32", 40000);
}

TEST_CASE("Vector functions of double are within two units in the last place",
          "[kernels][vector][accuracy][long]") {
  check_all<double, uint64_t>("f64", 100000, 60000);
  check_pow<double>("f64", 40000);
}
