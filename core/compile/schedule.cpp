// Where updates of variables stand.
//
// A replay must change nothing when it fails. So the updates that write into the memory of a variable come behind all that can
// fail, and behind whoever needs the old value; there, as early as they can, so that gradients do not live to the end.
#include <algorithm>

#include "core/compile/aliases.h"
#include "core/compile/pass.h"

namespace tl::compile {

using namespace graph;

namespace {

// The variable whose final value result `i` of a node is, when the node may write it into the variable's memory; else null.
const VariableUse* target_of(const Program& program, const Node& node, size_t i) {
  const int operand = node.inplace(i);
  if (operand < 0) return nullptr;
  const Value& old = program.values[node.in[static_cast<size_t>(operand)]];
  if (old.origin != Origin::kVariable) return nullptr;
  const VariableUse& use = program.variables[old.index];
  return use.final == node.out[i] ? &use : nullptr;
}

}  // namespace

bool is_update(const Program& program, const Node& node) {
  if (can_fail(node)) return false;
  for (size_t i = 0; i < node.out.size(); i++)
    if (target_of(program, node, i)) return true;
  return false;
}

void schedule(Program& program, Context&) {
  const std::vector<Alias> alias = find_aliases(program);
  const size_t count = program.nodes.size();
  // Nodes that somebody who can fail waits for cannot come last, and neither can what they wait for.
  std::vector<char> early(count), for_failing(program.values.size());
  for (size_t i = count; i-- > 0;) {
    const Node& node = program.nodes[i];
    bool needed = can_fail(node);
    for (ValueId id : node.out) needed |= for_failing[id] != 0;
    if (!needed) continue;
    early[i] = 1;
    for (ValueId id : node.in) for_failing[id] = 1;
  }
  // Updates, and what waits for them, come as early as they can behind the last node that can fail; all others stay in order.
  std::vector<char> late(count), by_late(program.values.size());
  for (size_t i = 0; i < count; i++) {
    const Node& node = program.nodes[i];
    bool waits = !early[i] && is_update(program, node);
    for (ValueId id : node.in) waits |= by_late[id] != 0;
    if (!waits) continue;
    late[i] = 1;
    for (ValueId id : node.out) by_late[id] = 1;
  }
  // The position behind which each late node may stand, counted in nodes that are not late.
  std::vector<size_t> order, position(program.values.size(), 0), last_use(program.values.size(), 0);
  size_t behind_failing = 0;
  for (size_t i = 0; i < count; i++) {
    if (late[i]) continue;
    order.push_back(i);
    for (ValueId id : program.nodes[i].out) position[id] = order.size();
    for (ValueId id : program.nodes[i].in) last_use[alias[id].root] = order.size();
    if (can_fail(program.nodes[i])) behind_failing = order.size();
  }
  std::vector<std::vector<size_t>> after(order.size() + 1);
  for (size_t i = 0; i < count; i++) {
    if (!late[i]) continue;
    const Node& node = program.nodes[i];
    size_t place = behind_failing;
    for (ValueId id : node.in) place = std::max(place, position[id]);
    for (size_t k = 0; k < node.out.size(); k++)
      if (const VariableUse* use = target_of(program, node, k))
        place = std::max(place, last_use[use->initial]);
    for (ValueId id : node.out) position[id] = place;
    after[place].push_back(i);
  }
  std::vector<Node> nodes;
  nodes.reserve(count);
  for (size_t k = 0; k <= order.size(); k++) {
    if (k > 0) nodes.push_back(std::move(program.nodes[order[k - 1]]));
    for (size_t i : after[k]) nodes.push_back(std::move(program.nodes[i]));
  }
  program.nodes = std::move(nodes);
}

}  // namespace tl::compile
