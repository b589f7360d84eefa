// References of comparison, logic, choice and conversion.
#include <cmath>

#include "tests/ops/reference.h"

namespace tl::test::reference {
namespace {

Arrays compare(const Array& a, const Array& b, bool (*holds)(double, double)) {
  Arrays out = map(a, b, [holds](double x, double y) { return holds(x, y) ? 1.0 : 0.0; });
  out[0].dtype = DType::kBool;
  return out;
}

}  // namespace

Arrays equal(const Array& a, const Array& b) {
  return compare(a, b, [](double x, double y) { return x == y; });
}
Arrays not_equal(const Array& a, const Array& b) {
  return compare(a, b, [](double x, double y) { return x != y; });
}
Arrays less(const Array& a, const Array& b) {
  return compare(a, b, [](double x, double y) { return x < y; });
}
Arrays less_equal(const Array& a, const Array& b) {
  return compare(a, b, [](double x, double y) { return x <= y; });
}
Arrays greater(const Array& a, const Array& b) {
  return compare(a, b, [](double x, double y) { return x > y; });
}
Arrays greater_equal(const Array& a, const Array& b) {
  return compare(a, b, [](double x, double y) { return x >= y; });
}
Arrays logical_and(const Array& a, const Array& b) {
  return compare(a, b, [](double x, double y) { return x != 0 && y != 0; });
}
Arrays logical_or(const Array& a, const Array& b) {
  return compare(a, b, [](double x, double y) { return x != 0 || y != 0; });
}
Arrays logical_not(const Array& x) {
  return map(x, [](double v) { return v == 0 ? 1.0 : 0.0; });
}

Arrays select(const Array& condition, const Array& a, const Array& b) {
  Array out = filled(a.dtype, broadcast_shape(condition.shape, broadcast_shape(a.shape, b.shape)), 0);
  for (size_t i = 0; i < out.values.size(); i++) {
    std::vector<int64_t> at = coordinates(out.shape, static_cast<int64_t>(i));
    bool chosen = condition.values[broadcast_position(condition.shape, at)] != 0;
    out.values[i] =
        chosen ? a.values[broadcast_position(a.shape, at)] : b.values[broadcast_position(b.shape, at)];
  }
  return one(out);
}

Arrays cast(const Array& x, DType dtype) {
  Array out = x;
  out.dtype = dtype;
  if (is_floating(dtype)) return one(rounded(out));
  double lowest = 0, highest = 255;
  if (dtype == DType::kI32) lowest = -2147483648.0, highest = 2147483647.0;
  if (dtype == DType::kI64) lowest = -0x1p63, highest = 0x1p63;
  for (double& v : out.values) {
    if (dtype == DType::kBool) {
      v = v != 0 ? 1 : 0;
    } else if (!is_floating(x.dtype)) {
      v = wrapped(dtype, v);
    } else {
      v = std::isnan(v) ? 0 : v <= lowest ? lowest : v >= highest ? highest : std::trunc(v);
    }
  }
  return one(out);
}

}  // namespace tl::test::reference
