// Steps of optimizers whose gradient is a sum of products, against matmul, add and the op: the same bits, with any number of
// threads, in place and not.
#include <catch2/catch.hpp>
#include <cstring>
#include <limits>
#include <vector>

#include "core/kernels/gemm/backend_choice.h"
#include "core/kernels/product_update.h"
#include "core/ops/apply.h"
#include "core/ops/generated/attrs.h"
#include "core/ops/generated/functions.h"

namespace tl::test {
namespace {

using kernels::ProductShape;
using kernels::ProductUpdate;

struct Step {
  OpId op;
  const void* attrs;
  int arrays, scalars;
};

// The operands of a step, and what the ops make of them.
struct Expected {
  std::vector<Tensor> factors, variable, scalars, want;

  Expected(Context& c, DType dtype, const Step& step, const std::vector<ProductShape>& products) {
    for (const ProductShape& p : products) {
      factors.push_back(uniform(c, p.ta ? IntList{p.k, p.m} : IntList{p.m, p.k}, -1, 1, dtype));
      factors.push_back(uniform(c, p.tb ? IntList{p.n, p.k} : IntList{p.k, p.n}, -1, 1, dtype));
    }
    for (int i = 0; i < step.arrays; i++)
      variable.push_back(uniform(c, {products[0].m, products[0].n}, i == 2 ? 0 : -1, 1, dtype));
    for (double value : {0.1, 0.01, 1e-7})
      if (static_cast<int>(scalars.size()) < step.scalars) scalars.push_back(full(c, {}, value, dtype));
    expect(c, step, products);
  }

  void expect(Context& c, const Step& step, const std::vector<ProductShape>& products) {
    Tensor gradient;
    for (size_t i = 0; i < products.size(); i++) {
      const Tensor product = matmul(factors[2 * i], factors[2 * i + 1], products[i].ta, products[i].tb);
      gradient = gradient ? add(gradient, product) : product;
    }
    std::vector<const Tensor*> operands{&variable[0], &gradient};
    for (size_t i = 1; i < variable.size(); i++) operands.push_back(&variable[i]);
    for (const Tensor& t : scalars) operands.push_back(&t);
    want.resize(variable.size());
    apply(step.op, c, Inputs(operands.data(), operands.size()), step.attrs, want.data(), 0);
  }
};

void check(Context& c, const Step& step, const Expected& e, const std::vector<ProductShape>& products,
           int threads, bool in_place) {
  std::vector<Tensor> variable, made;
  std::vector<const void*> in;
  std::vector<void*> out;
  for (const Tensor& t : e.variable) {
    variable.push_back(c.allocate(t.dtype(), t.shape()));
    std::memcpy(variable.back().mutable_raw(), t.raw(), t.bytes());
    made.push_back(in_place ? variable.back() : c.allocate(t.dtype(), t.shape()));
    out.push_back(made.back().mutable_raw());
  }
  for (const auto* list : {&e.factors, &static_cast<const std::vector<Tensor>&>(variable), &e.scalars})
    for (const Tensor& t : *list) in.push_back(t.raw());
  ThreadPool pool(threads);
  const ProductUpdate update(e.variable[0].dtype(), products, step.op, step.attrs);
  REQUIRE(update.arrays() == step.arrays);
  update.reserve(pool);
  update.run(pool, in.data(), out.data());
  for (size_t i = 0; i < e.want.size(); i++) {
    INFO("result " << i << " of " << products.size() << " products, m " << products[0].m << ", n "
                   << products[0].n << ", threads " << threads);
    REQUIRE(std::memcmp(made[i].raw(), e.want[i].raw(), e.want[i].bytes()) == 0);
  }
}

}  // namespace

TEST_CASE("steps that compute their gradient", "[kernels][product_update]") {
  Context c(ContextOptions{});
  const AdamUpdateAttrs adam{0.9, 0.999};
  const MomentumUpdateAttrs nesterov{0.9, true};
  const Step steps[] = {{OpId::kSgdUpdate, nullptr, 1, 1},
                        {OpId::kMomentumUpdate, &nesterov, 2, 1},
                        {OpId::kAdamUpdate, &adam, 3, 3}};
  // One product and several, of different lengths and forms; several blocks of rows, and rows that are longer than one.
  const std::vector<std::vector<ProductShape>> cases = {
      {{true, false, 784, 128, 32}},
      {{true, false, 300, 130, 20}, {true, false, 300, 130, 64}, {false, false, 300, 130, 7}},
      {{true, false, 31, 5000, 3}, {true, false, 31, 5000, 3}},
      {{false, false, 64, 64, 1}}};
  for (DType dtype : {DType::kF32, DType::kF64})
    for (const Step& step : steps)
      for (const auto& products : cases) {
        const ProductShape& s = products[0];
        if (!ProductUpdate::possible(dtype, s)) {
          REQUIRE(kernels::gemm_cpu() == kernels::GemmCpu::portable);  // where a library may compute it
          continue;
        }
        const Expected expected(c, dtype, step, products);
        for (int threads : {1, 3})
          for (bool in_place : {false, true}) check(c, step, expected, products, threads, in_place);
      }
}

TEST_CASE("steps beside the sums of a large product", "[kernels][product_update]") {
  Context c(ContextOptions{});
  const AdamUpdateAttrs attrs{0.9, 0.999};
  const Step adam{OpId::kAdamUpdate, &attrs, 3, 3};
  const ProductShape shapes[] = {
      {true, false, 200, 1100,
       500},  // blocks of rows of several heights, half a vector at the end of each row
      {false, true, 193, 1111, 512},   // operands that are transposed, and a few elements
      {false, false, 300, 2100, 512},  // more columns of doubles than are packed at a time
      {true, false, 250, 2100, 1024},  // and of floats; two blocks of terms for doubles
      {true, false, 1030, 64, 8192},   // two blocks for both
      {true, false, 200, 8200, 64},    // too few terms to do anything beside them
      {true, false, 230, 4500, 120},   // just enough
  };
  int possible = 0;
  for (DType dtype : {DType::kF32, DType::kF64})
    for (const ProductShape& shape : shapes) {
      CHECK_FALSE(ProductUpdate::possible_beside(dtype, OpId::kMomentumUpdate, shape));
      if (!ProductUpdate::possible_beside(dtype, OpId::kAdamUpdate, shape)) continue;
      possible++;
      const Expected expected(c, dtype, adam, {shape});
      for (int threads : {1, 2, 3})
        for (bool in_place : {false, true}) check(c, adam, expected, {shape}, threads, in_place);
    }
  REQUIRE(possible == (kernels::gemm_cpu() == kernels::GemmCpu::avx512 ? 11 : 0));
}

TEST_CASE("steps beside the sums forget tiny means, and keep what is not a number",
          "[kernels][product_update]") {
  const ProductShape shape{true, false, 200, 1100, 500};
  if (!ProductUpdate::possible_beside(DType::kF32, OpId::kAdamUpdate, shape)) {
    WARN("this CPU does no step beside sums");
    return;
  }
  Context c(ContextOptions{});
  const AdamUpdateAttrs attrs{0.9, 0.999};
  const Step adam{OpId::kAdamUpdate, &attrs, 3, 3};
  Expected expected(c, DType::kF32, adam, {shape});
  float* a = expected.factors[0].mutable_data<float>();
  float* m = expected.variable[1].mutable_data<float>();
  for (int64_t k = 0; k < shape.k; k++)
    for (int64_t row = 0; row < shape.m; row++)
      if (row % 3 == 0) a[k * shape.m + row] *= 1e-32f;
  for (int64_t row = 0; row < shape.m; row += 3)
    for (int64_t col = 0; col < shape.n; col++) m[row * shape.n + col] = col % 2 ? -1e-31f : 0;
  const float infinity = std::numeric_limits<float>::infinity();
  a[1] = infinity;
  a[7 * shape.m + 2] = std::numeric_limits<float>::quiet_NaN();
  a[100] = -infinity;
  expected.expect(c, adam, {shape});
  size_t zeros = 0, numbers = 0;
  for (int64_t i = 0; i < shape.m * shape.n; i++) {
    const float mean = expected.want[1].data<float>()[i];
    zeros += mean == 0;
    numbers += mean == mean;
  }
  CHECK(zeros > 10000);
  CHECK(numbers < static_cast<size_t>(shape.m * shape.n));
  for (int threads : {1, 2}) check(c, adam, expected, {shape}, threads, true);
}

TEST_CASE("products whose rows cannot be computed where they lie", "[kernels][product_update]") {
  CHECK_FALSE(ProductUpdate::possible(DType::kF32, {true, true, 100, 100, 32}));
  CHECK_FALSE(ProductUpdate::possible(DType::kF32, {true, false, 100, 1, 32}));      // a vector
  CHECK_FALSE(ProductUpdate::possible(DType::kF32, {true, false, 100, 100, 4096}));  // two blocks of terms
  CHECK_FALSE(ProductUpdate::possible(DType::kI32, {true, false, 100, 100, 32}));
  CHECK_THROWS_AS(ProductUpdate(DType::kF32, {{true, false, 3, 3, 3}}, OpId::kAdd, nullptr), Error);
}

}  // namespace tl::test
