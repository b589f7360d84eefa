// Gloo behind the table, over loopback, with ranks that are threads of one process: the bits of the local group, and each of the traps
// that its users know (the list in core/dist/gloo/transport.cpp), with what stands against it.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <thread>

#include <sys/socket.h>
#include <unistd.h>

#include <netinet/in.h>

#include <catch2/catch.hpp>

#include "core/base/clock.h"
#include "core/dist/plugin.h"
#include "tests/dist/cut_sums.h"
#include "tests/dist/descriptors.h"
#include "tests/dist/everything.h"
#include "tests/dist/memory_transport.h"
#include "tests/rounds.h"

using namespace tl;
using namespace tl::dist;
using namespace tl::test;
using Catch::Matchers::Contains;

namespace {

// Null, and why is printed, where this build has no plugin of Gloo.
const tl_transport_table* gloo() {
#ifdef __SANITIZE_THREAD__
  std::cout << "gloo: skipped, libgloo is not built for ThreadSanitizer\n";
  return nullptr;
#else
  if (!std::filesystem::exists(TAPELOOP_PLUGIN_FOLDER "/libtapeloop-dist-gloo.so")) {
    std::cout << "gloo: skipped, it has not been built (libgloo-dev)\n";
    return nullptr;
  }
  return &open_plugin("gloo", TAPELOOP_PLUGIN_FOLDER);
#endif
}

// Ranks with nothing above the transport.
struct Connected {
  const tl_transport_table* table;
  std::vector<std::unique_ptr<ControlChannel>> controls;
  std::vector<tl_transport*> ranks;

  Connected(const tl_transport_table* t, int size) : table(t), ranks(static_cast<size_t>(size)) {
    MemoryProcesses processes(size);
    for (int rank = 0; rank < size; rank++) controls.push_back(processes.control(rank));
    std::vector<std::thread> threads;
    for (size_t rank = 0; rank < ranks.size(); rank++)
      threads.emplace_back([&, rank] {
        Transport made = connect(*table, *controls[rank], {20, nullptr});
        ranks[rank] = made.give();
      });
    for (std::thread& thread : threads) thread.join();
  }
  ~Connected() {
    for (size_t rank = 0; rank < ranks.size(); rank++) close(rank);
  }
  void close(size_t rank) {
    if (ranks[rank]) table->close(std::exchange(ranks[rank], nullptr));
  }

  tl_transport_wait* start(size_t rank, const tl_transport_transfer& transfer) {
    tl_transport_wait* wait = nullptr;
    tl_transport_error error{};
    return table->start(ranks[rank], &transfer, 1, &wait, &error) == 0 ? wait : nullptr;
  }
  Code finish(size_t rank, tl_transport_wait* wait, double seconds, std::string* text = nullptr) {
    tl_transport_error error{};
    const int32_t code = table->finish(ranks[rank], wait, seconds, &error);
    if (text) *text = error.text;
    return static_cast<Code>(code);
  }
};

std::vector<Outcome> run_gloo(const tl_transport_table& table, int size, const RankBody& body) {
  MemoryProcesses processes(size);
  const Join join = [&](int rank, Context& context) {
    auto control = processes.control(rank);
    Transport transport = connect(table, *control, {20, &context});
    return make_process_engine(std::move(transport), std::move(control));
  };
  return run_processes(size, join, body);
}

}  // namespace

TEST_CASE("gloo: who connects learns that another rank is lost", "[dist][gloo]") {
  const tl_transport_table* const table = gloo();
  if (!table) return;
  // Rank 1 says its addresses and goes no further. Which of the two waits for the other follows from their ports: where it is rank 1,
  // rank 0 is connected at once.
  struct Other {
    std::unique_ptr<ControlChannel> control;
    std::atomic<bool> go_on{false};
  };
  const auto put = [](void* user, const char* name, const void* value, size_t size) -> int32_t {
    static_cast<Other*>(user)->control->put(name, {static_cast<const char*>(value), size});
    return 0;
  };
  const auto get = [](void* user, const char*, double, void*, size_t, size_t*) -> int32_t {
    while (!static_cast<Other*>(user)->go_on) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return static_cast<int32_t>(Code::kPeerLost);
  };
  for (int round = 0; round < 4; round++) {
    MemoryProcesses processes(2);
    Other other{processes.control(1)};
    const auto control = processes.control(0);
    std::thread stays([&] {
      tl_transport_options o{};
      o.struct_size = sizeof o;
      o.rank = 1;
      o.size = 2;
      o.address = other.control->address().c_str();
      o.name = "transport";
      o.seconds = 20;
      o.store = {&other, put, get, nullptr};
      tl_transport* none = nullptr;
      tl_transport_error error{};
      (void)table->connect(&o, &none, &error);
    });
    std::thread fails([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      other.control->fail({Code::kPeerLost, "rank 1 is lost", 1, 0});
    });
    const double begin = monotonic_seconds();
    std::string text = "rank 1 is lost";
    try {
      (void)connect(*table, *control, {20, nullptr});
    } catch (const Error& e) {
      text = e.message();
    }
    CHECK(text == "rank 1 is lost");
    CHECK(monotonic_seconds() - begin < 10);  // not five times Gloo's own timeout
    other.go_on = true;
    stays.join();
    fails.join();
  }
}

TEST_CASE("gloo: a connection that is reset as it comes about does not end the process", "[dist][gloo]") {
#ifdef __SANITIZE_ADDRESS__
  std::cout << "gloo: resets skipped, with AddressSanitizer Gloo finds the system's getpeername()\n";
#else
  const tl_transport_table* const table = gloo();
  if (!table) return;
  // Where a rank of 17 listens for each of the others somebody connects who is gone before he is accepted, or behind it.
  constexpr int kOthers = 16;
  const auto put = [](void* stack, const char*, const void* value, size_t size) -> int32_t {
    for (size_t at = 0; at < size; at += size / kOthers) {
      sockaddr_storage address;
      std::memcpy(&address, static_cast<const char*>(value) + at, sizeof address);
      const auto* const rest = reinterpret_cast<const char*>(&address) + sizeof(sockaddr_in);
      *static_cast<bool*>(stack) |=
          std::any_of(rest, rest + sizeof address - sizeof(sockaddr_in), [](char c) { return c != 0; });
      const int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const linger at_once{1, 0};
      (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      (void)::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(sockaddr_in));
      (void)::close(fd);
    }
    return 0;
  };
  const auto get = [](void*, const char*, double, void*, size_t, size_t*) -> int32_t {
    return static_cast<int32_t>(Code::kPeerLost);
  };
  bool stack = false;  // whether there is more in the addresses than addresses
  for (int round = 0; round < rounds(8); round++) {
    tl_transport_options o{};
    o.struct_size = sizeof o;
    o.size = kOthers + 1;
    o.address = "127.0.0.1";
    o.name = "transport";
    o.seconds = 20;
    o.store = {&stack, put, get, nullptr};
    tl_transport* none = nullptr;
    tl_transport_error error{};
    CHECK(table->connect(&o, &none, &error) == static_cast<int32_t>(Code::kPeerLost));
  }
  CHECK_FALSE(stack);
#endif
}

TEST_CASE("gloo: groups over loopback get the bits of a local group", "[dist][gloo]") {
  const tl_transport_table* table = gloo();
  if (!table) return;
  const size_t before = open_descriptors();
  for (int size : {2, 4}) {
    std::vector<std::string> want(static_cast<size_t>(size)), got(want);
    const auto each = [&](std::vector<std::string>& out) {
      return [&](int rank, Context& c, Group& g) { out[static_cast<size_t>(rank)] = everything(rank, c, g); };
    };
    (void)run_ranks(size, each(want));
    for (const Outcome& o : run_gloo(*table, size, each(got))) {
      INFO(o.text);
      CHECK(o.code == Code::kOk);
    }
    for (size_t rank = 0; rank < want.size(); rank++) CHECK((got[rank] == want[rank]));
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("gloo: sums of sizes around those at which tensors are cut", "[dist][gloo]") {
  const tl_transport_table* table = gloo();
  if (!table) return;
  for (int size : {2, 3}) {
    std::vector<std::string> wrong(static_cast<size_t>(size));
    all_ok(run_gloo(*table, size, [&](int rank, Context& c, Group& g) {
      wrong[static_cast<size_t>(rank)] = wrong_cut_sums(rank, c, g);
    }));
    for (const std::string& text : wrong) CHECK(text == "");
  }
}

TEST_CASE("gloo: ranks that disagree, fail or leave", "[dist][gloo]") {
  const tl_transport_table* table = gloo();
  if (!table) return;
  // A longer message than expected would end the process: nobody sends one.
  std::vector<Outcome> out = run_gloo(*table, 3, [](int rank, Context& c, Group& g) {
    const Tensor x = c.allocate(DType::kF32, rank == 1 ? Shape{100'000} : Shape{90'000});
    g.all_reduce("test", Span<const Tensor>(&x, 1), Reduction::kSum);
  });
  for (const Outcome& o : out) {
    CHECK(o.code == Code::kMismatch);
    CHECK_THAT(o.text,
               Contains("rank 1 differs from rank 0 in the shape of tensor 0: (100000,) and (90000,)"));
  }
  out = run_gloo(*table, 3, [](int rank, Context&, Group& g) {
    g.barrier("test");
    if (rank == 2) return;
    g.barrier("test");
  });
  for (size_t rank = 0; rank < 2; rank++) {
    CHECK(out[rank].code == Code::kPeerLost);
    CHECK_THAT(out[rank].text, Contains("rank 2 was lost before step 2: it has left the group"));
  }
  // The deadline is that of the whole call, and names who has not come.
  out = run_gloo(*table, 2, [](int rank, Context&, Group& g) {
    if (rank == 1) std::this_thread::sleep_for(std::chrono::milliseconds(300));
    g.set_timeout(rank == 0 ? 0.05 : 20);
    g.barrier("test");
  });
  for (const Outcome& o : out) {
    CHECK(o.code == Code::kTimedOut);
    CHECK_THAT(o.text, Contains("rank 1 did not come to step 1 (barrier)"));
  }
}

// All waits share one timer, which is set anew only where it would come too late.
TEST_CASE("gloo: each wait has its own deadline", "[dist][gloo]") {
  const tl_transport_table* table = gloo();
  if (!table) return;
  Connected c(table, 2);
  char sent[8] = "abcdefg", got[8] = "";
  const auto wait_for_message = [&](double seconds, int milliseconds_late, bool here_before) {
    got[0] = 0;
    tl_transport_wait* const receiving = c.start(0, {1, 1, got, sizeof got, 5});
    Code other_code = Code::kOk;
    std::thread other([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds_late));
      other_code = c.finish(1, c.start(1, {0, 0, sent, sizeof sent, 5}), 20);
    });
    if (here_before) {
      other.join();
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    const Code code = c.finish(0, receiving, seconds);
    if (!here_before) other.join();
    CHECK(other_code == Code::kOk);
    CHECK(std::string(got) == sent);
    return code;
  };
  CHECK(wait_for_message(60, 0, false) == Code::kOk);
  CHECK(wait_for_message(0.3, 0, true) == Code::kOk);    // sooner than the timer was set to
  CHECK(wait_for_message(60, 600, false) == Code::kOk);  // beyond what it was set to then
  std::string text;
  const double begin = monotonic_seconds();
  CHECK(c.finish(0, c.start(0, {1, 1, got, sizeof got, 5}), 0.1, &text) == Code::kTimedOut);
  CHECK_THAT(text, Contains("has not come in time"));
  CHECK(monotonic_seconds() - begin > 0.09);
  CHECK(c.start(0, {1, 0, sent, sizeof sent, 5}) == nullptr);  // of no use any more
}

// While Gloo's thread is at the first, the others are added behind it.
TEST_CASE("gloo: transfers go in the order in which they were started", "[dist][gloo]") {
  const tl_transport_table* table = gloo();
  if (!table) return;
  Connected c(table, 2);
  const size_t sizes[] = {1 << 20, 8, 300'000, 0, 1, 70'000};
  for (int round = 0; round < rounds(20); round++) {
    std::vector<std::vector<char>> sent, got;
    std::vector<tl_transport_wait*> sending, receiving;
    for (const size_t size : sizes) {
      sent.emplace_back(size, static_cast<char>('a' + sent.size() + static_cast<size_t>(round) % 7));
      got.emplace_back(size, ' ');
    }
    for (size_t k = 0; k < sent.size(); k++) {
      if (round % 2) receiving.push_back(c.start(0, {1, 1, got[k].data(), got[k].size(), 5}));
      sending.push_back(c.start(1, {0, 0, sent[k].data(), sent[k].size(), 5}));
      if (!(round % 2)) receiving.push_back(c.start(0, {1, 1, got[k].data(), got[k].size(), 5}));
    }
    for (size_t k = 0; k < sent.size(); k++) {
      CHECK(c.finish(0, receiving[k], 20) == Code::kOk);
      CHECK(c.finish(1, sending[k], 20) == Code::kOk);
    }
    CHECK((sent == got));
  }
}

TEST_CASE("gloo: an abort ends every wait, also of half a message", "[dist][gloo]") {
  const tl_transport_table* table = gloo();
  if (!table) return;
  for (const bool half : {false, true}) {
    Connected c(table, 2);
    std::vector<char> sent(half ? 64 << 20 : 8), got(sent.size());
    tl_transport_wait* const receiving = c.start(0, {1, 1, got.data(), got.size(), 5});
    REQUIRE(receiving);
    std::string text;
    std::thread other([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      table->abort(c.ranks[0]);
    });
    tl_transport_wait* const sending = half ? c.start(1, {0, 0, sent.data(), sent.size(), 5}) : nullptr;
    // The sender ends in the midst: what it has sent it does not know.
    if (sending) {
      table->abort(c.ranks[1]);
      (void)c.finish(1, sending, 0);
    }
    const double begin = monotonic_seconds();
    const Code code = c.finish(0, receiving, 60, &text);
    other.join();
    INFO(text);
    if (code != Code::kOk) CHECK(code == Code::kPeerLost);
    if (!half) CHECK_THAT(text, Contains("given up"));
    CHECK(monotonic_seconds() - begin < 30);
    std::fill(got.begin(), got.end(), 'x');  // is ours again
    std::vector<char>().swap(got);
    CHECK(c.start(0, {1, 0, sent.data(), 8, 5}) == nullptr);
  }
}

TEST_CASE("gloo: what had come before an abort has come", "[dist][gloo]") {
  const tl_transport_table* table = gloo();
  if (!table) return;
  Connected c(table, 2);
  char sent[] = "abcdefg", got[16] = "";
  tl_transport_wait* const receiving = c.start(0, {1, 1, got, sizeof got, 5});
  CHECK(c.finish(1, c.start(1, {0, 0, sent, sizeof sent, 5}), 20) == Code::kOk);
  for (int again = 0; again < 1000 && !got[0]; again++)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  table->abort(c.ranks[0]);
  CHECK(c.finish(0, receiving, 0) == Code::kOk);
  CHECK(std::string(got) == sent);
}

TEST_CASE("gloo: a peer that is gone is an error, and no SIGPIPE for a program that has not asked",
          "[dist][gloo]") {
  const tl_transport_table* table = gloo();
  if (!table) return;
  struct sigaction action, was;
  action.sa_handler = SIG_DFL;
  sigemptyset(&action.sa_mask);
  action.sa_flags = 0;
  sigaction(SIGPIPE, &action, &was);
  for (int round = 0; round < rounds(8); round++) {
    Connected c(table, 2);
    c.close(1);
    std::vector<char> sent(round % 2 ? 8 : 1 << 20);
    Code code = Code::kOk;
    std::string text;
    // The first writes may go to a connection whose end has not been heard of.
    for (int again = 0; again < 2000 && code == Code::kOk; again++) {
      tl_transport_wait* const receiving = c.start(0, {1, 1, sent.data(), sent.size(), 6});
      tl_transport_wait* const sending =
          receiving ? c.start(0, {1, 0, sent.data(), sent.size(), 5}) : nullptr;
      code = receiving ? c.finish(0, receiving, 20, &text) : Code::kPeerLost;
      if (sending) (void)c.finish(0, sending, 0);
    }
    INFO(text);
    CHECK(code == Code::kPeerLost);
  }
  struct sigaction now;
  sigset_t pending;
  sigaction(SIGPIPE, &was, &now);
  CHECK(now.sa_handler == SIG_DFL);
  sigpending(&pending);
  CHECK(sigismember(&pending, SIGPIPE) == 0);
}

TEST_CASE("gloo: only addresses in numbers go in", "[dist][gloo]") {
  const tl_transport_table* table = gloo();
  if (!table) return;
  for (const char* address : {"no-such-host.invalid", "", "localhost", "999.1.1.1", "203.0.113.77"}) {
    tl_transport_options o{};
    o.struct_size = sizeof o;
    o.size = 2;
    o.address = address;
    o.seconds = 1;
    tl_transport* made = nullptr;
    tl_transport_error error{};
    INFO(address);
    CHECK(table->connect(&o, &made, &error) != 0);
    CHECK(made == nullptr);
    CHECK(std::string(error.text) != "");
  }
}

TEST_CASE("plugins: those that are not there, and folders that say nothing", "[dist]") {
  CHECK_THROWS_WITH(open_plugin("gloo", "/nowhere"),
                    Contains("libtapeloop-dist-gloo.so (not there)") && Contains("install libgloo-dev"));
  CHECK_THROWS_WITH(open_plugin("mpi-mpich", "/nowhere"), Contains("libmpich-dev"));
  CHECK_THROWS_WITH(open_plugin("gloo", "here"), Contains("must be an absolute path: got 'here'"));
  setenv("TAPELOOP_PLUGIN_DIR", "there", 1);
  CHECK_THROWS_WITH(open_plugin("gloo", ""),
                    Contains("TAPELOOP_PLUGIN_DIR must be an absolute path: got 'there'"));
  setenv("TAPELOOP_PLUGIN_DIR", "/elsewhere", 1);
  CHECK_THROWS_WITH(open_plugin("gloo", ""),
                    Contains("/elsewhere/") && Contains("libtapeloop-dist-gloo.so (not there)"));
  unsetenv("TAPELOOP_PLUGIN_DIR");
}
