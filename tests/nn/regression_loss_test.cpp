// Huber's loss against the conformance catalogue (L7), and losses of numbers, distributions and counts against formulas.
#include "core/nn/regression_loss.h"

#include "core/autodiff/tape.h"
#include "tests/nn/fixture.h"

namespace tl::test {
namespace {

using namespace tl::nn;
using Numbers = std::vector<double>;

LossOptions each() {
  LossOptions o;
  o.reduction = Reduction::kNone;
  return o;
}

// The gradient of f at x, and that of the sum of its elements, which is the second derivative where elements do not meet.
std::pair<Numbers, Numbers> slopes(const std::function<Tensor(const Tensor&)>& f, const Tensor& x) {
  Tape outer(x.context(), {});
  outer.watch(x);
  GradientSource source[] = {{x, nullptr}};
  Tensor g;
  {
    Tape inner(x.context(), {});
    inner.watch(x);
    g = inner.gradient({f(x)}, source)[0];
  }
  return {values(g), values(outer.gradient({sum(g)}, source)[0])};
}

TEST_CASE_METHOD(Fixture, "L7 Huber, on both branches", "[loss]") {
  for (DType dtype : {DType::kF32, DType::kF64}) {
    const double tolerance = dtype == DType::kF32 ? 1e-5 : 1e-9;
    const Tensor y = tensor({1, 0, 1, 1, 0, 0}, {2, 3}, dtype);
    const Tensor p = tensor({.9, .2, .2, .8, .4, .6}, {2, 3}, dtype);
    LossOptions weighed;
    weighed.weights = scalar(2.3, dtype);
    check_near({item(huber(y, p, 1))}, {.1041666667}, tolerance);
    check_near({item(huber(y, p, .8, weighed))}, {.2395833333}, tolerance);
    check_near({item(huber(y, p, 1, weighed))}, {.2395833333}, tolerance);
    const Tensor three = vector({3}, dtype), zero = vector({0}, dtype);
    for (double sign : {1., -1.}) {
      check_near({item(huber(zero, mul_scalar(three, sign), 1))}, {2.5}, tolerance);
      check_near({item(huber(zero, mul_scalar(three, sign), .5))}, {1.375}, tolerance);
    }
  }
}

TEST_CASE_METHOD(Fixture, "Huber and log-cosh hold far away and are smooth at 0", "[loss]") {
  const Tensor zero = vector({0, 0, 0}, DType::kF32), far = vector({1e30, -1e30, 0}, DType::kF32);
  check_near(values(huber(zero, far, 2, each())), {2e30, 2e30, 0}, 1e-6);
  check_near(values(log_cosh(zero, far, each())), {1e30, 1e30, 0}, 1e-6);
  const double inf = std::numeric_limits<double>::infinity();
  check_near(values(log_cosh(zero, vector({-2e38, 2e38, -3e38}, DType::kF32), each())), {2e38, 2e38, 3e38},
             1e-6);
  CHECK(values(log_cosh(vector({1, 1, 1}), vector({-inf, inf, -1.5e308}), each())) ==
        Numbers{inf, inf, 1.5e308});
  CHECK(std::isnan(item(log_cosh(vector({1}), vector({std::nan("")})))));
  // The second derivative at an error of 0 is 1 for both.
  for (int which : {0, 1}) {
    const Tensor y = vector({.5}), x = vector({.5});
    const auto [g, second] =
        slopes([&](const Tensor& at) { return which ? huber(y, at, 1) : log_cosh(y, at); }, x);
    CHECK(g == Numbers{0});
    CHECK(second[0] == Approx(1));
  }
}

TEST_CASE_METHOD(Fixture, "the slope of log-cosh is tanh, at 0, beside it and far away", "[loss]") {
  const double inf = std::numeric_limits<double>::infinity();
  const Numbers at{0, 1e-9, -1e-9, .3, -.3, 4, -4, 400, -400, 1e300, -1e300, inf, -inf};
  const Tensor y = full(c, {static_cast<int64_t>(at.size())}, 0, DType::kF64);
  LossOptions o;
  o.reduction = Reduction::kSum;
  const auto [g, second] = slopes([&](const Tensor& x) { return log_cosh(y, x, o); }, vector(at));
  Numbers slope, curvature;
  for (double e : at) {
    slope.push_back(std::tanh(e));
    curvature.push_back(1 - std::tanh(e) * std::tanh(e));
  }
  check_near(g, slope, 1e-15);
  check_near(second, curvature, 1e-14);
}

TEST_CASE_METHOD(Fixture, "losses of numbers are their formulas", "[loss]") {
  const Numbers a{1, 9, 2, -5, -2, 6}, b{4, 8, 12, 8, 1, 3};
  const Tensor y = tensor(a, {2, 3}), p = tensor(b, {2, 3});
  const auto rows = [&](const std::function<double(double, double)>& f) {
    Numbers out(2);
    for (size_t i = 0; i < 6; i++) out[i / 3] += f(a[i], b[i]) / 3;
    return out;
  };
  check_near(values(log_cosh(y, p, each())),
             rows([](double l, double q) { return std::log(std::cosh(q - l)); }), 1e-14);
  check_near(values(mean_absolute_percentage_error(y, p, each())),
             rows([](double l, double q) { return 100 * std::fabs(q - l) / std::fabs(l); }), 1e-13);
  check_near(values(mean_squared_logarithmic_error(y, p, each())), rows([](double l, double q) {
               const double d = std::log1p(q) - std::log1p(std::fmax(l, 1e-7));
               return d * d;
             }),
             1e-13);
  check_near(values(poisson(y, p, each())),
             rows([](double l, double q) { return q - l * std::log(q + 1e-7); }), 1e-13);
  // Counts are labels, too.
  check_near(values(poisson(tensor({2, 0, 5}, {1, 3}, DType::kU8), tensor({.5, 1, 4}, {1, 3}), each())),
             {(5.5 - 2 * std::log(.5 + 1e-7) - 5 * std::log(4 + 1e-7)) / 3}, 1e-14);
  // An error beside a label of 0 is divided by 1e-7.
  check_near({item(mean_absolute_percentage_error(vector({0}), vector({1e-7})))}, {100}, 1e-9);
}

TEST_CASE_METHOD(Fixture, "cosine similarity is minus the cosine, and 0 for a zero vector", "[loss]") {
  const Tensor y = tensor({0, 1, 1, 1, 1, 1, 0, 0}, {4, 2}), p = tensor({1, 0, 1, 1, -3, -3, 2, 1}, {4, 2});
  check_near(values(cosine_similarity(y, p, each())), {0, -1, 1, 0}, 1e-14);
  // Keras' example: y_true [[0, 1], [1, 1]], y_pred [[1, 0], [1, 1]] has the mean -0.5.
  check_near({item(cosine_similarity(tensor({0, 1, 1, 1}, {2, 2}), tensor({1, 0, 1, 1}, {2, 2})))}, {-.5},
             1e-14);
  const Tensor zero = tensor({0, 0}, {1, 2});
  Tape tape(c, {});
  tape.watch(zero);
  GradientSource source[] = {{zero, nullptr}};
  const Tensor loss = cosine_similarity(tensor({3, 4}, {1, 2}), zero);
  for (double g : values(tape.gradient({loss}, source)[0])) CHECK(std::isfinite(g));
  CHECK(has(message_of([&] { cosine_similarity(scalar(1), scalar(1)); }), "last axis"));
}

TEST_CASE_METHOD(Fixture, "a cosine does not depend on how long vectors are, down to 1e-7", "[loss]") {
  const Numbers a{3, 4, 0, -4, 3, 0}, b{3, 4, 0, 3, 4, 0}, want{-1, 0};
  const auto at = [&](double s, double t, DType dtype) {
    return values(cosine_similarity(mul_scalar(tensor(a, {2, 3}, dtype), s),
                                    mul_scalar(tensor(b, {2, 3}, dtype), t), each()));
  };
  for (double s : {1e-7, 1e-3, 1., 1e19, 5e37})
    for (double t : {1e-7, 1., 1e19, 5e37}) check_near(at(s, t, DType::kF32), want, 1e-6);
  for (double s : {1e-7, 1., 1e200, 2e307})
    for (double t : {1e-7, 1e160, 2e307}) check_near(at(s, t, DType::kF64), want, 1e-14);
  // Shorter ones count as of that length, many small elements may be longer.
  check_near({item(cosine_similarity(tensor({1, 0}, {1, 2}), tensor({3e-8, 4e-8}, {1, 2})))}, {-.3}, 1e-14);
  CHECK(at(1e-200, 1e-200, DType::kF64) == Numbers{0, 0});
  const Tensor many = full(c, {1, 400}, 2e-8, DType::kF64);
  check_near({item(cosine_similarity(many, many))}, {-1}, 1e-14);
}

// The formula with the floor, of one label, in doubles.
double cosine_loss(const Numbers& v) {
  const Numbers label{.3, -1.2, 2};
  const auto length = [](const Numbers& w) {
    return std::fmax(std::sqrt(w[0] * w[0] + w[1] * w[1] + w[2] * w[2]), 1e-7);
  };
  return -(label[0] * v[0] + label[1] * v[1] + label[2] * v[2]) / length(label) / length(v);
}

TEST_CASE_METHOD(Fixture, "derivatives of a cosine at any length, and of a vector along an axis", "[loss]") {
  const Tensor y = tensor({.3, -1.2, 2}, {1, 3});
  const auto slopes_at = [&](const Numbers& x, double unit) {
    auto both = slopes([&](const Tensor& at) { return cosine_similarity(y, at); },
                       mul_scalar(tensor(x, {1, 3}), unit));
    for (double& v : both.first) v *= unit;
    for (double& v : both.second) v *= unit * unit;
    return both;
  };
  for (const Numbers& x :
       {Numbers{.5, 2, -.7}, Numbers{3, 0, 0}, Numbers{0, 0, -2}, Numbers{2, 2, 0}, Numbers{-2, 5, 1}}) {
    INFO("at " << x[0] << ", " << x[1] << ", " << x[2]);
    for (double unit : {1., 1e-8}) {  // the second is below the floor
      const auto moved = [&](size_t i, double by, size_t k, double too) {
        Numbers v = x;
        v[i] += by;
        v[k] += too;
        for (double& element : v) element *= unit;
        return cosine_loss(v);
      };
      Numbers first(3), second(3);
      const double h = 1e-4;
      for (size_t i = 0; i < 3; i++) {
        first[i] = (moved(i, h, i, 0) - moved(i, -h, i, 0)) / (2 * h);
        for (size_t k = 0; k < 3; k++)
          second[i] += (moved(i, h, k, h) - moved(i, h, k, -h) - moved(i, -h, k, h) + moved(i, -h, k, -h)) /
                       (4 * h * h);
      }
      const auto got = slopes_at(x, unit);
      check_near(got.first, first, 1e-7);
      check_near(got.second, second, 1e-6);
    }
    for (double unit : {1e19, 1e140, 1e200})
      check_near(slopes_at(x, unit).first, slopes_at(x, 1).first, 1e-13);
  }
}

TEST_CASE_METHOD(Fixture, "the Kullback-Leibler divergence is 0 for equals and limits both sides", "[loss]") {
  const Tensor y = tensor({.2, .8, 0, 1, .5, .5}, {3, 2}), p = tensor({.4, .6, 0, 1, 1, 0}, {3, 2});
  check_near(values(kl_divergence(y, p, each())),
             {.2 * std::log(.5) + .8 * std::log(.8 / .6), 0, .5 * std::log(.5) + .5 * std::log(.5 / 1e-7)},
             1e-13);
  CHECK(has(message_of([&] {
              kl_divergence(tensor({2, 0}, {1, 2}), tensor({1, 0}, {1, 2}));
            }),
            "[kl_divergence] a label must be in [0, 1]: got 2 at position 0"));
}

TEST_CASE_METHOD(Fixture, "losses of numbers tell what does not fit", "[loss]") {
  const Tensor p = random(Shape{2, 3});
  for (double delta : {0., -1., std::nan(""), std::numeric_limits<double>::infinity()})
    CHECK(has(message_of([&] { huber(p, p, delta); }), "[huber] 'delta' must be finite and above 0: got"));
  for (auto loss : {log_cosh, mean_absolute_percentage_error, mean_squared_logarithmic_error,
                    cosine_similarity, kl_divergence}) {
    CHECK(has(message_of([&] { loss(cast(p, DType::kF32), p, {}); }), "must have one dtype"));
    CHECK(has(message_of([&] { loss(cast(p, DType::kI32), p, {}); }), "must have one dtype"));
    CHECK(has(message_of([&] { loss(reshape(p, {3, 2}), p, {}); }), "must have the same shape"));
    const Tensor none = full(c, {2, 0}, 0, DType::kF64);
    message_of([&] { loss(none, none, {}); });
  }
}

}  // namespace
}  // namespace tl::test
