// The calls of the system that change a folder, written down, and failed on request. The program that links recorded_calls.cpp defines
// open(), write(), fsync(), rename() and so on itself, so that those of the shared library go through it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace calls {

enum class Kind { kMakeFolder, kMakeFile, kWrite, kSyncFile, kSyncFolder, kRename, kRemove };

struct Call {
  Kind kind;
  std::string path, to;  // below the folder that is watched; to: of a rename
  std::size_t offset = 0;
  std::string bytes;  // of a write
};

// From now on, changes below the folder are written down.
void watch(const std::string& folder);
std::vector<Call> stop();
long count();  // of calls that concerned the folder, those that only opened something too, until the last stop()

// What becomes of call number `at`, counted from 0, or, for good, of all from it on. A call that cannot fail so is not changed.
enum class Fault { kNone, kNoSpace, kIo, kInterrupted, kShortWrite };
void fail(long at, Fault fault, bool for_good);

}  // namespace calls
