#include "core/optim/constraint.h"

#include <cmath>

#include "core/base/error.h"
#include "core/optim/chain.h"

namespace tl::optim {
namespace {

void check_order(const char* optimizer, const char* hint, double min, double max) {
  if (!(min <= max))
    invalid("[", optimizer, "] 'min' of a constraint must not be above 'max', and neither may be NaN: got ",
            min, " and ", max, "; ", hint);
}

// What the weights are multiplied by, f64, with a 1 for each axis of the norm: 1, exactly, where the norm is allowed.
Tensor factor(const Tensor& w, const Constraint& c) {
  const Tensor norm = sqrt(sum(square(cast(w, DType::kF64)), c.axes, true));
  Tensor wanted = tl::clip(norm, c.min, c.max);
  if (c.rate < 1) wanted = add(norm, mul_scalar(sub(wanted, norm), c.rate));
  return select(greater(norm, number_like(norm, 0)), div(wanted, norm), number_like(norm, 1));
}

}  // namespace

Constraint range_constraint(const char* optimizer, double min, double max) {
  check_order(optimizer, "0 and infinity keep weights from being negative", min, max);
  if (std::isinf(min) && std::isinf(max))
    invalid("[", optimizer, "] a range must have an end that is a finite number: got [", min, ", ", max,
            "]; leave the constraint out");
  Constraint c;
  c.min = min, c.max = max;
  return c;
}

Constraint norm_constraint(const char* optimizer, double min, double max, double rate, IntList axes,
                           const Variable& variable) {
  check_order(optimizer, "0 and 2 are a largest norm of 2, 1 and 1 a norm of 1", min, max);
  if (!(min >= 0 && max > 0) || std::isinf(max))
    invalid("[", optimizer,
            "] norms must be constrained to finite numbers from 0 on, with 'max' above 0: got [", min, ", ",
            max, "]; a largest norm of 2 is [0, 2]");
  if (!(rate > 0 && rate <= 1))
    invalid("[", optimizer, "] 'rate' of a constraint must be in (0, 1]: got ", rate,
            "; 1 goes all the way in each step");
  if (axes.empty()) axes = {0};
  Constraint c;
  c.form = Constraint::Form::kNorm;
  c.min = min, c.max = max, c.rate = rate;
  for (int64_t axis : axes) {
    const int64_t checked = checked_axis(optimizer, axis, variable.shape().rank());
    for (int64_t known : c.axes)
      if (known == checked)
        invalid("[", optimizer, "] each axis of a norm may stand once: got ", text(axes), " for '",
                variable.name(), "' of shape ", variable.shape(), "; leave one of them out");
    c.axes.push_back(checked);
  }
  return c;
}

Tensor projected(Tensor w, const Constraint& c) {
  if (c.form == Constraint::Form::kRange) return clipped_into(std::move(w), c.min, c.max);
  Tensor by = factor(w, c);
  if (w.dtype() != DType::kF64) by = cast(by, w.dtype());
  return into(OpId::kMul, std::move(w), by);
}

}  // namespace tl::optim
