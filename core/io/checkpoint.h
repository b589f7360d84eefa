// One checkpoint on disk: a folder that is either whole or not there.
//
//   step-100/tensors.safetensors   the tensors of a State, and texts that are bytes, as u8: a plain safetensors file
//   step-100/manifest.json         {"crc32":"89abcdef","manifest":{...}}: the step, a metric, a serial number, the values that are no tensors, and a
//                                  checksum of each tensor; the first number is that of the second object's text
//
// Where several processes have written it (checkpoint_shares.h), the tensors lie in "tensors-00001-of-00004.safetensors" and so on, and
// the manifest says how many there are: it is then of version 2. It is read alike, by one process or by any number.
//
// Written to "<name>.tmp-<random>", each file and the folder synced, then renamed once; the name's folder is synced last. So a process
// that is killed, or a machine that loses power, leaves the whole checkpoint or none. Every byte of both files is under a crc32: reading
// reports any bit that flipped.
//
// It knows no policy of which checkpoints to keep (checkpoint_manager.h), and no objects (saved_objects.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/io/safetensors.h"
#include "core/tensor/state.h"

namespace tl::io {

// A state as another thread can write it. The state must stay, unchanged, as long as this is used. Throws kInvalidArgument for paths
// and texts that the files do not take.
class Snapshot {
 public:
  Snapshot(const char* op, const State& state);
  const std::vector<StoredTensor>& tensors() const { return tensors_; }
  const Texts& values() const { return values_; }  // by path, as the manifest has them
  // Which of the tensors each of `count` processes writes, in the order of their paths: the largest first, of equals in the order of their
  // paths, each goes to who has the fewest bytes so far, of equals the first. Texts that are bytes are the first one's, and do not count:
  // it writes the manifest, too, and only it needs to know them.
  std::vector<std::vector<size_t>> shares(int count) const;

 private:
  std::vector<StoredTensor> tensors_;
  Texts values_;
};

struct CheckpointInfo {
  int64_t step = 0;
  std::optional<double> metric;
  // The place in the order in which a manager wrote those of its folder, from 1 on; 0: none, as older ones and single ones have.
  int64_t serial = 0;
};

// Writes `path`, which must not be there. Throws kFailedPrecondition where it is, kIo (no space left, no permission), and what the poll
// throws; then nothing is left of it.
void write_checkpoint(const char* op, const std::string& path, const CheckpointInfo& info,
                      const Snapshot& snapshot, Poll poll);

// Only the manifest. Throws kNotFound, kIo, kCorruptData, kUnsupported (a newer format).
CheckpointInfo read_checkpoint_info(const char* op, const std::string& path, Poll poll);
// Reads and checks everything, and keeps nothing. Throws likewise.
CheckpointInfo verify_checkpoint(const char* op, const std::string& path, Poll poll);
// Reads and checks everything. Throws likewise, and kOutOfMemory.
State read_checkpoint(const char* op, Context& context, const std::string& path, Poll poll,
                      CheckpointInfo* info = nullptr);

// Removes one, by way of another name, so that no part of it is ever seen under its own. Throws kIo.
void remove_checkpoint(const char* op, const std::string& path);

}  // namespace tl::io
