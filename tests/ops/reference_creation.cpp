// References of the ops that make a tensor out of attributes.
#include "tests/ops/reference.h"

namespace tl::test::reference {

Arrays full(const IntList& shape, double value, DType dtype) {
  return one(filled(dtype, Shape(Span<const int64_t>(shape.data(), shape.size())), converted(dtype, value)));
}

Arrays zeros(const IntList& shape, DType dtype) {
  return one(filled(dtype, Shape(Span<const int64_t>(shape.data(), shape.size())), 0));
}

Arrays ones(const IntList& shape, DType dtype) {
  return one(filled(dtype, Shape(Span<const int64_t>(shape.data(), shape.size())), 1));
}

Arrays range(int64_t count, double start, double step, DType dtype) {
  Array out = filled(dtype, Shape{count}, 0);
  for (int64_t i = 0; i < count; i++) out.values[i] = start + step * static_cast<double>(i);
  return one(out);
}

}  // namespace tl::test::reference
