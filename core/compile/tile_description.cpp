#include "core/compile/tile_description.h"

#include <algorithm>
#include <map>

#include "core/ops/generated/attrs.h"

namespace tl::compile {

using namespace graph;
using kernels::TileInstruction;

namespace {

// Results that keep the last axis of their operand as it is, and those that have one element for each row.
bool keeps_rows(OpId op) { return op == OpId::kSoftmax || op == OpId::kLogSoftmax; }
bool is_reduction(OpId op) {
  switch (op) {
    case OpId::kSum:
    case OpId::kProd:
    case OpId::kMax:
    case OpId::kMin:
    case OpId::kArgmax:
    case OpId::kArgmin:
    case OpId::kLogsumexp: return true;
    default: return false;
  }
}

// All reductions have the same two attributes.
const SumAttrs& reduction_attrs(const Node& node) { return node.as<SumAttrs>(); }
static_assert(sizeof(SumAttrs) == sizeof(ArgmaxAttrs) && sizeof(SumAttrs) == sizeof(LogsumexpAttrs));

class Describer {
 public:
  // one_each: every use of a value from outside has the same axes.
  Describer(const Program& program, const std::vector<size_t>& nodes, bool one_each, TileGroup* out)
      : program_(program), out_(*out), one_each_(one_each) {
    for (size_t i : nodes) nodes_.push_back(&program.nodes[i]);
  }

  bool run(const std::vector<ValueId>& needed) {
    for (const Node* node : nodes_)
      for (ValueId id : node->out) inside_.emplace(id, add_value(id));
    for (const Node* node : nodes_) link(*node);
    if (broken_ || !find_domain()) return false;
    std::map<ValueId, int> number;  // in the description, of values inside
    describe_inputs();
    int next = static_cast<int>(out_.description.inputs.size());
    for (const Node* node : nodes_) {
      if (is_plain_view(program_, *node)) {
        number[node->out[0]] = number.at(node->in[0]);
        continue;
      }
      TileInstruction i;
      i.op = node->schema->id;
      for (size_t k = 0; k < node->in.size(); k++) {
        const auto from = number.find(node->in[k]);
        i.operands[k] = from != number.end() ? from->second : input_of_.at({node, k});
      }
      if (!set_attrs(*node, &i)) return false;
      out_.description.instructions.push_back(i);
      out_.ops.push_back(i.op);
      out_.flops += flops_of(*node);
      number[node->out[0]] = next++;
      maker_[node->out[0]] = i.op;
    }
    for (ValueId id : needed) {
      out_.description.outputs.push_back(number.at(id));
      out_.outputs.push_back(id);
      out_.made_by.push_back(maker_.at(id));
    }
    return true;
  }

 private:
  // The axes of a value: a class each, -1 where it has size 1.
  struct Value {
    ValueId id;
    std::vector<int> axes;
  };

  const Shape& shape(ValueId id) const { return program_.values[id].shape; }

  size_t add_value(ValueId id) {
    Value v{id, {}};
    for (int a = 0; a < shape(id).rank(); a++) {
      v.axes.push_back(shape(id)[a] == 1 ? -1 : static_cast<int>(parent_.size()));
      if (shape(id)[a] != 1) {
        parent_.push_back(static_cast<int>(parent_.size()));
        size_.push_back(shape(id)[a]);
      }
    }
    values_.push_back(std::move(v));
    return values_.size() - 1;
  }

  // An operand: the value inside, or one from outside.
  size_t operand(const Node& node, size_t k) {
    const auto found = inside_.find(node.in[k]);
    if (found != inside_.end()) return found->second;
    size_t value = values_.size();
    for (const auto& [use, known] : uses_)
      if (one_each_ && values_[known].id == node.in[k]) value = known;
    if (value == values_.size()) value = add_value(node.in[k]);
    uses_.push_back({{&node, k}, value});
    return value;
  }

  int find(int axis) {
    while (parent_[static_cast<size_t>(axis)] != axis) axis = parent_[static_cast<size_t>(axis)];
    return axis;
  }
  void same(int a, int b) {
    if (a < 0 || b < 0) {
      broken_ |= a >= 0 || b >= 0;
      return;
    }
    a = find(a), b = find(b);
    broken_ |= size_[static_cast<size_t>(a)] != size_[static_cast<size_t>(b)];
    parent_[static_cast<size_t>(a)] = b;
  }

  void link(const Node& node) {
    const OpId op = node.schema->id;
    const size_t result = inside_.at(node.out[0]);
    if (is_plain_view(program_, node)) return link_view(operand(node, 0), result);
    if (is_reduction(op)) return link_reduction(node, operand(node, 0), result);
    if (op == OpId::kSparseSoftmaxCrossEntropy || op == OpId::kCorrectClass) {
      const size_t labels = operand(node, 0), rows = operand(node, 1);
      link_front(rows, result, values_[result].axes.size());
      return link_front(labels, result, values_[result].axes.size());
    }
    if (op == OpId::kOneHot) {
      const size_t labels = operand(node, 0);
      return link_front(labels, result, values_[labels].axes.size());
    }
    if (op == OpId::kInverseRms) {
      const size_t x = operand(node, 0);
      return link_front(x, result, values_[x].axes.size() - 1);
    }
    if (keeps_rows(op)) {
      const size_t x = operand(node, 0);
      return link_front(x, result, values_[x].axes.size());
    }
    for (size_t k = 0; k < node.in.size(); k++) link_back(operand(node, k), result);
  }

  // Element-wise: axes are counted from the last one, and an operand may have size 1.
  void link_back(size_t x, size_t result) {
    const std::vector<int>&a = values_[x].axes, &r = values_[result].axes;
    for (size_t i = 0; i < a.size(); i++) {
      const int axis = a[a.size() - 1 - i];
      if (axis >= 0) same(axis, r[r.size() - 1 - i]);
    }
  }
  void link_front(size_t x, size_t result, size_t count) {
    for (size_t i = 0; i < count && !broken_; i++) same(values_[x].axes[i], values_[result].axes[i]);
  }
  void link_view(size_t x, size_t result) {
    auto next = [](const std::vector<int>& axes, size_t from) {
      while (from < axes.size() && axes[from] < 0) from++;
      return from;
    };
    const std::vector<int>&a = values_[x].axes, &r = values_[result].axes;
    size_t i = next(a, 0), k = next(r, 0);
    for (; i < a.size() && k < r.size(); i = next(a, i + 1), k = next(r, k + 1)) same(a[i], r[k]);
    broken_ |= i < a.size() || k < r.size();
  }
  void link_reduction(const Node& node, size_t x, size_t result) {
    const SumAttrs& attrs = reduction_attrs(node);
    const int rank = shape(node.in[0]).rank();
    uint32_t mask = attrs.axes.empty() ? (1u << rank) - 1 : 0;
    for (int64_t axis : attrs.axes) mask |= 1u << (axis < 0 ? axis + rank : axis);
    size_t k = 0;
    for (int a = 0; a < rank; a++) {
      const bool reduced = mask >> a & 1;
      if (!reduced) same(values_[x].axes[static_cast<size_t>(a)], values_[result].axes[k]);
      if (!reduced || attrs.keepdims) k++;
    }
  }

  // The domain has every axis once, in the order of the value that has them all.
  bool find_domain() {
    const Value* most = nullptr;
    auto count = [](const Value& v) {
      return std::count_if(v.axes.begin(), v.axes.end(), [](int a) { return a >= 0; });
    };
    for (const Value& v : values_)
      if (!most || count(v) > count(*most)) most = &v;
    for (int axis : most->axes)
      if (axis >= 0) {
        domain_.push_back(find(axis));
        if (std::count(domain_.begin(), domain_.end(), domain_.back()) > 1) return false;
      }
    for (const Value& v : values_) {
      std::ptrdiff_t last = -1;
      for (int axis : v.axes) {
        if (axis < 0) continue;
        const auto at = std::find(domain_.begin(), domain_.end(), find(axis)) - domain_.begin();
        if (at == static_cast<std::ptrdiff_t>(domain_.size()) || at <= last) return false;
        last = at;
      }
    }
    return true;
  }

  Shape tile_shape(const Value& v) {
    Shape s;
    for (int axis : domain_) {
      int64_t size = 1;
      for (int own : v.axes)
        if (own >= 0 && find(own) == axis) size = size_[static_cast<size_t>(find(own))];
      s.push_back(size);
    }
    return s;
  }

  void describe_inputs() {
    for (const auto& [use, value] : uses_) {
      const Value& v = values_[value];
      const OutputSpec spec{program_.values[v.id].dtype, tile_shape(v)};
      int at = -1;
      for (size_t i = 0; i < out_.inputs.size(); i++)
        if (out_.inputs[i] == v.id && out_.description.inputs[i].shape == spec.shape)
          at = static_cast<int>(i);
      if (at < 0) {
        at = static_cast<int>(out_.inputs.size());
        out_.inputs.push_back(v.id);
        out_.description.inputs.push_back(spec);
      }
      input_of_[use] = at;
    }
  }

  template <class A>
  const void* keep(const A& attrs) {
    out_.attrs.push_back(std::make_shared<A>(attrs));
    return out_.attrs.back().get();
  }

  bool set_attrs(const Node& node, TileInstruction* i) {
    i->attrs = node.attrs.data();
    const Value& first = node.in.empty() ? values_[0] : value_of(node, 0);
    if (is_reduction(i->op)) {
      const SumAttrs& attrs = reduction_attrs(node);
      const int rank = shape(node.in[0]).rank();
      SumAttrs tile{IntList{}, true};
      uint32_t mask = attrs.axes.empty() ? (1u << rank) - 1 : 0;
      for (int64_t axis : attrs.axes) mask |= 1u << (axis < 0 ? axis + rank : axis);
      for (int a = 0; a < rank; a++)
        if (mask >> a & 1 && first.axes[static_cast<size_t>(a)] >= 0)
          tile.axes.push_back(place(first.axes[static_cast<size_t>(a)]));
      if (tile.axes.empty()) return false;  // of nothing; left to its own kernel
      if (i->op == OpId::kArgmax || i->op == OpId::kArgmin || i->op == OpId::kLogsumexp)
        if (tile.axes.size() != 1 || tile.axes[0] + 1 != static_cast<int64_t>(domain_.size())) return false;
      i->attrs = keep(tile);
      return true;
    }
    if (keeps_rows(i->op)) {
      const int64_t axis =
          i->op == OpId::kSoftmax ? node.as<SoftmaxAttrs>().axis : node.as<LogSoftmaxAttrs>().axis;
      const size_t own = static_cast<size_t>(axis < 0 ? axis + shape(node.in[0]).rank() : axis);
      i->attrs = keep(SoftmaxAttrs{-1});
      return is_last(first.axes[own]);
    }
    if (i->op == OpId::kInverseRms) return !first.axes.empty() && is_last(first.axes.back());
    if (i->op == OpId::kSparseSoftmaxCrossEntropy || i->op == OpId::kCorrectClass)
      return is_last(value_of(node, 1).axes.back());
    if (i->op == OpId::kOneHot) return is_last(values_[inside_.at(node.out[0])].axes.back());
    if (i->op == OpId::kBroadcastTo)
      i->attrs = keep(BroadcastToAttrs{IntList(tile_shape(values_[inside_.at(node.out[0])]))});
    return true;
  }
  const Value& value_of(const Node& node, size_t k) {
    const auto found = inside_.find(node.in[k]);
    if (found != inside_.end()) return values_[found->second];
    for (const auto& [use, value] : uses_)
      if (use.first == &node && use.second == k) return values_[value];
    return values_[0];
  }
  int64_t place(int axis) { return std::find(domain_.begin(), domain_.end(), find(axis)) - domain_.begin(); }
  bool is_last(int axis) { return axis >= 0 && place(axis) + 1 == static_cast<int64_t>(domain_.size()); }

  double flops_of(const Node& node) const {
    double most = static_cast<double>(shape(node.out[0]).elements());
    for (ValueId id : node.in) most = std::max(most, static_cast<double>(shape(id).elements()));
    return most;
  }

  using Use = std::pair<const Node*, size_t>;
  const Program& program_;
  TileGroup& out_;
  const bool one_each_;
  std::vector<const Node*> nodes_;
  std::vector<Value> values_;
  std::map<ValueId, size_t> inside_;
  std::vector<std::pair<Use, size_t>> uses_;
  std::map<Use, int> input_of_;
  std::map<ValueId, OpId> maker_;
  std::vector<int> parent_, domain_;
  std::vector<int64_t> size_;
  bool broken_ = false;
};

}  // namespace

bool is_plain_view(const Program& program, const Node& node) {
  if (node.is(OpId::kIdentity) || node.is(OpId::kStopGradient)) return true;
  if (!node.is(OpId::kReshape)) return false;
  const Shape &from = program.values[node.in[0]].shape, &to = program.values[node.out[0]].shape;
  Shape a, b;
  for (int64_t d : from)
    if (d != 1) a.push_back(d);
  for (int64_t d : to)
    if (d != 1) b.push_back(d);
  return a == b;
}

bool describe_tiles(const Program& program, const std::vector<size_t>& nodes,
                    const std::vector<ValueId>& needed, TileGroup* out) {
  // x - sum(x) needs to know that it is the same x; where x is a row in one place and a column in another, it is not.
  for (bool one_each : {true, false}) {
    *out = TileGroup();
    if (Describer(program, nodes, one_each, out).run(needed)) return true;
  }
  return false;
}

}  // namespace tl::compile
