#include "core/dist/control_server.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <vector>

#include "core/base/blocked_signals.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/forked_thread.h"
#include "core/dist/call.h"
#include "core/dist/control_message.h"
#include "core/dist/tcp.h"

namespace tl::dist {
namespace {

constexpr double kPartingSeconds = 0.25;  // for what is still to be sent when the server ends
constexpr double kPauseSeconds = 0.1;     // where no descriptor is free for who wants to connect
constexpr int kHeartbeats = 15;           // in a lease
constexpr size_t kMostWaiting = 64;       // connections of nobody yet, beside one for each rank
constexpr size_t kMostUnsent = 64 << 20;  // bytes that a rank may leave unread
constexpr size_t kMostValues = 1 << 16;   // in the store
constexpr size_t kMostStored = 256 << 20;
constexpr const char* kAnew = "; the group has ended, make it anew";

struct Connection {
  tcp::Descriptor socket;
  tcp::Address peer;
  control::Reader reader{control::kMostGreeting};
  std::string in, out;
  size_t out_at = 0;
  double since = 0, heard = 0;
  int rank = -1;              // -1: it has not said who it is
  std::string host, machine;  // of a rank, for messages and for which ranks are on one machine
  double wait_ends = 0, waits = 0;
  bool farewell = false;
  bool closed = false;   // there is nothing to read from it or to send to it any more
  bool closing = false;  // to be closed once all has been sent
  std::set<std::string> wants;
};

}  // namespace

class ControlServer::Loop {
 public:
  explicit Loop(const ServerOptions& options);
  void run() noexcept;

  const ServerOptions options;
  const pid_t process = ::getpid();
  tcp::Bell bell;
  tcp::Descriptor listener;
  int port = 0;
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> strangers{0};
  std::atomic<int> told{0};  // of a failure
  std::thread thread;

 private:
  void turn();
  void part();
  void accept_all();
  void read(Connection& c);
  void on_message(Connection& c, control::Message& message);
  void on_hello(Connection& c, const control::Hello& hello);
  void on_other_generation(Connection& c, const control::Hello& hello);
  void on_put(const Connection& c, control::Put& put);
  void on_get(Connection& c, const control::Get& get);
  void on_farewell(Connection& c);
  void check_times();
  void lose(int rank, const std::string& what);
  void fail_all(Failure failure);
  void send(Connection& c, const control::Message& message);
  void send_to_all(const control::Message& message);
  void flush(Connection& c);
  void drop_stranger(Connection& c);
  void refuse(Connection& c);
  void remove_closed();
  double next_time() const {
    return complete_ || failure_ ? next_tick_ : std::min(next_tick_, first_wait_ends_);
  }
  Connection* of(int rank) const { return ranks_[static_cast<size_t>(rank)]; }
  std::string named(const Connection& c) const {
    return concat("rank ", c.rank, " on ", c.host.empty() ? "a host" : c.host, " (", tcp::host_of(c.peer),
                  ")");
  }

  const double tick_;
  double now_ = 0, next_tick_ = 0, accept_again_ = 0;
  double first_wait_ends_ = 1e300;  // of the ranks that wait for others to come
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> ranks_;  // null: has not come, or has gone
  std::vector<std::string> names_;  // of ranks that have come
  size_t here_ = 0, ended_well_ = 0;
  uint64_t refused_ = 0;  // who had another job or token
  std::string last_refused_;
  // How long this process has stood still itself, where the others may have given it up for that, and when that ended.
  double stood_ = 0, woken_ = 0;
  bool complete_ = false;  // all have come once
  bool ended_ = false;     // and all have said farewell
  std::optional<Failure> failure_;
  struct Stored {
    std::string value;
    int by;
  };
  std::map<std::string, Stored> store_;
  size_t stored_ = 0;
  std::vector<pollfd> polled_;
};

ControlServer::Loop::Loop(const ServerOptions& o)
    : options(o),
      tick_(std::min(o.lease_seconds / kHeartbeats, o.greeting_seconds / 4)),
      ranks_(static_cast<size_t>(o.size), nullptr),
      names_(static_cast<size_t>(o.size)) {
  std::string problem;
  int error = 0;
  for (const tcp::Address& address : tcp::resolve(o.host, o.port, problem)) {
    listener = tcp::listen_at(address);
    if (listener) break;
    error = errno;
    problem = concat(tcp::name_of(address), ": ", tcp::reason(error));
  }
  if (!listener)
    fail(error == EADDRINUSE ? Code::kBusy : Code::kIo,
         "the control channel must listen at an address of this machine, at a port that is free: got '",
         o.host, "', port ", o.port, " (", problem, "); give the address of rank 0's machine in numbers, ",
         "and a free port");
  port = tcp::port_of(tcp::own_address(listener.get()));
}

void ControlServer::Loop::run() noexcept {
  try {
    now_ = monotonic_seconds();
    next_tick_ = now_ + tick_;
    while (!stop.load()) turn();
    part();
  } catch (...) {
    // Without memory: all connections end here, which tells the ranks that rank 0 is lost.
  }
  connections_.clear();
  listener.close();
}

void ControlServer::Loop::turn() {
  polled_.clear();
  polled_.push_back({bell.get(), POLLIN, 0});
  polled_.push_back({now_ >= accept_again_ ? listener.get() : -1, POLLIN, 0});
  for (const auto& c : connections_)
    polled_.push_back({c->socket.get(), static_cast<short>(POLLIN | (c->out.empty() ? 0 : POLLOUT)), 0});
  const double until = std::max(0.0, next_time() - monotonic_seconds());
  ::poll(polled_.data(), polled_.size(), static_cast<int>(until * 1000) + 1);
  const double before = now_;
  now_ = monotonic_seconds();
  // Where this process has stood still itself, nobody else is to blame for what it has not heard.
  const double stood = now_ - before - tick_;
  if (stood > 2 * options.lease_seconds / 3) stood_ = stood, woken_ = now_;
  if (stood > options.lease_seconds / 3)
    for (const auto& c : connections_) c->heard += stood, c->since += stood;
  if (polled_[0].revents) bell.rest();
  const size_t known = connections_.size();
  for (size_t i = 0; i < known; i++) {
    Connection& c = *connections_[i];
    if (c.closed || !polled_[i + 2].revents) continue;
    if (polled_[i + 2].revents & POLLOUT) flush(c);
    read(c);
  }
  if (polled_[1].revents) accept_all();
  if (now_ >= next_time()) {
    check_times();
    next_tick_ = now_ + tick_;
  }
  remove_closed();
}

// What there is to say goes out, and what others say is read to its end: who closes a connection with something unread in it takes
// back what it has sent.
void ControlServer::Loop::part() {
  listener.close();
  const double end = monotonic_seconds() + kPartingSeconds;
  for (const auto& c : connections_) {
    flush(*c);
    if (c->rank < 0) c->closed = true;
    if (!c->closed && c->out.empty()) ::shutdown(c->socket.get(), SHUT_WR);
  }
  for (;;) {
    connections_.erase(
        std::remove_if(connections_.begin(), connections_.end(), [](const auto& c) { return c->closed; }),
        connections_.end());
    const double left = end - monotonic_seconds();
    if (connections_.empty() || left <= 0) return;
    polled_.clear();
    for (const auto& c : connections_)
      polled_.push_back({c->socket.get(), static_cast<short>(POLLIN | (c->out.empty() ? 0 : POLLOUT)), 0});
    ::poll(polled_.data(), polled_.size(), static_cast<int>(left * 1000) + 1);
    for (size_t i = 0; i < connections_.size(); i++) {
      Connection& c = *connections_[i];
      if (polled_[i].revents & POLLOUT) {
        flush(c);
        if (!c.closed && c.out.empty()) ::shutdown(c.socket.get(), SHUT_WR);
      }
      c.in.clear();
      if (!c.closed && polled_[i].revents & ~POLLOUT &&
          tcp::receive(c.socket.get(), c.in) == tcp::Moved::kClosed)
        c.closed = true;
    }
  }
}

void ControlServer::Loop::accept_all() {
  for (;;) {
    tcp::Address peer;
    tcp::Descriptor socket = tcp::accept_from(listener.get(), peer);
    if (!socket) {
      // No descriptor, no memory: it is not asked again at once, or poll() would return at once for ever.
      if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR && errno != ECONNABORTED)
        accept_again_ = now_ + kPauseSeconds;
      return;
    }
    // Those of nobody are few: where there are many, the oldest goes. A rank says who it is at once.
    size_t waiting = 0;
    Connection* oldest = nullptr;
    for (const auto& c : connections_)
      if (c->rank < 0 && !c->closed && !c->closing) {
        waiting++;
        if (!oldest) oldest = c.get();
      }
    if (waiting >= kMostWaiting + ranks_.size()) drop_stranger(*oldest);
    auto c = std::make_unique<Connection>();
    c->socket = std::move(socket);
    c->peer = peer;
    c->since = c->heard = now_;
    connections_.push_back(std::move(c));
  }
}

void ControlServer::Loop::read(Connection& c) {
  control::Message message;
  try {
    for (int pieces = 0; pieces < 16 && !c.closed; pieces++) {  // then others have their turn
      c.in.clear();
      const tcp::Moved moved = tcp::receive(c.socket.get(), c.in);
      if (moved == tcp::Moved::kNothing) return;
      if (moved == tcp::Moved::kClosed) {
        if (c.rank < 0) return c.closing ? void(c.closed = true) : drop_stranger(c);
        c.closed = true;
        return lose(
            c.rank,
            c.farewell ? "has ended and left while others go on"
                       : "has closed its connection without a farewell, as when a process ends or is killed");
      }
      c.heard = now_;
      if (c.closing) continue;
      c.reader.feed({reinterpret_cast<const std::byte*>(c.in.data()), c.in.size()});
      while (!c.closed && !c.closing && c.reader.next(message)) on_message(c, message);
    }
  } catch (const Error& e) {
    if (e.code() != Code::kCorruptData) throw;
    if (c.rank < 0) return drop_stranger(c);
    c.closed = true;
    lose(c.rank, concat("has sent what is no message: ", e.message()));
  }
}

void ControlServer::Loop::on_message(Connection& c, control::Message& message) {
  if (c.rank < 0) {
    const auto* hello = std::get_if<control::Hello>(&message);
    return hello ? on_hello(c, *hello) : drop_stranger(c);
  }
  if (std::get_if<control::Heartbeat>(&message)) return;
  if (auto* failed = std::get_if<control::Failed>(&message)) return fail_all(std::move(failed->failure));
  if (auto* put = std::get_if<control::Put>(&message)) return on_put(c, *put);
  if (auto* get = std::get_if<control::Get>(&message)) return on_get(c, *get);
  if (std::get_if<control::Farewell>(&message)) return on_farewell(c);
  c.closed = true;
  lose(c.rank, "has sent a message that only the server sends");
}

void ControlServer::Loop::on_hello(Connection& c, const control::Hello& hello) {
  const bool ours = static_cast<unsigned>(control::equal_in_constant_time(hello.token, options.token)) &
                    static_cast<unsigned>(hello.job == options.job);
  if (!ours) return refuse(c);
  if (hello.generation != options.generation) return on_other_generation(c, hello);
  c.host = control::printable(hello.host);
  c.machine = hello.machine;
  c.rank = hello.rank;  // for its name
  std::string problem;
  if (hello.size != options.size)
    problem = concat("all ranks must be of one group: ", named(c), " says that there are ", hello.size,
                     ", where the others are ", options.size, "; start all with the same number of ranks");
  else if (hello.build != options.build)
    problem = concat("all ranks must run the same build: ", named(c), " differs from the group in '",
                     control::printable(hello.build), "' and '", control::printable(options.build),
                     "'; install the same version everywhere");
  else if (!names_[static_cast<size_t>(hello.rank)].empty() && !failure_)
    problem = concat("each rank must join once: rank ", hello.rank, " came twice, as ", named(c), " and ",
                     names_[static_cast<size_t>(hello.rank)],
                     "; give each process a rank of its own, and release a group before you make the next");
  // Where all have come, the group goes on, and only the newcomer is told.
  if (!problem.empty() && !complete_) fail_all({Code::kMismatch, problem, hello.rank});
  if (failure_ || !problem.empty()) {
    c.rank = -1;
    c.closing = true;
    send(c, control::Failed{failure_ ? *failure_ : Failure{Code::kMismatch, problem, hello.rank}});
    told++;
    return;
  }
  ranks_[static_cast<size_t>(hello.rank)] = &c;
  names_[static_cast<size_t>(hello.rank)] = named(c);
  c.waits = static_cast<double>(hello.wait_microseconds) * 1e-6;
  c.wait_ends = now_ + c.waits;
  first_wait_ends_ = std::min(first_wait_ends_, c.wait_ends);
  c.reader.allow_all();
  send(c, control::Accepted{static_cast<uint64_t>(options.lease_seconds * 1e6) + 1, tcp::this_machine()});
  if (++here_ == ranks_.size()) {
    complete_ = true;
    control::Ready ready;
    std::map<std::string, int32_t> first;  // rank of each machine
    for (int32_t rank = 0; rank < options.size; rank++)
      ready.machines.push_back(first.emplace(of(rank)->machine, rank).first->second);
    send_to_all(ready);
  }
}

// Ranks count generations apart, and may be at different ones: all go on to the highest that one of them has said. One that is behind
// is told while others are still coming; one that is ahead ends what is here, and comes again.
void ControlServer::Loop::on_other_generation(Connection& c, const control::Hello& hello) {
  const bool ahead = hello.generation > options.generation;
  const uint64_t next = std::max(hello.generation, options.generation);
  const Failure anew{
      Code::kPeerLost,
      concat("the group is made anew: rank ", hello.rank, " comes with generation ", hello.generation,
             " to that of generation ", options.generation, "; join it with generation ", next),
      hello.rank, next};
  if (!ahead && !complete_ && !failure_) {
    c.closing = true;
    return send(c, control::Failed{anew});
  }
  drop_stranger(c);
  if (ahead) fail_all(anew);
}

void ControlServer::Loop::on_put(const Connection& c, control::Put& put) {
  if (failure_) return;
  const auto found = store_.find(put.name);
  if (found != store_.end())
    return fail_all({Code::kMismatch,
                     concat("a name must be set once: '", control::printable(put.name), "' is set by rank ",
                            found->second.by, " and by ", named(c), kAnew),
                     c.rank});
  stored_ += put.name.size() + put.value.size();
  if (store_.size() >= kMostValues || stored_ > kMostStored)
    return fail_all({Code::kOutOfMemory,
                     concat("the group may keep ", kMostValues, " small values of ", kMostStored >> 20,
                            " MiB together: ", named(c), " sets one more", kAnew),
                     c.rank});
  const auto stored = store_.emplace(put.name, Stored{std::move(put.value), c.rank}).first;
  for (Connection* other : ranks_)
    if (other && other->wants.erase(put.name)) send(*other, control::Value{put.name, stored->second.value});
}

void ControlServer::Loop::on_get(Connection& c, const control::Get& get) {
  if (failure_) return;
  const auto found = store_.find(get.name);
  if (found != store_.end()) return send(c, control::Value{get.name, found->second.value});
  if (c.wants.size() < kMostValues) c.wants.insert(get.name);
}

void ControlServer::Loop::on_farewell(Connection& c) {
  if (c.farewell) return;
  c.farewell = true;
  if (++ended_well_ < ranks_.size() || failure_) return;
  ended_ = true;
  send_to_all(control::AllEnded{});
}

void ControlServer::Loop::check_times() {
  const double lease = options.lease_seconds;
  for (const auto& c : connections_)
    if (c->rank < 0 && !c->closed && now_ - c->since > options.greeting_seconds) {
      if (c->closing)
        c->closed = true;
      else
        drop_stranger(*c);
    }
  if (failure_ || ended_) return;
  for (Connection* c : ranks_) {
    if (!c || c->closed) continue;
    if (!complete_ && now_ >= c->wait_ends) {
      std::vector<int> missing;
      for (int rank = 0; rank < options.size; rank++)
        if (names_[static_cast<size_t>(rank)].empty()) missing.push_back(rank);
      std::string strange;
      if (refused_ > 0)
        strange = concat("; one was refused whose job or token is another, ", refused_,
                         refused_ == 1 ? " time, from " : " times, last from ", last_refused_);
      return fail_all(
          {Code::kTimedOut,
           concat("all ranks must come within ", seconds_text(c->waits), " s: ", names_of_ranks(missing),
                  " did not join", strange, "; have they started, with this address, port and token?"),
           -1});
    }
    if (!c->farewell && now_ - c->heard > lease)
      return lose(c->rank,
                  concat("has not been heard of for ", seconds_text(lease),
                         " s, which is the lease, as when a ", "process is stopped or a machine is cut off"));
  }
  send_to_all(control::Heartbeat{});
}

void ControlServer::Loop::lose(int rank, const std::string& what) {
  Connection* c = of(rank);
  std::string self;
  if (stood_ > 0 && now_ - woken_ < options.lease_seconds)
    self = concat("; rank 0 itself has stood still for ", seconds_text(stood_), " s, and the lease is ",
                  seconds_text(options.lease_seconds), " s, so the others may have given it up");
  fail_all({Code::kPeerLost, concat("all ranks must take part: ", named(*c), " ", what, self, kAnew), rank});
}

void ControlServer::Loop::fail_all(Failure failure) {
  if (failure_ || ended_) return;
  failure_ = std::move(failure);
  store_.clear();
  send_to_all(control::Failed{*failure_});
  told += static_cast<int>(std::count_if(ranks_.begin(), ranks_.end(), [](auto* c) { return c != nullptr; }));
}

void ControlServer::Loop::send(Connection& c, const control::Message& message) {
  if (c.closed) return;
  control::encode(message, c.out);
  flush(c);
  if (c.out.size() - c.out_at <= kMostUnsent) return;
  c.closed = true;
  if (c.rank >= 0) lose(c.rank, "does not read what it has asked for");
}

void ControlServer::Loop::send_to_all(const control::Message& message) {
  for (Connection* c : ranks_)
    if (c) send(*c, message);
}

// What cannot be sent is found out about when the connection is read.
void ControlServer::Loop::flush(Connection& c) {
  if (!c.closed && !c.out.empty() && tcp::send(c.socket.get(), c.out, c.out_at) == tcp::Moved::kClosed)
    c.out.clear(), c.out_at = 0;
  if (c.closing && c.out.empty()) ::shutdown(c.socket.get(), SHUT_WR);
}

void ControlServer::Loop::drop_stranger(Connection& c) {
  c.closed = true;
  strangers++;
}

// It knows the protocol, but not the job or the token: it is told so, and no more.
void ControlServer::Loop::refuse(Connection& c) {
  strangers++;
  refused_++;
  last_refused_ = tcp::host_of(c.peer);
  c.closing = true;
  send(c, control::Refused{});
}

void ControlServer::Loop::remove_closed() {
  for (auto& c : connections_)
    if (c->closed) {
      if (c->rank >= 0) ranks_[static_cast<size_t>(c->rank)] = nullptr;
      c.reset();
    }
  connections_.erase(std::remove(connections_.begin(), connections_.end(), nullptr), connections_.end());
}

ControlServer::ControlServer(const ServerOptions& options) : loop_(std::make_unique<Loop>(options)) {
  const BlockedSignals blocked;
  try {
    loop_->thread = std::thread([loop = loop_.get()] { loop->run(); });
  } catch (const std::system_error& e) {
    fail(Code::kOutOfMemory, "the control channel needs a thread: got none (", e.what(),
         "); raise the limit of threads");
  }
}

ControlServer::~ControlServer() {
  if (!loop_) return;
  if (loop_->process != ::getpid()) {
    // A forked child: the thread is in the other process, and so is who would be told.
    loop_->listener.close();
    forget_thread_of_parent(loop_->thread);
    static_cast<void>(loop_.release());
    return;
  }
  loop_->stop.store(true);
  loop_->bell.ring();
  loop_->thread.join();
}

int ControlServer::port() const { return loop_->port; }
uint64_t ControlServer::strangers() const { return loop_->strangers.load(); }

void ControlServer::wait_until_told(double seconds) const {
  if (loop_->process != ::getpid()) return;
  const double end = monotonic_seconds() + seconds;
  while (loop_->told.load() < loop_->options.size && monotonic_seconds() < end)
    std::this_thread::sleep_for(kPatience);
}

}  // namespace tl::dist
