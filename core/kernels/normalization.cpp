// Kernels of normalisation.
#include "core/kernels/dtypes.h"
#include "core/kernels/inverse_rms.h"
#include "core/kernels/parallel.h"
#include "core/ops/generated/promised.h"

namespace tl::kernels {

void inverse_rms(const KernelArgs& a) {
  const double epsilon = a.as<InverseRmsAttrs>().epsilon;
  with_float(a[0].dtype(), [&](auto zero) {
    using T = decltype(zero);
    const ReductionKernels<T>& k = float_table<T>(vector_table()).reduction;
    const T* x = a[0].data<T>();
    T* y = a.out[0].mutable_data<T>();
    const size_t cols = static_cast<size_t>(a[0].shape().back());
    parallel_ranges(a.context, static_cast<size_t>(a.out[0].elements()),
                    std::max<size_t>(1, kCheapGrain / cols), [&](size_t begin, size_t end) {
                      for (size_t r = begin; r < end; r++)
                        y[r] = inverse_rms_of(k, x + r * cols, cols, epsilon);
                    });
  });
}

}  // namespace tl::kernels
