// Writing to a descriptor of the program's without waiting for its reader, and without the signal that a pipe without one sends.
#pragma once

#include <string>

namespace tl::capi {

// Text on its way to a descriptor. Whatever is not taken at once waits here, and no call ever waits for it. The descriptor's flags,
// which it may share with other processes, stay as they are. A SIGPIPE that writing causes is taken back: the process never sees it,
// and its handlers and mask stay, too.
class QuietWriter {
 public:
  explicit QuietWriter(int descriptor) : descriptor_(descriptor) {}

  // Puts a text behind what waits, then writes what is taken at once.
  void put(const std::string& text) noexcept;
  // As put(), but without the text where something waits: for what the next one replaces. Whether it was put.
  bool put_if_idle(const std::string& text) noexcept;
  // Writing has failed: nothing waits any more, and nothing is written.
  bool failed() const noexcept { return failed_; }

 private:
  void flush() noexcept;

  static constexpr size_t kMostWaiting = size_t{1} << 16;  // more is left out, a whole text at a time
  const int descriptor_;
  bool failed_ = false;
  std::string waiting_;
};

}  // namespace tl::capi
