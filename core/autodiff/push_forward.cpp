// How tangents pass through one op: the generic ways that the op table names, or the op's own rule.
#include "core/autodiff/accumulate.h"
#include "core/autodiff/forward.h"
#include "core/autodiff/sum_to.h"
#include "core/ops/generated/functions.h"

namespace tl {
namespace {

// The gradient rule of an op for the inputs of `needed`, given the gradients of its outputs.
void run_rule(const OpCall& call, Span<const Tensor> output_grads, uint64_t needed, Tensor* grads) {
  call.schema.vjp(VjpArgs{call.schema, call.in, call.out, output_grads, call.attrs, needed}, grads);
}

uint64_t bit_of(size_t input) { return uint64_t{1} << (input < 63 ? input : 63); }

// A diagonal matrix is its own transpose, so what the gradient rule makes of a tangent is the tangent of the output. Rules of
// element-wise ops broadcast, so the tangent of a broadcast operand need not be brought to the output's shape first.
void through_elements(const OpCall& call, Span<const Tensor> tangents, Tensor* out) {
  std::vector<Tensor> parts(call.in.size());
  for (size_t i = 0; i < tangents.size(); i++) {
    if (!tangents[i]) continue;
    run_rule(call, Span<const Tensor>(&tangents[i], 1), bit_of(i), parts.data());
    out[0] = out[0] ? accumulate(std::move(out[0]), parts[i]) : std::move(parts[i]);
  }
  const Shape& shape = call.out[0].shape();
  if (out[0].shape() != shape) out[0] = broadcast_to(out[0], shape);
}

void through_linear(const OpCall& call, Span<const Tensor> tangents, Tensor* out) {
  const OpSchema& schema = call.schema;
  std::vector<Tensor> zeros(tangents.size());
  std::vector<const Tensor*> in(tangents.size());
  for (size_t i = 0; i < tangents.size(); i++) {
    const Tensor& x = *call.in[i];
    in[i] = &x;
    const size_t column = i < schema.num_inputs ? i : schema.num_inputs - 1u;
    if (!(schema.linear_inputs >> column & 1)) continue;
    if (!tangents[i]) zeros[i] = full(call.context, x.shape(), 0.0, x.dtype());
    in[i] = tangents[i] ? &tangents[i] : &zeros[i];
  }
  apply(schema.id, call.context, Inputs(in.data(), in.size()), call.attrs, out);
}

// The gradient rule is a linear map from the gradients u of the outputs to those of the inputs, J^T u. Its own gradient by
// u, with the tangents t as output gradients, is J t, whatever u is: reverse mode twice.
void through_transpose(const OpCall& call, Span<const Tensor> tangents, Tensor* out) {
  std::vector<Tensor> u(call.out.size()), grads(call.in.size()), targets, weights;
  Tape tape(call.context, TapeOptions{/*persistent=*/false, /*watch_variables=*/false});
  std::vector<GradientSource> sources;
  for (size_t i = 0; i < u.size(); i++) {
    u[i] = full(call.context, call.out[i].shape(), 0.0, call.out[i].dtype());
    tape.watch(u[i]);
    sources.push_back(GradientSource{u[i], nullptr});
  }
  uint64_t needed = 0;
  for (size_t i = 0; i < tangents.size(); i++)
    if (tangents[i]) needed |= bit_of(i);
  run_rule(call, u, needed, grads.data());
  for (size_t i = 0; i < tangents.size(); i++) {
    if (!tangents[i] || !grads[i]) continue;
    targets.push_back(sum_to(grads[i], call.in[i]->shape()));
    weights.push_back(tangents[i]);
  }
  if (targets.empty()) return;
  std::vector<Tensor> by_u = tape.gradient(targets, sources, weights);
  for (size_t i = 0; i < u.size(); i++) out[i] = std::move(by_u[i]);
}

}  // namespace

void push_forward(const OpCall& call, Span<const Tensor> tangents, Tensor* out) {
  const OpSchema& schema = call.schema;
  if (schema.gradient == GradientKind::kZero) {
    for (size_t i = 0; i < call.out.size(); i++)
      if (is_floating(call.out[i].dtype()))
        out[i] = full(call.context, call.out[i].shape(), 0.0, call.out[i].dtype());
    return;
  }
  switch (schema.tangent) {
    case JvpKind::kElementwise: return through_elements(call, tangents, out);
    case JvpKind::kLinear: return through_linear(call, tangents, out);
    case JvpKind::kTranspose: return through_transpose(call, tangents, out);
    case JvpKind::kRule: return schema.jvp(JvpArgs{schema, call.in, call.out, tangents, call.attrs}, out);
    case JvpKind::kNone: break;
  }
}

}  // namespace tl
