#include "core/io/input.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "core/io/file.h"

namespace tl::io {
namespace {

bool same_time(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

}  // namespace

void Input::read(uint64_t offset, void* to, size_t bytes) const {
  if (offset > size_ || bytes > size_ - offset)
    corrupt(size_, "the file ends too early: ", bytes, " bytes wanted at byte ", offset, ", ",
            offset > size_ ? 0 : size_ - offset, " got; copy or download it again");
  for (size_t done = 0; done < bytes;) {
    context_.check_cancelled(op_);
    const size_t n = std::min(bytes - done, kBlock);
    fetch(offset + done, static_cast<std::byte*>(to) + done, n);
    done += n;
  }
}

void MemoryInput::fetch(uint64_t offset, void* to, size_t bytes) const {
  std::memcpy(to, bytes_.data() + offset, bytes);
}

FileInput::FileInput(const Context& context, const char* op, const std::string& path)
    : Input(context, op, path) {
  if (path.empty())
    invalid("[", op, "] 'path' must name a file: got an empty text; give the path of one file");
  open(AT_FDCWD, path.c_str(), 0);
}

FileInput::FileInput(const Context& context, const char* op, int folder, const std::string& name,
                     std::string shown)
    : Input(context, op, std::move(shown)) {
  open(folder, name.c_str(), O_NOFOLLOW);
}

FileInput::~FileInput() {
  if (file_ >= 0) ::close(file_);
}

void FileInput::open(int folder, const char* path, int flags) {
  auto refuse = [&](int error) {
    if (error == ENOMEM) throw std::bad_alloc();
    const bool missing = error == ENOENT || error == ENOTDIR;
    const bool link = error == ELOOP && flags;
    fail(missing ? Code::kNotFound : Code::kIo, "[", op_, "] ",
         missing ? "there is no such file"
         : link  ? "a file of the folder must be a file itself and no symbolic link, which may lead elsewhere"
                 : "the file cannot be read",
         ": got '", name_, "' (", std::generic_category().message(error), "); ",
         link ? "put the file itself there" : "check the path and its permissions");
  };
  // Without O_NONBLOCK, opening a named pipe would wait for a writer, maybe for ever.
  file_ = ::openat(folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);
  if (file_ < 0) refuse(errno);
  int error = ::fstat(file_, &opened_) == 0 ? 0 : errno;
  if (!error && S_ISREG(opened_.st_mode)) {
    size_ = static_cast<uint64_t>(opened_.st_size);
    return;
  }
  ::close(file_);
  file_ = -1;  // the destructor does not run when a constructor throws
  if (error) refuse(error);
  fail(Code::kIo, "[", op_, "] the path must be that of a regular file: got '", name_, "', ",
       S_ISDIR(opened_.st_mode) ? "a folder" : "a pipe or device", "; give the path of one file");
}

void FileInput::fetch(uint64_t offset, void* to, size_t bytes) const {
  for (size_t done = 0; done < bytes;) {
    const ssize_t n =
        ::pread(file_, static_cast<std::byte*>(to) + done, bytes - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      fail_at(Code::kIo, offset + done, "the file cannot be read (", std::generic_category().message(errno),
              "); check the disk");
    if (n == 0)
      fail_at(Code::kIo, offset + done, "the file has become shorter while it was read: it had ", size_,
              " bytes; read it when nobody writes it");
    done += static_cast<size_t>(n);
  }
}

void FileInput::check_unchanged() const {
  struct stat present {};
  if (::fstat(file_, &present) != 0)
    fail_at(Code::kIo, 0, "the file cannot be read (", std::generic_category().message(errno),
            "); check the disk");
  if (present.st_size != opened_.st_size || !same_time(present.st_mtim, opened_.st_mtim))
    fail_at(Code::kIo, 0, "the file has changed while it was read: it had ", size_, " bytes and has ",
            static_cast<int64_t>(present.st_size), "; read it when nobody writes it");
}

void Reader::read(void* to, size_t bytes, const char* what) {
  if (bytes > left())
    corrupt("the file ends inside its ", what, ": ", bytes, " bytes wanted, ", left(),
            " left; copy or download it again");
  fetch(to, bytes);
  offset_ += bytes;
}

void Budget::exceeded(const Input& input, uint64_t offset, uint64_t bytes, const std::string& what) const {
  input.fail_at(Code::kOutOfMemory, offset, what, " would take ", bytes, " bytes, ", left_, " of ", limit_,
                " are left: more than ",
                declared_ ? "'max_bytes' allows" : "a file of this size and format takes by itself",
                "; where the file is trusted, allow more with 'max_bytes'");
}

}  // namespace tl::io
