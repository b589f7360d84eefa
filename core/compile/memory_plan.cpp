#include "core/compile/memory_plan.h"

#include <algorithm>
#include <numeric>

#include "core/compile/pass.h"

namespace tl::compile {

using namespace graph;

namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kNever = SIZE_MAX;

class Planner {
 public:
  explicit Planner(const Program& program)
      : program_(program),
        alias_(find_aliases(program)),
        first_(program.values.size(), kNever),
        last_(program.values.size(), 0),
        escapes_(program.values.size(), 0),
        block_(program.values.size()) {
    std::iota(block_.begin(), block_.end(), 0);
  }

  MemoryPlan run() {
    plan_.places.resize(program_.values.size());
    find_lives();
    place_outsiders();
    place_targets();
    place_fresh();
    share_dying();
    pack();
    for (ValueId id = 0; id < alias_.size(); id++) {
      const Alias& a = alias_[id];
      if (a.root == id) continue;
      plan_.places[id] = plan_.places[a.root];
      plan_.places[id].offset += a.byte_offset;
    }
    return std::move(plan_);
  }

 private:
  const Value& value(ValueId id) const { return program_.values[id]; }
  ValueId root(ValueId id) const { return alias_[id].root; }
  bool is_planned(ValueId id) const { return plan_.places[id].home != Home::kNowhere; }

  // Of roots: when they are made and last taken, by themselves or through a view, and whether they leave the step.
  void find_lives() {
    for (size_t i = 0; i < program_.nodes.size(); i++) {
      const Node& node = program_.nodes[i];
      for (ValueId id : node.in) last_[root(id)] = i;
      for (ValueId id : node.out)
        if (root(id) == id) first_[id] = last_[id] = i;
      if (can_fail(node)) last_failing_ = i + 1;
    }
    for (ValueId id : program_.outputs) escapes_[root(id)]++;
    for (const VariableUse& use : program_.variables)
      if (use.final != kNoValue) escapes_[root(use.final)]++;
  }

  void place_outsiders() {
    for (ValueId id = 0; id < program_.values.size(); id++) {
      const Value& v = value(id);
      Place& p = plan_.places[id];
      p.index = v.index;
      switch (v.origin) {
        case Origin::kInput: p.home = Home::kInput; break;
        case Origin::kVariable: p.home = Home::kVariable; break;
        case Origin::kConstant: p.home = Home::kConstant; break;
        case Origin::kHostNumber: p.home = Home::kNumber; break;
        case Origin::kResult: p.index = 0; break;
      }
    }
  }

  // A new value goes into the memory of its variable when the op may work in place, nobody takes the old value later, the old
  // value does not leave the step, and nothing can fail from there on.
  void place_targets() {
    plan_.first_update = program_.nodes.size();
    for (size_t i = last_failing_; i < program_.nodes.size(); i++) {
      const Node& node = program_.nodes[i];
      for (size_t k = 0; k < node.out.size(); k++) {
        const int operand = node.inplace(k);
        if (operand < 0) continue;
        const ValueId old = node.in[static_cast<size_t>(operand)];
        const Value& v = value(old);
        if (v.origin != Origin::kVariable) continue;
        const VariableUse& use = program_.variables[v.index];
        if (use.final != node.out[k] || last_[old] > i || escapes_[old] ||
            taken_twice(node, static_cast<size_t>(operand), old))
          continue;
        if (v.shape != value(node.out[k]).shape || v.dtype != value(node.out[k]).dtype) continue;
        plan_.places[node.out[k]] = {Home::kTarget, v.index, 0};
        plan_.first_update = std::min(plan_.first_update, i);
      }
    }
  }

  // Whether another operand than number `operand` lies in the memory of `of`. An element-wise op may take a value twice.
  bool taken_twice(const Node& node, size_t operand, ValueId of) const {
    for (size_t j = 0; j < node.in.size(); j++) {
      if (j == operand || block_[root(node.in[j])] != block_[of]) continue;
      if (node.in[j] != node.in[operand] || !node.schema->elementwise) return true;
    }
    return false;
  }

  void place_fresh() {
    for (ValueId id = 0; id < program_.values.size(); id++) {
      if (!escapes_[id] || is_planned(id)) continue;
      plan_.places[id] = {Home::kFresh, static_cast<uint32_t>(plan_.fresh.size()), 0};
      plan_.fresh.push_back(id);
    }
  }

  // Values of the arena that share a block, because an op writes into an operand that dies.
  void share_dying() {
    for (size_t i = 0; i < program_.nodes.size(); i++) {
      const Node& node = program_.nodes[i];
      for (size_t k = 0; k < node.out.size(); k++) {
        const ValueId out = node.out[k];
        const int operand = node.inplace(k);
        if (operand < 0 || root(out) != out || is_planned(out)) continue;
        const ValueId x = node.in[static_cast<size_t>(operand)], of = root(x);
        if (is_planned(of) || value(of).origin != Origin::kResult || alias_[x].byte_offset != 0) continue;
        if (value(x).shape != value(out).shape || value(x).dtype != value(out).dtype) continue;
        if (value(of).bytes() != value(out).bytes()) continue;
        if (last_[block_[of]] != i || taken_twice(node, static_cast<size_t>(operand), of)) continue;
        block_[out] = block_[of];
        last_[block_[of]] = std::max(last_[block_[of]], last_[out]);
      }
    }
  }

  // Greedy by size (Pisarchyk and Lee 2020, "Efficient Memory Management for Deep Neural Net Inference"): the largest first, each
  // into the smallest gap between those that live at the same time.
  void pack() {
    std::vector<ValueId> blocks;
    for (ValueId id = 0; id < program_.values.size(); id++)
      if (root(id) == id && block_[id] == id && !is_planned(id) && first_[id] != kNever) blocks.push_back(id);
    auto room = [&](ValueId id) { return (value(id).bytes() + kAlignment - 1) / kAlignment * kAlignment; };
    std::stable_sort(blocks.begin(), blocks.end(), [&](ValueId a, ValueId b) { return room(a) > room(b); });
    std::vector<Interval> placed;
    for (ValueId id : blocks) {
      std::vector<const Interval*> rivals;
      for (const Interval& other : placed)
        if (other.first <= last_[id] && first_[id] <= other.last) rivals.push_back(&other);
      std::sort(rivals.begin(), rivals.end(),
                [](const Interval* a, const Interval* b) { return a->offset < b->offset; });
      size_t best = kNever, best_gap = kNever, end = 0;
      for (const Interval* other : rivals) {
        if (other->offset >= end + room(id) && other->offset - end < best_gap)
          best = end, best_gap = other->offset - end;
        end = std::max(end, other->offset + other->bytes);
      }
      if (best == kNever) best = end;
      placed.push_back({first_[id], last_[id], best, room(id)});
      plan_.places[id] = {Home::kArena, 0, best};
      plan_.arena_bytes = std::max(plan_.arena_bytes, best + room(id));
    }
    for (ValueId id = 0; id < program_.values.size(); id++)
      if (block_[id] != id && root(id) == id && !is_planned(id)) plan_.places[id] = plan_.places[block_[id]];
    plan_.intervals = std::move(placed);
  }

  const Program& program_;
  const std::vector<Alias> alias_;
  std::vector<size_t> first_, last_;
  std::vector<uint32_t> escapes_;
  std::vector<ValueId> block_;
  size_t last_failing_ = 0;
  MemoryPlan plan_;
};

}  // namespace

MemoryPlan plan_memory(const Program& program) { return Planner(program).run(); }

}  // namespace tl::compile
