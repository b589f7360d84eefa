// Sharpness-aware minimization around any optimizer: the gradient is taken where the loss is worst nearby, and applied where the weights
// are. Foret et al. 2021 (SAM), Kwon et al. 2021 (ASAM, whose neighbourhood is scaled by the weights).
#pragma once

#include "core/optim/evaluate.h"
#include "core/optim/optimizer.h"

namespace tl::optim {

struct SamOptions {
  double rho = 0.05;      // the radius, finite and above 0; of ASAM larger ones are usual, such as 0.5
  bool adaptive = false;  // ASAM
  double eta = 0.01;      // ASAM: T = |w| + eta, finite and not negative
};

// One step: g at w; g' at w + e with e = rho g / |g|, of ASAM rho T^2 g / |T g| (norms over all variables, 1e-12 added); then one step
// of the optimizer at w with g'. Gives the loss at w. In ops, so it can be recorded: a replay does not call `evaluate`. A failure leaves
// variables and optimizer as they were. Throws kInvalidArgument for options out of range and evaluations that do not fit.
Tensor apply_sam(Optimizer& optimizer, const SamOptions& options, const Evaluate& evaluate,
                 Span<Variable* const> variables);

}  // namespace tl::optim
