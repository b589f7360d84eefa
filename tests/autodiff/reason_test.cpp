// Why a gradient is missing: each way to lose one, as a plain tape tells it and as a tape that explains does.
#include "core/autodiff/custom.h"
#include "tests/autodiff/tape_fixture.h"

namespace tl::tape_test {
namespace {

struct Explained : TapeFixture {
  // The finding of a query, of a gradient call, and of a query after it must agree.
  Finding why(Tape& tape, const Tensor& y, const GradientSource& x) {
    Finding before = tape.explain(y, x);
    Reason reason[1] = {Reason::kUnknown};
    GradientSource xs[] = {x};
    Tensor g = tape.gradient({y}, xs, {}, Unconnected::kNone, reason)[0];
    CHECK(reason[0] == before.reason);
    CHECK(static_cast<bool>(g) == (before.reason == Reason::kConnected));
    if (!g) {
      Finding after = tape.explain(y, x);
      CHECK(after.reason == before.reason);
      CHECK(after.place == before.place);
    }
    return before;
  }
  Tape plain() { return Tape(c, {}); }
};

#define BOTH_TAPES(tape, explain)    \
  for (bool explain : {false, true}) \
    if (Tape tape{c, {false, true, explain}}; true)

TEST_CASE_METHOD(Explained, "a path that holds is told as connected") {
  BOTH_TAPES(tape, explain) {
    Tensor x = scalar(3);
    tape.watch(x);
    CHECK(why(tape, square(mul_scalar(x, 2)), of(x)).reason == Reason::kConnected);
  }
}

TEST_CASE_METHOD(Explained, "reason: not watched") {
  BOTH_TAPES(tape, explain) {
    Tensor x = scalar(3);
    Finding f = why(tape, square(x), of(x));
    CHECK(f.reason == Reason::kNotWatched);
    if (explain) CHECK(f.place == "square");
    CHECK(describe(f, "the target", "the source", explain).find("watch it before") != std::string::npos);
  }
  BOTH_TAPES(tape, explain) {
    VariableRef frozen = variable(3, /*trainable=*/false);
    CHECK(why(tape, square(frozen->read()), of(frozen)).reason == Reason::kNotWatched);
  }
  Tape ignoring(c, {false, /*watch_variables=*/false});
  VariableRef v = variable(3);
  CHECK(why(ignoring, square(v->read()), of(v)).reason == Reason::kNotWatched);
}

TEST_CASE_METHOD(Explained, "reason: computed before the watch") {
  BOTH_TAPES(tape, explain) {
    Tensor x = scalar(3);
    Tensor y = square(x);
    tape.watch(x);
    Finding f = why(tape, y, of(x));
    CHECK(f.reason == Reason::kWatchedLate);
    if (explain) CHECK(f.place == "square");
  }
  // Only a tape that has seen all can tell when the target itself came later.
  Tensor x = scalar(3);
  Tape tape(c, {false, true, /*explain=*/true});
  Tensor early = square(x);
  tape.watch(x);
  Finding f = why(tape, mul_scalar(early, 2), of(x));
  CHECK(f.reason == Reason::kWatchedLate);
  CHECK(f.place == "square");
  Tensor z = scalar(3);
  Tape plain(c, {});
  Tensor before = square(z);
  plain.watch(z);
  CHECK(why(plain, mul_scalar(before, 2), of(z)).reason == Reason::kUnknown);
}

TEST_CASE_METHOD(Explained, "reason: paused") {
  BOTH_TAPES(tape, explain) {
    Tensor x = scalar(3);
    tape.watch(x);
    tape.pause();
    Tensor y = square(x);
    tape.resume();
    Finding f = why(tape, y, of(x));
    CHECK(f.reason == Reason::kPaused);
    if (explain) CHECK(f.place == "square");
  }
  BOTH_TAPES(tape, explain) {
    VariableRef v = variable(3);
    Tensor first = v->read();
    tape.pause();
    Tensor y = square(v->read());
    tape.resume();
    Tensor z = mul_scalar(y, 2);
    Finding f = why(tape, z, of(v));
    CHECK(f.reason == (explain ? Reason::kPaused : Reason::kUnknown));
    if (explain) CHECK(f.place == "square");
  }
}

TEST_CASE_METHOD(Explained, "reason: reset") {
  BOTH_TAPES(tape, explain) {
    Tensor x = scalar(3);
    tape.watch(x);
    Tensor y = square(x);
    tape.reset();
    CHECK(why(tape, y, of(x)).reason == Reason::kReset);
  }
  BOTH_TAPES(tape, explain) {
    Tensor x = scalar(3);
    tape.watch(x);
    Tensor y = square(x);
    tape.reset();
    tape.watch(x);
    CHECK(why(tape, y, of(x)).reason == Reason::kReset);
  }
}

TEST_CASE_METHOD(Explained, "reason: an integer on the path") {
  BOTH_TAPES(tape, explain) {
    Tensor x = vector({1, 2});
    tape.watch(x);
    Tensor y = mul_scalar(cast(cast(square(x), DType::kI32), DType::kF64), 2);
    Finding f = why(tape, y, of(x));
    CHECK(f.reason == Reason::kInteger);
    CHECK(f.place == "cast");
    CHECK(f.has_result);
    CHECK(f.dtype == DType::kI32);
    CHECK(f.shape == Shape{2});
  }
}

TEST_CASE_METHOD(Explained, "reason: stop_gradient, behind any number of ops") {
  BOTH_TAPES(tape, explain) {
    VariableRef v = variable(3);
    Tensor y = stop_gradient(square(v->read()));
    for (int i = 0; i < 5; i++) y = mul_scalar(y, 2);
    Finding f = why(tape, add_scalar(y, 1), of(v));
    CHECK(f.reason == Reason::kStopGradient);
    CHECK(f.place == "stop_gradient");
    if (explain) CHECK(f.step == 2);
    CHECK(describe(f, "the target", "variable 'v'", explain).find("'stop_gradient'") != std::string::npos);
  }
  // Two cuts, one behind the other: the first on the way from the source is told.
  BOTH_TAPES(tape, explain) {
    VariableRef v = variable(3), w = variable(4);
    Tensor y = stop_gradient(mul(v->read(), v->read()));
    Tensor z = mul(stop_gradient(mul_scalar(y, 2)), w->read());
    CHECK(why(tape, z, of(v)).place == "stop_gradient");
    CHECK(tape.explain(z, of(v)).others == 0);
  }
}

TEST_CASE_METHOD(Explained, "reason: passed through an assignment, which names the variable") {
  BOTH_TAPES(tape, explain) {
    VariableRef x = variable(3);
    VariableRef total = VariableRef::make(scalar(0), "total", false);
    total->assign(add(total->read(), x->read()));
    Finding f = why(tape, square(total->read()), of(x));
    CHECK(f.reason == Reason::kAssigned);
    CHECK(f.place == "total");
  }
}

TEST_CASE_METHOD(Explained, "reason: a gradient rule gave none") {
  BOTH_TAPES(tape, explain) {
    Tensor x = scalar(3);
    tape.watch(x);
    Tensor y =
        custom_gradient(c,
                        {"no_slope", [](Span<const Tensor> in) { return std::vector<Tensor>{square(in[0])}; },
                         [](const RuleArgs&) { return std::vector<Tensor>(1); }},
                        Span<const Tensor>(&x, 1))[0];
    Reason reason[1];
    GradientSource xs[] = {of(x)};
    CHECK_FALSE(tape.gradient({mul_scalar(y, 2)}, xs, {}, Unconnected::kNone, reason)[0]);
    CHECK(reason[0] == Reason::kRuleGaveNone);
  }
  Tensor x = scalar(3);
  Tape tape(c, {});
  tape.watch(x);
  Tensor y =
      custom_gradient(c,
                      {"no_slope", [](Span<const Tensor> in) { return std::vector<Tensor>{square(in[0])}; },
                       [](const RuleArgs&) { return std::vector<Tensor>(1); }},
                      Span<const Tensor>(&x, 1))[0];
  Tensor z = mul_scalar(y, 2);
  gradient(tape, z, of(x));
  CHECK(tape.explain(z, of(x)).reason == Reason::kRuleGaveNone);
  CHECK(tape.explain(z, of(x)).place == "no_slope");
  Tape strict(c, {});
  strict.watch(x);
  y = custom_gradient(c,
                      {"no_slope", [](Span<const Tensor> in) { return std::vector<Tensor>{square(in[0])}; },
                       [](const RuleArgs&) { return std::vector<Tensor>(1); }},
                      Span<const Tensor>(&x, 1))[0];
  GradientSource xs[] = {of(x)};
  CHECK(message_of([&] { strict.gradient({y}, xs, {}, Unconnected::kError); }).find("gave none") !=
        std::string::npos);
}

TEST_CASE_METHOD(Explained, "reason: a variable that was not read while the tape recorded") {
  BOTH_TAPES(tape, explain) {
    VariableRef v = variable(3), w = variable(4);
    CHECK(why(tape, square(w->read()), of(v)).reason == Reason::kNotRead);
  }
}

TEST_CASE_METHOD(Explained, "reason: computed before the tape began or after it ended") {
  VariableRef v = variable(3);
  Tensor early = square(v->read());
  BOTH_TAPES(tape, explain) {
    v->read();
    CHECK(why(tape, early, of(v)).reason == Reason::kOutside);
  }
  BOTH_TAPES(tape, explain) {
    Tensor x = scalar(3);
    tape.watch(x);
    Tensor y = square(x);
    tape.end();
    Finding f = why(tape, mul_scalar(y, 2), of(x));
    CHECK(f.reason == Reason::kOutside);
    if (explain) CHECK(f.place == "mul_scalar");
  }
}

TEST_CASE_METHOD(Explained, "reason: independent") {
  BOTH_TAPES(tape, explain) {
    VariableRef v = variable(3), w = variable(4);
    Tensor a = square(v->read()), b = square(w->read());
    CHECK(why(tape, b, of(v)).reason == Reason::kIndependent);
  }
  BOTH_TAPES(tape, explain) {
    Tensor y = square(scalar(2));
    Tensor x = scalar(3);
    tape.watch(x);
    CHECK(why(tape, y, of(x)).reason == (explain ? Reason::kIndependent : Reason::kIndependent));
  }
}

TEST_CASE_METHOD(Explained,
                 "several breaks: the one on the longest connected path is told, the others are counted") {
  BOTH_TAPES(tape, explain) {
    VariableRef v = variable(3);
    Tensor a = stop_gradient(v->read());
    Tensor b = cast(cast(square(mul_scalar(v->read(), 2)), DType::kI32), DType::kF64);
    Finding f = why(tape, add(a, b), of(v));
    CHECK(f.reason == Reason::kInteger);
    CHECK(f.others == 1);
    CHECK(describe(f, "y", "x", explain).find("1 more place") != std::string::npos);
  }
}

TEST_CASE_METHOD(Explained, "a consumed tape knows what its gradient call missed, a tape that explains all") {
  Tensor x = scalar(3);
  for (bool explain : {false, true}) {
    Tape tape(c, {false, true, explain});
    tape.watch(x);
    Tensor y = square(x), cut = stop_gradient(y), z = add(y, cut);
    gradient(tape, z, of(x));
    if (explain) {
      CHECK(tape.explain(z, of(x)).reason == Reason::kConnected);
      CHECK(tape.explain(cut, of(x)).reason == Reason::kStopGradient);
    } else {
      CHECK(code_of([&] { tape.explain(cut, of(x)); }) == Code::kFailedPrecondition);
    }
  }
}

TEST_CASE_METHOD(Explained, "the error of unconnected sources gives the reason") {
  VariableRef v = variable(3);
  Tape tape(c, {});
  Tensor y = stop_gradient(square(v->read()));
  GradientSource xs[] = {of(v)};
  std::string message = message_of([&] { tape.gradient({y}, xs, {}, Unconnected::kError); });
  CHECK(message.find("cut by stop_gradient") != std::string::npos);
}

TEST_CASE_METHOD(Explained, "integers have no gradient to explain") {
  Tensor x = scalar(3), i = full(c, {}, 3, DType::kI32);
  Tape tape(c, {});
  tape.watch(x);
  CHECK(tape.explain(i, of(x)).reason == Reason::kInteger);
  CHECK(tape.explain(square(x), of(i)).reason == Reason::kInteger);
  CHECK(code_of([&] { tape.explain(Tensor(), of(x)); }) == Code::kInvalidArgument);
  TapeFixture other;
  CHECK(code_of([&] { tape.explain(other.scalar(1), of(x)); }) == Code::kInvalidArgument);
}

TEST_CASE_METHOD(Explained, "what a plain tape remembers of cuts goes with its records") {
  Tensor x = scalar(3);
  Tape tape(c, {/*persistent=*/true});
  tape.watch(x);
  for (int i = 0; i < 1000; i++) {
    Tensor y = stop_gradient(square(x));
    Tensor z = add(y, square(x));
    if (i % 100 == 0) {
      CHECK(tape.explain(y, of(x)).reason == Reason::kStopGradient);
      tape.reset();
      tape.watch(x);
    }
  }
  CHECK(values(gradient(tape, square(x), of(x))) == V{6});
}

TEST_CASE("every reason has a name and a text of its own") {
  for (int32_t r = 0; r <= 13; r++) {
    Finding f;
    f.reason = static_cast<Reason>(r);
    const std::string name = name_of(f.reason), text = describe(f, "the target", "the source", false);
    CHECK(name != "unknown reason");
    if (r > 0) CHECK(text.find("no gradient of the target with respect to the source (" + name + "): ") == 0);
  }
  CHECK(std::string(name_of(static_cast<Reason>(99))) == "unknown reason");
}

}  // namespace
}  // namespace tl::tape_test
