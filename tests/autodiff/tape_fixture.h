// What the tests of the tape share: a context with one thread, small tensors in f64, and the errors that calls end in. In a
// namespace of its own, because other fixtures have functions of these names.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <vector>

#include "core/autodiff/tape.h"
#include "core/base/error.h"
#include "core/ops/generated/functions.h"

namespace tl::tape_test {

struct TapeFixture {
  Context c{ContextOptions{1, 1, 0, nullptr, nullptr}};

  Tensor tensor(std::initializer_list<double> values, Shape shape) {
    Tensor t = c.allocate(DType::kF64, shape);
    std::copy(values.begin(), values.end(), t.mutable_data<double>());
    return t;
  }
  Tensor vector(std::initializer_list<double> values) {
    return tensor(values, Shape{static_cast<int64_t>(values.size())});
  }
  Tensor scalar(double value) { return tensor({value}, Shape{}); }
  VariableRef variable(double value, bool trainable = true) {
    return VariableRef::make(scalar(value), "v", trainable);
  }
};

inline GradientSource of(const Tensor& t) { return {t, nullptr}; }
inline GradientSource of(const VariableRef& v) { return {Tensor(), v.get()}; }

inline std::vector<double> values(const Tensor& t) {
  REQUIRE(t);
  return std::vector<double>(t.data<double>(), t.data<double>() + t.elements());
}

inline Tensor gradient(Tape& tape, const Tensor& y, GradientSource x) {
  GradientSource xs[] = {std::move(x)};
  return tape.gradient({y}, xs)[0];
}

using V = std::vector<double>;

inline Code code_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.code();
  }
  return Code::kOk;
}

inline std::string message_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.message();
  }
  return "";
}

}  // namespace tl::tape_test
