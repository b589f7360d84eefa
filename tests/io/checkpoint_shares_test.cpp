// Checkpoints that several write, a share each: who writes what, that all of it comes back, and that nothing is there before the commit
// or with a share that is missing or damaged.
#include "core/io/checkpoint_shares.h"

#include <catch2/catch.hpp>
#include <cstring>

#include "core/io/checkpoint_manager.h"
#include "core/io/saved_objects.h"
#include "tests/io/folder.h"
#include "tests/rounds.h"

namespace tl::io {
namespace {

constexpr auto undisturbed = [] {};

Tensor counting(Context& c, int64_t elements, float value) {
  Tensor t = c.allocate(DType::kF32, {elements});
  for (int64_t i = 0; i < elements; i++) t.mutable_data<float>()[i] = value + static_cast<float>(i);
  return t;
}

State run_state(Context& c, float value = 0) {
  State state;
  state.set("adam/step", int64_t{7});
  state.set("data/position", std::string("\0\xFF", 2));  // stands among the tensors
  state.set("model/a", counting(c, 3, value));
  state.set("model/b", counting(c, 40, value + 1));
  state.set("model/c", counting(c, 30, value + 2));
  state.set("model/d", counting(c, 30, value + 3));
  state.set("model/e", counting(c, 0, value));
  state.set("note", std::string("text"));
  return state;
}

bool same_state(const State& a, const State& b) {
  if (!difference(a, b).empty()) return false;
  for (const auto& [path, value] : a) {
    const StateValue& other = *b.find(path);
    if (const Tensor* t = std::get_if<Tensor>(&value)) {
      const Tensor& u = std::get<Tensor>(other);
      if (t->bytes() && std::memcmp(t->raw(), u.raw(), t->bytes()) != 0) return false;
    } else if (value.index() != other.index()) {
      return false;
    }
  }
  return a.get<std::string>("data/position") == b.get<std::string>("data/position");
}

size_t names_in_folder(const std::string& path) {
  return static_cast<size_t>(
      std::distance(std::filesystem::directory_iterator(path), std::filesystem::directory_iterator()));
}

// As `count` processes write it.
void write_shared(const std::string& path, int64_t step, const State& state, int count) {
  const Snapshot snapshot("test", state);
  CheckpointDraft draft("test", path);
  std::vector<SafetensorsChecksums> sums(static_cast<size_t>(count));
  for (int k = count - 1; k >= 0; k--)
    sums[static_cast<size_t>(k)] = write_share("test", draft.folder(), snapshot, k, count, undisturbed);
  draft.commit("test", {step, {}}, snapshot, sums, undisturbed);
}

TEST_CASE("shares: the largest first, each to who has the fewest bytes so far", "[io]") {
  Context c({});
  const State state = run_state(c);
  const Snapshot snapshot("test", state);
  const auto named = [&](int count) {
    std::vector<std::string> out;
    for (const auto& share : snapshot.shares(count)) {
      out.emplace_back();
      for (size_t i : share)
        out.back() += snapshot.tensors()[i].name.substr(snapshot.tensors()[i].name.find('/') + 1) + " ";
    }
    return out;
  };
  const std::string position = "position ";
  CHECK(named(1) == std::vector<std::string>{position + "a b c d e "});
  CHECK(named(2) == std::vector<std::string>{position + "a b e ", "c d "});
  CHECK(named(3) == std::vector<std::string>{position + "b ", "a c ", "d e "});
  CHECK(named(6) == std::vector<std::string>{position + "b ", "c ", "d ", "a ", "e ", ""});
}

TEST_CASE("a checkpoint in shares comes back whole, whoever reads it", "[io]") {
  Context c({});
  Folder folder;
  const State state = run_state(c);
  for (int count : {1, 2, 3, 4, 9}) {
    const std::string path = folder / concat("k", count);
    write_shared(path, count, state, count);
    CHECK(verify_checkpoint("test", path, undisturbed).step == count);
    CHECK(same_state(state, read_checkpoint("test", c, path, undisturbed)));
    CHECK(names_in_folder(path) == static_cast<size_t>(count) + 1);
  }
}

TEST_CASE("a share that is missing, cut off, damaged or another's is noticed", "[io]") {
  Context c({});
  Folder folder(InMemory{});
  const State state = run_state(c);
  write_shared(folder / "k", 5, state, 3);
  const auto code = [&] {
    Code found = Code::kOk;
    for (int way = 0; way < 2; way++) {
      const Failure f = failure_of([&] {
        way ? (void)verify_checkpoint("test", folder / "k", undisturbed)
            : (void)read_checkpoint("test", c, folder / "k", undisturbed);
      });
      if (way && f.code != found) return Code::kInternal;
      found = f.code;
    }
    return found;
  };
  for (const char* name : {"/manifest.json", "/tensors-00001-of-00003.safetensors",
                           "/tensors-00002-of-00003.safetensors", "/tensors-00003-of-00003.safetensors"}) {
    const std::string path = folder / "k" + name, whole = bytes_of(path);
    for (size_t n = 0; n < whole.size(); n += 7) {
      write_bytes(path, whole.substr(0, n));
      REQUIRE(code() == Code::kCorruptData);
    }
    for (size_t bit = 0; bit < whole.size() * 8; bit += 3 * test::bits_apart) {
      std::string flipped = whole;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
      write_bytes(path, flipped);
      const Code found = code();
      INFO(name << ", bit " << bit);
      REQUIRE((found == Code::kCorruptData || found == Code::kUnsupported));
    }
    std::filesystem::remove(path);
    CHECK(code() == Code::kNotFound);
    write_bytes(path, whole);
  }
  // One of another save, of the same step and objects.
  write_shared(folder / "l", 5, run_state(c, 1), 3);
  const std::string second = "/tensors-00002-of-00003.safetensors";
  const std::string whole = bytes_of(folder / "k" + second);
  write_bytes(folder / "k" + second, bytes_of(folder / "l" + second));
  CHECK(code() == Code::kCorruptData);
  write_bytes(folder / "k" + second, whole);
  CHECK(code() == Code::kOk);
}

TEST_CASE("a commit looks whether all shares are there, and leaves nothing where they are not", "[io]") {
  Context c({});
  Folder folder;
  const State state = run_state(c), other = run_state(c, 1);
  const Snapshot snapshot("test", state);
  for (int which = 0; which < 6; which++) {
    const Failure f = failure_of([&] {
      CheckpointDraft draft("test", folder / "k");
      std::vector<SafetensorsChecksums> sums{
          write_share("test", draft.folder(), snapshot, 0, 2, undisturbed),
          write_share("test", draft.folder(), snapshot, 1, 2, undisturbed)};
      const std::string second = draft.folder() + "/tensors-00002-of-00002.safetensors";
      if (which == 0) std::filesystem::remove(second);
      if (which == 1) write_bytes(second, bytes_of(second) + "x");
      if (which == 2) sums[1].tensors.pop_back();
      if (which == 3) throw Error(Code::kPeerLost, "before the commit");
      if (which >=
          4) {  // a header of the same length, which a reader would take for one of a newer format, or not at all
        std::string damaged = bytes_of(second);
        damaged[which == 4 ? damaged.find("F32") : 8] ^= 1;
        write_bytes(second, damaged);
      }
      draft.commit("test", {1, {}}, snapshot, sums, undisturbed);
    });
    INFO(f.message);
    const Code codes[] = {Code::kNotFound, Code::kCorruptData, Code::kMismatch,
                          Code::kPeerLost, Code::kCorruptData, Code::kCorruptData};
    if (which >= 4) CHECK(f.has("it must be what rank 1 has written: got a header of the checksum"));
    CHECK(f.code == codes[which]);
    CHECK(names_in_folder(folder.path()) == 0);
  }
}

TEST_CASE("managers of one folder save together; a share that is lost leaves the one before", "[io]") {
  Context c({});
  Folder folder;
  CheckpointManager first(c, folder / "all", {}), second(c, folder / "all", {});
  for (int64_t step : {1, 2}) {
    const State state = run_state(c, static_cast<float>(step));
    const auto save = first.begin_shared(step, {}, state);
    const SafetensorsChecksums sums[] = {save->write(2), second.write_share(save->place(), state, 1, 2)};
    save->commit(sums);
  }
  const State later = run_state(c, 3);
  {  // The other rank is lost.
    const auto save = first.begin_shared(3, {}, later);
    (void)save->write(2);
  }
  CHECK(names_in_folder(folder / "all") == 3);  // the lock, and two
  State back;
  CHECK(second.load_latest(back) == 2);
  CHECK(same_state(back, run_state(c, 2)));
  std::filesystem::remove(folder / "all/step-2/tensors-00002-of-00002.safetensors");
  CHECK(second.latest() == 1);
  CHECK(second.load_latest(back) == 1);
  CHECK(same_state(back, run_state(c, 1)));
  // The damaged one is replaced, one that is whole is not, and a place is a place.
  CHECK(failure_of([&] { (void)first.begin_shared(1, {}, later); }).code == Code::kFailedPrecondition);
  CHECK(failure_of([&] { (void)first.begin_shared(-1, {}, later); }).code == Code::kInvalidArgument);
  CHECK(failure_of([&] { (void)second.begin_shared(9, {}, later); }).code == Code::kBusy);
  for (const char* place : {"", "step-3", "../step-3.tmp-1", "step-3.tmp-1/x", "step-x.tmp-1"})
    CHECK(failure_of([&] { (void)second.write_share(place, later, 1, 2); }).code == Code::kInvalidArgument);
  CHECK(failure_of([&] { (void)second.write_share("step-3.tmp-1", later, 1, 2); }).code == Code::kNotFound);
  const auto save = first.begin_shared(2, {}, later);
  const SafetensorsChecksums sums[] = {save->write(2), second.write_share(save->place(), later, 1, 2)};
  save->commit(sums);
  CHECK(second.load_latest(back) == 2);
  CHECK(same_state(back, later));
}

}  // namespace
}  // namespace tl::io
