#include "core/optim/line_search.h"

#include <cmath>
#include <limits>

namespace tl::optim {
namespace {

// The minimum of the cubic through two points and their slopes, kept away from both ends by a tenth of the way; their middle where
// there is none.
double between(const LinePoint& low, const LinePoint& high) {
  const double width = high.step - low.step, middle = low.step + width / 2;
  const double d1 = low.slope + high.slope - 3 * (low.value - high.value) / (low.step - high.step);
  const double square = d1 * d1 - low.slope * high.slope;
  if (!(square >= 0)) return middle;
  const double d2 = std::copysign(std::sqrt(square), width);
  const double step = high.step - width * ((high.slope + d2 - d1) / (high.slope - low.slope + 2 * d2));
  const double share = (step - low.step) / width;
  return share >= 0.1 && share <= 0.9 ? step : middle;
}

class Search {
 public:
  Search(FunctionRef<LinePoint(double)> f, const LinePoint& start, const WolfeOptions& options)
      : f_(f), start_(start), o_(options) {}

  LineSearchResult run(double first) {
    LinePoint previous = start_;
    double step = first;
    while (left()) {
      const LinePoint now = at(step);
      if (too_high(now) || (evaluations_ > 1 && now.value >= previous.value)) return zoom(previous, now);
      if (flat(now)) return {now, evaluations_, true};
      if (now.slope >= 0) return zoom(now, previous);
      previous = now;
      step *= 2;
    }
    return {previous, evaluations_, false};
  }

 private:
  bool left() const { return evaluations_ < o_.most_evaluations; }
  LinePoint at(double step) {
    evaluations_++;
    LinePoint p = f_(step);
    p.step = step;
    if (!std::isfinite(p.value) || !std::isfinite(p.slope)) p.value = std::numeric_limits<double>::infinity();
    return p;
  }
  bool too_high(const LinePoint& p) const {
    return p.value > start_.value + o_.sufficient_decrease * p.step * start_.slope;
  }
  bool flat(const LinePoint& p) const { return std::fabs(p.slope) <= -o_.curvature * start_.slope; }

  // low: of those with sufficient decrease the one with the smallest value; a good step lies between the two.
  LineSearchResult zoom(LinePoint low, LinePoint high) {
    while (left()) {
      const double step = between(low, high);
      if (step == low.step || step == high.step) break;  // nothing lies between them
      const LinePoint now = at(step);
      if (too_high(now) || now.value >= low.value) {
        high = now;
        continue;
      }
      if (flat(now)) return {now, evaluations_, true};
      if (now.slope * (high.step - low.step) >= 0) high = low;
      low = now;
    }
    return {low, evaluations_, false};
  }

  FunctionRef<LinePoint(double)> f_;
  LinePoint start_;
  WolfeOptions o_;
  int evaluations_ = 0;
};

}  // namespace

LineSearchResult wolfe_search(FunctionRef<LinePoint(double step)> f, const LinePoint& start, double first,
                              const WolfeOptions& options) {
  return Search(f, start, options).run(first);
}

}  // namespace tl::optim
