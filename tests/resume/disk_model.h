// What a disk may hold after a loss of power: the calls until then, of which those that no sync has made last are each kept or lost, or,
// writes, kept in part. Pessimistic: names do not last by the sync of what they name, and order counts for nothing.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/resume/recorded_calls.h"

namespace disk {

// Files by path; folders end with a slash.
using Tree = std::map<std::string, std::string>;

Tree read_tree(const std::string& folder);
void write_tree(const std::string& folder, const Tree& tree);

// What becomes of a call that does not last.
enum class Fate { kLost, kKept, kTorn };

// The state after the first `count` calls on a disk that held `before`; fate(i) is asked for each call that does not last, a name or
// bytes. Unless a name of a folder is kept nothing in it can be reached.
Tree after(const Tree& before, const std::vector<calls::Call>& all, size_t count,
           const std::function<Fate(size_t)>& fate);

}  // namespace disk
