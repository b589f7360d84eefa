// Ranks of another machine: `ssh HOST tapeloop-run --agent` starts them there as this machine's are started, and tells what they print
// and how they end. What is to be done goes to the agent's input, so that neither the secret nor the program's arguments are in a
// command line or pass a shell.
#pragma once

#include <string>
#include <string_view>

#include "core/dist/run/ranks.h"

namespace tl::run {

// Texts with their length in front, "5:hello,", in which any byte may stand.
void add_text(std::string& out, std::string_view text);

class TextReader {
 public:
  // Skips what comes before the first line that is the agent's greeting: shells may say something of their own.
  explicit TextReader(bool after_greeting = false) : greeted_(!after_greeting) {}
  void feed(std::string_view bytes) { bytes_.append(bytes); }
  // Whether the next one has come whole. What is none sets bad().
  bool next(std::string& text);
  bool bad() const { return bad_; }

 private:
  std::string bytes_;
  bool greeted_, bad_ = false;
};

class RemoteRanks final : public Ranks {
 public:
  // ssh: a command of the shell, which gets the host and a command line. agent: the path of tapeloop-run there. Throws StartError.
  RemoteRanks(const std::string& ssh, const std::string& host, const std::string& agent, const Start& start,
              Listener& listener);
  ~RemoteRanks() override;
  void add_to(std::vector<pollfd>& polled) override;
  void on_event(const pollfd& event) override;
  void reap() override;
  void signal(int number) override;
  bool all_ended() const override { return ended_ == ranks_; }

 private:
  void read_answers();
  void on_answer(const std::string& answer);
  void send();
  void give_up(const std::string& why);

  std::string host_;
  Listener& listener_;
  const int first_rank_, ranks_;
  int ended_ = 0;
  std::vector<bool> over_;
  pid_t id_ = 0;
  bool gone_ = false;  // ssh has ended
  int in_ = -1, out_ = -1, error_ = -1;
  std::string to_send_;
  TextReader reader_{true};
};

// What `tapeloop-run --agent` does; its exit status.
int run_agent();

}  // namespace tl::run
