#include "core/optim/clip.h"

#include <cmath>

#include "core/ops/generated/functions.h"

namespace tl::optim {
namespace {

Tensor number(const Tensor& like, double value) {
  return full(like.context(), IntList{}, value, like.dtype());
}

// The limit as the dtype holds it: one that becomes 0 or infinite would make NaN of 0 / 0.
void check_limit(const char* op, double max_norm, DType dtype) {
  bool fits = dtype == DType::kF64 ||
              (std::isfinite(static_cast<float>(max_norm)) && static_cast<float>(max_norm) > 0);
  if (!(max_norm > 0) || std::isinf(max_norm) || !fits)
    invalid("[", op, "] the largest norm must be finite and above 0 in ", dtype, ": got ", max_norm);
}

void check_gradient(const char* op, Context& context, const Tensor& g, size_t i) {
  if (&g.context() != &context)
    invalid("[", op, "] gradient ", i, " belongs to another context; copy it into this one");
  if (!is_floating(g.dtype()))
    invalid("[", op, "] gradient ", i, " must be f32, f64: got ", g.dtype(), " ", g.shape(), "; use cast");
}

// sqrt with slope 0 at 0, where sqrt itself has an infinite one: the root only sees positive numbers.
Tensor safe_sqrt(const Tensor& squares) {
  Tensor zero = number(squares, 0.0);
  Tensor positive = greater(squares, zero);
  return select(positive, sqrt(select(positive, squares, number(squares, 1.0))), squares);
}

// 1 where the norm is at most the limit, limit / norm elsewhere.
Tensor scale_to(const Tensor& norm, double limit) {
  Tensor most = number(norm, limit);
  return div(most, maximum(norm, most));
}

// The norm of all gradients as f64. Narrow: the squares of a gradient are summed in its own dtype, where those of large
// f32 elements overflow. Wide: in f64, at the cost of a copy.
Tensor norm_of(Context& context, Span<const Tensor> gradients, bool wide) {
  Tensor squares;
  for (size_t i = 0; i < gradients.size(); i++) {
    const Tensor& g = gradients[i];
    if (!g) continue;
    Tensor own = cast(sum(square(wide ? cast(g, DType::kF64) : g)), DType::kF64);
    squares = squares ? add(squares, own) : own;
  }
  return squares ? safe_sqrt(squares) : full(context, IntList{}, 0.0, DType::kF64);
}

// Narrow, and wide only where that overflowed. Looks at the value on the host.
Tensor finite_norm(Context& context, Span<const Tensor> gradients) {
  Tensor norm = norm_of(context, gradients, /*wide=*/false);
  return std::isfinite(norm.data<double>()[0]) ? norm : norm_of(context, gradients, /*wide=*/true);
}

void check_gradients(const char* op, Context& context, Span<const Tensor> gradients) {
  for (size_t i = 0; i < gradients.size(); i++)
    if (gradients[i]) check_gradient(op, context, gradients[i], i);
}

}  // namespace

Tensor clip_by_norm(const Tensor& x, double max_norm, const IntList& axes) {
  const char* op = "clip_by_norm";
  if (!x) invalid("[", op, "] operand 'x' is missing");
  check_gradient(op, x.context(), x, 0);
  check_limit(op, max_norm, x.dtype());
  const bool keepdims = !axes.empty();
  if (x.elements() == 0) return identity(x);
  // In units of the largest element, so that neither squares nor their sum leave the range of the dtype. The unit is a
  // constant to the gradient: the quotient of norm and limit does not depend on it. It is 1 where there is none to take.
  Tensor largest = stop_gradient(max(abs(x), axes, keepdims));
  Tensor usable = logical_and(greater(largest, number(x, 0.0)), less(largest, number(x, INFINITY)));
  Tensor unit = select(usable, largest, number(x, 1.0));
  Tensor norm = safe_sqrt(sum(square(div(x, unit)), axes, keepdims));
  // A limit beyond any norm in these units does not clip; kept finite, it makes no NaN of infinity / infinity.
  Tensor limit = minimum(div(number(x, max_norm), unit), number(x, 1e30));
  return mul(x, div(limit, maximum(norm, limit)));
}

Tensor global_norm(Context& context, Span<const Tensor> gradients) {
  check_gradients("global_norm", context, gradients);
  return finite_norm(context, gradients);
}

ClippedGradients clip_by_global_norm(Context& context, Span<const Tensor> gradients, double max_norm,
                                     NonFinite non_finite) {
  const char* op = "clip_by_global_norm";
  if (non_finite != NonFinite::kError && non_finite != NonFinite::kPropagate)
    invalid("[", op, "] unknown way with non-finite norms ", static_cast<int32_t>(non_finite),
            "; known are error (0), propagate (1)");
  check_limit(op, max_norm, DType::kF64);
  check_gradients(op, context, gradients);
  bool report = non_finite == NonFinite::kError;
  ClippedGradients out{
      std::vector<Tensor>(gradients.size()),
      report ? finite_norm(context, gradients) : norm_of(context, gradients, /*wide=*/false)};
  if (report) {
    double norm = out.norm.data<double>()[0];
    if (!std::isfinite(norm))
      fail(Code::kNonFinite, "[", op, "] the norm of all gradients must be finite: got ", norm,
           "; skip the step, lower the learning rate or the loss scale, or look for the op that made it");
  }
  // 0 for a finite norm, NaN otherwise: the factor turns NaN, and with it every gradient.
  Tensor scale = scale_to(out.norm, max_norm);
  if (!report) scale = add(scale, mul_scalar(out.norm, 0.0));
  Tensor scale_f32;
  for (size_t i = 0; i < gradients.size(); i++) {
    const Tensor& g = gradients[i];
    if (!g) continue;
    if (g.dtype() == DType::kF32 && !scale_f32) scale_f32 = cast(scale, DType::kF32);
    out.gradients[i] = mul(g, g.dtype() == DType::kF32 ? scale_f32 : scale);
  }
  return out;
}

}  // namespace tl::optim
