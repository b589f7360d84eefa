// A checkpoint while it is being written, by one process or by several: a folder that nobody takes for a checkpoint, into which each writes
// its share of the tensors, and which gets its name when all shares have been synced: the one moment from which it is there.
//
// Who writes which share and when all have done so is agreed on elsewhere.
#pragma once

#include <string>

#include "core/io/checkpoint.h"

namespace tl::io {

// Writes the file of share k of n (Snapshot::shares()) into a draft, and syncs it: all have the same state. Throws kNotFound where the draft
// is not there, kIo, and what the poll throws.
SafetensorsChecksums write_share(const char* op, const std::string& draft, const Snapshot& snapshot,
                                 int share, int shares, Poll poll);

class CheckpointDraft {
 public:
  // Makes "<path>.tmp-<random>". Throws kIo.
  CheckpointDraft(const char* op, const std::string& path);
  ~CheckpointDraft();  // removes what has not been committed, without memory
  CheckpointDraft(const CheckpointDraft&) = delete;
  CheckpointDraft& operator=(const CheckpointDraft&) = delete;
  const std::string& folder() const { return folder_; }

  // Writes the manifest, of the values of `snapshot` and of all shares, looks whether shares of others are there, and gives the folder its
  // name. Throws kFailedPrecondition where that is taken, kNotFound and kCorruptData for a share that is not there as its writer says,
  // kMismatch for one of other tensors, kIo, and what the poll throws; then nothing is left of it.
  void commit(const char* op, const CheckpointInfo& info, const Snapshot& snapshot,
              Span<const SafetensorsChecksums> shares, Poll poll);

 private:
  const std::string path_, folder_;
  const std::string* there_ = nullptr;  // the name under which it is to be removed
};

}  // namespace tl::io
