// The gradient call against the conformance catalogue, see conformance_recording_test.cpp.
#include <cmath>
#include <memory>

#include "tests/autodiff/tape_fixture.h"

namespace tl::tape_test {
namespace {

TEST_CASE_METHOD(TapeFixture, "T3 duplicate sources and targets") {
  Tensor x = scalar(3), y = scalar(5);
  {
    Tape tape(c, {});
    tape.watch(x);
    Tensor z = mul_scalar(x, 2);
    GradientSource xs[] = {of(x), of(x)};
    auto g = tape.gradient({z}, xs);
    CHECK(values(g[0]) == V{2});
    CHECK(values(g[1]) == V{2});
  }
  {
    Tape tape(c, {/*persistent=*/true});
    tape.watch(x);
    tape.watch(y);
    Tensor z = add(square(x), mul(x, y));
    GradientSource twice[] = {of(x), of(x)}, both[] = {of(y), of(x)};
    auto g = tape.gradient({z}, twice);
    CHECK(values(g[0]) == V{11});
    CHECK(values(g[1]) == V{11});
    g = tape.gradient({z}, both);
    CHECK(values(g[0]) == V{3});
    CHECK(values(g[1]) == V{11});
  }
  {
    Tape tape(c, {});
    tape.watch(x);
    Tensor z = identity(x);
    GradientSource xs[] = {of(x)};
    CHECK(values(tape.gradient({z, z}, xs)[0]) == V{2});
  }
}

TEST_CASE_METHOD(TapeFixture, "T4 an intermediate source does not cut the path to earlier ones") {
  Tensor x = scalar(3);
  Tape tape(c, {});
  tape.watch(x);
  Tensor y = square(x), z = square(y);
  GradientSource xs[] = {of(x), of(y)};
  auto g = tape.gradient({z}, xs);
  CHECK(values(g[0]) == V{108});
  CHECK(values(g[1]) == V{18});
}

TEST_CASE_METHOD(TapeFixture, "T5 several targets and targets that are no scalars are summed") {
  Tensor x = scalar(2), y = scalar(3);
  {
    Tape tape(c, {});
    tape.watch(x);
    tape.watch(y);
    Tensor a = mul_scalar(x, 2), b = mul_scalar(y, 3);
    GradientSource xs[] = {of(x), of(y)};
    auto g = tape.gradient({a, b}, xs);
    CHECK(values(g[0]) == V{2});
    CHECK(values(g[1]) == V{3});
  }
  {
    Tensor v = vector({0, 1, 2});
    Tape tape(c, {});
    tape.watch(v);
    Tensor a = add_scalar(v, 2), b = square(v);
    GradientSource xs[] = {of(v)};
    CHECK(values(tape.gradient({a, b}, xs)[0]) == V{1, 3, 5});
  }
  {
    Tape tape(c, {});
    tape.watch(x);
    Tensor a = square(x), b = reciprocal(x);
    GradientSource xs[] = {of(x)};
    CHECK(values(tape.gradient({a, b}, xs)[0]) == V{3.75});
  }
  {
    Tape tape(c, {});
    tape.watch(x);
    Tensor a = mul(x, vector({3, 4}));
    CHECK(values(gradient(tape, a, of(x))) == V{7});
  }
}

TEST_CASE_METHOD(TapeFixture, "T7 output gradients weigh the targets, also where one target feeds another") {
  Tensor x = scalar(3), y = scalar(2);
  Tape tape(c, {});
  tape.watch(x);
  Tensor loss = mul(x, y);
  GradientSource xs[] = {of(x)};
  // d(1*loss + 2*x)/dx = 2 + 2
  CHECK(values(tape.gradient({loss, x}, xs, {scalar(1), scalar(2)})[0]) == V{4});

  Tape wrong(c, {});
  wrong.watch(x);
  Tensor z = square(x);
  CHECK(code_of([&] { wrong.gradient({z}, xs, {vector({1, 2})}); }) == Code::kInvalidArgument);
  CHECK(code_of([&] { wrong.gradient({z}, xs, {scalar(1), scalar(1)}); }) == Code::kInvalidArgument);
  CHECK(code_of([&] { wrong.gradient({z}, xs, {cast(scalar(1), DType::kF32)}); }) == Code::kInvalidArgument);
  // Refused arguments do not consume the tape.
  CHECK(values(wrong.gradient({z}, xs)[0]) == V{6});
}

TEST_CASE_METHOD(TapeFixture, "T6 integers have no gradient, and asking for one is an error") {
  Tensor i = full(c, {}, 3, DType::kI32), x = scalar(2);
  Tape tape(c, {/*persistent=*/true});
  CHECK(code_of([&] { tape.watch(i); }) == Code::kInvalidArgument);
  tape.watch(x);
  Tensor y = mul(x, cast(i, DType::kF64));
  GradientSource xs[] = {of(i)};
  CHECK(message_of([&] { tape.gradient({y}, xs); }).find("floating-point") != std::string::npos);
  Tensor n = cast(y, DType::kI32);
  GradientSource fx[] = {of(x)};
  CHECK(code_of([&] { tape.gradient({n}, fx); }) == Code::kInvalidArgument);
}

TEST_CASE_METHOD(TapeFixture, "T13 a tape that is not persistent gives one set of gradients") {
  Tensor x = scalar(3);
  Tape tape(c, {});
  tape.watch(x);
  Tensor y = square(x), z = square(y);
  CHECK(values(gradient(tape, z, of(x))) == V{108});
  CHECK(tape.consumed());
  CHECK(tape.recorded_ops() == 0);
  CHECK(message_of([&] { gradient(tape, y, of(x)); }).find("one set of gradients") != std::string::npos);
  CHECK(code_of([&] { tape.resume(); }) == Code::kFailedPrecondition);
  CHECK(code_of([&] { tape.pause(); }) == Code::kFailedPrecondition);
  CHECK(code_of([&] { tape.watch(x); }) == Code::kFailedPrecondition);
  tape.end();
}

TEST_CASE_METHOD(TapeFixture, "T14 a persistent tape gives gradients again and again") {
  Tensor x = scalar(3);
  Tape tape(c, {/*persistent=*/true});
  tape.watch(x);
  Tensor y = square(x), z = square(y);
  tape.end();
  for (int i = 0; i < 3; i++) {
    CHECK(values(gradient(tape, z, of(x))) == V{108});
    CHECK(values(gradient(tape, y, of(x))) == V{6});
  }
}

TEST_CASE_METHOD(TapeFixture, "T15 the gradient may be taken inside the tape's own block") {
  VariableRef v = variable(1);
  for (bool persistent : {false, true}) {
    Tape tape(c, {persistent});
    Tensor loss = mul_scalar(v->read(), 2);
    CHECK(values(gradient(tape, loss, of(v))) == V{2});
  }
}

TEST_CASE_METHOD(TapeFixture, "T16 a persistent tape records its own gradients: third order from one tape") {
  Tensor x = scalar(2);
  Tape tape(c, {/*persistent=*/true});
  tape.watch(x);
  Tensor y = square(square(x));             // x^4
  Tensor first = gradient(tape, y, of(x));  // 4 x^3
  Tensor second = gradient(tape, first, of(x));
  Tensor third = gradient(tape, second, of(x));
  CHECK(values(first) == V{32});
  CHECK(values(second) == V{48});
  CHECK(values(third) == V{48});
}

TEST_CASE_METHOD(TapeFixture, "T19 unconnected sources give nothing, zeros or an error") {
  Tensor x = tensor({1, 1, 1, 1}, {2, 2});
  VariableRef v = VariableRef::make(tensor({1, 1, 1, 1}, {2, 2}), "weights");
  Tensor z = tensor({1, 2, 3, 4}, {2, 2});
  for (const GradientSource& s : {of(x), of(v)}) {
    Tape tape(c, {/*persistent=*/true});
    tape.watch(x);
    tape.watch(z);
    Tensor read = v->read();
    Tensor y = mul_scalar(z, 2);
    GradientSource xs[] = {s};
    CHECK_FALSE(tape.gradient({y}, xs)[0]);
    CHECK(values(tape.gradient({y}, xs, {}, Unconnected::kZero)[0]) == V{0, 0, 0, 0});
    std::string message = message_of([&] { tape.gradient({y}, xs, {}, Unconnected::kError); });
    CHECK(message.find("not connected") != std::string::npos);
    if (s.variable) CHECK(message.find("'weights'") != std::string::npos);
    CHECK(message_of([&] { tape.gradient({y}, xs, {}, static_cast<Unconnected>(7)); }).find("7") !=
          std::string::npos);
  }
}

TEST_CASE_METHOD(TapeFixture, "T20 stop_gradient cuts the path") {
  Tensor x = scalar(3);
  Tape tape(c, {});
  tape.watch(x);
  Tensor y = add(square(x), square(stop_gradient(x)));
  CHECK(values(gradient(tape, y, of(x))) == V{6});
}

TEST_CASE_METHOD(TapeFixture, "T25 an assignment stops the gradient") {
  VariableRef x0 = variable(3), x1 = variable(0);
  Tape tape(c, {/*persistent=*/true});
  x1->assign(add(x1->read(), x0->read()));
  Tensor y = square(x1->read());
  CHECK_FALSE(gradient(tape, y, of(x0)));
  CHECK(values(gradient(tape, y, of(x1))) == V{6});
}

TEST_CASE_METHOD(TapeFixture,
                 "the gradient is that at the values of the forward pass, whatever was assigned since") {
  VariableRef v = variable(3);
  Tape tape(c, {});
  Tensor y = square(v->read());
  v->assign(scalar(100));
  CHECK(values(gradient(tape, y, of(v))) == V{6});
}

TEST_CASE_METHOD(TapeFixture, "a variable that was assigned between two reads gets the gradient of both") {
  VariableRef v = variable(3);
  Tape tape(c, {});
  Tensor a = square(v->read());
  v->assign(scalar(10));
  Tensor b = square(v->read());
  Tensor y = add(a, b);
  CHECK(values(gradient(tape, y, of(v))) == V{26});
}

TEST_CASE_METHOD(TapeFixture, "T33 softmax cross-entropy, first and second order") {
  Tensor logits = vector({1, 2, 3}), label = full(c, {}, 0, DType::kI32);
  const double p[] = {.0900305731704, .2447284710548, .6652409557748};
  for (int row = 0; row < 3; row++) {
    Tape outer(c, {});
    outer.watch(logits);
    Tape inner(c, {});
    inner.watch(logits);
    Tensor loss = sparse_softmax_cross_entropy(label, logits);
    CHECK(loss.data<double>()[0] == Approx(2.4076059644443806).epsilon(1e-12));
    Tensor first = gradient(inner, loss, of(logits));
    for (int i = 0; i < 3; i++) CHECK(values(first)[i] == Approx(p[i] - (i == 0)).epsilon(1e-11));
    Tensor pick = slice(first, {row}, {row + 1});
    V second = values(gradient(outer, pick, of(logits)));
    for (int i = 0; i < 3; i++)
      CHECK(second[i] == Approx((i == row) * p[row] - p[row] * p[i]).epsilon(1e-10));
  }
  Tensor two = vector({0, 0}), labels = vector({1, 0});
  Tape tape(c, {});
  tape.watch(two);
  Tensor loss = softmax_cross_entropy(labels, two);
  CHECK(values(gradient(tape, loss, of(two))) == V{-.5, .5});
}

TEST_CASE_METHOD(TapeFixture, "the broadcast edges of an op are summed") {
  Tensor a = tensor({1, 2, 3, 4, 5, 6}, {2, 3}), b = tensor({10, 20}, {2, 1}), s = scalar(2);
  Tape tape(c, {});
  for (const Tensor& t : {a, b, s}) tape.watch(t);
  Tensor y = mul(add(a, b), s);
  GradientSource xs[] = {of(a), of(b), of(s)};
  auto g = tape.gradient({y}, xs);
  CHECK(values(g[0]) == V{2, 2, 2, 2, 2, 2});
  CHECK(values(g[1]) == V{6, 6});
  CHECK(g[1].shape() == Shape{2, 1});
  CHECK(values(g[2]) == V{111});
  CHECK(g[2].rank() == 0);
}

TEST_CASE_METHOD(TapeFixture, "sources and targets of another context are refused") {
  TapeFixture other;
  Tensor x = scalar(3), foreign = other.scalar(3);
  Tape tape(c, {});
  tape.watch(x);
  Tensor y = square(x);
  CHECK(code_of([&] { gradient(tape, y, of(foreign)); }) == Code::kInvalidArgument);
  CHECK(code_of([&] { gradient(tape, foreign, of(x)); }) == Code::kInvalidArgument);
  CHECK(code_of([&] { gradient(tape, Tensor(), of(x)); }) == Code::kInvalidArgument);
  CHECK(code_of([&] { mul(x, foreign); }) == Code::kInvalidArgument);
}

}  // namespace
}  // namespace tl::tape_test
