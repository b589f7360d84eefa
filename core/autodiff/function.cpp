#include "core/autodiff/function.h"

#include <unordered_map>

#include "core/base/error.h"

namespace tl {
namespace {

Context& context_of(const GradientSource& source) {
  return source.variable ? source.variable->context() : source.tensor.context();
}

}  // namespace

std::vector<GradientSource> sources_of(Span<const Tensor> at) {
  std::vector<GradientSource> out;
  for (const Tensor& t : at) out.push_back(GradientSource{t, nullptr});
  return out;
}

void check_sources(const char* what, Span<const GradientSource> at) {
  if (at.empty())
    invalid("[", what, "] there must be at least 1 argument: got 0; pass what you differentiate by");
  std::unordered_map<uint64_t, size_t> seen;
  for (size_t i = 0; i < at.size(); i++) {
    const Variable* v = at[i].variable;
    if (!v && !at[i].tensor) invalid("[", what, "] argument ", i, " must be a tensor: got null; was it set?");
    if (&context_of(at[i]) != &context_of(at[0]))
      invalid("[", what, "] arguments must be of one context: got argument ", i,
              " of another one; copy its data over");
    const DType dtype = v ? v->dtype() : at[i].tensor.dtype();
    if (!is_floating(dtype))
      invalid("[", what, "] arguments must be floating-point values, the only ones with derivatives: got ",
              dtype, " ", v ? v->shape() : at[i].tensor.shape(), " as argument ", i, "; cast it");
    // Recorders know values, not places: two places of one value could not be told apart.
    auto [first, added] = seen.emplace(v ? v->id() : at[i].tensor.id(), i);
    if (!added)
      invalid("[", what, "] an argument must be named once: got argument ", i, ", which is argument ",
              first->second, ", too; pass identity of it for one of the two");
  }
}

void check_values(const char* what, Span<const Tensor> values) {
  if (values.empty())
    invalid("[", what, "] the function must give at least 1 tensor: got 0; return its result");
  for (size_t i = 0; i < values.size(); i++) {
    if (!values[i])
      invalid("[", what, "] the function must give tensors: got null as value ", i, "; was it set?");
    if (!is_floating(values[i].dtype()))
      invalid("[", what, "] the function must give floating-point tensors: got ", values[i].dtype(), " ",
              values[i].shape(), " as value ", i, "; cast it");
  }
}

std::vector<Tensor> values_of(Span<const GradientSource> at) {
  std::vector<Tensor> out;
  for (const GradientSource& source : at)
    out.push_back(source.variable ? source.variable->read() : source.tensor);
  return out;
}

std::unique_ptr<Tape> tape_on(Span<const GradientSource> at, bool persistent) {
  auto tape = std::make_unique<Tape>(context_of(at[0]), TapeOptions{persistent, /*watch_variables=*/false});
  for (const GradientSource& source : at) {
    if (source.variable)
      tape->watch(*source.variable);
    else
      tape->watch(source.tensor);
  }
  return tape;
}

}  // namespace tl
