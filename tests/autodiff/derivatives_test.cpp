// Jacobians, Hessian-vector products and pullbacks, in C++ (tags J1, J7, F6: cases of the conformance catalogue).
#include "core/autodiff/derivatives.h"

#include <cmath>

#include "core/autodiff/curvature.h"
#include "core/autodiff/forward.h"
#include "core/autodiff/pullback.h"
#include "tests/autodiff/numbers.h"

namespace tl::test {
namespace {

using Catch::Matchers::Contains;

constexpr JacobianWay kWays[] = {JacobianWay::kByShape, JacobianWay::kForward, JacobianWay::kReverse};
constexpr HessianWay kHessianWays[] = {HessianWay::kForwardOverReverse, HessianWay::kReverseOverReverse};

TEST_CASE_METHOD(Numbers, "J1 Jacobians of element-wise functions are diagonal") {
  Tensor x = vector({1, 2}), y = vector({3, 4});
  for (JacobianWay way : kWays) {
    CHECK(numbers(jacobian([&](const Tensor& t) { return mul(square(t), y); }, x, way)) == V{6, 0, 0, 16});
    CHECK(numbers(jacobian([&](const Tensor& t) { return mul(square(x), t); }, y, way)) == V{1, 0, 0, 4});
    CHECK(numbers(jacobian([](const Tensor& t) { return square(t); }, x, way)) == V{2, 0, 0, 4});
  }
}

TEST_CASE_METHOD(Numbers, "J7 Jacobians of parts and products") {
  Tensor x = vector({1, 2, 3}), y = vector({5, 7});
  for (JacobianWay way : kWays) {
    Tensor part = jacobian([](const Tensor& t) { return slice(t, {0}, {2}); }, x, way);
    CHECK(part.shape() == Shape{2, 3});
    CHECK(numbers(part) == V{1, 0, 0, 0, 1, 0});
    Tensor z = vector({1, 2});
    Tensor outer = jacobian(
        [&](const Tensor& t) {
          return mul(reshape(t, {2, 1}), reshape(y, {1, 2}));
        },
        z, way);
    CHECK(outer.shape() == Shape{2, 2, 2});
    CHECK(numbers(outer) == V{5, 0, 7, 0, 0, 5, 0, 7});
    // The Hessian of x^2, as the Jacobian of a Jacobian.
    for (JacobianWay inner : kWays) {
      Tensor hessian = jacobian(
          [&](const Tensor& t) { return jacobian([](const Tensor& u) { return square(u); }, t, inner); }, z,
          way);
      CHECK(hessian.shape() == Shape{2, 2, 2});
      CHECK(numbers(hessian) == V{2, 0, 0, 0, 0, 0, 0, 2});
    }
  }
}

TEST_CASE_METHOD(Numbers, "J8 all nestings of the two modes give one Hessian") {
  // f(x, y) = sin(x y) + x^3 at (0.5, 2).
  auto f = [](const Tensor& t) {
    Tensor x = slice(t, {0}, {1}), y = slice(t, {1}, {2});
    return reshape(add(sin(mul(x, y)), mul(square(x), x)), {});
  };
  Tensor at = vector({0.5, 2});
  const double s = std::sin(1.0), k = std::cos(1.0);
  const V expected{-4 * s + 3, k - s, k - s, -0.25 * s};
  for (JacobianWay outer : kWays)
    for (JacobianWay inner : kWays) {
      Tensor h = jacobian([&](const Tensor& t) { return jacobian(f, t, inner); }, at, outer);
      REQUIRE(h.shape() == Shape{2, 2});
      V got = numbers(h);
      for (size_t i = 0; i < 4; i++) CHECK(got[i] == Approx(expected[i]).epsilon(1e-13));
    }
}

TEST_CASE_METHOD(Numbers, "a Jacobian is zero where nothing depends, and empty where there is nothing") {
  Tensor x = vector({1, 2}), y = vector({3}), none = vector({});
  for (JacobianWay way : kWays) {
    CHECK(numbers(jacobian([&](const Tensor&) { return square(y); }, x, way)) == V{0, 0});
    CHECK(jacobian([](const Tensor& t) { return square(t); }, none, way).shape() == Shape{0, 0});
    Tensor wide = jacobian([](const Tensor& t) { return cast(t, DType::kF32); }, x, way);
    CHECK(wide.shape() == Shape{2, 2});
    CHECK_THAT(error_of([&] { jacobian([](const Tensor& t) { return cast(t, DType::kI32); }, x, way); }),
               Contains("floating-point"));
  }
  // Which way the shapes choose: the function runs once for reverse mode, and once more for each direction in forward mode.
  int runs = 0;
  auto wide = [&](const Tensor& t) { return runs++, broadcast_to(t, {5, 2}); };
  jacobian(wide, x);
  CHECK(runs == 3);
  runs = 0;
  auto narrow = [&](const Tensor& t) { return runs++, sum(t); };
  jacobian(narrow, x);
  CHECK(runs == 1);
  CHECK(c.recorders().empty());
}

TEST_CASE_METHOD(Numbers, "F6 Hessian-vector products both ways") {
  // f(a, b) = sum(a^2 b): H = [[2 b, 2 a], [2 a, 0]] for each element.
  Tensor at[] = {vector({1, 2}), vector({3, 4})}, along[] = {vector({1, 10}), vector({5, 7})};
  auto f = [](Span<const Tensor> z) { return std::vector<Tensor>{mul(square(z[0]), z[1])}; };
  for (HessianWay way : kHessianWays) {
    std::vector<Tensor> h = hessian_vector_product(f, at, along, way);
    REQUIRE(h.size() == 2);
    CHECK(numbers(h[0]) == V{6 * 1 + 2 * 5, 8 * 10 + 4 * 7});
    CHECK(numbers(h[1]) == V{2, 40});
    // A linear function has the Hessian zero, not none.
    auto line = [](Span<const Tensor> z) { return std::vector<Tensor>{add(z[0], z[1])}; };
    for (const Tensor& t : hessian_vector_product(line, at, along, way)) CHECK(numbers(t) == V{0, 0});
    CHECK_THAT(error_of([&] { hessian_vector_product(f, at, {along[0]}, way); }), Contains("got 1 for 2"));
    CHECK_THAT(error_of([&] { hessian_vector_product(f, Span<const Tensor>(), {}, way); }),
               Contains("at least 1 argument"));
    CHECK_THAT(error_of([&] {
                 hessian_vector_product(f, {at[0], Tensor()}, along, way);
               }),
               Contains("argument 1 must be a tensor: got null"));
  }
  CHECK(c.recorders().empty());
  CHECK(c.live_tensors() == 4);
}

TEST_CASE_METHOD(Numbers, "a Hessian-vector product has derivatives itself") {
  // f = x^4: H v = 12 x^2 v, whose derivative by x is 24 x v.
  Tensor x = vector({2}), v = vector({3});
  auto f = [](Span<const Tensor> z) { return std::vector<Tensor>{square(square(z[0]))}; };
  for (HessianWay way : kHessianWays) {
    Tape tape(c, {});
    tape.watch(x);
    Tensor h = hessian_vector_product(f, {x}, {v}, way)[0];
    CHECK(numbers(h) == V{144});
    CHECK(numbers(gradient(tape, h, x)) == V{144});
  }
}

TEST_CASE_METHOD(Numbers, "a pullback is asked any number of times") {
  Tensor at[] = {vector({1, 2}), vector({3, 4})};
  int runs = 0;
  Pullback pullback(
      [&](Span<const Tensor> z) {
        runs++;
        return std::vector<Tensor>{mul(z[0], z[1]), square(z[0])};
      },
      at);
  CHECK(numbers(pullback.values()[0]) == V{3, 8});
  const Tensor first[] = {vector({1, 0}), vector({0, 0})}, second[] = {Tensor(), vector({0, 100})};
  for (int i = 0; i < 2; i++) {
    std::vector<Tensor> g = pullback(first);
    CHECK(numbers(g[0]) == V{3, 0});
    CHECK(numbers(g[1]) == V{1, 0});
    g = pullback(second);
    CHECK(numbers(g[0]) == V{3, 404});
    CHECK(numbers(g[1]) == V{1, 2});
  }
  CHECK(runs == 1);
  CHECK_THAT(error_of([&] {
               pullback({vector({1, 0})});
             }),
             Contains("each target needs one output gradient: got 1 for 2"));
  // An open tape records what a pullback computes.
  Tensor w = vector({1, 0}), zero = vector({0, 0});
  Tape tape(c, {});
  tape.watch(w);
  Tensor g = pullback({w, zero})[0];
  CHECK(numbers(gradient(tape, g, w)) == V{3, 4});
}

}  // namespace
}  // namespace tl::test
