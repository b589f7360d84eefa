// Bundle: the named tensors of a file, in the file's order, and the texts that codes among them stand for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor/tensor.h"

namespace tl::io {

// Texts without repetition, numbered from 0 as they come. Holds them in one piece: a million short texts cost little more than
// their bytes.
class Categories {
 public:
  static constexpr size_t kMost = size_t{1} << 20;

  size_t size() const { return ends_.size(); }
  std::string_view operator[](size_t code) const {
    const size_t begin = code ? ends_[code - 1] : 0;
    return std::string_view(text_).substr(begin, ends_[code] - begin - 1);  // without the NUL behind it
  }
  // The same with a NUL at its end.
  const char* c_str(size_t code) const { return text_.data() + (code ? ends_[code - 1] : 0); }
  // The number of a text, a new one where it is new; -1 where there are kMost already.
  int32_t code_of(std::string_view text);
  void forget_index() { table_ = std::vector<uint32_t>(); }  // no text will be looked up any more

 private:
  void grow();
  std::string text_;
  std::vector<size_t> ends_;
  std::vector<uint32_t> table_;  // open addressing: number + 1 of a text, 0 where there is none
};

struct Bundle {
  struct Entry {
    std::string name;
    Tensor tensor;
    Categories categories;  // of a tensor of codes; empty for all others
  };
  std::vector<Entry> entries;

  // Null where there is none of this name.
  const Entry* find(std::string_view name) const {
    for (const Entry& entry : entries)
      if (entry.name == name) return &entry;
    return nullptr;
  }
};

}  // namespace tl::io
