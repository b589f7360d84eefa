// Rules of ops with integer indices. Whether an index is in range is data, so the kernels check that.
#include "core/ops/generated/functions.h"
#include "core/ops/generated/promised.h"
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
