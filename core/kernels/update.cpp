// Kernels of the optimizer updates: one pass over a parameter and its slots, in place where apply() allows it.
#include "core/kernels/dtypes.h"
#include "core/kernels/parallel.h"
#include "core/kernels/vector/table.h"
#include "core/ops/generated/promised.h"

namespace tl::kernels {

void sgd_update(const KernelArgs& a) {
  with_float(a[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *w = a[0].data<T>(), *g = a[1].data<T>(), rate = *a[2].data<T>();
    T* new_w = a.out[0].mutable_data<T>();
    parallel_ranges(a.context, static_cast<size_t>(a[0].elements()), kCheapGrain, [&](size_t i, size_t end) {
      float_table<T>(vector_table()).optimizer.sgd(w + i, g + i, new_w + i, end - i, rate);
    });
  });
}

void momentum_update(const KernelArgs& a) {
  const auto& attrs = a.as<MomentumUpdateAttrs>();
  with_float(a[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *w = a[0].data<T>(), *g = a[1].data<T>(), *m = a[2].data<T>(), rate = *a[3].data<T>();
    T *new_w = a.out[0].mutable_data<T>(), *new_m = a.out[1].mutable_data<T>();
    parallel_ranges(a.context, static_cast<size_t>(a[0].elements()), kCheapGrain, [&](size_t i, size_t end) {
      float_table<T>(vector_table())
          .optimizer.momentum_keras(w + i, m + i, g + i, new_w + i, new_m + i, end - i, rate,
                                    static_cast<T>(attrs.momentum), attrs.nesterov);
    });
  });
}

void adam_update(const KernelArgs& a) {
  const auto& attrs = a.as<AdamUpdateAttrs>();
  with_float(a[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *w = a[0].data<T>(), *g = a[1].data<T>(), *m = a[2].data<T>(), *v = a[3].data<T>();
    const AdamStep<T> step{*a[4].data<T>(), static_cast<T>(1 - attrs.beta1), static_cast<T>(1 - attrs.beta2),
                           *a[6].data<T>(), T{1} - *a[5].data<T>()};
    T *new_w = a.out[0].mutable_data<T>(), *new_m = a.out[1].mutable_data<T>(),
      *new_v = a.out[2].mutable_data<T>();
    parallel_ranges(a.context, static_cast<size_t>(a[0].elements()), kCheapGrain, [&](size_t i, size_t end) {
      float_table<T>(vector_table())
          .optimizer.adam(w + i, m + i, v + i, g + i, new_w + i, new_m + i, new_v + i, end - i, step);
    });
  });
}

}  // namespace tl::kernels
