// Products that are added to something, against matmul and add: the same bits for every form of product, with any number of
// threads, in place and not.
#include <catch2/catch.hpp>
#include <cstring>

#include "core/kernels/gemm/backend_choice.h"
#include "core/kernels/product_sum.h"
#include "core/ops/generated/functions.h"

namespace tl::test {
namespace {

void check(Context& c, DType dtype, const kernels::ProductShape& s, int threads, bool in_place) {
  const Tensor a = uniform(c, s.ta ? IntList{s.k, s.m} : IntList{s.m, s.k}, -1, 1, dtype);
  const Tensor b = uniform(c, s.tb ? IntList{s.n, s.k} : IntList{s.k, s.n}, -1, 1, dtype);
  const Tensor sum = uniform(c, {s.m, s.n}, -1, 1, dtype), want = add(matmul(a, b, s.ta, s.tb), sum);
  const Tensor out = in_place ? sum : c.allocate(dtype, sum.shape());
  ThreadPool pool(threads);
  const kernels::ProductSum kernel(dtype, s);
  kernel.reserve(pool);
  kernel.run(pool, a.raw(), b.raw(), sum.raw(), out.mutable_raw());
  INFO("m " << s.m << ", n " << s.n << ", k " << s.k << ", transposed " << s.ta << s.tb << ", threads "
            << threads);
  REQUIRE(std::memcmp(out.raw(), want.raw(), want.bytes()) == 0);
}

}  // namespace

TEST_CASE("products that are added to what is there", "[kernels][product_sum]") {
  Context c(ContextOptions{});
  // Direct, swapped, with rows whole pages apart, packed; tiles that are cut off at either side.
  const int64_t shapes[][3] = {{784, 128, 32}, {500, 10, 33},   {128, 10, 32},   {33, 47, 1},
                               {20, 64, 32},   {300, 1024, 40}, {512, 2048, 256}};
  for (DType dtype : {DType::kF32, DType::kF64})
    for (const auto& size : shapes)
      for (int transposes = 0; transposes < 4; transposes++) {
        const kernels::ProductShape s{(transposes & 1) != 0, (transposes & 2) != 0, size[0], size[1],
                                      size[2]};
        if (s.m * s.n * s.k > 20000000 && (transposes != 1 || dtype == DType::kF64)) continue;
        if (!kernels::ProductSum::possible(dtype, s)) {
          REQUIRE(kernels::gemm_cpu() == kernels::GemmCpu::portable);  // where a library may compute it
          continue;
        }
        for (int threads : {1, 3})
          for (bool in_place : {false, true}) check(c, dtype, s, threads, in_place);
      }
}

TEST_CASE("products that add up in another order", "[kernels][product_sum]") {
  using kernels::ProductSum;
  CHECK_FALSE(ProductSum::possible(DType::kF32, {true, false, 100, 1, 32}));      // a vector
  CHECK_FALSE(ProductSum::possible(DType::kF32, {true, false, 100, 100, 4096}));  // two blocks of terms
  CHECK_FALSE(ProductSum::possible(DType::kF32, {true, false, 100, 100, 0}));
  CHECK_FALSE(ProductSum::possible(DType::kI32, {true, false, 100, 100, 32}));
}

}  // namespace tl::test
