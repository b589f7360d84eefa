// A context, f64 tensors from numbers and numbers from tensors, for tests in which each number is derived by hand.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <vector>

#include "core/autodiff/tape.h"
#include "core/base/error.h"
#include "core/ops/generated/functions.h"

namespace tl::test {

using V = std::vector<double>;

struct Numbers {
  Context c{ContextOptions{1, 1, 0, nullptr, nullptr}};

  Tensor tensor(const V& values, const Shape& shape) {
    Tensor t = c.allocate(DType::kF64, shape);
    std::copy(values.begin(), values.end(), t.mutable_data<double>());
    return t;
  }
  Tensor vector(const V& values) { return tensor(values, Shape{static_cast<int64_t>(values.size())}); }
  Tensor scalar(double value) { return tensor({value}, Shape{}); }
  VariableRef variable(const V& values, bool trainable = true) {
    return VariableRef::make(vector(values), "v", trainable);
  }
};

inline GradientSource by(const Tensor& t) { return {t, nullptr}; }
inline GradientSource by(const VariableRef& v) { return {Tensor(), v.get()}; }

inline V numbers(const Tensor& t) {
  REQUIRE(t);
  return V(t.data<double>(), t.data<double>() + t.elements());
}
inline double number(const Tensor& t) {
  V all = numbers(t);
  REQUIRE(all.size() == 1);
  return all[0];
}

inline Tensor gradient(Tape& tape, const Tensor& y, const Tensor& x) {
  GradientSource xs[] = {by(x)};
  return tape.gradient({y}, xs)[0];
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
