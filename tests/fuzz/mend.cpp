// Checksums of changed inputs, made right again where the rest of the format still stands.
#include <sys/stat.h>
#include <zlib.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <vector>

#include "core/base/error.h"
#include "core/io/record_writer.h"
#include "core/io/safetensors.h"
#include "tests/fuzz/targets.h"
#include "tests/fuzz/tree.h"

namespace tl::fuzz {
namespace {

uint32_t crc_of(const char* bytes, size_t count) {
  return static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const unsigned char*>(bytes), count));
}

std::string hex(uint32_t number) {
  char digits[9];
  std::snprintf(digits, sizeof digits, "%08x", number);
  return digits;
}

uint32_t big_endian(const char* at) {
  uint32_t value = 0;
  for (int i = 0; i < 4; i++) value = value << 8 | static_cast<unsigned char>(at[i]);
  return value;
}

// The text behind `"key":"`, up to the next quote, in the first `bytes` of a manifest.
void set_text(std::string& manifest, const std::string& key, const std::string& value) {
  const std::string quoted = "\"" + key + "\":\"";
  const size_t at = manifest.find(quoted);
  if (at == std::string::npos) return;
  const size_t begin = at + quoted.size(), end = manifest.find('"', begin);
  if (end != std::string::npos) manifest.replace(begin, end - begin, value);
}

// Two bytes of length.
struct Parts {
  std::string manifest, tensors;
};
Parts parts_of(const std::string& bytes) {
  if (bytes.size() < 2) return {};
  const size_t wanted =
      static_cast<unsigned char>(bytes[0]) | static_cast<size_t>(static_cast<unsigned char>(bytes[1])) << 8;
  const size_t length = wanted < bytes.size() - 2 ? wanted : bytes.size() - 2;
  return {bytes.substr(2, length), bytes.substr(2 + length)};
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// prefix: of what it says of these tensors, "share/2/" or nothing.
void mend_manifest(std::string& manifest, const std::string& tensors, const std::string& prefix = {}) {
  const std::string path = memory_folder() + "/tensors.safetensors";
  write_file(path, tensors);
  set_text(manifest, prefix + "bytes", std::to_string(tensors.size()));
  try {
    const auto go_on = [] {};
    // First, and of a header that cannot be parsed too: what becomes of one must be seen by the reader.
    set_text(manifest, prefix + "header",
             hex(io::SafetensorsHeader::checksum_of(io::File::open("fuzz", path), go_on)));
    const io::SafetensorsFile file("fuzz", path, go_on);
    for (size_t i = 0; i < file.size(); i++)
      set_text(manifest, "tensor/" + std::string(file.name(i)), hex(file.checksum(i, go_on)));
  } catch (const Error&) {
    // It cannot be read, whatever the manifest says.
  }
  const std::string begin = "\",\"manifest\":";
  const size_t at = manifest.find(begin), from = at + begin.size();
  if (at != std::string::npos && from + 2 <= manifest.size() && at >= 8)
    manifest.replace(at - 8, 8, hex(crc_of(manifest.data() + from, manifest.size() - from - 2)));
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

std::string checkpoint_folder(const std::string& bytes) {
  const std::string path = memory_folder() + "/step-7";
  (void)::mkdir(path.c_str(), 0777);
  const Parts parts = parts_of(bytes);
  write_file(path + "/manifest.json", parts.manifest);
  write_file(path + "/tensors.safetensors", parts.tensors);
  return path;
}

void mend_png(std::string& bytes) {
  for (size_t at = 8; bytes.size() >= 12 && at <= bytes.size() - 12;) {
    const size_t length = big_endian(bytes.data() + at);
    if (length > bytes.size() - at - 12) return;
    const uint32_t crc = crc_of(bytes.data() + at + 4, length + 4);
    for (size_t i = 0; i < 4; i++) bytes[at + 8 + length + i] = static_cast<char>(crc >> (24 - 8 * i));
    at += 12 + length;
  }
}

void mend_records(std::string& bytes) {
  for (size_t at = 0; bytes.size() - at >= 16;) {
    uint64_t length;
    std::memcpy(&length, bytes.data() + at, 8);
    uint32_t crc = io::masked_crc32c({bytes.data() + at, 8});
    std::memcpy(bytes.data() + at + 8, &crc, 4);
    if (length > bytes.size() - at - 16) return;
    crc = io::masked_crc32c({bytes.data() + at + 12, length});
    std::memcpy(bytes.data() + at + 12 + length, &crc, 4);
    at += 16 + length;
  }
}

// FNV-1a of 64 bits over all in front of it.
void mend_position(std::string& bytes) {
  if (bytes.size() < 8) return;
  uint64_t hash = 0xcbf29ce484222325;
  for (size_t i = 0; i < bytes.size() - 8; i++)
    hash = (hash ^ static_cast<unsigned char>(bytes[i])) * 0x100000001b3;
  for (size_t i = 0; i < 8; i++) bytes[bytes.size() - 8 + i] = static_cast<char>(hash >> 8 * i);
}

void mend_checkpoint(std::string& bytes) {
  Parts parts = parts_of(bytes);
  mend_manifest(parts.manifest, parts.tensors);
  const size_t length = parts.manifest.size();
  if (length > 0xffff) return;
  bytes =
      std::string{static_cast<char>(length), static_cast<char>(length >> 8)} + parts.manifest + parts.tensors;
}

void mend_folder(std::string& bytes) {
  std::vector<TreeFile> files = tree_in(bytes);
  for (TreeFile& file : files)
    if (ends_with(file.path, ".png")) mend_png(file.content);
  bytes = bytes_of(files);
}

// The number of each checkpoint is that of its folder.
void mend_checkpoints(std::string& bytes) {
  if (bytes.empty()) return;
  std::vector<TreeFile> files = tree_in(bytes.substr(1));
  for (TreeFile& manifest : files) {
    const std::string name = "/manifest.json";
    if (!ends_with(manifest.path, name)) continue;
    const std::string folder = manifest.path.substr(0, manifest.path.size() - name.size());
    if (folder.compare(0, 5, "step-") == 0) set_text(manifest.content, "step", folder.substr(5));
    for (const TreeFile& tensors : files) {
      if (tensors.path == folder + "/tensors.safetensors") mend_manifest(manifest.content, tensors.content);
      const std::string share = folder + "/tensors-";
      if (tensors.path.compare(0, share.size(), share) == 0)
        mend_manifest(manifest.content, tensors.content,
                      concat("share/", std::atoi(tensors.path.c_str() + share.size()), "/"));
    }
  }
  bytes = bytes[0] + bytes_of(files);
}

}  // namespace tl::fuzz
