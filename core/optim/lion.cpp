#include "core/optim/lion.h"

#include "core/ops/generated/functions.h"
#include "core/optim/chain.h"
#include "core/optim/conventions.h"

namespace tl::optim {
namespace {

class Lion final : public Optimizer {
 public:
  Lion(Context& context, const LionOptions& options)
      : Optimizer(context, options.name, options.learning_rate), options_(options) {}

 protected:
  std::vector<Slot> first_slots(const Variable& variable) const override {
    return slots_like(variable, {"m"});
  }

  int scalars(int64_t, double rate, double* out) const override {
    out[0] = -rate;
    return 1;
  }

  bool runs_in_place() const override { return false; }

  void run(const Tensor* values, const Tensor& g, const Tensor* scalars, bool /*donate*/,
           Tensor* out) const override {
    // Not as a moving average: where the two cancel, the sign is that of the sum as the paper writes it.
    Tensor direction =
        into(OpId::kAdd, mul_scalar(values[1], options_.beta1), mul_scalar(g, 1.0 - options_.beta1));
    Tensor change = into(OpId::kMul, into(OpId::kSign, std::move(direction)), scalars[0]);
    out[0] = into(OpId::kAdd, std::move(change), values[0]);
    out[1] = moving_average(values[1], g, options_.beta2);
  }

 private:
  LionOptions options_;
};

}  // namespace

std::unique_ptr<Optimizer> make_lion(Context& context, const LionOptions& options) {
  const char* name = options.name.c_str();
  if (!(options.beta1 >= 0 && options.beta1 <= 1))
    invalid("[", name, "] 'beta1' must be in [0, 1]: got ", options.beta1, "; 0.9 is usual");
  check_share(name, "beta2", options.beta2);
  return std::make_unique<Lion>(context, options);
}

}  // namespace tl::optim
