// References of arithmetic and of the functions of one element, and the index arithmetic that all references
// share.
#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/ops/reference.h"

namespace tl::test::reference {

// ---- shared
// ------------------------------------------------------------------------------------------------------

std::vector<int64_t> coordinates(const Shape& shape, int64_t position) {
  std::vector<int64_t> out(shape.size());
  for (int axis = shape.rank() - 1; axis >= 0; axis--) {
    out[axis] = position % shape[axis];
    position /= shape[axis];
  }
  return out;
}

int64_t position(const Shape& shape, const std::vector<int64_t>& coordinates) {
  int64_t out = 0;
  for (int axis = 0; axis < shape.rank(); axis++) out = out * shape[axis] + coordinates[axis];
  return out;
}

int resolve_axis(int64_t axis, int rank) { return static_cast<int>(axis < 0 ? axis + rank : axis); }

Shape broadcast_shape(const Shape& a, const Shape& b) {
  int rank = std::max(a.rank(), b.rank());
  Shape out;
  for (int i = 0; i < rank; i++) {
    int in_a = i - (rank - a.rank()), in_b = i - (rank - b.rank());
    int64_t size_a = in_a < 0 ? 1 : a[in_a], size_b = in_b < 0 ? 1 : b[in_b];
    out.push_back(size_a == 1 ? size_b : size_a);
  }
  return out;
}

int64_t broadcast_position(const Shape& operand, const std::vector<int64_t>& coordinates) {
  int missing = static_cast<int>(coordinates.size()) - operand.rank();
  int64_t out = 0;
  for (int axis = 0; axis < operand.rank(); axis++)
    out = out * operand[axis] + (operand[axis] == 1 ? 0 : coordinates[axis + missing]);
  return out;
}

double wrapped(DType dtype, double value) {
  double modulus;
  switch (dtype) {
    case DType::kU8: modulus = 256; break;
    case DType::kI32: modulus = 4294967296.0; break;
    default: return value;
  }
  value = std::fmod(value, modulus);
  double lowest = dtype == DType::kU8 ? 0 : -modulus / 2;
  if (value < lowest) value += modulus;
  if (value >= lowest + modulus) value -= modulus;
  return value;
}

double converted(DType dtype, double value) {
  if (is_floating(dtype))
    return dtype == DType::kF32 ? static_cast<double>(static_cast<float>(value)) : value;
  double lowest = 0, highest = 1;
  if (dtype == DType::kU8) highest = 255;
  if (dtype == DType::kI32) lowest = -2147483648.0, highest = 2147483647.0;
  if (dtype == DType::kI64) lowest = -0x1p63, highest = 0x1p63;
  if (!(value >= lowest && value <= highest) || value != std::floor(value)) throw Refused{};
  return value;
}

Array filled(DType dtype, const Shape& shape, double value) {
  return Array{shape, dtype, std::vector<double>(static_cast<size_t>(shape.elements()), value)};
}

Arrays one(Array array) { return Arrays{std::move(array)}; }

Arrays map(const Array& x, const std::function<double(double)>& f) {
  Array out = x;
  for (double& v : out.values) v = wrapped(x.dtype, f(v));
  return one(out);
}

Arrays map(const Array& a, const Array& b, const std::function<double(double, double)>& f) {
  Array out = filled(a.dtype, broadcast_shape(a.shape, b.shape), 0);
  for (size_t i = 0; i < out.values.size(); i++) {
    std::vector<int64_t> at = coordinates(out.shape, static_cast<int64_t>(i));
    double x = a.values[broadcast_position(a.shape, at)], y = b.values[broadcast_position(b.shape, at)];
    out.values[i] = wrapped(a.dtype, f(x, y));
  }
  return one(out);
}

// ---- arithmetic
// --------------------------------------------------------------------------------------------------

Arrays add(const Array& a, const Array& b) {
  return map(a, b, [](double x, double y) { return x + y; });
}
Arrays sub(const Array& a, const Array& b) {
  return map(a, b, [](double x, double y) { return x - y; });
}
Arrays mul(const Array& a, const Array& b) {
  return map(a, b, [](double x, double y) { return x * y; });
}
Arrays div(const Array& a, const Array& b) {
  return map(a, b, [](double x, double y) { return x / y; });
}
Arrays pow(const Array& a, const Array& b) {
  return map(a, b, [](double x, double y) { return std::pow(x, y); });
}
Arrays strong_zero_mul(const Array& a, const Array& b) {
  return map(a, b, [](double x, double y) { return x == 0 || y == 0 ? 0 : x * y; });
}
Arrays strong_zero_div(const Array& a, const Array& b) {
  return map(a, b, [](double x, double y) { return x == 0 ? 0 : x / y; });
}
Arrays maximum(const Array& a, const Array& b) {
  return map(a, b, [](double x, double y) { return std::isnan(x) || std::isnan(y) ? NAN : x > y ? x : y; });
}
Arrays minimum(const Array& a, const Array& b) {
  return map(a, b, [](double x, double y) { return std::isnan(x) || std::isnan(y) ? NAN : x < y ? x : y; });
}
Arrays add_scalar(const Array& x, double value) {
  double number = converted(x.dtype, value);
  return map(x, [number](double v) { return v + number; });
}
Arrays mul_scalar(const Array& x, double value) {
  double number = converted(x.dtype, value);
  return map(x, [number](double v) { return v * number; });
}

// ---- functions of one element
// ------------------------------------------------------------------------------------

Arrays neg(const Array& x) {
  return map(x, [](double v) { return -v; });
}
Arrays exp(const Array& x) {
  return map(x, [](double v) { return std::exp(v); });
}
Arrays log(const Array& x) {
  return map(x, [](double v) { return std::log(v); });
}
Arrays log1p(const Array& x) {
  return map(x, [](double v) { return std::log1p(v); });
}
Arrays expm1(const Array& x) {
  return map(x, [](double v) { return std::expm1(v); });
}
Arrays sqrt(const Array& x) {
  return map(x, [](double v) { return std::sqrt(v); });
}
Arrays rsqrt(const Array& x) {
  return map(x, [](double v) { return 1 / std::sqrt(v); });
}
Arrays square(const Array& x) {
  return map(x, [](double v) { return v * v; });
}
Arrays abs(const Array& x) {
  return map(x, [](double v) { return v < 0 ? -v : v; });
}
Arrays sign(const Array& x) {
  return map(x, [](double v) { return std::isnan(v) ? v : v > 0 ? 1.0 : v < 0 ? -1.0 : 0.0; });
}
Arrays tanh(const Array& x) {
  return map(x, [](double v) { return std::tanh(v); });
}
Arrays sigmoid(const Array& x) {
  return map(x, [](double v) { return 1 / (1 + std::exp(-v)); });
}
Arrays softplus(const Array& x) {
  // log(1 + e^v) = v + log(1 + e^-v) where e^v would overflow.
  return map(x, [](double v) { return v > 0 ? v + std::log1p(std::exp(-v)) : std::log1p(std::exp(v)); });
}
Arrays relu(const Array& x) {
  return map(x, [](double v) { return std::isnan(v) ? v : v > 0 ? v : 0.0; });
}
Arrays sin(const Array& x) {
  return map(x, [](double v) { return std::sin(v); });
}
Arrays cos(const Array& x) {
  return map(x, [](double v) { return std::cos(v); });
}
Arrays erf(const Array& x) {
  return map(x, [](double v) { return std::erf(v); });
}
Arrays erfc(const Array& x) {
  return map(x, [](double v) { return std::erfc(v); });
}
Arrays reciprocal(const Array& x) {
  return map(x, [](double v) { return 1 / v; });
}
Arrays floor(const Array& x) {
  return map(x, [](double v) { return std::floor(v); });
}
Arrays relu_grad(const Array& grad, const Array& out) {
  return map(grad, out, [](double g, double o) { return o <= 0 ? 0.0 : g; });
}
Arrays tanh_grad(const Array& grad, const Array& out) {
  return map(grad, out, [](double g, double o) { return g * (1 - o * o); });
}
Arrays sigmoid_grad(const Array& grad, const Array& out) {
  return map(grad, out, [](double g, double o) { return g * o * (1 - o); });
}

Arrays clip(const Array& x, double low, double high) {
  return map(x, [low, high](double v) { return v < low ? low : v > high ? high : v; });
}

}  // namespace tl::test::reference
