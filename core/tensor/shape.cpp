#include "core/tensor/shape.h"

#include <limits>

#include "core/tensor/dtype.h"

namespace tl {
namespace {

std::string joined(Span<const int64_t> values, const char* open, const char* close) {
  std::string out = open;
  for (size_t i = 0; i < values.size(); i++) {
    if (i) out += ", ";
    out += std::to_string(values[i]);
  }
  return out + close;
}

}  // namespace

std::string text(const Shape& shape) {
  return joined(Span<const int64_t>(shape.data(), shape.size()), "(", shape.rank() == 1 ? ",)" : ")");
}

std::string text(const IntList& list) {
  return joined(Span<const int64_t>(list.data(), list.size()), "[", "]");
}

std::string names_of(DTypeSet set) {
  std::string out;
  for (DType d : {DType::kF32, DType::kF64, DType::kI32, DType::kI64, DType::kU8, DType::kBool}) {
    if (!contains(set, d)) continue;
    if (!out.empty()) out += ", ";
    out += name_of(d);
  }
  return out;
}

Shape checked_shape(const char* op, Span<const int64_t> dims, size_t element_size) {
  if (dims.size() > kMaxRank)
    invalid("[", op, "] a tensor has at most ", kMaxRank, " axes: got ", dims.size(),
            "; merge axes with reshape");
  for (int64_t d : dims)
    if (d < 0)
      invalid("[", op, "] sizes must not be negative: got shape ", text(Shape(dims)),
              "; a size of 0 makes a tensor without elements");
  // Zero sizes do not excuse an overflow of the others: views of the shape compute with them.
  int64_t room = std::numeric_limits<int64_t>::max() / static_cast<int64_t>(element_size);
  bool overflow = false, empty = false;
  for (int64_t d : dims) {
    empty |= d == 0;
    overflow |= d > room;
    if (d > 0) room /= d;
  }
  if (overflow)
    invalid("[", op, "] ", empty ? "the product of the sizes above 0" : "the number of bytes",
            " overflows 64 bits: got shape ", Shape(dims), " of ", element_size,
            "-byte elements; check the order and the units of the sizes");
  return Shape(dims);
}

Shape broadcast(const char* op, const Shape& a, const Shape& b) {
  if (a == b) return a;
  const Shape& longer = a.rank() >= b.rank() ? a : b;
  const Shape& shorter = a.rank() >= b.rank() ? b : a;
  Shape out = longer;
  int offset = longer.rank() - shorter.rank();
  for (int i = 0; i < shorter.rank(); i++) {
    int64_t x = longer[i + offset], y = shorter[i];
    if (x == y || y == 1) continue;
    if (x != 1)
      invalid("[", op, "] shapes do not broadcast: got ", a, " and ", b, "; sizes ", x, " and ", y,
              " of axis ", i + offset, " differ and neither is 1; reshape one of them");
    out[i + offset] = y;
  }
  return out;
}

int checked_axis(const char* op, int64_t axis, int rank) {
  if (rank == 0)
    invalid("[", op, "] axis out of range: got ", axis,
            " for a tensor of rank 0, which has no axes; reshape it to (1,)");
  if (axis < -rank || axis >= rank)
    invalid("[", op, "] axis out of range: got ", axis, " for a tensor of rank ", rank, "; valid is ", -rank,
            " to ", rank - 1);
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

}  // namespace tl
