// CheckpointManager: the checkpoints of one run in one folder, step-N for step N. Which of them stay, which is the newest that is whole,
// and writing them beside the run.
//
// The first save takes the folder for this manager, by flock(2) on the file "lock" in it, until the manager ends; the lock of a process
// that died is gone. Each save looks whether it is still that folder: one that was removed is made, or taken, anew. Reading needs no lock and no right to write. The newest checkpoint is found by reading the checkpoints, never by a
// note of which it is; one that is damaged is passed over. The newest is the one that was written last, by the serial numbers in the
// manifests, whatever its step: a run that went back to an earlier step goes on from what it wrote then.
//
// A manager belongs to the thread of its context. With `asynchronous` a save returns when the state is taken, which costs nothing since
// tensors never change, and a thread of the manager's writes it; the next call waits for it and throws what went wrong.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/io/checkpoint_shares.h"

namespace tl::io {

// Numbers are those of tl_checkpoint_best in the C API: append only.
enum class Best : int32_t { kNone = 0, kMin = 1, kMax = 2 };

struct ManagerOptions {
  // The newest so many stay; with `best` the best so many, and the newest besides. -1: all.
  int64_t max_to_keep = 3;
  Best best = Best::kNone;
  // Every checkpoint whose step is a multiple of it stays and does not count; 0: none.
  int64_t keep_every = 0;
  bool asynchronous = false;
};

// Which of them go, in ascending order: a function of its own, so that it can be tested. Checkpoints without a metric, or with NaN, are
// worse than all others; of equals the older one is. Older is what was written before, and without serial numbers, by step. The
// newest never goes.
std::vector<int64_t> superfluous(std::vector<CheckpointInfo> all, const ManagerOptions& options);

class CheckpointManager {
 public:
  // Touches nothing yet. Throws kInvalidArgument for options out of range and an empty folder.
  CheckpointManager(Context& context, std::string folder, const ManagerOptions& options);
  ~CheckpointManager();  // waits for a save; what went wrong with it is a line of the log
  CheckpointManager(const CheckpointManager&) = delete;
  CheckpointManager& operator=(const CheckpointManager&) = delete;

  // Writes step-N, and removes what no longer stays. Makes the folder where it is not there. Throws kBusy where another manager has it,
  // kInvalidArgument for a negative step, kFailedPrecondition for a step that is there and whole (a damaged one is replaced), kIo.
  // A failure leaves the earlier checkpoints as they were.
  void save(int64_t step, std::optional<double> metric, State state);

  // A save of which several managers of one folder, one of each rank, write a share each. This is that of the rank that commits it; the
  // others write_share() into its place. Where it ends uncommitted nothing is left.
  class SharedSave;
  // Throws what save() throws, before anything is written. The manager outlives it.
  std::unique_ptr<SharedSave> begin_shared(int64_t step, std::optional<double> metric, State state);
  // Writes share k of n into SharedSave::place(); the state is that of all. Throws kNotFound where this folder is another than that of
  // the rank that commits, kInvalidArgument for a place that is none, kIo.
  SafetensorsChecksums write_share(const std::string& place, const State& state, int share, int shares);

  // Takes the folder now, which the first save does otherwise: makes it, and removes what a writer that was killed has left. Throws kBusy
  // where another has it, kIo.
  void take();

  // Returns when nothing is being written. Throws what went wrong with the last asynchronous save, once.
  void wait();

  // Those whose manifests are whole, ascending. Every call from here on waits as above.
  std::vector<int64_t> steps();
  // The newest, which is the one written last, that is whole, every byte of it; none where there is none.
  std::optional<int64_t> latest();
  // The best by metric among those whose manifests are whole. Throws kFailedPrecondition where no best was asked for.
  std::optional<int64_t> best();
  // Throws kNotFound, kCorruptData, kIo, kOutOfMemory.
  State load(int64_t step);
  // The state of the newest that is whole, and its step; none where there is none. Damaged ones are named in the log.
  std::optional<int64_t> load_latest(State& state);

  const std::string& folder() const { return folder_; }

 private:
  class Lock;
  class Writer;
  std::unique_ptr<Writer> new_writer(int64_t step, std::optional<double> metric, State state) const;
  std::string path_of(int64_t step) const;
  std::vector<int64_t> find_steps() const;
  std::vector<CheckpointInfo> find_all() const;
  std::vector<int64_t> find_newest_first();
  void check_step(const char* op, int64_t step, const CheckpointInfo& info) const;
  State load(const char* op, int64_t step) const;
  void take_folder(const char* op);
  void passed_over(int64_t step, const Error& error);
  // The newest for which f(step) does not throw that it is damaged.
  template <class F>
  std::optional<int64_t> newest(F&& f);

  Context& context_;
  const std::string folder_;
  const ManagerOptions options_;
  std::unique_ptr<Lock> lock_;      // null before the folder is taken
  std::unique_ptr<Writer> writer_;  // null while nothing is being written
};

class CheckpointManager::SharedSave {
 public:
  SharedSave(CheckpointManager& manager, std::unique_ptr<Writer> writer);
  ~SharedSave();
  SharedSave(const SharedSave&) = delete;
  SharedSave& operator=(const SharedSave&) = delete;

  // Where shares are written: the name of a folder in that of the manager.
  const std::string& place() const { return place_; }
  // The first share of so many.
  SafetensorsChecksums write(int shares);
  // All shares have been written and synced: gives the checkpoint its name, and removes those that no longer stay. Once. Throws as
  // save() and CheckpointDraft::commit() do.
  void commit(Span<const SafetensorsChecksums> shares);

 private:
  CheckpointManager& manager_;
  const std::unique_ptr<Writer> writer_;
  CheckpointDraft draft_;
  const std::string place_;
};

}  // namespace tl::io
