// OutputFile: a file that is there whole or not at all. It is written under a name of its own beside the place where it belongs,
// and takes that place at the end, by one rename; a file that was there before stays until then.
//
// It does not wait until the disk has it: after a power failure the old file or the new one may be there. Checkpoints do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/tensor/context.h"

namespace tl::io {

class OutputFile {
 public:
  // Throws kInvalidArgument (an empty path), kNotFound (no such folder), kIo (no permission; a folder or a device is there).
  OutputFile(const Context& context, const char* op, const std::string& path);
  ~OutputFile();  // what was not committed is deleted
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // Behind what was written last, or at `offset`. Throws kIo (a full disk) and kCancelled.
  void write(const void* from, size_t bytes);
  void write_at(uint64_t offset, const void* from, size_t bytes);
  uint64_t size() const { return size_; }
  // Gives the file its name. Throws kIo; then nothing has changed.
  void commit();

 private:
  [[noreturn]] void refuse(const char* what, int error) const;
  const Context& context_;
  const char* op_;
  std::string path_, temporary_;
  int file_ = -1;
  uint64_t size_ = 0;
};

}  // namespace tl::io
