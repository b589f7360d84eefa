#include "capi/src/quiet_write.h"

#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>

namespace tl::capi {

bool write_quietly(int descriptor, const std::string& text) noexcept {
  sigset_t pipe, before, pending;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  sigemptyset(&pending);
  sigpending(&pending);
  const bool was_pending = sigismember(&pending, SIGPIPE) == 1;  // somebody else's, which stays
  if (pthread_sigmask(SIG_BLOCK, &pipe, &before) != 0) return false;
  int error = 0;
  for (size_t at = 0; at < text.size() && error == 0;) {
    const ssize_t n = ::write(descriptor, text.data() + at, text.size() - at);
    if (n >= 0)
      at += static_cast<size_t>(n);
    else if (errno != EINTR)
      error = errno;
  }
  // The signal of a write goes to the thread that writes: it is pending here, and nowhere else.
  if (error == EPIPE && !was_pending) {
    const timespec at_once{};
    while (sigtimedwait(&pipe, nullptr, &at_once) < 0 && errno == EINTR) {
    }
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return error == 0 || error == EAGAIN;
}

}  // namespace tl::capi
