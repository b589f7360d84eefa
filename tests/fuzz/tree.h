// A folder as one input, for readers of folders: files one behind the other, each as a byte that says how long its path is, the path,
// two bytes that say how long the content is (lowest first), and the content. Whatever the bytes are, some tree is in them.
#pragma once

#include <string>
#include <vector>

namespace tl::fuzz {

struct TreeFile {
  // Folders in front of the name. It begins with '>' for a symbolic link to a name in the same folder, which is the content; with '|'
  // for a pipe; and ends in '/' for a folder.
  std::string path;
  std::string content;
};
std::vector<TreeFile> tree_in(const std::string& bytes);
std::string bytes_of(const std::vector<TreeFile>& files);

// Writes the tree in memory, in the place of the one before, and gives its path. No name and no link leads out of it. Of two files of
// one path the first is there.
std::string written_tree(const std::string& bytes);

// A folder in memory for this process, gone when that ends in its own way.
const std::string& memory_folder();

}  // namespace tl::fuzz
