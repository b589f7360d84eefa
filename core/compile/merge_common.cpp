// Nodes that compute the same thing of the same values become one.
#include <unordered_map>

#include "core/compile/pass.h"

namespace tl::compile {

using namespace graph;

namespace {

uint64_t hash_of(const Node& node) {
  uint64_t h = hash_attrs(*node.schema, node.attrs.data());
  auto mix = [&](uint64_t x) { h = (h ^ x) * 0x9E3779B97F4A7C15u, h ^= h >> 29; };
  mix(static_cast<uint64_t>(node.schema->id));
  mix(node.again);
  mix(static_cast<uint64_t>(node.draw));
  for (ValueId id : node.in) mix(id);
  return h;
}

// Two draws of one call are the same numbers: a dropout and its gradient have one mask, but different operands.
bool same(const Node& a, const Node& b) {
  return a.schema == b.schema && a.in == b.in && a.again == b.again && a.draw == b.draw &&
         same_attrs(*a.schema, a.attrs.data(), b.attrs.data());
}

}  // namespace

void merge_common(Program& program, Context&) {
  std::vector<ValueId> by(program.values.size());
  for (ValueId id = 0; id < by.size(); id++) by[id] = id;
  std::unordered_multimap<uint64_t, size_t> seen;
  for (size_t i = 0; i < program.nodes.size(); i++) {
    Node& node = program.nodes[i];
    for (ValueId& id : node.in) id = by[id];
    if (node.exchanged) continue;
    const uint64_t hash = hash_of(node);
    const auto [first, last] = seen.equal_range(hash);
    auto found = first;
    while (found != last && !same(program.nodes[found->second], node)) ++found;
    if (found == last) {
      seen.emplace(hash, i);
      continue;
    }
    for (size_t k = 0; k < node.out.size(); k++) by[node.out[k]] = program.nodes[found->second].out[k];
  }
  replace_uses(program, by);
}

}  // namespace tl::compile
