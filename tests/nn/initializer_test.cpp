// Initialisers: constants exactly; random ones by mean, variance, bounds and determinism.
#include "core/nn/initializer.h"

#include <cstring>

#include "tests/nn/fixture.h"

namespace tl::test {
namespace {

using namespace tl::nn;

struct Moments {
  double mean, variance, least, most, fourth;
};

Moments moments_of(const Tensor& t) {
  std::vector<double> x = values(t);
  Moments m{0, 0, x[0], x[0], 0};
  for (double v : x) m.mean += v / static_cast<double>(x.size());
  for (double v : x) {
    double d = v - m.mean;
    m.variance += d * d / static_cast<double>(x.size());
    m.fourth += d * d * d * d / static_cast<double>(x.size());
    m.least = std::fmin(m.least, v);
    m.most = std::fmax(m.most, v);
  }
  return m;
}

TEST_CASE_METHOD(Fixture, "constant initialisers", "[initializer]") {
  for (DType dtype : {DType::kF32, DType::kF64})
    for (auto [kind, parameter, want] : {std::tuple{InitializerKind::kZeros, 0., 0.},
                                         {InitializerKind::kOnes, 0., 1.},
                                         {InitializerKind::kConstant, -2.5, -2.5}}) {
      Tensor t = initialize(c, {kind, parameter}, Shape{2, 3}, dtype);
      CHECK(t.dtype() == dtype);
      CHECK(values(t) == std::vector<double>(6, want));
    }
}

TEST_CASE_METHOD(Fixture, "random initialisers have the variance of their formula", "[initializer]") {
  using K = InitializerKind;
  const Shape matrix{300, 200}, kernel{3, 3, 40, 80};
  struct Case {
    K kind;
    double parameter, variance;
    Shape shape;
    bool is_uniform;
    double bound;  // of |x|, in standard deviations of the variance; 0: none
  };
  const double root3 = std::sqrt(3.0), cut = 2 / 0.87962566103423978;
  for (const Case& k :
       {Case{K::kUniform, 0, .05 * .05 / 3, matrix, true, root3},
        Case{K::kUniform, 2, 4. / 3, matrix, true, root3}, Case{K::kNormal, 0, .05 * .05, matrix, false, 0},
        Case{K::kNormal, 3, 9, matrix, false, 0},
        Case{K::kTruncatedNormal, 3, 9 * 0.7737413035, matrix, false, cut},
        Case{K::kGlorotUniform, 0, 2. / 500, matrix, true, root3},
        Case{K::kGlorotNormal, 0, 2. / 500, matrix, false, cut},
        Case{K::kHeUniform, 0, 2. / 300, matrix, true, root3},
        Case{K::kHeNormal, 0, 2. / 300, matrix, false, cut},
        Case{K::kLeCunUniform, 0, 1. / 300, matrix, true, root3},
        Case{K::kLeCunNormal, 0, 1. / 300, matrix, false, cut},
        Case{K::kGlorotUniform, 0, 2. / (9 * 120), kernel, true, root3},
        Case{K::kHeNormal, 0, 2. / (9 * 40), kernel, false, cut},
        Case{K::kLeCunUniform, 0, 1. / 9000, Shape{9000}, true, root3}})
    for (DType dtype : {DType::kF32, DType::kF64}) {
      INFO("kind " << static_cast<int>(k.kind) << ", shape " << text(k.shape));
      Moments m = moments_of(initialize(c, {k.kind, k.parameter}, k.shape, dtype));
      double deviation = std::sqrt(k.variance), n = static_cast<double>(k.shape.elements());
      CHECK(std::abs(m.mean) < 5 * deviation / std::sqrt(n));
      CHECK(std::abs(m.variance / k.variance - 1) < 5 * std::sqrt(2 / n));
      if (k.bound) {
        CHECK(m.most <= k.bound * deviation * 1.000001);
        CHECK(m.least >= -k.bound * deviation * 1.000001);
        CHECK(m.most > 0.99 * k.bound * deviation);
      }
      // The kurtosis tells the distributions apart: uniform 1.8, normal 3, truncated at two deviations 2.365.
      double kurtosis = m.fourth / (m.variance * m.variance);
      CHECK(std::abs(kurtosis - (k.is_uniform ? 1.8 : k.bound ? 2.365 : 3)) < 30 / std::sqrt(n));
    }
}

TEST_CASE_METHOD(Fixture, "the seed decides, whatever the number of threads", "[initializer]") {
  std::vector<double> first;
  for (int threads : {1, 2, 3}) {
    Context own(ContextOptions{11, threads, 0, nullptr, nullptr});
    std::vector<double> got =
        values(initialize(own, {InitializerKind::kHeNormal, 0}, Shape{200, 100}, DType::kF32));
    if (threads == 1) first = got;
    CHECK(got == first);
    CHECK(values(initialize(own, {InitializerKind::kHeNormal, 0}, Shape{200, 100}, DType::kF32)) != first);
  }
  Context other(ContextOptions{12, 1, 0, nullptr, nullptr});
  CHECK(values(initialize(other, {InitializerKind::kHeNormal, 0}, Shape{200, 100}, DType::kF32)) != first);
}

TEST_CASE_METHOD(Fixture, "initialisers refuse what makes no sense", "[initializer]") {
  auto refused = [&](Initializer i, DType dtype = DType::kF32) {
    return message_of([&] { initialize(c, i, {2}, dtype); });
  };
  CHECK(has(refused({static_cast<InitializerKind>(0), 0}), "must be known: got 0"));
  CHECK(has(refused({static_cast<InitializerKind>(13), 0}), "13"));
  CHECK(has(refused({InitializerKind::kNormal, -1}), "not negative"));
  CHECK(has(refused({InitializerKind::kConstant, std::nan("")}), "finite"));
  CHECK(has(refused({InitializerKind::kZeros, 0}, DType::kI32), "i32"));
  for (auto [kind, most] : {std::pair{InitializerKind::kConstant, 3.4e38},
                            {InitializerKind::kUniform, 1.7e38},
                            {InitializerKind::kNormal, 3.7e37},
                            {InitializerKind::kTruncatedNormal, 1.7e38}}) {
    CHECK(
        has(refused({kind, 1.1 * most}), "[initialize] the initializer's parameter is out of range for f32"));
    Tensor t = initialize(c, {kind, most}, {1000}, DType::kF32);
    for (double v : values(t)) REQUIRE(std::isfinite(v));
  }
  CHECK(has(refused({InitializerKind::kUniform, 1e308}, DType::kF64), "f64"));
  CHECK(initialize(c, {InitializerKind::kZeros, 1e300}, {2}, DType::kF32).elements() == 2);  // not used
  CHECK(initialize(c, {InitializerKind::kGlorotNormal, 0}, Shape{0, 3}, DType::kF32).elements() == 0);
  CHECK(initialize(c, {InitializerKind::kGlorotNormal, 0}, Shape{}, DType::kF32).elements() == 1);
}

}  // namespace
}  // namespace tl::test
