// Custom gradients against the conformance catalogue (C1 to C7), and their misuse.
#include <cmath>
#include <memory>

#include "core/autodiff/custom.h"
#include "core/autodiff/forward.h"
#include "tests/autodiff/tape_fixture.h"

namespace tl::tape_test {
namespace {

using TensorList = std::vector<Tensor>;

struct Custom : TapeFixture {
  // f(x) of one tensor with a rule that gets the operand and the gradient of the result.
  Tensor call(const std::string& name, const std::function<Tensor(const Tensor&)>& f,
              const std::function<Tensor(const Tensor& x, const Tensor& g)>& rule, const Tensor& x) {
    return custom_gradient(c,
                           {name, [f](Span<const Tensor> in) { return TensorList{f(in[0])}; },
                            [rule](const RuleArgs& a) { return TensorList{rule(a.in[0], a.grad[0])}; }},
                           Span<const Tensor>(&x, 1))[0];
  }
  V derivatives(const Function& f, double at, int n) { return tape_test::derivatives(f, scalar(at), n); }
};

TEST_CASE_METHOD(Custom, "C1 a rule that gives half of the truth, and its derivative") {
  auto f = [&](const Tensor& x) {
    return call(
        "half", [](const Tensor& t) { return square(t); },
        [](const Tensor& t, const Tensor& g) { return mul(g, t); }, x);
  };
  CHECK(values(f(scalar(3))) == V{9});
  CHECK(derivatives(f, 3, 2) == V{3, 1});
}

TEST_CASE_METHOD(Custom, "C3 a rule whose own derivative is a rule") {
  auto h = [&](const Tensor& x) {
    return call(
        "h", [this](const Tensor&) { return scalar(-1.1); },
        [](const Tensor&, const Tensor& g) { return mul_scalar(g, -2.1); }, x);
  };
  auto d = [&](const Tensor& x) {
    Tensor f = call(
        "f", [](const Tensor& t) { return add_scalar(t, 10); },
        [&](const Tensor& t, const Tensor& g) { return mul(g, h(t)); }, x);
    return square(square(f));
  };
  V got = derivatives(d, 1, 2);
  CHECK(got[0] == Approx(4 * 1331 * -1.1).epsilon(1e-12));
  CHECK(got[1] == Approx(12 * 121 * 1.21 - 4 * 1331 * 2.1).epsilon(1e-12));
}

TEST_CASE_METHOD(Custom, "C5 captured variables") {
  VariableRef w = VariableRef::make(scalar(3), "w");
  Tensor x = scalar(6);
  CustomGradient rule{
      "scale", [&](Span<const Tensor> in) { return TensorList{mul(in[0], w->read())}; },
      [](const RuleArgs& a) {
        return TensorList{mul_scalar(mul(a.in[1], a.grad[0]), 4), mul_scalar(mul(a.in[0], a.grad[0]), 5)};
      }};
  Variable* captured[] = {w.get()};
  Tape tape(c, {});
  tape.watch(x);
  Tensor y = custom_gradient(c, rule, Span<const Tensor>(&x, 1), captured)[0];
  CHECK(tape.recorded_ops() == 1);
  w->assign(scalar(100));  // the rule sees the value of the forward pass
  GradientSource xs[] = {of(x), of(w)};
  auto g = tape.gradient({y}, xs);
  CHECK(values(y) == V{18});
  CHECK(values(g[0]) == V{12});
  CHECK(values(g[1]) == V{30});
  // A rule that does not know of the variable would lose its gradient: refused, whether a tape is open or not.
  CHECK(message_of([&] { custom_gradient(c, rule, Span<const Tensor>(&x, 1)); }).find("got 'w'") !=
        std::string::npos);

  VariableRef kernel = VariableRef::make(full(c, {2, 4}, .5, DType::kF64), "kernel");
  Variable* variables[] = {kernel.get()};
  Tensor rows = full(c, {3, 2}, 1, DType::kF64);
  Tape second(c, {});
  second.watch(rows);
  Tensor out = custom_gradient(
      c,
      {"layer", [&](Span<const Tensor> in) { return TensorList{matmul(in[0], kernel->read())}; },
       [](const RuleArgs& a) {
         return TensorList{full(a.context, {3, 2}, 1, DType::kF64), full(a.context, {2, 4}, 1, DType::kF64)};
       }},
      Span<const Tensor>(&rows, 1), variables)[0];
  GradientSource both[] = {of(rows), of(kernel)};
  auto grads = second.gradient({out}, both);
  CHECK(values(sum(grads[0])) == V{6});
  CHECK(values(sum(grads[1])) == V{8});
}

TEST_CASE_METHOD(Custom, "C7 what a rule can get wrong is told under its name") {
  Tensor x = vector({1, 2});
  auto forward = [](Span<const Tensor> in) { return TensorList{square(in[0])}; };
  auto error_of = [&](std::function<TensorList(const RuleArgs&)> backward) {
    Tape tape(c, {});
    tape.watch(x);
    Tensor y = custom_gradient(c, {"my_rule", forward, std::move(backward)}, Span<const Tensor>(&x, 1))[0];
    std::string message = message_of([&] { gradient(tape, y, of(x)); });
    CHECK(tape.consumed());
    CHECK(tape.recorded_ops() == 0);
    return message;
  };
  CHECK(error_of([](const RuleArgs&) {
          return TensorList{};
        }).find("[my_rule] the gradient rule must return one gradient") == 0);
  CHECK(error_of([](const RuleArgs& a) {
          return TensorList{a.grad[0], a.grad[0]};
        }).find("2 gradients for 1 inputs") != std::string::npos);
  CHECK(error_of([](const RuleArgs& a) {
          return TensorList{sum(a.grad[0])};
        }).find("must have the dtype and shape of input 0") != std::string::npos);
  CHECK(error_of([](const RuleArgs& a) {
          return TensorList{cast(a.grad[0], DType::kF32)};
        }).find("[my_rule] gradient 0") == 0);
  CHECK(error_of([](const RuleArgs&) -> TensorList { fail(Code::kNotFound, "[elsewhere] as it is"); }) ==
        "[elsewhere] as it is");
  Custom other;
  CHECK(error_of([&](const RuleArgs&) {
          return TensorList{other.vector({1, 2})};
        }).find("another context") != std::string::npos);
  CHECK(message_of([&] {
          custom_gradient(c, {"none", [](Span<const Tensor>) { return TensorList(1); }, nullptr},
                          Span<const Tensor>(&x, 1));
        }).find("[none] 'outputs[0]' must be a tensor") == 0);
  Tape tape_of_none(c, {});
  tape_of_none.watch(x);
  CHECK(message_of([&] {
          custom_gradient(c, {"none", [](Span<const Tensor>) { return TensorList(); }, nullptr},
                          Span<const Tensor>(&x, 1));
        }).find("[none] the function must have at least 1 output: got 0") == 0);
  Tensor missing;
  CHECK(message_of([&] {
          custom_gradient(c, {"none", forward, nullptr}, Span<const Tensor>(&missing, 1));
        }).find("[none] 'inputs[0]' must be a tensor") == 0);
  // An integer input has no gradient to return.
  Tensor mixed[] = {x, full(c, {2}, 1, DType::kI32)};
  Tape tape(c, {});
  tape.watch(x);
  Tensor y = custom_gradient(c,
                             {"mixed", forward,
                              [](const RuleArgs& a) {
                                return TensorList{a.grad[0], a.grad[0]};
                              }},
                             mixed)[0];
  CHECK(message_of([&] { gradient(tape, y, of(x)); }).find("must return none for input 1, which is i32") !=
        std::string::npos);
}

TEST_CASE_METHOD(Custom, "C7 forward mode through a rule: its own, or an error that names it") {
  Tensor x = scalar(3), direction = scalar(2);
  GradientSource primal[] = {of(x)};
  CustomGradient rule{
      "cube",
      [](Span<const Tensor> in) {
        return TensorList{mul(square(in[0]), in[0]), in[0]};
      },
      [](const RuleArgs& a) { return TensorList{mul(mul_scalar(square(a.in[0]), 3), a.grad[0])}; }};
  {
    Forward forward(c, primal, Span<const Tensor>(&direction, 1));
    std::string message = message_of([&] { custom_gradient(c, rule, Span<const Tensor>(&x, 1)); });
    CHECK(message.find("[cube] the function must have a forward-mode rule") == 0);
    CHECK(code_of([&] { custom_gradient(c, rule, Span<const Tensor>(&x, 1)); }) == Code::kUnsupported);
    Tensor other = scalar(5);  // without a tangent nothing is asked of the rule
    CHECK(values(custom_gradient(c, rule, Span<const Tensor>(&other, 1))[0]) == V{125});
  }
  rule.jvp = [](const RuleArgs& a, Span<const Tensor> t) {
    return TensorList{mul(mul_scalar(square(a.in[0]), 3), t[0]), Tensor()};
  };
  {
    Forward forward(c, primal, Span<const Tensor>(&direction, 1));
    TensorList y = custom_gradient(c, rule, Span<const Tensor>(&x, 1));
    CHECK(values(forward.tangent(y[0])) == V{54});
    CHECK_FALSE(forward.tangent(y[1]));
    CHECK(values(forward.tangent(mul_scalar(y[0], 10))) == V{540});
  }
  // Forward over reverse and reverse over forward: 6 x in direction 2.
  {
    Forward forward(c, primal, Span<const Tensor>(&direction, 1));
    Tape tape(c, {});
    tape.watch(x);
    Tensor y = custom_gradient(c, rule, Span<const Tensor>(&x, 1))[0];
    CHECK(values(forward.tangent(gradient(tape, y, of(x)))) == V{36});
  }
  {
    Tape tape(c, {});
    tape.watch(x);
    Forward forward(c, primal, Span<const Tensor>(&direction, 1));
    Tensor y = custom_gradient(c, rule, Span<const Tensor>(&x, 1))[0];
    CHECK(values(gradient(tape, forward.tangent(y), of(x))) == V{36});
  }
  rule.jvp = [](const RuleArgs&, Span<const Tensor> t) { return TensorList{t[0]}; };
  Forward forward(c, primal, Span<const Tensor>(&direction, 1));
  CHECK(message_of([&] {
          custom_gradient(c, rule, Span<const Tensor>(&x, 1));
        }).find("1 tangents for 2 outputs") != std::string::npos);
  rule.jvp = [&](const RuleArgs&, Span<const Tensor>) { return TensorList{vector({1, 2}), Tensor()}; };
  CHECK(message_of([&] {
          custom_gradient(c, rule, Span<const Tensor>(&x, 1));
        }).find("[cube] tangent 0 must have") == 0);
}

TEST_CASE_METHOD(Custom, "the forward leaves no trace, an exception in it no half-hidden tapes") {
  Tensor x = scalar(3);
  Tape tape(c, {/*persistent=*/true});
  tape.watch(x);
  CHECK(code_of([&] {
          call(
              "fails", [](const Tensor&) -> Tensor { fail(Code::kIo, "[disk] full"); },
              [](const Tensor&, const Tensor& g) { return g; }, x);
        }) == Code::kIo);
  CHECK(tape.recorded_ops() == 0);
  Tensor y = call(
      "square", [](const Tensor& t) { return square(mul_scalar(neg(t), 2)); },
      [](const Tensor&, const Tensor& g) { return mul_scalar(g, 5); }, x);
  CHECK(tape.recorded_ops() == 1);
  CHECK(values(gradient(tape, mul_scalar(y, 2), of(x))) == V{10});
}

TEST_CASE_METHOD(Custom,
                 "a tape that opens inside the forward works, and one that is paused there stays so") {
  Tensor x = scalar(3);
  Tape outer(c, {});
  outer.watch(x);
  Tensor inner_gradient;
  Tensor y = call(
      "own",
      [&](const Tensor& t) {
        Tape inner(c, {});
        inner.watch(t);
        inner_gradient = gradient(inner, square(t), of(t));
        outer.pause();
        return square(t);
      },
      [](const Tensor&, const Tensor& g) { return g; }, x);
  CHECK(values(inner_gradient) == V{6});
  CHECK_FALSE(outer.recording());
  CHECK(outer.recorded_ops() == 0);
  outer.resume();
  CHECK(values(gradient(outer, square(x), of(x))) == V{6});
}

TEST_CASE_METHOD(Custom, "several outputs: the rule gets null for those that nothing used") {
  Tensor x = scalar(3);
  Tape tape(c, {});
  tape.watch(x);
  bool second_arrived = true;
  TensorList y = custom_gradient(c,
                                 {"two",
                                  [](Span<const Tensor> in) {
                                    return TensorList{square(in[0]), in[0], in[0]};
                                  },
                                  [&](const RuleArgs& a) {
                                    second_arrived = static_cast<bool>(a.grad[1]);
                                    CHECK(values(a.out[0]) == V{9});
                                    return TensorList{add(mul_scalar(a.grad[0], 10), a.grad[2])};
                                  }},
                                 Span<const Tensor>(&x, 1));
  REQUIRE(y.size() == 3);
  CHECK(values(gradient(tape, add(y[0], mul_scalar(y[2], 7)), of(x))) == V{17});
  CHECK_FALSE(second_arrived);
}

TEST_CASE_METHOD(Custom, "a rule lives as long as a tape needs it") {
  auto alive = std::make_shared<int>(1);
  Tensor x = scalar(3), y;
  {
    Tape tape(c, {/*persistent=*/true});
    tape.watch(x);
    y = custom_gradient(c,
                        {"held", [](Span<const Tensor> in) { return TensorList{square(in[0])}; },
                         [alive](const RuleArgs& a) { return TensorList{a.grad[0]}; }},
                        Span<const Tensor>(&x, 1))[0];
    CHECK(alive.use_count() == 2);
    gradient(tape, y, of(x));
    CHECK(alive.use_count() == 2);
    tape.reset();
    CHECK(alive.use_count() == 1);
  }
  Tape tape(c, {});
  tape.watch(x);
  y = custom_gradient(c,
                      {"held", [](Span<const Tensor> in) { return TensorList{square(in[0])}; },
                       [alive](const RuleArgs& a) { return TensorList{a.grad[0]}; }},
                      Span<const Tensor>(&x, 1))[0];
  gradient(tape, y, of(x));
  CHECK(alive.use_count() == 1);
}

TEST_CASE_METHOD(Custom, "a rule that resets the tape whose gradient it computes is refused") {
  Tensor x = scalar(3);
  Tape tape(c, {/*persistent=*/true});
  tape.watch(x);
  Tensor y = call(
      "resets", [](const Tensor& t) { return square(t); },
      [&](const Tensor&, const Tensor& g) {
        tape.reset();
        return g;
      },
      x);
  CHECK(code_of([&] { gradient(tape, y, of(x)); }) == Code::kFailedPrecondition);
  CHECK(tape.recorded_ops() == 1);
}

TEST_CASE_METHOD(Custom, "row 34, T26: the gradient passes through where it is asked to") {
  // A rounding with the gradient of the identity, at second order too.
  auto rounded = [&](const Tensor& x) { return square(grad_pass_through(floor(x), x)); };
  CHECK(derivatives(rounded, 2.5, 2) == V{4, 2});
  // Past an assignment.
  VariableRef x = variable(3), v = VariableRef::make(scalar(0), "state", false);
  Tape tape(c, {});
  Tensor value = x->read();
  v->assign(value);
  Tensor y = square(grad_pass_through(v->read(), value));
  CHECK(values(gradient(tape, y, of(x))) == V{6});
  {
    Tensor at = scalar(2.5), direction = scalar(3);
    GradientSource primal[] = {of(at)};
    Forward forward(c, primal, Span<const Tensor>(&direction, 1));
    CHECK(values(forward.tangent(square(grad_pass_through(floor(at), at)))) == V{12});
  }
  // Of the value nothing arrives; infinities pass.
  Tensor big = scalar(INFINITY), one = scalar(1);
  Tape second(c, {});
  second.watch(big);
  second.watch(one);
  GradientSource xs[] = {of(big), of(one)};
  auto g = second.gradient({grad_pass_through(one, big)}, xs);
  CHECK(values(g[0]) == V{1});
  CHECK_FALSE(g[1]);
  CHECK(code_of([&] { grad_pass_through(one, vector({1, 2})); }) == Code::kInvalidArgument);
  CHECK(code_of([&] { grad_pass_through(cast(one, DType::kF32), one); }) == Code::kInvalidArgument);
  CHECK(code_of([&] { grad_pass_through(one, Tensor()); }) == Code::kInvalidArgument);
}

}  // namespace
}  // namespace tl::tape_test
