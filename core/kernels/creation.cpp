// Kernels of full and range. The values have been checked against the dtype by the shape rules.
#include <algorithm>
#include <type_traits>

#include "core/kernels/dtypes.h"
#include "core/kernels/parallel.h"
#include "core/ops/generated/promised.h"

namespace tl::kernels {

void full(const KernelArgs& a) {
  with_any(a.out[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* y = a.out[0].mutable_data<T>();
    const T value = static_cast<T>(a.as<FullAttrs>().value);
    parallel_ranges(a.context, static_cast<size_t>(a.out[0].elements()), kCheapGrain,
                    [=](size_t begin, size_t end) { std::fill(y + begin, y + end, value); });
  });
}

void range(const KernelArgs& a) {
  const auto& attrs = a.as<RangeAttrs>();
  with_any(a.out[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* y = a.out[0].mutable_data<T>();
    for (int64_t i = 0; i < attrs.count; i++) {
      if constexpr (std::is_integral_v<T>) {
        // Start and end are in range, but the distance between them may need one bit more: it wraps around and back. The step of
        // one number is any.
        const auto step = attrs.count > 1 ? static_cast<uint64_t>(static_cast<int64_t>(attrs.step)) : 0;
        y[i] = static_cast<T>(static_cast<uint64_t>(static_cast<int64_t>(attrs.start)) +
                              static_cast<uint64_t>(i) * step);
      } else {
        y[i] = static_cast<T>(attrs.start + static_cast<double>(i) * attrs.step);
      }
    }
  });
}

}  // namespace tl::kernels
