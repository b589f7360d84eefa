// Threads of ours block all signals, so that the host's handlers run in the host's threads. A thread begins with the mask of the one
// that starts it: this sets that mask while it lives.
#pragma once

#include <pthread.h>
#include <signal.h>

namespace tl {

class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    sigfillset(&all);
    changed_ = pthread_sigmask(SIG_SETMASK, &all, &before_) == 0;
  }
  ~BlockedSignals() {
    if (changed_) pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_;
  bool changed_ = false;
};

}  // namespace tl
