// The stock shape rules, which the rows of the op table name under `infer`. A rule of one op only ("custom") stands in
// the file of the op's family. A shape rule also checks the attributes; dtypes of operands are checked by apply().
#include <cmath>
#include <cstddef>
#include <cstring>

#include "core/ops/generated/promised.h"
#include "core/rules/checks.h"
#include "core/rules/reduced_axes.h"

namespace tl::rules {
namespace {

// An attribute by its name in the table: several ops with attribute structs of their own share a rule.
template <class T>
const T& attribute(const InferArgs& args, const char* name) {
  for (int i = 0; i < args.schema.num_attrs; i++)
    if (std::strcmp(args.schema.attrs[i].name, name) == 0)
      return *reinterpret_cast<const T*>(static_cast<const std::byte*>(args.attrs) +
                                         args.schema.attrs[i].offset);
  fail(Code::kInternal, "[", args.schema.name, "] its shape rule needs an attribute '", name, "'");
}

ReducedAxes reduced_axes(const InferArgs& args) {
  return ReducedAxes(args.schema.name, attribute<IntList>(args, "axes"), args[0].shape());
}

void check_not_empty(const InferArgs& args, const ReducedAxes& axes) {
  if (axes.count() == 0)
    invalid("[", args.schema.name, "] there are no elements to choose from: got shape ", args[0].shape(),
            " over axes ", attribute<IntList>(args, "axes"), "; reduce over axes that are not empty");
}

}  // namespace

// One operand, one result like it.
void infer_same(const InferArgs& args, OutputSpec* out) { out[0] = {args[0].dtype(), args[0].shape()}; }

// As `same`, with a number `value` that becomes one of the operand's dtype.
void infer_scalar(const InferArgs& args, OutputSpec* out) {
  check_value(args.schema.name, "value", attribute<double>(args, "value"), args[0].dtype());
  infer_same(args, out);
}

void infer_same_shapes(const InferArgs& args, OutputSpec* out) {
  const Shape& first = args[0].shape();
  for (size_t i = 1; i < args.in.size(); i++)
    if (args[i].shape() != first)
      invalid("[", args.schema.name, "] operands must have the same shape: got '", args.schema.inputs[0].name,
              "' of ", first, " and '", args.schema.inputs[i].name, "' of ", args[i].shape(),
              "; reshape or broadcast one of them");
  out[0] = {args[0].dtype(), first};
}

void infer_broadcast(const InferArgs& args, OutputSpec* out) {
  DType dtype = args[0].dtype();
  out[0] = {dtype, broadcast_shapes(args.schema.name, args[0].shape(), args[1].shape(), dtype)};
}

void infer_compare(const InferArgs& args, OutputSpec* out) {
  out[0] = {DType::kBool, broadcast_shapes(args.schema.name, args[0].shape(), args[1].shape(), DType::kBool)};
}

void infer_reduce(const InferArgs& args, OutputSpec* out) {
  out[0] = {args[0].dtype(), reduced_axes(args).result(attribute<bool>(args, "keepdims"))};
}

// A reduction that has no value over no elements. A result without elements of its own is fine.
void infer_reduce_nonempty(const InferArgs& args, OutputSpec* out) {
  ReducedAxes axes = reduced_axes(args);
  check_not_empty(args, axes);
  out[0] = {args[0].dtype(), axes.result(attribute<bool>(args, "keepdims"))};
}

// As `reduce_nonempty`; the result is an index.
void infer_arg_reduce(const InferArgs& args, OutputSpec* out) {
  infer_reduce_nonempty(args, out);
  out[0].dtype = DType::kI64;
}

// One operand, one result like it, along an axis.
void infer_axis(const InferArgs& args, OutputSpec* out) {
  checked_axis(args.schema.name, attribute<int64_t>(args, "axis"), args[0].rank());
  infer_same(args, out);
}

// No operand; a shape and a floating point dtype.
void infer_random(const InferArgs& args, OutputSpec* out) {
  const IntList& shape = attribute<IntList>(args, "shape");
  DType dtype = attribute<DType>(args, "dtype");
  check_dtype(args.schema.name, dtype, kFloatTypes);
  for (int i = 0; i < args.schema.num_attrs; i++) {
    const AttrSchema& attr = args.schema.attrs[i];
    if (attr.kind != AttrKind::kFloat) continue;
    double value = attribute<double>(args, attr.name);
    check_finite(args.schema.name, attr.name, value);
    check_value(args.schema.name, attr.name, value, dtype);
  }
  if (args.schema.id == OpId::kUniform) {
    const auto& attrs = args.as<UniformAttrs>();
    if (attrs.low > attrs.high)
      invalid("[uniform] 'low' must not be above 'high': got ", attrs.low, " and ", attrs.high,
              "; swap them");
    check_finite("uniform", "high - low", attrs.high - attrs.low);
    check_value("uniform", "high - low", attrs.high - attrs.low, dtype);
  } else if (args.as<NormalAttrs>().stddev < 0) {
    invalid("[normal] 'stddev' must not be negative: got ", args.as<NormalAttrs>().stddev,
            "; it is the standard deviation");
  }
  out[0] = {dtype, checked_shape(args.schema.name, shape, size_of(dtype))};
}

}  // namespace tl::rules
