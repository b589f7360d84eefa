// Dense linear algebra beyond products, by the LAPACK behind xtensor-blas. So far: what orthogonal initialisers need.
#pragma once

#include <cstdint>

namespace tl::kernels {

// Replaces a[rows, cols] (row-major, rows >= cols) by the Q of its QR decomposition: orthonormal columns, signs such
// that R's diagonal is not negative, which makes Q unique for a matrix of full rank (and uniformly distributed when the
// elements are independent normal ones). Sizes may be zero. The same bits whatever the host set for OpenBLAS's threads.
// Throws tl::Error: invalid argument (rows < cols, or a size that LAPACK cannot count), out of memory, internal (LAPACK
// reports a failure); `a` is then unchanged.
void qr_orthonormal(double* a, int64_t rows, int64_t cols);

}  // namespace tl::kernels
