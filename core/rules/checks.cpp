#include "core/rules/checks.h"

#include <cmath>
#include <limits>

namespace tl::rules {
namespace {

struct Limits {
  double low;     // the lowest value
  double beyond;  // the first whole number above the range: exact in double, unlike the largest i64
  const char* text;
};

Limits limits_of(DType dtype) {
  switch (dtype) {
    case DType::kI32: return {-0x1p31, 0x1p31, "-2147483648 to 2147483647"};
    case DType::kI64: return {-0x1p63, 0x1p63, "-9223372036854775808 to 9223372036854775807"};
    case DType::kU8: return {0, 256, "0 to 255"};
    default: return {0, 2, "0 and 1"};
  }
}

}  // namespace

void check_operand(const char* op, const char* name, const Tensor& x, DTypeSet allowed) {
  if (!x) invalid("[", op, "] '", name, "' must be a tensor: got null; was it set?");
  if (!contains(allowed, x.dtype()))
    invalid("[", op, "] '", name, "' must be ", names_of(allowed), ": got ", x.dtype(), " ", x.shape(),
            "; use cast");
}

void check_dtype(const char* op, DType dtype, DTypeSet allowed) {
  if (!is_known(dtype))
    invalid("[", op, "] 'dtype' must be ", names_of(allowed), ": got the unknown number ",
            static_cast<int32_t>(dtype), "; was another argument meant?");
  if (!contains(allowed, dtype))
    invalid("[", op, "] 'dtype' must be ", names_of(allowed), ": got ", dtype, "; cast the result");
}

void check_value(const char* op, const char* name, double value, DType dtype) {
  if (is_floating(dtype)) {
    if (dtype == DType::kF32 && std::isfinite(value) &&
        std::fabs(value) > static_cast<double>(std::numeric_limits<float>::max()))
      invalid("[", op, "] '", name, "' is out of range for f32: got ", value, "; use f64");
    return;
  }
  check_whole(op, name, value, dtype);
  Limits limits = limits_of(dtype);
  if (value < limits.low || value >= limits.beyond)
    invalid("[", op, "] '", name, "' is out of range for ", dtype, ": got ", value, "; valid is ",
            limits.text);
}

void check_whole(const char* op, const char* name, double value, DType dtype) {
  if (!std::isfinite(value) || value != std::floor(value))
    invalid("[", op, "] '", name, "' must be a whole number for ", dtype, ": got ", value,
            "; use a floating point dtype");
}

void check_finite(const char* op, const char* name, double value) {
  if (!std::isfinite(value))
    invalid("[", op, "] '", name, "' must be finite: got ", value, "; check how it was computed");
}

Shape broadcast_shapes(const char* op, const Shape& a, const Shape& b, DType dtype) {
  if (a == b) return a;
  Shape out = broadcast(op, a, b);
  if (out == a || out == b) return out;
  return checked_shape(op, Span<const int64_t>(out.data(), out.size()), size_of(dtype));
}

int64_t checked_add(const char* op, int64_t a, int64_t b) {
  int64_t out;
  if (__builtin_add_overflow(a, b, &out))
    invalid("[", op, "] a size overflows 64 bits: got ", a, " + ", b, "; check the units of the sizes");
  return out;
}

int64_t checked_multiply(const char* op, int64_t a, int64_t b) {
  int64_t out;
  if (__builtin_mul_overflow(a, b, &out))
    invalid("[", op, "] a size overflows 64 bits: got ", a, " * ", b, "; check the units of the sizes");
  return out;
}

}  // namespace tl::rules
