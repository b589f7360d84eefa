#include "core/dist/run/hosts.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <sstream>

#include "core/dist/run/options.h"

namespace tl::run {
namespace {

bool is_this_machine(const std::string& host) {
  char own[257] = "";
  ::gethostname(own, sizeof own - 1);
  return host == "localhost" || host == "127.0.0.1" || host == "::1" || host == own;
}

using Found = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;
Found find(const std::string& host, int type) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = type;
  if (::getaddrinfo(host.c_str(), "9", &hints, &found) != 0) found = nullptr;
  return {found, [](addrinfo* f) {
            if (f) ::freeaddrinfo(f);
          }};
}

std::string in_numbers(const sockaddr* address, socklen_t size) {
  char text[NI_MAXHOST];
  if (::getnameinfo(address, size, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) return "";
  return text;
}

// The address of this machine on the way to another. Nothing is sent.
std::string address_towards(const std::string& host) {
  const Found found = find(host, SOCK_DGRAM);
  for (const addrinfo* i = found.get(); i; i = i->ai_next) {
    const int fd = ::socket(i->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) continue;
    sockaddr_storage own{};
    socklen_t size = sizeof own;
    std::string out;
    if (::connect(fd, i->ai_addr, i->ai_addrlen) == 0 &&
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) == 0)
      out = in_numbers(reinterpret_cast<sockaddr*>(&own), size);
    ::close(fd);
    if (!out.empty()) return out;
  }
  return "";
}

std::string without_user(const std::string& host) {
  const size_t at = host.rfind('@');
  return at == std::string::npos ? host : host.substr(at + 1);
}

// A port of this machine that is free now; 0 where none is found.
int free_port(const std::string& address) {
  const Found found = find(address, SOCK_STREAM);
  for (const addrinfo* i = found.get(); i; i = i->ai_next) {
    const int fd = ::socket(i->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) continue;
    sockaddr_storage any{};
    std::memcpy(&any, i->ai_addr, i->ai_addrlen);
    in_port_t* const port = any.ss_family == AF_INET6 ? &reinterpret_cast<sockaddr_in6*>(&any)->sin6_port
                                                      : &reinterpret_cast<sockaddr_in*>(&any)->sin_port;
    *port = 0;
    socklen_t size = i->ai_addrlen;
    const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&any), size) == 0 &&
                       ::getsockname(fd, reinterpret_cast<sockaddr*>(&any), &size) == 0;
    const int number = bound ? ntohs(*port) : 0;
    ::close(fd);
    if (number) return number;
  }
  return 0;
}

}  // namespace

std::vector<Host> read_hosts(const std::string& text, const std::string& file) {
  std::vector<Host> out;
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); number++) {
    const auto refuse = [&](const std::string& why) {
      std::ostringstream all;
      all << "--hosts must list machines, a line for each: line " << number << " of '" << file << "' " << why
          << "; say 'HOST' or 'HOST slots=4'";
      throw UsageError{all.str()};
    };
    std::istringstream words(line.substr(0, line.find('#')));
    Host host;
    std::string slots, more;
    if (!(words >> host.name)) continue;
    if (host.name[0] == '-' ||
        std::any_of(host.name.begin(), host.name.end(), [](char c) { return c <= ' ' || c > '~'; }))
      refuse("names '" + host.name + "', which is no host");
    if (words >> slots) {
      if (slots.rfind("slots=", 0) == 0) slots.erase(0, 6);
      char* end = nullptr;
      const long value = std::strtol(slots.c_str(), &end, 10);
      if (slots.empty() || *end || value < 1 || value > 65536)
        refuse("has '" + slots + "' for a number of slots");
      host.slots = static_cast<int>(value);
    }
    if (words >> more) refuse("has '" + more + "' behind it");
    if (is_this_machine(host.name)) host.name.clear();
    for (const Host& other : out)
      if (other.name == host.name)
        refuse("names '" + (host.name.empty() ? "this machine" : host.name) + "' again");
    out.push_back(host);
  }
  if (out.empty())
    throw UsageError{"--hosts must list machines, a line for each: '" + file +
                     "' has none; say 'HOST slots=4'"};
  return out;
}

std::vector<Host> place_ranks(std::vector<Host> hosts, int ranks, bool keep_spares) {
  int slots = 0;
  for (const Host& h : hosts) slots += h.slots;
  if (ranks == 0) ranks = slots;
  if (ranks > slots)
    throw UsageError{"-n must be at most the number of slots of --hosts: got " + std::to_string(ranks) +
                     " for " + std::to_string(slots) + "; give machines more slots ('HOST slots=4')"};
  int next = 0;
  for (Host& h : hosts) {
    h.first_rank = next;
    h.ranks = std::min(h.slots, ranks - next);
    next += h.ranks;
  }
  if (!keep_spares)
    hosts.erase(std::remove_if(hosts.begin(), hosts.end(), [](const Host& h) { return h.ranks == 0; }),
                hosts.end());
  return hosts;
}

void choose_master(const std::vector<Host>& hosts, std::string& address, int& port) {
  const Host& first = hosts.front();
  const auto other = std::find_if(hosts.begin(), hosts.end(), [](const Host& h) { return !h.name.empty(); });
  if (address.empty()) {
    if (first.name.empty()) {
      if (other != hosts.end()) address = address_towards(without_user(other->name));
      if (address.empty()) address = "127.0.0.1";
    } else {
      // In numbers: many a machine knows its own name as an address that only itself can reach.
      address = without_user(first.name);
      const Found found = find(address, SOCK_STREAM);
      if (found) {
        const std::string numbers = in_numbers(found->ai_addr, found->ai_addrlen);
        if (!numbers.empty()) address = numbers;
      }
    }
  }
  if (port == 0 && first.name.empty()) port = free_port(address);
  if (port == 0) {  // below those that the system gives to connections
    std::random_device random;
    port = 20000 + static_cast<int>(random() % 12000);
  }
}

std::string shell_word(const std::string& text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

}  // namespace tl::run
