#include "core/optim/clip.h"

#include <cmath>
#include <limits>
#include <utility>

#include "core/ops/generated/functions.h"
#include "core/optim/chain.h"

namespace tl::optim {
namespace {

constexpr double kSmallestScale = 1e-37;  // a number of f32 with all its digits

void check_limit(const char* op, double max_norm) {
  if (!(max_norm > 0) || std::isinf(max_norm))
    invalid("[", op, "] the largest norm must be finite and above 0: got ", max_norm, "; 1 is usual");
}

// Without all its digits, or at all: a limit that becomes 0 or infinite would make NaN of 0 / 0.
bool beyond_f32(double limit) {
  return !(limit >= static_cast<double>(std::numeric_limits<float>::min()) &&
           limit <= static_cast<double>(std::numeric_limits<float>::max()));
}

void check_gradient(const char* op, Context& context, const Tensor& g, size_t i) {
  if (&g.context() != &context)
    invalid("[", op, "] gradients must be of one context: got gradient ", i,
            " of another context; copy its data over");
  if (!is_floating(g.dtype()))
    invalid("[", op, "] gradient ", i, " must be f32 or f64: got ", g.dtype(), " ", g.shape(), "; use cast");
}

// sqrt with slope 0 at 0, where sqrt itself has an infinite one: the root only sees positive numbers.
Tensor safe_sqrt(const Tensor& squares) {
  Tensor zero = number_like(squares, 0.0);
  Tensor positive = greater(squares, zero);
  return select(positive, sqrt(select(positive, squares, number_like(squares, 1.0))), squares);
}

// 1 where the norm is at most the limit, limit / norm elsewhere.
Tensor scale_to(const Tensor& norm, double limit) {
  Tensor most = number_like(norm, limit);
  return div(most, maximum(norm, most));
}

// The norm of all gradients as f64, each squared in its own dtype: squares of large elements overflow, those of small
// ones vanish.
Tensor plain_norm(Context& context, Span<const Tensor> gradients) {
  Tensor squares;
  for (const Tensor& g : gradients) {
    if (!g) continue;
    Tensor own = cast(sum(square(g)), DType::kF64);
    squares = squares ? add(squares, own) : own;
  }
  return squares ? safe_sqrt(squares) : full(context, IntList{}, 0.0, DType::kF64);
}

// The largest magnitude of all elements, f64; 1 where it is 0 or not finite. A constant to the gradient: a norm does not
// depend on the unit that it is measured in.
Tensor unit_of(Context& context, Span<const Tensor> gradients) {
  Tensor largest = full(context, IntList{}, 0.0, DType::kF64);
  for (const Tensor& g : gradients) {
    if (!g || g.elements() == 0) continue;
    Tensor constant = stop_gradient(g);
    Tensor own = maximum(max(constant), neg(min(constant)));
    largest = maximum(largest, cast(own, DType::kF64));
  }
  Tensor usable =
      logical_and(greater(largest, number_like(largest, 0.0)), less(largest, number_like(largest, INFINITY)));
  return select(usable, largest, number_like(largest, 1.0));
}

// The same norm for elements of any size, in units of the largest: neither squares nor their sum leave the range of f64.
Tensor norm_in_units(Context& context, Span<const Tensor> gradients) {
  Tensor unit = unit_of(context, gradients), squares = full(context, IntList{}, 0.0, DType::kF64);
  for (const Tensor& g : gradients)
    if (g) squares = add(squares, sum(square(div(cast(g, DType::kF64), unit))));
  return mul(safe_sqrt(squares), unit);
}

// The first, and the second only where squares may have left the range of their dtype. Looks at the value on the host, unless
// somebody watches: who records the step gets the same choice as ops.
Tensor norm_of(Context& context, Span<const Tensor> gradients) {
  // Of elements whose squares vanish in f32 (below 1e-19) a hundred million are needed to be missed in this.
  constexpr double kSmall = 1e-12;
  Tensor norm = plain_norm(context, gradients);
  if (norm.is_shell())
    return norm_in_units(context, gradients);  // inside vmap, where there is nothing to look at
  if (context.observed()) {
    Tensor usable =
        logical_and(less(norm, number_like(norm, INFINITY)), greater_equal(norm, number_like(norm, kSmall)));
    return select(usable, norm, norm_in_units(context, gradients));
  }
  double value = norm.data<double>()[0];
  return std::isfinite(value) && value >= kSmall ? norm : norm_in_units(context, gradients);
}

void check_gradients(const char* op, Context& context, Span<const Tensor> gradients) {
  for (size_t i = 0; i < gradients.size(); i++)
    if (gradients[i]) check_gradient(op, context, gradients[i], i);
}

// Over which axes of a weight the norm of what reaches one output is taken: all where there is one output, else all but the last.
IntList axes_of_unit(const Shape& weights) {
  int long_axes = 0;
  for (int i = 0; i < weights.rank(); i++) long_axes += weights[i] != 1;
  IntList axes;
  for (int i = 0; long_axes > 1 && i + 1 < weights.rank(); i++) axes.push_back(i);
  return axes;
}

// f64, with an axis of 1 for each of `axes`, rank 0 where there are none; elements of any size. The unit is a constant to the gradient.
Tensor norm_over(const Tensor& x, const IntList& axes) {
  const bool keepdims = !axes.empty();
  const Tensor wide = cast(x, DType::kF64);
  const Tensor zero = number_like(wide, 0.0), one = number_like(wide, 1.0);
  Tensor largest = stop_gradient(max(abs(wide), axes, keepdims));
  Tensor usable = logical_and(greater(largest, zero), less(largest, number_like(wide, INFINITY)));
  Tensor unit = select(usable, largest, one);
  return mul(safe_sqrt(sum(square(div(wide, unit)), axes, keepdims)), unit);
}

}  // namespace

Tensor clip_by_value(const Tensor& x, const Tensor& low, const Tensor& high) {
  const char* op = "clip_by_value";
  struct Bound {
    const char* name;
    const Tensor& value;
  };
  for (const Bound& b : {Bound{"low", low}, Bound{"high", high}}) {
    if (!b.value) invalid("[", op, "] '", b.name, "' must be a tensor: got null; was it set?");
    if (b.value.dtype() != x.dtype())
      invalid("[", op, "] the bounds must have the dtype of 'x': got '", b.name, "' of ", b.value.dtype(),
              " for ", x.dtype(), "; use cast");
    if (broadcast(op, x.shape(), b.value.shape()) != x.shape())
      invalid("[", op, "] the bounds must not enlarge 'x': got '", b.name, "' of ", b.value.shape(), " for ",
              x.shape(), "; broadcast x first if that is meant");
  }
  Tensor capped = select(greater(x, high), high, x);
  return select(less(capped, low), low, capped);
}

Tensor clip_by_norm(const Tensor& x, double max_norm, const IntList& axes) {
  const char* op = "clip_by_norm";
  if (!x) invalid("[", op, "] 'x' must be a tensor: got null; was it set?");
  if (!is_floating(x.dtype()))
    invalid("[", op, "] 'x' must be f32 or f64: got ", x.dtype(), " ", x.shape(), "; use cast");
  check_limit(op, max_norm);
  for (int i = 0; i < axes.size(); i++) {
    const int64_t axis = axes[i], rank = x.rank();
    if (axis < -rank || axis >= rank)
      invalid("[", op, "] axis out of range: got ", axis, " for a tensor of rank ", rank,
              rank ? concat("; valid is ", -rank, " to ", rank - 1) : std::string("; a scalar has no axes"));
    for (int k = 0; k < i; k++)
      if ((axes[k] + rank) % rank == (axis + rank) % rank)
        invalid("[", op, "] an axis must not come twice: got axes ", axes, "; name each axis once");
  }
  if (x.dtype() == DType::kF32 && beyond_f32(max_norm))
    return cast(clip_by_norm(cast(x, DType::kF64), max_norm, axes), DType::kF32);
  const bool keepdims = !axes.empty();
  if (x.elements() == 0) return identity(x);
  // In units of the largest element, so that neither squares nor their sum leave the range of the dtype. The unit is a
  // constant to the gradient: the quotient of norm and limit does not depend on it. It is 1 where there is none to take.
  Tensor largest = stop_gradient(max(abs(x), axes, keepdims));
  Tensor usable = logical_and(greater(largest, number_like(x, 0.0)), less(largest, number_like(x, INFINITY)));
  Tensor unit = select(usable, largest, number_like(x, 1.0));
  Tensor norm = safe_sqrt(sum(square(div(x, unit)), axes, keepdims));
  // A limit beyond any norm in these units does not clip; kept finite, it makes no NaN of infinity / infinity.
  Tensor limit = minimum(div(number_like(x, max_norm), unit), number_like(x, 1e30));
  return mul(x, div(limit, maximum(norm, limit)));
}

Tensor clip_adaptive(const Tensor& gradient, const Tensor& weights, double factor, double epsilon) {
  const char* op = "clip_adaptive";
  for (const Tensor* t : {&gradient, &weights}) {
    const char* name = t == &gradient ? "gradient" : "weights";
    if (!*t) invalid("[", op, "] '", name, "' must be a tensor: got null; was it set?");
    if (!is_floating(t->dtype()))
      invalid("[", op, "] '", name, "' must be f32 or f64: got ", t->dtype(), " ", t->shape(), "; use cast");
  }
  const Shape &g = gradient.shape(), &w = weights.shape();
  bool fits = gradient.dtype() == weights.dtype() && g.rank() == w.rank();
  for (int i = 1; fits && i < g.rank(); i++) fits = g[i] == w[i];
  if (!fits)
    invalid(
        "[", op,
        "] a gradient must have the dtype of its weights, and their shape but for its number of rows: got ",
        gradient.dtype(), " ", g, " for ", weights.dtype(), " ", w,
        "; pass the weights that it is the gradient of");
  for (auto [name, value] : {std::pair{"factor", factor}, {"epsilon", epsilon}})
    if (!(value > 0) || std::isinf(value))
      invalid("[", op, "] '", name, "' must be finite and above 0: got ", value,
              "; 0.01 and 0.001 are usual");
  if (gradient.elements() == 0 || weights.elements() == 0) return identity(gradient);
  const IntList axes = axes_of_unit(w);
  const Tensor norm = norm_over(gradient, axes), of_weights = norm_over(weights, axes);
  const Tensor limit = mul_scalar(maximum(of_weights, number_like(of_weights, epsilon)), factor);
  const Tensor scale = select(less_equal(norm, limit), number_like(norm, 1.0), div(limit, norm));
  return cast(mul(cast(gradient, DType::kF64), scale), gradient.dtype());
}

Tensor global_norm(Context& context, Span<const Tensor> gradients) {
  check_gradients("global_norm", context, gradients);
  return norm_of(context, gradients);
}

ClippedGradients clip_by_global_norm(Context& context, Span<const Tensor> gradients, double max_norm,
                                     NonFinite non_finite) {
  const char* op = "clip_by_global_norm";
  if (non_finite != NonFinite::kError && non_finite != NonFinite::kPropagate)
    invalid("[", op, "] 'non_finite' must be error (0) or propagate (1): got ",
            static_cast<int32_t>(non_finite), "; fill the options with their _init function first");
  check_limit(op, max_norm);
  check_gradients(op, context, gradients);
  bool report = non_finite == NonFinite::kError;
  ClippedGradients out{std::vector<Tensor>(gradients.size()),
                       report ? norm_of(context, gradients) : norm_in_units(context, gradients)};
  if (report && out.norm.is_shell())
    fail(Code::kFailedPrecondition, "[", op,
         "] inside vmap there is a norm for each example, and none to look at: got non_finite = error; "
         "propagate "
         "(1) clips each example");
  const bool watched = context.observed();
  if (report && watched) out.norm = check_finite(out.norm);
  if (report && !watched) {
    double norm = out.norm.data<double>()[0];
    if (!std::isfinite(norm))
      fail(Code::kNonFinite, "[", op, "] the norm of all gradients must be finite: got ", norm,
           "; skip the step, lower the learning rate or the loss scale, or look for the op that made it");
  }
  // 0 for a finite norm, NaN otherwise: the factor turns NaN, and with it every gradient.
  Tensor scale = scale_to(out.norm, max_norm);
  if (!report) scale = add(scale, mul_scalar(out.norm, 0.0));
  // A factor that is subnormal or zero in f32 would lose the digits of what it scales.
  const bool wide = report && !watched && scale.data<double>()[0] < kSmallestScale;
  Tensor is_wide, scale_f32;
  if (report && watched) is_wide = less(scale, number_like(scale, kSmallestScale));
  for (size_t i = 0; i < gradients.size(); i++) {
    const Tensor& g = gradients[i];
    if (!g) continue;
    if (g.dtype() == DType::kF64) {
      out.gradients[i] = mul(g, scale);
    } else if (wide) {
      out.gradients[i] = cast(mul(cast(g, DType::kF64), scale), DType::kF32);
    } else {
      if (!scale_f32) scale_f32 = cast(scale, DType::kF32);
      out.gradients[i] = mul(g, scale_f32);
      if (is_wide)
        out.gradients[i] =
            select(is_wide, cast(mul(cast(g, DType::kF64), scale), DType::kF32), out.gradients[i]);
    }
  }
  return out;
}

}  // namespace tl::optim
