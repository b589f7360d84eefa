// Shape rules of ops that make a tensor of nothing. None of them has a gradient.
#include "core/ops/generated/functions.h"
#include "core/ops/generated/promised.h"
#include "core/rules/checks.h"

namespace tl {

namespace {

// full() under the name of the op that the caller wrote.
Tensor filled(const char* op, Context& context, const IntList& shape, double value, DType dtype) {
  checked_shape(op, Span<const int64_t>(shape.data(), static_cast<size_t>(shape.size())), size_of(dtype));
  return full(context, shape, value, dtype);
}

}  // namespace

Tensor zeros(Context& context, const IntList& shape, DType dtype) {
  return filled("zeros", context, shape, 0, dtype);
}
Tensor ones(Context& context, const IntList& shape, DType dtype) {
  return filled("ones", context, shape, 1, dtype);
}

}  // namespace tl

namespace tl::rules {

void infer_full(const InferArgs& args, OutputSpec* out) {
  const auto& attrs = args.as<FullAttrs>();
  check_dtype("full", attrs.dtype);
  check_value("full", "value", attrs.value, attrs.dtype);
  out[0] = {attrs.dtype, checked_shape("full", attrs.shape, size_of(attrs.dtype))};
}

void infer_range(const InferArgs& args, OutputSpec* out) {
  const auto& attrs = args.as<RangeAttrs>();
  check_dtype("range", attrs.dtype, kNumberTypes);
  if (attrs.count < 0)
    invalid("[range] 'count' must not be negative: got ", attrs.count, "; a negative step counts down");
  check_finite("range", "start", attrs.start);
  check_finite("range", "step", attrs.step);
  // u8 may count down: where both ends are in range, so is the step, as an i64 for those that are shorter.
  if (!is_floating(attrs.dtype)) check_whole("range", "step", attrs.step, attrs.dtype);
  if (attrs.count > 0) {
    double last = attrs.start + attrs.step * static_cast<double>(attrs.count - 1);
    check_finite("range", "the last number", last);
    check_value("range", "start", attrs.start, attrs.dtype);
    check_value("range", "the last number", last, attrs.dtype);
    if (attrs.count > 1 && attrs.dtype == DType::kI64) check_value("range", "step", attrs.step, attrs.dtype);
  }
  out[0] = {attrs.dtype, checked_shape("range", IntList{attrs.count}, size_of(attrs.dtype))};
}

}  // namespace tl::rules
