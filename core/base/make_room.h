// Room in vectors before anything changes: what is pushed afterwards cannot fail, so that a list never holds half a record.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace tl {

// So that `count` more elements fit. Grows as push_back does, and not to the exact size, which would copy each time.
template <class T>
void make_room(std::vector<T>& list, size_t count) {
  if (list.capacity() - list.size() < count) list.reserve(std::max(list.capacity() * 2, list.size() + count));
}

}  // namespace tl
