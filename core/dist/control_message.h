// The messages of the control channel as bytes: no sockets, no threads. Each is a header of 12 bytes (magic, version, kind, length
// of the body) and a body whose size is bounded by its kind; all numbers are little endian. What is not exactly so is an error, for
// it may come from a stranger.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/span.h"
#include "core/dist/control.h"

namespace tl::dist::control {

constexpr size_t kHeader = 12;
constexpr size_t kMostName = 256;       // bytes of a name in the store, of a job, a token, a host
constexpr size_t kMostBuild = 1024;     // bytes of what says how a rank was built
constexpr size_t kMostText = 3072;      // bytes of a failure's text
constexpr size_t kMostValue = 1 << 20;  // bytes of a value in the store
constexpr size_t kMostGreeting = 4096;  // bytes of the first message of whoever connects
constexpr int32_t kMostRanks = 1024;    // of a group, like those that are threads

// A rank says who it is.
struct Hello {
  int32_t rank = 0, size = 1;
  uint64_t generation = 0;
  uint64_t wait_microseconds = 0;  // for the other ranks
  std::string job, token, build, host;
  std::string machine;  // what no other machine calls itself
};
// The server knows the rank; its lease holds for all.
struct Accepted {
  uint64_t lease_microseconds = 0;
  std::string host;  // of the server
};
// All ranks have come: of each, the lowest one that is on the same machine.
struct Ready {
  std::vector<int32_t> machines;
};
struct Heartbeat {};
struct Failed {
  Failure failure;
};
struct Put {
  std::string name, value;
};
struct Get {
  std::string name;
};
struct Value {
  std::string name, value;
};
struct Farewell {};  // a rank has ended well
struct AllEnded {};  // all have
struct Refused {};   // who connects has another job or another token

// Their order is their number on the wire, from 1: append only.
using Message =
    std::variant<Hello, Accepted, Ready, Heartbeat, Failed, Put, Get, Value, Farewell, AllEnded, Refused>;

// Appends its bytes. Texts of failures are cut where they are too long; other texts must be within their bounds (kInternal).
void encode(const Message& message, std::string& bytes);

// Cuts what comes from a connection into messages.
class Reader {
 public:
  // most: bytes of a message that are let in; more is an error before they have come.
  explicit Reader(size_t most) : most_(most) {}
  void allow_all() { most_ = kHeader + 2 * sizeof(uint32_t) + kMostName + kMostValue; }
  void feed(Span<const std::byte> bytes);
  // The next message, if it has come whole. Throws kCorruptData on what is none; after that the connection is of no use.
  bool next(Message& message);
  size_t pending() const { return bytes_.size() - at_; }  // bytes of a message that has not come whole

 private:
  size_t most_;
  std::string bytes_;
  size_t at_ = 0;  // what has been read of them
};

// Whether two secrets are equal, in a time that does not depend on where they differ. Neither is longer than kMostName.
bool equal_in_constant_time(std::string_view a, std::string_view b);

// A text of another process for an error message: control characters and what is not ASCII become '?'.
std::string printable(std::string_view text);

}  // namespace tl::dist::control
