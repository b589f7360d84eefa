#include "core/compile/groups.h"

#include <algorithm>
#include <queue>

#include "core/base/error.h"

namespace tl::compile {

using namespace graph;

Groups::Groups(const Program& program)
    : program_(program),
      maker_(program.values.size(), kNoGroup),
      group_(program.nodes.size(), kNoGroup),
      exchange_before_(program.nodes.size(), kNoGroup),
      users_(program.nodes.size()),
      position_(program.nodes.size()),
      seen_(program.nodes.size()),
      inside_(program.nodes.size()) {
  size_t last_exchange = kNoGroup;
  for (size_t i = 0; i < program.nodes.size(); i++) {
    position_[i] = i;
    for (ValueId id : program.nodes[i].in)
      if (const size_t from = maker_[id]; from != kNoGroup) users_[from].push_back(i);
    for (ValueId id : program.nodes[i].out) maker_[id] = i;
    if (!program.nodes[i].exchanged) continue;
    exchange_before_[i] = last_exchange;
    if (last_exchange != kNoGroup) users_[last_exchange].push_back(i);
    last_exchange = i;
  }
}

// The node, and those of its group.
void Groups::visit(size_t node, std::vector<size_t>* found) {
  if (seen_[node] == search_) return;
  seen_[node] = search_;
  found->push_back(node);
  if (group_[node] == kNoGroup) return;
  for (size_t i : members_[group_[node]]) {
    if (seen_[i] == search_) continue;
    seen_[i] = search_;
    found->push_back(i);
  }
}

// Finds what depends on the nodes, or what they depend on, within places of the order. False where a way leads back to them.
bool Groups::reach(const std::vector<size_t>& nodes, Way way, size_t first, size_t last,
                   std::vector<size_t>* found) {
  search_++;
  for (size_t i : nodes) inside_[i] = search_;
  // True where the edge goes from something else to one of the nodes.
  auto follow = [&](size_t from, size_t to) {
    if (to == kNoGroup) return false;
    if (inside_[to] == search_) return inside_[from] != search_;
    if (position_[to] > first && position_[to] < last) visit(to, found);
    return false;
  };
  auto leads_back = [&](size_t i) {
    if (way == Way::kUsers) {
      for (size_t user : users_[i])
        if (follow(i, user)) return true;
    } else {
      for (ValueId id : program_.nodes[i].in)
        if (follow(i, maker_[id])) return true;
      if (follow(i, exchange_before_[i])) return true;
    }
    return false;
  };
  for (size_t i : nodes) leads_back(i);
  for (size_t k = 0; k < found->size(); k++)
    if (leads_back((*found)[k])) return false;
  return true;
}

bool Groups::can_be_one(const std::vector<size_t>& nodes) {
  size_t last = 0;
  for (size_t i : nodes) last = std::max(last, position_[i]);
  std::vector<size_t> behind;
  return reach(nodes, Way::kUsers, 0, last, &behind);
}

// Gives the nodes one place: behind what they depend on and in front of what depends on them, all of which share the places that
// they had before.
void Groups::move_together(const std::vector<size_t>& nodes) {
  size_t first = SIZE_MAX, last = 0;
  for (size_t i : nodes) first = std::min(first, position_[i]), last = std::max(last, position_[i]);
  std::vector<size_t> before, behind, places;
  TL_INVARIANT(reach(nodes, Way::kUsers, first, last, &behind));
  reach(nodes, Way::kMakers, first, last, &before);
  auto collect = [&](const std::vector<size_t>& list) {
    for (size_t i : list) places.push_back(position_[i]);
  };
  collect(before);
  collect(nodes);
  collect(behind);
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  // Nodes of one group have one place, before and after.
  auto in_order = [&](std::vector<size_t>& list) {
    std::sort(list.begin(), list.end(), [&](size_t a, size_t b) { return position_[a] < position_[b]; });
  };
  in_order(before);
  in_order(behind);
  size_t at = 0;
  for (size_t k = 0, old = SIZE_MAX; k < before.size(); k++) {
    const bool next = position_[before[k]] != old;
    old = position_[before[k]];
    if (next && k > 0) at++;
    position_[before[k]] = places[at];
  }
  const size_t own = before.empty() ? 0 : at + 1;
  for (size_t i : nodes) position_[i] = places[own];
  at = places.size();
  for (size_t k = behind.size(), old = SIZE_MAX; k-- > 0;) {
    if (position_[behind[k]] != old) at--;
    old = position_[behind[k]];
    position_[behind[k]] = places[at];
  }
}

size_t Groups::join(const std::vector<size_t>& nodes) {
  if (nodes.size() > 1) move_together(nodes);
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
  size_t before = kNoGroup;
  for (size_t i = 0; i < unit_of.size(); i++) {
    const std::vector<Node>& unit = units[unit_of[i]].nodes;
    if (unit.size() != 1 || !unit[0].exchanged) continue;
    if (before != kNoGroup) {
      units[before].next.push_back(unit_of[i]);
      units[unit_of[i]].waits++;
    }
    before = unit_of[i];
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
