// Jacobians and Hessians, of functions and on tapes (tags J1 to J8: cases of the conformance catalogue).
#include "core/autodiff/jacobian.h"

#include <cmath>

#include "core/autodiff/forward.h"
#include "core/autodiff/vmap.h"
#include "tests/autodiff/numbers.h"

namespace tl::test {
namespace {

using Catch::Matchers::Contains;
using List = std::vector<Tensor>;

constexpr JacobianWay kWays[] = {JacobianWay::kByShape, JacobianWay::kForward, JacobianWay::kReverse};

JacobianOptions with_budget(size_t bytes, JacobianWay way = JacobianWay::kByShape) {
  JacobianOptions out{way};
  out.memory_budget = bytes;
  return out;
}

// A function of x (b, 3) with every row on its own, and its Jacobian by the loop over rows and elements.
Tensor rowwise(const Tensor& x) {
  Tensor w = full(x.context(), {3, 2}, 0.3, x.dtype());
  return tanh(matmul(mul(x, softmax(x)), w));
}

V looped(Context& c, const std::function<Tensor(const Tensor&)>& f, const Tensor& x) {
  Tape tape(c, TapeOptions{/*persistent=*/true});
  tape.watch(x);
  Tensor y = f(x);
  V out;
  for (int64_t i = 0; i < y.elements(); i++) {
    Tensor seed = reshape(one_hot(full(c, {}, static_cast<double>(i), DType::kI64), y.elements(), y.dtype()),
                          y.shape());
    V row = numbers(tape.gradient({y}, {by(x)}, {seed})[0]);
    out.insert(out.end(), row.begin(), row.end());
  }
  return out;
}

void check_close(const V& got, const V& expected) {
  REQUIRE(got.size() == expected.size());
  for (size_t i = 0; i < got.size(); i++) CHECK(got[i] == Approx(expected[i]).epsilon(1e-12).margin(1e-14));
}

TEST_CASE_METHOD(Numbers, "J1 Jacobians of element-wise functions are diagonal") {
  Tensor x = vector({1, 2}), y = vector({3, 4});
  for (JacobianWay way : kWays) {
    CHECK(numbers(jacobian([&](const Tensor& t) { return mul(square(t), y); }, x, {way})) == V{6, 0, 0, 16});
    CHECK(numbers(jacobian([&](const Tensor& t) { return mul(square(x), t); }, y, {way})) == V{1, 0, 0, 4});
    CHECK(numbers(jacobian([](const Tensor& t) { return square(t); }, x, {way})) == V{2, 0, 0, 4});
  }
}

TEST_CASE_METHOD(Numbers, "J7 Jacobians of parts and products") {
  Tensor x = vector({1, 2, 3}), y = vector({5, 7});
  for (JacobianWay way : kWays) {
    Tensor part = jacobian([](const Tensor& t) { return slice(t, {0}, {2}); }, x, {way});
    CHECK(part.shape() == Shape{2, 3});
    CHECK(numbers(part) == V{1, 0, 0, 0, 1, 0});
    Tensor z = vector({1, 2});
    Tensor outer = jacobian(
        [&](const Tensor& t) {
          return mul(reshape(t, {2, 1}), reshape(y, {1, 2}));
        },
        z, {way});
    CHECK(outer.shape() == Shape{2, 2, 2});
    CHECK(numbers(outer) == V{5, 0, 7, 0, 0, 5, 0, 7});
    // The Hessian of x^2, as the Jacobian of a Jacobian.
    for (JacobianWay inner : kWays) {
      Tensor hessian = jacobian(
          [&](const Tensor& t) { return jacobian([](const Tensor& u) { return square(u); }, t, {inner}); }, z,
          {way});
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
      Tensor h = jacobian([&](const Tensor& t) { return jacobian(f, t, {inner}); }, at, {outer});
      REQUIRE(h.shape() == Shape{2, 2});
      V got = numbers(h);
      for (size_t i = 0; i < 4; i++) CHECK(got[i] == Approx(expected[i]).epsilon(1e-13));
    }
}

TEST_CASE_METHOD(Numbers, "a Jacobian is zero where nothing depends, and empty where there is nothing") {
  Tensor x = vector({1, 2}), y = vector({3}), none = vector({});
  for (JacobianWay way : kWays) {
    CHECK(numbers(jacobian([&](const Tensor&) { return square(y); }, x, {way})) == V{0, 0});
    CHECK(jacobian([](const Tensor& t) { return square(t); }, none, {way}).shape() == Shape{0, 0});
    Tensor wide = jacobian([](const Tensor& t) { return cast(t, DType::kF32); }, x, {way});
    CHECK(wide.shape() == Shape{2, 2});
    CHECK_THAT(error_of([&] { jacobian([](const Tensor& t) { return cast(t, DType::kI32); }, x, {way}); }),
               Contains("floating-point"));
  }
  // Which way the shapes choose: one run for reverse mode; one more for each chunk of directions in forward mode.
  int runs = 0;
  auto wide = [&](const Tensor& t) { return runs++, broadcast_to(t, {5, 2}); };
  jacobian(wide, x);
  CHECK(runs == 2);
  runs = 0;
  auto narrow = [&](const Tensor& t) { return runs++, sum(t); };
  jacobian(narrow, x);
  CHECK(runs == 1);
  CHECK(c.recorders().empty());
}

TEST_CASE_METHOD(Numbers, "J7 on a tape: several sources, and a Hessian") {
  Tensor x = scalar(0), y = scalar(1);
  Tape tape(c, TapeOptions{/*persistent=*/true});
  tape.watch(x);
  tape.watch(y);
  Tensor x2 = mul_scalar(x, 1), y2 = mul_scalar(y, 1);
  List of_x = jacobian(tape, x2, {by(x), by(y)}), of_y = jacobian(tape, y2, {by(x), by(y)});
  CHECK(numbers(of_x[0]) == V{1});
  CHECK_FALSE(of_x[1]);
  CHECK_FALSE(of_y[0]);
  CHECK(numbers(of_y[1]) == V{1});
  JacobianOptions zeros;
  zeros.unconnected = Unconnected::kZero;
  CHECK(numbers(jacobian(tape, x2, {by(x), by(y)}, zeros)[1]) == V{0});
  Tensor at = vector({1, 2});
  for (JacobianWay way : kWays) {
    Tensor h = hessian([](const Tensor& t) { return square(t); }, at, {way});
    CHECK(h.shape() == Shape{2, 2, 2});
    CHECK(numbers(h) == V{2, 0, 0, 0, 0, 0, 0, 2});
    h = hessian([](const Tensor& t) { return sum(mul(square(t), t)); }, at, {way});
    CHECK(h.shape() == Shape{2, 2});
    CHECK(numbers(h) == V{6, 0, 0, 12});
  }
}

TEST_CASE_METHOD(
    Numbers, "a Jacobian does not depend on the budget, and costs a tape that is not persistent one call") {
  Tensor x = tensor({0.1, -0.4, 0.7, 1.2, 0.3, -0.9}, Shape{2, 3});
  auto f = [](const Tensor& t) { return matmul(t, tanh(transpose(t)), false, false); };
  const V expected = looped(c, f, x);
  // One row at a time, a few, all at once.
  for (size_t budget : {size_t{0}, size_t{1}, size_t{400}, size_t{1} << 20})
    for (JacobianWay way : kWays) {
      Tensor j = jacobian(f, x, with_budget(budget, way));
      CHECK(j.shape() == Shape{2, 2, 2, 3});
      check_close(numbers(j), expected);
    }
  for (size_t budget : {size_t{1}, size_t{1} << 20}) {
    Tape tape(c, TapeOptions{});
    tape.watch(x);
    Tensor y = f(x);
    check_close(numbers(jacobian(tape, y, {by(x)}, with_budget(budget))[0]), expected);
    CHECK(tape.consumed());
    CHECK_FALSE(tape.recording());
    CHECK(tape.saved_bytes() == 0);
    CHECK_THAT(error_of([&] { jacobian(tape, y, {by(x)}); }), Contains("failed precondition"));
    CHECK_THAT(error_of([&] { gradient(tape, y, x); }), Contains("consumed"));
  }
  CHECK(c.recorders().empty());
  CHECK(c.batch_levels().empty());
}

TEST_CASE_METHOD(Numbers, "the number of rows in one walk follows the budget") {
  Tensor x = full(c, {100}, 0.5, DType::kF64);
  Tape tape(c, TapeOptions{/*persistent=*/true});
  tape.watch(x);
  Tensor y = sin(x);
  tape.end();
  const size_t row = tape.bytes_of_walk(y, {by(x)});
  CHECK(row >= 2 * x.bytes());
  CHECK(row <= 6 * x.bytes());
  struct Largest final : Observer {
    void on_op(const OpCall& call) override {
      calls++;
      for (const Tensor& t : call.out) bytes = std::max(bytes, t.bytes());
    }
    size_t bytes = 0, calls = 0;
  };
  auto ops_within = [&](size_t budget) {
    Largest largest;
    c.add_observer(&largest);
    Tensor j = jacobian(tape, y, {by(x)}, with_budget(budget))[0];
    c.remove_observer(&largest);
    CHECK(numbers(j)[0] == Approx(std::cos(0.5)));
    return largest.calls;
  };
  const size_t at_once = ops_within(size_t{1} << 30), each = ops_within(1), tens = ops_within(10 * row);
  CHECK(at_once < 12);
  CHECK(each > 100 * 4);
  CHECK(tens < each / 5);
}

TEST_CASE_METHOD(Numbers, "unconnected sources and refused arguments of a Jacobian") {
  Tensor x = vector({1, 2}), z = vector({3, 4, 5});
  Tape tape(c, TapeOptions{});
  tape.watch(x);
  tape.watch(z);
  Tensor y = square(x);
  Reason reasons[2];
  JacobianOptions o;
  o.unconnected = Unconnected::kError;
  CHECK_THAT(error_of([&] {
               jacobian(tape, y, {by(x), by(z)}, o);
             }),
             Contains("must be connected to a target"));
  CHECK_THAT(error_of([&] { jacobian(tape, cast(y, DType::kI32), {by(x)}); }),
             Contains("must be floating point"));
  CHECK_THAT(error_of([&] { jacobian(tape, Tensor(), {by(x)}); }), Contains("'target' must be a tensor"));
  CHECK_THAT(error_of([&] { jacobian(tape, y, {GradientSource{}}); }),
             Contains("must be a tensor or variable"));
  Tensor deep = full(c, {1, 1, 1, 1, 1, 1, 2, 1}, 1, DType::kF64);
  CHECK_THAT(error_of([&] { jacobian(tape, y, {by(deep)}); }),
             Contains("at most 8: got (2,) and (1, 1, 1, 1, 1, 1, 2, 1)"));
  CHECK_FALSE(tape.consumed());
  List found = jacobian(tape, y, {by(x), by(z)}, {}, reasons);
  CHECK(numbers(found[0]) == V{2, 0, 0, 4});
  CHECK_FALSE(found[1]);
  CHECK(reasons[0] == Reason::kConnected);
  CHECK(reasons[1] == Reason::kIndependent);
  CHECK_THAT(error_of([&] { jacobian([](const Tensor& t) { return t; }, cast(x, DType::kI32)); }),
             Contains("the argument must be floating point"));
  CHECK_THAT(error_of([&] { jacobian([](const Tensor&) { return Tensor(); }, x); }),
             Contains("must give a tensor"));
  CHECK_THAT(error_of([&] { jacobian([](const Tensor& t) { return t; }, x, {static_cast<JacobianWay>(7)}); }),
             Contains("'way' must be"));
  // A variable as a source, read more than once.
  VariableRef v = VariableRef::make(vector({1, 2}), "v");
  Tape read(c, TapeOptions{});
  Tensor w = mul(v->read(), v->read());
  CHECK(numbers(jacobian(read, w, {by(v)})[0]) == V{2, 0, 0, 4});
}

TEST_CASE_METHOD(Numbers, "J3 Jacobians on a tape that is not persistent work, for it is one call") {
  Tensor x = tensor({1, 2, 3, 4}, Shape{2, 2});
  Tape first(c, TapeOptions{}), second(c, TapeOptions{});
  first.watch(x);
  second.watch(x);
  Tensor y = square(x);
  CHECK(jacobian(first, y, {by(x)})[0].shape() == Shape{2, 2, 2, 2});
  CHECK(numbers(batch_jacobian(second, y, by(x))) == V{2, 0, 0, 4, 6, 0, 0, 8});
  CHECK(second.consumed());
}

TEST_CASE_METHOD(Numbers, "J5 shapes that batch_jacobian refuses") {
  Tensor x = tensor({1, 2, 3, 4, 5, 6}, Shape{2, 3}), flat = vector({1, 2});
  Tape tape(c, TapeOptions{});
  tape.watch(x);
  tape.watch(flat);
  Tensor twice = concat({x, x}, 0), sums = sum(x, {1});
  CHECK_THAT(error_of([&] { batch_jacobian(tape, twice, by(x)); }),
             Contains("[tape_batch_jacobian] Need first dimension of target shape (4, 3) and source shape "
                      "(2, 3) to match"));
  CHECK_THAT(error_of([&] { batch_jacobian(tape, x, by(flat)); }), Contains("must have rank at least 2"));
  CHECK_THAT(error_of([&] { batch_jacobian(tape, sums, by(x)); }), Contains("must have rank at least 2"));
  CHECK_THAT(error_of([&] { batch_jacobian(tape, Tensor(), by(x)); }), Contains("'target' must be a tensor"));
  CHECK_THAT(error_of([&] { batch_jacobian(tape, x, GradientSource{}); }), Contains("'source' must be"));
  CHECK_FALSE(tape.consumed());
}

TEST_CASE_METHOD(Numbers, "J6 batch_jacobian of empty axes, of no examples, and of what is not connected") {
  struct Row {
    Shape y, x, jacobian;
  };
  for (const Row& r :
       {Row{{1, 0}, {1, 0}, {1, 0, 0}}, Row{{0, 2}, {0, 2}, {0, 2, 2}}, Row{{3, 0}, {3, 0}, {3, 0, 0}}}) {
    Tensor x = full(c, r.x, 1, DType::kF64);
    Tape tape(c, TapeOptions{/*persistent=*/true});
    tape.watch(x);
    Tensor y = square(x);
    CHECK(batch_jacobian(tape, y, by(x)).shape() == r.jacobian);
    Shape both = r.y;
    for (int64_t d : r.x) both.push_back(d);
    CHECK(jacobian(tape, y, {by(x)})[0].shape() == both);
  }
  Tensor x = full(c, {2, 3}, 1, DType::kF64), z = full(c, {2, 4}, 1, DType::kF64),
         empty = full(c, {0, 4}, 1, DType::kF64);
  Tape tape(c, TapeOptions{/*persistent=*/true});
  tape.watch(x);
  tape.watch(z);
  tape.watch(empty);
  Tensor y = square(x), nothing = full(c, {0, 2}, 1, DType::kF64);
  Reason reason;
  CHECK_FALSE(batch_jacobian(tape, y, by(z), {}, &reason));
  CHECK(reason == Reason::kIndependent);
  CHECK_FALSE(batch_jacobian(tape, nothing, by(empty)));
  JacobianOptions o;
  o.unconnected = Unconnected::kZero;
  Tensor zeros = batch_jacobian(tape, y, by(z), o);
  CHECK(zeros.shape() == Shape{2, 3, 4});
  CHECK(numbers(sum(zeros)) == V{0});
  CHECK(batch_jacobian(tape, nothing, by(empty), o).shape() == Shape{0, 2, 4});
  o.unconnected = Unconnected::kError;
  CHECK_THAT(error_of([&] { batch_jacobian(tape, y, by(z), o); }), Contains("must be connected"));
}

TEST_CASE_METHOD(Numbers, "batch_jacobian is the diagonal of the Jacobian, in chunks too") {
  Tensor x = tensor({0.1, -0.4, 0.7, 1.2, 0.3, -0.9, 0.2, 0.5, -1.1, 0.6, 0.8, -0.2}, Shape{4, 3});
  const V all = looped(c, rowwise, x);  // (4, 2, 4, 3)
  V expected;
  for (size_t b = 0; b < 4; b++)
    for (size_t m = 0; m < 2; m++)
      for (size_t n = 0; n < 3; n++) expected.push_back(all[((b * 2 + m) * 4 + b) * 3 + n]);
  for (size_t budget : {size_t{1}, size_t{1} << 20})
    for (bool checked : {false, true}) {
      Tape tape(c, TapeOptions{});
      tape.watch(x);
      Tensor y = rowwise(x);
      JacobianOptions o = with_budget(budget);
      o.check_independence = checked;
      Tensor j = batch_jacobian(tape, y, by(x), o);
      CHECK(j.shape() == Shape{4, 2, 3});
      check_close(numbers(j), expected);
    }
}

TEST_CASE_METHOD(Numbers, "examples that are not independent are found on request") {
  Tensor x = tensor({0.1, -0.4, 0.7, 1.2, 0.3, -0.9}, Shape{2, 3});
  auto mixed = [](const Tensor& t) { return sub(t, mean(t, {0})); };
  JacobianOptions o;
  o.check_independence = true;
  {
    Tape tape(c, TapeOptions{/*persistent=*/true});
    tape.watch(x);
    Tensor y = mixed(x);
    CHECK(batch_jacobian(tape, y, by(x)).shape() == Shape{2, 3, 3});  // without a word
    CHECK_THAT(
        error_of([&] { batch_jacobian(tape, y, by(x), o); }),
        Contains(
            "[tape_batch_jacobian] each row of the target must depend on the same row of the source alone"));
    // One element of one row that depends on another row.
    Tensor spot = add(y, x);
    Tensor a_bit = concat(
        {slice(x, {0, 0}, {1, 3}), add(slice(x, {1, 0}, {2, 3}), mul_scalar(slice(x, {0, 0}, {1, 3}), 1e-3))},
        0);
    CHECK_THAT(error_of([&] { batch_jacobian(tape, a_bit, by(x), o); }), Contains("also depend on row 0"));
  }
  for (DType dtype : {DType::kF32, DType::kF64}) {
    Tensor z = cast(x, dtype);
    Tape tape(c, TapeOptions{});
    tape.watch(z);
    Tensor y = rowwise(z);
    CHECK(batch_jacobian(tape, y, by(z), o).dtype() == dtype);
  }
}

TEST_CASE_METHOD(Numbers, "Jacobians inside vmap and vmap inside Jacobians") {
  Tensor x = tensor({0.1, -0.4, 0.7, 1.2, 0.3, -0.9}, Shape{2, 3});
  auto f = [](const Tensor& t) { return concat({sin(t), reshape(sum(square(t)), {1})}, 0); };
  V expected;
  for (int64_t i = 0; i < 2; i++) {
    V rows = looped(c, f, reshape(slice(x, {i, 0}, {i + 1, 3}), {3}));
    expected.insert(expected.end(), rows.begin(), rows.end());
  }
  for (JacobianWay way : kWays) {
    Tensor j = vmap(c, "f", [&](Span<const Tensor> in) { return List{jacobian(f, in[0], {way})}; }, {x})[0];
    CHECK(j.shape() == Shape{2, 4, 3});
    check_close(numbers(j), expected);
    auto mapped = [&](const Tensor& t) {
      return vmap(c, "f", [&](Span<const Tensor> in) { return List{f(in[0])}; }, {t})[0];
    };
    check_close(numbers(jacobian(mapped, x, {way})), looped(c, mapped, x));
    Tensor h = vmap(c, "f",
                    [&](Span<const Tensor> in) {
                      return List{hessian([](const Tensor& t) { return sum(sin(t)); }, in[0], {way})};
                    },
                    {x})[0];
    CHECK(h.shape() == Shape{2, 3, 3});
    CHECK(numbers(h)[4] == Approx(-std::sin(-0.4)));
    CHECK(numbers(h)[1] == 0);
  }
  // The gradient of a Jacobian.
  Tape tape(c, TapeOptions{});
  tape.watch(x);
  Tensor total = sum(square(jacobian([](const Tensor& t) { return square(t); }, x)));
  V g = numbers(gradient(tape, total, x)), by_hand;
  for (double v : numbers(x)) by_hand.push_back(8 * v);
  check_close(g, by_hand);
}

}  // namespace
}  // namespace tl::test
