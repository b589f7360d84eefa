// Context: everything that is not a value. Memory, worker threads, random numbers, the recorders (tapes) that are open.
// One thread at a time may use a context; several contexts share nothing. There is no global and no thread-local state.
//
// Handles, scopes and the first error, which only callers from other languages need, live in capi.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/thread_pool.h"
#include "core/tensor/allocator.h"
#include "core/tensor/batched.h"
#include "core/tensor/tensor.h"

namespace tl {

class Observer;  // core/tensor/recorder.h
class Recorder;
class Timeline;  // core/tensor/timeline.h
class Variable;

enum class LogLevel : int32_t { kInfo = 1, kWarning = 2 };

struct ContextOptions {
  uint64_t seed = 0;
  int threads = 0;          // 0: as many as the CPUs that this process may use
  size_t memory_limit = 0;  // bytes; 0: none
  void (*log)(void* user_data, LogLevel level, const char* message) = nullptr;
  void* log_user_data = nullptr;
};

// The position of the random stream: Philox with key (seed, op) and counter (call, element). Each random op takes one
// call number, so the same program with the same seed draws the same numbers whatever the number of threads.
struct RandomState {
  uint64_t seed = 0;
  uint64_t next_call = 0;
};

// Random calls that were drawn for first values of state, which is there when the same code runs again.
struct Making {
  uint64_t at, calls;
};

class Context {
 public:
  explicit Context(const ContextOptions& options);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // A new tensor with undefined contents. Throws kOutOfMemory.
  Tensor allocate(DType dtype, const Shape& shape);
  // A tensor over a buffer whose reference the tensor takes over.
  Tensor adopt(Buffer* buffer, DType dtype, const Shape& shape);
  // A tensor without data (see tensor.h) with an id of its own, or with that of another tensor.
  Tensor make_shell(DType dtype, const Shape& shape, uint64_t id);

  Allocator& allocator() { return allocator_; }
  ThreadPool& pool();  // threads are started by the first use
  int threads() const { return threads_; }
  void set_threads(int threads);
  RandomState& random() { return random_; }
  // Begins the random numbers anew; observers hear of it, whatever the numbers were before.
  void set_seed(uint64_t seed) {
    note_unreplayable("it sets the seed; set it before the step");
    random_ = RandomState{seed, 0};
  }
  // A layer that is built says that it has drawn all calls from `at` on, and takes it back if it fails after all.
  void note_making(uint64_t at) {
    if (makings_told_ && random_.next_call != at) makings_told_->push_back({at, random_.next_call - at});
  }
  void forget_makings(uint64_t from) noexcept;
  // One that is there already passes over what it drew, where the code that has built it runs again.
  void pass_makings() {
    if (makings_known_) pass_known_makings();
  }
  // Where makings are told, and those that are known; null: nobody asks, none. Both return what was there.
  std::vector<Making>* tell_makings(std::vector<Making>* to) { return std::exchange(makings_told_, to); }
  const std::vector<Making>* know_makings(const std::vector<Making>* these) {
    return std::exchange(makings_known_, these);
  }
  uint64_t new_id() { return next_id_++; }
  uint64_t next_id() const { return next_id_; }  // ids grow: what was made earlier has a smaller one
  void log(LogLevel level, const char* message) const {
    if (log_) log_(log_user_data_, level, message);
  }

  // Recorders that see each op unless they are hidden, oldest first. A recorder that is shown an op may run ops of its own
  // and hide others meanwhile: walk over them by index.
  const std::vector<Recorder*>& recorders() const { return recorders_; }
  uint64_t recording_bits() const {
    return recording_bits_;
  }  // the union of the bits of those that are not hidden
  void add_recorder(Recorder* recorder);
  void remove_recorder(Recorder* recorder);
  // For a walk whose steps may run the program's own functions, which open, end or release recorders: the oldest one that is
  // not hidden and was added after `place` but before `end`; null behind the last. It sets place to that of the recorder.
  Recorder* recorder_after(uint64_t& place, uint64_t end) const;
  uint64_t next_place() const { return next_place_; }
  // Recorders that hear when a tensor that carries one of their bits is gone, recording or not.
  void listen_to_releases(Recorder* recorder);
  void stop_listening(Recorder* recorder);
  // A bit for a new recorder. Beyond 64 recorders bits are shared, which costs look-ups but is not wrong.
  uint64_t new_recorder_bit() { return uint64_t{1} << (recorder_count_++ % 64); }

  // Batch levels that are open, oldest first (core/ops/batch.h).
  const std::vector<BatchLevel>& batch_levels() const { return batch_levels_; }
  const BatchLevel* find_batch_level(uint64_t number) const;  // null: it has ended
  uint64_t begin_batch_level(int64_t size);                   // its number
  void end_batch_level() { batch_levels_.pop_back(); }

  // Observers see everything that runs, also what no recorder sees. None is installed in ordinary operation.
  const std::vector<Observer*>& observers() const { return observers_; }
  bool observed() const { return observed_; }
  void add_observer(Observer* observer);
  void remove_observer(Observer* observer);
  // Whoever makes a tensor of data that no op has computed, or lets the host see elements, says so.
  void note_host_data(const Tensor& tensor) {
    if (observed_) tell_host_data(tensor);
  }
  void note_host_read(const Tensor& tensor, const char* reader) {
    if (observed_) tell_host_read(tensor, reader);
  }
  // Whoever changes state on the host that is neither a variable nor an op's business says so.
  void note_unreplayable(const char* deed) {
    if (observed_) tell_unreplayable(deed);
  }
  // What times all that runs, or null: in ordinary operation nothing does.
  Timeline* timeline() const { return timeline_.get(); }
  void set_timeline(std::shared_ptr<Timeline> timeline) { timeline_ = std::move(timeline); }
  // The op or rule whose gradient rule is running, or null: for messages.
  const char* gradient_of() const { return gradient_of_; }
  void set_gradient_of(const char* name) { gradient_of_ = name; }
  // Ops that recomputed segments have run again so far.
  uint64_t recomputed_ops() const { return recomputed_ops_; }
  void count_recomputed(uint64_t ops) { recomputed_ops_ += ops; }
  // Which run of recomputed segments is going on, counted from 1; 0: none.
  uint32_t recomputing() const { return recomputing_; }
  void begin_recomputing() { recomputing_ = ++recomputed_runs_; }
  void end_recomputing(uint32_t before) { recomputing_ = before; }
  // What the plans of compiled steps share (core/compile/arena.h); it belongs to them.
  std::weak_ptr<void>& plan_memory() { return plan_memory_; }
  // Calls that are running inside functions of the caller's: see autodiff/nesting.h.
  size_t& nested_calls() { return nested_calls_; }

  void set_log(void (*log)(void*, LogLevel, const char*), void* user_data) {
    log_ = log;
    log_user_data_ = user_data;
  }
  size_t live_tensors() const { return live_tensors_; }

  // Where any thread may ask the context to stop, by storing the mark there; the word must outlive the context. Every op
  // looks at it before it runs, and so does whatever else takes long.
  void set_cancel_word(const std::atomic<uint32_t>* word, uint32_t mark);
  bool cancelled() const { return cancel_word_->load(std::memory_order_relaxed) == cancel_mark_; }
  void check_cancelled(const char* op) const {  // throws kCancelled
    if (cancelled()) fail_cancelled(op);
  }

 private:
  friend class Tensor;
  friend class OnlyOlder;
  friend class Uncancellable;
  friend class Unrecorded;
  [[noreturn]] void fail_cancelled(const char* op) const;
  TensorNode* new_node();
  void free_node(TensorNode* node);
  void hide(uint64_t first_place, uint64_t last_place, int change);
  void unite_bits();
  void tell_released(const TensorNode* node) noexcept;
  void tell_host_data(const Tensor& tensor);
  void tell_host_read(const Tensor& tensor, const char* reader);
  void tell_unreplayable(const char* deed);
  void pass_known_makings();

  Allocator allocator_;
  int threads_;
  std::unique_ptr<ThreadPool> pool_;
  RandomState random_;
  std::vector<Making>* makings_told_ = nullptr;
  const std::vector<Making>* makings_known_ = nullptr;
  uint64_t next_id_ = 1;
  std::vector<Recorder*> recorders_;
  uint64_t recording_bits_ = 0;
  uint64_t recorder_count_ = 0;
  uint64_t next_place_ = 1;
  std::vector<BatchLevel> batch_levels_;
  uint64_t next_batch_level_ = 1;
  std::vector<Recorder*> listeners_;
  uint64_t listening_bits_ = 0;
  std::vector<Observer*> observers_;
  bool observed_ = false;
  std::shared_ptr<Timeline> timeline_;
  const char* gradient_of_ = nullptr;
  uint64_t recomputed_ops_ = 0;
  uint32_t recomputing_ = 0, recomputed_runs_ = 0;
  size_t nested_calls_ = 0;
  std::weak_ptr<void> plan_memory_;
  void (*log_)(void*, LogLevel, const char*);
  void* log_user_data_;
  std::atomic<uint32_t> never_{1};
  uint32_t cancel_mark_ = 0;
  const std::atomic<uint32_t>* cancel_word_ = &never_;

  // Tensor nodes come from blocks, because a step makes and drops hundreds of them.
  std::vector<std::unique_ptr<TensorNode[]>> node_blocks_;
  TensorNode* free_nodes_ = nullptr;  // linked through `context`, which a free node does not need
  size_t live_tensors_ = 0;
};

// While it lives, only the recorders that are older than `recorder` see what runs. What a recorder computes in order to
// record an op is the business of those that were open before it: so derivatives nest, and none takes another's for its own.
class OnlyOlder {
 public:
  OnlyOlder(Context& context, const Recorder& recorder);
  OnlyOlder(Context& context, const BatchLevel& level);  // likewise older than the level
  ~OnlyOlder();
  OnlyOlder(const OnlyOlder&) = delete;
  OnlyOlder& operator=(const OnlyOlder&) = delete;

 private:
  Context& context_;
  uint64_t first_, last_;
};

// While it lives, the recorders that are open at its beginning see nothing; those that open meanwhile do.
class Unrecorded {
 public:
  explicit Unrecorded(Context& context);
  ~Unrecorded();
  Unrecorded(const Unrecorded&) = delete;
  Unrecorded& operator=(const Unrecorded&) = delete;

 private:
  Context& context_;
  uint64_t last_;
};

// While it lives, nothing is cancelled: for changes that belong together, once they have begun.
class Uncancellable {
 public:
  explicit Uncancellable(Context& context) : context_(context), word_(context.cancel_word_) {
    context_.cancel_word_ = &context_.never_;
  }
  ~Uncancellable() { context_.cancel_word_ = word_; }
  Uncancellable(const Uncancellable&) = delete;
  Uncancellable& operator=(const Uncancellable&) = delete;

 private:
  Context& context_;
  const std::atomic<uint32_t>* word_;
};

}  // namespace tl
