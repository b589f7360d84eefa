// Element types. The numbers are those of tl_dtype in the C API: append only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/error.h"

namespace tl {

enum class DType : int32_t { kF32 = 1, kF64 = 2, kI32 = 3, kI64 = 4, kU8 = 5, kBool = 6 };

constexpr size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::kF32: return 4;
    case DType::kF64: return 8;
    case DType::kI32: return 4;
    case DType::kI64: return 8;
    case DType::kU8: return 1;
    case DType::kBool: return 1;
  }
  return 0;
}

constexpr const char* name_of(DType dtype) {
  switch (dtype) {
    case DType::kF32: return "f32";
    case DType::kF64: return "f64";
    case DType::kI32: return "i32";
    case DType::kI64: return "i64";
    case DType::kU8: return "u8";
    case DType::kBool: return "bool";
  }
  return "unknown dtype";
}

constexpr bool is_floating(DType dtype) { return dtype == DType::kF32 || dtype == DType::kF64; }
constexpr bool is_known(DType dtype) { return size_of(dtype) != 0; }
inline std::string text(DType dtype) { return name_of(dtype); }

// A bool element is one byte that holds 0 or 1.
template <class T>
struct DTypeOf;
template <>
struct DTypeOf<float> {
  static constexpr DType value = DType::kF32;
};
template <>
struct DTypeOf<double> {
  static constexpr DType value = DType::kF64;
};
template <>
struct DTypeOf<int32_t> {
  static constexpr DType value = DType::kI32;
};
template <>
struct DTypeOf<int64_t> {
  static constexpr DType value = DType::kI64;
};
template <>
struct DTypeOf<uint8_t> {
  static constexpr DType value = DType::kU8;
};
template <>
struct DTypeOf<bool> {
  static constexpr DType value = DType::kBool;
};

// A set of dtypes as bits, for the op table.
using DTypeSet = uint32_t;
constexpr DTypeSet bit_of(DType dtype) { return 1u << static_cast<int>(dtype); }
constexpr DTypeSet kFloatTypes = bit_of(DType::kF32) | bit_of(DType::kF64);
constexpr DTypeSet kIntTypes = bit_of(DType::kI32) | bit_of(DType::kI64);
constexpr DTypeSet kBoolType = bit_of(DType::kBool);
constexpr DTypeSet kNumberTypes = kFloatTypes | kIntTypes | bit_of(DType::kU8);
constexpr DTypeSet kAnyType = kNumberTypes | kBoolType;
constexpr bool contains(DTypeSet set, DType dtype) { return (set & bit_of(dtype)) != 0; }
std::string names_of(DTypeSet set);  // "f32, f64"

}  // namespace tl
