// Which kernels serve a product: the CPU class, and the measured table of shapes.
//
// The choice is a function of the shape and the CPU class alone: not of strides, values or threads, so that
// it never makes two equal products differ.
#pragma once

#include <cstdint>

#include "core/kernels/gemm/kernel_table.h"

namespace tl::kernels {

enum class GemmCpu : int { portable = 0, avx2 = 1, avx512 = 2 };

// The best class that this CPU and this build have.
GemmCpu gemm_cpu();

// The kernels of one class; NULL when the CPU or the build lacks them.
template <typename T>
const GemmKernels<T>* gemm_kernels(GemmCpu cpu);

enum class GemmMethod : int {
  dot,      // inner products of rows of A with rows of B; op(B) has to be transposed
  axpy,     // sums of rows of a matrix, each times an element of a vector
  direct,   // own tiles on the operands as they lie in memory; a transposed B is packed
  swapped,  // the same for C' = op(B)' op(A)', each tile transposed on its way to C
  packed,   // own tiles on packed copies of both operands
  onednn,
  openblas,
};

GemmMethod choose_gemm_method(GemmCpu cpu, bool is_double, bool ta, bool tb, int64_t m, int64_t n, int64_t k);

const char* gemm_method_name(GemmCpu cpu, GemmMethod method);

}  // namespace tl::kernels
