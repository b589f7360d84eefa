#include "core/dist/control_client.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

#include "core/base/blocked_signals.h"
#include "core/base/clock.h"
#include "core/base/forked_thread.h"
#include "core/dist/control_greeting.h"
#include "core/dist/control_message.h"
#include "core/dist/control_server.h"
#include "core/dist/tcp.h"

namespace tl::dist {
namespace {

constexpr double kTakenSeconds = 5;      // for a port to become free, which an earlier group may still have
constexpr double kFarewellSeconds = 1;   // for what is still to be sent when a rank leaves
constexpr double kHangUpSeconds = 0.25;  // for the server to close its end then
constexpr int kBeats = 15;               // heartbeats in a lease
constexpr double kLongest = 1e6;         // seconds of a lease

// Null, and a connection to it, where there is a server of this group already: it finds out that a rank has come twice, and tells all.
std::unique_ptr<ControlServer> serve(const ControlOptions& o, const Patience& patience,
                                     std::optional<Greeted>& other) {
  const double end = std::min(patience.end, monotonic_seconds() + kTakenSeconds);
  for (;;) {
    try {
      return std::make_unique<ControlServer>(ServerOptions{o.host, o.port, o.place.size, o.job, o.generation,
                                                           o.token, o.build, o.lease_seconds});
    } catch (const Error& e) {
      if (e.code() != Code::kBusy) throw;
      if (monotonic_seconds() >= end)
        throw Error(Code::kIo,
                    e.message() + "; a group that this process has made there must be released first");
    }
    try {
      other = find_other_server(o, patience);
      if (other) return nullptr;
    } catch (const NewerGeneration&) {
      throw;
    } catch (const Error& e) {
      if (e.code() == Code::kMismatch || e.code() == Code::kCancelled) throw;
    }
    patience.pause(0.02);
  }
}

void check(const ControlOptions& o, const Wait& wait) {
  if (o.place.size < 1 || o.place.size > control::kMostRanks || o.place.rank < 0 ||
      o.place.rank >= o.place.size)
    invalid("the rank must be below the number of ranks, which is at most ", control::kMostRanks,
            ": got rank ", o.place.rank, " of ", o.place.size, "; give each process its own");
  if (o.port < 1 || o.port > 65535)
    invalid("the port of rank 0 must be 1 to 65535: got ", o.port, "; choose one that is free there");
  const auto text = [](const char* name, const std::string& value, size_t most) {
    if (value.size() > most)
      invalid("the ", name, " of a group must have at most ", most, " bytes: got ", value.size(),
              "; give a shorter one");
  };
  text("host", o.host, control::kMostName);
  text("job", o.job, control::kMostName);
  text("token", o.token, control::kMostName);
  text("machine", o.machine, control::kMostName);
  text("build", o.build, control::kMostBuild);
  if (o.host.empty()) invalid("the host of rank 0 must be given: got none; give its address in numbers");
  if (!(o.lease_seconds > 0) || o.lease_seconds > kLongest)
    invalid("the lease must be above 0 and at most ", kLongest, " s: got ", o.lease_seconds,
            "; 15 is the default");
  if (!(wait.seconds > 0)) invalid("the time to wait must be above 0 s: got ", wait.seconds, "; 60 is usual");
}

// All that the threads share: kept apart, so that a forked child can leave it alone.
struct State {
  std::mutex mutex;
  std::condition_variable changed;
  tcp::Bell bell;
  tcp::Descriptor socket;
  control::Reader reader{control::kMostGreeting};
  double lease = 0;
  std::string server_host;
  std::unique_ptr<ControlServer> server;  // of rank 0, where it serves

  // Under the mutex.
  std::string out;  // to be sent
  bool stop = false, ready = false, ended = false;
  std::optional<Failure> failure;
  struct Wanted {
    int by = 0;
    std::optional<std::string> value;
  };
  std::map<std::string, Wanted> wanted;
  std::function<void()> wake;
  bool waking = false;
  std::thread::id waker;
  Failure no_memory;  // made beforehand

  std::thread thread;
};

class ControlClient final : public ControlChannel {
 public:
  ControlClient(const ControlOptions& options, Greeted&& greeted, std::unique_ptr<ControlServer> server);
  ~ControlClient() override;
  void wait_until_ready(const Patience& patience);

  const Place& place() const override { return place_; }
  uint64_t generation() const override { return generation_; }
  const std::string& address() const override { return address_; }
  const std::vector<int32_t>& machines() const override { return machines_; }
  void put(const std::string& name, std::string_view value) override;
  std::string get(const std::string& name, const Wait& wait) override;
  void fail(const Failure& failure) noexcept override;
  std::optional<Failure> failure() const override;
  void on_failure(std::function<void()> wake) override;
  void farewell(const Wait& wait) noexcept override;

 private:
  using Lock = std::unique_lock<std::mutex>;
  bool forked() const { return process_ != ::getpid(); }
  void check_process() const {
    if (forked())
      tl::fail(Code::kUnsupported,
               "a group must not be used after fork(): got a process without its threads; "
               "make the group in the process that uses it");
  }
  void check_alive() const {
    if (state_->failure) throw Error(state_->failure->code, state_->failure->text);
  }
  void say(const control::Message& message);
  template <class Done>
  bool wait_for(Lock& lock, const Wait& wait, double end, Done done);

  // Of the thread.
  void run() noexcept;
  void talk();
  bool read_all();
  void on_message(control::Message& message);
  void set_failure(Failure failure);
  void run_wake(Lock& lock) noexcept;
  void part(std::string& sending, size_t& at);
  void lose_server(const std::string& what);

  const Place place_;
  const uint64_t generation_;
  const pid_t process_ = ::getpid();
  std::string address_;
  std::vector<int32_t> machines_;  // does not change any more when wait_until_ready() has returned
  std::unique_ptr<State> state_;
};

ControlClient::ControlClient(const ControlOptions& options, Greeted&& greeted,
                             std::unique_ptr<ControlServer> server)
    : place_(options.place),
      generation_(options.generation),
      address_(tcp::host_of(tcp::own_address(greeted.socket.get()))),
      state_(std::make_unique<State>()) {
  State& s = *state_;
  s.socket = std::move(greeted.socket);
  s.reader = std::move(greeted.reader);
  s.lease = static_cast<double>(greeted.server.lease_microseconds) * 1e-6;
  s.server_host = control::printable(greeted.server.host);
  s.server = std::move(server);
  s.no_memory = {Code::kOutOfMemory,
                 concat("the control channel needs a little memory: rank ", place_.rank, " has none left"),
                 place_.rank};
  const BlockedSignals blocked;
  try {
    s.thread = std::thread([this] { run(); });
  } catch (const std::system_error& e) {
    tl::fail(Code::kOutOfMemory, "the control channel needs a thread: got none (", e.what(),
             "); raise the limit of threads");
  }
}

ControlClient::~ControlClient() {
  if (forked()) {
    // The threads are in the other process. What they slept on cannot be destroyed here; the connection is the other process's.
    state_->socket.close();
    state_->server.reset();
    forget_thread_of_parent(state_->thread);
    static_cast<void>(state_.release());
    return;
  }
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    state_->stop = true;
  }
  state_->bell.ring();
  state_->thread.join();
}

void ControlClient::say(const control::Message& message) {  // under the mutex
  control::encode(message, state_->out);
  state_->bell.ring();
}

// Until done() holds, the group has failed, or the time is over, which is false.
template <class Done>
bool ControlClient::wait_for(Lock& lock, const Wait& wait, double end, Done done) {
  while (!done() && !state_->failure) {
    if (wait.context && wait.context->cancelled()) return false;
    const double left = end - monotonic_seconds();
    if (left <= 0) return false;
    const double blind = wait.context ? std::chrono::duration<double>(kPatience).count() : 1.0;
    state_->changed.wait_for(lock, std::chrono::duration<double>(std::min(left, blind)));
  }
  return true;
}

// The server says who is missing when the time is over; only where it does not, this rank says that itself.
void ControlClient::wait_until_ready(const Patience& patience) {
  Lock lock(state_->mutex);
  wait_for(lock, patience.wait, patience.end + 1, [&] { return state_->ready; });
  if (state_->ready) return;  // a failure behind that is one of the group's
  if (state_->failure) throw_failure(*state_->failure);
  const bool cancelled = patience.wait.context && patience.wait.context->cancelled();
  try {
    say(given_up(place_, cancelled));
  } catch (const std::bad_alloc&) {  // its leaving says it too
  }
  lock.unlock();
  patience.check();
  tl::fail(Code::kTimedOut, "all ranks must come within ", seconds_text(patience.wait.seconds),
           " s: rank 0 does not say which are missing; is its process stopped, or cut off?");
}

void ControlClient::put(const std::string& name, std::string_view value) {
  check_process();
  if (name.empty() || name.size() > control::kMostName || value.size() > control::kMostValue)
    invalid("a value for starting up must have a name of 1 to ", control::kMostName, " bytes and at most ",
            control::kMostValue, " bytes: got ", name.size(), " and ", value.size(),
            "; send more as a tensor");
  const Lock lock(state_->mutex);
  check_alive();
  say(control::Put{name, std::string(value)});
}

std::string ControlClient::get(const std::string& name, const Wait& wait) {
  check_process();
  if (name.empty() || name.size() > control::kMostName)
    invalid("the name of a value must have 1 to ", control::kMostName, " bytes: got ", name.size(),
            "; use the name that it was put by");
  Lock lock(state_->mutex);
  check_alive();
  const auto entry = state_->wanted.try_emplace(name).first;
  State::Wanted& wanted = entry->second;
  wanted.by++;
  std::string out;
  const auto gone = [&] {
    if (--wanted.by == 0) state_->wanted.erase(entry);
  };
  try {
    if (wanted.by == 1) say(control::Get{name});
    if (!wait_for(lock, wait, monotonic_seconds() + wait.seconds, [&] { return wanted.value.has_value(); })) {
      if (wait.context) wait.context->check_cancelled("get");
      tl::fail(Code::kTimedOut, "a value must come within ", seconds_text(wait.seconds), " s: '",
               control::printable(name), "' did not; has a rank ended early, or is it slow?");
    }
    if (!wanted.value) check_alive();
    out = *wanted.value;
  } catch (...) {
    gone();
    throw;
  }
  gone();
  return out;
}

void ControlClient::fail(const Failure& failure) noexcept {
  if (forked()) return;
  Lock lock(state_->mutex);
  if (state_->failure || state_->ended) return;
  try {
    control::Failed failed{failure};
    if (failed.failure.code == Code::kOk) failed.failure.code = Code::kPeerLost;
    if (failed.failure.rank < 0 || failed.failure.rank >= place_.size) failed.failure.rank = -1;
    say(failed);
  } catch (...) {
    // Without memory for it: to leave tells the others as well.
    state_->failure.emplace(std::move(state_->no_memory));
    state_->stop = true;
    state_->bell.ring();
    state_->changed.notify_all();
    run_wake(lock);
  }
}

std::optional<Failure> ControlClient::failure() const {
  if (forked())
    return Failure{Code::kUnsupported,
                   "a group must not be used after fork(): got a process without its threads", place_.rank};
  const std::lock_guard<std::mutex> lock(state_->mutex);
  return state_->failure;
}

void ControlClient::on_failure(std::function<void()> wake) {
  if (forked()) return;
  Lock lock(state_->mutex);
  state_->changed.wait(lock, [&] { return !state_->waking || state_->waker == std::this_thread::get_id(); });
  state_->wake.swap(wake);
  if (state_->failure && state_->wake) run_wake(lock);
}

// Once, without the lock: it may call this object.
void ControlClient::run_wake(Lock& lock) noexcept {
  if (!state_->wake) return;
  std::function<void()> wake;
  wake.swap(state_->wake);
  state_->waking = true;
  state_->waker = std::this_thread::get_id();
  lock.unlock();
  try {
    wake();
  } catch (...) {  // who is woken finds the failure itself
  }
  lock.lock();
  state_->waking = false;
  state_->changed.notify_all();
}

void ControlClient::farewell(const Wait& wait) noexcept {
  if (forked()) return;
  try {
    Lock lock(state_->mutex);
    if (state_->failure || state_->ended) return;
    say(control::Farewell{});
    wait_for(lock, wait, monotonic_seconds() + wait.seconds, [&] { return state_->ended; });
  } catch (...) {  // without memory: leaving without it is a failure for the others
  }
}

// ---- the thread ----

void ControlClient::run() noexcept {
  try {
    talk();
  } catch (...) {
    Lock lock(state_->mutex);
    if (!state_->failure) {
      state_->failure.emplace(std::move(state_->no_memory));
      state_->changed.notify_all();
      run_wake(lock);
    }
  }
  state_->socket.close();
}

void ControlClient::talk() {
  State& s = *state_;
  const double beat = s.lease / kBeats;
  double heard = monotonic_seconds(), next_beat = heard, now = heard;
  std::string sending;
  size_t at = 0;
  control::Message message;
  while (s.reader.next(message)) on_message(message);  // what came with the answer
  for (;;) {
    pollfd polled[] = {{s.bell.get(), POLLIN, 0},
                       {s.socket.get(), static_cast<short>(POLLIN | (sending.empty() ? 0 : POLLOUT)), 0}};
    ::poll(polled, 2, static_cast<int>(std::max(0.0, next_beat - monotonic_seconds()) * 1000) + 1);
    const double before = now;
    now = monotonic_seconds();
    if (now - before - beat > s.lease / 3)
      heard += now - before - beat;  // this process has stood still itself
    if (polled[0].revents) s.bell.rest();
    if (polled[1].revents & ~POLLOUT) {
      if (!read_all()) return lose_server("has closed its connection, as when a process ends or is killed");
      heard = now;
    }
    bool stop, silent;
    {
      const Lock lock(s.mutex);
      stop = s.stop;
      silent = s.ended || s.failure;
      if (now >= next_beat) {
        if (!silent && !stop) control::encode(control::Heartbeat{}, s.out);
        next_beat = now + beat;
      }
      sending.append(s.out);
      s.out.clear();
    }
    tcp::send(s.socket.get(), sending, at);  // a connection that has ended shows when it is read
    if (stop) return part(sending, at);
    if (!silent && now - heard > s.lease)
      return lose_server(concat("has not been heard of for ", seconds_text(s.lease),
                                " s, which is the lease, as when a process is ",
                                "stopped or this machine is cut off"));
  }
}

// What is left goes out, and the server's end is awaited for a moment: who closes a connection with something unread in it takes
// back what it has sent.
void ControlClient::part(std::string& sending, size_t& at) {
  State& s = *state_;
  double end = monotonic_seconds() + kFarewellSeconds;
  bool said = false;
  std::string in;
  for (;;) {
    if (!said && sending.empty()) {
      ::shutdown(s.socket.get(), SHUT_WR);
      said = true;
      end = std::min(end, monotonic_seconds() + kHangUpSeconds);
    }
    const double left = end - monotonic_seconds();
    if (left <= 0) return;
    pollfd polled{s.socket.get(), static_cast<short>(POLLIN | (said ? 0 : POLLOUT)), 0};
    ::poll(&polled, 1, static_cast<int>(left * 1000) + 1);
    if (!said && tcp::send(s.socket.get(), sending, at) == tcp::Moved::kClosed) return;
    in.clear();
    if (tcp::receive(s.socket.get(), in) == tcp::Moved::kClosed) return;
  }
}

// False where the server has closed the connection.
bool ControlClient::read_all() {
  State& s = *state_;
  control::Message message;
  std::string in;
  for (;;) {
    in.clear();
    const tcp::Moved moved = tcp::receive(s.socket.get(), in);
    if (moved == tcp::Moved::kNothing) return true;
    if (moved == tcp::Moved::kClosed) return false;
    s.reader.feed({reinterpret_cast<const std::byte*>(in.data()), in.size()});
    try {
      while (s.reader.next(message)) on_message(message);
    } catch (const Error& e) {
      if (e.code() != Code::kCorruptData) throw;
      lose_server(concat("has sent what is no message: ", e.message()));
      return false;
    }
  }
}

void ControlClient::on_message(control::Message& message) {
  State& s = *state_;
  if (auto* failed = std::get_if<control::Failed>(&message)) return set_failure(std::move(failed->failure));
  const Lock lock(s.mutex);
  if (auto* ready = std::get_if<control::Ready>(&message)) {
    if (!s.ready && ready->machines.size() == static_cast<size_t>(place_.size))
      machines_.swap(ready->machines);
    s.ready = true;
  } else if (std::get_if<control::AllEnded>(&message)) {
    s.ended = true;
  } else if (auto* value = std::get_if<control::Value>(&message)) {
    const auto wanted = s.wanted.find(value->name);
    if (wanted == s.wanted.end()) return;  // nobody waits any more
    wanted->second.value = std::move(value->value);
  } else {
    return;
  }
  s.changed.notify_all();
}

void ControlClient::set_failure(Failure failure) {
  Lock lock(state_->mutex);
  if (state_->failure || state_->ended) return;
  state_->failure = std::move(failure);
  state_->changed.notify_all();
  run_wake(lock);
}

void ControlClient::lose_server(const std::string& what) {
  set_failure({Code::kPeerLost,
               concat("all ranks must take part: rank 0 on ", state_->server_host,
                      ", which serves the group, ", what, "; the group has ended, make it anew"),
               0});
}

// Throws NewerGeneration where the others are at a higher one.
std::unique_ptr<ControlChannel> join_generation(const ControlOptions& options, const Patience& patience) {
  std::unique_ptr<ControlServer> server;
  std::optional<Greeted> other;
  if (options.serve && options.place.rank == 0) server = serve(options, patience, other);
  ControlServer* const serving = server.get();
  std::unique_ptr<ControlClient> client;
  try {
    Greeted greeted = other ? std::move(*other) : find_server(options, patience);
    client = std::make_unique<ControlClient>(options, std::move(greeted), std::move(server));
    client->wait_until_ready(patience);
  } catch (const Error& e) {
    if (serving && e.code() == Code::kMismatch)
      serving->wait_until_told(1);  // for ranks that are about to come
    throw;
  }
  return client;
}

}  // namespace

std::unique_ptr<ControlChannel> join_processes(const ControlOptions& options, const Wait& wait) {
  check(options, wait);
  const Patience patience{wait, monotonic_seconds() + wait.seconds};
  for (ControlOptions o = options;;) {
    try {
      return join_generation(o, patience);
    } catch (const NewerGeneration& newer) {
      if (newer.generation <= o.generation || patience.over()) throw Error(newer.code(), newer.message());
      o.generation = newer.generation;
    }
  }
}

}  // namespace tl::dist
