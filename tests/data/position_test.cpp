// Places in the midst of an epoch: saved at each element of each pair of stages, and restored into a pipeline made anew; threads,
// functions that fail, and positions that are none.
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstring>
#include <random>
#include <thread>

#include "core/data/sample.h"
#include "tests/data/pipelines.h"
#include "tests/rounds.h"

using namespace pipelines;
using tl::Code;
using tl::Context;

namespace {

// Mixes what it gets with the seed of the place: it shows where a place is not the one it was.
FunctionPtr augment() {
  return lambda([](const Place& place, Element& e) {
    for (Value& v : e) {
      auto [value, memory] = BlockPool::make()->value(v.dtype, v.shape);
      for (int64_t i = 0; i < v.shape.elements(); i++)
        reinterpret_cast<uint64_t*>(memory)[i] = v.data<uint64_t>()[i] * 100 + place.seed % 100;
      v = std::move(value);
    }
    return true;
  });
}

FunctionPtr odd_index() {
  return lambda([](const Place& place, Element&) { return place.index % 2 == 1; });
}

std::vector<double> zeros(const DatasetPtr& d) { return std::vector<double>(d->width(), 0); }

struct Kind {
  const char* name;
  DatasetPtr (*make)(const DatasetPtr&);
};

const Kind kKinds[] = {
    {"take", [](const DatasetPtr& d) { return take(d, 4); }},
    {"skip", [](const DatasetPtr& d) { return skip(d, 2); }},
    {"shuffle", [](const DatasetPtr& d) { return shuffle(d, 3); }},
    {"buffer", [](const DatasetPtr& d) { return shuffle(d, 3, 3); }},
    {"repeat", [](const DatasetPtr& d) { return repeat(d, 2); }},
    {"endless", [](const DatasetPtr& d) { return take(repeat(d, -1), 9); }},
    {"concatenate",
     [](const DatasetPtr& d) {
       return concatenate({d, take(d, 2)});
     }},
    {"zip",
     [](const DatasetPtr& d) {
       return zip({d, skip(d, 1)});
     }},
    {"interleave",
     [](const DatasetPtr& d) {
       return interleave({d, take(d, 3), skip(d, 4)}, 2, 2);
     }},
    {"sample",
     [](const DatasetPtr& d) {
       return sample_from({d, take(d, 3)}, {2, 1}, 9, false);
     }},
    {"batch", [](const DatasetPtr& d) { return batch(d, 2); }},
    {"padded", [](const DatasetPtr& d) { return padded_batch(d, 2, false, zeros(d)); }},
    {"buckets",
     [](const DatasetPtr& d) {
       return bucket_by_length(d, 0, {2, 3}, {2, 3, 2}, false, zeros(d));
     }},
    {"unbatch", [](const DatasetPtr& d) { return unbatch(batch(d, 3)); }},
    {"replica", [](const DatasetPtr& d) { return replica_rows(d, 0, 2); }},
    {"window", [](const DatasetPtr& d) { return window(d, 3, 2, false); }},
    {"map", [](const DatasetPtr& d) { return map(d, augment(), d->width(), 0, 1); }},
    {"threads", [](const DatasetPtr& d) { return map(d, augment(), d->width(), 2, 1); }},
    {"filter", [](const DatasetPtr& d) { return filter(d, odd_index(), 1); }},
    {"cache", [](const DatasetPtr& d) { return cache(d); }},
    {"prefetch", [](const DatasetPtr& d) { return prefetch(d, 2); }},
};

// Vectors of 1 to 3 numbers.
DatasetPtr source(bool indexed) {
  FunctionPtr vector = lambda([](const Place&, Element& e) {
    const int64_t n = *e[0].data<int64_t>(), size = n % 3 + 1;
    auto [value, memory] = BlockPool::make()->value(tl::DType::kI64, {size});
    for (int64_t i = 0; i < size; i++) reinterpret_cast<int64_t*>(memory)[i] = n;
    e = {std::move(value)};
    return true;
  });
  DatasetPtr seven = indexed ? range(0, 7, 1) : listed([](uint64_t e) {
    std::vector<int64_t> all;
    for (int64_t i = 0; i < 7; i++) all.push_back(i + static_cast<int64_t>(e));
    return all;
  });
  return map(seven, vector, 1, 0, 0);
}

DatasetPtr in_order_of(int64_t n) {
  return listed([n](uint64_t) {
    std::vector<int64_t> all;
    for (int64_t i = 0; i < n; i++) all.push_back(i);
    return all;
  });
}

DatasetPtr make_zip() { return batch(zip({range(0, 20, 1), range(0, 20, 1)}), 2); }

// Stops at the first error, which comes again at the same place.
void check_all_positions(Context& c, const std::function<DatasetPtr()>& make) {
  DatasetIterator whole(c, make());
  const std::vector<std::string> all = rest(whole, 2);
  REQUIRE(all.size() < 200);
  DatasetIterator it(c, make());
  for (size_t done = 0; done < all.size(); done++) {
    INFO("after " << done << " of " << all.size());
    DatasetIterator restored(c, make());
    restored.restore_position(it.save_position());
    REQUIRE(restored.epoch() == it.epoch());
    REQUIRE(restored.position() == it.position());
    REQUIRE(restored.save_position() == it.save_position());
    std::vector<std::string> left;
    while (left.size() < all.size() - done) left.push_back(step(restored));
    REQUIRE(left == std::vector<std::string>(all.begin() + static_cast<std::ptrdiff_t>(done), all.end()));
    DatasetIterator sought(c, make());
    sought.seek(it.epoch(), it.position());
    REQUIRE(step(sought) == all[done]);
    REQUIRE(step(it) == all[done]);
  }
}

}  // namespace

TEST_CASE("every pair of stages goes on where it was, at each element", "[dataset]") {
  Context c{OneThread()};
  for (bool indexed : {true, false})
    for (const Kind& outer : kKinds)
      for (const Kind& inner : kKinds) {
        if ((&outer - kKinds + (&inner - kKinds)) % 4 >= tl::test::rounds(4)) continue;
        if (std::string(outer.name) == "endless" && std::string(inner.name) == "endless") continue;
        INFO(outer.name << "(" << inner.name << "), " << (indexed ? "indexed" : "in order"));
        check_all_positions(c, [&] { return outer.make(inner.make(source(indexed))); });
      }
}

TEST_CASE("a long pipeline goes on where it was, in the third epoch too", "[dataset]") {
  Context c{OneThread()};
  auto make = [] {
    DatasetPtr d = shuffle(filter(range(0, 60, 1), odd_index(), 0), 5, 7);
    d = repeat(map(d, augment(), 1, 2, 8), 2);
    return prefetch(batch(shuffle(d, 6, 11), 4), 3);
  };
  DatasetIterator it(c, make());
  rest(it, 2);
  for (int i = 0; i < 17; i++) {
    DatasetIterator restored(c, make());
    restored.restore_position(it.save_position());
    const std::string place = restored.save_position();
    DatasetIterator other(c, make());
    tl::State state;
    it.save(state, "input/train");
    other.prepare(state, "input/train")->take();
    REQUIRE_THROWS_AS(other.prepare(state, "input/test"), tl::Error);
    REQUIRE(rest(other, 2) == rest(restored, 2));
    other.restore_position(place);
    REQUIRE(step(other) == step(it));
  }
}

namespace {

// Some stages after one another around a source, as random numbers say: small enough to try at each element.
DatasetPtr random_pipeline(unsigned seed) {
  std::mt19937 random(seed);
  auto below = [&](unsigned n) { return static_cast<int64_t>(random() % n); };
  DatasetPtr d = source(below(2) == 0);
  for (int64_t left = 2 + below(4), endless = 0; left > 0; left--) {
    switch (below(14)) {
      case 0: d = shuffle(d, random(), 1 + below(9)); break;
      case 1: d = shuffle(d, random(), 2 + below(3)); break;
      case 2: d = shuffle(d, random()); break;
      case 3: d = window(d, 1 + below(4), 1 + below(6), below(2) == 0); break;
      case 4:
        d = bucket_by_length(d, 0, {2, 3}, {1 + below(3), 2, 1 + below(3)}, below(2) == 0, zeros(d));
        break;
      case 5: d = unbatch(padded_batch(d, 1 + below(4), false, zeros(d))); break;
      case 6: d = repeat(d, 2); break;
      case 7: d = map(d, augment(), d->width(), static_cast<int>(below(3)), random()); break;
      case 8: d = filter(d, odd_index(), 1); break;
      case 9: d = prefetch(d, 1 + below(3)); break;
      case 10: d = sample_from({d, take(d, 3)}, {1, 2}, random(), below(2) == 0); break;
      case 11: d = interleave({d, skip(d, 2)}, 2, 1 + below(2)); break;
      case 12: d = cache(d); break;
      default:
        if (endless++ == 0) d = take(repeat(concatenate({d, range(0, 1, 1)}), -1), 15);
    }
    d = take(d, 40);
  }
  return d;
}

size_t bytes_at(DatasetIterator& it, int elements) {
  for (int i = 0; i < elements; i++) step(it);
  return it.save_position().size();
}

}  // namespace

TEST_CASE("random pipelines go on where they were, from each element, and are then the same to the last bit",
          "[dataset]") {
  Context c{OneThread()};
  for (unsigned seed = 0; seed < static_cast<unsigned>(tl::test::rounds(60)); seed++) {
    INFO("pipeline " << seed);
    DatasetIterator whole(c, random_pipeline(seed));
    std::vector<std::string> all, places{whole.save_position()};
    for (int ended = 0; ended < 2 && all.size() < 80;) {
      all.push_back(step(whole));
      places.push_back(whole.save_position());
      if (all.back() == "end") ended++;
      if (all.back().compare(0, 5, "error") == 0) break;
    }
    for (size_t from = 0; from < all.size(); from++) {
      INFO("from " << from << " of " << all.size());
      DatasetIterator it(c, random_pipeline(seed));
      it.restore_position(places[from]);
      REQUIRE(it.save_position() == places[from]);
      // What is saved later does not tell that it was restored meanwhile.
      for (size_t at = from; at < all.size() && at < from + 12; at++) {
        REQUIRE(step(it) == all[at]);
        REQUIRE(it.save_position() == places[at + 1]);
      }
    }
  }
}

TEST_CASE("a position grows with the buffers of a pipeline, and not with their product", "[dataset]") {
  Context c{OneThread()};
  constexpr int64_t size = 100;
  for (int depth = 1; depth <= 8; depth++) {
    auto make = [&] {
      DatasetPtr d = range(0, 100000, 1);
      for (int i = 0; i < depth; i++) d = shuffle(d, static_cast<uint64_t>(i), size);
      return d;
    };
    DatasetIterator it(c, make());
    for (const int elements : {1, 50, 300, 1500}) {
      INFO(depth << " buffers, " << elements << " elements more");
      CHECK(bytes_at(it, elements) <= static_cast<size_t>(depth) * (3 * size + 50) + 50);
    }
    DatasetIterator restored(c, make());
    restored.restore_position(it.save_position());
    for (int i = 0; i < 300; i++) REQUIRE(step(restored) == step(it));
    CHECK(restored.save_position() == it.save_position());
  }
  // Of each kind of stage that holds elements.
  const auto grown = [&](const std::function<DatasetPtr(DatasetPtr)>& stage) {
    size_t sizes[5];
    for (size_t depth = 0; depth < 5; depth++) {
      DatasetPtr d = map(range(0, 4000, 1), lambda([](const Place&, Element& e) {
                           auto [value, memory] = BlockPool::make()->value(tl::DType::kI64, {1});
                           *reinterpret_cast<int64_t*>(memory) = *e[0].data<int64_t>();
                           e = {std::move(value)};
                           return true;
                         }),
                         1, 0, 0);
      for (size_t i = 0; i < depth; i++) d = stage(d);
      DatasetIterator it(c, d);
      sizes[depth] = bytes_at(it, 701);
    }
    return (sizes[4] - sizes[0]) <= 5 * (sizes[1] - sizes[0]) + 40;
  };
  CHECK(grown([](DatasetPtr d) { return unbatch(batch(d, 3)); }));
  CHECK(grown([](DatasetPtr d) { return unbatch(window(d, 3, 3, true)); }));
  CHECK(grown([](DatasetPtr d) { return unbatch(bucket_by_length(d, 0, {5}, {7, 2}, false, {0})); }));
  CHECK(grown([](DatasetPtr d) { return prefetch(shuffle(map(d, augment(), 1, 2, 1), 3, 20), 2); }));
}

TEST_CASE("an element that is held for long takes no more of a position, nor marks without an end",
          "[dataset]") {
  Context c{OneThread()};
  // The first two are long, and wait for a third of their kind until the end.
  auto make = [] {
    FunctionPtr vector = lambda([](const Place& place, Element& e) {
      auto [value, memory] = BlockPool::make()->value(tl::DType::kI64, {place.index % 20000 < 2 ? 9 : 1});
      std::memset(memory, 0, value.bytes());
      *reinterpret_cast<int64_t*>(memory) = *e[0].data<int64_t>();
      e = {std::move(value)};
      return true;
    });
    return bucket_by_length(map(repeat(range(0, 10000, 1), 2), vector, 1, 0, 0), 0, {5}, {10, 3}, false, {0});
  };
  DatasetIterator it(c, make());
  CHECK(bytes_at(it, 1900) < 100);
  DatasetIterator restored(c, make());
  restored.restore_position(it.save_position());
  for (int i = 0; i < 110; i++) REQUIRE(step(restored) == step(it));
}

TEST_CASE("weights that change while elements are held are in a position once a stage", "[dataset]") {
  Context c{OneThread()};
  constexpr int64_t size = 64;
  DatasetPtr mixture;
  auto make = [&] {
    mixture = sample_from({range(0, 100000, 1), range(0, 100000, 1)}, {1, 1}, 3, false);
    return shuffle(shuffle(shuffle(mixture, 1, size), 2, size), 3, size);
  };
  DatasetIterator it(c, make());
  const DatasetPtr weights = mixture;
  for (int i = 0; i < 600; i++) {
    set_sample_weights(*weights, {1.0 + i % 7, 1.0 + i % 5});
    step(it);
  }
  // Three buffers; and per stage a change (two weights of at most 10 bytes, and three small numbers) for each element since the oldest held.
  CHECK(it.save_position().size() < 3 * 3 * size + 3 * 26 * 600);
  DatasetIterator restored(c, make());
  restored.restore_position(it.save_position());
  for (int i = 0; i < 300; i++) REQUIRE(step(restored) == step(it));
}

TEST_CASE("a position of another version says so", "[dataset]") {
  Context c{OneThread()};
  DatasetIterator it(c, range(0, 9, 1));
  std::string place = it.save_position();
  REQUIRE(place.compare(0, 6, "TLPOS3") == 0);
  for (const char version : {'1', '2', '4'}) {
    place[5] = version;
    try {
      it.restore_position(place);
      FAIL("restored");
    } catch (const tl::Error& e) {
      CHECK(e.code() == Code::kInvalidArgument);
      CHECK(e.message().find(std::string("must be of version 3: got one of version ") + version) !=
            std::string::npos);
    }
  }
}

TEST_CASE("what is passed over on the way to a place need not work any more", "[dataset]") {
  Context c{OneThread()};
  constexpr int64_t given = 40, size = 6;
  auto wanted = std::make_shared<std::vector<bool>>(100, true);  // changes where no thread runs
  auto make = [&] {
    FunctionPtr fails = lambda([wanted](const Place& place, Element&) {
      if (!(*wanted)[static_cast<size_t>(place.index)])
        tl::fail(Code::kIo, "[test] the disk of this test must work: got none");
      return true;
    });
    return shuffle(prefetch(map(range(0, 100, 1), fails, 1, 2, 0), 8), 1, size);
  };
  std::vector<std::string> all;
  std::vector<size_t> gone;
  std::string place;
  {
    DatasetIterator it(c, make());
    tl::Tensor out[1];
    for (int64_t i = 0; i < given; i++) {
      REQUIRE(it.next(out));
      gone.push_back(static_cast<size_t>(*out[0].data<int64_t>()));
    }
    place = it.save_position();
    all = rest(it);
  }
  for (size_t number : gone) (*wanted)[number] = false;
  // What is held is computed again, and nothing else is.
  DatasetIterator restored(c, make());
  restored.restore_position(place);
  CHECK(rest(restored) == all);
}

TEST_CASE("the number of threads changes no bit of a pipeline", "[dataset]") {
  Context c{OneThread()};
  std::vector<std::string> want;
  for (int threads : {0, 1, 2, 4}) {
    DatasetPtr d = map(shuffle(range(0, 200, 1), 1), augment(), 1, threads, 42);
    DatasetIterator it(c, prefetch(batch(d, 7), 2));
    const std::vector<std::string> got = rest(it, 2);
    if (threads == 0) want = got;
    CHECK(got == want);
  }
  DatasetIterator other(c, batch(map(shuffle(range(0, 200, 1), 1), augment(), 1, 0, 43), 7));
  CHECK(rest(other, 2) != want);
}

TEST_CASE("elements made ahead come in order, whoever waits for whom", "[dataset]") {
  Context c{OneThread()};
  const std::vector<int> pauses{0,  0,  0,   0,   0,   0,    0, 0,
                                30, 60, 120, 250, 500, 1000, 0, 3000};  // microseconds
  for (const int64_t ahead : {1, 2, 3, 5})
    for (const int threads : {0, 2}) {
      FunctionPtr sometimes_slow = lambda([](const Place& place, Element&) {
        if (place.index % 16 == 5) std::this_thread::sleep_for(std::chrono::microseconds(400));
        return true;
      });
      DatasetIterator it(c, prefetch(map(range(0, 48, 1), sometimes_slow, 1, threads, 0), ahead));
      for (int64_t epoch = 0; epoch < 2; epoch++) {
        for (int64_t i = 0; i < 48; i++) {
          REQUIRE(step(it) == "[]:" + std::to_string(i) + ", ");
          const int pause = pauses[static_cast<size_t>(i + epoch) % pauses.size()];
          if (pause) std::this_thread::sleep_for(std::chrono::microseconds(pause));
          if (i == 20) it.restore_position(it.save_position());
        }
        REQUIRE(step(it) == "end");
      }
    }
}

TEST_CASE("a function that fails ends the iteration there, and nothing has moved", "[dataset]") {
  Context c{OneThread()};
  for (int threads : {0, 1, 3}) {
    auto broken = std::make_shared<std::atomic<bool>>(true);
    FunctionPtr fails = lambda([broken](const Place& place, Element&) {
      if (place.index == 5 && *broken)
        tl::fail(Code::kIo, "[test] the disk of this test must work: got none");
      return true;
    });
    DatasetIterator it(c, prefetch(map(range(0, 9, 1), fails, 1, threads, 0), 2));
    for (int i = 0; i < 5; i++) CHECK(step(it) == "[]:" + std::to_string(i) + ", ");
    for (int again = 0; again < 3; again++) {
      CHECK(step(it) == "error [test] the disk of this test must work: got none");
      CHECK(it.position() == 5);
    }
    const std::string place = it.save_position();
    *broken = false;
    CHECK(step(it) == "[]:5, ");
    it.restore_position(place);
    CHECK(rest(it) == std::vector<std::string>{"[]:5, ", "[]:6, ", "[]:7, ", "[]:8, ", "end"});
  }
}

TEST_CASE("an iterator that ends does not wait for elements that nobody wants", "[dataset]") {
  Context c{OneThread()};
  std::atomic<int64_t> calls{0};
  {
    // The filter would look for a number that stays until the end of time.
    DatasetIterator it(c, prefetch(filter(repeat(range(0, 5, 1), -1), lambda([&](const Place& p, Element&) {
                                            calls++;
                                            return p.index == 0;
                                          }),
                                          0),
                                   4));
    CHECK(step(it) == "[]:0, ");
  }
  CHECK(calls > 0);
}

TEST_CASE("a cancelled context ends the wait for an element", "[dataset]") {
  std::atomic<uint32_t> word{0};
  Context c{OneThread()};
  c.set_cancel_word(&word, 1);
  std::atomic<bool> free{false};
  FunctionPtr slow = lambda([&](const Place& place, Element&) {
    while (place.index == 1 && !free) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return true;
  });
  DatasetIterator it(c, prefetch(map(range(0, 3, 1), slow, 1, 0, 0), 2));
  CHECK(step(it) == "[]:0, ");
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    word = 1;
  });
  CHECK(step(it).find("error") == 0);
  canceller.join();
  CHECK(it.position() == 1);
  free = true;
  word = 0;
  CHECK(rest(it) == std::vector<std::string>{"[]:1, ", "[]:2, ", "end"});
}

TEST_CASE("bytes that are no position of the pipeline are refused, and nothing moves", "[dataset]") {
  Context c{OneThread()};
  auto make = [] { return batch(shuffle(map(in_order_of(20), augment(), 1, 0, 1), 3, 4), 2); };
  DatasetIterator it(c, make());
  for (int i = 0; i < 3; i++) step(it);
  const std::string good = it.save_position();
  DatasetIterator victim(c, make());
  step(victim);
  const std::string before = victim.save_position();
  auto refused = [&](const std::string& bytes) {
    try {
      victim.restore_position(bytes);
    } catch (const tl::Error& e) {
      CHECK(e.code() == Code::kInvalidArgument);
      CHECK(victim.save_position() == before);
      return true;
    }
    victim.restore_position(before);
    return false;
  };
  for (size_t length = 0; length < good.size(); length++) CHECK(refused(good.substr(0, length)));
  CHECK(refused(good + 'x'));
  CHECK(refused(std::string(1000, '\xff')));
  for (size_t bit = 0; bit < 8 * good.size(); bit++) {
    std::string changed = good;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    CHECK(refused(changed));
  }
  for (const DatasetPtr& other : {batch(range(0, 20, 1), 2), shuffle(in_order_of(20), 3, 4), make_zip()}) {
    DatasetIterator wrong(c, other);
    CHECK(refused(wrong.save_position()));
  }
  DatasetIterator shorter(c, batch(range(0, 3, 1), 1));
  DatasetIterator longer(c, batch(range(0, 9, 1), 1));
  longer.seek(0, 5);
  CHECK_THROWS_AS(shorter.restore_position(longer.save_position()), tl::Error);
}

TEST_CASE("a place is of one pipeline, whose stages, sizes and seeds it knows", "[dataset]") {
  Context c{OneThread()};
  const std::vector<std::function<DatasetPtr()>> all = {
      [] { return batch(shuffle(range(0, 20, 1), 3), 2); },
      [] { return batch(shuffle(range(0, 20, 1), 4), 2); },  // another seed
      [] { return batch(shuffle(range(0, 20, 1), 3), 4); },  // another size of batches
      [] { return batch(shuffle(range(1, 21, 1), 3), 2); },  // other numbers
      [] { return shuffle(batch(range(0, 20, 1), 2), 3); },  // another order of stages
      [] { return batch(range(0, 20, 1), 2); },
      [] { return batch(shuffle(in_order_of(20), 3, 5), 2); },
      [] { return batch(shuffle(in_order_of(20), 3, 6), 2); },
      [] { return batch(shuffle(map(in_order_of(20), augment(), 1, 0, 1), 3, 5), 2); },
      [] { return batch(shuffle(map(in_order_of(20), augment(), 1, 0, 2), 3, 5), 2); },
      [] {
        return batch(sample_from({range(0, 9, 1), range(5, 9, 1)}, {1, 1}, 1, false), 2);
      },
      [] {
        return batch(sample_from({range(5, 9, 1), range(0, 9, 1)}, {1, 1}, 1, false), 2);
      },
      [] {
        return batch(sample_from({range(0, 9, 1), range(5, 9, 1)}, {1, 1}, 2, false), 2);
      },
      [] {
        return batch(cache(sample_from({range(0, 9, 1), range(5, 9, 1)}, {1, 1}, 2, false)), 2);
      },
      [] {
        return batch(cache(sample_from({range(0, 9, 1), range(5, 9, 1)}, {1, 1}, 3, false)), 2);
      },
  };
  for (size_t from = 0; from < all.size(); from++) {
    DatasetIterator it(c, all[from]());
    step(it);
    for (size_t to = 0; to < all.size(); to++) {
      INFO("from " << from << " to " << to);
      DatasetIterator other(c, all[to]());
      if (from == to)
        CHECK_NOTHROW(other.restore_position(it.save_position()));
      else
        CHECK_THROWS_AS(other.restore_position(it.save_position()), tl::Error);
    }
  }
  // Whoever has the rows of another replica may go on there, and so may more threads in the same places.
  DatasetIterator first(c, replica_rows(prefetch(batch(range(0, 20, 1), 4), 2), 0, 2));
  step(first);
  DatasetIterator second(c, replica_rows(prefetch(batch(range(0, 20, 1), 4), 7), 2, 3));
  CHECK_NOTHROW(second.restore_position(first.save_position()));
}

TEST_CASE("the share of waiting is that of the time in next()", "[dataset]") {
  Context c{OneThread()};
  FunctionPtr slow = lambda([](const Place&, Element&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    return true;
  });
  DatasetIterator it(c, map(range(0, 5, 1), slow, 1, 0, 0));
  CHECK(it.input_wait() == 0);
  rest(it);
  CHECK(it.waited() >= 0.01);
  CHECK(it.input_wait() > 50);
  CHECK(it.input_wait() <= 100);
}

TEST_CASE("nothing of a pipeline is left behind", "[dataset]") {
  Context c{OneThread()};
  const size_t live = c.live_tensors();
  {
    tl::Tensor ids = c.allocate(tl::DType::kI64, {40});
    for (int64_t i = 0; i < 40; i++) ids.mutable_data<int64_t>()[i] = i;
    DatasetPtr d = prefetch(batch(map(shuffle(tensor_slices({ids}), 1), augment(), 1, 2, 0), 3), 4);
    ids = tl::Tensor();
    DatasetIterator it(c, d);
    tl::Tensor kept[1];
    REQUIRE(it.next(kept));
    REQUIRE(it.next(kept));
    d.reset();
    it.seek(1, 2);
    REQUIRE(it.next(kept));
  }
  CHECK(c.live_tensors() == live);
  CHECK(c.allocator().stats().borrowed_bytes == 0);
}
