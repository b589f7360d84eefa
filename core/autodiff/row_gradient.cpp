#include "core/autodiff/row_gradient.h"

#include <algorithm>
#include <functional>

#include "core/ops/generated/functions.h"

namespace tl {
namespace {

void append(std::vector<int64_t>& all, const Tensor& indices) {
  indices.context().note_host_read(indices, "tape_gradient_rows");
  const size_t n = static_cast<size_t>(indices.elements());
  if (indices.dtype() == DType::kI32)
    all.insert(all.end(), indices.data<int32_t>(), indices.data<int32_t>() + n);
  else
    all.insert(all.end(), indices.data<int64_t>(), indices.data<int64_t>() + n);
}

Tensor index_tensor(Context& context, const std::vector<int64_t>& values) {
  Tensor t = context.allocate(DType::kI64, Shape{static_cast<int64_t>(values.size())});
  std::copy(values.begin(), values.end(), t.mutable_data<int64_t>());
  return t;
}

bool strictly_ascending(const std::vector<int64_t>& values) {
  return std::adjacent_find(values.begin(), values.end(), std::greater_equal<int64_t>()) == values.end();
}

// All gradients as rows, one for each index.
Tensor all_rows(Span<const RowPiece> pieces, const Shape& table) {
  std::vector<Tensor> parts;
  for (const RowPiece& piece : pieces) {
    Shape shape = table;
    shape[0] = piece.indices.elements();
    parts.push_back(piece.gradient.shape() == shape ? piece.gradient : reshape(piece.gradient, shape));
  }
  return parts.size() == 1 ? parts[0] : concat(parts, 0);
}

// All indices as one tensor of rank 1, by ops.
Tensor all_indices(Span<const RowPiece> pieces) {
  std::vector<Tensor> parts;
  bool one_dtype = true;
  for (const RowPiece& piece : pieces) one_dtype &= piece.indices.dtype() == pieces[0].indices.dtype();
  for (const RowPiece& piece : pieces) {
    const Tensor flat = reshape(piece.indices, {piece.indices.elements()});
    parts.push_back(one_dtype ? flat : cast(flat, DType::kI64));
  }
  return parts.size() == 1 ? parts[0] : concat(parts, 0);
}

}  // namespace

RowGradient merge_rows(Span<const RowPiece> pieces, const Shape& table) {
  Context& context = pieces[0].indices.context();
  std::vector<int64_t> all;
  for (const RowPiece& piece : pieces) append(all, piece.indices);
  Tensor rows = all_rows(pieces, table);
  if (strictly_ascending(all)) return {index_tensor(context, all), rows};

  std::vector<int64_t> unique = all;
  std::sort(unique.begin(), unique.end());
  unique.erase(std::unique(unique.begin(), unique.end()), unique.end());
  for (int64_t& index : all) index = std::lower_bound(unique.begin(), unique.end(), index) - unique.begin();
  return {index_tensor(context, unique),
          scatter_add(index_tensor(context, all), rows, static_cast<int64_t>(unique.size()), 0)};
}

Tensor dense_rows(Span<const RowPiece> pieces, const Shape& table) {
  return scatter_add(all_indices(pieces), all_rows(pieces, table), table[0], 0);
}

}  // namespace tl
