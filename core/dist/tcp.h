// TCP as the control channel needs it: descriptors that close themselves, addresses in numbers, and sockets that never block, never
// raise SIGPIPE, and are not there in programs that the process starts. Who waits, polls.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <string>
#include <vector>

#include "core/base/span.h"

namespace tl::dist::tcp {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void close();

 private:
  int fd_ = -1;
};

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};
std::string host_of(const Address& address);  // "10.0.0.1", "::1"
int port_of(const Address& address);
std::string name_of(const Address& address);  // "10.0.0.1:29500", "[::1]:29500"

// The only place that asks for names. Empty where there is no such host, and why in `problem`.
std::vector<Address> resolve(const std::string& host, int port, std::string& problem);

// What the system says of errno.
std::string reason(int error);
// The name of this machine; "" where it has none.
std::string this_machine();
// That and what this start of its system is called, by which machines of one name differ.
std::string machine_id();

// Sockets; where they cannot be had, an empty one, and errno says why.
Descriptor listen_at(const Address& address);
Descriptor begin_to_connect(const Address& address);  // poll() for writing, then look at connect_error()
int connect_error(int fd);
Descriptor accept_from(int listener, Address& peer);
Address own_address(int fd);

enum class Moved { kSome, kNothing, kClosed };
// What has come, behind the bytes of `in`, at most 64 KiB.
Moved receive(int fd, std::string& in);
// Sends what is left of `out` from `at` on, and moves `at`; both begin anew when all has gone.
Moved send(int fd, std::string& out, size_t& at);

// Wakes who polls its descriptor, from any thread.
class Bell {
 public:
  Bell();  // throws kIo
  int get() const { return fd_.get(); }
  void ring() const noexcept;
  void rest() const noexcept;  // has been heard
 private:
  Descriptor fd_;
};

}  // namespace tl::dist::tcp
