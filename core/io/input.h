// Input: a bounded view of bytes that a format reader works on, so that one reader serves a file, memory and a fuzzer.
// Reader: the same bytes from first to last. Budget: how much memory a file may ask for.
//
// Nothing is mapped into memory: a file that another program cuts off meanwhile would end the host program by a signal.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/error.h"
#include "core/base/span.h"
#include "core/tensor/context.h"

namespace tl::io {

// What a reader may use beyond the size of its file, unless the caller allows more: its own buffers are in it.
inline constexpr uint64_t kSlack = uint64_t{64} << 20;
inline constexpr uint64_t kBuffers = uint64_t{1} << 20;

class Input {
 public:
  virtual ~Input() = default;
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  const char* op() const { return op_; }             // the call, for messages
  const std::string& name() const { return name_; }  // the path, or what stands for it
  uint64_t size() const { return size_; }

  // Fills all of [to, to + bytes) with what begins at `offset`. Throws kCorruptData where the input ends before that, kIo, and
  // kCancelled between two blocks.
  void read(uint64_t offset, void* to, size_t bytes) const;

  // To be called once everything has been read: throws kIo when the file is not the one any more that was opened.
  virtual void check_unchanged() const {}

  // "[op] name, at byte offset: ..." But what a file seems to be that changed while it was read says nothing: then kIo, as
  // check_unchanged() throws it.
  template <class... Parts>
  [[noreturn]] void fail_at(Code code, uint64_t offset, const Parts&... parts) const {
    if (code != Code::kIo) check_unchanged();
    fail(code, "[", op_, "] ", name_, ", at byte ", offset, ": ", parts...);
  }
  template <class... Parts>
  [[noreturn]] void corrupt(uint64_t offset, const Parts&... parts) const {
    fail_at(Code::kCorruptData, offset, parts...);
  }

 protected:
  Input(const Context& context, const char* op, std::string name)
      : context_(context), op_(op), name_(std::move(name)) {}
  // One block, which lies inside the input.
  virtual void fetch(uint64_t offset, void* to, size_t bytes) const = 0;
  const Context& context_;
  const char* op_;
  std::string name_;
  uint64_t size_ = 0;
};

// Memory of the caller, which stays as it is as long as this is used.
class MemoryInput final : public Input {
 public:
  MemoryInput(const Context& context, const char* op, std::string name, Span<const std::byte> bytes)
      : Input(context, op, std::move(name)), bytes_(bytes) {
    size_ = bytes.size();
  }

 private:
  void fetch(uint64_t offset, void* to, size_t bytes) const override;
  Span<const std::byte> bytes_;
};

// A regular file. Throws kInvalidArgument (an empty path), kNotFound, kIo (a directory, a pipe or a device; no permission).
class FileInput final : public Input {
 public:
  FileInput(const Context& context, const char* op, const std::string& path);
  // A file in an open folder, by its own name, and never through a symbolic link. `shown` is its path for messages.
  FileInput(const Context& context, const char* op, int folder, const std::string& name, std::string shown);
  ~FileInput() override;
  // Size, times of change and identity as they were when the file was opened. A change that keeps the size, within one tick of
  // the file system's clock, cannot be seen.
  void check_unchanged() const override;

 private:
  void fetch(uint64_t offset, void* to, size_t bytes) const override;
  void open(int folder, const char* path, int flags);
  int file_ = -1;
  struct stat opened_ {};
};

// The bytes of something from first to last. `size()` of them are promised.
class Reader {
 public:
  virtual ~Reader() = default;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  uint64_t size() const { return size_; }
  uint64_t offset() const { return offset_; }
  uint64_t left() const { return size_ - offset_; }
  // Fills all of [to, to + bytes); `what` names the part in the error.
  void read(void* to, size_t bytes, const char* what);

  template <class... Parts>
  [[noreturn]] void fail_here(Code code, const Parts&... parts) const {  // as Input::fail_at()
    if (code != Code::kIo) check_unchanged();
    fail(code, place(), parts...);
  }
  template <class... Parts>
  [[noreturn]] void corrupt(const Parts&... parts) const {
    fail_here(Code::kCorruptData, parts...);
  }

 protected:
  explicit Reader(uint64_t size) : size_(size) {}
  virtual void fetch(void* to, size_t bytes) = 0;
  virtual std::string place() const = 0;  // "[op] name, at byte n: "
  virtual void check_unchanged() const = 0;
  uint64_t size_;
  uint64_t offset_ = 0;
};

// A whole input.
class InputReader final : public Reader {
 public:
  explicit InputReader(const Input& input) : Reader(input.size()), input_(input) {}

 private:
  void fetch(void* to, size_t bytes) override { input_.read(offset_, to, bytes); }
  std::string place() const override {
    return concat("[", input_.op(), "] ", input_.name(), ", at byte ", offset_, ": ");
  }
  void check_unchanged() const override { input_.check_unchanged(); }
  const Input& input_;
};

// Memory that a file may ask for: `limit` bytes, or, where that is 0, `times` the size of the file and 63 MiB.
class Budget {
 public:
  Budget(const Input& input, uint64_t limit, uint64_t times = 1)
      : left_(limit ? limit : input.size() * times + kSlack - kBuffers),
        limit_(left_),
        declared_(limit != 0) {}
  // Throws kOutOfMemory, before anything is allocated, where it is not left; `what` says for what.
  template <class... What>
  void take(const Input& input, uint64_t offset, uint64_t bytes, const What&... what) {
    if (bytes > left_) exceeded(input, offset, bytes, concat(what...));
    left_ -= bytes;
  }

 private:
  [[noreturn]] void exceeded(const Input& input, uint64_t offset, uint64_t bytes,
                             const std::string& what) const;
  uint64_t left_, limit_;
  bool declared_;
};

}  // namespace tl::io
