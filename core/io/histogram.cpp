#include "core/io/histogram.h"

#include <algorithm>
#include <cmath>

namespace tl::io {
namespace {

// f(element) for each, as a double.
template <class T, class F>
void each(const Tensor& t, F& f) {
  for (int64_t i = 0; i < t.elements(); i++) f(static_cast<double>(t.data<T>()[i]));
}

template <class F>
void for_each_element(const Tensor& t, F&& f) {
  switch (t.dtype()) {
    case DType::kF32: return each<float>(t, f);
    case DType::kF64: return each<double>(t, f);
    case DType::kI32: return each<int32_t>(t, f);
    case DType::kI64: return each<int64_t>(t, f);
    case DType::kU8:
    case DType::kBool: return each<uint8_t>(t, f);
  }
}

}  // namespace

Histogram histogram_of(const Tensor& tensor, int buckets) {
  Histogram h;
  for_each_element(tensor, [&](double x) {
    if (!std::isfinite(x)) {
      h.non_finite++;
      return;
    }
    h.min = h.count ? std::min(h.min, x) : x;
    h.max = h.count ? std::max(h.max, x) : x;
    h.sum += x;
    h.sum_of_squares += x * x;
    h.count++;
  });
  if (h.count == 0) return h;
  if (h.min == h.max) {
    h.edges = {h.min - 0.5, h.max + 0.5};
    h.counts = {static_cast<double>(h.count)};
    return h;
  }
  // Halves, so that the width of -1e308 to 1e308 is a number.
  const double half = h.max / 2 - h.min / 2, step = half / buckets * 2;
  for (int i = 0; i < buckets; i++) h.edges.push_back(h.min + step * i);
  h.edges.push_back(h.max);
  h.counts.assign(static_cast<size_t>(buckets), 0);
  for_each_element(tensor, [&](double x) {
    if (!std::isfinite(x)) return;
    const double place = (x / 2 - h.min / 2) / half * buckets;
    h.counts[static_cast<size_t>(std::min(place, buckets - 1.0))]++;
  });
  return h;
}

}  // namespace tl::io
