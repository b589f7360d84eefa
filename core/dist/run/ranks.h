// The ranks of one machine as processes: started together, heard, sent signals, and buried. Those of other machines look the same
// to who runs the job (remote.h).
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace tl::run {

double seconds_now();  // which never go back

// What is to be started on one machine.
struct Start {
  std::string directory;  // "": this one
  std::vector<std::string> command;
  std::vector<std::string> environment;  // "NAME=VALUE", for all ranks
  int size = 1, first_rank = 0, ranks = 1;
  int first_local = 0, local_size = 0;  // which of how many of the machine the first one is; 0: these are all
  int grace_ms =
      5000;  // on another machine, where the connection has ended: from SIGTERM to SIGKILL; 0: only that
  bool numbered = true;  // whether each finds its rank in the environment; else another launcher says it
};

// How a rank has ended.
struct Ended {
  int status = 0;
  int signal = 0;    // above 0: which one ended it
  std::string lost;  // not empty: nobody knows, and why
  bool started = true;
  bool well() const { return status == 0 && signal == 0 && lost.empty(); }
  int exit_status() const { return !lost.empty() ? 125 : signal ? 128 + signal : status; }
};

// Who is told.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void on_output(int rank, bool is_error, std::string_view bytes) = 0;
  virtual void on_end(int rank, const Ended& ended) = 0;
  // Something that is of no rank: what ssh says.
  virtual void on_word(const std::string& host, std::string_view bytes) = 0;
};

// A program could not be started.
struct StartError {
  int status;  // as shells have it: 126 or 127
  std::string text;
};

class Ranks {
 public:
  virtual ~Ranks() = default;
  virtual void add_to(std::vector<pollfd>& polled) = 0;
  virtual void on_event(const pollfd& event) = 0;  // of a descriptor of its own
  virtual void reap() = 0;                         // SIGCHLD has come
  virtual void signal(int number) = 0;
  virtual bool all_ended() const = 0;
};

class LocalRanks final : public Ranks {
 public:
  // Throws StartError; then none of them runs.
  LocalRanks(const Start& start, Listener& listener);
  ~LocalRanks() override;
  void add_to(std::vector<pollfd>& polled) override;
  void on_event(const pollfd& event) override;
  void reap() override;
  void signal(int number) override;
  bool all_ended() const override;

 private:
  struct Process {
    int rank = 0;
    pid_t id = 0;
    int out[2] = {-1, -1};  // what it prints, and its errors
    bool ended = false;
  };
  Process started(int place) const;
  void drain(Process& p, int which, bool all);

  const Start start_;
  std::vector<Process> processes_;
  Listener& listener_;
};

// Starts a process with these descriptors for input, output and errors, in a process group of its own, without signals blocked. It is
// asked to end when this process does. Throws StartError.
pid_t start_process(const std::vector<std::string>& command, const std::string& directory,
                    const std::vector<std::string>& environment, const int (&descriptors)[3]);
// The end of a child, where it has one.
bool reap_process(pid_t id, Ended& ended);

}  // namespace tl::run
