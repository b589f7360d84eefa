// Whether the short loops of a step that is run again and again are shared out to threads: it is timed both ways, now and then.
//
// What a loop writes on one core reaches the next loop on another one slowly, and how slowly depends on where the system has put
// the cores: neighbours were seen to exchange a line in 0.05 us, and at other times of the same day in 0.18. So a step of 150 us
// takes 100 with a second thread, or 310. The times of loops do not tell, those of whole steps do.
#pragma once

#include <algorithm>
#include <chrono>

#include "core/base/thread_pool.h"

namespace tl {

class StepSharing {
 public:
  using Clock = std::chrono::steady_clock;

  // From its construction to its end the pool follows the choice of one step, whose time counts where it is done. A pool of one
  // thread costs nothing.
  class Run {
   public:
    Run(StepSharing& sharing, ThreadPool& pool)
        : sharing_(sharing), pool_(pool.size() > 1 ? &pool : nullptr) {
      if (!pool_) return;
      pool_->set_short_loops(sharing_.begin() ? ThreadPool::ShortLoops::shared
                                              : ThreadPool::ShortLoops::alone);
      if (sharing_.is_timed()) begun_ = Clock::now();
    }
    ~Run() {
      if (pool_) pool_->set_short_loops(ThreadPool::ShortLoops::as_timed_here);
    }
    void done() {
      if (pool_ && sharing_.is_timed()) sharing_.end(Clock::now() - begun_);
    }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

   private:
    StepSharing& sharing_;
    ThreadPool* pool_;
    Clock::time_point begun_;
  };

  // Whether the step that begins now shares its short loops out, and whether its time is wanted afterwards.
  bool begin() {
    if (held_ > 0) --held_;
    return is_timed() ? is_shared_trial() : shared_;
  }
  bool is_timed() const { return held_ == 0; }
  void end(Clock::duration time) {
    Clock::duration& best = is_shared_trial() ? best_shared_ : best_alone_;
    best = std::min(best, time);
    if (++timed_ < kTimed) return;
    shared_ = best_shared_ < best_alone_ - best_alone_ / 50;
    timed_ = 0;
    held_ = kHeld;
    best_alone_ = best_shared_ = Clock::duration::max();
  }

 private:
  bool is_shared_trial() const { return timed_ / kInARow % 2 != 0; }

  // The least of several times: others may take a core for a while, and the first step of a kind wakes the threads.
  static constexpr int kInARow = 4, kTimed = 4 * kInARow, kHeld = 500;
  int timed_ = 0, held_ = 0;
  bool shared_ = false;
  Clock::duration best_alone_ = Clock::duration::max(), best_shared_ = Clock::duration::max();
};

}  // namespace tl
