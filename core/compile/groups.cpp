#include "core/compile/groups.h"

#include <algorithm>
#include <queue>

#include "core/base/error.h"

namespace tl::compile {

using namespace graph;

Groups::Groups(const Program& program)
    : program_(program), maker_(program.values.size(), kNoGroup), group_(program.nodes.size(), kNoGroup) {
  for (size_t i = 0; i < program.nodes.size(); i++)
    for (ValueId id : program.nodes[i].out) maker_[id] = i;
}

bool Groups::can_be_one(const std::vector<size_t>& nodes) const {
  std::vector<char> inside(program_.nodes.size()), behind(program_.nodes.size());
  std::vector<char> group_behind(members_.size());
  for (size_t i : nodes) inside[i] = 1;
  size_t first = *std::min_element(nodes.begin(), nodes.end());
  // What depends on one of them: passes over the nodes until no group adds more.
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = first; i < program_.nodes.size(); i++) {
      if (behind[i]) continue;
      bool depends = !inside[i] && group_[i] != kNoGroup && group_behind[group_[i]];
      for (ValueId id : program_.nodes[i].in) {
        const size_t from = maker_[id];
        if (from == kNoGroup) continue;
        if (inside[i] && behind[from]) return false;
        depends |= !inside[i] && (inside[from] || behind[from]);
      }
      if (!depends) continue;
      behind[i] = 1;
      if (group_[i] == kNoGroup || group_behind[group_[i]]) continue;
      group_behind[group_[i]] = 1;
      changed = true;
    }
    // A group that depends on them may have members in front of them, and others that depend on those.
    for (size_t g = 0; g < members_.size(); g++)
      if (group_behind[g]) first = std::min(first, members_[g].front());
  }
  return true;
}

size_t Groups::join(const std::vector<size_t>& nodes) {
  std::vector<size_t> sorted = nodes;
  std::sort(sorted.begin(), sorted.end());
  for (size_t i : sorted)
    if (group_[i] != kNoGroup) members_[group_[i]].clear();
  for (size_t i : sorted) group_[i] = members_.size();
  members_.push_back(std::move(sorted));
  return members_.size() - 1;
}

void replace(Program& program, const Groups& groups, std::vector<Replacement> replacements) {
  if (replacements.empty()) return;
  // Units: nodes by themselves, and groups, each with a key: the place of its last node.
  struct Unit {
    size_t key;
    std::vector<Node> nodes;
    size_t waits = 0;
    std::vector<size_t> next;
  };
  std::vector<Unit> units;
  std::vector<size_t> unit_of(program.nodes.size(), kNoGroup);
  for (Replacement& r : replacements) {
    for (size_t i : groups.nodes(r.group)) unit_of[i] = units.size();
    units.push_back({groups.nodes(r.group).back(), std::move(r.nodes), 0, {}});
  }
  for (size_t i = 0; i < program.nodes.size(); i++) {
    if (unit_of[i] != kNoGroup) continue;
    unit_of[i] = units.size();
    units.push_back({i, {}, 0, {}});
    units.back().nodes.push_back(std::move(program.nodes[i]));
  }
  std::vector<size_t> maker(program.values.size(), kNoGroup);
  for (size_t u = 0; u < units.size(); u++)
    for (const Node& node : units[u].nodes)
      for (ValueId id : node.out) maker[id] = u;
  for (size_t u = 0; u < units.size(); u++)
    for (const Node& node : units[u].nodes)
      for (ValueId id : node.in) {
        if (maker[id] == kNoGroup || maker[id] == u) continue;
        units[maker[id]].next.push_back(u);
        units[u].waits++;
      }
  auto later = [&](size_t a, size_t b) { return units[a].key > units[b].key; };
  std::priority_queue<size_t, std::vector<size_t>, decltype(later)> ready(later);
  for (size_t u = 0; u < units.size(); u++)
    if (units[u].waits == 0) ready.push(u);
  std::vector<Node> nodes;
  size_t done = 0;
  for (; !ready.empty(); done++) {
    const size_t u = ready.top();
    ready.pop();
    for (Node& node : units[u].nodes) nodes.push_back(std::move(node));
    for (size_t next : units[u].next)
      if (--units[next].waits == 0) ready.push(next);
  }
  TL_INVARIANT(done == units.size());
  program.nodes = std::move(nodes);
}

}  // namespace tl::compile
