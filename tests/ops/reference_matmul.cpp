// Reference of the matrix product.
#include "tests/ops/reference.h"

namespace tl::test::reference {

Arrays matmul(const Array& a, const Array& b, bool transpose_a, bool transpose_b) {
  int rank_a = a.shape.rank(), rank_b = b.shape.rank();
  int64_t rows = a.shape[rank_a - (transpose_a ? 1 : 2)], inner = a.shape[rank_a - (transpose_a ? 2 : 1)];
  int64_t columns = b.shape[rank_b - (transpose_b ? 2 : 1)];
  Shape batch_a(Span<const int64_t>(a.shape.data(), rank_a - 2)),
      batch_b(Span<const int64_t>(b.shape.data(), rank_b - 2));
  Shape batch = broadcast_shape(batch_a, batch_b), shape = batch;
  shape.push_back(rows);
  shape.push_back(columns);
  Array out = filled(a.dtype, shape, 0);
  for (int64_t n = 0; n < batch.elements(); n++) {
    std::vector<int64_t> at = coordinates(batch, n);
    const double* from_a = a.values.data() + broadcast_position(batch_a, at) * rows * inner;
    const double* from_b = b.values.data() + broadcast_position(batch_b, at) * inner * columns;
    for (int64_t i = 0; i < rows; i++) {
      for (int64_t j = 0; j < columns; j++) {
        double sum = 0;
        for (int64_t k = 0; k < inner; k++)
          sum += from_a[transpose_a ? k * rows + i : i * inner + k] *
                 from_b[transpose_b ? j * inner + k : k * columns + j];
        out.values[(n * rows + i) * columns + j] = sum;
      }
    }
  }
  return one(out);
}

}  // namespace tl::test::reference
