// Constraints of weights: what an optimizer projects a variable to behind each of its steps (Optimizer::constrain_range and
// constrain_norm). Which variables have one, and when, is not known here.
#pragma once

#include "core/tensor/variable.h"

namespace tl::optim {

struct Constraint {
  enum class Form {
    kRange,  // each element to [min, max]: Keras's NonNeg is [0, infinity), weight clipping (Arjovsky et al. 2017) is [-c, c]
    kNorm,  // each norm over `axes` to [min, max]: Keras's MaxNorm is [0, c], UnitNorm [1, 1], MinMaxNorm both with `rate`
  };
  Form form = Form::kRange;
  double min = 0, max = 0;
  double rate = 1;  // of norms: the share of the way to [min, max] that a step goes, in (0, 1]
  IntList axes;     // of norms, in [0, rank)

  // In the memory of the weights: projected() then takes none.
  bool works_in_place() const { return form == Form::kRange; }
};

// Throw kInvalidArgument with the optimizer, the rule and the value. Axes may count from the end.
Constraint range_constraint(const char* optimizer, double min, double max);
Constraint norm_constraint(const char* optimizer, double min, double max, double rate, IntList axes,
                           const Variable& variable);

// w as the constraint wants it. What it allows keeps its bits. Norms are sums of squares in f64, so that they are right for f32
// elements of any size; a norm of 0 has no direction to grow in, and stays. Keras adds 1e-7 to norms that it divides by, which makes
// allowed weights smaller by that share. Into the memory of w where nobody else holds it and works_in_place().
Tensor projected(Tensor w, const Constraint& constraint);

}  // namespace tl::optim
