#include "core/io/bundle.h"

#include <functional>

namespace tl::io {

int32_t Categories::code_of(std::string_view text) {
  if (2 * (size() + 1) > table_.size()) grow();
  const size_t mask = table_.size() - 1;
  for (size_t at = std::hash<std::string_view>()(text) & mask;; at = (at + 1) & mask) {
    if (table_[at] == 0) {
      if (size() == kMost) return -1;
      text_.append(text).push_back('\0');
      ends_.push_back(text_.size());
      table_[at] = static_cast<uint32_t>(size());
      return static_cast<int32_t>(size() - 1);
    }
    if ((*this)[table_[at] - 1] == text) return static_cast<int32_t>(table_[at] - 1);
  }
}

void Categories::grow() {
  std::vector<uint32_t> larger(table_.empty() ? 16 : 2 * table_.size());
  const size_t mask = larger.size() - 1;
  for (size_t code = 0; code < size(); code++) {
    size_t at = std::hash<std::string_view>()((*this)[code]) & mask;
    while (larger[at]) at = (at + 1) & mask;
    larger[at] = static_cast<uint32_t>(code + 1);
  }
  table_ = std::move(larger);
}

}  // namespace tl::io
