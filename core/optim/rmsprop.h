// RMSprop (Tieleman and Hinton 2012), on request centred (Graves 2013) and with momentum.
#pragma once

#include <memory>

#include "core/optim/conventions.h"
#include "core/optim/optimizer.h"

namespace tl::optim {

// v = rho v + (1 - rho) g^2; centred: a = rho a + (1 - rho) g and s = max(v - a^2, 0), else s = v. Where epsilon stands:
//   Keras:   d = g / sqrt(s + epsilon)
//   PyTorch: d = g / (sqrt(s) + epsilon)
// Then w -= rate d, or with momentum mu, where the rate stands:
//   Keras:   b = mu b + rate d; w -= b
//   PyTorch: b = mu b + d;      w -= rate b
struct RmsPropOptions {
  double learning_rate = 0.001;  // PyTorch's is 0.01
  double rho = 0.9;              // in [0, 1). PyTorch's default is 0.99.
  double momentum = 0.0;         // mu, in [0, 1]; 0: none is kept
  double epsilon = 1e-7;         // finite, not negative. PyTorch's default is 1e-8.
  bool centered = false;
  EpsilonForm epsilon_form = EpsilonForm::kKeras;
  MomentumForm momentum_form = MomentumForm::kKeras;
  std::string name = "rmsprop";
};

// Slots: "v", then "mean" (a) when centred, then "momentum" (b) when momentum is not 0. Gradients of rows: lazily, nothing of
// the other rows decays. Throws kInvalidArgument for options outside their range.
std::unique_ptr<Optimizer> make_rmsprop(Context& context, const RmsPropOptions& options);

}  // namespace tl::optim
