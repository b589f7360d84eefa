#include "core/io/append_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "core/base/error.h"

namespace tl::io {
namespace {

constexpr mode_t kMode = 0666;  // the umask takes from it what others should not have

// 0 or an errno; *written counts what is written in any case.
int write_all(int file, std::string_view bytes, size_t* written) {
  *written = 0;
  while (*written < bytes.size()) {
    const ssize_t n = ::write(file, bytes.data() + *written, bytes.size() - *written);
    if (n >= 0)
      *written += static_cast<size_t>(n);
    else if (errno != EINTR)
      return errno;
  }
  return 0;
}

[[noreturn]] void fail_on(const std::string& op, const std::string& path, const char* deed, int error) {
  const bool missing = error == ENOENT || error == ENOTDIR;
  fail(missing ? Code::kNotFound : Code::kIo, "[", op, "] ", deed, " must succeed: got '", system_text(error),
       "' for '", path, "'; ",
       missing           ? "does its folder exist?"
       : error == ENOSPC ? "make room on the disk"
                         : "look at the path and its permissions");
}

// A new file beside another one, which nobody else has. Its name goes to *name.
int open_beside(const std::string& op, const std::string& path, std::string* name) {
  for (int i = 0; i < 100; i++) {
    *name = concat(path, ".", ::getpid(), ".", i, ".tmp");
    const int file = ::open(name->c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kMode);
    if (file >= 0) return file;
    if (errno != EEXIST) fail_on(op, path, "making a file", errno);
  }
  fail_on(op, path, "making a file", EEXIST);
}

// A device or a pipe has no other contents that could take its place by a rename: that would put a file where it was.
bool is_device(const std::string& path) {
  struct stat there {};
  return ::stat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode);
}

// Into a device; 0 or an errno.
int write_through(const std::string& path, std::string_view contents) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (file < 0) return errno;
  size_t written;
  int error = write_all(file, contents, &written);
  if (::close(file) != 0 && error == 0) error = errno;
  return error;
}

}  // namespace

std::string system_text(int error) { return std::generic_category().message(error); }

void write_file(const std::string& op, const std::string& path, std::string_view contents) {
  if (path.empty())
    invalid("[", op, "] 'path' must not be empty: got an empty text; give the path of a file");
  if (is_device(path)) {
    if (const int error = write_through(path, contents)) fail_on(op, path, "writing", error);
    return;
  }
  std::string name;
  const int file = open_beside(op, path, &name);
  size_t written;
  int error = write_all(file, contents, &written);
  if (::close(file) != 0 && error == 0) error = errno;
  if (error == 0 && ::rename(name.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return;
  ::unlink(name.c_str());
  fail_on(op, path, "writing", error);
}

AppendFile::AppendFile(std::string op, std::string path, Start start)
    : op_(std::move(op)), path_(std::move(path)) {
  if (path_.empty())
    invalid("[", op_, "] 'path' must not be empty: got an empty text; give the path of a file");
  // Without O_NONBLOCK, opening a named pipe would wait for a reader, maybe for ever.
  file_ = ::open(path_.c_str(),
                 O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
                     (start == Start::kMustBeNew ? O_EXCL : 0),
                 kMode);
  if (file_ < 0) {
    if (errno == EEXIST)
      fail(Code::kFailedPrecondition, "[", op_, "] the file must be new: got '", path_,
           "', which exists; give another path");
    failed("opening", errno);
  }
  try {
    lock();
    if (start == Start::kEmpty) cut(0);
  } catch (...) {
    ::close(file_);
    throw;
  }
}

AppendFile::~AppendFile() { ::close(file_); }

void AppendFile::failed(const char* deed, int error) const { fail_on(op_, path_, deed, error); }

void AppendFile::lock() {
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK)
      fail(Code::kBusy, "[", op_, "] a file must have one writer: got '", path_,
           "', which another one has open; give each writer a file of its own");
    if (errno != EINVAL && errno != ENOLCK && errno != EOPNOTSUPP) failed("locking", errno);
  }
  struct stat status;
  if (::fstat(file_, &status) != 0) failed("looking at", errno);
  size_ = S_ISREG(status.st_mode) ? status.st_size : 0;
}

void AppendFile::append(std::string_view bytes) {
  size_t written;
  const int error = write_all(file_, bytes, &written);
  if (error == 0) {
    size_ += static_cast<int64_t>(bytes.size());
    return;
  }
  if (written && ::ftruncate(file_, size_) != 0) size_ += static_cast<int64_t>(written);
  failed("writing", error);
}

std::string AppendFile::read() const {
  std::string out(static_cast<size_t>(size_), '\0');
  size_t at = 0;
  while (at < out.size()) {
    const ssize_t n = ::pread(file_, out.data() + at, out.size() - at, static_cast<off_t>(at));
    if (n == 0) break;
    if (n > 0)
      at += static_cast<size_t>(n);
    else if (errno != EINTR)
      failed("reading", errno);
  }
  out.resize(at);
  return out;
}

void AppendFile::cut(int64_t bytes) {
  if (size_ <= bytes) return;
  if (::ftruncate(file_, bytes) != 0) failed("shortening", errno);
  size_ = bytes;
}

void AppendFile::replace(const std::string& contents) {
  write_file(op_, path_, contents);
  const int fresh = ::open(path_.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fresh < 0) failed("opening", errno);
  ::close(file_);
  file_ = fresh;
  lock();
}

}  // namespace tl::io
