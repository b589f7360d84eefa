#include "core/tensor/allocator.h"

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "core/base/error.h"

namespace tl {
namespace {

TEST_CASE("blocks are aligned, large enough, and waste at most an eighth beyond 4 KiB") {
  Allocator a(0);
  for (size_t bytes = 0; bytes < 100000; bytes = bytes * 5 / 4 + 1) {
    Buffer* b = a.allocate(bytes);
    CHECK(reinterpret_cast<uintptr_t>(b->data) % 64 == 0);
    CHECK(b->capacity >= bytes);
    if (bytes > 4096) CHECK(b->capacity <= bytes + bytes / 8 + 1);
    if (bytes <= 4096) CHECK(b->capacity <= bytes + 64);
    std::memset(b->data, 1, b->capacity);
    b->drop();
  }
  CHECK(a.stats().live_bytes == 0);
}

TEST_CASE("the size classes around powers of two hold what was asked") {
  Allocator a(0);
  for (int log2 = 12; log2 < 27; log2++)
    for (int64_t delta : {-65, -1, 0, 1, 65}) {
      size_t bytes = static_cast<size_t>((int64_t{1} << log2) + delta);
      Buffer* b = a.allocate(bytes);
      CHECK(b->capacity >= bytes);
      b->drop();
      Buffer* again = a.allocate(bytes);
      CHECK(again == b);
      again->drop();
    }
}

#if defined(__linux__)
// Whether somebody has asked for large pages where an address lies (the flag "hg" of proc(5), smaps).
bool large_pages_asked(const void* address) {
  std::ifstream maps("/proc/self/smaps");
  bool here = false;
  for (std::string line; std::getline(maps, line);) {
    unsigned long long begin, end;
    if (std::sscanf(line.c_str(), "%llx-%llx ", &begin, &end) == 2)
      here = begin <= reinterpret_cast<uintptr_t>(address) && reinterpret_cast<uintptr_t>(address) < end;
    if (here && line.rfind("VmFlags:", 0) == 0) return (line + " ").find(" hg ") != std::string::npos;
  }
  return false;
}

TEST_CASE("large blocks lie in large pages") {
  if (!std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled") || !std::ifstream("/proc/self/smaps")) {
    WARN("this system has no large pages, or does not tell");
    return;
  }
  Allocator a(0);
  for (size_t bytes : {size_t{4} << 20, (size_t{5} << 20) + 1, size_t{16} << 20}) {
    Buffer* b = a.allocate(bytes);
    CHECK(reinterpret_cast<uintptr_t>(b->data) % 64 == 0);
    CHECK(large_pages_asked(b->data));
    CHECK(large_pages_asked(b->data + (3 << 20)));
    std::memset(b->data, 1, b->capacity);
    b->drop();
  }
}
#endif

TEST_CASE("a freed block serves the next request of its size without the system") {
  Allocator a(0);
  Buffer* first = a.allocate(1000);
  first->drop();
  uint64_t asked = a.stats().system_allocations;
  for (int i = 0; i < 100; i++) {
    Buffer* b = a.allocate(1001);
    CHECK(b == first);
    b->drop();
  }
  CHECK(a.stats().system_allocations == asked);
  CHECK(a.stats().cached_bytes == 1024);
  a.trim();
  CHECK(a.stats().cached_bytes == 0);
}

TEST_CASE("the limit counts cached blocks, but they are given up before a request fails") {
  Allocator a(10000);
  a.allocate(8000)->drop();
  Buffer* small = a.allocate(5000);  // the cached 8192 bytes have to go
  CHECK(a.stats().cached_bytes == 0);
  size_t live = a.stats().live_bytes;
  try {
    a.allocate(6000);
    FAIL("the limit was passed");
  } catch (const Error& e) {
    CHECK(e.code() == Code::kOutOfMemory);
    CHECK(e.message().find("10000") != std::string::npos);
  }
  CHECK(a.stats().live_bytes == live);
  small->drop();
  a.allocate(6000)->drop();
}

TEST_CASE("requests of all sizes, one at a time, leave no block of each size behind") {
  Allocator a(0);
  uint64_t random = 1;
  for (int i = 0; i < 400; i++) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    a.allocate(1 + (random >> 33) % (size_t{48} << 20))->drop();
    const MemoryStats& s = a.stats();
    REQUIRE(s.live_bytes == 0);
    REQUIRE(s.cached_bytes <= 2 * s.peak_live_bytes + Allocator::kAlwaysKept);
  }
  CHECK(a.stats().cached_bytes > a.stats().peak_live_bytes / 2);  // it still keeps some
}

TEST_CASE("small blocks of many sizes are given back, too") {
  Allocator a(0);
  for (size_t bytes = 64; bytes <= 4096; bytes += 64) {
    Buffer* first = nullptr;  // 8 MB of each of 64 sizes, one size at a time
    for (size_t n = 0; n < (size_t{8} << 20) / bytes; n++) {
      Buffer* b = a.allocate(bytes);
      b->next_free = first;
      first = b;
    }
    while (Buffer* b = first) {
      first = b->next_free;
      b->drop();
    }
    REQUIRE(a.stats().cached_bytes <= 2 * a.stats().peak_live_bytes + Allocator::kAlwaysKept);
  }
}

TEST_CASE("a loop whose steps ask for the same sizes asks the system in its first step alone") {
  Allocator a(0);
  // What an evaluation before it has left behind must not stand in its way.
  for (size_t mb = 33; mb <= 60; mb += 3) a.allocate(mb << 20)->drop();
  auto step = [&] {
    std::vector<Buffer*> held;
    for (size_t mb : {1, 2, 3, 4, 5, 6, 8, 10, 12, 14}) held.push_back(a.allocate(mb << 20));
    for (Buffer* b : held) b->drop();
    a.allocate(size_t{20} << 20)->drop();
    a.allocate(size_t{24} << 20)->drop();
    a.allocate(size_t{28} << 20)->drop();
  };
  step();
  const uint64_t asked = a.stats().system_allocations;
  for (int i = 0; i < 50; i++) step();
  CHECK(a.stats().system_allocations == asked);
}

TEST_CASE("cached blocks that were unused longest go first") {
  Allocator a(0);
  constexpr size_t kMb = size_t{1} << 20;
  Buffer* used = nullptr;
  for (int round = 0; round < 3; round++)
    for (size_t mb = 4; mb < 16; mb++) {
      Buffer* b = a.allocate(32 * kMb);  // the largest, but it is in use between all the others
      if (used) REQUIRE(b == used);
      used = b;
      b->drop();
      a.allocate(mb * kMb)->drop();
    }
  CHECK(a.stats().system_allocations > 13);  // others went
}

TEST_CASE("a limit set later holds for cached blocks too") {
  Allocator a(0);
  Buffer* kept = a.allocate(1000);
  a.allocate(64)->drop();
  a.allocate(2048)->drop();
  a.set_limit(1);
  CHECK(a.stats().cached_bytes == 0);
  CHECK(a.stats().live_bytes == 1024);  // what is in use stays
  CHECK_THROWS_AS(a.allocate(1), Error);
  kept->drop();
  CHECK(a.stats().cached_bytes == 0);
  CHECK_THROWS_AS(a.allocate(1000), Error);
  a.set_limit(1024);
  a.allocate(1000)->drop();
  CHECK(a.stats().cached_bytes == 1024);
  a.allocate(1)->drop();  // 64 more: the cached block has to go
  CHECK(a.stats().cached_bytes == 64);
}

TEST_CASE("requests that no machine can serve fail cleanly") {
  Allocator a(0);
  for (size_t bytes : {SIZE_MAX, SIZE_MAX - 64, size_t{1} << 63, size_t{1} << 60})
    CHECK_THROWS_AS(a.allocate(bytes), Error);
  CHECK(a.stats().live_bytes == 0);
}

TEST_CASE("lent memory is counted apart and given back once") {
  Allocator a(100);
  static int released;
  released = 0;
  std::vector<float> memory(1000);
  Buffer* b = a.borrow(
      memory.data(), 4000, [](void* p) { ++*static_cast<int*>(p); }, &released);
  CHECK(a.stats().borrowed_bytes == 4000);
  CHECK(a.stats().live_bytes == 0);
  b->retain();
  b->drop();
  CHECK(released == 0);
  b->drop();
  CHECK(released == 1);
  CHECK(a.stats().borrowed_bytes == 0);
}

}  // namespace
}  // namespace tl
