// The hunt for the first value that is not finite, and what tapes say of the memory they hold.
#include "core/autodiff/non_finite.h"

#include <cmath>
#include <limits>
#include <memory>

#include "core/autodiff/custom.h"
#include "tests/autodiff/tape_fixture.h"

namespace tl::tape_test {
namespace {

bool has(const std::string& text, const std::string& part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return true;
}

TEST_CASE_METHOD(TapeFixture, "the op that makes the first NaN fails, with the ranges of its operands") {
  NonFiniteCheck check(c, true);
  Tensor x = vector({1, -4, 9});
  std::string message = message_of([&] { sqrt(sub(x, scalar(2))); });
  has(message,
      "[sqrt] results must be finite: got 2 NaN in f64 (3,), the first at element 0, in the forward pass");
  has(message, "'x' f64 (3,) in [-6, 7]");
  has(message, "this op made the first one");
  CHECK(code_of([&] { sqrt(scalar(-1)); }) == Code::kNonFinite);
  CHECK(values(sqrt(scalar(4))) == V{2});
}

TEST_CASE_METHOD(TapeFixture, "in the backward pass it says in whose gradient") {
  NonFiniteCheck check(c, true);
  Tensor x = vector({0, 4}), zero = scalar(0);
  Tape tape(c, {});
  tape.watch(x);
  Tensor root = sqrt(x);
  std::string message = message_of([&] { gradient(tape, root, of(x)); });
  has(message, "in the gradient of 'sqrt'");
  CHECK(c.gradient_of() == nullptr);
  CHECK(c.live_tensors() > 0);
}

TEST_CASE_METHOD(TapeFixture, "an operand that was not finite before is told from an op that made it so") {
  NonFiniteCheck check(c, true);
  Tensor x = vector({1, NAN, INFINITY});
  std::string message = message_of([&] { mul_scalar(x, 2); });
  has(message, "got 1 NaN and 1 infinity");
  has(message, "in [1, 1] with 1 NaN and 1 infinity");
  has(message, "the operand was so already");
}

TEST_CASE_METHOD(TapeFixture, "infinities are allowed on request, NaN never") {
  NonFiniteCheck check(c, false);
  Tensor inf = reciprocal(scalar(0));
  CHECK(values(inf) == V{INFINITY});
  has(message_of([&] { sub(inf, inf); }), "[sub] results must be no NaN: got 1 NaN");
  CHECK(add(full(c, {2}, 1, DType::kI32), full(c, {2}, 2, DType::kI32)).elements() ==
        2);  // integers are finite
}

TEST_CASE_METHOD(TapeFixture,
                 "f32 is checked like f64, lists by their place, and a failed op leaves no trace on a tape") {
  NonFiniteCheck check(c, true);
  Tensor x = cast(vector({1, 88}), DType::kF32);
  Tape tape(c, {});
  tape.watch(x);
  has(message_of([&] { exp(mul_scalar(x, 10)); }), "got 1 infinity in f32 (2,), the first at element 1");
  CHECK(tape.recorded_ops() == 1);
  Tensor bad = vector({NAN}), good = vector({1});
  Tensor parts[] = {good, bad};
  has(message_of([&] { concat(Span<const Tensor>(parts), 0); }),
      "[1]' f64 (1,) without finite values with 1 NaN");
}

TEST_CASE_METHOD(TapeFixture, "without the check nothing is looked at, and it ends with its object") {
  { NonFiniteCheck check(c, true); }
  CHECK_FALSE(c.observed());
  CHECK(std::isnan(values(sqrt(scalar(-1)))[0]));
}

TEST_CASE_METHOD(TapeFixture, "the memory of a tape by op, each buffer once, most bytes first") {
  Tensor x = full(c, {1000}, 0.5, DType::kF64), small = full(c, {10}, 2, DType::kF64);
  const size_t large_bytes = x.node()->buffer->capacity, small_bytes = small.node()->buffer->capacity;
  Tape tape(c, {/*persistent=*/true});
  tape.watch(x);
  tape.watch(small);
  Tensor y = square(x), z = square(x);  // both keep x
  Tensor p =
      mul(slice(x, {0}, {10}), small);  // a slice keeps the buffer of x alive, which is counted already
  Tensor t = tanh(tanh(x));
  Tensor s = add_scalar(x, 1);
  auto saved = tape.saved_by_op();
  size_t sum = 0;
  for (const Tape::Saved& one : saved) sum += one.bytes;
  CHECK(sum == tape.saved_bytes());
  CHECK(sum == 3 * large_bytes + small_bytes);
  REQUIRE(saved.size() == 5);
  CHECK(std::string(saved[0].op) == "tanh");
  CHECK(saved[0].calls == 2);
  CHECK(saved[0].bytes == 2 * large_bytes);
  CHECK(std::string(saved[1].op) == "square");
  CHECK(saved[1].bytes == large_bytes);
  CHECK(saved.back().bytes == 0);
}

TEST_CASE_METHOD(TapeFixture, "a rule stands in the memory of its tape under its own name") {
  Tensor x = full(c, {1000}, 0.5, DType::kF64);
  Tape tape(c, {});
  tape.watch(x);
  Tensor y =
      custom_gradient(c,
                      {"keeps", [](Span<const Tensor> in) { return std::vector<Tensor>{square(in[0])}; },
                       [](const RuleArgs& a) { return std::vector<Tensor>{a.grad[0]}; }},
                      Span<const Tensor>(&x, 1))[0];
  auto saved = tape.saved_by_op();
  REQUIRE(saved.size() == 1);
  CHECK(std::string(saved[0].op) == "keeps");
  CHECK(saved[0].bytes == 2 * x.node()->buffer->capacity);
}

TEST_CASE_METHOD(TapeFixture, "a running sum of losses keeps nothing alive once its tapes are gone") {
  Tensor total = scalar(0), x = full(c, {1000}, 0.5, DType::kF64);
  size_t after_first = 0;
  for (int step = 0; step < 100; step++) {
    Tape tape(c, {});
    tape.watch(x);
    Tensor loss = mean(square(tanh(x)));
    total = add(total, loss);
    gradient(tape, loss, of(x));
    if (step == 0) after_first = c.allocator().stats().live_bytes;
  }
  CHECK(c.allocator().stats().live_bytes <= after_first);
}

}  // namespace
}  // namespace tl::tape_test
