#include "core/dist/control_greeting.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "core/base/clock.h"

namespace tl::dist {
namespace {

constexpr double kAnswerSeconds = 5;      // for the server to answer who connects
constexpr double kUnknownSeconds = 30;    // for the host's name to become known
constexpr double kGoodbyeSeconds = 0.25;  // for a server to take what a rank says that goes

std::string this_host() {
  return control::printable(std::string_view(tcp::this_machine()).substr(0, control::kMostName));
}

// The server may know the rank already, and the others then learn from it why this one goes. Who closes a connection with something
// unread in it takes back what it has sent, so its end is awaited for a moment.
void say_goodbye(const ControlOptions& o, int socket, std::string& bytes, size_t at) {
  std::string in;
  try {
    control::encode(given_up(o.place, true), bytes);
    bool said = false;
    for (const double end = monotonic_seconds() + kGoodbyeSeconds; monotonic_seconds() < end;) {
      if (!said && tcp::send(socket, bytes, at) == tcp::Moved::kClosed) return;
      if (!said && bytes.empty()) {
        ::shutdown(socket, SHUT_WR);
        said = true;
      }
      pollfd p{socket, static_cast<short>(POLLIN | (said ? 0 : POLLOUT)), 0};
      ::poll(&p, 1, static_cast<int>(kGoodbyeSeconds * 1000));
      in.clear();
      if (tcp::receive(socket, in) == tcp::Moved::kClosed) return;
    }
  } catch (const std::bad_alloc&) {  // its leaving says it too
  }
}

// One try. False, and why, where nobody answers who is the server of this group; an answer that is a failure is thrown.
// refused: whether it is one of another job or token.
bool greet(const ControlOptions& o, const tcp::Address& address, const Patience& patience, Greeted& out,
           std::string& problem, bool& refused) {
  Greeted g;
  problem = concat(tcp::name_of(address), ": ");
  g.socket = tcp::begin_to_connect(address);
  int error = g.socket ? 0 : errno;
  if (!error)
    error = patience.pause(kAnswerSeconds, g.socket.get(), POLLOUT) ? tcp::connect_error(g.socket.get())
                                                                    : ETIMEDOUT;
  if (error) {
    problem += tcp::reason(error);
    return false;
  }
  std::string bytes, in;
  size_t at = 0;
  const double left = std::clamp(patience.end - monotonic_seconds(), 0.0, 1e9);
  control::encode(
      control::Hello{o.place.rank, o.place.size, o.generation, static_cast<uint64_t>(left * 1e6), o.job,
                     o.token, o.build, this_host(),
                     o.machine.empty() ? tcp::machine_id().substr(0, control::kMostName) : o.machine},
      bytes);
  const double end = monotonic_seconds() + kAnswerSeconds;
  control::Message answer;
  try {
    while (monotonic_seconds() < end && !patience.over()) {
      if (tcp::send(g.socket.get(), bytes, at) == tcp::Moved::kClosed) break;
      patience.pause(end - monotonic_seconds(), g.socket.get(),
                     static_cast<short>(POLLIN | (bytes.empty() ? 0 : POLLOUT)));
      in.clear();
      if (tcp::receive(g.socket.get(), in) == tcp::Moved::kClosed) {
        problem +=
            "it closes the connection without an answer; are job, generation and token those of rank 0?";
        return false;
      }
      g.reader.feed({reinterpret_cast<const std::byte*>(in.data()), in.size()});
      if (!g.reader.next(answer)) continue;
      if (const auto* failed = std::get_if<control::Failed>(&answer)) throw_failure(failed->failure);
      if (const auto* accepted = std::get_if<control::Accepted>(&answer)) {
        g.server = *accepted;
        g.reader.allow_all();
        out = std::move(g);
        return true;
      }
      if (std::get_if<control::Refused>(&answer)) {
        refused = true;
        problem += "a group is served there whose job or token is another";
        return false;
      }
      break;
    }
  } catch (const Error& e) {
    if (e.code() == Code::kCancelled) say_goodbye(o, g.socket.get(), bytes, at);
    if (e.code() != Code::kCorruptData) throw;
  }
  problem += "who listens there is no control channel of tapeloop";
  return false;
}

}  // namespace

void throw_failure(const Failure& failure) {
  if (failure.generation > 0) throw NewerGeneration(failure);
  throw Error(failure.code, failure.text);
}

control::Failed given_up(const Place& place, bool cancelled) {
  return {{Code::kPeerLost,
           concat("all ranks must take part: rank ", place.rank,
                  cancelled ? " was cancelled" : " has waited too long", " while ranks joined"),
           place.rank}};
}

void Patience::check() const {
  if (wait.context) wait.context->check_cancelled("joining");
}

bool Patience::pause(double seconds, int fd, short events) const {
  const double until = std::min(end, monotonic_seconds() + seconds);
  for (;;) {
    check();
    const double left = until - monotonic_seconds();
    if (left <= 0) return false;
    pollfd p{fd, events, 0};
    const double blind = std::min(left, std::chrono::duration<double>(kPatience).count());
    if (::poll(&p, 1, static_cast<int>(blind * 1000) + 1) > 0) return true;
  }
}

Greeted find_server(const ControlOptions& o, const Patience& patience) {
  std::string problem = "no try was made";
  Greeted out;
  const double begin = monotonic_seconds();
  double hopeful = begin;  // when something else than a refusal was heard last
  double known = begin;    // and when the host was
  for (double pause = 0.01;; pause = std::min(2 * pause, 0.25)) {
    std::string unknown;
    bool refused = false;
    for (const tcp::Address& address : tcp::resolve(o.host, o.port, unknown)) {
      std::string why;
      if (greet(o, address, patience, out, why, refused)) return out;
      if (!patience.over()) problem = why;
    }
    const double now = monotonic_seconds();
    if (!unknown.empty()) problem = unknown;
    if (unknown.empty()) known = now;
    if (!refused) hopeful = now;
    patience.pause(pause);
    if (patience.over() || now - hopeful > o.refused_seconds || now - known > kUnknownSeconds) {
      const std::string waited = concat(
          "within ", seconds_text(patience.over() ? patience.wait.seconds : now - begin), " s (", problem);
      if (refused)
        fail(Code::kPeerLost, "rank 0 must serve the group of this rank: nobody does at '", o.host,
             "', port ", o.port, ", ", waited,
             "); have all ranks the same TAPELOOP_JOB and TAPELOOP_TOKEN, or options?");
      fail(Code::kPeerLost, "rank 0 must serve the group: nobody does at '", o.host, "', port ", o.port, ", ",
           waited, "); has rank 0 started, and does its own machine know that host by the same address?");
    }
  }
}

std::optional<Greeted> find_other_server(const ControlOptions& o, const Patience& patience) {
  Greeted out;
  std::string problem;
  bool refused = false;
  for (const tcp::Address& address : tcp::resolve(o.host, o.port, problem))
    if (greet(o, address, patience, out, problem, refused)) return out;
  return std::nullopt;
}

}  // namespace tl::dist
