// What the tests of nn and optim share: a context, tensors from lists, elements as doubles, the text of an error.
#pragma once

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "core/ops/generated/functions.h"
#include "core/tensor/variable.h"

namespace tl::test {

struct Fixture {
  Context c{ContextOptions{7, 2, 0, nullptr, nullptr}};

  Tensor tensor(const std::vector<double>& values, const Shape& shape, DType dtype = DType::kF64) {
    Tensor t = c.allocate(DType::kF64, shape);
    REQUIRE(static_cast<size_t>(t.elements()) == values.size());
    std::copy(values.begin(), values.end(), t.mutable_data<double>());
    return dtype == DType::kF64 ? t : cast(t, dtype);
  }
  Tensor vector(const std::vector<double>& values, DType dtype = DType::kF64) {
    return tensor(values, Shape{static_cast<int64_t>(values.size())}, dtype);
  }
  Tensor scalar(double value, DType dtype = DType::kF64) { return tensor({value}, Shape{}, dtype); }
  Tensor random(const Shape& shape, DType dtype = DType::kF64) { return normal(c, shape, 0.0, 1.0, dtype); }
  VariableRef variable(const std::vector<double>& values, const char* name = "v", DType dtype = DType::kF64) {
    return VariableRef::make(vector(values, dtype), name);
  }
};

inline std::vector<double> values(const Tensor& t) {
  REQUIRE(t);
  Tensor wide = t.dtype() == DType::kF64 ? t : cast(t, DType::kF64);
  return std::vector<double>(wide.data<double>(), wide.data<double>() + wide.elements());
}
inline std::vector<double> values(const VariableRef& v) { return values(v->peek()); }
inline double item(const Tensor& t) {
  REQUIRE(t.elements() == 1);
  return values(t)[0];
}

// Every element within `tolerance` (absolute, and relative to numbers above 1).
inline void check_near(const std::vector<double>& got, const std::vector<double>& want, double tolerance) {
  REQUIRE(got.size() == want.size());
  for (size_t i = 0; i < got.size(); i++) {
    INFO("element " << i << ": got " << got[i] << ", want " << want[i]);
    CHECK(std::abs(got[i] - want[i]) <= tolerance * std::fmax(1.0, std::abs(want[i])));
  }
}

// The text of the error of `f`, which must have the code.
inline std::string message_of(const std::function<void()>& f, Code code = Code::kInvalidArgument) {
  try {
    f();
  } catch (const Error& e) {
    INFO(e.message());
    CHECK(e.code() == code);
    return e.message();
  }
  FAIL_CHECK("no error");
  return "";
}
inline bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace tl::test
