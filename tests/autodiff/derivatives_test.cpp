// Hessian-vector products and pullbacks, in C++ (tag F6: a case of the conformance catalogue).
#include "core/autodiff/curvature.h"
#include "core/autodiff/forward.h"
#include "core/autodiff/pullback.h"
#include "tests/autodiff/numbers.h"

namespace tl::test {
namespace {

using Catch::Matchers::Contains;

constexpr HessianWay kHessianWays[] = {HessianWay::kForwardOverReverse, HessianWay::kReverseOverReverse};

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
