#include "core/optim/sgd.h"

#include "core/ops/generated/functions.h"
#include "core/optim/chain.h"

namespace tl::optim {
namespace {

class Sgd final : public Optimizer {
 public:
  Sgd(Context& context, const SgdOptions& options)
      : Optimizer(context, options.name, options.learning_rate), options_(options) {}

 protected:
  std::vector<Slot> first_slots(const Variable& variable) const override {
    return options_.momentum == 0 ? std::vector<Slot>{} : slots_like(variable, {"momentum"});
  }

  int scalars(int64_t, double rate, double* out) const override {
    // The velocity of PyTorch's form is added, times minus the rate.
    out[0] = torch_velocity() ? -rate : rate;
    return 1;
  }

  bool runs_in_place() const override { return !torch_velocity(); }

  void run(const Tensor* values, const Tensor& g, const Tensor* scalars, bool donate,
           Tensor* out) const override {
    const Tensor &w = values[0], &rate = scalars[0];
    if (options_.momentum == 0) {
      const Tensor* in[] = {&w, &g, &rate};
      tl::apply(OpId::kSgdUpdate, context(), Inputs(in, 3), nullptr, out, donate ? 0b001 : 0);
      return;
    }
    const Tensor& m = values[1];
    if (!torch_velocity()) {
      MomentumUpdateAttrs attrs{options_.momentum, options_.nesterov};
      const Tensor* in[] = {&w, &g, &m, &rate};
      tl::apply(OpId::kMomentumUpdate, context(), Inputs(in, 4), &attrs, out, donate ? 0b0101 : 0);
      return;
    }
    out[1] = into(OpId::kAdd, mul_scalar(m, options_.momentum), g);
    Tensor change = options_.nesterov ? into(OpId::kAdd, mul_scalar(out[1], options_.momentum), g) : out[1];
    out[0] = into(OpId::kAdd, mul(change, rate), w);
  }

 private:
  bool torch_velocity() const {
    return options_.momentum != 0 && options_.momentum_form == MomentumForm::kPyTorch;
  }

  SgdOptions options_;
};

}  // namespace

std::unique_ptr<Optimizer> make_sgd(Context& context, const SgdOptions& options) {
  const char* name = options.name.c_str();
  if (!(options.momentum >= 0 && options.momentum <= 1))
    invalid("[", name, "] 'momentum' must be in [0, 1]: got ", options.momentum, "; 0.9 is usual");
  if (options.nesterov && options.momentum == 0)
    invalid("[", name, "] 'nesterov' needs a momentum above 0: got ", options.momentum, "; 0.9 is usual");
  check_form(name, options.momentum_form);
  return std::make_unique<Sgd>(context, options);
}

}  // namespace tl::optim
