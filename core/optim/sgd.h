// Stochastic gradient descent, plain, with momentum (Polyak 1964) or Nesterov's (Sutskever et al. 2013).
#pragma once

#include <memory>

#include "core/optim/conventions.h"
#include "core/optim/optimizer.h"

namespace tl::optim {

struct SgdOptions {
  double learning_rate = 0.01;
  double momentum = 0.0;  // mu, in [0, 1]; 0: no velocity is kept
  bool nesterov =
      false;  // w += mu m - rate g (Keras form), w -= rate (g + mu m) (PyTorch form); needs momentum
  MomentumForm momentum_form = MomentumForm::kKeras;
  std::string name = "sgd";
};

// Slots: "momentum" when momentum is not 0. Throws kInvalidArgument for options outside their range.
std::unique_ptr<Optimizer> make_sgd(Context& context, const SgdOptions& options);

}  // namespace tl::optim
