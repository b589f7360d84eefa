// L-BFGS against dense BFGS matrices and the Wolfe conditions, both evaluated here from the book's formulas; its state, and failures.
// SAM and ASAM against their formulas, compiled, and failures.
#include <utility>

#include "core/compile/function.h"
#include "core/optim/lbfgs.h"
#include "core/optim/line_search.h"
#include "core/optim/sam.h"
#include "tests/optim/step_options_cases.h"
#include "tests/rounds.h"

namespace tl::test {
namespace {

using Function = std::function<double(const Numbers& x, Numbers& g)>;

// The sum of Rosenbrock's valleys over pairs of coordinates.
double rosenbrock(const Numbers& x, Numbers& g) {
  double f = 0;
  g.assign(x.size(), 0);
  for (size_t i = 0; i + 1 < x.size(); i += 2) {
    const double a = x[i], b = x[i + 1], t = b - a * a;
    f += 100 * t * t + (1 - a) * (1 - a);
    g[i] = -400 * a * t - 2 * (1 - a);
    g[i + 1] = 200 * t;
  }
  return f;
}

double bowl(const Numbers& x, Numbers& g) {
  double f = 0;
  g.assign(x.size(), 0);
  for (size_t i = 0; i < x.size(); i++) {
    const double scale = static_cast<double>((i + 1) * (i + 1)), d = x[i] - static_cast<double>(i);
    f += scale * d * d / 2;
    g[i] = scale * d;
  }
  return f;
}

double dot(const Numbers& a, const Numbers& b) {
  double total = 0;
  for (size_t i = 0; i < a.size(); i++) total += a[i] * b[i];
  return total;
}

// Variables that hold the coordinates one after the other, and a function of them, evaluated outside of the library.
struct Problem {
  Problem(Fixture& fixture, Function function, std::vector<Numbers> start)
      : f(fixture), of(std::move(function)) {
    for (const Numbers& part : start)
      variables.push_back(f.variable(part, concat("x", variables.size()).c_str()));
    for (const VariableRef& v : variables) all.push_back(v.get());
  }
  Numbers x() const {
    Numbers out;
    for (const VariableRef& v : variables)
      for (double value : values(v)) out.push_back(value);
    return out;
  }
  Evaluate evaluate() {
    return [this] {
      evaluations++;
      if (evaluations == fails_at) fail(Code::kUnsupported, "words of the program's own");
      Numbers g;
      const double value = of(x(), g);
      Evaluation e{f.scalar(value), {}};
      size_t at = 0;
      for (const VariableRef& v : variables) {
        const size_t n = static_cast<size_t>(v->shape().elements());
        e.gradients.push_back(f.vector(Numbers(g.begin() + static_cast<std::ptrdiff_t>(at),
                                               g.begin() + static_cast<std::ptrdiff_t>(at + n))));
        at += n;
      }
      return e;
    };
  }
  Fixture& f;
  Function of;
  std::vector<VariableRef> variables;
  std::vector<Variable*> all;
  int evaluations = 0, fails_at = 0;
};

LbfgsOptions lbfgs_options(int64_t history, int64_t iterations) {
  LbfgsOptions o;
  o.history_size = history;
  o.max_iterations = iterations;
  return o;
}

// H g for the dense inverse BFGS matrix (Nocedal and Wright, 7.16), built up from gamma I by the given pairs.
Numbers dense_direction(const std::vector<std::pair<Numbers, Numbers>>& pairs, size_t most,
                        const Numbers& g) {
  const size_t n = g.size(), first = pairs.size() > most ? pairs.size() - most : 0;
  std::vector<Numbers> h(n, Numbers(n, 0));
  double gamma = 1;
  if (!pairs.empty())
    gamma = dot(pairs.back().first, pairs.back().second) / dot(pairs.back().second, pairs.back().second);
  for (size_t i = 0; i < n; i++) h[i][i] = gamma;
  for (size_t p = first; p < pairs.size(); p++) {
    const Numbers &s = pairs[p].first, &y = pairs[p].second;
    const double rho = 1 / dot(s, y);
    std::vector<Numbers> v(n, Numbers(n, 0)), vh = v, next = v;  // v = I - rho y s'
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < n; j++) v[i][j] = (i == j) - rho * y[i] * s[j];
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k < n; k++) vh[i][j] += v[k][i] * h[k][j];
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < n; j++) {
        for (size_t k = 0; k < n; k++) next[i][j] += vh[i][k] * v[k][j];
        next[i][j] += rho * s[i] * s[j];
      }
    h = next;
  }
  Numbers p(n, 0);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) p[i] -= h[i][j] * g[j];
  return p;
}

TEST_CASE_METHOD(
    Fixture, "L-BFGS steps along the dense BFGS direction to points that meet the strong Wolfe conditions",
    "[optim]") {
  for (size_t history : {size_t{4}, size_t{10}}) {
    Problem problem(*this, rosenbrock, {{-1.2, 1, -1}, {1.1}});
    Lbfgs lbfgs(c, lbfgs_options(static_cast<int64_t>(history), 1));
    std::vector<std::pair<Numbers, Numbers>> pairs;
    int iterations = 0;
    for (; iterations < 200; iterations++) {
      const Numbers from = problem.x();
      Numbers g, g_to;
      const double f = rosenbrock(from, g);
      const LbfgsReport report = lbfgs.minimize(problem.evaluate(), problem.all);
      const Numbers to = problem.x();
      const double f_to = rosenbrock(to, g_to);
      CHECK(report.loss == f_to);
      const Numbers p = dense_direction(pairs, history, g);
      Numbers s(to.size()), y(to.size());
      for (size_t i = 0; i < s.size(); i++) s[i] = to[i] - from[i], y[i] = g_to[i] - g[i];
      const double t = dot(s, p) / dot(p, p);
      CAPTURE(history, iterations, t);
      for (size_t i = 0; i < s.size(); i++)
        CHECK(std::fabs(s[i] - t * p[i]) <= 1e-7 * std::sqrt(dot(s, s)) + 1e-13);
      CHECK(t > 0);
      CHECK(f_to <= f + 1e-4 * t * dot(g, p) + 1e-15);
      CHECK(std::fabs(dot(g_to, p)) <= .9 * std::fabs(dot(g, p)) + 1e-15);
      pairs.emplace_back(s, y);
      if (report.converged) break;
    }
    CHECK(iterations < 200);
    check_near(problem.x(), Numbers(4, 1), 1e-6);
    CHECK(lbfgs.iterations() == iterations + 1);
  }
}

TEST_CASE_METHOD(Fixture, "L-BFGS finds the minimum of a bowl and of Rosenbrock's valley in one call",
                 "[optim]") {
  Problem quadratic(*this, bowl, {{5, 5, 5}, {-5, 5}});
  Lbfgs lbfgs(c, lbfgs_options(10, 100));
  LbfgsReport report = lbfgs.minimize(quadratic.evaluate(), quadratic.all);
  CHECK(report.converged);
  CHECK(report.iterations < 25);
  CHECK(report.evaluations == quadratic.evaluations);
  check_near(quadratic.x(), {0, 1, 2, 3, 4}, 1e-6);
  Problem valley(*this, rosenbrock, {{-1.2, 1}});
  Lbfgs other(c, lbfgs_options(10, 100));
  report = other.minimize(valley.evaluate(), valley.all);
  CHECK(report.converged);
  CHECK(report.iterations < 50);
  CHECK(report.evaluations < 80);
  check_near(valley.x(), {1, 1}, 1e-6);
  // Nothing is left to do.
  const Numbers there = valley.x();
  report = other.minimize(valley.evaluate(), valley.all);
  CHECK(report.converged);
  CHECK(report.iterations == 0);
  CHECK(valley.x() == there);
}

TEST_CASE("a line search meets the strong Wolfe conditions from any first step", "[optim]") {
  const std::pair<const char*, std::function<std::pair<double, double>(double)>> lines[] = {
      {"parabola",
       [](double t) {
         return std::pair{(t - 3) * (t - 3), 2 * (t - 3)};
       }},
      {"hill behind",
       [](double t) {
         return std::pair{-t * std::exp(-t), (t - 1) * std::exp(-t)};
       }},
      {"More and Thuente 1",
       [](double t) {
         return std::pair{-t / (t * t + 2), (t * t - 2) / ((t * t + 2) * (t * t + 2))};
       }},
      {"waves",
       [](double t) {
         return std::pair{.1 * (t - 2) * (t - 2) - .3 * std::sin(5 * t),
                          .2 * (t - 2) - 1.5 * std::cos(5 * t)};
       }},
      {"no numbers behind 1", [](double t) {
         return t < 1 ? std::pair{-std::log(1 - t) - 3 * t, 1 / (1 - t) - 3} : std::pair{kNan, kNan};
       }}};
  for (const auto& [name, f] : lines)
    for (double first : {1e-4, .1, 1., 10., 1e4})
      for (double c2 : {.9, .1}) {
        CAPTURE(name, first, c2);
        WolfeOptions o;
        o.curvature = c2;
        o.most_evaluations = 60;
        int evaluations = 0;
        auto line = [&, &f = f](double t) {
          evaluations++;
          return LinePoint{t, f(t).first, f(t).second};
        };
        const auto [value, slope] = f(0);
        REQUIRE(slope < 0);
        const LineSearchResult found = wolfe_search(line, {0, value, slope}, first, o);
        REQUIRE(found.found);
        CHECK(found.evaluations == evaluations);
        const auto [at, flat] = f(found.point.step);
        CHECK(found.point.value == at);
        CHECK(at <= value + 1e-4 * found.point.step * slope);
        CHECK(std::fabs(flat) <= c2 * std::fabs(slope));
      }
}

TEST_CASE_METHOD(Fixture, "the history of L-BFGS is state: calls go on, and another one with it does",
                 "[optim]") {
  auto start = std::vector<Numbers>{{-1.2, 1}, {.5, 2, -1, 0}};
  Problem once(*this, rosenbrock, start), twice(*this, rosenbrock, start), resumed(*this, rosenbrock, start);
  Lbfgs long_one(c, lbfgs_options(3, 12)), short_one(c, lbfgs_options(3, 6)), other(c, lbfgs_options(3, 6));
  long_one.minimize(once.evaluate(), once.all);
  short_one.minimize(twice.evaluate(), twice.all);
  other.build(resumed.all);
  std::vector<VariableRef> from = short_one.variables(), to = other.variables();
  REQUIRE(from.size() == to.size());
  for (size_t i = 0; i < from.size(); i++) {
    CHECK(from[i]->name() == to[i]->name());
    to[i]->assign(from[i]->value());
  }
  for (size_t i = 0; i < 2; i++) resumed.variables[i]->assign(twice.variables[i]->value());
  short_one.minimize(twice.evaluate(), twice.all);
  other.minimize(resumed.evaluate(), resumed.all);
  CHECK(twice.x() == once.x());
  CHECK(resumed.x() == once.x());
  CHECK(other.iterations() == 12);
  CHECK(item(state_named(other, "lbfgs/x1/pairs")->value()) == 3);
  state_named(other, "lbfgs/x1/pairs")->assign(full(c, {}, 4, DType::kI64));
  CHECK(has(message_of([&] { other.minimize(resumed.evaluate(), resumed.all); }),
            "'lbfgs/x1/pairs' must be in [0, 3]: got 4"));
}

TEST_CASE_METHOD(Fixture, "a minimization that fails at any evaluation leaves all as it was", "[optim]") {
  Problem problem(*this, rosenbrock, {{-1.2, 1}, {.5, 2}});
  Lbfgs lbfgs(c, lbfgs_options(4, 5));
  lbfgs.minimize(problem.evaluate(), problem.all);
  auto state = [&] {
    std::vector<Numbers> all;
    for (const VariableRef& v : lbfgs.variables()) all.push_back(values(v));
    all.push_back(problem.x());
    return all;
  };
  const std::vector<Numbers> before = state();
  problem.evaluations = 0;
  for (problem.fails_at = 1;; problem.fails_at++) {
    problem.evaluations = 0;
    bool failed = false;
    try {
      lbfgs.minimize(problem.evaluate(), problem.all);
    } catch (const Error& e) {
      failed = true;
      CHECK(e.code() == Code::kUnsupported);
    }
    if (!failed) break;
    CHECK(state() == before);
  }
  CHECK(problem.fails_at > 5);
  CHECK(state() != before);
}

TEST_CASE_METHOD(Fixture, "L-BFGS refuses what it cannot do", "[optim]") {
  Problem problem(*this, rosenbrock, {{-1.2, 1}});
  Lbfgs lbfgs(c, LbfgsOptions{});
  CHECK(has(message_of(
                [&] {
                  apply_one(lbfgs, problem.variables[0], vector({1, 1}));
                },
                Code::kFailedPrecondition),
            "use optimizer_minimize"));
  CHECK(has(message_of([&] { lbfgs.configure({}); }),
            "step options are not for this optimizer, because an iteration"));
  OptimizerPtr main = sgd(c, 1);
  CHECK(has(message_of([&] { main->add_group(std::make_shared<Lbfgs>(c, LbfgsOptions{}), problem.all); }),
            "groups are not for"));
  auto with = [&](const Evaluate& evaluate, Code code = Code::kInvalidArgument) {
    return message_of([&] { lbfgs.minimize(evaluate, problem.all); }, code);
  };
  CHECK(has(with([&] { return Evaluation{Tensor(), {vector({1, 1})}}; }), "must give the loss"));
  CHECK(has(with([&] {
              return Evaluation{vector({1, 1}), {vector({1, 1})}};
            }),
            "the loss must be one number"));
  CHECK(has(with([&] { return Evaluation{scalar(1), {}}; }), "got 0 for 1"));
  CHECK(has(with([&] { return Evaluation{scalar(1), {Tensor()}}; }), "no gradients provided"));
  CHECK(has(with([&] { return Evaluation{scalar(1), {vector({1})}}; }), "for 'x0' of"));
  CHECK(has(with([&] { return Evaluation{scalar(kNan), {vector({1, 1})}}; }, Code::kNonFinite), "got nan"));
  CHECK(has(with([&] { return Evaluation{scalar(1), {vector({1, kInf})}}; }, Code::kNonFinite), "with inf"));
  CHECK(has(with(
                [&] {
                  lbfgs.minimize(problem.evaluate(), problem.all);
                  return Evaluation{};
                },
                Code::kFailedPrecondition),
            "one step at a time"));
  struct Case {
    std::function<void(LbfgsOptions&)> change;
    const char* text;
  };
  for (const Case& k : {Case{[](LbfgsOptions& o) { o.history_size = 0; }, "'history_size'"},
                        Case{[](LbfgsOptions& o) { o.max_iterations = -1; }, "'max_iterations'"},
                        Case{[](LbfgsOptions& o) { o.gradient_tolerance = -1; }, "'gradient_tolerance'"},
                        Case{[](LbfgsOptions& o) { o.change_tolerance = kNan; }, "'change_tolerance'"},
                        Case{[](LbfgsOptions& o) { o.sufficient_decrease = 1; }, "'sufficient_decrease'"},
                        Case{[](LbfgsOptions& o) { o.curvature = 1e-5; }, "'curvature'"}}) {
    LbfgsOptions o;
    k.change(o);
    CHECK(has(message_of([&] { Lbfgs(c, o); }), k.text));
  }
  compile::Function function(c,
                             [&](Span<const Tensor> x, size_t) {
                               lbfgs.minimize(problem.evaluate(), problem.all);
                               return std::vector<Tensor>{x[0]};
                             },
                             {});
  Tensor in = scalar(1), out[1];
  CHECK(has(message_of([&] { function.call(Span<const Tensor>(&in, 1), out); }, Code::kFailedPrecondition),
            "L-BFGS"));
}

TEST_CASE_METHOD(Fixture, "L-BFGS in f32, and with a variable that has no gradient", "[optim]") {
  VariableRef x = variable({3, -2}, "x", DType::kF32), idle = variable({5}, "idle", DType::kF32);
  Variable* all[] = {x.get(), idle.get()};
  Lbfgs lbfgs(c, lbfgs_options(5, 50));
  const LbfgsReport report = lbfgs.minimize(
      [&] {
        Tensor w = x->peek();
        return Evaluation{sum(square(square(w))), {mul_scalar(mul(square(w), w), 4), Tensor()}};
      },
      all);
  CHECK(report.converged);
  CHECK(report.loss < 1e-8);
  CHECK(values(idle) == Numbers{5});
}

// ---- SAM ----

// sum w^4 / 4 of two variables, its gradient w^3.
Evaluation quartic(const std::vector<VariableRef>& w) {
  Evaluation e;
  for (const VariableRef& v : w) {
    Tensor x = v->read(), own = mul_scalar(sum(square(square(x))), .25);
    e.loss = e.loss ? add(e.loss, own) : own;
    e.gradients.push_back(mul(square(x), x));
  }
  return e;
}

TEST_CASE_METHOD(Fixture, "20 steps of SAM and ASAM follow their formulas", "[optim]") {
  for (bool adaptive : {false, true}) {
    std::vector<VariableRef> w{variable({1, -2}, "a"), variable({.5}, "b")};
    std::vector<Variable*> all{w[0].get(), w[1].get()};
    OptimizerPtr optimizer = sgd(c, .05, .9, MomentumForm::kPyTorch);
    SamOptions o;
    o.rho = .2, o.adaptive = adaptive, o.eta = .03;
    Numbers x{1, -2, .5}, m(3, 0);
    for (int step = 0; step < 20; step++) {
      double loss = 0, norm = 0;
      Numbers t(3), g(3);
      for (size_t i = 0; i < 3; i++) {
        loss += std::pow(x[i], 4) / 4;
        g[i] = std::pow(x[i], 3);
        t[i] = adaptive ? std::fabs(x[i]) + .03 : 1;
        norm += t[i] * g[i] * t[i] * g[i];
      }
      for (size_t i = 0; i < 3; i++) {
        const double there = x[i] + .2 * t[i] * t[i] * g[i] / (std::sqrt(norm) + 1e-12);
        m[i] = .9 * m[i] + std::pow(there, 3);
        x[i] -= .05 * m[i];
      }
      check_near(values(apply_sam(
                     *optimizer, o, [&] { return quartic(w); }, all)),
                 {loss}, 1e-12);
      check_near(values(w[0]), {x[0], x[1]}, 1e-12);
      check_near(values(w[1]), {x[2]}, 1e-12);
    }
    CHECK(optimizer->iterations() == 20);
  }
}

TEST_CASE("SAM has the same bits compiled and eager", "[optim][compile]") {
  for (bool adaptive : {false, true})
    for (DType dtype : {DType::kF32, DType::kF64}) {
      struct Net {
        Net(Context& context, DType dtype) : c(context), optimizer(adam(context)) {
          w = {VariableRef::make(full(c, {3}, .5, dtype), "a"),
               VariableRef::make(full(c, {2, 2}, -1.5, dtype), "b")};
        }
        std::vector<Tensor> step(const Tensor& x, bool adaptive) {
          SamOptions o;
          o.adaptive = adaptive;
          Variable* all[] = {w[0].get(), w[1].get()};
          auto evaluate = [&] {
            evaluations++;
            Evaluation e = quartic(w);
            e.gradients[0] = mul(e.gradients[0], x);
            return e;
          };
          return {apply_sam(*optimizer, o, evaluate, all)};
        }
        Context& c;
        OptimizerPtr optimizer;
        std::vector<VariableRef> w;
        int evaluations = 0;
      };
      Context first(ContextOptions{}), second(ContextOptions{});
      Net eager(first, dtype), compiled(second, dtype);
      compile::FunctionOptions options;
      options.plan.verify = options.plan.poison = true;
      compile::Function function(
          second, [&](Span<const Tensor> x, size_t) { return compiled.step(x[0], adaptive); }, options);
      for (int step = 0; step < 5; step++) {
        Tensor x = full(first, {3}, 1 + .5 * step, dtype), y = full(second, {3}, 1 + .5 * step, dtype),
               out[1];
        const Tensor loss = eager.step(x, adaptive)[0];
        function.call(Span<const Tensor>(&y, 1), out);
        CHECK(values(loss) == values(out[0]));
        for (size_t i = 0; i < 2; i++) CHECK(values(eager.w[i]) == values(compiled.w[i]));
      }
      CHECK(compiled.evaluations == 2);
      CHECK(function.stats().traces == 1);
    }
}

TEST_CASE("L-BFGS and SAM without memory leave all as it was", "[optim]") {
  for (bool sam : {false, true}) {
    CAPTURE(sam);
    Context own(ContextOptions{3, 1, 0, nullptr, nullptr});
    std::vector<VariableRef> w{VariableRef::make(normal(own, {20000}), "a"),
                               VariableRef::make(normal(own, {30000}), "b")};
    std::vector<Variable*> all{w[0].get(), w[1].get()};
    Lbfgs lbfgs(own, lbfgs_options(3, 4));
    OptimizerPtr inner = adam(own);
    Optimizer& optimizer = sam ? *inner : static_cast<Optimizer&>(lbfgs);
    auto step = [&] {
      if (sam)
        apply_sam(
            *inner, {}, [&] { return quartic(w); }, all);
      else
        lbfgs.minimize([&] { return quartic(w); }, all);
    };
    step();
    auto state = [&] {
      std::vector<Numbers> out;
      for (const VariableRef& v : optimizer.variables()) out.push_back(values(v));
      for (const VariableRef& v : w) out.push_back(values(v));
      return out;
    };
    const std::vector<Numbers> before = state();
    own.allocator().trim();
    const size_t live = own.allocator().stats().live_bytes;
    int failures = 0;
    for (size_t extra = 0;; extra += 60000 * failures_apart) {
      own.allocator().trim();
      own.allocator().set_limit(live + extra);
      bool done = false;
      try {
        step();
        done = true;
      } catch (const Error& e) {
        CHECK(e.code() == Code::kOutOfMemory);
      }
      own.allocator().set_limit(0);
      if (done) break;
      failures++;
      REQUIRE(state() == before);
      REQUIRE(extra < 64u << 20);
    }
    CHECK(failures * failures_apart > 5);
    CHECK(state() != before);
  }
}

TEST_CASE_METHOD(Fixture, "SAM that fails leaves all as it was, and zero gradients stay", "[optim]") {
  std::vector<VariableRef> w{variable({1, -2}, "a"), variable({0}, "b")};
  std::vector<Variable*> all{w[0].get(), w[1].get()};
  OptimizerPtr optimizer = sgd(c, .1);
  for (int fails_at : {1, 2, 3}) {
    int evaluations = 0;
    auto evaluate = [&] {
      if (++evaluations == fails_at) fail(Code::kUnsupported, "words of the program's own");
      return quartic(w);
    };
    // The third failure is the optimizer's.
    if (fails_at == 3) optimizer->variables()[1]->assign(scalar(-1));
    (void)message_of([&] { apply_sam(*optimizer, {}, evaluate, all); },
                     fails_at == 3 ? Code::kInvalidArgument : Code::kUnsupported);
    CHECK(values(w[0]) == Numbers{1, -2});
    CHECK(optimizer->iterations() == 0);
  }
  optimizer->set_learning_rate(.1);
  for (double rho : {0., -1., kNan}) {
    SamOptions o;
    o.rho = rho;
    CHECK(has(message_of([&] {
                apply_sam(
                    *optimizer, o, [&] { return quartic(w); }, all);
              }),
              "'rho'"));
  }
  std::vector<VariableRef> zero{variable({0, 0}, "z")};
  std::vector<Variable*> only{zero[0].get()};
  apply_sam(
      *optimizer, {}, [&] { return quartic(zero); }, only);
  CHECK(values(zero[0]) == Numbers{0, 0});
}

}  // namespace
}  // namespace tl::test
