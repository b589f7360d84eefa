// Random ops: their distributions, against exact ones, and that their bits follow from seed, call and element alone.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>

#include "core/base/error.h"
#include "core/ops/generated/functions.h"
#include "tests/ops/op_case.h"

namespace tl::test {
namespace {

ContextOptions options(uint64_t seed, int threads) {
  ContextOptions out;
  out.seed = seed;
  out.threads = threads;
  return out;
}

// The largest distance between the empirical distribution and `cdf`, times sqrt(n). Kolmogorov's distribution puts
// probability 0.001 above 1.949.
double kolmogorov_smirnov(std::vector<double> values, const std::function<double(double)>& cdf) {
  std::sort(values.begin(), values.end());
  double n = static_cast<double>(values.size()), worst = 0;
  for (size_t i = 0; i < values.size(); i++) {
    double f = cdf(values[i]);
    worst = std::max({worst, f - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - f});
  }
  return worst * std::sqrt(n);
}
constexpr double kKolmogorovLimit = 1.949;

double mean_of(const std::vector<double>& values) {
  long double sum = 0;
  for (double v : values) sum += v;
  return static_cast<double>(sum / static_cast<long double>(values.size()));
}

double variance_of(const std::vector<double>& values) {
  double mean = mean_of(values);
  long double sum = 0;
  for (double v : values) sum += (v - mean) * (v - mean);
  return static_cast<double>(sum / static_cast<long double>(values.size()));
}

// The correlation of x with y, of the same length.
double correlation(const std::vector<double>& x, const std::vector<double>& y) {
  double mean_x = mean_of(x), mean_y = mean_of(y);
  long double sum = 0;
  for (size_t i = 0; i < x.size(); i++) sum += (x[i] - mean_x) * (y[i] - mean_y);
  return static_cast<double>(sum / static_cast<long double>(x.size())) /
         std::sqrt(variance_of(x) * variance_of(y));
}

std::vector<double> drawn(const Tensor& t) { return to_array(t).values; }

constexpr int64_t kCount = 200000;
// Five standard deviations of a correlation of kCount independent pairs.
const double kIndependent = 5 / std::sqrt(static_cast<double>(kCount));

}  // namespace

TEST_CASE("uniform numbers are uniform", "[ops][random][numbers]") {
  for (DType dtype : {DType::kF32, DType::kF64}) {
    for (uint64_t seed : {1, 2}) {
      INFO(name_of(dtype) << ", seed " << seed);
      Context context(options(seed, 1));
      std::vector<double> x = drawn(uniform(context, IntList{kCount}, -1, 2, dtype));
      CHECK(*std::min_element(x.begin(), x.end()) >= -1);
      CHECK(*std::max_element(x.begin(), x.end()) < 2);
      // The variance of the mean is 3^2 / 12 / n.
      CHECK(std::fabs(mean_of(x) - 0.5) < 5 * std::sqrt(0.75 / kCount));
      CHECK(std::fabs(variance_of(x) - 0.75) < 0.01);
      CHECK(kolmogorov_smirnov(x, [](double v) { return (v + 1) / 3; }) < kKolmogorovLimit);
      std::vector<double> head(x.begin(), x.end() - 1), tail(x.begin() + 1, x.end());
      CHECK(std::fabs(correlation(head, tail)) < kIndependent);
    }
  }
}

TEST_CASE("uniform numbers stay below the upper end also where rounding would reach it",
          "[ops][random][numbers]") {
  Context context(options(3, 1));
  for (int k = 0; k < 4; k++) {
    std::vector<double> x = drawn(uniform(context, IntList{1 << 20}));
    CHECK(*std::max_element(x.begin(), x.end()) < 1);
    CHECK(*std::min_element(x.begin(), x.end()) >= 0);
    // In [1000, 1000.001) f32 has 16 numbers, and most draws round.
    std::vector<double> narrow = drawn(uniform(context, IntList{1 << 16}, 1000, 1000.001));
    CHECK(*std::max_element(narrow.begin(), narrow.end()) < 1000.001);
    CHECK(*std::min_element(narrow.begin(), narrow.end()) >= 1000);
  }
  CHECK(drawn(uniform(context, IntList{3}, 2, 2)) == std::vector<double>{2, 2, 2});
}

TEST_CASE("normal numbers are normal", "[ops][random][numbers]") {
  for (DType dtype : {DType::kF32, DType::kF64}) {
    for (uint64_t seed : {1, 2}) {
      INFO(name_of(dtype) << ", seed " << seed);
      Context context(options(seed, 1));
      std::vector<double> x = drawn(normal(context, IntList{kCount}, 1, 2, dtype));
      for (double v : x)
        if (!std::isfinite(v)) FAIL("a normal number is " << v);
      CHECK(std::fabs(mean_of(x) - 1) < 5 * 2 / std::sqrt(static_cast<double>(kCount)));
      CHECK(std::fabs(variance_of(x) - 4) < 5 * 4 * std::sqrt(2.0 / kCount));
      CHECK(kolmogorov_smirnov(x, [](double v) { return 0.5 * std::erfc(-(v - 1) / 2 / std::sqrt(2.0)); }) <
            kKolmogorovLimit);
      // Box-Muller makes two numbers of one radius: neighbours, and their squares, must not be correlated.
      for (size_t lag : {size_t{1}, size_t{2}, size_t{4}}) {
        std::vector<double> head(x.begin(), x.end() - static_cast<std::ptrdiff_t>(lag)),
            tail(x.begin() + static_cast<std::ptrdiff_t>(lag), x.end());
        CHECK(std::fabs(correlation(head, tail)) < kIndependent);
        for (auto* list : {&head, &tail})
          for (double& v : *list) v = (v - 1) * (v - 1);
        CHECK(std::fabs(correlation(head, tail)) < kIndependent * 1.5);
      }
    }
  }
  Context context(options(1, 1));
  CHECK(drawn(normal(context, IntList{2}, 5, 0)) == std::vector<double>{5, 5});
}

TEST_CASE("dropout drops the given share and scales the rest", "[ops][random][numbers]") {
  for (DType dtype : {DType::kF32, DType::kF64}) {
    for (double rate : {0.1, 0.5, 0.9}) {
      INFO(name_of(dtype) << ", rate " << rate);
      Context context(options(4, 1));
      Array ones{Shape{kCount}, dtype, std::vector<double>(kCount, 3.0)};
      std::vector<double> x = drawn(dropout(to_tensor(context, ones), rate));
      double dropped = 0;
      std::vector<double> kept;
      for (double v : x) {
        dropped += v == 0;
        kept.push_back(v == 0 ? 0 : 1);
        if (v != 0 && std::fabs(v - 3 / (1 - rate)) > 3e-6 * v) FAIL("a kept element is " << v);
      }
      CHECK(std::fabs(dropped / kCount - rate) < 5 * std::sqrt(rate * (1 - rate) / kCount));
      std::vector<double> head(kept.begin(), kept.end() - 1), tail(kept.begin() + 1, kept.end());
      CHECK(std::fabs(correlation(head, tail)) < kIndependent);
    }
  }
  Context context(options(4, 1));
  Tensor x = to_tensor(context, sample_direction(Shape{100}, 1));
  CHECK(drawn(dropout(x, 0)) == drawn(x));
}

TEST_CASE("random bits follow from the seed and the call, whatever the number of threads", "[ops][random]") {
  const int64_t count = 300007;  // enough for several threads, and no multiple of anything
  using Draw = std::function<Tensor(Context&)>;
  auto ones = [](Context& c, DType dtype) {
    return to_tensor(c, Array{Shape{300007}, dtype, std::vector<double>(300007, 1.0)});
  };
  const std::pair<const char*, Draw> draws[] = {
      {"uniform f32", [=](Context& c) { return uniform(c, IntList{count}); }},
      {"uniform f64", [=](Context& c) { return uniform(c, IntList{count}, 0, 1, DType::kF64); }},
      {"normal f32", [=](Context& c) { return normal(c, IntList{count}); }},
      {"normal f64", [=](Context& c) { return normal(c, IntList{count}, 0, 1, DType::kF64); }},
      {"dropout f32", [=](Context& c) { return dropout(ones(c, DType::kF32), 0.5); }},
      {"dropout f64", [=](Context& c) { return dropout(ones(c, DType::kF64), 0.5); }},
  };
  for (const auto& [name, draw] : draws) {
    INFO(name);
    Context a(options(9, 1)), again(options(9, 1)), two(options(9, 2)), three(options(9, 3)),
        other(options(10, 1));
    Tensor first = draw(a), second = draw(a);
    CHECK(same_bits(first, draw(again)));
    CHECK(same_bits(first, draw(two)));
    CHECK(same_bits(first, draw(three)));
    CHECK(same_bits(second, draw(two)));
    CHECK_FALSE(same_bits(first, second));
    CHECK_FALSE(same_bits(first, draw(other)));
    CHECK(std::fabs(correlation(drawn(first), drawn(second))) < kIndependent);
    Context seed9(options(9, 1));
    CHECK(std::fabs(correlation(drawn(draw(seed9)), drawn(draw(other)))) < kIndependent);
    // The stream's position can be set back, as a checkpoint does.
    a.random().next_call = 0;
    CHECK(same_bits(first, draw(a)));
  }
}

TEST_CASE("different random ops draw different streams from one seed and call", "[ops][random]") {
  Context u(options(5, 1)), d(options(5, 1));
  std::vector<double> x = drawn(uniform(u, IntList{kCount}));
  Array ones{Shape{kCount}, DType::kF32, std::vector<double>(kCount, 1.0)};
  std::vector<double> mask = drawn(dropout(to_tensor(d, ones), 0.5));
  CHECK(std::fabs(correlation(x, mask)) < kIndependent);
}

TEST_CASE("a random op that fails takes no call number", "[ops][random]") {
  Context context(options(6, 1));
  uint64_t before = context.random().next_call;
  CHECK_THROWS_AS(uniform(context, IntList{-1}), Error);
  CHECK_THROWS_AS(normal(context, IntList{2}, 0, -1), Error);
  CHECK(context.random().next_call == before);
}

TEST_CASE("random tensors have the shape and dtype that was asked for", "[ops][random]") {
  Context context(options(6, 1));
  Tensor u = uniform(context, IntList{2, 0, 3}, 0, 1, DType::kF64), n = normal(context, IntList{});
  CHECK(u.shape() == Shape{2, 0, 3});
  CHECK(u.dtype() == DType::kF64);
  CHECK(n.shape() == Shape{});
  CHECK(n.dtype() == DType::kF32);
  Tensor x = to_tensor(context, Array{Shape{2, 3}, DType::kF64, std::vector<double>(6, 1.0)});
  CHECK(dropout(x, 0.5).shape() == x.shape());
  CHECK(dropout(x, 0.5).dtype() == x.dtype());
}

}  // namespace tl::test
