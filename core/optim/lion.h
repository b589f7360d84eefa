// Lion (Chen et al. 2023): steps of one size, in the direction of the sign of a momentum.
#pragma once

#include <memory>

#include "core/optim/optimizer.h"

namespace tl::optim {

// w -= rate sign(beta1 m + (1 - beta1) g), then m = beta2 m + (1 - beta2) g.
struct LionOptions {
  double learning_rate = 0.001;  // the paper takes a third to a tenth of Adam's
  double beta1 = 0.9;            // in [0, 1]
  double beta2 = 0.99;           // in [0, 1)
  std::string name = "lion";
};

// Slot: "m". Gradients of rows: lazily, as Adam. Throws kInvalidArgument for options outside their range.
std::unique_ptr<Optimizer> make_lion(Context& context, const LionOptions& options);

}  // namespace tl::optim
