// What a forked child does with the handle of a thread that only its parent has.
#pragma once

#include <new>
#include <thread>
#include <utility>

namespace tl {

// Lets the handle go without a call: there is no thread here to join or to detach, and POSIX does not say what detaching one that
// does not exist would do (ThreadSanitizer of Clang ends the process).
inline void forget_thread_of_parent(std::thread& thread) noexcept {
  alignas(std::thread) unsigned char nowhere[sizeof(std::thread)];
  new (nowhere) std::thread(std::move(thread));  // never destroyed
}

}  // namespace tl
