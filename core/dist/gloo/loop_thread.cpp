#include "core/dist/gloo/loop_thread.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace tl::dist {
namespace {

// Both are read only where something is there.
bool take(int fd) {
  uint64_t count = 0;
  return read(fd, &count, sizeof count) == sizeof count;
}

}  // namespace

LoopThread::LoopThread(std::shared_ptr<gloo::transport::tcp::Device> device, std::function<void()> on_time)
    : device_(std::move(device)), on_time_(std::move(on_time)) {
  event_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  timer_ = event_ < 0 ? -1 : timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (timer_ < 0) {
    const int error = errno;
    if (event_ >= 0) close(event_);
    throw std::system_error(error, std::generic_category(), "a descriptor to wake Gloo's thread");
  }
  device_->registerDescriptor(event_, EPOLLIN, this);
  device_->registerDescriptor(timer_, EPOLLIN, this);
}

// Behind each the thread is not in handleEvents() for it, nor comes back.
LoopThread::~LoopThread() {
  device_->unregisterDescriptor(event_, this);
  device_->unregisterDescriptor(timer_, this);
  close(event_);
  close(timer_);
}

void LoopThread::add(Call& call) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const bool wake = !first_;
  (first_ ? last_->next_ : first_) = &call;
  last_ = &call;
  const uint64_t one = 1;
  if (wake) (void)!write(event_, &one, sizeof one);  // has room: it is read before any call runs
}

void LoopThread::settle(const Call& call) noexcept {
  std::unique_lock<std::mutex> lock(mutex_);
  ran_.wait(lock, [&] { return call.ran_; });
}

void LoopThread::drain() noexcept {
  std::unique_lock<std::mutex> lock(mutex_);
  ran_.wait(lock, [&] { return !first_; });
}

// A timer that is early is set anew when it ends: calls that all have the same time to wait set one in that time.
void LoopThread::wake_at(Time when) {
  const std::lock_guard<std::mutex> lock(mutex_);
  until_ = when;
  if (when < armed_) arm(when);
}

void LoopThread::arm(Time when) {
  using std::chrono::nanoseconds;
  const int64_t at = std::chrono::duration_cast<nanoseconds>(when.time_since_epoch()).count();
  itimerspec spec{};
  spec.it_value = {at / 1000000000, at % 1000000000};
  timerfd_settime(timer_, TFD_TIMER_ABSTIME, &spec, nullptr);
  armed_ = when;
}

void LoopThread::run_all(std::unique_lock<std::mutex>& lock) {
  while (first_) {
    Call& call = *first_;
    lock.unlock();
    call.run();
    lock.lock();
    first_ = call.next_;
    call.ran_ = true;
    ran_.notify_all();  // who waits may free it as soon as the lock is free
  }
}

void LoopThread::look_at_time(std::unique_lock<std::mutex>& lock) {
  armed_ = Time::max();
  if (std::chrono::steady_clock::now() < until_) {
    if (until_ != Time::max()) arm(until_);
    return;
  }
  until_ = Time::max();
  lock.unlock();
  on_time_();
}

void LoopThread::handleEvents(int) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (take(event_))
    run_all(lock);
  else if (take(timer_))
    look_at_time(lock);
}

}  // namespace tl::dist
