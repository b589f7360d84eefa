// References of the ops that move elements and compute nothing.
#include "tests/ops/reference.h"

namespace tl::test::reference {
namespace {

Array with_shape(const Array& x, const Shape& shape) { return Array{shape, x.dtype, x.values}; }

Shape as_shape(const IntList& list) { return Shape(Span<const int64_t>(list.data(), list.size())); }

}  // namespace

Arrays reshape(const Array& x, const IntList& shape) {
  Shape out = as_shape(shape);
  int64_t known = 1;
  int unknown = -1;
  for (int axis = 0; axis < out.rank(); axis++) {
    if (out[axis] == -1)
      unknown = axis;
    else
      known *= out[axis];
  }
  if (unknown >= 0) out[unknown] = static_cast<int64_t>(x.values.size()) / known;
  return one(with_shape(x, out));
}

Arrays transpose(const Array& x, const IntList& permutation) {
  int rank = x.shape.rank();
  Shape shape;
  std::vector<int> from(rank);
  for (int axis = 0; axis < rank; axis++) {
    from[axis] = permutation.empty() ? rank - 1 - axis : resolve_axis(permutation[axis], rank);
    shape.push_back(x.shape[from[axis]]);
  }
  Array out = filled(x.dtype, shape, 0);
  for (size_t i = 0; i < out.values.size(); i++) {
    std::vector<int64_t> to = coordinates(shape, static_cast<int64_t>(i)), at(rank);
    for (int axis = 0; axis < rank; axis++) at[from[axis]] = to[axis];
    out.values[i] = x.values[position(x.shape, at)];
  }
  return one(out);
}

Arrays broadcast_to(const Array& x, const IntList& shape) {
  Array out = filled(x.dtype, as_shape(shape), 0);
  for (size_t i = 0; i < out.values.size(); i++)
    out.values[i] = x.values[broadcast_position(x.shape, coordinates(out.shape, static_cast<int64_t>(i)))];
  return one(out);
}

Arrays expand_dims(const Array& x, int64_t axis) {
  int at = resolve_axis(axis, x.shape.rank() + 1);
  Shape shape;
  for (int i = 0; i <= x.shape.rank(); i++) {
    if (i == at) shape.push_back(1);
    if (i < x.shape.rank()) shape.push_back(x.shape[i]);
  }
  return one(with_shape(x, shape));
}

Arrays squeeze(const Array& x, const IntList& axes) {
  std::vector<bool> removed(x.shape.size());
  for (int i = 0; i < x.shape.rank(); i++) removed[i] = axes.empty() && x.shape[i] == 1;
  for (int64_t axis : axes) removed[resolve_axis(axis, x.shape.rank())] = true;
  Shape shape;
  for (int i = 0; i < x.shape.rank(); i++)
    if (!removed[i]) shape.push_back(x.shape[i]);
  return one(with_shape(x, shape));
}

Arrays concat(const Arrays& values, int64_t axis) {
  int along = resolve_axis(axis, values[0].shape.rank());
  Shape shape = values[0].shape;
  shape[along] = 0;
  for (const Array& v : values) shape[along] += v.shape[along];
  Array out = filled(values[0].dtype, shape, 0);
  int64_t offset = 0;
  for (const Array& v : values) {
    for (size_t i = 0; i < v.values.size(); i++) {
      std::vector<int64_t> at = coordinates(v.shape, static_cast<int64_t>(i));
      at[along] += offset;
      out.values[position(shape, at)] = v.values[i];
    }
    offset += v.shape[along];
  }
  return one(out);
}

Arrays stack(const Arrays& values, int64_t axis) {
  Arrays expanded;
  for (const Array& v : values) expanded.push_back(expand_dims(v, axis)[0]);
  return concat(expanded, resolve_axis(axis, values[0].shape.rank() + 1));
}

Arrays slice(const Array& x, const IntList& begin, const IntList& end, const IntList& strides) {
  int rank = x.shape.rank();
  std::vector<int64_t> first(rank), step(rank, 1);
  Shape shape;
  for (int axis = 0; axis < rank; axis++) {
    first[axis] = begin[axis] < 0 ? begin[axis] + x.shape[axis] : begin[axis];
    int64_t last = end[axis] < 0 ? end[axis] + x.shape[axis] : end[axis];
    if (!strides.empty()) step[axis] = strides[axis];
    int64_t count = 0;
    for (int64_t k = first[axis]; k < last; k += step[axis]) count++;
    shape.push_back(count);
  }
  Array out = filled(x.dtype, shape, 0);
  for (size_t i = 0; i < out.values.size(); i++) {
    std::vector<int64_t> at = coordinates(shape, static_cast<int64_t>(i));
    for (int axis = 0; axis < rank; axis++) at[axis] = first[axis] + at[axis] * step[axis];
    out.values[i] = x.values[position(x.shape, at)];
  }
  return one(out);
}

Arrays pad(const Array& x, const IntList& low, const IntList& high, const IntList& interior, double value) {
  int rank = x.shape.rank();
  Shape shape;
  std::vector<int64_t> step(rank, 1);
  for (int axis = 0; axis < rank; axis++) {
    if (!interior.empty()) step[axis] = interior[axis] + 1;
    int64_t between = x.shape[axis] == 0 ? 0 : (x.shape[axis] - 1) * (step[axis] - 1);
    shape.push_back(low[axis] + x.shape[axis] + between + high[axis]);
  }
  Array out = filled(x.dtype, shape, converted(x.dtype, value));
  for (size_t i = 0; i < x.values.size(); i++) {
    std::vector<int64_t> at = coordinates(x.shape, static_cast<int64_t>(i));
    for (int axis = 0; axis < rank; axis++) at[axis] = low[axis] + at[axis] * step[axis];
    out.values[position(shape, at)] = x.values[i];
  }
  return one(out);
}

Arrays flatten(const Array& x, int64_t axis) {
  int first = resolve_axis(axis, x.shape.rank());
  Shape shape;
  int64_t merged = 1;
  for (int i = 0; i < x.shape.rank(); i++) {
    if (i < first)
      shape.push_back(x.shape[i]);
    else
      merged *= x.shape[i];
  }
  shape.push_back(merged);
  return one(with_shape(x, shape));
}

Arrays identity(const Array& x) { return one(x); }
Arrays stop_gradient(const Array& x) { return one(x); }

}  // namespace tl::test::reference
