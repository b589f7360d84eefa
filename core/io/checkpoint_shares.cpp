#include "core/io/checkpoint_shares.h"

#include <sys/stat.h>

#include <cerrno>

#include "core/io/checkpoint_manifest.h"
#include "core/io/folders.h"

namespace tl::io {

SafetensorsChecksums write_share(const char* op, const std::string& draft, const Snapshot& snapshot,
                                 int share, int shares, Poll poll) {
  std::vector<StoredTensor> mine;
  const std::vector<std::vector<size_t>> all = snapshot.shares(shares);
  for (size_t i : all[static_cast<size_t>(share)]) mine.push_back(snapshot.tensors()[i]);
  File file = File::create(op, draft + tensors_file(share, shares));
  SafetensorsChecksums sums = write_safetensors(file, mine, {}, StoredFloats::kAsTheyAre, poll);
  file.sync();
  file.close();
  // On this machine; the folder is synced again, by who commits it.
  if (shares > 1) sync_folder(op, draft);
  return sums;
}

CheckpointDraft::CheckpointDraft(const char* op, const std::string& path)
    : path_(path), folder_(temporary_beside(path)) {
  if (::mkdir(folder_.c_str(), 0777) != 0)
    fail_of_system(op, "the folder of a checkpoint cannot be made", folder_, errno);
  there_ = &folder_;
}

CheckpointDraft::~CheckpointDraft() {
  if (there_) (void)remove_tree(*there_);
}

void CheckpointDraft::commit(const char* op, const CheckpointInfo& info, const Snapshot& snapshot,
                             Span<const SafetensorsChecksums> shares, Poll poll) {
  const auto count = static_cast<int>(shares.size());
  for (int k = 1; k < count; k++) {
    const SafetensorsChecksums& said = shares[static_cast<size_t>(k)];
    // Before its header is read: what a flipped bit makes of a dtype, say, is damage, not a file that this version cannot read.
    const File file = File::open(op, folder_ + tensors_file(k, count), Links::kRefuse);
    const auto differs = [&](const auto& got, const auto& wanted) {
      fail(Code::kCorruptData, "[", op, "] ", file.path(), ": it must be what rank ", k, " has written: got ",
           got, " for ", wanted, "; all ranks save into one folder that all of them see");
    };
    if (file.size() != said.bytes)
      differs(concat(file.size(), " bytes"), said.bytes);
    else if (const uint32_t header = SafetensorsHeader::checksum_of(file, poll); header != said.header)
      differs(concat("a header of the checksum ", checksum_text(header)), checksum_text(said.header));
  }
  const std::string text = manifest_text(op, info, snapshot, shares);
  File manifest = File::create(op, folder_ + kManifestFile);
  manifest.write(text.data(), text.size(), poll);
  manifest.sync();
  manifest.close();
  sync_folder(op, folder_);
  if (!rename_to_new(op, folder_, path_))
    fail(Code::kFailedPrecondition, "[", op, "] a checkpoint is never written over: got '", path_,
         "', which is there; remove it, or use another name or folder");
  there_ = &path_;
  sync_folder(op, folder_of(path_));
  there_ = nullptr;
}

}  // namespace tl::io
