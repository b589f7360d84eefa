// What the tests of the tape share: a context with one thread, small tensors in f64, and the errors that calls end in. In a
// namespace of its own, because other fixtures have functions of these names.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
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
using Function = std::function<Tensor(const Tensor&)>;

// The derivatives of f at x of orders 1 to n, by nested tapes.
inline V derivatives(const Function& f, Tensor x, int n) {
  std::vector<std::unique_ptr<Tape>> tapes;
  for (int i = 0; i < n; i++) {
    tapes.push_back(std::make_unique<Tape>(x.context(), TapeOptions{}));
    tapes.back()->watch(x);
  }
  Tensor y = f(x);
  V out;
  while (!tapes.empty()) {
    y = gradient(*tapes.back(), y, of(x));
    out.push_back(values(y)[0]);
    tapes.pop_back();
  }
  return out;
}

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
