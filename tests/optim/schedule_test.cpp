// Schedules against the conformance catalogue (S1, S3), against the formulas of their sources in plain doubles, and at an
// optimizer: eager, replayed, resumed, and when they fail.
#include "core/optim/schedule.h"

#include "core/compile/function.h"
#include "core/optim/adam.h"
#include "core/optim/plateau.h"
#include "core/optim/sgd.h"
#include "tests/nn/fixture.h"
#include "tests/optim/short_words.h"

namespace tl::test {
namespace {

using namespace tl::optim;
using Numbers = std::vector<double>;
const double kInf = std::numeric_limits<double>::infinity();

Numbers rates(const SchedulePtr& schedule, const std::vector<int64_t>& steps) {
  Numbers out;
  for (int64_t step : steps) out.push_back(schedule->rate(step));
  return out;
}

// Whatever a test needs.
class Given final : public Schedule {
 public:
  explicit Given(std::function<double(int64_t)> f) : f_(std::move(f)) {}

 protected:
  double at(int64_t step) const override { return f_(step); }

 private:
  std::function<double(int64_t)> f_;
};

TEST_CASE("S1 exponential and inverse time decay", "[optim]") {
  check_near(rates(exponential_decay(.05, 10, .96, false), {5}), {.0489897949}, 1e-10);
  check_near(rates(exponential_decay(.1, 3, .96, true), {1, 2, 100}), {.1, .1, .0259986436}, 1e-10);
  check_near(rates(inverse_time_decay(.1, 10, .96, false), {0, 1, 5, 10}),
             {.1, .0912408759, .0675675676, .0510204082}, 1e-10);
  for (int64_t step = 0; step < 100; step++)
    CHECK(inverse_time_decay(.1, 10, .96, true)->rate(step) ==
          .1 / (1 + .96 * std::floor(static_cast<double>(step) / 10)));
}

TEST_CASE("S3 cosine, warm-up and restarts", "[optim]") {
  const std::vector<int64_t> steps{0, 250, 500, 750, 1000, 1250};
  check_near(rates(cosine_decay(1, 1000, 0), steps), {1, .8535533906, .5, .1464466094, 0, 0}, 1e-10);
  check_near(rates(cosine_decay(1, 1000, .1), {250, 750}), {.8681980515, .2318019485}, 1e-10);
  SchedulePtr warm = warmup(0, 1500, cosine_decay(10, 1000, 0));
  for (int64_t step = 0; step <= 1500; step += 100)
    check_near(rates(warm, {step}), {10. * static_cast<double>(step) / 1500}, 1e-14);
  check_near(rates(warm, {1750, 2500, 9999}), {8.535533906, 0, 0}, 1e-9);
  check_near(rates(cosine_restarts(1, 1000, 2, 1, 0), {1000, 1250}), {1, .9619397663}, 1e-10);
}

TEST_CASE("cosine restarts follow Keras's closed form, near each restart, too", "[optim]") {
  for (double t_mul : {1., 1.5, 2.})
    for (double m_mul : {1., .7})
      for (int64_t step = 0; step < 2000; step++) {
        // In the words of Keras, with the logarithm where the code counts.
        const double first = 37;
        double share = static_cast<double>(step) / first, restarts = std::floor(share);
        double within = share - restarts;
        if (t_mul > 1) {
          restarts = std::floor(std::log(1 - share * (1 - t_mul)) / std::log(t_mul) + 1e-12);
          const double before = (1 - std::pow(t_mul, restarts)) / (1 - t_mul);
          within = (share - before) / std::pow(t_mul, restarts);
        }
        const double want =
            .3 * (.9 * .5 * std::pow(m_mul, restarts) * (1 + std::cos(3.14159265358979323846 * within)) + .1);
        INFO("step " << step << " t_mul " << t_mul);
        CHECK(std::abs(cosine_restarts(.3, 37, t_mul, m_mul, .1)->rate(step) - want) < 1e-12);
      }
  // Very late, without a walk over all periods.
  check_near(rates(cosine_restarts(1, 10, 1, 1, 0), {5000000000000000005}), {.5}, 1e-9);
  CHECK(std::isfinite(cosine_restarts(1, 10, 1 + 1e-3, 1, 0)->rate(std::numeric_limits<int64_t>::max())));
}

// The same, one period after the other, in long double. `edge`: how far the step is from a restart, in first periods.
double walked(int64_t decay_steps, double t_mul, double m_mul, int64_t step, double& edge) {
  long double left = static_cast<long double>(step) / static_cast<long double>(decay_steps), period = 1,
              height = 1;
  for (; left >= period; period *= t_mul, height *= m_mul) left -= period;
  edge = static_cast<double>(std::min(left, period - left));
  return static_cast<double>(.9L * .5L * height * (1 + std::cos(3.14159265358979323846L * left / period)) +
                             .1L);
}

TEST_CASE("cosine restarts find their period as a walk over the periods does", "[optim]") {
  int compared = 0;
  for (double t_mul : {1 + 1e-12, 1 + 1e-7, 1.0001, 1.01, 1.1, 1.5, 2., 3., 1000., 1e18, 1e300})
    for (int64_t decay_steps : {1, 10, 37, 1000})
      for (int64_t step = 0; step < 20000; step += step < 1000 ? 1 : 997) {
        double edge;
        const double want = walked(decay_steps, t_mul, .99, step, edge);
        const double time = static_cast<double>(step) / static_cast<double>(decay_steps);
        if (edge <= 1e-13 * time) continue;  // either side is right
        compared++;
        INFO("t_mul " << t_mul << ", " << decay_steps << " steps, step " << step);
        CHECK(std::abs(cosine_restarts(1, decay_steps, t_mul, .99, .1)->rate(step) - want) < 1e-11);
      }
  CHECK(compared > 40000);
}

TEST_CASE("cosine restarts restart at each end of a period", "[optim]") {
  struct Case {
    double t_mul;
    int64_t decay_steps;
    std::vector<int64_t> restarts;
  };
  const Case cases[] = {{1.1, 10, {10, 21}},
                        {1.1, 1000, {1000, 2100, 3310, 4641}},
                        {1.5, 8, {8, 20, 38, 65}},
                        {1.2, 25, {25, 55, 91}},
                        {2, 7, {7, 21, 49, 105, 217, 7 * ((int64_t{1} << 50) - 1)}},
                        {3, 5, {5, 20, 65, 200}}};
  for (const Case& k : cases)
    for (size_t i = 0; i < k.restarts.size(); i++) {
      INFO("t_mul " << k.t_mul << ", step " << k.restarts[i]);
      SchedulePtr s = cosine_restarts(1, k.decay_steps, k.t_mul, 1, 0);
      CHECK(s->rate(k.restarts[i]) == 1);
      if (i < 5) CHECK(s->rate(k.restarts[i] - 1) < .3);
    }
}

TEST_CASE("cosine restarts take the same time at any step, however little periods grow", "[optim]") {
  const int64_t last = std::numeric_limits<int64_t>::max();
  for (double t_mul : {std::nextafter(1., 2.), 1 + 1e-15, 1 + 1e-10, 1 + 1e-5, 1.5, 2., 1e18, 1e300,
                       std::numeric_limits<double>::max()})
    for (int64_t decay_steps : {int64_t{1}, int64_t{1000}, last})
      for (int64_t step :
           {int64_t{0}, int64_t{1}, int64_t{1} << 53, int64_t{1000000000000000000}, last - 1, last}) {
        INFO("t_mul " << t_mul << ", " << decay_steps << " steps, step " << step);
        const double rate = cosine_restarts(.5, decay_steps, t_mul, 1, .1)->rate(step);
        CHECK((rate >= .05 && rate <= .5));
      }
  // Period 1e6 of periods that grow by 1e-12 begins at 1e6 (1 + 5e-7).
  check_near(rates(cosine_restarts(1, 1000000, 1 + 1e-12, 1, 0), {1000000000000 + 500000 + 250000}),
             {.5 * (1 + std::cos(3.14159265358979323846 * .25))}, 1e-3);
}

TEST_CASE("piecewise constant: a boundary belongs to the rate before it", "[optim]") {
  const int64_t ends[] = {1, 5};
  const double values[] = {1, .5, .1};
  CHECK(rates(piecewise_constant(ends, values), {0, 1, 2, 5, 6, 1000}) == Numbers{1, 1, .5, .5, .1, .1});
  const double one[] = {3};
  CHECK(rates(piecewise_constant({}, one), {0, 9}) == Numbers{3, 3});
  CHECK(rates(constant_rate(.25), {0, 1, 1000}) == Numbers{.25, .25, .25});
}

TEST_CASE("polynomial decay with and without a cycle", "[optim]") {
  for (double power : {.5, 1., 2.})
    for (int64_t step = 0; step < 50; step++) {
      const double s = static_cast<double>(step), until = 10 * (step == 0 ? 1 : std::ceil(s / 10));
      INFO("step " << step << ", power " << power);
      CHECK(std::abs(polynomial_decay(.1, .01, 10, power, false)->rate(step) -
                     (.09 * std::pow(1 - std::fmin(s, 10) / 10, power) + .01)) < 1e-15);
      CHECK(std::abs(polynomial_decay(.1, .01, 10, power, true)->rate(step) -
                     (.09 * std::pow(1 - s / until, power) + .01)) < 1e-15);
    }
  CHECK(polynomial_decay(.1, .01, 10, 1, true)->rate(10) == .01);
  CHECK(polynomial_decay(.1, .01, 10, 1, true)->rate(11) > .04);
}

TEST_CASE("one cycle: up, down, and PyTorch's turning points", "[optim]") {
  // PyTorch's first example: 10 steps, a third of them up: the top is at step .3 10 - 1 = 2.
  SchedulePtr cycle = one_cycle(1, 10, {});
  CHECK(cycle->rate(0) == Approx(1. / 25).epsilon(1e-14));
  CHECK(cycle->rate(1) == Approx((1 + 1. / 25) / 2).epsilon(1e-14));  // half of the way
  CHECK(cycle->rate(2) == Approx(1).epsilon(1e-14));
  CHECK(cycle->rate(9) == Approx(1. / 25 / 1e4).epsilon(1e-10));
  CHECK(cycle->rate(10) == cycle->rate(9));
  OneCycleOptions o;
  o.linear = true;
  o.warmup_fraction = .5;
  o.div_factor = 10;
  o.final_div_factor = 1;
  check_near(rates(one_cycle(1, 11, o), {0, 2, 9, 10}), {.1, .1 + .9 * 2 / 4.5, .1 + .9 / 5.5, .1}, 1e-14);
  // What PyTorch 2's own OneCycleLR gives where the top lies before the first step, or between two.
  check_near(rates(one_cycle(1, 1, {}), {0, 1, 5}), {4e-6, 4e-6, 4e-6}, 1e-15);
  check_near(rates(one_cycle(1, 2, {}), {0, 1, 2}), {0.811745653949763, 4e-6, 4e-6}, 1e-15);
  check_near(rates(one_cycle(1, 3, {}), {0, 1, 2}), {0.9944154354509117, 0.46263710266697505, 4e-6}, 1e-15);
  check_near(rates(one_cycle(1, 4, {}), {0, 1, 2, 3}), {.04, 0.811745653949763, 0.28306099820869923, 4e-6},
             1e-15);
  check_near(rates(one_cycle(1, 7, {}), {0, 1, 2, 3, 4, 5, 6}),
             {.04, 0.9805566273349586, 0.9190443762697106, 0.6726838364805451, 0.35773877573965707,
              0.0992967918932656, 4e-6},
             1e-15);
  for (int64_t step = 1; step < 30; step++)
    CHECK(one_cycle(1, 100, {})->rate(step) > one_cycle(1, 100, {})->rate(step - 1));
}

TEST_CASE("a sequence counts the steps of each part from its beginning", "[optim]") {
  const SchedulePtr parts[] = {constant_rate(1), exponential_decay(1, 1, .5, false), constant_rate(7)};
  const int64_t ends[] = {2, 5};
  CHECK(rates(sequence(parts, ends), {0, 1, 2, 3, 4, 5, 100}) == Numbers{1, 1, 1, .5, .25, 7, 7});
}

TEST_CASE_METHOD(Fixture, "schedules stand within one another 100 levels deep, and no more", "[optim]") {
  SchedulePtr deep = constant_rate(.25);
  for (int level = 2; level <= Schedule::kMostLevels; level++) {
    const SchedulePtr one[] = {deep};
    if (level % 3 == 0)
      deep = sequence(one, {});
    else if (level % 3 == 1)
      deep = warmup(0, 1, deep);
    else
      deep = std::make_shared<Plateau>(c, deep, PlateauOptions{});
  }
  CHECK(deep->rate(1000) == .25);
  const SchedulePtr two[] = {constant_rate(1), deep};
  const int64_t end[] = {1};
  for (auto& make : std::vector<std::pair<const char*, std::function<void()>>>{
           {"[schedule_warmup]", [&] { warmup(0, 1, deep); }},
           {"[schedule_sequence]", [&] { sequence(two, end); }},
           {"[schedule_plateau]", [&] { Plateau(c, deep, {}); }}}) {
    const std::string text = message_of(make.second);
    CHECK(has(text, make.first));
    CHECK(has(text, "more than 100 levels deep: got 101"));
  }
}

TEST_CASE_METHOD(Fixture, "a schedule that is part of another on many ways counts once", "[optim]") {
  PlateauOptions o;
  SchedulePtr many = std::make_shared<Plateau>(c, constant_rate(.1), o);
  o.name = "outer";
  many = std::make_shared<Plateau>(c, many, o);
  const int64_t end[] = {1};
  while (true) {  // to the deepest: 2^97 ways
    const SchedulePtr twice[] = {many, many};
    try {
      many = sequence(twice, end);
    } catch (const Error&) {
      break;
    }
  }
  CHECK(many->rate(5) == .1);
  auto sgd = make_sgd(c, {});
  sgd->set_schedule(many);
  std::vector<std::string> names;
  for (const VariableRef& v : sgd->variables()) names.push_back(v->name());
  CHECK(names == std::vector<std::string>{"sgd/iterations", "sgd/learning_rate", "plateau/scale",
                                          "plateau/best", "plateau/wait", "plateau/cooldown", "outer/scale",
                                          "outer/best", "outer/wait", "outer/cooldown"});
}

TEST_CASE("arguments of schedules that make no sense are refused by name", "[optim]") {
  const double nan = std::nan("");
  struct Case {
    std::function<void()> make;
    const char* text;
  };
  const int64_t falling[] = {5, 5}, early[] = {-1}, first[] = {0}, two[] = {1, 2};
  const double rates_of_3[] = {1, 1, 1}, bad[] = {1, -1};
  const SchedulePtr one[] = {constant_rate(1)}, missing[] = {constant_rate(1), nullptr};
  OneCycleOptions up, div;
  up.warmup_fraction = 1;
  div.div_factor = .5;
  const Case cases[] = {
      {[&] { constant_rate(-1); }, "[schedule_constant] 'rate' must be a finite number"},
      {[&] { constant_rate(nan); }, "got nan"},
      {[&] { exponential_decay(1, 0, .5, false); }, "'decay_steps' must be at least 1: got 0"},
      {[&] { exponential_decay(1, 1, -.5, false); }, "'decay_rate'"},
      {[&] { inverse_time_decay(kInf, 1, 1, false); }, "'rate'"},
      {[&] { inverse_time_decay(1, -3, 1, false); }, "'decay_steps'"},
      {[&] { polynomial_decay(1, nan, 1, 1, false); }, "'end_rate'"},
      {[&] { polynomial_decay(1, 0, 1, -1, false); }, "'power'"},
      {[&] { cosine_decay(1, 10, 1.5); }, "'alpha' must be a finite number in [0, 1]: got 1.5"},
      {[&] { cosine_decay(1, 0, 0); }, "'decay_steps'"},
      {[&] { cosine_restarts(1, 10, .5, 1, 0); }, "'t_mul'"},
      {[&] { cosine_restarts(1, 10, 2, -1, 0); }, "'m_mul'"},
      {[&] { cosine_restarts(1, 10, 2, 1, nan); }, "'alpha'"},
      {[&] { one_cycle(1, 0, {}); }, "'total_steps'"},
      {[&] { one_cycle(1, 9, up); }, "'warmup_fraction' must be in (0, 1): got 1"},
      {[&] { one_cycle(1, 9, div); }, "'div_factor'"},
      {[&] { warmup(-1, 5, constant_rate(1)); }, "'start_rate'"},
      {[&] { warmup(0, 0, constant_rate(1)); }, "'steps'"},
      {[&] { warmup(0, 5, nullptr); }, "'then' must be a schedule: got null"},
      {[&] { piecewise_constant(falling, rates_of_3); }, "must ascend: got 5 after 5"},
      {[&] { piecewise_constant(early, bad); }, "at least 0: got -1"},
      {[&] { piecewise_constant(first, bad); }, "'rates'"},
      {[&] { piecewise_constant(first, rates_of_3); }, "got 3 and 1"},
      {[&] { sequence(one, first); }, "got 1 and 1"},
      {[&] { sequence(missing, first); }, "at least 1: got 0"},
      {[&] { sequence(missing, Span<const int64_t>(two, 1)); }, "'schedules' must be a schedule: got null"},
      {[&] { constant_rate(1)->rate(-1); }, "must not be negative: got -1"},
  };
  for (const Case& c : cases) {
    INFO(c.text);
    CHECK(has(message_of(c.make), c.text));
  }
}

TEST_CASE_METHOD(Fixture, "an optimizer takes the rate of the count of steps before the update", "[optim]") {
  auto sgd = make_sgd(c, {});
  sgd->set_schedule(exponential_decay(1, 1, .5, false));
  VariableRef w = variable({0});
  double want = 0;
  for (int step = 0; step < 5; step++) {
    CHECK(sgd->learning_rate() == std::pow(.5, step));
    apply_one(*sgd, w, vector({1}));
    want -= std::pow(.5, step);
    CHECK(values(w) == Numbers{want});
  }
  // Resumed at another count, as from a checkpoint.
  sgd->variables()[0]->assign(vector({2}, DType::kI64).view(Shape{}));
  CHECK(sgd->learning_rate() == .25);
  CHECK(has(message_of([&] { sgd->set_learning_rate(.5); }, Code::kFailedPrecondition), "while a schedule"));
  sgd->set_schedule(nullptr);
  CHECK(sgd->learning_rate() == .01);
  sgd->set_learning_rate(.5);
  CHECK(sgd->learning_rate() == .5);
}

TEST_CASE_METHOD(Fixture, "a schedule that fails fails the step, and nothing changes", "[optim]") {
  auto adam = make_adam(c, {});
  VariableRef w = variable({1}, "w");
  for (double rate : {std::nan(""), -1., kInf}) {
    adam->set_schedule(std::make_shared<Given>([=](int64_t) { return rate; }));
    const std::string text = message_of([&] { apply_one(*adam, w, vector({1})); });
    CHECK(has(text, "a rate must be a finite number that is not negative"));
    CHECK(has(text, tl::text(rate).c_str()));
    CHECK(has(text, "for step 0"));
  }
  // The one that has grown too large is named, wherever it stands.
  CHECK(
      has(message_of([&] { (void)warmup(0, 2, exponential_decay(1, 1, 1e300, false))->rate(5); }),
          "[schedule_exponential] a rate must be a finite number that is not negative: got inf for step 3"));
  adam->set_schedule(std::make_shared<Given>([](int64_t) -> double { invalid("[mine] no rate today"); }));
  CHECK(has(message_of([&] { apply_one(*adam, w, vector({1})); }), "[mine] no rate today"));
  CHECK(has(message_of([&] { (void)adam->learning_rate(); }), "[mine] no rate today"));
  CHECK(values(w) == Numbers{1});
  CHECK(adam->iterations() == 0);
  CHECK(adam->variables().size() == 2);
  adam->set_schedule(constant_rate(1e39));
  VariableRef narrow = variable({1}, "narrow", DType::kF32);
  CHECK(has(message_of([&] { apply_one(*adam, narrow, vector({1}, DType::kF32)); }),
            "out of range for 'narrow'"));
}

// A training step with two optimizers, one of which does two steps; run eagerly and replayed.
struct Scheduled {
  explicit Scheduled(Context& context)
      : c(context),
        a(VariableRef::make(full(c, {3}, 1, DType::kF32), "a")),
        b(VariableRef::make(full(c, {}, 2, DType::kF64), "b")),
        sgd(make_sgd(c, {})),
        adam(make_adam(c, {})) {}
  std::vector<Tensor> step(Span<const Tensor> in) {
    Tensor ga[] = {mul(in[0], a->read())}, gb[] = {mul_scalar(b->read(), .3)};
    Variable *va[] = {a.get()}, *vb[] = {b.get()};
    sgd->apply(ga, va);
    adam->apply(gb, vb);
    adam->apply(gb, vb);
    return {ga[0]};
  }
  Context& c;
  VariableRef a, b;
  std::unique_ptr<Optimizer> sgd, adam;
};

TEST_CASE("a replay follows the schedule without being recorded again, to the bit", "[optim][compile]") {
  const ContextOptions options{1, 1, 0, nullptr, nullptr};
  Context eager_context(options), context(options);
  Scheduled eager(eager_context), compiled(context);
  compile::FunctionOptions strict;
  strict.plan.verify = strict.plan.poison = true;
  strict.retrace_is_error = true;
  compile::Function f(
      context, [&](Span<const Tensor> in, size_t) { return compiled.step(in); }, strict);
  for (Scheduled* s : {&eager, &compiled}) {
    s->sgd->set_schedule(warmup(0, 3, cosine_decay(.5, 4, .1)));
    s->adam->set_schedule(exponential_decay(.1, 1, .9, false));
  }
  for (int i = 0; i < 9; i++) {
    if (i == 5)
      for (Scheduled* s : {&eager, &compiled}) s->adam->set_schedule(inverse_time_decay(.2, 3, 1, false));
    if (i == 7)
      for (Scheduled* s : {&eager, &compiled}) s->sgd->set_schedule(nullptr);
    eager.step({full(eager_context, {3}, .5 + i, DType::kF32)});
    Tensor in[] = {full(context, {3}, .5 + i, DType::kF32)}, out[1];
    f.call(in, out);
    CHECK(values(eager.a) == values(compiled.a));
    CHECK(values(eager.b) == values(compiled.b));
    CHECK(compiled.adam->iterations() == 2 * (i + 1));
  }
  CHECK(f.stats().traces == 1);
  CHECK(f.stats().replays == 8);
  // What fails in a replay changes nothing.
  compiled.adam->set_schedule(std::make_shared<Given>([](int64_t step) { return step == 19 ? -1. : .1; }));
  const Numbers a = values(compiled.a), b = values(compiled.b);
  Tensor in[] = {full(context, {3}, 1, DType::kF32)}, out[1];
  CHECK(has(message_of([&] { f.call(in, out); }), "got -1 for step 19"));
  CHECK(values(compiled.a) == a);
  CHECK(values(compiled.b) == b);
  CHECK(compiled.sgd->iterations() == 9);
}

TEST_CASE("a step that looks at its rate, or sets a schedule, cannot be replayed", "[optim][compile]") {
  for (int kind : {0, 1, 2, 3, 4}) {
    Context context(ContextOptions{1, 1, 0, nullptr, nullptr});
    Scheduled s(context);
    auto plateau = std::make_shared<Plateau>(context, constant_rate(.1), PlateauOptions{});
    s.sgd->set_schedule(plateau);
    compile::Function f(context,
                        [&](Span<const Tensor> in, size_t) {
                          if (kind == 0) (void)s.sgd->learning_rate();
                          if (kind == 1) (void)s.adam->learning_rate();
                          if (kind == 2) s.sgd->set_schedule(constant_rate(.2));
                          if (kind == 3) (void)plateau->report(1);
                          if (kind == 4) (void)s.adam->iterations();
                          return s.step(in);
                        },
                        {});
    Tensor in[] = {full(context, {3}, 1, DType::kF32)}, out[1];
    const std::string text = message_of([&] { f.call(in, out); }, Code::kFailedPrecondition);
    const char* names[] = {"optimizer_learning_rate", "optimizer_learning_rate", "'sgd/learning_rate'",
                           "schedule_report", "optimizer_iterations"};
    CHECK(has(text, names[kind]));
  }
}

// Keras's ReduceLROnPlateau, one epoch.
struct ReferencePlateau {
  double factor, min_delta;
  int64_t patience, cooldown;
  bool maximize;
  double rate = 1, best = maximize ? -kInf : kInf;
  int64_t wait = 0, cooling = 0;
  void epoch(double now) {
    if (cooling > 0) {
      cooling--;
      wait = 0;
    }
    if (maximize ? now > best + min_delta : now < best - min_delta) {
      best = now;
      wait = 0;
    } else if (cooling == 0) {
      wait++;
      if (wait >= patience) {
        rate *= factor;
        cooling = cooldown;
        wait = 0;
      }
    }
  }
};

TEST_CASE_METHOD(Fixture, "a plateau counts as Keras does, and its state is variables", "[optim]") {
  const Tensor noise = random(Shape{200});
  for (bool maximize : {false, true})
    for (int64_t patience : {1, 3})
      for (int64_t cooldown : {0, 2}) {
        PlateauOptions o;
        o.factor = .5;
        o.patience = patience;
        o.cooldown = cooldown;
        o.min_delta = .1;
        o.maximize = maximize;
        Plateau plateau(c, constant_rate(1), o);
        ReferencePlateau want{o.factor, o.min_delta, patience, cooldown, maximize};
        for (int64_t i = 0; i < 200; i++) {
          const double metric = i == 50 ? std::nan("") : noise.data<double>()[i];
          const double before = want.rate;
          want.epoch(metric);
          CHECK(plateau.report(metric) == (want.rate != before));
          CHECK(plateau.rate(i) == want.rate);
        }
        CHECK(want.rate < 1e-2);
      }
  PlateauOptions o;
  o.patience = 1;
  o.min_rate = .3;
  o.name = "p";
  auto first = std::make_shared<Plateau>(c, exponential_decay(1, 1, .5, false), o);
  auto sgd = make_sgd(c, {});
  sgd->set_schedule(warmup(0, 1, first));
  std::vector<std::string> names;
  for (const VariableRef& v : sgd->variables()) names.push_back(v->name());
  CHECK(names == std::vector<std::string>{"sgd/iterations", "sgd/learning_rate", "p/scale", "p/best",
                                          "p/wait", "p/cooldown"});
  for (double metric : {5., 5., 6.}) (void)first->report(metric);
  CHECK(rates(first, {0, 1, 2}) == Numbers{.3, .3, .25});  // never above the base
  // A second one that is given this state goes on like the first.
  Plateau second(c, exponential_decay(1, 1, .5, false), o);
  std::vector<VariableRef> from, to;
  first->list_variables(from);
  second.list_variables(to);
  for (size_t i = 0; i < 4; i++) to[i]->assign(from[i]->read());
  CHECK(rates(SchedulePtr(&second, [](const Schedule*) {}), {0, 1, 2}) == Numbers{.3, .3, .25});
  CHECK(second.report(5.5) == first->report(5.5));
  to[0]->assign(scalar(7));
  CHECK(has(message_of([&] { (void)second.rate(0); }), "'p/scale' must be in [0, 1]: got 7"));
}

TEST_CASE_METHOD(Fixture, "a plateau says no reduction where the rate is at its least", "[optim]") {
  PlateauOptions o;
  o.factor = .5;
  o.patience = 1;
  o.min_rate = .2;
  Plateau plateau(c, constant_rate(1), o);
  std::vector<bool> reduced;
  Numbers seen;
  for (int i = 0; i < 6; i++) {
    reduced.push_back(plateau.report(1));
    seen.push_back(plateau.rate(0));
  }
  CHECK(reduced == std::vector<bool>{false, true, true, true, false, false});
  CHECK(seen == Numbers{1, .5, .25, .2, .2, .2});
  CHECK(rates(constant_rate(.1), {0, 7}) == Numbers{.1, .1});
  Plateau low(c, constant_rate(.1), o);  // below min_rate from the start
  CHECK_FALSE((low.report(1) || low.report(1)));
}

TEST_CASE_METHOD(Fixture, "options of a plateau outside their range are refused", "[optim]") {
  auto refused = [&](auto change) {
    PlateauOptions o;
    change(o);
    return message_of([&] { Plateau(c, constant_rate(1), o); });
  };
  CHECK(has(refused([](PlateauOptions& o) { o.factor = 1; }), "'factor' must be in (0, 1): got 1"));
  CHECK(has(refused([](PlateauOptions& o) { o.patience = 0; }), "'patience'"));
  CHECK(has(refused([](PlateauOptions& o) { o.cooldown = -1; }), "'cooldown'"));
  CHECK(has(refused([](PlateauOptions& o) { o.min_delta = std::nan(""); }), "'min_delta'"));
  CHECK(has(refused([](PlateauOptions& o) { o.min_rate = -1; }), "'min_rate'"));
  CHECK(has(message_of([&] { Plateau(c, nullptr, {}); }), "'base' must be a schedule"));
  Context other(ContextOptions{});
  auto sgd = make_sgd(c, {});
  CHECK(has(message_of([&] {
              sgd->set_schedule(std::make_shared<Plateau>(other, constant_rate(1), PlateauOptions{}));
            }),
            "'plateau/scale' of another context"));
}

TEST_CASE_METHOD(Fixture, "an optimizer follows its schedule and what that is made of", "[optim]") {
  auto plateau = std::make_shared<Plateau>(c, constant_rate(1), PlateauOptions{});
  const SchedulePtr warm = warmup(0, 3, plateau), other = constant_rate(1);
  const SchedulePtr both[] = {other, warm};
  const int64_t at[] = {5};
  const SchedulePtr all = sequence(both, at);
  CHECK(all->has(*plateau));
  CHECK(all->has(*warm));
  CHECK(all->has(*all));
  CHECK_FALSE(warm->has(*all));
  CHECK_FALSE(other->has(*plateau));
  auto adam = make_adam(c, {}), sgd = make_sgd(c, {});
  CHECK_FALSE(adam->follows(*plateau));
  adam->set_schedule(all);
  CHECK(adam->follows(*plateau));
  adam->set_schedule(other);
  CHECK_FALSE(adam->follows(*plateau));
  CHECK_FALSE(sgd->follows(*other));
  // Two ways to a part, a hundred times over: each is gone once.
  SchedulePtr twice = other;
  for (int i = 0; i < 90; i++) {
    const SchedulePtr pair[] = {twice, twice};
    twice = sequence(pair, at);
  }
  CHECK(twice->has(*other));
  CHECK_FALSE(twice->has(*plateau));
}

}  // namespace
}  // namespace tl::test
