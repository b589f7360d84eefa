#include "capi/src/quiet_write.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>

namespace tl::capi {
namespace {

// While it lives, a SIGPIPE of this thread is held back, and taken away at the end where it came of writing.
class NoSigpipe {
 public:
  NoSigpipe() noexcept {
    sigset_t pending;
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigemptyset(&pending);
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;  // somebody else's, which stays
    blocked_ = pthread_sigmask(SIG_BLOCK, &pipe_, &before_) == 0;
  }
  ~NoSigpipe() {
    if (!blocked_) return;
    // The signal of a write goes to the thread that writes: it is pending here, and nowhere else.
    if (caused && !was_pending_) {
      const timespec at_once{};
      while (sigtimedwait(&pipe_, nullptr, &at_once) < 0 && errno == EINTR) {
      }
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;
  bool blocked() const noexcept { return blocked_; }
  bool caused = false;

 private:
  sigset_t pipe_, before_;
  bool was_pending_ = false, blocked_ = false;
};

// The same pipe or terminal, opened once more: without waiting here, while the flags of the program's descriptor belong to all who
// share it. It is closed after each write, so that the reader finds the end where the program closes its own. -1 where the system
// does not let us.
int opened_anew(int descriptor) noexcept {
  char path[32];
  std::snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
  return ::open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

// How a descriptor is written without waiting: write(bytes, count) as write(2) does, EAGAIN where it would wait.
class AtOnce {
 public:
  explicit AtOnce(int descriptor) noexcept : descriptor_(descriptor) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) return;
    const int flags = ::fcntl(descriptor, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY || (flags & O_NONBLOCK))
      return;  // write() says what is wrong
    const bool terminal = S_ISCHR(status.st_mode) && ::isatty(descriptor) == 1;
    if (S_ISSOCK(status.st_mode)) kind_ = kSocket;
    if (!S_ISFIFO(status.st_mode) && !terminal) return;
    anew_ = opened_anew(descriptor);
    if (anew_ >= 0) return;
    // What is ready takes a page of a pipe, and a character of a terminal. Another who writes to the same pipe may come between.
    kind_ = kAsked;
    most_ = terminal ? 1 : PIPE_BUF;
  }
  ~AtOnce() {
    if (anew_ >= 0) ::close(anew_);
  }
  AtOnce(const AtOnce&) = delete;
  AtOnce& operator=(const AtOnce&) = delete;

  ssize_t write(const char* bytes, size_t count) const noexcept {
    if (kind_ == kSocket) return ::send(descriptor_, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (kind_ == kAsked) {
      pollfd asked{descriptor_, POLLOUT, 0};
      const int ready = ::poll(&asked, 1, 0);
      if (ready < 0) return -1;
      if (ready == 0) {
        errno = EAGAIN;
        return -1;
      }
      count = std::min(count, most_);
    }
    return ::write(anew_ >= 0 ? anew_ : descriptor_, bytes, count);
  }

 private:
  enum Kind { kPlain, kSocket, kAsked };
  const int descriptor_;
  Kind kind_ = kPlain;
  int anew_ = -1;
  size_t most_ = 0;
};

}  // namespace

void QuietWriter::put(const std::string& text) noexcept {
  if (failed_) return;
  flush();
  try {
    if (waiting_.size() + text.size() <= kMostWaiting) waiting_ += text;
  } catch (...) {
    // Without memory it is left out.
  }
  flush();
}

bool QuietWriter::put_if_idle(const std::string& text) noexcept {
  flush();
  if (failed_ || !waiting_.empty()) return false;
  put(text);
  return true;
}

void QuietWriter::flush() noexcept {
  if (failed_ || waiting_.empty()) return;
  NoSigpipe quiet;
  if (!quiet.blocked()) return;
  const AtOnce out(descriptor_);
  size_t done = 0;
  int error = 0;
  while (done < waiting_.size() && error == 0) {
    const ssize_t n = out.write(waiting_.data() + done, waiting_.size() - done);
    if (n >= 0)
      done += static_cast<size_t>(n);
    else if (errno != EINTR)
      error = errno;
  }
  quiet.caused = error == EPIPE;
  waiting_.erase(0, done);
  if (error == 0 || error == EAGAIN || error == EWOULDBLOCK) return;
  failed_ = true;
  waiting_.clear();
}

}  // namespace tl::capi
