// The backward walk of a tape.
//
// The records stand in the order in which the ops ran, which is a topological order: a loop from the last to the first
// sees every use of a tensor before the op that made it. Only ops on a path from a source to a target take part.
#include <cstring>

#include "core/autodiff/sum_to.h"
#include "core/autodiff/tape.h"
#include "core/base/error.h"
#include "core/ops/generated/functions.h"

namespace tl {
namespace {

constexpr size_t kMostAttrBytes = 512;

std::string describe(const GradientSource& source, size_t index) {
  std::string what = source.variable ? concat("variable '", source.variable->name(), "'")
                                     : concat(source.tensor.dtype(), " ", source.tensor.shape());
  if (source.variable && source.variable->name().empty()) what = "a variable without a name";
  return concat("'sources[", index, "]' (", what, ")");
}

// a + b; writes into a's memory when nobody else can see it.
Tensor accumulate(Tensor a, const Tensor& b) {
  const Tensor* in[] = {&a, &b};
  Tensor out;
  apply(OpId::kAdd, a.context(), Inputs(in, 2), nullptr, &out, /*donated=*/1);
  return out;
}

}  // namespace

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
      invalid("[tape_gradient] sources must be of the tape's context: got ", describe(s, i),
              " of another context; compute in one context");
    DType dtype = s.variable ? s.variable->dtype() : s.tensor.dtype();
    if (!is_floating(dtype))
      invalid("[tape_gradient] sources must be floating-point values, the only ones with gradients: got ",
              describe(s, i), " of ", dtype, "; differentiate with respect to a cast of it");
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
    for (uint32_t i = 0; i < e.schema->num_outputs; i++)
      if (int32_t l = locals_[e.first + e.num_inputs + i]; l >= 0) reached[l] = 1;
  }
  return reached;
}

// Runs the rule of one op and adds what it gives to the gradients of the op's operands.
void Tape::differentiate(size_t index, std::vector<Tensor>& grads, const std::vector<char>& reached,
                         const std::vector<char>& is_source) {
  const Entry e =
      entries_[index];  // a copy: a persistent tape that still records may grow while the rule runs
  const OpSchema& schema = *e.schema;
  const size_t num_outputs = schema.num_outputs;
  bool wanted = false, arrived = false;
  for (uint32_t i = 0; i < e.num_inputs; i++)
    wanted |= locals_[e.first + i] >= 0 && reached[locals_[e.first + i]];
  for (size_t i = 0; i < num_outputs; i++)
    if (int32_t l = locals_[e.first + e.num_inputs + i]; l >= 0) arrived |= static_cast<bool>(grads[l]);

  // A consumed tape gives up what it saved as it goes, so that memory falls during the walk.
  std::vector<Tensor> operands(e.num_inputs + num_outputs);
  const bool keep = state_ != State::kConsumed;
  if (!keep || (wanted && arrived))
    for (size_t i = 0; i < operands.size(); i++)
      operands[i] = keep ? tensors_[e.first + i] : std::move(tensors_[e.first + i]);
  if (!wanted || !arrived) return;

  std::vector<const Tensor*> in(e.num_inputs);
  std::vector<int32_t> locals(locals_.begin() + e.first, locals_.begin() + e.first + e.num_inputs);
  uint64_t needed = 0;
  for (uint32_t i = 0; i < e.num_inputs; i++) {
    in[i] = &operands[i];
    if (locals[i] >= 0 && reached[locals[i]]) needed |= uint64_t{1} << (i < 63 ? i : 63);
  }
  std::vector<Tensor> output_grads(num_outputs), input_grads(e.num_inputs);
  for (size_t i = 0; i < num_outputs; i++) {
    int32_t l = locals_[e.first + e.num_inputs + i];
    if (l < 0) continue;
    output_grads[i] = is_source[l] ? grads[l] : std::move(grads[l]);
  }
  alignas(8) std::byte attrs[kMostAttrBytes];
  TL_INVARIANT(schema.attr_bytes <= kMostAttrBytes);
  if (schema.attr_bytes) std::memcpy(attrs, &attrs_[e.attrs], schema.attr_bytes);

  if (schema.gradient == GradientKind::kZero) {
    for (uint32_t i = 0; i < e.num_inputs; i++)
      if (locals[i] >= 0) input_grads[i] = full(context_, operands[i].shape(), 0.0, operands[i].dtype());
  } else {
    schema.vjp(VjpArgs{schema, Inputs(in.data(), in.size()),
                       Span<const Tensor>(&operands[e.num_inputs], num_outputs),
                       Span<const Tensor>(output_grads), attrs, needed},
               input_grads.data());
  }
  for (uint32_t i = 0; i < e.num_inputs; i++) {
    int32_t l = locals[i];
    if (l < 0 || !reached[l] || !input_grads[i]) continue;
    Tensor g = sum_to(input_grads[i], operands[i].shape());
    TL_INVARIANT(g.dtype() == operands[i].dtype());
    grads[l] = grads[l] ? accumulate(std::move(grads[l]), g) : std::move(g);
  }
}

std::vector<Tensor> Tape::gradient(Span<const Tensor> targets, Span<const GradientSource> sources,
                                   Span<const Tensor> output_gradients, Unconnected unconnected) {
  check_gradient_call(targets, sources, output_gradients);
  if (unconnected != Unconnected::kNone && unconnected != Unconnected::kZero &&
      unconnected != Unconnected::kError)
    invalid("[tape_gradient] 'unconnected' must be none (0), zero (1) or error (2): got ",
            static_cast<int32_t>(unconnected), "; fill the options with their _init function first");

  std::vector<std::vector<int32_t>> locals_of = source_locals(sources);
  std::vector<char> reached = reachable(locals_of), is_source(num_locals_, 0);
  for (const auto& locals : locals_of)
    for (int32_t l : locals) is_source[l] = 1;

  if (unconnected == Unconnected::kError) {
    // Known before any arithmetic: a source is connected when some target depends on it.
    for (size_t i = 0; i < sources.size(); i++) {
      std::vector<char> from = reachable({locals_of[i]});
      bool connected = false;
      for (const Tensor& t : targets)
        if (int32_t l = find(t); l >= 0) connected |= from[l] != 0;
      if (!connected)
        invalid("[tape_gradient] every source must be connected to a target: got ", describe(sources[i], i),
                ", which is not connected; watch it before it is used, and compute the target inside "
                "the tape");
    }
  }

  std::vector<Tensor> grads(num_locals_);
  for (size_t i = 0; i < targets.size(); i++) {
    int32_t l = find(targets[i]);
    if (l < 0 || !reached[l]) continue;
    Tensor seed = !output_gradients.empty() && output_gradients[i]
                      ? output_gradients[i]
                      : full(context_, targets[i].shape(), 1.0, targets[i].dtype());
    grads[l] = grads[l] ? accumulate(std::move(grads[l]), seed) : std::move(seed);
  }

  if (!options_.persistent) {
    stop_recording();
    state_ = State::kConsumed;
  }
  const size_t recorded = entries_.size();
  for (size_t i = recorded; i-- > 0;) differentiate(i, grads, reached, is_source);
  if (state_ == State::kConsumed) forget_records();

  std::vector<Tensor> out(sources.size());
  for (size_t i = 0; i < sources.size(); i++) {
    for (int32_t l : locals_of[i])
      if (grads[l]) out[i] = out[i] ? accumulate(out[i], grads[l]) : grads[l];
    if (!out[i] && unconnected == Unconnected::kZero) {
      const GradientSource& s = sources[i];
      out[i] = s.variable ? full(context_, s.variable->shape(), 0.0, s.variable->dtype())
                          : full(context_, s.tensor.shape(), 0.0, s.tensor.dtype());
    }
  }
  return out;
}

}  // namespace tl
