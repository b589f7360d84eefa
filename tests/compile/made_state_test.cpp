// Variables that a step makes: replays draw the random numbers that the callback would, from the first call on.
#include <algorithm>

#include "core/autodiff/recompute.h"
#include "core/nn/layers.h"
#include "tests/compile/compile_fixture.h"

namespace tl::compile_test {
namespace {

using Rows = std::vector<int64_t>;
using StepOfOne = std::function<Values(const Tensor& x)>;
using MakeStep = std::function<StepOfOne(Context&)>;

// The step in two contexts, in one of them compiled: the same bits for inputs of so many rows, and the same numbers drawn.
compile::FunctionStats same_as_eager(const MakeStep& make, const Rows& rows = {4, 4, 4, 4, 4},
                                     const FunctionOptions& options = strict()) {
  Context eager_context(options_of()), context(options_of());
  const StepOfOne eager = make(eager_context), step = make(context);
  Function f(
      context, [&](Span<const Tensor> in, size_t) { return step(in[0]); }, options);
  for (size_t i = 0; i < rows.size(); i++) {
    CAPTURE(i);
    const Values want = eager(data(eager_context, {rows[i], 6}, i + 1));
    Values in{data(context, {rows[i], 6}, i + 1)}, got(want.size());
    f.call(in, got);
    for (size_t k = 0; k < want.size(); k++) CHECK(same_bits(want[k], got[k]));
    CHECK(eager_context.random().next_call == context.random().next_call);
  }
  for (const std::string& reason : f.retraces()) UNSCOPED_INFO(reason);
  return f.stats();
}

// A layer that is built at its first call, behind it dropout, and SGD: the loss and what dropout has left.
StepOfOne late_layer(Context& c) {
  auto dense = nn::make_dense(c, 8, {});
  std::shared_ptr<optim::Optimizer> sgd = optim::make_sgd(c, {});
  return [&c, dense, sgd](const Tensor& x) {
    Tape tape(c, {});
    const Tensor kept = dropout(dense->call(x, true), 0.5);
    const Tensor loss = mean(mul(kept, kept));
    std::vector<GradientSource> sources;
    std::vector<Variable*> all;
    const std::vector<VariableRef> variables = dense->trainable_variables();
    for (const VariableRef& v : variables) sources.push_back({Tensor(), v.get()}), all.push_back(v.get());
    sgd->apply(tape.gradient({loss}, sources), all);
    return Values{loss, kept};
  };
}

}  // namespace

TEST_CASE("replays of a step that builds a layer draw what the callback would", "[compile]") {
  CHECK(same_as_eager(late_layer).replays == 4);
  // A second recording finds the layer built.
  CHECK(same_as_eager(late_layer, {4, 2, 4, 2, 4, 2}).replays == 4);
}

TEST_CASE("recordings of sizes agree where the first one has built a layer", "[compile]") {
  FunctionOptions o = strict();
  o.polymorphic_batch = true;
  const compile::FunctionStats stats = same_as_eager(late_layer, {4, 8, 6, 10, 2, 4, 8, 6, 10, 2}, o);
  CHECK(stats.traces == 3);
  CHECK(stats.resized == 2);
  CHECK(stats.replays == 7);
}

TEST_CASE("a variable that a step makes at its first call is made of numbers of that call alone",
          "[compile]") {
  CHECK(same_as_eager([](Context& c) -> StepOfOne {
          auto w = std::make_shared<VariableRef>();
          return [&c, w](const Tensor& x) {
            const Tensor before = dropout(x, 0.25);
            if (!*w) *w = VariableRef::make(mul_scalar(uniform(c, {6}, -1, 1, DType::kF32), 0.5), "w");
            const Tensor y = dropout(mul(x, (*w)->read()), 0.5);
            (*w)->assign(add_scalar((*w)->read(), 1));
            return Values{y, before, uniform(c, {2}, 0, 1, DType::kF32)};
          };
        }).replays == 4);
}

TEST_CASE("a variable that a step makes and drops draws in each call", "[compile]") {
  CHECK(same_as_eager([](Context& c) -> StepOfOne {
          return [&c](const Tensor& x) {
            const VariableRef w = VariableRef::make(uniform(c, {6}, -1, 1, DType::kF32), "w");
            return Values{dropout(mul(x, w->read()), 0.5)};
          };
        }).replays == 4);
}

TEST_CASE("what a step keeps beside a variable that it makes draws in each call", "[compile]") {
  CHECK(same_as_eager([](Context& c) -> StepOfOne {
          auto w = std::make_shared<VariableRef>();
          return [&c, w](const Tensor& x) {
            const Tensor noise = uniform(c, {6}, -1, 1, DType::kF32);
            if (!*w) *w = VariableRef::make(noise, "w");
            return Values{dropout(mul(x, (*w)->read()), 0.5), noise};
          };
        }).replays == 4);
}

TEST_CASE("draws whose numbers nobody takes are counted", "[compile]") {
  CHECK(same_as_eager([](Context& c) -> StepOfOne {
          auto late = late_layer(c);
          return [late](const Tensor& x) {
            dropout(x, 0.5);
            return late(x);
          };
        }).replays == 4);
}

TEST_CASE("a layer that a step builds and does not call is built once", "[compile]") {
  CHECK(same_as_eager([](Context& c) -> StepOfOne {
          const nn::LayerPtr dense = nn::make_dense(c, 3, {});
          return [dense](const Tensor& x) {
            dense->build(x.shape());
            return Values{dropout(x, 0.5)};
          };
        }).replays == 4);
}

TEST_CASE("a layer that is built in a segment which runs again", "[compile]") {
  CHECK(same_as_eager([](Context& c) -> StepOfOne {
          auto dense = nn::make_dense(c, 8, {});
          return [&c, dense](const Tensor& x) {
            Tape tape(c, {});
            tape.watch(x);
            const auto segment = [dense](Span<const Tensor> in) {
              return Values{dropout(dense->call(in[0], true), 0.5)};
            };
            const Tensor y = recompute(c, "segment", segment, {x})[0];
            GradientSource source{x, nullptr};
            return Values{y, tape.gradient({mean(y)}, {source})[0]};
          };
        }).replays == 4);
}

TEST_CASE("a variable that begins as a copy of one that the step makes", "[compile]") {
  CHECK(same_as_eager([](Context& c) -> StepOfOne {
          auto w = std::make_shared<VariableRef>(), mean_of_w = std::make_shared<VariableRef>();
          return [&c, w, mean_of_w](const Tensor& x) {
            if (!*w) *w = VariableRef::make(uniform(c, {6}, -1, 1, DType::kF32), "w");
            if (!*mean_of_w) *mean_of_w = VariableRef::make(mul_scalar((*w)->read(), 1.0), "mean", false);
            (*mean_of_w)->assign(mul_scalar(add((*mean_of_w)->read(), (*w)->read()), 0.5));
            (*w)->assign(mul_scalar((*w)->read(), 0.75));
            return Values{dropout(mul(x, (*mean_of_w)->read()), 0.5)};
          };
        }).replays == 4);
}

}  // namespace tl::compile_test
