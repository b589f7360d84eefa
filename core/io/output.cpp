#include "core/io/output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <new>
#include <system_error>

#include "core/base/error.h"
#include "core/io/file.h"

namespace tl::io {
namespace {

constexpr int kMostNames = 1000;

}  // namespace

OutputFile::OutputFile(const Context& context, const char* op, const std::string& path)
    : context_(context), op_(op), path_(path) {
  if (path.empty())
    invalid("[", op, "] 'path' must name a file: got an empty text; give the path of the file to write");
  mode_t mode = 0666;
  struct stat there {};
  const bool replaces = ::stat(path.c_str(), &there) == 0;
  if (replaces && !S_ISREG(there.st_mode))
    fail(Code::kIo, "[", op, "] the path must be that of a regular file: got '", path, "', ",
         S_ISDIR(there.st_mode) ? "a folder" : "a pipe or device", "; give the path of one file");
  for (int number = 0; file_ < 0; number++) {
    temporary_ = concat(path, ".tmp-", ::getpid(), "-", number);
    file_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (file_ < 0 && (errno != EEXIST || number == kMostNames)) refuse("the file cannot be written", errno);
  }
  if (replaces)
    static_cast<void>(::fchmod(file_, there.st_mode & 07777));  // refused: it has the mode of a new file
}

OutputFile::~OutputFile() {
  if (file_ >= 0) ::close(file_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void OutputFile::refuse(const char* what, int error) const {
  if (error == ENOMEM) throw std::bad_alloc();
  fail(error == ENOENT || error == ENOTDIR ? Code::kNotFound : Code::kIo, "[", op_, "] ", what, ": got '",
       path_, "' (", std::generic_category().message(error),
       "); check the folder, its permissions and the room on the disk");
}

void OutputFile::write(const void* from, size_t bytes) { write_at(size_, from, bytes); }

void OutputFile::write_at(uint64_t offset, const void* from, size_t bytes) {
  for (size_t done = 0; done < bytes;) {
    context_.check_cancelled(op_);
    const ssize_t n = ::pwrite(file_, static_cast<const std::byte*>(from) + done,
                               std::min(bytes - done, kBlock), static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) refuse("the file cannot be written", n < 0 ? errno : ENOSPC);
    done += static_cast<size_t>(n);
  }
  size_ = std::max<uint64_t>(size_, offset + bytes);
}

void OutputFile::commit() {
  const int file = file_;
  file_ = -1;
  if (::close(file) != 0 && errno != EINTR) refuse("the file cannot be written", errno);
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0)
    refuse("the file cannot be put into its place", errno);
  temporary_.clear();
}

}  // namespace tl::io
