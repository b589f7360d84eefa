// The Jacobians of the examples of a batch, and whether the examples are independent.
#include <algorithm>
#include <cmath>

#include "core/autodiff/jacobian.h"
#include "core/base/error.h"
#include "core/ops/generated/functions.h"

namespace tl {
namespace {

void check_shapes(const Shape& y, const Shape& x) {
  if (y.rank() < 2 || x.rank() < 2)
    invalid(
        "[tape_batch_jacobian] target and source must have rank at least 2, the first axis being that of the "
        "examples: got target ",
        y, " and source ", x, "; reshape a vector to (n, 1)");
  if (y[0] != x[0])
    invalid("[tape_batch_jacobian] Need first dimension of target shape ", y, " and source shape ", x,
            " to match: got ", y[0], " and ", x[0], "; it is the number of examples");
  if (y.rank() + x.rank() - 1 > kMaxRank)
    invalid(
        "[tape_batch_jacobian] the result has the axes of the target and those of the source but for one, at "
        "most ",
        kMaxRank, ": got ", y, " and ", x, "; merge axes with reshape");
}

// Numbers that no structure of a program has, one for each element: in [0.5, 1.5], signs mixed.
Tensor probe(Context& context, const Shape& shape, DType dtype) {
  Tensor out = context.allocate(dtype, shape);
  uint64_t state = 0x9E3779B97F4A7C15u;
  for (int64_t i = 0; i < out.elements(); i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    double v = 0.5 + static_cast<double>(state >> 11) * 0x1p-53;
    if (state >> 10 & 1) v = -v;
    if (dtype == DType::kF32)
      out.mutable_data<float>()[i] = static_cast<float>(v);
    else
      out.mutable_data<double>()[i] = v;
  }
  return out;
}

double number(const Tensor& t) { return t.dtype() == DType::kF32 ? t.data<float>()[0] : t.data<double>()[0]; }

// With weights w of all elements of the target the gradient by x[i] is the sum over j of w[i, j] J[i, j], if the target's
// other rows do not depend on it.
void check_independent(const Tensor& w, const Tensor& gradient, const Tensor& jacobian, int64_t b, int64_t m,
                       int64_t n) {
  if (is_batched(gradient))
    fail(Code::kFailedPrecondition,
         "[tape_batch_jacobian] 'check_independence' looks at numbers, which a tensor inside vmap does not "
         "have: got a Jacobian inside vmap; leave the option out there, and test one example outside");
  Tensor weights = reshape(w, {b, 1, m}), j = reshape(jacobian, {b, m, n}),
         got = reshape(gradient, {b, 1, n});
  Tensor apart = abs(sub(got, matmul(weights, j)));
  const double difference = number(max(apart));
  const double size = number(max(add(matmul(abs(weights), abs(j)), abs(got))));
  const double allowed = w.dtype() == DType::kF32 ? 1e-4 : 1e-10;
  if (!std::isfinite(size) || difference <= allowed * size) return;
  const int64_t row = argmax(reshape(apart, {b * n})).data<int64_t>()[0] / n;
  fail(Code::kFailedPrecondition,
       "[tape_batch_jacobian] each row of the target must depend on the same row of the source alone: got "
       "rows that "
       "also depend on row ",
       row, " of the source (the derivatives differ by ", difference,
       "); use tape_jacobian, or take what mixes examples (a batch normalisation) out");
}

}  // namespace

Tensor batch_jacobian(Tape& tape, const Tensor& target, const GradientSource& source,
                      const JacobianOptions& options, Reason* reason) {
  if (!target) invalid("[tape_batch_jacobian] 'target' must be a tensor: got null; was it set?");
  if (!source.variable && !source.tensor)
    invalid("[tape_batch_jacobian] 'source' must be a tensor or variable: got null; was it set?");
  const Shape &y = target.shape(), &x = source.shape();
  check_shapes(y, x);
  Context& context = tape.context();
  const int64_t b = y[0], m = y.elements(1, y.rank()), n = x.elements(1, x.rank());
  IntList shape = y;
  for (int i = 1; i < x.rank(); i++) shape.push_back(x[i]);
  checked_shape("tape_batch_jacobian", shape, size_of(source.dtype()));

  const Span<const GradientSource> sources(&source, 1);
  const Span<Reason> reasons(reason, reason ? 1 : 0);
  if (b == 0 || m == 0 || n == 0) {  // nothing but the question whether there is a gradient
    Tensor g = tape.gradient(Span<const Tensor>(&target, 1), sources, {}, options.unconnected, reasons)[0];
    return g ? full(context, shape, 0.0, source.dtype()) : g;
  }
  // The first row is the probe, if there is one; then the j-th element of each example at a time.
  const int64_t probes = options.check_independence ? 1 : 0;
  Tensor w;
  if (probes) w = probe(context, y, target.dtype());
  auto rows = [&](int64_t first, int64_t count) {
    IntList of_rows{count};
    for (int64_t d : y) of_rows.push_back(d);
    const int64_t begin = std::max<int64_t>(0, first - probes), units = first + count - probes - begin;
    std::vector<Tensor> parts;
    if (first < probes) parts.push_back(reshape(w, {1, b, m}));
    if (units > 0) {
      Tensor unit =
          one_hot(range(context, units, static_cast<double>(begin), 1, DType::kI64), m, target.dtype());
      parts.push_back(broadcast_to(reshape(unit, {units, 1, m}), {units, b, m}));
    }
    return reshape(parts.size() == 1 ? parts[0] : concat(parts, 0), of_rows);
  };
  Tensor all = tape.gradients_of_rows(target, sources, m + probes, rows, options.memory_budget,
                                      options.unconnected, reasons)[0];
  if (!all) return all;
  all = reshape(all, {m + probes, b, n});
  Tensor found = probes ? slice(all, {1, 0, 0}, {m + 1, b, n}) : all;
  Tensor out = reshape(transpose(found, {1, 0, 2}), shape);
  if (probes) check_independent(w, slice(all, {0, 0, 0}, {1, b, n}), out, b, m, n);
  return out;
}

}  // namespace tl
