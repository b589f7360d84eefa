// Forward mode against the conformance catalogue (tags F1, F3, ... in the names are those of its cases), and what we promise
// beyond it. Numbers are exact or derived by hand.
#include "core/autodiff/forward.h"

#include <cmath>
#include <memory>

#include "tests/autodiff/numbers.h"

namespace tl::test {
namespace {

using Catch::Matchers::Contains;

Tensor tangent(const Forward& forward, const Tensor& y) { return forward.tangent(y); }

std::unique_ptr<Forward> open(const std::vector<Tensor>& primals, const std::vector<Tensor>& tangents) {
  std::vector<GradientSource> sources;
  for (const Tensor& t : primals) sources.push_back(by(t));
  return std::make_unique<Forward>(primals[0].context(), sources, tangents);
}

std::unique_ptr<Forward> open(const Tensor& x, const Tensor& v) {
  return open(std::vector<Tensor>{x}, std::vector<Tensor>{v});
}

TEST_CASE_METHOD(Numbers, "F1 tangents of sin, add and mul") {
  Tensor x = scalar(0.1);
  auto forward = open(x, scalar(0.2));
  Tensor y = sin(x);
  CHECK(number(y) == Approx(std::sin(0.1)).epsilon(1e-15));
  CHECK(number(tangent(*forward, y)) == Approx(0.1990008331).epsilon(1e-9));
  CHECK(number(tangent(*forward, y)) == Approx(0.2 * std::cos(0.1)).epsilon(1e-15));
  Tensor a = scalar(4), b = scalar(5);
  auto sum = open({a, b}, {scalar(1), scalar(5)});
  CHECK(number(tangent(*sum, add(a, b))) == 6);
  auto product = open({a, b}, {scalar(2), scalar(3)});
  CHECK(number(tangent(*product, mul(a, b))) == 22);
}

TEST_CASE_METHOD(Numbers, "F3 forward mode may be entered again, but not while it is open") {
  Tensor x = scalar(-2);
  auto forward = open(x, scalar(1.5));
  Tensor y = mul_scalar(x, 4);
  CHECK(number(tangent(*forward, y)) == 6);
  CHECK_THAT(error_of([&] { forward->resume(); }),
             Contains("failed precondition") && Contains("got one that is open"));
  forward->end();
  Tensor z = mul_scalar(x, 4);
  CHECK_FALSE(tangent(*forward, z));
  CHECK(number(tangent(*forward, y)) == 6);  // what there was stays
  CHECK_THAT(error_of([&] { forward->end(); }),
             Contains("failed precondition") && Contains("got one that has ended"));
  forward->resume();
  CHECK(number(tangent(*forward, square(y))) == -96);
}

TEST_CASE_METHOD(Numbers, "F4, T29 each primal is named once and has a tangent of its dtype and shape") {
  Tensor x = vector({1, 2, 3}), v = vector({1, 1, 1}), i = full(c, {3}, 1, DType::kI32);
  VariableRef w = VariableRef::make(vector({1, 2}), "v");
  Context other{ContextOptions{}};
  Tensor foreign = full(other, {3}, 1, DType::kF64);
  auto opening = [&](const std::vector<GradientSource>& primals, const std::vector<Tensor>& tangents) {
    return error_of([&] { Forward(c, primals, tangents); });
  };
  CHECK_THAT(opening({by(x), by(w), by(x)}, {v, vector({1, 1}), v}),
             Contains("'primals[2]', which is 'primals[0]', too") && Contains("sum of its tangents"));
  CHECK_THAT(opening({by(w), by(w)}, {vector({1, 1}), vector({1, 1})}), Contains("named once"));
  CHECK_THAT(opening({by(x)}, {vector({1, 1, 1, 1})}),
             Contains("dtype and shape") && Contains("of f64 (4,) for"));
  CHECK_THAT(opening({by(x)}, {scalar(1)}), Contains("dtype and shape"));
  CHECK_THAT(opening({by(scalar(1))}, {v}), Contains("dtype and shape"));
  CHECK_THAT(opening({by(x)}, {cast(v, DType::kF32)}), Contains("'tangents[0]' of f32"));
  CHECK_THAT(opening({by(w)}, {v}), Contains("variable 'v'") && Contains("of f64 (3,)"));
  CHECK_THAT(opening({by(x)}, {}), Contains("one tangent: got 0 for 1"));
  CHECK_THAT(opening({by(x)}, {Tensor()}), Contains("'tangents[0]' must be a tensor: got null"));
  CHECK_THAT(opening({GradientSource{}}, {v}),
             Contains("'primals[0]' must be a tensor or variable: got null"));
  CHECK_THAT(opening({}, {}), Contains("at least 1 primal"));
  CHECK_THAT(opening({by(i)}, {i}), Contains("must be floating-point values"));
  CHECK_THAT(opening({by(foreign)}, {v}), Contains("another context"));
  CHECK_THAT(opening({by(x)}, {foreign}), Contains("another context"));
  CHECK(c.recorders().empty());
  auto forward = open(x, v);
  CHECK_THAT(error_of([&] { tangent(*forward, Tensor()); }), Contains("got null"));
  CHECK_THAT(error_of([&] { tangent(*forward, foreign); }), Contains("of the context: got one of another"));
  CHECK_THAT(error_of([&] { tangent(*forward, i); }), Contains("only floating-point"));
}

TEST_CASE_METHOD(Numbers, "F5 forward over forward, to the third order") {
  Tensor x = scalar(1.1), one = scalar(1), exponent = scalar(3.5);
  auto outer = open(x, one), middle = open(x, one), inner = open(x, one);
  Tensor y = pow(x, exponent);
  Tensor first = tangent(*inner, y), second = tangent(*middle, first), third = tangent(*outer, second);
  CHECK(number(y) == Approx(1.3959645769).epsilon(1e-10));
  CHECK(number(first) == Approx(4.4417054720).epsilon(1e-10));
  CHECK(number(second) == Approx(10.0947851636).epsilon(1e-10));
  CHECK(number(third) == Approx(13.7656161322).epsilon(1e-10));
  CHECK(number(third) == Approx(3.5 * 2.5 * 1.5 * std::pow(1.1, 0.5)).epsilon(1e-13));
  // The other way round there is nothing: the inner one does not see what the outer one computes.
  CHECK(number(tangent(*outer, y)) == Approx(4.4417054720).epsilon(1e-10));
  CHECK_FALSE(tangent(*inner, tangent(*outer, y)));
  CHECK_FALSE(tangent(*inner, first));
  CHECK(number(tangent(*outer, tangent(*inner, y))) == Approx(10.0947851636).epsilon(1e-10));
}

TEST_CASE_METHOD(Numbers, "F6 forward over reverse and reverse over forward, in any order of the two") {
  // y = x^3: y' = 12, y'' = 12 at 2.
  Tensor x = scalar(2), one = scalar(1);
  {
    auto forward = open(x, one);
    Tape tape(c, {});
    tape.watch(x);
    Tensor y = mul(square(x), x), g = gradient(tape, y, x);
    CHECK(number(g) == 12);
    CHECK(number(tangent(*forward, y)) == 12);
    CHECK(number(tangent(*forward, g)) == 12);
  }
  {
    Tape tape(c, {/*persistent=*/true});
    tape.watch(x);
    auto forward = open(x, one);
    Tensor y = mul(square(x), x), t = tangent(*forward, y);
    forward->end();
    CHECK(number(gradient(tape, t, x)) == 12);
    CHECK(number(gradient(tape, y, x)) == 12);
  }
  // A tape that is newer than the forward mode does not see the tangents.
  {
    auto forward = open(x, one);
    Tape tape(c, {});
    tape.watch(x);
    Tensor t = tangent(*forward, mul(square(x), x));
    CHECK_FALSE(gradient(tape, t, x));
  }
  // Third order: reverse, forward, reverse. y = x^4: y''' = 48.
  {
    Tape outer(c, {});
    outer.watch(x);
    auto forward = open(x, one);
    Tape inner(c, {});
    inner.watch(x);
    Tensor g = gradient(inner, square(square(x)), x), t = tangent(*forward, g);
    CHECK(number(g) == 32);
    CHECK(number(t) == 48);
    CHECK(number(gradient(outer, t, x)) == 48);
  }
}

TEST_CASE_METHOD(Numbers, "derivatives by one variable are not taken for those by another") {
  // d/dx (x * d/dy (x + y)) is 1; taking the inner tangent for the outer one gives 2 (Siskind and Pearlmutter 2005).
  Tensor x = scalar(1), y = scalar(1), one = scalar(1);
  {
    auto outer = open(x, one), inner = open(y, one);
    Tensor z = mul(x, tangent(*inner, add(x, y)));
    CHECK(number(tangent(*outer, z)) == 1);
  }
  {
    auto outer = open(x, one);
    Tape inner(c, {});
    inner.watch(y);
    CHECK(number(tangent(*outer, mul(x, gradient(inner, add(x, y), y)))) == 1);
  }
  {
    Tape outer(c, {});
    outer.watch(x);
    auto inner = open(y, one);
    CHECK(number(gradient(outer, mul(x, tangent(*inner, add(x, y))), x)) == 1);
  }
  // d/dx (x * d/dy (x y)) is d/dx x^2, also where the same tensor is the direction of both and where x is its own direction.
  Tensor three = scalar(3);
  auto outer = open(three, three), inner = open(y, three);
  Tensor z = mul(three, tangent(*inner, mul(three, y)));  // 3 * (3 * 3)
  CHECK(number(z) == 27);
  // d/dt of x^2 t with t held fixed would be 2 x t x' = 54; t is x itself here: 3 x^2 x' = 81.
  CHECK(number(tangent(*outer, z)) == 81);
}

TEST_CASE_METHOD(Numbers, "F7 third order against differences, all nestings") {
  struct Case {
    const char* name;
    V at;
    Shape shape;
    std::function<Tensor(const Tensor&)> f;
  };
  const Case cases[] = {
      {"prod of rows",
       {2, 3, 1, 4},
       {2, 2},
       [](const Tensor& x) {
         Tensor s = mul(sin(x), div(sin(x), cos(x)));
         return prod(add(s, sum(s)), {1});
       }},
      {"elu", {0.5, -0.5}, {2}, [](const Tensor& x) { return elu(x); }},
      {"swish", {0.5, -0.5}, {2}, [](const Tensor& x) { return silu(x); }},
  };
  for (const Case& k : cases) {
    INFO(k.name);
    const V v(k.at.size(), 1.0);
    using F = std::function<Tensor(const Tensor&)>;
    auto forward_of = [&](F f) -> F {
      return [&, f](const Tensor& x) {
        auto forward = open(x, tensor(v, k.shape));
        Tensor y = f(x);
        return forward->tangent(y, Unconnected::kZero);
      };
    };
    auto reverse_of = [&](F f) -> F {  // of the sum
      return [&, f](const Tensor& x) {
        Tape tape(c, {});
        tape.watch(x);
        Tensor y = f(x), g = gradient(tape, y, x);
        return sum(mul(g, tensor(v, k.shape)));
      };
    };
    auto difference_of = [&](F f) -> F {
      return [&, f](const Tensor& x) {
        const double delta = 1e-3;
        Tensor step = mul_scalar(tensor(v, k.shape), delta);
        return mul_scalar(sub(f(add(x, step)), f(sub(x, step))), 0.5 / delta);
      };
    };
    F total = [&](const Tensor& x) { return sum(k.f(x)); };
    const Tensor at = tensor(k.at, k.shape);
    std::vector<F> all{total};
    for (int order = 1; order <= 3; order++) {
      INFO("order " << order);
      std::vector<F> next;
      for (const F& f : all) {
        next.push_back(forward_of(f));
        next.push_back(reverse_of(f));
      }
      F by_difference = difference_of(all[0]);
      const double expected = number(by_difference(at)), by_forward = number(next[0](at));
      CHECK(std::fabs(by_forward - expected) <= 1e-2 * std::fabs(expected) + 1e-6);
      for (const F& f : next) CHECK(number(f(at)) == Approx(by_forward).epsilon(1e-10).margin(1e-10));
      all = std::move(next);
    }
  }
}

TEST_CASE_METHOD(Numbers, "variables are primals: each read has the tangent, whatever was assigned") {
  VariableRef v = VariableRef::make(vector({2, 3}), "v"), other = VariableRef::make(vector({5, 7}), "w");
  GradientSource primals[] = {by(v)};
  Tensor along[] = {vector({1, 10})};
  Forward forward(c, primals, along);
  Tensor y = mul(square(v->read()), other->read());
  CHECK(numbers(forward.tangent(y)) == V{20, 420});
  CHECK(numbers(forward.tangent(*v)) == V{1, 10});
  CHECK_FALSE(forward.tangent(*other));
  v->assign(y);
  CHECK(numbers(forward.tangent(square(v->read()))) == V{40, 1260});
  forward.end();
  CHECK_FALSE(forward.tangent(square(v->read())));
}

TEST_CASE_METHOD(Numbers,
                 "tensors without a path from a primal have no tangent, zeros or an error, as asked") {
  Tensor x = vector({1, 2}), z = vector({3, 4});
  auto forward = open(x, vector({1, 1}));
  Tensor y = square(z);
  CHECK_FALSE(forward->tangent(y));
  CHECK(numbers(forward->tangent(y, Unconnected::kZero)) == V{0, 0});
  CHECK_THAT(error_of([&] { forward->tangent(y, Unconnected::kError); }),
             Contains("must depend on a primal"));
  CHECK_THAT(error_of([&] { forward->tangent(y, static_cast<Unconnected>(9)); }), Contains("got 9"));
  CHECK(numbers(forward->tangent(x)) == V{1, 1});
  CHECK_FALSE(forward->tangent(stop_gradient(x)));
  CHECK(numbers(forward->tangent(sign(x))) == V{0, 0});  // zero is not none
  CHECK_FALSE(forward->tangent(cast(cast(x, DType::kI32), DType::kF64)));
}

TEST_CASE_METHOD(Numbers, "a tangent goes with its tensor, and forward mode keeps nothing else alive") {
  Tensor x = vector({1, 2, 3}), v = vector({1, 1, 1});
  const size_t before = c.live_tensors();
  auto forward = open(x, v);
  {
    Tensor y = x;
    for (int i = 0; i < 1000; i++) y = sin(y);
    CHECK(c.live_tensors() == before + 2);  // y and its tangent
    CHECK(forward->tangents() == 2);
    forward->end();
    y = Tensor();
  }
  CHECK(c.live_tensors() == before);
  CHECK(forward->tangents() == 1);
  // A tape that keeps a tensor for its backward pass keeps the tangent, too.
  forward->resume();
  Tape tape(c, {});
  tape.watch(x);
  Tensor y = exp(square(x));
  CHECK(forward->tangents() == 2);  // x and y, which the rules read; not the square
  Tensor g = gradient(tape, y, x);
  const double e = std::exp(1.0);
  CHECK(numbers(tangent(*forward, g))[0] == Approx(6 * e));  // (2 + 4 x^2) e^(x^2) at 1
  g = Tensor(), y = Tensor();
  CHECK(forward->tangents() == 1);
  forward = nullptr;
  x = Tensor(), v = Tensor();
}

TEST_CASE_METHOD(Numbers, "a tangent does not go with what a tape keeps in the place of its tensor") {
  Tensor x = vector({1, 2});
  auto forward = open(x, vector({1, 1}));
  Tensor y;
  {
    Tape tape(c, {});
    tape.watch(x);
    y = square(x);  // the tape keeps its shape, under its id, and no data
  }
  CHECK(numbers(tangent(*forward, y)) == V{2, 4});
}

TEST_CASE_METHOD(Numbers, "a tensor that is its own tangent goes without a trace") {
  const size_t before = c.live_tensors();
  {
    Tensor x = scalar(3);
    auto forward = open(x, x);
    Tensor y = add_scalar(x, 1), z = mul(x, y);
    CHECK(number(tangent(*forward, z)) == 21);  // (2 x + 1) x
    x = Tensor(), y = Tensor();
    CHECK(number(tangent(*forward, z)) == 21);
  }
  CHECK(c.live_tensors() == before);
}

TEST_CASE_METHOD(Numbers, "more than 64 forward modes share bits and are still told apart") {
  Tensor x = scalar(2);
  std::vector<std::unique_ptr<Forward>> open_ones;
  for (int i = 0; i < 70; i++) open_ones.push_back(open(x, scalar(i)));
  for (int i = 0; i < 70; i++) open_ones[static_cast<size_t>(i)]->end();
  for (int i : {0, 5, 64, 69}) {
    Forward& forward = *open_ones[static_cast<size_t>(i)];
    forward.resume();
    Tensor y = square(x);
    CHECK(number(forward.tangent(y)) == 4 * i);
    CHECK_FALSE(open_ones[(static_cast<size_t>(i) + 64) % 70]->tangent(y));
    forward.end();
  }
}

TEST_CASE_METHOD(Numbers, "an op that fails in forward mode leaves no tangent behind") {
  Tensor x = full(c, {1 << 12}, 2, DType::kF64), v = full(c, {1 << 12}, 1, DType::kF64);
  auto forward = open(x, v);
  const size_t live = c.live_tensors(), known = forward->tangents();
  // Memory for the op's result, but not for its tangent.
  c.allocator().set_limit(c.allocator().stats().live_bytes + (1 << 15) + 4096);
  CHECK_THAT(error_of([&] { exp(x); }), Contains("out of memory"));
  c.allocator().set_limit(0);
  CHECK(c.live_tensors() == live);
  CHECK(forward->tangents() == known);
  Tensor y = exp(x);
  CHECK(numbers(tangent(*forward, y))[7] == Approx(std::exp(2.0)));
}

TEST_CASE_METHOD(Numbers, "the learning rate of many steps has a derivative in forward mode") {
  // w <- w - r w from 1: after n steps (1 - r)^n, with the derivative -n (1 - r)^(n - 1) by r. Nothing is kept of the run.
  Tensor rate = scalar(0.01), w = scalar(1);
  auto forward = open(rate, scalar(1));
  const size_t live = c.live_tensors();
  for (int step = 0; step < 300; step++) w = sub(w, mul(rate, w));
  CHECK(c.live_tensors() <= live + 2);
  CHECK(number(tangent(*forward, w)) == Approx(-300 * std::pow(0.99, 299)).epsilon(1e-12));
}

}  // namespace
}  // namespace tl::test
