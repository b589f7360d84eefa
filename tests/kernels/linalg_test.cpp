// QR for orthogonal initialisers: orthonormal columns, the same column space, the sign rule, errors, host settings.
#include "core/kernels/linalg.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <vector>

#include "core/base/error.h"

#if TL_HAVE_OPENBLAS
#include <cblas.h>
#endif

using tl::kernels::qr_orthonormal;

TEST_CASE("Q has orthonormal columns, and Q'A is upper triangular with a positive diagonal", "[linalg]") {
  std::mt19937 generator(7);
  std::normal_distribution<double> normal;
  for (auto [rows, cols] :
       {std::pair<int64_t, int64_t>{1, 1}, {2, 1}, {5, 5}, {64, 32}, {200, 150}, {784, 3}}) {
    CAPTURE(rows, cols);
    std::vector<double> a(rows * cols);
    for (double& x : a) x = normal(generator);
    std::vector<double> q = a;
    qr_orthonormal(q.data(), rows, cols);
    double worst_product = 0, worst_below = 0, least_diagonal = 1e300;
    for (int64_t i = 0; i < cols; ++i)
      for (int64_t j = 0; j < cols; ++j) {
        double qq = 0, qa = 0;
        for (int64_t r = 0; r < rows; ++r) {
          qq += q[r * cols + i] * q[r * cols + j];
          qa += q[r * cols + i] * a[r * cols + j];
        }
        worst_product = std::max(worst_product, std::fabs(qq - (i == j)));
        if (i > j) worst_below = std::max(worst_below, std::fabs(qa));
        if (i == j) least_diagonal = std::min(least_diagonal, qa);
      }
    CHECK(worst_product < 1e-13);
    CHECK(worst_below < 1e-12);
    CHECK(least_diagonal > 0);
  }
}

TEST_CASE("a decomposition known by hand", "[linalg]") {
  double a[4] = {-3, 1, 4, 2};  // the first column has length 5
  qr_orthonormal(a, 2, 2);
  CHECK(a[0] == Approx(-0.6));
  CHECK(a[2] == Approx(0.8));
  CHECK(a[1] == Approx(0.8));  // orthogonal to the first, and on the side of (1, 2)
  CHECK(a[3] == Approx(0.6));
}

TEST_CASE("orthogonal: wrong sizes are errors, empty ones are not", "[linalg]") {
  double a[6] = {1, 2, 3, 4, 5, 6};
  try {
    qr_orthonormal(a, 2, 3);
    FAIL("no error");
  } catch (const tl::Error& e) {
    CHECK(e.code() == tl::Code::kInvalidArgument);
    CHECK(e.message().find("(2, 3)") != std::string::npos);
  }
  CHECK(a[0] == 1);
  CHECK_THROWS_AS(qr_orthonormal(a, int64_t{1} << 40, 1), tl::Error);
  qr_orthonormal(nullptr, 0, 0);
  qr_orthonormal(nullptr, 4, 0);
}

#if TL_HAVE_OPENBLAS
TEST_CASE("orthogonal: the same bits for any thread setting of the host, which is kept", "[linalg]") {
  std::mt19937 generator(3);
  std::normal_distribution<double> normal;
  std::vector<double> a(300 * 256);
  for (double& x : a) x = normal(generator);
  const int before = openblas_get_num_threads();
  std::vector<double> one = a, two = a;
  openblas_set_num_threads(1);
  qr_orthonormal(one.data(), 300, 256);
  openblas_set_num_threads(2);
  qr_orthonormal(two.data(), 300, 256);
  CHECK(openblas_get_num_threads() == 2);
  openblas_set_num_threads(before);
  CHECK(one == two);
}
#endif
