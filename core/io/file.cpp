#include "core/io/file.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace tl::io {
namespace {

constexpr unsigned kNoReplace = 1;  // RENAME_NOREPLACE of renameat2(2), which not every header names

std::string reason(int error) { return std::generic_category().message(error); }

}  // namespace

void fail_of_system(const char* op, const char* what, const std::string& path, int error) {
  const Code code = error == ENOENT || error == ENOTDIR ? Code::kNotFound
                    : error == ENOMEM                   ? Code::kOutOfMemory
                                                        : Code::kIo;
  fail(code, "[", op, "] ", what, ": got '", path, "' (", reason(error),
       "); check the path, its permissions and the space left");
}

File File::open(const char* op, const std::string& path, Links links) {
  if (path.empty()) invalid("[", op, "] 'path' must name a file: got an empty text; give the path of a file");
  // Without O_NONBLOCK, opening a named pipe would wait for a writer, maybe for ever.
  const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (links == Links::kRefuse ? O_NOFOLLOW : 0);
  File file(op, path, ::open(path.c_str(), flags));
  if (file.fd_ < 0) {
    if (errno == ELOOP && links == Links::kRefuse)
      fail(Code::kIo, "[", op, "] a file inside a checkpoint must be no link: got '", path,
           "'; copy the file to its place");
    fail_of_system(op, "the file cannot be opened", path, errno);
  }
  struct stat status;
  if (::fstat(file.fd_, &status) != 0) file.failed("the file cannot be looked at", errno);
  if (!S_ISREG(status.st_mode))
    fail(Code::kIo, "[", op, "] it must be a regular file: got '", path, "', ",
         S_ISDIR(status.st_mode) ? "a folder" : "a pipe or device", "; give the path of a file");
  file.size_ = status.st_size;
  file.changed_seconds_ = status.st_mtim.tv_sec;
  file.changed_nanoseconds_ = status.st_mtim.tv_nsec;
  return file;
}

File File::create(const char* op, const std::string& path) {
  if (path.empty()) invalid("[", op, "] 'path' must name a file: got an empty text; give the path of a file");
  File file(op, path, ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
  if (file.fd_ < 0) fail_of_system(op, "the file cannot be made", path, errno);
  return file;
}

File::File(File&& other) noexcept
    : op_(other.op_),
      path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      size_(other.size_),
      changed_seconds_(other.changed_seconds_),
      changed_nanoseconds_(other.changed_nanoseconds_) {}

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

void File::failed(const char* what, int error) const { fail_of_system(op_, what, path_, error); }

void File::read(int64_t offset, void* to, size_t bytes) const {
  auto* next = static_cast<char*>(to);
  while (bytes > 0) {
    const ssize_t n = ::pread(fd_, next, std::min(bytes, kBlock), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) failed("the file cannot be read", errno);
    if (n == 0 && offset < size_)
      fail(Code::kIo, "[", op_, "] ", path_, ", at byte ", offset,
           ": the file has become shorter while it was read: it had ", size_,
           " bytes; read it when nobody writes it");
    if (n == 0) corrupt(offset, "the file ends here, ", bytes, " bytes too early; copy or download it again");
    next += n;
    offset += n;
    bytes -= static_cast<size_t>(n);
  }
}

void File::check_unchanged() const {
  struct stat status;
  if (::fstat(fd_, &status) != 0) failed("the file cannot be looked at", errno);
  if (status.st_size != size_ || status.st_mtim.tv_sec != changed_seconds_ ||
      status.st_mtim.tv_nsec != changed_nanoseconds_)
    fail(Code::kIo, "[", op_, "] ", path_, ", at byte 0: the file has changed while it was read: it had ",
         size_, " bytes and has ", static_cast<int64_t>(status.st_size), "; read it when nobody writes it");
}

void File::write(const void* from, size_t bytes, Poll poll) {
  const auto* next = static_cast<const char*>(from);
  while (bytes > 0) {
    poll();
    const ssize_t n = ::write(fd_, next, std::min(bytes, kBlock));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) failed("the file cannot be written", errno);
    next += n;
    size_ += n;
    bytes -= static_cast<size_t>(n);
  }
}

void File::sync() {
  int done;
  do done = ::fsync(fd_);
  while (done != 0 && errno == EINTR);
  if (done != 0) failed("the file cannot be brought to the storage", errno);
}

void File::close() {
  // After EINTR the descriptor is closed on Linux, and open on no system that tapeloop knows.
  if (::close(std::exchange(fd_, -1)) != 0 && errno != EINTR) failed("the file cannot be closed", errno);
}

void sync_folder(const char* op, const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) fail_of_system(op, "the folder cannot be opened", path, errno);
  int done, error = 0;
  do done = ::fsync(fd);
  while (done != 0 && errno == EINTR);
  // Some file systems know no fsync of folders, and keep their order themselves.
  if (done != 0 && errno != EINVAL && errno != EROFS) error = errno;
  ::close(fd);
  if (error) fail_of_system(op, "the folder cannot be brought to the storage", path, error);
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string temporary_beside(const std::string& path) {
  uint64_t random = 0;
  if (::getrandom(&random, sizeof random, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof random)) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    random = static_cast<uint64_t>(now.tv_nsec) ^ static_cast<uint64_t>(now.tv_sec) << 30 ^
             static_cast<uint64_t>(::getpid()) << 44;
  }
  char hex[17];
  std::snprintf(hex, sizeof hex, "%016llx", static_cast<unsigned long long>(random));
  return path + ".tmp-" + hex;
}

void rename_over(const char* op, const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) fail_of_system(op, "the new name cannot be given", to, errno);
}

bool rename_to_new(const char* op, const std::string& from, const std::string& to) {
  if (::syscall(SYS_renameat2, AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), kNoReplace) == 0) return true;
  if (errno == EEXIST) return false;
  if (errno != EINVAL && errno != ENOSYS) fail_of_system(op, "the new name cannot be given", to, errno);
  // A file system without that: of writers that keep to the lock of their folder there is one.
  struct stat status;
  if (::lstat(to.c_str(), &status) == 0) return false;
  if (::rename(from.c_str(), to.c_str()) == 0) return true;
  if (errno == EEXIST || errno == ENOTEMPTY) return false;
  fail_of_system(op, "the new name cannot be given", to, errno);
}

}  // namespace tl::io
