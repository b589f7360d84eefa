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
#include "core/base/forked_thread.h"

namespace tl::data {
namespace {

using Clock = std::chrono::steady_clock;

// In steps so short it would be felt that the consumer wakes a thread: that takes it a call of the system, and an interrupt to another
// processor. So a thread that has made all there is room for naps, for as long as the consumer is likely to use up most of that, and
// wakes by its own clock; where it does not find what it expects a few times, it sleeps until it is woken.
constexpr Clock::duration kShortSteps = std::chrono::milliseconds(1),
                          kShortestNap = std::chrono::microseconds(20);
constexpr int kMostNaps = 4;

// What the threads work on. A thread hands an element over by its slot's `ready`, the consumer gives the slot back by `taken_`; the
// mutex is for those who sleep. Who is about to sleep says so and then looks again, and who changes what another may sleep for
// looks for sleepers afterwards; these steps are sequentially consistent, so that one of both always sees the other.
class Ring {
 public:
  Ring(const Dataset& source, const Control& consumer, Ahead how)
      : how_(std::move(how)),
        control_(nullptr, consumer),
        source_(source.open(control_)),
        slots_(static_cast<size_t>(how_.elements)) {}

  Stage& source() { return *source_; }
  int64_t elements() const { return how_.elements; }

  // ---- the consumer ----
  void start(uint64_t epoch, int64_t first) {
    {
      std::lock_guard<std::mutex> lock(mutex_);  // stop() may come from another thread even now
      epoch_ = epoch;
      given_ = taken_ = first;
      stopped_ = over_ = false;
      control_.stop(false);
      for (Slot& s : slots_) s.empty();
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
    ask_to_end();
    for (std::thread& t : threads_) t.join();
    threads_.clear();
    control_.stop(false);
  }
  // Asks the threads to end, and does not wait for them.
  void stop() noexcept {
    ask_to_end();
    source_->stop();
  }
  bool quiet() const noexcept { return active_.load(std::memory_order_acquire) == 0 && source_->quiet(); }
  // After fork() the threads are in the other process.
  void abandon() noexcept {
    for (std::thread& t : threads_) forget_thread_of_parent(t);
    threads_.clear();
  }
  bool running() const { return !threads_.empty(); }

  // The next element with the source's place behind it, or false at the end. Errors of threads come here. checks() runs now and then
  // while it waits, and may throw: then nothing has changed.
  template <class F>
  bool take(Element& out, Position& place, F&& checks) {
    const int64_t number = taken_.load(std::memory_order_relaxed);
    Slot& s = slot(number);
    if (!s.ready.load(std::memory_order_acquire)) wait_for(s, checks);
    if (s.error) std::rethrow_exception(s.error);
    if (s.end) return false;
    std::swap(out, s.element);
    std::swap(place, s.place);
    s.ready.store(false, std::memory_order_relaxed);
    taken_.store(number + 1);
    // Not for each element: a thread that wakes for one is soon asleep again.
    if (asleep_.load() && given_.load(std::memory_order_relaxed) - (number + 1) <= few_left()) {
      { std::lock_guard<std::mutex> lock(mutex_); }  // it waits by now
      space_.notify_one();
    }
    return true;
  }

 private:
  struct Slot {
    std::atomic<bool> ready{false};
    bool end = false;
    Element element;
    Position place;
    std::exception_ptr error;

    void empty() {
      ready.store(false, std::memory_order_relaxed);
      end = false;
      element.clear();
      place.clear();
      error = nullptr;
    }
  };
  Slot& slot(int64_t number) { return slots_[static_cast<size_t>(number) % slots_.size()]; }

  void ask_to_end() noexcept {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stopped_ = true;
    }
    control_.stop(true);
    space_.notify_all();
  }

  template <class F>
  void wait_for(Slot& s, F&& checks) {
    struct Waiting {
      explicit Waiting(std::atomic<bool>& flag) : flag_(flag) { flag_ = true; }
      ~Waiting() { flag_ = false; }
      std::atomic<bool>& flag_;
    };
    std::unique_lock<std::mutex> lock(mutex_);
    const Waiting now(waiting_);
    space_.notify_one();  // a nap has been too long
    while (!s.ready.load()) {
      if (ready_.wait_for(lock, kPatience) == std::cv_status::no_timeout) continue;
      lock.unlock();
      checks();
      lock.lock();
    }
  }

  void lay_down(int64_t number) {
    slot(number).ready.store(true);
    if (!waiting_.load() || number != taken_.load(std::memory_order_relaxed)) return;
    { std::lock_guard<std::mutex> lock(mutex_); }
    ready_.notify_one();
  }

  // Until only a few of the elements in front of `number` are left, so that there are several to make at once. False: the thread is to
  // end.
  bool wait_for_space(int64_t number) {
    std::unique_lock<std::mutex> lock(mutex_);
    auto left = [&] { return number - taken_.load(); };
    const auto begun = Clock::now();
    const int64_t ahead = left(), few = few_left();
    for (int naps = 0; naps < kMostNaps && few > 0 && pace_ <= kShortSteps; naps++) {
      if (left() <= few || stopped_ || waiting_) break;
      space_.wait_for(lock, std::max(pace_ * (left() - few), kShortestNap),
                      [&] { return stopped_ || waiting_; });
    }
    if (left() > few) {
      asleep_ = true;
      space_.wait(lock, [&] { return stopped_ || left() <= few; });
      asleep_ = false;
    }
    const int64_t taken = ahead - left();
    // A pause of the consumer's says little of the steps that follow: it grows by a half at most.
    if (taken > 0) pace_ = std::min<Clock::duration>((Clock::now() - begun) / taken, pace_ + pace_ / 2);
    return !stopped_;
  }
  int64_t few_left() const { return how_.elements / 2; }

  // Takes an element of the source; null at the end. One thread at a time.
  Slot* pull(int64_t& number) {
    std::lock_guard<std::mutex> turn(turn_);
    number = given_.load(std::memory_order_relaxed);
    if (over_ || stopped_) return nullptr;
    if (number - taken_.load(std::memory_order_acquire) >= how_.elements && !wait_for_space(number))
      return nullptr;
    given_.store(number + 1, std::memory_order_relaxed);
    Slot& s = slot(number);
    try {
      s.end = !source_->next(s.element);
      s.place.clear();
      if (!s.end) source_->save(s.place);
    } catch (...) {
      s.error = std::current_exception();
    }
    if (!s.end && !s.error) return &s;
    over_ = true;
    lay_down(number);
    if (s.end) expect_next();
    return nullptr;
  }
  // While the consumer uses up what is there.
  void expect_next() noexcept {
    try {
      source_->expect(epoch_ + 1);
    } catch (...) {
      // Without memory that comes when it is asked for.
    }
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
  Control control_;
  std::unique_ptr<Stage> source_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
  std::atomic<int> active_{0};  // threads that have not come to their end
  uint64_t epoch_ = 0;
  std::mutex turn_;    // held by the thread that takes an element of the source
  bool over_ = false;  // of whose turn it is: the source has ended
  std::vector<Slot> slots_;
  std::atomic<int64_t> given_{0}, taken_{0};  // numbers of what comes next, to a thread and to the consumer

  std::mutex mutex_;
  std::condition_variable ready_, space_;
  Clock::duration pace_ = 2 * kShortSteps;  // of the consumer: the time for an element, as it was last
  std::atomic<bool> stopped_{false};        // changes with the mutex
  std::atomic<bool> waiting_{false};        // the consumer, for an element
  std::atomic<bool> asleep_{false};         // the thread whose turn it is, for the consumer to take some
};

class AheadStage : public Stage {
 public:
  AheadStage(const Dataset& source, const Control& control, Ahead how)
      : control_(control), ring_(std::make_unique<Ring>(source, control, std::move(how))) {}
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
    int64_t n = 0;
    // A few of them are made already, and to stop the threads would throw away what comes behind them.
    if (ring_->running() && count <= ring_->elements()) {
      try {
        Element dropped;
        while (n < count && next(dropped)) n++;
        return n;
      } catch (...) {
        // What is passed over must not be wanting: without it, then, as if it had not been made.
        control_.check();
      }
    }
    ring_->halt();
    go_to_place();
    const int64_t passed = ring_->source().skip(count - n);
    index_ += passed;
    note_place();
    return n + passed;
  }
  void save(Position& out) const override {
    put_tag(out, Tag::kAhead);
    out.words.push_back(static_cast<int64_t>(epoch_));
    out.words.push_back(index_);
    out.words.push_back(over_);
    out.words.insert(out.words.end(), place_.words.begin(), place_.words.end());
    out.parts.insert(out.parts.end(), place_.parts.begin(), place_.parts.end());
  }
  void restore(PositionReader& in) override {
    check_process();
    ring_->halt();
    get_tag(in, Tag::kAhead);
    epoch_ = static_cast<uint64_t>(in.word());
    index_ = in.word(0, std::numeric_limits<int64_t>::max());
    over_ = in.word(0, 1) != 0;
    ring_->source().restore(in);
    note_place();
  }
  void stop() noexcept override {
    const pid_t process = process_;  // and not whether threads run, which another thread may be changing
    if (process == 0 || process == getpid()) ring_->stop();
  }
  bool quiet() const noexcept override { return (process_ != 0 && getpid() != process_) || ring_->quiet(); }
  // What was made ahead is made again with the new weights.
  void weigh(const WeightChange& change) override {
    check_process();
    ring_->halt();
    go_to_place();
    ring_->source().weigh(change);
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
