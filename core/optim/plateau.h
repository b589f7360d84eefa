// Reduces the learning rate when a metric no longer improves (ReduceLROnPlateau of Keras and PyTorch, with the counting of Keras).
// It is told the metric by the program, after each epoch as a rule; what it remembers are variables.
#pragma once

#include "core/optim/schedule.h"

namespace tl::optim {

struct PlateauOptions {
  double factor = 0.1;      // in (0, 1): what the rate is multiplied by
  int64_t patience = 10;    // reports without an improvement after which that happens, at least 1
  double min_delta = 1e-4;  // an improvement is by more than that; finite, not negative
  // Reports until counting against patience begins again: the last of them counts, as in Keras; in PyTorch it does not.
  int64_t cooldown = 0;
  double min_rate = 0;    // reductions do not go below it; finite, not negative
  bool maximize = false;  // the metric is to rise
  std::string name = "plateau";
};

class Plateau final : public Schedule {
 public:
  // The rate is that of `base` times the factors of all reductions so far. Throws kInvalidArgument for options out of range.
  Plateau(Context& context, const SchedulePtr& base, const PlateauOptions& options);

  // The metric as it is now; NaN is no improvement. True when the rate has been reduced, which it is not where a constant
  // base has brought it to min_rate. A failure changes nothing. Not for a step that
  // is recorded: later steps would not report.
  bool report(double metric);

  Context& context() const { return context_; }
  bool maximize() const { return options_.maximize; }

 protected:
  double at(int64_t step) const override;
  // "<name>/scale" and "<name>/best" (f64), "<name>/wait" and "<name>/cooldown" (i64).
  void list_own_variables(std::vector<VariableRef>& list) const override;

 private:
  double scale() const;
  bool can_fall() const;

  Context& context_;
  PlateauOptions options_;
  VariableRef scale_, best_, wait_, cooldown_;
};

}  // namespace tl::optim
