#include "core/kernels/peaks.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/clock.h"
#include "core/kernels/vector/table.h"

namespace tl::kernels {

namespace {

// A turn of all threads must be long beside the clock's ticks and the waking of a thread.
constexpr double kShortestTurn = 2e-3;

struct Turns {
  ThreadPool& pool;
  size_t count;
  FunctionRef<void()> between;
};

// The most of `work` a second that all threads do, where body(thread, repeats) does it `repeats` times.
template <class Body>
double best_rate(const Turns& turns, double work, const Body& body) {
  const size_t threads = static_cast<size_t>(turns.pool.size());
  auto seconds = [&](size_t repeats) {
    turns.between();
    const double begun = monotonic_seconds();
    turns.pool.parallel_for(threads, [&](size_t thread) { body(thread, repeats); });
    return monotonic_seconds() - begun;
  };
  static_cast<void>(seconds(1));  // it may have to wake threads
  size_t repeats = 1;
  double best = seconds(repeats);
  while (best < kShortestTurn) best = seconds(repeats *= 2);
  for (size_t turn = 1; turn < turns.count; turn++) best = std::min(best, seconds(repeats));
  return work * static_cast<double>(repeats * threads) / best;
}

double peak_flops(const Turns& turns) {
  constexpr size_t kRounds = 1 << 12;
  const MultiplyAdds loop = vector_table().multiply_adds;
  // Each thread's own lines, as far apart as a line can be fetched ahead.
  constexpr size_t kApart = kPeakFloats + 64;
  std::vector<float> chains(static_cast<size_t>(turns.pool.size()) * kApart, 0.5f);
  const double changed = static_cast<double>(loop(chains.data(), 0));
  return best_rate(turns, 2 * kRounds * changed, [&](size_t thread, size_t repeats) {
    loop(chains.data() + thread * kApart, kRounds * repeats);
  });
}

// Of three arrays of `bytes` in all for each thread.
double bandwidth(const Turns& turns, size_t bytes) {
  constexpr size_t kLine = 16;   // floats
  constexpr size_t kApart = 64;  // so that no two arrays meet at the same place of a page
  const size_t n = std::max<size_t>(bytes / 12 / 64 * 64, 64);
  std::vector<std::unique_ptr<float[]>> memory(static_cast<size_t>(turns.pool.size()));
  for (auto& block : memory) block.reset(new float[3 * (n + kApart) + kLine]);
  // By the thread that reads it: its pages then lie near to it.
  turns.pool.parallel_for(memory.size(), [&](size_t thread) {
    std::fill_n(memory[thread].get(), 3 * (n + kApart) + kLine, 1.0f);
  });
  const auto add = vector_table().f32.arithmetic.add.vector_vector;
  return best_rate(turns, 12 * static_cast<double>(n), [&](size_t thread, size_t repeats) {
    float* y = memory[thread].get();
    y += (64 - reinterpret_cast<uintptr_t>(y) % 64) % 64 / sizeof(float);
    for (size_t r = 0; r < repeats; r++) add(y + n + kApart, y + 2 * (n + kApart), y, n);
  });
}

// Of the data cache of a level from 1 to 3, or a usual size where the system does not say.
size_t cache_bytes(int level) {
  constexpr size_t kUsual[] = {size_t{32} << 10, size_t{1} << 20, size_t{32} << 20};
#ifdef _SC_LEVEL1_DCACHE_SIZE
  constexpr int kNames[] = {_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE};
  const long said = sysconf(kNames[level - 1]);
#else
  const long said = 0;
#endif
  if (said <= 0) return kUsual[level - 1];
  // Of the third level a system may report those of all core complexes together: one thread has one of them.
  return level == 3 ? std::min(static_cast<size_t>(said), kUsual[2]) : static_cast<size_t>(said);
}

}  // namespace

Peaks measure_peaks(ThreadPool& pool, size_t turns, FunctionRef<void()> between) {
  const Turns each{pool, std::max<size_t>(turns, 1), between};
  Peaks peaks;
  peaks.threads = pool.size();
  for (int level = 1; level <= 3; level++)
    peaks.cache_bytes[static_cast<size_t>(level - 1)] = cache_bytes(level);
  const auto [l1, l2, l3] = peaks.cache_bytes;
  const size_t share = l3 / static_cast<size_t>(peaks.threads);
  peaks.flops = peak_flops(each);
  // Half of a cache, for the other half holds what else a thread needs; of the last one a quarter, which others use too.
  peaks.bandwidth = {
      bandwidth(each, l1 / 2), bandwidth(each, l2 / 2), bandwidth(each, std::max(share / 4, 2 * l2)),
      bandwidth(each, std::max(4 * share, (size_t{64} << 20) / static_cast<size_t>(peaks.threads)))};
  return peaks;
}

}  // namespace tl::kernels
