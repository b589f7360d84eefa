// Adamax: Adam with the largest gradient in the place of the second moment (Kingma and Ba 2015, section 7.1).
#pragma once

#include <memory>

#include "core/optim/conventions.h"
#include "core/optim/optimizer.h"

namespace tl::optim {

// m = beta1 m + (1 - beta1) g, then
//   Keras:   u = max(beta2 u, |g|);           w -= rate / (1 - beta1^t) m / (u + epsilon)
//   PyTorch: u = max(beta2 u, |g| + epsilon); w -= rate / (1 - beta1^t) m / u
struct AdamaxOptions {
  double learning_rate = 0.001;  // PyTorch's is 0.002
  double beta1 = 0.9;            // in [0, 1)
  double beta2 = 0.999;          // in [0, 1)
  double epsilon = 1e-7;         // finite, not negative. PyTorch's default is 1e-8.
  EpsilonForm epsilon_form = EpsilonForm::kKeras;
  std::string name = "adamax";
};

// Slots: "m" and "u". Gradients of rows: lazily, as Adam. Throws kInvalidArgument for options outside their range.
std::unique_ptr<Optimizer> make_adamax(Context& context, const AdamaxOptions& options);

}  // namespace tl::optim
