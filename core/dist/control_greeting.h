// How a rank comes to the server of its group's control channel: it asks again and again until the server knows it, or its time is over.
#pragma once

#include <optional>

#include "core/base/clock.h"
#include "core/dist/control_client.h"
#include "core/dist/control_message.h"
#include "core/dist/tcp.h"

namespace tl::dist {

// What the calling thread looks at while it waits for a connection.
struct Patience {
  const Wait& wait;
  double end;
  bool over() const { return monotonic_seconds() >= end; }
  void check() const;  // throws kCancelled
  // Waits for at most `seconds`, for an event of a socket where one is given; whether it has come.
  bool pause(double seconds, int fd = -1, short events = 0) const;
};

// The group is being made anew with a higher generation than the one that a rank has come with.
class NewerGeneration final : public Error {
 public:
  explicit NewerGeneration(const Failure& failure)
      : Error(failure.code, failure.text), generation(failure.generation) {}
  const uint64_t generation;
};
[[noreturn]] void throw_failure(const Failure& failure);

// What a rank says that goes while ranks join.
control::Failed given_up(const Place& place, bool cancelled);

// A connection to the server, which knows the rank; the reader may hold what has come behind its answer.
struct Greeted {
  tcp::Descriptor socket;
  control::Reader reader{control::kMostGreeting};
  control::Accepted server;
};

// Throws kPeerLost where nobody serves who is this group's server, and what the server answers instead of a welcome.
Greeted find_server(const ControlOptions& options, const Patience& patience);

// Of a rank 0 that cannot serve, because its port is taken: one try whether a server of this group has it, which another process serves as
// rank 0, or this one for a group that it has not released. Throws what it answers instead of a welcome.
std::optional<Greeted> find_other_server(const ControlOptions& options, const Patience& patience);

}  // namespace tl::dist
