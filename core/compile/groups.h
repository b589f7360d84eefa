// Groups of nodes that are to become one: whether they can, and the program with one node for each group.
#pragma once

#include <cstdint>
#include <vector>

#include "core/graph/program.h"

namespace tl::compile {

constexpr size_t kNoGroup = SIZE_MAX;

// Which nodes belong together, while a pass decides. A node of no group is one by itself.
//
// Groups and single nodes stand in an order in which each comes after what it takes. A question looks at what lies between the
// nodes in that order and depends on them, and no further; an exchange counts as what the next one depends on.
// Joining moves just that, as when an edge is added to a graph that is kept in order (Pearce and Kelly 2007, "A Dynamic Topological Sort Algorithm for Directed Acyclic Graphs").
class Groups {
 public:
  explicit Groups(const graph::Program& program);

  size_t of(size_t node) const { return group_[node]; }
  // The node that makes a value, or kNoGroup.
  size_t maker(graph::ValueId id) const { return maker_[id]; }
  // True when all that lies on a way between two of the nodes, through whatever else, belongs to them: only then can they
  // stand in one place. Nodes of one group count as one, and stand among them as a whole.
  bool can_be_one(const std::vector<size_t>& nodes);
  // Makes one group of them, which can be one; those they belonged to have to be among them as a whole. The number of the group.
  size_t join(const std::vector<size_t>& nodes);
  const std::vector<size_t>& nodes(size_t group) const {
    return members_[group];
  }  // in order; empty where it is gone
  size_t size() const { return members_.size(); }

 private:
  enum class Way { kUsers, kMakers };
  bool reach(const std::vector<size_t>& nodes, Way way, size_t first, size_t last,
             std::vector<size_t>* found);
  void visit(size_t node, std::vector<size_t>* found);
  void move_together(const std::vector<size_t>& nodes);

  const graph::Program& program_;
  std::vector<size_t> maker_, group_;
  std::vector<size_t> exchange_before_;  // of each node that is an exchange: the one before it, or kNoGroup
  std::vector<std::vector<size_t>> members_;
  std::vector<std::vector<size_t>> users_;  // of each node: those that take its results
  std::vector<size_t> position_;            // of each node: the place of its group, or its own
  // Nodes that the search of this number has seen, and those that it is about.
  std::vector<uint64_t> seen_, inside_;
  uint64_t search_ = 0;
};

// What takes the place of a group.
struct Replacement {
  size_t group;
  std::vector<graph::Node> nodes;  // which make, in this order, all values of the group that others take
};

// Puts nodes in the place of groups, and all others in an order in which each comes after what it takes; exchanges keep theirs.
void replace(graph::Program& program, const Groups& groups, std::vector<Replacement> replacements);

}  // namespace tl::compile
