#include "tests/optim/optimizer_cases.h"

#include <algorithm>
#include <cmath>

#include "core/ops/generated/functions.h"
#include "core/optim/adadelta.h"
#include "core/optim/adafactor.h"
#include "core/optim/adagrad.h"
#include "core/optim/adam.h"
#include "core/optim/adamax.h"
#include "core/optim/custom.h"
#include "core/optim/ftrl.h"
#include "core/optim/lamb.h"
#include "core/optim/lion.h"
#include "core/optim/muon.h"
#include "core/optim/nadam.h"
#include "core/optim/rmsprop.h"
#include "core/optim/schedule_free.h"
#include "core/optim/sgd.h"

namespace tl::test {
namespace {

using namespace tl::optim;
using Numbers = std::vector<double>;
const double kRate = 0.05;

template <class Options>
Options at_rate(Options options) {
  options.learning_rate = kRate;
  return options;
}

double square_of(double x) { return x * x; }
double root_mean_square_of(const Numbers& x) {
  double sum = 0;
  for (double v : x) sum += v * v;
  return std::sqrt(sum / static_cast<double>(x.size()));
}
double norm(const Numbers& x) { return root_mean_square_of(x) * std::sqrt(static_cast<double>(x.size())); }

// Adam's moments as the papers write them.
void moments(Trained& s, const Numbers& g, double beta1, double beta2) {
  for (size_t i = 0; i < g.size(); i++) {
    s.slots[0][i] = beta1 * s.slots[0][i] + (1 - beta1) * g[i];
    s.slots[1][i] = beta2 * s.slots[1][i] + (1 - beta2) * g[i] * g[i];
  }
}

OptimizerCase adam(EpsilonForm form, bool amsgrad, double decay) {
  AdamWOptions o;
  o.adam = at_rate(o.adam);
  o.adam.beta1 = .8, o.adam.beta2 = .9, o.adam.epsilon = 1e-3;
  o.adam.epsilon_form = form, o.adam.amsgrad = amsgrad;
  o.weight_decay = decay;
  auto step = [=](Trained& s, const Numbers& g, int t, double rate) {
    moments(s, g, .8, .9);
    const double c1 = 1 - std::pow(.8, t), c2 = 1 - std::pow(.9, t);
    for (size_t i = 0; i < g.size(); i++) {
      double v = s.slots[1][i];
      if (amsgrad) v = s.slots[2][i] = std::max(s.slots[2][i], v);
      s.w[i] -= s.w[i] * decay * rate;
      if (form == EpsilonForm::kKeras)
        s.w[i] -= rate * std::sqrt(c2) / c1 * s.slots[0][i] / (std::sqrt(v) + 1e-3);
      else
        s.w[i] -= rate * (s.slots[0][i] / c1) / (std::sqrt(v / c2) + 1e-3);
    }
  };
  return {amsgrad ? "amsgrad" : "adam", [o](Context& c) { return make_adamw(c, o); }, kRate, step,
          Numbers(amsgrad ? 3 : 2, 0.0)};
}

OptimizerCase sgd(double momentum, bool nesterov, MomentumForm form) {
  SgdOptions o = at_rate(SgdOptions());
  o.momentum = momentum, o.nesterov = nesterov, o.momentum_form = form;
  auto step = [=](Trained& s, const Numbers& g, int, double rate) {
    for (size_t i = 0; i < g.size(); i++) {
      if (momentum == 0) {
        s.w[i] -= rate * g[i];
        continue;
      }
      double& m = s.slots[0][i];
      if (form == MomentumForm::kKeras) {
        m = momentum * m - rate * g[i];
        s.w[i] += nesterov ? momentum * m - rate * g[i] : m;
      } else {
        m = momentum * m + g[i];
        s.w[i] -= rate * (nesterov ? g[i] + momentum * m : m);
      }
    }
  };
  return {"sgd", [o](Context& c) { return make_sgd(c, o); }, kRate, step,
          Numbers(momentum == 0 ? 0 : 1, 0.0)};
}

OptimizerCase adamax(EpsilonForm form) {
  AdamaxOptions o = at_rate(AdamaxOptions());
  o.beta1 = .8, o.beta2 = .9, o.epsilon = 1e-2, o.epsilon_form = form;
  auto step = [=](Trained& s, const Numbers& g, int t, double rate) {
    for (size_t i = 0; i < g.size(); i++) {
      double &m = s.slots[0][i], &u = s.slots[1][i];
      m = .8 * m + .2 * g[i];
      const bool keras = form == EpsilonForm::kKeras;
      u = std::max(.9 * u, std::fabs(g[i]) + (keras ? 0 : 1e-2));
      s.w[i] -= rate * (m / (1 - std::pow(.8, t))) / (u + (keras ? 1e-2 : 0));
    }
  };
  return {"adamax", [o](Context& c) { return make_adamax(c, o); }, kRate, step, {0, 0}};
}

OptimizerCase nadam(double momentum_decay) {
  NadamOptions o = at_rate(NadamOptions());
  o.beta1 = .8, o.beta2 = .9, o.epsilon = 1e-2, o.momentum_decay = momentum_decay;
  auto step = [=](Trained& s, const Numbers& g, int t, double rate) {
    moments(s, g, .8, .9);
    auto u = [&](int k) { return .8 * (1 - .5 * std::pow(.96, momentum_decay * k)); };
    double product = 1;
    for (int k = 1; k <= t; k++) product *= u(k);
    for (size_t i = 0; i < g.size(); i++) {
      const double ahead =
          u(t + 1) * s.slots[0][i] / (1 - product * u(t + 1)) + (1 - u(t)) * g[i] / (1 - product);
      s.w[i] -= rate * ahead / (std::sqrt(s.slots[1][i] / (1 - std::pow(.9, t))) + 1e-2);
    }
  };
  return {"nadam", [o](Context& c) { return make_nadam(c, o); }, kRate, step, {0, 0}};
}

OptimizerCase adagrad(EpsilonForm form, double initial) {
  AdagradOptions o = at_rate(AdagradOptions());
  o.epsilon = 1e-2, o.epsilon_form = form, o.initial_accumulator = initial;
  auto step = [=](Trained& s, const Numbers& g, int, double rate) {
    for (size_t i = 0; i < g.size(); i++) {
      double& a = s.slots[0][i];
      a += g[i] * g[i];
      s.w[i] -= rate * g[i] / (form == EpsilonForm::kKeras ? std::sqrt(a + 1e-2) : std::sqrt(a) + 1e-2);
    }
  };
  return {"adagrad", [o](Context& c) { return make_adagrad(c, o); }, kRate, step, {initial}};
}

OptimizerCase adadelta() {
  AdadeltaOptions o = at_rate(AdadeltaOptions());
  o.rho = .8, o.epsilon = 1e-2;
  auto step = [](Trained& s, const Numbers& g, int, double rate) {
    for (size_t i = 0; i < g.size(); i++) {
      double &e = s.slots[0][i], &d = s.slots[1][i];
      e = .8 * e + .2 * square_of(g[i]);
      const double change = -std::sqrt(d + 1e-2) / std::sqrt(e + 1e-2) * g[i];
      d = .8 * d + .2 * square_of(change);
      s.w[i] += rate * change;
    }
  };
  return {"adadelta", [o](Context& c) { return make_adadelta(c, o); }, kRate, step, {0, 0}};
}

OptimizerCase rmsprop(bool centered, double momentum, EpsilonForm epsilon_form, MomentumForm momentum_form) {
  RmsPropOptions o = at_rate(RmsPropOptions());
  o.rho = .8, o.epsilon = 1e-2, o.centered = centered, o.momentum = momentum;
  o.epsilon_form = epsilon_form, o.momentum_form = momentum_form;
  auto step = [=](Trained& s, const Numbers& g, int, double rate) {
    for (size_t i = 0; i < g.size(); i++) {
      double &v = s.slots[0][i], spread = v = .8 * v + .2 * g[i] * g[i];
      if (centered) {
        double& a = s.slots[1][i];
        a = .8 * a + .2 * g[i];
        spread -= a * a;
      }
      const double scaled =
          g[i] / (epsilon_form == EpsilonForm::kKeras ? std::sqrt(spread + 1e-2) : std::sqrt(spread) + 1e-2);
      if (momentum == 0) {
        s.w[i] -= rate * scaled;
        continue;
      }
      double& b = s.slots[centered ? 2 : 1][i];
      if (momentum_form == MomentumForm::kKeras)
        s.w[i] -= b = momentum * b + rate * scaled;
      else
        s.w[i] -= rate * (b = momentum * b + scaled);
    }
  };
  return {"rmsprop", [o](Context& c) { return make_rmsprop(c, o); }, kRate, step,
          Numbers(1u + (centered ? 1 : 0) + (momentum != 0 ? 1 : 0), 0.0)};
}

OptimizerCase ftrl(double power, double l1, double l2, double shrink, double beta) {
  FtrlOptions o = at_rate(FtrlOptions());
  o.learning_rate_power = power, o.l1 = l1, o.l2 = l2, o.l2_shrinkage = shrink, o.beta = beta;
  o.initial_accumulator = .3;
  auto step = [=](Trained& s, const Numbers& g, int, double rate) {
    for (size_t i = 0; i < g.size(); i++) {
      double &n = s.slots[0][i], &z = s.slots[1][i];
      const double before = std::pow(n, -power), penalty = l2 + beta / (2 * rate);
      n += g[i] * g[i];
      const double after = std::pow(n, -power);
      z += g[i] + 2 * shrink * s.w[i] - (after - before) / rate * s.w[i];
      s.w[i] = (std::min(std::max(z, -l1), l1) - z) / (after / rate + 2 * penalty);
    }
  };
  return {"ftrl", [o](Context& c) { return make_ftrl(c, o); }, kRate, step, {.3, 0}};
}

OptimizerCase lion() {
  LionOptions o = at_rate(LionOptions());
  o.beta1 = .8, o.beta2 = .9;
  auto step = [](Trained& s, const Numbers& g, int, double rate) {
    for (size_t i = 0; i < g.size(); i++) {
      double& m = s.slots[0][i];
      const double direction = .8 * m + .2 * g[i];
      s.w[i] -= rate * (direction > 0 ? 1 : direction < 0 ? -1 : 0);
      m = .9 * m + .1 * g[i];
    }
  };
  return {"lion", [o](Context& c) { return make_lion(c, o); }, kRate, step, {0}};
}

OptimizerCase lamb(double decay) {
  LambOptions o = at_rate(LambOptions());
  o.beta1 = .8, o.beta2 = .9, o.epsilon = 1e-2, o.weight_decay = decay;
  auto step = [=](Trained& s, const Numbers& g, int t, double rate) {
    moments(s, g, .8, .9);
    Numbers u(g.size());
    for (size_t i = 0; i < g.size(); i++)
      u[i] =
          s.slots[0][i] / (1 - std::pow(.8, t)) / (std::sqrt(s.slots[1][i] / (1 - std::pow(.9, t))) + 1e-2) +
          decay * s.w[i];
    const double ratio = norm(s.w) > 0 && norm(u) > 0 ? norm(s.w) / norm(u) : 1;
    for (size_t i = 0; i < g.size(); i++) s.w[i] -= rate * ratio * u[i];
  };
  return {"lamb", [o](Context& c) { return make_lamb(c, o); }, kRate, step, {0, 0}, false};
}

OptimizerCase adafactor(EpsilonForm form) {
  AdafactorOptions o = at_rate(AdafactorOptions());
  const bool keras = form == EpsilonForm::kKeras;
  const double e1 = 1e-2, e2 = .4, decay = -.7, limit = .9;
  o.epsilon1 = e1, o.epsilon2 = e2, o.beta2_decay = decay, o.clip_threshold = limit, o.epsilon_form = form;
  auto step = [=](Trained& s, const Numbers& g, int t, double rate) {
    const double b = 1 - std::pow(t, decay), n = static_cast<double>(s.rows),
                 m = static_cast<double>(s.columns);
    Numbers r(s.rows), c(s.columns), u(g.size());
    for (size_t i = 0; i < g.size(); i++) {
      const double squared = g[i] * g[i] + (keras ? e1 : 0);
      r[i / s.columns] += squared / m, c[i % s.columns] += squared / n;
    }
    double mean = 0;
    for (size_t i = 0; i < s.rows; i++) mean += (s.slots[0][i] = b * s.slots[0][i] + (1 - b) * r[i]) / n;
    for (size_t i = 0; i < s.columns; i++) s.slots[1][i] = b * s.slots[1][i] + (1 - b) * c[i];
    for (size_t i = 0; i < g.size(); i++) {
      double v = s.slots[0][i / s.columns] * s.slots[1][i % s.columns];
      v = keras ? v / mean : std::max(v / std::max(mean, e1), e1 * e1);
      u[i] = g[i] / std::sqrt(v);
    }
    const double alpha = std::max(e2, root_mean_square_of(s.w)) * std::min(rate, 1 / std::sqrt(t));
    const double clipped = std::max(1.0, root_mean_square_of(u) / limit);
    for (size_t i = 0; i < g.size(); i++) s.w[i] -= alpha * u[i] / clipped;
  };
  return {"adafactor",
          [o](Context& c) { return make_adafactor(c, o); },
          kRate,
          step,
          {0, 0},
          false,
          [](size_t slot, size_t rows, size_t columns) { return slot == 0 ? rows : columns; }};
}

// The product of a, rows by inner, and b, inner by columns.
Numbers product_of(const Numbers& a, const Numbers& b, size_t rows, size_t inner, size_t columns) {
  Numbers out(rows * columns);
  for (size_t i = 0; i < rows; i++)
    for (size_t k = 0; k < inner; k++)
      for (size_t j = 0; j < columns; j++) out[i * columns + j] += a[i * inner + k] * b[k * columns + j];
  return out;
}

Numbers transposed(const Numbers& a, size_t rows, size_t columns) {
  Numbers out(a.size());
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < columns; j++) out[j * rows + i] = a[i * columns + j];
  return out;
}

OptimizerCase muon(bool nesterov, MuonScale scale, int steps) {
  MuonOptions o = at_rate(MuonOptions());
  o.momentum = .8, o.nesterov = nesterov, o.scale = scale, o.ns_steps = steps, o.epsilon = 1e-2;
  auto step = [=](Trained& s, const Numbers& g, int, double rate) {
    Numbers u(g.size());
    for (size_t i = 0; i < g.size(); i++) {
      double& b = s.slots[0][i];
      b = .8 * b + g[i];
      u[i] = nesterov ? g[i] + .8 * b : b;
    }
    const bool tall = s.rows > s.columns;
    const size_t n = std::min(s.rows, s.columns), m = std::max(s.rows, s.columns);
    const double size = norm(u) + 1e-2;
    for (double& x : u) x /= size;
    if (tall) u = transposed(u, s.rows, s.columns);
    for (int k = 0; k < steps; k++) {
      const Numbers a = product_of(u, transposed(u, n, m), n, m, n), aa = product_of(a, a, n, n, n);
      const Numbers au = product_of(a, u, n, n, m), aau = product_of(aa, u, n, n, m);
      for (size_t i = 0; i < u.size(); i++) u[i] = 3.4445 * u[i] - 4.775 * au[i] + 2.0315 * aau[i];
    }
    if (tall) u = transposed(u, n, m);
    const double rows = static_cast<double>(s.rows), columns = static_cast<double>(s.columns);
    const double factor = scale == MuonScale::kOriginal ? std::sqrt(std::max(1., rows / columns))
                                                        : .2 * std::sqrt(std::max(rows, columns));
    for (size_t i = 0; i < u.size(); i++) s.w[i] -= rate * factor * u[i];
  };
  return {"muon", [o](Context& c) { return make_muon(c, o); }, kRate, step, {0}, false};
}

// In the authors' form, which moves y and z, and has x for an evaluation only.
OptimizerCase schedule_free(double decay, int warmup) {
  ScheduleFreeAdamWOptions o = at_rate(ScheduleFreeAdamWOptions());
  o.beta1 = .8, o.beta2 = .9, o.epsilon = 1e-2, o.weight_decay = decay, o.warmup_steps = warmup;
  auto step = [=](Trained& s, const Numbers& g, int t, double rate) {
    const double r = t < warmup ? rate * t / warmup : rate;
    double &sum = s.slots[3][0], &largest = s.slots[4][0];
    largest = std::max(largest, r);
    sum += largest * largest;
    const double c = largest * largest / sum;
    for (size_t i = 0; i < g.size(); i++) {
      double &y = s.w[i], &z = s.slots[0][i], &x = s.slots[1][i], &v = s.slots[2][i];
      v = .9 * v + .1 * g[i] * g[i];
      const double u = g[i] / (std::sqrt(v / (1 - std::pow(.9, t))) + 1e-2) + decay * y;
      y = (1 - c) * y + c * z + r * (.8 * (1 - c) - 1) * u;
      z -= r * u;
      x = y / .8 + (1 - 1 / .8) * z;
    }
  };
  return {"schedule_free_adamw",
          [o](Context& c) { return make_schedule_free_adamw(c, o); },
          kRate,
          step,
          Numbers(5, 0.0),
          false,
          [](size_t slot, size_t rows, size_t columns) { return slot < 3 ? rows * columns : 1; },
          2};
}

// An update of the program's own: momentum, and the sum of the rates by which the weights are pulled to where they began.
OptimizerCase custom() {
  auto make = [](Context& c) {
    auto made = std::make_unique<CustomOptimizer>(c, "custom", kRate, [](Span<const Tensor> in, size_t) {
      const Tensor &w = in[0], &g = in[1], &rate = in[2], &t = in[3], &m = in[4], &total = in[5],
                   &start = in[6];
      const Tensor velocity = add(mul_scalar(m, .7), div(g, t));
      const Tensor pulled = add(total, rate);
      return std::vector<Tensor>{sub(w, add(mul(velocity, rate), mul(sub(w, start), pulled))), velocity,
                                 pulled, Tensor()};
    });
    made->add_slot("m", SlotKind::kElements, .5);
    made->add_slot("total", SlotKind::kNumber, .01);
    made->add_slot("start", SlotKind::kWeights, 0);
    return made;
  };
  auto step = [](Trained& s, const Numbers& g, int t, double rate) {
    double& total = s.slots[1][0];
    total += rate;
    for (size_t i = 0; i < g.size(); i++) {
      double& m = s.slots[0][i];
      m = .7 * m + g[i] / t;
      s.w[i] -= rate * m + total * (s.w[i] - s.slots[2][i]);
    }
  };
  OptimizerCase one{"custom", make, kRate, step, {.5, .01, 0}, false};
  one.slot_size = [](size_t slot, size_t rows, size_t columns) { return slot == 1 ? 1 : rows * columns; };
  one.begins_at_weights = 2;
  return one;
}

std::vector<OptimizerCase> all_cases() {
  std::vector<OptimizerCase> all{sgd(0, false, MomentumForm::kKeras)};
  for (MomentumForm form : {MomentumForm::kKeras, MomentumForm::kPyTorch})
    for (bool nesterov : {false, true}) all.push_back(sgd(.7, nesterov, form));
  for (EpsilonForm form : {EpsilonForm::kKeras, EpsilonForm::kPyTorch}) {
    all.push_back(adam(form, false, 0));
    all.push_back(adam(form, false, .1));
    all.push_back(adam(form, true, 0));
    all.push_back(adam(form, true, .1));
    all.push_back(adamax(form));
    all.push_back(adagrad(form, form == EpsilonForm::kKeras ? .1 : 0));
    all.push_back(adafactor(form));
    for (MomentumForm momentum_form : {MomentumForm::kKeras, MomentumForm::kPyTorch})
      for (bool centered : {false, true})
        for (double momentum : {0., .7}) {
          if (momentum == 0 && momentum_form == MomentumForm::kPyTorch) continue;
          all.push_back(rmsprop(centered, momentum, form, momentum_form));
        }
  }
  for (double decay : {1., .004}) all.push_back(nadam(decay));
  all.push_back(adadelta());
  all.push_back(ftrl(-.5, 0, 0, 0, 0));
  all.push_back(ftrl(-.5, .05, .1, .01, .2));
  all.push_back(ftrl(-.2, .3, .15, 0, 0));
  all.push_back(lion());
  for (double decay : {0., .1}) all.push_back(lamb(decay));
  all.push_back(muon(true, MuonScale::kOriginal, 5));
  all.push_back(muon(false, MuonScale::kMatchRms, 3));
  all.push_back(schedule_free(0, 0));
  all.push_back(schedule_free(.1, 5));
  all.push_back(custom());
  return all;
}

}  // namespace

Trained OptimizerCase::start(std::vector<double> w, size_t rows, size_t columns) const {
  Trained s{rows, columns, std::move(w), {}};
  for (size_t k = 0; k < first.size(); k++)
    s.slots.emplace_back(slot_size ? slot_size(k, rows, columns) : rows * columns, first[k]);
  for (size_t k = 0; k < static_cast<size_t>(slots_of_weights); k++) s.slots[k] = s.w;
  if (begins_at_weights >= 0) s.slots[static_cast<size_t>(begins_at_weights)] = s.w;
  return s;
}

const std::vector<OptimizerCase>& optimizer_cases() {
  static const std::vector<OptimizerCase> all = all_cases();
  return all;
}

}  // namespace tl::test
