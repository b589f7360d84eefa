// References of the activations that are composite ops.
#include <cmath>

#include "tests/ops/reference.h"

namespace tl::test::reference {

Arrays leaky_relu(const Array& x, double slope) {
  return map(x, [slope](double v) { return v > 0 ? v : slope * v; });
}

Arrays elu(const Array& x, double alpha) {
  return map(x, [alpha](double v) { return v > 0 ? v : alpha * std::expm1(v); });
}

Arrays silu(const Array& x) {
  return map(x, [](double v) { return v / (1 + std::exp(-v)); });
}

Arrays gelu(const Array& x, bool approximate) {
  const double pi = 3.14159265358979323846;
  return map(x, [=](double v) {
    if (approximate) return 0.5 * v * (1 + std::tanh(std::sqrt(2 / pi) * (v + 0.044715 * v * v * v)));
    return v * 0.5 * std::erfc(-v / std::sqrt(2.0));
  });
}

}  // namespace tl::test::reference
