// What the tests of step options share: optimizers of each kind, and short words for what a test does with one.
#pragma once

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "core/optim/adam.h"
#include "core/optim/lamb.h"
#include "core/optim/sgd.h"
#include "core/optim/step_options.h"
#include "tests/nn/fixture.h"
#include "tests/optim/optimizer_cases.h"
#include "tests/optim/short_words.h"

namespace tl::test {

using namespace tl::optim;
using Numbers = std::vector<double>;
using OptimizerPtr = std::unique_ptr<Optimizer>;
const double kInf = std::numeric_limits<double>::infinity();
const double kNan = std::nan("");

using Maker = std::function<OptimizerPtr(Context&)>;

inline OptimizerPtr sgd(Context& c, double rate, double momentum = 0,
                        MomentumForm form = MomentumForm::kKeras) {
  SgdOptions o;
  o.learning_rate = rate;
  o.momentum = momentum;
  o.momentum_form = form;
  return make_sgd(c, o);
}

inline OptimizerPtr adamw(Context& c) {
  AdamWOptions o;
  o.adam.learning_rate = .1;
  o.weight_decay = .05;
  return make_adamw(c, o);
}

struct Named {
  const char* name;
  Maker make;
  bool step_sees_weights = false;  // what a step adds depends on the weights
  Maker without_decay = nullptr;   // where the optimizer has its own
  bool own_averages = false;       // and no others
};

inline OptimizerPtr lamb(Context& c, double decay) {
  LambOptions o;
  o.learning_rate = .1;
  o.weight_decay = decay;
  return make_lamb(c, o);
}

inline OptimizerPtr adam(Context& c) {
  AdamOptions o;
  o.learning_rate = .1;
  return make_adam(c, o);
}

// One of each way in which an update can be made.
inline std::vector<Named> some_optimizers() {
  return {{"sgd", [](Context& c) { return sgd(c, .1); }},
          {"momentum", [](Context& c) { return sgd(c, .1, .9, MomentumForm::kPyTorch); }},
          {"adam", adam},
          {"adamw", adamw, false, adam},
          {"lamb", [](Context& c) { return lamb(c, 0); }, true},
          {"lamb with decay", [](Context& c) { return lamb(c, .05); }, true,
           [](Context& c) { return lamb(c, 0); }}};
}

// These, and every optimizer that there is.
inline std::vector<Named> optimizers() {
  std::vector<Named> all = some_optimizers();
  Context c(ContextOptions{});
  for (const OptimizerCase& one : optimizer_cases()) {
    Named named{one.name.c_str(), one.make, true};
    StepOptions decays;
    decays.weight_decay = .1;
    try {
      one.make(c)->configure(decays);
    } catch (const Error& e) {
      REQUIRE(has(e.message(), "a weight decay of its own"));
      named.without_decay = one.make;  // never asked for: only known to have one
    }
    StepOptions averages;
    averages.use_ema = true;
    try {
      one.make(c)->configure(averages);
    } catch (const Error& e) {
      REQUIRE(has(e.message(), "keeps averages of its own"));
      named.own_averages = true;
    }
    all.push_back(named);
  }
  return all;
}

inline OptimizerPtr configured(OptimizerPtr optimizer, const std::function<void(StepOptions&)>& change) {
  StepOptions o;
  change(o);
  optimizer->configure(o);
  return optimizer;
}

inline VariableRef state_named(const Optimizer& optimizer, const std::string& name) {
  for (const VariableRef& v : optimizer.variables())
    if (v->name() == name) return v;
  FAIL("no variable " << name);
  return {};
}

}  // namespace tl::test
