// The thread pool: every index once, nested loops, exceptions, scratch memory, signals, fork, many small
// jobs.
#include "core/base/thread_pool.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <numeric>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "core/base/error.h"

using tl::ThreadPool;

TEST_CASE("every index runs exactly once, whatever the number of threads", "[thread_pool]") {
  for (int threads : {-3, 0, 1, 2, 3, 4, 9}) {
    ThreadPool pool(threads);
    CHECK(pool.size() == (threads < 1 ? 1 : threads));
    for (size_t count : {0, 1, 2, 3, 7, 64, 1000, 20000}) {
      std::vector<std::atomic<int>> runs(count);
      pool.parallel_for(count, [&](size_t i) { runs[i].fetch_add(1); });
      size_t wrong = 0;
      for (auto& r : runs) wrong += r.load() != 1;
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("what the bodies wrote is visible after the loop: many small jobs", "[thread_pool]") {
  ThreadPool pool(3);
  std::vector<uint64_t> cells(5, 0);  // plain memory: the pool must order the accesses
  const uint64_t rounds = 50000;
  for (uint64_t r = 0; r < rounds; ++r) {
    pool.parallel_for(cells.size(), [&](size_t i) { cells[i] += r + i; });
    if (r % 10000 == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));  // let the workers fall asleep
  }
  for (uint64_t i = 0; i < cells.size(); ++i) CHECK(cells[i] == rounds * (rounds - 1) / 2 + rounds * i);
}

TEST_CASE("loops that find the workers asleep", "[thread_pool]") {
  ThreadPool pool(4);
  for (int r = 0; r < 200; ++r) {
    std::this_thread::sleep_for(std::chrono::microseconds(300));
    std::atomic<int> sum{0};
    pool.parallel_for(8, [&](size_t i) { sum += static_cast<int>(i); });
    REQUIRE(sum == 28);
  }
}

TEST_CASE("short loops run completely, and alone while sharing does not pay", "[thread_pool]") {
  ThreadPool pool(3);
  const auto helpers = ThreadPool::Helpers::if_it_pays;
  // Help takes much longer than no help, so most of the loops are run by the caller alone.
  std::vector<std::atomic<int>> runs(6);
  std::atomic<int> inner{0}, shared{0};
  const int rounds = 300;
  for (int r = 0; r < rounds; ++r) {
    std::atomic<bool> helped{false};
    const auto body = [&](size_t i, int worker) {
      ++runs[i];
      const bool first_help = worker != 0 && !helped.exchange(true);
      std::this_thread::sleep_for(std::chrono::microseconds(first_help ? 2000 : 20));
      pool.parallel_for_worker(3, [&](size_t, int nested) { inner += nested == worker; });
    };
    pool.parallel_for_worker(runs.size(), body, helpers);
    shared += helped;
  }
  for (const auto& run : runs) CHECK(run == rounds);
  CHECK(inner == 3 * 6 * rounds);
  CHECK(shared > 0);  // the pool tried
  CHECK(shared <= rounds / 2);
  CHECK_THROWS_AS(pool.parallel_for(
                      4,
                      [](size_t i) {
                        if (i > 1) throw std::runtime_error("no");
                      },
                      helpers),
                  std::runtime_error);
  // Loops that want all helpers do not ask what paid.
  std::atomic<int> second{0};
  pool.parallel_for_worker(50, [&](size_t, int worker) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (worker != 0) ++second;
  });
  CHECK(second > 0);
}

TEST_CASE("worker numbers are in range and never shared by two bodies at a time", "[thread_pool]") {
  ThreadPool pool(4);
  std::vector<std::atomic<int>> busy(4);
  std::atomic<int> clashes{0}, out_of_range{0};
  for (int round = 0; round < 200; ++round) {
    pool.parallel_for_worker(16, [&](size_t, int worker) {
      if (worker < 0 || worker >= 4) {
        ++out_of_range;
        return;
      }
      if (busy[worker].fetch_add(1) != 0) ++clashes;
      std::this_thread::yield();
      busy[worker].fetch_sub(1);
    });
  }
  CHECK(clashes == 0);
  CHECK(out_of_range == 0);
}

TEST_CASE("more than one thread takes part when there is enough to do", "[thread_pool]") {
  ThreadPool pool(2);
  std::atomic<int> second{0};
  pool.parallel_for_worker(50, [&](size_t, int worker) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (worker == 1) ++second;
  });
  CHECK(second > 0);
}

TEST_CASE("a nested loop runs inline under its caller's worker number", "[thread_pool]") {
  for (int threads : {1, 3}) {
    ThreadPool pool(threads);
    std::atomic<int> inner_runs{0}, moved{0};
    pool.parallel_for_worker(12, [&](size_t, int worker) {
      const auto self = std::this_thread::get_id();
      pool.parallel_for_worker(5, [&](size_t, int inner) {
        if (std::this_thread::get_id() != self || inner != worker) ++moved;
        ++inner_runs;
      });
    });
    CHECK(inner_runs == 60);
    CHECK(moved == 0);
  }
}

TEST_CASE("the exception of the lowest index reaches the caller, and the others still run", "[thread_pool]") {
  for (int threads : {1, 2, 4}) {
    ThreadPool pool(threads);
    for (int round = 0; round < 50; ++round) {
      std::atomic<int> runs{0};
      std::string caught;
      try {
        pool.parallel_for(40, [&](size_t i) {
          ++runs;
          if (i == 7 || i == 8 || i == 33) throw std::runtime_error("index " + std::to_string(i));
        });
      } catch (const std::runtime_error& e) {
        caught = e.what();
      }
      REQUIRE(caught == "index 7");
      REQUIRE(runs == 40);
    }
    std::atomic<int> after{0};
    pool.parallel_for(10, [&](size_t) { ++after; });
    CHECK(after == 10);
  }
}

TEST_CASE("scratch memory is aligned, separate, kept, and its failure is an error", "[thread_pool]") {
  ThreadPool pool(3);
  pool.reserve_scratch(1000, 5000);
  std::set<void*> all{pool.shared_scratch()};
  for (int w = 0; w < 3; ++w) all.insert(pool.worker_scratch(w));
  CHECK(all.size() == 4);
  for (void* p : all) CHECK(reinterpret_cast<uintptr_t>(p) % 64 == 0);
  void* kept = pool.worker_scratch(2);
  pool.reserve_scratch(10, 10);
  CHECK(pool.worker_scratch(2) == kept);
  try {
    pool.reserve_scratch(SIZE_MAX - 5, 0);
    FAIL("no error");
  } catch (const tl::Error& e) {
    CHECK(e.code() == tl::Code::kOutOfMemory);
  }
  pool.parallel_for_worker(30, [&](size_t, int w) { static_cast<char*>(pool.worker_scratch(w))[999] = 1; });
}

namespace {
std::atomic<pthread_t> handled_in{};
void remember_thread(int) { handled_in = pthread_self(); }
}  // namespace

TEST_CASE("workers block signals, and the caller's mask is unchanged", "[thread_pool]") {
  sigset_t before, after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  ThreadPool pool(2);
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (int sig : {SIGUSR1, SIGTERM, SIGPROF, SIGINT})
    CHECK(sigismember(&before, sig) == sigismember(&after, sig));

  struct sigaction action = {}, old = {};
  action.sa_handler = remember_thread;
  sigaction(SIGUSR1, &action, &old);
  std::atomic<int> unblocked{0}, asked{0};
  pool.parallel_for_worker(20, [&](size_t, int worker) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (worker == 0) return;
    ++asked;
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    if (!sigismember(&mask, SIGUSR1) || !sigismember(&mask, SIGPROF)) ++unblocked;
  });
  CHECK(asked > 0);
  CHECK(unblocked == 0);
  kill(getpid(), SIGUSR1);
  CHECK(pthread_equal(handled_in.load(), pthread_self()));
  sigaction(SIGUSR1, &old, nullptr);
}

TEST_CASE("after fork the child runs loops inline and can destroy the pool", "[thread_pool]") {
  auto* pool = new ThreadPool(3);
  std::atomic<int> warm{0};
  pool->parallel_for(10, [&](size_t) { ++warm; });
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(10);
    int runs = 0;
    pool->parallel_for_worker(25, [&](size_t, int worker) { runs += worker == 0; });
    delete pool;
    _exit(runs == 25 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  std::atomic<int> again{0};
  pool->parallel_for(10, [&](size_t) { ++again; });
  CHECK(again == 10);
  delete pool;
}

TEST_CASE("several pools in several threads do not disturb each other", "[thread_pool]") {
  std::vector<std::thread> hosts;
  std::atomic<int> good{0};
  for (int h = 0; h < 4; ++h)
    hosts.emplace_back([&, h] {
      ThreadPool pool(2);
      std::vector<long> cells(16, 0);
      for (int r = 0; r < 2000; ++r) pool.parallel_for(16, [&](size_t i) { cells[i] += h; });
      if (std::accumulate(cells.begin(), cells.end(), 0L) == 16L * 2000 * h) ++good;
    });
  for (auto& host : hosts) host.join();
  CHECK(good == 4);
}
