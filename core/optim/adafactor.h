// Adafactor (Shazeer and Stern 2018): Adam's second moment in the memory of a row and a column for each matrix, without a first.
#pragma once

#include <memory>

#include "core/optim/conventions.h"
#include "core/optim/optimizer.h"

namespace tl::optim {

// With b = 1 - t^beta2_decay, and means over the last axis (rows) and the last but one (columns):
//   Keras:   s = g^2 + epsilon1; r = b r + (1 - b) mean_rows(s); c = b c + (1 - b) mean_columns(s); v = r c / mean(r)
//   PyTorch: s = g^2, and v = max(r c / max(mean(r), epsilon1), epsilon1^2)
// of a variable of rank 0 or 1 instead v = b v + (1 - b) s. Then, with rms the root of the mean square,
//   u = g / sqrt(v); w -= max(epsilon2, rms(w)) min(rate, 1 / sqrt(t)) u / max(1, rms(u) / clip_threshold)
// Keras's relative_step changes nothing of this there either.
struct AdafactorOptions {
  double learning_rate = 0.001;  // PyTorch's and the paper's is 0.01
  double beta2_decay = -0.8;     // finite, not above 0
  double epsilon1 =
      1e-30;  // finite, not negative. PyTorch's default is the epsilon of the dtype: 1.2e-7, 2.2e-16.
  double epsilon2 = 0.001;      // finite, not negative: the least scale of the weights
  double clip_threshold = 1.0;  // finite, above 0
  EpsilonForm epsilon_form = EpsilonForm::kKeras;
  std::string name = "adafactor";
};

// Slots: "r" and "c" of a variable of rank 2 or more, "v" of others. Gradients of rows are refused: the columns are shared by
// all rows. Throws kInvalidArgument for options outside their range.
std::unique_ptr<Optimizer> make_adafactor(Context& context, const AdafactorOptions& options);

}  // namespace tl::optim
