#include "core/dist/control_message.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tl::dist::control {
namespace {

constexpr uint32_t kMagic = 0x43434c54;  // "TLCC"
constexpr uint16_t kVersion = 1;

// ---- writing ----

void put_number(std::string& out, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) out.push_back(static_cast<char>(value >> 8 * i));
}
void put_text(std::string& out, std::string_view text, size_t most) {
  TL_INVARIANT(text.size() <= most);
  put_number(out, text.size(), 4);
  out.append(text);
}

struct Write {
  std::string& out;
  void operator()(const Hello& m) const {
    put_number(out, static_cast<uint32_t>(m.rank), 4);
    put_number(out, static_cast<uint32_t>(m.size), 4);
    put_number(out, m.generation, 8);
    put_number(out, m.wait_microseconds, 8);
    put_text(out, m.job, kMostName);
    put_text(out, m.token, kMostName);
    put_text(out, m.build, kMostBuild);
    put_text(out, m.host, kMostName);
    put_text(out, m.machine, kMostName);
  }
  void operator()(const Accepted& m) const {
    put_number(out, m.lease_microseconds, 8);
    put_text(out, m.host, kMostName);
  }
  void operator()(const Failed& m) const {
    put_number(out, static_cast<uint32_t>(m.failure.code), 4);
    put_number(out, static_cast<uint32_t>(m.failure.rank), 4);
    std::string_view text = m.failure.text;
    if (text.size() > kMostText) {
      size_t end = kMostText;  // not in the middle of a character of UTF-8
      while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) end--;
      text = text.substr(0, end);
    }
    put_text(out, text, kMostText);
    put_number(out, m.failure.generation, 8);
  }
  void operator()(const Put& m) const {
    put_text(out, m.name, kMostName);
    put_text(out, m.value, kMostValue);
  }
  void operator()(const Get& m) const { put_text(out, m.name, kMostName); }
  void operator()(const Value& m) const {
    put_text(out, m.name, kMostName);
    put_text(out, m.value, kMostValue);
  }
  void operator()(const Ready& m) const {
    TL_INVARIANT(m.machines.size() <= kMostRanks);
    put_number(out, m.machines.size(), 4);
    for (const int32_t first : m.machines) put_number(out, static_cast<uint32_t>(first), 4);
  }
  void operator()(const Heartbeat&) const {}
  void operator()(const Farewell&) const {}
  void operator()(const AllEnded&) const {}
  void operator()(const Refused&) const {}
};

// ---- reading ----

template <class... Parts>
[[noreturn]] void corrupt(const Parts&... parts) {
  fail(Code::kCorruptData, "[control] a message must be one of tapeloop's control channel: ", parts...,
       "; does another program use the port, or another version of tapeloop?");
}

class Body {
 public:
  explicit Body(std::string_view bytes) : left_(bytes) {}
  uint64_t number(size_t bytes) {
    if (left_.size() < bytes) corrupt("got one that ends in the middle of a number");
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
      value |= static_cast<uint64_t>(static_cast<unsigned char>(left_[i])) << 8 * i;
    left_.remove_prefix(bytes);
    return value;
  }
  int32_t int32() { return static_cast<int32_t>(static_cast<uint32_t>(number(4))); }
  std::string text(size_t most) {
    const uint64_t size = number(4);
    if (size > most) corrupt("got a text of ", size, " bytes where ", most, " are allowed");
    if (size > left_.size()) corrupt("got one that ends in the middle of a text");
    std::string out(left_.substr(0, size));
    left_.remove_prefix(size);
    return out;
  }
  void end() const {
    if (!left_.empty()) corrupt("got one with ", left_.size(), " bytes too many");
  }

 private:
  std::string_view left_;
};

void read(Body& b, Hello& m) {
  m.rank = b.int32();
  m.size = b.int32();
  if (m.size < 1 || m.size > kMostRanks || m.rank < 0 || m.rank >= m.size)
    corrupt("got rank ", m.rank, " of ", m.size);
  m.generation = b.number(8);
  m.wait_microseconds = b.number(8);
  m.job = b.text(kMostName);
  m.token = b.text(kMostName);
  m.build = b.text(kMostBuild);
  m.host = b.text(kMostName);
  m.machine = b.text(kMostName);
}
void read(Body& b, Accepted& m) {
  m.lease_microseconds = b.number(8);
  if (m.lease_microseconds == 0) corrupt("got a lease of 0");
  m.host = b.text(kMostName);
}
void read(Body& b, Failed& m) {
  const int32_t code = b.int32();
  if (code <= static_cast<int32_t>(Code::kOk) || code > static_cast<int32_t>(Code::kTimedOut))
    corrupt("got the code ", code);
  m.failure.code = static_cast<Code>(code);
  m.failure.rank = b.int32();
  if (m.failure.rank < -1 || m.failure.rank >= kMostRanks) corrupt("got rank ", m.failure.rank);
  m.failure.text = b.text(kMostText);
  m.failure.generation = b.number(8);
}
void read(Body& b, Put& m) {
  m.name = b.text(kMostName);
  m.value = b.text(kMostValue);
}
void read(Body& b, Get& m) { m.name = b.text(kMostName); }
void read(Body& b, Value& m) {
  m.name = b.text(kMostName);
  m.value = b.text(kMostValue);
}
void read(Body& b, Ready& m) {
  const uint64_t count = b.number(4);
  if (count > kMostRanks) corrupt("got ", count, " ranks");
  for (uint64_t i = 0; i < count; i++) {
    m.machines.push_back(b.int32());
    if (m.machines[i] < 0 || static_cast<uint64_t>(m.machines[i]) > i) corrupt("got rank ", m.machines[i]);
  }
}
void read(Body&, Heartbeat&) {}
void read(Body&, Farewell&) {}
void read(Body&, AllEnded&) {}
void read(Body&, Refused&) {}

// The message of a number on the wire: a table of functions, made of the list in the header.
template <size_t I>
void read_as(Body& body, Message& message) {
  read(body, message.emplace<I>());
}
template <size_t... I>
constexpr std::array<void (*)(Body&, Message&), sizeof...(I)> readers(std::index_sequence<I...>) {
  return {read_as<I>...};
}
constexpr auto kReaders = readers(std::make_index_sequence<std::variant_size_v<Message>>());

}  // namespace

void encode(const Message& message, std::string& bytes) {
  const size_t begin = bytes.size();
  put_number(bytes, kMagic, 4);
  put_number(bytes, kVersion, 2);
  put_number(bytes, message.index() + 1, 2);
  put_number(bytes, 0, 4);
  try {
    std::visit(Write{bytes}, message);
  } catch (...) {
    bytes.resize(begin);
    throw;
  }
  const size_t body = bytes.size() - begin - kHeader;
  for (size_t i = 0; i < 4; i++) bytes[begin + 8 + i] = static_cast<char>(body >> 8 * i);
}

void Reader::feed(Span<const std::byte> bytes) {
  bytes_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

bool Reader::next(Message& message) {
  const std::string_view left = std::string_view(bytes_).substr(at_);
  if (left.size() < kHeader) return false;
  Body header(left.substr(0, kHeader));
  if (header.number(4) != kMagic) corrupt("got another beginning");
  const uint64_t version = header.number(2), kind = header.number(2), body = header.number(4);
  if (version != kVersion) corrupt("got version ", version, " where this one is ", kVersion);
  if (kind < 1 || kind > kReaders.size()) corrupt("got kind ", kind);
  if (body > most_ - kHeader) corrupt("got one of ", body, " bytes where ", most_ - kHeader, " are allowed");
  if (left.size() - kHeader < body) return false;
  Body rest(left.substr(kHeader, body));
  kReaders[kind - 1](rest, message);
  rest.end();
  at_ += kHeader + body;
  if (at_ == bytes_.size() || at_ > kMostGreeting) {  // few copies, and no pile of what has been read
    bytes_.erase(0, at_);
    at_ = 0;
  }
  return true;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  volatile unsigned char difference = a.size() != b.size();
  for (size_t i = 0; i < kMostName; i++) {
    const auto of_a = static_cast<unsigned char>(i < a.size() ? a[i] : 0);
    const auto of_b = static_cast<unsigned char>(i < b.size() ? b[i] : 0);
    difference = static_cast<unsigned char>(difference | (of_a ^ of_b));
  }
  return difference == 0;
}

std::string printable(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

}  // namespace tl::dist::control
