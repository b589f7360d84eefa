// The server of a control channel: one thread that all ranks are connected to. It knows who has come, passes on the first failure,
// keeps the small values of the store, and looks after leases. It serves any group of its job and generation whose token it has,
// and whoever else connects is dropped and counted, and disturbs nobody.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace tl::dist {

struct ServerOptions {
  std::string host;  // it listens there and nowhere else
  int port = 0;      // 0: one that is free
  int size = 1;      // ranks of the group
  std::string job;
  uint64_t generation = 0;
  std::string token;            // at most 256 bytes, like the job
  std::string build;            // what all ranks must say of themselves; at most 1 KiB
  double lease_seconds = 15;    // of every rank
  double greeting_seconds = 5;  // in which whoever connects has to say who it is
};

class ControlServer {
 public:
  // Listens when it returns. Throws kBusy where the port is taken, else kIo, with address and port.
  explicit ControlServer(const ServerOptions& options);
  // Says what there is to say, for a moment only, and ends. In a forked child nothing is sent and nothing awaited.
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  int port() const;
  // Connections that have been dropped because they were of nobody in the group.
  uint64_t strangers() const;
  // After a failure while ranks were still coming: waits until as many as there are ranks have been told, or for so long.
  void wait_until_told(double seconds) const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace tl::dist
