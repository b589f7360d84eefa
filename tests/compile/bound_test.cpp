// The bound of a step, what its kernels are made of, and how often it is recorded at most.
#include "core/compile/bound.h"

#include "tests/compile/compile_fixture.h"

namespace tl::compile_test {

using compile::Bound;
using compile::Peaks;
using compile::PlanCost;

namespace {

Peaks peaks_of(int threads) {
  Peaks p;
  p.threads = threads;
  p.flops = 100;
  p.cache_bytes = {1000, 10000, 30000};
  p.bandwidth = {80, 40, 20, 10};
  return p;
}

Bound bound(double touched, int threads) {
  PlanCost cost;
  cost.flops = 200;
  cost.bytes = 120;
  cost.touched = touched;
  return bound_of(cost, peaks_of(threads));
}

}  // namespace

TEST_CASE("the bandwidth of the fastest level that holds all that a step touches counts", "[compile]") {
  struct Case {
    double touched;
    int threads, level;
    double memory;
  };
  // The caches of the first two levels are each thread's own.
  for (const Case& at :
       {Case{0, 1, 1, 1.5}, Case{1000, 1, 1, 1.5}, Case{1001, 1, 2, 3}, Case{1001, 2, 1, 1.5},
        Case{10001, 1, 3, 6}, Case{20000, 2, 2, 3}, Case{30000, 1, 3, 6}, Case{30001, 1, 4, 12},
        Case{30001, 4, 2, 3}, Case{50000, 4, 4, 12}, Case{1e18, 4, 4, 12}}) {
    INFO(at.touched << " bytes, " << at.threads << " threads");
    const Bound got = bound(at.touched, at.threads);
    CHECK(got.level == at.level);
    CHECK(got.memory == at.memory);
    CHECK(got.arithmetic == 2);
  }
}

TEST_CASE("kernels of several ops are counted", "[compile]") {
  Context context(options_of());
  auto clusters = [&](const Function::Body& body) {
    Function f(context, body, strict());
    Values in{data(context, {8, 6}, 1), data(context, {6, 8}, 2)}, got(1);
    CHECK(!f.stats().planned);
    for (int i = 0; i < 2; i++) f.call(in, got);
    CHECK(f.stats().planned);
    const PlanCost cost = f.stats().cost;
    CHECK(has(f.text(), concat(cost.nodes, " kernels, ", cost.clusters, " of them of several ops, ")));
    return std::make_pair(cost.nodes, cost.clusters);
  };
  using Counts = std::pair<size_t, size_t>;
  CHECK(clusters([](Span<const Tensor> in, size_t) { return Values{matmul(in[0], in[1])}; }) == Counts(1, 0));
  CHECK(clusters([](Span<const Tensor> in, size_t) { return Values{tanh(in[0])}; }).second == 0);
  CHECK(clusters([](Span<const Tensor> in, size_t) {
          return Values{square(add_scalar(tanh(matmul(in[0], in[1])), 1))};
        }) == Counts(2, 1));
  // Views and what is computed beforehand are no ops of a kernel.
  CHECK(clusters([](Span<const Tensor> in, size_t) {
          return Values{matmul(reshape(in[0], {6, 8}), in[0])};
        }) == Counts(1, 0));
}

TEST_CASE("after the most recordings a step runs as it is, and those that are kept go on", "[compile]") {
  std::vector<std::string> warnings;
  ContextOptions co = options_of();
  co.log = [](void* to, LogLevel, const char* text) {
    static_cast<std::vector<std::string>*>(to)->push_back(text);
  };
  co.log_user_data = &warnings;
  Context context(co);
  FunctionOptions o = strict();
  o.most_recordings = 3;
  VariableRef w = VariableRef::make(full(context, {}, 2, DType::kF32), "w");
  int runs = 0;
  Function f(
      context,
      [&](Span<const Tensor> in, size_t) {
        runs++;
        return Values{mul(in[0], w->read())};
      },
      o);
  auto call = [&](int64_t size) {
    Values in{full(context, {size}, 3, DType::kF32)}, got(1);
    f.call(in, got);
    CHECK(got[0].shape() == Shape{size});
    CHECK(got[0].data<float>()[size - 1] == 3 * w->value().data<float>()[0]);
  };
  for (int64_t size = 1; size <= 3; size++) call(size), call(size);
  CHECK(runs == 3);
  CHECK(warnings.empty());
  for (int64_t size = 4; size <= 6; size++) call(size), call(size);
  CHECK(runs == 9);
  CHECK(f.stats().traces == 3);
  CHECK(f.stats().eager_calls == 6);
  CHECK(f.stats().unrecorded == 6);
  CHECK(f.stats().signatures == 3);
  REQUIRE(warnings.size() == 1);
  CHECK(has(warnings[0], "[function] has been recorded 3 times, which is most_recordings"));
  CHECK(has(warnings[0], "shape of input 0: (3,) became (4,)"));
  CHECK(f.retraces().size() == 2);
  for (int64_t size = 1; size <= 3; size++) call(size);
  CHECK(runs == 9);
  CHECK(f.stats().replays == 6);

  // A variable that is gone ends the recordings, and there are no others.
  w = VariableRef::make(full(context, {}, 5, DType::kF32), "w");
  for (int64_t size = 1; size <= 3; size++) call(size), call(size);
  CHECK(runs == 15);
  CHECK(f.stats().signatures == 0);
  f.forget();
  for (int64_t size = 1; size <= 3; size++) call(size), call(size);
  CHECK(runs == 18);
  CHECK(f.stats().traces == 6);
  call(9);
  CHECK(f.stats().unrecorded == 13);
  CHECK(has(warnings.back(), "most_recordings"));
}

TEST_CASE("plans for sizes of a batch are no recordings, and an error for a retrace comes first",
          "[compile]") {
  Context context(options_of());
  FunctionOptions o = strict();
  o.most_recordings = 3;
  o.polymorphic_batch = true;
  int runs = 0;
  Function f(
      context,
      [&](Span<const Tensor> in, size_t) {
        runs++;
        return Values{square(in[0])};
      },
      o);
  auto call = [&](Function& g, int64_t size) {
    Values in{full(context, {size, 2}, 3, DType::kF32)}, got(1);
    g.call(in, got);
    CHECK(got[0].data<float>()[2 * size - 1] == 9);
  };
  for (int64_t size = 2; size < 12; size++) call(f, size);
  CHECK(runs == 3);
  CHECK(f.stats().unrecorded == 0);
  call(f, 1);  // which has a recording of its own
  CHECK(runs == 4);
  CHECK(f.stats().unrecorded == 1);

  o.polymorphic_batch = false;
  o.most_recordings = 0;  // counts as 1
  o.retrace_is_error = true;
  Function g(
      context, [&](Span<const Tensor> in, size_t) { return Values{square(in[0])}; }, o);
  call(g, 2);
  CHECK(has(message_of([&] { call(g, 3); }, Code::kFailedPrecondition), "must not be recorded again"));
}

}  // namespace tl::compile_test
