#include "core/dist/tcp.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <system_error>

#include "core/base/error.h"

namespace tl::dist::tcp {
namespace {

constexpr size_t kPiece = 64 * 1024;  // bytes that are asked for at a time

// Messages are small, and each is waited for.
void send_at_once(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Descriptor stream_socket(const Address& address) {
  return Descriptor(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

const sockaddr* plain(const Address& address) { return reinterpret_cast<const sockaddr*>(&address.storage); }

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = other.fd_;
    other.fd_ = -1;
  }
  return *this;
}

void Descriptor::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::string host_of(const Address& address) {
  char host[NI_MAXHOST];
  if (::getnameinfo(plain(address), address.size, host, sizeof host, nullptr, 0, NI_NUMERICHOST) != 0)
    return "an unknown address";
  return host;
}

int port_of(const Address& address) {
  if (address.storage.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&address.storage)->sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_port);
}

std::string name_of(const Address& address) {
  const std::string host = host_of(address);
  return host.find(':') == std::string::npos ? concat(host, ":", port_of(address))
                                             : concat("[", host, "]:", port_of(address));
}

std::vector<Address> resolve(const std::string& host, int port, std::string& problem) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  const int error = ::getaddrinfo(host.c_str(), concat(port).c_str(), &hints, &found);
  if (error != 0) {
    problem = error == EAI_SYSTEM ? reason(errno) : ::gai_strerror(error);
    return {};
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  std::vector<Address> out;
  for (const addrinfo* i = found; i; i = i->ai_next) {
    if (i->ai_addrlen > sizeof(sockaddr_storage)) continue;
    Address address;
    std::memcpy(&address.storage, i->ai_addr, i->ai_addrlen);
    address.size = i->ai_addrlen;
    out.push_back(address);
  }
  if (out.empty()) problem = "it has no address";
  return out;
}

std::string reason(int error) { return std::generic_category().message(error); }

std::string this_machine() {
  char name[257] = "";
  if (::gethostname(name, sizeof name - 1) != 0) return "";
  return name;
}

std::string machine_id() {
  std::string out = this_machine() + " ";
  char id[64];
  const Descriptor file(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
  const ssize_t got = file ? ::read(file.get(), id, sizeof id) : 0;
  if (got > 0) out.append(id, static_cast<size_t>(got));
  return out;
}

Descriptor listen_at(const Address& address) {
  Descriptor out = stream_socket(address);
  if (!out) return out;
  const int on = 1;  // the port of a server that has just ended can be had again
  ::setsockopt(out.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(out.get(), plain(address), address.size) != 0 || ::listen(out.get(), SOMAXCONN) != 0) {
    const int error = errno;
    out.close();
    errno = error;
  }
  return out;
}

Descriptor begin_to_connect(const Address& address) {
  Descriptor out = stream_socket(address);
  if (!out) return out;
  send_at_once(out.get());
  if (::connect(out.get(), plain(address), address.size) != 0 && errno != EINPROGRESS) {
    const int error = errno;
    out.close();
    errno = error;
  }
  return out;
}

int connect_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  if (error != 0) return error;
  // A port that nobody listens at may be chosen as our own: the socket is then connected with itself.
  const Address own = own_address(fd);
  Address peer;
  peer.size = sizeof peer.storage;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer.storage), &peer.size) != 0) return errno;
  if (port_of(own) == port_of(peer) && host_of(own) == host_of(peer)) return ECONNREFUSED;
  return 0;
}

Descriptor accept_from(int listener, Address& peer) {
  peer.size = sizeof peer.storage;
  Descriptor out(::accept4(listener, reinterpret_cast<sockaddr*>(&peer.storage), &peer.size,
                           SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (out) send_at_once(out.get());
  return out;
}

Address own_address(int fd) {
  Address out;
  out.size = sizeof out.storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&out.storage), &out.size) != 0) out.size = 0;
  return out;
}

Moved receive(int fd, std::string& in) {
  const size_t before = in.size();
  in.resize(before + kPiece);
  const ssize_t got = ::recv(fd, &in[before], kPiece, MSG_DONTWAIT);
  const int error = errno;
  in.resize(before + (got > 0 ? static_cast<size_t>(got) : 0));
  if (got > 0) return Moved::kSome;
  if (got < 0 && (error == EAGAIN || error == EWOULDBLOCK || error == EINTR)) return Moved::kNothing;
  return Moved::kClosed;
}

Moved send(int fd, std::string& out, size_t& at) {
  Moved moved = Moved::kNothing;
  while (at < out.size()) {
    const ssize_t sent = ::send(fd, out.data() + at, out.size() - at, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || errno == EWOULDBLOCK ? moved : Moved::kClosed;
    }
    at += static_cast<size_t>(sent);
    moved = Moved::kSome;
  }
  out.clear();
  at = 0;
  return moved;
}

Bell::Bell() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!fd_)
    fail(Code::kIo, "the control channel needs a descriptor: got none (", reason(errno),
         "); close files, or raise the limit of open files");
}

void Bell::ring() const noexcept {
  const uint64_t one = 1;
  (void)!::write(fd_.get(), &one, sizeof one);  // a full one has been rung
}

void Bell::rest() const noexcept {
  uint64_t count;
  (void)!::read(fd_.get(), &count, sizeof count);
}

}  // namespace tl::dist::tcp
