// Schedule-free AdamW (Defazio et al. 2024): the average of the iterates does what a falling learning rate would do, without a
// length of training that must be known.
#pragma once

#include <memory>

#include "core/optim/optimizer.h"

namespace tl::optim {

// The variable holds y, at which gradients are taken; z is what Adam moves, x the average, for evaluation. With the rate
// r = rate min(1, t / warmup_steps) and the weight q = (the largest r so far)^2:
//   v = beta2 v + (1 - beta2) g^2; z -= r (g / (sqrt(v / (1 - beta2^t)) + epsilon) + weight_decay y)
//   c = q / (sum of all q so far); x = (1 - c) x + c z; y = (1 - beta1) z + beta1 x
// as in the authors' implementation, which weighs by the largest rate and corrects v where the paper does neither.
struct ScheduleFreeAdamWOptions {
  double learning_rate = 0.0025;  // one to ten times that of AdamW with a schedule
  double beta1 = 0.9;             // in [0, 1)
  double beta2 = 0.999;           // in [0, 1)
  double epsilon = 1e-8;          // finite, not negative
  double weight_decay = 0.0;      // finite, not negative
  int64_t warmup_steps = 0;       // not negative; 0: none
  std::string name = "schedule_free_adamw";
};

// Slots: "z", "average" (x), "v", and of rank 0 "weight_sum" and "largest_rate". swap_averages() exchanges y and x, for an
// evaluation and for the end of training. Gradients of rows are refused: every row's average moves in every step. Throws
// kInvalidArgument for options outside their range.
std::unique_ptr<Optimizer> make_schedule_free_adamw(Context& context,
                                                    const ScheduleFreeAdamWOptions& options);

}  // namespace tl::optim
