// Two ranks join, exchange a value, report a failure or part; or have joined, and make collectives of all kinds through the engine of
// processes, while one allocation of theirs after the other fails, once or from there on for good: every call must return or throw, on
// all threads, and nothing may be left open. What the ranks make of it is their business; that they do not wait for longer than they
// said is looked at too, and that sums which have come are right.
#include <dirent.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "core/base/clock.h"
#include "core/dist/control_client.h"
#include "core/dist/tcp.h"
#include "tests/dist/failing_new.h"

using namespace tl;
using namespace tl::dist;
using namespace tl::test;

namespace {

constexpr double kWait = 0.25;  // seconds that a rank waits for another

int open_descriptors() {
  int count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (::readdir(folder)) count++;
  ::closedir(folder);
  return count;
}

int free_port() {
  std::string problem;
  const tcp::Descriptor listener = tcp::listen_at(tcp::resolve("127.0.0.1", 0, problem).at(0));
  return tcp::port_of(tcp::own_address(listener.get()));
}

enum class End { kWell, kError, kNoMemory };

End rank(const ControlOptions& o, bool fails) {
  const Wait wait{kWait, nullptr};
  try {
    const auto channel = join_processes(o, wait);
    std::atomic<bool> awake{false};
    channel->on_failure([&] { awake = true; });
    channel->put(o.place.rank ? "one" : "two", "value");
    const std::string value = channel->get(o.place.rank ? "two" : "one", wait);
    if (fails && o.place.rank == 1) channel->fail({Code::kMismatch, "it says so", 1});
    channel->farewell(wait);
    const bool failed = channel->failure().has_value();
    channel->on_failure({});
    return failed ? End::kError : End::kWell;
  } catch (const Error&) {
    return End::kError;
  } catch (const std::bad_alloc&) {
    return End::kNoMemory;
  }
}

std::atomic<int> joined{0}, go{0};
std::atomic<bool> wrong{false};

Tensor filled(Context& c, int64_t elements, float value) {
  Tensor out = c.allocate(DType::kF32, Shape{elements, 1});
  std::fill_n(out.mutable_data<float>(), elements, value);
  return out;
}
void expect(const Tensor& t, int64_t elements, float value) {
  if (t.shape()[0] != elements) wrong = true;
  for (int64_t i = 0; i < elements; i++)
    if (t.data<float>()[i] != value) wrong = true;
}

void collectives(Context& c, Group& g) {
  const auto mine = static_cast<float>(g.rank() + 1);
  const Tensor list[] = {filled(c, 3, mine), filled(c, 40'000, mine)};  // small ones go with the call
  for (const Tensor& x : list) {
    const int64_t n = x.shape()[0];
    expect(g.all_reduce("test", Span<const Tensor>(&x, 1), Reduction::kSum)[0], n, 3);
    expect(g.broadcast("test", Span<const Tensor>(&x, 1), 1)[0], n, 2);
    if (g.all_gather("test", x).shape()[0] != 2 * n) wrong = true;
  }
  expect(g.all_reduce("test", list, Reduction::kSum)[1], 40'000, 3);
  const auto within = g.split("test", 0, -g.rank());
  if (within->rank() != 1 - g.rank()) wrong = true;
  within->barrier("test");
}

// Of ranks that have joined: what they do from then on.
End rank_of_engine(const ControlOptions& o, MemoryProcesses& processes) {
  std::unique_ptr<ControlChannel> channel;
  try {
    channel = join_processes(o, {10, nullptr});
  } catch (const std::exception&) {
  }
  joined++;
  while (!go) std::this_thread::yield();
  try {
    if (!channel) return End::kError;
    ContextOptions options;
    options.threads = 1;
    Context context(options);
    Group group(context, make_process_engine(processes.transport(o.place.rank), std::move(channel)), 1);
    try {
      collectives(context, group);
    } catch (...) {
      try {
        group.barrier("test");
        wrong = true;  // it has ended
      } catch (const Error&) {
      }
      throw;
    }
    return End::kWell;
  } catch (const Error&) {
    return End::kError;
  } catch (const std::bad_alloc&) {
    return End::kNoMemory;
  }
}

enum class Scene { kJoins, kFails, kCollectives };

// Whether the allocation came to be asked for.
bool run(long which, bool good, Scene scene, int& problems) {
  const bool fails = scene == Scene::kFails;
  ControlOptions options[2];
  for (int i = 0; i < 2; i++) {
    options[i].place = {i, 2, i, 2};
    options[i].host = "127.0.0.1";
    options[i].port = i ? options[0].port : free_port();
    options[i].build = "a text that needs an allocation of its own";
  }
  const int before = open_descriptors();
  go = joined = 0;
  wrong = false;
  MemoryProcesses processes(2);
  End ends[2] = {End::kError, End::kError};
  std::thread threads[2];
  for (int i = 0; i < 2; i++)
    threads[i] = std::thread([&, i] {
      if (scene == Scene::kCollectives) {
        ends[i] = rank_of_engine(options[i], processes);
        return;
      }
      joined++;
      while (!go) std::this_thread::yield();
      ends[i] = rank(options[i], fails);
    });
  while (joined < 2) std::this_thread::yield();
  const double begun = monotonic_seconds();
  arm(which, good);
  go = 1;
  for (std::thread& t : threads) t.join();
  armed = false;
  const double took = monotonic_seconds() - begun;
  const bool well = ends[0] == End::kWell && ends[1] == End::kWell;
  const bool right = !wrong && (fired || (fails ? ends[0] == End::kError : well));
  if (!right || open_descriptors() != before || took > 20) {
    std::printf("FAILED  allocation %ld%s%s: ends %d and %d, %d descriptors and before %d, %.1f s\n", which,
                good ? " and all behind it" : "",
                fails                          ? ", with a failure"
                : scene == Scene::kCollectives ? ", in collectives"
                                               : "",
                static_cast<int>(ends[0]), static_cast<int>(ends[1]), open_descriptors(), before, took);
    problems++;
  }
  return fired;
}

}  // namespace

// out_of_memory STEP: every STEP-th allocation
int main(int count, char** arguments) {
  const long step = count > 1 ? std::atol(arguments[1]) : 1;
  int scenarios = 0, problems = 0;
  for (int kind = 0; kind < 6; kind++) {
    long which = kind % step;
    while (run(which, kind % 2 == 1, static_cast<Scene>(kind / 2), problems)) {
      scenarios++;
      which += step;
    }
    std::printf("%ld allocations\n", which);
  }
  std::printf("%d passed, %d failed\n", scenarios - problems, problems);
  return problems != 0 || scenarios == 0;
}
