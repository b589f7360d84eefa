// Forward mode through functions with rules of the program's own and through recomputed segments, in all nestings with tapes.
// Misuse is tested with the rest of it, in conformance_custom_test.cpp.
#include <cmath>
#include <memory>

#include "core/autodiff/custom.h"
#include "core/autodiff/forward.h"
#include "core/autodiff/recompute.h"
#include "tests/autodiff/numbers.h"

namespace tl::test {
namespace {

using TensorList = std::vector<Tensor>;
using F = std::function<Tensor(const Tensor&)>;

struct Rules : Numbers {
  std::unique_ptr<Forward> open(const Tensor& x, const Tensor& v) {
    GradientSource primals[] = {by(x)};
    return std::make_unique<Forward>(c, primals, Span<const Tensor>(&v, 1));
  }
  // The derivative of f at x along 1, by one mode.
  Tensor derivative(const F& f, const Tensor& x, bool forward_mode) {
    if (forward_mode) {
      auto forward = open(x, full(c, x.shape(), 1.0, DType::kF64));
      Tensor y = f(x);
      return forward->tangent(y, Unconnected::kZero);
    }
    Tape tape(c, {});
    tape.watch(x);
    return gradient(tape, f(x), x);
  }
};

TEST_CASE_METHOD(Rules, "F7 a sine with a rule of its own, to the third order in all nestings") {
  F sine = [&](const Tensor& x) {
    CustomGradient rule{
        "sine", [](Span<const Tensor> in) { return TensorList{sin(in[0])}; },
        [](const RuleArgs& a) { return TensorList{mul(a.grad[0], cos(a.in[0]))}; },
        [](const RuleArgs& a, Span<const Tensor> v) { return TensorList{mul(v[0], cos(a.in[0]))}; }};
    return custom_gradient(c, rule, Span<const Tensor>(&x, 1))[0];
  };
  const double expected[] = {std::cos(0.7), -std::sin(0.7), -std::cos(0.7)};
  for (int nesting = 0; nesting < 8; nesting++) {
    F f = sine;
    for (int order = 1; order <= 3; order++) {
      const bool forward_mode = nesting >> (order - 1) & 1;
      f = [this, f, forward_mode](const Tensor& x) { return derivative(f, x, forward_mode); };
      CHECK(number(f(scalar(0.7))) == Approx(expected[order - 1]).epsilon(1e-14));
    }
  }
  CHECK(c.recorders().empty());
}

TEST_CASE_METHOD(Rules,
                 "recomputed segments have the tangents of the plain function, nested and of any order") {
  F plain = [](const Tensor& x) { return mul(sin(mul(x, x)), exp(x)); };
  F segment = [&](const Tensor& x) {
    return recompute(
        c, "outer",
        [&](Span<const Tensor> in) {
          Tensor inner =
              recompute(c, "inner", [](Span<const Tensor> z) { return TensorList{sin(mul(z[0], z[1]))}; },
                        {in[0], in[0]})[0];
          return TensorList{mul(inner, exp(in[0]))};
        },
        Span<const Tensor>(&x, 1))[0];
  };
  for (int nesting = 0; nesting < 8; nesting++) {
    F f = plain, g = segment;
    for (int order = 1; order <= 3; order++) {
      const bool forward_mode = nesting >> (order - 1) & 1;
      f = [this, f, forward_mode](const Tensor& x) { return derivative(f, x, forward_mode); };
      g = [this, g, forward_mode](const Tensor& x) { return derivative(g, x, forward_mode); };
      INFO("nesting " << nesting << ", order " << order);
      CHECK(number(g(scalar(0.9))) == Approx(number(f(scalar(0.9)))).epsilon(1e-13));
    }
  }
  CHECK(c.recorders().empty());
}

TEST_CASE_METHOD(Rules,
                 "recomputed segments draw their random numbers again and find variables in forward mode") {
  VariableRef w = VariableRef::make(vector({2, 3, 4, 5}), "w");
  Tensor x = full(c, {4}, 1.0, DType::kF64);
  auto segment = [&](Span<const Tensor> in) { return TensorList{dropout(mul(in[0], w->read()), 0.5)}; };
  GradientSource primals[] = {by(w)};
  const Tensor along[] = {vector({1, 1, 1, 1})};
  Forward forward(c, primals, along);
  Tensor y = recompute(c, "dropped", segment, Span<const Tensor>(&x, 1))[0];
  Tensor next = uniform(c, {1});  // the second run has taken no numbers of its own
  V values = numbers(y), tangents = numbers(forward.tangent(y));
  for (size_t i = 0; i < 4; i++) CHECK(tangents[i] == (values[i] == 0 ? 0 : 2));
  Context again{ContextOptions{1, 1, 0, nullptr, nullptr}};
  dropout(full(again, {4}, 1.0, DType::kF64), 0.5);
  CHECK(uniform(again, {1}).data<float>()[0] == next.data<float>()[0]);
}

}  // namespace
}  // namespace tl::test
