#include "core/optim/ftrl.h"

#include <cmath>

#include "core/ops/generated/functions.h"
#include "core/optim/chain.h"
#include "core/optim/conventions.h"

namespace tl::optim {
namespace {

class Ftrl final : public Optimizer {
 public:
  Ftrl(Context& context, const FtrlOptions& options)
      : Optimizer(context, options.name, options.learning_rate), options_(options) {}

 protected:
  std::vector<Slot> first_slots(const Variable& variable) const override {
    std::vector<Slot> slots = slots_like(variable, {"accumulator"}, options_.initial_accumulator);
    slots.push_back(slots_like(variable, {"linear"})[0]);
    return slots;
  }

  int scalars(int64_t, double rate, double* out) const override {
    out[0] = 1.0 / rate;
    out[1] = 2.0 * options_.l2 + (options_.beta == 0 ? 0.0 : options_.beta / rate);
    return 2;
  }

  bool runs_in_place() const override { return false; }

  void run(const Tensor* values, const Tensor& g, const Tensor* scalars, bool /*donate*/,
           Tensor* out) const override {
    const Tensor &w = values[0], &before = values[1], &over_rate = scalars[0], &penalty = scalars[1];
    out[1] = into(OpId::kAdd, square(g), before);
    Tensor power = to_the_power(out[1]);
    Tensor pull = into(OpId::kMul, sub(power, to_the_power(before)), over_rate);
    Tensor linear = into(OpId::kSub, add(values[2], g), into(OpId::kMul, std::move(pull), w));
    if (options_.l2_shrinkage != 0)
      linear = into(OpId::kAdd, std::move(linear), mul_scalar(w, 2.0 * options_.l2_shrinkage));
    out[2] = linear;
    Tensor target =
        options_.l1 == 0 ? neg(linear) : into(OpId::kSub, clip(linear, -options_.l1, options_.l1), linear);
    Tensor curvature = into(OpId::kAdd, into(OpId::kMul, std::move(power), over_rate), penalty);
    // Of an element without penalty that never had a gradient both are 0, and so is the weight.
    out[0] = into(OpId::kStrongZeroDiv, std::move(target), curvature);
  }

 private:
  Tensor to_the_power(const Tensor& accumulator) const {
    if (options_.learning_rate_power == -0.5) return sqrt(accumulator);
    return pow(accumulator, full(context(), IntList{}, -options_.learning_rate_power, accumulator.dtype()));
  }

  FtrlOptions options_;
};

}  // namespace

std::unique_ptr<Optimizer> make_ftrl(Context& context, const FtrlOptions& options) {
  const char* name = options.name.c_str();
  if (!(options.learning_rate_power <= 0) || std::isinf(options.learning_rate_power))
    invalid("[", name, "] 'learning_rate_power' must be finite and not above 0: got ",
            options.learning_rate_power, "; -0.5 is usual");
  check_not_negative(name, "initial_accumulator", options.initial_accumulator);
  check_not_negative(name, "l1", options.l1);
  check_not_negative(name, "l2", options.l2);
  check_not_negative(name, "l2_shrinkage", options.l2_shrinkage);
  check_not_negative(name, "beta", options.beta);
  return std::make_unique<Ftrl>(context, options);
}

}  // namespace tl::optim
