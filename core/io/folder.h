// An open folder whose files are read by their own names, never through a symbolic link: nothing that lies in it leads out of it.
#pragma once

#include <string>
#include <vector>

#include "core/io/input.h"

namespace tl::io {

class OpenFolder {
 public:
  // The folder of a path of the caller's, which may go through links. Throws kInvalidArgument (an empty path), kNotFound, kIo.
  OpenFolder(const char* op, const std::string& path);
  // A folder in a folder. Throws kIo for a symbolic link.
  OpenFolder(const OpenFolder& parent, const std::string& name);
  ~OpenFolder();
  OpenFolder(const OpenFolder&) = delete;
  OpenFolder& operator=(const OpenFolder&) = delete;

  struct Entry {
    std::string name;
    bool folder;
  };
  // What lies in it, sorted by name, because a folder has no order of its own; without names that begin with a dot. Throws kIo for
  // a symbolic link; pipes, devices and the like are passed over.
  std::vector<Entry> entries() const;
  // A file in it.
  FileInput file(const Context& context, const std::string& name) const;

  const std::string& path() const { return path_; }
  const char* op() const { return op_; }

 private:
  void open(int parent, const char* name, int flags);
  [[noreturn]] void refuse(const std::string& path, int error) const;
  std::string below(const std::string& name) const {
    return path_.back() == '/' ? path_ + name : path_ + "/" + name;
  }
  const char* op_;
  std::string path_;
  int folder_ = -1;
};

}  // namespace tl::io
