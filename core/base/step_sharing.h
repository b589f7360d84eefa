// Whether the short loops of a step that is run again and again are shared out to threads: it is timed both ways, now and then.
//
// What a loop writes on one core reaches the next loop on another one slowly, and how slowly depends on where the system has put
// the cores: neighbours were seen to exchange a line in 0.05 us, and at other times of the same day in 0.18. So a step of 150 us
// takes 100 with a second thread, or 310. The times of loops do not tell, those of whole steps do.
#pragma once

#include <algorithm>
#include <chrono>
#include <iterator>

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
    times_[is_shared_trial()][timed_ / (2 * kInARow) * kInARow + timed_ % kInARow] = time;
    if (++timed_ < kTimed) return;
    const Clock::duration alone = middle(times_[0]), shared = middle(times_[1]);
    const bool pays = shared < alone - alone / 50;
    hold_ = pays == shared_ ? std::min(2 * hold_, kLongestHold) : kShortestHold;
    shared_ = pays;
    timed_ = 0;
    held_ = hold_;
  }

 private:
  bool is_shared_trial() const { return timed_ / kInARow % 2 != 0; }

  // Of several times the middle one: others may take a core for a while, and the first step of a kind wakes the threads, so some
  // are too long; the least would be that of a step whose second core happened to be near, which the next one's need not be.
  static constexpr int kInARow = 4, kTimed = 4 * kInARow;
  static Clock::duration middle(Clock::duration (&times)[kTimed / 2]) {
    std::nth_element(std::begin(times), times + kTimed / 4 - 1, std::end(times));
    return times[kTimed / 4 - 1];
  }

  // Steps until the next trial: few for a new choice, for a bad moment of sixteen steps may have made it; twice as many each time
  // that it is confirmed, for a trial wakes the threads, which takes as long as some of the shortest steps.
  static constexpr int kShortestHold = 32, kLongestHold = 2000;
  int timed_ = 0, held_ = 0, hold_ = kShortestHold / 2;
  bool shared_ = false;
  Clock::duration times_[2][kTimed / 2] = {};
};

}  // namespace tl
