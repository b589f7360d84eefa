// Mixtures whose weights change at random while they run: what comes out depends neither on what threads made ahead, nor on places that
// were saved and restored in a pipeline made anew, in the moment of a change too.
#include <catch2/catch.hpp>
#include <random>

#include "core/data/sample.h"
#include "tests/data/pipelines.h"
#include "tests/rounds.h"

using namespace pipelines;
using tl::Context;

namespace {

struct Between {
  const char* name;
  DatasetPtr (*make)(const DatasetPtr&, int64_t size);
};

const Between kBetween[] = {
    {"nothing", [](const DatasetPtr& d, int64_t) { return d; }},
    {"buffer", [](const DatasetPtr& d, int64_t size) { return shuffle(d, 3, size); }},
    {"batch", [](const DatasetPtr& d, int64_t size) { return batch(d, size); }},
    {"windows", [](const DatasetPtr& d,
                   int64_t size) { return window(unbatch(window(d, size, 2, false)), size + 1, 2, false); }},
    {"repeat", [](const DatasetPtr& d, int64_t size) { return repeat(take(d, 3 * size), 2); }},
    {"mixture",
     [](const DatasetPtr& d, int64_t size) {
       return sample_from({shuffle(d, 2, size), range(500, 520, 1)}, {2, 1}, 5, false);
     }},
    {"twice", [](const DatasetPtr& d, int64_t size) { return batch(shuffle(shuffle(d, 8, 2), 3, size), 3); }},
};

// Where threads run ahead, if anywhere.
enum Ahead { kNever, kBehind, kBefore, kBoth };

struct Pipeline {
  DatasetPtr mixture, dataset;
  std::unique_ptr<DatasetIterator> it;
};

Pipeline make(Context& c, const Between& kind, int64_t size, bool stop_on_empty, Ahead ahead) {
  Pipeline p;
  p.mixture = sample_from({range(0, 25, 1), range(100, 120, 1)}, {1, 1}, 7, stop_on_empty);
  p.dataset = p.mixture;
  if (ahead == kBefore || ahead == kBoth) p.dataset = prefetch(p.dataset, 3);
  p.dataset = kind.make(p.dataset, size);
  if (ahead == kBehind || ahead == kBoth) p.dataset = prefetch(p.dataset, 4);
  p.it = std::make_unique<DatasetIterator>(c, p.dataset);
  return p;
}

}  // namespace

TEST_CASE("weights that change at any time count alike, with threads and after a restart", "[dataset]") {
  tl::ContextOptions options;
  options.threads = 1;
  Context c(options);
  for (int round = 0; round < tl::test::rounds(63); round++) {
    std::mt19937 random(static_cast<unsigned>(round));
    auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    const Between& kind = kBetween[round % std::size(kBetween)];
    const int64_t size = 2 + below(11);
    const bool stop_on_empty = below(2) == 1;
    INFO("round " << round << ", " << kind.name << ", size " << size << ", stop_on_empty " << stop_on_empty);
    const Ahead ahead = static_cast<Ahead>(below(4));
    Pipeline all[] = {make(c, kind, size, stop_on_empty, kNever), make(c, kind, size, stop_on_empty, kBehind),
                      make(c, kind, size, stop_on_empty, kBefore), make(c, kind, size, stop_on_empty, kBoth),
                      make(c, kind, size, stop_on_empty, ahead)};
    Pipeline& restarted = all[4];
    for (int i = 0; i < 60; i++) {
      if (below(4) == 0) {
        const std::vector<double> weights = {static_cast<double>(below(3)), below(3) + 0.5 * below(2) + 0.1};
        for (Pipeline& p : all) set_sample_weights(*p.mixture, weights);
      }
      if (below(3) == 0) {
        // As another process does: its mixture begins with the weights that the program gives it.
        Pipeline anew = make(c, kind, size, stop_on_empty, ahead);
        anew.it->restore_position(restarted.it->save_position());
        restarted = std::move(anew);
      }
      const std::string expected = step(*all[0].it);
      REQUIRE(expected.compare(0, 5, "error") != 0);
      for (size_t k = 1; k < std::size(all); k++) {
        INFO("element " << i << ", pipeline " << k);
        REQUIRE(step(*all[k].it) == expected);
      }
    }
  }
}

TEST_CASE("weights of a mixture in a cache stay, whatever lies between, as long as the cache is there",
          "[dataset]") {
  auto refused = [](const DatasetPtr& mixture) {
    try {
      set_sample_weights(*mixture, {1, 0});
    } catch (const tl::Error& error) {
      CHECK(error.code() == tl::Code::kFailedPrecondition);
      CHECK(std::string(error.message()).find("cache the sources") != std::string::npos);
      return true;
    }
    return false;
  };
  const DatasetPtr inner = sample_from({range(0, 5, 1), range(10, 15, 1)}, {1, 1}, 1, false);
  const DatasetPtr outer = sample_from({batch(inner, 1), batch(range(20, 25, 1), 1)}, {1, 2}, 2, false);
  CHECK_FALSE(refused(inner));
  DatasetPtr once = cache(shuffle(outer, 4, 3)), again = cache(batch(cache(inner), 2));
  CHECK(refused(inner));
  CHECK(refused(outer));
  const DatasetPtr behind = prefetch(once, 2);  // keeps the cache alive
  once.reset();
  CHECK(refused(outer));
  again.reset();
  CHECK(refused(inner));
  // A mixture of caches is what to do.
  const DatasetPtr mixed = sample_from({cache(range(0, 5, 1)), cache(range(10, 15, 1))}, {1, 1}, 1, false);
  CHECK_FALSE(refused(mixed));
  DatasetPtr last = cache(mixed);
  CHECK(refused(mixed));
  last.reset();
  CHECK_FALSE(refused(mixed));
}

// A size stays while weights change: a source that has none now may have one with the next element.
TEST_CASE("a mixture with an endless source is endless, whatever the weights are just now", "[dataset]") {
  tl::ContextOptions options;
  options.threads = 1;
  Context c(options);
  const DatasetPtr endless = repeat(range(0, 3, 1), -1), ends = range(10, 12, 1);
  const DatasetPtr mixture = sample_from({endless, ends}, {0, 1}, 1, false);
  CHECK(mixture->size() == kInfiniteSize);
  CHECK(sample_from({endless, ends}, {1, 0}, 1, false)->size() == kInfiniteSize);
  CHECK(sample_from({endless, ends}, {1, 0}, 1, true)->size() == kUnknownSize);
  CHECK(sample_from({endless, endless}, {1, 0}, 1, true)->size() == kInfiniteSize);
  CHECK_THROWS_AS(cache(mixture), tl::Error);
  CHECK_THROWS_AS(shuffle(mixture, 1), tl::Error);
  DatasetIterator it(c, mixture);
  CHECK(rest(it) == std::vector<std::string>{"[]:10, ", "[]:11, ", "end"});  // no weight is left
  CHECK(step(it) == "[]:10, ");
  set_sample_weights(*mixture, {1, 0});
  for (int i = 0; i < 20; i++) CHECK(step(it) == "[]:" + std::to_string(i % 3) + ", ");
  // Where it must not count, it is left out, or an end is given to it.
  CHECK(sample_from({take(endless, 5), ends}, {0, 1}, 1, false)->size() == kUnknownSize);
}
