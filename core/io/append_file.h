// A file that grows by whole records. What a failed write has left of a record is taken away again, so that a full disk costs the
// records that found no room and nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tl::io {

// "text of the system" for an errno.
std::string system_text(int error);

class AppendFile {
 public:
  enum class Start {
    kEmpty,     // what the file holds is thrown away
    kBehind,    // what it holds stays
    kMustBeNew  // kFailedPrecondition where it exists
  };
  // Opens or makes the file, for this writer alone: kBusy where another one has it. `op` begins the messages. Throws kNotFound (its
  // folder is not there), kIo.
  AppendFile(std::string op, std::string path, Start start);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  // All of the bytes, or none and kIo.
  void append(std::string_view bytes);
  // The whole file. kOutOfMemory, kIo.
  std::string read() const;
  // Cuts the file to its first bytes.
  void cut(int64_t bytes);
  // Other contents, all or nothing: under a temporary name beside it, then renamed.
  void replace(const std::string& contents);

  int64_t size() const { return size_; }
  const std::string& path() const { return path_; }

 private:
  void lock();
  [[noreturn]] void failed(const char* deed, int error) const;

  std::string op_, path_;
  int file_ = -1;
  int64_t size_ = 0;
};

// A whole file at once: under a temporary name beside it, then renamed, so that nobody sees a part of it, and an older file stays
// where that fails. A device or a pipe is written to as it is. Throws kNotFound, kIo, kInvalidArgument for an empty path.
void write_file(const std::string& op, const std::string& path, std::string_view contents);

}  // namespace tl::io
