#include "capi/src/format.h"

#include <charconv>
#include <cmath>

namespace tl::capi {
namespace {

constexpr int64_t kShownWhole = 100;
constexpr int64_t kEdge = 3;

template <class T>
std::string shortest(T value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[40];
  return std::string(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

std::string element(const Tensor& t, int64_t i) {
  switch (t.dtype()) {
    case DType::kF32: return shortest(t.data<float>()[i]);
    case DType::kF64: return shortest(t.data<double>()[i]);
    case DType::kI32: return std::to_string(t.data<int32_t>()[i]);
    case DType::kI64: return std::to_string(t.data<int64_t>()[i]);
    case DType::kU8: return std::to_string(t.data<uint8_t>()[i]);
    case DType::kBool: return t.data<uint8_t>()[i] ? "true" : "false";
  }
  return "?";
}

// A tensor without elements is short only where the axes in front of the empty one are: it writes a bracket for each.
bool is_long(const Tensor& t) {
  int64_t written = 1;
  for (int axis = 0; axis < t.rank() && t.shape()[axis] != 0 && written <= kShownWhole; axis++)
    written *= t.shape()[axis];
  return written > kShownWhole;
}

void append(std::string& out, const Tensor& t, bool shorten_axes, int axis, int64_t first) {
  if (axis == t.rank()) {
    out += element(t, first);
    return;
  }
  const int64_t size = t.shape()[axis], step = t.shape().elements(axis + 1, t.rank());
  const bool shorten = shorten_axes && size > 2 * kEdge + 1;
  out += '[';
  for (int64_t i = 0; i < size; i++) {
    if (i) out += ", ";
    if (shorten && i == kEdge) {
      out += "..., ";
      i = size - kEdge;
    }
    append(out, t, shorten_axes, axis + 1, first + i * step);
  }
  out += ']';
}

}  // namespace

std::string format_tensor(const Tensor& t) {
  std::string out = concat(t.dtype(), " ", t.shape(), " ");
  append(out, t, is_long(t), 0, 0);
  return out;
}

}  // namespace tl::capi
