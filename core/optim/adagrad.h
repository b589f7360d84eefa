// Adagrad (Duchi et al. 2011): the rate of an element falls with the squares of all its gradients.
#pragma once

#include <memory>

#include "core/optim/conventions.h"
#include "core/optim/optimizer.h"

namespace tl::optim {

// a += g^2, then
//   Keras:   w -= rate g / sqrt(a + epsilon)
//   PyTorch: w -= rate g / (sqrt(a) + epsilon)
struct AdagradOptions {
  double learning_rate = 0.001;      // PyTorch's is 0.01
  double initial_accumulator = 0.1;  // a before the first step; finite, not negative. PyTorch's default is 0.
  double epsilon = 1e-7;             // finite, not negative. PyTorch's default is 1e-10.
  EpsilonForm epsilon_form = EpsilonForm::kKeras;
  std::string name = "adagrad";
};

// Slot: "accumulator". Gradients of rows: the dense update to the bit, unless epsilon and initial_accumulator are 0. Throws
// kInvalidArgument for options outside their range.
std::unique_ptr<Optimizer> make_adagrad(Context& context, const AdagradOptions& options);

}  // namespace tl::optim
