// Buffer: a reference-counted block of memory. Allocator: hands out 64-byte-aligned buffers of one context and keeps
// freed ones for the next request of their size class, because returning large blocks to the system costs page faults
// that exceed the arithmetic of a training step. What it keeps is bounded by what was in use at once: see kAlwaysKept.
//
// Counts are plain integers: a buffer and its allocator belong to one context, which one thread at a time uses.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tl {

class Allocator;

struct Buffer {
  uint32_t references = 1;
  int32_t bin = -1;           // size class; -1 for memory of the caller
  size_t capacity = 0;        // usable bytes behind `data`
  std::byte* data = nullptr;  // 64-byte aligned when it is ours
  Allocator* allocator = nullptr;
  Buffer* next_free = nullptr;  // links the free list of its bin
  void (*release)(void* user_data) =
      nullptr;  // for memory of the caller: runs once, when the last reference goes
  void* user_data = nullptr;
  uint64_t cached_in = 0;  // the allocator's round in which it was freed, while it is kept

  void retain() { references++; }
  inline void drop();
};

struct MemoryStats {
  size_t live_bytes = 0;            // in buffers that are referenced
  size_t peak_live_bytes = 0;       // the highest live_bytes so far
  size_t cached_bytes = 0;          // kept for reuse
  size_t borrowed_bytes = 0;        // memory of the caller that live tensors use
  uint64_t system_allocations = 0;  // blocks asked from the system so far
};

class Allocator {
 public:
  // limit: most bytes that live and cached buffers may take together; 0 means no limit. A buffer is only kept for reuse
  // within the limit, so that taking a cached one never has to ask.
  explicit Allocator(size_t limit) : limit_(limit) {}
  ~Allocator();
  Allocator(const Allocator&) = delete;
  Allocator& operator=(const Allocator&) = delete;

  // A buffer of at least `bytes`, contents undefined, one reference. Throws kOutOfMemory; nothing is changed then.
  Buffer* allocate(size_t bytes);
  // A buffer over memory of the caller. On failure `release` has been run.
  Buffer* borrow(void* data, size_t bytes, void (*release)(void*), void* user_data);
  void trim();  // gives all cached blocks back to the system
  // A request that finds no cached block of its size asks the system only while live and cached blocks stay within twice the
  // highest live_bytes so far (this request counted) plus so many bytes. Beyond, cached ones go first, those that were
  // unused longest: sizes that vary would leave a block of each size behind else. A loop whose steps ask for the same
  // sizes finds all of them from its second step on, unless the blocks of its sizes exceed that together.
  static constexpr size_t kAlwaysKept = size_t{16} << 20;
  // Live buffers stay, beyond the new limit too; cached ones go where both together exceed it.
  void set_limit(size_t bytes);
  size_t limit() const { return limit_; }
  const MemoryStats& stats() const { return stats_; }

 private:
  friend struct Buffer;
  void recycle(Buffer* buffer);
  Buffer* from_system(int bin, size_t capacity);
  void make_room(size_t capacity);
  void give_back(size_t bytes);
  void free_first(Buffer** list);

  static constexpr int kBins = 64 + 8 * 52;  // steps of 64 bytes to 4 KiB, then eight steps per power of two
  Buffer* free_[kBins] = {};
  size_t limit_;
  uint64_t round_ = 0;  // one more with each block that the system gives
  MemoryStats stats_;
};

inline void Buffer::drop() {
  if (--references == 0) allocator->recycle(this);
}

}  // namespace tl
