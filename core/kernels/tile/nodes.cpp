// Shapes, the choice of rows and columns, and the nodes.
#include <algorithm>

#include "core/kernels/tile/nodes.h"

#include "core/ops/generated/attrs.h"

namespace tl::kernels {
namespace {

using Type = TileNode::Type;
using Phase = TileNode::Phase;
using AxisMask = uint32_t;  // bit k: the k-th axis of the domain, last first, axes of size 1 left out

bool is_reduction(OpId op) {
  return op == OpId::kSum || op == OpId::kProd || op == OpId::kMax || op == OpId::kMin;
}
bool is_comparison(OpId op) { return op >= OpId::kEqual && op <= OpId::kGreaterEqual; }
bool is_logic(OpId op) {
  return op == OpId::kLogicalAnd || op == OpId::kLogicalOr || op == OpId::kLogicalNot;
}
bool takes_every_dtype(OpId op) {
  return is_comparison(op) || is_logic(op) || op == OpId::kSelect || op == OpId::kCast ||
         op == OpId::kBroadcastTo;
}
bool is_pair(OpId op) { return op == OpId::kReluGrad || op == OpId::kTanhGrad || op == OpId::kSigmoidGrad; }

// On whole rows; those of the second line look at labels.
bool takes_rows(OpId op) {
  return op == OpId::kSoftmax || op == OpId::kLogSoftmax || op == OpId::kLogsumexp ||
         op == OpId::kInverseRms || op == OpId::kArgmax || op == OpId::kArgmin;
}
bool takes_labels(OpId op) {
  return op == OpId::kSparseSoftmaxCrossEntropy || op == OpId::kCorrectClass || op == OpId::kOneHot;
}

const IntList& axes_of(const TileInstruction& i) {
  switch (i.op) {  // structs of the same members
    case OpId::kProd: return static_cast<const ProdAttrs*>(i.attrs)->axes;
    case OpId::kMax: return static_cast<const MaxAttrs*>(i.attrs)->axes;
    case OpId::kMin: return static_cast<const MinAttrs*>(i.attrs)->axes;
    case OpId::kArgmax: return static_cast<const ArgmaxAttrs*>(i.attrs)->axes;
    case OpId::kArgmin: return static_cast<const ArgminAttrs*>(i.attrs)->axes;
    case OpId::kLogsumexp: return static_cast<const LogsumexpAttrs*>(i.attrs)->axes;
    default: return static_cast<const SumAttrs*>(i.attrs)->axes;
  }
}

class Builder {
 public:
  explicit Builder(const TileDescription& d) : d_(d) {}

  TileGraph build() {
    for (const OutputSpec& input : d_.inputs) values_.push_back({input.dtype, input.shape, -1});
    for (const TileInstruction& i : d_.instructions) infer(i);
    if (d_.outputs.empty()) invalid("[tile program] it must have an output: got none; name the results");
    for (int o : d_.outputs)
      if (o < static_cast<int>(d_.inputs.size()) || o >= static_cast<int>(values_.size()))
        invalid("[tile program] an output must be the result of an instruction: got value ", o, " of ",
                values_.size(), "; the first ", d_.inputs.size(), " are inputs");
    find_domain();
    choose_rows();
    for (size_t i = 0; i < d_.inputs.size(); i++) add_input(static_cast<int>(i));
    for (size_t i = 0; i < d_.instructions.size(); i++) add_instruction(i);
    for (size_t o = 0; o < d_.outputs.size(); o++) add_output(o);
    join_cross_entropies();
    find_checks();
    return std::move(graph_);
  }

 private:
  struct Value {
    DType dtype;
    Shape shape;
    int node;
    AxisMask axes = 0;     // where it has more than one element
    AxisMask reduced = 0;  // of a reduction: the axes of its operand that go
  };

  // ---- dtypes and shapes ----

  void infer(const TileInstruction& i) {
    const OpSchema& schema = schema_of(i.op);
    const bool rows = takes_rows(i.op) || takes_labels(i.op);
    if (!schema.elementwise && !is_reduction(i.op) && !rows && i.op != OpId::kBroadcastTo)
      cannot_fuse(concat(schema.name, " is neither element-wise nor a reduction"));
    const Value* in[3] = {};
    for (int k = 0; k < schema.num_inputs; k++) {
      if (i.operands[k] < 0 || i.operands[k] >= static_cast<int>(values_.size()))
        invalid("[tile program] operands of ", schema.name, " must be values before it: got ", i.operands[k],
                " of ", values_.size(), "; inputs come first, then the results in order");
      in[k] = &values_[static_cast<size_t>(i.operands[k])];
      const InputSchema& want = schema.inputs[k];
      if (!contains(want.dtypes, in[k]->dtype) ||
          (want.same_as >= 0 && in[k]->dtype != in[want.same_as]->dtype))
        invalid("[tile program] operand ", k, " of ", schema.name, " must be ", names_of(want.dtypes),
                want.same_as >= 0 ? ", like the others" : "", ": got ", in[k]->dtype, "; use cast");
    }
    if (!takes_every_dtype(i.op) && !takes_labels(i.op) && !is_floating(in[0]->dtype))
      cannot_fuse(concat(schema.name, " of ", in[0]->dtype, " is left to its own kernel"));
    Value result{in[0]->dtype, in[0]->shape, -1};
    if (is_comparison(i.op) || is_logic(i.op)) result.dtype = DType::kBool;
    if (i.op == OpId::kCast) result.dtype = static_cast<const CastAttrs*>(i.attrs)->dtype;
    if (i.op == OpId::kSelect) result.dtype = in[1]->dtype;
    if (is_pair(i.op) && in[0]->shape != in[1]->shape)
      invalid("[tile program] operands of ", schema.name, " must have the same shape: got ", in[0]->shape,
              " and ", in[1]->shape, "; broadcast one of them");
    for (int k = 1; k < schema.num_inputs && !rows; k++)
      result.shape = broadcast(schema.name, result.shape, in[k]->shape);
    if (i.op == OpId::kBroadcastTo) {
      const IntList& to = static_cast<const BroadcastToAttrs*>(i.attrs)->shape;
      result.shape = Shape(Span<const int64_t>(to.data(), static_cast<size_t>(to.size())));
      if (broadcast(schema.name, in[0]->shape, result.shape) != result.shape)
        invalid("[tile program] broadcast_to must keep what is larger than 1: got ", in[0]->shape, " to ",
                result.shape, "; reduce it first");
    }
    if (is_reduction(i.op)) reduce_shape(i, result);
    if (rows) rows_shape(i, in, result);
    values_.push_back(result);
  }

  // Ops on rows along the last axis; labels and what there is one of for each row keep it with size 1.
  void rows_shape(const TileInstruction& i, const Value* const* in, Value& result) {
    const Shape& x = in[takes_labels(i.op) && i.op != OpId::kOneHot ? 1 : 0]->shape;
    const char* name = schema_of(i.op).name;
    if (x.rank() == 0) cannot_fuse(concat(name, " of rank 0"));
    auto last_only = [&](int64_t axis) {
      if (axis != -1 && axis != x.rank() - 1) cannot_fuse(concat(name, " along another axis than the last"));
    };
    if (i.op == OpId::kSoftmax) last_only(static_cast<const SoftmaxAttrs*>(i.attrs)->axis);
    if (i.op == OpId::kLogSoftmax) last_only(static_cast<const LogSoftmaxAttrs*>(i.attrs)->axis);
    if (i.op == OpId::kLogsumexp || i.op == OpId::kArgmax || i.op == OpId::kArgmin) {
      if (axes_of(i).size() != 1) cannot_fuse(concat(name, " along more than the last axis"));
      last_only(axes_of(i)[0]);
    }
    if (i.op == OpId::kArgmax || i.op == OpId::kArgmin) result.dtype = DType::kI64;
    if (i.op == OpId::kCorrectClass) result.dtype = DType::kBool;
    if (i.op == OpId::kSparseSoftmaxCrossEntropy) result.dtype = in[1]->dtype;
    result.shape = x;
    if (i.op != OpId::kSoftmax && i.op != OpId::kLogSoftmax) result.shape[x.rank() - 1] = 1;
    if (!takes_labels(i.op)) return;
    if (in[0]->shape != result.shape)
      invalid("[tile program] labels of ", name,
              " must have the shape of the others with a last axis of 1: got ", in[0]->shape, " for ", x,
              "; give them that shape, the memory is the same");
    if (i.op != OpId::kOneHot) {
      if (i.operands[0] >= static_cast<int>(d_.inputs.size())) cannot_fuse("labels that are computed");
      return;
    }
    const auto& one_hot = *static_cast<const OneHotAttrs*>(i.attrs);
    result.dtype = one_hot.dtype;
    result.shape[x.rank() - 1] = one_hot.depth;
  }

  void reduce_shape(const TileInstruction& i, Value& result) {
    const int rank = result.shape.rank();
    AxisMask mask = axes_of(i).empty() ? (1u << rank) - 1 : 0;  // here by axis, first first
    for (int64_t axis : axes_of(i)) mask |= 1u << checked_axis("tile program", axis, rank);
    result.reduced = mask;  // find_domain() translates it
    for (int a = 0; a < rank; a++)
      if (mask >> a & 1) result.shape[a] = 1;
  }

  // ---- the domain ----

  void find_domain() {
    for (const Value& v : values_) domain_ = broadcast("tile program", domain_, v.shape);
    // There would be no tile, and so nobody to write what has elements nevertheless, as the sum over an axis without any.
    if (domain_.elements() == 0) cannot_fuse("there are values without elements");
    int position[kMaxRank] = {};  // of each axis among those that count
    for (int a = domain_.rank() - 1; a >= 0; a--) {
      position[a] = axes_;
      if (domain_[a] != 1) sizes_[axes_++] = domain_[a];
    }
    for (size_t v = 0; v < values_.size(); v++) {
      Value& value = values_[v];
      const int shift = domain_.rank() - value.shape.rank();
      AxisMask reduced = 0;
      for (int a = 0; a < value.shape.rank(); a++) {
        const AxisMask bit = domain_[a + shift] == 1 ? 0 : 1u << position[a + shift];
        if (value.shape[a] != 1) value.axes |= bit;
        if (value.reduced >> a & 1) reduced |= bit;
      }
      value.reduced = reduced;
      if (v < d_.inputs.size()) continue;
      const TileInstruction& i = d_.instructions[v - d_.inputs.size()];
      if (is_reduction(i.op)) value.reduced &= values_[static_cast<size_t>(i.operands[0])].axes;
    }
  }

  AxisMask cols_mask() const { return (1u << split_) - 1; }
  AxisMask rows_mask() const { return ((1u << axes_) - 1) & ~cols_mask(); }
  // Of the axes that make up the rows it has all or none, and so of the columns: it lies in memory as its kind does.
  bool regular(AxisMask m) const {
    const AxisMask c = m & cols_mask(), r = m & rows_mask();
    return (c == 0 || c == cols_mask()) && (r == 0 || r == rows_mask());
  }
  TileKind kind(AxisMask m) const {
    return static_cast<TileKind>((m & cols_mask() ? kRowKind : 0) | (m & rows_mask() ? kColumnKind : 0));
  }

  // Does every reduction, output and dropout fit rows and columns as they are cut now?
  bool fits() const {
    for (int o : d_.outputs)
      if (!regular(values_[static_cast<size_t>(o)].axes)) return false;
    for (size_t i = 0; i < d_.instructions.size(); i++) {
      const TileInstruction& instruction = d_.instructions[i];
      const Value& result = values_[d_.inputs.size() + i];
      const AxisMask in = values_[static_cast<size_t>(instruction.operands[0])].axes, out = result.reduced;
      if (instruction.op == OpId::kDropout && !regular(in)) return false;
      if ((takes_rows(instruction.op) || takes_labels(instruction.op)) && !fits_rows(instruction, result))
        return false;
      if (!is_reduction(instruction.op) || out == 0) continue;
      if (!regular(in)) return false;
      if (out != in && (kind(in) != kMatrixKind || (out != cols_mask() && out != rows_mask()))) return false;
    }
    return true;
  }

  // The columns must be the last axis.
  bool fits_rows(const TileInstruction& i, const Value& result) const {
    const bool labels = takes_labels(i.op);
    const Value& rows =
        i.op == OpId::kOneHot ? result : values_[static_cast<size_t>(i.operands[labels ? 1 : 0])];
    return cols_mask() == 1 && (rows.axes & 1) && rows.shape.back() == domain_.back() && regular(rows.axes) &&
           (!labels || regular(values_[static_cast<size_t>(i.operands[0])].axes));
  }

  // As many of the last axes become the columns as leave the fewest inputs to be gathered.
  void choose_rows() {
    int best = -1, least = 0;
    for (int s = 0; s <= axes_; s++) {
      split_ = s;
      if (!fits()) continue;
      int cost = 0;
      for (size_t i = 0; i < d_.inputs.size(); i++)
        if (!regular(values_[i].axes))
          cost += kind(values_[i].axes);  // what is gathered for each tile costs more
      if (best >= 0 && cost >= least) continue;
      best = s;
      least = cost;
    }
    if (best < 0) cannot_fuse("its reductions and outputs do not share one division into rows and columns");
    split_ = best;
    for (int k = 0; k < axes_; k++)
      (k < split_ ? graph_.cols : graph_.rows) *= static_cast<size_t>(sizes_[k]);
  }

  // ---- nodes ----

  TileNode& at(int node) { return graph_.nodes[static_cast<size_t>(node)]; }
  int add(TileNode n) {
    bool after = false;
    for (int k = 0; k < n.operands; k++) after |= at(n.in[k]).phase == Phase::kAfter;
    if (after && (n.kind & kColumnKind)) cannot_fuse("what is known after the last tile is used on tiles");
    if (n.type != Type::kReduceAll && n.type != Type::kReduceColumns)
      n.phase = after ? Phase::kAfter : n.kind & kColumnKind ? Phase::kEach : Phase::kBefore;
    graph_.nodes.push_back(n);
    return static_cast<int>(graph_.nodes.size()) - 1;
  }

  int add_unary(Type type, int node, TileKind kind) {
    TileNode n;
    n.type = type;
    n.dtype = at(node).dtype;
    n.kind = kind;
    n.operands = 1;
    n.in[0] = node;
    return add(n);
  }
  int spread(int node, TileKind kind) {
    return at(node).kind == kind ? node : add_unary(Type::kSpread, node, kind);
  }

  void add_input(int i) {
    Value& value = values_[static_cast<size_t>(i)];
    TileNode n;
    n.dtype = value.dtype;
    n.kind = kind(value.axes);
    n.input = i;
    value.node = add(n);
    at(value.node).phase = Phase::kBefore;
    if (regular(value.axes)) return;
    auto strides = std::make_unique<Strides>();
    strides->rank = axes_;
    strides->in_row = split_;
    int64_t next = 1;
    for (int k = 0; k < axes_; k++) {
      strides->size[k] = sizes_[k];
      strides->stride[k] = value.axes >> k & 1 ? next : 0;
      if (value.axes >> k & 1) next *= sizes_[k];
    }
    value.node = add_unary(Type::kGather, value.node, n.kind);
    at(value.node).strides = strides.get();
    graph_.strides.push_back(std::move(strides));
  }

  void add_instruction(size_t index) {
    const TileInstruction& i = d_.instructions[index];
    Value& value = values_[d_.inputs.size() + index];
    const Value& first = values_[static_cast<size_t>(i.operands[0])];
    if (i.op == OpId::kBroadcastTo) {
      value.node = first.node;  // spelt out where somebody needs it
      return;
    }
    if (is_reduction(i.op)) {
      value.node = add_reduction(i, first, value.reduced);
      return;
    }
    TileNode n;
    n.type = Type::kOp;
    n.op = i.op;
    n.dtype = value.dtype;
    n.attrs = i.attrs;
    n.operands = schema_of(i.op).num_inputs;
    if (takes_rows(i.op) || takes_labels(i.op)) {
      n.type = Type::kRows;
      n.kind = kind(value.axes);
      for (int k = 0; k < n.operands; k++) {
        const Value& operand = values_[static_cast<size_t>(i.operands[k])];
        n.in[k] = spread(operand.node, kind(operand.axes));
      }
      value.node = add(n);
      return;
    }
    int bits = 0;
    for (int k = 0; k < n.operands; k++) {
      n.in[k] = values_[static_cast<size_t>(i.operands[k])].node;
      bits |= at(n.in[k]).kind;
    }
    if (i.op == OpId::kDropout) {
      bits = kind(value.axes);  // its elements are counted
      n.draw = graph_.draws++;
    }
    n.kind = static_cast<TileKind>(bits);
    if (is_pair(i.op) || i.op == OpId::kDropout)
      for (int k = 0; k < n.operands; k++) n.in[k] = spread(n.in[k], n.kind);
    value.node = add(n);
  }

  int add_reduction(const TileInstruction& i, const Value& operand, AxisMask reduced) {
    const TileKind in = kind(operand.axes);
    if (reduced == 0) return add_reduction_of_one(i, operand.node);
    TileNode n;
    n.op = i.op;
    n.dtype = operand.dtype;
    n.operands = 1;
    n.in[0] = spread(operand.node, in);
    if (reduced == operand.axes) {
      n.kind = kScalarKind;
      n.type = in & kColumnKind ? Type::kReduceAll : Type::kReduceRow;
    } else if (reduced == cols_mask()) {
      n.kind = kColumnKind;
      n.type = Type::kReduceRow;
    } else {
      n.kind = kRowKind;
      n.type = Type::kReduceColumns;
    }
    if (n.type != Type::kReduceRow) n.phase = Phase::kAfter;
    return add(n);
  }

  // A sum of one element is 0 + x, which makes +0 of -0; the others give what they are given.
  int add_reduction_of_one(const TileInstruction& i, int operand) {
    static const AddScalarAttrs kNothing{0};
    TileNode n;
    n.dtype = at(operand).dtype;
    n.kind = at(operand).kind;
    n.operands = 1;
    n.in[0] = operand;
    n.type = i.op == OpId::kSum ? Type::kOp : Type::kSpread;
    if (i.op == OpId::kSum) {
      n.op = OpId::kAddScalar;
      n.attrs = &kNothing;
    }
    return add(n);
  }

  void add_output(size_t o) {
    const Value& value = values_[static_cast<size_t>(d_.outputs[o])];
    int node = spread(value.node, kind(value.axes));
    // A value that stands elsewhere already is copied.
    if (at(node).type == Type::kInput || at(node).output >= 0)
      node = add_unary(Type::kSpread, node, at(node).kind);
    at(node).output = static_cast<int>(o);
    graph_.outputs.push_back({value.dtype, value.shape});
    mark_live(node);
  }

  // A softmax moves in front of the cross entropy of the same logits, or that behind it: both need the logits alone, and
  // labels, which are inputs. One step makes both, with the exponentials computed once.
  void join_cross_entropies() {
    for (int x = 0; x < static_cast<int>(graph_.nodes.size()); x++) {
      if (!at(x).live || at(x).op != OpId::kSparseSoftmaxCrossEntropy) continue;
      for (int s = 0; s < static_cast<int>(graph_.nodes.size()); s++) {
        if (!at(s).live || at(s).op != OpId::kSoftmax || at(s).in[0] != at(x).in[1] || at(s).made_by_next)
          continue;
        at(s).made_by_next = at(x).makes_previous = true;
        if (s < x)
          move(x, s + 1);
        else
          move(s, x);
        if (s > x) x++;  // where it stands now
        break;
      }
    }
  }
  // Moves a node to a place in front of it.
  void move(int from, int to) {
    const TileNode n = at(from);
    for (int i = from; i > to; i--) at(i) = at(i - 1);
    at(to) = n;
    for (TileNode& user : graph_.nodes)
      for (int k = 0; k < user.operands; k++)
        user.in[k] = user.in[k] == from                      ? to
                     : user.in[k] >= to && user.in[k] < from ? user.in[k] + 1
                                                             : user.in[k];
  }

  // All that the op would refuse is refused, also where nobody takes the result.
  void find_checks() {
    for (const TileInstruction& i : d_.instructions) {
      if (!takes_labels(i.op) || i.op == OpId::kOneHot) continue;
      const Value &labels = values_[static_cast<size_t>(i.operands[0])],
                  &x = values_[static_cast<size_t>(i.operands[1])];
      graph_.checks.push_back({i.op, static_cast<size_t>(i.operands[0]), labels.dtype,
                               static_cast<size_t>(labels.shape.elements()), x.shape.back()});
    }
  }

  void mark_live(int node) {
    if (at(node).live) return;
    at(node).live = true;
    for (int k = 0; k < at(node).operands; k++) mark_live(at(node).in[k]);
  }

  const TileDescription& d_;
  std::vector<Value> values_;
  Shape domain_;
  int axes_ = 0, split_ = 0;
  int64_t sizes_[kMaxRank] = {};
  TileGraph graph_;
};

}  // namespace

void cannot_fuse(const std::string& why) {
  fail(Code::kUnsupported, "[tile program] these ops cannot be one program: ", why, "; run them apart");
}

TileGraph build_graph(const TileDescription& description) { return Builder(description).build(); }

}  // namespace tl::kernels
