#include "core/optim/schedule.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace tl::optim {

double Schedule::rate(int64_t step) const {
  if (step < 0) invalid("[", name_, "] a step must not be negative: got ", step, "; steps count from 0");
  const double rate = at(step);
  if (!(rate >= 0) || std::isinf(rate))
    invalid("[", name_, "] a rate must be a finite number that is not negative: got ", rate, " for step ",
            step, "; look at what makes it grow");
  return rate;
}

Schedule::Schedule(const char* name, std::vector<SchedulePtr> parts) : name_(name), parts_(std::move(parts)) {
  for (const SchedulePtr& part : parts_)
    if (part) levels_ = std::max(levels_, part->levels_ + 1);
  if (levels_ > kMostLevels)
    invalid("[", name, "] schedules must not stand within one another more than ", kMostLevels,
            " levels deep: got ", levels_, "; let them follow each other in one sequence");
}

void Schedule::list_variables(std::vector<VariableRef>& list) const {
  std::unordered_set<const Schedule*> seen;
  list_unseen(list, seen);
}

bool Schedule::has(const Schedule& part) const {
  std::unordered_set<const Schedule*> seen;
  return has_unseen(part, seen);
}

bool Schedule::has_unseen(const Schedule& part, std::unordered_set<const Schedule*>& seen) const {
  if (this == &part) return true;
  if (!seen.insert(this).second) return false;
  for (const SchedulePtr& own : parts_)
    if (own->has_unseen(part, seen)) return true;
  return false;
}

void Schedule::list_unseen(std::vector<VariableRef>& list, std::unordered_set<const Schedule*>& seen) const {
  if (!seen.insert(this).second) return;
  for (const SchedulePtr& part : parts_) part->list_unseen(list, seen);
  list_own_variables(list);
}

namespace {

constexpr double kPi = 3.14159265358979323846;

void check_rate(const char* schedule, const char* name, double rate) {
  if (!(rate >= 0) || std::isinf(rate))
    invalid("[", schedule, "] '", name, "' must be a finite number that is not negative: got ", rate,
            "; check how it was computed");
}

void check_steps(const char* schedule, const char* name, int64_t steps) {
  if (steps < 1)
    invalid("[", schedule, "] '", name, "' must be at least 1: got ", steps, "; it is a number of steps");
}

void check_within(const char* schedule, const char* name, double value, double least, double most) {
  if (!(value >= least && value <= most) || std::isinf(value))
    invalid("[", schedule, "] '", name, "' must be a finite number in [", least, ", ", most, "]: got ", value,
            "; see what it stands for");
}

const SchedulePtr& checked(const char* schedule, const char* name, const SchedulePtr& part) {
  if (!part) invalid("[", schedule, "] '", name, "' must be a schedule: got null; was it made?");
  return part;
}

// `what` counts from `least` on and ascends strictly.
void check_boundaries(const char* schedule, Span<const int64_t> boundaries, int64_t least, size_t parts,
                      const char* part) {
  if (parts != boundaries.size() + 1)
    invalid("[", schedule, "] there must be one of the ", part, " more than of the boundaries: got ", parts,
            " and ", boundaries.size(), "; the last one has no end");
  for (size_t i = 0; i < boundaries.size(); i++) {
    if (boundaries[i] < least)
      invalid("[", schedule, "] a boundary must be at least ", least, ": got ", boundaries[i],
              " as 'boundaries[", i, "]'; steps count from 0");
    if (i > 0 && boundaries[i] <= boundaries[i - 1])
      invalid("[", schedule, "] boundaries must ascend: got ", boundaries[i], " after ", boundaries[i - 1],
              " as 'boundaries[", i, "]'; sort them");
  }
}

// A schedule of a formula.
template <class F>
class Formula final : public Schedule {
 public:
  Formula(const char* name, F f) : Schedule(name, {}), f_(std::move(f)) {}

 protected:
  double at(int64_t step) const override { return f_(step); }

 private:
  F f_;
};

template <class F>
SchedulePtr of(const char* name, F f) {
  return std::make_shared<Formula<F>>(name, std::move(f));
}

double quotient(int64_t step, int64_t steps, bool whole) {
  return whole ? static_cast<double>(step / steps) : static_cast<double>(step) / static_cast<double>(steps);
}

// From 1 at 0 to 0 at 1 along half a cosine.
double half_cosine(double share) { return 0.5 * (1 + std::cos(kPi * share)); }

// One after the other.
class Sequence final : public Schedule {
 public:
  Sequence(const char* name, std::vector<SchedulePtr> parts, std::vector<int64_t> boundaries)
      : Schedule(name, std::move(parts)), boundaries_(std::move(boundaries)) {}

 protected:
  double at(int64_t step) const override {
    size_t i = 0;
    while (i < boundaries_.size() && step >= boundaries_[i]) i++;
    return parts()[i]->rate(i == 0 ? step : step - boundaries_[i - 1]);
  }

 private:
  std::vector<int64_t> boundaries_;
};

class Warmup final : public Schedule {
 public:
  Warmup(const char* name, double start_rate, int64_t steps, const SchedulePtr& then)
      : Schedule(name, {then}), start_rate_(start_rate), steps_(steps) {}

 protected:
  double at(int64_t step) const override {
    const Schedule& then = *parts()[0];
    if (step >= steps_) return then.rate(step - steps_);
    return (then.rate(0) - start_rate_) * quotient(step, steps_, false) + start_rate_;
  }

 private:
  double start_rate_;
  int64_t steps_;
};

// Periods of which the first is 1 long and each next one t times as long as the one before it, t > 1: period k begins at
// (t^k - 1) / (t - 1). Which one a time belongs to is found by its logarithm, as Keras does: a walk would never end where periods
// hardly grow.
class GrowingPeriods {
 public:
  explicit GrowingPeriods(double t) : t_(t), growth_(t - 1), log_t_(std::log1p(t - 1)) {}

  struct Place {
    double period;  // counted from 0
    double share;   // of it that is over, in [0, 1]
  };
  Place at(double time) const {
    const double grown = time * growth_;
    const double logarithm = std::isinf(grown) ? std::log(time) + log_t_ : std::log1p(grown);
    double period = std::floor(logarithm / log_t_);
    // The quotient is rounded, and so are the time and t, which as a rule stand for short decimals: near the end of a period the
    // next one has begun.
    const double late = time * (1 + 1e-14);
    if (begin(period + 1) <= late)
      period++;
    else if (begin(period) > late)
      period--;
    const double share = (time - begin(period)) / std::pow(t_, period);
    return {period, std::fmin(std::fmax(share, 0), 1)};
  }

 private:
  // Whichever form loses no digits.
  double begin(double period) const {
    const double length = std::pow(t_, period);
    return (length < 2 ? std::expm1(period * log_t_) : length - 1) / growth_;
  }

  double t_, growth_, log_t_;
};

class Constant final : public Schedule {
 public:
  explicit Constant(double rate) : rate_(rate) {}
  bool is_constant() const override { return true; }

 private:
  double at(int64_t) const override { return rate_; }
  double rate_;
};

}  // namespace

SchedulePtr constant_rate(double rate) {
  check_rate("schedule_constant", "rate", rate);
  return std::make_shared<Constant>(rate);
}

SchedulePtr piecewise_constant(Span<const int64_t> boundaries, Span<const double> rates) {
  const char* name = "schedule_piecewise_constant";
  check_boundaries(name, boundaries, 0, rates.size(), "rates");
  for (double rate : rates) check_rate(name, "rates", rate);
  std::vector<int64_t> ends(boundaries.begin(), boundaries.end());
  std::vector<double> values(rates.begin(), rates.end());
  return of(name, [ends, values](int64_t step) {
    size_t i = 0;
    while (i < ends.size() && step > ends[i]) i++;
    return values[i];
  });
}

SchedulePtr exponential_decay(double rate, int64_t decay_steps, double decay_rate, bool staircase) {
  const char* name = "schedule_exponential";
  check_rate(name, "rate", rate);
  check_steps(name, "decay_steps", decay_steps);
  check_rate(name, "decay_rate", decay_rate);
  return of(name, [=](int64_t step) {
    return rate * std::pow(decay_rate, quotient(step, decay_steps, staircase));
  });
}

SchedulePtr inverse_time_decay(double rate, int64_t decay_steps, double decay_rate, bool staircase) {
  const char* name = "schedule_inverse_time";
  check_rate(name, "rate", rate);
  check_steps(name, "decay_steps", decay_steps);
  check_rate(name, "decay_rate", decay_rate);
  return of(name,
            [=](int64_t step) { return rate / (1 + decay_rate * quotient(step, decay_steps, staircase)); });
}

SchedulePtr polynomial_decay(double rate, double end_rate, int64_t decay_steps, double power, bool cycle) {
  const char* name = "schedule_polynomial";
  check_rate(name, "rate", rate);
  check_rate(name, "end_rate", end_rate);
  check_steps(name, "decay_steps", decay_steps);
  check_rate(name, "power", power);
  return of(name, [=](int64_t step) {
    double steps = static_cast<double>(decay_steps), now = static_cast<double>(step);
    if (!cycle)
      now = std::fmin(now, steps);
    else if (step > 0)
      steps *= std::ceil(now / steps);
    return (rate - end_rate) * std::pow(1 - now / steps, power) + end_rate;
  });
}

SchedulePtr cosine_decay(double rate, int64_t decay_steps, double alpha) {
  const char* name = "schedule_cosine";
  check_rate(name, "rate", rate);
  check_steps(name, "decay_steps", decay_steps);
  check_within(name, "alpha", alpha, 0, 1);
  return of(name, [=](int64_t step) {
    const double share = std::fmin(quotient(step, decay_steps, false), 1);
    return rate * ((1 - alpha) * half_cosine(share) + alpha);
  });
}

SchedulePtr cosine_restarts(double rate, int64_t decay_steps, double t_mul, double m_mul, double alpha) {
  const char* name = "schedule_cosine_restarts";
  check_rate(name, "rate", rate);
  check_steps(name, "decay_steps", decay_steps);
  if (!(t_mul >= 1) || std::isinf(t_mul))
    invalid("[", name, "] 't_mul' must be a finite number of at least 1: got ", t_mul,
            "; periods must not shrink to nothing");
  check_rate(name, "m_mul", m_mul);
  check_within(name, "alpha", alpha, 0, 1);
  auto rate_at = [=](double restarts, double share) {
    return rate * ((1 - alpha) * std::pow(m_mul, restarts) * half_cosine(share) + alpha);
  };
  if (t_mul == 1)
    return of(name, [=](int64_t step) {
      return rate_at(quotient(step, decay_steps, true), quotient(step % decay_steps, decay_steps, false));
    });
  return of(name, [=, periods = GrowingPeriods(t_mul)](int64_t step) {
    const GrowingPeriods::Place place = periods.at(quotient(step, decay_steps, false));
    return rate_at(place.period, place.share);
  });
}

SchedulePtr one_cycle(double max_rate, int64_t total_steps, const OneCycleOptions& options) {
  const char* name = "schedule_one_cycle";
  check_rate(name, "max_rate", max_rate);
  check_steps(name, "total_steps", total_steps);
  const OneCycleOptions o = options;
  if (!(o.warmup_fraction > 0 && o.warmup_fraction < 1))
    invalid("[", name, "] 'warmup_fraction' must be in (0, 1): got ", o.warmup_fraction,
            "; it is the share of the steps in which the rate goes up");
  for (auto [what, value] : {std::pair{"div_factor", o.div_factor}, {"final_div_factor", o.final_div_factor}})
    if (!(value >= 1) || std::isinf(value))
      invalid("[", name, "] '", what, "' must be a finite number of at least 1: got ", value,
              "; rates are divided by it");
  const double first = max_rate / o.div_factor, last = first / o.final_div_factor;
  const double top = o.warmup_fraction * static_cast<double>(total_steps) - 1;
  const double end = static_cast<double>(total_steps) - 1;
  return of(name, [=](int64_t step) {
    const double now = std::fmin(static_cast<double>(step), end);
    auto between = [&](double from, double to, double share) {
      return o.linear ? from + (to - from) * share : to + (from - to) * half_cosine(share);
    };
    // The top may lie before the first step: then the way down has begun. It always lies before the end.
    return now < top ? between(first, max_rate, now / top)
                     : between(max_rate, last, (now - top) / (end - top));
  });
}

SchedulePtr warmup(double start_rate, int64_t steps, SchedulePtr then) {
  const char* name = "schedule_warmup";
  check_rate(name, "start_rate", start_rate);
  check_steps(name, "steps", steps);
  return std::make_shared<Warmup>(name, start_rate, steps, checked(name, "then", then));
}

SchedulePtr sequence(Span<const SchedulePtr> schedules, Span<const int64_t> boundaries) {
  const char* name = "schedule_sequence";
  check_boundaries(name, boundaries, 1, schedules.size(), "schedules");
  for (const SchedulePtr& part : schedules) (void)checked(name, "schedules", part);
  return std::make_shared<Sequence>(name, std::vector<SchedulePtr>(schedules.begin(), schedules.end()),
                                    std::vector<int64_t>(boundaries.begin(), boundaries.end()));
}

}  // namespace tl::optim
