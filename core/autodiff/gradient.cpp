// The backward walk of a tape.
//
// The records stand in the order in which the ops ran, which is a topological order: a loop from the last to the first
// sees every use of a tensor before the op that made it. Only ops on a path from a source to a target take part.
#include <cstring>

#include "core/autodiff/accumulate.h"
#include "core/autodiff/provenance.h"
#include "core/autodiff/row_gradient.h"
#include "core/autodiff/sum_to.h"
#include "core/autodiff/tape.h"
#include "core/base/error.h"
#include "core/ops/generated/attrs.h"
#include "core/ops/generated/functions.h"
#include "core/tensor/timeline.h"

namespace tl {
namespace {

constexpr size_t kMostAttrBytes = 512;

std::string describe_source(const GradientSource& source, size_t index) {
  std::string what = source.variable ? concat("variable '", source.variable->name(), "'")
                                     : concat(source.tensor.dtype(), " ", source.tensor.shape());
  if (source.variable && source.variable->name().empty()) what = "a variable without a name";
  return concat("'sources[", index, "]' (", what, ")");
}

// Says in messages whose gradient rule is running.
class RunningGradientOf {
 public:
  RunningGradientOf(Context& context, const char* name) : context_(context), before_(context.gradient_of()) {
    context_.set_gradient_of(name);
  }
  ~RunningGradientOf() { context_.set_gradient_of(before_); }
  RunningGradientOf(const RunningGradientOf&) = delete;
  RunningGradientOf& operator=(const RunningGradientOf&) = delete;

 private:
  Context& context_;
  const char* before_;
};

}  // namespace

struct Tape::Walk {
  std::vector<std::vector<int32_t>> locals_of;  // of each source
  std::vector<char> reached, is_source;         // of each tracked tensor: depends on a source, is one
  std::vector<Tensor> grads;                    // of each tracked tensor
  struct None {
    size_t entry;
    uint32_t input;
    std::string name;
  };
  std::vector<char> is_table;  // of each tracked tensor: may have a gradient of rows; empty where none may
  std::vector<std::pair<int32_t, RowPiece>> pieces;  // of such tensors, the last gather first
  std::vector<None> none;       // where a rule gave no gradient for an operand that is on a path
  std::vector<Reason> reasons;  // of each source

  // Of the op whose rule runs, kept here so that not every op has to allocate anew.
  std::vector<Tensor> operands, output_grads, input_grads;
  std::vector<const Tensor*> in;
  std::vector<char> needed;
};

// While it lives, gradients of the tape are being taken. At its end, also by an error, a consumed tape gives up its records.
class Tape::Walking {
 public:
  explicit Walking(Tape& tape) : tape_(tape), recomputed_(tape.context_.recomputed_ops()) {
    tape_.walking_++;
  }
  ~Walking() {
    tape_.walking_--;
    tape_.recomputed_ops_ += tape_.context_.recomputed_ops() - recomputed_;
    if (tape_.state_ == State::kConsumed) tape_.forget_records();
  }
  Walking(const Walking&) = delete;
  Walking& operator=(const Walking&) = delete;

 private:
  Tape& tape_;
  uint64_t recomputed_;
};

void Tape::check_gradient_call(Span<const Tensor> targets, Span<const GradientSource> sources,
                               Span<const Tensor> output_gradients) const {
  if (state_ == State::kConsumed)
    fail(Code::kFailedPrecondition,
         "[tape_gradient] a tape that is not persistent gives one set of gradients: got one that is "
         "consumed; ask "
         "for all "
         "sources in one call, or make the tape persistent");
  if (targets.empty()) invalid("[tape_gradient] there must be at least 1 target: got 0; pass the loss");
  if (!output_gradients.empty() && output_gradients.size() != targets.size())
    invalid("[tape_gradient] each target needs one output gradient: got ", output_gradients.size(), " for ",
            targets.size(), " targets; a null one stands for ones");
  for (size_t i = 0; i < targets.size(); i++) {
    const Tensor& t = targets[i];
    if (!t) invalid("[tape_gradient] 'targets[", i, "]' must be a tensor: got null; was it set?");
    if (&t.context() != &context_)
      invalid("[tape_gradient] targets must be of the tape's context: got 'targets[", i,
              "]' of another context; compute it in this one");
    if (!is_floating(t.dtype()))
      invalid("[tape_gradient] targets must be floating point: got 'targets[", i, "]' of ", t.dtype(), " ",
              t.shape(), "; cast it inside the tape");
    if (is_batched(t)) check_visible("tape_gradient", concat("'targets[", i, "]'"), *this, t);
    if (output_gradients.empty() || !output_gradients[i]) continue;
    const Tensor& g = output_gradients[i];
    if (&g.context() != &context_)
      invalid("[tape_gradient] output gradients must be of the tape's context: got 'output_gradients[", i,
              "]' of another context; copy its data over");
    if (g.dtype() != t.dtype() || g.shape() != t.shape())
      invalid(
          "[tape_gradient] an output gradient has the dtype and shape of its target: got 'output_gradients[",
          i, "]' of ", g.dtype(), " ", g.shape(), " for ", t.dtype(), " ", t.shape(), "; cast or reshape it");
  }
  for (size_t i = 0; i < sources.size(); i++) {
    const GradientSource& s = sources[i];
    if (!s.variable && !s.tensor)
      invalid("[tape_gradient] 'sources[", i, "]' must be a tensor or variable: got null; was it set?");
    Context& owner = s.variable ? s.variable->context() : s.tensor.context();
    if (&owner != &context_)
      invalid("[tape_gradient] sources must be of the tape's context: got ", describe_source(s, i),
              " of another context; compute in one context");
    if (!s.variable && is_batched(s.tensor))
      check_visible("tape_gradient", describe_source(s, i), *this, s.tensor);
    DType dtype = s.variable ? s.variable->dtype() : s.tensor.dtype();
    if (!is_floating(dtype))
      invalid("[tape_gradient] sources must be floating-point values, the only ones with gradients: got ",
              describe_source(s, i), " of ", dtype, "; differentiate with respect to a cast of it");
  }
}

// The tracked tensors that stand for each source: a variable may have been read more than once, with different values.
std::vector<std::vector<int32_t>> Tape::source_locals(Span<const GradientSource> sources) const {
  std::vector<std::vector<int32_t>> out(sources.size());
  for (size_t i = 0; i < sources.size(); i++) {
    if (const Variable* v = sources[i].variable) {
      for (const VariableRead& r : reads_)
        if (r.variable == v->id()) out[i].push_back(r.local);
    } else if (int32_t local = find(sources[i].tensor); local >= 0) {
      out[i].push_back(local);
    }
  }
  return out;
}

// Which tracked tensors depend on a source.
std::vector<char> Tape::reachable(const std::vector<std::vector<int32_t>>& sources) const {
  std::vector<char> reached(num_locals_, 0);
  for (const auto& locals : sources)
    for (int32_t l : locals) reached[l] = 1;
  for (const Entry& e : entries_) {
    char any = 0;
    for (uint32_t i = 0; i < e.num_inputs; i++)
      any |= locals_[e.first + i] >= 0 && reached[locals_[e.first + i]];
    if (!any) continue;
    for (uint32_t i = 0; i < e.num_outputs; i++)
      if (int32_t l = locals_[e.first + e.num_inputs + i]; l >= 0) reached[l] = 1;
  }
  return reached;
}

// Which tracked tensors a target depends on.
std::vector<char> Tape::ancestors(Span<const Tensor> targets) const {
  std::vector<char> wanted(num_locals_, 0);
  for (const Tensor& t : targets)
    if (int32_t l = find(t); l >= 0) wanted[l] = 1;
  for (size_t k = entries_.size(); k-- > 0;) {
    const Entry& e = entries_[k];
    char any = 0;
    for (uint32_t i = 0; i < e.num_outputs; i++)
      any |= locals_[e.first + e.num_inputs + i] >= 0 && wanted[locals_[e.first + e.num_inputs + i]];
    if (!any) continue;
    for (uint32_t i = 0; i < e.num_inputs; i++)
      if (int32_t l = locals_[e.first + i]; l >= 0) wanted[l] = 1;
  }
  return wanted;
}

// The sources that no path leads to, which is known before any arithmetic, and why. Throws for them on request.
void Tape::find_missing(Walk& walk, Span<const Tensor> targets, Span<const GradientSource> sources,
                        Unconnected unconnected) {
  walk.reasons.assign(sources.size(), Reason::kConnected);
  std::vector<char> wanted = ancestors(targets);
  std::vector<uint64_t> ids;
  for (const Tensor& t : targets) ids.push_back(t.id());
  std::vector<size_t> places;
  std::vector<GradientSource> lost;
  for (size_t i = 0; i < sources.size(); i++) {
    bool connected = false;
    for (int32_t l : walk.locals_of[i]) connected |= wanted[l] != 0;
    if (connected) continue;
    places.push_back(i);
    lost.push_back(sources[i]);
  }
  std::vector<Missing> missing;
  std::vector<Finding> findings;
  if (!lost.empty()) findings = find_breaks(ids, lost);
  for (size_t k = 0; k < lost.size(); k++) {
    walk.reasons[places[k]] = findings[k].reason;
    if (unconnected == Unconnected::kError)
      invalid("[tape_gradient] every source must be connected to a target: got ",
              describe_source(lost[k], places[k]),
              ", which is not connected: ", describe(findings[k], "the target", "it", options_.explain));
    missing.push_back(
        {lost[k].variable ? lost[k].variable->id() : lost[k].tensor.id(), ids, std::move(findings[k])});
  }
  missing_ = std::move(missing);
}

// Runs the rule of one op and adds what it gives to the gradients of the op's operands.
void Tape::differentiate(size_t index, Walk& walk) {
  const Entry e =
      entries_[index];  // a copy: a persistent tape that still records may grow while the rule runs
  auto local_of = [&](uint32_t i) { return locals_[e.first + i]; };
  std::vector<Tensor>& grads = walk.grads;
  bool wanted = false, arrived = false;
  for (uint32_t i = 0; i < e.num_inputs; i++) wanted |= local_of(i) >= 0 && walk.reached[local_of(i)];
  for (uint32_t i = e.num_inputs; i < e.num_inputs + e.num_outputs; i++)
    arrived |= local_of(i) >= 0 && grads[local_of(i)];

  // A consumed tape gives up what it saved as it goes, so that memory falls during the walk.
  std::vector<Tensor>& operands = walk.operands;
  operands.resize(e.num_inputs + e.num_outputs);
  const bool keep = state_ != State::kConsumed, runs = wanted && arrived;
  for (size_t i = 0; (!keep || runs) && i < operands.size(); i++)
    operands[i] = keep ? tensors_[e.first + i] : std::move(tensors_[e.first + i]);
  std::shared_ptr<Rule> rule;
  if (!e.schema) rule = keep ? rules_[e.attrs] : std::move(rules_[e.attrs]);
  if (runs) {
    walk.needed.resize(e.num_inputs);
    for (uint32_t i = 0; i < e.num_inputs; i++)
      walk.needed[i] = local_of(i) >= 0 && walk.reached[local_of(i)];
    walk.output_grads.resize(e.num_outputs);
    for (uint32_t i = 0; i < e.num_outputs; i++)
      if (int32_t l = local_of(e.num_inputs + i); l >= 0)
        walk.output_grads[i] = walk.is_source[l] ? grads[l] : std::move(grads[l]);
    RunningGradientOf name(context_, rule ? rule->name().c_str() : e.schema->name);
    if (gathers_rows(e, walk)) {
      walk.pieces.emplace_back(local_of(0), RowPiece{operands[1], walk.output_grads[0]});
      walk.needed[0] = 0;
    } else if (rule) {
      Span<const Tensor> in(operands.data(), e.num_inputs),
          out(operands.data() + e.num_inputs, e.num_outputs);
      walk.input_grads = checked_backward(*rule, RuleArgs{context_, in, out, walk.output_grads, walk.needed});
    } else {
      run_rule_of_op(e, walk);
    }
    for (uint32_t i = 0; i < e.num_inputs; i++) {
      if (!walk.needed[i]) continue;
      if (!walk.input_grads[i]) {
        walk.none.push_back({index, i, context_.gradient_of()});
        continue;
      }
      int32_t l = local_of(i);
      Tensor g = sum_to(walk.input_grads[i], operands[i].shape());
      TL_INVARIANT(g.dtype() == operands[i].dtype());
      grads[l] = grads[l] ? accumulate(std::move(grads[l]), g) : std::move(g);
    }
  }
  walk.operands.clear();
  walk.output_grads.clear();
  walk.input_grads.clear();
}

// The rule that the op table names, from and into walk.
void Tape::run_rule_of_op(const Entry& e, Walk& walk) {
  const OpSchema& schema = *e.schema;
  std::vector<Tensor>& grads = walk.input_grads;
  grads.resize(e.num_inputs);
  if (schema.gradient == GradientKind::kZero) {
    for (uint32_t i = 0; i < e.num_inputs; i++)
      if (walk.needed[i]) grads[i] = full(context_, walk.operands[i].shape(), 0.0, walk.operands[i].dtype());
    return;
  }
  alignas(8) std::byte attrs[kMostAttrBytes];
  TL_INVARIANT(schema.attr_bytes <= kMostAttrBytes);
  if (schema.attr_bytes) std::memcpy(attrs, &attrs_[e.attrs], schema.attr_bytes);
  walk.in.resize(e.num_inputs);
  uint64_t bits = 0;
  for (uint32_t i = 0; i < e.num_inputs; i++) {
    walk.in[i] = &walk.operands[i];
    if (walk.needed[i]) bits |= uint64_t{1} << (i < 63 ? i : 63);
  }
  schema.vjp(VjpArgs{schema, Inputs(walk.in.data(), walk.in.size()),
                     Span<const Tensor>(walk.operands.data() + e.num_inputs, e.num_outputs),
                     walk.output_grads, attrs, bits},
             grads.data());
}

// The sources whose gradients may consist of rows: no op that takes part in the walk has made them.
void Tape::find_tables(Walk& walk) const {
  walk.is_table = walk.is_source;
  for (const Entry& e : entries_) {
    bool any = false;
    for (uint32_t i = 0; i < e.num_inputs; i++)
      any |= locals_[e.first + i] >= 0 && walk.reached[locals_[e.first + i]];
    for (uint32_t i = 0; any && i < e.num_outputs; i++)
      if (int32_t l = locals_[e.first + e.num_inputs + i]; l >= 0) walk.is_table[l] = 0;
  }
}

bool Tape::gathers_rows(const Entry& e, const Walk& walk) const {
  if (walk.is_table.empty() || !e.schema || e.schema->id != OpId::kGather ||
      !walk.is_table[locals_[e.first]] ||
      walk.operands[1].is_shell())  // inside vmap each example has indices of its own
    return false;
  GatherAttrs attrs;
  std::memcpy(&attrs, &attrs_[e.attrs], sizeof attrs);
  return attrs.axis == 0 || attrs.axis == -walk.operands[0].rank();
}

// What has arrived at a source, which may have been read more than once.
Tensor Tape::sum_at(const GradientSource& source, const std::vector<int32_t>& locals, Walk& walk,
                    Tensor* row_indices) const {
  Tensor sum;
  std::vector<RowPiece> pieces;
  for (int32_t l : locals)
    if (walk.grads[l]) sum = sum ? accumulate(sum, walk.grads[l]) : walk.grads[l];
  for (size_t i = walk.pieces.size(); i-- > 0;)
    for (int32_t l : locals)
      if (walk.pieces[i].first == l) pieces.push_back(walk.pieces[i].second);
  if (pieces.empty()) return sum;
  const Shape& shape = source.variable ? source.variable->shape() : source.tensor.shape();
  if (sum) return add(sum, dense_rows(pieces, shape));
  RowGradient merged = merge_rows(pieces, shape);
  *row_indices = std::move(merged.indices);
  return merged.rows;
}

// After the walk: the sources that got nothing because a rule on their way gave nothing.
void Tape::find_rules_without_gradient(Walk& walk, Span<const Tensor> targets,
                                       Span<const GradientSource> sources, Span<const Tensor> found) {
  for (size_t i = 0; i < sources.size(); i++) {
    if (found[i] || walk.reasons[i] != Reason::kConnected) continue;
    std::vector<char> from = reachable({walk.locals_of[i]});
    Finding finding;
    finding.reason = Reason::kRuleGaveNone;
    for (const Walk::None& n : walk.none) {
      const Entry& e = entries_[n.entry];
      if (!from[locals_[e.first + n.input]]) continue;
      finding.place = n.name;
    }
    walk.reasons[i] = finding.reason;
    Missing missing{
        sources[i].variable ? sources[i].variable->id() : sources[i].tensor.id(), {}, std::move(finding)};
    for (const Tensor& t : targets) missing.targets.push_back(t.id());
    missing_.push_back(std::move(missing));
  }
}

std::vector<Tensor> Tape::gradient(Span<const Tensor> targets, Span<const GradientSource> sources,
                                   Span<const Tensor> output_gradients, Unconnected unconnected,
                                   Span<Reason> reasons, Span<Tensor> row_indices) {
  check_gradient_call(targets, sources, output_gradients);
  if (unconnected != Unconnected::kNone && unconnected != Unconnected::kZero &&
      unconnected != Unconnected::kError)
    invalid("[tape_gradient] 'unconnected' must be none (0), zero (1) or error (2): got ",
            static_cast<int32_t>(unconnected), "; fill the options with their _init function first");

  const TimedSpan span(context_, [] { return std::string("gradient"); });
  Walk walk;
  walk.locals_of = source_locals(sources);
  find_missing(walk, targets, sources, unconnected);
  walk.reached = reachable(walk.locals_of);
  walk.is_source.assign(num_locals_, 0);
  for (const auto& locals : walk.locals_of)
    for (int32_t l : locals) walk.is_source[l] = 1;
  if (!row_indices.empty()) find_tables(walk);

  std::vector<Tensor>& grads = walk.grads;
  grads.resize(num_locals_);
  for (size_t i = 0; i < targets.size(); i++) {
    int32_t l = find(targets[i]);
    if (l < 0 || !walk.reached[l]) continue;
    Tensor seed = !output_gradients.empty() && output_gradients[i]
                      ? output_gradients[i]
                      : full(context_, targets[i].shape(), 1.0, targets[i].dtype());
    grads[l] = grads[l] ? accumulate(std::move(grads[l]), seed) : std::move(seed);
  }

  if (!options_.persistent) {
    stop_recording(TapeWindow::kEnded);
    state_ = held_ ? State::kEnded : State::kConsumed;
    walked_ = held_;
  }
  std::vector<Tensor> out(sources.size());
  {
    Walking walking(*this);
    for (size_t i = entries_.size(); i-- > 0;) differentiate(i, walk);
    for (size_t i = 0; i < sources.size(); i++) {
      Tensor none;
      out[i] = sum_at(sources[i], walk.locals_of[i], walk, row_indices.empty() ? &none : &row_indices[i]);
    }
    find_rules_without_gradient(walk, targets, sources, out);
  }
  for (size_t i = 0; i < sources.size(); i++) {
    if (!reasons.empty()) reasons[i] = walk.reasons[i];
    if (out[i]) continue;
    const GradientSource& s = sources[i];
    if (unconnected == Unconnected::kError)  // the others have been told of before the walk
      invalid("[tape_gradient] every source must be connected to a target: got ", describe_source(s, i),
              ", for which a gradient rule gave none; return a gradient for it, or ask for none or zero");
    if (unconnected == Unconnected::kZero)
      out[i] = s.variable ? full(context_, s.variable->shape(), 0.0, s.variable->dtype())
                          : full(context_, s.tensor.shape(), 0.0, s.tensor.dtype());
  }
  return out;
}

}  // namespace tl
