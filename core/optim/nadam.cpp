#include "core/optim/nadam.h"

#include <array>
#include <cmath>

#include "core/ops/generated/functions.h"
#include "core/optim/chain.h"
#include "core/optim/conventions.h"

namespace tl::optim {
namespace {

class Nadam final : public Optimizer {
 public:
  Nadam(Context& context, const NadamOptions& options)
      : Optimizer(context, options.name, options.learning_rate), options_(options) {}

 protected:
  std::vector<Slot> first_slots(const Variable& variable) const override {
    return slots_like(variable, {"m", "v"});
  }

  int scalars(int64_t step, double rate, double* out) const override {
    const double t = static_cast<double>(step), now = momentum(t), next = momentum(t + 1);
    const double product = product_until(step);
    out[0] = -rate * next / (1.0 - product * next);
    out[1] = -rate * (1.0 - now) / (1.0 - product);
    out[2] = 1.0 / (1.0 - std::pow(options_.beta2, t));
    return 3;
  }

  bool runs_in_place() const override { return false; }

  void run(const Tensor* values, const Tensor& g, const Tensor* scalars, bool /*donate*/,
           Tensor* out) const override {
    out[1] = moving_average(values[1], g, options_.beta1);
    out[2] = moving_average(values[2], square(g), options_.beta2);
    Tensor ahead = into(OpId::kAdd, mul(out[1], scalars[0]), mul(g, scalars[1]));
    Tensor root = shifted_into(into(OpId::kSqrt, mul(out[2], scalars[2])), options_.epsilon);
    out[0] = into(OpId::kAdd, into(OpId::kDiv, std::move(ahead), root), values[0]);
  }

 private:
  double momentum(double t) const {
    return options_.beta1 * (1.0 - 0.5 * std::pow(0.96, options_.momentum_decay * t));
  }

  double momentum_of(int64_t step) const { return momentum(static_cast<double>(step)); }

  // U_t. From the last steps that were asked for: a recorded step asks for a few in a row, in any order. The count is a
  // variable that may be assigned anything, so that no number of steps may take long: behind some 900 / momentum_decay steps
  // the momentum is beta1, all the rest is one power; and what is below 2^-100 is nothing beside 1, where alone it is used.
  double product_until(int64_t step) const {
    Product best{0, 1.0};
    for (const Product& known : known_)
      if (known.step <= step && known.step > best.step) best = known;
    while (best.step < step && best.value >= 0x1p-100 && momentum_of(best.step + 1) != options_.beta1)
      best.value *= momentum_of(++best.step);
    known_[static_cast<size_t>(best.step) % known_.size()] = best;
    if (best.value < 0x1p-100) return 0;
    return best.value * std::pow(options_.beta1, static_cast<double>(step - best.step));
  }

  struct Product {
    int64_t step;
    double value;
  };
  NadamOptions options_;
  mutable std::array<Product, 8> known_{};
};

}  // namespace

std::unique_ptr<Optimizer> make_nadam(Context& context, const NadamOptions& options) {
  const char* name = options.name.c_str();
  check_share(name, "beta1", options.beta1);
  check_share(name, "beta2", options.beta2);
  check_not_negative(name, "epsilon", options.epsilon);
  check_not_negative(name, "momentum_decay", options.momentum_decay);
  return std::make_unique<Nadam>(context, options);
}

}  // namespace tl::optim
