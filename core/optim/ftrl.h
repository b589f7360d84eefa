// FTRL-proximal (McMahan et al. 2013): weights of sparse models, of which the l1 penalty makes many exactly 0.
#pragma once

#include <memory>

#include "core/optim/optimizer.h"

namespace tl::optim {

// With p = -learning_rate_power, n the accumulator after g^2 has been added to it, a before:
//   z += g + 2 shrink w - (n^p - a^p) / rate w
//   w  = (clip(z, -l1, l1) - z) / (n^p / rate + 2 l2 + beta / rate)
// The weights follow from the state alone: a variable that begins at other values than 0 keeps no memory of them beyond z.
struct FtrlOptions {
  double learning_rate = 0.001;       // a step at a rate of 0 is an error: the formula divides by it
  double learning_rate_power = -0.5;  // not above 0, finite
  double initial_accumulator = 0.1;   // finite, not negative
  double l1 = 0.0;                    // finite, not negative, like l2, shrink and beta
  double l2 = 0.0;                    // penalty of the weights
  double l2_shrinkage = 0.0;          // shrink: a penalty that acts on the gradient
  double beta = 0.0;
  std::string name = "ftrl";
};

// Slots: "accumulator" and "linear" (z). Gradients of rows: lazily; the dense update also moves rows whose gradient is 0 when
// the rate has changed, there is shrinkage, or it is their first. Throws kInvalidArgument for options outside their range.
std::unique_ptr<Optimizer> make_ftrl(Context& context, const FtrlOptions& options);

}  // namespace tl::optim
