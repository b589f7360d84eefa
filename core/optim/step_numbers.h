// The numbers of one step, for the files that make a step: asked once, and tensors of a dtype when the first variable needs them.
#pragma once

#include "core/ops/generated/functions.h"
#include "core/optim/optimizer.h"
#include "core/tensor/recorder.h"

namespace tl::optim {

class Optimizer::StepNumbers {
 public:
  // Asks the optimizer and each of its groups for the numbers of the step that has `steps` steps before it.
  StepNumbers(const Optimizer& optimizer, int64_t steps) : o_(optimizer) {
    ask(own_, optimizer, steps);
    of_groups_.resize(optimizer.groups_.size());
    for (size_t i = 0; i < of_groups_.size(); i++) ask(of_groups_[i], *optimizer.groups_[i], steps);
  }

  // Those of a rule, that of the optimizer or a group, in the dtype of a variable: first those of scalars(), `scalar_count` many,
  // then those of step options. Without decay, the share of the weights that decays by the rule itself is 0.
  const Tensor* of(const Optimizer& rule, const Variable& v, bool decays = true) {
    OfRule& r = of_rule(rule);
    const bool wide = v.dtype() == DType::kF64;
    Tensor* all = r.all[wide];
    if (!all[0]) {
      rule.check_numbers(r.values, r.count, r.rate, v.dtype(), &v);
      for (int k = 0; k < r.count; k++) {
        all[k] = full(o_.context_, IntList{}, r.values[k], v.dtype());
        for (Observer* observer : o_.context_.observers())
          observer->on_host_number(*rule.numbers_, k, all[k]);
      }
    }
    if (decays || rule.decay_scalar() < 0) return all;
    Tensor* undecayed = r.undecayed[wide];
    if (!undecayed[0]) {
      const int share = rule.decay_scalar();
      for (int k = 0; k < r.count; k++)
        undecayed[k] = k == share ? full(o_.context_, IntList{}, 0, v.dtype()) : all[k];
    }
    return undecayed;
  }
  int scalar_count(const Optimizer& rule) { return of_rule(rule).scalars; }

 private:
  struct OfRule {
    double rate;
    int scalars, count;
    double values[kMostNumbers];
    Tensor all[2][kMostNumbers], undecayed[2][kMostNumbers];  // f32, f64
  };

  void ask(OfRule& r, const Optimizer& rule, int64_t steps) const {
    r.rate = rule.rate_of(steps);
    r.count = o_.all_numbers(rule, steps + 1, r.rate, r.values);
    double unused[kMostNumbers];
    r.scalars = o_.state_ ? rule.scalars(steps + 1, r.rate, unused) : r.count;
  }
  OfRule& of_rule(const Optimizer& rule) { return &rule == &o_ ? own_ : of_groups_[rule.place_]; }

  const Optimizer& o_;
  OfRule own_;
  std::vector<OfRule> of_groups_;
};

}  // namespace tl::optim
