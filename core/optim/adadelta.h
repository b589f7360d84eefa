// Adadelta (Zeiler 2012): steps in the units of the weights, from the sizes of earlier gradients and steps.
#pragma once

#include <memory>

#include "core/optim/optimizer.h"

namespace tl::optim {

// G = rho G + (1 - rho) g^2; d = sqrt(D + epsilon) / sqrt(G + epsilon) g; D = rho D + (1 - rho) d^2; w -= rate d. Keras and
// PyTorch agree but in the defaults; the paper's rate is 1.
struct AdadeltaOptions {
  double learning_rate = 0.001;  // PyTorch's is 1
  double rho = 0.95;             // in [0, 1). PyTorch's default is 0.9.
  double epsilon = 1e-7;  // finite, not negative; with 0 nothing ever moves. PyTorch's default is 1e-6.
  std::string name = "adadelta";
};

// Slots: "gradient" (G) and "step" (D). Gradients of rows: lazily, the averages of the other rows do not decay. Throws
// kInvalidArgument for options outside their range.
std::unique_ptr<Optimizer> make_adadelta(Context& context, const AdadeltaOptions& options);

}  // namespace tl::optim
