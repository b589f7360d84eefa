// A line search for the strong Wolfe conditions: Nocedal and Wright, Numerical Optimization (2nd edition), algorithms 3.5 and 3.6,
// with the cubic interpolation of (3.59). It knows numbers only.
#pragma once

#include "core/base/function_ref.h"

namespace tl::optim {

struct WolfeOptions {
  double sufficient_decrease = 1e-4;  // c1: f(t) <= f(0) + c1 t f'(0)
  double curvature = 0.9;             // c2: |f'(t)| <= c2 |f'(0)|
  int most_evaluations = 25;
};

struct LinePoint {
  double step, value, slope;  // along the line
};

struct LineSearchResult {
  LinePoint point;  // not found: the best one with sufficient decrease, of step 0 where there was none
  int evaluations;
  bool found;
};

// `f` gives value and slope at a step above 0; `start` is the point of step 0, whose slope is below 0. The first step that is tried is
// `first`. Values that are not finite count as too large.
LineSearchResult wolfe_search(FunctionRef<LinePoint(double step)> f, const LinePoint& start, double first,
                              const WolfeOptions& options);

}  // namespace tl::optim
