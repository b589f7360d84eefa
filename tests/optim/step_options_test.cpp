// Step options against the conformance catalogue (O17, O19, O21), against formulas in plain doubles, and the promises that all
// share: an eager step and a replay have the same bits, a failure changes nothing, the state is variables.
#include "core/optim/step_options.h"

#include <cstring>

#include "core/compile/function.h"
#include "core/optim/adam.h"
#include "core/optim/clip.h"
#include "core/optim/lamb.h"
#include "core/optim/sgd.h"
#include "tests/nn/fixture.h"
#include "tests/optim/optimizer_cases.h"

namespace tl::test {
namespace {

using namespace tl::optim;
using Numbers = std::vector<double>;
using OptimizerPtr = std::unique_ptr<Optimizer>;
const double kInf = std::numeric_limits<double>::infinity();
const double kNan = std::nan("");

using Maker = std::function<OptimizerPtr(Context&)>;

OptimizerPtr sgd(Context& c, double rate, double momentum = 0, MomentumForm form = MomentumForm::kKeras) {
  SgdOptions o;
  o.learning_rate = rate;
  o.momentum = momentum;
  o.momentum_form = form;
  return make_sgd(c, o);
}

OptimizerPtr adamw(Context& c) {
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

OptimizerPtr lamb(Context& c, double decay) {
  LambOptions o;
  o.learning_rate = .1;
  o.weight_decay = decay;
  return make_lamb(c, o);
}

OptimizerPtr adam(Context& c) {
  AdamOptions o;
  o.learning_rate = .1;
  return make_adam(c, o);
}

// One of each way in which an update can be made.
std::vector<Named> some_optimizers() {
  return {{"sgd", [](Context& c) { return sgd(c, .1); }},
          {"momentum", [](Context& c) { return sgd(c, .1, .9, MomentumForm::kPyTorch); }},
          {"adam", adam},
          {"adamw", adamw, false, adam},
          {"lamb", [](Context& c) { return lamb(c, 0); }, true},
          {"lamb with decay", [](Context& c) { return lamb(c, .05); }, true,
           [](Context& c) { return lamb(c, 0); }}};
}

// These, and every optimizer that there is.
std::vector<Named> optimizers() {
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

OptimizerPtr configured(OptimizerPtr optimizer, const std::function<void(StepOptions&)>& change) {
  StepOptions o;
  change(o);
  optimizer->configure(o);
  return optimizer;
}

void apply_one(Optimizer& optimizer, const VariableRef& v, const Tensor& g) {
  Tensor grads[] = {g};
  Variable* variables[] = {v.get()};
  optimizer.apply(grads, variables);
}

VariableRef state_named(const Optimizer& optimizer, const std::string& name) {
  for (const VariableRef& v : optimizer.variables())
    if (v->name() == name) return v;
  FAIL("no variable " << name);
  return {};
}

TEST_CASE_METHOD(Fixture, "O17 moving averages, overwriting every 3 steps", "[optim]") {
  OptimizerPtr o = configured(sgd(c, 1), [](StepOptions& s) {
    s.use_ema = true;
    s.ema_momentum = .9;
    s.ema_overwrite_frequency = 3;
  });
  VariableRef w = VariableRef::make(tensor({3, 4, 5, 6}, {2, 2}), "w");
  Tensor g = tensor({1, 1, 1, 1}, {2, 2});
  const Numbers want_w[] = {{2, 3, 4, 5}, {1, 2, 3, 4}, {1.71, 2.71, 3.71, 4.71}};
  const Numbers want_average[] = {{2, 3, 4, 5}, {1.9, 2.9, 3.9, 4.9}, {1.71, 2.71, 3.71, 4.71}};
  for (int step = 0; step < 3; step++) {
    apply_one(*o, w, g);
    check_near(values(w), want_w[step], 1e-12);
    check_near(values(state_named(*o, "sgd/w/average")), want_average[step], 1e-12);
  }
  // What they share is not written into.
  apply_one(*o, w, g);
  check_near(values(w), {.71, 1.71, 2.71, 3.71}, 1e-12);
  check_near(values(state_named(*o, "sgd/w/average")), {1.61, 2.61, 3.61, 4.61}, 1e-12);
}

TEST_CASE_METHOD(Fixture, "O19 accumulation with decay is one step on the mean, of each optimizer",
                 "[optim]") {
  for (const Named& n : optimizers())
    for (DType dtype : {DType::kF32, DType::kF64}) {
      INFO(n.name << (dtype == DType::kF64 ? " f64" : " f32"));
      auto decayed = [&](StepOptions& s) {
        if (!n.without_decay) s.weight_decay = .05;
      };
      OptimizerPtr whole = configured(n.make(c), decayed), parts = configured(n.make(c), [&](StepOptions&s) {
                                                             decayed(s);
                                                             s.gradient_accumulation_steps = 3;
                                                           });
      VariableRef a = VariableRef::make(tensor({.9, .5}, {2, 1}, dtype), "w"),
                  b = VariableRef::make(tensor({.9, .5}, {2, 1}, dtype), "w");
      for (int round = 0; round < 8; round++) {
        Tensor mean;
        for (int part = 0; part < 3; part++) {
          Tensor g = random(Shape{2, 1}, dtype);
          mean = mean ? add(mean, g) : g;
          const Numbers before = values(b);
          apply_one(*parts, b, g);
          if (part < 2) CHECK(values(b) == before);
        }
        apply_one(*whole, a, mul_scalar(mean, 1. / 3));
        check_near(values(b), values(a), dtype == DType::kF64 ? 1e-14 : 1e-5);
        CHECK(parts->iterations() == round + 1);
        CHECK(values(state_named(*parts, concat(parts->name(), "/", b->name(), "/gradient_sum"))) ==
              Numbers{0, 0});
      }
    }
}

TEST_CASE_METHOD(Fixture, "a null gradient in one call of an accumulation counts as zero", "[optim]") {
  OptimizerPtr o = configured(sgd(c, 1), [](StepOptions& s) { s.gradient_accumulation_steps = 4; });
  VariableRef a = variable({0}, "a"), b = variable({0}, "b");
  Variable* both[] = {a.get(), b.get()};
  for (int call = 0; call < 4; call++) {
    Tensor grads[] = {vector({1}), call == 1 ? vector({8}) : Tensor()};
    o->apply(grads, both);
  }
  CHECK(values(a) == Numbers{-1});
  CHECK(values(b) == Numbers{-2});  // 8 / 4
  CHECK(o->iterations() == 1);
  Tensor none[2];
  CHECK(has(message_of([&] { o->apply(none, both); }), "no gradients provided"));
  CHECK(item(state_named(*o, "sgd/accumulated_steps")->value()) == 0);
}

TEST_CASE_METHOD(Fixture, "a schedule sees the steps of an accumulation, not its calls", "[optim]") {
  OptimizerPtr o = configured(sgd(c, 1), [](StepOptions& s) { s.gradient_accumulation_steps = 2; });
  o->set_schedule(exponential_decay(1, 1, .5, false));
  VariableRef w = variable({0});
  for (int call = 0; call < 6; call++) {
    CHECK(o->learning_rate() == std::pow(.5, call / 2));
    apply_one(*o, w, vector({1}));
  }
  CHECK(values(w) == Numbers{-1.75});
}

TEST_CASE_METHOD(Fixture, "O21 a dynamic loss scale", "[optim]") {
  auto dynamic = [](double initial, int64_t interval, double factor = 1) {
    return [=](StepOptions& s) {
      s.dynamic_loss_scale = true;
      s.initial_loss_scale = initial;
      s.loss_scale_growth_interval = interval;
      s.loss_scale_factor = factor;
    };
  };
  for (double factor : {1., 100.}) {
    OptimizerPtr o = configured(sgd(c, .5), dynamic(32768, 2000, factor));
    VariableRef w = variable({1, 2, 3, 4}, "w", DType::kF32);
    CHECK(o->loss_scale() == 32768 * factor);
    Tensor loss = o->scale_loss(scalar(1, DType::kF32));
    CHECK(item(loss) == 32768 * factor);
    apply_one(*o, w, mul(vector({1, 6, 7, 2}, DType::kF32), loss));
    CHECK(values(w) == Numbers{.5, -1, -.5, 3});
    apply_one(*o, w, vector({1, kInf, 1, 1}, DType::kF32));
    CHECK(values(w) == Numbers{.5, -1, -.5, 3});
    CHECK(o->iterations() == 1);
    CHECK(o->skipped_steps() == 1);
    CHECK(o->loss_scale() == 16384 * factor);
  }
  OptimizerPtr falls = configured(sgd(c, .5), dynamic(400, 2000)),
               grows = configured(sgd(c, .5), dynamic(2, 2));
  VariableRef w = variable({1}), v = variable({1});
  for (int i = 0; i < 4; i++) apply_one(*falls, w, vector({i % 2 ? kNan : -kInf}));
  CHECK(falls->loss_scale() == 25);
  for (int i = 0; i < 8; i++) apply_one(*grows, v, vector({1}));
  CHECK(grows->loss_scale() == 32);
  // A floor and a ceiling.
  for (int i = 0; i < 10; i++) apply_one(*falls, w, vector({kNan}));
  CHECK(falls->loss_scale() == 1);
  OptimizerPtr low = configured(sgd(c, .5), [](StepOptions& s) {
    s.dynamic_loss_scale = true;
    s.initial_loss_scale = 8;
    s.max_loss_scale = 16;
    s.loss_scale_growth_interval = 1;
  });
  for (int i = 0; i < 3; i++) apply_one(*low, v, vector({0}));
  CHECK(low->loss_scale() == 16);
  // An infinity in between begins the count anew.
  OptimizerPtr counts = configured(sgd(c, .5), dynamic(4, 3));
  for (double g : {1., 1., kInf, 1., 1.}) apply_one(*counts, v, vector({g}));
  CHECK(counts->loss_scale() == 2);
  apply_one(*counts, v, vector({1}));
  CHECK(counts->loss_scale() == 4);
}

TEST_CASE_METHOD(Fixture, "the order: unscale, accumulate, clip, decay, update, average", "[optim]") {
  // One variable, in plain numbers, with all of them on.
  OptimizerPtr o = configured(sgd(c, .5), [](StepOptions& s) {
    s.loss_scale_factor = 8;
    s.gradient_accumulation_steps = 2;
    s.clip_value = 1;
    s.weight_decay = .1;
    s.use_ema = true;
    s.ema_momentum = .75;
  });
  VariableRef v = variable({2});
  double w = 2, average = 2, sum = 0;
  int step = 0;
  for (double g : {3., .5, -.25, .75, -9., 1.}) {
    sum += g;
    apply_one(*o, v, vector({8 * g}));
    if (++step % 2) continue;
    const double mean = std::fmax(-1, std::fmin(1, sum / 2));
    sum = 0;
    w -= w * .1 * .5;
    w -= .5 * mean;
    average = step == 2 ? w : .75 * average + .25 * w;
    check_near(values(v), {w}, 1e-15);
    check_near(values(state_named(*o, "sgd/v/average")), {average}, 1e-15);
  }
}

TEST_CASE_METHOD(Fixture, "clipping: by value, by the norm of each, by that of all", "[optim]") {
  const Numbers ga{3, -4}, gb{12};
  auto step = [&](const std::function<void(StepOptions&)>& change) {
    OptimizerPtr o = configured(sgd(c, 1), change);
    VariableRef a = variable({0, 0}, "a"), b = variable({0}, "b"), idle = variable({7}, "idle");
    Variable* all[] = {a.get(), idle.get(), b.get()};
    Tensor grads[] = {vector(ga), Tensor(), vector(gb)};
    o->apply(grads, all);
    CHECK(values(idle) == Numbers{7});
    return Numbers{-values(a)[0], -values(a)[1], -values(b)[0]};
  };
  check_near(step([](StepOptions& s) { s.clip_value = 3.5; }), {3, -3.5, 3.5}, 1e-15);
  check_near(step([](StepOptions& s) { s.clip_norm = 2.5; }), {1.5, -2, 2.5}, 1e-15);
  check_near(step([](StepOptions& s) { s.global_clip_norm = 6.5; }), {1.5, -2, 6}, 1e-15);
  check_near(step([](StepOptions& s) { s.global_clip_norm = 13.5; }), {3, -4, 12}, 1e-15);
}

TEST_CASE_METHOD(Fixture, "weight decay is decoupled, and leaves excluded variables alone", "[optim]") {
  for (const Named& n : some_optimizers()) {
    INFO(n.name);
    OptimizerPtr plain = n.without_decay ? n.without_decay(c) : n.make(c);
    OptimizerPtr decays =
        n.without_decay ? n.make(c) : configured(n.make(c), [](StepOptions& s) { s.weight_decay = .05; });
    VariableRef kept = variable({2, -3}, "bias"), decayed = variable({2, -3}, "kernel"),
                want = variable({2, -3}, "want");
    Variable* excluded[] = {kept.get()};
    decays->exclude_from_weight_decay(excluded);
    Variable* both[] = {kept.get(), decayed.get()};
    const double rate = plain->learning_rate();
    Numbers moved{2, -3};
    for (int i = 0; i < 4; i++) {
      Tensor g = random(Shape{2}), grads[] = {g, g};
      const Numbers before = values(want);
      apply_one(*plain, want, g);
      decays->apply(grads, both);
      for (size_t k = 0; k < 2; k++) moved[k] = moved[k] * (1 - rate * .05) + values(want)[k] - before[k];
      check_near(values(kept), values(want), 1e-14);
      if (!n.step_sees_weights) check_near(values(decayed), moved, 1e-13);
      if (i == 0) CHECK(values(decayed) != values(want));
    }
  }
  OptimizerPtr w = adamw(c);
  CHECK(has(message_of([&] { configured(adamw(c), [](StepOptions& s) { s.weight_decay = .1; }); }),
            "a weight decay of its own"));
}

TEST_CASE_METHOD(Fixture, "a gradient that is not finite: let pass, refused by name, skipped and counted",
                 "[optim]") {
  VariableRef a = variable({1, 2}, "a"), b = variable({3}, "b");
  Variable* both[] = {a.get(), b.get()};
  Tensor good[] = {vector({1, 1}), vector({1})}, bad[] = {vector({1, 1}), vector({kNan})};
  OptimizerPtr passes = sgd(c, 1),
               refuses = configured(make_adam(c, {}),
                                    [](StepOptions&s) { s.non_finite = NonFiniteGradients::kError; }),
               skips = configured(make_adam(c, {}),
                                  [](StepOptions&s) { s.non_finite = NonFiniteGradients::kSkip; });
  std::string text = message_of([&] { refuses->apply(bad, both); }, Code::kNonFinite);
  CHECK(has(text, "[adam] the gradient of 'b' must be finite"));
  CHECK(has(text, "got nan at position 0"));
  CHECK(refuses->iterations() == 0);
  CHECK(refuses->variables().size() == 2);
  for (int i = 0; i < 3; i++) skips->apply(bad, both);
  CHECK(values(a) == Numbers{1, 2});
  CHECK(skips->skipped_steps() == 3);
  CHECK(skips->iterations() == 0);
  CHECK(values(state_named(*skips, "adam/a/m")) == Numbers{0, 0});
  skips->apply(good, both);
  CHECK(skips->skipped_steps() == 3);
  CHECK(skips->iterations() == 1);
  const Numbers after = values(a);
  CHECK(after != Numbers{1, 2});
  passes->apply(bad, both);
  CHECK(std::isnan(values(b)[0]));
}

TEST_CASE_METHOD(Fixture, "averages stand in for weights and go back", "[optim]") {
  OptimizerPtr o = configured(sgd(c, 1), [](StepOptions& s) {
    s.use_ema = true;
    s.ema_momentum = .5;
  });
  VariableRef a = variable({4}, "a"), b = variable({1}, "b");
  Variable *both[] = {a.get(), b.get()}, *one[] = {a.get()};
  CHECK(has(message_of([&] { o->swap_averages(both); }), "must be swapped together"));
  for (int i = 0; i < 2; i++) {
    Tensor grads[] = {vector({1}), Tensor()};
    o->apply(grads, both);
  }
  CHECK(values(a) == Numbers{2});
  CHECK(values(b) == Numbers{1});
  CHECK(has(message_of([&] { o->swap_averages(one); }), "got 1, of which it knows 1, and it knows 2"));
  o->swap_averages(both);
  CHECK(o->averages_in_use());
  CHECK(values(a) == Numbers{2.5});
  CHECK(values(b) == Numbers{1});
  CHECK(item(state_named(*o, "sgd/averages_in_use")->value()) == 1);
  CHECK(has(message_of([&] { apply_one(*o, a, vector({1})); }, Code::kFailedPrecondition), "swap them back"));
  o->swap_averages(both);
  CHECK(values(a) == Numbers{2});
  apply_one(*o, a, vector({1}));
  CHECK(values(a) == Numbers{1});
  OptimizerPtr without = sgd(c, 1);
  CHECK(has(message_of([&] { without->swap_averages(both); }, Code::kFailedPrecondition), "use_ema"));
}

TEST_CASE_METHOD(Fixture, "options that make no sense, or come too late, are refused", "[optim]") {
  const NonFiniteGradients error = NonFiniteGradients::kError;
  struct Case {
    std::function<void(StepOptions&)> change;
    const char* text;
  };
  const Case cases[] = {
      {[](StepOptions& s) { s.gradient_accumulation_steps = 1; }, "at least 2, or 0 for none: got 1"},
      {[](StepOptions& s) { s.gradient_accumulation_steps = -3; }, "got -3"},
      {[](StepOptions& s) { s.clip_value = -1; }, "'clip_value'"},
      {[](StepOptions& s) { s.clip_norm = kInf; }, "'clip_norm'"},
      {[](StepOptions& s) { s.global_clip_norm = kNan; }, "'global_clip_norm'"},
      {[](StepOptions& s) { s.clip_norm = s.clip_value = 1; }, "only one of"},
      {[](StepOptions& s) { s.weight_decay = -1; }, "'weight_decay'"},
      {[](StepOptions& s) { s.weight_decay_form = static_cast<WeightDecayForm>(2); },
       "'weight_decay_form' must be decoupled (0) or L2 (1): got 2"},
      {[](StepOptions& s) { s.ema_momentum = 1; }, "'ema_momentum' must be in [0, 1): got 1"},
      {[](StepOptions& s) { s.ema_overwrite_frequency = 2; }, "needs 'use_ema'"},
      {[](StepOptions& s) { s.loss_scale_factor = 0; }, "'loss_scale_factor'"},
      {[](StepOptions& s) { s.non_finite = static_cast<NonFiniteGradients>(9); }, "got 9"},
      {[](StepOptions& s) { s.dynamic_loss_scale = true, s.initial_loss_scale = .5; },
       "'initial_loss_scale' must be in [1"},
      {[](StepOptions& s) { s.dynamic_loss_scale = true, s.min_loss_scale = 0; }, "'min_loss_scale'"},
      {[](StepOptions& s) { s.dynamic_loss_scale = true, s.loss_scale_growth_interval = 0; },
       "'loss_scale_growth_interval'"},
      {[=](StepOptions& s) { s.dynamic_loss_scale = true, s.non_finite = error; }, "skips steps"},
  };
  for (const Case& k : cases) {
    INFO(k.text);
    const std::string text = message_of([&] { configured(sgd(c, 1), k.change); });
    CHECK(has(text, "[sgd]"));
    CHECK(has(text, k.text));
  }
  OptimizerPtr o = sgd(c, 1);
  VariableRef w = variable({1});
  Variable* list[] = {w.get()};
  apply_one(*o, w, vector({1}));
  CHECK(has(message_of([&] { o->configure({}); }, Code::kFailedPrecondition),
            "before the first step or build"));
  CHECK(has(message_of([&] { o->exclude_from_weight_decay(list); }, Code::kFailedPrecondition),
            "before the first"));
  OptimizerPtr counts = configured(sgd(c, 1), [](StepOptions& s) { s.gradient_accumulation_steps = 3; });
  apply_one(*counts, w, vector({1}));
  state_named(*counts, "sgd/accumulated_steps")->assign(full(c, {}, 3, DType::kI64));
  CHECK(has(message_of([&] { apply_one(*counts, w, vector({1})); }), "must be in [0, 3): got 3"));
  CHECK(has(message_of([&] { (void)o->scale_loss(full(c, {}, 1, DType::kI32)); }), "f32 or f64"));
}

// ---- eager and compiled ----

struct Option {
  const char* name;
  std::function<void(StepOptions&)> change;
  bool goes_bad = false;  // some gradients hold NaN or an infinity
  uint64_t kinds = 1;     // of steps
};

std::vector<Option> all_options() {
  auto accumulate = [](StepOptions& s) { s.gradient_accumulation_steps = 3; };
  auto average = [](StepOptions& s) {
    s.use_ema = true;
    s.ema_momentum = .8;
    s.ema_overwrite_frequency = 2;
  };
  auto dynamic = [](StepOptions& s) {
    s.dynamic_loss_scale = true;
    s.loss_scale_growth_interval = 2;
  };
  return {{"none", [](StepOptions&) {}},
          {"accumulation", accumulate, false, 2},
          {"clip by value", [](StepOptions& s) { s.clip_value = .5; }},
          {"clip by norm", [](StepOptions& s) { s.clip_norm = .5; }},
          {"clip by global norm", [](StepOptions& s) { s.global_clip_norm = .5; }},
          {"clip by global norm, or an error",
           [](StepOptions& s) { s.global_clip_norm = .5, s.non_finite = NonFiniteGradients::kError; }},
          {"weight decay", [](StepOptions& s) { s.weight_decay = .1; }},
          {"L2", [](StepOptions& s) { s.weight_decay = .1, s.weight_decay_form = WeightDecayForm::kL2; }},
          {"averages", [](StepOptions& s) { s.use_ema = true; }},
          {"averages that overwrite", average, false, 2},
          {"fixed loss scale", [](StepOptions& s) { s.loss_scale_factor = 100; }},
          {"dynamic loss scale", dynamic, true},
          {"skipping", [](StepOptions& s) { s.non_finite = NonFiniteGradients::kSkip; }, true},
          {"refusing", [](StepOptions& s) { s.non_finite = NonFiniteGradients::kError; }},
          {"everything",
           [=](StepOptions& s) {
             accumulate(s);
             average(s);
             dynamic(s);
             s.weight_decay = .1;
             s.global_clip_norm = 1;
           },
           true, 3}};
}

struct Model {
  Model(Context& context, const Named& named, const Option& option)
      : c(context),
        w(VariableRef::make(full(c, {3, 4}, .5, DType::kF32), "w")),
        b(VariableRef::make(full(c, {4}, -.25, DType::kF64), "b")),
        idle(VariableRef::make(full(c, {2}, 1, DType::kF32), "idle")),
        kinds(option.kinds),
        optimizer(named.make(context)) {
    Variable* bias[] = {b.get()};
    optimizer->exclude_from_weight_decay(bias);
    StepOptions o;
    option.change(o);
    if (named.without_decay) o.weight_decay = 0;
    if (named.own_averages) {
      kinds -= o.ema_overwrite_frequency > 0;
      o.use_ema = false;
      o.ema_overwrite_frequency = 0;
    }
    optimizer->configure(o);
  }
  std::vector<Tensor> step(Span<const Tensor> in) {
    Tensor loss = optimizer->scale_loss(sum(in[0]));
    Tensor gw = mul(mul(in[0], w->read()), div(loss, sum(in[0])));
    Tensor gb = mul(cast(sum(gw, {0}), DType::kF64), b->read());
    Tensor grads[] = {gw, Tensor(), gb};
    Variable* all[] = {w.get(), idle.get(), b.get()};
    optimizer->apply(grads, all);
    return {loss};
  }
  std::vector<VariableRef> state() const {
    std::vector<VariableRef> all = optimizer->variables();
    for (const VariableRef& v : {w, b, idle}) all.push_back(v);
    return all;
  }
  Context& c;
  VariableRef w, b, idle;
  size_t kinds;  // of steps
  OptimizerPtr optimizer;
};

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() && std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

Tensor input(Context& c, int i, bool bad) {
  Tensor x = c.allocate(DType::kF32, {3, 4});
  for (int k = 0; k < 12; k++) x.mutable_data<float>()[k] = std::sin(static_cast<float>(5 * i + 3 * k)) + .3f;
  if (bad && i % 4 == 2)
    x.mutable_data<float>()[i % 12] = i % 8 == 2 ? std::numeric_limits<float>::infinity() : std::nanf("");
  return x;
}

TEST_CASE("with each option, each optimizer's replay has the bits of its eager step", "[optim][compile]") {
  for (const Named& named : optimizers())
    for (const Option& option : all_options()) {
      INFO(named.name << ", " << option.name);
      const ContextOptions options{1, 1, 0, nullptr, nullptr};
      Context eager_context(options), context(options);
      Model eager(eager_context, named, option), compiled(context, named, option);
      compile::FunctionOptions strict;
      strict.plan.verify = strict.plan.poison = true;
      strict.retrace_is_error = true;  // kinds of steps are none
      compile::Function f(
          context, [&](Span<const Tensor> in, size_t) { return compiled.step(in); }, strict);
      for (int i = 0; i < 26; i++) {
        eager.step({input(eager_context, i, option.goes_bad)});
        Tensor in[] = {input(context, i, option.goes_bad)}, out[1];
        f.call(in, out);
        const std::vector<VariableRef> a = eager.state(), b = compiled.state();
        REQUIRE(a.size() == b.size());
        for (size_t k = 0; k < a.size(); k++) {
          INFO("step " << i << ", " << a[k]->name());
          REQUIRE(same_bits(a[k]->value(), b[k]->value()));
        }
      }
      CHECK(f.stats().traces == compiled.kinds);
      CHECK(f.stats().replays == 26 - compiled.kinds);
      if (option.goes_bad) CHECK(compiled.optimizer->skipped_steps() == 6);
      CHECK(values(compiled.w) != Numbers(12, .5));
      for (double x : values(compiled.w)) CHECK(std::isfinite(x));
    }
}

TEST_CASE("a refused gradient changes nothing in a replay, either", "[optim][compile]") {
  Context c(ContextOptions{1, 1, 0, nullptr, nullptr});
  Option option{"", [](StepOptions& s) { s.non_finite = NonFiniteGradients::kError; }};
  Model m(c, some_optimizers()[2], option);
  compile::Function f(c, [&](Span<const Tensor> in, size_t) { return m.step(in); }, {});
  Tensor out[1];
  for (int i = 0; i < 3; i++) {
    Tensor in[] = {input(c, i, false)};
    f.call(in, out);
  }
  std::vector<Numbers> before;
  for (const VariableRef& v : m.state()) before.push_back(values(v));
  Tensor in[] = {input(c, 2, true)};
  const std::string text = message_of([&] { f.call(in, out); }, Code::kNonFinite);
  CHECK(has(text, "[adam] the gradient of 'w' must be finite: "));
  CHECK(text == message_of([&] { m.step(in); }, Code::kNonFinite));
  const std::vector<VariableRef> state = m.state();
  for (size_t k = 0; k < state.size(); k++) CHECK(values(state[k]) == before[k]);
}

TEST_CASE("what a recorded step cannot know ahead is an error", "[optim][compile]") {
  for (int kind : {0, 1, 2, 3}) {
    Context c(ContextOptions{1, 1, 0, nullptr, nullptr});
    Option option{"", [](StepOptions& s) { s.dynamic_loss_scale = s.use_ema = true; }};
    Model m(c, some_optimizers()[0], option);
    Variable* all[] = {m.w.get(), m.idle.get(), m.b.get()};
    m.optimizer->build(all);
    compile::Function f(c,
                        [&](Span<const Tensor> in, size_t) {
                          if (kind == 0) (void)m.step(in);
                          if (kind == 1) (void)m.optimizer->loss_scale();
                          if (kind == 2) (void)m.optimizer->skipped_steps();
                          if (kind == 3) m.optimizer->swap_averages(all), m.optimizer->swap_averages(all);
                          return m.step(in);
                        },
                        {});
    Tensor in[] = {input(c, 0, false)}, out[1];
    const std::string text = message_of([&] { f.call(in, out); }, Code::kFailedPrecondition);
    const char* want[] = {"sgd", "optimizer_loss_scale", "optimizer_skipped_steps",
                          "optimizer_swap_averages"};
    CHECK(has(text, want[kind]));
  }
}

TEST_CASE("several accumulating steps in one recorded step are recorded for each place in the round",
          "[optim][compile]") {
  const ContextOptions options{1, 1, 0, nullptr, nullptr};
  Context eager_context(options), context(options);
  Option option{"", [](StepOptions& s) { s.gradient_accumulation_steps = 3; }};
  Model eager(eager_context, some_optimizers()[2], option), compiled(context, some_optimizers()[2], option);
  compile::Function f(context,
                      [&](Span<const Tensor> in, size_t) {
                        (void)compiled.step(in);
                        return compiled.step(in);
                      },
                      {});
  for (int i = 0; i < 12; i++) {
    for (int twice = 0; twice < 2; twice++) eager.step({input(eager_context, i, false)});
    Tensor in[] = {input(context, i, false)}, out[1];
    f.call(in, out);
    CHECK(same_bits(eager.w->value(), compiled.w->value()));
    CHECK(eager.optimizer->iterations() == compiled.optimizer->iterations());
  }
  CHECK(f.stats().traces == 3);
}

TEST_CASE("each kind of step has a plan for all sizes of a batch", "[optim][compile]") {
  const ContextOptions options{1, 1, 0, nullptr, nullptr};
  Context eager_context(options), context(options);
  auto make = [](Context& c) {
    return configured(adam(c), [](StepOptions& s) { s.gradient_accumulation_steps = 2; });
  };
  OptimizerPtr eager = make(eager_context), compiled = make(context);
  VariableRef a = VariableRef::make(full(eager_context, {4}, 1, DType::kF32), "w"),
              b = VariableRef::make(full(context, {4}, 1, DType::kF32), "w");
  auto step = [](Optimizer& o, const VariableRef& w, const Tensor& x) {
    apply_one(o, w, mul(mean(x, {0}), w->read()));
    return std::vector<Tensor>{x};
  };
  compile::FunctionOptions all_sizes;
  all_sizes.polymorphic_batch = all_sizes.retrace_is_error = all_sizes.plan.verify = true;
  compile::Function f(
      context, [&](Span<const Tensor> in, size_t) { return step(*compiled, b, in[0]); }, all_sizes);
  int call = 0;
  for (int64_t size : {3, 5, 7, 4, 6, 8, 9, 3, 5, 11}) {
    auto input = [&](Context& c) {
      Tensor x = c.allocate(DType::kF32, {size, 4});
      for (int64_t k = 0; k < 4 * size; k++)
        x.mutable_data<float>()[k] = std::sin(static_cast<float>(7 * call + k));
      return x;
    };
    step(*eager, a, input(eager_context));
    Tensor in[] = {input(context)}, out[1];
    f.call(in, out);
    INFO("call " << call++);
    CHECK(same_bits(a->value(), b->value()));
    CHECK(eager->iterations() == compiled->iterations());
  }
  CHECK(f.stats().traces == 4);  // two sizes of each kind
  CHECK(f.stats().resized == 6);
}

TEST_CASE("another kind of step is no retrace that is an error, another shape is", "[optim][compile]") {
  Context c(ContextOptions{1, 1, 0, nullptr, nullptr});
  OptimizerPtr o = configured(adam(c), [](StepOptions& s) { s.gradient_accumulation_steps = 2; });
  VariableRef w = VariableRef::make(full(c, {4}, 1, DType::kF32), "w");
  compile::FunctionOptions strict;
  strict.retrace_is_error = true;
  compile::Function f(
      c,
      [&](Span<const Tensor> in, size_t) {
        apply_one(*o, w, mean(in[0], {0}));
        return std::vector<Tensor>{in[0]};
      },
      strict);
  auto call = [&](int64_t rows) {
    Tensor in[] = {full(c, {rows, 4}, 1, DType::kF32)}, out[1];
    f.call(in, out);
  };
  for (int i = 0; i < 5; i++) call(3);
  CHECK(f.stats().traces == 2);
  CHECK(f.retraces() == std::vector<std::string>{"kind of step of the optimizer 'adam'"});
  CHECK(has(message_of([&] { call(5); }, Code::kFailedPrecondition), "must not be recorded again"));
  call(3);
  CHECK(o->iterations() == 3);
}

TEST_CASE_METHOD(Fixture, "gradients of rows go through all options", "[optim]") {
  for (const Option& option : all_options()) {
    if (option.goes_bad && option.kinds == 3) continue;
    INFO(option.name);
    // Plain SGD, for which rows are the dense update; decay is left to the dense one's rows below.
    Named plain{"sgd", [](Context& context) { return sgd(context, .1); }};
    StepOptions o;
    option.change(o);
    if (o.weight_decay > 0) continue;  // lazy: only the rows that are touched decay
    OptimizerPtr of_rows = plain.make(c), dense = plain.make(c);
    of_rows->configure(o);
    dense->configure(o);
    VariableRef a = VariableRef::make(random(Shape{5, 2}), "w"),
                b = VariableRef::make(cast(a->peek(), DType::kF64), "w");
    b->assign(add_scalar(a->peek(), 0));
    Variable *va[] = {a.get()}, *vb[] = {b.get()};
    for (int i = 0; i < 7; i++) {
      Tensor indices = vector(i % 2 ? Numbers{0, 3} : Numbers{1, 2}, DType::kI64), rows = random(Shape{2, 2});
      if (i == 4 && option.goes_bad) rows = vector({1, kNan, 2, 3}).view(Shape{2, 2});
      Tensor whole = scatter_add(indices, rows, 5);
      Tensor ga[] = {rows}, gb[] = {whole}, ia[] = {indices};
      of_rows->apply(ga, va, ia);
      dense->apply(gb, vb);
      check_near(values(a), values(b), 1e-14);
      const auto sa = of_rows->variables(), sb = dense->variables();
      REQUIRE(sa.size() == sb.size());
      for (size_t k = 0; k < sa.size(); k++) check_near(values(sa[k]), values(sb[k]), 1e-14);
    }
  }
}

TEST_CASE_METHOD(Fixture, "rows decay lazily", "[optim]") {
  OptimizerPtr o = configured(sgd(c, .5), [](StepOptions& s) { s.weight_decay = .1; });
  VariableRef w = VariableRef::make(tensor({1, 1, 1}, {3, 1}), "w");
  Tensor rows[] = {tensor({1}, {1, 1})}, indices[] = {vector({1}, DType::kI64)};
  Variable* list[] = {w.get()};
  o->apply(rows, list, indices);
  check_near(values(w), {1, 1 - .05 - .5, 1}, 1e-15);
}

TEST_CASE_METHOD(Fixture, "updates with options stay in their memory when nobody else holds it", "[optim]") {
  for (const Option& option : all_options()) {
    StepOptions o;
    option.change(o);
    if (o.ema_overwrite_frequency > 0 || option.goes_bad) continue;
    INFO(option.name);
    OptimizerPtr adam = make_adam(c, {});
    adam->configure(o);
    VariableRef w = VariableRef::make(random(Shape{1000}), "w");
    Tensor g = random(Shape{1000});
    for (int i = 0; i < 4; i++) apply_one(*adam, w, g);
    const std::byte* memory = w->peek().raw();
    std::vector<const std::byte*> slots;
    for (const VariableRef& s : adam->slots(*w)) slots.push_back(s->peek().raw());
    for (int i = 0; i < 6; i++) {
      apply_one(*adam, w, g);
      CHECK(w->peek().raw() == memory);
      for (size_t k = 0; k < slots.size(); k++) CHECK(adam->slots(*w)[k]->peek().raw() == slots[k]);
    }
    Tensor held = w->read();
    const Numbers before = values(held);
    for (int i = 0; i < 3; i++) apply_one(*adam, w, g);
    CHECK(values(held) == before);
  }
}

TEST_CASE("out of memory in a step with options changes nothing", "[optim]") {
  for (const Option& option : all_options())
    for (bool hold : {false, true}) {
      INFO(option.name << (hold ? ", held" : ""));
      Context own(ContextOptions{3, 1, 0, nullptr, nullptr});
      OptimizerPtr o = make_adam(own, {});
      StepOptions so;
      option.change(so);
      o->configure(so);
      std::vector<VariableRef> refs;
      std::vector<Variable*> variables;
      std::vector<Tensor> grads;
      for (int i = 0; i < 2; i++) {
        refs.push_back(VariableRef::make(normal(own, {50000}), "w" + std::to_string(i)));
        variables.push_back(refs.back().get());
        grads.push_back(normal(own, {50000}));
      }
      for (int i = 0; i < 5; i++) o->apply(grads, variables);
      Tensor held = hold ? refs[1]->peek() : Tensor();
      auto state = [&] {
        std::vector<Numbers> all;
        for (auto& v : refs) all.push_back(values(v));
        for (auto& v : o->variables()) all.push_back(values(v));
        return all;
      };
      own.allocator().trim();
      const std::vector<Numbers> before = state();
      const size_t live = own.allocator().stats().live_bytes;
      for (size_t extra = 0;; extra += 50000) {
        own.allocator().trim();
        own.allocator().set_limit(live + extra);
        bool done = false;
        try {
          o->apply(grads, variables);
          done = true;
        } catch (const Error& e) {
          CHECK(e.code() == Code::kOutOfMemory);
        }
        own.allocator().set_limit(0);
        if (done) break;
        REQUIRE(state() == before);
        REQUIRE(extra < 40u << 20);
      }
      CHECK(state() != before);
    }
}

TEST_CASE_METHOD(Fixture,
                 "a run that is resumed from its variables in the midst of a round goes on to the bit",
                 "[optim]") {
  const Option everything = all_options().back();
  for (const Named& named : optimizers()) {
    INFO(named.name);
    Model first(c, named, everything), second(c, named, everything);
    for (int i = 0; i < 8; i++) first.step({input(c, i, true)});
    Variable* all[] = {second.w.get(), second.idle.get(), second.b.get()};
    second.optimizer->build(all);
    const std::vector<VariableRef> from = first.state(), to = second.state();
    REQUIRE(from.size() == to.size());
    for (size_t k = 0; k < from.size(); k++) {
      CHECK(from[k]->name() == to[k]->name());
      to[k]->assign(add_scalar(from[k]->read(), 0));
    }
    for (int i = 8; i < 20; i++) {
      first.step({input(c, i, true)});
      second.step({input(c, i, true)});
    }
    for (size_t k = 0; k < from.size(); k++) {
      INFO(from[k]->name());
      CHECK(same_bits(from[k]->value(), to[k]->value()));
    }
  }
}

}  // namespace
}  // namespace tl::test
