// Nadam: Adam with Nesterov's momentum, which is warmed up (Dozat 2016).
#pragma once

#include <memory>

#include "core/optim/optimizer.h"

namespace tl::optim {

// m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2. The momentum of step t is u_t = beta1 (1 - 0.96^(d t) / 2), with d
// the momentum_decay, and U_t the product of those until t:
//   w -= rate (u_{t+1} m / (1 - U_{t+1}) + (1 - u_t) g / (1 - U_t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
struct NadamOptions {
  double learning_rate = 0.001;  // PyTorch's is 0.002
  double beta1 = 0.9;            // in [0, 1)
  double beta2 = 0.999;          // in [0, 1)
  double epsilon = 1e-7;         // finite, not negative. PyTorch's default is 1e-8.
  double momentum_decay = 1.0;   // finite, not negative. Keras fixes it at 1, PyTorch's default is 0.004.
  std::string name = "nadam";
};

// Slots: "m" and "v"; the product follows from the count of steps. Gradients of rows: lazily, as Adam. Throws
// kInvalidArgument for options outside their range.
std::unique_ptr<Optimizer> make_nadam(Context& context, const NadamOptions& options);

}  // namespace tl::optim
