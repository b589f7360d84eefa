// What the tests of forward mode add to the fixture of the tape's tests: tensors from lists of numbers that a test keeps, and
// errors with their codes.
#pragma once

#include "tests/autodiff/tape_fixture.h"

namespace tl::test {

using tape_test::V;

struct Numbers : tape_test::TapeFixture {
  using TapeFixture::tensor;
  Tensor tensor(const V& numbers, const Shape& shape) {
    Tensor t = c.allocate(DType::kF64, shape);
    std::copy(numbers.begin(), numbers.end(), t.mutable_data<double>());
    return t;
  }
};

inline GradientSource by(const Tensor& t) { return tape_test::of(t); }
inline GradientSource by(const VariableRef& v) { return tape_test::of(v); }

inline V numbers(const Tensor& t) { return tape_test::values(t); }
inline double number(const Tensor& t) {
  V all = numbers(t);
  REQUIRE(all.size() == 1);
  return all[0];
}

inline Tensor gradient(Tape& tape, const Tensor& y, const Tensor& x) {
  return tape_test::gradient(tape, y, by(x));
}

// The error that f throws, as "code: message"; "" without one.
inline std::string error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return concat(code_name(e.code()), ": ", e.message());
  }
  return "";
}

}  // namespace tl::test
