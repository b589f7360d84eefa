// Recomputed segments against the conformance catalogue (C9 to C12): the same numbers as the plain program, what is run again,
// and how much memory that saves.
#include <cmath>
#include <cstdio>
#include <memory>

#include "core/autodiff/custom.h"
#include "core/autodiff/forward.h"
#include "core/autodiff/recompute.h"
#include "tests/autodiff/tape_fixture.h"

namespace tl::tape_test {
namespace {

using TensorList = std::vector<Tensor>;

struct Recomputed : TapeFixture {
  Function segment(Function f) {
    return [this, f](const Tensor& x) {
      return recompute(
          c, "segment", [f](Span<const Tensor> in) { return TensorList{f(in[0])}; },
          Span<const Tensor>(&x, 1))[0];
    };
  }
  V derivatives(const Function& f, double at, int n) { return tape_test::derivatives(f, scalar(at), n); }
  void check_close(const V& got, const V& want) {
    REQUIRE(got.size() == want.size());
    for (size_t i = 0; i < got.size(); i++) CHECK(got[i] == Approx(want[i]).epsilon(1e-9));
  }
};

TEST_CASE_METHOD(Recomputed, "C9 recompute around a custom rule, orders 1 to 3") {
  auto f = [&](const Tensor& x) {
    return custom_gradient(
        c,
        {"sine", [](Span<const Tensor> in) { return TensorList{sin(in[0])}; },
         [](const RuleArgs& a) { return TensorList{mul(mul_scalar(cos(a.in[0]), 2), a.grad[0])}; }},
        Span<const Tensor>(&x, 1))[0];
  };
  Function plain = [&](const Tensor& x) { return f(f(x)); };
  CHECK(values(segment(plain)(scalar(2)))[0] == Approx(std::sin(std::sin(2.))).epsilon(1e-15));
  V got = derivatives(segment(plain), 2, 3);
  check_close({got[0], got[1]}, {-1.0225564764, -3.3275276225});
  CHECK(got == derivatives(plain, 2, 3));
  CHECK(derivatives([&](const Tensor& x) { return segment(f)(segment(f)(x)); }, 2, 3) == got);
}

TEST_CASE_METHOD(Recomputed, "C11 recompute equals plain: cos(sin x) and tanh squared") {
  check_close({derivatives(segment([](const Tensor& x) { return cos(sin(x)); }), 3, 2)[1]}, {-.9504933788});
  check_close(derivatives(segment([](const Tensor& x) { return square(tanh(x)); }), 1, 3),
              {.6397000084, -.6216266808, -.6650910448});
}

TEST_CASE_METHOD(Recomputed,
                 "C11 one tensor in two places, an integer input, several outputs, nothing at all") {
  Tensor x = scalar(3), i = full(c, {}, 2, DType::kI32);
  Tape tape(c, {});
  tape.watch(x);
  Tensor in[] = {x, x, i};
  TensorList y = recompute(
      c, "mixed",
      [](Span<const Tensor> t) {
        return TensorList{mul(square(t[0]), t[1]), mul(t[1], cast(t[2], DType::kF64)),
                          argmax(reshape(t[0], IntList{1}), IntList{0})};
      },
      in);
  REQUIRE(y.size() == 3);
  CHECK(tape.recorded_ops() == 1);
  CHECK(values(gradient(tape, add(y[0], y[1]), of(x))) == V{29});  // x^3 + 2 x

  Tensor empty = full(c, {0, 3}, 1, DType::kF64);
  Tape second(c, {});
  second.watch(empty);
  Tensor z = recompute(
      c, "empty", [](Span<const Tensor> t) { return TensorList{sum(square(t[0]))}; },
      Span<const Tensor>(&empty, 1))[0];
  CHECK(gradient(second, z, of(empty)).shape() == Shape{0, 3});
}

TEST_CASE_METHOD(Recomputed, "variables are found without being named, with the values of the first run") {
  VariableRef w = variable(3), frozen = variable(10, false);
  Tensor x = scalar(2);
  Tape tape(c, {});
  tape.watch(x);
  Tensor y = segment([&](const Tensor& t) { return mul(mul(square(w->read()), t), frozen->read()); })(x);
  w->assign(scalar(100));
  frozen->assign(scalar(1000));
  GradientSource xs[] = {of(x), of(w), of(frozen)};
  auto g = tape.gradient({y}, xs);
  CHECK(values(g[0]) == V{90});
  CHECK(values(g[1]) == V{120});
  CHECK_FALSE(g[2]);
  CHECK(values(w->peek()) == V{100});  // and what was assigned since is there again
  CHECK(values(frozen->peek()) == V{1000});
}

TEST_CASE_METHOD(Recomputed, "an assignment inside a segment has its effect once") {
  VariableRef count = variable(0, false), other = variable(7, false);
  Tensor x = scalar(2);
  Tape tape(c, {});
  tape.watch(x);
  Tensor y = segment([&](const Tensor& t) {
    count->assign(add_scalar(count->read(), 1));
    other->assign(scalar(8));
    return mul(square(t), count->read());
  })(x);
  other->assign(scalar(9));
  CHECK(values(count->peek()) == V{1});
  CHECK(values(gradient(tape, y, of(x))) == V{4});
  CHECK(values(count->peek()) == V{1});
  CHECK(values(other->peek()) == V{9});
}

TEST_CASE_METHOD(
    Recomputed, "the second run draws the same random numbers, and later draws go on as if it had not been") {
  Tensor x = full(c, {64}, 1, DType::kF64);
  c.random() = RandomState{5, 0};
  Tape tape(c, {});
  tape.watch(x);
  Tensor mask;
  Tensor y = recompute(
      c, "dropout",
      [&](Span<const Tensor> in) {
        mask = cast(less(uniform(c, {64}, 0, 1, DType::kF64), scalar(.5)), DType::kF64);
        return TensorList{mul(square(in[0]), mask)};
      },
      Span<const Tensor>(&x, 1))[0];
  V drawn = values(mask);
  uniform(c, {3}, 0, 1, DType::kF64);
  const uint64_t next = c.random().next_call;
  V g = values(gradient(tape, y, of(x)));
  CHECK(values(mask) == drawn);
  CHECK(c.random().next_call == next);
  for (size_t i = 0; i < g.size(); i++) CHECK(g[i] == 2 * drawn[i]);
}

TEST_CASE_METHOD(Recomputed,
                 "each op runs again once for each gradient, in nested segments once more for each") {
  int runs = 0;
  Function counted = [&](const Tensor& t) {
    runs++;
    return sin(cos(t));
  };
  Tensor x = scalar(.5);
  {
    Tape tape(c, {/*persistent=*/true});
    tape.watch(x);
    Tensor y = segment(counted)(x);
    CHECK(runs == 1);
    CHECK(tape.recomputed_ops() == 0);
    gradient(tape, y, of(x));
    CHECK(runs == 2);
    CHECK(tape.recomputed_ops() == 2);
    tape.end();
    gradient(tape, y, of(x));
    CHECK(runs == 3);
    CHECK(tape.recomputed_ops() == 4);
  }
  runs = 0;
  Tape tape(c, {});
  tape.watch(x);
  Tensor y = segment([&](const Tensor& t) { return tanh(segment(segment(counted))(t)); })(x);
  V got = values(gradient(tape, y, of(x)));
  CHECK(runs == 4);  // once forward, and three deep
  CHECK(tape.recomputed_ops() == 3 * 2 + 1);
  double s = std::sin(std::cos(.5)), t = std::tanh(s);
  CHECK(got[0] == Approx(-(1 - t * t) * std::cos(std::cos(.5)) * std::sin(.5)).epsilon(1e-14));
}

TEST_CASE_METHOD(Recomputed, "forward mode through a segment, alone and together with a tape") {
  VariableRef w = variable(.7);
  int runs = 0;
  Function plain = [&](const Tensor& t) {
    runs++;
    return mul(sin(t), square(w->read()));
  };
  Tensor x = scalar(.5), dx = scalar(2), dw = scalar(3);
  const double s = std::sin(.5), k = std::cos(.5);
  GradientSource both[] = {of(x), of(w)}, only_x[] = {of(x)};
  Tensor directions[] = {dx, dw};
  {
    Forward forward(c, both, directions);
    Tensor y = segment(plain)(x);
    CHECK(values(forward.tangent(y))[0] == Approx(k * 2 * .49 + s * 2 * .7 * 3).epsilon(1e-14));
    CHECK(runs == 2);
  }
  {
    Forward forward(c, both, directions);
    Tensor in[] = {x, x, full(c, {}, 4, DType::kI32)};
    TensorList y = recompute(
        c, "product",
        [](Span<const Tensor> t) {
          return TensorList{mul(t[0], square(t[1])), t[2]};
        },
        in);
    CHECK(values(forward.tangent(y[0]))[0] == Approx(3 * .25 * 2).epsilon(1e-15));  // 3 x^2 dx
  }
  {  // forward over reverse
    Forward forward(c, only_x, Span<const Tensor>(&dx, 1));
    Tape tape(c, {});
    tape.watch(x);
    Tensor g = gradient(tape, segment(plain)(x), of(x));
    CHECK(values(forward.tangent(g))[0] == Approx(-s * .49 * 2).epsilon(1e-14));
  }
  {  // reverse over forward
    Tape tape(c, {});
    tape.watch(x);
    Forward forward(c, only_x, Span<const Tensor>(&dx, 1));
    Tensor y = segment(plain)(x);
    CHECK(values(gradient(tape, forward.tangent(y), of(x)))[0] == Approx(-s * .49 * 2).epsilon(1e-14));
  }
}

TEST_CASE_METHOD(Recomputed, "a segment that nothing differentiates runs once") {
  int runs = 0;
  Tensor x = scalar(.5), y = scalar(2);
  Tape tape(c, {});
  tape.watch(y);
  Tensor z = segment([&](const Tensor& t) {
    runs++;
    return sin(t);
  })(x);
  CHECK(tape.recorded_ops() == 0);
  gradient(tape, mul(z, y), of(y));
  CHECK(runs == 1);
}

TEST_CASE_METHOD(Recomputed,
                 "a segment that gives something else the second time is an error that names it") {
  int runs = 0;
  Tensor x = vector({1, 2});
  Tape tape(c, {});
  tape.watch(x);
  c.random() = RandomState{5, 17};
  VariableRef v = variable(1);
  Tensor y = segment([&](const Tensor& t) { return runs++ ? sum(mul(t, v->read())) : mul(t, v->read()); })(x);
  v->assign(scalar(5));
  std::string message = message_of([&] { gradient(tape, y, of(x)); });
  CHECK(message.find("[segment] a segment must give the same outputs") == 0);
  CHECK(message.find("got f64 () after f64 (2,)") != std::string::npos);
  CHECK(values(v->peek()) == V{5});
  CHECK(c.random().next_call == 17);
}

TEST_CASE_METHOD(Recomputed, "a segment whose ops fail, the first time or the second, leaves all as it was") {
  int runs = 0;
  Tensor x = vector({1, 2});
  VariableRef v = variable(1, false);
  auto fails_at = [&](int which) {
    return segment([&, which](const Tensor& t) {
      v->assign(scalar(10 + runs));
      if (runs++ == which) add(t, vector({1, 2, 3}));
      return square(t);
    });
  };
  Tape tape(c, {});
  tape.watch(x);
  CHECK(code_of([&] { fails_at(0)(x); }) == Code::kInvalidArgument);
  CHECK(tape.recorded_ops() == 0);
  runs = 0;
  Tensor y = fails_at(1)(x);
  CHECK(code_of([&] { gradient(tape, y, of(x)); }) == Code::kInvalidArgument);
  CHECK(values(v->peek()) == V{10});
  CHECK(tape.consumed());
  CHECK(c.recorders().empty());
}

TEST_CASE_METHOD(Recomputed, "a net of 50 layers in segments of 5 takes less than half of the memory") {
  constexpr int kLayers = 50, kSegment = 5, kRows = 64, kWidth = 64;
  std::vector<VariableRef> weights;
  for (int i = 0; i < kLayers; i++)
    weights.push_back(VariableRef::make(mul_scalar(normal(c, {kWidth, kWidth}, 0, 1, DType::kF64),
                                                   1 / std::sqrt(static_cast<double>(kWidth))),
                                        "w"));
  Tensor x = normal(c, {kRows, kWidth}, 0, 1, DType::kF64);
  auto layers = [&](int first, const Tensor& in) {
    Tensor y = in;
    for (int i = first; i < first + kSegment; i++) y = tanh(matmul(y, weights[i]->read()));
    return y;
  };
  size_t peak[2];
  V grads[2];
  uint64_t again = 0;
  for (int recomputed = 0; recomputed < 2; recomputed++) {
    const size_t before = c.allocator().stats().live_bytes;
    size_t most = 0;
    auto look = [&] { most = std::max(most, c.allocator().stats().live_bytes - before); };
    struct Highest : Observer {
      std::function<void()> look;
      void on_op(const OpCall&) override { look(); }
    } highest;
    highest.look = look;
    c.add_observer(&highest);
    Tape tape(c, {});
    Tensor y = x;
    for (int first = 0; first < kLayers; first += kSegment)
      y = recomputed ? segment([&, first](const Tensor& t) { return layers(first, t); })(y)
                     : layers(first, y);
    Tensor loss = mean(square(y));
    y = Tensor();
    grads[recomputed] = values(gradient(tape, loss, of(weights[0])));
    again = tape.recomputed_ops();
    c.remove_observer(&highest);
    peak[recomputed] = most;
  }
  std::printf("a net of 50 layers: peak %zu bytes plain, %zu bytes in segments of 5\n", peak[0], peak[1]);
  CHECK(grads[0] == grads[1]);
  CHECK(again == 2 * kLayers);
  CHECK(peak[1] * 2 < peak[0]);
}

}  // namespace
}  // namespace tl::tape_test
