// Step options against the conformance catalogue (O17, O19, O21), and against formulas in plain doubles. What replays make of
// them is in step_options_replay_test.cpp.
#include "core/optim/step_options.h"

#include "core/optim/clip.h"
#include "tests/optim/step_options_cases.h"

namespace tl::test {
namespace {

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

TEST_CASE("the limit of a norm is taken as that of the global norm is, in each dtype", "[optim]") {
  Context c(ContextOptions{});
  for (DType dtype : {DType::kF32, DType::kF64})
    for (double limit : {5e-324, 1e-300, 1., 1e300}) {
      INFO(limit);
      Numbers moved[2];
      for (int global : {0, 1}) {
        OptimizerPtr o = configured(
            sgd(c, 1), [=](StepOptions& s) { (global ? s.global_clip_norm : s.clip_norm) = limit; });
        VariableRef w = VariableRef::make(full(c, {2}, 0, dtype), "w");
        apply_one(*o, w, full(c, {2}, -8, dtype));
        moved[global] = values(w);
      }
      check_near(moved[0], moved[1], 1e-6);
      check_near(moved[0], Numbers(2, std::min(8., limit * std::sqrt(.5))), 1e-6);
    }
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
      {[](StepOptions& s) { s.clip_norm = s.adaptive_clip_factor = 1; }, "only one of"},
      {[](StepOptions& s) { s.adaptive_clip_factor = -1; }, "'adaptive_clip_factor'"},
      {[](StepOptions& s) { s.adaptive_clip_epsilon = 0; }, "'adaptive_clip_epsilon'"},
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
      {[](StepOptions& s) { s.dynamic_loss_scale = true, s.min_loss_scale = 100, s.max_loss_scale = 50; },
       "'min_loss_scale' must not be above 'max_loss_scale': got 100 and 50"},
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

}  // namespace
}  // namespace tl::test
