// Kernels of the random ops. Element i of a call is a function of (seed, op, call, i), so any partition draws the same.
#include <algorithm>
#include <cmath>

#include "core/kernels/dtypes.h"
#include "core/kernels/parallel.h"
#include "core/kernels/random_stream.h"
#include "core/kernels/vector/table.h"
#include "core/ops/generated/promised.h"

namespace tl::kernels {
namespace {

// draw(table, y, n, at), then finish(y, n), over pieces that start at multiples of a Philox block.
template <class Draw, class Finish>
void fill_random(const KernelArgs& a, uint64_t seed, uint64_t call, Draw draw, Finish finish) {
  with_float(a.out[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* y = a.out[0].mutable_data<T>();
    const RandomKernels<T>& k = float_table<T>(vector_table()).random;
    const uint64_t key = key_of(seed, a.schema.id);
    parallel_ranges(a.context, static_cast<size_t>(a.out[0].elements()), kCostlyGrain,
                    [&](size_t begin, size_t end) {
                      // In pieces that are still in the first-level cache when they are finished.
                      constexpr size_t kPiece = 2048;
                      for (size_t at = begin; at < end; at += kPiece) {
                        const size_t n = std::min(kPiece, end - at);
                        draw(k, y + at, n, RandomAt{key, call, at});
                        finish(y + at, n);
                      }
                    });
  });
}

}  // namespace

void uniform(const KernelArgs& a) {
  const auto& attrs = a.as<UniformAttrs>();
  fill_random(
      a, attrs.seed, attrs.call, [](const auto& k, auto* y, size_t n, RandomAt at) { k.uniform(y, n, at); },
      [&](auto* y, size_t n) {
        using T = std::remove_pointer_t<decltype(y)>;
        if (attrs.low == 0 && attrs.high == 1) return;
        const T low = static_cast<T>(attrs.low), high = static_cast<T>(attrs.high), width = high - low;
        // Rounding may reach `high`, which is not part of the range: the number below it takes its place.
        const T last = std::nextafter(high, low);
        for (size_t i = 0; i < n; i++) y[i] = std::min(last, low + width * y[i]);
      });
}

void normal(const KernelArgs& a) {
  const auto& attrs = a.as<NormalAttrs>();
  fill_random(
      a, attrs.seed, attrs.call, [](const auto& k, auto* y, size_t n, RandomAt at) { k.normal(y, n, at); },
      [&](auto* y, size_t n) {
        using T = std::remove_pointer_t<decltype(y)>;
        if (attrs.mean == 0 && attrs.stddev == 1) return;
        const T mean = static_cast<T>(attrs.mean), stddev = static_cast<T>(attrs.stddev);
        for (size_t i = 0; i < n; i++) y[i] = mean + stddev * y[i];
      });
}

void dropout(const KernelArgs& a) {
  const auto& attrs = a.as<DropoutAttrs>();
  const DropoutChoice choice(attrs.rate);
  with_float(a[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* x = a[0].data<T>();
    T* y = a.out[0].mutable_data<T>();
    const uint64_t key = key_of(attrs.seed, a.schema.id);
    parallel_ranges(a.context, static_cast<size_t>(a[0].elements()), kCostlyGrain,
                    [&](size_t begin, size_t end) {
                      float_table<T>(vector_table())
                          .random.dropout(x + begin, y + begin, end - begin, choice.threshold,
                                          static_cast<T>(choice.scale), RandomAt{key, attrs.call, begin});
                    });
  });
}

}  // namespace tl::kernels
