// vmap and what is drawn, what has a gradient rule of the program's own, and what is computed again.
#include "core/autodiff/custom.h"
#include "core/autodiff/forward.h"
#include "core/autodiff/recompute.h"
#include "tests/autodiff/batches.h"

namespace tl::test {
namespace {

TEST_CASE_METHOD(Numbers, "dropout inside vmap: a mask for each example, the same in all derivatives") {
  auto drop = [](const Tensor& t) { return dropout(t, 0.5); };
  Tensor x = full(c, {4, 64}, 1, DType::kF64);
  V y = numbers(map_one(c, drop, x));
  V rows[4];
  for (size_t i = 0; i < 4; i++)
    rows[i] = V(y.begin() + 64 * static_cast<long>(i), y.begin() + 64 * static_cast<long>(i + 1));
  CHECK(rows[0] != rows[1]);
  CHECK(rows[1] != rows[2]);
  for (double v : y) CHECK((v == 0 || v == 2));
  // The gradient is the mask of the same call: inside, outside, and for a batch of gradients of one mask.
  List out = vmap(c, "f",
                  [&](In in) {
                    Tape tape(c, TapeOptions{});
                    tape.watch(in[0]);
                    Tensor z = drop(in[0]);
                    return List{z, gradient(tape, z, in[0])};
                  },
                  {x});
  CHECK(numbers(out[0]) == numbers(out[1]));
  Tape tape(c, TapeOptions{});
  tape.watch(x);
  Tensor z = map_one(c, drop, x);
  CHECK(numbers(gradient(tape, z, x)) == numbers(z));
  Tensor shared = full(c, {64}, 1, DType::kF64), u = full(c, {4, 64}, 3, DType::kF64);
  Tape before(c, TapeOptions{});
  before.watch(shared);
  Tensor dropped = drop(shared);
  V mask = numbers(dropped);
  V g = numbers(map_one(
      c, [&](const Tensor& t) { return before.gradient({dropped}, {by(shared)}, {t})[0]; }, u));
  for (size_t i = 0; i < g.size(); i++) CHECK(g[i] == 3 * mask[i % 64]);
  // Tangents that differ from example to example of a value that does not, and the other way round.
  V t = numbers(map_one(
      c,
      [&](const Tensor& along) {
        Forward forward(c, {by(shared)}, {along});
        Tensor value = drop(shared), moved = forward.tangent(value);
        return sub(moved, mul_scalar(value, 3));
      },
      u));
  for (double v : t) CHECK(v == 0);
  t = numbers(map_one(
      c,
      [&](const Tensor& example) {
        Forward forward(c, {by(example)}, {shared});
        Tensor value = drop(example);
        return sub(forward.tangent(value), value);
      },
      x));
  for (double v : t) CHECK(v == 0);
  // Random tensors without an operand are the same for all.
  V same = numbers(map_one(
      c, [&](const Tensor& example) { return add(example, uniform(c, {64}, 0, 1, DType::kF64)); }, x));
  CHECK(V(same.begin(), same.begin() + 64) == V(same.begin() + 64, same.begin() + 128));
}

// w x^3 by a rule of its own: gradients 3 w x^2 g and x^3 g, the tangent likewise; with w captured.
List cubic(Context& c, VariableRef w, const Tensor& x, bool with_jvp = false) {
  CustomGradient rule;
  rule.name = "cubic";
  rule.forward = [w](In in) { return List{mul(w->read(), mul(square(in[0]), in[0]))}; };
  rule.backward = [](const RuleArgs& a) {
    return List{mul_scalar(mul(a.grad[0], mul(a.in[1], square(a.in[0]))), 3),
                sum(mul(a.grad[0], mul(square(a.in[0]), a.in[0])))};
  };
  if (with_jvp)
    rule.jvp = [](const RuleArgs& a, In t) {
      Tensor out = t[0] ? mul_scalar(mul(t[0], mul(a.in[1], square(a.in[0]))), 3) : Tensor();
      Tensor by_w = t[1] ? mul(t[1], mul(square(a.in[0]), a.in[0])) : Tensor();
      return List{out && by_w ? add(out, by_w) : out ? out : by_w};
    };
  Variable* captured[] = {w.get()};
  return custom_gradient(c, rule, {x}, captured);
}

TEST_CASE_METHOD(Numbers, "a gradient rule of the program's own inside vmap") {
  VariableRef w = variable(2);
  Tensor x = vector({1, 2, 3});
  auto f = [&](const Tensor& t) { return cubic(c, w, t)[0]; };
  // Inside: for each example.
  CHECK(numbers(map_one(
            c, [&](const Tensor& t) { return grad(f, t); }, x)) == V{6, 24, 54});
  Tensor by_w = vmap(c, "f",
                     [&](In in) {
                       Tape tape(c, TapeOptions{});
                       return tape.gradient({f(in[0])}, {by(w)});
                     },
                     {x})[0];
  CHECK(numbers(by_w) == V{1, 8, 27});
  // Outside: of the batch, and the sum by what is shared.
  {
    Tape tape(c, TapeOptions{});
    tape.watch(x);
    Tensor y = map_one(c, f, x);
    CHECK(numbers(y) == V{2, 16, 54});
    List g = tape.gradient({y}, {by(x), by(w)});
    CHECK(numbers(g[0]) == V{6, 24, 54});
    CHECK(numbers(g[1]) == V{36});
  }
  // Second order, all ways round, and within two levels.
  auto first = [&](const Tensor& t) { return grad(f, t); };
  CHECK(numbers(map_one(
            c, [&](const Tensor& t) { return grad(first, t); }, x)) == V{12, 24, 36});
  CHECK(numbers(grad([&](const Tensor& t) { return map_one(c, first, t); }, x)) == V{12, 24, 36});
  CHECK(numbers(
            grad([&](const Tensor& t) { return grad([&](const Tensor& u) { return map_one(c, f, u); }, t); },
                 x)) == V{12, 24, 36});
  Tensor grid = tensor({1, 2, 3, 4}, Shape{2, 2});
  CHECK(numbers(grad(
            [&](const Tensor& t) {
              return map_one(
                  c, [&](const Tensor& row) { return map_one(c, f, row); }, t);
            },
            grid)) == V{6, 24, 54, 96});
  // Forward mode.
  auto g = [&](const Tensor& t) { return cubic(c, w, t, true)[0]; };
  Tensor along = vector({1, 10, 100});
  {
    Forward forward(c, {by(x), by(w)}, {along, scalar(1)});
    CHECK(numbers(forward.tangent(map_one(c, g, x))) == V{7, 248, 5427});
  }
  Tensor inside = vmap(c, "f",
                       [&](In in) {
                         Forward forward(c, {by(in[0])}, {in[1]});
                         return List{forward.tangent(g(in[0]))};
                       },
                       {x, along})[0];
  CHECK(numbers(inside) == V{6, 240, 5400});
  CHECK(c.recorders().empty());
}

TEST_CASE_METHOD(Numbers,
                 "a rule that is given the same value by each example gets the sum of their gradients") {
  // f(a, b) = a b with a shared; the gradient that reaches a does not depend on the example where b does not either.
  CustomGradient rule;
  rule.name = "product";
  rule.forward = [](In in) { return List{mul(in[0], in[1]), in[0]}; };
  rule.backward = [](const RuleArgs& a) {
    Tensor by_a = a.grad[0] ? mul(a.grad[0], a.in[1]) : Tensor();
    if (a.grad[1]) by_a = by_a ? add(by_a, a.grad[1]) : a.grad[1];
    return List{by_a, a.grad[0] ? mul(a.grad[0], a.in[0]) : Tensor()};
  };
  Tensor a = scalar(5), b = vector({1, 2, 3});
  Tape tape(c, TapeOptions{/*persistent=*/true});
  tape.watch(a);
  tape.watch(b);
  List out = vmap(c, "f", [&](In in) { return custom_gradient(c, rule, {a, in[0]}); }, {b});
  CHECK(numbers(out[1]) == V{5, 5, 5});
  List g = tape.gradient({out[0]}, {by(a), by(b)});
  CHECK(numbers(g[0]) == V{6});
  CHECK(numbers(g[1]) == V{5, 5, 5});
  CHECK(numbers(tape.gradient({out[1]}, {by(a)})[0]) == V{3});
}

TEST_CASE_METHOD(Numbers, "pass-through and recomputed segments inside vmap") {
  Tensor x = vector({0.4, 1.6, 2.3});
  auto rounded = [](const Tensor& t) { return grad_pass_through(floor(t), t); };
  CHECK(numbers(map_one(
            c, [&](const Tensor& t) { return grad([&](const Tensor& u) { return square(rounded(u)); }, t); },
            x)) == V{0, 2, 4});
  CHECK(numbers(grad(
            [&](const Tensor& t) {
              return map_one(
                  c, [&](const Tensor& u) { return square(rounded(u)); }, t);
            },
            x)) == V{0, 2, 4});

  VariableRef w = variable(3);
  auto segment = [&](const Tensor& t) {
    return recompute(c, "segment", [&](In in) { return List{mul(dropout(mul(in[0], w->read()), 0), in[0])}; },
                     {t})[0];
  };
  V expected;
  for (double v : numbers(x)) expected.push_back(6 * v);
  check_close(numbers(map_one(
                  c, [&](const Tensor& t) { return grad(segment, t); }, x)),
              expected);
  check_close(numbers(grad([&](const Tensor& t) { return map_one(c, segment, t); }, x)), expected);
  {
    Tape tape(c, TapeOptions{});
    Tensor y = map_one(c, segment, x);
    double total = 0;
    for (double v : numbers(x)) total += v * v;
    CHECK(number(tape.gradient({y}, {by(w)})[0]) == Approx(total));
  }
  // Second order through a segment inside.
  CHECK(numbers(map_one(
            c, [&](const Tensor& t) { return grad([&](const Tensor& u) { return grad(segment, u); }, t); },
            x)) == V{6, 6, 6});
  // A segment draws the masks of its first run, for each example.
  Tensor ones = full(c, {3, 32}, 1, DType::kF64);
  List out = vmap(c, "f",
                  [&](In in) {
                    Tape tape(c, TapeOptions{});
                    tape.watch(in[0]);
                    Tensor y =
                        recompute(c, "drop", [](In z) { return List{dropout(z[0], 0.5)}; }, {in[0]})[0];
                    return List{y, gradient(tape, y, in[0])};
                  },
                  {ones});
  CHECK(numbers(out[0]) == numbers(out[1]));
}

TEST_CASE_METHOD(Numbers, "a tape outside that explains follows ops and rules inside vmap") {
  VariableRef w = variable(2);
  Tensor x = vector({1, 2, 3});
  Tape tape(c, TapeOptions{/*persistent=*/true, /*watch_variables=*/true, /*explain=*/true});
  tape.watch(x);
  Tensor through = map_one(
      c, [&](const Tensor& t) { return mul_scalar(cubic(c, w, square(t))[0], 2); }, x);
  CHECK(tape.explain(through, by(x)).reason == Reason::kConnected);
  Tensor cut = map_one(
      c, [&](const Tensor& t) { return cubic(c, w, stop_gradient(square(t)))[0]; }, x);
  CHECK(tape.explain(cut, by(x)).reason == Reason::kStopGradient);
  CHECK(tape.explain(cut, by(w)).reason == Reason::kConnected);
  Reason reasons[2];
  List g = tape.gradient({cut}, {by(x), by(w)}, {}, Unconnected::kNone, reasons);
  CHECK_FALSE(g[0]);
  CHECK(reasons[0] == Reason::kStopGradient);
  CHECK(numbers(g[1]) == V{1 + 64 + 729});
}

}  // namespace
}  // namespace tl::test
