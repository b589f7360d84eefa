// Rules of ops that move elements without computing, and the composite ops among them.
#include <vector>

#include "core/ops/generated/functions.h"
#include "core/ops/generated/promised.h"
#include "core/rules/batching.h"
#include "core/rules/checks.h"
#include "core/rules/reduced_axes.h"

namespace tl {

namespace {

// Where a new axis goes in a tensor of that rank, which has room for one.
int new_axis(const char* op, int64_t axis, const Shape& shape) {
  const int rank = shape.rank();
  if (rank == kMaxRank)
    invalid("[", op, "] a tensor has at most ", kMaxRank, " axes: got ", shape,
            " and a new axis; merge axes with reshape");
  if (axis < -rank - 1 || axis > rank)
    invalid("[", op, "] axis out of range: got ", axis, " for a new axis of ", shape, "; valid is ",
            -rank - 1, " to ", rank);
  return static_cast<int>(axis < 0 ? axis + rank + 1 : axis);
}

}  // namespace

Tensor expand_dims(const Tensor& x, int64_t axis) {
  rules::check_operand("expand_dims", "x", x, kAnyType);
  const int at = new_axis("expand_dims", axis, x.shape());
  IntList shape;
  for (int i = 0; i <= x.rank(); i++) shape.push_back(i == at ? 1 : x.shape()[i < at ? i : i - 1]);
  return reshape(x, shape);
}

Tensor squeeze(const Tensor& x, const IntList& axes) {
  rules::check_operand("squeeze", "x", x, kAnyType);
  const Shape& shape = x.shape();
  rules::ReducedAxes chosen("squeeze", axes, shape);
  IntList out;
  for (int i = 0; i < shape.rank(); i++) {
    if (chosen.contains(i) && shape[i] == 1) continue;
    if (chosen.contains(i) && !axes.empty())
      invalid("[squeeze] only axes of size 1 can be removed: got axis ", i, " of ", shape, "; use reshape");
    out.push_back(shape[i]);
  }
  return reshape(x, out);
}

Tensor flatten(const Tensor& x, int64_t axis) {
  rules::check_operand("flatten", "x", x, kAnyType);
  const Shape& shape = x.shape();
  const int rank = shape.rank();
  // One past the last axis is allowed: a batch of numbers becomes a batch of rows of one.
  if (axis < -rank || axis > rank)
    invalid("[flatten] axis out of range: got ", axis, " for a tensor of rank ", rank, "; valid is ", -rank,
            " to ", rank);
  const int first = static_cast<int>(axis < 0 ? axis + rank : axis);
  if (first == kMaxRank)
    invalid("[flatten] a tensor has at most ", kMaxRank, " axes: got ", shape, " and axis ", axis,
            "; choose a lower axis");
  IntList out;
  for (int i = 0; i < first; i++) out.push_back(shape[i]);
  out.push_back(shape.elements(first, rank));
  return reshape(x, out);
}

Tensor stack(Span<const Tensor> values, int64_t axis) {
  if (values.empty()) invalid("[stack] it takes at least 1 tensor: got 0; check the list of operands");
  for (size_t i = 0; i < values.size(); i++) {
    const Tensor& t = values[i];
    rules::check_operand("stack", "values", t, kAnyType);
    if (t.dtype() != values[0].dtype())
      invalid("[stack] operands must have one dtype: got 'values[0]' of ", values[0].dtype(), " and 'values[",
              i, "]' of ", t.dtype(), "; use cast");
    if (t.shape() != values[0].shape())
      invalid("[stack] operands must have one shape: got 'values[0]' of ", values[0].shape(), " and 'values[",
              i, "]' of ", t.shape(), "; use concat to join along an axis that they have");
  }
  const int at = new_axis("stack", axis, values[0].shape());
  std::vector<Tensor> rows;
  rows.reserve(values.size());
  for (const Tensor& t : values) rows.push_back(expand_dims(t, at));
  return concat(Span<const Tensor>(rows), at);
}

}  // namespace tl

namespace tl::rules {

void infer_reshape(const InferArgs& args, OutputSpec* out) {
  const Tensor& x = args[0];
  const IntList& want = args.as<ReshapeAttrs>().shape;
  int inferred = -1;
  IntList dims = want;
  for (int i = 0; i < want.size(); i++) {
    if (want[i] != -1) continue;
    if (inferred >= 0) invalid("[reshape] only one size may be -1: got ", want, "; write the others out");
    inferred = i;
    dims[i] = 1;
  }
  Shape shape = checked_shape("reshape", dims, size_of(x.dtype()));
  int64_t others = shape.elements();
  if (inferred >= 0) {
    if (others == 0)
      invalid("[reshape] the size -1 cannot be inferred beside a size of 0: got ", want, " for ", x.shape(),
              "; write it out");
    shape[inferred] = x.elements() / others;
  }
  if (shape.elements() != x.elements())
    invalid("[reshape] the number of elements must not change: got ", x.shape(), " with ", x.elements(),
            ", to ", want, inferred >= 0 ? " with a multiple of " : " with ", others,
            "; -1 stands for a size that follows from the others");
  out[0] = {x.dtype(), shape};
}

void vjp_reshape(const VjpArgs& a, Tensor* grads) { grads[0] = reshape(a.grad[0], a[0].shape()); }

void batch_reshape(const BatchArgs& args, Tensor* out) {
  out[0] = reshape(args[0], with_batch(args.size, args.logical[0].shape));
}

void infer_transpose(const InferArgs& args, OutputSpec* out) {
  const Shape& shape = args[0].shape();
  const IntList& permutation = args.as<TransposeAttrs>().permutation;
  const int rank = shape.rank();
  Shape result = shape;
  uint32_t seen = 0;
  if (!permutation.empty() && permutation.size() != rank)
    invalid("[transpose] the permutation must name each axis once: got ", permutation, " for ", shape,
            "; give it ", rank, " numbers");
  for (int i = 0; i < rank; i++) {
    int axis = permutation.empty() ? rank - 1 - i : checked_axis("transpose", permutation[i], rank);
    if (seen >> axis & 1)
      invalid("[transpose] the permutation names an axis twice: got ", permutation, " for ", shape,
              "; name each axis once");
    seen |= 1u << axis;
    result[i] = shape[axis];
  }
  out[0] = {args[0].dtype(), result};
}

void vjp_transpose(const VjpArgs& a, Tensor* grads) {
  const IntList& permutation = a.as<TransposeAttrs>().permutation;
  const int rank = a[0].rank();
  IntList inverse = permutation;
  for (int i = 0; i < permutation.size(); i++) inverse[checked_axis("transpose", permutation[i], rank)] = i;
  grads[0] = transpose(a.grad[0], inverse);
}

void batch_transpose(const BatchArgs& args, Tensor* out) {
  const IntList& permutation = args.as<TransposeAttrs>().permutation;
  const int rank = args.logical_in[0].rank();
  IntList order{0};
  for (int i = 0; i < rank; i++)
    order.push_back(permutation.empty() ? rank - i : behind_batch(permutation[i], rank));
  out[0] = transpose(args[0], order);
}

void infer_broadcast_to(const InferArgs& args, OutputSpec* out) {
  const Tensor& x = args[0];
  const IntList& want = args.as<BroadcastToAttrs>().shape;
  Shape shape = checked_shape("broadcast_to", want, size_of(x.dtype()));
  const int extra = shape.rank() - x.rank();
  bool fits = extra >= 0;
  for (int i = 0; fits && i < x.rank(); i++) fits = x.shape()[i] == 1 || x.shape()[i] == shape[i + extra];
  if (!fits)
    invalid("[broadcast_to] a shape does not broadcast to the other: got ", x.shape(), " to ", shape,
            "; only axes of size 1 and new leading axes can grow");
  out[0] = {x.dtype(), shape};
}

// The tape sums a gradient to the operand's shape, which is all there is to do.
void vjp_broadcast_to(const VjpArgs& a, Tensor* grads) { grads[0] = a.grad[0]; }

void batch_broadcast_to(const BatchArgs& args, Tensor* out) {
  const Shape& shape = args.logical[0].shape;
  out[0] = broadcast_to(aligned(args, 0, shape.rank()), with_batch(args.size, shape));
}

void infer_concat(const InferArgs& args, OutputSpec* out) {
  const Shape& first = args[0].shape();
  for (size_t k = 1; k < args.in.size(); k++)
    if (args[k].rank() != first.rank())
      invalid("[concat] operands must have one rank: got 'values[0]' of ", first, " and 'values[", k,
              "]' of ", args[k].shape(), "; reshape one of them");
  const int axis = checked_axis("concat", args.as<ConcatAttrs>().axis, first.rank());
  Shape shape = first;
  for (size_t k = 1; k < args.in.size(); k++) {
    const Shape& next = args[k].shape();
    for (int i = 0; i < first.rank(); i++)
      if (i != axis && next[i] != first[i])
        invalid("[concat] sizes must agree on every axis but ", axis, ": got 'values[0]' of ", first,
                " and 'values[", k, "]' of ", next, "; is the axis right?");
    shape[axis] = checked_add("concat", shape[axis], next[axis]);
  }
  DType dtype = args[0].dtype();
  out[0] = {dtype, checked_shape("concat", Span<const int64_t>(shape.data(), shape.size()), size_of(dtype))};
}

void vjp_concat(const VjpArgs& a, Tensor* grads) {
  const Tensor& g = a.grad[0];
  const int axis = checked_axis("concat", a.as<ConcatAttrs>().axis, g.rank());
  IntList begin = g.shape(), end = g.shape();
  for (int i = 0; i < begin.size(); i++) begin[i] = 0;
  end[axis] = 0;
  for (size_t k = 0; k < a.in.size(); k++) {
    begin[axis] = end[axis];
    end[axis] += a[k].shape()[axis];
    if (a.needs(k)) grads[k] = a.in.size() == 1 ? g : slice(g, begin, end);
  }
}

void infer_slice(const InferArgs& args, OutputSpec* out) {
  const auto& attrs = args.as<SliceAttrs>();
  const Shape& shape = args[0].shape();
  const int rank = shape.rank();
  if (attrs.begin.size() != rank || attrs.end.size() != rank ||
      (!attrs.strides.empty() && attrs.strides.size() != rank))
    invalid("[slice] begin, end and strides must have one number for each axis: got ", attrs.begin, ", ",
            attrs.end, ", ", attrs.strides, " for ", shape, "; 0 and the size take a whole axis");
  Shape result = shape;
  for (int i = 0; i < rank; i++) {
    const int64_t size = shape[i], stride = attrs.strides.empty() ? 1 : attrs.strides[i];
    if (stride <= 0)
      invalid("[slice] strides must be positive: got ", attrs.strides, "; 1 takes every element");
    const int64_t begin = attrs.begin[i] < 0 ? attrs.begin[i] + size : attrs.begin[i];
    const int64_t end = attrs.end[i] < 0 ? attrs.end[i] + size : attrs.end[i];
    if (begin < 0 || begin > size || end < 0 || end > size)
      invalid("[slice] out of range: got ", attrs.begin[i], " to ", attrs.end[i], " on axis ", i, " of ",
              shape, "; valid is ", -size, " to ", size);
    if (begin > end)
      invalid("[slice] begin must not lie behind end: got ", attrs.begin[i], " to ", attrs.end[i],
              " on axis ", i, " of ", shape, "; negative numbers count from the end");
    result[i] = begin == end ? 0 : (end - begin - 1) / stride + 1;
  }
  out[0] = {args[0].dtype(), result};
}

// The gradient goes back to where the elements came from, with zeros around and between.
void vjp_slice(const VjpArgs& a, Tensor* grads) {
  const auto& attrs = a.as<SliceAttrs>();
  const Shape &shape = a[0].shape(), &part = a.out[0].shape();
  if (part == shape) {
    grads[0] = a.grad[0];
    return;
  }
  IntList low, high, interior;
  bool strided = false;
  for (int i = 0; i < shape.rank(); i++) {
    const int64_t stride = attrs.strides.empty() ? 1 : attrs.strides[i];
    const int64_t begin = attrs.begin[i] < 0 ? attrs.begin[i] + shape[i] : attrs.begin[i];
    const int64_t covered = part[i] == 0 ? 0 : (part[i] - 1) * stride + 1;
    low.push_back(begin);
    high.push_back(shape[i] - begin - covered);
    interior.push_back(stride - 1);
    strided |= stride != 1;
  }
  grads[0] = pad(a.grad[0], low, high, strided ? interior : IntList{});
}

namespace {

// A list with an entry for each axis, and one for the batch in front; none stays none.
IntList with_first(int64_t first, const IntList& list, bool none) {
  if (none && list.empty()) return list;
  IntList out{first};
  for (int64_t v : list) out.push_back(v);
  return out;
}

}  // namespace

void batch_slice(const BatchArgs& args, Tensor* out) {
  const auto& attrs = args.as<SliceAttrs>();
  out[0] = slice(args[0], with_first(0, attrs.begin, false), with_first(args.size, attrs.end, false),
                 with_first(1, attrs.strides, true));
}

void infer_pad(const InferArgs& args, OutputSpec* out) {
  const auto& attrs = args.as<PadAttrs>();
  const Shape& shape = args[0].shape();
  const int rank = shape.rank();
  DType dtype = args[0].dtype();
  if (attrs.low.size() != rank || attrs.high.size() != rank ||
      (!attrs.interior.empty() && attrs.interior.size() != rank))
    invalid("[pad] low, high and interior must have one number for each axis: got ", attrs.low, ", ",
            attrs.high, ", ", attrs.interior, " for ", shape, "; 0 leaves an axis as it is");
  check_value("pad", "value", attrs.value, dtype);
  Shape result = shape;
  for (int i = 0; i < rank; i++) {
    const int64_t between = attrs.interior.empty() ? 0 : attrs.interior[i];
    if (attrs.low[i] < 0 || attrs.high[i] < 0 || between < 0)
      invalid("[pad] low, high and interior must not be negative: got ", attrs.low, ", ", attrs.high, ", ",
              attrs.interior, "; use slice to remove elements");
    const int64_t gaps = shape[i] > 1 ? checked_multiply("pad", shape[i] - 1, between) : 0;
    result[i] = checked_add("pad", checked_add("pad", shape[i], gaps),
                            checked_add("pad", attrs.low[i], attrs.high[i]));
  }
  out[0] = {dtype, checked_shape("pad", Span<const int64_t>(result.data(), result.size()), size_of(dtype))};
}

void vjp_pad(const VjpArgs& a, Tensor* grads) {
  const auto& attrs = a.as<PadAttrs>();
  const Shape& shape = a[0].shape();
  IntList end, strides;
  for (int i = 0; i < shape.rank(); i++) {
    // An axis of one element has no gaps, however wide they would be: the stride stays 1, which cannot overflow.
    const int64_t stride = attrs.interior.empty() || shape[i] < 2 ? 1 : attrs.interior[i] + 1;
    strides.push_back(stride);
    end.push_back(attrs.low[i] + (shape[i] == 0 ? 0 : (shape[i] - 1) * stride + 1));
  }
  grads[0] = slice(a.grad[0], attrs.low, end, attrs.interior.empty() ? IntList{} : strides);
}

// What is added around the elements is constant.
void jvp_pad(const JvpArgs& a, Tensor* tangents) {
  const auto& attrs = a.as<PadAttrs>();
  tangents[0] = pad(a.tangent[0], attrs.low, attrs.high, attrs.interior);
}

void batch_pad(const BatchArgs& args, Tensor* out) {
  const auto& attrs = args.as<PadAttrs>();
  out[0] = pad(args[0], with_first(0, attrs.low, false), with_first(0, attrs.high, false),
               with_first(0, attrs.interior, true), attrs.value);
}

void vjp_identity(const VjpArgs& a, Tensor* grads) { grads[0] = a.grad[0]; }

}  // namespace tl::rules
