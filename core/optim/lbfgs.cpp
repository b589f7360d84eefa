#include "core/optim/lbfgs.h"

#include <cmath>
#include <deque>
#include <limits>

#include "core/optim/chain.h"
#include "core/optim/conventions.h"
#include "core/optim/line_search.h"
#include "core/optim/stepping.h"

namespace tl::optim {
namespace {

// A point of the space of all variables; null: zeros.
using Point = std::vector<Tensor>;

double number_of(const Tensor& t) {
  return t.dtype() == DType::kF64 ? t.data<double>()[0] : static_cast<double>(t.data<float>()[0]);
}

Tensor wide(const Tensor& t) { return t.dtype() == DType::kF64 ? t : cast(t, DType::kF64); }

// In f64, whatever the dtype.
double dot(const Point& a, const Point& b) {
  double total = 0;
  for (size_t i = 0; i < a.size(); i++)
    if (a[i] && b[i]) total += number_of(sum(mul(wide(a[i]), wide(b[i]))));
  return total;
}

double sum_of_magnitudes(const Point& a) {
  double total = 0;
  for (const Tensor& t : a)
    if (t) total += number_of(sum(abs(wide(t))));
  return total;
}

double largest(const Point& a) {
  double most = 0;
  for (const Tensor& t : a) {
    if (!t || t.elements() == 0) continue;
    const double here = number_of(max(abs(wide(t))));
    if (!(here <= most)) most = here;  // NaN, too
  }
  return most;
}

// a + t b.
Point moved(const Point& a, double t, const Point& b) {
  Point out(a.size());
  for (size_t i = 0; i < a.size(); i++) {
    if (!b[i])
      out[i] = a[i];
    else
      out[i] = a[i] ? into(OpId::kAdd, mul_scalar(b[i], t), a[i]) : mul_scalar(b[i], t);
  }
  return out;
}

Point times(const Point& a, double t) {
  Point out(a.size());
  for (size_t i = 0; i < a.size(); i++)
    if (a[i]) out[i] = mul_scalar(a[i], t);
  return out;
}

struct Pair {
  Point s, y;
  double sy, yy;
};
using History = std::deque<Pair>;

// - H g by the two loops, H_0 = s'y / y'y of the newest pair.
Point direction(const History& history, const Point& g) {
  Point q = g;
  std::vector<double> alpha(history.size());
  for (size_t k = history.size(); k-- > 0;) {
    alpha[k] = dot(history[k].s, q) / history[k].sy;
    q = moved(q, -alpha[k], history[k].y);
  }
  if (!history.empty()) q = times(q, history.back().sy / history.back().yy);
  for (size_t k = 0; k < history.size(); k++) {
    const double beta = dot(history[k].y, q) / history[k].sy;
    q = moved(q, alpha[k] - beta, history[k].s);
  }
  return times(q, -1);
}

void check(const LbfgsOptions& o) {
  const char* name = o.name.c_str();
  if (o.history_size < 1)
    invalid("[", name, "] 'history_size' must be at least 1: got ", o.history_size, "; 10 is usual");
  if (o.max_iterations < 1)
    invalid("[", name, "] 'max_iterations' must be at least 1: got ", o.max_iterations, "; 20 is usual");
  check_not_negative(name, "gradient_tolerance", o.gradient_tolerance);
  check_not_negative(name, "change_tolerance", o.change_tolerance);
  if (!(o.sufficient_decrease > 0 && o.sufficient_decrease < 1))
    invalid("[", name, "] 'sufficient_decrease' must be in (0, 1): got ", o.sufficient_decrease,
            "; 1e-4 is usual");
  if (!(o.curvature > o.sufficient_decrease && o.curvature < 1))
    invalid("[", name, "] 'curvature' must be in ('sufficient_decrease', 1): got ", o.curvature,
            "; 0.9 is usual");
}

}  // namespace

Lbfgs::Lbfgs(Context& context, const LbfgsOptions& options)
    : Optimizer(context, options.name, options.learning_rate), options_(options) {
  check(options_);
}

std::vector<Optimizer::Slot> Lbfgs::first_slots(const Variable& v) const {
  const Tensor rows = full(context(), IntList{options_.history_size, v.shape().elements()}, 0.0, v.dtype());
  return {{"steps", rows},
          {"changes", rows.view(rows.shape())},
          {"pairs", full(context(), IntList{}, 0, DType::kI64)}};
}

int Lbfgs::scalars(int64_t, double, double*) const {
  fail(Code::kFailedPrecondition, "[", name(),
       "] a step needs a loss that can be evaluated again: got gradients alone; use optimizer_minimize");
}

void Lbfgs::run(const Tensor*, const Tensor&, const Tensor*, bool, Tensor*) const {
  double unused;
  (void)scalars(1, 0, &unused);
}

// The state between calls, as slots.
class LbfgsState {
 public:
  LbfgsState(const Lbfgs& optimizer, Span<Variable* const> variables, int64_t most) : most_(most) {
    for (Variable* v : variables) {
      shapes_.push_back(v->shape());
      slots_.push_back(optimizer.slots(*v));
    }
    int64_t pairs = pairs_of(0);
    for (size_t i = 0; i < slots_.size(); i++) {
      if (pairs_of(i) < 0 || pairs_of(i) > most)
        invalid("[", optimizer.name(), "] the variable '", slots_[i][kPairs]->name(), "' must be in [0, ",
                most, "]: got ", pairs_of(i), "; was the wrong value assigned or loaded?");
      if (pairs_of(i) != pairs) pairs = 0;  // those of other variables
    }
    for (int64_t k = 0; k < pairs; k++) {
      Pair p{row(kSteps, k), row(kChanges, k), 0, 0};
      p.sy = dot(p.s, p.y);
      p.yy = dot(p.y, p.y);
      if (p.sy > 0 && p.yy > 0) history.push_back(std::move(p));
    }
  }

  // All memory for the new values; then put() cannot fail.
  void prepare() {
    for (size_t i = 0; i < slots_.size(); i++) {
      const VariableRef& steps = slots_[i][kSteps];
      const int64_t n = shapes_[i].elements();
      for (int which : {kSteps, kChanges}) {
        std::vector<Tensor> rows;
        const Tensor zero = full(steps->context(), IntList{n}, 0.0, steps->dtype());
        for (const Pair& p : history) {
          const Tensor& of = which == kSteps ? p.s[i] : p.y[i];
          rows.push_back(of ? reshape(of, IntList{n}) : zero);
        }
        rows.resize(static_cast<size_t>(most_), zero);
        made_.push_back(stack(rows));
      }
      made_.push_back(full(steps->context(), IntList{}, static_cast<double>(history.size()), DType::kI64));
    }
  }
  void put() noexcept {
    for (size_t i = 0; i < made_.size(); i++) slots_[i / 3][i % 3]->put_unseen(std::move(made_[i]));
  }

  History history;

 private:
  enum { kSteps, kChanges, kPairs };
  int64_t pairs_of(size_t i) const { return slots_[i][kPairs]->value().data<int64_t>()[0]; }
  Point row(int which, int64_t k) const {
    Point out;
    for (size_t i = 0; i < slots_.size(); i++) {
      const Tensor& all = slots_[i][static_cast<size_t>(which)]->value();
      const int64_t n = shapes_[i].elements();
      out.push_back(reshape(slice(all, IntList{k, 0}, IntList{k + 1, n}), IntList(shapes_[i])));
    }
    return out;
  }

  int64_t most_;
  std::vector<Shape> shapes_;
  std::vector<std::vector<VariableRef>> slots_;
  std::vector<Tensor> made_;
};

LbfgsReport Lbfgs::minimize(const Evaluate& evaluate, Span<Variable* const> variables) {
  const char* name = this->name().c_str();
  check_not_stepping("optimizer_minimize");
  context().note_unreplayable(
      "it minimizes with L-BFGS, whose line search looks at losses; do that outside of the step");
  build(variables);
  const double rate = learning_rate();
  LbfgsState state(*this, variables, options_.history_size);
  const Stepping now(*this, variables);
  Restore before(variables);

  LbfgsReport report;
  Point g;
  auto look = [&] {
    Evaluation e = evaluated(name, evaluate, context(), variables);
    report.evaluations++;
    g = std::move(e.gradients);
    return number_of(e.loss);
  };
  report.loss = look();
  report.largest_gradient = largest(g);
  if (!std::isfinite(report.loss) || !std::isfinite(report.largest_gradient))
    fail(Code::kNonFinite, "[", name,
         "] the loss and its gradient must be finite where the minimization begins: got ", report.loss,
         " and a gradient with ", report.largest_gradient, "; begin at another point");
  report.converged = report.largest_gradient <= options_.gradient_tolerance;

  while (!report.converged && report.iterations < options_.max_iterations) {
    Point p = direction(state.history, g);
    double slope = dot(g, p);
    if (!(slope < 0) && !state.history.empty()) {  // by rounding, or because the loss is another one now
      state.history.clear();
      p = direction(state.history, g);
      slope = dot(g, p);
    }
    if (!(slope < 0)) break;
    Point start;
    for (Variable* v : variables) start.push_back(untracked(v->peek()));
    const Point g_start = g;
    auto go_to = [&](double step) {
      const Point there = moved(start, step, p);
      for (size_t i = 0; i < variables.size(); i++) variables[i]->put(there[i]);
      const double value = look();
      return LinePoint{step, value, dot(g, p)};
    };
    double first = rate;
    if (state.history.empty()) first *= std::fmin(1.0, 1.0 / sum_of_magnitudes(g));
    const WolfeOptions wolfe{options_.sufficient_decrease, options_.curvature};
    LineSearchResult found = wolfe_search(go_to, {0, report.loss, slope}, first, wolfe);
    // Without a step that meets the conditions, one that goes down is taken, and nothing else follows.
    if (!found.found) found.point = go_to(found.point.step);
    const bool down = found.point.value < report.loss;
    if (!down) {
      for (size_t i = 0; i < variables.size(); i++) variables[i]->put(start[i]);
      g = g_start;
      break;
    }
    report.iterations++;
    Pair pair{times(p, found.point.step), moved(g, -1, g_start), 0, 0};
    pair.sy = dot(pair.s, pair.y);
    pair.yy = dot(pair.y, pair.y);
    const double change = report.loss - found.point.value, move = largest(pair.s);
    report.loss = found.point.value;
    report.largest_gradient = largest(g);
    if (pair.sy > std::numeric_limits<double>::epsilon() * pair.yy) {
      if (static_cast<int64_t>(state.history.size()) == options_.history_size) state.history.pop_front();
      state.history.push_back(std::move(pair));
    }
    report.converged = report.largest_gradient <= options_.gradient_tolerance ||
                       (move <= options_.change_tolerance && change <= options_.change_tolerance);
    if (!found.found) break;
  }

  state.prepare();
  make_room_for_count();
  state.put();
  count_steps(report.iterations);
  before.done();
  return report;
}

}  // namespace tl::optim
