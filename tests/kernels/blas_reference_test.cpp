// Matrix products against xtensor-blas, by which OpenBLAS computes them: sizes that take a plain loop too long, and a reference
// that shares no line with ours. All that a reference is compared with is bounded by what rounding allows, k units in the last
// place of |A| |B|. A program of its own, product_tests: linked, OpenBLAS starts its threads in front of main(), which the
// library must never do (core/decisions/0015).
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <vector>
#include <xtensor-blas/xlinalg.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xtensor.hpp>

#include "core/kernels/gemm/gemm.h"
#include "core/ops/generated/functions.h"
#include "core/tensor/context.h"

namespace tl::kernels {
namespace {

using Reference = xt::xtensor<double, 2>;

std::mt19937& dice() {
  static std::mt19937 g(20261130);
  return g;
}
int64_t draw(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(dice()); }

// A matrix as it is stored, with NaN between its rows.
template <class T>
struct Stored {
  int64_t rows, columns, stride;
  std::vector<T> elements;

  Stored(int64_t m, int64_t n, int64_t padding)
      : rows(m), columns(n), stride(n + padding), elements(static_cast<size_t>(m * stride), std::nan("")) {
    std::uniform_real_distribution<double> uniform(-1, 1);
    for (int64_t i = 0; i < m; i++)
      for (int64_t j = 0; j < n; j++) at(i, j) = static_cast<T>(uniform(dice()));
  }
  T& at(int64_t i, int64_t j) { return elements[static_cast<size_t>(i * stride + j)]; }
};

template <class T>
Reference reference_of(const T* from, int64_t rows, int64_t columns, int64_t stride, bool transposed) {
  Reference out = Reference::from_shape(
      {static_cast<size_t>(transposed ? columns : rows), static_cast<size_t>(transposed ? rows : columns)});
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < columns; j++)
      (transposed ? out(j, i) : out(i, j)) = static_cast<double>(from[i * stride + j]);
  return out;
}

template <class T>
Reference reference_of(const Stored<T>& s, bool transposed = false) {
  return reference_of(s.elements.data(), s.rows, s.columns, s.stride, transposed);
}

// The largest distance from alpha a b + beta before, in units of what rounding allows: one is too many.
template <class T>
double excess(const Reference& got, const Reference& a, const Reference& b, double alpha, double beta,
              const Reference& before) {
  const Reference product = xt::linalg::dot(a, b),
                  magnitude = xt::linalg::dot(xt::eval(xt::abs(a)), xt::eval(xt::abs(b)));
  const double unit = std::numeric_limits<T>::epsilon(), k = static_cast<double>(a.shape()[1]);
  double worst = 0;
  for (size_t i = 0; i < got.shape()[0]; i++)
    for (size_t j = 0; j < got.shape()[1]; j++) {
      const double old = beta == 0 ? 0 : beta * before(i, j);
      const double bound = unit * ((k + 3) * std::fabs(alpha) * magnitude(i, j) + 3 * std::fabs(old));
      const double distance = std::fabs(got(i, j) - (alpha * product(i, j) + old));
      worst =
          std::max(worst, std::isnan(distance) ? std::numeric_limits<double>::infinity() : distance / bound);
    }
  return worst;
}

template <class T>
void check_gemm(int64_t largest, int rounds) {
  ThreadPool pool(2);
  const double scalars[] = {1, 0, -0.5, 2};
  double worst = 0;
  for (int round = 0; round < rounds; round++) {
    const int64_t m = draw(1, largest), n = draw(1, largest), k = draw(1, largest);
    const bool ta = draw(0, 1) == 1, tb = draw(0, 1) == 1;
    const double alpha = scalars[draw(0, 3)], beta = scalars[draw(0, 3)];
    Stored<T> a(ta ? k : m, ta ? m : k, draw(0, 3)), b(tb ? n : k, tb ? k : n, draw(0, 3)),
        c(m, n, draw(0, 3));
    const Reference before = reference_of(c);
    if (beta == 0)
      for (T& value : c.elements) value = std::numeric_limits<T>::quiet_NaN();  // is not read
    gemm(pool, ta, tb, m, n, k, static_cast<T>(alpha), a.elements.data(), a.stride, b.elements.data(),
         b.stride, static_cast<T>(beta), c.elements.data(), c.stride);
    const double e =
        excess<T>(reference_of(c), reference_of(a, ta), reference_of(b, tb), alpha, beta, before);
    worst = std::max(worst, e);
    CAPTURE(round, m, n, k, ta, tb, alpha, beta, e);
    CHECK(e <= 1);
    bool padding = true;
    for (int64_t i = 0; i < m; i++)
      for (int64_t j = n; j < c.stride; j++) padding = padding && std::isnan(c.at(i, j));
    CHECK(padding);
  }
  WARN("products of " << sizeof(T) << " bytes: at most " << worst << " of what rounding allows");
}

// Matrix number `at` of the batch, which repeats where an axis has size 1.
int64_t position(const Shape& shape, const std::vector<int64_t>& at) {
  int64_t out = 0;
  const size_t axes = static_cast<size_t>(shape.rank()) - 2, skipped = at.size() - axes;
  for (size_t axis = 0; axis < axes; axis++) {
    const int64_t size = shape[static_cast<int>(axis)];
    out = out * size + (size == 1 ? 0 : at[skipped + axis]);
  }
  return out;
}

template <class T>
void check_matmul(Context& context, DType dtype, const Shape& batch_a, const Shape& batch_b,
                  const std::vector<int64_t>& batch, int64_t m, int64_t n, int64_t k, int transposes) {
  const bool ta = transposes & 1, tb = transposes & 2;
  IntList shape_a, shape_b;
  for (int64_t d : batch_a) shape_a.push_back(d);
  for (int64_t d : batch_b) shape_b.push_back(d);
  for (int64_t d : {ta ? k : m, ta ? m : k}) shape_a.push_back(d);
  for (int64_t d : {tb ? n : k, tb ? k : n}) shape_b.push_back(d);
  const Tensor a = normal(context, shape_a, 0, 1, dtype), b = normal(context, shape_b, 0, 1, dtype);
  const Tensor c = matmul(a, b, ta, tb);
  std::vector<int64_t> at(batch.size(), 0);
  for (int64_t number = 0;; number++) {
    const Reference one = reference_of(a.data<T>() + position(a.shape(), at) * m * k, ta ? k : m, ta ? m : k,
                                       ta ? m : k, ta),
                    other = reference_of(b.data<T>() + position(b.shape(), at) * k * n, tb ? n : k,
                                         tb ? k : n, tb ? k : n, tb);
    const double e =
        excess<T>(reference_of(c.data<T>() + number * m * n, m, n, n, false), one, other, 1, 0, one);
    CAPTURE(name_of(dtype), number, m, n, k, ta, tb, e);
    CHECK(e <= 1);
    size_t axis = batch.size();
    while (axis > 0 && ++at[axis - 1] == batch[axis - 1]) at[--axis] = 0;
    if (axis == 0) break;
  }
}

}  // namespace

TEST_CASE("products of f32 are those of OpenBLAS, with scalars, transposes and strides", "[gemm]") {
  check_gemm<float>(64, 60);
  check_gemm<float>(700, 30);
}

TEST_CASE("products of f64 are those of OpenBLAS, with scalars, transposes and strides", "[gemm]") {
  check_gemm<double>(64, 60);
  check_gemm<double>(700, 30);
}

TEST_CASE("batched products are those of OpenBLAS, one by one", "[gemm]") {
  Context context(ContextOptions{});
  struct Case {
    Shape a, b;
    std::vector<int64_t> batch;
    int64_t m, n, k;
  };
  const Case cases[] = {
      {{}, {}, {}, 257, 129, 383},       {{}, {}, {}, 1, 501, 333},
      {{5}, {5}, {5}, 33, 17, 65},       {{5}, {}, {5}, 31, 47, 129},
      {{}, {5}, {5}, 31, 47, 129},       {{2, 1}, {1, 3}, {2, 3}, 19, 1, 77},
      {{2, 3}, {3}, {2, 3}, 64, 64, 64}, {{4, 1}, {3}, {4, 3}, 7, 130, 5},
      {{300}, {300}, {300}, 3, 5, 4},
  };
  for (const Case& c : cases)
    for (int transposes = 0; transposes < 4; transposes++) {
      check_matmul<float>(context, DType::kF32, c.a, c.b, c.batch, c.m, c.n, c.k, transposes);
      check_matmul<double>(context, DType::kF64, c.a, c.b, c.batch, c.m, c.n, c.k, transposes);
    }
}

TEST_CASE("the factors that LAPACK finds multiply to the matrix, and an orthogonal one to the identity",
          "[gemm]") {
  Context context(ContextOptions{});
  const auto tensor_of = [&](const Reference& r) {
    Tensor t = context.allocate(
        DType::kF64, Shape{static_cast<int64_t>(r.shape()[0]), static_cast<int64_t>(r.shape()[1])});
    std::copy(r.begin(), r.end(), t.mutable_data<double>());
    return t;
  };
  for (size_t m : {40, 301})
    for (size_t n : {7, 40}) {
      const Stored<double> stored(static_cast<int64_t>(m), static_cast<int64_t>(n), 0);
      const Reference whole = reference_of(stored);
      const auto factors = xt::linalg::qr(whole);
      const Tensor q = tensor_of(std::get<0>(factors)), r = tensor_of(std::get<1>(factors));
      const Tensor back = matmul(q, r), identity = matmul(q, q, true, false);
      const double bound = 10 * static_cast<double>(m) * std::numeric_limits<double>::epsilon();
      double worst = 0;
      for (size_t i = 0; i < m * n; i++)
        worst = std::max(worst, std::fabs(back.data<double>()[i] - whole.data()[i]));
      for (size_t i = 0; i < n * n; i++)
        worst = std::max(worst, std::fabs(identity.data<double>()[i] - (i % (n + 1) == 0 ? 1.0 : 0.0)));
      CAPTURE(m, n, worst, bound);
      CHECK(worst <= bound);
    }
}

}  // namespace tl::kernels
