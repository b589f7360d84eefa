// Schedules: the learning rate of each step of an optimizer, as a number that the host computes. Attached to an optimizer
// (Optimizer::set_schedule), a schedule is asked anew for each step, eager or compiled.
//
// It knows no optimizer and no gradient. The formulas are those of Keras (keras.optimizers.schedules) where nothing else is
// said; steps count from 0, so that the first update has the rate of step 0, and behind its end a schedule keeps its last rate.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/base/span.h"
#include "core/tensor/variable.h"

namespace tl::optim {

class Schedule;
// A schedule may be part of several others and belong to several optimizers.
using SchedulePtr = std::shared_ptr<const Schedule>;

class Schedule {
 public:
  // Schedules stand within one another so many levels deep at most: each level takes stack when a rate is asked for.
  static constexpr int kMostLevels = 100;

  virtual ~Schedule() = default;
  Schedule(const Schedule&) = delete;
  Schedule& operator=(const Schedule&) = delete;

  // The rate of a step, from 0 on. The same number whenever it is asked for the same step, but for what a plateau was told
  // meanwhile; finite and not negative. Throws kInvalidArgument for a negative step and for a formula or function that gives
  // anything else, and what a function of the caller's throws.
  double rate(int64_t step) const;
  // What it and its parts remember, for checkpoints: appended to the list, parts first, and each variable once, on however many
  // ways its schedule is reached. Nothing, but for plateaus.
  void list_variables(std::vector<VariableRef>& list) const;
  // Whether it is that schedule, or made of it on whatever ways.
  bool has(const Schedule& part) const;
  // Whether every step has the same rate.
  virtual bool is_constant() const { return false; }

 protected:
  Schedule() = default;
  // One that is made of others, or of none; null ones, which the caller refuses by name, count for nothing here. Throws kInvalidArgument,
  // with the name, a static text that messages about its rates begin with, beyond kMostLevels.
  Schedule(const char* name, std::vector<SchedulePtr> parts);
  const std::vector<SchedulePtr>& parts() const { return parts_; }
  // Asks one of its parts at most, so that the time does not grow with the ways to a part.
  virtual double at(int64_t step) const = 0;
  virtual void list_own_variables(std::vector<VariableRef>&) const {}

 private:
  void list_unseen(std::vector<VariableRef>& list, std::unordered_set<const Schedule*>& seen) const;
  bool has_unseen(const Schedule& part, std::unordered_set<const Schedule*>& seen) const;

  const char* name_ = "schedule";  // in messages; static text
  std::vector<SchedulePtr> parts_;
  int levels_ = 1;  // of it and what it is made of
};

// All throw kInvalidArgument, with the schedule, the argument, the rule and the value, unless rates are finite and not negative,
// numbers of steps at least 1, and levels at most Schedule::kMostLevels.

SchedulePtr constant_rate(double rate);
// rates[0] up to and with step boundaries[0], rates[1] up to and with boundaries[1], ..., the last one from there on. One rate
// more than boundaries, which ascend strictly from 0 on.
SchedulePtr piecewise_constant(Span<const int64_t> boundaries, Span<const double> rates);
// rate decay_rate^(step / decay_steps); staircase: with the quotient rounded down.
SchedulePtr exponential_decay(double rate, int64_t decay_steps, double decay_rate, bool staircase);
// rate / (1 + decay_rate step / decay_steps); staircase: with the quotient rounded down.
SchedulePtr inverse_time_decay(double rate, int64_t decay_steps, double decay_rate, bool staircase);
// (rate - end_rate) (1 - step / decay_steps)^power + end_rate. cycle: behind decay_steps it begins again from `rate` down, over
// twice, three times, ... as many steps in all, so that end_rate is reached at each multiple of decay_steps.
SchedulePtr polynomial_decay(double rate, double end_rate, int64_t decay_steps, double power, bool cycle);
// rate ((1 - alpha) (1 + cos(pi step / decay_steps)) / 2 + alpha): SGDR's cosine (Loshchilov and Hutter 2017) without restarts.
// alpha in [0, 1] is the share of the rate that is left in the end.
SchedulePtr cosine_decay(double rate, int64_t decay_steps, double alpha);
// The same with warm restarts: period i is t_mul^i decay_steps long and begins at m_mul^i rate. t_mul >= 1, m_mul finite and not negative.
// Any step takes the same time. A step that is a restart but for rounding is one.
SchedulePtr cosine_restarts(double rate, int64_t decay_steps, double t_mul, double m_mul, double alpha);

// Smith and Topin 2018, in the form of PyTorch's OneCycleLR: in the first warmup_fraction of total_steps up from
// max_rate / div_factor to max_rate, then down to max_rate / (div_factor final_div_factor), each way along half a cosine. The
// top is at step warmup_fraction total_steps - 1, which few steps put between two steps or before the first: a cycle of one step has
// the last rate. From step total_steps on the rate stays (PyTorch's raises an error).
struct OneCycleOptions {
  double warmup_fraction = 0.3;   // in (0, 1); PyTorch's pct_start
  double div_factor = 25;         // at least 1
  double final_div_factor = 1e4;  // at least 1
  bool linear = false;            // along straight lines
};
SchedulePtr one_cycle(double max_rate, int64_t total_steps, const OneCycleOptions& options);

// From start_rate along a straight line to the first rate of `then` in `steps` steps; from there on `then`, whose steps count
// from there.
SchedulePtr warmup(double start_rate, int64_t steps, SchedulePtr then);
// schedules[0] up to step boundaries[0], without it; schedules[1] from there up to boundaries[1], and so on. The steps of each
// count from its beginning. One schedule more than boundaries, which ascend strictly from 1 on.
SchedulePtr sequence(Span<const SchedulePtr> schedules, Span<const int64_t> boundaries);

}  // namespace tl::optim
