// The thread that makes calls beside a rank's own: their order, what they throw, and that one which is taken back is over.
#include "core/dist/courier.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

using namespace tl::dist;

namespace {

// An errand that goes on until it is let go.
struct Held {
  std::promise<void> begun, let_go;
  Errand errand{[this] {
    begun.set_value();
    let_go.get_future().wait();
  }};
};

}  // namespace

TEST_CASE("errands are run in their order, again and again, and throw where they are finished", "[dist]") {
  const std::shared_ptr<Courier> courier = Courier::make();
  std::string order;
  Errand a([&] { order += 'a'; }), b([&] {
    order += 'b';
    throw std::runtime_error("b");
  }),
      c([&] { order += 'c'; });
  for (int round = 0; round < 3; round++) {
    for (Errand* errand : {&a, &b, &c}) courier->send(*errand);
    courier->finish(c);  // in any order
    CHECK_THROWS_WITH(courier->finish(b), "b");
    courier->finish(a);
  }
  CHECK(order == "abcabcabc");
}

TEST_CASE("an errand that is dropped has not begun, or is over", "[dist]") {
  const std::shared_ptr<Courier> courier = Courier::make();
  std::string order;
  Held held;
  Errand first([&] { order += '1'; }), second([&] { order += '2'; }), third([&] { order += '3'; });
  courier->send(held.errand);
  held.begun.get_future().wait();
  for (Errand* errand : {&first, &second, &third}) courier->send(*errand);
  courier->drop(second);
  courier->drop(third);  // the last one, behind which another comes
  courier->send(second);
  courier->drop(first);
  std::atomic<bool> over{false};
  std::thread other([&] {
    courier->drop(held.errand);
    over = true;
  });
  CHECK_FALSE(over);
  held.let_go.set_value();
  other.join();
  CHECK(over);
  courier->finish(second);
  CHECK(order == "2");
  courier->drop(second);  // at home
  Errand fails([] { throw std::runtime_error("nobody hears of it"); });
  courier->send(fails);
  courier->settle();
  courier->drop(fails);
  courier->send(first);
  courier->settle();
  CHECK(order == "21");
  courier->finish(first);
}

TEST_CASE("a process that is forked off runs errands itself, and ends without the thread", "[dist]") {
  int value = 0;
  std::shared_ptr<Courier> courier = Courier::make();
  Errand errand([&] { value++; });
  courier->send(errand);
  courier->finish(errand);
  const pid_t child = fork();
  if (child == 0) {
    courier->send(errand);
    courier->finish(errand);
    std::exchange(courier, nullptr).reset();
    _exit(value == 2 ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
