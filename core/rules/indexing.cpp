// Rules of ops with integer indices. Whether an index is in range is data, so the kernels check that.
#include "core/ops/generated/functions.h"
#include "core/ops/generated/promised.h"
#include "core/rules/batching.h"
#include "core/rules/checks.h"
#include "core/rules/constants.h"

namespace tl::rules {

void infer_gather(const InferArgs& args, OutputSpec* out) {
  const Shape &x = args[0].shape(), &indices = args[1].shape();
  const int axis = checked_axis("gather", args.as<GatherAttrs>().axis, x.rank());
  int64_t dims[2 * kMaxRank];
  size_t rank = 0;
  for (int i = 0; i < axis; i++) dims[rank++] = x[i];
  for (int64_t d : indices) dims[rank++] = d;
  for (int i = axis + 1; i < x.rank(); i++) dims[rank++] = x[i];
  DType dtype = args[0].dtype();
  out[0] = {dtype, checked_shape("gather", Span<const int64_t>(dims, rank), size_of(dtype))};
}

void vjp_gather(const VjpArgs& a, Tensor* grads) {
  const Shape& x = a[0].shape();
  const int axis = checked_axis("gather", a.as<GatherAttrs>().axis, x.rank());
  if (a.needs(0)) grads[0] = scatter_add(a[1], a.grad[0], x[axis], axis);
}

void infer_scatter_add(const InferArgs& args, OutputSpec* out) {
  const auto& attrs = args.as<ScatterAddAttrs>();
  const Shape &indices = args[0].shape(), &updates = args[1].shape();
  const int rank = updates.rank() - indices.rank() + 1;  // of the result
  if (attrs.size < 0)
    invalid("[scatter_add] 'size' must not be negative: got ", attrs.size,
            "; it is the size of the result's axis");
  if (rank < 1)
    invalid("[scatter_add] the shape of the updates must contain that of the indices: got updates ", updates,
            " and indices ", indices, "; the updates have the shape that gather would give");
  const int axis = checked_axis("scatter_add", attrs.axis, rank);
  Shape shape;
  for (int i = 0; i < axis; i++) shape.push_back(updates[i]);
  for (int i = 0; i < indices.rank(); i++)
    if (updates[axis + i] != indices[i])
      invalid("[scatter_add] the shape of the updates must contain that of the indices from axis ", axis,
              " on: got updates ", updates, " and indices ", indices,
              "; the updates have the shape that gather would give");
  if (rank > kMaxRank)
    invalid("[scatter_add] a tensor has at most ", kMaxRank, " axes: got updates ", updates, " and indices ",
            indices, "; merge axes with reshape");
  shape.push_back(attrs.size);
  for (int i = axis + indices.rank(); i < updates.rank(); i++) shape.push_back(updates[i]);
  DType dtype = args[1].dtype();
  out[0] = {dtype,
            checked_shape("scatter_add", Span<const int64_t>(shape.data(), shape.size()), size_of(dtype))};
}

void vjp_scatter_add(const VjpArgs& a, Tensor* grads) {
  const int axis = checked_axis("scatter_add", a.as<ScatterAddAttrs>().axis, a.out[0].rank());
  if (a.needs(1)) grads[1] = gather(a.grad[0], a[0], axis);
}

void infer_set_rows(const InferArgs& args, OutputSpec* out) {
  const Shape &x = args[0].shape(), &indices = args[1].shape(), &rows = args[2].shape();
  if (x.rank() == 0) invalid("[set_rows] 'x' must have rank 1 or more: got rank 0; a scalar has no rows");
  if (indices.rank() != 1)
    invalid("[set_rows] 'indices' must have rank 1: got ", indices, "; reshape them to (", indices.elements(),
            ",)");
  Shape want = x;
  want[0] = indices[0];
  if (rows != want)
    invalid("[set_rows] the shape of the rows must be ", want, ", a row of x for each index: got ", rows,
            " for x ", x, " and ", indices[0], " indices; the rows have the shape that gather would give");
  out[0] = {args[0].dtype(), x};
}

void vjp_set_rows(const VjpArgs& a, Tensor* grads) {
  if (a.needs(0)) grads[0] = set_rows(a.grad[0], a[1], zeros_like(a[2]));
  if (a.needs(2)) grads[2] = gather(a.grad[0], a[1], 0);
}

namespace {

// Indices into `size` slices of each example, as indices into the slices of all examples one after the other. They have been
// checked: what is out of range here would be a slice of another example.
Tensor of_all_examples(const BatchArgs& args, const Tensor& indices, int64_t size) {
  Tensor first = range(args.context, args.size, 0, static_cast<double>(size), DType::kI64);
  IntList shape;
  shape.push_back(args.size);
  for (int i = 1; i < indices.rank(); i++) shape.push_back(1);
  return add(cast(indices, DType::kI64), reshape(first, shape));
}

}  // namespace

void batch_gather(const BatchArgs& args, Tensor* out) {
  const Shape& x = args.logical_in[0];
  const int axis = checked_axis("gather", args.as<GatherAttrs>().axis, x.rank());
  if (!args.batched[1]) {
    out[0] = gather(args[0], args[1], axis + 1);
    return;
  }
  const int count = args.logical_in[1].rank();  // of the axes of the indices, among those of the result
  if (!args.batched[0]) {
    Tensor found = gather(args[0], args[1], axis);
    out[0] = axis == 0 ? found : transpose(found, moved_axis(found.rank(), axis, 0));
    return;
  }
  // The check of the indices, with the op's own error: it gathers nothing.
  gather(full(args.context, {x[axis], 0}, 0.0), reshape(args[1], {args[1].elements()}), 0);
  Tensor slices = axis == 0 ? args[0] : transpose(args[0], moved_axis(x.rank() + 1, axis + 1, 1));
  IntList shape{args.size * x[axis]};
  for (int i = 0; i < x.rank(); i++)
    if (i != axis) shape.push_back(x[i]);
  Tensor found = gather(reshape(slices, shape), of_all_examples(args, args[1], x[axis]), 0);
  // Behind the batch stand the axes of the indices, then those in front of the gathered axis: they change places.
  IntList order{0};
  for (int i = 0; i < axis; i++) order.push_back(1 + count + i);
  for (int i = 0; i < count; i++) order.push_back(1 + i);
  for (int i = 1 + count + axis; i < found.rank(); i++) order.push_back(i);
  out[0] = axis == 0 || count == 0 ? found : transpose(found, order);
}

void batch_scatter_add(const BatchArgs& args, Tensor* out) {
  const int64_t size = args.as<ScatterAddAttrs>().size;
  const Shape &indices = args.logical_in[0], &updates = args.logical_in[1], &result = args.logical[0].shape;
  const int axis = checked_axis("scatter_add", args.as<ScatterAddAttrs>().axis, result.rank());
  if (!args.batched[0]) {
    out[0] = scatter_add(args[0], args[1], size, axis + 1);
    return;
  }
  // The check of the indices, with the op's own error: it adds nothing.
  const int64_t all = args[0].elements();
  scatter_add(reshape(args[0], {all}), full(args.context, {all, 0}, 0.0), size, 0);
  // The axes of the indices go in front of the others, and the slices of all examples into one axis.
  const int count = indices.rank();
  IntList order{0}, shape{args.size}, back{0};
  for (int i = 0; i < count; i++) order.push_back(1 + axis + i);
  for (int i = 0; i < axis; i++) order.push_back(1 + i);
  for (int i = 1 + axis + count; i <= updates.rank(); i++) order.push_back(i);
  Tensor moved = repeated(args, 1);
  if (axis > 0 && count > 0) moved = transpose(moved, order);
  Tensor sums = scatter_add(of_all_examples(args, args[0], size), moved, args.size * size, 0);
  shape.push_back(size);
  for (int i = 0; i < result.rank(); i++)
    if (i != axis) shape.push_back(result[i]);
  sums = reshape(sums, shape);
  out[0] = axis == 0 ? sums : transpose(sums, moved_axis(sums.rank(), 1, axis + 1));
}

void batch_set_rows(const BatchArgs& args, Tensor* out) {
  const Shape& x = args.logical_in[0];
  const int64_t rows = x[0], count = args.logical_in[1][0];
  if (!args.batched[1]) {  // the same rows of each example: the batch goes behind the axis of the rows
    const IntList order = moved_axis(x.rank() + 1, 0, 1);
    Tensor whole =
        set_rows(transpose(repeated(args, 0), order), args[1], transpose(repeated(args, 2), order));
    out[0] = transpose(whole, order);
    return;
  }
  // The check of the indices, with the op's own error: it sets nothing.
  const Tensor nothing = full(args.context, {rows, 0}, 0.0), no_rows = full(args.context, {count, 0}, 0.0);
  for (int64_t i = 0; i < args.size; i++)
    set_rows(nothing, reshape(slice(args[1], {i, 0}, {i + 1, count}), {count}), no_rows);
  IntList all{args.size * rows}, given{args.size * count};
  for (int i = 1; i < x.rank(); i++) all.push_back(x[i]), given.push_back(x[i]);
  Tensor indices = reshape(of_all_examples(args, args[1], rows), {args.size * count});
  Tensor set = set_rows(reshape(repeated(args, 0), all), indices, reshape(repeated(args, 2), given));
  out[0] = reshape(set, with_batch(args.size, x));
}

void infer_one_hot(const InferArgs& args, OutputSpec* out) {
  const auto& attrs = args.as<OneHotAttrs>();
  const Shape& indices = args[0].shape();
  check_dtype("one_hot", attrs.dtype);
  if (attrs.depth < 0)
    invalid("[one_hot] 'depth' must not be negative: got ", attrs.depth, "; it is the number of classes");
  int64_t dims[kMaxRank + 1];
  size_t rank = 0;
  for (int64_t d : indices) dims[rank++] = d;
  dims[rank++] = attrs.depth;
  out[0] = {attrs.dtype, checked_shape("one_hot", Span<const int64_t>(dims, rank), size_of(attrs.dtype))};
}

}  // namespace tl::rules
