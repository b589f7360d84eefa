// vmap in C++: what goes in and out, what is refused, and how it composes with tapes and forward mode. That each op
// does under vmap what a loop does is tested in tests/ops/batching_test.cpp.
#include <cmath>

#include "core/autodiff/forward.h"
#include "core/autodiff/non_finite.h"
#include "tests/autodiff/batches.h"

namespace tl::test {
namespace {

using Catch::Matchers::Contains;

// sin(w x) of each example, as a number: something with derivatives of any order.
Tensor curve(const Tensor& x, const Tensor& w) { return sum(sin(mul(x, w))); }

TEST_CASE_METHOD(Numbers, "vmap runs a function once for all examples") {
  Tensor x = tensor({1, 2, 3, 4, 5, 6}, Shape{3, 2}), w = vector({10, 100});
  int runs = 0;
  List out = vmap(c, "f",
                  [&](In in) {
                    runs++;
                    CHECK(in[0].shape() == Shape{2});
                    return List{sum(mul(in[0], w)), in[0], w};
                  },
                  {x});
  CHECK(runs == 1);
  CHECK(numbers(out[0]) == V{210, 430, 650});
  CHECK(out[1].id() == x.id());
  CHECK(out[2].shape() == Shape{3, 2});
  CHECK(numbers(out[2]) == V{10, 100, 10, 100, 10, 100});
  CHECK(c.batch_levels().empty());
}

TEST_CASE_METHOD(Numbers, "the batch axis of each input may be any or none") {
  Tensor x = tensor({1, 2, 3, 4, 5, 6}, Shape{2, 3}), w = vector({10, 100});
  auto f = [](In in) { return List{sum(mul(in[0], in[1]))}; };
  for (int64_t axis : {1, -1})
    CHECK(numbers(vmap(c, "f", f, {x, w}, {axis, kNoAxis})[0]) == V{410, 520, 630});
  Tensor cube = tensor({1, 2, 3, 4, 5, 6, 7, 8}, Shape{2, 2, 2});
  List out = vmap(c, "f",
                  [](In in) {
                    return List{transpose(in[0]), sub(in[0], in[1])};
                  },
                  {cube, cube}, {1, 2});
  CHECK(numbers(out[0]) == V{1, 5, 2, 6, 3, 7, 4, 8});
  CHECK(numbers(out[1]) == V{1 - 1, 2 - 3, 5 - 5, 6 - 7, 3 - 2, 4 - 4, 7 - 6, 8 - 8});
}

TEST_CASE_METHOD(Numbers, "a batch may be empty, and have one example") {
  Tensor none = tensor({}, Shape{0, 3}), w = tensor({1, 2, 3, 4, 5, 6}, Shape{3, 2});
  auto f = [&](In in) {
    Tensor y = matmul(reshape(in[0], {1, -1}), w);
    return List{sum(y), max(softmax(y)), grad([](const Tensor& t) { return curve(t, t); }, in[0]), w};
  };
  List out = vmap(c, "f", f, {none});
  CHECK(out[0].shape() == Shape{0});
  CHECK(out[1].shape() == Shape{0});
  CHECK(out[2].shape() == Shape{0, 3});
  CHECK(out[3].shape() == Shape{0, 3, 2});
  CHECK(numbers(vmap(c, "f", f, {tensor({1, 1, 1}, Shape{1, 3})})[0]) == V{21});
}

TEST_CASE_METHOD(Numbers, "what vmap cannot take is told") {
  Tensor x = tensor({1, 2, 3, 4, 5, 6}, Shape{3, 2}), w = vector({10, 100}), s = scalar(1);
  auto f = [](In in) { return List{in[0]}; };
  auto told = [&](std::initializer_list<Tensor> in, std::initializer_list<int64_t> axes) {
    std::vector<Tensor> list(in);
    std::vector<int64_t> at(axes);
    return error_of([&] { vmap(c, "model", f, list, at); });
  };
  CHECK_THAT(told({x, w}, {}), Contains("[model] the batch axes of all inputs must have one size: got 3 in "
                                        "'inputs[0]' of (3, 2) and 2 in 'inputs[1]' of (2,)"));
  CHECK_THAT(told({x}, {kNoAxis}), Contains("at least 1 input must have a batch axis"));
  CHECK_THAT(told({}, {}), Contains("at least 1 input must have a batch axis"));
  CHECK_THAT(told({x}, {2}), Contains("'inputs[0]' is out of range: got 2 for (3, 2); valid is -2 to 1"));
  CHECK_THAT(told({x}, {-3}), Contains("out of range: got -3"));
  CHECK_THAT(told({s}, {}), Contains("rank 0 can only be shared"));
  CHECK_THAT(told({x, w}, {0}), Contains("got 1 for 2 inputs"));
  CHECK_THAT(told({x, Tensor()}, {}), Contains("'inputs[1]' must be a tensor: got null"));
  Context other{ContextOptions{}};
  CHECK_THAT(told({x, full(other, {3}, 0, DType::kF64)}, {}), Contains("'inputs[1]' of another one"));
  CHECK_THAT(error_of([&] { vmap(c, "model", [](In) { return List{Tensor()}; }, {x}); }),
             Contains("[model] 'outputs[0]' must be a tensor: got null"));
  CHECK_THAT(
      error_of([&] { vmap(c, "model", [&](In) { return List{full(other, {3}, 0, DType::kF64)}; }, {x}); }),
      Contains("'outputs[0]' of another one"));
  CHECK(c.batch_levels().empty());
}

TEST_CASE_METHOD(Numbers, "an error inside vmap speaks of one example, and leaves nothing") {
  Tensor x = tensor({1, 2, 3, 4, 5, 6}, Shape{3, 2}), w = vector({1, 2, 3});
  const size_t live = c.live_tensors();
  const size_t recorders = c.recorders().size();
  auto f = [&](In in) {
    Tape tape(c, TapeOptions{});
    tape.watch(in[0]);
    return List{mul(in[0], w)};
  };
  const std::string text = error_of([&] { vmap(c, "f", f, {x}); });
  CHECK_THAT(text, Contains("[mul] shapes do not broadcast: got (2,) and (3,)"));
  CHECK(c.live_tensors() == live);
  CHECK(c.recorders().size() == recorders);
  CHECK(c.batch_levels().empty());
  // Any exception of the function goes on as it is.
  struct Own {};
  CHECK_THROWS_AS(vmap(c, "f", [](In) -> List { throw Own{}; }, {x}), Own);
  CHECK(c.batch_levels().empty());
}

TEST_CASE_METHOD(Numbers, "values inside vmap are not read, and variables not assigned them") {
  Tensor x = vector({1, 2, 3});
  VariableRef v = variable(7);
  vmap(c, "f",
       [&](In in) {
         CHECK_THAT(
             error_of([&] { check_readable("tensor_item", in[0]); }),
             Contains(
                 "[tensor_item] a tensor inside vmap has no values that could be read: got f64 (), one of "
                 "a batch of 3 (of vmap, or the rows of a Jacobian); return it from the function"));
         CHECK_THAT(error_of([&] { v->assign(in[0]); }),
                    Contains("[variable_assign] a variable holds one value"));
         v->assign(scalar(8));  // one value for all
         check_readable("tensor_item", v->read());
         return List{in[0]};
       },
       {x});
  CHECK(numbers(v->peek()) == V{8});
}

TEST_CASE_METHOD(Numbers, "a tensor does not outlive its vmap") {
  Tensor x = tensor({1, 2, 3, 4}, Shape{2, 2}), escaped, inner_escaped;
  std::unique_ptr<Tape> tape;
  Tensor y;
  vmap(c, "f",
       [&](In in) {
         escaped = in[0];
         tape = std::make_unique<Tape>(c, TapeOptions{});
         tape->watch(in[0]);
         y = curve(in[0], in[0]);
         vmap(c, "g",
              [&](In one) {
                inner_escaped = one[0];
                return List{one[0]};
              },
              {in[0]});
         CHECK_THAT(error_of([&] { sin(inner_escaped); }), Contains("must not be used after its end"));
         CHECK_THAT(error_of([&] { vmap(c, "h", [&](In) { return List{inner_escaped}; }, {in[0]}); }),
                    Contains("must not be used after its end"));
         return List{in[0]};
       },
       {x});
  const std::string text = error_of([&] { add(x, escaped); });
  CHECK_THAT(text, Contains("[add] a tensor inside vmap must not be used after its end: got f64 (2,)"));
  CHECK_THAT(text, Contains("return it from the function"));
  CHECK_THAT(error_of([&] { vmap(c, "f", [&](In) { return List{escaped}; }, {x}); }),
             Contains("after its end"));
  CHECK_THAT(error_of([&] { vmap(c, "f", [&](In) { return List{mul(escaped, escaped)}; }, {x}); }),
             Contains("after its end"));
  CHECK_THAT(error_of([&] { gradient(*tape, y, escaped); }), Contains("after its end"));
  CHECK_THAT(error_of([&] { check_readable("tensor_read", escaped); }), Contains("of a vmap that has ended"));
  escaped = inner_escaped = y = Tensor();
  tape.reset();
  CHECK(c.live_tensors() == 1);
}

TEST_CASE_METHOD(Numbers, "the gradient of each example, also by what all share") {
  Tensor x = tensor({0.1, 0.2, 0.3, 0.4, 0.5, 0.6}, Shape{3, 2});
  VariableRef w = VariableRef::make(vector({1.5, -2}), "w");
  auto of_one = [&](In in) {
    Tape tape(c, TapeOptions{});
    Tensor y = curve(in[0], w->read());
    return tape.gradient({y}, {by(w)});
  };
  Tensor each = vmap(c, "f", of_one, {x})[0];
  REQUIRE(each.shape() == Shape{3, 2});
  V expected;
  for (int64_t i = 0; i < 3; i++) {
    Tensor row = reshape(slice(x, {i, 0}, {i + 1, 2}), {2});
    V g = numbers(of_one({row})[0]);
    expected.insert(expected.end(), g.begin(), g.end());
  }
  check_close(numbers(each), expected);
  // The gradient of the sum is the sum of the gradients: a tape outside.
  Tape tape(c, TapeOptions{});
  Tensor total = sum(vmap(c, "f", [&](In in) { return List{curve(in[0], w->read())}; }, {x})[0]);
  V sums{expected[0] + expected[2] + expected[4], expected[1] + expected[3] + expected[5]};
  check_close(numbers(tape.gradient({total}, {by(w)})[0]), sums);
}

TEST_CASE_METHOD(Numbers, "vmap, gradients and tangents nest in any order") {
  const V xs{0.3, -0.7, 1.1};
  Tensor x = vector({0.3, -0.7, 1.1}), one = vector({1, 1, 1});
  auto f = [](const Tensor& t) { return sin(square(t)); };
  auto f1 = [](double t) { return 2 * t * std::cos(t * t); };
  auto f2 = [](double t) { return 2 * std::cos(t * t) - 4 * t * t * std::sin(t * t); };
  auto all = [&](double g(double)) {
    V out;
    for (double t : xs) out.push_back(g(t));
    return out;
  };
  auto first = [&](const Tensor& t) { return grad(f, t); };
  auto tangent = [&](const std::function<Tensor(const Tensor&)>& g, const Tensor& t) {
    Tensor along = full(c, t.shape(), 1, DType::kF64);
    Forward forward(c, {by(t)}, {along});
    return forward.tangent(g(t), Unconnected::kZero);
  };
  auto mapped = [&](const Tensor& t) { return map_one(c, f, t); };
  auto mapped_first = [&](const Tensor& t) { return map_one(c, first, t); };
  // First order: inside and outside.
  check_close(numbers(mapped_first(x)), all(+f1));
  check_close(numbers(grad(mapped, x)), all(+f1));
  check_close(numbers(map_one(
                  c, [&](const Tensor& t) { return tangent(f, t); }, x)),
              all(+f1));
  check_close(numbers(tangent(mapped, x)), all(+f1));
  // Second order: both inside, both outside, one around the other, in both modes.
  check_close(numbers(map_one(
                  c, [&](const Tensor& t) { return grad(first, t); }, x)),
              all(+f2));
  check_close(numbers(map_one(
                  c, [&](const Tensor& t) { return tangent(first, t); }, x)),
              all(+f2));
  check_close(
      numbers(map_one(
          c, [&](const Tensor& t) { return grad([&](const Tensor& u) { return tangent(f, u); }, t); }, x)),
      all(+f2));
  check_close(numbers(grad(mapped_first, x)), all(+f2));
  check_close(numbers(tangent(mapped_first, x)), all(+f2));
  check_close(numbers(grad([&](const Tensor& t) { return grad(mapped, t); }, x)), all(+f2));
  check_close(numbers(tangent([&](const Tensor& t) { return grad(mapped, t); }, x)), all(+f2));
  // A vmap between two tapes, inside a vmap.
  Tensor square_of_x = tensor({0.3, -0.7, 1.1, 0.2, 0.4, 0.6}, Shape{2, 3});
  Tensor both = map_one(
      c, [&](const Tensor& row) { return grad(mapped_first, row); }, square_of_x);
  V expected = all(+f2);
  for (double t : {0.2, 0.4, 0.6}) expected.push_back(f2(t));
  check_close(numbers(both), expected);
  CHECK(c.recorders().empty());
}

TEST_CASE_METHOD(Numbers, "vmap in vmap: an outer product, and tensors of both levels and of one") {
  Tensor a = vector({1, 2, 3}), b = vector({10, 20});
  Tensor out = map_one(
      c,
      [&](const Tensor& x) {
        return map_one(
            c, [&](const Tensor& y) { return add(mul(x, y), x); }, b);
      },
      a);
  CHECK(out.shape() == Shape{3, 2});
  CHECK(numbers(out) == V{11, 21, 22, 42, 33, 63});
  // What depends on the outer level alone is repeated for the inner one.
  out = map_one(
      c,
      [&](const Tensor& x) {
        return map_one(
            c, [&](const Tensor&) { return square(x); }, b);
      },
      a);
  CHECK(numbers(out) == V{1, 1, 4, 4, 9, 9});
}

TEST_CASE_METHOD(Numbers, "a gradient step on each task in one pass, and the gradient through it") {
  // Tasks (x, t): loss (w x - t)^2. One step w' = w - 0.1 dloss, then the loss at w'; its gradient by the shared w.
  Tensor xs = vector({1, 2, 3}), ts = vector({2, 3, 5});
  VariableRef w = variable(0.5);
  auto loss = [](const Tensor& weight, const Tensor& x, const Tensor& t) {
    return square(sub(mul(weight, x), t));
  };
  auto adapted = [&](In task) {
    const Tensor& now = w->read();
    Tape tape(c, TapeOptions{/*persistent=*/false, /*watch_variables=*/false});
    tape.watch(now);
    Tensor g = gradient(tape, loss(now, task[0], task[1]), now);
    return List{loss(sub(now, mul_scalar(g, 0.1)), task[0], task[1])};
  };
  Tape outer(c, TapeOptions{});
  Tensor total = sum(vmap(c, "task", adapted, {xs, ts})[0]);
  const double got = number(outer.gradient({total}, {by(w)})[0]);
  double expected = 0;
  for (int i = 0; i < 3; i++) {
    const double x = numbers(xs)[static_cast<size_t>(i)], t = numbers(ts)[static_cast<size_t>(i)];
    const double next = 0.5 - 0.2 * (0.5 * x - t) * x;
    expected += 2 * (next * x - t) * x * (1 - 0.2 * x * x);
  }
  CHECK(got == Approx(expected).epsilon(1e-12));
}

TEST_CASE_METHOD(Numbers, "a tape outside does not know the tensors inside") {
  Tensor x = vector({1, 2});
  Tape tape(c, TapeOptions{});
  tape.watch(x);
  Forward forward(c, {by(x)}, {x});
  vmap(c, "f",
       [&](In in) {
         CHECK_THAT(error_of([&] { tape.watch(in[0]); }),
                    Contains("[tape_watch] the tensor must not be inside a vmap that was opened later"));
         CHECK_THAT(error_of([&] { gradient(tape, square(in[0]), x); }), Contains("'targets[0]'"));
         CHECK_THAT(error_of([&] { gradient(tape, x, in[0]); }), Contains("'sources[0]'"));
         CHECK_THAT(error_of([&] { (void)forward.tangent(in[0]); }), Contains("[forward_tangent]"));
         return List{in[0]};
       },
       {x});
  CHECK(numbers(gradient(tape, square(x), x)) == V{2, 4});  // none of this has consumed it
}

TEST_CASE_METHOD(Numbers, "a tape that was recorded before is asked for a batch of gradients inside") {
  Tensor x = vector({1, 2, 3}), eye = tensor({1, 0, 0, 0, 1, 0, 0, 0, 1}, Shape{3, 3});
  Tape tape(c, TapeOptions{});
  tape.watch(x);
  Tensor y = square(cumsum(x));
  Tensor rows = map_one(
      c, [&](const Tensor& u) { return tape.gradient({y}, {by(x)}, {u})[0]; }, eye);
  CHECK(numbers(rows) == V{2, 0, 0, 6, 6, 0, 12, 12, 12});
}

TEST_CASE_METHOD(Numbers, "tensors inside vmap have at most 7 axes") {
  Tensor x = full(c, {2, 1, 1, 1, 1, 1, 1, 1}, 1, DType::kF64);
  CHECK(map_one(
            c, [](const Tensor& t) { return square(t); }, x)
            .rank() == 8);
  CHECK_THAT(error_of([&] {
               map_one(
                   c, [](const Tensor& t) { return expand_dims(t, 0); }, x);
             }),
             Contains("[reshape] inside vmap a result has at most 7 axes: got (1, 1, 1, 1, 1, 1, 1, 1)"));
  CHECK_THAT(error_of([&] {
               vmap(c, "f", [&](In) { return List{x}; }, {vector({1, 2})});
             }),
             Contains("at most 8 axes, that of the batch included"));
}

TEST_CASE_METHOD(Numbers, "what a tape inside vmap keeps, and why it gives no gradient") {
  Tensor x = full(c, {8, 100}, 1, DType::kF64), w = vector({1});
  vmap(c, "f",
       [&](In in) {
         Tape tape(c, TapeOptions{/*persistent=*/true, /*watch_variables=*/true, /*explain=*/true});
         tape.watch(in[0]);
         Tensor y = square(in[0]);
         CHECK(tape.saved_bytes() >= 8 * 100 * sizeof(double));
         CHECK(tape.explain(y, by(in[0])).reason == Reason::kConnected);
         CHECK(tape.explain(stop_gradient(y), by(in[0])).reason == Reason::kStopGradient);
         CHECK_FALSE(tape.gradient({mul(y, w)}, {by(w)})[0]);  // w was not watched
         return List{y};
       },
       {x});
}

TEST_CASE_METHOD(Numbers, "the look for NaN goes into vmap") {
  Tensor x = vector({1, -1});
  NonFiniteCheck check(c, /*infinities=*/true);
  CHECK_THAT(error_of([&] {
               map_one(
                   c, [](const Tensor& t) { return log(t); }, x);
             }),
             Contains("[log] results must be finite: got 1 NaN"));
}

}  // namespace
}  // namespace tl::test
