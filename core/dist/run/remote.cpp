#include "core/dist/run/remote.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "core/dist/run/hosts.h"

namespace tl::run {
namespace {

constexpr std::string_view kGreeting = "tapeloop-run agent 2\n";
constexpr size_t kMostText = 64 << 20;

int number_of(const std::string& text) { return std::atoi(text.c_str()); }

std::string encoded(const Start& s) {
  std::string list;
  add_text(list, s.directory);
  for (const std::vector<std::string>* words : {&s.command, &s.environment}) {
    add_text(list, std::to_string(words->size()));
    for (const std::string& word : *words) add_text(list, word);
  }
  for (int n : {s.size, s.first_rank, s.ranks, s.first_local, s.local_size, s.grace_ms})
    add_text(list, std::to_string(n));
  std::string out;
  add_text(out, list);
  return out;
}

// False where it is none.
bool decode(const std::string& list, Start& s) {
  TextReader reader;
  reader.feed(list);
  std::string count;
  if (!reader.next(s.directory)) return false;
  for (std::vector<std::string>* words : {&s.command, &s.environment}) {
    if (!reader.next(count)) return false;
    std::string word;
    for (int i = number_of(count); i > 0; i--) {
      if (!reader.next(word)) return false;
      words->push_back(word);
    }
  }
  for (int* n : {&s.size, &s.first_rank, &s.ranks, &s.first_local, &s.local_size, &s.grace_ms}) {
    if (!reader.next(count)) return false;
    *n = number_of(count);
  }
  return !s.command.empty() && s.ranks > 0 && s.grace_ms >= 0;
}

void close_one(int& fd) {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

}  // namespace

void add_text(std::string& out, std::string_view text) {
  out += std::to_string(text.size());
  out += ':';
  out.append(text);
  out += ',';
}

bool TextReader::next(std::string& text) {
  if (!greeted_) {
    const size_t at = bytes_.find(kGreeting);
    if (at == std::string::npos) return false;
    bytes_.erase(0, at + kGreeting.size());
    greeted_ = true;
  }
  const size_t colon = bytes_.find(':');
  if (bad_ || (colon == std::string::npos && bytes_.size() < 12)) return false;
  size_t size = 0;
  for (size_t i = 0; i < std::min(colon, bytes_.size()); i++) {
    if (bytes_[i] < '0' || bytes_[i] > '9' || size > kMostText) return !(bad_ = true);
    size = size * 10 + static_cast<size_t>(bytes_[i] - '0');
  }
  if (colon == 0 || colon == std::string::npos || size > kMostText) return !(bad_ = true);
  if (bytes_.size() < colon + 1 + size + 1) return false;
  if (bytes_[colon + 1 + size] != ',') return !(bad_ = true);
  text.assign(bytes_, colon + 1, size);
  bytes_.erase(0, colon + 1 + size + 1);
  return true;
}

RemoteRanks::RemoteRanks(const std::string& ssh, const std::string& host, const std::string& agent,
                         const Start& start, Listener& listener)
    : host_(host),
      listener_(listener),
      first_rank_(start.first_rank),
      ranks_(start.ranks),
      over_(static_cast<size_t>(start.ranks), false),
      to_send_(encoded(start)) {
  int in[2], out[2], error[2];
  for (int(*ends)[2] : {&in, &out, &error})
    if (::pipe2(*ends, O_CLOEXEC) != 0)
      throw StartError{
          125, std::string("pipes are needed for each host: got none (") + std::strerror(errno) + ")"};
  const int descriptors[3] = {in[0], out[1], error[1]};
  id_ =
      start_process({"/bin/sh", "-c", ssh + " \"$@\"", "sh", host, "exec " + shell_word(agent) + " --agent"},
                    "", {}, descriptors);
  for (int fd : descriptors) ::close(fd);
  in_ = in[1];
  out_ = out[0];
  error_ = error[0];
  for (int fd : {in_, out_, error_}) ::fcntl(fd, F_SETFL, O_NONBLOCK);
}

// The agent ends its ranks when its input does.
RemoteRanks::~RemoteRanks() {
  for (int* fd : {&in_, &out_, &error_}) close_one(*fd);
  if (gone_) return;
  ::kill(-id_, SIGTERM);
  ::waitpid(id_, nullptr, 0);
}

void RemoteRanks::add_to(std::vector<pollfd>& polled) {
  if (in_ >= 0 && !to_send_.empty()) polled.push_back({in_, POLLOUT, 0});
  if (out_ >= 0) polled.push_back({out_, POLLIN, 0});
  if (error_ >= 0) polled.push_back({error_, POLLIN, 0});
}

void RemoteRanks::on_event(const pollfd& event) {
  if (!event.revents || event.fd < 0) return;
  if (event.fd == in_) send();
  if (event.fd == out_) read_answers();
  if (event.fd == error_) {
    char buffer[4096];
    const ssize_t got = ::read(error_, buffer, sizeof buffer);
    if (got > 0)
      listener_.on_word(host_, {buffer, static_cast<size_t>(got)});
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
      close_one(error_);
  }
}

void RemoteRanks::send() {
  while (in_ >= 0 && !to_send_.empty()) {
    const ssize_t sent = ::write(in_, to_send_.data(), to_send_.size());
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return;
    if (sent < 0) return close_one(in_);
    to_send_.erase(0, static_cast<size_t>(sent));
  }
}

void RemoteRanks::read_answers() {
  char buffer[16 * 1024];
  const ssize_t got = ::read(out_, buffer, sizeof buffer);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return close_one(out_);
  reader_.feed({buffer, static_cast<size_t>(got)});
  for (std::string answer; reader_.next(answer);) on_answer(answer);
  if (reader_.bad()) {
    close_one(out_);
    give_up("its agent speaks another language; is the same tapeloop-run installed there?");
  }
}

// "o RANK BYTES", "e RANK BYTES", "x RANK STATUS SIGNAL", "f STATUS WHY".
void RemoteRanks::on_answer(const std::string& answer) {
  const size_t space = answer.find(' ', 2);
  if (answer.size() < 3 || space == std::string::npos) return;
  const int number = number_of(answer.substr(2));
  const std::string rest = answer.substr(space + 1);
  if (answer[0] == 'f') {
    listener_.on_word(host_, rest + "\n");
    for (int i = 0; i < ranks_; i++)
      if (!over_[static_cast<size_t>(i)]) {
        over_[static_cast<size_t>(i)] = true;
        ended_++;
        Ended ended;
        ended.status = number;
        ended.started = false;
        listener_.on_end(first_rank_ + i, ended);
      }
    return;
  }
  const int place = number - first_rank_;
  if (place < 0 || place >= ranks_) return;
  if (answer[0] == 'x') {
    if (over_[static_cast<size_t>(place)]) return;
    over_[static_cast<size_t>(place)] = true;
    ended_++;
    Ended ended;
    ended.status = number_of(rest);
    ended.signal = number_of(rest.substr(std::min(rest.find(' '), rest.size())));
    listener_.on_end(number, ended);
  } else {
    listener_.on_output(number, answer[0] == 'e', rest);
  }
}

void RemoteRanks::reap() {
  Ended ended;
  if (gone_ || !reap_process(id_, ended)) return;
  gone_ = true;
  for (int turn = 0; turn < 1024 && out_ >= 0; turn++) {  // what it has said before
    pollfd p{out_, POLLIN, 0};
    if (::poll(&p, 1, 0) <= 0) break;
    read_answers();
  }
  on_event({error_, POLLIN, POLLIN});
  close_one(in_);
  give_up(ended.signal ? "ssh was killed by signal " + std::to_string(ended.signal)
                       : "ssh ended with status " + std::to_string(ended.status));
}

void RemoteRanks::give_up(const std::string& why) {
  for (int i = 0; i < ranks_; i++) {
    if (over_[static_cast<size_t>(i)]) continue;
    over_[static_cast<size_t>(i)] = true;
    ended_++;
    Ended ended;
    ended.lost = "the connection to " + host_ + " has ended: " + why;
    listener_.on_end(first_rank_ + i, ended);
  }
}

void RemoteRanks::signal(int number) {
  add_text(to_send_, std::to_string(number));
  send();
}

// ---- on the other machine ----

namespace {

// Tells what happens to who has started the agent.
class Teller final : public Listener {
 public:
  void on_output(int rank, bool is_error, std::string_view bytes) override {
    say((is_error ? "e " : "o ") + std::to_string(rank) + " " + std::string(bytes));
  }
  void on_end(int rank, const Ended& ended) override {
    say("x " + std::to_string(rank) + " " + std::to_string(ended.status) + " " +
        std::to_string(ended.signal));
  }
  void on_word(const std::string&, std::string_view) override {}
  void say(const std::string& text) {
    std::string out;
    add_text(out, text);
    write_all(out);
  }
  void write_all(std::string_view out) {
    while (!out.empty() && !gone) {
      const ssize_t sent = ::write(1, out.data(), out.size());
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) gone = true;
      if (sent > 0) out.remove_prefix(static_cast<size_t>(sent));
    }
  }
  bool gone = false;  // nobody listens any more
};

}  // namespace

int run_agent() {
  ::signal(SIGPIPE, SIG_IGN);
  // SIGCHLD interrupts what waits, by a handler that does nothing, and is let in while it waits only. That the connection has ended
  // the end of the input says; handlers are gone in the ranks, what is ignored would not be.
  struct sigaction quiet {};
  quiet.sa_handler = [](int) {};
  for (int number : {SIGCHLD, SIGHUP, SIGINT}) ::sigaction(number, &quiet, nullptr);
  sigset_t child, before;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child, &before);

  Teller teller;
  teller.write_all(kGreeting);
  TextReader reader;
  std::string text;
  char buffer[16 * 1024];
  while (!reader.next(text)) {
    const ssize_t got = ::read(0, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || reader.bad()) return 125;
    reader.feed({buffer, static_cast<size_t>(got)});
  }
  Start start;
  if (!decode(text, start)) return 125;
  try {
    LocalRanks ranks(start, teller);
    bool input = true;
    double kill_at = 0;  // without input
    while (!ranks.all_ended()) {
      std::vector<pollfd> polled;
      ranks.add_to(polled);
      if (input) polled.push_back({0, POLLIN, 0});
      const double left = std::max(0.0, kill_at - seconds_now());
      const timespec patience{static_cast<time_t>(left), static_cast<long>(std::fmod(left, 1) * 1e9)};
      const int events = ::ppoll(polled.data(), polled.size(), input ? nullptr : &patience, &before);
      if (!input && seconds_now() >= kill_at) {
        ranks.signal(SIGKILL);
        kill_at = seconds_now() + 1;
      }
      if (events > 0)
        for (const pollfd& p : polled)
          if (p.fd != 0) ranks.on_event(p);
      ranks.reap();
      if (input && events > 0 && polled.back().revents) {
        const ssize_t got = ::read(0, buffer, sizeof buffer);
        if (got > 0) reader.feed({buffer, static_cast<size_t>(got)});
        while (reader.next(text)) ranks.signal(number_of(text));
        if (got == 0) teller.gone = true;
      }
      if (teller.gone && input) {
        input = false;
        kill_at = seconds_now() + start.grace_ms / 1e3;
        if (start.grace_ms > 0) ranks.signal(SIGTERM);
      }
    }
  } catch (const StartError& e) {
    teller.say("f " + std::to_string(e.status) + " " + e.text);
    return e.status;
  }
  return 0;
}

}  // namespace tl::run
