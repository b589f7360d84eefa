#include "core/io/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>
#include <system_error>

namespace tl::io {

OpenFolder::OpenFolder(const char* op, const std::string& path) : op_(op), path_(path) {
  if (path.empty())
    invalid("[", op, "] 'folder' must name a folder: got an empty text; '.' is the current one");
  open(AT_FDCWD, path.c_str(), 0);
}

OpenFolder::OpenFolder(const OpenFolder& parent, const std::string& name)
    : op_(parent.op_), path_(parent.below(name)) {
  open(parent.folder_, name.c_str(), O_NOFOLLOW);
}

OpenFolder::~OpenFolder() {
  if (folder_ >= 0) ::close(folder_);
}

void OpenFolder::open(int parent, const char* name, int flags) {
  folder_ = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
  if (folder_ < 0) refuse(path_, errno);
}

void OpenFolder::refuse(const std::string& path, int error) const {
  if (error == ENOMEM) throw std::bad_alloc();
  const bool missing = error == ENOENT;
  fail(missing ? Code::kNotFound : Code::kIo, "[", op_, "] ",
       missing ? "there is no such folder" : "the folder cannot be read", ": got '", path, "' (",
       std::generic_category().message(error), "); check the path and its permissions");
}

std::vector<OpenFolder::Entry> OpenFolder::entries() const {
  // A descriptor of its own, because closedir() closes it. Not std::filesystem, whose iterators end the program when there is no memory.
  const int copy = ::openat(folder_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) refuse(path_, errno);
  std::unique_ptr<DIR, int (*)(DIR*)> all(::fdopendir(copy), ::closedir);
  if (!all) {
    const int error = errno;
    ::close(copy);
    refuse(path_, error);
  }
  std::vector<Entry> out;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(all.get());
    if (!entry) break;
    if (entry->d_name[0] == '.') continue;
    struct stat status {};
    if (::fstatat(folder_, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
      refuse(below(entry->d_name), errno);
    if (S_ISLNK(status.st_mode))
      fail(Code::kIo, "[", op_,
           "] nothing in the folder may be a symbolic link, which may lead elsewhere: got '",
           below(entry->d_name), "'; put the file or folder itself there");
    if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))
      out.push_back({entry->d_name, S_ISDIR(status.st_mode)});
  }
  if (errno) refuse(path_, errno);
  std::sort(out.begin(), out.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return out;
}

FileInput OpenFolder::file(const Context& context, const std::string& name) const {
  return FileInput(context, op_, folder_, name, below(name));
}

}  // namespace tl::io
