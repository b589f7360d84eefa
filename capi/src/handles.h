// The handle table: what the opaque pointers of the C API really are.
//
// A handle is a slot number and a generation, dressed as a pointer that is never dereferenced. Looking one up compares
// generations, so a released handle, one of an ended scope or of a destroyed context, or a random number is recognised
// instead of followed. Bit 63 is set: no handle is an address of user space, and Go's collector cannot take one for a
// pointer into its heap.
//
// The table is the one process-wide structure of tapeloop (core/decisions/0001): it must outlive every context, because
// a handle may be used after its context is gone. It carries no behaviour: contexts take slots in chunks of their own,
// and share nothing else. Slots are never returned to the system.
//
// Threads. A slot's `state` may be read and its count changed by any thread. Everything else belongs to the thread that
// has entered the context (`owner` of the context's own slot). An object is destroyed only by such a thread, so a
// look-up stays valid until the call ends, whatever other threads release meanwhile.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/tensor/tensor.h"

namespace tl::capi {

enum class Kind : uint8_t {
  kNone = 0,
  kContext,
  kTensor,
  kVariable,
  kTape,
  kLayer,
  kOptimizer,
  kMetric,
  kDataset,
  kForward,
  kPullback,
  kFunction,
  kSchedule,
  kFeed,
  kBundle,
  kExport,
  kSafetensors,
  kSafetensorsWriter,
  kCheckpoint,
  kCheckpointManager,
  kProgress,
  kLogger,
  kPlot,
  kTrace,
  kRendezvous,
  kGroup,
  kCount,
};

const char* name_of(Kind kind);

inline constexpr uint32_t kNoSlot = 0xFFFFFFFF;
inline constexpr uint32_t kNotCancelled = 0xFFFFFFFF;  // no generation of a handle
inline constexpr uint32_t kNotIntruded = 0xFFFFFFFF;
inline constexpr uint32_t kNoScope = 0xFFFFFFFF;

struct Slot {
  std::atomic<uint64_t> state{uint64_t{1} << 32};  // generation (high 32 bits) and reference count (low 32)
  Tensor tensor;                                   // the value, of a tensor's handle
  void* object = nullptr;                          // of every other kind
  void (*destroy)(void* object) = nullptr;
  std::atomic<uint32_t> context{kNoSlot};  // slot of the context that it belongs to
  std::atomic<Kind> kind{Kind::kNone};
  uint32_t scope = kNoScope;                    // depth of the scope that holds a reference
  uint32_t previous = kNoSlot, next = kNoSlot;  // neighbours in that scope; `next` also links free slots
  uint32_t next_released = kNoSlot;             // links the list below
  // Every handle of an older generation belonged to a context that has ended.
  std::atomic<uint32_t> first_generation{1};
  // Of a context's own slot only:
  std::atomic<uint32_t> intruded{kNotIntruded};  // the generation of the context of which a call was refused
  std::atomic<uint32_t> released{
      kNoSlot};                     // handles that other threads released while the context was in use
  std::atomic<uintptr_t> owner{0};  // the thread that is inside the context
  std::atomic<uint32_t> cancelled{kNotCancelled};  // the generation of the context that was asked to stop
  std::atomic<uint32_t> releasers{0};              // other threads that are releasing a handle right now
};

constexpr uint32_t generation_of(uint64_t state) { return static_cast<uint32_t>(state >> 32); }
constexpr uint32_t count_of(uint64_t state) { return static_cast<uint32_t>(state); }

// 64-bit pointers hold a 32-bit slot number and a 31-bit generation; 32-bit pointers 20 and 11 bits.
inline constexpr int kIndexBits = sizeof(void*) == 8 ? 32 : 20;
inline constexpr uint32_t kGenerationMask = sizeof(void*) == 8 ? 0x7FFFFFFF : 0x7FF;
inline constexpr uint32_t kSlotsPerChunk = 1024;

inline constexpr uint32_t kMostChunks = sizeof(void*) == 8 ? 1u << 18 : 1u << 10;
inline constexpr uintptr_t kHandleMark = uintptr_t{1} << (sizeof(void*) * 8 - 1);
// The table itself. An op on small tensors looks up twenty slots, so that looking up is inline.
extern std::atomic<Slot*> slot_chunks[kMostChunks] __attribute__((visibility("hidden")));

// The slot of a number, or null where no chunk has it.
inline Slot* slot_at(uint32_t index) {
  uint32_t chunk = index / kSlotsPerChunk;
  if (chunk >= kMostChunks) return nullptr;
  Slot* first = slot_chunks[chunk].load(std::memory_order_acquire);
  return first ? first + index % kSlotsPerChunk : nullptr;
}

// The same for a number that is known to be one of a slot.
inline Slot& known_slot(uint32_t index) {
  return slot_chunks[index / kSlotsPerChunk].load(std::memory_order_acquire)[index % kSlotsPerChunk];
}

// False for what was never a handle: an address, a number, memory that nobody has set.
inline bool looks_like_handle(const void* handle) {
  return (reinterpret_cast<uintptr_t>(handle) & kHandleMark) != 0;
}

inline uint32_t generation_in(const void* handle) {
  return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(handle) >> (kIndexBits - 1) >> 1) &
         kGenerationMask;
}

// The slot that a handle names when the handle is live, else null. *index is its number.
inline Slot* find(const void* handle, uint32_t* index) {
  uintptr_t bits = reinterpret_cast<uintptr_t>(handle);
  if (!(bits & kHandleMark)) return nullptr;
  uint32_t number = static_cast<uint32_t>(bits & ((uintptr_t{1} << (kIndexBits - 1) << 1) - 1));
  uint32_t generation = generation_in(handle);
  Slot* slot = slot_at(number);
  if (!slot) return nullptr;
  uint64_t state = slot->state.load(std::memory_order_acquire);
  if (count_of(state) == 0 || (generation_of(state) & kGenerationMask) != generation) return nullptr;
  *index = number;
  return slot;
}

inline void* handle_of(uint32_t index, const Slot& slot) {
  uintptr_t generation = generation_of(slot.state.load(std::memory_order_relaxed)) & kGenerationMask;
  return reinterpret_cast<void*>(kHandleMark | (generation << (kIndexBits - 1) << 1) | index);
}

// A chunk of kSlotsPerChunk free slots, as the number of its first; kNoSlot when there is no memory.
uint32_t take_chunk();
// Gives a chunk back. All its slots must be free.
void return_chunk(uint32_t first);

// Ends the life of a slot's current handle: every handle to it is stale from now on.
void retire(Slot& slot);
// The same when its context ends: no later context takes the blame for its handles.
void retire_with_context(Slot& slot);

// The slot of the context to which a handle that is not live belonged, when that context is alive; else null. Certain only
// for who is inside that context: ask again there.
Slot* former_context(const void* handle);

// Counting from any thread. add_reference fails (false) when the handle is not live. drop_reference returns the count
// that is left, or -1 when the handle was not live.
bool add_reference(const void* handle);
int64_t drop_reference(const void* handle);

// What a handle leads to after its end, while something else keeps the object: memory that another thread still writes. The object
// owns its Remains. They stand beside the table because the context may have ended as well. Only calls on handles that are not
// live look here. From any thread.
class Remains {
 public:
  explicit Remains(std::weak_ptr<void> object) noexcept : object_(std::move(object)) {}
  ~Remains();
  Remains(const Remains&) = delete;
  Remains& operator=(const Remains&) = delete;

  void belong_to(
      const void* handle) noexcept;  // once; an older object of an equal handle cannot be found any more
  static std::shared_ptr<void> of(const void* handle) noexcept;  // null: none are left

 private:
  std::weak_ptr<void> object_;
  const void* handle_ = nullptr;
  Remains *previous_ = nullptr, *next_ = nullptr;
};

}  // namespace tl::capi
