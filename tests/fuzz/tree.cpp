#include "tests/fuzz/tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace tl::fuzz {
namespace {

constexpr size_t kMostFiles = 24, kLongestName = 255;

struct MemoryFolder {
  MemoryFolder() {
    std::string name =
        ::access("/dev/shm", W_OK) == 0 ? "/dev/shm/" : std::filesystem::temp_directory_path().string() + "/";
    name += "tapeloop-fuzz-XXXXXX";
    if (!::mkdtemp(name.data())) std::abort();
    path = name;
  }
  ~MemoryFolder() { remove(path); }
  static void remove(const std::string& folder) {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  std::string path;
};

// What of a path can be a name, so that it stays in the tree.
std::vector<std::string> names_in(const std::string& path) {
  std::vector<std::string> names(1);
  for (const char c : path) {
    if (c == '/')
      names.emplace_back();
    else
      names.back().push_back(c == 0 ? '_' : c);
  }
  for (std::string& name : names) name.resize(std::min(name.size(), kLongestName));
  names.erase(
      std::remove_if(names.begin(), names.end(), [](auto& n) { return n.empty() || n == "." || n == ".."; }),
      names.end());
  return names;
}

class Folder {
 public:
  Folder(int parent, const std::string& name)
      : fd_(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) {}
  ~Folder() {
    if (fd_ >= 0) ::close(fd_);
  }
  Folder(Folder&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Folder& operator=(Folder&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

void write_content(int parent, const std::string& name, const std::string& content) {
  const int file = ::openat(parent, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (file < 0) return;
  if (::write(file, content.data(), content.size()) != static_cast<ssize_t>(content.size())) std::abort();
  ::close(file);
}

// A name that cannot be there leaves its file out.
void write_one(const std::string& root, const TreeFile& file) {
  const char kind = file.path.empty() ? 0 : file.path[0];
  const bool special = kind == '>' || kind == '|';
  std::vector<std::string> names = names_in(file.path.substr(special));
  if (names.empty()) return;
  const std::string last = names.back();
  names.pop_back();
  Folder folder(AT_FDCWD, root);
  for (const std::string& name : names) {
    (void)::mkdirat(folder.fd(), name.c_str(), 0777);
    folder = Folder(folder.fd(), name);
    if (folder.fd() < 0) return;
  }
  if (kind == '>') {
    const std::vector<std::string> target = names_in(file.content);
    if (!target.empty()) (void)!::symlinkat(target.back().c_str(), folder.fd(), last.c_str());
  } else if (kind == '|') {
    (void)!::mkfifoat(folder.fd(), last.c_str(), 0666);
  } else if (file.path.back() == '/') {
    (void)::mkdirat(folder.fd(), last.c_str(), 0777);
  } else {
    write_content(folder.fd(), last, file.content);
  }
}

}  // namespace

const std::string& memory_folder() {
  static const MemoryFolder folder;
  return folder.path;
}

std::vector<TreeFile> tree_in(const std::string& bytes) {
  std::vector<TreeFile> files;
  size_t at = 0;
  auto byte = [&]() -> size_t { return at < bytes.size() ? static_cast<unsigned char>(bytes[at++]) : 0; };
  auto text = [&](size_t length) {
    std::string out = bytes.substr(at, length);
    at += out.size();
    return out;
  };
  while (at < bytes.size() && files.size() < kMostFiles) {
    TreeFile file;
    file.path = text(byte());
    const size_t low = byte();
    file.content = text(low | byte() << 8);
    files.push_back(std::move(file));
  }
  return files;
}

std::string bytes_of(const std::vector<TreeFile>& files) {
  std::string out;
  for (const TreeFile& file : files) {
    if (file.path.size() > 0xff || file.content.size() > 0xffff) continue;
    out += static_cast<char>(file.path.size());
    out += file.path;
    out += static_cast<char>(file.content.size());
    out += static_cast<char>(file.content.size() >> 8);
    out += file.content;
  }
  return out;
}

std::string written_tree(const std::string& bytes) {
  const std::string path = memory_folder() + "/tree";
  MemoryFolder::remove(path);
  if (::mkdir(path.c_str(), 0777) != 0) std::abort();
  for (const TreeFile& file : tree_in(bytes)) write_one(path, file);
  return path;
}

}  // namespace tl::fuzz
