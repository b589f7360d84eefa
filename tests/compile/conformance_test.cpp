// The conformance catalogue's cases of compiled functions (tests/autodiff/CONFORMANCE.md): X1, X3.
#include "core/autodiff/recompute.h"
#include "tests/compile/compile_fixture.h"

namespace tl::compile_test {

namespace {

std::vector<double> numbers(const Tensor& t) {
  Tensor wide = cast(t, DType::kF64);
  return {wide.data<double>(), wide.data<double>() + wide.elements()};
}

Tensor number(Context& c, double value) { return full(c, {}, value, DType::kF64); }

}  // namespace

TEST_CASE("X1 a compiled product of matrices, and a plan for each length where none is relaxed",
          "[compile]") {
  Context c(options_of());
  Function product(
      c, [](Span<const Tensor> in, size_t) { return Values{matmul(in[0], in[1], true, false)}; }, strict());
  Tensor t = c.allocate(DType::kF32, {2, 2});
  for (int i = 0; i < 4; i++) t.mutable_data<float>()[i] = static_cast<float>(i + 1);
  Values both{t, t}, square(1), next(1);
  product.call(both, square);
  CHECK(numbers(square[0]) == std::vector<double>{10, 14, 14, 20});
  Values again{square[0], t};
  product.call(again, next);  // planned
  CHECK(numbers(next[0]) == std::vector<double>{52, 76, 74, 108});
  product.call(both, square);
  CHECK(numbers(square[0]) == std::vector<double>{10, 14, 14, 20});
  CHECK(product.stats().traces == 1);
  CHECK(product.stats().replays == 2);

  // TensorFlow makes the dimension unknown at the second length, as the option polymorphic_batch does after three (batch_sizes_test.cpp).
  // Without it each length is recorded once, which is counted and has its reason, and lengths that come back use their plans.
  Function twice(
      c, [](Span<const Tensor> in, size_t) { return Values{mul_scalar(in[0], 2)}; }, strict());
  for (int round = 0; round < 3; round++)
    for (int64_t length = 0; length < 3; length++) {
      Values in{full(c, {length}, 3, DType::kF64)}, out(1);
      twice.call(in, out);
      CHECK(out[0].shape() == Shape{length});
      CHECK(numbers(out[0]) == std::vector<double>(static_cast<size_t>(length), 6.));
    }
  CHECK(twice.stats().traces == 3);
  CHECK(twice.stats().replays == 6);
  CHECK(twice.retraces() ==
        std::vector<std::string>{"shape of input 0: (0,) became (1,)", "shape of input 0: (1,) became (2,)"});
}

TEST_CASE("X3 how often a body runs: gradients, recomputed segments, other dtypes", "[compile]") {
  Context c(options_of());
  int runs = 0;
  // The gradient inside of the step is part of the recording.
  Function slope(
      c,
      [&](Span<const Tensor> in, size_t) {
        runs++;
        Tape tape(c, {});
        tape.watch(in[0]);
        Tensor y = square(in[0]);
        return Values{tape.gradient({y}, {GradientSource{in[0], nullptr}})[0]};
      },
      strict());
  for (double x : {1., 2., 3.}) {
    Values in{number(c, x)}, out(1);
    slope.call(in, out);
    CHECK(numbers(out[0]) == std::vector<double>{2 * x});
  }
  CHECK(runs == 1);
  CHECK(slope.stats().traces == 1);

  // Where the tape is outside, the body runs under its eyes each time, and nothing is recorded.
  runs = 0;
  Function squared(
      c,
      [&](Span<const Tensor> in, size_t) {
        runs++;
        return Values{square(in[0])};
      },
      strict());
  for (double x : {1., 2.}) {
    Tape tape(c, {});
    Values in{number(c, x)}, out(1);
    tape.watch(in[0]);
    squared.call(in, out);
    CHECK(numbers(tape.gradient({out[0]}, {GradientSource{in[0], nullptr}})[0]) ==
          std::vector<double>{2 * x});
  }
  CHECK(runs == 2);
  CHECK(squared.stats().eager_calls == 2);
  CHECK(squared.stats().traces == 0);

  // A recomputed segment runs for its value and for its gradient while it is recorded, and never again.
  int segments = 0;
  Function checkpointed(
      c,
      [&](Span<const Tensor> in, size_t) {
        Tape tape(c, {});
        tape.watch(in[0]);
        Tensor y = recompute(
            c, "segment",
            [&](Span<const Tensor> x) {
              segments++;
              return std::vector<Tensor>{mul(square(x[0]), x[0])};
            },
            in)[0];
        return Values{tape.gradient({y}, {GradientSource{in[0], nullptr}})[0]};
      },
      strict());
  for (int i = 0; i < 10; i++) {
    Values in{number(c, i)}, out(1);
    checkpointed.call(in, out);
    CHECK(numbers(out[0]) == std::vector<double>{3. * i * i});
  }
  CHECK(segments == 2);
  CHECK(checkpointed.stats().traces == 1);

  // Another value is no reason to record, another dtype is.
  Function twice(
      c, [](Span<const Tensor> in, size_t) { return Values{add(in[0], in[0])}; }, strict());
  for (int32_t x : {1, 2}) {
    Values in{full(c, {}, x, DType::kI32)}, out(1);
    twice.call(in, out);
    CHECK(numbers(out[0]) == std::vector<double>{2. * x});
  }
  CHECK(twice.stats().traces == 1);
  Values in{full(c, {}, 3, DType::kI64)}, out(1);
  twice.call(in, out);
  CHECK(numbers(out[0]) == std::vector<double>{6});
  CHECK(twice.stats().traces == 2);
  CHECK(twice.retraces() == std::vector<std::string>{"dtype of input 0: i32 became i64"});
}

}  // namespace tl::compile_test
