// Ops that give their operand again.
#include "core/compile/axis_order.h"
#include "core/compile/pass.h"
#include "core/ops/generated/attrs.h"

namespace tl::compile {

using namespace graph;

namespace {

class Canonicaliser {
 public:
  explicit Canonicaliser(Program& program)
      : program_(program), by_(program.values.size()), maker_(program.values.size(), -1) {
    for (ValueId id = 0; id < by_.size(); id++) by_[id] = id;
  }

  void run() {
    for (size_t i = 0; i < program_.nodes.size(); i++) {
      Node& node = program_.nodes[i];
      for (ValueId& id : node.in) id = by_[id];
      for (ValueId id : node.out) maker_[id] = static_cast<int32_t>(i);
      if (node.out.size() == 1) by_[node.out[0]] = same_as(node);
    }
    replace_uses(program_, by_);
  }

 private:
  const Node* maker(ValueId id, OpId op) const {
    if (maker_[id] < 0) return nullptr;
    const Node& node = program_.nodes[static_cast<size_t>(maker_[id])];
    return node.is(op) ? &node : nullptr;
  }
  const Value& value(ValueId id) const { return program_.values[id]; }

  // The value that the node's result is; the result itself where there is none.
  ValueId same_as(Node& node) {
    const ValueId out = node.out[0];
    if (node.in.empty()) return out;
    const ValueId x = node.in[0];
    const bool same_type = value(x).dtype == value(out).dtype && value(x).shape == value(out).shape;
    switch (node.schema->id) {
      case OpId::kIdentity:
      case OpId::kStopGradient:
      case OpId::kCheckRange:
      case OpId::kCheckFinite: return x;  // of the check itself only the result goes
      case OpId::kSlice: {
        // A slice of the whole, unless it reads backwards.
        if (!same_type) return out;
        const IntList& strides = node.as<SliceAttrs>().strides;
        for (int i = 0; i < strides.size(); i++)
          if (strides[i] != 1) return out;
        return x;
      }
      case OpId::kCast:
      case OpId::kBroadcastTo: return same_type ? x : out;
      case OpId::kReshape:
        // Of a chain only the last counts.
        if (const Node* before = maker(x, OpId::kReshape)) {
          node.in[0] = before->in[0];
          if (value(node.in[0]).shape == value(out).shape) return node.in[0];
        }
        return same_type ? x : out;
      case OpId::kTranspose: return transposed(node);
      case OpId::kNeg:
        if (const Node* before = maker(x, OpId::kNeg)) return before->in[0];
        return out;
      case OpId::kMulScalar: return node.as<MulScalarAttrs>().value == 1 ? x : out;
      case OpId::kAddScalar:
        // x + 0 changes the sign of a zero where x is floating point.
        return node.as<AddScalarAttrs>().value == 0 && !is_floating(value(x).dtype) ? x : out;
      default: return out;
    }
  }

  ValueId transposed(Node& node) {
    const int rank = value(node.in[0]).shape.rank();
    IntList order = order_of(node, rank);
    if (const Node* before = maker(node.in[0], OpId::kTranspose)) {
      const IntList first = order_of(*before, rank);
      for (int i = 0; i < rank; i++) order[i] = first[static_cast<int>(order[i])];
      node.in[0] = before->in[0];
      node.as<TransposeAttrs>().permutation = order;
    }
    for (int i = 0; i < rank; i++)
      if (order[i] != i) return node.out[0];
    return node.in[0];
  }

  Program& program_;
  std::vector<ValueId> by_;
  std::vector<int32_t> maker_;
};

}  // namespace

void canonicalise(Program& program, Context&) { Canonicaliser(program).run(); }

}  // namespace tl::compile
