// What a tape keeps alive.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "core/autodiff/tape.h"

namespace tl {

std::vector<Tape::Saved> Tape::saved_by_op() const {
  std::vector<Saved> out;
  std::unordered_map<std::string, size_t> place;
  std::unordered_set<const Buffer*> counted;
  for (const Entry& e : entries_) {
    const char* name = name_of(e);
    auto [it, is_new] = place.emplace(name, out.size());
    if (is_new) out.push_back({name, 0, 0});
    Saved& saved = out[it->second];
    saved.calls++;
    for (uint32_t i = e.first; i < e.first + e.num_inputs + e.num_outputs; i++) {
      const Tensor& t = tensors_[i];
      if (!t || !has_data(t)) continue;
      // The whole buffer stays alive, of which a slice may be a small part; of a batched tensor that of the batch.
      const TensorNode* node = t.node();
      while (is_batched(node)) node = batched_value(node).physical.node();
      if (counted.insert(node->buffer).second) saved.bytes += node->buffer->capacity;
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const Saved& a, const Saved& b) { return a.bytes > b.bytes; });
  return out;
}

size_t Tape::saved_bytes() const {
  size_t bytes = 0;
  for (const Saved& s : saved_by_op()) bytes += s.bytes;
  return bytes;
}

}  // namespace tl
