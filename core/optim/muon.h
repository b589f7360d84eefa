// Muon (Jordan et al. 2024): matrices move along the orthogonal factor of their momentum, all other variables as with Adam.
#pragma once

#include <memory>

#include "core/optim/optimizer.h"

namespace tl::optim {

// What the step of a matrix of n rows and m columns is multiplied with beside the rate.
enum class MuonScale : int32_t {
  kOriginal = 0,  // sqrt(max(1, n / m)): as Jordan et al., Keras and PyTorch
  kMatchRms =
      1,  // 0.2 sqrt(max(n, m)): steps of the size of Adam's, whose rate then serves (Liu et al. 2025)
};

// Of a variable of rank 2:
//   b = momentum b + g; u = g + momentum b (nesterov) or b; w -= rate scale O(u)
// O(u) is near U V^T of u's singular value decomposition: X = u / (|u| + epsilon), transposed where n > m, then ns_steps times
// A = X X^T, X = 3.4445 X + (-4.7750 A + 2.0315 A^2) X (Newton-Schulz). Its singular values end up in about [0.7, 1.2].
// PyTorch's b is (1 - momentum) times this one, which makes no difference but beside epsilon.
// Of any other variable: Adam at the rate rate * adam_rate_ratio, with Keras's epsilon.
//
// Tables of embeddings and the last layer are matrices that are better trained by Adam: give them to an optimizer of their own.
struct MuonOptions {
  double learning_rate = 0.001;  // the paper's is 0.02
  double momentum = 0.95;        // in [0, 1)
  bool nesterov = true;
  int64_t ns_steps = 5;  // in [1, 100]
  MuonScale scale = MuonScale::kOriginal;
  double adam_rate_ratio = 0.1;  // finite, not negative
  double beta1 = 0.9;            // of Adam, in [0, 1)
  double beta2 = 0.999;          // of Adam, in [0, 1)
  double epsilon = 1e-7;         // finite, above 0, of both
  std::string name = "muon";
};

// Slots: "momentum" of a matrix, "m" and "v" of other variables. Gradients of rows of a matrix are refused, those of other
// variables taken lazily, as by Adam. Throws kInvalidArgument for options outside their range.
std::unique_ptr<Optimizer> make_muon(Context& context, const MuonOptions& options);

}  // namespace tl::optim
