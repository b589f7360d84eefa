// LAPACK through xtensor-blas. xtensor's containers live and die inside each function.
#include "core/kernels/linalg.h"

#include <climits>
#include <new>
#include <xtensor-blas/xlinalg.hpp>
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>

#include "core/base/error.h"
#include "core/kernels/gemm/library_gemm.h"

namespace tl::kernels {

void qr_orthonormal(double* a, int64_t rows, int64_t cols) {
  if (cols < 0 || rows < cols)
    invalid("[orthogonal] a matrix with orthonormal columns needs rows >= cols: got (", rows, ", ", cols,
            "); transpose it");
  if (rows > INT_MAX || cols > INT_MAX || rows * cols > INT_MAX)
    invalid("[orthogonal] the matrix is too large for LAPACK: got (", rows, ", ", cols, "); at most ",
            INT_MAX, " elements");
  if (cols == 0) return;
  try {
    const SingleThreadedOpenBlas single;
    const std::array<size_t, 2> shape = {static_cast<size_t>(rows), static_cast<size_t>(cols)};
    const auto matrix = xt::adapt(a, shape[0] * shape[1], xt::no_ownership(), shape);
    const auto qr = xt::linalg::qr(matrix);
    const auto& q = std::get<0>(qr);
    const auto& r = std::get<1>(qr);
    for (int64_t j = 0; j < cols; ++j) {
      const double sign = r(j, j) < 0 ? -1.0 : 1.0;
      for (int64_t i = 0; i < rows; ++i) a[i * cols + j] = sign * q(i, j);
    }
  } catch (const std::bad_alloc&) {
    fail(Code::kOutOfMemory, "[orthogonal] no memory for the QR decomposition of a (", rows, ", ", cols,
         ") matrix; free some memory or use a smaller layer");
  } catch (const std::exception& e) {
    fail(Code::kInternal, "[orthogonal] the QR decomposition of a (", rows, ", ", cols,
         ") matrix failed: got ", e.what(), "; this is a bug in tapeloop");
  }
}

}  // namespace tl::kernels
