// File: an open file whose failures are errors that name the function, the path and the offset. For files that must be whole:
// written to a name that nobody looks at, synced, then renamed.
//
// It reads and writes at the speed of the system's calls, without memory maps: a file that somebody cuts off while it is mapped
// kills the process. It knows no format and no context; another thread may use it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/error.h"
#include "core/base/function_ref.h"

namespace tl::io {

// Called between two blocks of a long read or write: what it throws ends that.
using Poll = FunctionRef<void()>;
inline constexpr size_t kBlock = size_t{1} << 20;  // bytes between two polls

enum class Links { kFollow, kRefuse };

class File {
 public:
  // An existing regular file. Throws kNotFound, or kIo (a folder, a device, a link where those are refused, no permission).
  static File open(const char* op, const std::string& path, Links links = Links::kFollow);
  // A new file. Throws kIo where there is one, or where it cannot be made.
  static File create(const char* op, const std::string& path);
  ~File();
  File(File&& other) noexcept;
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  const char* op() const { return op_; }
  const std::string& path() const { return path_; }
  int64_t size() const { return size_; }  // when it was opened; of a new file, what was written

  // Exactly these bytes. Throws kCorruptData where the file ends before them; kIo, also where it has become shorter.
  void read(int64_t offset, void* to, size_t bytes) const;
  // Throws kIo where somebody has written into the file since it was opened.
  void check_unchanged() const;

  // Behind what was written before. Throws kIo, with the system's reason (no space left), or what the poll throws.
  void write(const void* from, size_t bytes, Poll poll);
  // Until the storage has it.
  void sync();
  // Reports what the system noticed only now.
  void close();

  // "[op] path, at byte N: ..." with kCorruptData; but what a file seems to be that changed while it was read says nothing: then kIo.
  template <class... Parts>
  [[noreturn]] void corrupt(int64_t offset, const Parts&... parts) const {
    check_unchanged();
    fail(Code::kCorruptData, "[", op_, "] ", path_, ", at byte ", offset, ": ", parts...);
  }

 private:
  File(const char* op, std::string path, int fd) : op_(op), path_(std::move(path)), fd_(fd) {}
  [[noreturn]] void failed(const char* what, int error) const;

  const char* op_;
  std::string path_;
  int fd_;
  int64_t size_ = 0;
  int64_t changed_seconds_ = 0, changed_nanoseconds_ = 0;
};

// What a call of the system has said, as an error: kNotFound for a path that is not there, else kIo.
[[noreturn]] void fail_of_system(const char* op, const char* what, const std::string& path, int error);

// Makes the entries of a folder last: files made, renamed or deleted in it. Throws kIo.
void sync_folder(const char* op, const std::string& path);
// "." for a name without a folder.
std::string folder_of(const std::string& path);
// A name beside `path` that nobody uses: "<path>.tmp-<random>".
std::string temporary_beside(const std::string& path);

// Renames `from` to `to`, whose file goes where there is one. Throws kIo.
void rename_over(const char* op, const std::string& from, const std::string& to);
// Renames `from` to `to`, which must not be there: false when it is. Throws kIo.
bool rename_to_new(const char* op, const std::string& from, const std::string& to);

}  // namespace tl::io
