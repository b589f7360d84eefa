// Folders that the library itself makes, lists and removes, those of checkpoints. Not std::filesystem: some of its functions end the
// program when there is no memory. folder.h is for reading folders of others, which nothing may lead out of.
#pragma once

#include <string>
#include <vector>

namespace tl::io {

// Makes the folder and those above it, where they are not there. Throws kIo, kNotFound (a file is in the way).
void make_folders(const char* op, const std::string& path);

// The names of what lies in a folder, but for "." and "..", in no order; none where the folder is not there. Throws kIo, kOutOfMemory.
std::vector<std::string> names_in(const char* op, const std::string& folder);

// Removes a file, or a folder with all that lies in it; links themselves, not what they lead to. 0, also where nothing was there, or
// the error number of the first thing that stays. Needs no memory of its own.
int remove_tree(const std::string& path) noexcept;

}  // namespace tl::io
