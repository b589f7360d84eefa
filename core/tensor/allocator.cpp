#include "core/tensor/allocator.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "core/base/error.h"
#include "core/tensor/orphan.h"

#if defined(__SANITIZE_ADDRESS__)
#define TL_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TL_ASAN 1
#endif
#endif
#ifdef TL_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace tl {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kHeader = 64;  // a Buffer stands in front of its data, which keeps the data aligned
static_assert(sizeof(Buffer) <= kHeader, "the header must fit in front of the data");

// Cached blocks are poisoned under AddressSanitizer: a use after release is found although the memory is ours.
void poison(Buffer* b) {
#ifdef TL_ASAN
  ASAN_POISON_MEMORY_REGION(b->data, b->capacity);
#else
  (void)b;
#endif
}
void unpoison(Buffer* b) {
#ifdef TL_ASAN
  ASAN_UNPOISON_MEMORY_REGION(b->data, b->capacity);
#else
  (void)b;
#endif
}

struct SizeClass {
  int bin;
  size_t capacity;
};

// 64-byte steps up to 4 KiB, then eight steps for each power of two: at most an eighth is wasted.
SizeClass size_class(size_t bytes) {
  if (bytes <= 4096) {
    size_t steps = bytes == 0 ? 1 : (bytes + 63) / 64;
    return {static_cast<int>(steps - 1), steps * 64};
  }
  int log2 = 63 - __builtin_clzll(bytes - 1);  // bytes in (2^log2, 2^(log2+1)]
  size_t step = size_t{1} << (log2 - 3);
  size_t part = (bytes - (size_t{1} << log2) + step - 1) / step;  // 1..8
  return {64 + (log2 - 12) * 8 + static_cast<int>(part) - 1, (size_t{1} << log2) + part * step};
}

// Blocks from 4 MB on lie in pages of 2 MB, where the system has them and gives them on request: a kernel that walks down
// the columns of a large matrix needs a translation for each row. The end that fills no such page stays in small ones.
constexpr size_t kHugePage = size_t{2} << 20, kHugeFrom = 2 * kHugePage;

void* system_block(size_t bytes) {
  if (bytes < kHugeFrom) return std::aligned_alloc(kAlignment, bytes);
  void* block = nullptr;
  if (posix_memalign(&block, kHugePage, bytes) != 0) return nullptr;
#if defined(__linux__)
  static_cast<void>(madvise(block, bytes / kHugePage * kHugePage, MADV_HUGEPAGE));  // refused: pages of 4 kB
#endif
  return block;
}

constexpr size_t kLargest = size_t{1} << 62;

[[noreturn]] void out_of_memory(size_t bytes, const MemoryStats& stats, size_t limit, const char* why) {
  fail(Code::kOutOfMemory, why, ": got a request for ", bytes, " bytes with ", stats.live_bytes,
       " bytes live and a limit of ", limit, limit ? " bytes" : " (none)",
       "; release tensors, use a smaller batch, or raise the context's memory limit");
}

}  // namespace

Allocator::~Allocator() { trim(); }

Buffer* Allocator::allocate(size_t bytes) {
  if (bytes > kLargest)
    out_of_memory(bytes, stats_, limit_, "the request is larger than any machine's memory");
  SizeClass size = size_class(bytes);
  Buffer* buffer = free_[size.bin];
  if (buffer) {
    free_[size.bin] = buffer->next_free;
    stats_.cached_bytes -= buffer->capacity;
    unpoison(buffer);
  } else {
    buffer = from_system(size.bin, size.capacity);
  }
  buffer->references = 1;
  stats_.live_bytes += buffer->capacity;
  if (stats_.live_bytes > stats_.peak_live_bytes) stats_.peak_live_bytes = stats_.live_bytes;
  return buffer;
}

Buffer* Allocator::from_system(int bin, size_t capacity) {
  auto over_limit = [&] { return limit_ && stats_.live_bytes + stats_.cached_bytes + capacity > limit_; };
  if (over_limit()) trim();
  if (over_limit()) out_of_memory(capacity, stats_, limit_, "the context's memory limit is reached");
  make_room(capacity);
  void* block = system_block(kHeader + capacity);
  if (!block) {
    trim();
    block = system_block(kHeader + capacity);
  }
  if (!block) out_of_memory(capacity, stats_, limit_, "the system has no memory left");
  stats_.system_allocations++;
  round_++;
  Buffer* buffer = new (block) Buffer;
  buffer->bin = bin;
  buffer->capacity = capacity;
  buffer->data = static_cast<std::byte*>(block) + kHeader;
  buffer->allocator = this;
  return buffer;
}

void Allocator::make_room(size_t capacity) {
  const size_t live = stats_.live_bytes + capacity, all = live + stats_.cached_bytes;
  const size_t most = 2 * std::max(stats_.peak_live_bytes, live) + kAlwaysKept;
  // Some more than must go, because each time costs a walk through all that is kept.
  if (all > most) give_back(all - most + kAlwaysKept / 4);
}

// The age of a block is the number of requests to the system since it was used, as a power of two. Of one age the largest go
// first, which are the fewest.
void Allocator::give_back(size_t bytes) {
  constexpr int kAges = 64;
  const auto age = [&](const Buffer* b) {
    return kAges - 1 - __builtin_clzll((round_ - b->cached_in) << 1 | 1);
  };
  size_t held[kAges] = {};
  for (const Buffer* head : free_)
    for (const Buffer* b = head; b; b = b->next_free) held[age(b)] += b->capacity;
  int last = kAges - 1;  // all older ones go, and of this age so many bytes
  while (last > 0 && held[last] < bytes) bytes -= held[last--];
  size_t given = 0;
  for (int bin = kBins; bin-- > 0;) {
    Buffer** list = &free_[bin];  // the youngest are in front
    while (Buffer* b = *list) {
      if (age(b) < last || (age(b) == last && given >= bytes)) {
        list = &b->next_free;
        continue;
      }
      if (age(b) == last) given += b->capacity;
      free_first(list);
    }
  }
}

void Allocator::free_first(Buffer** list) {
  Buffer* buffer = *list;
  *list = buffer->next_free;
  stats_.cached_bytes -= buffer->capacity;
  unpoison(buffer);
  std::free(buffer);
}

Buffer* Allocator::borrow(void* data, size_t bytes, void (*release)(void*), void* user_data) {
  Buffer* buffer = new (std::nothrow) Buffer;
  if (!buffer) {
    if (release) release(user_data);
    out_of_memory(sizeof(Buffer), stats_, limit_, "the system has no memory left");
  }
  buffer->data = static_cast<std::byte*>(data);
  buffer->capacity = bytes;
  buffer->allocator = this;
  buffer->release = release;
  buffer->user_data = user_data;
  stats_.borrowed_bytes += bytes;
  return buffer;
}

void Allocator::set_limit(size_t bytes) {
  limit_ = bytes;
  if (limit_ && stats_.live_bytes + stats_.cached_bytes > limit_) trim();
}

void Allocator::recycle(Buffer* buffer) {
  if (buffer->bin < 0) {
    stats_.borrowed_bytes -= buffer->capacity;
    if (buffer->release) buffer->release(buffer->user_data);
    delete buffer;
    return;
  }
  stats_.live_bytes -= buffer->capacity;
  if (limit_ && stats_.live_bytes + stats_.cached_bytes + buffer->capacity > limit_) {
    std::free(buffer);
    return;
  }
  stats_.cached_bytes += buffer->capacity;
  poison(buffer);
  buffer->cached_in = round_;
  buffer->next_free = free_[buffer->bin];
  free_[buffer->bin] = buffer;
}

void end_orphan(Buffer* buffer) noexcept {
  if (buffer->bin >= 0) return std::free(buffer);
  if (buffer->release) buffer->release(buffer->user_data);
  delete buffer;
}

void Allocator::trim() {
  for (Buffer*& head : free_)
    while (head) free_first(&head);
}

}  // namespace tl
