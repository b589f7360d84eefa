// Groups within an optimizer: each variable has the bits that its group alone would give it, eager and compiled; rates, schedules,
// multipliers and step options of groups; state; and every way to go wrong.
#include <algorithm>

#include "core/compile/function.h"
#include "core/optim/muon.h"
#include "core/optim/plateau.h"
#include "core/optim/schedule_free.h"
#include "tests/optim/step_options_cases.h"

namespace tl::test {
namespace {

using Values = std::vector<Tensor>;

OptimizerPtr with_rate(Context& c, const char* name, double rate, double decay = 0) {
  AdamWOptions o;
  o.adam.learning_rate = rate;
  o.adam.name = name;
  o.weight_decay = decay;
  return make_adamw(c, o);
}

OptimizerPtr muon(Context& c, const char* name, double rate) {
  MuonOptions o;
  o.learning_rate = rate;
  o.name = name;
  return make_muon(c, o);
}

void check_same_values(const VariableRef& a, const VariableRef& b) {
  CAPTURE(a->name());
  CHECK(values(a) == values(b));
}

// Four variables of one optimizer with three groups, and the same each with an optimizer of its own.
struct Grouped {
  explicit Grouped(Context& context, bool apart) : c(context) {
    for (int i = 0; i < 4; i++) {
      Tensor start = c.allocate(i == 3 ? DType::kF32 : DType::kF64, {3, 2});
      for (int k = 0; k < 6; k++)
        if (i == 3)
          start.mutable_data<float>()[k] = static_cast<float>(std::sin(i + 2. * k));
        else
          start.mutable_data<double>()[k] = std::sin(i + 2. * k);
      w.push_back(VariableRef::make(start, concat("w", i)));
    }
    all.push_back(with_rate(c, "main", .1, .02));
    all.push_back(with_rate(c, "slow", .01));
    all.push_back(muon(c, "muon", .05));
    all.push_back(sgd(c, .3, .9, MomentumForm::kPyTorch));
    if (apart) return;
    for (size_t i = 1; i < 4; i++) {
      Variable* members[] = {w[i].get()};
      all[0]->add_group(all[i], members);
    }
  }
  // Gradients that depend on the weights.
  void step(const Tensor& x, bool apart) {
    Values grads;
    std::vector<Variable*> variables;
    for (const VariableRef& v : w) {
      grads.push_back(mul(v->read(), cast(x, v->dtype())));
      variables.push_back(v.get());
    }
    if (!apart) return all[0]->apply(grads, variables);
    for (size_t i = 0; i < 4; i++)
      all[i]->apply(Span<const Tensor>(&grads[i], 1), Span<Variable* const>(&variables[i], 1));
  }

  Context& c;
  std::vector<VariableRef> w;
  std::vector<std::shared_ptr<Optimizer>> all;
};

Tensor input(Context& c, int i) {
  Tensor x = c.allocate(DType::kF64, {3, 2});
  for (int k = 0; k < 6; k++) x.mutable_data<double>()[k] = std::cos(7. * i + k);
  return x;
}

TEST_CASE("groups have the bits that each would have alone, eager and compiled", "[optim][compile]") {
  Context first(ContextOptions{}), second(ContextOptions{}), third(ContextOptions{});
  Grouped apart(first, true), eager(second, false), compiled(third, false);
  compile::FunctionOptions options;
  options.plan.verify = options.plan.poison = true;
  compile::Function function(
      third,
      [&](Span<const Tensor> x, size_t) {
        compiled.step(x[0], false);
        return Values{sum(x[0])};
      },
      options);
  for (int step = 0; step < 8; step++) {
    if (step == 3)
      for (Grouped* g : {&apart, &eager, &compiled}) {
        g->all[1]->set_learning_rate(.5);
        g->all[0]->set_learning_rate(.2);
        g->all[2]->set_schedule(exponential_decay(.4, 2, .5, false));
      }
    apart.step(input(first, step), true);
    eager.step(input(second, step), false);
    Tensor x = input(third, step), out[1];
    function.call(Span<const Tensor>(&x, 1), out);
    for (size_t i = 0; i < 4; i++) {
      check_same_values(apart.w[i], eager.w[i]);
      check_same_values(apart.w[i], compiled.w[i]);
      const std::vector<VariableRef> want = apart.all[i]->slots(*apart.w[i]),
                                     got = compiled.all[0]->slots(*compiled.w[i]);
      REQUIRE(want.size() == got.size());
      for (size_t k = 0; k < want.size(); k++) check_same_values(want[k], got[k]);
    }
    for (size_t i = 0; i < 4; i++) CHECK(eager.all[i]->learning_rate() == apart.all[i]->learning_rate());
  }
  CHECK(function.stats().traces == 1);
  CHECK(function.stats().replays == 7);
  for (size_t i = 0; i < 4; i++) CHECK(compiled.all[i]->iterations() == 8);
}

TEST_CASE_METHOD(Fixture, "a group with a multiplier follows the rate and the schedule of its optimizer",
                 "[optim]") {
  OptimizerPtr main = sgd(c, 1);
  std::shared_ptr<Optimizer> tenth = sgd(c, 7);
  VariableRef a = variable({0}, "a"), b = variable({0}, "b");
  Variable *all[] = {a.get(), b.get()}, *members[] = {b.get()};
  main->add_group(tenth, members, .25);
  Tensor grads[] = {vector({1}), vector({1})};
  main->apply(grads, all);
  main->set_learning_rate(2);
  CHECK(tenth->learning_rate() == .5);
  main->apply(grads, all);
  main->set_schedule(constant_rate(4));
  CHECK(tenth->learning_rate() == 1);
  main->apply(grads, all);
  CHECK(values(a) == Numbers{-7});
  CHECK(values(b) == Numbers{-1.75});
  for (const VariableRef& v : main->variables()) CHECK(v->name() != "sgd/sgd/learning_rate");
  CHECK(has(message_of([&] { tenth->set_learning_rate(1); }, Code::kFailedPrecondition),
            "0.25 times the rate of 'sgd'"));
  CHECK(has(message_of([&] { tenth->set_schedule(nullptr); }, Code::kFailedPrecondition), "set it there"));
  main.reset();
  CHECK(
      has(message_of([&] { (void)tenth->learning_rate(); }, Code::kFailedPrecondition), "has been released"));
}

TEST_CASE_METHOD(Fixture, "groups have their own decay and clipping, the optimizer's, or none", "[optim]") {
  auto member = [&](double w) { return VariableRef::make(vector({w, -w}), "w"); };
  VariableRef plain = member(2), inherits = member(2), own = member(2), l2 = member(2), kept = member(2),
              adamw_like = member(2);
  OptimizerPtr main = configured(sgd(c, .5), [](StepOptions& s) { s.weight_decay = .1, s.clip_value = 1; });
  std::shared_ptr<Optimizer> unset = sgd(c, .25),
                             decays = configured(sgd(c, .5), [](StepOptions&s) { s.weight_decay = .4; }),
                             gradients = configured(sgd(c, .5),
                                                    [](StepOptions&s) {
                                                      s.weight_decay = .2,
                                                      s.weight_decay_form = WeightDecayForm::kL2,
                                                      s.clip_norm = 5;
                                                    }),
                             excluding = sgd(c, .5), itself = with_rate(c, "adamw", .5, .2);
  Variable* excluded[] = {kept.get()};
  excluding->exclude_from_weight_decay(excluded);
  struct {
    std::shared_ptr<Optimizer>& group;
    VariableRef& of;
  } groups[] = {{unset, inherits}, {decays, own}, {gradients, l2}, {excluding, kept}, {itself, adamw_like}};
  for (auto& g : groups) {
    Variable* members[] = {g.of.get()};
    main->add_group(g.group, members);
  }
  OptimizerPtr adamw_alone = with_rate(c, "adamw", .5, .2);
  VariableRef want_adamw = member(2);
  std::vector<Variable*> all{plain.get(), inherits.get(), own.get(), l2.get(), kept.get(), adamw_like.get()};
  Numbers w[5];
  for (Numbers& one : w) one = {2, -2};
  const Numbers g{3, -4};
  for (int step = 0; step < 20; step++) {
    Values grads(all.size(), vector(g));
    main->apply(grads, all);
    apply_one(*adamw_alone, want_adamw,
              vector({1, -1}));  // clipped as the optimizer says; its decay is its own
    for (size_t k = 0; k < 2; k++) {
      const double cut = g[k] < 0 ? -1 : 1;
      w[0][k] = w[0][k] * (1 - .5 * .1) - .5 * cut;
      w[1][k] = w[1][k] * (1 - .25 * .1) - .25 * cut;
      w[2][k] = w[2][k] * (1 - .5 * .4) - .5 * g[k];
      w[3][k] = w[3][k] - .5 * (g[k] + .2 * w[3][k]);  // a norm of 5, as allowed
      w[4][k] = w[4][k] - .5 * cut;
    }
    for (size_t i = 0; i < 5; i++) check_near(values(all[i]->value()), w[i], 1e-12);
    check_same_values(adamw_like, want_adamw);
  }
}

TEST_CASE_METHOD(
    Fixture, "what surrounds the updates concerns all groups: accumulation, global norm, averages, skipping",
    "[optim]") {
  OptimizerPtr main = configured(sgd(c, 1), [](StepOptions& s) {
    s.gradient_accumulation_steps = 2;
    s.global_clip_norm = 5;
    s.use_ema = true;
    s.ema_momentum = .5;
    s.non_finite = NonFiniteGradients::kSkip;
  });
  std::shared_ptr<Optimizer> half = sgd(c, .5);
  VariableRef a = variable({0}, "a"), b = variable({0}, "b");
  Variable *all[] = {a.get(), b.get()}, *members[] = {b.get()};
  main->add_group(half, members);
  double wa = 0, wb = 0, ea = 0, eb = 0;
  for (int step = 0; step < 4; step++) {
    Tensor bad[] = {vector({1}), vector({kNan})}, first[] = {vector({4}), vector({0})},
           second[] = {vector({8}), vector({16})};
    main->apply(first, all);
    main->apply(bad, all);
    main->apply(second, all);
    const double scale = 5 / 10.;  // of (6, 8)
    wa -= 6 * scale, wb -= .5 * 8 * scale;
    ea = step == 0 ? wa : .5 * ea + .5 * wa;
    eb = step == 0 ? wb : .5 * eb + .5 * wb;
    check_near(values(a), {wa}, 1e-12);
    check_near(values(b), {wb}, 1e-12);
  }
  CHECK(main->skipped_steps() == 4);
  CHECK(half->iterations() == 4);
  main->swap_averages(all);
  check_near(values(a), {ea}, 1e-12);
  check_near(values(b), {eb}, 1e-12);
}

TEST_CASE_METHOD(Fixture,
                 "the state of groups is listed, and an optimizer that gets it goes on with the same bits",
                 "[optim]") {
  auto make = [&](std::vector<VariableRef>& w) {
    OptimizerPtr main = with_rate(c, "main", .1, .01);
    std::shared_ptr<Optimizer> one = sgd(c, .3, .9), two = sgd(c, .2, .5);
    one->set_schedule(std::make_shared<Plateau>(c, constant_rate(.3), PlateauOptions{}));
    for (int i = 0; i < 3; i++) w.push_back(variable({1. + i, 2}, concat("w", i).c_str()));
    Variable *of_one[] = {w[1].get()}, *of_two[] = {w[2].get()};
    main->add_group(one, of_one);
    main->add_group(two, of_two);
    two->set_learning_rate(.25);
    return main;
  };
  std::vector<VariableRef> w, v;
  OptimizerPtr first = make(w), second = make(v);
  auto step = [&](Optimizer& o, std::vector<VariableRef>& of, int i) {
    std::vector<Variable*> all;
    Values grads;
    for (const VariableRef& one : of)
      all.push_back(one.get()), grads.push_back(vector({std::sin(i), std::cos(i)}));
    o.apply(grads, all);
  };
  for (int i = 0; i < 5; i++) step(*first, w, i);
  std::vector<Variable*> all;
  for (const VariableRef& one : v) all.push_back(one.get());
  second->build(all);
  std::vector<VariableRef> from = first->variables(), to = second->variables();
  REQUIRE(from.size() == to.size());
  std::vector<std::string> names;
  for (size_t i = 0; i < from.size(); i++) {
    names.push_back(from[i]->name());
    CHECK(from[i]->name() == to[i]->name());
    to[i]->assign(from[i]->value());
  }
  CHECK(names == std::vector<std::string>{"main/iterations", "main/learning_rate", "main/sgd/learning_rate",
                                          "plateau/scale", "plateau/best", "plateau/wait", "plateau/cooldown",
                                          "main/sgd_1/learning_rate", "main/w0/m", "main/w0/v",
                                          "main/w1/momentum", "main/w2/momentum"});
  for (size_t i = 0; i < 3; i++) v[i]->assign(w[i]->value());
  for (int i = 5; i < 9; i++) step(*first, w, i), step(*second, v, i);
  for (size_t i = 0; i < 3; i++) check_same_values(w[i], v[i]);
}

TEST_CASE_METHOD(Fixture, "a plateau of several groups is listed once", "[optim]") {
  OptimizerPtr main = sgd(c, 1);
  std::shared_ptr<Optimizer> one = sgd(c, 1), two = sgd(c, 1);
  VariableRef a = variable({1}, "a"), b = variable({1}, "b");
  Variable *of_a[] = {a.get()}, *of_b[] = {b.get()};
  main->add_group(one, of_a);
  main->add_group(two, of_b);
  SchedulePtr plateau = std::make_shared<Plateau>(c, constant_rate(.3), PlateauOptions{});
  for (Optimizer* o : {main.get(), one.get(), two.get()}) o->set_schedule(plateau);
  std::vector<std::string> names;
  for (const VariableRef& v : main->variables()) names.push_back(v->name());
  std::sort(names.begin(), names.end());
  CHECK(names.size() == 8);
  CHECK(std::unique(names.begin(), names.end()) == names.end());
}

TEST_CASE("groups with step options have the same bits compiled and eager", "[optim][compile]") {
  Context first(ContextOptions{}), second(ContextOptions{});
  Grouped eager(first, false), compiled(second, false);
  for (Grouped* g : {&eager, &compiled}) {
    StepOptions o;
    o.gradient_accumulation_steps = 2;
    o.global_clip_norm = 1;
    o.use_ema = true;
    o.lookahead_steps = 2;
    o.dynamic_loss_scale = true;
    g->all[0]->configure(o);
  }
  compile::FunctionOptions options;
  options.plan.verify = options.plan.poison = true;
  compile::Function function(
      second,
      [&](Span<const Tensor> x, size_t) {
        compiled.step(x[0], false);
        return Values{sum(x[0])};
      },
      options);
  for (int step = 0; step < 16; step++) {
    auto in = [&](Context& c) { return step == 5 ? mul_scalar(input(c, step), kInf) : input(c, step); };
    if (step == 6)
      for (Grouped* g : {&eager, &compiled}) g->all[1]->set_learning_rate(.5);
    eager.step(in(first), false);
    Tensor x = in(second), out[1];
    function.call(Span<const Tensor>(&x, 1), out);
    const std::vector<VariableRef> want = eager.all[0]->variables(), got = compiled.all[0]->variables();
    REQUIRE(want.size() == got.size());
    for (size_t i = 0; i < want.size(); i++) check_same_values(want[i], got[i]);
    for (size_t i = 0; i < 4; i++) check_same_values(eager.w[i], compiled.w[i]);
  }
  CHECK(function.stats().traces == 3);  // adding up, updating, and looking ahead
  CHECK(eager.all[0]->skipped_steps() == 1);
}

TEST_CASE_METHOD(Fixture, "groups that cannot be are refused, and nothing changes", "[optim]") {
  OptimizerPtr main = sgd(c, 1);
  std::shared_ptr<Optimizer> group = sgd(c, 1), other = sgd(c, 2);
  VariableRef a = variable({1}, "a"), b = variable({1}, "b");
  Variable *of_a[] = {a.get()}, *of_b[] = {b.get()};
  Context elsewhere(ContextOptions{});
  auto refused = [&](std::shared_ptr<Optimizer> g, Span<Variable* const> v, double multiplier = 0,
                     Code code = Code::kInvalidArgument) {
    return message_of([&] { main->add_group(g, v, multiplier); }, code);
  };
  CHECK(has(refused(nullptr, of_a), "got null"));
  CHECK(has(refused(sgd(elsewhere, 1), of_a), "of another context"));
  CHECK(has(refused(group, {}), "at least 1 variable"));
  CHECK(has(refused(group, of_a, -1), "'rate_multiplier'"));
  CHECK(has(refused(group, of_a, kInf), "'rate_multiplier'"));
  group->set_schedule(constant_rate(1));
  CHECK(has(refused(group, of_a, 2), "choose one"));
  group->set_schedule(nullptr);
  CHECK(has(refused(configured(sgd(c, 1), [](StepOptions& s) { s.global_clip_norm = 1; }), of_a),
            "'global_clip_norm' concerns all variables"));
  CHECK(has(refused(configured(sgd(c, 1), [](StepOptions& s) { s.use_ema = true; }), of_a), "'use_ema'"));
  CHECK(has(refused(std::shared_ptr<Optimizer>(make_schedule_free_adamw(c, {})), of_a),
            "averages of their own"));
  std::shared_ptr<Optimizer> used = sgd(c, 1);
  apply_one(*used, b, vector({0}));
  CHECK(has(refused(used, of_a, 0, Code::kFailedPrecondition), "knows 1 variables"));
  CHECK(main->variables().size() == 2);
  main->add_group(group, of_a);
  CHECK(has(refused(other, of_a), "got 'a' for 'sgd', which is in 'sgd'"));
  CHECK(has(refused(group, of_b, 0, Code::kFailedPrecondition), "becomes a group of another"));
  OptimizerPtr third = sgd(c, 1);
  std::shared_ptr<Optimizer> with_groups = std::move(main);
  CHECK(has(message_of([&] { third->add_group(with_groups, of_b); }), "no groups of its own"));
  CHECK(
      has(message_of([&] { group->add_group(other, of_b); }, Code::kFailedPrecondition), "group of another"));
  for (auto& call : std::vector<std::function<void()>>{[&] { apply_one(*group, a, vector({1})); },
                                                       [&] { group->build(of_a); }})
    CHECK(has(message_of(call, Code::kFailedPrecondition), "which is a group of 'sgd'"));
  CHECK(has(message_of([&] { group->configure({}); }, Code::kFailedPrecondition), "becomes a group"));
  apply_one(*with_groups, a, vector({1}));
  CHECK(values(a) == Numbers{0});
  CHECK(has(message_of([&] { with_groups->add_group(other, of_b); }, Code::kFailedPrecondition),
            "groups must be added"));
  // A bad rate of a group fails the whole step.
  state_named(*with_groups, "sgd/sgd/learning_rate")->assign(scalar(-1));
  CHECK(has(message_of([&] { apply_one(*with_groups, b, vector({1})); }),
            "'sgd/sgd/learning_rate' must be a finite number"));
  CHECK(values(b) == Numbers{1});
  CHECK(with_groups->iterations() == 1);
}

TEST_CASE_METHOD(Fixture, "gradients of rows go by the rule of the variable's group", "[optim]") {
  OptimizerPtr main = lamb(c, 0);
  std::shared_ptr<Optimizer> plain = sgd(c, 1);
  VariableRef table = VariableRef::make(random(Shape{4, 2}), "table"),
              w = VariableRef::make(random(Shape{4, 2}), "w");
  Variable *members[] = {table.get()}, *both[] = {table.get(), w.get()};
  main->add_group(plain, members);
  Tensor at = cast(vector({1, 3}), DType::kI64), rows = random(Shape{2, 2}), whole = random(Shape{4, 2});
  Tensor grads[] = {rows, whole}, places[] = {at, Tensor()}, wrong[] = {at, at}, wrong_grads[] = {rows, rows};
  CHECK(has(message_of([&] { main->apply(wrong_grads, both, wrong); }), "gradients of rows are not taken"));
  const Numbers before = values(table), g = values(rows);
  main->apply(grads, both, places);
  check_near(values(table),
             {before[0], before[1], before[2] - g[0], before[3] - g[1], before[4], before[5],
              before[6] - g[2], before[7] - g[3]},
             1e-15);
}

}  // namespace
}  // namespace tl::test
