#include "core/optim/schedule_free.h"

#include <cmath>

#include "core/ops/generated/functions.h"
#include "core/optim/chain.h"
#include "core/optim/conventions.h"

namespace tl::optim {
namespace {

class ScheduleFreeAdamW final : public Optimizer {
 public:
  ScheduleFreeAdamW(Context& context, const ScheduleFreeAdamWOptions& options)
      : Optimizer(context, options.name, options.learning_rate), options_(options) {
    note_averages();
  }

 protected:
  enum { kW, kZ, kAverage, kV, kWeightSum, kLargestRate };

  std::vector<Slot> first_slots(const Variable& variable) const override {
    const Tensor& w = variable.value();
    Tensor zero = full(context(), IntList{}, 0.0, w.dtype());
    // They share the memory of the variable until the first step.
    return {{"z", w.view(w.shape())},
            {"average", w.view(w.shape())},
            {"v", full(context(), w.shape(), 0.0, w.dtype())},
            {"weight_sum", zero},
            {"largest_rate", zero}};
  }

  int average_slot() const override { return kAverage - 1; }

  const char* against_rows(const Variable&) const override {
    return "the average of every row moves in every step";
  }

  int scalars(int64_t step, double rate, double* out) const override {
    const double t = static_cast<double>(step), warmup = static_cast<double>(options_.warmup_steps);
    out[0] = t < warmup ? rate * t / warmup : rate;
    out[1] = 1.0 / (1.0 - std::pow(options_.beta2, t));
    out[2] = out[0] * options_.weight_decay;
    return 3;
  }
  int decay_scalar() const override { return 2; }

  bool runs_in_place() const override { return false; }

  void run(const Tensor* values, const Tensor& g, const Tensor* scalars, bool /*donate*/,
           Tensor* out) const override {
    const Tensor &y = values[kW], &rate = scalars[0], &decay = scalars[2];
    out[kV] = moving_average(values[kV], square(g), options_.beta2);
    Tensor root = shifted_into(into(OpId::kSqrt, mul(out[kV], scalars[1])), options_.epsilon);
    Tensor step = into(OpId::kDiv, mul(g, rate), root);
    if (options_.weight_decay != 0) step = into(OpId::kAdd, std::move(step), mul(y, decay));
    out[kZ] = sub(values[kZ], step);
    out[kLargestRate] = maximum(values[kLargestRate], rate);
    Tensor weight = square(out[kLargestRate]);
    out[kWeightSum] = add(values[kWeightSum], weight);
    // At a rate of 0 from the first step on nothing has a weight, and the average stays.
    Tensor share = strong_zero_div(weight, out[kWeightSum]);
    out[kAverage] = towards(values[kAverage], out[kZ], share);
    out[kW] = moving_average(out[kAverage], out[kZ], options_.beta1);
  }

 private:
  // (1 - share) from + share to.
  static Tensor towards(const Tensor& from, const Tensor& to, const Tensor& share) {
    return into(OpId::kAdd, into(OpId::kMul, sub(to, from), share), from);
  }

  ScheduleFreeAdamWOptions options_;
};

}  // namespace

std::unique_ptr<Optimizer> make_schedule_free_adamw(Context& context,
                                                    const ScheduleFreeAdamWOptions& options) {
  const char* name = options.name.c_str();
  check_share(name, "beta1", options.beta1);
  check_share(name, "beta2", options.beta2);
  check_not_negative(name, "epsilon", options.epsilon);
  check_not_negative(name, "weight_decay", options.weight_decay);
  if (options.warmup_steps < 0)
    invalid("[", name, "] 'warmup_steps' must not be negative: got ", options.warmup_steps,
            "; 0 begins with the whole rate");
  return std::make_unique<ScheduleFreeAdamW>(context, options);
}

}  // namespace tl::optim
