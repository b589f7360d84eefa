// The loops of the vector kernels on every instruction set that the CPU has: each length with its tail, unaligned and
// in place, against naive loops in long double; and the promises about NaN, order and bits that table.h makes.
#include <cmath>
#include <limits>

#include "tests/kernels/vector_tables.h"

using namespace tl;

namespace {

constexpr size_t kMaxLength = 70;

template <class T>
constexpr T kInf = std::numeric_limits<T>::infinity();
template <class T>
constexpr T kNan = std::numeric_limits<T>::quiet_NaN();

template <class T>
bool near(T got, long double want, double tolerance_in_epsilon) {
  if (std::isnan(want)) return std::isnan(got);
  const T rounded = static_cast<T>(want);
  if (got == rounded) return true;
  return std::fabs(static_cast<long double>(got) - want) <=
         tolerance_in_epsilon * std::numeric_limits<T>::epsilon() * std::fabs(want);
}

// Exactly representable operations have one right answer, which plain C++ gives.
template <class T>
using BinaryReference = T (*)(T, T);
template <class T>
struct BinaryCase {
  const char* name;
  BinaryKernels<T> ArithmeticKernels<T>::*member;
  BinaryReference<T> reference;
};
template <class T>
std::vector<BinaryCase<T>> binary_cases() {
  using A = ArithmeticKernels<T>;
  return {{"add", &A::add, [](T a, T b) { return a + b; }},
          {"sub", &A::sub, [](T a, T b) { return a - b; }},
          {"mul", &A::mul, [](T a, T b) { return a * b; }},
          {"div", &A::div, [](T a, T b) { return a / b; }},
          {"strong_zero_mul", &A::strong_zero_mul, [](T a, T b) { return a == 0 || b == 0 ? T(0) : a * b; }},
          {"strong_zero_div", &A::strong_zero_div, [](T a, T b) { return a == 0 ? T(0) : a / b; }},
          {"maximum", &A::maximum,
           [](T a, T b) { return std::isnan(a) || std::isnan(b) ? kNan<T>
                                 : a > b                        ? a
                                                                : b; }},
          {"minimum", &A::minimum, [](T a, T b) {
             return std::isnan(a) || std::isnan(b) ? kNan<T> : a < b ? a : b;
           }}};
}
template <class T>
bool equal_or_both_nan(T a, T b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}
// Some of the elements special, at places that fall into whole registers and into tails.
template <class T>
std::vector<T> with_specials(size_t n, uint64_t seed) {
  std::vector<T> x = uniform_values<T>(n, -3, 3, seed);
  const T special[] = {kNan<T>, kInf<T>, -kInf<T>, T(0), T(-0.0), std::numeric_limits<T>::denorm_min()};
  for (size_t i = 0; i < n; ++i) {
    if ((i + seed) % 5 == 0) x[i] = special[(i / 5 + seed) % 6];
  }
  return x;
}

}  // namespace

TEMPLATE_TEST_CASE("Binary kernels agree with scalar arithmetic in every form", "[kernels][vector]", float,
                   double) {
  using T = TestType;
  for (const VectorTable* table : runnable_vector_tables()) {
    for (const BinaryCase<T>& c : binary_cases<T>()) {
      const BinaryKernels<T>& k = float_table<T>(*table).arithmetic.*c.member;
      for (size_t n = 0; n <= kMaxLength; ++n) {
        const Guarded<T> a(with_specials<T>(n, 1)), b(with_specials<T>(n, 2));
        const T s = T(1.25);
        Guarded<T> vv(n), vs(n), sv(n), in_a(a.values()), in_b(b.values());
        k.vector_vector(a.data(), b.data(), vv.data(), n);
        k.vector_scalar(a.data(), s, vs.data(), n);
        k.scalar_vector(s, b.data(), sv.data(), n);
        k.vector_vector(in_a.data(), b.data(), in_a.data(), n);
        k.vector_vector(a.data(), in_b.data(), in_b.data(), n);
        CAPTURE(isa_name(table->isa), c.name, n);
        bool ok = vv.intact() && vs.intact() && sv.intact() && in_a.intact() && in_b.intact();
        for (size_t i = 0; i < n; ++i) {
          ok = ok && equal_or_both_nan(vv[i], c.reference(a[i], b[i])) &&
               equal_or_both_nan(vs[i], c.reference(a[i], s)) &&
               equal_or_both_nan(sv[i], c.reference(s, b[i])) && equal_or_both_nan(in_a[i], vv[i]) &&
               equal_or_both_nan(in_b[i], vv[i]);
        }
        REQUIRE(ok);
      }
      for (size_t rows : {0, 1, 3}) {
        for (size_t cols : {1, 2, 7, 10, 16, 17, 33}) {
          const Guarded<T> a(with_specials<T>(rows * cols, 3)), row(with_specials<T>(cols, 4)),
              column(with_specials<T>(rows, 6));
          Guarded<T> mr(rows * cols), rm(rows * cols), mc(rows * cols), cm(rows * cols);
          k.matrix_row(a.data(), row.data(), mr.data(), rows, cols);
          k.row_matrix(row.data(), a.data(), rm.data(), rows, cols);
          k.matrix_column(a.data(), column.data(), mc.data(), rows, cols);
          k.column_matrix(column.data(), a.data(), cm.data(), rows, cols);
          CAPTURE(isa_name(table->isa), c.name, rows, cols);
          bool ok = mr.intact() && rm.intact() && mc.intact() && cm.intact();
          for (size_t i = 0; i < rows * cols; ++i) {
            ok = ok && equal_or_both_nan(mr[i], c.reference(a[i], row[i % cols])) &&
                 equal_or_both_nan(rm[i], c.reference(row[i % cols], a[i])) &&
                 equal_or_both_nan(mc[i], c.reference(a[i], column[i / cols])) &&
                 equal_or_both_nan(cm[i], c.reference(column[i / cols], a[i]));
          }
          REQUIRE(ok);
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("Unary kernels treat tails, alignment and in-place calls alike", "[kernels][vector]",
                   float, double) {
  using T = TestType;
  using U = UnaryKernels<T>;
  struct Exact {
    const char* name;
    typename U::Fn U::*member;
    T (*reference)(T);  // null: accuracy is vector_accuracy_test's business, here only lengths and places
  };
  const Exact cases[] = {
      {"neg", &U::neg, [](T x) { return -x; }},
      {"abs", &U::abs, [](T x) { return std::fabs(x); }},
      {"sign", &U::sign, [](T x) { return x > 0   ? T(1)
                                          : x < 0 ? T(-1)
                                                  : x; }},
      {"square", &U::square, [](T x) { return x * x; }},
      {"sqrt", &U::sqrt, [](T x) { return std::sqrt(x); }},
      {"rsqrt", &U::rsqrt, [](T x) { return 1 / std::sqrt(x); }},
      {"reciprocal", &U::reciprocal, [](T x) { return 1 / x; }},
      {"floor", &U::floor, [](T x) { return std::floor(x); }},
      {"relu", &U::relu, [](T x) { return x < 0 ? T(0) : x; }},
      {"exp", &U::exp, nullptr},
      {"expm1", &U::expm1, nullptr},
      {"log", &U::log, nullptr},
      {"log1p", &U::log1p, nullptr},
      {"tanh", &U::tanh, nullptr},
      {"sigmoid", &U::sigmoid, nullptr},
      {"softplus", &U::softplus, nullptr},
      {"sin", &U::sin, nullptr},
      {"cos", &U::cos, nullptr},
      {"erf", &U::erf, nullptr},
      {"erfc", &U::erfc, nullptr},
  };
  for (const VectorTable* table : runnable_vector_tables()) {
    for (const Exact& c : cases) {
      const auto kernel = float_table<T>(*table).unary.*c.member;
      for (size_t n = 0; n <= kMaxLength; ++n) {
        const Guarded<T> x(with_specials<T>(n, n));
        Guarded<T> y(n), in_place(x.values());
        kernel(x.data(), y.data(), n);
        kernel(in_place.data(), in_place.data(), n);
        CAPTURE(isa_name(table->isa), c.name, n);
        bool ok = y.intact() && in_place.intact();
        for (size_t i = 0; i < n; ++i) {
          T alone;
          kernel(x.data() + i, &alone, 1);
          ok = ok && equal_or_both_nan(y[i], in_place[i]) && equal_or_both_nan(y[i], alone);
          if (c.reference) {
            ok = ok && equal_or_both_nan(y[i], c.reference(x[i])) &&
                 (std::isnan(y[i]) || std::signbit(y[i]) == std::signbit(c.reference(x[i])));
          }
        }
        REQUIRE(ok);
      }
    }
  }
}

TEMPLATE_TEST_CASE("floor is exact where the fraction is about to vanish", "[kernels][vector]", float,
                   double) {
  using T = TestType;
  std::vector<T> x;
  for (int e = -5; e < 60; ++e) {
    for (T m : {T(1), T(1.25), T(1.9999)}) {
      for (T d : {T(0), T(0.5), T(-0.5)})
        x.push_back(std::ldexp(m, e) + d), x.push_back(-std::ldexp(m, e) - d);
    }
  }
  for (const VectorTable* table : runnable_vector_tables()) {
    std::vector<T> y(x.size());
    float_table<T>(*table).unary.floor(x.data(), y.data(), x.size());
    for (size_t i = 0; i < x.size(); ++i) {
      CAPTURE(isa_name(table->isa), x[i]);
      REQUIRE(y[i] == std::floor(x[i]));
    }
  }
}

TEMPLATE_TEST_CASE("Comparisons and select agree with scalar code", "[kernels][vector]", float, double) {
  using T = TestType;
  using A = ArithmeticKernels<T>;
  struct Case {
    const char* name;
    CompareKernels<T> A::*member;
    bool (*reference)(T, T);
  };
  const Case cases[] = {{"equal", &A::equal, [](T a, T b) { return a == b; }},
                        {"not_equal", &A::not_equal, [](T a, T b) { return a != b; }},
                        {"less", &A::less, [](T a, T b) { return a < b; }},
                        {"less_equal", &A::less_equal, [](T a, T b) { return a <= b; }},
                        {"greater", &A::greater, [](T a, T b) { return a > b; }},
                        {"greater_equal", &A::greater_equal, [](T a, T b) { return a >= b; }}};
  for (const VectorTable* table : runnable_vector_tables()) {
    const A& arithmetic = float_table<T>(*table).arithmetic;
    for (size_t n = 0; n <= kMaxLength; ++n) {
      Guarded<T> a(with_specials<T>(n, 1)), b(with_specials<T>(n, 3));
      for (size_t i = 0; i < n; i += 3) b[i] = a[i];
      for (const Case& c : cases) {
        Guarded<uint8_t> vv(n), vs(n), sv(n);
        const CompareKernels<T>& k = arithmetic.*c.member;
        k.vector_vector(a.data(), b.data(), vv.data(), n);
        k.vector_scalar(a.data(), T(0), vs.data(), n);
        k.scalar_vector(T(0), b.data(), sv.data(), n);
        CAPTURE(isa_name(table->isa), c.name, n);
        bool ok = vv.intact() && vs.intact() && sv.intact();
        for (size_t i = 0; i < n; ++i) {
          ok = ok && vv[i] == c.reference(a[i], b[i]) && vs[i] == c.reference(a[i], 0) &&
               sv[i] == c.reference(0, b[i]);
        }
        REQUIRE(ok);
      }
      Guarded<uint8_t> condition(n);
      for (size_t i = 0; i < n; ++i)
        condition[i] = static_cast<uint8_t>(i % 3 == 0 ? 0 : i % 3 == 1 ? 1 : 200);
      Guarded<T> vv(n), vs(n), sv(n), ss(n), in_place(b.values());
      arithmetic.select.vector_vector(condition.data(), a.data(), b.data(), vv.data(), n);
      arithmetic.select.vector_scalar(condition.data(), a.data(), T(7), vs.data(), n);
      arithmetic.select.scalar_vector(condition.data(), T(7), b.data(), sv.data(), n);
      arithmetic.select.scalar_scalar(condition.data(), T(7), T(8), ss.data(), n);
      arithmetic.select.vector_vector(condition.data(), a.data(), in_place.data(), in_place.data(), n);
      bool ok = vv.intact() && vs.intact() && sv.intact() && ss.intact() && in_place.intact();
      for (size_t i = 0; i < n; ++i) {
        const bool chosen = i % 3 != 0;
        ok = ok && equal_or_both_nan(vv[i], chosen ? a[i] : b[i]) &&
             equal_or_both_nan(vs[i], chosen ? a[i] : T(7)) &&
             equal_or_both_nan(sv[i], chosen ? T(7) : b[i]) && ss[i] == (chosen ? T(7) : T(8)) &&
             equal_or_both_nan(in_place[i], vv[i]);
      }
      REQUIRE(ok);
    }
  }
}

namespace {
template <class T>
T strong(T a, T b) {
  return a == 0 || b == 0 ? T(0) : a * b;
}
}  // namespace

TEMPLATE_TEST_CASE("erfc has the same bits on every instruction set", "[kernels][vector]", float, double) {
  using T = TestType;
  std::vector<T> x = uniform_values<T>(20011, -7, 28, 1);
  for (T near_zero : uniform_values<T>(5003, -2.5, 2.5, 2)) x.push_back(near_zero);
  for (T special : with_specials<T>(101, 3)) x.push_back(special);
  std::vector<T> first;
  for (const VectorTable* table : runnable_vector_tables()) {
    std::vector<T> y(x.size());
    float_table<T>(*table).unary.erfc(x.data(), y.data(), x.size());
    if (first.empty()) first = y;
    CAPTURE(isa_name(table->isa));
    REQUIRE(y.size() == first.size());
    bool same = true;
    for (size_t i = 0; i < y.size(); ++i)
      same = same && (std::isnan(y[i]) ? std::isnan(first[i]) : same_bits(&y[i], &first[i], 1));
    CHECK(same);
  }
}

TEMPLATE_TEST_CASE("clip keeps NaN, and gradients follow their formulas to the bit", "[kernels][vector]",
                   float, double) {
  using T = TestType;
  for (const VectorTable* table : runnable_vector_tables()) {
    const ArithmeticKernels<T>& k = float_table<T>(*table).arithmetic;
    for (size_t n = 0; n <= kMaxLength; ++n) {
      const Guarded<T> g(with_specials<T>(n, 1)), y(with_specials<T>(n, 2));
      Guarded<T> relu(n), tanh(n), sigmoid(n), clipped(n), in_place(g.values());
      k.relu_grad(g.data(), y.data(), relu.data(), n);
      k.tanh_grad(g.data(), y.data(), tanh.data(), n);
      k.sigmoid_grad(g.data(), y.data(), sigmoid.data(), n);
      k.clip(g.data(), T(-0.5), T(1.5), clipped.data(), n);
      k.relu_grad(in_place.data(), y.data(), in_place.data(), n);
      bool ok = relu.intact() && tanh.intact() && sigmoid.intact() && clipped.intact() && in_place.intact();
      for (size_t i = 0; i < n; ++i) {
        const T clip = g[i] < T(-0.5) ? T(-0.5) : g[i] > T(1.5) ? T(1.5) : g[i];
        ok = ok && equal_or_both_nan(relu[i], y[i] <= 0 ? T(0) : g[i]) &&
             equal_or_both_nan(tanh[i], strong(g[i], 1 - y[i] * y[i])) &&
             equal_or_both_nan(sigmoid[i], y[i] == 1 ? T(0) : strong(g[i], y[i]) * (1 - y[i])) &&
             equal_or_both_nan(clipped[i], clip) && equal_or_both_nan(in_place[i], relu[i]);
      }
      CAPTURE(isa_name(table->isa), n);
      REQUIRE(ok);
    }
  }
}

TEMPLATE_TEST_CASE("short rows have the same bits one by one and many at a time", "[kernels][vector]", float,
                   double) {
  using T = TestType;
  const T infinite = std::numeric_limits<T>::infinity(), none = std::numeric_limits<T>::quiet_NaN();
  for (const VectorTable* table : runnable_vector_tables()) {
    CAPTURE(static_cast<int>(table->isa));
    const RowKernels<T>& k = float_table<T>(*table).row;
    for (size_t cols = 1; cols <= 18; ++cols)
      for (size_t rows : {1, 2, 4, 8, 15, 16, 17, 37}) {
        std::vector<T> x = uniform_values<T>(rows * cols, -9, 9, cols * 100 + rows);
        if (rows > 4) {
          x[2 * cols] = none;
          x[3 * cols + cols / 2] = infinite;
          for (size_t c = 0; c < cols; ++c) x[4 * cols + c] = -infinite;
        }
        std::vector<int32_t> labels(rows);
        for (size_t r = 0; r < rows; ++r) labels[r] = static_cast<int32_t>(r % (cols + 2)) - 1;
        Guarded<T> soft(rows * cols), p(rows * cols), loss(rows), loss_alone(rows), in_place(x);
        k.softmax(x.data(), soft.data(), rows, cols);
        k.cross_entropy_i32(x.data(), labels.data(), loss_alone.data(), nullptr, rows, cols);
        k.cross_entropy_i32(x.data(), labels.data(), loss.data(), p.data(), rows, cols);
        k.softmax(in_place.data(), in_place.data(), rows, cols);
        REQUIRE((soft.intact() && p.intact() && loss.intact() && loss_alone.intact() && in_place.intact()));
        std::vector<T> row(cols), row_loss(1);
        for (size_t r = 0; r < rows; ++r) {
          CAPTURE(cols, rows, r);
          k.softmax(x.data() + r * cols, row.data(), 1, cols);
          REQUIRE(same_bits(row.data(), soft.data() + r * cols, cols));
          REQUIRE(same_bits(row.data(), p.data() + r * cols, cols));
          REQUIRE(same_bits(row.data(), in_place.data() + r * cols, cols));
          k.cross_entropy_i32(x.data() + r * cols, labels.data() + r, row_loss.data(), nullptr, 1, cols);
          REQUIRE(same_bits(row_loss.data(), loss.data() + r, 1));
          REQUIRE(same_bits(row_loss.data(), loss_alone.data() + r, 1));
        }
      }
  }
}

TEMPLATE_TEST_CASE("sigmoid_cross_entropy agrees with long double", "[kernels][vector]", float, double) {
  using T = TestType;
  const std::vector<T> x = uniform_values<T>(1003, -40, 40, 1), z = uniform_values<T>(1003, 0, 1, 2);
  for (const VectorTable* table : runnable_vector_tables()) {
    Guarded<T> y(x.size());
    float_table<T>(*table).arithmetic.sigmoid_cross_entropy(z.data(), x.data(), y.data(), x.size());
    REQUIRE(y.intact());
    for (size_t i = 0; i < x.size(); ++i) {
      const long double logit = x[i], positive = std::max(0.0L, logit);
      const long double want = positive - logit * z[i] + std::log1p(std::exp(-std::fabs(logit)));
      CAPTURE(isa_name(table->isa), x[i], z[i]);
      // Terms of the size of the logit are subtracted.
      REQUIRE(std::fabs(y[i] - want) <= 3 * std::numeric_limits<T>::epsilon() * (1 + std::fabs(logit)));
    }
    const T special[] = {kInf<T>, -kInf<T>, kNan<T>}, target[] = {T(0), T(0.5), T(1)};
    T loss[3];
    float_table<T>(*table).arithmetic.sigmoid_cross_entropy(target, special, loss, 3);
    CHECK(std::isnan(loss[0]));  // inf - inf * 0
    CHECK(loss[1] == kInf<T>);
    CHECK(std::isnan(loss[2]));
  }
}

TEMPLATE_TEST_CASE("accumulate, axpy and axpby update in place", "[kernels][vector]", float, double) {
  using T = TestType;
  for (const VectorTable* table : runnable_vector_tables()) {
    const ArithmeticKernels<T>& k = float_table<T>(*table).arithmetic;
    for (size_t n = 0; n <= kMaxLength; ++n) {
      const Guarded<T> x(uniform_values<T>(n, -1, 1, 1)), y(uniform_values<T>(n, -1, 1, 2));
      Guarded<T> a(y.values()), b(y.values()), c(y.values());
      k.accumulate(x.data(), a.data(), n);
      k.axpy(T(0.3), x.data(), b.data(), n);
      k.axpby(T(0.3), x.data(), T(0.9), c.data(), n);
      bool ok = a.intact() && b.intact() && c.intact();
      for (size_t i = 0; i < n; ++i) {
        ok = ok && a[i] == y[i] + x[i] && b[i] == y[i] + T(0.3) * x[i] &&
             c[i] == T(0.3) * x[i] + T(0.9) * y[i];
      }
      CAPTURE(isa_name(table->isa), n);
      REQUIRE(ok);
    }
  }
}

TEMPLATE_TEST_CASE("Reductions are exact enough, and have the same bits everywhere", "[kernels][vector]",
                   float, double) {
  using T = TestType;
  std::vector<size_t> lengths;
  for (size_t n = 0; n <= 300; ++n) lengths.push_back(n);
  for (size_t n : {4095, 4096, 4097, 8192, 12289, 70000}) lengths.push_back(n);
  const auto tables = runnable_vector_tables();
  for (size_t n : lengths) {
    const std::vector<T> x = uniform_values<T>(n, 0.5, 1.5, n), y = uniform_values<T>(n, -1, 1, n + 1);
    long double sum = 0, squares = 0, products = 0, absolute = 0, log_product = 0;
    T largest = -kInf<T>, smallest = kInf<T>;
    for (size_t i = 0; i < n; ++i) {
      sum += x[i];
      squares += static_cast<long double>(x[i]) * x[i];
      products += static_cast<long double>(x[i]) * y[i];
      absolute += std::fabs(static_cast<long double>(x[i]) * y[i]);
      log_product += std::log(static_cast<long double>(x[i]));
      largest = std::max(largest, y[i]);
      smallest = std::min(smallest, y[i]);
    }
    T first_sum = 0, first_dot = 0, first_squares = 0, first_product = 0;
    for (const VectorTable* table : tables) {
      const ReductionKernels<T>& k = float_table<T>(*table).reduction;
      const T got_sum = k.sum(x.data(), n), got_dot = k.dot(x.data(), y.data(), n),
              got_squares = k.sum_squares(x.data(), n), got_product = k.product(x.data(), n);
      CAPTURE(isa_name(table->isa), n);
      CHECK(near(got_sum, sum, 6));
      CHECK(near(got_squares, squares, 8));
      CHECK(std::fabs(got_dot - products) <= 8 * std::numeric_limits<T>::epsilon() * absolute);
      if (n <= 300) CHECK(near(got_product, std::exp(log_product), 2 + static_cast<double>(n)));
      CHECK(k.maximum(y.data(), n) == largest);
      CHECK(k.minimum(y.data(), n) == smallest);
      if (table == tables.front()) {
        first_sum = got_sum;
        first_dot = got_dot;
        first_squares = got_squares;
        first_product = got_product;
      }
      CHECK(same_bits(&got_sum, &first_sum, 1));
      CHECK(same_bits(&got_dot, &first_dot, 1));
      CHECK(same_bits(&got_squares, &first_squares, 1));
      CHECK(same_bits(&got_product, &first_product, 1));

      // Chunks done elsewhere and combined give the same bits as one call.
      std::vector<T> partials;
      for (size_t begin = 0; begin < n; begin += kReductionChunk) {
        partials.push_back(k.sum(x.data() + begin, std::min(kReductionChunk, n - begin)));
      }
      if (n > 0) CHECK(k.combine_sum(partials.data(), partials.size()) == got_sum);
    }
  }
}

TEST_CASE("The sum of a million floats keeps seven digits", "[kernels][vector]") {
  const std::vector<float> x = uniform_values<float>(1000000, 0, 1, 5);
  long double sum = 0;
  for (float v : x) sum += v;
  for (const VectorTable* table : runnable_vector_tables()) {
    CAPTURE(isa_name(table->isa));
    CHECK(std::fabs(table->f32.reduction.sum(x.data(), x.size()) - sum) / sum < 2e-7L);
  }
}

TEMPLATE_TEST_CASE("NaN reaches every reduction from every place, and infinities do too", "[kernels][vector]",
                   float, double) {
  using T = TestType;
  for (const VectorTable* table : runnable_vector_tables()) {
    const ReductionKernels<T>& k = float_table<T>(*table).reduction;
    for (size_t n : {1, 5, 16, 17, 64, 70, 300, 5000}) {
      for (size_t at = 0; at < n; at += 1 + n / 70) {
        std::vector<T> x = uniform_values<T>(n, -1, 1, 3);
        x[at] = kNan<T>;
        CAPTURE(isa_name(table->isa), n, at);
        CHECK(std::isnan(k.sum(x.data(), n)));
        CHECK(std::isnan(k.product(x.data(), n)));
        CHECK(std::isnan(k.maximum(x.data(), n)));
        CHECK(std::isnan(k.minimum(x.data(), n)));
        CHECK(k.argmax(x.data(), n) == at);
        CHECK(k.argmin(x.data(), n) == at);
        x[at] = kInf<T>;
        CHECK(k.sum(x.data(), n) == kInf<T>);
        CHECK(k.argmax(x.data(), n) == at);
        x[at] = -kInf<T>;
        CHECK(k.minimum(x.data(), n) == -kInf<T>);
        CHECK(k.argmin(x.data(), n) == at);
      }
    }
  }
}

TEMPLATE_TEST_CASE("argmax and argmin give the first of equals", "[kernels][vector]", float, double) {
  using T = TestType;
  for (const VectorTable* table : runnable_vector_tables()) {
    const ReductionKernels<T>& k = float_table<T>(*table).reduction;
    CHECK(k.argmax(nullptr, 0) == 0);
    for (size_t n = 1; n <= 200; ++n) {
      std::vector<T> x = uniform_values<T>(n, -4, -1, n);
      for (T& v : x) v = std::floor(v);  // many ties, all negative: the lanes past the end must not win
      const size_t largest = static_cast<size_t>(std::max_element(x.begin(), x.end()) - x.begin());
      for (T& v : x) v = -v;
      const size_t smallest = static_cast<size_t>(std::min_element(x.begin(), x.end()) - x.begin());
      CAPTURE(isa_name(table->isa), n);
      CHECK(k.argmin(x.data(), n) == smallest);
      for (T& v : x) v = -v;
      CHECK(k.argmax(x.data(), n) == largest);
    }
  }
}

TEMPLATE_TEST_CASE("Column reductions run down the rows", "[kernels][vector]", float, double) {
  using T = TestType;
  for (const VectorTable* table : runnable_vector_tables()) {
    const ReductionKernels<T>& k = float_table<T>(*table).reduction;
    for (size_t rows : {0, 1, 2, 5, 255, 256, 257, 1000}) {
      for (size_t cols : {1, 3, 10, 16, 33, 70, 150}) {
        const size_t stride = cols + 3;
        const std::vector<T> x = uniform_values<T>(rows * stride, 0.9, 1.1, rows + cols);
        Guarded<T> sum(cols), product(cols), largest(cols), smallest(cols), more(cols, T(100));
        k.sum_columns(x.data(), rows, cols, stride, sum.data(), false);
        k.product_columns(x.data(), rows, cols, stride, product.data(), false);
        k.maximum_columns(x.data(), rows, cols, stride, largest.data(), false);
        k.minimum_columns(x.data(), rows, cols, stride, smallest.data(), false);
        k.sum_columns(x.data(), rows, cols, stride, more.data(), true);
        CAPTURE(isa_name(table->isa), rows, cols);
        bool ok = sum.intact() && product.intact() && largest.intact() && smallest.intact() && more.intact();
        for (size_t c = 0; c < cols; ++c) {
          long double s = 0, p = 1;
          T high = -kInf<T>, low = kInf<T>;
          for (size_t r = 0; r < rows; ++r) {
            const T v = x[r * stride + c];
            s += v;
            p *= v;
            high = std::max(high, v);
            low = std::min(low, v);
          }
          ok = ok && near(sum[c], s, 130) && near(product[c], p, 2 + static_cast<double>(rows)) &&
               largest[c] == high && smallest[c] == low && near(more[c], s + 100, 130);
        }
        REQUIRE(ok);
      }
    }
    // More rows go on where earlier ones ended: exactly one after the other, however many.
    for (size_t cols : {1, 3, 16, 33, 150, 300}) {
      const size_t rows = 300, stride = cols + 1;
      const std::vector<T> x = uniform_values<T>(rows * stride, 0.9, 1.1, cols);
      Guarded<T> sum(cols, T(2)), product(cols, T(2)), largest(cols, T(0)), smallest(cols, T(2));
      k.sum_more_rows(x.data(), rows, cols, stride, sum.data());
      k.product_more_rows(x.data(), rows, cols, stride, product.data());
      k.maximum_more_rows(x.data(), rows, cols, stride, largest.data());
      k.minimum_more_rows(x.data(), rows, cols, stride, smallest.data());
      bool ok = sum.intact() && product.intact() && largest.intact() && smallest.intact();
      for (size_t c = 0; c < cols; ++c) {
        T s = 2, p = 2, high = 0, low = 2;
        for (size_t r = 0; r < rows; ++r) {
          const T v = x[r * stride + c];
          s += v;
          p *= v;
          high = std::max(high, v);
          low = std::min(low, v);
        }
        ok = ok && sum[c] == s && product[c] == p && largest[c] == high && smallest[c] == low;
      }
      REQUIRE(ok);
    }
    // Sequential within a block: the exact bits of a small case.
    const T x[] = {T(1), T(1e8), T(-1e8), T(1)};
    T out = 0;
    k.sum_columns(x, 4, 1, 1, &out, false);
    CHECK(out == ((T(1) + T(1e8)) + T(-1e8)) + T(1));
    const T with_nan[] = {T(1), kNan<T>, T(3)};
    k.maximum_columns(with_nan, 3, 1, 1, &out, false);
    CHECK(std::isnan(out));
  }
}

TEMPLATE_TEST_CASE("Softmax and its relatives agree with long double", "[kernels][vector]", float, double) {
  using T = TestType;
  for (const VectorTable* table : runnable_vector_tables()) {
    const RowKernels<T>& k = float_table<T>(*table).row;
    for (size_t cols : {1, 2, 3, 9, 10, 15, 16, 17, 31, 33, 70, 1000}) {
      for (double offset : {0.0, 80.0, -300.0}) {  // a common offset changes nothing, and must not overflow
        const size_t rows = 3;
        const std::vector<T> x = uniform_values<T>(rows * cols, offset - 6, offset + 6, cols);
        std::vector<int64_t> labels64(rows);
        std::vector<int32_t> labels32(rows);
        for (size_t r = 0; r < rows; ++r)
          labels64[r] = labels32[r] = static_cast<int32_t>((r * 7 + 1) % cols);
        Guarded<T> soft(rows * cols), log_soft(rows * cols), lse(rows), loss64(rows), loss32(rows),
            p(rows * cols), in_place(x);
        k.softmax(x.data(), soft.data(), rows, cols);
        k.log_softmax(x.data(), log_soft.data(), rows, cols);
        k.logsumexp(x.data(), lse.data(), rows, cols);
        k.cross_entropy_i64(x.data(), labels64.data(), loss64.data(), p.data(), rows, cols);
        k.cross_entropy_i32(x.data(), labels32.data(), loss32.data(), nullptr, rows, cols);
        k.softmax(in_place.data(), in_place.data(), rows, cols);
        CAPTURE(isa_name(table->isa), cols, offset);
        REQUIRE((soft.intact() && log_soft.intact() && lse.intact() && loss64.intact() && p.intact()));
        REQUIRE(in_place.intact());
        const double epsilon = std::numeric_limits<T>::epsilon();
        for (size_t r = 0; r < rows; ++r) {
          long double sum = 0, highest = -INFINITY;
          for (size_t c = 0; c < cols; ++c) highest = std::max<long double>(highest, x[r * cols + c]);
          for (size_t c = 0; c < cols; ++c) sum += std::exp(x[r * cols + c] - highest);
          for (size_t c = 0; c < cols; ++c) {
            const size_t i = r * cols + c;
            REQUIRE(near(soft[i], std::exp(x[i] - highest) / sum, 8));
            // The logarithm of a sum near 1 has the sum's absolute error.
            const long double log_p = x[i] - highest - std::log(sum);
            REQUIRE(std::fabs(log_soft[i] - log_p) <= 4 * epsilon * (1 + std::fabs(log_p)));
            REQUIRE(same_bits(&soft[i], &in_place[i], 1));
            REQUIRE(near(p[i], std::exp(x[i] - highest) / sum, 8));
          }
          const long double want = std::log(sum) - (x[r * cols + static_cast<size_t>(labels64[r])] - highest);
          REQUIRE(near(lse[r], highest + std::log(sum), 4));
          REQUIRE(std::fabs(loss64[r] - want) <= 4 * epsilon * (1 + want));
          REQUIRE(std::fabs(loss32[r] - want) <= 4 * epsilon * (1 + want));
        }
      }
    }
    // Overwriting the logits with the probabilities, labels out of range, infinities.
    for (size_t cols : {4, 40}) {
      std::vector<T> x = uniform_values<T>(3 * cols, -2, 2, 9), copy = x, p(3 * cols), loss(3),
                     loss_in_place(3);
      const int64_t labels[] = {2, -1, static_cast<int64_t>(cols)};
      k.cross_entropy_i64(x.data(), labels, loss.data(), p.data(), 3, cols);
      k.cross_entropy_i64(copy.data(), labels, loss_in_place.data(), copy.data(), 3, cols);
      CHECK(same_bits(p.data(), copy.data(), 3 * cols));
      CHECK(loss[0] == loss_in_place[0]);
      CHECK(std::isnan(loss[1]));
      CHECK(std::isnan(loss[2]));
      std::vector<T> infinite(cols, -kInf<T>), y(cols);
      T lse;
      k.logsumexp(infinite.data(), &lse, 1, cols);
      CHECK(lse == -kInf<T>);
      infinite[1] = 0;
      k.softmax(infinite.data(), y.data(), 1, cols);
      CHECK(y[1] == 1);
      CHECK(y[0] == 0);
      infinite[1] = kInf<T>;
      k.logsumexp(infinite.data(), &lse, 1, cols);
      CHECK(lse == kInf<T>);
      infinite[0] = kNan<T>;
      k.logsumexp(infinite.data(), &lse, 1, cols);
      CHECK(std::isnan(lse));
    }
  }
}

TEMPLATE_TEST_CASE("Optimizer passes follow their formulas to the bit", "[kernels][vector]", float, double) {
  using T = TestType;
  for (const VectorTable* table : runnable_vector_tables()) {
    const OptimizerKernels<T>& k = float_table<T>(*table).optimizer;
    const T lr = T(0.01), mu = T(0.9);
    const AdamStep<T> step = {T(0.003), T(0.1), T(0.001), T(1e-7), T(0.999)};
    for (size_t n = 0; n <= kMaxLength; ++n) {
      const Guarded<T> p(uniform_values<T>(n, -1, 1, 1)), m(uniform_values<T>(n, -1, 1, 2)),
          v(uniform_values<T>(n, 0, 1, 3)), g(uniform_values<T>(n, -1, 1, 4));
      CAPTURE(isa_name(table->isa), n);
      bool ok = true;
      Guarded<T> p_out(n), m_out(n), v_out(n);
      k.sgd(p.data(), g.data(), p_out.data(), n, lr);
      for (size_t i = 0; i < n; ++i) ok = ok && p_out[i] == p[i] - lr * g[i];
      for (bool nesterov : {false, true}) {
        k.momentum_keras(p.data(), m.data(), g.data(), p_out.data(), m_out.data(), n, lr, mu, nesterov);
        for (size_t i = 0; i < n; ++i) {
          const T velocity = mu * m[i] - lr * g[i];
          ok = ok && m_out[i] == velocity &&
               p_out[i] == p[i] + (nesterov ? mu * velocity - lr * g[i] : velocity);
        }
        k.momentum_torch(p.data(), m.data(), g.data(), p_out.data(), m_out.data(), n, lr, mu, nesterov);
        for (size_t i = 0; i < n; ++i) {
          const T velocity = mu * m[i] + g[i];
          ok = ok && m_out[i] == velocity &&
               p_out[i] == p[i] - lr * (nesterov ? g[i] + mu * velocity : velocity);
        }
      }
      k.adam(p.data(), m.data(), v.data(), g.data(), p_out.data(), m_out.data(), v_out.data(), n, step);
      Guarded<T> p_in(p.values()), m_in(m.values()), v_in(v.values());
      k.adam(p_in.data(), m_in.data(), v_in.data(), g.data(), p_in.data(), m_in.data(), v_in.data(), n, step);
      for (size_t i = 0; i < n; ++i) {
        const T m_new = m[i] + (g[i] - m[i]) * step.one_minus_beta1;
        const T v_new = v[i] + (g[i] * g[i] - v[i]) * step.one_minus_beta2;
        const T p_new = p[i] * step.decay - step.step_size * m_new / (std::sqrt(v_new) + step.epsilon);
        ok = ok && m_out[i] == m_new && v_out[i] == v_new && p_out[i] == p_new && p_in[i] == p_new &&
             m_in[i] == m_new && v_in[i] == v_new;
      }
      ok = ok && p_out.intact() && m_out.intact() && v_out.intact() && p_in.intact() && m_in.intact() &&
           v_in.intact();
      REQUIRE(ok);
    }
  }
}

TEMPLATE_TEST_CASE("A mean of gradients that decays ends at 0, not at a denormal number", "[kernels][vector]",
                   float, double) {
  using T = TestType;
  const T smallest = std::numeric_limits<T>::min(), mean = sizeof(T) == 4 ? T(0x1p-100) : T(0x1p-900);
  for (const VectorTable* table : runnable_vector_tables()) {
    CAPTURE(isa_name(table->isa));
    const OptimizerKernels<T>& k = float_table<T>(*table).optimizer;
    const AdamStep<T> step = {T(0.003), T(0.1), T(0.001), T(1e-7), T(1)};
    const std::vector<T> g(19, T(0));
    for (T sign : {T(1), T(-1)}) {
      std::vector<T> p(19, T(2)), m(19, sign), v(19, T(1)), velocity(19, sign);
      for (int i = 0; i < 20000; i++) {
        const T before = m[18], decayed = before + (T(0) - before) * step.one_minus_beta1;
        k.adam(p.data(), m.data(), v.data(), g.data(), p.data(), m.data(), v.data(), m.size(), step);
        REQUIRE(m[18] == (std::fabs(decayed) < mean ? T(0) : decayed));
        const T slowed = T(0.9) * velocity[18];
        k.momentum_keras(p.data(), velocity.data(), g.data(), p.data(), velocity.data(), p.size(), T(0.1),
                         T(0.9), false);
        REQUIRE(velocity[18] == (std::fabs(slowed) < smallest ? T(0) : slowed));
      }
      for (T x : m) CHECK(x == 0);
      for (T x : velocity) CHECK(x == 0);
    }
    // NaN is no small number.
    std::vector<T> p(3, T(2)), m(3, std::numeric_limits<T>::quiet_NaN()), v(3, T(1));
    k.adam(p.data(), m.data(), v.data(), g.data(), p.data(), m.data(), v.data(), m.size(), step);
    CHECK(std::isnan(m[0]));
    CHECK(std::isnan(p[2]));
  }
}

TEMPLATE_TEST_CASE("Transposition moves every element, and nothing around them", "[kernels][vector]", float,
                   double) {
  using T = TestType;
  for (const VectorTable* table : runnable_vector_tables()) {
    for (size_t rows : {1, 2, 3, 4, 5, 7, 8, 16, 17, 31, 70, 130}) {
      for (size_t cols : {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 33, 70, 131, 260}) {
        // In the middle of wider rows. Every element differs, so that a misplaced one shows.
        const size_t from_stride = rows + 3, to_stride = cols + 5;
        Guarded<T> from(from_stride * (cols - 1) + rows), to(to_stride * (rows - 1) + cols, T(-1));
        for (size_t i = 0; i < from.size(); ++i) from[i] = static_cast<T>(i);
        float_table<T>(*table).transpose(from.data(), from_stride, to.data(), to_stride, rows, cols);
        bool ok = to.intact();
        for (size_t i = 0; i < to.size(); ++i) {
          const size_t r = i / to_stride, c = i % to_stride;
          ok = ok && to[i] == (c < cols ? from[c * from_stride + r] : T(-1));
        }
        CAPTURE(isa_name(table->isa), rows, cols);
        REQUIRE(ok);
      }
    }
    // Bits that are no ordinary numbers, such as the integers that are permuted as floats.
    std::vector<T> from(64), to(64);
    for (size_t i = 0; i < 64; ++i) {
      const uint64_t bits = i % 2 ? 0x7ff0000000000001u + i : i * 0x7fa0000100000001u;
      std::memcpy(&from[i], &bits, sizeof(T));
    }
    float_table<T>(*table).transpose(from.data(), 8, to.data(), 8, 8, 8);
    bool ok = true;
    for (size_t i = 0; i < 64; ++i) ok = ok && same_bits(&to[i], &from[i % 8 * 8 + i / 8], 1);
    REQUIRE(ok);
  }
}

TEST_CASE("The chosen table is the best that the CPU runs", "[kernels][vector]") {
  REQUIRE(vector_table_for(Isa::kPortable) != nullptr);
  CHECK(&vector_table() == runnable_vector_tables().back());
  for (const VectorTable* table : runnable_vector_tables()) CHECK(vector_table_for(table->isa) == table);
  CHECK(std::string(isa_name(Isa::kAvx2)) == "avx2");
}
