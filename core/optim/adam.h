// Adam (Kingma and Ba 2015) and AdamW, Adam with decoupled weight decay (Loshchilov and Hutter 2019).
#pragma once

#include <memory>

#include "core/optim/conventions.h"
#include "core/optim/optimizer.h"

namespace tl::optim {

// a = rate sqrt(1 - beta2^t) / (1 - beta1^t).
//   Keras:   w -= a m / (sqrt(v) + epsilon): beside the root before bias correction ("epsilon hat" of the paper)
//   PyTorch: w -= a m / (sqrt(v) + epsilon sqrt(1 - beta2^t)): beside the corrected root
struct AdamOptions {
  double learning_rate = 0.001;
  double beta1 = 0.9;     // in [0, 1)
  double beta2 = 0.999;   // in [0, 1)
  double epsilon = 1e-7;  // finite, not negative. PyTorch's default is 1e-8.
  EpsilonForm epsilon_form = EpsilonForm::kKeras;
  std::string name = "adam";
  bool amsgrad = false;  // the largest v so far in the place of v (Reddi et al. 2018)
};

struct AdamWOptions {
  AdamOptions adam{0.001, 0.9, 0.999, 1e-7, EpsilonForm::kKeras, "adamw", false};
  double weight_decay =
      0.004;  // w -= rate weight_decay w before the update, with the rate of the step. PyTorch's is 0.01.
};

// Slots: "m" and "v", with amsgrad "v_max" too. Gradients of rows: lazily. Throw kInvalidArgument for options outside their range.
std::unique_ptr<Optimizer> make_adam(Context& context, const AdamOptions& options);
std::unique_ptr<Optimizer> make_adamw(Context& context, const AdamWOptions& options);

}  // namespace tl::optim
