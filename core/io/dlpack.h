// DLPack: how libraries lend tensors to each other in one process, without a copy. The structs are those of the specification
// (dmlc/dlpack: 1.x and, without a version, all before), whose layout is the interface: fields are never moved.
#pragma once

#include <cstdint>

#include "core/tensor/context.h"
#include "core/tensor/tensor.h"

namespace tl::io::dlpack {

struct Device {
  int32_t type;  // 1: the CPU's memory; 3 and 11: memory of the host that a GPU can read
  int32_t id;
};
struct DataType {
  uint8_t code;  // 0 int, 1 uint, 2 float, 4 bfloat, 6 bool
  uint8_t bits;
  uint16_t lanes;
};
struct View {
  void* data;
  Device device;
  int32_t rank;
  DataType dtype;
  int64_t* shape;
  int64_t* strides;  // in elements; null: row-major
  uint64_t byte_offset;
};
struct Managed {
  View view;
  void* manager;
  void (*deleter)(Managed*);
};
struct Version {
  uint32_t major, minor;
};
struct ManagedVersioned {
  Version version;  // of another major version nothing but the deleter may be used
  void* manager;
  void (*deleter)(ManagedVersioned*);
  uint64_t flags;
  View view;
};
inline constexpr Version kVersion = {1, 0};
inline constexpr uint64_t kReadOnly = 1;

static_assert(sizeof(View) == 48 && sizeof(Managed) == 64 && sizeof(ManagedVersioned) == 80,
              "the layout of the specification");

DataType type_of(DType dtype);

// A tensor of what another library lends. Where it is row-major, of a dtype of ours and aligned to its elements, it is that memory:
// `release` runs with user_data when the last tensor that uses it goes. Otherwise it is a copy, in which types are widened as in npy
// files, and release has run. On failure it has run or not: whoever lends must remember.
//
// Throws kInvalidArgument (no data, a negative size, sizes that overflow), kUnsupported (memory of another device, vectors as
// elements, more than 8 axes, other dtypes), kCorruptData (a bool that is neither 0 nor 1), kOutOfMemory.
Tensor import_view(Context& context, const char* op, const View& view, void (*release)(void*),
                   void* user_data);

}  // namespace tl::io::dlpack
