// LAMB (You et al. 2020): Adam's step in the size of the weights, for very large batches.
#pragma once

#include <memory>

#include "core/optim/optimizer.h"

namespace tl::optim {

// m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, then
//   u = (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon) + weight_decay w
//   w -= rate |w| / |u| u, with 1 in the place of the ratio where one of the two norms, of the whole variable, is 0.
struct LambOptions {
  double learning_rate = 0.001;
  double beta1 = 0.9;     // in [0, 1)
  double beta2 = 0.999;   // in [0, 1)
  double epsilon = 1e-7;  // finite, not negative. The paper's is 1e-6.
  double weight_decay =
      0.0;  // finite, not negative; as in algorithm 2 of the paper it is part of the step that is scaled
  std::string name = "lamb";
};

// Slots: "m" and "v". Gradients of rows are refused: the norms are those of whole variables. Throws kInvalidArgument for
// options outside their range.
std::unique_ptr<Optimizer> make_lamb(Context& context, const LambOptions& options);

}  // namespace tl::optim
