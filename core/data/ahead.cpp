#include "core/data/ahead.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <limits>
#include <mutex>
#include <system_error>
#include <thread>

#include "core/base/blocked_signals.h"
#include "core/base/clock.h"
#include "core/base/error.h"

namespace tl::data {
namespace {

// What the threads work on.
class Ring {
 public:
  Ring(const Dataset& source, Ahead how)
      : how_(std::move(how)), source_(source.open(control_)), slots_(static_cast<size_t>(how_.elements)) {}

  Stage& source() { return *source_; }

  // ---- the consumer ----
  void start(uint64_t epoch, int64_t first) {
    {
      std::lock_guard<std::mutex> lock(mutex_);  // stop() may come from another thread even now
      epoch_ = epoch;
      given_ = taken_ = first;
      stopped_ = over_ = false;
      control_.stop(false);
      for (Slot& s : slots_) s = Slot();
    }
    while (how_.function && workers_.size() < static_cast<size_t>(how_.threads))
      workers_.push_back(how_.function->worker());
    BlockedSignals blocked;
    threads_.reserve(static_cast<size_t>(how_.threads));
    try {
      for (int i = 0; i < how_.threads; i++) {
        active_.fetch_add(1, std::memory_order_relaxed);
        threads_.emplace_back(
            [this, i] { work(how_.function ? workers_[static_cast<size_t>(i)].get() : nullptr); });
      }
    } catch (const std::system_error&) {
      active_.fetch_sub(1, std::memory_order_relaxed);
      // Fewer do as well, but one there must be.
      if (threads_.empty())
        fail(Code::kOutOfMemory, "[dataset_next] the system must grant a thread: got none; ",
             "look at its limits, or leave prefetch out");
    }
  }
  void halt() noexcept {
    if (threads_.empty()) return;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stopped_ = true;
    }
    control_.stop(true);
    space_.notify_all();
    for (std::thread& t : threads_) t.join();
    threads_.clear();
    control_.stop(false);
  }
  // Asks the threads to end, and does not wait for them.
  void stop() noexcept {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stopped_ = true;
    }
    control_.stop(true);
    space_.notify_all();
    source_->stop();
  }
  bool quiet() const noexcept { return active_.load(std::memory_order_acquire) == 0 && source_->quiet(); }
  // After fork() the threads are in the other process.
  void abandon() noexcept {
    for (std::thread& t : threads_) t.detach();
    threads_.clear();
  }
  bool running() const { return !threads_.empty(); }

  // The next element with the source's place behind it, or false at the end. Errors of threads come here. checks() runs now and then
  // while it waits, and may throw: then nothing has changed.
  template <class F>
  bool take(Element& out, Position& place, F&& checks) {
    std::unique_lock<std::mutex> lock(mutex_);
    Slot& s = slots_[static_cast<size_t>(taken_) % slots_.size()];
    while (!s.ready) {
      if (ready_.wait_for(lock, kPatience) == std::cv_status::no_timeout) continue;
      lock.unlock();
      checks();
      lock.lock();
    }
    if (s.error) std::rethrow_exception(s.error);
    if (s.end) return false;
    s.ready = false;
    std::swap(out, s.element);
    std::swap(place, s.place);
    taken_++;
    // Not for each element: a thread that wakes for one is soon asleep again.
    const bool wake = given_ - taken_ <= how_.elements / 2;
    lock.unlock();
    if (wake) space_.notify_all();
    return true;
  }

 private:
  struct Slot {
    bool ready = false, end = false;
    Element element;
    Position place;
    std::exception_ptr error;
  };

  void lay_down(int64_t number) {
    std::lock_guard<std::mutex> lock(mutex_);
    slots_[static_cast<size_t>(number) % slots_.size()].ready = true;
    if (number == taken_) ready_.notify_one();
  }

  // Takes an element of the source; null at the end. One thread at a time.
  Slot* pull(int64_t& number) {
    std::lock_guard<std::mutex> turn(turn_);
    {
      std::unique_lock<std::mutex> lock(mutex_);
      space_.wait(lock, [&] { return stopped_ || over_ || given_ - taken_ < how_.elements; });
      if (stopped_ || over_) return nullptr;
      number = given_++;
    }
    Slot& s = slots_[static_cast<size_t>(number) % slots_.size()];
    try {
      s.end = !source_->next(s.element);
      s.place.clear();
      if (!s.end) source_->save(s.place);
    } catch (...) {
      s.error = std::current_exception();
    }
    if (s.end || s.error) {
      {
        std::lock_guard<std::mutex> lock(mutex_);
        over_ = true;
      }
      lay_down(number);
      return nullptr;
    }
    return &s;
  }

  void work(Worker* worker) noexcept {
    int64_t number = 0;
    while (Slot* s = pull(number)) {
      try {
        if (worker) worker->run(place_of(how_.seed, epoch_, number), s->element);
      } catch (...) {
        s->error = std::current_exception();
      }
      lay_down(number);
    }
    active_.fetch_sub(1, std::memory_order_release);
  }

  const Ahead how_;
  Control control_{nullptr};
  std::unique_ptr<Stage> source_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
  std::atomic<int> active_{0};  // threads that have not come to their end
  uint64_t epoch_ = 0;
  std::mutex turn_;  // held by the thread that takes an element of the source
  std::mutex mutex_;
  std::condition_variable ready_, space_;
  std::vector<Slot> slots_;
  int64_t given_ = 0, taken_ = 0;  // numbers of the elements that come next, to a thread and to the consumer
  bool stopped_ = false, over_ = false;
};

class AheadStage : public Stage {
 public:
  AheadStage(const Dataset& source, const Control& control, Ahead how)
      : control_(control), ring_(std::make_unique<Ring>(source, std::move(how))) {}
  ~AheadStage() override {
    if (ring_->running() && getpid() != process_) {
      ring_->abandon();
      (void)ring_.release();  // its locks may be held by threads that are not here
      return;
    }
    ring_->halt();
  }

  void begin(uint64_t epoch) override {
    check_process();
    ring_->halt();
    ring_->source().begin(epoch);
    epoch_ = epoch;
    index_ = 0;
    over_ = false;
    note_place();
  }
  bool next(Element& out) override {
    if (over_) return false;
    check_process();
    if (!ring_->running()) {
      go_to_place();
      process_ = getpid();
      moved_ = true;
      ring_->start(epoch_, index_);
    }
    const bool more = ring_->take(out, place_, [&] {
      check_process();
      control_.check();
    });
    if (more)
      index_++;
    else
      over_ = true;
    return more;
  }
  int64_t skip(int64_t count) override {
    check_process();
    ring_->halt();
    go_to_place();
    const int64_t n = ring_->source().skip(count);
    index_ += n;
    note_place();
    return n;
  }
  void save(Position& out) const override {
    put_tag(out, Tag::kAhead);
    out.words.push_back(static_cast<int64_t>(epoch_));
    out.words.push_back(index_);
    out.words.insert(out.words.end(), place_.words.begin(), place_.words.end());
    out.parts.insert(out.parts.end(), place_.parts.begin(), place_.parts.end());
  }
  void restore(PositionReader& in) override {
    check_process();
    ring_->halt();
    get_tag(in, Tag::kAhead);
    epoch_ = static_cast<uint64_t>(in.word());
    index_ = in.word(0, std::numeric_limits<int64_t>::max());
    over_ = false;
    ring_->source().restore(in);
    note_place();
  }
  void stop() noexcept override {
    const pid_t process = process_;  // and not whether threads run, which another thread may be changing
    if (process == 0 || process == getpid()) ring_->stop();
  }
  bool quiet() const noexcept override { return (process_ != 0 && getpid() != process_) || ring_->quiet(); }
  // What was made ahead is made again with the new weights.
  void weigh(const SampleWeights& changed) override {
    check_process();
    ring_->halt();
    go_to_place();
    ring_->source().weigh(changed);
    over_ = false;
    note_place();
  }

 private:
  void note_place() {
    place_.clear();
    ring_->source().save(place_);
    moved_ = false;
  }
  // Back to the element that the consumer gets next.
  void go_to_place() {
    if (!moved_) return;
    PositionReader reader(place_);
    ring_->source().restore(reader);
    moved_ = false;
  }
  void check_process() const {
    if (ring_->running() && getpid() != process_)
      fail(Code::kFailedPrecondition,
           "[dataset_next] a pipeline with threads must not be used after fork(): got a process without "
           "them; make the dataset in the child");
  }

  const Control& control_;
  std::unique_ptr<Ring> ring_;
  std::atomic<pid_t> process_{0};
  uint64_t epoch_ = 0;
  int64_t index_ = 0;
  bool over_ = false;
  bool moved_ = false;  // threads have taken elements behind place_
  Position place_;      // the source's, behind the element that was taken last
};

}  // namespace

std::unique_ptr<Stage> open_ahead(const Dataset& source, const Control& control, Ahead how) {
  return std::make_unique<AheadStage>(source, control, std::move(how));
}

}  // namespace tl::data
