// Kernels of full and range. The values have been checked against the dtype by the shape rules.
#include <algorithm>

#include "core/kernels/dtypes.h"
#include "core/ops/generated/promised.h"

namespace tl::kernels {

void full(const KernelArgs& a) {
  with_any(a.out[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    std::fill_n(a.out[0].mutable_data<T>(), a.out[0].elements(), static_cast<T>(a.as<FullAttrs>().value));
  });
}

void range(const KernelArgs& a) {
  const auto& attrs = a.as<RangeAttrs>();
  with_any(a.out[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* y = a.out[0].mutable_data<T>();
    for (int64_t i = 0; i < attrs.count; i++) {
      if constexpr (std::is_integral_v<T>)
        y[i] = static_cast<T>(static_cast<int64_t>(attrs.start) + i * static_cast<int64_t>(attrs.step));
      else
        y[i] = static_cast<T>(attrs.start + static_cast<double>(i) * attrs.step);
    }
  });
}

}  // namespace tl::kernels
