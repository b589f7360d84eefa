// Prints what the machine can do as one JSON line, for the bounds that tests/bench/run computes.
//
//   peak_bench [--threads N]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/bench/peak.h"

using namespace tl::bench;

int main(int argc, char** argv) {
  int threads = 1;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--threads") != 0 || i + 1 == argc || (threads = std::atoi(argv[++i])) < 1) {
      std::fprintf(stderr, "usage: peak_bench [--threads N]\n");
      return 2;
    }
  }
  const size_t l1 = cache_bytes(1), l2 = cache_bytes(2), l3 = cache_bytes(3),
               share = l3 / static_cast<size_t>(threads);
  std::printf("{\"peer\":\"tapeloop\",\"workload\":\"PEAK\",\"threads\":%d,\"fma_gflops\":%.1f", threads,
              peak_gflops(threads));
  std::printf(",\"l1_bytes\":%zu,\"l2_bytes\":%zu,\"l3_bytes\":%zu", l1, l2, l3);
  std::printf(",\"l1_gbs\":%.1f,\"l2_gbs\":%.1f,\"l3_gbs\":%.1f,\"dram_gbs\":%.1f}\n",
              triad_gbs(threads, l1 / 2), triad_gbs(threads, l2 / 2),
              triad_gbs(threads, std::max(share / 4, 2 * l2)),
              triad_gbs(threads, std::max(4 * share, size_t{64} << 20)));
}
