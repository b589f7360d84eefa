#include "core/optim/rmsprop.h"

#include "core/ops/generated/functions.h"
#include "core/optim/chain.h"

namespace tl::optim {
namespace {

class RmsProp final : public Optimizer {
 public:
  RmsProp(Context& context, const RmsPropOptions& options)
      : Optimizer(context, options.name, options.learning_rate), options_(options) {}

 protected:
  std::vector<Slot> first_slots(const Variable& variable) const override {
    if (options_.centered && options_.momentum != 0) return slots_like(variable, {"v", "mean", "momentum"});
    if (options_.centered) return slots_like(variable, {"v", "mean"});
    if (options_.momentum != 0) return slots_like(variable, {"v", "momentum"});
    return slots_like(variable, {"v"});
  }

  int scalars(int64_t, double rate, double* out) const override {
    out[0] = rate;
    return 1;
  }

  bool runs_in_place() const override { return false; }

  void run(const Tensor* values, const Tensor& g, const Tensor* scalars, bool /*donate*/,
           Tensor* out) const override {
    const Tensor& rate = scalars[0];
    int last = 1;
    out[1] = moving_average(values[1], square(g), options_.rho);
    Tensor spread = out[1];
    if (options_.centered) {
      last = 2;
      out[2] = moving_average(values[2], g, options_.rho);
      // Of a gradient that does not change, rounding may leave less than nothing.
      spread = into(OpId::kRelu, sub(spread, square(out[2])));
    }
    Tensor root = options_.epsilon_form == EpsilonForm::kKeras
                      ? into(OpId::kSqrt, shifted_into(std::move(spread), options_.epsilon))
                      : shifted_into(into(OpId::kSqrt, std::move(spread)), options_.epsilon);
    const bool rate_first = options_.momentum == 0 || options_.momentum_form == MomentumForm::kKeras;
    Tensor change = rate_first ? into(OpId::kDiv, mul(g, rate), root) : div(g, root);
    if (options_.momentum != 0) {
      Tensor& velocity = out[last + 1];
      velocity = into(OpId::kAdd, std::move(change), mul_scalar(values[last + 1], options_.momentum));
      change = rate_first ? velocity : mul(velocity, rate);
    }
    out[0] = sub(values[0], change);
  }

 private:
  RmsPropOptions options_;
};

}  // namespace

std::unique_ptr<Optimizer> make_rmsprop(Context& context, const RmsPropOptions& options) {
  const char* name = options.name.c_str();
  check_share(name, "rho", options.rho);
  if (!(options.momentum >= 0 && options.momentum <= 1))
    invalid("[", name, "] 'momentum' must be in [0, 1]: got ", options.momentum, "; 0.9 is usual");
  check_not_negative(name, "epsilon", options.epsilon);
  check_form(name, options.epsilon_form);
  check_form(name, options.momentum_form);
  return std::make_unique<RmsProp>(context, options);
}

}  // namespace tl::optim
