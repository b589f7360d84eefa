// The plugin of MPI, compiled once with Open MPI's headers and once with MPICH's: non-blocking sends and receives, looked at in a loop
// with a deadline and a flag that ends it, behind the table of core/dist/transport.h.
//
// MPI is one for the whole process, and so is what stands here: whether this plugin has started it, and a lock around its functions where
// it wants that. Once started it lives until the process ends (or end() is called), for it cannot start again: each group has a
// communicator of its own. MPI_Init knows no deadline, so it runs on a thread of its own, which is given up with MPI itself when the time
// is over. What MPI does when a process dies is its launcher's business, which normally ends all others; where it leaves this one
// alive, transfers that neither end nor can be taken back are given up with MPI, too: it is not called again, so that it writes to no
// memory that is somebody else's.
#include <dlfcn.h>
#include <mpi.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "core/base/blocked_signals.h"
#include "core/base/error.h"
#include "core/dist/transport.h"
#include "core/dist/transport_failure.h"

#ifdef OPEN_MPI
#define TL_MPI_NAME "mpi-openmpi"
#else
#define TL_MPI_NAME "mpi-mpich"
#endif

namespace {

using tl::Code;
using tl::dist::Failed;
using tl::dist::say;
using Clock = std::chrono::steady_clock;

constexpr size_t kMostBytes = size_t{1} << 30;  // of one message: MPI counts in int

template <class F>
int32_t guarded(tl_transport_error* error, F&& f) noexcept {
  try {
    f();
    return 0;
  } catch (const Failed& failed) {
    return say(failed, error);
  } catch (const std::bad_alloc&) {
    return say({Code::kOutOfMemory, -1, "no memory"}, error);
  } catch (...) {
    return say({Code::kInternal, -1, "an unknown exception"}, error);
  }
}

void check(int code, int rank, const char* function) {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING + 1] = "";
  int length = 0;
  MPI_Error_string(code, text, &length);
  throw Failed{Code::kPeerLost, rank, std::string(function) + ": " + text};
}

// MPI of this process.
struct Process {
  std::mutex mutex;                   // around each call of MPI
  bool started = false;               // by this plugin, which ends it then
  pid_t id = 0;                       // that has started it: not one that is forked off
  int open = 0;                       // transports
  std::atomic<bool> given_up{false};  // MPI is not called again
  std::atomic<bool> failed{false};    // a group has, so some ranks may not come to the end of MPI
};
Process& process() {
  static Process one;
  return one;
}

// Signal handlers are the program's: what MPI installs when it starts is undone.
class KeptHandlers {
 public:
  KeptHandlers() {
    for (int signal = 1; signal < static_cast<int>(handlers_.size()); signal++)
      known_[static_cast<size_t>(signal)] =
          sigaction(signal, nullptr, &handlers_[static_cast<size_t>(signal)]) == 0;
  }
  ~KeptHandlers() {
    for (int signal = 1; signal < static_cast<int>(handlers_.size()); signal++)
      if (known_[static_cast<size_t>(signal)])
        sigaction(signal, &handlers_[static_cast<size_t>(signal)], nullptr);
  }
  KeptHandlers(const KeptHandlers&) = delete;
  KeptHandlers& operator=(const KeptHandlers&) = delete;

 private:
  std::array<struct sigaction, 32> handlers_;
  std::array<bool, 32> known_{};
};

// MPI_Init_thread on a thread of its own.
struct Start {
  std::mutex mutex;
  std::condition_variable changed;
  bool ended = false;
  int code = MPI_SUCCESS, level = MPI_THREAD_SINGLE;
};

// Where the process ends by exit() and all groups are closed: mpirun takes a program that ends without MPI_Finalize for one that has
// failed. Where a group is open or has failed, the others may be waiting for this rank elsewhere, and MPI_Finalize waits for them.
void end_mpi() {
  Process& p = process();
  if (p.id != getpid()) return;
  const std::lock_guard<std::mutex> lock(p.mutex);
  int finalized = 0;
  if (!p.started || p.open > 0 || p.given_up || p.failed) return;
  MPI_Finalized(&finalized);
  if (!finalized) MPI_Finalize();
}

// The level of threads. stop() says whether to wait no longer; then MPI is given up, for the thread that starts it may come back late.
template <class F>
int start_mpi_by(F&& stop) {
  // Open MPI's parts look for its symbols among those that everybody sees.
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&MPI_Init_thread), &info) != 0 && info.dli_fname)
    (void)dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL);
  const KeptHandlers kept;
  const auto start = std::make_shared<Start>();
  try {
    const tl::BlockedSignals none;  // threads that it starts take no signals
    std::thread([start] {
      int level = MPI_THREAD_SINGLE;
      const int code = MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &level);
      const std::lock_guard<std::mutex> lock(start->mutex);
      start->code = code;
      start->level = level;
      start->ended = true;
      start->changed.notify_all();
    }).detach();
  } catch (const std::system_error&) {
    throw Failed{Code::kOutOfMemory, -1, "MPI needs a thread to start: got none"};
  }
  std::unique_lock<std::mutex> lock(start->mutex);
  while (!start->ended) {
    if (stop()) {
      process().given_up = true;
      throw Failed{Code::kTimedOut, -1, "MPI has not started in time: it waits for ranks that do not come"};
    }
    start->changed.wait_for(lock, std::chrono::milliseconds(5));
  }
  if (start->code != MPI_SUCCESS)
    throw Failed{Code::kUnsupported, -1, "MPI does not start; was the program started by mpirun?"};
  process().started = true;
  process().id = getpid();
  std::atexit(end_mpi);
  return start->level;
}

template <class F>
void start_mpi(F&& stop) {
  int initialized = 0, finalized = 0;
  if (process().given_up)
    throw Failed{
        Code::kFailedPrecondition, -1,
        "MPI has been given up in this process, when ranks did not come or transfers did not end, and "
        "cannot start again; start the program again"};
  MPI_Initialized(&initialized);
  MPI_Finalized(&finalized);
  if (finalized)
    throw Failed{Code::kFailedPrecondition, -1,
                 "MPI has ended in this process, and cannot start again; start the program again"};
  int level = MPI_THREAD_SINGLE;
  if (initialized)
    MPI_Query_thread(&level);
  else
    level = start_mpi_by(stop);
  if (level < MPI_THREAD_SERIALIZED)
    throw Failed{Code::kUnsupported, -1,
                 "MPI must be started with MPI_THREAD_SERIALIZED at least: use MPI_Init_thread, or let this "
                 "library start it"};
}

// Lets others run while this thread waits: at first at once, then for longer.
class Patience {
 public:
  void wait() {
    if (++turns_ < 200) return;
    if (turns_ < 2000) {
      sched_yield();
      return;
    }
    const timespec some{0, 50'000};
    nanosleep(&some, nullptr);
  }

 private:
  int turns_ = 0;
};

}  // namespace

struct tl_transport_wait {
  std::vector<MPI_Request> requests;
  std::vector<int> ranks;  // whose they are
};

struct tl_transport {
  MPI_Comm all = MPI_COMM_NULL;
  int most_tag = 0;
  std::atomic<bool> aborted{false};
};

namespace {

Clock::time_point after(double seconds) {
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(
                            std::chrono::duration<double>(std::min(std::max(seconds, 0.0), 1e9)));
}

// Until done() under the lock, or stop().
template <class Stop, class F>
bool wait_until(Stop&& stop, F&& done) {
  for (Patience patience;; patience.wait()) {
    {
      const std::lock_guard<std::mutex> lock(process().mutex);
      if (done()) return true;
    }
    if (stop()) return false;
  }
}

int32_t connect(const tl_transport_options* options, tl_transport** transport, tl_transport_error* error) {
  return guarded(error, [&] {
    const auto end = after(options->seconds);
    const auto stop = [&] {
      return Clock::now() >= end ||
             (options->store.failed && options->store.failed(options->store.user) != 0);
    };
    auto t = std::make_unique<tl_transport>();
    MPI_Request request = MPI_REQUEST_NULL;
    {
      const std::lock_guard<std::mutex> lock(process().mutex);
      start_mpi(stop);
      int rank = -1, size = 0;
      MPI_Comm_rank(MPI_COMM_WORLD, &rank);
      MPI_Comm_size(MPI_COMM_WORLD, &size);
      if (options->size != 0 && (rank != options->rank || size != options->size))
        throw Failed{Code::kMismatch, -1,
                     "MPI must have the ranks of the group: got rank " + std::to_string(rank) + " of " +
                         std::to_string(size) + ", and " + std::to_string(options->rank) + " of " +
                         std::to_string(options->size)};
      // Errors of what is called before the group has communicator of its own would end the process.
      MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
      check(MPI_Comm_idup(MPI_COMM_WORLD, &t->all, &request), -1, "MPI_Comm_idup");
    }
    int failed = MPI_SUCCESS;
    const bool joined = wait_until(stop, [&] {
      int done = 0;
      failed = MPI_Test(&request, &done, MPI_STATUS_IGNORE);
      return done != 0 || failed != MPI_SUCCESS;
    });
    if (!joined) {
      process().given_up = true;
      (void)t.release();  // MPI writes the communicator there when it comes
      throw Failed{Code::kTimedOut, -1, "not all ranks have come to MPI in time"};
    }
    const std::lock_guard<std::mutex> lock(process().mutex);
    check(failed, -1, "MPI_Comm_idup");
    MPI_Comm_set_errhandler(t->all, MPI_ERRORS_RETURN);
    int* most = nullptr;
    int known = 0;
    MPI_Comm_get_attr(t->all, MPI_TAG_UB, &most, &known);
    t->most_tag = known ? *most : 32767;
    process().open++;
    process().failed = false;  // all ranks are here
    *transport = t.release();
  });
}

// Takes back what can be; what cannot MPI may still write to when it is called, so nobody calls it any more.
void give_back(tl_transport_wait& wait) noexcept {
  for (MPI_Request& request : wait.requests) {
    if (request == MPI_REQUEST_NULL) continue;
    MPI_Cancel(&request);
    int done = 0;
    for (int again = 0; again < 100 && !done; again++)
      if (MPI_Test(&request, &done, MPI_STATUS_IGNORE) != MPI_SUCCESS) break;
    if (!done) process().given_up = true;
  }
}

int32_t start(tl_transport* t, const tl_transport_transfer* transfers, size_t count, tl_transport_wait** out,
              tl_transport_error* error) {
  auto wait = std::unique_ptr<tl_transport_wait>();
  const int32_t code = guarded(error, [&] {
    wait = std::make_unique<tl_transport_wait>();
    size_t messages = 0;
    for (size_t i = 0; i < count; i++) messages += transfers[i].bytes / kMostBytes + 1;
    wait->requests.reserve(messages);
    wait->ranks.reserve(messages);
    const std::lock_guard<std::mutex> lock(process().mutex);
    if (t->aborted || process().given_up)
      throw Failed{Code::kPeerLost, -1, "the connections have been given up"};
    for (size_t i = 0; i < count; i++) {
      const tl_transport_transfer& one = transfers[i];
      if (one.tag > static_cast<uint64_t>(t->most_tag))
        throw Failed{Code::kUnsupported, one.rank, "this MPI has no tag for so many groups within groups"};
      for (size_t at = 0; at < one.bytes || at == 0; at += kMostBytes) {
        const int bytes = static_cast<int>(std::min(one.bytes - at, kMostBytes)),
                  tag = static_cast<int>(one.tag);
        std::byte* const data = static_cast<std::byte*>(one.data) + at;
        MPI_Request request = MPI_REQUEST_NULL;
        check(one.receives ? MPI_Irecv(data, bytes, MPI_BYTE, one.rank, tag, t->all, &request)
                           : MPI_Isend(data, bytes, MPI_BYTE, one.rank, tag, t->all, &request),
              one.rank, one.receives ? "MPI_Irecv" : "MPI_Isend");
        wait->requests.push_back(request);
        wait->ranks.push_back(one.rank);
      }
    }
  });
  if (code == 0) {
    *out = wait.release();
  } else if (wait) {
    t->aborted = true;
    const std::lock_guard<std::mutex> lock(process().mutex);
    if (!process().given_up) give_back(*wait);
  }
  return code;
}

int32_t finish(tl_transport* t, tl_transport_wait* wait, double seconds, tl_transport_error* error) {
  size_t next = 0;  // the first that has not ended
  const int32_t code = guarded(error, [&] {
    const auto ended = [&] {
      for (; next < wait->requests.size(); next++) {
        int done = 0;
        if (process().given_up) return false;
        check(MPI_Test(&wait->requests[next], &done, MPI_STATUS_IGNORE), wait->ranks[next], "MPI_Test");
        if (!done) return false;
      }
      return true;
    };
    const auto end = after(process().given_up ? 0 : seconds);
    if (wait_until([&] { return t->aborted || Clock::now() >= end; }, ended)) return;
    if (t->aborted || process().given_up)
      throw Failed{Code::kPeerLost, -1, "the connections have been given up"};
    throw Failed{Code::kTimedOut, wait->ranks[next], "it has not come in time"};
  });
  if (code != 0) {
    t->aborted = true;
    const std::lock_guard<std::mutex> lock(process().mutex);
    if (!process().given_up) give_back(*wait);
  }
  delete wait;
  return code;
}

// A group that has failed: some ranks may not come to the end of MPI, nor to a new group.
void abort(tl_transport* t) {
  process().failed = true;
  t->aborted = true;
}

// The communicator stays: what nobody has received may still be on its way in it, and would come to a later one of the same number.
void close(tl_transport* t) {
  delete t;
  const std::lock_guard<std::mutex> lock(process().mutex);
  process().open--;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const tl_transport_table* tl_transport_plugin(
    uint32_t abi) {
  static char version[MPI_MAX_LIBRARY_VERSION_STRING] = "";
  if (!*version) {
    int length = 0;
    MPI_Get_library_version(version, &length);
  }
  static const tl_transport_table table = {sizeof table, TL_TRANSPORT_ABI, TL_MPI_NAME, version, connect,
                                           start,        finish,           abort,       close,   end_mpi};
  return abi == TL_TRANSPORT_ABI ? &table : nullptr;
}
