// Ops on operands that are large enough for vector loops with remainders, several chunks of a sum and several threads:
// the values of the references, and the same bits with one, two and three threads.
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <memory>

#include "core/ops/generated/functions.h"
#include "tests/ops/op_case.h"
#include "tests/ops/reference.h"
#include "tests/rounds.h"

namespace tl::test {
namespace {

struct LargeCase {
  const char* name;
  std::vector<Shape> shapes;
  std::function<Tensors(const Tensors&)> call;
  std::function<Arrays(const Arrays&)>
      reference;  // null: bits only, because the naive loops would take seconds
  double tolerance_f32 = 1e-5;
};

#define BINARY(op)                                             \
  [](const Tensors& in) { return outputs(op(in[0], in[1])); }, \
      [](const Arrays& in) { return reference::op(in[0], in[1]); }
#define UNARY(op) \
  [](const Tensors& in) { return outputs(op(in[0])); }, [](const Arrays& in) { return reference::op(in[0]); }

const std::vector<LargeCase>& large_cases() {
  static const std::vector<LargeCase> cases = {
      {"add", {{70007}, {70007}}, BINARY(add)},
      {"add a row", {{301, 233}, {233}}, BINARY(add)},
      {"add a column", {{301, 233}, {301, 1}}, BINARY(add)},
      {"mul of row and column", {{1, 333}, {222, 1}}, BINARY(mul)},
      {"div by a scalar", {{70007}, {}}, BINARY(div)},
      {"maximum", {{70007}, {70007}}, BINARY(maximum)},
      {"sub in the middle axis", {{41, 1, 43}, {41, 37, 43}}, BINARY(sub)},
      {"less", {{70007}, {70007}}, BINARY(less)},
      {"exp", {{70007}}, UNARY(exp)},
      {"log1p of squares",
       {{70007}},
       [](const Tensors& in) { return outputs(log1p(square(in[0]))); },
       [](const Arrays& in) { return reference::log1p(reference::square(in[0])[0]); }},
      {"tanh", {{70007}}, UNARY(tanh)},
      {"erf", {{70007}}, UNARY(erf)},
      {"softplus", {{70007}}, UNARY(softplus)},
      {"relu", {{70007}}, UNARY(relu)},
      {"sum of all",
       {{300007}},
       [](const Tensors& in) { return outputs(sum(in[0])); },
       [](const Arrays& in) { return reference::sum(in[0], IntList{}, false); }},
      {"sum over rows",
       {{701, 199}},
       [](const Tensors& in) { return outputs(sum(in[0], IntList{0})); },
       [](const Arrays& in) { return reference::sum(in[0], IntList{0}, false); }},
      {"sum over columns",
       {{199, 701}},
       [](const Tensors& in) { return outputs(sum(in[0], IntList{1})); },
       [](const Arrays& in) { return reference::sum(in[0], IntList{1}, false); }},
      {"sum over the outer axes",
       {{37, 61, 41}},
       [](const Tensors& in) {
         return outputs(sum(in[0], IntList{0, 2}));
       },
       [](const Arrays& in) {
         return reference::sum(in[0], IntList{0, 2}, false);
       }},
      {"one long column",
       {{90001, 3}},
       [](const Tensors& in) { return outputs(sum(in[0], IntList{0})); },
       [](const Arrays& in) { return reference::sum(in[0], IntList{0}, false); }},
      {"max over rows",
       {{701, 99}},
       [](const Tensors& in) { return outputs(max(in[0], IntList{0})); },
       [](const Arrays& in) { return reference::max(in[0], IntList{0}, false); }},
      {"max of all",
       {{70007}},
       [](const Tensors& in) { return outputs(max(in[0])); },
       [](const Arrays& in) { return reference::max(in[0], IntList{}, false); }},
      {"argmax over columns",
       {{99, 701}},
       [](const Tensors& in) { return outputs(argmax(in[0], IntList{1})); },
       [](const Arrays& in) { return reference::argmax(in[0], IntList{1}, false); }},
      {"argmin of all",
       {{70007}},
       [](const Tensors& in) { return outputs(argmin(in[0])); },
       [](const Arrays& in) { return reference::argmin(in[0], IntList{}, false); }},
      {"cumsum",
       {{301, 177}},
       [](const Tensors& in) { return outputs(cumsum(in[0], 1)); },
       [](const Arrays& in) { return reference::cumsum(in[0], 1, false, false); }},
      {"logsumexp",
       {{301, 177}},
       [](const Tensors& in) { return outputs(logsumexp(in[0], IntList{1})); },
       [](const Arrays& in) { return reference::logsumexp(in[0], IntList{1}, false); }},
      {"softmax",
       {{301, 37}},
       [](const Tensors& in) { return outputs(softmax(in[0])); },
       [](const Arrays& in) { return reference::softmax(in[0], -1); }},
      {"softmax over rows",
       {{37, 301}},
       [](const Tensors& in) { return outputs(softmax(in[0], 0)); },
       [](const Arrays& in) { return reference::softmax(in[0], 0); }},
      {"log_softmax",
       {{301, 37}},
       [](const Tensors& in) { return outputs(log_softmax(in[0])); },
       [](const Arrays& in) { return reference::log_softmax(in[0], -1); }},
      {"matmul",
       {{131, 257}, {257, 119}},
       [](const Tensors& in) { return outputs(matmul(in[0], in[1])); },
       [](const Arrays& in) { return reference::matmul(in[0], in[1], false, false); }},
      {"matmul of transposes",
       {{257, 131}, {119, 257}},
       [](const Tensors& in) { return outputs(matmul(in[0], in[1], true, true)); },
       [](const Arrays& in) { return reference::matmul(in[0], in[1], true, true); }},
      {"matmul of a batch",
       {{7, 65, 33}, {7, 33, 50}},
       [](const Tensors& in) { return outputs(matmul(in[0], in[1])); },
       [](const Arrays& in) { return reference::matmul(in[0], in[1], false, false); }},
      {"matmul with a vector",
       {{2000, 70}, {70, 1}},
       [](const Tensors& in) { return outputs(matmul(in[0], in[1])); },
       [](const Arrays& in) { return reference::matmul(in[0], in[1], false, false); }},
      {"large matmul",
       {{500, 400}, {400, 300}},
       [](const Tensors& in) { return outputs(matmul(in[0], in[1])); },
       nullptr},
      {"transpose",
       {{301, 233}},
       [](const Tensors& in) { return outputs(transpose(in[0])); },
       [](const Arrays& in) { return reference::transpose(in[0], IntList{}); }},
      {"transpose of a batch",
       {{17, 61, 43}},
       [](const Tensors& in) {
         return outputs(transpose(in[0], IntList{0, 2, 1}));
       },
       [](const Arrays& in) {
         return reference::transpose(in[0], IntList{0, 2, 1});
       }},
      {"concat",
       {{201, 60}, {201, 100}},
       [](const Tensors& in) { return outputs(concat(in, 1)); },
       [](const Arrays& in) { return reference::concat(in, 1); }},
      {"slice with strides",
       {{300, 400}},
       [](const Tensors& in) {
         return outputs(slice(in[0], IntList{1, 3}, IntList{300, 390}, IntList{2, 3}));
       },
       [](const Arrays& in) {
         return reference::slice(in[0], IntList{1, 3}, IntList{300, 390}, IntList{2, 3});
       }},
      {"broadcast_to",
       {{233}},
       [](const Tensors& in) {
         return outputs(broadcast_to(in[0], IntList{301, 233}));
       },
       [](const Arrays& in) {
         return reference::broadcast_to(in[0], IntList{301, 233});
       }},
      {"adam_update",
       {{70007}, {70007}, {70007}, {70007}, {}, {}, {}},
       [](const Tensors& in) {
         return outputs(
             adam_update(in[0], in[1], in[2], square(in[3]), in[4], in[5], square(in[6]), 0.9, 0.999));
       },
       [](const Arrays& in) {
         return reference::adam_update(in[0], in[1], in[2], reference::square(in[3])[0], in[4], in[5],
                                       reference::square(in[6])[0], 0.9, 0.999);
       }},
      {"momentum_update",
       {{70007}, {70007}, {70007}, {}},
       [](const Tensors& in) { return outputs(momentum_update(in[0], in[1], in[2], in[3], 0.9, true)); },
       [](const Arrays& in) { return reference::momentum_update(in[0], in[1], in[2], in[3], 0.9, true); }},
  };
  return cases;
}

#undef BINARY
#undef UNARY

Context& context_with(int threads) {
  static std::unique_ptr<Context> contexts[4];
  if (!contexts[threads]) {
    ContextOptions options;
    options.threads = threads;
    contexts[threads] = std::make_unique<Context>(options);
  }
  return *contexts[threads];
}

}  // namespace

TEST_CASE("large operands give the references' values, and the same bits for any number of threads",
          "[ops][large]") {
  int number = 0;
  for (const LargeCase& c : large_cases()) {
    for (DType dtype : {DType::kF32, DType::kF64}) {
      if (number++ % 4 >= test::rounds(4) * 2)
        continue;  // under a sanitizer half of the cases, in both dtypes
      INFO(c.name << " in " << name_of(dtype));
      Arrays in;
      for (size_t i = 0; i < c.shapes.size(); i++) {
        Array a = sample_direction(c.shapes[i], 70 + i);
        a.dtype = dtype;
        in.push_back(rounded(std::move(a)));
      }
      Tensors one = c.call(to_tensors(context_with(1), in));
      for (int threads : {2, 3}) {
        for (Layout layout : {Layout::kOwn, Layout::kRows}) {
          Tensors other = c.call(to_tensors(context_with(threads), in, layout));
          for (size_t i = 0; i < one.size(); i++) CHECK(same_bits(one[i], other[i]));
        }
      }
      if (!c.reference) continue;
      Arrays expected = c.reference(in);
      REQUIRE(expected.size() == one.size());
      double tolerance = dtype == DType::kF32 ? c.tolerance_f32 : 1e-12;
      // Sums of n numbers of size one that cancel: errors count against sqrt(n).
      double terms =
          in[0].values.size() > expected[0].values.size()
              ? static_cast<double>(in[0].values.size()) / static_cast<double>(expected[0].values.size() + 1)
              : 1;
      double floor = std::max(2.0, std::sqrt(terms));
      for (size_t i = 0; i < one.size(); i++)
        CHECK(difference(to_array(one[i]), expected[i], tolerance, floor) == "");
    }
  }
}

TEST_CASE("large gathers and scatters", "[ops][large]") {
  const int64_t rows = 500, width = 37, count = 3001;
  Array table = sample_direction(Shape{rows, width}, 1), updates = sample_direction(Shape{count, width}, 2);
  Array indices{Shape{count}, DType::kI64, std::vector<double>(count)};
  for (int64_t i = 0; i < count; i++) indices.values[i] = static_cast<double>(i * i * 7919 % rows);
  Tensor gathered[2], scattered[2];
  for (int threads : {1, 2}) {
    Context& context = context_with(threads);
    Tensor at = to_tensor(context, indices);
    gathered[threads - 1] = gather(to_tensor(context, table), at);
    scattered[threads - 1] = scatter_add(at, to_tensor(context, updates), rows);
  }
  CHECK(same_bits(gathered[0], gathered[1]));
  CHECK(same_bits(scattered[0], scattered[1]));
  CHECK(difference(to_array(gathered[0]), reference::gather(table, indices, 0)[0], 0, 0) == "");
  CHECK(difference(to_array(scattered[0]), reference::scatter_add(indices, updates, rows, 0)[0], 1e-12, 1) ==
        "");
}

}  // namespace tl::test
