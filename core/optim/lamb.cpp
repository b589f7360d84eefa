#include "core/optim/lamb.h"

#include <cmath>

#include "core/ops/generated/functions.h"
#include "core/optim/chain.h"
#include "core/optim/conventions.h"

namespace tl::optim {
namespace {

class Lamb final : public Optimizer {
 public:
  Lamb(Context& context, const LambOptions& options)
      : Optimizer(context, options.name, options.learning_rate), options_(options) {}

 protected:
  std::vector<Slot> first_slots(const Variable& variable) const override {
    return slots_like(variable, {"m", "v"});
  }

  const char* against_rows(const Variable&) const override {
    return "the step depends on the norm of the whole variable";
  }

  int scalars(int64_t step, double rate, double* out) const override {
    const double t = static_cast<double>(step);
    out[0] = -rate;
    out[1] = 1.0 / (1.0 - std::pow(options_.beta1, t));
    out[2] = 1.0 / (1.0 - std::pow(options_.beta2, t));
    out[3] = options_.weight_decay;
    return decay_scalar() < 0 ? 3 : 4;
  }

  int decay_scalar() const override { return options_.weight_decay > 0 ? 3 : -1; }

  bool runs_in_place() const override { return false; }

  void run(const Tensor* values, const Tensor& g, const Tensor* scalars, bool /*donate*/,
           Tensor* out) const override {
    const Tensor& w = values[0];
    out[1] = moving_average(values[1], g, options_.beta1);
    out[2] = moving_average(values[2], square(g), options_.beta2);
    Tensor root = shifted_into(into(OpId::kSqrt, mul(out[2], scalars[2])), options_.epsilon);
    Tensor step = into(OpId::kDiv, mul(out[1], scalars[1]), root);
    if (options_.weight_decay != 0) step = into(OpId::kAdd, std::move(step), mul(w, scalars[3]));
    Tensor ratio = cast(trust_ratio(norm_of_all(w), norm_of_all(step)), w.dtype());
    out[0] = into(OpId::kAdd, into(OpId::kMul, std::move(step), mul(ratio, scalars[0])), w);
  }

 private:
  Tensor trust_ratio(const Tensor& of_weights, const Tensor& of_step) const {
    Tensor zero = full(context(), IntList{}, 0.0, DType::kF64),
           one = full(context(), IntList{}, 1.0, DType::kF64);
    return select(logical_and(greater(of_weights, zero), greater(of_step, zero)), div(of_weights, of_step),
                  one);
  }

  LambOptions options_;
};

}  // namespace

std::unique_ptr<Optimizer> make_lamb(Context& context, const LambOptions& options) {
  const char* name = options.name.c_str();
  check_share(name, "beta1", options.beta1);
  check_share(name, "beta2", options.beta2);
  check_not_negative(name, "epsilon", options.epsilon);
  check_not_negative(name, "weight_decay", options.weight_decay);
  return std::make_unique<Lamb>(context, options);
}

}  // namespace tl::optim
