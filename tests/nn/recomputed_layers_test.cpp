// Layers that are built by their first call within a segment that is run again for its gradient: what they draw for their first
// values, they do not draw again, so dropout behind them must get the numbers of the first run.
#include <functional>

#include "core/autodiff/recompute.h"
#include "core/autodiff/tape.h"
#include "core/nn/layers.h"
#include "core/ops/generated/functions.h"
#include "tests/nn/fixture.h"
#include "tests/nn/sequential_of.h"

namespace tl::test {
namespace {

using namespace tl::nn;
using TensorList = std::vector<Tensor>;
using Body = std::function<Tensor(const Tensor&)>;

// Loss and gradients of a first step by layers that are not built yet, and the next random number.
struct FirstStep {
  std::vector<double> loss, input;
  std::vector<std::vector<double>> variables;
  uint64_t next_call;
  bool operator==(const FirstStep& o) const {
    return loss == o.loss && input == o.input && variables == o.variables && next_call == o.next_call;
  }
};

// Runs a body plainly, or as a segment, or as one within another.
Tensor run_in(Context& c, int depth, const Body& body, const Tensor& x) {
  if (depth == 0) return body(x);
  return recompute(
      c, "segment",
      [&c, depth, body](Span<const Tensor> in) { return TensorList{run_in(c, depth - 1, body, in[0])}; },
      Span<const Tensor>(&x, 1))[0];
}

using Maker = std::function<Body(Context&, std::vector<LayerPtr>&)>;

FirstStep first_step(const Maker& make, int depth) {
  ContextOptions options;
  options.seed = 7;
  options.threads = 1;
  Context c(options);
  std::vector<LayerPtr> layers;
  const Body body = make(c, layers);
  const Tensor x = normal(c, IntList{4, 6}, 0, 1, DType::kF64);
  Tape tape(c, {});
  tape.watch(x);
  const Tensor loss = sum(square(run_in(c, depth, body, x)), {});
  std::vector<GradientSource> sources{{x, nullptr}};
  for (const LayerPtr& layer : layers)
    for (const VariableRef& v : layer->variables()) sources.push_back({Tensor(), v.get()});
  const TensorList gradients = tape.gradient(Span<const Tensor>(&loss, 1), sources);
  FirstStep out{values(loss), values(gradients[0]), {}, c.random().next_call};
  for (size_t i = 1; i < gradients.size(); i++) out.variables.push_back(values(gradients[i]));
  return out;
}

LayerPtr lazy_dense(Context& c, int64_t size) {
  DenseOptions o;
  o.dtype = DType::kF64;
  return make_dense(c, size, o);
}

void check_equal(const Maker& make) {
  const FirstStep plain = first_step(make, 0);
  CHECK(first_step(make, 1) == plain);
  CHECK(first_step(make, 2) == plain);
}

TEST_CASE("a layer built within a recomputed segment leaves dropout its numbers") {
  check_equal([](Context& c, std::vector<LayerPtr>& layers) {
    layers = {lazy_dense(c, 8), lazy_dense(c, 5)};
    return [layers](const Tensor& x) {
      Tensor y = dropout(x, 0.5);  // before, between and behind what is built
      y = dropout(layers[0]->call(y, true), 0.5);
      return dropout(layers[1]->call(y, true), 0.5);
    };
  });
}

TEST_CASE("layers built one right behind the other, or by name, within a recomputed segment") {
  check_equal([](Context& c, std::vector<LayerPtr>& layers) {
    layers = {lazy_dense(c, 8), lazy_dense(c, 5), lazy_dense(c, 3)};
    return [layers](const Tensor& x) {
      layers[0]->build(Shape({4, 6}));
      layers[1]->build(Shape({4, 8}));
      const Tensor y = layers[2]->call(layers[1]->call(layers[0]->call(x, true), true), true);
      return dropout(y, 0.5);
    };
  });
}

TEST_CASE("a sequential that is built within a recomputed segment") {
  check_equal([](Context& c, std::vector<LayerPtr>& layers) {
    layers = {sequential(
        c, {lazy_dense(c, 8), make_dropout(c, 0.5, {}), lazy_dense(c, 4), make_dropout(c, 0.5, {})})};
    return [layers](const Tensor& x) { return layers[0]->call(x, true); };
  });
}

TEST_CASE("a layer that cannot be built after all takes back what it has told") {
  Context c(ContextOptions{});
  std::vector<Making> told;
  c.tell_makings(&told);
  lazy_dense(c, 3)->build(Shape({2, 4}));
  const uint64_t before = c.random().next_call;
  lazy_dense(c, 3)->build(Shape({2, 4}));
  REQUIRE(told.size() == 2);
  c.forget_makings(before);
  REQUIRE(told.size() == 1);
  CHECK((told[0].at == 0 && told[0].calls == before));
  c.tell_makings(nullptr);
}

}  // namespace
}  // namespace tl::test
