// The two kinds of JSON that files of tapeloop hold: the header of a safetensors file, and a flat object of texts. Both are read as
// they come, without a tree in memory, and strictly: what is not exactly of the format is an error with file and offset.
//
// Memory stays within the size of the text and 48 MiB, whatever the text says. Files of other formats are not its business.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/file.h"
#include "core/tensor/shape.h"

namespace tl::io {

using Texts = std::map<std::string, std::string>;

// The dtypes of safetensors whose elements are whole bytes.
enum class StoredType : uint8_t {
  kBool,
  kU8,
  kI8,
  kF8E4M3,
  kF8E5M2,
  kI16,
  kU16,
  kF16,
  kBf16,
  kI32,
  kU32,
  kF32,
  kI64,
  kU64,
  kF64
};
const char* name_of(StoredType type);
size_t size_of(StoredType type);

inline constexpr int64_t kMostHeaderBytes = 100'000'000;  // as the format's own library has it
inline constexpr size_t kMostTensors = size_t{1} << 17;
inline constexpr size_t kMostTexts = size_t{1} << 18;
inline constexpr size_t kMostTextBytes = size_t{4} << 20;  // of one name or text

// The tensors of a safetensors file, in the order of their bytes, without holes and overlaps.
class SafetensorsHeader {
 public:
  struct Entry {
    uint32_t name, name_bytes;  // in the names; a NUL follows
    uint32_t dims;              // in the list of sizes
    uint8_t rank;
    StoredType type;
    int64_t begin, end;  // in the file
  };

  // Reads and checks the header of a file. *checksum: crc32 of all bytes in front of the elements. Throws kCorruptData, kUnsupported
  // (a tensor of more than 8 axes, or a dtype that is not known), kIo.
  SafetensorsHeader(const File& file, Poll poll, uint32_t* checksum);
  // That checksum of a file whose header nobody has read yet: whoever knows it need not believe a damaged one. Throws kCorruptData where
  // the header does not lie in the file, kIo.
  static uint32_t checksum_of(const File& file, Poll poll);

  const std::vector<Entry>& entries() const { return entries_; }
  std::string_view name(const Entry& e) const { return {names_.data() + e.name, e.name_bytes}; }
  Shape shape(const Entry& e) const { return Shape(Span<const int64_t>(dims_.data() + e.dims, e.rank)); }
  // The place of a tensor in entries(), or their number.
  size_t find(std::string_view name) const;
  const Texts& metadata() const { return metadata_; }

 private:
  friend class HeaderReader;
  std::string names_;
  std::vector<int64_t> dims_;
  std::vector<Entry> entries_;
  std::vector<uint32_t> by_name_;
  Texts metadata_;
};

// A flat object of texts that lies in [begin, end) of a file.
Texts read_texts(const File& file, int64_t begin, int64_t end, Poll poll, uint32_t* checksum);

// A JSON text with its quotes. Throws kInvalidArgument for what is not UTF-8, holds a NUL, or is longer than kMostTextBytes; `what`
// names it.
std::string quoted(const char* op, const char* what, const std::string& text);
bool is_utf8(const std::string& text);

}  // namespace tl::io
