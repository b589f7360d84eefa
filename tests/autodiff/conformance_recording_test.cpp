// Recording and watching against the conformance catalogue: what the tapes of the other frameworks promise, case by case, and
// what we promise beyond it. T1, T9, ... are cases of the catalogue, row 1, row 2, ... rows of the table of semantics that
// CONFORMANCE.md compares. Numbers are exact or derived by hand.
#include <cmath>
#include <memory>

#include "tests/autodiff/tape_fixture.h"

namespace tl::tape_test {
namespace {

TEST_CASE_METHOD(TapeFixture, "T1 a tensor with respect to itself has gradient one") {
  Tensor x = scalar(3), m = tensor({2, 2, 2, 2}, {2, 2});
  VariableRef v = variable(1);
  {
    Tape tape(c, {});
    tape.watch(x);
    CHECK(values(gradient(tape, x, of(x))) == V{1});
  }
  {
    Tape tape(c, {});
    tape.watch(m);
    Tensor y = identity(m);
    CHECK(values(gradient(tape, y, of(m))) == V{1, 1, 1, 1});
  }
  {
    Tape tape(c, {});
    Tensor y = v->read();
    CHECK(values(gradient(tape, y, of(v))) == V{1});
  }
}

TEST_CASE_METHOD(TapeFixture, "T9 what happens while a tape is paused leaves no trace") {
  Tensor x = scalar(3);
  {
    Tape tape(c, {});
    tape.watch(x);
    tape.pause();
    Tensor y = square(x);
    tape.resume();
    CHECK_FALSE(gradient(tape, y, of(x)));
  }
  Tensor one = scalar(1);
  Tape tape(c, {/*persistent=*/true});
  tape.watch(one);
  Tensor x2 = mul_scalar(one, 2);
  tape.pause();
  Tensor y = square(x2);
  tape.resume();
  Tensor z = square(x2);
  CHECK_FALSE(gradient(tape, y, of(x2)));
  CHECK(values(gradient(tape, z, of(x2))) == V{4});
}

TEST_CASE_METHOD(TapeFixture, "T10 reset forgets records and watches") {
  Tensor x = scalar(3);
  VariableRef v = variable(2);
  Tape tape(c, {});
  tape.watch(x);
  Tensor a = mul(square(x), v->read());
  REQUIRE(tape.watched_variables().size() == 1);
  tape.reset();
  CHECK(tape.watched_variables().empty());
  Tensor b = square(x);
  tape.watch(x);
  Tensor y = mul_scalar(x, 5);
  GradientSource xs[] = {of(x)};
  CHECK(values(tape.gradient({a, b, y}, xs)[0]) == V{5});
}

TEST_CASE_METHOD(TapeFixture, "T11 a tape may be entered again, but not while it is active") {
  Tensor x = scalar(3);
  Tape tape(c, {});
  CHECK(code_of([&] { tape.resume(); }) == Code::kFailedPrecondition);
  tape.watch(x);
  Tensor y = mul_scalar(x, 2);
  tape.end();
  CHECK(code_of([&] { tape.end(); }) == Code::kFailedPrecondition);
  CHECK(code_of([&] { tape.pause(); }) == Code::kFailedPrecondition);
  CHECK(code_of([&] { tape.reset(); }) == Code::kFailedPrecondition);
  Tensor lost = mul_scalar(y, 100);
  tape.resume();
  Tensor z = mul_scalar(y, 2);
  CHECK(values(gradient(tape, z, of(x))) == V{4});
  CHECK_FALSE(lost.is_shell());
}

TEST_CASE_METHOD(TapeFixture, "T17 watching is a matter of each tape") {
  VariableRef a = variable(2, false), b = variable(2, false);
  Tape outer(c, {});
  outer.watch(*a);
  Tape inner(c, {/*persistent=*/true});
  inner.watch(*a);
  inner.watch(*b);
  Tensor x1 = a->read(), x2 = b->read();
  Tensor cube = mul(square(x1), x1), sq = square(x2);
  Tensor da = gradient(inner, cube, of(a)), db = gradient(inner, sq, of(b));
  CHECK(values(da) == V{12});
  CHECK(values(db) == V{4});
  GradientSource both[] = {of(a), of(b)};
  auto second = outer.gradient({da, db}, both);
  CHECK(values(second[0]) == V{12});
  CHECK_FALSE(second[1]);
}

TEST_CASE_METHOD(TapeFixture, "T23 variables are left alone on request") {
  VariableRef a = variable(1), b = variable(1);
  Tape tape(c, {/*persistent=*/true, /*watch_variables=*/false});
  tape.watch(*b);
  Tensor x = a->read(), y = b->read();
  Tensor p = square(x), q = mul(square(y), y);
  CHECK_FALSE(gradient(tape, p, of(a)));
  CHECK(values(gradient(tape, q, of(b))) == V{3});
  REQUIRE(tape.watched_variables().size() == 1);
  CHECK(tape.watched_variables()[0].get() == b.get());
}

TEST_CASE_METHOD(TapeFixture, "watching after an op does not bring the op onto the tape") {
  Tensor x = scalar(3);
  Tape tape(c, {/*persistent=*/true});
  Tensor before = square(x);
  tape.watch(x);
  Tensor after = square(x);
  CHECK_FALSE(gradient(tape, before, of(x)));
  CHECK(values(gradient(tape, after, of(x))) == V{6});
  // Watching what the tape has produced changes nothing of its history.
  tape.watch(after);
  CHECK(values(gradient(tape, after, of(x))) == V{6});
}

TEST_CASE_METHOD(TapeFixture, "nested tapes give third order") {
  Tensor x = scalar(1.1);
  Tape t1(c, {}), t2(c, {}), t3(c, {});
  for (Tape* t : {&t1, &t2, &t3}) t->watch(x);
  Tensor y = pow(x, scalar(3.5));
  Tensor d1 = gradient(t3, y, of(x)), d2 = gradient(t2, d1, of(x)), d3 = gradient(t1, d2, of(x));
  // F5 of the catalogue: x^3.5 at 1.1, orders 0 to 3.
  CHECK(values(y)[0] == Approx(1.3959645769).epsilon(1e-9));
  CHECK(values(d1)[0] == Approx(4.4417054720).epsilon(1e-9));
  CHECK(values(d2)[0] == Approx(10.0947851636).epsilon(1e-9));
  CHECK(values(d3)[0] == Approx(13.7656161322).epsilon(1e-9));
}

TEST_CASE_METHOD(TapeFixture, "seventy nested tapes share the sixty-four recorder bits correctly") {
  Tensor x = scalar(2);
  std::vector<std::unique_ptr<Tape>> tapes;
  for (int i = 0; i < 70; i++) {
    tapes.push_back(std::make_unique<Tape>(c, TapeOptions{}));
    if (i % 2 == 0) tapes.back()->watch(x);
  }
  Tensor y = square(x);
  for (int i = 69; i >= 0; i--) {
    Tensor g = gradient(*tapes[i], y, of(x));
    if (i % 2 == 0)
      CHECK(values(g) == V{4});
    else
      CHECK_FALSE(g);
  }
}

TEST_CASE_METHOD(TapeFixture, "a consumed tape holds no memory, and nothing is left when all is gone") {
  {
    Tensor x = full(c, {1000}, 0.5, DType::kF64);
    Tape tape(c, {});
    tape.watch(x);
    Tensor y = x;
    for (int i = 0; i < 50; i++) y = tanh(y);
    CHECK(tape.saved_bytes() == 50 * x.node()->buffer->capacity);
    Tensor total = sum(y);
    gradient(tape, total, of(x));
    CHECK(tape.saved_bytes() == 0);
  }
  CHECK(c.live_tensors() == 0);
  CHECK(c.allocator().stats().live_bytes == 0);
}

TEST_CASE_METHOD(TapeFixture, "what a row does not save is not kept alive") {
  Tensor x = full(c, {1000}, 0.5, DType::kF64);
  Tape tape(c, {});
  tape.watch(x);
  Tensor y = add_scalar(x, 1);
  for (int i = 0; i < 10; i++) y = add(y, y);
  CHECK(tape.recorded_ops() == 11);
  CHECK(tape.saved_bytes() == 0);
}

TEST_CASE_METHOD(TapeFixture, "a graph of ten thousand ops is walked without recursion") {
  Tensor x = scalar(1);
  Tape tape(c, {});
  tape.watch(x);
  Tensor y = x;
  for (int i = 0; i < 10000; i++) y = add_scalar(y, 1e-3);
  CHECK(values(gradient(tape, y, of(x))) == V{1});
}

}  // namespace
}  // namespace tl::tape_test
