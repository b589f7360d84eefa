// Feeds: the order of batches, whose memory they lie in, what is left of a batch, and the ways in which one half ends first.
#include "core/data/feed.h"

#include <catch2/catch.hpp>
#include <thread>

#include "core/base/error.h"

using tl::Code;
using tl::Context;
using tl::DType;
using tl::Shape;
using tl::Tensor;
using namespace tl::data;

namespace {

std::vector<FeedTensor> numbers(int64_t rows) { return {{DType::kI32, Shape{rows, 2}}}; }

void put(FeedSlots& slots, int32_t value, int64_t rows) {
  REQUIRE(slots.begin() == Code::kOk);
  size_t bytes = 0;
  auto* memory = reinterpret_cast<int32_t*>(slots.memory(0, &bytes));
  for (size_t i = 0; i < bytes / sizeof *memory; i++) memory[i] = value;
  REQUIRE(slots.commit(rows) == Code::kOk);
}

int32_t first(const Tensor& t) { return t.data<int32_t>()[0]; }

}  // namespace

TEST_CASE("batches come in the order in which they were handed over, from any number of slots", "[dataset]") {
  Context c({});
  for (size_t count : {2, 3, 5}) {
    Feed feed(c, numbers(4), count);
    int32_t in = 0, out = 0;
    Tensor t[1];
    for (int round = 0; round < 10; round++) {
      for (size_t k = 0; k + 1 < count; k++) put(*feed.slots(), in++, 4);
      for (size_t k = 0; k + 1 < count; k++) {
        t[0] = Tensor();
        REQUIRE(feed.next({t, 1}));
        CHECK(first(t[0]) == out++);
      }
    }
    CHECK(feed.slots()->finish() == Code::kOk);
    t[0] = Tensor();
    CHECK_FALSE(feed.next({t, 1}));
  }
}

TEST_CASE("memory of a feed is zeros first, and what an earlier batch has left later", "[dataset]") {
  Context c({});
  Feed feed(c, numbers(4));
  Tensor t[1];
  for (int32_t round = 0; round < 6; round++) {
    REQUIRE(feed.slots()->begin() == Code::kOk);
    auto* memory = reinterpret_cast<int32_t*>(feed.slots()->memory(0, nullptr));
    CHECK(memory[7] == (round < 2 ? 0 : round - 2));
    memory[7] = round;
    REQUIRE(feed.slots()->commit(1 + round % 4) == Code::kOk);
    t[0] = Tensor();
    REQUIRE(feed.next({t, 1}));
    CHECK(t[0].shape() == Shape{1 + round % 4, 2});
  }
}

TEST_CASE("a batch that somebody holds is never written over", "[dataset]") {
  Context c({});
  std::vector<Tensor> held;
  {
    Feed feed(c, numbers(4));
    for (int32_t i = 0; i < 8; i++) {
      put(*feed.slots(), i, 4);
      Tensor t[1];
      REQUIRE(feed.next({t, 1}));
      if (i % 3 != 2) held.push_back(t[0]);
    }
  }
  const int32_t want[] = {0, 1, 3, 4, 6, 7};
  REQUIRE(held.size() == 6);
  for (size_t k = 0; k < held.size(); k++) CHECK(first(held[k]) == want[k]);
  CHECK(c.allocator().stats().borrowed_bytes == 6 * 32);
  held.clear();
  CHECK(c.allocator().stats().borrowed_bytes == 0);
}

TEST_CASE("a producer that waits learns that the other half has ended, and one that writes may go on",
          "[dataset]") {
  Context c({});
  auto feed = std::make_unique<Feed>(c, numbers(1000));
  std::shared_ptr<FeedSlots> slots = feed->slots();
  put(*slots, 1, 1000), put(*slots, 2, 1000);
  Code waited = Code::kOk;
  std::thread producer([&] { waited = slots->begin(); });
  feed.reset();
  producer.join();
  CHECK(waited == Code::kCancelled);

  feed = std::make_unique<Feed>(c, numbers(1000));
  slots = feed->slots();
  REQUIRE(slots->begin() == Code::kOk);
  auto* memory = reinterpret_cast<int32_t*>(slots->memory(0, nullptr));
  feed.reset();
  for (int i = 0; i < 2000; i++) memory[i] = i;  // the slots are held
  CHECK(slots->commit(1000) == Code::kCancelled);

  // Also where nothing else holds them, until the producer has said that it is done.
  for (const bool by_finish : {false, true}) {
    feed = std::make_unique<Feed>(c, numbers(1000));
    std::weak_ptr<FeedSlots> life = feed->slots();
    REQUIRE(life.lock()->begin() == Code::kOk);
    feed.reset();
    REQUIRE_FALSE(life.expired());
    slots = life.lock();
    CHECK((by_finish ? slots->finish() : slots->commit(1001)) == Code::kCancelled);
    slots.reset();
    CHECK(life.expired());
  }
}

TEST_CASE("feeds of no batch are refused", "[dataset]") {
  Context c({});
  CHECK_THROWS_AS(Feed(c, {}), tl::Error);
  CHECK_THROWS_AS(Feed(c, numbers(0)), tl::Error);
  CHECK_THROWS_AS(Feed(c, {{DType::kF32, Shape{}}}), tl::Error);
  CHECK_THROWS_AS(Feed(c, {{DType::kF32, Shape{2}}, {DType::kF32, Shape{3}}}), tl::Error);
  CHECK_THROWS_AS(Feed(c, numbers(2), 1), tl::Error);
  CHECK(c.allocator().stats().borrowed_bytes == 0);
}
