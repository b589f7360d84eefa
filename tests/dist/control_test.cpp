// The control channel with ranks that are threads and meet over 127.0.0.1: what goes wrong with one of them is an error on all, with
// the same text, and what strangers do is nobody's business. Processes that are killed and stopped are those of
// tests/dist/processes.
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <functional>
#include <thread>

#include "core/base/clock.h"
#include "core/dist/control_client.h"
#include "core/dist/control_message.h"
#include "core/dist/control_server.h"
#include "core/dist/tcp.h"
#include "tests/dist/control_bytes.h"
#include "tests/dist/descriptors.h"
#include "tests/rounds.h"

using namespace tl;
using namespace tl::dist;
using namespace tl::test;
using Catch::Matchers::Contains;

namespace {

int free_port() {
  std::string problem;
  const tcp::Descriptor listener = tcp::listen_at(tcp::resolve("127.0.0.1", 0, problem).at(0));
  return tcp::port_of(tcp::own_address(listener.get()));
}

ServerOptions served(int size) {
  ServerOptions o;
  o.host = "127.0.0.1";
  o.size = size;
  o.job = "job";
  o.generation = 3;
  o.token = kToken;
  o.build = "build";
  return o;
}

ControlOptions rank_of(int rank, const ServerOptions& o, int port, bool serve = false) {
  ControlOptions c;
  c.place = {rank, o.size, rank, o.size};
  c.host = o.host;
  c.port = port;
  c.serve = serve;
  c.job = o.job;
  c.generation = o.generation;
  c.token = o.token;
  c.build = o.build;
  c.lease_seconds = o.lease_seconds;
  return c;
}

const Wait kLong{60, nullptr};

struct End {
  Code code = Code::kOk;
  std::string text;
};

// Ranks as threads, each of which joins with options of its own.
std::vector<End> run_all(const std::vector<ControlOptions>& options,
                         const std::function<void(int, ControlChannel&)>& body, double seconds = 60) {
  std::vector<End> out(options.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < options.size(); i++)
    threads.emplace_back([&, i] {
      try {
        const auto channel = join_processes(options[i], {seconds, nullptr});
        body(static_cast<int>(i), *channel);
      } catch (const Error& e) {
        out[i] = {e.code(), e.message()};
      }
    });
  for (std::thread& t : threads) t.join();
  return out;
}

std::vector<ControlOptions> all_of(const ServerOptions& o, int port) {
  std::vector<ControlOptions> out;
  for (int rank = 0; rank < o.size; rank++) out.push_back(rank_of(rank, o, port));
  return out;
}

Failure wait_for_failure(const ControlChannel& channel) {
  const double end = monotonic_seconds() + 60;
  for (;;) {
    if (auto f = channel.failure()) return *f;
    if (monotonic_seconds() > end) return {Code::kInternal, "no failure came", -2};
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void all_are(const std::vector<End>& ends, Code code, const std::vector<std::string>& words) {
  for (const End& e : ends) {
    INFO(e.text);
    CHECK(e.code == code);
    CHECK(e.text == ends[0].text);
    for (const std::string& word : words) CHECK_THAT(e.text, Contains(word));
  }
}

// A connection that speaks for itself.
struct Raw {
  tcp::Descriptor socket;
  explicit Raw(int port) {
    std::string problem;
    socket = tcp::begin_to_connect(tcp::resolve("127.0.0.1", port, problem).at(0));
    pollfd p{socket.get(), POLLOUT, 0};
    ::poll(&p, 1, 10000);
  }
  void say(std::string bytes) const {
    size_t at = 0;
    tcp::send(socket.get(), bytes, at);
  }
  // Until the other side closes: all that has come.
  std::string until_closed() const {
    std::string in;
    for (double end = monotonic_seconds() + 20; monotonic_seconds() < end;) {
      pollfd p{socket.get(), POLLIN, 0};
      ::poll(&p, 1, 1000);
      if (tcp::receive(socket.get(), in) == tcp::Moved::kClosed) return in;
    }
    return "it stays open";
  }
};

std::string hello_of(const ControlOptions& o) {
  return bytes_of(control::Hello{o.place.rank, o.place.size, o.generation, 60000000, o.job, o.token, o.build,
                                 "raw", "machine"});
}

}  // namespace

TEST_CASE("ranks meet, share small values, and part without a failure or a descriptor left",
          "[dist][control]") {
  const size_t before = open_descriptors();
  for (bool rank_serves : {false, true}) {
    const ServerOptions o = served(4);
    std::unique_ptr<ControlServer> server;
    if (!rank_serves) server = std::make_unique<ControlServer>(o);
    std::vector<ControlOptions> options = all_of(o, server ? server->port() : free_port());
    options[0].serve = rank_serves;
    const std::string big(control::kMostValue, 'b');
    std::atomic<int> right{0};
    const auto ends = run_all(options, [&](int rank, ControlChannel& c) {
      if (rank == 2)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));  // others ask before it is there
      c.put(concat("of ", rank), rank == 3 ? big : concat("value ", rank));
      for (int other = 0; other < 4; other++)
        right += c.get(concat("of ", other), kLong) == (other == 3 ? big : concat("value ", other));
      right += c.get("of 0", kLong) == "value 0";  // once more
      right += c.address() == "127.0.0.1" && c.place().rank == rank && c.place().size == 4;
      c.farewell(kLong);
      right += !c.failure();
    });
    all_are(ends, Code::kOk, {});
    CHECK(right == 4 * 7);
    if (server) CHECK(server->strangers() == 0);
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("two threads of a rank may ask for the same value", "[dist][control]") {
  const ControlServer server(served(1));
  const auto ends = run_all({rank_of(0, served(1), server.port())}, [&](int, ControlChannel& c) {
    std::string other;
    std::thread thread([&] { other = c.get("x", kLong); });
    c.put("x", "1");
    const std::string mine = c.get("x", kLong);
    thread.join();
    if (mine != "1" || other != "1") throw Error(Code::kInternal, "not what was put");
    c.farewell(kLong);
  });
  all_are(ends, Code::kOk, {});
}

TEST_CASE("what ranks say of themselves must be alike, or all are told", "[dist][control]") {
  const auto never = [](int, ControlChannel&) { throw Error(Code::kInternal, "it has joined"); };
  const ServerOptions o = served(3);
  SECTION("a rank comes twice") {
    const ControlServer server(o);
    auto options = all_of(o, server.port());
    options[2].place.rank = 1;
    all_are(run_all(options, never), Code::kMismatch, {"rank 1 came twice", "127.0.0.1"});
  }
  SECTION("another number of ranks") {
    const ControlServer server(o);
    auto options = all_of(o, server.port());
    options[2].place.size = 4;
    all_are(run_all(options, never), Code::kMismatch, {"rank 2", "that there are 4", "others are 3"});
  }
  SECTION("another build, where rank 0 serves") {
    auto options = all_of(o, free_port());
    options[0].serve = true;
    options[1].build = "other\nbuild";
    all_are(run_all(options, never), Code::kMismatch, {"rank 1", "'other?build' and 'build'"});
  }
}

TEST_CASE("two processes that serve as rank 0 are told so, and so are all", "[dist][control]") {
  const ServerOptions o = served(3);
  const int port = free_port();
  // The second cannot listen: it asks who does.
  const std::vector<ControlOptions> options{rank_of(0, o, port, true), rank_of(0, o, port, true),
                                            rank_of(1, o, port)};
  all_are(run_all(options, [](int, ControlChannel&) { throw Error(Code::kInternal, "joined"); }),
          Code::kMismatch, {"rank 0 came twice", "release a group before you make the next"});
}

TEST_CASE("ranks know which of them are on one machine", "[dist][control]") {
  const ServerOptions o = served(4);
  const ControlServer server(o);
  std::vector<ControlOptions> options = all_of(o, server.port());
  options[1].machine = options[3].machine = "another";
  for (const End& end : run_all(options, [](int, ControlChannel& channel) {
         if (channel.machines() != std::vector<int32_t>{0, 1, 0, 1})
           throw Error(Code::kInternal, "other machines");
         channel.farewell(kLong);
       }))
    CHECK(end.text.empty());
}

TEST_CASE("who has another token learns it soon, and those that wait that there was one", "[dist][control]") {
  const ServerOptions o = served(2);
  const ControlServer server(o);
  std::vector<ControlOptions> options = all_of(o, server.port());
  options[1].token = "another";
  options[1].refused_seconds = 0.1;
  std::vector<double> took(2);
  const double begin = monotonic_seconds();
  std::thread stranger([&] {
    try {
      join_processes(options[1], kLong);
    } catch (const Error& e) {
      took[1] = e.code() == Code::kPeerLost &&
                        e.message().find("whose job or token is another") != std::string::npos &&
                        e.message().find("have all ranks the same TAPELOOP_JOB") != std::string::npos
                    ? monotonic_seconds() - begin
                    : 99;
    }
  });
  stranger.join();
  CHECK(took[1] > 0);
  CHECK(took[1] < 20);
  all_are(run_all(
              {options[0]}, [](int, ControlChannel&) {}, 0.1),
          Code::kTimedOut,
          {"rank 1 did not join; one was refused whose job or token is another", "from 127.0.0.1"});
}

TEST_CASE("a newcomer to a group that is complete is refused, and the group goes on", "[dist][control]") {
  const ServerOptions o = served(2);
  const ControlServer server(o);
  const auto ends = run_all(all_of(o, server.port()), [&](int rank, ControlChannel& c) {
    if (rank == 0) {
      for (int kind = 0; kind < 2; kind++) {
        ControlOptions late = rank_of(1, o, server.port());
        if (kind == 1) late.place.size = 5;
        try {
          join_processes(late, kLong);
          throw Error(Code::kInternal, "it has joined");
        } catch (const Error& e) {
          if (e.code() != Code::kMismatch) throw;
        }
      }
    }
    c.put(concat(rank), "");
    c.get(concat(1 - rank), kLong);
    c.farewell(kLong);
  });
  all_are(ends, Code::kOk, {});
}

TEST_CASE("missing ranks are listed when the time is over", "[dist][control]") {
  const ServerOptions o = served(5);
  const ControlServer server(o);
  auto options = all_of(o, server.port());
  options.erase(options.begin() + 3);
  options.erase(options.begin() + 1);
  all_are(run_all(
              options, [](int, ControlChannel&) {}, 0.15),
          Code::kTimedOut, {"ranks 1, 3 did not join", "within 0.1"});
}

TEST_CASE("where nobody serves, the error names address and port", "[dist][control]") {
  const int port = free_port();
  const auto ends = run_all(
      {rank_of(1, served(2), port)}, [](int, ControlChannel&) {}, 0.1);
  all_are(ends, Code::kPeerLost, {"'127.0.0.1'", concat("port ", port), "within 0.1 s", "refused"});
  ControlOptions nowhere = rank_of(1, served(2), port);
  nowhere.host = "no-such-host.invalid";
  all_are(run_all(
              {nowhere}, [](int, ControlChannel&) {}, 0.1),
          Code::kPeerLost, {"no-such-host.invalid"});
  // A port that something else has.
  std::string problem;
  const tcp::Descriptor other = tcp::listen_at(tcp::resolve("127.0.0.1", 0, problem).at(0));
  const int taken = tcp::port_of(tcp::own_address(other.get()));
  all_are(run_all(
              {rank_of(0, served(1), taken, true)}, [](int, ControlChannel&) {}, 0.1),
          Code::kIo, {concat("port ", taken), "in use"});
}

TEST_CASE("options that cannot be right are refused before anything happens", "[dist][control]") {
  const auto refused = [](const std::function<void(ControlOptions&)>& change, const std::string& word,
                          double seconds = 1) {
    ControlOptions o = rank_of(0, served(1), 1);
    change(o);
    const auto ends = run_all(
        {o}, [](int, ControlChannel&) {}, seconds);
    all_are(ends, Code::kInvalidArgument, {word});
  };
  refused([](ControlOptions& o) { o.port = 0; }, "port");
  refused([](ControlOptions& o) { o.port = 65536; }, "port");
  refused([](ControlOptions& o) { o.host = ""; }, "host");
  refused([](ControlOptions& o) { o.place.rank = 1; }, "rank 1 of 1");
  refused([](ControlOptions& o) { o.place.size = 0; }, "of 0");
  refused([](ControlOptions& o) { o.token = std::string(257, 't'); }, "token");
  refused([](ControlOptions& o) { o.build = std::string(1025, 'b'); }, "build");
  refused([](ControlOptions& o) { o.lease_seconds = 0; }, "lease");
  refused([](ControlOptions& o) { o.lease_seconds = std::nan(""); }, "lease");
  refused([](ControlOptions&) {}, "wait", 0);
}

TEST_CASE("strangers are dropped and counted, and disturb nobody", "[dist][control]") {
  ServerOptions o = served(2);
  o.greeting_seconds = 0.1;
  const ControlServer server(o);
  const auto ends = run_all(all_of(o, server.port()), [&](int rank, ControlChannel& c) {
    if (rank == 1) {
      c.get("go on", kLong);
      c.farewell(kLong);
      return;
    }
    std::vector<Raw> raw;
    const auto stranger = [&](const std::string& bytes) {
      raw.emplace_back(server.port());
      raw.back().say(bytes);
    };
    ControlOptions other = rank_of(1, o, server.port());
    other.token[3] ^= 1;
    stranger(hello_of(other));
    other = rank_of(1, o, server.port());
    other.job = "another";
    stranger(hello_of(other));
    other = rank_of(1, o, server.port());
    other.generation = 2;
    stranger(hello_of(other));
    stranger("GET / HTTP/1.1\r\n\r\n");
    stranger(bytes_of(control::Failed{{Code::kPeerLost, "lies", 1}}));
    stranger(std::string(100000, '\0'));
    const std::string slow = hello_of(rank_of(1, o, server.port()));
    stranger(slow.substr(0, slow.size() - 1));  // never says the rest
    stranger("");
    // Who knows the protocol, but not the token or the job, is told so, and nobody else anything.
    for (size_t i = 0; i < raw.size(); i++)
      if (raw[i].until_closed() != (i < 2 ? bytes_of(control::Refused{}) : ""))
        throw Error(Code::kInternal, concat("stranger ", i, " is answered otherwise"));
    if (server.strangers() != raw.size())
      throw Error(Code::kInternal, concat("counted ", server.strangers()));
    { const Raw left(server.port()); }
    c.put("go on", "");
    c.farewell(kLong);
    if (c.failure()) throw Error(Code::kInternal, c.failure()->text);
  });
  all_are(ends, Code::kOk, {});
}

TEST_CASE("a rank that closes its connection is lost for all at once", "[dist][control]") {
  const ServerOptions o = served(4);
  const ControlServer server(o);
  std::vector<Failure> seen(4);
  const auto ends = run_all(all_of(o, server.port()), [&](int rank, ControlChannel& c) {
    if (rank == 2) return;
    seen[static_cast<size_t>(rank)] = wait_for_failure(c);
    try {
      c.get("x", kLong);
      throw Error(Code::kInternal, "a value came");
    } catch (const Error& e) {
      if (e.code() != Code::kPeerLost) throw;
    }
  });
  all_are(ends, Code::kOk, {});
  for (int rank : {0, 1, 3}) {
    const Failure& f = seen[static_cast<size_t>(rank)];
    INFO(f.text);
    CHECK(f.code == Code::kPeerLost);
    CHECK(f.rank == 2);
    CHECK(f.text == seen[0].text);
    CHECK_THAT(f.text, Contains("rank 2 on ") && Contains("127.0.0.1") && Contains("without a farewell"));
  }
}

TEST_CASE("a rank that has ended well and leaves is a failure for those who go on", "[dist][control]") {
  const ServerOptions o = served(2);
  const ControlServer server(o);
  Failure seen;
  const auto ends = run_all(all_of(o, server.port()), [&](int rank, ControlChannel& c) {
    if (rank == 1)
      c.farewell({0.01, nullptr});
    else
      seen = wait_for_failure(c);
  });
  all_are(ends, Code::kOk, {});
  CHECK_THAT(seen.text, Contains("rank 1") && Contains("has ended and left"));
}

TEST_CASE("a rank that goes while others are still coming is lost for all", "[dist][control]") {
  const ServerOptions o = served(3);
  const ControlServer server(o);
  auto raw = std::make_unique<Raw>(server.port());
  raw->say(hello_of(rank_of(2, o, server.port())));
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    raw.reset();
  });
  const auto ends = run_all({rank_of(0, o, server.port())}, [](int, ControlChannel&) {});
  later.join();
  all_are(ends, Code::kPeerLost, {"rank 2 on raw (127.0.0.1)", "without a farewell"});
}

TEST_CASE("ranks of a new generation wait until the server of the one before has gone", "[dist][control]") {
  ServerOptions before = served(2), o = before;
  o.generation++;
  auto old = std::make_unique<ControlServer>(before);
  auto options = all_of(o, old->port());
  options[0].serve = true;
  std::thread later([&] {
    while (old->strangers() < 2) std::this_thread::yield();  // rank 1 has asked the wrong one more than once
    old.reset();
  });
  const auto ends = run_all(options, [](int, ControlChannel& c) {
    c.farewell(kLong);
    if (c.failure()) throw Error(Code::kInternal, c.failure()->text);
  });
  later.join();
  all_are(ends, Code::kOk, {});
}

TEST_CASE("ranks that count generations apart join the highest", "[dist][control]") {
  for (int furthest = 0; furthest < 4; furthest++) {
    const ServerOptions o = served(4);
    auto options = all_of(o, free_port());
    options[0].serve = true;
    for (int rank = 0; rank < 4; rank++)
      options[static_cast<size_t>(rank)].generation += static_cast<uint64_t>((rank + furthest) % 4);
    std::vector<uint64_t> joined(4);
    const auto ends = run_all(options, [&](int rank, ControlChannel& c) {
      joined[static_cast<size_t>(rank)] = c.generation();
      c.farewell(kLong);
    });
    all_are(ends, Code::kOk, {});
    CHECK(joined == std::vector<uint64_t>(4, o.generation + 3));
  }
}

TEST_CASE("a rank of the next generation ends the one before", "[dist][control]") {
  const ServerOptions o = served(2);
  const ControlServer server(o);
  const auto ends = run_all(all_of(o, server.port()), [&](int rank, ControlChannel& c) {
    c.put(concat("here ", rank), "");
    if (rank == 1) c.get("here 0", kLong);
    if (rank == 1) {
      ControlOptions next = rank_of(1, o, server.port());
      next.generation++;
      const Raw raw(server.port());
      raw.say(hello_of(next));
      if (!raw.until_closed().empty()) throw Error(Code::kInternal, "it is answered");
    }
    const Failure f = wait_for_failure(c);
    throw Error(f.code, f.text);
  });
  all_are(ends, Code::kPeerLost,
          {"rank 1 comes with generation 4 to that of generation 3", "join it with generation 4"});
  CHECK(server.strangers() == 1);
}

TEST_CASE("the first failure counts, whoever says it", "[dist][control]") {
  for (int round = 0; round < rounds(8); round++) {
    const ServerOptions o = served(3);
    const ControlServer server(o);
    std::vector<Failure> seen(3);
    std::atomic<int> woken{0};
    const auto ends = run_all(all_of(o, server.port()), [&](int rank, ControlChannel& c) {
      std::atomic<bool> awake{false};
      c.on_failure([&] {
        woken++;
        awake = true;
      });
      if (rank != round % 3) c.fail({Code::kMismatch, concat("rank ", rank, " says so"), rank});
      seen[static_cast<size_t>(rank)] = wait_for_failure(c);
      while (!awake) std::this_thread::yield();
      c.on_failure({});
      bool at_once = false;
      c.on_failure([&] { at_once = true; });
      if (!at_once) throw Error(Code::kInternal, "not told at once");
      c.fail({Code::kTimedOut, "too late", rank});
    });
    all_are(ends, Code::kOk, {});
    CHECK(woken == 3);
    for (const Failure& f : seen) {
      CHECK(f.text == seen[0].text);
      CHECK(f.rank == seen[0].rank);
      CHECK(f.code == Code::kMismatch);
      CHECK(f.text == concat("rank ", f.rank, " says so"));
    }
  }
}

TEST_CASE("on_failure() waits for a call that runs, but not for itself", "[dist][control]") {
  const ServerOptions o = served(1);
  const ControlServer server(o);
  const auto ends = run_all(all_of(o, server.port()), [&](int, ControlChannel& c) {
    std::atomic<bool> begun{false}, ended{false};
    c.on_failure([&] {
      c.on_failure({});
      begun = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      ended = true;
      throw 1;
    });
    c.fail({Code::kOk, std::string(100000, 'x'), 1 << 30});  // no such code, no such rank, and much to say
    while (!begun) std::this_thread::yield();
    c.on_failure({});
    if (!ended) throw Error(Code::kInternal, "it did not wait");
    const Failure f = c.failure().value();
    if (f.code != Code::kPeerLost || f.rank != -1 || f.text != std::string(control::kMostText, 'x'))
      throw Error(Code::kInternal, f.text);
  });
  all_are(ends, Code::kOk, {});
}

TEST_CASE("the end of the server is the loss of rank 0", "[dist][control]") {
  const ServerOptions o = served(3);
  auto options = all_of(o, free_port());
  options[0].serve = true;
  std::vector<Failure> seen(3);
  const auto ends = run_all(options, [&](int rank, ControlChannel& c) {
    if (rank == 0) return;
    seen[static_cast<size_t>(rank)] = wait_for_failure(c);
  });
  all_are(ends, Code::kOk, {});
  for (int rank : {1, 2}) {
    CHECK(seen[static_cast<size_t>(rank)].rank == 0);
    CHECK_THAT(seen[static_cast<size_t>(rank)].text, Contains("rank 0 on "));
  }
  // One whose process dies says nothing.
  auto server = std::make_unique<ControlServer>(o);
  std::atomic<int> here{0};
  std::thread end([&] {
    while (here < 3) std::this_thread::yield();
    server.reset();
  });
  const auto others = run_all(all_of(o, server->port()), [&](int rank, ControlChannel& c) {
    here++;
    seen[static_cast<size_t>(rank)] = wait_for_failure(c);
  });
  end.join();
  all_are(others, Code::kOk, {});
  for (const Failure& f : seen) {
    CHECK(f.code == Code::kPeerLost);
    CHECK(f.rank == 0);
    CHECK_THAT(f.text, Contains("has closed its connection"));
  }
}

TEST_CASE("silence is found by the lease, on both sides", "[dist][control]") {
  ServerOptions o = served(3);
  o.lease_seconds = 0.4;
  const ControlServer server(o);
  const Raw silent(server.port());
  silent.say(hello_of(rank_of(2, o, server.port())));
  std::vector<Failure> seen(2);
  auto options = all_of(o, server.port());
  options.pop_back();
  auto ends = run_all(
      options, [&](int rank, ControlChannel& c) { seen[static_cast<size_t>(rank)] = wait_for_failure(c); });
  // The silent one may be found before the group is complete, or behind that.
  for (size_t i = 0; i < 2; i++) {
    const std::string text = ends[i].code == Code::kOk ? seen[i].text : ends[i].text;
    CHECK_THAT(text, Contains("rank 2 on raw") && Contains("0.4 s, which is the lease"));
  }
  // A server that says that all are there, and then nothing any more.
  std::string problem, in;
  const tcp::Descriptor listener = tcp::listen_at(tcp::resolve("127.0.0.1", 0, problem).at(0));
  std::thread quiet([&] {
    pollfd p{listener.get(), POLLIN, 0};
    ::poll(&p, 1, 20000);
    tcp::Address peer;
    const tcp::Descriptor socket = tcp::accept_from(listener.get(), peer);
    std::string out = bytes_of(control::Accepted{300000, "quiet"}) + bytes_of(control::Ready{{0}});
    size_t at = 0;
    tcp::send(socket.get(), out, at);
    for (const double until = monotonic_seconds() + 20; monotonic_seconds() < until;) {
      p = {socket.get(), POLLIN, 0};
      ::poll(&p, 1, 1000);
      if (tcp::receive(socket.get(), in) == tcp::Moved::kClosed) return;
    }
  });
  Failure lost;
  ends = run_all({rank_of(1, o, tcp::port_of(tcp::own_address(listener.get())))},
                 [&](int, ControlChannel& c) { lost = wait_for_failure(c); });
  quiet.join();
  all_are(ends, Code::kOk, {});
  CHECK(lost.rank == 0);
  CHECK_THAT(lost.text, Contains("rank 0 on quiet") && Contains("0.3 s, which is the lease"));
}

TEST_CASE("the store has bounds, and a name is set once", "[dist][control]") {
  const ServerOptions o = served(2);
  const ControlServer server(o);
  std::vector<Failure> seen(2);
  const auto ends = run_all(all_of(o, server.port()), [&](int rank, ControlChannel& c) {
    const auto refused = [&](const std::string& name, const std::string& value) {
      try {
        c.put(name, value);
      } catch (const Error& e) {
        if (e.code() == Code::kInvalidArgument) return;
        throw;
      }
      throw Error(Code::kInternal, "it is taken");
    };
    refused("", "x");
    refused(std::string(control::kMostName + 1, 'n'), "x");
    refused("n", std::string(control::kMostValue + 1, 'v'));
    try {
      c.get("nobody puts it", {0.01, nullptr});
      throw Error(Code::kInternal, "a value came");
    } catch (const Error& e) {
      if (e.code() != Code::kTimedOut) throw;
    }
    if (c.failure()) throw Error(Code::kInternal, c.failure()->text);
    c.put("the same", concat(rank));
    seen[static_cast<size_t>(rank)] = wait_for_failure(c);
  });
  all_are(ends, Code::kOk, {});
  for (const Failure& f : seen) {
    CHECK(f.code == Code::kMismatch);
    CHECK(f.text == seen[0].text);
    CHECK_THAT(f.text, Contains("'the same'"));
  }
}

TEST_CASE("who waits for ranks or values can be cancelled", "[dist][control]") {
  const ServerOptions o = served(3);
  const ControlServer server(o);
  ContextOptions context_options;
  context_options.threads = 1;
  Context context(context_options);
  std::atomic<uint32_t> word{0};
  context.set_cancel_word(&word, 1);
  const auto cancelled = [&](const std::function<void()>& f) {
    word = 0;
    std::thread later([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      word = 1;
    });
    Code code = Code::kOk;
    try {
      f();
    } catch (const Error& e) {
      code = e.code();
      CHECK(e.message().find('_') == e.message().find("_cancel"));  // no name of a function in here
    }
    later.join();
    CHECK(code == Code::kCancelled);
  };
  cancelled([&] { join_processes(rank_of(1, o, free_port()), {60, &context}); });
  const ServerOptions one = served(1);
  const ControlServer alone(one);
  const auto channel = join_processes(rank_of(0, one, alone.port()), kLong);
  cancelled([&] { channel->get("x", {60, &context}); });
  CHECK(!channel->failure());
  // The other rank, which waits too, is told by the one that is cancelled.
  std::vector<End> ends;
  std::thread other([&] { ends = run_all({rank_of(0, o, server.port())}, [](int, ControlChannel&) {}); });
  cancelled([&] { join_processes(rank_of(1, o, server.port()), {60, &context}); });
  other.join();
  all_are(ends, Code::kPeerLost, {"rank 1 was cancelled"});
  // It says so to a server that has not answered yet, too.
  std::string problem, heard;
  const tcp::Descriptor listener = tcp::listen_at(tcp::resolve("127.0.0.1", 0, problem).at(0));
  std::thread silent([&] {
    pollfd p{listener.get(), POLLIN, 0};
    ::poll(&p, 1, 10000);
    tcp::Address peer;
    const tcp::Descriptor socket = tcp::accept_from(listener.get(), peer);
    for (p = {socket.get(), POLLIN, 0}; ::poll(&p, 1, 10000) > 0;)
      if (tcp::receive(socket.get(), heard) == tcp::Moved::kClosed) return;
  });
  cancelled([&] {
    join_processes(rank_of(1, o, tcp::port_of(tcp::own_address(listener.get()))), {60, &context});
  });
  silent.join();
  CHECK_THAT(heard, Contains("rank 1 was cancelled while ranks joined"));
}

TEST_CASE("a forked child's copy of a channel does nothing", "[dist][control]") {
  const ServerOptions o = served(2);
  auto options = all_of(o, free_port());
  options[0].serve = true;
  const auto ends = run_all(options, [&](int rank, ControlChannel& c) {
    if (rank == 0) {
      const pid_t child = ::fork();
      if (child == 0) {
        c.fail({Code::kMismatch, "from the child", 0});
        c.on_failure([] {});
        c.farewell({1, nullptr});
        bool refused = c.failure() && c.failure()->code == Code::kUnsupported;
        try {
          c.put("x", "");
          refused = false;
        } catch (const Error&) {
        }
        c.~ControlChannel();
        ::_exit(refused ? 0 : 1);
      }
      int status = -1;
      ::waitpid(child, &status, 0);
      if (status != 0) throw Error(Code::kInternal, concat("the child ended with ", status));
    }
    c.put(concat(rank), "");
    c.get(concat(1 - rank), kLong);
    c.farewell(kLong);
    if (c.failure()) throw Error(Code::kInternal, c.failure()->text);
  });
  all_are(ends, Code::kOk, {});
}

TEST_CASE("the threads of a channel take no signals, and a peer that is gone raises none",
          "[dist][control]") {
  // SIGUSR1 goes to the only thread that does not block it.
  static std::atomic<pthread_t> taken_by;
  struct sigaction before {
  }, mine{};
  mine.sa_handler = [](int) { taken_by = ::pthread_self(); };
  ::sigaction(SIGUSR1, &mine, &before);
  const ServerOptions o = served(1);
  const auto channel = join_processes(rank_of(0, o, free_port(), true), kLong);
  sigset_t one, old;
  sigemptyset(&one);
  sigaddset(&one, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &one, &old);
  ::kill(::getpid(), SIGUSR1);
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(taken_by == pthread_t{});
  ::pthread_sigmask(SIG_SETMASK, &old, nullptr);
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(taken_by == ::pthread_self());
  ::sigaction(SIGUSR1, &before, nullptr);
  struct sigaction pipe {};
  ::sigaction(SIGPIPE, nullptr, &pipe);
  CHECK(pipe.sa_handler == SIG_DFL);
}
