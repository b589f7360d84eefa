#include "core/dist/run/ranks.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace tl::run {
namespace {

// Other launchers' words on the rank of this process, which are not about the ranks that it starts.
constexpr const char* kOthers[] = {"OMPI_COMM_WORLD_RANK",
                                   "OMPI_COMM_WORLD_SIZE",
                                   "OMPI_COMM_WORLD_LOCAL_RANK",
                                   "OMPI_COMM_WORLD_LOCAL_SIZE",
                                   "PMI_RANK",
                                   "PMI_SIZE",
                                   "PMIX_RANK",
                                   "MPI_LOCALRANKID",
                                   "MPI_LOCALNRANKS",
                                   "SLURM_PROCID",
                                   "SLURM_LOCALID",
                                   "TORCHELASTIC_RUN_ID",
                                   "TORCHELASTIC_RESTART_COUNT",
                                   "TORCHELASTIC_USE_AGENT_STORE"};

struct Failure {
  int error;
  int step;  // 0: the folder, 1: the program
};

void pipe_of(int (&ends)[2]) {
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw StartError{125, std::string("a pipe is needed for each rank: got none (") + std::strerror(errno) +
                              "); raise the limit of open files"};
}

[[noreturn]] void become(const std::vector<std::string>& command, const std::string& directory,
                         const std::vector<std::string>& environment, const int (&descriptors)[3],
                         int report) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int i = 0; i < 3; i++) ::dup2(descriptors[i], i);
  Failure failure{0, 0};
  if (!directory.empty() && ::chdir(directory.c_str()) != 0) failure.error = errno;
  if (!failure.error) {
    for (const char* name : kOthers) ::unsetenv(name);
    for (const std::string& variable : environment) ::putenv(const_cast<char*>(variable.c_str()));
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execvp(arguments[0], arguments.data());
    failure = {errno, 1};
  }
  (void)!::write(report, &failure, sizeof failure);
  ::_exit(127);
}

}  // namespace

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

pid_t start_process(const std::vector<std::string>& command, const std::string& directory,
                    const std::vector<std::string>& environment, const int (&descriptors)[3]) {
  int report[2];
  pipe_of(report);
  const pid_t id = ::fork();
  if (id == 0) become(command, directory, environment, descriptors, report[1]);
  ::close(report[1]);
  if (id < 0) {
    ::close(report[0]);
    throw StartError{
        125, std::string("a process is needed for each rank: got none (") + std::strerror(errno) + ")"};
  }
  ::setpgid(id, id);  // whoever of the two comes first
  Failure failure{0, 0};
  ssize_t got;
  do got = ::read(report[0], &failure, sizeof failure);
  while (got < 0 && errno == EINTR);
  ::close(report[0]);
  if (got != sizeof failure) return id;  // it has become the program
  ::waitpid(id, nullptr, 0);
  if (failure.step == 0)
    throw StartError{126, "the program must be started in the folder of tapeloop-run: '" + directory + "' (" +
                              std::strerror(failure.error) + "); make it there too"};
  throw StartError{failure.error == ENOENT ? 127 : 126,
                   "the program must be one that can be started: got '" + command[0] + "' (" +
                       std::strerror(failure.error) + "); give its path, such as ./" +
                       command[0].substr(command[0].rfind('/') + 1)};
}

bool reap_process(pid_t id, Ended& ended) {
  int status = 0;
  pid_t got;
  do got = ::waitpid(id, &status, WNOHANG);
  while (got < 0 && errno == EINTR);
  if (got == 0) return false;
  if (got < 0)
    ended.lost = "it cannot be waited for";
  else if (WIFSIGNALED(status))
    ended.signal = WTERMSIG(status);
  else
    ended.status = WEXITSTATUS(status);
  return true;
}

LocalRanks::Process LocalRanks::started(int place) const {
  std::vector<std::string> environment = start_.environment;
  if (start_.numbered)
    for (const auto& [name, value] :
         {std::pair<const char*, int>{"RANK", start_.first_rank + place},
          {"WORLD_SIZE", start_.size},
          {"LOCAL_RANK", start_.first_local + place},
          {"LOCAL_WORLD_SIZE", start_.local_size ? start_.local_size : start_.ranks}})
      environment.push_back(std::string(name) + "=" + std::to_string(value));
  Process p;
  p.rank = start_.first_rank + place;
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  int out[2] = {-1, -1}, error[2] = {-1, -1};
  const auto close_all = [&](std::initializer_list<int> list) {
    for (int fd : list)
      if (fd >= 0) ::close(fd);
  };
  try {
    pipe_of(out);
    pipe_of(error);
    const int descriptors[3] = {nothing, out[1], error[1]};
    p.id = start_process(start_.command, start_.directory, environment, descriptors);
  } catch (const StartError&) {
    close_all({nothing, out[0], out[1], error[0], error[1]});
    throw;
  }
  close_all({nothing, out[1], error[1]});
  p.out[0] = out[0];
  p.out[1] = error[0];
  for (int fd : p.out) ::fcntl(fd, F_SETFL, O_NONBLOCK);
  return p;
}

LocalRanks::LocalRanks(const Start& start, Listener& listener) : start_(start), listener_(listener) {
  try {
    for (int i = 0; i < start.ranks; i++) processes_.push_back(started(i));
  } catch (const StartError&) {
    for (Process& p : processes_) {
      ::kill(-p.id, SIGKILL);
      ::waitpid(p.id, nullptr, 0);
      for (int fd : p.out) ::close(fd);
    }
    throw;
  }
}

LocalRanks::~LocalRanks() {
  for (Process& p : processes_) {
    if (!p.ended) {
      ::kill(-p.id, SIGKILL);
      ::waitpid(p.id, nullptr, 0);
    }
    for (int fd : p.out)
      if (fd >= 0) ::close(fd);
  }
}

void LocalRanks::add_to(std::vector<pollfd>& polled) {
  for (const Process& p : processes_)
    for (int fd : p.out)
      if (fd >= 0) polled.push_back({fd, POLLIN, 0});
}

void LocalRanks::on_event(const pollfd& event) {
  for (Process& p : processes_)
    for (int i = 0; i < 2; i++)
      if (p.out[i] == event.fd && event.revents) drain(p, i, false);
}

// What it has printed: a piece of it, so that others have their turn, or all that there is; of what its children go on printing, not
// more than a pipe holds.
void LocalRanks::drain(Process& p, int which, bool all) {
  char buffer[16 * 1024];
  for (int pieces = 0; pieces < 64 && p.out[which] >= 0; pieces++) {
    const ssize_t got = ::read(p.out[which], buffer, sizeof buffer);
    if (got > 0) {
      listener_.on_output(p.rank, which == 1, {buffer, static_cast<size_t>(got)});
      if (all) continue;
      return;
    }
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) {
      ::close(p.out[which]);
      p.out[which] = -1;
    }
    return;
  }
}

void LocalRanks::reap() {
  for (Process& p : processes_) {
    Ended ended;
    if (p.ended || !reap_process(p.id, ended)) continue;
    p.ended = true;
    for (int i = 0; i < 2; i++) {  // what it has started may hold the pipe open: that is not waited for
      drain(p, i, true);
      if (p.out[i] >= 0) ::close(p.out[i]);
      p.out[i] = -1;
    }
    listener_.on_end(p.rank, ended);
  }
}

void LocalRanks::signal(int number) {
  for (const Process& p : processes_)
    if (!p.ended) ::kill(-p.id, number);
}

bool LocalRanks::all_ended() const {
  return std::all_of(processes_.begin(), processes_.end(), [](const Process& p) { return p.ended; });
}

}  // namespace tl::run
