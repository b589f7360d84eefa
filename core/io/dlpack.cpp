#include "core/io/dlpack.h"

#include <algorithm>
#include <cstring>

#include "core/io/elements.h"

namespace tl::io::dlpack {
namespace {

constexpr int32_t kCpu = 1, kCudaHost = 3, kRocmHost = 11;
constexpr uint8_t kInt = 0, kUint = 1, kFloat = 2, kBfloat = 4, kBool = 6;

struct Known {
  uint8_t code, bits;
  Raw raw;
};
constexpr Known kKnown[] = {{kFloat, 32, Raw::kF32},  {kFloat, 64, Raw::kF64}, {kInt, 32, Raw::kI32},
                            {kInt, 64, Raw::kI64},    {kUint, 8, Raw::kU8},    {kBool, 8, Raw::kBool},
                            {kInt, 8, Raw::kI8},      {kInt, 16, Raw::kI16},   {kUint, 16, Raw::kU16},
                            {kUint, 32, Raw::kU32},   {kUint, 64, Raw::kU64},  {kFloat, 16, Raw::kF16},
                            {kBfloat, 16, Raw::kBF16}};

Raw checked_type(const char* op, DataType type) {
  for (const Known& known : kKnown)
    if (type.code == known.code && type.bits == known.bits && type.lanes == 1) return known.raw;
  fail(Code::kUnsupported, "[", op,
       "] the dtype must be bool, an integer of 8 to 64 bits or a float of 16 to 64: got code ",
       int{type.code}, " of ", int{type.bits}, " bits and ", type.lanes, " lanes; convert it first");
}

Shape checked_sizes(const char* op, const View& view, Raw raw) {
  if (view.rank < 0 || view.rank > kMaxRank)
    fail(Code::kUnsupported, "[", op, "] a tensor has at most ", kMaxRank, " axes: got ", view.rank);
  if (view.rank > 0 && !view.shape)
    invalid("[", op, "] the tensor lent must have its sizes: got NULL for ", view.rank, " axes");
  return checked_shape(op, Span<const int64_t>(view.shape, static_cast<size_t>(view.rank)),
                       std::max(bytes_of(raw), size_of(dtype_of(raw))));
}

bool row_major(const View& view, const Shape& shape) {
  int64_t stride = 1;
  for (int axis = shape.rank() - 1; view.strides && axis >= 0; axis--) {
    if (shape[axis] != 1 && view.strides[axis] != stride && shape.elements() != 0) return false;
    stride *= shape[axis];
  }
  return true;
}

// Elements one by one where their strides lead, row-major; whole rows where those are one after the other. Returns how many there
// are before one that has no value here, or all.
size_t gather(const View& view, const Shape& shape, Raw raw, const std::byte* from, std::byte* to) {
  const auto count = static_cast<size_t>(shape.elements());
  if (row_major(view, shape)) return convert(raw, false, from, count, to);
  const auto bytes = static_cast<int64_t>(bytes_of(raw));
  int64_t index[kMaxRank] = {};
  for (size_t i = 0; i < count; i++) {
    int64_t offset = 0;
    for (int axis = 0; axis < shape.rank(); axis++) offset += index[axis] * view.strides[axis];
    if (convert(raw, false, from + offset * bytes, 1, to + i * size_of(dtype_of(raw))) != 1) return i;
    for (int axis = shape.rank() - 1; axis >= 0 && ++index[axis] == shape[axis]; axis--) index[axis] = 0;
  }
  return count;
}

bool aligned(const std::byte* data, Raw raw) {
  return reinterpret_cast<uintptr_t>(data) % bytes_of(raw) == 0;
}

}  // namespace

DataType type_of(DType dtype) {
  switch (dtype) {
    case DType::kF32: return {kFloat, 32, 1};
    case DType::kF64: return {kFloat, 64, 1};
    case DType::kI32: return {kInt, 32, 1};
    case DType::kI64: return {kInt, 64, 1};
    case DType::kU8: return {kUint, 8, 1};
    case DType::kBool: return {kBool, 8, 1};
  }
  return {kFloat, 32, 1};
}

Tensor import_view(Context& context, const char* op, const View& view, void (*release)(void*),
                   void* user_data) {
  if (view.device.type != kCpu && view.device.type != kCudaHost && view.device.type != kRocmHost)
    fail(Code::kUnsupported, "[", op, "] the tensor lent must be in the memory of the host: got device ",
         view.device.type, "; copy it to the CPU first");
  const Raw raw = checked_type(op, view.dtype);
  const Shape shape = checked_sizes(op, view, raw);
  if (shape.elements() != 0 && !view.data)
    invalid("[", op, "] the tensor lent must have data: got NULL for ", shape);
  const std::byte* from = view.data ? static_cast<const std::byte*>(view.data) + view.byte_offset : nullptr;
  auto refuse = [&](size_t at) {
    fail(raw == Raw::kBool ? Code::kCorruptData : Code::kUnsupported, "[", op, "] element ", at,
         raw == Raw::kBool ? " is a bool and must be 0 or 1: got another byte"
                           : " is a number of 64 bits that i64 does not hold");
  };
  const bool same_type = is_plain(raw) || raw == Raw::kBool;
  const auto count = static_cast<size_t>(shape.elements());
  if (same_type && count != 0 && row_major(view, shape) && aligned(from, raw)) {
    if (raw == Raw::kBool)
      for (size_t i = 0; i < count; i++)
        if (from[i] > std::byte{1}) refuse(i);
    // Where there is no memory for the buffer this runs the release.
    Buffer* buffer =
        context.allocator().borrow(const_cast<std::byte*>(from), count * bytes_of(raw), release, user_data);
    return context.adopt(buffer, dtype_of(raw), shape);
  }
  Tensor out = context.allocate(dtype_of(raw), shape);
  if (const size_t fit = gather(view, shape, raw, from, out.mutable_raw()); fit < count) refuse(fit);
  if (release) release(user_data);
  return out;
}

}  // namespace tl::io::dlpack
