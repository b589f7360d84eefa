// What the tests of compiled steps with collectives share: their options, values that differ at each place, and bits to compare.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "core/compile/function.h"
#include "core/replicas/collectives.h"
#include "tests/dist/ranks.h"

namespace tl::test {

using Values = std::vector<Tensor>;

inline compile::FunctionOptions strict(bool polymorphic = false) {
  compile::FunctionOptions o;
  o.plan.verify = o.plan.poison = true;
  o.polymorphic_batch = polymorphic;
  return o;
}

// A group that the test holds.
inline replicas::GroupPtr shared(dist::Group& group) {
  return {&group, [](dist::Group*) {}};
}

inline Tensor wave(Context& c, const Shape& shape, double phase) {
  std::vector<float> x;
  for (int64_t i = 0; i < shape.elements(); i++)
    x.push_back(static_cast<float>(std::sin(phase + 1.7 * static_cast<double>(i))));
  return tensor<float>(c, shape, x);
}

inline std::string bytes(const Tensor& t) {
  return std::string(reinterpret_cast<const char*>(t.raw()), t.bytes());
}

}  // namespace tl::test
