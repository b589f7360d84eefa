// The GEMM kernels, written once over a vector type S. Included by each kernel file inside its own anonymous
// namespace, so that no two instruction sets share a symbol. Layer of the driver: gemm.cpp. No memory is
// allocated here, nothing throws, and no standard library template is used (see kernel_table.h).
//
// S has: T, V, kWidth (elements of V), kTileRows; and static load, load_part(p, n), store, store_part(p, v,
// n), set1, zero, fma(a, b, c) = a * b + c, mul, add, sum(v), transpose(V (&)[kWidth]). S::Half, for the last columns where
// they fill half a vector at most: the same but sum and transpose, for vectors of half the width, or S itself.

#define TL_INLINE inline __attribute__((always_inline))

#include "core/kernels/gemm/adam.inl"
#include "core/kernels/gemm/beside.inl"

#include "core/kernels/gemm/register_tiles.inl"

#include "core/kernels/gemm/packing.inl"

#include "core/kernels/gemm/work_beside.inl"

#include "core/kernels/gemm/block.inl"
#include "core/kernels/gemm/packed_block.inl"
#include "core/kernels/gemm/sums_of_rows.inl"

template <class S>
constexpr GemmKernels<typename S::T> make_kernels(const char* name, int64_t block_bytes,
                                                  int64_t packed_a_bytes) {
  return {name,
          S::kTileRows,
          2 * S::kWidth,
          block_bytes / int64_t(sizeof(typename S::T)),
          packed_a_bytes,
          compute_block<S>,
          compute_packed_block<S>,
          S::kCopiesBeside,
          adam_kernel<S>(),
          pack_a<S>,
          pack_b<S>,
          dot_rows<S>,
          add_rows<S>};
}
