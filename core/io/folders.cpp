#include "core/io/folders.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "core/io/file.h"

namespace tl::io {
namespace {

bool is_dots(const char* name) {
  return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

constexpr int kDeepestFolder = 64;

int remove_in(int parent, const char* name, int depth) noexcept {
  if (::unlinkat(parent, name, 0) == 0 || errno == ENOENT) return 0;
  // Linux says that a folder is a folder; POSIX says that it must not be unlinked.
  if ((errno != EISDIR && errno != EPERM) || depth == kDeepestFolder) return errno;
  const int folder = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (folder < 0) return errno;
  DIR* all = ::fdopendir(folder);
  if (!all) {
    const int error = errno;
    ::close(folder);
    return error;
  }
  int first = 0;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(all);
    if (!entry) break;
    if (is_dots(entry->d_name)) continue;
    const int error = remove_in(folder, entry->d_name, depth + 1);
    if (!first) first = error;
  }
  if (!first) first = errno;
  ::closedir(all);
  if (first) return first;
  return ::unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : errno;
}

}  // namespace

void make_folders(const char* op, const std::string& path) {
  const char* what = "the folder of the checkpoints cannot be made";
  for (size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), 0777) == 0) continue;
    const int error = errno;
    struct stat status;
    if (::stat(part.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) continue;
    fail_of_system(op, what, path, error == EEXIST ? ENOTDIR : error);
  }
}

std::vector<std::string> names_in(const char* op, const std::string& folder) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> all(::opendir(folder.c_str()), ::closedir);
  int error = all ? 0 : errno;
  if (error == ENOENT) return names;
  while (!error) {
    errno = 0;
    const dirent* entry = ::readdir(all.get());
    error = errno;
    if (!entry) break;
    if (!is_dots(entry->d_name)) names.emplace_back(entry->d_name);
  }
  if (error) fail_of_system(op, "the folder of the checkpoints cannot be read", folder, error);
  return names;
}

int remove_tree(const std::string& path) noexcept { return remove_in(AT_FDCWD, path.c_str(), 0); }

}  // namespace tl::io
