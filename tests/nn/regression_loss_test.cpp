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
  // The second derivative at an error of 0 is 1 for both.
  for (int which : {0, 1}) {
    const Tensor y = vector({.5}), x = vector({.5});
    Tape outer(c, {});
    outer.watch(x);
    GradientSource source[] = {{x, nullptr}};
    Tensor g;
    {
      Tape inner(c, {});
      inner.watch(x);
      g = inner.gradient({which ? huber(y, x, 1) : log_cosh(y, x)}, source)[0];
    }
    CHECK(item(g) == 0);
    CHECK(item(outer.gradient({g}, source)[0]) == Approx(1));
  }
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
