// A rank as a process, for tests/dist/processes, which kills it, stops it or cuts it off: joins, says so, and says what it learns of the
// others, and when. A line on its input ends it well.
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "core/base/clock.h"
#include "core/dist/control_client.h"

using namespace tl;
using namespace tl::dist;

namespace {

int open_descriptors() {
  int count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (::readdir(folder)) count++;
  ::closedir(folder);
  return count;
}

void rank(char** arguments) {
  ControlOptions o;
  o.place.rank = std::atoi(arguments[1]);
  o.place.size = std::atoi(arguments[2]);
  o.host = arguments[3];
  o.port = std::atoi(arguments[4]);
  o.lease_seconds = std::atof(arguments[5]);
  o.token = "token";
  const auto channel = join_processes(o, {60, nullptr});
  std::printf("ready %s\n", channel->address().c_str());
  std::fflush(stdout);
  std::atomic<double> when{0};
  channel->on_failure([&] { when = monotonic_seconds(); });
  pollfd input{0, POLLIN, 0};
  while (!when.load())
    if (::poll(&input, 1, 1) > 0) {
      channel->farewell({20, nullptr});
      break;
    }
  const auto failure = channel->failure();
  if (failure)
    std::printf("failed %.6f %d %d %s\n", when.load(), static_cast<int>(failure->code), failure->rank,
                failure->text.c_str());
  else
    std::printf("ended well\n");
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 6) return 2;
  const int before = open_descriptors();
  try {
    rank(arguments);
  } catch (const Error& e) {
    std::printf("did not join: %s\n", e.what());
  }
  struct sigaction pipe {};
  ::sigaction(SIGPIPE, nullptr, &pipe);
  std::printf("%s\n", open_descriptors() == before && pipe.sa_handler == SIG_DFL ? "clean" : "NOT CLEAN");
}
