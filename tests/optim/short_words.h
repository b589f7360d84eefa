// Short words for what most tests of optimizers do: options in one line, a step on one variable, a comparison of bits.
#pragma once

#include <cstring>
#include <limits>

#include "core/optim/adam.h"
#include "core/optim/optimizer.h"
#include "core/optim/sgd.h"

namespace tl::test {

const double kInfinity = std::numeric_limits<double>::infinity();

inline optim::SgdOptions sgd_options(double rate, double momentum = 0, bool nesterov = false,
                                     optim::MomentumForm form = optim::MomentumForm::kKeras) {
  optim::SgdOptions o;
  o.learning_rate = rate;
  o.momentum = momentum;
  o.nesterov = nesterov;
  o.momentum_form = form;
  return o;
}

inline optim::AdamWOptions adamw_options(double rate, double decay, double epsilon = 1e-7) {
  optim::AdamWOptions o;
  o.adam.learning_rate = rate;
  o.adam.epsilon = epsilon;
  o.weight_decay = decay;
  return o;
}

// A step on one variable; `rows`, where given, are the places of the gradient's rows.
inline void apply_one(optim::Optimizer& optimizer, const VariableRef& v, const Tensor& g,
                      const Tensor& rows = {}) {
  Tensor grads[] = {g}, places[] = {rows};
  Variable* variables[] = {v.get()};
  optimizer.apply(grads, variables, rows ? Span<const Tensor>(places) : Span<const Tensor>());
}

inline bool same_bits(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() && std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

}  // namespace tl::test
