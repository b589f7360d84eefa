#include "core/kernels/product_sum.h"

#include <cstring>

#include "core/kernels/dtypes.h"
#include "core/kernels/gemm/gemm.h"

namespace tl::kernels {

bool ProductSum::possible(DType dtype, const ProductShape& s) {
  if (dtype == DType::kF32) return gemm_adds_last<float>(s.ta, s.tb, s.m, s.n, s.k);
  return dtype == DType::kF64 && gemm_adds_last<double>(s.ta, s.tb, s.m, s.n, s.k);
}

void ProductSum::reserve(ThreadPool& pool) const {
  const ProductShape& s = shape_;
  with_float(dtype_, [&](auto zero) { reserve_gemm<decltype(zero)>(pool, s.ta, s.tb, s.m, s.n, s.k); });
}

void ProductSum::run(ThreadPool& pool, const void* a, const void* b, const void* c, void* out) const {
  const ProductShape& s = shape_;
  with_float(dtype_, [&](auto zero) {
    using T = decltype(zero);
    if (out != c) std::memcpy(out, c, static_cast<size_t>(s.m * s.n) * sizeof(T));
    gemm(pool, s.ta, s.tb, s.m, s.n, s.k, T{1}, static_cast<const T*>(a), s.ta ? s.m : s.k,
         static_cast<const T*>(b), s.tb ? s.k : s.n, T{1}, static_cast<T*>(out), s.n);
  });
}

}  // namespace tl::kernels
