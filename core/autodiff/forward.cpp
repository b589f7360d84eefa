// Forward mode: which tensors have tangents. How tangents pass through an op is in push_forward.cpp.
#include "core/autodiff/forward.h"

#include "core/autodiff/rule.h"
#include "core/base/error.h"
#include "core/ops/generated/functions.h"

namespace tl {
namespace {

std::string describe_primal(const GradientSource& primal, size_t index) {
  std::string name = concat("'primals[", index, "]'");
  return primal.variable ? concat(name, " (variable '", primal.variable->name(), "')") : name;
}

void check_policy(Unconnected policy) {
  if (policy != Unconnected::kNone && policy != Unconnected::kZero && policy != Unconnected::kError)
    invalid("[forward_tangent] 'unconnected' must be none (0), zero (1) or error (2): got ",
            static_cast<int32_t>(policy), "; use one of its names");
}

}  // namespace

void Forward::check_primal(const GradientSource& primal, const Tensor& tangent, size_t index) const {
  const Variable* v = primal.variable;
  if (!v && !primal.tensor)
    invalid("[forward_begin] 'primals[", index, "]' must be a tensor or variable: got null; was it set?");
  if (!tangent) invalid("[forward_begin] 'tangents[", index, "]' must be a tensor: got null; was it set?");
  if (&(v ? v->context() : primal.tensor.context()) != &context_)
    invalid("[forward_begin] primals must be of the context: got ", describe_primal(primal, index),
            " of another context; compute in one context");
  if (&tangent.context() != &context_)
    invalid("[forward_begin] tangents must be of the context: got 'tangents[", index,
            "]' of another context; copy its data over");
  const DType dtype = v ? v->dtype() : primal.tensor.dtype();
  const Shape& shape = v ? v->shape() : primal.tensor.shape();
  if (!is_floating(dtype))
    invalid("[forward_begin] primals must be floating-point values, the only ones with tangents: got ",
            describe_primal(primal, index), " of ", dtype, "; cast it before the computation");
  if (tangent.dtype() != dtype || tangent.shape() != shape)
    invalid("[forward_begin] a tangent has the dtype and shape of its primal: got 'tangents[", index,
            "]' of ", tangent.dtype(), " ", tangent.shape(), " for ", describe_primal(primal, index), " of ",
            dtype, " ", shape, "; cast or reshape it");
}

Forward::Forward(Context& context, Span<const GradientSource> primals, Span<const Tensor> tangents)
    : context_(context), bit_(context.new_recorder_bit()) {
  if (primals.empty())
    invalid("[forward_begin] there must be at least 1 primal: got 0; pass what you differentiate by");
  if (primals.size() != tangents.size())
    invalid("[forward_begin] each primal needs one tangent: got ", tangents.size(), " for ", primals.size(),
            " primals; leave out what does not move");
  std::unordered_map<uint64_t, size_t> seen;
  for (size_t i = 0; i < primals.size(); i++) {
    check_primal(primals[i], tangents[i], i);
    auto [first, added] = seen.emplace(primals[i].id(), i);
    if (!added)
      invalid("[forward_begin] a primal must be named once: got ", describe_primal(primals[i], i),
              ", which is 'primals[", first->second, "]', too; give it the sum of its tangents");
  }
  for (size_t i = 0; i < primals.size(); i++) {
    if (const Variable* v = primals[i].variable) {
      variable_index_.insert(v->id(), static_cast<int32_t>(variable_tangents_.size()));
      variable_tangents_.push_back(tangents[i]);
    } else {
      remember(primals[i].tensor, tangents[i]);
    }
  }
  context_.listen_to_releases(this);
  try {
    context_.add_recorder(this);
  } catch (...) {
    context_.stop_listening(this);
    throw;
  }
  recording_ = true;
}

Forward::~Forward() {
  if (gone_) *gone_ = true;
  if (recording_) context_.remove_recorder(this);
  context_.stop_listening(this);
}

void Forward::end() {
  if (!recording_)
    fail(Code::kFailedPrecondition,
         "[forward_end] the forward mode must be open: got one that has ended; resume it to go on");
  context_.remove_recorder(this);
  recording_ = false;
}

void Forward::resume() {
  if (recording_)
    fail(Code::kFailedPrecondition,
         "[forward_resume] the forward mode must have ended: got one that is open; end it first");
  context_.add_recorder(this);
  recording_ = true;
}

const Tensor* Forward::find(const Tensor& tensor) const {
  if (!(tensor.node()->tape_bits & bit_)) return nullptr;
  auto at = tangent_of_.find(tensor.id());
  return at == tangent_of_.end() ? nullptr : &at->second;
}

void Forward::remember(const Tensor& tensor, Tensor tangent) {
  tangent_of_.emplace(tensor.id(), std::move(tangent));
  tensor.node()->tape_bits |= bit_;
}

// The tangent goes last, when the table is whole again: it may be the last handle of a tensor that stands there, too.
void Forward::on_release(uint64_t id) noexcept {
  auto at = tangent_of_.find(id);
  if (at == tangent_of_.end()) return;
  Tensor tangent = std::move(at->second);
  tangent_of_.erase(at);
}

void Forward::on_read(Variable& variable, const Tensor& value) {
  int32_t index = variable_index_.find(variable.id());
  if (index >= 0 && !find(value)) remember(value, variable_tangents_[static_cast<size_t>(index)]);
}

// Does an input have a tangent that an output could have, too?
bool Forward::concerns(Inputs in, Span<const Tensor> out) const {
  bool arrives = false, leaves = false;
  for (const Tensor* t : in) arrives |= find(*t) != nullptr;
  for (const Tensor& t : out) leaves |= is_floating(t.dtype());
  return arrives && leaves;
}

std::vector<Tensor> Forward::tangents_of(Inputs in) const {
  std::vector<Tensor> out(in.size());
  for (size_t i = 0; i < in.size(); i++)
    if (const Tensor* t = find(*in[i])) out[i] = *t;
  return out;
}

void Forward::remember_all(Span<const Tensor> tensors, Span<Tensor> tangents) {
  for (size_t i = 0; i < tensors.size(); i++) {
    if (!tangents[i]) continue;
    TL_INVARIANT(tangents[i].dtype() == tensors[i].dtype() && tangents[i].shape() == tensors[i].shape());
    remember(tensors[i], std::move(tangents[i]));
  }
}

void Forward::on_op(const OpCall& call) {
  if (call.schema.gradient == GradientKind::kNone || !concerns(call.in, call.out)) return;
  std::vector<Tensor> tangents = tangents_of(call.in), out(call.out.size());
  {
    OnlyOlder others(context_, *this);
    push_forward(call, tangents, out.data());
  }
  remember_all(call.out, out);
}

void Forward::on_rule(const RuleCall& call) {
  if (!concerns(call.in, call.out)) return;
  std::vector<Tensor> tangents = tangents_of(call.in), in, out;
  std::vector<char> moves;
  for (size_t i = 0; i < call.in.size(); i++) {
    in.push_back(*call.in[i]);
    moves.push_back(static_cast<bool>(tangents[i]));
  }
  // The rule may be a function of the program's, which may give this object up.
  bool gone = false;
  {
    OnlyOlder others(context_, *this);
    gone_ = &gone;
    try {
      out = checked_tangents(*call.rule, RuleArgs{call.context, in, call.out, {}, moves}, tangents);
    } catch (...) {
      if (!gone) gone_ = nullptr;
      throw;
    }
  }
  if (gone) return;
  gone_ = nullptr;
  remember_all(call.out, out);
}

Tensor Forward::unconnected(const Shape& shape, DType dtype, Unconnected policy) const {
  switch (policy) {
    case Unconnected::kNone: return Tensor();
    case Unconnected::kZero: return full(context_, shape, 0.0, dtype);
    case Unconnected::kError:
      invalid("[forward_tangent] the tensor must depend on a primal: got ", dtype, " ", shape,
              ", which does not; compute it from the primals while the forward mode is open");
  }
  return Tensor();  // checked before
}

Tensor Forward::tangent(const Tensor& tensor, Unconnected policy) const {
  if (!tensor) invalid("[forward_tangent] 'tensor' must be a tensor: got null; was it set?");
  if (&tensor.context() != &context_)
    invalid(
        "[forward_tangent] the tensor must be of the context: got one of another; compute in one context");
  if (!is_floating(tensor.dtype()))
    invalid("[forward_tangent] only floating-point tensors have tangents: got ", tensor.dtype(), " ",
            tensor.shape(), "; ask before it is cast");
  check_visible("forward_tangent", "the tensor", *this, tensor);
  check_policy(policy);
  const Tensor* found = find(tensor);
  return found ? *found : unconnected(tensor.shape(), tensor.dtype(), policy);
}

Tensor Forward::tangent(const Variable& variable, Unconnected policy) const {
  check_policy(policy);
  if (&variable.context() == &context_) {
    int32_t index = variable_index_.find(variable.id());
    if (index >= 0) return variable_tangents_[static_cast<size_t>(index)];
  }
  return tangent(variable.value(), policy);
}

}  // namespace tl
