// The overlap checker: runs a program with bytes that remember who wrote them. It knows nothing of intervals and of how places
// were found: it walks over the nodes as the executor does and looks whether what each takes is still what was made.
#include <map>

#include "core/base/error.h"
#include "core/compile/memory_plan.h"
#include "core/compile/pass.h"

namespace tl::compile {

using namespace graph;

namespace {

// Pieces of one memory and the values that were written there last.
class Memory {
 public:
  void write(size_t begin, size_t bytes, ValueId who) {
    if (bytes == 0) return;
    const size_t end = begin + bytes;
    cut(begin);
    cut(end);
    pieces_.erase(pieces_.lower_bound(begin), pieces_.lower_bound(end));
    pieces_[begin] = {end, who};
  }
  // Whoever else has written into a range, or kNoValue.
  ValueId intruder(size_t begin, size_t bytes, ValueId who) const {
    const size_t end = begin + bytes;
    auto it = pieces_.upper_bound(begin);
    if (it != pieces_.begin()) --it;
    for (; it != pieces_.end() && it->first < end; ++it)
      if (it->second.end > begin && it->second.who != who) return it->second.who;
    return kNoValue;
  }

 private:
  struct Piece {
    size_t end;
    ValueId who;
  };
  void cut(size_t at) {
    auto it = pieces_.lower_bound(at);
    if (it == pieces_.begin()) return;
    --it;
    if (it->second.end <= at) return;
    const Piece rest{it->second.end, it->second.who};
    it->second.end = at;
    pieces_[at] = rest;
  }
  std::map<size_t, Piece> pieces_;
};

// Where a place is: values of one key share one memory. A variable's new value in place lies where its old one was.
std::pair<int, uint32_t> memory_of(const Place& place) {
  const Home home = place.home == Home::kTarget ? Home::kVariable : place.home;
  return {static_cast<int>(home), home == Home::kArena ? 0 : place.index};
}

}  // namespace

std::string overlap_of(const Program& program, const MemoryPlan& plan) {
  std::map<std::pair<int, uint32_t>, Memory> memories;
  // Which value's data a view shows.
  std::vector<ValueId> shown(program.values.size());
  for (ValueId id = 0; id < shown.size(); id++) shown[id] = id;
  auto at = [&](ValueId id) -> Memory& { return memories[memory_of(plan.places[id])]; };
  auto name = [](ValueId id) { return concat("%", id); };

  for (ValueId id = 0; id < program.values.size(); id++)
    if (program.values[id].origin != Origin::kResult)
      at(id).write(plan.places[id].offset, program.values[id].bytes(), id);
  auto broken = [&](ValueId id, const std::string& taker) -> std::string {
    const Place& p = plan.places[id];
    if (p.home == Home::kNowhere && program.values[id].bytes())
      return concat(taker, " takes ", name(id), ", which has no memory");
    const ValueId who = at(id).intruder(p.offset, program.values[id].bytes(), shown[id]);
    return who == kNoValue ? ""
                           : concat(taker, " takes ", name(id), " where ", name(who), " has been written");
  };
  bool updated = false;
  for (size_t i = 0; i < program.nodes.size(); i++) {
    const Node& node = program.nodes[i];
    if (updated && can_fail(node))
      return concat(node.schema->name, " can fail after a variable has been changed");
    for (ValueId id : node.in)
      if (std::string problem = broken(id, node.schema->name); !problem.empty()) return problem;
    if (node.is_half(Half::kFinish)) {
      for (size_t k = 0, first = node.in.size() - node.out.size(); k < node.out.size(); k++)
        shown[node.out[k]] = shown[node.in[first + k]];
      continue;
    }
    if (is_view(program, node)) {
      shown[node.out[0]] = shown[node.in[0]];
      continue;
    }
    for (size_t k = 0; k < node.out.size(); k++) {
      const ValueId out = node.out[k];
      const Place& p = plan.places[out];
      const size_t bytes = program.values[out].bytes();
      if (p.home == Home::kNowhere && bytes)
        return concat(node.schema->name, " makes ", name(out), ", which has no memory");
      if (p.home == Home::kArena && p.offset + bytes > plan.arena_bytes)
        return concat(name(out), " ends behind the arena");
      if (p.home == Home::kArena && p.offset % 64 != 0) return concat(name(out), " is not aligned");
      updated |= p.home == Home::kTarget;
      // While it is written, an operand may lie in the same place only where the op allows it for that operand.
      for (size_t j = 0; j < node.in.size(); j++) {
        const ValueId in = node.in[j];
        const Place& q = plan.places[in];
        if (memory_of(p) != memory_of(q) || bytes == 0 || program.values[in].bytes() == 0) continue;
        const bool apart = q.offset + program.values[in].bytes() <= p.offset || p.offset + bytes <= q.offset;
        const int place = node.inplace(k);
        const bool allowed = q.offset == p.offset && program.values[in].shape == program.values[out].shape &&
                             place >= 0 && in == node.in[static_cast<size_t>(place)];
        if (!apart && !allowed)
          return concat(node.schema->name, " writes ", name(out), " over its operand ", name(in));
      }
      for (size_t other = 0; other < k; other++)
        if (at(out).intruder(p.offset, bytes, out) == node.out[other])
          return concat(node.schema->name, " writes ", name(out), " over its result ", name(node.out[other]));
      at(out).write(p.offset, bytes, out);
    }
  }
  for (ValueId id : program.outputs)
    if (std::string problem = broken(id, "the caller"); !problem.empty()) return problem;
  for (const VariableUse& use : program.variables) {
    if (use.final == kNoValue) continue;
    if (std::string problem = broken(use.final, concat("variable '", use.name, "'")); !problem.empty())
      return problem;
  }
  // What leaves the step must not be overwritten by the next one.
  for (ValueId id : program.outputs)
    if (plan.places[id].home == Home::kArena) return concat("output ", name(id), " lies in the arena");
  return "";
}

}  // namespace tl::compile
