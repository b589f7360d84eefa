// What a machine can do at most. No figure is judged: what the loops compute is, and what a measurement does when it is stopped.
#include "core/kernels/peaks.h"

#include <cmath>
#include <stdexcept>

#include "tests/kernels/vector_tables.h"

using namespace tl;

TEST_CASE("the multiply-adds of a peak are all done", "[kernels][vector]") {
  for (const VectorTable* table : runnable_vector_tables()) {
    INFO(isa_name(table->isa));
    for (const size_t rounds : {size_t{0}, size_t{1}, size_t{7}, size_t{1000}}) {
      std::vector<float> start(kPeakFloats);
      for (size_t i = 0; i < kPeakFloats; i++) start[i] = static_cast<float>(i) / 16 - 5;
      Guarded<float> chains(start);
      const size_t changed = table->multiply_adds(chains.data(), rounds);
      CHECK(chains.intact());
      CHECK(changed >= 12 * 4);
      REQUIRE(changed <= kPeakFloats);
      // x -> 0.999 x + 0.001 goes to 1: what is left of the way to it is 0.999^rounds.
      const double left = std::pow(static_cast<double>(0.999f), static_cast<double>(rounds));
      const double end = static_cast<double>(0.001f) / (1 - static_cast<double>(0.999f));
      for (size_t i = 0; i < kPeakFloats; i++) {
        const double x = static_cast<double>(start[i]);
        const double want = i < changed ? end + (x - end) * left : x;
        if (!(std::abs(static_cast<double>(chains[i]) - want) <= 1e-4 * (1 + std::abs(want))))
          FAIL_CHECK("chain " << i << " after " << rounds << " rounds: " << chains[i] << " for " << want);
      }
    }
  }
}

TEST_CASE("peaks are measured on all threads, and a measurement can be stopped", "[kernels]") {
  for (int threads : {1, 2}) {
    ThreadPool pool(threads);
    size_t turns = 0;
    const kernels::Peaks peaks = kernels::measure_peaks(pool, 1, [&] { turns++; });
    CHECK(turns >= 10);  // the first turn of each of five measurements, and those that find its length
    CHECK(peaks.threads == pool.size());
    CHECK(std::isfinite(peaks.flops));
    CHECK(peaks.flops > 1e6);
    for (size_t level = 0; level < 3; level++) CHECK(peaks.cache_bytes[level] >= 1024);
    for (const double rate : peaks.bandwidth) {
      CHECK(std::isfinite(rate));
      CHECK(rate > 1e6);
    }

    size_t left = turns / 2;
    CHECK_THROWS_AS(kernels::measure_peaks(pool, 1,
                                           [&] {
                                             if (left-- == 0) throw std::runtime_error("stopped");
                                           }),
                    std::runtime_error);
  }
}
