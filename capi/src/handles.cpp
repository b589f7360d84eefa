#include "capi/src/handles.h"

#include <cstdlib>
#include <mutex>
#include <new>

namespace tl::capi {

std::atomic<Slot*> slot_chunks[kMostChunks];

namespace {

std::mutex chunk_mutex;  // guards the two below
uint32_t num_chunks = 0;
uint32_t free_chunk = kNoSlot;  // linked through `next` of each chunk's first slot

std::mutex remains_mutex;  // guards the list
Remains* all_remains = nullptr;

}  // namespace

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::kNone: return "nothing";
    case Kind::kContext: return "context";
    case Kind::kTensor: return "tensor";
    case Kind::kVariable: return "variable";
    case Kind::kTape: return "tape";
    case Kind::kLayer: return "layer";
    case Kind::kOptimizer: return "optimizer";
    case Kind::kMetric: return "metric";
    case Kind::kDataset: return "dataset";
    case Kind::kForward: return "forward";
    case Kind::kPullback: return "pullback";
    case Kind::kFunction: return "function";
    case Kind::kSchedule: return "schedule";
    case Kind::kFeed: return "feed";
    case Kind::kBundle: return "bundle";
    case Kind::kExport: return "export";
    case Kind::kSafetensors: return "safetensors";
    case Kind::kSafetensorsWriter: return "safetensors_writer";
    case Kind::kCheckpoint: return "checkpoint";
    case Kind::kCheckpointManager: return "checkpoint_manager";
    case Kind::kProgress: return "progress bar";
    case Kind::kLogger: return "logger";
    case Kind::kPlot: return "plot";
    case Kind::kTrace: return "trace";
    case Kind::kRendezvous: return "rendezvous";
    case Kind::kGroup: return "group";
    case Kind::kCount: break;
  }
  return "unknown";
}

uint32_t take_chunk() {
  std::lock_guard<std::mutex> lock(chunk_mutex);
  if (free_chunk != kNoSlot) {
    uint32_t first = free_chunk;
    free_chunk = slot_at(first)->next;
    return first;
  }
  if (num_chunks == kMostChunks) return kNoSlot;
  Slot* slots = new (std::nothrow) Slot[kSlotsPerChunk];
  if (!slots) return kNoSlot;
  slot_chunks[num_chunks].store(slots, std::memory_order_release);
  return num_chunks++ * kSlotsPerChunk;
}

void return_chunk(uint32_t first) {
  std::lock_guard<std::mutex> lock(chunk_mutex);
  slot_at(first)->next = free_chunk;
  free_chunk = first;
}

void retire(Slot& slot) {
  uint64_t state = slot.state.load(std::memory_order_relaxed);
  if (count_of(state) == 0) {  // no other thread changes a slot without references
    slot.state.store(uint64_t{generation_of(state) + 1} << 32, std::memory_order_release);
    return;
  }
  while (!slot.state.compare_exchange_weak(state, uint64_t{generation_of(state) + 1} << 32,
                                           std::memory_order_acq_rel)) {
  }
}

void retire_with_context(Slot& slot) {
  retire(slot);
  slot.first_generation.store(generation_of(slot.state.load(std::memory_order_relaxed)),
                              std::memory_order_release);
}

namespace {

// The slot that a handle names and the generation that the handle carries; null for what is no handle at all.
Slot* decode(const void* handle, uint32_t* generation) {
  uintptr_t bits = reinterpret_cast<uintptr_t>(handle);
  if (!(bits & kHandleMark)) return nullptr;
  *generation = generation_in(handle);
  return slot_at(static_cast<uint32_t>(bits & ((uintptr_t{1} << (kIndexBits - 1) << 1) - 1)));
}

// Adds `change` to the count of a live handle; the new count, or -1 when the handle is not live.
int64_t change_count(const void* handle, int64_t change) {
  uint32_t generation;
  Slot* slot = decode(handle, &generation);
  if (!slot) return -1;
  uint64_t state = slot->state.load(std::memory_order_acquire);
  do {
    bool live = count_of(state) != 0 && (generation_of(state) & kGenerationMask) == generation;
    if (!live || (change > 0 && count_of(state) == 0xFFFFFFFF)) return -1;
  } while (!slot->state.compare_exchange_weak(state, state + static_cast<uint64_t>(change),
                                              std::memory_order_acq_rel));
  return static_cast<int64_t>(count_of(state)) + change;
}

}  // namespace

Slot* former_context(const void* handle) {
  uint32_t generation;
  Slot* slot = decode(handle, &generation);
  if (!slot) return nullptr;
  Slot* context = slot_at(slot->context.load(std::memory_order_relaxed));
  if (!context) return nullptr;
  // In this order: the state is then never older than the generation that it is compared with.
  const uint32_t first = slot->first_generation.load(std::memory_order_acquire);
  const uint32_t now = generation_of(slot->state.load(std::memory_order_acquire));
  // Counted back from now, because generations wrap. A handle of the future was never given out.
  if (((now - generation) & kGenerationMask) > ((now - first) & kGenerationMask)) return nullptr;
  const bool alive =
      count_of(context->state.load(std::memory_order_acquire)) != 0 && context->kind == Kind::kContext;
  return alive ? context : nullptr;
}

bool add_reference(const void* handle) { return change_count(handle, 1) > 0; }
int64_t drop_reference(const void* handle) { return change_count(handle, -1); }

Remains::~Remains() {
  std::lock_guard<std::mutex> lock(remains_mutex);
  if (!previous_ && all_remains != this) return;  // it never belonged to a handle
  (previous_ ? previous_->next_ : all_remains) = next_;
  if (next_) next_->previous_ = previous_;
}

void Remains::belong_to(const void* handle) noexcept {
  std::lock_guard<std::mutex> lock(remains_mutex);
  for (Remains* r = all_remains; r; r = r->next_)
    if (r->handle_ == handle) r->handle_ = nullptr;
  handle_ = handle;
  next_ = all_remains;
  if (next_) next_->previous_ = this;
  all_remains = this;
}

std::shared_ptr<void> Remains::of(const void* handle) noexcept {
  if (!handle) return nullptr;
  std::lock_guard<std::mutex> lock(remains_mutex);
  for (const Remains* r = all_remains; r; r = r->next_)
    if (r->handle_ == handle) return r->object_.lock();
  return nullptr;
}

}  // namespace tl::capi
