// The kernel of matmul: shapes and broadcast batches become one call of gemm.
#include "core/kernels/dtypes.h"
#include "core/kernels/gemm/gemm.h"
#include "core/ops/generated/promised.h"

namespace tl::kernels {

void matmul(const KernelArgs& args) {
  const Tensor &a = args[0], &b = args[1], &out = args.out[0];
  const auto& attrs = args.as<MatmulAttrs>();
  if (out.elements() == 0) return;
  const int rank = out.rank(), batch_rank = rank - 2;
  int64_t m = out.shape()[rank - 2];
  const int64_t n = out.shape()[rank - 1], k = a.shape()[a.rank() - (attrs.transpose_a ? 2 : 1)];
  const int64_t lda = a.shape().back(), ldb = b.shape().back();

  int64_t sizes[kMaxRank], a_strides[kMaxRank], b_strides[kMaxRank], c_strides[kMaxRank];
  GemmBatch batch;
  batch.sizes = sizes;
  batch.a_strides = a_strides;
  batch.b_strides = b_strides;
  batch.c_strides = c_strides;
  if (b.rank() == 2 && !attrs.transpose_a && a.rank() == rank) {
    m = out.elements() / n;  // one matrix on the right: the batches of a are further rows
  } else {
    batch.rank = batch_rank;
    int64_t a_next = m * k, b_next = k * n, c_next = m * n;
    for (int i = batch_rank - 1; i >= 0; i--) {
      const int in_a = i - (rank - a.rank()), in_b = i - (rank - b.rank());
      const int64_t a_size = in_a >= 0 ? a.shape()[in_a] : 1, b_size = in_b >= 0 ? b.shape()[in_b] : 1;
      sizes[i] = out.shape()[i];
      a_strides[i] = a_size == 1 ? 0 : a_next;
      b_strides[i] = b_size == 1 ? 0 : b_next;
      c_strides[i] = c_next;
      a_next *= a_size;
      b_next *= b_size;
      c_next *= sizes[i];
    }
  }
  with_float(out.dtype(), [&](auto zero) {
    using T = decltype(zero);
    gemm_batched(args.context.pool(), batch, attrs.transpose_a, attrs.transpose_b, m, n, k, T{1}, a.data<T>(),
                 lda, b.data<T>(), ldb, T{0}, out.mutable_data<T>(), n);
  });
}

}  // namespace tl::kernels
