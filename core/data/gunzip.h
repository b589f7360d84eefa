// Gunzip: decompresses a gzip file as it is read. zlib's own gzread() takes whatever follows the compressed data for
// padding and drops it; here the file must be gzip from its first byte to its last.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

struct z_stream_s;

namespace tl::data {

class Gunzip {
 public:
  // Reads from the present position of a file, which the caller keeps open. Throws std::bad_alloc.
  explicit Gunzip(int file);
  ~Gunzip();
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  // Writes up to `bytes` decompressed bytes, from one member or several; 0 at the end of the file only, -1 where it cannot
  // go on. Checksums have been compared when 0 comes. Throws std::bad_alloc.
  int64_t read(void* to, size_t bytes);
  // Begins again with the first byte of the file; false when the file cannot go there (see system_error).
  bool rewind();

  // After -1: errno of the file that could not be read, or 0 and what is wrong with the data.
  int system_error() const { return system_error_; }
  const char* damage() const { return damage_; }
  int64_t consumed() const;  // compressed bytes so far

 private:
  static constexpr size_t kBuffer = size_t{1} << 17;
  bool fill();
  bool next_member();

  int file_;
  std::unique_ptr<z_stream_s> stream_;
  std::unique_ptr<unsigned char[]> buffer_;
  int64_t bytes_read_ = 0;
  bool in_member_ = true;
  int system_error_ = 0;
  const char* damage_ = "";
};

}  // namespace tl::data
