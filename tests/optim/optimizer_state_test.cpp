// The state of optimizers: whose it is, what it is called, and what values of it make sense.
#include "core/optim/adam.h"
#include "core/optim/sgd.h"
#include "tests/nn/fixture.h"
#include "tests/optim/short_words.h"

namespace tl::test {
namespace {

using namespace tl::optim;
using Numbers = std::vector<double>;
using OptimizerPtr = std::unique_ptr<Optimizer>;

std::vector<std::string> names(const Optimizer& optimizer) {
  std::vector<std::string> out;
  for (const VariableRef& v : optimizer.variables()) out.push_back(v->name());
  return out;
}

TEST_CASE_METHOD(Fixture, "slots go with their variable", "[optim]") {
  OptimizerPtr adam = make_adam(c, {});
  VariableRef kept = variable({1, 2}, "kept");
  Tensor g = vector({1, 1});
  apply_one(*adam, kept, g);
  Numbers of_kept = values(adam->slots(*kept)[0]);
  size_t live = 0;
  for (int remade = 0; remade < 50; remade++) {
    {
      VariableRef first = VariableRef::make(random(Shape{1000}), "w"),
                  second = VariableRef::make(random(Shape{1000}), "w");
      Tensor big = random(Shape{1000});
      Tensor grads[] = {big, g, big};
      Variable* all[] = {first.get(), kept.get(), second.get()};
      adam->apply(grads, all);
      CHECK(names(*adam).size() == 2 + 3 * 2);
      CHECK(adam->slots(*second)[0]->name() == "adam/w_1/m");
    }
    CHECK(names(*adam) ==
          std::vector<std::string>{"adam/iterations", "adam/learning_rate", "adam/kept/m", "adam/kept/v"});
    // What had to be updated in memory of its own in the first round is in place from then on.
    size_t now = c.allocator().stats().live_bytes;
    if (remade == 1) live = now;
    if (remade > 1) CHECK(now == live);
  }
  CHECK(adam->iterations() == 51);
  CHECK(values(adam->slots(*kept)[0]) != of_kept);
  // The memory of the last ones goes at the next step.
  apply_one(*adam, kept, g);
  CHECK(c.allocator().stats().live_bytes + 4 * 1000 * sizeof(double) <= live);
}

TEST_CASE_METHOD(Fixture, "variables of one name have slots of different names", "[optim]") {
  OptimizerPtr adam = make_adam(c, {});
  std::vector<VariableRef> refs;
  std::vector<Variable*> variables;
  for (const char* name : {"w", "w_1", "w", "w", "b"}) {
    refs.push_back(variable({1}, name));
    variables.push_back(refs.back().get());
  }
  adam->build(variables);
  CHECK(names(*adam) == std::vector<std::string>{"adam/iterations", "adam/learning_rate", "adam/w/m",
                                                 "adam/w/v", "adam/w_1/m", "adam/w_1/v", "adam/w_2/m",
                                                 "adam/w_2/v", "adam/w_3/m", "adam/w_3/v", "adam/b/m",
                                                 "adam/b/v"});
  // A name that is free again is given again.
  refs[0] = variable({1}, "w");
  variables[0] = refs[0].get();
  adam->build(variables);
  CHECK(adam->slots(*refs[0])[0]->name() == "adam/w/m");
  CHECK(names(*adam).size() == 12);
}

TEST_CASE_METHOD(Fixture, "state that makes no sense is refused by name, and nothing changes", "[optim]") {
  OptimizerPtr adam = make_adam(c, {});
  VariableRef w = variable({1, 2}, "w");
  Tensor g = vector({1, 1});
  apply_one(*adam, w, g);
  Numbers before = values(w), slot = values(adam->slots(*w)[0]);
  VariableRef iterations = adam->variables()[0], rate = adam->variables()[1];
  auto refused = [&] {
    std::string text = message_of([&] { apply_one(*adam, w, g); });
    CHECK(values(w) == before);
    CHECK(values(adam->slots(*w)[0]) == slot);
    return text;
  };
  for (int64_t bad : {int64_t{-5}, std::numeric_limits<int64_t>::max()}) {
    Tensor t = c.allocate(DType::kI64, Shape{});
    *t.mutable_data<int64_t>() = bad;
    iterations->assign(t);
    std::string text = refused();
    CHECK(has(text, "[adam]"));
    CHECK(has(text, "'adam/iterations'"));
    CHECK(has(text, std::to_string(bad).c_str()));
    CHECK(adam->iterations() == bad);
  }
  iterations->assign(vector({1}, DType::kI64).view(Shape{}));
  for (double bad : {std::nan(""), -1., kInfinity}) {
    rate->assign(scalar(bad));
    std::string text = refused();
    CHECK(has(text, "'adam/learning_rate'"));
    CHECK(has(text, tl::text(bad).c_str()));
  }
  rate->assign(scalar(.5));
  apply_one(*adam, w, g);
  CHECK(adam->iterations() == 2);
  CHECK(values(w) != before);
}

TEST_CASE_METHOD(Fixture, "a rate that the dtype of a variable cannot hold is refused by the step",
                 "[optim]") {
  SgdOptions options;
  options.learning_rate = 1e300;
  OptimizerPtr sgd = make_sgd(c, options);
  VariableRef narrow = variable({1}, "narrow", DType::kF32), wide = variable({1}, "wide");
  // Both in one step: f64 takes the rate, f32 does not, and neither changes.
  Tensor grads[] = {vector({1e-300}), vector({1}, DType::kF32)};
  Variable* both[] = {wide.get(), narrow.get()};
  std::string text = message_of([&] { sgd->apply(grads, both); });
  CHECK(has(text, "[sgd] 'learning_rate' is out of range for 'narrow', which is f32: got 1e+300"));
  CHECK(values(wide) == Numbers{1});
  CHECK(sgd->iterations() == 0);
  CHECK(sgd->variables().size() == 2);
  apply_one(*sgd, wide, grads[0]);
  CHECK(values(wide) == Numbers{0});

  // Adam's first step is larger than its rate here: 1e38 sqrt(1 - beta2) / (1 - beta1) is 1e39.
  AdamOptions steep;
  steep.learning_rate = 1e38;
  steep.beta2 = 0;
  steep.beta1 = .9;
  OptimizerPtr adam = make_adam(c, steep);
  CHECK(has(message_of([&] { apply_one(*adam, narrow, grads[1]); }), "[adam]"));
  CHECK(values(narrow) == Numbers{1});
  steep.learning_rate = 1e308;
  OptimizerPtr beyond = make_adam(c, steep);
  CHECK(has(message_of([&] { apply_one(*beyond, wide, vector({1})); }), "which is f64: got inf"));
}

}  // namespace
}  // namespace tl::test
