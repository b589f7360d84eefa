// L-BFGS with a line search for the strong Wolfe conditions: for losses of a whole data set, without noise. Nocedal and Wright, Numerical
// Optimization (2nd edition), algorithms 7.4 (two loops) and 7.5, with line_search.h.
#pragma once

#include "core/optim/evaluate.h"
#include "core/optim/optimizer.h"

namespace tl::optim {

struct LbfgsOptions {
  double learning_rate =
      1;  // the step that each line search tries first; of the first one min(1, 1 / sum |g|) times it
  int64_t history_size = 10;         // pairs (s, y) that are kept, at least 1
  int64_t max_iterations = 20;       // of one call, at least 1
  double gradient_tolerance = 1e-7;  // done when no element of the gradient is larger; not negative
  double change_tolerance =
      1e-9;  // done when neither an element of the variables nor the loss changes by more; not negative
  double sufficient_decrease = 1e-4;  // c1, in (0, 1)
  double curvature = 0.9;             // c2, in (c1, 1)
  std::string name = "lbfgs";
};

struct LbfgsReport {
  double loss = 0;              // where the variables are now
  double largest_gradient = 0;  // its largest element there
  int64_t iterations = 0, evaluations = 0;
  bool converged =
      false;  // by one of the tolerances, instead of max_iterations or a line search without a result
};

class Lbfgs final : public Optimizer {
 public:
  // Throws kInvalidArgument for options out of range.
  Lbfgs(Context& context, const LbfgsOptions& options);

  // At most max_iterations iterations from the values of the variables on. The history stays for the next call, which goes on as if it were
  // one, where variables and loss are the same; with other variables it begins anew, and so does the history of a direction that leads
  // up. A failure, of the evaluation too, leaves variables and state as they were. Throws kNonFinite when the loss or its gradient at the
  // start is not finite. Its line searches look at losses: not for a step that is recorded. apply() is kFailedPrecondition.
  LbfgsReport minimize(const Evaluate& evaluate, Span<Variable* const> variables);

 protected:
  // "steps" and "changes": history_size rows of all elements, the oldest pair first; "pairs": how many are in use (i64).
  std::vector<Slot> first_slots(const Variable& variable) const override;
  int scalars(int64_t step, double rate, double* out) const override;
  void run(const Tensor*, const Tensor&, const Tensor*, bool, Tensor*) const override;
  bool runs_in_place() const override { return false; }
  bool runs_callbacks() const override { return true; }
  const char* against_options() const override { return "an iteration evaluates the loss several times"; }

 private:
  LbfgsOptions options_;
};

}  // namespace tl::optim
