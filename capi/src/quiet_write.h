// Writing to a descriptor of the program's without the signal that a pipe without a reader sends.
#pragma once

#include <string>

namespace tl::capi {

// Writes all of a text, and waits where a pipe is full. False where that failed. A descriptor that does not block and takes no more
// just now has the rest dropped, which is no failure. A SIGPIPE that this causes is taken back: the process never sees it, and its
// handlers and mask stay as they are.
bool write_quietly(int descriptor, const std::string& text) noexcept;

}  // namespace tl::capi
