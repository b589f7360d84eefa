// Which way of running a step is chosen, on times that are made up; and that the pool follows.
#include "core/base/step_sharing.h"

#include <catch2/catch.hpp>
#include <vector>

namespace tl {
namespace {

using std::chrono::microseconds;

// Runs steps that take so long alone and shared; how many of them were shared, and how many were timed.
int shared_steps(StepSharing& sharing, int steps, int alone, int shared, int* timed = nullptr) {
  int count = 0;
  for (int i = 0; i < steps; ++i) {
    const bool is_shared = sharing.begin();
    count += is_shared;
    if (timed) *timed += sharing.is_timed();
    // Every other step is disturbed.
    if (sharing.is_timed()) sharing.end(microseconds((is_shared ? shared : alone) * (i % 2 + 1)));
  }
  return count;
}

}  // namespace

TEST_CASE("steps are run as was faster, and both ways now and then", "[thread_pool]") {
  StepSharing sharing;
  CHECK(shared_steps(sharing, 16, 150, 100) == 8);  // both ways
  CHECK(shared_steps(sharing, 31, 150, 100) == 31);
  CHECK(shared_steps(sharing, 16, 150, 100) == 8);  // soon again
  CHECK(shared_steps(sharing, 63, 150, 100) == 63);
  shared_steps(sharing, 16, 150, 310);  // the cores have moved apart: found out at the next trial
  CHECK(shared_steps(sharing, 31, 150, 310) == 0);
  CHECK(shared_steps(sharing, 5000, 150, 310) < 100);
  CHECK(shared_steps(sharing, 5000, 150, 149) < 100);  // hardly a gain
  CHECK(shared_steps(sharing, 2100, 150, 140) >
        0);  // trials become rare while nothing changes, but do not end
  CHECK(shared_steps(sharing, 5000, 150, 140) > 4000);
}

TEST_CASE("a choice is held for few steps until it is confirmed, and then longer each time",
          "[thread_pool]") {
  StepSharing sharing;
  shared_steps(sharing, 16, 150, 310);                   // a bad moment
  CHECK(shared_steps(sharing, 31 + 16, 150, 100) == 8);  // does not last
  CHECK(shared_steps(sharing, 31 + 16, 150, 100) == 31 + 8);
  for (int hold = 64; hold <= 1024; hold *= 2) {
    int timed = 0;
    CHECK(shared_steps(sharing, hold - 1 + 16, 150, 100, &timed) == hold - 1 + 8);
    CHECK(timed == 16);
  }
  int timed = 0;
  shared_steps(sharing, 20000, 150, 100, &timed);
  CHECK(timed >= 9 * 16);
  CHECK(timed <= 10 * 16);
}

TEST_CASE("few shared steps that are fast do not make sharing pay", "[thread_pool]") {
  StepSharing sharing;
  int step = 0, shared = 0;
  for (; step < 3000; ++step) {
    const bool is_shared = sharing.begin();
    shared += is_shared;
    if (sharing.is_timed()) sharing.end(microseconds(!is_shared ? 100 : step % 4 == 3 ? 90 : 130));
  }
  CHECK(shared < 100);
}

TEST_CASE("a pool runs short loops alone while a step says so", "[thread_pool]") {
  ThreadPool pool(3);
  StepSharing sharing;
  std::vector<int> workers(64);
  const auto loop = [&] {
    pool.parallel_for_worker(
        workers.size(), [&](size_t i, int worker) { workers[i] = worker + 1; },
        ThreadPool::Helpers::if_it_pays);
  };
  for (int step = 0; step < 40; ++step) {
    std::fill(workers.begin(), workers.end(), 0);
    {
      StepSharing::Run run(sharing, pool);
      loop();
      if (step < 4)  // the first steps are run alone
        for (int worker : workers) CHECK(worker == 1);
      run.done();
    }
    for (int worker : workers) CHECK(worker > 0);
    loop();  // outside of steps the pool decides
    for (int worker : workers) CHECK(worker > 0);
  }
}

}  // namespace tl
