// Rows of the table of semantics (CONFORMANCE.md) and cases of the catalogue that the other files leave over.
#include <cmath>
#include <limits>

#include "tests/autodiff/tape_fixture.h"

namespace tl::tape_test {
namespace {

TEST_CASE_METHOD(TapeFixture, "row 9: a gradient inside a pause consumes the tape and opens no other") {
  Tensor x = scalar(3);
  Tape tape(c, {});
  tape.watch(x);
  Tensor y = square(x);
  tape.pause();
  CHECK(values(gradient(tape, y, of(x))) == V{6});
  CHECK(tape.consumed());
  CHECK(code_of([&] { tape.resume(); }) == Code::kFailedPrecondition);
  square(x);
  CHECK(tape.recorded_ops() == 0);

  Tape persistent(c, {/*persistent=*/true});
  persistent.watch(x);
  Tensor z = square(x);
  persistent.pause();
  CHECK(values(gradient(persistent, z, of(x))) == V{6});
  persistent.resume();  // as paused as before
  CHECK(values(gradient(persistent, square(z), of(x))) == V{108});
}

TEST_CASE_METHOD(TapeFixture, "row 10: the reset of a nested tape leaves the other alone") {
  Tensor x = scalar(3);
  Tape outer(c, {}), inner(c, {});
  outer.watch(x);
  inner.watch(x);
  Tensor y = square(x);
  inner.reset();
  CHECK_FALSE(gradient(inner, y, of(x)));
  CHECK(values(gradient(outer, y, of(x))) == V{6});
}

TEST_CASE_METHOD(TapeFixture,
                 "row 13: the watched variables stand in the order of their reads, also after the gradient") {
  VariableRef a = variable(1), b = variable(2);
  Tape tape(c, {});
  Tensor first = b->read();
  Tensor y = mul(first, a->read());
  gradient(tape, y, of(a));
  REQUIRE(tape.watched_variables().size() == 2);
  CHECK(tape.watched_variables()[0].get() == b.get());
  CHECK(tape.watched_variables()[1].get() == a.get());
}

TEST_CASE_METHOD(TapeFixture, "row 14: a tape that an error left open disturbs none of the later ones") {
  Tensor x = scalar(3);
  CHECK(code_of([&] {
          Tape tape(c, {});
          tape.watch(x);
          square(x);
          add(vector({1, 2}), vector({1, 2, 3}));
        }) == Code::kInvalidArgument);
  CHECK(c.recorders().empty());
  Tape tape(c, {});
  tape.watch(x);
  CHECK(values(gradient(tape, square(x), of(x))) == V{6});
}

TEST_CASE_METHOD(TapeFixture, "row 19: what follows a gradient inside the block is not recorded") {
  Tensor x = scalar(3);
  Tape tape(c, {});
  tape.watch(x);
  Tensor y = square(x);
  gradient(tape, y, of(x));
  CHECK_FALSE(tape.recording());
  CHECK(tape.recorded_ops() == 0);
}

TEST_CASE_METHOD(TapeFixture,
                 "row 20: the gradient of a persistent tape is recorded while it records, and only then") {
  Tensor x = scalar(3);
  Tape tape(c, {/*persistent=*/true});
  tape.watch(x);
  Tensor y = square(x);
  const size_t before = tape.recorded_ops();
  gradient(tape, y, of(x));
  const size_t inside = tape.recorded_ops();
  CHECK(inside > before);
  tape.end();
  gradient(tape, y, of(x));
  CHECK(tape.recorded_ops() == inside);
}

TEST_CASE_METHOD(TapeFixture, "row 21, T21: sources that nothing uses, and no sources at all") {
  Tensor x = scalar(1), y = scalar(1);
  Tape tape(c, {/*persistent=*/true});
  tape.watch(x);
  tape.watch(y);
  Tensor z = mul_scalar(x, 2);
  GradientSource xs[] = {of(x), of(y)};
  auto g = tape.gradient({z}, xs);
  CHECK(values(g[0]) == V{2});
  CHECK_FALSE(g[1]);
  CHECK(message_of([&] { tape.gradient({z}, xs, {}, Unconnected::kError); }).find("'sources[1]'") !=
        std::string::npos);
  CHECK(tape.gradient({z}, Span<const GradientSource>()).empty());
}

TEST_CASE_METHOD(TapeFixture, "row 26: a target that is a source adds ones to the path through the others") {
  Tensor x = scalar(3);
  Tape tape(c, {});
  tape.watch(x);
  GradientSource xs[] = {of(x)};
  CHECK(values(tape.gradient({square(x), x}, xs)[0]) == V{7});
}

TEST_CASE_METHOD(TapeFixture, "row 27: the value of a variable may be a target") {
  VariableRef v = variable(3);
  Tape tape(c, {});
  CHECK(values(gradient(tape, v->read(), of(v))) == V{1});
}

TEST_CASE_METHOD(TapeFixture,
                 "row 30, T27: a target that is no scalar counts as its sum, also a matrix of one element") {
  for (const IntList& shape : {IntList{3}, IntList{1}, IntList{1, 1}}) {
    Tensor x = full(c, shape, 1, DType::kF64);
    Tape tape(c, {});
    tape.watch(x);
    CHECK(values(gradient(tape, square(x), of(x))) == V(static_cast<size_t>(x.elements()), 2));
  }
}

TEST_CASE_METHOD(TapeFixture, "row 31, T7: a seed for the identity, and for a square with its value") {
  Tensor x = scalar(3), two = scalar(2);
  GradientSource xs[] = {of(x)};
  Tape identical(c, {});
  identical.watch(x);
  CHECK(values(identical.gradient({identity(x)}, xs, {two})[0]) == V{2});
  Tape tape(c, {});
  tape.watch(x);
  Tensor y = square(x);
  CHECK(values(y) == V{9});
  CHECK(values(tape.gradient({y}, xs, {two})[0]) == V{12});
  Tape mixed(c, {});
  mixed.watch(x);
  Tensor z = square(x);
  CHECK(values(mixed.gradient({z, z}, xs, {Tensor(), two})[0]) == V{18});  // a missing one stands for ones
}

TEST_CASE_METHOD(
    TapeFixture,
    "row 24, T3: one value in two places is two arguments when each has an identity of its own") {
  Tensor x = scalar(1);
  Tape tape(c, {});
  tape.watch(x);
  Tensor a = identity(x), b = identity(x);
  GradientSource xs[] = {of(a), of(b)};
  auto g = tape.gradient({mul(a, b)}, xs);
  CHECK(values(g[0]) == V{1});
  CHECK(values(g[1]) == V{1});
}

TEST_CASE_METHOD(TapeFixture, "row 35: an op without gradient gives none, and the reason names it") {
  Tensor x = vector({1, 2});
  Tape tape(c, {/*persistent=*/true});
  tape.watch(x);
  Tensor y = cast(greater(x, scalar(1.5)), DType::kF64);
  Reason reason[1];
  GradientSource xs[] = {of(x)};
  CHECK_FALSE(tape.gradient({y}, xs, {}, Unconnected::kNone, reason)[0]);
  CHECK(reason[0] == Reason::kInteger);
  CHECK(tape.explain(y, of(x)).place == "greater");
}

TEST_CASE_METHOD(TapeFixture, "row 37: a gather that takes a row twice sums its gradients") {
  Tensor x = tensor({1, 2, 3, 4, 5, 6}, {3, 2});
  Tensor rows = c.allocate(DType::kI32, {4});
  for (int i = 0; i < 4; i++) rows.mutable_data<int32_t>()[i] = i == 3 ? 0 : 2 * (i % 2);
  Tape tape(c, {});
  tape.watch(x);  // rows 0, 2, 0, 0
  CHECK(values(gradient(tape, gather(x, rows, 0), of(x))) == V{3, 3, 0, 0, 1, 1});
}

TEST_CASE_METHOD(TapeFixture, "row 39: an index of the largest has no gradient") {
  Tensor x = vector({1, 3, 2});
  Tape tape(c, {});
  tape.watch(x);
  Tensor y = cast(argmax(x, IntList{0}), DType::kF64);
  Reason reason[1];
  GradientSource xs[] = {of(x)};
  CHECK_FALSE(tape.gradient({y}, xs, {}, Unconnected::kNone, reason)[0]);
  CHECK(reason[0] == Reason::kInteger);
}

TEST_CASE_METHOD(TapeFixture, "row 40: a value that went through the program's own memory is a new one") {
  Tensor x = scalar(3);
  for (bool explain : {false, true}) {
    Tape tape(c, {false, true, explain});
    tape.watch(x);
    Tensor y = square(x);
    Tensor copied = scalar(values(y)[0]);
    Reason reason[1];
    GradientSource xs[] = {of(x)};
    CHECK_FALSE(tape.gradient({mul_scalar(copied, 2)}, xs, {}, Unconnected::kNone, reason)[0]);
    CHECK(reason[0] == Reason::kIndependent);
  }
}

TEST_CASE_METHOD(TapeFixture, "T31 a select follows the branch that is taken, and a maximum the largest") {
  for (double at : {5., 50.}) {
    Tensor x = scalar(at);
    Tape tape(c, {});
    tape.watch(x);
    Tensor y = select(less(x, scalar(10)), x, square(x));
    CHECK(values(gradient(tape, y, of(x))) == V{at == 5 ? 1. : 100.});
  }
  // The maximum of the host: only the variable that it chose is on the tape's path.
  VariableRef v[] = {variable(2), variable(3), variable(5)};
  Tape tape(c, {});
  Tensor largest;
  for (const VariableRef& one : v) {
    Tensor value = one->read();
    if (!largest || values(value)[0] > values(largest)[0]) largest = value;
  }
  GradientSource xs[] = {of(v[0]), of(v[1]), of(v[2])};
  auto g = tape.gradient({largest}, xs);
  CHECK_FALSE(g[0]);
  CHECK_FALSE(g[1]);
  CHECK(values(g[2]) == V{1});
}

TEST_CASE_METHOD(TapeFixture, "T33 softmax cross-entropy of one class is flat") {
  Tensor logit = vector({.1}), label = full(c, {}, 0, DType::kI32);
  Tape outer(c, {}), inner(c, {});
  outer.watch(logit);
  inner.watch(logit);
  Tensor first = gradient(inner, sparse_softmax_cross_entropy(label, logit), of(logit));
  CHECK(values(first) == V{0});
  CHECK(values(gradient(outer, first, of(logit))) == V{0});
}

}  // namespace
}  // namespace tl::tape_test
