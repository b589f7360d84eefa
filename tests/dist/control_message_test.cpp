// The messages of the control channel: their bytes against bytes written by hand, and all that is no message.
#include "core/dist/control_message.h"

#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "tests/dist/control_bytes.h"
#include "tests/rounds.h"

using namespace tl;
using namespace tl::dist;
using namespace tl::test;

namespace {

Span<const std::byte> as_bytes(const std::string& s) {
  return {reinterpret_cast<const std::byte*>(s.data()), s.size()};
}

// How reading ends: "message", "more" or "corrupt".
std::string read_first(const std::string& bytes, size_t most = control::kMostGreeting) {
  control::Reader reader(most);
  control::Message message;
  try {
    reader.feed(as_bytes(bytes));
    return reader.next(message) ? "message" : "more";
  } catch (const Error& e) {
    return e.code() == Code::kCorruptData && e.message().find("[control] ") == 0 ? "corrupt" : e.message();
  }
}

std::vector<control::Message> one_of_each_kind() {
  return {control::Hello{1, 4, 7, 123456789, "job", kToken, "build 1", "host", "machine"},
          control::Accepted{15000000, "server"},
          control::Ready{{0, 1, 0}},
          control::Heartbeat{},
          control::Failed{{Code::kMismatch, "a text", 3, 0}},
          control::Put{"name", std::string("\0\xff value", 8)},
          control::Get{"name"},
          control::Value{"name", ""},
          control::Farewell{},
          control::AllEnded{},
          control::Refused{}};
}

}  // namespace

TEST_CASE("messages have the bytes that the format says", "[dist][control]") {
  const auto bytes = [](std::initializer_list<int> list) {
    std::string out;
    for (int b : list) out.push_back(static_cast<char>(b));
    return out;
  };
  CHECK(bytes_of(control::Heartbeat{}) == bytes({'T', 'L', 'C', 'C', 1, 0, 4, 0, 0, 0, 0, 0}));
  CHECK(bytes_of(control::Get{"ab"}) ==
        bytes({'T', 'L', 'C', 'C', 1, 0, 7, 0, 6, 0, 0, 0, 2, 0, 0, 0, 'a', 'b'}));
  CHECK(bytes_of(control::Failed{{Code::kTimedOut, "x", -1, 7}}) ==
        bytes({'T', 'L', 'C', 'C', 1, 0, 5, 0,   21, 0, 0, 0, 14, 0, 0, 0, 255,
               255, 255, 255, 1,   0, 0, 0, 'x', 7,  0, 0, 0, 0,  0, 0, 0}));
}

TEST_CASE("messages come out as they went in, however they are cut", "[dist][control]") {
  std::string all;
  for (const control::Message& m : one_of_each_kind()) control::encode(m, all);
  for (size_t piece : {size_t{1}, size_t{7}, all.size()}) {
    control::Reader reader(control::kMostGreeting);
    std::string again;
    size_t count = 0;
    control::Message message;
    for (size_t at = 0; at < all.size(); at += piece) {
      reader.feed(as_bytes(all.substr(at, piece)));
      for (; reader.next(message); count++) {
        CHECK(message.index() == count);
        control::encode(message, again);
      }
    }
    CHECK(again == all);
    CHECK(reader.pending() == 0);
  }
}

TEST_CASE("what is no message is refused", "[dist][control]") {
  for (const control::Message& m : one_of_each_kind()) {
    const std::string whole = bytes_of(m);
    INFO("kind " << m.index() + 1);
    for (size_t n = 0; n < whole.size(); n++) REQUIRE(read_first(whole.substr(0, n)) == "more");
    CHECK(read_first(whole) == "message");
    for (size_t at : {0, 1, 2, 3, 4, 5, 7}) {  // magic, version, the upper byte of the kind
      std::string changed = whole;
      changed[at] ^= 1;
      CHECK(read_first(changed) == "corrupt");
    }
    std::string longer = whole + "x";  // a byte that belongs to nothing
    longer[8]++;
    if (static_cast<unsigned char>(longer[8]) != 0) CHECK(read_first(longer) == "corrupt");
    std::string huge = whole;
    huge[11] = 1;  // 16 MiB more
    CHECK(read_first(huge) == "corrupt");
  }
  CHECK(read_first("GET / HTTP/1.1\r\n") == "corrupt");
  std::string hello = bytes_of(control::Hello{1, 4, 0, 0, "", "", "", "", ""});
  hello[control::kHeader] = 4;  // rank 4 of 4
  CHECK(read_first(hello) == "corrupt");
  hello[control::kHeader] = 3;
  CHECK(read_first(hello) == "message");
  hello[control::kHeader + 3] = static_cast<char>(0x80);  // a rank below 0
  CHECK(read_first(hello) == "corrupt");
  std::string big = bytes_of(control::Put{"x", std::string(control::kMostValue, 'v')});
  CHECK(read_first(big) == "corrupt");  // from somebody who has not said who it is
  control::Reader reader(control::kMostGreeting);
  reader.allow_all();
  control::Message message;
  reader.feed(as_bytes(big));
  CHECK(reader.next(message));
}

TEST_CASE("changed messages never do anything but be refused, read or waited for", "[dist][control]") {
  std::mt19937 random(5);
  const auto kinds = one_of_each_kind();
  for (int i = 0; i < rounds(4000); i++) {
    std::string bytes = bytes_of(kinds[random() % kinds.size()]);
    for (unsigned n = 1 + random() % 3; n > 0; n--)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    const std::string end = read_first(bytes);
    if (end != "message" && end != "more" && end != "corrupt") FAIL(end);
  }
}

TEST_CASE("long texts are cut between characters, and secrets compared whole", "[dist][control]") {
  std::string text(control::kMostText - 1, 'x');
  text += "\xc3\xa9";  // two bytes, of which one fits
  const std::string bytes = bytes_of(control::Failed{{Code::kPeerLost, text, 0}});
  control::Reader reader(control::kMostGreeting);
  control::Message message;
  reader.feed(as_bytes(bytes));
  REQUIRE(reader.next(message));
  CHECK(std::get<control::Failed>(message).failure.text == std::string(control::kMostText - 1, 'x'));
  CHECK(control::equal_in_constant_time("", ""));
  CHECK(control::equal_in_constant_time(kToken, kToken));
  CHECK(!control::equal_in_constant_time(kToken, kToken + std::string(1, '\0')));
  CHECK(!control::equal_in_constant_time(kToken, ""));
  CHECK(!control::equal_in_constant_time("a", "b"));
  CHECK(control::printable("a\n\x1b[31m\xc3\xa9~") == "a??[31m??~");
}
