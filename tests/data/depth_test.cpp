// Stages behind one another: as many levels as are allowed work on a small stack, whatever they are, and one more is an error.
#include <pthread.h>

#include <catch2/catch.hpp>

#include "core/data/sample.h"
#include "tests/data/pipelines.h"

using namespace pipelines;
using tl::Context;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr size_t kStack = size_t{8} << 20;  // their frames are several times as large
#else
constexpr size_t kStack = size_t{256} << 10;
#endif

// What f says on a thread with a small stack; the checks are outside, because Catch2 is for one thread.
template <class F>
std::string on_small_stack(F f) {
  struct Call {
    F f;
    std::string said;
  } call{std::move(f), ""};
  auto run = [](void* of) -> void* {
    Call& c = *static_cast<Call*>(of);
    try {
      c.said = c.f();
    } catch (const std::exception& e) {
      c.said = e.what();
    }
    return nullptr;
  };
  pthread_attr_t attributes;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  REQUIRE(pthread_attr_setstacksize(&attributes, kStack) == 0);
  pthread_t thread;
  REQUIRE(pthread_create(&thread, &attributes, run, &call) == 0);
  REQUIRE(pthread_join(thread, nullptr) == 0);
  pthread_attr_destroy(&attributes);
  return call.said;
}

FunctionPtr yes() {
  return lambda([](const Place&, Element&) { return true; });
}
std::vector<double> paddings(const DatasetPtr& d) { return std::vector<double>(d->width(), 0); }
DatasetPtr one_element() { return range(0, 1, 1); }

struct DeepKind {
  const char* name;
  DatasetPtr (*make)(const DatasetPtr&);
};

const DeepKind kDeepKinds[] = {
    {"take", [](const DatasetPtr& d) { return take(d, 4); }},
    {"skip", [](const DatasetPtr& d) { return skip(d, 0); }},
    {"shuffle", [](const DatasetPtr& d) { return shuffle(d, 3); }},
    {"buffer", [](const DatasetPtr& d) { return shuffle(d, 3, 1); }},
    {"repeat", [](const DatasetPtr& d) { return repeat(d, 1); }},
    {"concatenate",
     [](const DatasetPtr& d) {
       return concatenate({d, one_element()});
     }},
    {"zip",
     [](const DatasetPtr& d) {
       return zip({one_element(), d});
     }},
    {"interleave",
     [](const DatasetPtr& d) {
       return interleave({d, one_element()}, 2, 1);
     }},
    {"sample",
     [](const DatasetPtr& d) {
       return sample_from({d, one_element()}, {1, 1}, 9, false);
     }},
    {"batch", [](const DatasetPtr& d) { return batch(d, 1); }},
    {"padded", [](const DatasetPtr& d) { return padded_batch(d, 1, false, paddings(d)); }},
    {"buckets",
     [](const DatasetPtr& d) {
       return bucket_by_length(d, 0, {2}, {1, 1}, false, paddings(d));
     }},
    {"unbatch", [](const DatasetPtr& d) { return unbatch(batch(d, 1)); }},
    {"replica", [](const DatasetPtr& d) { return replica_rows(d, 0, 1); }},
    {"window", [](const DatasetPtr& d) { return window(d, 1, 1, false); }},
    {"map", [](const DatasetPtr& d) { return map(d, yes(), d->width(), 0, 1); }},
    {"threads", [](const DatasetPtr& d) { return map(d, yes(), d->width(), 1, 1); }},
    {"filter", [](const DatasetPtr& d) { return filter(d, yes(), 1); }},
    {"cast", [](const DatasetPtr& d) { return cast(d, 0, tl::DType::kI64); }},
    {"cache", [](const DatasetPtr& d) { return cache(d); }},
    {"prefetch", [](const DatasetPtr& d) { return prefetch(d, 1); }},
};

DatasetPtr deep_source(bool indexed) {
  return indexed ? range(0, 2, 1) : listed([](uint64_t) { return std::vector<int64_t>{0, 1}; });
}

// The deepest that is allowed; `refusal` becomes the message for one level more.
DatasetPtr deepest(const DeepKind& kind, bool indexed, std::string& refusal) {
  DatasetPtr d = deep_source(indexed);
  for (int i = 0; i < 2 * Dataset::kMostLevels; i++) try {
      d = kind.make(d);
    } catch (const tl::Error& e) {
      refusal = e.message();
      return d;
    }
  return d;
}

}  // namespace

TEST_CASE("the deepest pipeline of each kind works on a small stack, and a deeper one is refused",
          "[dataset]") {
  for (bool indexed : {true, false})
    for (const DeepKind& kind : kDeepKinds) {
      INFO(kind.name << (indexed ? ", indexed" : ", in order"));
      std::string refusal;
      const std::string said = on_small_stack([&]() -> std::string {
        Context c{OneThread()};
        DatasetPtr d = deepest(kind, indexed, refusal);
        d->size();
        DatasetIterator it(c, d);
        const std::string first = step(it);
        try {
          DatasetIterator again(c, d);
          again.restore_position(it.save_position());
          again.seek(1, 1);
        } catch (const tl::Error& e) {
          if (first.compare(0, 5, "error") != 0) return e.message();
        }
        return first;
      });
      CHECK(refusal.find("must not stand behind one another more than 200 levels deep: got 201") !=
            std::string::npos);
      // A number has no rows, and no tensor 200 axes; all others give an element.
      const std::string name = kind.name;
      const bool rows = name == "buckets" || name == "replica",
                 axes = name == "batch" || name == "padded" || name == "window";
      CHECK((said.compare(0, 5, "error") == 0) == (rows || axes));
      INFO(said);
      CHECK(!said.empty());
    }
}
