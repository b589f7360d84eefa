// safetensors files: named tensors behind a header of JSON (https://github.com/huggingface/safetensors). Read without running,
// mapping or trusting anything; written so that a reader sees the old file or the new one, never a part.
//
// f32, f64, i32, i64, u8 and bool are what they are here. On reading, bf16 and f16 become f32, i8, i16 and u16 i32, and u32 i64, none of
// which loses anything; f8 and u64 are refused by name when they are asked for. On writing, f32 may be stored as bf16 or f16.
//
// The format has no checksum: a bit that flips among the elements cannot be seen. checkpoint.h adds one.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/io/file.h"
#include "core/io/json_header.h"
#include "core/tensor/context.h"

namespace tl::io {

// How f32 tensors are stored. Numbers are those of tl_safetensors_floats in the C API: append only.
enum class StoredFloats : int32_t { kAsTheyAre = 0, kBf16 = 1, kF16 = 2 };

// An open file. Not for a file that somebody writes in place meanwhile: that is kIo, as for all readers, when it is noticed.
class SafetensorsFile {
 public:
  // Throws what File::open() and SafetensorsHeader throw: kNotFound, kIo, kCorruptData, kUnsupported.
  SafetensorsFile(const char* op, const std::string& path, Poll poll, Links links = Links::kFollow)
      : SafetensorsFile(File::open(op, path, links), poll) {}
  SafetensorsFile(File file, Poll poll) : file_(std::move(file)), header_(file_, poll, &header_checksum_) {}

  size_t size() const { return header_.entries().size(); }
  std::string_view name(size_t i) const {
    return header_.name(header_.entries()[i]);
  }  // with a NUL behind it
  StoredType stored_type(size_t i) const { return header_.entries()[i].type; }
  // What read() makes of it. Throws kUnsupported.
  DType dtype(size_t i) const;
  Shape shape(size_t i) const { return header_.shape(header_.entries()[i]); }
  size_t find(std::string_view name) const { return header_.find(name); }  // size() where there is none
  const Texts& metadata() const { return header_.metadata(); }
  const std::string& path() const { return file_.path(); }

  // The tensor, in fresh memory. *checksum (may be null): crc32 of its bytes in the file. Throws kUnsupported, kOutOfMemory, kIo (also
  // for a file that changed meanwhile), and kCorruptData for a bool that is neither 0 nor 1.
  Tensor read(Context& context, size_t i, Poll poll, uint32_t* checksum = nullptr) const;
  uint32_t checksum(size_t i, Poll poll) const;  // without memory for the tensor
  uint32_t header_checksum() const { return header_checksum_; }
  int64_t bytes() const { return file_.size(); }

 private:
  // f(bytes, count) for each block of tensor i.
  void each_block(size_t i, Poll poll, FunctionRef<void(std::byte* bytes, size_t count)> f) const;

  File file_;
  uint32_t header_checksum_ = 0;
  SafetensorsHeader header_;
};

// A tensor as a thread that may not touch its counts sees it; whoever makes one keeps the tensor meanwhile.
struct StoredTensor {
  std::string name;
  DType dtype;
  Shape shape;
  const std::byte* data;
};

struct SafetensorsChecksums {
  int64_t bytes = 0;
  uint32_t header = 0;
  std::vector<uint32_t> tensors;  // in the order in which they were passed
};

// Throws kInvalidArgument for a name that the format keeps for itself, and for none.
void check_tensor_name(const char* op, const std::string& name);

// Writes the content of such a file into a new one. Throws kInvalidArgument (names that are equal, empty, "__metadata__", or no text that
// the format takes; too many), kIo, and what the poll throws.
SafetensorsChecksums write_safetensors(File& file, const std::vector<StoredTensor>& tensors,
                                       const Texts& metadata, StoredFloats floats, Poll poll);

// The same into `path`, in the place of what is there: written beside it, synced, renamed. A failure leaves it as it was.
void save_safetensors(const char* op, const std::string& path, const std::vector<StoredTensor>& tensors,
                      const Texts& metadata, StoredFloats floats, Poll poll);

}  // namespace tl::io
