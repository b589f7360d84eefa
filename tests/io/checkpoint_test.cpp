#include "core/io/checkpoint.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "core/io/saved_objects.h"
#include "tests/io/folder.h"
#include "tests/rounds.h"

namespace tl::io {
namespace {

Tensor numbers(Context& c, std::initializer_list<float> values) {
  Tensor t = c.allocate(DType::kF32, {static_cast<std::int64_t>(values.size())});
  std::memcpy(t.mutable_raw(), values.begin(), t.bytes());
  return t;
}

State sample(Context& c) {
  State state;
  state.set("model/w", numbers(c, {1, 2, 3}));
  state.set("model/b", numbers(c, {-1}));
  state.set("random/seed", std::int64_t{INT64_MIN});
  state.set("best", HUGE_VAL);
  state.set("worst", std::nan(""));
  state.set("rate", 0.1);
  state.set("small", 4.9406564584124654e-324);
  state.set("note", std::string("a \"note\"\n\xC3\xA4"));
  state.set("bytes", std::string("\0\xFF", 2));
  state.set("empty", std::string());
  state.set("long", std::string(70000, 'x'));
  return state;
}

TEST_CASE("a checkpoint gives back a state to the bit, with its step and metric", "[io]") {
  Context c({});
  Folder folder;
  const State state = sample(c);
  write_checkpoint("test", folder / "k", {7, 0.25}, Snapshot("test", state), go_on);
  CheckpointInfo info;
  const State back = read_checkpoint("test", c, folder / "k", go_on, &info);
  CHECK(info.step == 7);
  CHECK(info.metric == 0.25);
  CHECK(back.size() == state.size());
  CHECK(difference(state, back).empty());
  CHECK(std::memcmp(back.get<Tensor>("model/w").raw(), state.get<Tensor>("model/w").raw(), 12) == 0);
  CHECK(back.get<std::int64_t>("random/seed") == INT64_MIN);
  CHECK(back.get<double>("best") == HUGE_VAL);
  CHECK(std::isnan(back.get<double>("worst")));
  CHECK(back.get<double>("rate") == 0.1);
  CHECK(back.get<double>("small") == 4.9406564584124654e-324);
  for (const char* path : {"note", "bytes", "empty", "long"})
    CHECK(back.get<std::string>(path) == state.get<std::string>(path));
  CHECK(verify_checkpoint("test", folder / "k", go_on).step == 7);
  CHECK(read_checkpoint_info("test", folder / "k", go_on).metric == 0.25);
  // The tensors are a plain safetensors file.
  CHECK(SafetensorsFile("test", folder / "k/tensors.safetensors", go_on).size() == 4);
  // Nothing else is in the folder, and nothing beside it.
  CHECK(std::distance(std::filesystem::directory_iterator(folder / "k"),
                      std::filesystem::directory_iterator()) == 2);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()),
                      std::filesystem::directory_iterator()) == 1);
}

TEST_CASE("a checkpoint is never written over, and a failure leaves nothing", "[io]") {
  Context c({});
  Folder folder;
  const State state = sample(c);
  const Snapshot snapshot("test", state);
  write_checkpoint("test", folder / "k", {1, {}}, snapshot, go_on);
  const std::string before = bytes_of(folder / "k/manifest.json");
  const Failure again = failure_of([&] { write_checkpoint("test", folder / "k", {2, {}}, snapshot, go_on); });
  CHECK(again.code == Code::kFailedPrecondition);
  CHECK(again.has("never written over"));
  CHECK(bytes_of(folder / "k/manifest.json") == before);
  // Stopped at each block that is written.
  for (int stop_at = 0;; stop_at++) {
    int left = stop_at;
    const Failure f = failure_of([&] {
      write_checkpoint("test", folder / "l", {2, {}}, snapshot, [&] {
        if (left-- == 0) throw Error(Code::kCancelled, "stop");
      });
    });
    if (f.code == Code::kOk) break;
    CHECK(f.code == Code::kCancelled);
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()),
                        std::filesystem::directory_iterator()) == 1);
  }
  CHECK(failure_of([&] {
          write_checkpoint("test", folder / "no/k", {1, {}}, snapshot, go_on);
        }).code == Code::kNotFound);
}

TEST_CASE("every prefix of the files of six checkpoints is noticed", "[io]") {
  Context c({});
  Folder folder(InMemory{});
  const State all = sample(c);
  const char* paths[] = {"model/w", "random/seed", "note", "bytes", "rate"};
  std::vector<State> states(6);  // of none of them, one, two, ...
  for (size_t i = 0; i < states.size(); i++)
    for (size_t k = 0; k < i; k++) states[i].set(paths[k], *all.find(paths[k]));
  for (size_t i = 0; i < states.size(); i++) {
    const std::string at = folder / concat("k", i);
    write_checkpoint("test", at, {static_cast<int64_t>(i), {}}, Snapshot("test", states[i]), go_on);
    for (const char* name : {"/manifest.json", "/tensors.safetensors"}) {
      const std::string whole = bytes_of(at + name);
      for (size_t n = 0; n < whole.size(); n++) {
        write_bytes(at + name, whole.substr(0, n));
        const Failure f = failure_of([&] { read_checkpoint("test", c, at, go_on); });
        INFO(name << " " << n << ": " << f.message);
        REQUIRE(f.code == Code::kCorruptData);
        REQUIRE(f.has(at));
      }
      write_bytes(at + name, whole);
    }
    CHECK(read_checkpoint("test", c, at, go_on).size() == states[i].size());
  }
}

TEST_CASE("every prefix, every flipped bit and every missing file of a checkpoint is noticed", "[io]") {
  Context c({});
  Folder folder(InMemory{});
  const State all = sample(c);
  State state;  // without the long text: each bit is flipped
  for (const auto& [path, value] : all)
    if (path != "long") state.set(path, value);
  write_checkpoint("test", folder / "k", {7, 0.25}, Snapshot("test", state), go_on);
  for (const char* name : {"/manifest.json", "/tensors.safetensors"}) {
    const std::string path = folder / "k" + name, whole = bytes_of(path);
    auto noticed = [&](const std::string& bytes, size_t at) {
      write_bytes(path, bytes);
      for (const Failure& f : {failure_of([&] { read_checkpoint("test", c, folder / "k", go_on); }),
                               failure_of([&] { verify_checkpoint("test", folder / "k", go_on); })}) {
        INFO(name << " " << at << ": " << f.message);
        REQUIRE(f.code == Code::kCorruptData);
        REQUIRE(f.has(folder / "k"));
      }
    };
    for (size_t n = 0; n < whole.size(); n++) noticed(whole.substr(0, n), n);
    noticed(whole + "x", whole.size());
    for (size_t bit = 0; bit < whole.size() * 8; bit += test::bits_apart) {
      std::string flipped = whole;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
      noticed(flipped, bit);
    }
    std::filesystem::remove(path);
    CHECK(failure_of([&] { read_checkpoint("test", c, folder / "k", go_on); }).code == Code::kNotFound);
    // A link is not followed.
    write_bytes(folder / "elsewhere", whole);
    REQUIRE(::symlink((folder / "elsewhere").c_str(), path.c_str()) == 0);
    CHECK(failure_of([&] { read_checkpoint("test", c, folder / "k", go_on); }).has("no link"));
    std::filesystem::remove(path);
    write_bytes(path, whole);
  }
  CHECK(read_checkpoint("test", c, folder / "k", go_on).size() == state.size());
}

TEST_CASE("a checkpoint that finds no memory for its tensors leaves nothing behind", "[io]") {
  Context c({});
  Folder folder;
  {
    State state;
    for (const char* path : {"a", "b", "c"}) {
      Tensor t = c.allocate(DType::kF64, {10000});
      std::memset(t.mutable_raw(), 0, t.bytes());
      state.set(path, std::move(t));
    }
    write_checkpoint("test", folder / "k", {1, {}}, Snapshot("test", state), go_on);
  }
  c.allocator().trim();
  size_t refused = 0;
  for (size_t limit = 1000;; limit += 20000, refused++) {
    c.allocator().set_limit(limit);
    size_t values = 3;
    const Failure f = failure_of([&] { values = read_checkpoint("test", c, folder / "k", go_on).size(); });
    CHECK(values == 3);
    CHECK(c.live_tensors() == 0);
    CHECK(c.allocator().stats().live_bytes == 0);
    c.allocator().trim();
    if (f.code == Code::kOk) break;
    REQUIRE(f.code == Code::kOutOfMemory);
  }
  CHECK(refused >= 10);
}

TEST_CASE("paths that the files do not take are refused before anything is written", "[io]") {
  Context c({});
  State state;
  state.set(std::string("a\0b", 3), 1.0);
  CHECK(failure_of([&] { Snapshot("test", state); }).has("no NUL"));
  State other;
  other.set("\xFF", 1.0);
  CHECK(failure_of([&] { Snapshot("test", other); }).has("UTF-8"));
}

// An object with two values, of which it accepts positive ones.
class Pair final : public Stateful {
 public:
  Pair(double a, std::int64_t b) : a_(a), b_(b) {}
  void save(State& state, const std::string& prefix) const override {
    state.set(joined_path(prefix, "a"), a_);
    state.set(joined_path(prefix, "b"), b_);
  }
  PendingRestorePtr prepare(const State& state, const std::string& prefix) override {
    const double a = state.get<double>(joined_path(prefix, "a"));
    if (a < 0) invalid("[pair] 'a' must not be negative: got ", a, "; look at it");
    return pending_restore(
        [this, a, b = state.get<std::int64_t>(joined_path(prefix, "b"))] { a_ = a, b_ = b; });
  }
  double a_;
  std::int64_t b_;
};

TEST_CASE("objects are restored all or none, and the lists say what does not fit", "[io]") {
  auto first = std::make_shared<Pair>(1, 2), second = std::make_shared<Pair>(3, 4);
  SavedObjects objects;
  objects.add("first", first);
  objects.add("second", second);
  CHECK(failure_of([&] { objects.add("first", second); }).has("'first' twice"));
  CHECK(failure_of([&] { objects.add("", second); }).has("needs a name"));
  CHECK(failure_of([&] { objects.add("third", nullptr); }).has("got null"));
  State state = objects.save();
  first->a_ = second->a_ = 100;
  const PendingRestorePtr pending = objects.prepare(state);
  CHECK(first->a_ == 100);  // not yet
  pending->take();
  CHECK(first->a_ == 1);
  CHECK(second->a_ == 3);

  State wrong;
  wrong.set("first/a", 5.0);
  wrong.set("first/b", 6.0);  // an integer is wanted
  wrong.set("second/a", 7.0);
  wrong.set("third/a", 8.0);
  const Failure f = failure_of([&] { objects.prepare(wrong); });
  CHECK(f.code == Code::kInvalidArgument);
  CHECK(f.has(
      "missing: 'second/b'; extra: 'third/a'; of another kind: 'first/b: a number instead of an integer'"));
  CHECK(first->a_ == 1);

  StateDifference left;
  objects.prepare_partly(wrong, &left)->take();
  CHECK(left.missing == std::vector<std::string>{"second/b"});
  CHECK(left.extra == std::vector<std::string>{"third/a"});
  CHECK(first->a_ == 5);
  CHECK(first->b_ == 2);
  CHECK(second->a_ == 7);

  // The second object refuses: the first is as before.
  State refused;
  refused.set("first/a", 9.0);
  refused.set("first/b", std::int64_t{9});
  refused.set("second/a", -9.0);
  refused.set("second/b", std::int64_t{9});
  CHECK(failure_of([&] { objects.prepare(refused); }).has("must not be negative"));
  CHECK(first->a_ == 5);
  CHECK(first->b_ == 2);
  // Partly, it alone stays as it was, and is reported with the reason.
  objects.prepare_partly(refused, &left)->take();
  REQUIRE(left.refused.size() == 1);
  CHECK(left.refused[0].find("second: ") == 0);
  CHECK(left.refused[0].find("must not be negative") != std::string::npos);
  CHECK(left.text(20).find("refused: 'second: ") == 0);
  CHECK(first->a_ == 9);
  CHECK(first->b_ == 9);
  CHECK(second->a_ == 7);
}

TEST_CASE("long lists of what does not fit are cut at twenty names", "[io]") {
  State wanted, found;
  for (int i = 0; i < 25; i++) wanted.set(concat("v", i), 1.0);
  const std::string text = difference(wanted, found).text(20);
  CHECK(text.find("'v0'") != std::string::npos);
  CHECK(text.find(" and 5 more") != std::string::npos);
}

}  // namespace
}  // namespace tl::io
