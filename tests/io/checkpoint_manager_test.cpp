#include "core/io/checkpoint_manager.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <random>

#include "tests/io/folder.h"
#include "tests/rounds.h"

namespace tl::io {
namespace {

Tensor number(Context& c, float value) {
  Tensor t = c.allocate(DType::kF32, Shape{});
  t.mutable_data<float>()[0] = value;
  return t;
}

State state_of(Context& c, float value) {
  State state;
  state.set("w", number(c, value));
  return state;
}

float value_in(const State& state) { return state.get<Tensor>("w").data<float>()[0]; }

using Steps = std::vector<std::int64_t>;

Steps gone(std::vector<CheckpointInfo> all, std::int64_t keep, Best best, std::int64_t every) {
  ManagerOptions o;
  o.max_to_keep = keep;
  o.best = best;
  o.keep_every = every;
  return superfluous(std::move(all), o);
}

// What a context has logged.
struct Log {
  std::string lines;
  static void add(void* self, LogLevel, const char* line) {
    static_cast<Log*>(self)->lines += std::string(line) + "\n";
  }
  ContextOptions options() {
    ContextOptions o;
    o.log = add;
    o.log_user_data = this;
    return o;
  }
};

TEST_CASE("which checkpoints go: the oldest, or the worst but the newest, and never a multiple", "[io]") {
  const std::vector<CheckpointInfo> plain{{10, {}}, {30, {}}, {20, {}}, {40, {}}};
  CHECK(gone(plain, 3, Best::kNone, 0) == Steps{10});
  CHECK(gone(plain, 1, Best::kNone, 0) == Steps{10, 20, 30});
  CHECK(gone(plain, -1, Best::kNone, 0).empty());
  CHECK(gone(plain, 1, Best::kNone, 20) == Steps{10});
  CHECK(gone({}, 1, Best::kNone, 0).empty());
  const std::vector<CheckpointInfo> scored{{1, 0.5}, {2, 0.2}, {3, NAN}, {4, 0.9}, {5, {}}, {6, 0.4}};
  CHECK(gone(scored, 2, Best::kMin, 0) == Steps{1, 3, 4, 5});
  CHECK(gone(scored, 2, Best::kMax, 0) == Steps{2, 3, 5});  // 6 is the newest
  CHECK(gone(scored, 4, Best::kMin, 0) == Steps{3, 5});
  CHECK(gone({{1, 0.5}, {2, 0.5}, {3, 0.9}}, 1, Best::kMin, 0) == Steps{1});
}

// The order of metrics, NaN, infinities and none is a strict weak one: whichever order they come in, the same go.
TEST_CASE("which checkpoints go does not depend on the order in which they are found", "[io]") {
  const std::optional<double> metrics[] = {NAN, {}, 1, NAN, -INFINITY, {},  0.0, -0.0, INFINITY, {},
                                           NAN, 1,  2, -1,  {},        NAN, 0.5, {},   3,        4};
  std::vector<CheckpointInfo> all;
  for (int64_t i = 0; i < 20; i++) all.push_back({i, metrics[i], i + 1});
  std::mt19937 random(3);
  for (const Best best : {Best::kMin, Best::kMax})
    for (int64_t keep = 1; keep < 20; keep += 3) {
      const Steps want = gone(all, keep, best, 0);
      // The worst are those without a number, the oldest first.
      const Steps without{0, 1, 3, 5, 9, 10, 14, 15, 17};
      const Steps &more = keep <= 10 ? want : without, &fewer = keep <= 10 ? without : want;
      CHECK(std::includes(more.begin(), more.end(), fewer.begin(), fewer.end()));
      for (int round = 0; round < 20; round++) {
        std::vector<CheckpointInfo> other = all;
        std::shuffle(other.begin(), other.end(), random);
        CHECK(gone(other, keep, best, 0) == want);
      }
    }
}

TEST_CASE("a manager keeps the newest three, finds the newest, and gives each back", "[io]") {
  Context c({});
  Folder folder;
  CheckpointManager manager(c, folder / "run/checkpoints", {});
  CHECK(manager.steps().empty());
  CHECK_FALSE(manager.latest());
  State state;
  CHECK_FALSE(manager.load_latest(state));
  CHECK_FALSE(std::filesystem::exists(folder / "run"));  // nothing is touched before the first save
  for (int step = 1; step <= 12; step++) manager.save(step, {}, state_of(c, static_cast<float>(step)));
  CHECK(manager.steps() == Steps{10, 11, 12});
  CHECK(manager.latest() == 12);
  CHECK(manager.load_latest(state) == 12);
  CHECK(value_in(state) == 12);
  CHECK(value_in(manager.load(10)) == 10);
  CHECK(failure_of([&] { manager.load(1); }).code == Code::kNotFound);
  CHECK(failure_of([&] { manager.save(-1, {}, State()); }).code == Code::kInvalidArgument);
  const Failure again = failure_of([&] { manager.save(11, {}, state_of(c, 0)); });
  CHECK(again.code == Code::kFailedPrecondition);
  CHECK(value_in(manager.load(11)) == 11);
  CHECK(failure_of([&] { manager.best(); }).code == Code::kFailedPrecondition);
}

TEST_CASE("after going back to an earlier step, what is written last is the newest", "[io]") {
  Context c({});
  Folder folder;
  State state;
  {
    CheckpointManager manager(c, folder.path(), {});
    for (int step = 10; step <= 60; step += 10) manager.save(step, {}, state_of(c, static_cast<float>(step)));
    manager.save(41, {}, state_of(c, 41));
    CHECK(manager.steps() == Steps{41, 50, 60});
    CHECK(manager.latest() == 41);
    manager.save(43, {}, state_of(c, 43));
    CHECK(manager.steps() == Steps{41, 43, 60});
  }
  CheckpointManager manager(c, folder.path(), {});  // the order outlives the manager
  CHECK(manager.load_latest(state) == 43);
  CHECK(value_in(state) == 43);
  manager.save(5, {}, state_of(c, 5));
  CHECK(manager.steps() == Steps{5, 41, 43});
  CHECK(manager.latest() == 5);
  write_bytes(folder / "step-5/manifest.json", "{}");
  CHECK(manager.latest() == 43);
}

TEST_CASE("checkpoints without serial numbers are older than those with, by step", "[io]") {
  Context c({});
  Folder folder;
  for (int step : {7, 9, 8}) {
    const State state = state_of(c, static_cast<float>(step));
    write_checkpoint("t", folder / concat("step-", step), {step, {}}, Snapshot("t", state), [] {});
  }
  CheckpointManager manager(c, folder.path(), {});
  CHECK(manager.latest() == 9);
  manager.save(1, {}, state_of(c, 1));
  CHECK(manager.steps() == Steps{1, 8, 9});
  CHECK(manager.latest() == 1);
  // Of equal metrics the one that was written first is the worse; a number at the end of its range stays there.
  CHECK(gone({{1, 0.5, 2}, {2, 0.5, 1}, {3, 0.9, 3}}, 1, Best::kMin, 0) == Steps{2});
  const State last = state_of(c, 2);
  write_checkpoint("t", folder / "step-2", {2, {}, INT64_MAX}, Snapshot("t", last), [] {});
  manager.save(3, {}, state_of(c, 3));
  CHECK(manager.latest() == 3);
}

TEST_CASE("the best by a metric stay, and multiples do", "[io]") {
  Context c({});
  Folder folder;
  ManagerOptions options;
  options.max_to_keep = 2;
  options.best = Best::kMin;
  options.keep_every = 10;
  CheckpointManager manager(c, folder.path(), options);
  const double losses[] = {5, 1, 4, 3, 9};
  for (int i = 0; i < 5; i++) manager.save(3 + i, losses[i], state_of(c, 0));
  manager.save(10, 100.0, state_of(c, 0));
  manager.save(11, 50.0, state_of(c, 0));
  CHECK(manager.steps() == Steps{4, 6, 10, 11});
  CHECK(manager.best() == 4);
  CHECK(manager.latest() == 11);
}

TEST_CASE(
    "a damaged newest checkpoint is passed over with a log line, and replaced when its step comes again",
    "[io]") {
  Log log;
  Context c(log.options());
  Folder folder;
  CheckpointManager manager(c, folder.path(), {});
  manager.save(1, {}, state_of(c, 1));
  manager.save(2, {}, state_of(c, 2));
  const std::string path = folder / "step-2/tensors.safetensors";
  std::string bytes = bytes_of(path);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  write_bytes(path, bytes);
  CHECK(manager.latest() == 1);
  CHECK(log.lines.find("checkpoint 2 is passed over: ") != std::string::npos);
  State state;
  CHECK(manager.load_latest(state) == 1);
  CHECK(value_in(state) == 1);
  CHECK(failure_of([&] { manager.load(2); }).code == Code::kCorruptData);
  manager.save(2, {}, state_of(c, 20));
  CHECK(manager.load_latest(state) == 2);
  CHECK(value_in(state) == 20);
  // Names that are none of ours, a folder under a wrong name, and one without a manifest.
  std::filesystem::create_directory(folder / "step-007");
  std::filesystem::create_directory(folder / "step-99");
  std::filesystem::copy(folder / "step-1", folder / "step-100");
  CHECK(manager.latest() == 2);
  CHECK(manager.steps() == Steps{1, 2});
  CHECK(failure_of([&] { manager.load(100); }).has("got a checkpoint of step 1"));
}

TEST_CASE("whichever bit of the newest checkpoint flips, the one before it is restored", "[io]") {
  Context c({});
  Folder folder(InMemory{});
  CheckpointManager manager(c, folder.path(), {});
  manager.save(1, {}, state_of(c, 1));
  manager.save(2, 0.5, state_of(c, 2));
  for (const char* name : {"step-2/manifest.json", "step-2/tensors.safetensors"}) {
    const std::string path = folder / name, whole = bytes_of(path);
    for (size_t bit = 0; bit < whole.size() * 8; bit += test::bits_apart) {
      std::string flipped = whole;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
      write_bytes(path, flipped);
      INFO(name << ", bit " << bit);
      REQUIRE(failure_of([&] { manager.load(2); }).code == Code::kCorruptData);
      State state;
      REQUIRE(manager.load_latest(state) == 1);
      REQUIRE(value_in(state) == 1);
    }
    write_bytes(path, whole);
  }
  CHECK(manager.latest() == 2);
  // A dtype that no version knows.
  const std::string path = folder / "step-2/tensors.safetensors";
  std::string bytes = bytes_of(path);
  bytes.at(bytes.find("F32")) = 'G';
  write_bytes(path, bytes);
  CHECK(manager.latest() == 1);
  manager.save(2, {}, state_of(c, 20));
  State state;
  CHECK(manager.load_latest(state) == 2);
  CHECK(value_in(state) == 20);
}

TEST_CASE("what a writer that died has left is swept, and nothing else", "[io]") {
  Context c({});
  Folder folder;
  for (const char* name : {"step-5.tmp-0123", "step-x.tmp-0123", "mine.tmp-1", "step-5x"}) {
    std::filesystem::create_directory(folder / name);
    write_bytes(folder / name + "/tensors.safetensors", "half");
  }
  CheckpointManager manager(c, folder.path(), {});
  CHECK(manager.steps().empty());
  CHECK(std::filesystem::exists(folder / "step-5.tmp-0123"));  // reading changes nothing
  manager.save(1, {}, state_of(c, 1));
  CHECK_FALSE(std::filesystem::exists(folder / "step-5.tmp-0123"));
  for (const char* name : {"step-x.tmp-0123", "mine.tmp-1", "step-5x"})
    CHECK(std::filesystem::exists(folder / name));
}

TEST_CASE("a folder has one writer, until that ends", "[io]") {
  Context c({});
  Folder folder;
  CheckpointManager second(c, folder.path(), {});
  {
    CheckpointManager first(c, folder.path(), {});
    first.save(1, {}, state_of(c, 1));
    const Failure f = failure_of([&] { second.save(2, {}, state_of(c, 2)); });
    CHECK(f.code == Code::kBusy);
    CHECK(f.has("has one writer"));
    CHECK(second.latest() == 1);  // reading goes on
    first.save(2, {}, state_of(c, 2));
  }
  second.save(3, {}, state_of(c, 3));
  CHECK(second.steps() == Steps{1, 2, 3});
}

TEST_CASE("a folder that is removed and made anew has one writer as well", "[io]") {
  Context c({});
  Folder folder;
  const std::string path = folder / "run";
  CheckpointManager first(c, path, {}), second(c, path, {});
  first.save(1, {}, state_of(c, 1));
  // Whoever comes first makes it anew.
  std::filesystem::remove_all(path);
  first.save(2, {}, state_of(c, 2));
  CHECK(first.steps() == Steps{2});
  CHECK(failure_of([&] { second.save(3, {}, state_of(c, 3)); }).code == Code::kBusy);
  std::filesystem::remove_all(path);
  second.save(4, {}, state_of(c, 4));
  CHECK(failure_of([&] { first.save(5, {}, state_of(c, 5)); }).code == Code::kBusy);
  second.save(6, {}, state_of(c, 6));
  CHECK(first.steps() == Steps{4, 6});
  // Another folder in its place, too, and a lock that somebody deletes.
  std::filesystem::rename(path, folder / "old");
  first.save(7, {}, state_of(c, 7));
  CHECK(failure_of([&] { second.save(8, {}, state_of(c, 8)); }).code == Code::kBusy);
  std::filesystem::remove(path + "/lock");
  first.save(9, {}, state_of(c, 9));
  CHECK(failure_of([&] { second.save(10, {}, state_of(c, 10)); }).code == Code::kBusy);
  CHECK(first.steps() == Steps{7, 9});
}

TEST_CASE("an asynchronous save writes what the values were, and its error comes with the next call",
          "[io]") {
  Log log;
  Context c(log.options());
  Folder folder;
  ManagerOptions options;
  options.asynchronous = true;
  {
    CheckpointManager manager(c, folder / "a", options);
    for (int step = 0; step < 20; step++) manager.save(step, {}, state_of(c, static_cast<float>(step)));
    CHECK(manager.steps() == Steps{17, 18, 19});
    CHECK(value_in(manager.load(18)) == 18);
    // A step that is there fails in the thread: the next call says so, once.
    manager.save(19, {}, state_of(c, 0));
    CHECK(failure_of([&] { manager.save(20, {}, state_of(c, 20)); }).code == Code::kFailedPrecondition);
    CHECK(manager.steps() == Steps{17, 18, 19});
    manager.save(20, {}, state_of(c, 20));
    manager.wait();
    CHECK(manager.latest() == 20);
    manager.save(20, {}, state_of(c, 0));
  }
  CHECK(log.lines.find("never written over") != std::string::npos);  // the end of the manager logs it
  {
    CheckpointManager manager(c, folder / "b", options);
    manager.save(1, {}, state_of(c, 1));
  }
  CheckpointManager manager(c, folder / "b", options);
  CHECK(manager.latest() == 1);  // the end has waited
}

TEST_CASE("options out of range are refused", "[io]") {
  Context c({});
  auto refused = [&](const char* folder, ManagerOptions o) {
    return failure_of([&] { CheckpointManager(c, folder, o); });
  };
  ManagerOptions o;
  CHECK(refused("", o).has("'folder'"));
  o.max_to_keep = 0;
  CHECK(refused("f", o).has("'max_to_keep'"));
  o.max_to_keep = -2;
  CHECK(refused("f", o).has("'max_to_keep'"));
  o.max_to_keep = 1;
  o.keep_every = -1;
  CHECK(refused("f", o).has("'keep_every'"));
  o.keep_every = 0;
  o.best = static_cast<Best>(3);
  CHECK(refused("f", o).has("'best'"));
}

TEST_CASE("a folder that cannot be written gives a clean error", "[io]") {
  Context c({});
  Folder folder;
  write_bytes(folder / "file", "");
  CheckpointManager in_file(c, folder / "file", {});
  CHECK(failure_of([&] { in_file.save(1, {}, state_of(c, 1)); }).code != Code::kOk);
  if (::geteuid() == 0) {
    WARN("skipped for root, whom no permission stops: a folder without the right to write");
    return;
  }
  std::filesystem::create_directory(folder / "locked");
  REQUIRE(::chmod((folder / "locked").c_str(), 0555) == 0);
  CheckpointManager locked(c, folder / "locked", {});
  CHECK(failure_of([&] { locked.save(1, {}, state_of(c, 1)); }).code == Code::kIo);
}

}  // namespace
}  // namespace tl::io
