// References of normalisation.
#include <cmath>

#include "tests/ops/reference.h"

namespace tl::test::reference {

Arrays inverse_rms(const Array& x, double epsilon) {
  Shape shape = x.shape;
  size_t n = static_cast<size_t>(shape.back());
  shape[shape.rank() - 1] = 1;
  Array out = filled(x.dtype, shape, 0);
  for (size_t r = 0; r < out.values.size(); r++) {
    double squares = 0;
    for (size_t i = 0; i < n; i++) squares += x.values[r * n + i] * x.values[r * n + i];
    out.values[r] = 1 / std::sqrt(squares / static_cast<double>(n) + epsilon);
  }
  return one(out);
}

}  // namespace tl::test::reference
