// One call for the variables of a model against the ops one by one: the same bits, with any number of threads, in place and
// not.
#include <catch2/catch.hpp>
#include <cstring>
#include <vector>

#include "core/kernels/flat_update.h"
#include "core/ops/apply.h"
#include "core/ops/generated/attrs.h"
#include "core/ops/generated/functions.h"

namespace tl::test {
namespace {

struct Case {
  OpId op;
  const void* attrs;
  int in, out, scalars;
};

void check(Context& c, DType dtype, const Case& k, const std::vector<int64_t>& sizes, int threads,
           bool in_place) {
  std::vector<Tensor> in, want, made;
  const size_t arrays = static_cast<size_t>(k.in), results = static_cast<size_t>(k.out);
  for (int64_t n : sizes)
    for (int i = 0; i < k.in; i++) in.push_back(uniform(c, {n}, i == 3 ? 0 : -1, 1, dtype));
  for (double value : {0.1, 0.01, 1e-7})
    if (in.size() < sizes.size() * arrays + static_cast<size_t>(k.scalars))
      in.push_back(full(c, {}, value, dtype));
  for (size_t v = 0; v < sizes.size(); v++) {
    std::vector<const Tensor*> operands;
    for (size_t i = 0; i < arrays; i++) operands.push_back(&in[v * arrays + i]);
    for (size_t i = sizes.size() * arrays; i < in.size(); i++) operands.push_back(&in[i]);
    Tensor out[3];
    apply(k.op, c, Inputs(operands.data(), operands.size()), k.attrs, out, 0);
    for (size_t i = 0; i < results; i++) want.push_back(out[i]);
  }
  const kernels::FlatUpdate update(k.op, dtype, k.attrs, sizes);
  REQUIRE(update.arrays_in() == k.in);
  REQUIRE(update.arrays_out() == k.out);
  std::vector<const void*> from;
  std::vector<void*> to;
  for (size_t v = 0; v < sizes.size(); v++)
    for (size_t i = 0; i < results; i++) {
      const Tensor& replaced = in[v * arrays + (i == 0 ? 0 : i + 1)];
      made.push_back(in_place ? replaced : c.allocate(dtype, {sizes[v]}));
      to.push_back(made.back().mutable_raw());
    }
  for (const Tensor& t : in) from.push_back(t.raw());
  ThreadPool pool(threads);
  update.run(pool, from.data(), to.data());
  for (size_t i = 0; i < want.size(); i++) {
    const bool same = want[i].bytes() == 0 || std::memcmp(made[i].raw(), want[i].raw(), want[i].bytes()) == 0;
    INFO("result " << i << ", threads " << threads);
    REQUIRE(same);
  }
}

}  // namespace

TEST_CASE("optimizer steps on many variables at once", "[kernels][flat_update]") {
  Context c(ContextOptions{});
  const AdamUpdateAttrs adam{0.9, 0.999};
  const MomentumUpdateAttrs momentum{0.9, false}, nesterov{0.9, true};
  const Case cases[] = {{OpId::kSgdUpdate, nullptr, 2, 1, 1},
                        {OpId::kMomentumUpdate, &momentum, 3, 2, 1},
                        {OpId::kMomentumUpdate, &nesterov, 3, 2, 1},
                        {OpId::kAdamUpdate, &adam, 4, 3, 3}};
  const std::vector<std::vector<int64_t>> models = {
      {}, {0}, {1}, {100352, 128, 1280, 10}, {16384, 16384}, {16383, 2, 0, 40000}, {5, 5, 5, 5, 5, 5}};
  for (DType dtype : {DType::kF32, DType::kF64})
    for (const Case& k : cases)
      for (const std::vector<int64_t>& sizes : models)
        for (int threads : {1, 3})
          for (bool in_place : {false, true}) check(c, dtype, k, sizes, threads, in_place);
}

TEST_CASE("what is no optimizer step is refused", "[kernels][flat_update]") {
  const int64_t sizes[] = {3};
  CHECK_THROWS_AS(kernels::FlatUpdate(OpId::kAdd, DType::kF32, nullptr, sizes), Error);
  CHECK_THROWS_AS(kernels::FlatUpdate(OpId::kSgdUpdate, DType::kI32, nullptr, sizes), Error);
}

}  // namespace tl::test
