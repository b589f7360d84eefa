#include "core/data/stack.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/base/error.h"

namespace tl::data {
namespace {

[[noreturn]] void no_such_padding(const char* op, double padding, DType dtype) {
  invalid("[", op, "] the padding must be a number of the tensor's dtype: got ", padding, " for ", dtype,
          "; 0 is one of all");
}

template <class T>
void fill_with(const char* op, std::byte* memory, int64_t count, double padding, DType dtype) {
  T number{};
  if constexpr (std::is_floating_point_v<T>) {
    number = static_cast<T>(padding);
  } else {
    const double least = static_cast<double>(std::numeric_limits<T>::min());
    const double end = std::ldexp(1.0, std::numeric_limits<T>::digits);  // one above the largest
    if (!(padding >= least && padding < end) || padding != std::floor(padding))
      no_such_padding(op, padding, dtype);
    number = static_cast<T>(padding);
  }
  std::fill_n(reinterpret_cast<T*>(memory), count, number);
}

void fill(const char* op, std::byte* memory, int64_t count, double padding, DType dtype) {
  switch (dtype) {
    case DType::kF32: return fill_with<float>(op, memory, count, padding, dtype);
    case DType::kF64: return fill_with<double>(op, memory, count, padding, dtype);
    case DType::kI32: return fill_with<int32_t>(op, memory, count, padding, dtype);
    case DType::kI64: return fill_with<int64_t>(op, memory, count, padding, dtype);
    case DType::kBool:
      if (padding != 0 && padding != 1) no_such_padding(op, padding, dtype);
      [[fallthrough]];
    case DType::kU8: return fill_with<uint8_t>(op, memory, count, padding, dtype);
  }
}

// Copies `from` into the corner of a larger block whose axes [axis, rank) have these sizes.
void copy_corner(const Value& from, int axis, const std::byte*& source, std::byte* to, const Shape& sizes) {
  const size_t item = size_of(from.dtype);
  if (axis == from.shape.rank()) {
    std::memcpy(to, source, item);
    source += item;
    return;
  }
  if (axis == from.shape.rank() - 1) {
    const size_t bytes = static_cast<size_t>(from.shape[axis]) * item;
    if (bytes != 0) std::memcpy(to, source, bytes);
    source += bytes;
    return;
  }
  const size_t stride = static_cast<size_t>(sizes.elements(axis + 1, sizes.rank())) * item;
  for (int64_t i = 0; i < from.shape[axis]; i++)
    copy_corner(from, axis + 1, source, to + static_cast<size_t>(i) * stride, sizes);
}

constexpr size_t kBytesUnchecked = size_t{1} << 20;

// kBytes: of a row, where that is known here; 0 elsewhere. Fetching rows ahead of time does not pay: the processor copies several at
// once as it is.
template <size_t kBytes = 0>
void copy_rows(const Rows& from, Span<const int64_t> numbers, std::byte* to) {
  const size_t bytes = kBytes != 0 ? kBytes : from.bytes;
  for (size_t i = 0; i < numbers.size(); i++)
    std::memcpy(to + i * bytes, from.first + static_cast<size_t>(numbers[i]) * bytes, bytes);
}

}  // namespace

void Stacker::gather(Span<const Rows> columns, Span<const int64_t> numbers, const Control* control,
                     Element& out) const {
  out.resize(columns.size());
  for (size_t i = 0; i < columns.size(); i++) {
    const Rows& from = columns[i];
    int64_t sizes[kMaxRank + 1] = {static_cast<int64_t>(numbers.size())};
    std::copy(from.shape.begin(), from.shape.end(), sizes + 1);
    const Shape shape = checked_shape(op_, {sizes, from.shape.size() + 1}, size_of(from.dtype));
    auto [value, memory] = pool_->value(from.dtype, shape);
    // A large batch takes long.
    const size_t some = std::max<size_t>(1, kBytesUnchecked / std::max<size_t>(1, from.bytes));
    for (size_t first = 0; first < numbers.size() && from.bytes != 0; first += some) {
      if (control) control->check();
      const Span<const int64_t> part(numbers.data() + first, std::min(some, numbers.size() - first));
      std::byte* to = memory + first * from.bytes;
      switch (from.bytes) {
        case 1: copy_rows<1>(from, part, to); break;
        case 4: copy_rows<4>(from, part, to); break;
        case 8: copy_rows<8>(from, part, to); break;
        default: copy_rows(from, part, to);
      }
    }
    out[i] = std::move(value);
  }
}

Value Stacker::stack(const std::vector<Element>& rows, size_t position) const {
  const Value& first = rows[0][position];
  Shape row = first.shape;
  for (const Element& e : rows) {
    const Value& v = e[position];
    bool same = v.dtype == first.dtype && v.shape.rank() == row.rank();
    for (int axis = 0; same && axis < row.rank(); axis++) {
      if (padding_.empty()) same = v.shape[axis] == row[axis];
      row[axis] = std::max(row[axis], v.shape[axis]);
    }
    if (!same)
      invalid("[", op_, "] elements of a batch must have one dtype and ",
              padding_.empty() ? "shape" : "number of axes", ": got tensor ", position, " of ", v.dtype, " ",
              v.shape, " after ", first.dtype, " ", first.shape,
              padding_.empty() ? "; do the sizes of the batches before differ? padded_batch fills up"
                               : "; reshape them");
  }
  int64_t sizes[kMaxRank + 1] = {static_cast<int64_t>(rows.size())};
  std::copy(row.begin(), row.end(), sizes + 1);
  const Shape shape = checked_shape(op_, {sizes, row.size() + 1}, size_of(first.dtype));
  auto [out, memory] = pool_->value(first.dtype, shape);
  const size_t stride = static_cast<size_t>(row.elements()) * size_of(first.dtype);
  if (stride == 0) return std::move(out);
  for (size_t i = 0; i < rows.size(); i++) {
    const Value& v = rows[i][position];
    std::byte* to = memory + i * stride;
    if (v.shape == row) {
      std::memcpy(to, v.raw(), stride);
      continue;
    }
    fill(op_, to, row.elements(), padding_[position], first.dtype);
    const std::byte* source = v.raw();
    if (v.shape.elements() != 0) copy_corner(v, 0, source, to, row);
  }
  return std::move(out);
}

void Stacker::stack(const std::vector<Element>& rows, Element& out) const {
  const size_t width = rows[0].size();
  out.resize(width);
  for (size_t i = 0; i < width; i++) out[i] = stack(rows, i);
}

}  // namespace tl::data
