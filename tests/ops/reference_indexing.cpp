// References of gathering, scattering and one-hot rows. Indices of samples are in range.
#include "tests/ops/reference.h"

namespace tl::test::reference {
namespace {

// Calls visit(position in the larger tensor, position among the slices) for each element of the slices of
// `shape` along an axis that the indices name.
template <class Visit>
void for_each_indexed(const Shape& shape, const Array& indices, int axis, const Shape& slices, Visit visit) {
  int rank = indices.shape.rank();
  for (int64_t i = 0; i < slices.elements(); i++) {
    std::vector<int64_t> at = coordinates(slices, i);
    std::vector<int64_t> which(at.begin() + axis, at.begin() + axis + rank);
    std::vector<int64_t> to(at.begin(), at.begin() + axis);
    to.push_back(static_cast<int64_t>(indices.values[position(indices.shape, which)]));
    to.insert(to.end(), at.begin() + axis + rank, at.end());
    visit(position(shape, to), i);
  }
}

}  // namespace

Arrays gather(const Array& x, const Array& indices, int64_t axis) {
  int along = resolve_axis(axis, x.shape.rank());
  Shape shape;
  for (int i = 0; i < along; i++) shape.push_back(x.shape[i]);
  for (int64_t size : indices.shape) shape.push_back(size);
  for (int i = along + 1; i < x.shape.rank(); i++) shape.push_back(x.shape[i]);
  Array out = filled(x.dtype, shape, 0);
  for_each_indexed(x.shape, indices, along, shape,
                   [&](int64_t from, int64_t to) { out.values[to] = x.values[from]; });
  return one(out);
}

Arrays scatter_add(const Array& indices, const Array& updates, int64_t size, int64_t axis) {
  int rank = updates.shape.rank() - indices.shape.rank() + 1;
  int along = resolve_axis(axis, rank);
  Shape shape;
  for (int i = 0; i < along; i++) shape.push_back(updates.shape[i]);
  shape.push_back(size);
  for (int i = along + indices.shape.rank(); i < updates.shape.rank(); i++) shape.push_back(updates.shape[i]);
  Array out = filled(updates.dtype, shape, 0);
  for_each_indexed(shape, indices, along, updates.shape, [&](int64_t to, int64_t from) {
    out.values[to] = wrapped(updates.dtype, out.values[to] + updates.values[from]);
  });
  return one(out);
}

Arrays set_rows(const Array& x, const Array& indices, const Array& rows) {
  Array out = x;
  for_each_indexed(x.shape, indices, 0, rows.shape,
                   [&](int64_t to, int64_t from) { out.values[to] = rows.values[from]; });
  return one(out);
}

Arrays one_hot(const Array& indices, int64_t depth, DType dtype) {
  Shape shape = indices.shape;
  shape.push_back(depth);
  Array out = filled(dtype, shape, 0);
  for (size_t i = 0; i < indices.values.size(); i++) {
    int64_t index = static_cast<int64_t>(indices.values[i]);
    if (index >= 0 && index < depth)
      out.values[i * static_cast<size_t>(depth) + static_cast<size_t>(index)] = 1;
  }
  return one(out);
}

}  // namespace tl::test::reference
