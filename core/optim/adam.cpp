#include "core/optim/adam.h"

#include <cmath>

#include "core/ops/generated/functions.h"
#include "core/optim/chain.h"

namespace tl::optim {
namespace {

class Adam final : public Optimizer {
 public:
  Adam(Context& context, const AdamOptions& options, double weight_decay)
      : Optimizer(context, options.name, options.learning_rate),
        options_(options),
        weight_decay_(weight_decay) {}

 protected:
  std::vector<Slot> first_slots(const Variable& variable) const override {
    return options_.amsgrad ? slots_like(variable, {"m", "v", "v_max"}) : slots_like(variable, {"m", "v"});
  }

  int scalars(int64_t step, double rate, double* out) const override {
    double t = static_cast<double>(step);
    double correction = std::sqrt(1.0 - std::pow(options_.beta2, t));
    out[0] = rate * correction / (1.0 - std::pow(options_.beta1, t));
    out[1] = rate * weight_decay_;
    out[2] = options_.epsilon_form == EpsilonForm::kKeras ? options_.epsilon : options_.epsilon * correction;
    return 3;
  }

  int decay_scalar() const override { return weight_decay_ > 0 ? 1 : -1; }
  bool runs_in_place() const override { return !options_.amsgrad; }

  void run(const Tensor* values, const Tensor& g, const Tensor* scalars, bool donate,
           Tensor* out) const override {
    if (options_.amsgrad) return run_amsgrad(values, g, scalars, out);
    AdamUpdateAttrs attrs{options_.beta1, options_.beta2};
    const Tensor* in[] = {&values[0], &g, &values[1], &values[2], &scalars[0], &scalars[1], &scalars[2]};
    tl::apply(OpId::kAdamUpdate, context(), Inputs(in, 7), &attrs, out, donate ? 0b1101 : 0);
  }

 private:
  void run_amsgrad(const Tensor* values, const Tensor& g, const Tensor* scalars, Tensor* out) const {
    const Tensor &w = values[0], &rate = scalars[0], &decay = scalars[1], &epsilon = scalars[2];
    out[1] = moving_average(values[1], g, options_.beta1);
    out[2] = moving_average(values[2], square(g), options_.beta2);
    out[3] = maximum(values[3], out[2]);
    Tensor change = into(OpId::kDiv, mul(out[1], rate), into(OpId::kAdd, sqrt(out[3]), epsilon));
    Tensor decayed = weight_decay_ == 0 ? w : into(OpId::kSub, w, mul(w, decay));
    out[0] = into(OpId::kSub, decayed, change);
  }

  AdamOptions options_;
  double weight_decay_;
};

void check(const AdamOptions& options) {
  const char* name = options.name.c_str();
  check_share(name, "beta1", options.beta1);
  check_share(name, "beta2", options.beta2);
  check_not_negative(name, "epsilon", options.epsilon);
  check_form(name, options.epsilon_form);
}

}  // namespace

std::unique_ptr<Optimizer> make_adam(Context& context, const AdamOptions& options) {
  check(options);
  return std::make_unique<Adam>(context, options, 0.0);
}

std::unique_ptr<Optimizer> make_adamw(Context& context, const AdamWOptions& options) {
  check(options.adam);
  check_not_negative(options.adam.name.c_str(), "weight_decay", options.weight_decay);
  return std::make_unique<Adam>(context, options.adam, options.weight_decay);
}

}  // namespace tl::optim
