// Elements as files and other libraries have them, and how they become those of tensors: types for which there is no dtype are
// widened to one that holds all their values, and bytes are put into the host's order.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/tensor/dtype.h"

namespace tl::io {

enum class Raw : uint8_t { kBool, kU8, kI8, kU16, kI16, kU32, kI32, kU64, kI64, kF16, kBF16, kF32, kF64 };

constexpr size_t bytes_of(Raw raw) {
  switch (raw) {
    case Raw::kBool:
    case Raw::kU8:
    case Raw::kI8: return 1;
    case Raw::kU16:
    case Raw::kI16:
    case Raw::kF16:
    case Raw::kBF16: return 2;
    case Raw::kU32:
    case Raw::kI32:
    case Raw::kF32: return 4;
    case Raw::kU64:
    case Raw::kI64:
    case Raw::kF64: return 8;
  }
  return 0;
}

// The dtype of their tensor: i32 for 8 and 16 bits other than u8, i64 for u32 and u64, f32 for f16 and bf16.
constexpr DType dtype_of(Raw raw) {
  switch (raw) {
    case Raw::kBool: return DType::kBool;
    case Raw::kU8: return DType::kU8;
    case Raw::kI8:
    case Raw::kU16:
    case Raw::kI16:
    case Raw::kI32: return DType::kI32;
    case Raw::kU32:
    case Raw::kU64:
    case Raw::kI64: return DType::kI64;
    case Raw::kF16:
    case Raw::kBF16:
    case Raw::kF32: return DType::kF32;
    case Raw::kF64: return DType::kF64;
  }
  return DType::kF32;
}

// Whether the elements of a tensor are the very bytes, in the host's order and where every pattern of bits is a value.
constexpr bool is_plain(Raw raw) {
  return raw != Raw::kBool && raw != Raw::kU64 && bytes_of(raw) == size_of(dtype_of(raw));
}

// Converts `count` elements, which need not be aligned, to dtype_of(raw); `swap` where their bytes are in the order that is not
// the host's. Returns how many were converted: fewer where one has no such value, a bool that is neither 0 nor 1 or a u64 above
// those of i64. `from` and `to` may be the same where is_plain(raw).
size_t convert(Raw raw, bool swap, const std::byte* from, size_t count, std::byte* to);

constexpr bool host_is_big_endian() { return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__; }

}  // namespace tl::io
