// Provenance: what was made of what, by ids, without the values. A tape keeps one of the ops that cut a path (and of what is
// made of their results), which is little; a tape that explains keeps one of all ops.
//
// A *node* is a value, a *step* what made values: an op, a rule, an assignment. An edge leads from an operand of a step to
// its results. An edge is *live* when a gradient passes through it, else *broken*, for a reason.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/autodiff/id_map.h"
#include "core/autodiff/reason.h"
#include "core/base/span.h"
#include "core/tensor/tensor.h"

namespace tl {

class Provenance {
 public:
  struct Node {
    uint64_t id;
    uint16_t made_by;  // as in TensorNode
    bool floating;
    int32_t step = -1;  // what made it
  };
  struct Step {
    Reason cut;  // kConnected: a gradient passes where the operand is tracked
    std::string name;
    uint64_t number;  // as in Finding
    DType dtype;      // of the first result
    Shape shape;
    uint32_t generation;  // of the tape, which a reset ends
    uint32_t first, num_in, num_out;
  };
  struct Break {
    const Step* step;
    uint64_t operand;  // id
    bool was_tracked;
  };

  // The node of a value, made when it is new.
  int32_t node(const Tensor& t);
  int32_t find(uint64_t id) const { return index_.find(id); }
  bool made(int32_t node) const { return nodes_[node].step >= 0; }
  bool knows(const Tensor& t) const { return index_.find(t.id()) >= 0; }

  // Adds a step; `tracked[i]`: the tape tracked operand i when it ran. All of it or, without memory, nothing.
  void add(Reason cut, std::string name, Span<const Tensor* const> in, Span<const char> tracked,
           Span<const Tensor> out, uint32_t generation);
  void count_steps() { counts_ = true; }  // steps get numbers
  size_t size() const { return steps_.size(); }
  size_t bytes() const {
    return steps_.size() * sizeof(Step) + places_.size() * 5 + nodes_.size() * sizeof(Node) * 2;
  }

  // What some targets are made of.
  struct Cone {
    std::vector<uint64_t> targets;
    std::vector<char> inside;    // of each node; the targets, too
    std::vector<int32_t> steps;  // in the order in which they ran
  };
  Cone cone(Span<const uint64_t> targets) const;
  // Its values whose making is not known.
  std::vector<Node> leaves(const Cone& cone) const;
  // The broken edges that live paths from `sources` run into on their way to the targets, oldest first. `live(edge)`: whether a
  // gradient passes. *reached: whether a live path arrives.
  template <class Live>
  std::vector<Break> breaks(Span<const uint64_t> sources, const Cone& cone, Live&& live, bool* reached) const;

 private:
  IdMap index_;
  std::vector<Node> nodes_;
  std::vector<Step> steps_;
  std::vector<int32_t> places_;  // of the operands, then the results of each step: nodes
  std::vector<char> tracked_;    // parallel to places_
  bool counts_ = false;
};

template <class Live>
std::vector<Provenance::Break> Provenance::breaks(Span<const uint64_t> sources, const Cone& cone, Live&& live,
                                                  bool* reached) const {
  *reached = false;
  std::vector<Break> out;
  std::vector<char> lives;
  for (uint64_t id : sources)
    if (int32_t n = find(id); n >= 0 && cone.inside[n]) {
      lives.resize(nodes_.size());
      lives[n] = 1;
    }
  if (lives.empty()) return out;  // the common case: the targets are made of other things
  for (int32_t s : cone.steps) {
    const Step& step = steps_[s];
    bool passes = false;
    for (uint32_t i = step.first; i < step.first + step.num_in; i++) {
      if (!lives[places_[i]]) continue;
      Break edge{&step, nodes_[places_[i]].id, tracked_[i] != 0};
      if (live(edge))
        passes = true;
      else
        out.push_back(edge);
    }
    for (uint32_t i = step.first + step.num_in; passes && i < step.first + step.num_in + step.num_out; i++)
      if (nodes_[places_[i]].floating) lives[places_[i]] = 1;
  }
  for (uint64_t id : cone.targets)
    if (int32_t n = find(id); n >= 0) *reached |= lives[n] != 0;
  return out;
}

}  // namespace tl
