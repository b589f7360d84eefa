#include "core/dist/process_group.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "core/base/clock.h"
#include "core/dist/control_client.h"
#include "core/dist/launcher.h"
#include "core/dist/plugin.h"
#include "core/dist/process_engine.h"

namespace tl::dist {
namespace {

const char* variable(const char* name) {
  const char* const value = std::getenv(name);
  return value && *value ? value : nullptr;
}

std::string text_of(const std::string& option, const char* name, const char* other_name = nullptr) {
  if (!option.empty()) return option;
  if (const char* value = variable(name)) return value;
  const char* const other = other_name ? variable(other_name) : nullptr;
  return other ? other : "";
}

uint64_t number_of(uint64_t option, const char* name, const char* other_name = nullptr) {
  if (option) return option;
  const std::string text = text_of("", name, other_name);
  if (text.empty()) return 0;
  char* end = nullptr;
  errno = 0;
  const unsigned long long value = std::strtoull(text.c_str(), &end, 10);
  if (*end || errno || text[0] == '-')
    invalid("the environment variable ", name, " must be a number: got '", text,
            "'; unset it, or start the program by its launcher");
  return value;
}

Place place_of(const ProcessOptions& o, const Launched& job) {
  if (o.size == 0 && o.rank == 0) return job.place;
  if (o.size < 1 || o.rank < 0 || o.rank >= o.size)
    invalid("the rank must be below the size: got rank ", o.rank, " of ", o.size,
            "; set both, or neither for what the launcher says");
  if (o.rank == job.place.rank && o.size == job.place.size) return job.place;
  return {o.rank, o.size, 0, 0};
}

// MPI of the launcher that has started this process: the two cannot talk to one another.
std::string mpi_of_launcher() {
  if (variable("OMPI_COMM_WORLD_SIZE")) return "mpi-openmpi";
  if (variable("PMI_SIZE") || variable("MPI_LOCALNRANKS")) return "mpi-mpich";
  invalid(
      "a process with the engine 'mpi' must be started by MPI's launcher: got none of its variables; use "
      "mpirun, "
      "tapeloop-run --backend mpi, or the engine 'gloo'");
}

std::string engine_of(const ProcessOptions& o, const Launched& job) {
  const std::string name = text_of(o.backend, "TAPELOOP_BACKEND");
  if (name.empty()) {
    const bool by_mpi = job.by && (std::strcmp(job.by, "Open MPI") == 0 || std::strcmp(job.by, "Hydra") == 0);
    return by_mpi && !variable("MASTER_ADDR") && o.host.empty() ? mpi_of_launcher() : "gloo";
  }
  if (name == "mpi") return "mpi";
  for (const char* known : {"self", "gloo", "mpi-openmpi", "mpi-mpich"})
    if (name == known) return name;
  invalid("the backend must be self, gloo or mpi: got '", name,
          "'; replicas that are threads are run by tl_replicas_run");
}

// What rank 0 tells the others where only MPI joins them.
struct Meeting {
  char host[64] = "";
  int32_t port = 0;
  char token[40] = "";
};

// An address of this machine that others reach: not its own loopback.
std::string reachable_address() {
  ifaddrs* list = nullptr;
  std::string out;
  if (getifaddrs(&list) != 0) return "127.0.0.1";
  for (const ifaddrs* i = list; i && out.empty(); i = i->ifa_next) {
    if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET || (i->ifa_flags & IFF_LOOPBACK) ||
        !(i->ifa_flags & IFF_UP))
      continue;
    char text[INET_ADDRSTRLEN] = "";
    if (inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(i->ifa_addr)->sin_addr, text, sizeof text))
      out = text;
  }
  freeifaddrs(list);
  return out.empty() ? "127.0.0.1" : out;
}

int free_port(const std::string& address) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  inet_pton(AF_INET, address.c_str(), &at.sin_addr);
  socklen_t size = sizeof at;
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool found = fd >= 0 && bind(fd, reinterpret_cast<sockaddr*>(&at), size) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) == 0;
  if (fd >= 0) close(fd);
  if (!found)
    fail(Code::kIo, "the control channel needs a port at ", address, ": got none (", std::strerror(errno),
         ")");
  return ntohs(at.sin_port);
}

// MPI has joined the ranks already: rank 0's address goes to all by it, with a token that nobody else knows.
Meeting meet_by(const Transport& transport, const Place& place, double deadline) {
  constexpr uint64_t kTag = 1 << 20;
  Meeting meeting;
  std::vector<tl_transport_transfer> list;
  if (place.rank == 0) {
    const std::string host = place.local_size == place.size ? "127.0.0.1" : reachable_address();
    std::memcpy(meeting.host, host.data(), host.size());
    meeting.port = free_port(host);
    unsigned char random[16];
    if (getrandom(random, sizeof random, 0) != sizeof random)
      fail(Code::kIo, "the system must give random bytes for a token: got none");
    for (size_t i = 0; i < sizeof random; i++)
      for (size_t half = 0; half < 2; half++)
        meeting.token[2 * i + half] = "0123456789abcdef"[random[i] >> (4 * half) & 15];
    for (int rank = 1; rank < place.size; rank++) list.push_back({rank, 0, &meeting, sizeof meeting, kTag});
  } else {
    list.push_back({0, 1, &meeting, sizeof meeting, kTag});
  }
  tl_transport_error error{0, -1, {}};
  tl_transport_wait* wait = nullptr;
  int32_t code = transport.table->start(transport.handle(), list.data(), list.size(), &wait, &error);
  if (code == 0)
    code = transport.table->finish(transport.handle(), wait, std::max(0.0, deadline - monotonic_seconds()),
                                   &error);
  error.text[TL_TRANSPORT_TEXT - 1] = 0;
  if (code != 0)
    fail(static_cast<Code>(code), "all ranks must join: rank ", error.rank, " does not: ", error.text);
  meeting.host[sizeof meeting.host - 1] = meeting.token[sizeof meeting.token - 1] = 0;
  return meeting;
}

int32_t cancelled(void* user) {
  const auto* const context = static_cast<const Context*>(user);
  return context && context->cancelled();
}

// Where no control channel joins the ranks before MPI does, since nobody has said where they meet.
Transport connect_mpi(const tl_transport_table& table, const Place& place, const Wait& wait) {
  tl_transport_options o{};
  o.struct_size = sizeof o;
  o.rank = place.rank;
  o.size = place.size;
  o.seconds = wait.seconds;
  o.store.user = const_cast<Context*>(wait.context);
  o.store.failed = cancelled;
  tl_transport* handle = nullptr;
  tl_transport_error error{0, -1, {}};
  const int32_t code = table.connect(&o, &handle, &error);
  error.text[TL_TRANSPORT_TEXT - 1] = 0;
  if (code == 0) return {table, handle};
  if (wait.context) wait.context->check_cancelled("connect");
  fail(static_cast<Code>(code), "all ranks must connect by ", table.engine, " within ",
       seconds_text(wait.seconds), " s: ", error.text);
}

constexpr double kTelling = 2;  // seconds for meeting the others only to tell them

// The engine. Who has none tells those that have: they would wait for it as for one that is late.
const tl_transport_table& opened(const std::string& engine, const std::string& folder,
                                 const ControlOptions& control, const Wait& wait) {
  try {
    return open_plugin(engine, folder);
  } catch (const Error& e) {
    if (!control.host.empty() && control.port != 0) try {
        join_processes(control, {std::min(kTelling, wait.seconds), wait.context})
            ->fail({Code::kPeerLost,
                    concat("all ranks must have the engine: rank ", control.place.rank, ": ", e.message()),
                    control.place.rank});
      } catch (...) {  // they are not there
      }
    throw;
  }
}

}  // namespace

std::unique_ptr<Engine> join_process_group(const ProcessOptions& options, const Wait& wait) {
  const Launched job = launched([](const char* name) -> const char* { return std::getenv(name); });
  const double deadline = monotonic_seconds() + wait.seconds;
  const auto left = [&] {
    const double seconds = deadline - monotonic_seconds();
    if (seconds <= 0)
      fail(Code::kTimedOut, "all ranks must join within ", seconds_text(wait.seconds),
           " s: got none left for the others when this one had begun; wait longer");
    return Wait{seconds, wait.context};
  };
  ControlOptions control;
  control.place = place_of(options, job);
  std::string engine = engine_of(options, job);
  if (control.place.size == 1) return nullptr;
  if (engine == "self")
    invalid("the backend 'self' is that of one process: got rank ", control.place.rank, " of ",
            control.place.size, job.by ? " from " : "", job.by ? job.by : "", "; use gloo or mpi");
  if (engine == "mpi") engine = mpi_of_launcher();
  control.host = text_of(options.host, "MASTER_ADDR");
  control.port = static_cast<int>(number_of(static_cast<uint64_t>(options.port), "MASTER_PORT"));
  // At that port torchrun serves the ranks of PyTorch itself, and says so: ours is the one beside it.
  const char* const taken = variable("TORCHELASTIC_USE_AGENT_STORE");
  if (options.port == 0 && control.port > 0 && taken && std::strcmp(taken, "True") == 0)
    control.port += control.port < 65535 ? 1 : -1;
  control.job = text_of(options.job, "TAPELOOP_JOB", "TORCHELASTIC_RUN_ID");
  control.token = text_of(options.token, "TAPELOOP_TOKEN");
  control.generation = number_of(options.generation, "TAPELOOP_GENERATION", "TORCHELASTIC_RESTART_COUNT");
  if (control.generation > INT64_MAX)
    invalid("the generation of a group must be below 2^63: got ", control.generation, "; count from 0");
  if (options.lease_seconds > 0) control.lease_seconds = options.lease_seconds;
  const uint16_t order = 1;
  control.build = concat(options.version, ", ", engine, ", ",
                         *reinterpret_cast<const unsigned char*>(&order) ? "little" : "big",
                         " endian, transport ", static_cast<int>(TL_TRANSPORT_ABI));
  if (engine == "gloo" && (control.host.empty() || control.port == 0))
    invalid("processes that meet without MPI must know the address and port of rank 0: got '", control.host,
            "' and ", control.port, "; set MASTER_ADDR and MASTER_PORT, as tapeloop-run and torchrun do");

  const tl_transport_table& table = opened(engine, options.plugin_folder, control, left());
  // The control channel comes first where it can: it knows deadlines, who is missing, and who has come with another engine.
  if (!control.host.empty() && control.port != 0) {
    std::unique_ptr<ControlChannel> channel = join_processes(control, left());
    Transport transport = connect(table, *channel, left());
    return make_process_engine(std::move(transport), std::move(channel));
  }
  Transport transport = connect_mpi(table, control.place, left());
  const Meeting meeting = meet_by(transport, control.place, deadline);
  control.host = meeting.host;
  control.port = meeting.port;
  control.token = meeting.token;
  std::unique_ptr<ControlChannel> channel = join_processes(control, left());
  return make_process_engine(std::move(transport), std::move(channel));
}

}  // namespace tl::dist
