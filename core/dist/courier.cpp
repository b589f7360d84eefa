#include "core/dist/courier.h"

#include <unistd.h>

#include <utility>

#include "core/base/blocked_signals.h"

namespace tl::dist {

void Errand::run() noexcept {
  try {
    work_();
  } catch (...) {
    failure_ = std::current_exception();
  }
}

Courier::Courier() : process_(getpid()) {}

std::shared_ptr<Courier> Courier::make() {
  return {new Courier, [](Courier* courier) {
            if (getpid() == courier->process_) delete courier;
          }};
}

Courier::~Courier() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
    given_.notify_one();
  }
  thread_.join();
}

bool Courier::start() noexcept {
  if (getpid() != process_) return false;
  if (thread_.joinable()) return true;
  const BlockedSignals none;
  try {
    thread_ = std::thread([this] { work(); });
    return true;
  } catch (...) {  // no thread, or no memory for one
    return false;
  }
}

void Courier::send(Errand& errand) noexcept {
  if (!start()) {
    errand.run();
    errand.state_ = Errand::State::kDone;
    return;
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  errand.state_ = Errand::State::kWaits;
  errand.next_ = nullptr;
  (last_ ? last_->next_ : first_) = &errand;
  last_ = &errand;
  given_.notify_one();
}

void Courier::finish(Errand& errand) {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [&] { return errand.state_ == Errand::State::kDone; });
    errand.state_ = Errand::State::kHome;
  }
  if (errand.failure_) std::rethrow_exception(std::exchange(errand.failure_, nullptr));
}

void Courier::drop(Errand& errand) noexcept {
  std::unique_lock<std::mutex> lock(mutex_);
  if (errand.state_ == Errand::State::kWaits) {
    Errand *before = nullptr, *at = first_;
    while (at != &errand) before = std::exchange(at, at->next_);
    (before ? before->next_ : first_) = errand.next_;
    if (last_ == &errand) last_ = before;
  } else if (errand.state_ == Errand::State::kGoes) {
    done_.wait(lock, [&] { return errand.state_ == Errand::State::kDone; });
  }
  errand.state_ = Errand::State::kHome;
  errand.failure_ = nullptr;
}

void Courier::settle() noexcept {
  std::unique_lock<std::mutex> lock(mutex_);
  done_.wait(lock, [&] { return !first_ && !going_; });
}

void Courier::work() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    given_.wait(lock, [&] { return ended_ || first_; });
    if (!first_) return;
    Errand& errand = *std::exchange(first_, first_->next_);
    if (!first_) last_ = nullptr;
    errand.state_ = Errand::State::kGoes;
    going_ = true;
    lock.unlock();
    errand.run();
    lock.lock();
    going_ = false;
    errand.state_ = Errand::State::kDone;
    done_.notify_all();
  }
}

}  // namespace tl::dist
