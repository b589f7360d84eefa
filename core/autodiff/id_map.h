// IdMap: from the id of a tensor to a small index, for a tape. Open addressing with linear probing over a power of two,
// because a look-up stands on the path of every recorded op; ids are never 0 and never removed one by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tl {

class IdMap {
 public:
  // The index of an id, or -1.
  int32_t find(uint64_t id) const {
    if (cells_.empty()) return -1;
    for (size_t i = slot(id);; i = (i + 1) & mask_) {
      if (cells_[i].id == id) return cells_[i].index;
      if (cells_[i].id == 0) return -1;
    }
  }
  // So that `count` more ids fit: adding them cannot fail then. Without memory the map stays as it was.
  void make_room(size_t count) {
    while ((size_ + count) * 2 > cells_.size()) grow();
  }
  // Adds an id that is not in the map.
  void insert(uint64_t id, int32_t index) {
    make_room(1);
    place(id, index);
    size_++;
  }
  void clear() {
    cells_.assign(cells_.size(), Cell{});
    size_ = 0;
  }

 private:
  struct Cell {
    uint64_t id = 0;
    int32_t index = -1;
  };
  // Ids are consecutive numbers: the golden-ratio multiplier spreads them.
  size_t slot(uint64_t id) const { return static_cast<size_t>(id * 0x9E3779B97F4A7C15u >> 32) & mask_; }
  void place(uint64_t id, int32_t index) {
    size_t i = slot(id);
    while (cells_[i].id != 0) i = (i + 1) & mask_;
    cells_[i] = Cell{id, index};
  }
  void grow() {
    std::vector<Cell> old(cells_.empty() ? 64 : cells_.size() * 2);
    old.swap(cells_);
    mask_ = cells_.size() - 1;
    for (const Cell& c : old)
      if (c.id != 0) place(c.id, c.index);
  }

  std::vector<Cell> cells_;
  size_t mask_ = 0;
  size_t size_ = 0;
};

}  // namespace tl
