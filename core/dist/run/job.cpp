#include "core/dist/run/job.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>

#include "core/dist/run/hosts.h"
#include "core/dist/run/lines.h"
#include "core/dist/run/ranks.h"
#include "core/dist/run/remote.h"

namespace tl::run {
namespace {

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

constexpr const char* kGeneration = "TAPELOOP_GENERATION=";
constexpr double kLate =
    0.25;  // seconds that an agent may hear later than tapeloop-run that their connection has ended

void say(const std::string& text) { write_all(2, "tapeloop-run: " + text + "\n"); }

// Secrets of the system, in hexadecimal digits.
std::string random_digits(size_t bytes) {
  std::string raw(bytes, '\0'), out;
  size_t have = 0;
  while (have < bytes) {
    const ssize_t got = ::getrandom(&raw[have], bytes - have, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      throw StartError{125,
                       std::string("random numbers are needed: got none (") + std::strerror(errno) + ")"};
    have += static_cast<size_t>(got);
  }
  for (char c : raw)
    for (int shift : {4, 0}) out += "0123456789abcdef"[static_cast<unsigned char>(c) >> shift & 15];
  return out;
}

// Signals as something to poll for: blocked in this process, and read from a descriptor.
class Signals {
 public:
  Signals() {
    sigset_t set;
    sigemptyset(&set);
    for (int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD}) sigaddset(&set, number);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    fd = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0) throw StartError{125, std::string("signals must be readable: ") + std::strerror(errno)};
  }
  ~Signals() { ::close(fd); }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  int next() const {  // 0: none has come
    signalfd_siginfo info;
    return ::read(fd, &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
  }
  int fd;
};

// What is the same for all generations.
struct Job {
  const Options& options;
  const Signals& signals;
  std::vector<Host> hosts;
  int size = 0;
  std::string name, directory, agent;
  std::vector<std::string>
      mpi;  // the command by which mpirun starts the program; empty: ranks are started here
};

class Generation final : public Listener {
 public:
  Generation(const Job& job, int number) : job_(job), number_(number), lines_(!job.mpi.empty()) {}
  // The exit status of the first rank that failed, or 0.
  int run();
  int number() const { return number_; }
  bool asked_to_end() const { return asked_ > 0 || lines_.broken(); }

  void on_output(int rank, bool is_error, std::string_view bytes) override {
    lines_.print(std::to_string(rank), is_error, bytes);
  }
  void on_end(int rank, const Ended& ended) override;
  void on_word(const std::string& host, std::string_view bytes) override { lines_.print(host, true, bytes); }

 private:
  void start();
  void on_signal(int number);
  void signal_all(int number) {
    for (const auto& group : groups_) group->signal(number);
  }
  void begin_grace(const std::string& why);
  void start_on(size_t host, const Start& start);
  bool replace(int rank, const Ended& ended);
  bool find_place(int rank, bool lost);
  void start_replacements();
  void fail(const std::string& who, const Ended& ended);
  // Where one has ended well, a rank that is started again would wait for it in vain.
  bool replaces() const { return asked_ == 0 && !next_signal_ && !any_well_; }
  void check_time();
  bool all_ended() const {
    return waiting_.empty() &&
           std::all_of(groups_.begin(), groups_.end(), [](const auto& g) { return g->all_ended(); });
  }
  double next_event() const;

  // Where a rank is, or is to be.
  struct Place {
    size_t host;
    int first_local, local_size;
  };
  // A rank that is to be started again.
  struct Replacement {
    int rank, number;
    double when;
    Ended before;  // how it ended
  };

  const Job& job_;
  int number_;  // one more with each rank that is replaced
  int replaced_ = 0;
  Lines lines_;
  Start start_;  // what is the same for all ranks
  std::vector<std::unique_ptr<Ranks>> groups_;
  std::vector<Place> places_;  // of each rank
  std::vector<int> used_;      // slots of each host
  std::vector<char> lost_;     // hosts whose connection has ended
  std::vector<Replacement> waiting_;
  std::optional<int> first_status_;
  double failed_at_ = 0;
  int left_ = 0;           // ranks that have not ended
  bool any_well_ = false;  // whether one has ended well
  int asked_ = 0;          // how often a signal has asked for the end
  double next_step_ = 0;   // of the grace
  int next_signal_ = 0;    // 0: no grace has begun
};

std::string described(const Ended& e) {
  if (!e.lost.empty()) return "is lost: " + e.lost;
  if (e.signal)
    return std::string("was killed by signal ") + std::to_string(e.signal) + " (" + ::strsignal(e.signal) +
           ")";
  return "ended with status " + std::to_string(e.status);
}

void Generation::on_end(int rank, const Ended& ended) {
  lines_.end(std::to_string(rank));
  left_--;
  any_well_ |= ended.well();
  const std::string who = job_.mpi.empty() ? "rank " + std::to_string(rank) : job_.options.mpirun;
  if (first_status_) {
    say(who + " " + described(ended) + ", " + short_number(seconds_now() - failed_at_) +
        " s after the first failure");
    return;
  }
  if (!ended.well() && !replace(rank, ended)) fail(who, ended);
}

void Generation::fail(const std::string& who, const Ended& ended) {
  first_status_ = ended.exit_status();
  failed_at_ = seconds_now();
  std::string text = who + " " + described(ended);
  if (any_well_ && replaced_ < job_.options.replacements)
    text += "; it is not replaced, for another rank has ended well";
  if (left_ > 0)
    text += left_ == 1 ? "; the other one goes on" : "; the other " + std::to_string(left_) + " go on";
  say(text);
  begin_grace("a rank has failed");
}

// Not where all are to end: by a signal, because one could not be replaced, or because one is done. It is started behind what is being looked at; where its
// machine is lost, when the agent there has ended it.
bool Generation::replace(int rank, const Ended& ended) {
  if (replaced_ >= job_.options.replacements || !replaces() || !ended.started) return false;
  const bool lost = !ended.lost.empty();
  if (!find_place(rank, lost)) return false;
  const std::string& host = job_.hosts[places_[static_cast<size_t>(rank)].host].name;
  say("rank " + std::to_string(rank) + " " + described(ended) + "; it is started again" +
      (lost ? " on " + (host.empty() ? "this machine" : host) : "") + ": replacement " +
      std::to_string(++replaced_) + " of " + std::to_string(job_.options.replacements));
  number_++;
  left_++;
  waiting_.push_back({rank, number_, seconds_now() + (lost ? kLate : 0), ended});
  return true;
}

// Where it was; where that is lost, the first free slot of another machine. Rank 0 is where its address says.
bool Generation::find_place(int rank, bool lost) {
  Place& place = places_[static_cast<size_t>(rank)];
  if (!lost) return true;
  lost_[place.host] = true;
  for (size_t host = 0; rank > 0 && host < job_.hosts.size(); host++) {
    if (lost_[host] || used_[host] >= job_.hosts[host].slots) continue;
    const int before = used_[host]++;
    place = {host, before, before + 1};
    return true;
  }
  return false;
}

void Generation::start_replacements() {
  for (size_t i = 0; i < waiting_.size();) {
    if (waiting_[i].when > seconds_now() && replaces()) {
      i++;
      continue;
    }
    const Replacement next = waiting_[i];
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    const std::string who = "rank " + std::to_string(next.rank);
    if (replaces()) try {
        const Place& place = places_[static_cast<size_t>(next.rank)];
        Start start = start_;
        for (std::string& variable : start.environment)
          if (variable.rfind(kGeneration, 0) == 0) variable = kGeneration + std::to_string(next.number);
        start.first_rank = next.rank;
        start.ranks = 1;
        start.first_local = place.first_local;
        start.local_size = place.local_size;
        start_on(place.host, start);
        continue;
      } catch (const StartError& e) {
        say(who + " cannot be started again: " + e.text);
      }
    left_--;
    if (!first_status_) fail(who, next.before);
  }
}

// Seconds until something is to be done.
double Generation::next_event() const {
  double when = next_signal_ ? next_step_ : seconds_now() + 3600;
  for (const Replacement& r : waiting_) when = std::min(when, r.when);
  return std::max(0.0, when - seconds_now());
}

void Generation::begin_grace(const std::string& why) {
  if (next_signal_ || left_ == 0) return;
  next_signal_ = SIGTERM;
  next_step_ = seconds_now() + job_.options.grace_seconds;
  if (job_.options.grace_seconds > 0)
    say(why + ": who has not ended in " + short_number(job_.options.grace_seconds) +
        " s gets SIGTERM (--grace)");
}

void Generation::check_time() {
  while (next_signal_ && left_ > 0 && seconds_now() >= next_step_) {
    say(std::to_string(left_) + (left_ == 1 ? " rank goes on; it gets " : " ranks go on; they get ") +
        (next_signal_ == SIGTERM ? "SIGTERM" : "SIGKILL"));
    signal_all(next_signal_);
    next_signal_ = SIGKILL;
    next_step_ = seconds_now() + std::max(0.1, job_.options.grace_seconds);
  }
}

void Generation::on_signal(int number) {
  if (number == SIGCHLD) {
    for (const auto& group : groups_) group->reap();
    return;
  }
  signal_all(number);
  if (number == SIGUSR1 || number == SIGUSR2) return;
  if (++asked_ >= 2) begin_grace("asked to end twice");
}

void Generation::start() {
  std::string address = job_.options.master_host;
  int port = job_.options.master_port;
  choose_master(job_.hosts, address, port);
  start_.directory = job_.directory;
  start_.command = job_.mpi.empty() ? job_.options.command : job_.mpi;
  start_.size = job_.size;
  start_.numbered = job_.mpi.empty();
  // A rank that is asked to end may have all others stop with it, which are to go on where it is replaced.
  start_.grace_ms =
      job_.options.replacements > 0 ? 0 : static_cast<int>(std::min(5.0, job_.options.grace_seconds) * 1000);
  start_.environment = {"MASTER_ADDR=" + address, "MASTER_PORT=" + std::to_string(port),
                        "TAPELOOP_JOB=" + job_.name, kGeneration + std::to_string(number_),
                        "TAPELOOP_TOKEN=" + random_digits(32)};
  if (!job_.options.backend.empty()) start_.environment.push_back("TAPELOOP_BACKEND=" + job_.options.backend);
  for (const std::string& variable : job_.options.exported) {
    const size_t equals = variable.find('=');
    if (equals != std::string::npos) {
      start_.environment.push_back(variable);
    } else if (const char* value = std::getenv(variable.c_str())) {
      start_.environment.push_back(variable + "=" + value);
    }
  }
  left_ = job_.mpi.empty() ? job_.size : 1;
  if (!job_.mpi.empty()) {
    groups_.push_back(std::make_unique<LocalRanks>(start_, *this));
    return;
  }
  lost_.assign(job_.hosts.size(), false);
  for (const Host& host : job_.hosts) {
    used_.push_back(host.ranks);
    for (int i = 0; i < host.ranks; i++) places_.push_back({used_.size() - 1, i, host.ranks});
  }
  for (size_t i = 0; i < job_.hosts.size(); i++) {
    Start start = start_;
    start.first_rank = job_.hosts[i].first_rank;
    start.ranks = job_.hosts[i].ranks;
    if (start.ranks > 0) start_on(i, start);
  }
}

void Generation::start_on(size_t host, const Start& start) {
  const std::string& name = job_.hosts[host].name;
  if (name.empty())
    groups_.push_back(std::make_unique<LocalRanks>(start, *this));
  else
    groups_.push_back(std::make_unique<RemoteRanks>(job_.options.ssh, name, job_.agent, start, *this));
}

int Generation::run() {
  start();
  std::vector<pollfd> polled;
  while (!all_ended()) {
    polled.clear();
    polled.push_back({job_.signals.fd, POLLIN, 0});
    std::vector<size_t> ends;
    for (const auto& group : groups_) {
      group->add_to(polled);
      ends.push_back(polled.size());
    }
    ::poll(polled.data(), polled.size(), static_cast<int>(next_event() * 1000) + 1);
    size_t at = 1;
    for (size_t i = 0; i < groups_.size(); i++)
      for (; at < ends[i]; at++) groups_[i]->on_event(polled[at]);
    while (const int number = job_.signals.next()) on_signal(number);
    start_replacements();
    check_time();
    if (lines_.broken() && asked_ == 0) {  // whoever read what is printed has gone
      asked_ = 2;
      signal_all(SIGTERM);
      begin_grace("nobody reads what ranks print");
    }
  }
  for (const Host& host : job_.hosts) lines_.end(host.name);
  return first_status_.value_or(0);
}

std::string own_path(const char* program) {
  char path[4096];
  const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
  return size > 0 ? std::string(path, static_cast<size_t>(size)) : program;
}

// What mpirun says of itself: Open MPI and MPICH's Hydra want different words for the same things.
std::string version_of(const std::string& mpirun) {
  FILE* const out = ::popen((shell_word(mpirun) + " --version 2>&1 </dev/null").c_str(), "re");
  if (!out) return "";
  std::string text;
  char buffer[1024];
  while (const size_t got = std::fread(buffer, 1, sizeof buffer, out)) text.append(buffer, got);
  ::pclose(out);
  return text;
}

std::vector<std::string> mpi_command(const Options& o, const std::vector<Host>& hosts, int size) {
  const std::string version = version_of(o.mpirun);
  const bool open_mpi =
      version.find("Open MPI") != std::string::npos || version.find("OpenRTE") != std::string::npos;
  if (!open_mpi && version.find("HYDRA") == std::string::npos && version.find("Hydra") == std::string::npos)
    throw StartError{127, "--mpirun must be that of Open MPI or of MPICH: got '" + o.mpirun +
                              "', which says '" + version.substr(0, version.find('\n')) +
                              "'; install one of them, or give its path"};
  std::vector<std::string> out{o.mpirun, "-n", std::to_string(size)};
  std::string list;
  bool elsewhere = false;
  for (const Host& h : hosts) {
    list +=
        (list.empty() ? "" : ",") + (h.name.empty() ? "localhost" : h.name) + ":" + std::to_string(h.ranks);
    elsewhere |= !h.name.empty();
  }
  if (elsewhere) {
    out.insert(out.end(), {open_mpi ? "--host" : "-hosts", list});
  } else if (open_mpi) {
    out.insert(out.end(), {"--oversubscribe", "--bind-to", "none"});  // more ranks than cores are no mistake
  }
  if (open_mpi) {
    out.push_back("--tag-output");
    // Ranks that it ends get SIGTERM, and as long after that SIGKILL: 1 s by default, too little to save. It waits that long in any case.
    const double most = std::clamp(std::ceil(o.grace_seconds), 1.0, 5.0);
    out.insert(out.end(), {"--mca", "odls_base_sigkill_timeout", std::to_string(static_cast<int>(most))});
    for (const char* name : {"MASTER_ADDR", "MASTER_PORT", "TAPELOOP_JOB", "TAPELOOP_GENERATION",
                             "TAPELOOP_TOKEN", "TAPELOOP_BACKEND"})
      out.insert(out.end(), {"-x", name});
    for (const std::string& variable : o.exported)
      out.insert(out.end(), {"-x", variable.substr(0, variable.find('='))});
  } else {
    out.push_back("-prepend-rank");
  }
  out.insert(out.end(), o.command.begin(), o.command.end());
  return out;
}

std::vector<Host> hosts_of(const Options& o) {
  if (o.hosts_file.empty()) {
    Host here;
    here.slots = o.ranks;
    return {here};
  }
  std::ifstream in(o.hosts_file);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  if (!in)
    throw UsageError{"--hosts must be a file that can be read: got '" + o.hosts_file + "' (" +
                     std::strerror(errno) + "); write a line for each machine, 'HOST slots=4'"};
  return read_hosts(text.str(), o.hosts_file);
}

}  // namespace

int run_job(const Options& options, const char* program) {
  Job job{options,
          Signals(),
          place_ranks(hosts_of(options), options.ranks, options.replacements > 0),
          0,
          "",
          "",
          own_path(program),
          {}};
  for (const Host& h : job.hosts) job.size += h.ranks;
  if (job.size > kMostRanks)
    throw UsageError{"there must be at most " + std::to_string(kMostRanks) + " ranks: got " +
                     std::to_string(job.size) + " slots in --hosts; say how many with -n"};
  job.name = random_digits(8);
  char here[4096];
  if (::getcwd(here, sizeof here)) job.directory = here;
  if (options.replacements > 0 && options.backend == "mpi")
    throw UsageError{
        "--replace must be without mpirun, which ends all ranks when one is lost, and takes none into a job "
        "that "
        "runs: got --backend mpi, or TAPELOOP_BACKEND; use --restarts, which starts all ranks again"};
  if (options.backend == "mpi") job.mpi = mpi_command(options, job.hosts, job.size);
  for (int number = 0, restarts = 0;; restarts++) {
    Generation generation(job, number);
    const int status = generation.run();
    if (status == 0 || restarts >= options.restarts || generation.asked_to_end()) return status;
    number = generation.number() + 1;
    say("starts all ranks again: restart " + std::to_string(restarts + 1) + " of " +
        std::to_string(options.restarts));
  }
}

}  // namespace tl::run
