#include "core/dist/run/options.h"

#include <getopt.h>

#include <cmath>
#include <cstdlib>
#include <cstring>

namespace tl::run {
namespace {

enum : int { kSsh = 256, kMpirun, kGrace, kVersion, kAgent };

constexpr option kLong[] = {{"np", required_argument, nullptr, 'n'},
                            {"backend", required_argument, nullptr, 'b'},
                            {"hosts", required_argument, nullptr, 'H'},
                            {"restarts", required_argument, nullptr, 'r'},
                            {"replace", required_argument, nullptr, 'R'},
                            {"master", required_argument, nullptr, 'm'},
                            {"export", required_argument, nullptr, 'x'},
                            {"ssh", required_argument, nullptr, kSsh},
                            {"mpirun", required_argument, nullptr, kMpirun},
                            {"grace", required_argument, nullptr, kGrace},
                            {"help", no_argument, nullptr, 'h'},
                            {"version", no_argument, nullptr, kVersion},
                            {"agent", no_argument, nullptr, kAgent},
                            {nullptr, 0, nullptr, 0}};

[[noreturn]] void refuse(const std::string& option, const std::string& rule, const std::string& got,
                         const std::string& hint) {
  throw UsageError{option + " " + rule + ": got '" + got + "'; " + hint};
}

int whole_number(const char* option, const std::string& text, long least, long most,
                 const std::string& hint) {
  char* end = nullptr;
  const long value = std::strtol(text.c_str(), &end, 10);
  if (text.empty() || *end || value < least || value > most)
    refuse(option, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most),
           text, hint);
  return static_cast<int>(value);
}

// "ADDR", "ADDR:PORT", "[ADDR]:PORT", and an IPv6 address alone.
void read_master(const std::string& text, Options& o) {
  const char* const hint = "say --master 10.0.0.1:29500, or the address alone";
  std::string port;
  const size_t colon = text.rfind(':');
  if (!text.empty() && text[0] == '[') {
    const size_t end = text.find(']');
    if (end == std::string::npos || (end + 1 != text.size() && text[end + 1] != ':'))
      refuse("--master", "must be an address with or without a port", text, hint);
    o.master_host = text.substr(1, end - 1);
    if (end + 1 < text.size()) port = text.substr(end + 2);
    if (end + 1 < text.size() && port.empty()) port = "none";
  } else if (colon != std::string::npos && text.find(':') == colon) {
    o.master_host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (port.empty()) port = "none";
  } else {
    o.master_host = text;
  }
  if (o.master_host.empty()) refuse("--master", "must be an address with or without a port", text, hint);
  if (!port.empty()) o.master_port = whole_number("the port of --master", port, 1, 65535, hint);
}

}  // namespace

Options parse(int count, char** arguments) {
  Options o;
  opterr = 0;
  optind = 0;
  for (;;) {
    const int at = optind ? optind : 1;
    const int c = getopt_long(count, arguments, "+:n:b:H:r:R:m:x:h", kLong, nullptr);
    if (c == -1) break;
    const std::string value = optarg ? optarg : "";
    switch (c) {
      case 'n':
        o.ranks = whole_number("-n", value, 1, kMostRanks, "say how many processes to start, such as -n 4");
        break;
      case 'b':
        if (value != "gloo" && value != "mpi")
          refuse("--backend", "must be gloo or mpi", value, "without it the program chooses");
        o.backend = value;
        break;
      case 'H': o.hosts_file = value; break;
      case 'r':
        o.restarts =
            whole_number("--restarts", value, 0, 1000000, "say how often all ranks may be started again");
        break;
      case 'R':
        o.replacements =
            whole_number("--replace", value, 0, 1000000, "say how often a lost rank may be started again");
        break;
      case 'm': read_master(value, o); break;
      case 'x':
        if (value.empty() || value[0] == '=')
          refuse("--export", "must be the name of a variable, or NAME=VALUE", value,
                 "such as -x LD_LIBRARY_PATH");
        o.exported.push_back(value);
        break;
      case kSsh: o.ssh = value; break;
      case kMpirun: o.mpirun = value; break;
      case kGrace: {
        char* end = nullptr;
        o.grace_seconds = std::strtod(value.c_str(), &end);
        if (value.empty() || *end || !(o.grace_seconds >= 0) || o.grace_seconds > 1e6)
          refuse("--grace", "must be a number of seconds, 0 or more", value, "30 is the default");
        break;
      }
      case 'h': o.help = true; break;
      case kVersion: o.version = true; break;
      case kAgent: o.agent = true; break;
      case ':':
        throw UsageError{std::string(arguments[at]) +
                         " needs a value: got none; tapeloop-run --help tells of what kind"};
      default:
        throw UsageError{
            std::string(arguments[at]) +
            " is no option of tapeloop-run, or not one only; options of the program stand behind its name. "
            "tapeloop-run --help lists them"};
    }
  }
  for (int i = optind; i < count; i++) o.command.emplace_back(arguments[i]);
  if (o.help || o.version || o.agent) return o;
  // What the ranks would find there holds for starting them, too, and for those on other machines.
  const char* const chosen = std::getenv("TAPELOOP_BACKEND");
  const std::string backend = o.backend.empty() && chosen ? chosen : "";
  if (backend == "gloo" || backend == "mpi") o.backend = backend;
  if (backend == "mpi-openmpi" || backend == "mpi-mpich") o.backend = "mpi";
  if (o.command.empty())
    throw UsageError{"a program must be given: got none; say tapeloop-run -n 4 PROGRAM ARGUMENTS"};
  if (o.ranks == 0 && o.hosts_file.empty())
    throw UsageError{
        "-n must be given where there is no --hosts: got neither; say how many processes to start, such as "
        "-n 4"};
  if (o.backend == "mpi" && o.restarts > 0 && !o.hosts_file.empty() && o.ranks == 0)
    throw UsageError{
        "-n must be given with --backend mpi: got none; say how many processes to start, such as -n 4"};
  return o;
}

const char* help_text() {
  return R"(usage: tapeloop-run -n RANKS [OPTIONS] PROGRAM [ARGUMENTS]
Starts a program several times as the ranks of one group, here or on several machines.

  -n, --np N              how many ranks, up to 1024; without it one for each slot of --hosts
  -b, --backend NAME      what moves tensors between them: gloo or mpi (TAPELOOP_BACKEND); mpi starts them by mpirun
  -H, --hosts FILE        where: a line for each machine, "HOST" or "HOST slots=4", in the order of the ranks;
                          "#" begins a comment. Other machines are reached by ssh, without a password, and have
                          tapeloop-run and the program in the same places. Ranks stay here without it
  -m, --master ADDR:PORT  where rank 0 is reached by the others; without it, or without its port, it is chosen
  -r, --restarts N        after a failure, starts all ranks again, up to N times: they go on from their last checkpoint
  -R, --replace N         starts a rank that has failed again, alone, up to N times in all, while the others go on: they make the
                          group anew with the next generation, and bring it to their state. It runs where it ran; one
                          whose machine is lost on the first of --hosts with a slot free, but rank 0, which is where its
                          address says. Not with --backend mpi
      --grace SECONDS     how long ranks may go on when one has failed, until they get SIGTERM; SIGKILL comes as long
                          after that (30)
  -x, --export NAME[=VALUE]
                          gives a variable to ranks on other machines too; may be repeated
      --ssh COMMAND       instead of ssh: gets the name of a machine and a command line for its shell
      --mpirun COMMAND    instead of mpirun, with --backend mpi
  -h, --help
      --version

Each rank finds in its environment RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR and MASTER_PORT, as torchrun
sets them, and TAPELOOP_JOB, TAPELOOP_GENERATION (0, one more with each restart and replacement) and TAPELOOP_TOKEN, a secret by which the
ranks know one another. It is in no command line. Standard input is empty. Each line that a rank prints comes out as
"[RANK] LINE".

SIGINT, SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2 go to all ranks. Where a rank fails, the others go on until they end by
themselves, or --grace is over, and what each did is said. The second SIGINT, SIGTERM or SIGHUP begins the grace too.

The exit status is that of the first rank that failed, or 128 and the number of the signal that ended it; 0 where all ended
well; 2 for a wrong command line; 126 or 127 where the program cannot be started; 125 where tapeloop-run itself has failed.
)";
}

}  // namespace tl::run
