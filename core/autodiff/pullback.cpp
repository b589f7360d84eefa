#include "core/autodiff/pullback.h"

#include "core/base/error.h"

namespace tl {

Pullback::Pullback(Function f, Span<const GradientSource> at) : sources_(at.begin(), at.end()) {
  check_sources("pullback", at);
  for (const GradientSource& source : at)
    if (source.variable) held_.push_back(VariableRef::share(source.variable));
  tape_ = tape_on(at, true);
  values_ = f(values_of(at));
  check_values("pullback", values_);
  tape_->end();
}

std::vector<Tensor> Pullback::operator()(Span<const Tensor> output_gradients) const {
  return tape_->gradient(values_, sources_, output_gradients, Unconnected::kZero);
}

}  // namespace tl
