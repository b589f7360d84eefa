// Large products: both operands are packed, or A alone where its rows collide in the caches. And steps of an optimizer whose gradient is
// such a product.
#pragma once

#include "core/kernels/gemm/gemm_parts.h"

namespace tl::kernels {

// Working memory of run_packed_gemm().
template <typename T>
GemmScratch packed_gemm_scratch(const GemmKernels<T>& kernels, const ArrangedGemm<T>& x, bool pack_b);
// pack_b: B, too.
template <typename T>
void run_packed_gemm(const GemmWorkers& workers, const GemmKernels<T>& kernels, const ArrangedGemm<T>& x,
                     bool pack_b);

// True when a step of Adam can be done beside the sums that are its gradient: op(A) op(B) of packed operands, each element the sum of
// all its terms.
template <typename T>
bool gemm_steps(const GemmKernels<T>& kernels, GemmMethod method, const GemmProblem<T>& problem);
template <typename T>
GemmScratch gemm_adam_scratch(const GemmKernels<T>& kernels, const GemmProblem<T>& problem);
// That step, on the threads of the pool; `variable` has the rows and columns of C, which is not touched. Throws tl::Error when there is
// no memory to pack into.
template <typename T>
void run_gemm_adam(ThreadPool& pool, const GemmKernels<T>& kernels, const GemmProblem<T>& problem,
                   const AdamRectangle<T>& variable);

}  // namespace tl::kernels
