// The bits of a kernel do not depend on how many threads share its work: every kernel that cuts its work into pieces, on
// operands large enough to be cut, with one, two, three and seven threads.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <functional>
#include <mutex>
#include <vector>

#include "core/kernels/parallel.h"
#include "core/ops/generated/functions.h"
#include "tests/rounds.h"

namespace tl::test {
namespace {

Context make_context(int threads) {
  ContextOptions options;
  options.seed = 20;
  options.threads = threads;
  return Context(options);
}

struct Case {
  const char* name;
  std::function<Tensor(Context&, DType)>
      run;  // draws its operands itself: the same ones for any number of threads
};

Tensor drawn(Context& c, DType dtype, const IntList& shape) { return uniform(c, shape, -1, 1, dtype); }
Tensor indices(Context& c, int64_t n, int64_t end) {
  return cast(uniform(c, IntList{n}, 0, static_cast<double>(end) - 0.5), DType::kI32);
}

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"uniform", [](Context& c, DType t) { return uniform(c, {300001}, -3, 5, t); }},
      {"normal", [](Context& c, DType t) { return normal(c, {300001}, 1, 2, t); }},
      {"dropout", [](Context& c, DType t) { return dropout(drawn(c, t, {300001}), 0.3); }},
      {"full", [](Context& c, DType t) { return full(c, {300001}, 0.1, t); }},
      {"add", [](Context& c, DType t) { return add(drawn(c, t, {200003}), drawn(c, t, {200003})); }},
      {"add a bias",
       [](Context& c, DType t) {
         return add(drawn(c, t, {3001, 97}), drawn(c, t, {97}));
       }},
      {"sub from a row",
       [](Context& c, DType t) {
         return sub(drawn(c, t, {1, 97}), drawn(c, t, {3001, 97}));
       }},
      {"mul by a column",
       [](Context& c, DType t) {
         return mul(drawn(c, t, {3001, 97}), drawn(c, t, {3001, 1}));
       }},
      {"channels",
       [](Context& c, DType t) {
         return add(drawn(c, t, {40, 7, 1100}), drawn(c, t, {7, 1}));
       }},
      {"outer product",
       [](Context& c, DType t) {
         return mul(drawn(c, t, {701, 1}), drawn(c, t, {503}));
       }},
      {"exp", [](Context& c, DType t) { return exp(drawn(c, t, {200003})); }},
      {"clip", [](Context& c, DType t) { return clip(drawn(c, t, {200003}), -0.5, 0.5); }},
      {"tanh_grad",
       [](Context& c, DType t) { return tanh_grad(drawn(c, t, {200003}), drawn(c, t, {200003})); }},
      {"less",
       [](Context& c, DType t) {
         return less(drawn(c, t, {3001, 97}), drawn(c, t, {97}));
       }},
      {"select",
       [](Context& c, DType t) {
         Tensor x = drawn(c, t, {3001, 97});
         return select(less(x, drawn(c, t, {3001, 1})), x, drawn(c, t, {97}));
       }},
      {"cast", [](Context& c, DType t) { return cast(mul_scalar(drawn(c, t, {200003}), 1e6), DType::kI32); }},
      {"add integers",
       [](Context& c, DType t) {
         Tensor x = cast(mul_scalar(drawn(c, t, {3001, 97}), 1e6), DType::kI64);
         return add(x, sum(x, {0}));
       }},
      {"sum integers",
       [](Context& c, DType t) {
         return sum(cast(mul_scalar(drawn(c, t, {301, 997}), 1e6), DType::kI32), {1});
       }},
      {"sum", [](Context& c, DType t) { return sum(drawn(c, t, {1000003})); }},
      {"prod",
       [](Context& c, DType t) { return prod(add_scalar(mul_scalar(drawn(c, t, {300001}), 1e-3), 1)); }},
      {"max", [](Context& c, DType t) { return max(drawn(c, t, {1000003})); }},
      {"sum of rows",
       [](Context& c, DType t) {
         return sum(drawn(c, t, {701, 1301}), {1});
       }},
      {"sum of long rows",
       [](Context& c, DType t) {
         return sum(drawn(c, t, {3, 300001}), {1});
       }},
      {"sum of columns",
       [](Context& c, DType t) {
         return sum(drawn(c, t, {1301, 701}), {0});
       }},
      {"sum of few columns",
       [](Context& c, DType t) {
         return sum(drawn(c, t, {300001, 3}), {0});
       }},
      {"min of few columns",
       [](Context& c, DType t) {
         return min(drawn(c, t, {300001, 31}), {0});
       }},
      {"sum of columns of a batch",
       [](Context& c, DType t) {
         return sum(drawn(c, t, {31, 801, 40}), {1});
       }},
      {"sum of few columns of a batch",
       [](Context& c, DType t) {
         return sum(drawn(c, t, {301, 801, 5}), {1});
       }},
      {"sum of alternating axes",
       [](Context& c, DType t) {
         return sum(drawn(c, t, {61, 13, 37, 11, 3}), {0, 2, 4});
       }},
      {"sum of outer axes",
       [](Context& c, DType t) {
         return sum(drawn(c, t, {61, 13, 401}), {0, 2});
       }},
      {"argmax",
       [](Context& c, DType t) {
         return argmax(drawn(c, t, {1301, 401}), {1});
       }},
      {"argmin of columns",
       [](Context& c, DType t) {
         return argmin(drawn(c, t, {1301, 401}), {0});
       }},
      {"logsumexp",
       [](Context& c, DType t) {
         return logsumexp(drawn(c, t, {1301, 401}), {1});
       }},
      {"logsumexp of columns",
       [](Context& c, DType t) {
         return logsumexp(drawn(c, t, {1301, 401}), {0});
       }},
      {"cumsum",
       [](Context& c, DType t) {
         return cumsum(drawn(c, t, {1301, 401}), 1);
       }},
      {"cumsum of a batch",
       [](Context& c, DType t) {
         return cumsum(drawn(c, t, {40, 101, 101}), 1);
       }},
      {"softmax",
       [](Context& c, DType t) {
         return softmax(drawn(c, t, {13001, 37}));
       }},
      {"softmax of columns",
       [](Context& c, DType t) {
         return softmax(drawn(c, t, {401, 701}), 0);
       }},
      {"log_softmax",
       [](Context& c, DType t) {
         return log_softmax(drawn(c, t, {13001, 37}));
       }},
      {"sparse_softmax_cross_entropy",
       [](Context& c, DType t) {
         return sparse_softmax_cross_entropy(indices(c, 13001, 37), drawn(c, t, {13001, 37}));
       }},
      {"sigmoid_cross_entropy",
       [](Context& c, DType t) {
         return sigmoid_cross_entropy(uniform(c, {300001}, 0, 1, t), drawn(c, t, {300001}));
       }},
      {"transpose",
       [](Context& c, DType t) {
         return transpose(drawn(c, t, {701, 1301}));
       }},
      {"transpose of a power of two",
       [](Context& c, DType t) {
         return transpose(drawn(c, t, {1024, 512}));
       }},
      {"transpose of heads",
       [](Context& c, DType t) {
         return transpose(drawn(c, t, {16, 65, 8, 32}), {0, 2, 1, 3});
       }},
      {"transpose of all axes",
       [](Context& c, DType t) {
         return transpose(drawn(c, t, {16, 65, 9, 31}));
       }},
      {"broadcast_to",
       [](Context& c, DType t) {
         return broadcast_to(drawn(c, t, {701, 1}), {3, 701, 401});
       }},
      {"concat",
       [](Context& c, DType t) {
         const Tensor parts[] = {drawn(c, t, {3001, 7}), drawn(c, t, {3001, 90})};
         return concat(Span<const Tensor>(parts, 2), 1);
       }},
      {"gather",
       [](Context& c, DType t) {
         return gather(drawn(c, t, {1000, 16}), indices(c, 30001, 1000));
       }},
      {"gather of columns",
       [](Context& c, DType t) {
         return gather(drawn(c, t, {701, 401}), indices(c, 301, 401), 1);
       }},
      {"matmul",
       [](Context& c, DType t) {
         return matmul(drawn(c, t, {301, 257}), drawn(c, t, {257, 199}));
       }},
      {"matmul of a batch",
       [](Context& c, DType t) {
         return matmul(drawn(c, t, {31, 65, 33}), drawn(c, t, {31, 33, 50}));
       }},
      {"momentum_update",
       [](Context& c, DType t) {
         const auto out = momentum_update(drawn(c, t, {200003}), drawn(c, t, {200003}), drawn(c, t, {200003}),
                                          full(c, {}, 0.1, t), 0.9, true);
         return concat(Span<const Tensor>(out.data(), out.size()));
       }},
      {"adam_update",
       [](Context& c, DType t) {
         const Tensor x = drawn(c, t, {200003});
         const auto out = adam_update(x, drawn(c, t, {200003}), x, square(x), full(c, {}, 0.1, t),
                                      full(c, {}, 0.01, t), full(c, {}, 1e-7, t), 0.9, 0.999);
         return concat(Span<const Tensor>(out.data(), out.size()));
       }},
  };
  return all;
}

}  // namespace

TEST_CASE("bits do not depend on the number of threads", "[kernels][partition]") {
  for (DType dtype : {DType::kF32, DType::kF64}) {
    int number = dtype == DType::kF32 ? 0 : 1;
    for (const Case& each : cases()) {
      if (number++ % 2 >= rounds(2)) continue;  // under a sanitizer each in one dtype
      INFO(each.name << " in " << name_of(dtype));
      Context alone = make_context(1);
      const Tensor expected = each.run(alone, dtype);
      for (int threads : {3, 2, 7}) {
        if (threads != 3 && rounds(2) < 2) continue;  // under a sanitizer parts of one kind
        Context context = make_context(threads);
        const Tensor got = each.run(context, dtype);
        REQUIRE(got.shape() == expected.shape());
        CHECK(std::memcmp(got.raw(), expected.raw(), expected.bytes()) == 0);
      }
    }
  }
}

// A sum of 0, 1, 2, ... is known exactly: whatever the axes, no element is left out or counted twice.
TEST_CASE("sums over any axes count each element once", "[kernels][partition]") {
  const int64_t sizes[] = {5, 33, 7, 17, 3};
  for (int threads : {1, 3}) {
    Context context = make_context(threads);
    const Tensor x = reshape(range(context, 5 * 33 * 7 * 17 * 3, 0, 1, DType::kF64), {5, 33, 7, 17, 3});
    for (uint32_t mask = 1; mask < 32; mask++) {
      IntList axes;
      int64_t kept = 1;
      for (int i = 0; i < 5; i++) {
        if (mask >> i & 1)
          axes.push_back(i);
        else
          kept *= sizes[i];
      }
      INFO("axes " << text(axes) << ", " << threads << " threads");
      std::vector<double> expected(static_cast<size_t>(kept), 0.0);
      for (int64_t at = 0; at < x.elements(); at++) {
        int64_t rest = at, to = 0, stride = 1;
        for (int i = 4; i >= 0; i--) {
          const int64_t index = rest % sizes[i];
          rest /= sizes[i];
          if (mask >> i & 1) continue;
          to += index * stride;
          stride *= sizes[i];
        }
        expected[static_cast<size_t>(to)] += static_cast<double>(at);
      }
      const Tensor got = sum(x, axes), integers = sum(cast(x, DType::kI64), axes);
      REQUIRE(got.elements() == kept);
      bool same = true;
      for (int64_t i = 0; i < kept; i++)
        same &= got.data<double>()[i] == expected[static_cast<size_t>(i)] &&
                integers.data<int64_t>()[i] == static_cast<int64_t>(expected[static_cast<size_t>(i)]);
      CHECK(same);
    }
  }
}

TEST_CASE("a loop is cut into pieces of one size, as many for each thread", "[kernels]") {
  for (int threads : {2, 3, 4}) {
    Context c = make_context(threads);
    for (size_t grain : {size_t{kernels::kCheapGrain}, size_t{kernels::kCostlyGrain}, size_t{675}, size_t{1}})
      for (size_t n :
           {grain + 1, grain + grain / 2, 2 * grain + 1, 3 * grain, 5 * grain - 1, 7 * grain + 3}) {
        INFO(n << " in pieces of " << grain << " on " << threads << " threads");
        std::mutex mutex;
        std::vector<std::pair<size_t, size_t>> pieces;
        kernels::parallel_ranges(c, n, grain, [&](size_t begin, size_t end) {
          const std::lock_guard<std::mutex> lock(mutex);
          pieces.emplace_back(begin, end);
        });
        std::sort(pieces.begin(), pieces.end());
        size_t at = 0, largest = 0, smallest = n;
        for (const auto& [begin, end] : pieces) {
          CHECK(begin == at);
          if (grain >= kernels::kCostlyGrain) CHECK(begin % kernels::kCut == 0);
          at = end;
          largest = std::max(largest, end - begin);
          smallest = std::min(smallest, end - begin);
        }
        CHECK(at == n);
        CHECK(largest <= grain);
        const size_t count = pieces.size();
        if (grain < kernels::kCut) continue;
        CHECK(largest - smallest <= kernels::kCut * count);
        CHECK((count <= static_cast<size_t>(threads) || count % static_cast<size_t>(threads) == 0));
      }
  }
}

}  // namespace tl::test
