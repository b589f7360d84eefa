// Loss of power, and disks that fail, in the midst of saves. The calls of the system that a save makes are written down, and a disk is
// made for what may be left after each of them (disk_model.h): the newest checkpoint on it that is whole must be the old one or the
// new one, bit for bit, the new one once the save has returned, and the next save must work. Then each call fails in turn.
//
//   resume_power_loss [RANDOM]    RANDOM disks for each call, besides those where all is lost, kept or torn: 12 by default
#include <tapeloop/tapeloop.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <set>

#include "tests/resume/disk_model.h"

namespace {

using calls::Fault;
using disk::Fate;
using disk::Tree;

int passed = 0, failed = 0;

void check(bool fine, const std::string& what) {
  fine ? passed++ : failed++;
  if (!fine) std::printf("FAILED  %s\n", what.c_str());
}

class Folder {
 public:
  Folder() {
    std::string name =
        std::filesystem::exists("/dev/shm") ? "/dev/shm/tapeloop-power-XXXXXX" : "/tmp/tapeloop-power-XXXXXX";
    if (!mkdtemp(name.data())) std::abort();
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A run of two variables, a number and a text, all of which follow from the step.
class Run {
 public:
  explicit Run(const std::string& folder, bool asynchronous = false) {
    tl_context_options options;
    tl_context_options_init(&options, sizeof options);
    options.threads = 1;
    c_ = tl_context_new(&options);
    all_ = tl_checkpoint_new(c_);
    bool fine = true;
    for (int i = 0; i < 2; i++) {
      const int64_t dims[] = {kElements};
      variables_[i] = tl_variable_new(c_, tl_zeros(c_, dims, 1), i ? "b" : "a", true);
      fine &= tl_checkpoint_add_variable(all_, i ? "b" : "a", variables_[i]) == TL_OK;
    }
    fine &= tl_checkpoint_set_int64(all_, "step", -1) == TL_OK &&
            tl_checkpoint_set_text(all_, "note", "") == TL_OK;
    tl_checkpoint_manager_options o;
    tl_checkpoint_manager_options_init(&o, sizeof o);
    o.max_to_keep = 1;
    o.asynchronous = asynchronous;
    manager_ = tl_checkpoint_manager_new(c_, all_, folder.c_str(), &o);
    check(fine && manager_, std::string("a run: ") + tl_error_message(c_));
  }
  ~Run() { (void)!tl_context_free(c_); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  tl_status save(int64_t step) {
    bool fine = tl_scope_begin(c_) == TL_OK;
    for (int i = 0; i < 2; i++) {
      const int64_t dims[] = {kElements};
      fine &= tl_variable_assign(variables_[i], tl_full(c_, dims, 1, wanted(step, i), TL_F32)) == TL_OK;
    }
    fine &= tl_checkpoint_set_int64(all_, "step", step) == TL_OK && tl_scope_end(c_) == TL_OK;
    fine &= tl_checkpoint_set_text(all_, "note", std::to_string(step).c_str()) == TL_OK;
    check(fine, std::string("a step: ") + tl_error_message(c_));
    const tl_status begun = tl_checkpoint_manager_save(manager_, step, NAN);
    return begun == TL_OK ? tl_checkpoint_manager_wait(manager_) : begun;
  }

  // The step of the newest that is whole, -1 where there is none, and -2 where that is not what was saved.
  int64_t newest() {
    int64_t step = -1, value = -1;
    char note[32];
    if (tl_checkpoint_manager_restore_latest(manager_, &step) != TL_OK) return -2;
    if (step < 0) return -1;
    bool fine = tl_checkpoint_get_int64(all_, "step", &value) == TL_OK && value == step &&
                tl_checkpoint_get_text(all_, "note", note, sizeof note, nullptr) == TL_OK &&
                note == std::to_string(step);
    for (int i = 0; i < 2; i++) {
      const auto* data = static_cast<const float*>(tl_tensor_data(variables_[i]));
      for (int k = 0; k < kElements; k++) fine &= data[k] == wanted(step, i);
    }
    return fine ? step : -2;
  }
  const char* message() { return tl_error_message(c_); }

 private:
  static constexpr int kElements = 64;
  static float wanted(int64_t step, int variable) { return static_cast<float>(2 * step + variable) + .25f; }

  tl_context* c_;
  tl_checkpoint* all_;
  tl_tensor* variables_[2];
  tl_checkpoint_manager* manager_;
};

struct Scenario {
  const char* name;
  std::function<void(const std::string& folder)> before;
  int64_t old, saved;  // steps; -1: none
  bool asynchronous = false;
};

void save(const std::string& folder, int64_t step) {
  Run run(folder);
  check(run.save(step) == TL_OK, std::string("a save: ") + run.message());
}

const Scenario scenarios[] = {
    {"the first save", [](const std::string&) {}, -1, 1},
    {"a save that lets the old one go", [](const std::string& folder) { save(folder, 1); }, 1, 2},
    {"a save beside the run", [](const std::string& folder) { save(folder, 1); }, 1, 2, true},
    {"a save in the place of a damaged one",
     [](const std::string& folder) {
       save(folder, 2);
       std::filesystem::rename(folder + "/step-2", folder + "/aside");
       save(folder, 1);
       std::filesystem::rename(folder + "/aside", folder + "/step-2");
       std::ofstream(folder + "/step-2/manifest.json") << "{";
     },
     1, 2}};

// Saves while the calls are written down; how many of them there were when it had returned.
std::vector<calls::Call> recorded(const Scenario& s, const std::string& folder) {
  Run run(folder, s.asynchronous);
  calls::watch(folder);
  const tl_status status = run.save(s.saved);
  std::vector<calls::Call> all = calls::stop();
  check(status == TL_OK, std::string(s.name) + ": " + run.message());
  return all;
}

void lose_power(const Scenario& s, int random_disks) {
  const Folder folder;
  s.before(folder.path());
  const Tree before = disk::read_tree(folder.path());
  const std::vector<calls::Call> all = recorded(s, folder.path());
  check(disk::after(before, all, all.size(), [](size_t) { return Fate::kKept; }) ==
            disk::read_tree(folder.path()),
        std::string(s.name) + ": the disk that is computed is the one that is there");
  std::mt19937 random(1);
  std::set<Tree> seen;
  long disks = 0, were_new = 0;
  for (size_t count = 0; count <= all.size(); count++)
    for (int kind = 0; kind < 4 + random_disks; kind++) {
      const auto fate = [&](size_t i) {
        const bool bytes = all[i].kind == calls::Kind::kWrite;
        if (kind == 0) return Fate::kLost;
        if (kind == 1) return Fate::kKept;
        if (kind == 2) return bytes ? Fate::kLost : Fate::kKept;  // names first, as many file systems have it
        if (kind == 3) return bytes ? Fate::kTorn : Fate::kKept;
        return static_cast<Fate>(random() % (bytes ? 3 : 2));
      };
      const Tree tree = disk::after(before, all, count, fate);
      const bool returned = count == all.size();
      if (!seen.insert(tree).second && !returned) continue;
      const std::string where = std::string(s.name) + ", after call " + std::to_string(count) + " of " +
                                std::to_string(all.size()) + ", disk " + std::to_string(kind);
      const Folder disk;
      disk::write_tree(disk.path(), tree);
      Run run(disk.path());
      const int64_t newest = run.newest();
      check(newest == s.saved || (newest == s.old && !returned),
            where + ": the newest is " + std::to_string(newest) + " " + run.message());
      check(run.save(9) == TL_OK && run.newest() == 9, where + ": the next save: " + run.message());
      disks++;
      were_new += newest == s.saved;
    }
  std::printf("        %s: %zu calls, %ld disks, the new one on %ld\n", s.name, all.size(), disks, were_new);
  check(were_new > 0 && were_new < disks, std::string(s.name) + ": both happen");
}

void fail_calls(const Scenario& s) {
  for (const Fault fault : {Fault::kNoSpace, Fault::kIo, Fault::kInterrupted, Fault::kShortWrite})
    for (const bool for_good : {false, true}) {
      long k = 0, errors = 0;
      for (bool more = true; more; k++) {
        const Folder folder;
        s.before(folder.path());
        const std::string where = std::string(s.name) + ", call " + std::to_string(k) + ", fault " +
                                  std::to_string(static_cast<int>(fault)) + (for_good ? " for good" : "");
        Run run(folder.path(), s.asynchronous);
        calls::watch(folder.path());
        calls::fail(k, fault, for_good);
        const tl_status status = run.save(s.saved);
        const std::string message = run.message();
        calls::stop();
        more = k < calls::count();
        errors += status != TL_OK;
        const bool harmless = fault == Fault::kInterrupted || fault == Fault::kShortWrite;
        check(status == TL_OK || (status == TL_IO && !harmless), where + ": " + message);
        Run reader(folder.path());
        const int64_t newest = reader.newest();
        check(newest == s.saved || (newest == s.old && status != TL_OK),
              where + ": the newest is " + std::to_string(newest));
      }
      const bool can_fail = fault == Fault::kNoSpace || fault == Fault::kIo;
      check(can_fail == (errors > 0) && k > 10, std::string(s.name) + ": faults reach it");
    }
}

}  // namespace

int main(int count, char** arguments) {
  const int random_disks = count > 1 ? std::atoi(arguments[1]) : 12;
  for (const Scenario& s : scenarios) lose_power(s, random_disks);
  for (const Scenario& s : scenarios) fail_calls(s);
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
