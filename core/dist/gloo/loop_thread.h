// LoopThread: calls that are made on Gloo's own thread, which reads and writes all connections of a device, and a deadline that it keeps.
//
// Why: each connection has a lock, which send() and recv() hold while they write. Gloo's thread does not wait for it: as long as there is
// something to read, it asks again and again, and takes the processor from the very thread that holds the lock. What Gloo's thread does itself
// has nobody to wait for. For the same reason it must not make a call while somebody closes connections, who holds their locks and
// waits for that thread: whoever closes them drains it first. So nobody may wait with a timeout of Gloo's, behind which it closes
// all of them.
//
// One thread at a time uses it. Its calls must neither wait nor throw.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>

#include <gloo/transport/tcp/device.h>

namespace tl::dist {

class LoopThread final : public gloo::transport::tcp::Handler {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // What runs once; nothing is allocated for it.
  class Call {
   public:
    virtual void run() noexcept = 0;

   protected:
    ~Call() = default;

   private:
    friend class LoopThread;
    Call* next_ = nullptr;
    bool ran_ = false;
  };

  // on_time: what wake_at() does, on Gloo's thread. Throws std::system_error where the system has no descriptors left.
  LoopThread(std::shared_ptr<gloo::transport::tcp::Device> device, std::function<void()> on_time);
  ~LoopThread() override;
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  // Behind all that have been added before. `call` stays until settle() of it, or drain(), has returned.
  void add(Call& call);
  // Waits until `call` has run.
  void settle(const Call& call) noexcept;
  // Waits until all have run.
  void drain() noexcept;
  // Calls on_time() when it is so late; the last one counts, and that of an earlier one may still come.
  void wake_at(Time when);

  void handleEvents(int events) override;

 private:
  void arm(Time when);
  void run_all(std::unique_lock<std::mutex>& lock);
  void look_at_time(std::unique_lock<std::mutex>& lock);

  const std::shared_ptr<gloo::transport::tcp::Device> device_;
  const std::function<void()> on_time_;
  int event_ = -1, timer_ = -1;  // descriptors that wake the thread
  std::mutex mutex_;             // of what follows
  std::condition_variable ran_;
  Call *first_ = nullptr, *last_ = nullptr;  // that have not run; the first may be running
  Time until_ = Time::max(), armed_ = Time::max();
};

}  // namespace tl::dist
