#include "core/io/safetensors.h"

#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <numeric>

#include "core/base/narrow_floats.h"

namespace tl::io {
namespace {

uint32_t crc_of(uint32_t before, const void* data, size_t bytes) {
  return static_cast<uint32_t>(crc32_z(before, static_cast<const unsigned char*>(data), bytes));
}

StoredType stored_as(DType dtype, StoredFloats floats) {
  switch (dtype) {
    case DType::kF32:
      return floats == StoredFloats::kBf16  ? StoredType::kBf16
             : floats == StoredFloats::kF16 ? StoredType::kF16
                                            : StoredType::kF32;
    case DType::kF64: return StoredType::kF64;
    case DType::kI32: return StoredType::kI32;
    case DType::kI64: return StoredType::kI64;
    case DType::kU8: return StoredType::kU8;
    case DType::kBool: return StoredType::kBool;
  }
  TL_INVARIANT(false);
}

// Elements of a narrower type to those of the tensor.
template <class From, class To, class F>
void widen(const std::byte* from, std::byte* to, size_t count, F&& f) {
  for (size_t i = 0; i < count; i++) {
    From narrow;
    std::memcpy(&narrow, from + i * sizeof(From), sizeof narrow);
    const To wide = f(narrow);
    std::memcpy(to + i * sizeof(To), &wide, sizeof wide);
  }
}

void widen(StoredType type, const std::byte* from, std::byte* to, size_t count) {
  auto same = [](auto x) { return x; };
  switch (type) {
    case StoredType::kBf16: return widen<uint16_t, float>(from, to, count, narrow::from_bf16);
    case StoredType::kF16: return widen<uint16_t, float>(from, to, count, narrow::from_f16);
    case StoredType::kI8:
      return widen<int8_t, int32_t>(from, to, count, [](int8_t x) { return static_cast<int32_t>(x); });
    case StoredType::kI16: return widen<int16_t, int32_t>(from, to, count, same);
    case StoredType::kU16: return widen<uint16_t, int32_t>(from, to, count, same);
    case StoredType::kU32: return widen<uint32_t, int64_t>(from, to, count, same);
    default: TL_INVARIANT(false);
  }
}

// The header's text, padded so that the elements begin at a multiple of eight bytes.
std::string header_text(const char* op, const std::vector<StoredTensor>& tensors,
                        const std::vector<size_t>& order, const Texts& metadata, StoredFloats floats) {
  std::string text = "{";
  if (!metadata.empty()) {
    text += "\"__metadata__\":{";
    bool first = true;
    for (const auto& [key, value] : metadata) {
      if (!std::exchange(first, false)) text += ',';
      text += quoted(op, "a name of the metadata", key) + ":" + quoted(op, "a text of the metadata", value);
    }
    text += "}";
  }
  int64_t at = 0;
  for (size_t i : order) {
    const StoredTensor& t = tensors[i];
    const StoredType type = stored_as(t.dtype, floats);
    if (text.size() > 1) text += ',';
    text += quoted(op, "the name of a tensor", t.name) + ":{\"dtype\":\"" + name_of(type) + "\",\"shape\":[";
    for (int axis = 0; axis < t.shape.rank(); axis++)
      text.append(axis ? "," : "").append(std::to_string(t.shape[axis]));
    const int64_t end = at + t.shape.elements() * static_cast<int64_t>(size_of(type));
    text += concat("],\"data_offsets\":[", at, ",", end, "]}");
    at = end;
  }
  text += '}';
  text.resize((text.size() + 7) / 8 * 8, ' ');
  if (static_cast<int64_t>(text.size()) > kMostHeaderBytes)
    invalid("[", op, "] a header has at most ", kMostHeaderBytes, " bytes: got ", text.size(),
            " of names; split the file");
  return text;
}

void check_names(const char* op, const std::vector<StoredTensor>& tensors) {
  if (tensors.size() > kMostTensors)
    invalid("[", op, "] a file holds at most ", kMostTensors, " tensors: got ", tensors.size(), "; split it");
  std::vector<const std::string*> names;
  names.reserve(tensors.size());
  for (const StoredTensor& t : tensors) {
    check_tensor_name(op, t.name);
    names.push_back(&t.name);
  }
  std::sort(names.begin(), names.end(), [](const std::string* a, const std::string* b) { return *a < *b; });
  for (size_t i = 1; i < names.size(); i++)
    if (*names[i] == *names[i - 1])
      invalid("[", op, "] each tensor needs a name of its own: got '", *names[i],
              "' twice; rename one of the two");
}

// f32 elements in a narrower format, a block at a time.
uint32_t write_narrow(File& file, const std::byte* data, size_t count, StoredFloats floats, Poll poll) {
  constexpr size_t kElements = kBlock / 4;
  std::unique_ptr<uint16_t[]> block(new uint16_t[std::min(count, kElements)]);
  uint32_t checksum = 0;
  for (size_t done = 0; done < count;) {
    const size_t n = std::min(kElements, count - done);
    for (size_t i = 0; i < n; i++) {
      float value;
      std::memcpy(&value, data + (done + i) * sizeof value, sizeof value);
      block[i] = floats == StoredFloats::kBf16 ? narrow::to_bf16(value) : narrow::to_f16(value);
    }
    checksum = crc_of(checksum, block.get(), n * 2);
    file.write(block.get(), n * 2, poll);
    done += n;
  }
  return checksum;
}

uint32_t write_plain(File& file, const std::byte* data, size_t bytes, Poll poll) {
  uint32_t checksum = 0;
  for (size_t done = 0; done < bytes;) {
    const size_t n = std::min(kBlock, bytes - done);
    checksum = crc_of(checksum, data + done, n);
    file.write(data + done, n, poll);
    done += n;
  }
  return checksum;
}

}  // namespace

void check_tensor_name(const char* op, const std::string& name) {
  if (name.empty() || name == "__metadata__")
    invalid("[", op, "] a tensor needs a name other than '__metadata__': got '", name, "'; rename it");
}

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "the format is little-endian, and so is what is copied here");

DType SafetensorsFile::dtype(size_t i) const {
  switch (stored_type(i)) {
    case StoredType::kBool: return DType::kBool;
    case StoredType::kU8: return DType::kU8;
    case StoredType::kI8:
    case StoredType::kI16:
    case StoredType::kU16:
    case StoredType::kI32: return DType::kI32;
    case StoredType::kU32:
    case StoredType::kI64: return DType::kI64;
    case StoredType::kBf16:
    case StoredType::kF16:
    case StoredType::kF32: return DType::kF32;
    case StoredType::kF64: return DType::kF64;
    default: break;
  }
  fail(Code::kUnsupported, "[", file_.op(), "] ", path(), ": no dtype here holds the elements of '", name(i),
       "': got ", name_of(stored_type(i)), "; convert the file");
}

void SafetensorsFile::each_block(size_t i, Poll poll, FunctionRef<void(std::byte*, size_t)> f) const {
  const SafetensorsHeader::Entry& e = header_.entries()[i];
  std::unique_ptr<std::byte[]> block(
      new std::byte[static_cast<size_t>(std::min<int64_t>(e.end - e.begin, kBlock))]);
  for (int64_t at = e.begin; at < e.end;) {
    poll();
    const auto n = static_cast<size_t>(std::min<int64_t>(e.end - at, kBlock));
    file_.read(at, block.get(), n);
    f(block.get(), n);
    at += static_cast<int64_t>(n);
  }
}

uint32_t SafetensorsFile::checksum(size_t i, Poll poll) const {
  uint32_t checksum = 0;
  each_block(i, poll,
             [&](const std::byte* bytes, size_t count) { checksum = crc_of(checksum, bytes, count); });
  return checksum;
}

Tensor SafetensorsFile::read(Context& context, size_t i, Poll poll, uint32_t* checksum) const {
  const SafetensorsHeader::Entry& e = header_.entries()[i];
  const DType wide = dtype(i);
  Tensor out = context.allocate(wide, header_.shape(e));
  std::byte* to = out.mutable_raw();
  uint32_t sum = 0;
  if (size_of(e.type) != tl::size_of(wide)) {
    each_block(i, poll, [&](const std::byte* bytes, size_t count) {
      sum = crc_of(sum, bytes, count);
      widen(e.type, bytes, to, count / size_of(e.type));
      to += count / size_of(e.type) * tl::size_of(wide);
    });
  } else {
    for (int64_t at = e.begin; at < e.end;) {
      poll();
      const auto n = static_cast<size_t>(std::min<int64_t>(e.end - at, kBlock));
      file_.read(at, to, n);
      if (checksum) sum = crc_of(sum, to, n);
      for (size_t k = 0; wide == DType::kBool && k < n; k++)
        if (to[k] > std::byte{1})
          file_.corrupt(at + static_cast<int64_t>(k), "a truth value is 0 or 1: got ",
                        static_cast<int>(to[k]), " in '", name(i), "'; copy or download the file again");
      at += static_cast<int64_t>(n);
      to += n;
    }
  }
  file_.check_unchanged();
  if (checksum) *checksum = sum;
  return out;
}

SafetensorsChecksums write_safetensors(File& file, const std::vector<StoredTensor>& tensors,
                                       const Texts& metadata, StoredFloats floats, Poll poll) {
  check_names(file.op(), tensors);
  // Wide elements first, so that each lies at a multiple of its size; by name among equals.
  std::vector<size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const size_t wide_a = size_of(stored_as(tensors[a].dtype, floats)),
                 wide_b = size_of(stored_as(tensors[b].dtype, floats));
    return wide_a != wide_b ? wide_a > wide_b : tensors[a].name < tensors[b].name;
  });
  const std::string text = header_text(file.op(), tensors, order, metadata, floats);
  unsigned char length[8];
  for (int i = 0; i < 8; i++) length[i] = static_cast<unsigned char>(uint64_t{text.size()} >> 8 * i);
  SafetensorsChecksums sums;
  sums.tensors.resize(tensors.size());
  sums.header = crc_of(crc_of(0, length, sizeof length), text.data(), text.size());
  file.write(length, sizeof length, poll);
  file.write(text.data(), text.size(), poll);
  for (size_t i : order) {
    const StoredTensor& t = tensors[i];
    const auto elements = static_cast<size_t>(t.shape.elements());
    const bool narrow = t.dtype == DType::kF32 && floats != StoredFloats::kAsTheyAre;
    sums.tensors[i] = narrow ? write_narrow(file, t.data, elements, floats, poll)
                             : write_plain(file, t.data, elements * tl::size_of(t.dtype), poll);
  }
  sums.bytes = file.size();
  return sums;
}

void save_safetensors(const char* op, const std::string& path, const std::vector<StoredTensor>& tensors,
                      const Texts& metadata, StoredFloats floats, Poll poll) {
  if (path.empty()) invalid("[", op, "] 'path' must name a file: got an empty text; give the path of a file");
  // Renaming would put a file in the place of a device.
  struct stat status;
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
    fail(Code::kIo, "[", op, "] a file takes the place of a regular file only: got '", path, "', ",
         S_ISDIR(status.st_mode) ? "a folder" : "a pipe or device", "; give the path of a file");
  const std::string temporary = temporary_beside(path);
  File file = File::create(op, temporary);
  try {
    write_safetensors(file, tensors, metadata, floats, poll);
    file.sync();
    file.close();
    rename_over(op, temporary, path);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_folder(op, folder_of(path));
}

}  // namespace tl::io
