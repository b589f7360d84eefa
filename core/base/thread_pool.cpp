// How the pool works.
//
// The indices of a job are cut into one range for each thread. A range is published in one 64-bit word, its ticket: the
// job's number above, the next free index below. A thread claims an index by raising a ticket with a compare-and-swap,
// which succeeds only while that job is the current one; when its own range is used up it helps with the others. So the
// same thread mostly gets the same indices in every loop, and finds in its cache what it left there, and a thread that is
// late costs nothing but its help. A claimed index keeps the caller waiting, so after a claim the job's fields cannot
// change; a worker that comes too late claims nothing and touches nothing. The caller claims too, and never waits for a
// worker that has not started: a sleeping worker costs a wake-up call, not a delay.
#include "core/base/thread_pool.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "core/base/blocked_signals.h"
#include "core/base/error.h"
#include "core/base/forked_thread.h"

namespace tl {
namespace {

constexpr uint64_t kIndexMask = 0xffffffffu;
constexpr std::chrono::microseconds kSpinTime(50);
constexpr size_t kScratchAlignment = 64, kHugePage = 2 << 20;

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Spins until done() or until the spin time is over; true if done() held.
template <typename Done>
bool spin_until(Done done) {
  const auto deadline = std::chrono::steady_clock::now() + kSpinTime;
  do {
    for (int i = 0; i < 32; ++i) {
      if (done()) return true;
      relax();
    }
  } while (std::chrono::steady_clock::now() < deadline);
  return done();
}

// Whether to share out short loops. What they write moves from one core's cache to another's, and what that costs depends
// on where the cores are and what else they do: at 32 x 784 x 128 two threads were seen to take from 0.65 to 1.7 times as
// long as one. So windows of loops are run alone and shared out in turns, all that happens between them included, and
// the faster way holds for a while. Time decides who computes, never what.
class LoopTimes {
 public:
  // True if the caller should run this loop alone.
  bool alone() {
    if (left_ == 0) next_window();
    --left_;
    return alone_;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr int kLoops = 60;  // whole steps of programs with up to 6 such loops each
  static constexpr int kTrials = 4, kHold = 120 * kLoops;

  void next_window() {
    const Clock::time_point now = Clock::now();
    Clock::duration& best = alone_ ? best_alone_ : best_shared_;
    if (trial_ > 0) best = std::min(best, now - begun_);
    if (trial_ == kTrials) {
      alone_ = best_shared_ * 20 > best_alone_ * 19;
      best_alone_ = best_shared_ = kNever;
      trial_ = 0;
      left_ = kHold;
    } else {
      alone_ = trial_ % 2 == 0;
      ++trial_;
      left_ = kLoops;
      begun_ = now;
    }
  }

  static constexpr Clock::duration kNever = std::chrono::hours(24 * 365);
  Clock::time_point begun_;
  Clock::duration best_alone_ = kNever, best_shared_ = kNever;
  int left_ = 0, trial_ = 0;
  bool alone_ = true;
};

// Grow-only, 64-byte-aligned memory. From 1 MB on it lies in pages of 2 MB where the system has them and gives them on
// request: kernels walk through packed operands, and with pages of 4 kB the address translation alone costs 4 % of a
// large matrix product.
class Scratch {
 public:
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { std::free(memory_); }

  bool reserve(size_t bytes) {
    if (bytes <= size_) return true;
    if (bytes > SIZE_MAX / 2) return false;
    const bool large = bytes >= kHugePage / 2;
    const size_t unit = large ? kHugePage : 4096, rounded = (bytes + unit - 1) / unit * unit;
    void* memory = std::aligned_alloc(large ? kHugePage : kScratchAlignment, rounded);
    if (memory == nullptr) return false;
#if defined(__linux__)
    if (large) static_cast<void>(madvise(memory, rounded, MADV_HUGEPAGE));  // refused: pages of 4 kB
#endif
    std::free(memory_);
    memory_ = memory;
    size_ = rounded;
    return true;
  }
  void* get() const { return memory_; }

 private:
  void* memory_ = nullptr;
  size_t size_ = 0;
};

}  // namespace

struct ThreadPool::State {
  // Written by the caller before the tickets open the job, read by others only after a claim (count: also
  // before).
  std::atomic<size_t> count{0};
  FunctionRef<void(size_t, int)>* body = nullptr;

  struct alignas(64) Ticket {
    std::atomic<uint64_t> value{kIndexMask};  // the last index number stands for "closed"
  };
  std::vector<Ticket> tickets;  // one for each thread asked for
  alignas(64) std::atomic<size_t> unfinished{0};
  std::atomic<int> sleepers{0};
  std::atomic<bool> caller_waits{false};
  std::atomic<bool> stop{false};

  std::mutex mutex;
  std::condition_variable work, finished;

  std::mutex failure_mutex;
  size_t failure_index = 0;
  std::exception_ptr failure;

  bool active = false;  // a loop is running; written by the caller only, read in bodies
  LoopTimes loop_times;
  ShortLoops short_loops = ShortLoops::as_timed_here;
  pid_t process = getpid();
  std::vector<std::thread> workers;
  std::vector<std::thread::id> worker_ids;
  std::unique_ptr<Scratch[]> worker_scratch;
  Scratch shared_scratch;

  explicit State(size_t threads) : tickets(threads) {}

  bool runs_alone() {
    return short_loops == ShortLoops::as_timed_here ? loop_times.alone() : short_loops == ShortLoops::alone;
  }

  // The range of ticket r is [edge(r), edge(r + 1)).
  size_t edge(size_t n, size_t r) const { return n / tickets.size() * r + std::min(n % tickets.size(), r); }

  bool open(size_t r, uint64_t t) const {
    return (t & kIndexMask) < edge(count.load(std::memory_order_relaxed), r + 1);
  }

  bool any_open(std::memory_order order) const {
    for (size_t r = 0; r < tickets.size(); ++r)
      if (open(r, tickets[r].value.load(order))) return true;
    return false;
  }

  void work_on_job(int worker) {
    size_t r = static_cast<size_t>(worker);
    for (size_t i = 0; i < tickets.size(); ++i, r = r + 1 == tickets.size() ? 0 : r + 1)
      work_on_range(r, worker);
  }

  void work_on_range(size_t r, int worker) {
    std::atomic<uint64_t>& ticket = tickets[r].value;
    uint64_t t = ticket.load(std::memory_order_acquire);
    while (open(r, t)) {
      if (!ticket.compare_exchange_weak(t, t + 1, std::memory_order_acq_rel, std::memory_order_acquire))
        continue;
      run_index(t & kIndexMask, worker);
      if (unfinished.fetch_sub(1, std::memory_order_seq_cst) == 1 &&
          caller_waits.load(std::memory_order_seq_cst)) {
        std::lock_guard<std::mutex> lock(mutex);
        finished.notify_one();
      }
      t = ticket.load(std::memory_order_acquire);
    }
  }

  void run_index(size_t index, int worker) noexcept {
    try {
      (*body)(index, worker);
    } catch (...) {
      std::lock_guard<std::mutex> lock(failure_mutex);
      if (!failure || index < failure_index) {
        failure = std::current_exception();
        failure_index = index;
      }
    }
  }

  void worker_loop(int worker) {
    while (!stop.load(std::memory_order_relaxed)) {
      work_on_job(worker);
      const auto something = [this] {
        return any_open(std::memory_order_acquire) || stop.load(std::memory_order_relaxed);
      };
      if (spin_until(something)) continue;
      std::unique_lock<std::mutex> lock(mutex);
      sleepers.fetch_add(1, std::memory_order_seq_cst);
      // Sequentially consistent against the caller, which opens the tickets and then looks for sleepers.
      while (!any_open(std::memory_order_seq_cst) && !stop.load(std::memory_order_seq_cst)) work.wait(lock);
      sleepers.fetch_sub(1, std::memory_order_seq_cst);
    }
  }

  void run_inline(size_t n, FunctionRef<void(size_t, int)> f, int worker) {
    std::exception_ptr first;
    for (size_t i = 0; i < n; ++i) {
      try {
        f(i, worker);
      } catch (...) {
        if (!first) first = std::current_exception();
      }
    }
    if (first) std::rethrow_exception(first);
  }

  // The worker number of a thread that is inside a body.
  int current_worker() const {
    const std::thread::id self = std::this_thread::get_id();
    for (size_t i = 0; i < worker_ids.size(); ++i)
      if (worker_ids[i] == self) return static_cast<int>(i) + 1;
    return 0;
  }
};

ThreadPool::ThreadPool(int threads) : state_(new State(threads > 1 ? static_cast<size_t>(threads) : 1)) {
  State& s = *state_;
  const int extra = static_cast<int>(s.tickets.size()) - 1;
  s.workers.reserve(extra);
  s.worker_ids.reserve(extra);
  s.worker_scratch.reset(new Scratch[extra + 1]);
  if (extra == 0) return;
  BlockedSignals blocked;
  for (int i = 1; i <= extra; ++i) {
    try {
      s.workers.emplace_back([&s, i] { s.worker_loop(i); });
    } catch (const std::system_error&) {
      break;  // fewer threads, same results
    }
    s.worker_ids.push_back(s.workers.back().get_id());
  }
}

ThreadPool::~ThreadPool() {
  State& s = *state_;
  if (s.process != getpid()) {
    // A forked child: the workers do not exist here, and destroying what they slept on could block for ever.
    for (std::thread& worker : s.workers) forget_thread_of_parent(worker);
    static_cast<void>(state_.release());
    return;
  }
  {
    std::lock_guard<std::mutex> lock(s.mutex);
    s.stop.store(true, std::memory_order_seq_cst);
    s.work.notify_all();
  }
  for (std::thread& worker : s.workers) worker.join();
}

void ThreadPool::set_short_loops(ShortLoops how) noexcept { state_->short_loops = how; }

int ThreadPool::size() const noexcept { return static_cast<int>(state_->workers.size()) + 1; }

void ThreadPool::parallel_for(size_t count, FunctionRef<void(size_t)> body, Helpers helpers) {
  parallel_for_worker(
      count, [body](size_t index, int) { body(index); }, helpers);
}

void ThreadPool::parallel_for_worker(size_t count, FunctionRef<void(size_t, int)> body, Helpers helpers) {
  State& s = *state_;
  if (count == 0) return;
  if (s.active) return s.run_inline(count, body, s.current_worker());
  if (count == 1 || s.workers.empty() || s.process != getpid()) return s.run_inline(count, body, 0);
  if (helpers == Helpers::if_it_pays && s.runs_alone()) {
    const struct Active {
      explicit Active(bool& active) : flag(active) { flag = true; }
      ~Active() { flag = false; }
      bool& flag;
    } active(s.active);  // for loops inside of bodies
    return s.run_inline(count, body, 0);
  }
  if (count >= kIndexMask) {
    // More indices than the ticket can number: hand them out in blocks.
    const size_t block = count / (kIndexMask / 2) + 1;
    const auto run_block = [=, &s](size_t at, int worker) {
      const size_t begin = at * block;
      s.run_inline(
          count - begin < block ? count - begin : block,
          [body, begin](size_t i, int w) { body(begin + i, w); }, worker);
    };
    return parallel_for_worker((count + block - 1) / block, run_block, helpers);
  }

  // Close the tickets first: with the new count and an old ticket a late worker could claim an index of nobody.
  const uint64_t job = (s.tickets[0].value.load(std::memory_order_relaxed) | kIndexMask) + 1;
  for (State::Ticket& ticket : s.tickets) ticket.value.store(job | kIndexMask, std::memory_order_seq_cst);
  s.active = true;
  s.body = &body;
  s.unfinished.store(count, std::memory_order_relaxed);
  s.count.store(count, std::memory_order_release);
  for (size_t r = 0; r < s.tickets.size(); ++r)
    s.tickets[r].value.store(job | s.edge(count, r), std::memory_order_seq_cst);
  if (s.sleepers.load(std::memory_order_seq_cst) > 0) {
    std::lock_guard<std::mutex> lock(s.mutex);
    s.work.notify_all();
  }
  s.work_on_job(0);
  const auto done = [&s] { return s.unfinished.load(std::memory_order_acquire) == 0; };
  if (!spin_until(done)) {
    std::unique_lock<std::mutex> lock(s.mutex);
    s.caller_waits.store(true, std::memory_order_seq_cst);
    while (s.unfinished.load(std::memory_order_seq_cst) != 0) s.finished.wait(lock);
    s.caller_waits.store(false, std::memory_order_relaxed);
  }
  s.active = false;
  if (s.failure) {
    std::exception_ptr failure;
    failure.swap(s.failure);
    std::rethrow_exception(failure);
  }
}

void ThreadPool::reserve_scratch(size_t per_worker, size_t shared) {
  State& s = *state_;
  bool enough = s.shared_scratch.reserve(shared);
  for (int i = 0; enough && i < size(); ++i) enough = s.worker_scratch[i].reserve(per_worker);
  if (!enough)
    fail(Code::kOutOfMemory, "[thread pool] no memory for the working space of a kernel: needs ", per_worker,
         " bytes for each of ", size(), " threads and ", shared,
         " shared; free some memory or use fewer threads");
}

void* ThreadPool::worker_scratch(int worker) const noexcept { return state_->worker_scratch[worker].get(); }

void* ThreadPool::shared_scratch() const noexcept { return state_->shared_scratch.get(); }

}  // namespace tl
