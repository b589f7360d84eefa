// Courier: a thread that makes the calls of groups beside the threads of their ranks, one at a time and in the order in which they were
// handed over, so that an engine is never in two calls at once. Groups within a group share one, as they share connections.
//
// Who hands a call over waits for it, or takes it back, before the next one of its own: an errand is on its way once at a time. It starts
// its thread with the first errand, and knows nothing of what these do.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace tl::dist {

// A call that can be handed over again and again, without memory for it.
class Errand {
 public:
  explicit Errand(std::function<void()> work) : work_(std::move(work)) {}
  Errand(const Errand&) = delete;
  Errand& operator=(const Errand&) = delete;

 private:
  friend class Courier;
  enum class State { kHome, kWaits, kGoes, kDone };

  void run() noexcept;

  const std::function<void()> work_;
  State state_ = State::kHome;
  std::exception_ptr failure_;
  Errand* next_ = nullptr;
};

class Courier {
 public:
  // In a process that was forked off the thread is the parent's: there nothing of a courier is destroyed.
  static std::shared_ptr<Courier> make();
  // Nothing is on its way any more.
  ~Courier();
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  // Hands an errand over that is at home. Where the system has no thread for it, and in a forked process, it is run now.
  void send(Errand& errand) noexcept;
  // Until it is done; throws what it threw.
  void finish(Errand& errand);
  // Takes it back, or waits until it is done, whatever comes of it. Nothing where it is at home.
  void drop(Errand& errand) noexcept;
  // Until nothing waits or goes: who calls may then use what errands use.
  void settle() noexcept;

 private:
  Courier();
  bool start() noexcept;
  void work();

  const pid_t process_;
  std::mutex mutex_;
  std::condition_variable given_, done_;
  Errand *first_ = nullptr, *last_ = nullptr;  // that wait
  bool going_ = false, ended_ = false;
  std::thread thread_;
};

}  // namespace tl::dist
