// What the tests of vmap share.
#pragma once

#include "core/autodiff/vmap.h"
#include "tests/autodiff/numbers.h"

namespace tl::test {

using List = std::vector<Tensor>;
using In = Span<const Tensor>;

inline Tensor grad(const std::function<Tensor(const Tensor&)>& f, const Tensor& x) {
  Tape tape(x.context(), TapeOptions{});
  tape.watch(x);
  Tensor y = f(x);
  return tape.gradient({y}, {GradientSource{x, nullptr}}, {}, Unconnected::kZero)[0];
}

inline Tensor map_one(Context& c, const std::function<Tensor(const Tensor&)>& f, const Tensor& x) {
  return vmap(c, "f", [&](In in) { return List{f(in[0])}; }, {x})[0];
}

inline void check_close(const V& got, const V& expected) {
  REQUIRE(got.size() == expected.size());
  for (size_t i = 0; i < got.size(); i++) CHECK(got[i] == Approx(expected[i]).epsilon(1e-12).margin(1e-14));
}

}  // namespace tl::test
