// References of reductions and scans.
#include <algorithm>
#include <cmath>

#include "tests/ops/reference.h"

namespace tl::test::reference {
namespace {

std::vector<bool> reduced_axes(const Shape& shape, const IntList& axes) {
  std::vector<bool> out(shape.size(), axes.empty());
  for (int64_t axis : axes) out[resolve_axis(axis, shape.rank())] = true;
  return out;
}

// Hands the elements that fall together, in row-major order, to `fold`.
Arrays reduce(const Array& x, const IntList& axes, bool keepdims, DType dtype,
              const std::function<double(const std::vector<double>&)>& fold) {
  std::vector<bool> reduced = reduced_axes(x.shape, axes);
  Shape kept, result;
  for (int axis = 0; axis < x.shape.rank(); axis++) {
    kept.push_back(reduced[axis] ? 1 : x.shape[axis]);
    if (!reduced[axis] || keepdims) result.push_back(kept[axis]);
  }
  std::vector<std::vector<double>> groups(static_cast<size_t>(result.elements()));
  for (size_t i = 0; i < x.values.size(); i++) {
    std::vector<int64_t> at = coordinates(x.shape, static_cast<int64_t>(i));
    for (size_t axis = 0; axis < at.size(); axis++)
      if (reduced[axis]) at[axis] = 0;
    groups[position(kept, at)].push_back(x.values[i]);
  }
  Array out = filled(dtype, result, 0);
  for (size_t i = 0; i < groups.size(); i++) out.values[i] = wrapped(dtype, fold(groups[i]));
  return one(out);
}

double total(const std::vector<double>& values) {
  long double out = 0;
  for (double v : values) out += v;
  return static_cast<double>(out);
}

// The place of the extreme of `values`, the first of equals; a NaN counts as the extreme.
size_t place_of_extreme(const std::vector<double>& values, bool largest) {
  size_t best = 0;
  for (size_t i = 1; i < values.size(); i++) {
    if (std::isnan(values[best])) break;
    if (std::isnan(values[i]) || (largest ? values[i] > values[best] : values[i] < values[best])) best = i;
  }
  return best;
}

double log_sum_exp(const std::vector<double>& values) {
  double highest = -INFINITY;
  for (double v : values) {
    if (std::isnan(v)) return v;
    highest = std::max(highest, v);
  }
  if (std::isinf(highest)) return highest;
  long double sum = 0;
  for (double v : values) sum += std::exp(v - highest);
  return highest + std::log(static_cast<double>(sum));
}

}  // namespace

Arrays sum(const Array& x, const IntList& axes, bool keepdims) {
  return reduce(x, axes, keepdims, x.dtype, [](const std::vector<double>& v) { return total(v); });
}

Arrays mean(const Array& x, const IntList& axes, bool keepdims) {
  return reduce(x, axes, keepdims, x.dtype,
                [](const std::vector<double>& v) { return total(v) / static_cast<double>(v.size()); });
}

Arrays max(const Array& x, const IntList& axes, bool keepdims) {
  return reduce(x, axes, keepdims, x.dtype,
                [](const std::vector<double>& v) { return v[place_of_extreme(v, true)]; });
}

Arrays min(const Array& x, const IntList& axes, bool keepdims) {
  return reduce(x, axes, keepdims, x.dtype,
                [](const std::vector<double>& v) { return v[place_of_extreme(v, false)]; });
}

Arrays prod(const Array& x, const IntList& axes, bool keepdims) {
  return reduce(x, axes, keepdims, x.dtype, [&](const std::vector<double>& values) {
    double out = 1;
    for (double v : values) out = wrapped(x.dtype, out * v);
    return out;
  });
}

Arrays argmax(const Array& x, const IntList& axes, bool keepdims) {
  return reduce(x, axes, keepdims, DType::kI64,
                [](const std::vector<double>& v) { return static_cast<double>(place_of_extreme(v, true)); });
}

Arrays argmin(const Array& x, const IntList& axes, bool keepdims) {
  return reduce(x, axes, keepdims, DType::kI64,
                [](const std::vector<double>& v) { return static_cast<double>(place_of_extreme(v, false)); });
}

Arrays cumsum(const Array& x, int64_t axis, bool exclusive, bool reverse) {
  int along = resolve_axis(axis, x.shape.rank());
  Array out = filled(x.dtype, x.shape, 0);
  for (size_t i = 0; i < x.values.size(); i++) {
    std::vector<int64_t> here = coordinates(x.shape, static_cast<int64_t>(i)), at = here;
    double sum = 0;
    for (int64_t k = 0; k < x.shape[along]; k++) {
      bool before = reverse ? k > here[along] : k < here[along];
      if (!before && !(k == here[along] && !exclusive)) continue;
      at[along] = k;
      sum += x.values[position(x.shape, at)];
    }
    out.values[i] = wrapped(x.dtype, sum);
  }
  return one(out);
}

Arrays logsumexp(const Array& x, const IntList& axes, bool keepdims) {
  return reduce(x, axes, keepdims, x.dtype, [](const std::vector<double>& v) { return log_sum_exp(v); });
}

}  // namespace tl::test::reference
