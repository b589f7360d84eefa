// 20 steps of every optimizer with what surrounds the update, in the order of Keras, against loops over doubles that are written
// from the formulas: loss scale, accumulation, clipping, weight decay with exclusions, the update, Lookahead, averages.
#include <algorithm>

#include "tests/optim/step_options_cases.h"

namespace tl::test {
namespace {

// What surrounds the update of one variable, in plain numbers.
struct Surrounded {
  Trained trained;
  bool decays;
  Numbers sum, average, slow;
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

  void call(std::vector<Numbers> g, double rate) {
    for (Numbers& one : g) scale(one, 1 / o_.loss_scale_factor);
    bool finite = true;
    for (const Numbers& one : g)
      for (double x : one) finite &= std::isfinite(x);
    if (!finite && o_.non_finite == NonFiniteGradients::kSkip) return;
    const int64_t n = o_.gradient_accumulation_steps;
    if (n > 0) {
      for (size_t i = 0; i < g.size(); i++)
        for (size_t k = 0; k < g[i].size(); k++) v_[i].sum[k] += g[i][k];
      if (++calls_ % n != 0) return;
      for (size_t i = 0; i < g.size(); i++) {
        g[i] = v_[i].sum;
        scale(g[i], 1. / static_cast<double>(n));
        std::fill(v_[i].sum.begin(), v_[i].sum.end(), 0.);
      }
    }
    step_++;
    clip(g);
    for (size_t i = 0; i < g.size(); i++) update(v_[i], g[i], rate);
  }
  const Surrounded& at(size_t i) const { return v_[i]; }

 private:
  void clip(std::vector<Numbers>& g) const {
    double all = 0;
    for (const Numbers& one : g) all += norm_of(one) * norm_of(one);
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
    if (!o_.use_ema) return;
    if (step_ == 1) v.average = w;
    for (size_t k = 0; k < w.size(); k++)
      v.average[k] = o_.ema_momentum * v.average[k] + (1 - o_.ema_momentum) * w[k];
    if (o_.ema_overwrite_frequency > 0 && step_ % o_.ema_overwrite_frequency == 0) w = v.average;
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
};

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
  return {{"loss scale", [](StepOptions& s) { s.loss_scale_factor = 7; }},
          {"accumulation", [](StepOptions& s) { s.gradient_accumulation_steps = 3; }},
          {"clip by value", [](StepOptions& s) { s.clip_value = .5; }},
          {"clip by norm", [](StepOptions& s) { s.clip_norm = 1.5; }},
          {"clip by global norm", [](StepOptions& s) { s.global_clip_norm = 2; }},
          {"weight decay", [](StepOptions& s) { s.weight_decay = .3; }},
          {"L2", [](StepOptions& s) { s.weight_decay = .3, s.weight_decay_form = WeightDecayForm::kL2; }},
          {"Lookahead", [](StepOptions& s) { s.lookahead_steps = 5; }},
          {"averages", [](StepOptions& s) { s.use_ema = true, s.ema_momentum = .8; }},
          {"averages that overwrite",
           [](StepOptions& s) { s.use_ema = true, s.ema_momentum = .8, s.ema_overwrite_frequency = 4; }},
          {"skipping", [](StepOptions& s) { s.non_finite = NonFiniteGradients::kSkip; }},
          {"all, clipped by value", [=](StepOptions& s) { most(s), s.clip_value = .5; }},
          {"all, clipped by norm, L2",
           [=](StepOptions& s) { most(s), s.clip_norm = 1.5, s.weight_decay_form = WeightDecayForm::kL2; }},
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
  for (size_t k = 0; k < optimizer_cases().size(); k++)
    for (const Surrounding& surrounding : surroundings()) {
      const OptimizerCase& one = optimizer_cases()[k];
      CAPTURE(one.name, k, surrounding.name);
      OptimizerPtr optimizer = one.make(c);
      const StepOptions o = configured_as_far_as_possible(*optimizer, surrounding);
      VariableRef w = VariableRef::make(random(Shape{3, 2}), "w"),
                  kept = VariableRef::make(random(Shape{2, 2}), "kept");
      Variable *all[] = {w.get(), kept.get()}, *excluded[] = {kept.get()};
      // Its own weight decay is tested where the optimizer is.
      if (o.weight_decay > 0) optimizer->exclude_from_weight_decay(excluded);
      Formula want(one, o,
                   {{one.start(values(w), 3, 2), true, {}, {}, {}},
                    {one.start(values(kept), 2, 2), false, {}, {}, {}}});
      double rate = one.rate;
      for (int call = 0; call < 20 * std::max<int>(1, static_cast<int>(o.gradient_accumulation_steps));
           call++) {
        if (call == 9) optimizer->set_learning_rate(rate = .02);
        Tensor grads[] = {random(Shape{3, 2}), random(Shape{2, 2})};
        if (o.non_finite == NonFiniteGradients::kSkip && call % 5 == 3) grads[1] = mul_scalar(grads[1], kInf);
        optimizer->apply(grads, all);
        want.call({values(grads[0]), values(grads[1])}, rate);
        for (size_t i = 0; i < 2; i++) {
          const Surrounded& v = want.at(i);
          check_near(values(all[i]->value()), v.trained.w, 1e-12);
          for (const VariableRef& state : optimizer->variables()) {
            const std::string prefix = concat(optimizer->name(), "/", all[i]->name(), "/");
            if (state->name() == prefix + "gradient_sum") check_near(values(state), v.sum, 1e-12);
            if (state->name() == prefix + "slow") check_near(values(state), v.slow, 1e-12);
            if (state->name() == prefix + "average" && o.use_ema && !v.average.empty())
              check_near(values(state), v.average, 1e-12);
          }
        }
      }
    }
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
