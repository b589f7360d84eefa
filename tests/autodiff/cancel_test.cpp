// A context that is asked to stop while a call runs: the call ends before its next op, and what it had not begun is as before.
#include <atomic>
#include <catch2/catch.hpp>
#include <string>

#include "core/autodiff/tape.h"
#include "core/base/error.h"
#include "core/ops/generated/functions.h"
#include "core/tensor/context.h"
#include "core/tensor/recorder.h"

namespace tl {
namespace {

constexpr uint32_t kMark = 7;

// Asks the context to stop when the n-th op has run. Sees the ops that a tape records.
class CancelAfter : public Recorder {
 public:
  CancelAfter(Context& context, int ops) : context_(context), left_(ops) {
    context_.set_cancel_word(&word_, kMark);
    context_.add_recorder(this);
  }
  ~CancelAfter() override {
    context_.remove_recorder(this);
    static const std::atomic<uint32_t> nobody{0};
    context_.set_cancel_word(&nobody, kMark);
  }
  uint64_t bits() const override { return ~uint64_t{0}; }
  void on_op(const OpCall&) override {
    seen_++;
    if (--left_ == 0) word_ = kMark;
  }
  void on_read(Variable&, const Tensor&) override {}
  int seen() const { return seen_; }

 private:
  Context& context_;
  int left_, seen_ = 0;
  std::atomic<uint32_t> word_{0};
};

struct Fixture {
  Context c{ContextOptions{1, 1, 0, nullptr, nullptr}};
  Tensor scalar(double value) { return full(c, IntList{}, value, DType::kF64); }
};

TEST_CASE("a cancelled chain of ops ends before its next op") {
  Fixture f;
  Tensor x = f.scalar(0.5);
  Tape tape(f.c, TapeOptions{});
  tape.watch(x);
  CancelAfter cancel(f.c, 4);
  Tensor y = x;
  int done = 0;
  std::string message;
  try {
    for (; done < 10; done++) y = sin(y);
  } catch (const Error& e) {
    CHECK(e.code() == Code::kCancelled);
    message = e.message();
  }
  CHECK(done == 4);
  CHECK(cancel.seen() == 4);
  CHECK(message.find("[sin] cancelled") == 0);
}

TEST_CASE("a gradient is cancelled at any of its ops, and taken again") {
  Fixture f;
  Tensor x = f.scalar(0.5);
  Tape outer(f.c, TapeOptions{});  // so that the ops of the gradient are recorded too
  outer.watch(x);
  Tape tape(f.c, TapeOptions{true, true});
  tape.watch(x);
  Tensor y = x;
  for (int i = 0; i < 5; i++) y = mul(y, x);  // x^6
  tape.end();
  const GradientSource source[] = {{x, nullptr}};
  int ops = 0;
  for (bool ended = false; !ended; ops++) {
    REQUIRE(ops < 100);
    {
      CancelAfter cancel(f.c, ops + 1);
      try {
        tape.gradient({y}, source);
        ended = cancel.seen() <= ops + 1;  // the request came with the last op, or not at all
      } catch (const Error& e) {
        CHECK(e.code() == Code::kCancelled);
        CHECK(cancel.seen() == ops + 1);
      }
    }
    Tensor g = tape.gradient({y}, source)[0];
    CHECK(g.data<double>()[0] == Approx(6 * 0.5 * 0.5 * 0.5 * 0.5 * 0.5).epsilon(1e-15));
  }
  CHECK(ops > 8);  // two products for each of the five
}

TEST_CASE("what must not end in the middle is not cancelled") {
  Fixture f;
  std::atomic<uint32_t> word{kMark};
  f.c.set_cancel_word(&word, kMark);
  Tensor x;
  {
    Uncancellable whole(f.c);
    CHECK_FALSE(f.c.cancelled());
    x = f.scalar(2);
    Uncancellable nested(f.c);
    x = mul(x, x);
  }
  CHECK(x.data<double>()[0] == 4);
  CHECK(f.c.cancelled());
  CHECK_THROWS_AS(mul(x, x), Error);
  word = kMark + 1;  // meant for another
  CHECK_NOTHROW(mul(x, x));
  word = kMark;
  static const std::atomic<uint32_t> nobody{0};
  f.c.set_cancel_word(&nobody, kMark);
}

}  // namespace
}  // namespace tl
