// Feed: memory for batches that another thread writes while steps run. A few slots, each with room for the tensors of one batch:
// the producer fills one while a step reads another, so that nothing is copied in between and nobody waits for both.
//
// The producer's half is FeedSlots, which knows no context: its calls may come from any thread at any time. The consumer's half is
// Feed, which belongs to a context as everything else does. Batches come out in the order in which they were handed over.
//
// What it does not do: it starts no thread, and reads and converts nothing.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "core/base/error.h"
#include "core/base/function_ref.h"
#include "core/base/span.h"
#include "core/tensor/context.h"

namespace tl::data {

struct FeedTensor {
  DType dtype;
  Shape shape;  // its first dimension is the batch
  size_t bytes() const { return static_cast<size_t>(shape.elements()) * size_of(dtype); }
};

class FeedSlots : public std::enable_shared_from_this<FeedSlots> {
 public:
  using Block = std::shared_ptr<std::byte>;  // of 64-byte alignment

  // Throws std::bad_alloc.
  FeedSlots(std::vector<FeedTensor> tensors, size_t slots);

  // ---- the producer's thread: a code instead of an exception, because there is no context to keep an error ----
  // Waits for a slot. kCancelled: the consumer's half has ended. kFailedPrecondition: a batch is begun already, or finish() was called.
  Code begin() noexcept;
  // Where a tensor of the batch that is begun goes, or null.
  std::byte* memory(size_t tensor, size_t* bytes) noexcept;
  // Hands it over with so many rows of the batch. kInvalidArgument: not 1 to all; kFailedPrecondition: none is begun; kCancelled:
  // the consumer's half has ended, and the batch is dropped.
  Code commit(int64_t rows) noexcept;
  // No batch comes any more; one that is begun is dropped. kCancelled: the consumer's half has ended.
  Code finish() noexcept;

  // ---- the consumer's thread ----
  struct Taken {
    size_t slot;
    int64_t rows;
  };
  // Whether there is a batch now; *over: none will come.
  bool take(Taken& taken, bool* over);
  // Waits for a batch, or for the end, for a short time.
  void wait_a_little();
  void give_back(size_t slot);
  void put_back(size_t slot);  // what was taken comes next again
  void close() noexcept;       // who waits in begin() learns of it

  const std::vector<FeedTensor>& tensors() const { return tensors_; }
  size_t slots() const { return slots_.size(); }
  // Of a slot that is taken, or before the first begin(). Its own thread alone may replace one.
  Block& block(size_t slot, size_t tensor) { return slots_[slot].blocks[tensor]; }
  static Block make_block(size_t bytes);
  // What ends with the slots, on whichever thread that is. Before a producer knows of them.
  void keep_with(std::shared_ptr<void> companion) { companion_ = std::move(companion); }

 private:
  enum class State { kFree, kFilling, kReady, kTaken };
  struct Slot {
    State state = State::kFree;
    std::vector<Block> blocks;
    int64_t rows = 0;
    uint64_t turn = 0;  // of those that are ready, the smallest comes next
  };
  Slot* in(State state);

  const std::vector<FeedTensor> tensors_;
  std::mutex mutex_;
  std::condition_variable freed_, filled_;
  std::vector<Slot> slots_;
  uint64_t turns_ = 0;
  bool finished_ = false, closed_ = false;
  // Itself, while a batch is begun: the producer may write on although the consumer's half ends, until it commits or finishes.
  // Where it never does, the memory is never freed, which is less bad than to write into it after that.
  std::shared_ptr<FeedSlots> begun_;
  std::shared_ptr<void> companion_;
};

class Feed {
 public:
  // Two slots are enough for a producer that is as fast as the steps on average. Throws where a tensor has no first dimension or
  // not that of the others.
  Feed(Context& context, std::vector<FeedTensor> tensors, size_t slots = 2);
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  const std::shared_ptr<FeedSlots>& slots() const { return slots_; }
  // Gives the batch before back to the producer, waits for the next and gives its tensors; false where none will come. Throws
  // kCancelled. A tensor of an earlier batch that somebody still holds stays what it is: the slot then gets new memory.
  // released(): whether somebody has given the feed up meanwhile, on another thread, which ends a wait with kCancelled.
  bool next(Span<Tensor> out, FunctionRef<bool()> released);
  bool next(Span<Tensor> out) {
    return next(out, [] { return false; });
  }
  double waited() const { return waited_; }  // seconds so far

 private:
  Buffer* borrow(const FeedSlots::Block& block, size_t bytes);
  void drop_buffers();
  void give_back();
  void make_tensors(const FeedSlots::Taken& taken, Span<Tensor> out);

  static constexpr size_t kNone = SIZE_MAX;
  Context& context_;
  std::shared_ptr<FeedSlots> slots_;
  std::vector<std::vector<Buffer*>> buffers_;  // of each slot, one for each tensor
  size_t taken_ = kNone;
  double waited_ = 0;
};

}  // namespace tl::data
