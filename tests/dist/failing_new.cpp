#include "tests/dist/failing_new.h"

#include <cstdlib>
#include <new>

namespace tl::test {

std::atomic<bool> armed{false}, fired{false};

namespace {

std::atomic<bool> for_good{false};
std::atomic<long> left{0};  // allocations that succeed

void* allocated(size_t size, size_t alignment) {
  if (armed.load() && OfTheHub::depth() == 0) {
    const long now = left.fetch_sub(1);
    if (now == 0 || (now < 0 && for_good.load())) {
      fired = true;
      throw std::bad_alloc();
    }
  }
  size = size ? size : 1;
  void* const p = alignment ? std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment)
                            : std::malloc(size);
  if (!p) throw std::bad_alloc();
  return p;
}

}  // namespace

void arm(long which, bool good) {
  left = which;
  for_good = good;
  fired = false;
  armed = true;
}

}  // namespace tl::test

void* operator new(size_t size) { return tl::test::allocated(size, 0); }
void* operator new(size_t size, std::align_val_t alignment) {
  return tl::test::allocated(size, static_cast<size_t>(alignment));
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, size_t, std::align_val_t) noexcept { std::free(p); }
