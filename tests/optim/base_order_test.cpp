// 20 steps of every optimizer with what surrounds the update, in the order of Keras, against loops over doubles that are written
// from the formulas: variables that become their gradients, loss scale, accumulation, clipping, weight decay with exclusions, the
// update, Lookahead, averages, the projection of weights with a constraint.
#include <algorithm>

#include "tests/optim/step_options_cases.h"
#include "tests/rounds.h"

namespace tl::test {
namespace {

// A constraint of weights (rows, cols), and what it makes of plain numbers.
struct Projection {
  const char* name;
  std::function<void(Optimizer&, Span<Variable* const>)> set;
  std::function<void(Numbers& w, size_t cols)> project;
};

// What surrounds the update of one variable, in plain numbers.
struct Surrounded {
  Trained trained;
  bool decays;
  Numbers sum, average, slow;
  const Projection* projection;
  size_t cols;
  bool overwritten = false;  // by its gradient; then `sum` is the largest
};

double norm_of(const Numbers& g) {
  double total = 0;
  for (double x : g) total += x * x;
  return std::sqrt(total);
}

void scale(Numbers& g, double factor) {
  for (double& x : g) x *= factor;
}

// One call with the gradients of all variables.
class Formula {
 public:
  Formula(const OptimizerCase& of, const StepOptions& o, std::vector<Surrounded> variables)
      : of_(of), o_(o), v_(std::move(variables)) {
    for (Surrounded& v : v_) v.sum.assign(v.trained.w.size(), 0), v.slow = v.trained.w;
  }

  // The gradient of one that is overwritten may be none: no numbers.
  void call(std::vector<Numbers> g, double rate) {
    for (size_t i = 0; i < g.size(); i++)
      if (!v_[i].overwritten) scale(g[i], 1 / o_.loss_scale_factor);
    bool finite = true;
    for (const Numbers& one : g)
      for (double x : one) finite &= std::isfinite(x);
    if (!finite && o_.non_finite == NonFiniteGradients::kSkip) return;
    const int64_t n = o_.gradient_accumulation_steps;
    for (size_t i = 0; i < g.size(); i++)
      if (v_[i].overwritten) overwrite(v_[i], g[i], n == 0 || (calls_ + 1) % n == 0);
    if (n > 0) {
      for (size_t i = 0; i < g.size(); i++)
        for (size_t k = 0; k < g[i].size(); k++) v_[i].sum[k] += g[i][k];
      if (++calls_ % n != 0) return;
      for (size_t i = 0; i < g.size(); i++) {
        if (v_[i].overwritten) continue;
        g[i] = v_[i].sum;
        scale(g[i], 1. / static_cast<double>(n));
        std::fill(v_[i].sum.begin(), v_[i].sum.end(), 0.);
      }
    }
    step_++;
    clip(g);
    for (size_t i = 0; i < g.size(); i++)
      if (!v_[i].overwritten) update(v_[i], g[i], rate);
  }
  const Surrounded& at(size_t i) const { return v_[i]; }

 private:
  // The gradient goes no further.
  void overwrite(Surrounded& v, Numbers& g, bool at_once) const {
    if (o_.gradient_accumulation_steps == 0) {
      if (!g.empty()) v.trained.w = g;
    } else if (!g.empty()) {
      for (size_t k = 0; k < g.size(); k++) v.sum[k] = std::max(v.sum[k], g[k]);
      if (at_once) {
        v.trained.w = v.sum;
        std::fill(v.sum.begin(), v.sum.end(), 0.);
      }
    }
    g.clear();
  }
  // Each column of g against that of w.
  void clip_columns(Numbers& g, const Numbers& w, size_t cols) const {
    for (size_t c = 0; c < cols; c++) {
      double of_g = 0, of_w = 0;
      for (size_t k = c; k < g.size(); k += cols) of_g += g[k] * g[k], of_w += w[k] * w[k];
      const double most = o_.adaptive_clip_factor * std::max(std::sqrt(of_w), o_.adaptive_clip_epsilon);
      for (size_t k = c; k < g.size() && std::sqrt(of_g) > most; k += cols) g[k] *= most / std::sqrt(of_g);
    }
  }
  void clip(std::vector<Numbers>& g) const {
    double all = 0;
    for (const Numbers& one : g) all += norm_of(one) * norm_of(one);
    for (size_t i = 0; i < g.size(); i++)
      if (o_.adaptive_clip_factor > 0) clip_columns(g[i], v_[i].trained.w, v_[i].cols);
    for (Numbers& one : g) {
      if (o_.global_clip_norm > 0)
        scale(one, o_.global_clip_norm / std::max(o_.global_clip_norm, std::sqrt(all)));
      if (o_.clip_norm > 0) scale(one, o_.clip_norm / std::max(o_.clip_norm, norm_of(one)));
      for (double& x : one)
        if (o_.clip_value > 0) x = std::min(std::max(x, -o_.clip_value), o_.clip_value);
    }
  }
  void update(Surrounded& v, Numbers g, double rate) const {
    Numbers& w = v.trained.w;
    const bool decoupled = o_.weight_decay_form == WeightDecayForm::kDecoupled;
    for (size_t k = 0; k < w.size() && v.decays; k++) {
      if (decoupled)
        w[k] -= w[k] * o_.weight_decay * rate;
      else
        g[k] += o_.weight_decay * w[k];
    }
    of_.step(v.trained, g, step_, rate);
    if (o_.lookahead_steps > 0 && step_ % o_.lookahead_steps == 0)
      for (size_t k = 0; k < w.size(); k++)
        w[k] = v.slow[k] = (1 - o_.lookahead_alpha) * v.slow[k] + o_.lookahead_alpha * w[k];
    if (o_.use_ema) {
      if (step_ == 1) v.average = w;
      for (size_t k = 0; k < w.size(); k++)
        v.average[k] = o_.ema_momentum * v.average[k] + (1 - o_.ema_momentum) * w[k];
      if (o_.ema_overwrite_frequency > 0 && step_ % o_.ema_overwrite_frequency == 0) w = v.average;
    }
    if (v.projection) v.projection->project(w, v.cols);
  }

  const OptimizerCase& of_;
  StepOptions o_;
  std::vector<Surrounded> v_;
  int64_t calls_ = 0;
  int step_ = 0;
};

struct Surrounding {
  const char* name;
  std::function<void(StepOptions&)> set;
  const Projection* projection = nullptr;
};

// Each column to a norm in [least, most], so far; a norm of 0, to which ftrl brings some, stays.
void bring_columns(Numbers& w, size_t cols, double least, double most, double rate) {
  for (size_t c = 0; c < cols; c++) {
    double norm = 0;
    for (size_t k = c; k < w.size(); k += cols) norm += w[k] * w[k];
    norm = std::sqrt(norm);
    if (norm == 0) continue;
    const double wanted = norm < least ? least : norm > most ? most : norm;
    for (size_t k = c; k < w.size(); k += cols) w[k] *= (rate * wanted + (1 - rate) * norm) / norm;
  }
}

const std::vector<Projection>& projections() {
  using Variables = Span<Variable* const>;
  static const std::vector<Projection> all{
      {"not negative", [](Optimizer& o, Variables v) { o.constrain_range(0, kInf, v); },
       [](Numbers& w, size_t) {
         for (double& x : w) x = std::max(x, 0.);
       }},
      {"weight clipping", [](Optimizer& o, Variables v) { o.constrain_range(-.3, .5, v); },
       [](Numbers& w, size_t) {
         for (double& x : w) x = std::min(std::max(x, -.3), .5);
       }},
      {"largest norm of columns", [](Optimizer& o, Variables v) { o.constrain_norm(0, .8, 1, {}, v); },
       [](Numbers& w, size_t cols) { bring_columns(w, cols, 0, .8, 1); }},
      {"norm 1 of rows", [](Optimizer& o, Variables v) { o.constrain_norm(1, 1, 1, {-1}, v); },
       [](Numbers& w, size_t cols) {
         for (size_t r = 0; r < w.size(); r += cols) {
           const double norm = norm_of(Numbers(w.data() + r, w.data() + r + cols));
           for (size_t k = r; norm > 0 && k < r + cols; k++) w[k] /= norm;
         }
       }},
      {"norm of all, part of the way",
       [](Optimizer& o, Variables v) {
         o.constrain_norm(.5, .9, .4, {1, 0}, v);
       },
       [](Numbers& w, size_t) { bring_columns(w, 1, .5, .9, .4); }}};
  return all;
}

std::vector<Surrounding> surroundings() {
  auto most = [](StepOptions& s) {
    s.loss_scale_factor = 7;
    s.gradient_accumulation_steps = 2;
    s.non_finite = NonFiniteGradients::kSkip;
    s.weight_decay = .3;
    s.lookahead_steps = 3;
    s.lookahead_alpha = .4;
    s.use_ema = true;
    s.ema_momentum = .8;
    s.ema_overwrite_frequency = 4;
  };
  return {
      {"loss scale", [](StepOptions& s) { s.loss_scale_factor = 7; }},
      {"accumulation", [](StepOptions& s) { s.gradient_accumulation_steps = 3; }},
      {"clip by value", [](StepOptions& s) { s.clip_value = .5; }},
      {"clip by norm", [](StepOptions& s) { s.clip_norm = 1.5; }},
      {"clip by global norm", [](StepOptions& s) { s.global_clip_norm = 2; }},
      {"clip adaptively", [](StepOptions& s) { s.adaptive_clip_factor = 1.2, s.adaptive_clip_epsilon = .9; }},
      {"weight decay", [](StepOptions& s) { s.weight_decay = .3; }},
      {"L2", [](StepOptions& s) { s.weight_decay = .3, s.weight_decay_form = WeightDecayForm::kL2; }},
      {"Lookahead", [](StepOptions& s) { s.lookahead_steps = 5; }},
      {"averages", [](StepOptions& s) { s.use_ema = true, s.ema_momentum = .8; }},
      {"averages that overwrite",
       [](StepOptions& s) { s.use_ema = true, s.ema_momentum = .8, s.ema_overwrite_frequency = 4; }},
      {"skipping", [](StepOptions& s) { s.non_finite = NonFiniteGradients::kSkip; }},
      {"constraint", [](StepOptions&) {}, &projections()[0]},
      {"constraint of norms", [](StepOptions&) {}, &projections()[3]},
      {"constraint behind averages",
       [](StepOptions& s) { s.use_ema = true, s.ema_momentum = .8, s.ema_overwrite_frequency = 4; },
       &projections()[4]},
      {"all, clipped by value", [=](StepOptions& s) { most(s), s.clip_value = .5; }, &projections()[1]},
      {"all, clipped by norm, L2",
       [=](StepOptions& s) { most(s), s.clip_norm = 1.5, s.weight_decay_form = WeightDecayForm::kL2; },
       &projections()[2]},
      {"all, clipped adaptively", [=](StepOptions& s) { most(s), s.adaptive_clip_factor = .7; },
       &projections()[0]},
      {"all, clipped by global norm", [=](StepOptions& s) { most(s), s.global_clip_norm = 2; }}};
}

// Sets what the optimizer takes: one with a weight decay or averages of its own takes no others.
StepOptions configured_as_far_as_possible(Optimizer& optimizer, const Surrounding& surrounding) {
  StepOptions o;
  surrounding.set(o);
  for (int tries = 0; tries < 3; tries++) try {
      optimizer.configure(o);
      return o;
    } catch (const Error& e) {
      if (has(e.message(), "a weight decay of its own")) {
        o.weight_decay = 0;
      } else {
        REQUIRE(has(e.message(), "keeps averages of its own"));
        o.use_ema = false, o.ema_overwrite_frequency = o.lookahead_steps = 0;
      }
    }
  FAIL("it takes no options at all");
  return o;
}

TEST_CASE_METHOD(Fixture, "20 steps of each optimizer follow the formulas with every option around them",
                 "[optim]") {
  size_t number = 0;
  for (size_t k = 0; k < optimizer_cases().size(); k++)
    for (const Surrounding& surrounding : surroundings()) {
      if ((k + number++) % 4 >= static_cast<size_t>(rounds(4))) continue;
      const OptimizerCase& one = optimizer_cases()[k];
      const Projection* projection = surrounding.projection;
      CAPTURE(one.name, k, surrounding.name);
      OptimizerPtr optimizer = one.make(c);
      const StepOptions o = configured_as_far_as_possible(*optimizer, surrounding);
      VariableRef w = VariableRef::make(random(Shape{3, 2}), "w"),
                  kept = VariableRef::make(random(Shape{2, 2}), "kept"),
                  history = VariableRef::make(random(Shape{2}), "history");
      Variable *all[] = {w.get(), kept.get(), history.get()}, *excluded[] = {kept.get()},
               *overwritten[] = {history.get()};
      optimizer->overwrite_with_gradient(overwritten);
      // Its own weight decay is tested where the optimizer is.
      if (o.weight_decay > 0) optimizer->exclude_from_weight_decay(excluded);
      const Span<Variable* const> constrained(all, 1);
      if (projection && has(one.name, "schedule_free")) {
        CHECK(has(message_of([&] { projection->set(*optimizer, constrained); }), "averages of its own"));
        projection = nullptr;
      }
      if (projection) projection->set(*optimizer, constrained);
      Formula want(one, o,
                   {{one.start(values(w), 3, 2), true, {}, {}, {}, projection, 2},
                    {one.start(values(kept), 2, 2), false, {}, {}, {}, nullptr, 2},
                    {one.start(values(history), 2, 1), false, {}, {}, {}, nullptr, 1, true}});
      double rate = one.rate;
      for (int call = 0; call < 20 * std::max<int>(1, static_cast<int>(o.gradient_accumulation_steps));
           call++) {
        if (call == 9) optimizer->set_learning_rate(rate = .02);
        Tensor grads[] = {random(Shape{3, 2}), random(Shape{2, 2}), random(Shape{2})};
        if (o.non_finite == NonFiniteGradients::kSkip && call % 5 == 3) {
          Tensor& bad = grads[1 + call % 2];
          bad = mul_scalar(bad, kInf);
        } else if (call % 7 == 5) {
          grads[2] = Tensor();
        }
        optimizer->apply(grads, all);
        want.call({values(grads[0]), values(grads[1]), grads[2] ? values(grads[2]) : Numbers()}, rate);
        CHECK(optimizer->slots(*history).empty());
        for (size_t i = 0; i < 3; i++) {
          const Surrounded& v = want.at(i);
          check_near(values(all[i]->value()), v.trained.w, 1e-12);
          for (const VariableRef& state : optimizer->variables()) {
            const std::string prefix = concat(optimizer->name(), "/", all[i]->name(), "/");
            if (state->name() == prefix + (i == 2 ? "gradient_maximum" : "gradient_sum"))
              check_near(values(state), v.sum, 1e-12);
            if (state->name() == prefix + "slow") check_near(values(state), v.slow, 1e-12);
            if (state->name() == prefix + "average" && o.use_ema && !v.average.empty())
              check_near(values(state), v.average, 1e-12);
          }
        }
      }
    }
}

TEST_CASE_METHOD(Fixture, "a constraint keeps the bits of what it allows, and what has no direction",
                 "[optim]") {
  for (DType dtype : {DType::kF32, DType::kF64}) {
    OptimizerPtr o = sgd(c, 0);
    // Columns of the norms 5, 0.1, 0 and, beyond the squares of f32, 1e-30 and 5e25.
    VariableRef w =
        VariableRef::make(tensor({3, .06, 0, 1e-30, 3e25, 4, -.08, 0, 0, -4e25}, {2, 5}, dtype), "w");
    Variable* list[] = {w.get()};
    o->constrain_norm(1e-20, 5, 1, {0}, list);
    const Numbers before = values(w);
    apply_one(*o, w, mul_scalar(w->peek(), 0));
    const Numbers after = values(w);
    for (size_t k : {0, 5, 1, 6, 2, 7, 8}) CHECK(after[k] == before[k]);
    const double digits = dtype == DType::kF32 ? 1e-6 : 1e-14;
    CHECK(std::abs(after[3] - 1e-20) < 1e-20 * digits);
    CHECK(std::abs(after[4] - 3) < digits);
    CHECK(std::abs(after[9] + 4) < digits);
  }
}

TEST_CASE_METHOD(Fixture, "constraints: which variables and calls they concern, groups, and what is refused",
                 "[optim]") {
  const double inf = kInf;
  OptimizerPtr o = configured(sgd(c, 1), [](StepOptions& s) {
    s.gradient_accumulation_steps = 2, s.non_finite = NonFiniteGradients::kSkip;
  });
  std::shared_ptr<Optimizer> group = sgd(c, 1);
  VariableRef a = variable({-2, 7}, "a"), b = variable({-2, 7}, "b"), rest = variable({-2, 7}, "rest");
  Variable *all[] = {a.get(), b.get(), rest.get()}, *of_a[] = {a.get()}, *of_b[] = {b.get()};
  o->constrain_range(-1, 5, of_a);
  group->constrain_range(0, inf, of_b);
  o->add_group(group, of_b);
  Tensor zero = vector({0, 0}), grads[] = {zero, zero, zero}, none[] = {Tensor(), zero, zero},
         bad[] = {vector({kNan, 0}), zero, zero};
  o->apply(grads, all);  // adds up
  o->apply(bad, all);    // is skipped
  CHECK(values(a) == Numbers{-2, 7});
  o->apply(grads, all);
  CHECK(values(a) == Numbers{-1, 5});
  CHECK(values(b) == Numbers{0, 7});
  CHECK(values(rest) == Numbers{-2, 7});

  OptimizerPtr plain = sgd(c, 1);
  plain->constrain_range(-1, 5, of_a);
  a->assign(vector({-3, 9}));
  plain->apply(none, all);
  CHECK(values(a) == Numbers{-3, 9});  // it has no gradient
  Tensor held = a->read();             // somebody has its value: new memory
  plain->apply(grads, all);
  CHECK(values(a) == Numbers{-1, 5});
  CHECK(values(held) == Numbers{-3, 9});

  OptimizerPtr of_rows = sgd(c, 1);
  VariableRef table = VariableRef::make(tensor({9, 1, 8}, {3, 1}), "table");
  Variable* of_table[] = {table.get()};
  of_rows->constrain_range(-4, 5, of_table);
  Tensor rows[] = {tensor({3}, {1, 1})}, indices[] = {vector({1}, DType::kI64)};
  of_rows->apply(rows, of_table, indices);
  CHECK(values(table) == Numbers{5, -2, 5});

  auto refused = [&](auto&& f, const char* part, Code code = Code::kInvalidArgument) {
    OptimizerPtr fresh = sgd(c, 1);
    INFO(part);
    CHECK(has(message_of([&] { f(*fresh); }, code), part));
    apply_one(*fresh, rest, zero);  // nothing was set
    CHECK(values(rest) == Numbers{-2, 7});
  };
  Variable* of_rest[] = {rest.get()};
  refused([&](Optimizer& x) { x.constrain_range(1, 0, of_rest); }, "must not be above 'max'");
  refused([&](Optimizer& x) { x.constrain_range(kNan, 0, of_rest); }, "must not be above 'max'");
  refused([&](Optimizer& x) { x.constrain_range(-inf, inf, of_rest); }, "must have an end");
  for (auto [min, max] : {std::pair(-1., 1.), {0., 0.}, {0., inf}})
    refused([&, low = min, high = max](Optimizer& x) { x.constrain_norm(low, high, 1, {}, of_rest); },
            "finite numbers");
  for (double rate : {0., -1., 1.5, kNan})
    refused([&](Optimizer& x) { x.constrain_norm(0, 1, rate, {}, of_rest); }, "'rate'");
  refused([&](Optimizer& x) { x.constrain_norm(0, 1, 1, {1}, of_rest); }, "out of range");
  refused([&](Optimizer& x) { x.constrain_norm(0, 1, 1, {0, -1}, of_rest); }, "may stand once: got [0, -1]");
  OptimizerPtr twice = sgd(c, 1);
  twice->constrain_range(-5, 8, of_rest);
  CHECK(has(message_of([&] { twice->constrain_norm(0, 1, 1, {}, of_rest); }), "one constraint"));
  apply_one(*twice, rest, vector({0, -9}));
  CHECK(values(rest) == Numbers{-2, 8});
  CHECK(has(message_of([&] { twice->constrain_range(0, 1, of_a); }, Code::kFailedPrecondition),
            "before the first step or build"));
}

TEST_CASE_METHOD(Fixture,
                 "variables that become their gradients: groups, averages swapped in, and what is refused",
                 "[optim]") {
  OptimizerPtr o = configured(sgd(c, 1), [](StepOptions& s) { s.use_ema = true, s.ema_momentum = 0; });
  std::shared_ptr<Optimizer> group = sgd(c, 1, .9);
  VariableRef w = variable({2}, "w"), mine = variable({7}, "mine"), its = variable({7}, "its");
  Variable *all[] = {w.get(), mine.get(), its.get()}, *of_mine[] = {mine.get()}, *of_its[] = {its.get()};
  o->overwrite_with_gradient(of_mine);
  group->overwrite_with_gradient(of_its);
  o->add_group(group, of_its);
  Tensor grads[] = {vector({1}), vector({30}), vector({-40})};
  o->apply(grads, all);
  CHECK(values(w) == Numbers{1});
  CHECK(values(mine) == Numbers{30});
  CHECK(values(its) == Numbers{-40});
  for (const VariableRef& v : o->variables()) {
    INFO(v->name());
    CHECK((!has(v->name(), "mine") && !has(v->name(), "its")));
  }
  // What was handed in stays what it is, and is no part of what comes later.
  mine->assign(vector({5}));
  CHECK(values(grads[1]) == Numbers{30});
  o->swap_averages(all);
  CHECK(values(mine) == Numbers{5});
  o->swap_averages(all);
  Tensor alone[] = {Tensor(), vector({8}), Tensor()};
  o->apply(alone, all);
  CHECK(values(w) == Numbers{1});
  CHECK(values(mine) == Numbers{8});
  CHECK(values(its) == Numbers{-40});
  CHECK(o->iterations() == 2);
  CHECK(has(message_of([&] { o->overwrite_with_gradient(of_mine); }, Code::kFailedPrecondition),
            "before the first step or build"));

  // A step that fails leaves them; so do gradients of rows, which no such variable takes.
  OptimizerPtr strict =
      configured(sgd(c, 1), [](StepOptions& s) { s.non_finite = NonFiniteGradients::kError; });
  strict->overwrite_with_gradient(of_mine);
  Tensor bad[] = {vector({kNan}), vector({9})};
  Variable* two[] = {w.get(), mine.get()};
  CHECK(has(message_of([&] { strict->apply(bad, two); }, Code::kNonFinite), "'w'"));
  Tensor worse[] = {vector({1}), vector({kInf})};
  CHECK(has(message_of([&] { strict->apply(worse, two); }, Code::kNonFinite), "'mine'"));
  CHECK(values(w) == Numbers{1});
  CHECK(values(mine) == Numbers{8});
  Tensor rows[] = {vector({3})}, indices[] = {vector({0}, DType::kI64)};
  CHECK(has(message_of([&] { strict->apply(rows, of_mine, indices); }), "takes the whole of it"));
  CHECK(has(message_of([&] { strict->overwrite_with_gradient({}); }), "at least 1 variable"));
}

TEST_CASE_METHOD(Fixture, "Lookahead: slow weights, and what is refused", "[optim]") {
  OptimizerPtr o =
      configured(sgd(c, 1), [](StepOptions& s) { s.lookahead_steps = 2, s.lookahead_alpha = .25; });
  VariableRef a = variable({8}, "a"), b = variable({8}, "b");
  Variable *both[] = {a.get(), b.get()}, *one[] = {a.get()};
  Tensor two[] = {vector({1}), vector({2})};
  o->apply(two, both);
  CHECK(values(a) == Numbers{7});
  // b has no gradient in the step that looks ahead, but has moved.
  Tensor first[] = {vector({1}), Tensor()};
  o->apply(first, both);
  CHECK(values(a) == Numbers{7.5});
  CHECK(values(b) == Numbers{7.5});
  CHECK(values(state_named(*o, "sgd/a/slow")) == Numbers{7.5});
  // They share memory now, which is not written into.
  o->apply(Span<const Tensor>(two, 1), one);
  CHECK(values(a) == Numbers{6.5});
  CHECK(values(state_named(*o, "sgd/a/slow")) == Numbers{7.5});
  CHECK(has(message_of([&] { configured(sgd(c, 1), [](StepOptions& s) { s.lookahead_steps = -1; }); }),
            "'lookahead_steps'"));
  for (double alpha : {0., 1.5, kNan})
    CHECK(has(message_of([&] { configured(sgd(c, 1), [=](StepOptions& s) { s.lookahead_alpha = alpha; }); }),
              "'lookahead_alpha'"));
}

}  // namespace
}  // namespace tl::test
