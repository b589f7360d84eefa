// The control channel of processes, over TCP: rank 0 (or a launcher) serves, all ranks connect, each with its heartbeat. The messages
// are in control_message.h, the server in control_server.h.
//
// It is for a network whose machines trust one another: the token keeps strangers out, and nothing is encrypted.
#pragma once

#include <memory>
#include <string>

#include "core/dist/control.h"

namespace tl::dist {

struct ControlOptions {
  Place place;
  std::string host;   // where rank 0 serves: MASTER_ADDR
  int port = 0;       // MASTER_PORT
  bool serve = true;  // whether rank 0 serves; else a launcher does
  std::string job;    // groups of another job are strangers
  uint64_t generation =
      0;  // of the group, at the least: grows when it is made anew; all join the highest that one says
  std::string token;    // may be empty; compared in constant time
  std::string machine;  // what ranks of one machine have in common; "": what this one is
  std::string build;    // version, byte order and whatever else must be alike: kMismatch where it is not
  double refused_seconds =
      6;  // after which who is refused asks no more: a group that ends has given its port back
  double lease_seconds = 15;  // without a word for so long, a rank is lost
};

// Waits until all ranks have come. On all ranks alike: kMismatch (builds, sizes, two of one rank), kTimedOut with the ranks that are
// missing. kPeerLost where nobody serves. Its threads take no signals, and never end the process by SIGPIPE.
std::unique_ptr<ControlChannel> join_processes(const ControlOptions& options, const Wait& wait);

}  // namespace tl::dist
