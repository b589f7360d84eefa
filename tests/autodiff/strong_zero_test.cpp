// What a select did not choose gets a gradient of exactly zero, of every order and in both modes, however infinite or NaN
// its derivatives are (row 38 of the table of semantics, T31); and a zero that only happens to be one keeps its derivatives.
#include <cmath>
#include <limits>

#include "core/autodiff/curvature.h"
#include "core/autodiff/forward.h"
#include "tests/autodiff/tape_fixture.h"

namespace tl::tape_test {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
const double kNan = std::nan("");

// The derivative of an element-wise function, itself one.
Function reverse(Function f) {
  return [f](const Tensor& x) {
    Tape tape(x.context(), {});
    tape.watch(x);
    GradientSource xs[] = {of(x)};
    return tape.gradient({f(x)}, xs, {}, Unconnected::kZero)[0];
  };
}
Function forward(Function f) {
  return [f](const Tensor& x) {
    Tensor ones = full(x.context(), x.shape(), 1.0, x.dtype());
    GradientSource xs[] = {of(x)};
    Forward mode(x.context(), xs, Span<const Tensor>(&ones, 1));
    return mode.tangent(f(x), Unconnected::kZero);
  };
}

Tensor choose(const Tensor& condition, const Tensor& chosen, double other) {
  return select(condition, chosen, full(chosen.context(), IntList{}, other, chosen.dtype()));
}
Tensor above(const Tensor& x, double limit) {
  return greater(x, full(x.context(), IntList{}, limit, x.dtype()));
}
Tensor raised(const Tensor& x, double exponent) {
  return pow(x, full(x.context(), IntList{}, exponent, x.dtype()));
}

// f at x, and its derivatives of order 1, 2 and 3 in every nesting of the modes, against what is wanted.
void check(const std::string& name, const Function& f, const Tensor& x, const V& first, const V& second,
           const V& third) {
  struct Mode {
    char letter;
    Function (*derivative)(Function);
  };
  const Mode modes[] = {{'r', reverse}, {'f', forward}};
  auto same = [&](const std::string& nesting, const Function& g, const V& want) {
    const V got = values(g(x));
    REQUIRE(got.size() == want.size());
    for (size_t i = 0; i < got.size(); i++) {
      CAPTURE(name, nesting, i, got[i], want[i]);
      CHECK(std::fabs(got[i] - want[i]) <= 1e-12 * (1 + std::fabs(want[i])));
    }
  };
  for (Mode a : modes) {
    const Function one = a.derivative(f);
    same({a.letter}, one, first);
    for (Mode b : modes) {
      const Function two = b.derivative(one);
      same({b.letter, a.letter}, two, second);
      for (Mode c : modes) same({c.letter, b.letter, a.letter}, c.derivative(two), third);
    }
  }
}

TEST_CASE_METHOD(TapeFixture, "T31: a select follows the branch, and only that") {
  Tensor x = vector({5, 50});
  Function f = [](const Tensor& v) {
    return select(less(v, full(v.context(), IntList{}, 10, v.dtype())), v, square(v));
  };
  check("where(x < 10, x, x^2)", f, x, {1, 100}, {0, 2}, {0, 0});
}

TEST_CASE_METHOD(TapeFixture,
                 "row 38: functions at the end of their domain behind a select have the gradient 0") {
  Tensor x = vector({0, -1, 2});
  check("where(x > 0, log x, 0)", [](const Tensor& v) { return choose(above(v, 0), log(v), 0); }, x,
        {0, 0, .5}, {0, 0, -.25}, {0, 0, .25});
  check("sqrt(where(x > 0, x, 0))", [](const Tensor& v) { return sqrt(choose(above(v, 0), v, 0)); }, x,
        {0, 0, .5 / std::sqrt(2.0)}, {0, 0, -.25 / std::pow(2, 1.5)}, {0, 0, .375 / std::pow(2, 2.5)});
  check("where(x > 0, x^1.5, 0)", [](const Tensor& v) { return choose(above(v, 0), raised(v, 1.5), 0); }, x,
        {0, 0, 1.5 * std::sqrt(2.0)}, {0, 0, .75 / std::sqrt(2.0)}, {0, 0, -.375 / std::pow(2, 1.5)});
  check("where(x > 0, 1 / x, 7)", [](const Tensor& v) { return choose(above(v, 0), reciprocal(v), 7); }, x,
        {0, 0, -.25}, {0, 0, .25}, {0, 0, -.375});
  check("where(x > 0, x / x^2, 7)", [](const Tensor& v) { return choose(above(v, 0), div(v, square(v)), 7); },
        x, {0, 0, -.25}, {0, 0, .25}, {0, 0, -.375});
  check("where(x > 0, 1 / sqrt(x), 0)", [](const Tensor& v) { return choose(above(v, 0), rsqrt(v), 0); }, x,
        {0, 0, -.5 / std::pow(2, 1.5)}, {0, 0, .75 / std::pow(2, 2.5)}, {0, 0, -1.875 / std::pow(2, 3.5)});
  check("where(x > -1, log1p(x), 0)", [](const Tensor& v) { return choose(above(v, -1), log1p(v), 0); }, x,
        {1, 0, 1.0 / 3}, {-1, 0, -1.0 / 9}, {2, 0, 2.0 / 27});
}

TEST_CASE_METHOD(TapeFixture, "row 38: the same where functions overflow, and where the data is no number") {
  Tensor x = vector({1000, kInf, kNan, 0.5});
  const double e = std::exp(.5), s = 1 / (1 + std::exp(-.5)), s1 = s * (1 - s), s2 = s1 * (1 - 2 * s);
  auto below = [](const Tensor& v) { return less(v, full(v.context(), IntList{}, 100, v.dtype())); };
  auto behind = [&](Tensor (*f)(const Tensor&)) {
    return [=](const Tensor& v) { return choose(below(v), f(v), 0); };
  };
  check("exp", behind(exp), x, {0, 0, 0, e}, {0, 0, 0, e}, {0, 0, 0, e});
  check("expm1", behind(expm1), x, {0, 0, 0, e}, {0, 0, 0, e}, {0, 0, 0, e});
  check("square", behind(square), x, {0, 0, 0, 1}, {0, 0, 0, 2}, {0, 0, 0, 0});
  check("sin", behind(sin), x, {0, 0, 0, std::cos(.5)}, {0, 0, 0, -std::sin(.5)}, {0, 0, 0, -std::cos(.5)});
  check("softplus", behind(softplus), x, {0, 0, 0, s}, {0, 0, 0, s1}, {0, 0, 0, s2});
  check("sigmoid", behind(sigmoid), x, {0, 0, 0, s1}, {0, 0, 0, s2},
        {0, 0, 0, s2 * (1 - 2 * s) - 2 * s1 * s1});
  const double t = std::tanh(.5), t1 = 1 - t * t;
  check("tanh", behind(tanh), x, {0, 0, 0, t1}, {0, 0, 0, -2 * t * t1}, {0, 0, 0, t1 * (6 * t * t - 2)});
}

TEST_CASE_METHOD(TapeFixture, "row 38: the norm at zero") {
  auto norm = [](const Tensor& v) {
    Tensor squares = sum(square(v));
    return choose(above(squares, 0), sqrt(squares), 0);
  };
  for (bool at_zero : {true, false}) {
    Tensor x = at_zero ? vector({0, 0}) : vector({3, 4});
    Tape outer(c, {}), inner(c, {});
    outer.watch(x);
    inner.watch(x);
    Tensor slope = gradient(inner, norm(x), of(x));
    for (size_t i = 0; i < 2; i++) CHECK(values(slope)[i] == Approx(at_zero ? 0 : i ? .8 : .6));
    V curve = values(gradient(outer, slope, of(x)));  // the rows' sums of (I - n n') / |x|
    V want = at_zero ? V{0, 0} : V{(1 - .36 - .48) / 5, (1 - .48 - .64) / 5};
    for (size_t i = 0; i < 2; i++) CHECK(curve[i] == Approx(want[i]).margin(1e-15));
    Tensor along = vector({1, 1});
    for (HessianWay way : {HessianWay::kForwardOverReverse, HessianWay::kReverseOverReverse}) {
      auto f = [&](Span<const Tensor> at) { return std::vector<Tensor>{norm(at[0])}; };
      V product = values(hessian_vector_product(f, {x}, {along}, way)[0]);
      for (size_t i = 0; i < 2; i++) CHECK(product[i] == Approx(want[i]).margin(1e-15));
    }
  }
  // Even without a select the gradient is no NaN: the smallest of the subgradients.
  CHECK(values(reverse([](const Tensor& v) { return sqrt(sum(square(v))); })(vector({0, 0}))) == V{0, 0});
}

TEST_CASE_METHOD(TapeFixture, "row 38: a masked row of a cross-entropy keeps its NaN to itself") {
  Tensor logits = tensor({1, 2, 3, kNan, kInf, 0, -kInf, -kInf, -kInf}, Shape{3, 3});
  Tensor labels = full(c, {3}, 0, DType::kI32);
  Tensor keep = cast(vector({1, 0, 0}), DType::kBool);
  auto losses = {
      +[](const Tensor& l, const Tensor& z) { return sparse_softmax_cross_entropy(l, z); },
      +[](const Tensor& l, const Tensor& z) { return softmax_cross_entropy(one_hot(l, 3, z.dtype()), z); },
      +[](const Tensor&, const Tensor& z) { return logsumexp(z, {-1}, false); },
      +[](const Tensor&, const Tensor& z) { return sum(square(softmax(z)), {-1}, false); },
      +[](const Tensor&, const Tensor& z) {
        return sum(sigmoid_cross_entropy(full(z.context(), z.shape(), .25, z.dtype()), z), {-1}, false);
      },
      +[](const Tensor&, const Tensor& z) { return prod(z, {-1}, false); },
      +[](const Tensor&, const Tensor& z) { return sum(inverse_rms(z, 0), {-1}, false); }};
  for (auto loss : losses) {
    Function f = [=](const Tensor& z) { return choose(keep, loss(labels, z), 0); };
    Function alone = [=](const Tensor& z) { return loss(slice(labels, {0}, {1}), z); };
    Tensor row = slice(logits, {0, 0}, {1, 3});
    Function orders[][2] = {{reverse(f), reverse(alone)},
                            {reverse(reverse(f)), reverse(reverse(alone))},
                            {forward(reverse(f)), forward(reverse(alone))}};
    for (auto& [masked, want] : orders) {
      V got = values(masked(logits)), expected = values(want(row));
      expected.resize(9, 0.0);
      CHECK(got == expected);
    }
  }
}

TEST_CASE_METHOD(TapeFixture, "a zero that no select made keeps its derivatives") {
  // w log(x) at w = 0: the mixed derivative is 1 / x.
  Tensor w = scalar(0), x = scalar(4);
  Tape outer(c, {}), inner(c, {});
  outer.watch(w);
  inner.watch(x);
  Tensor by_x = gradient(inner, mul(w, log(x)), of(x));
  CHECK(values(by_x) == V{0});
  CHECK(values(gradient(outer, by_x, of(w))) == V{.25});
  // x^3 at 0 has a third derivative.
  auto cube = [](const Tensor& v) { return mul(square(v), v); };
  check("x^3", cube, vector({0}), {0}, {0}, {6});
}

TEST_CASE_METHOD(TapeFixture,
                 "rows are set by strictly ascending indices, in place where nobody else looks") {
  Tensor x = tensor({0, 1, 2, 3, 4, 5}, Shape{3, 2}), rows = tensor({7, 8, 9, 10}, Shape{2, 2});
  Tensor at = cast(vector({0, 2}), DType::kI64);
  CHECK(values(set_rows(x, at, rows)) == V{7, 8, 2, 3, 9, 10});
  CHECK(values(x) == V{0, 1, 2, 3, 4, 5});
  const std::byte* memory = x.raw();
  const Tensor* in[] = {&x, &at, &rows};
  Tensor out;
  apply(OpId::kSetRows, c, Inputs(in, 3), nullptr, &out, /*donated=*/1);
  CHECK(out.raw() == memory);
  for (V wrong : {V{2, 0}, V{1, 1}}) {
    Tensor bad = tensor({wrong[0], wrong[1]}, Shape{2});
    CHECK(message_of([&] { set_rows(x, cast(bad, DType::kI32), rows); }).find("strictly ascending") !=
          std::string::npos);
  }
}

}  // namespace
}  // namespace tl::tape_test
