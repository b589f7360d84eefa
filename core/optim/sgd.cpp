#include "core/optim/sgd.h"

#include "core/ops/generated/functions.h"

namespace tl::optim {
namespace {

// a + b in the memory of a, which the caller gives away.
Tensor add_into(Tensor a, const Tensor& b) {
  const Tensor* in[] = {&a, &b};
  Tensor out;
  apply(OpId::kAdd, a.context(), Inputs(in, 2), nullptr, &out, 1);
  return out;
}

class Sgd final : public Optimizer {
 public:
  Sgd(Context& context, const SgdOptions& options)
      : Optimizer(context, options.name,
                  options.momentum == 0 ? std::vector<const char*>{} : std::vector<const char*>{"momentum"},
                  options.learning_rate),
        options_(options) {}

 protected:
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
    out[1] = add_into(mul_scalar(m, options_.momentum), g);
    Tensor change = options_.nesterov ? add_into(mul_scalar(out[1], options_.momentum), g) : out[1];
    out[0] = add_into(mul(change, rate), w);
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
  if (options.momentum_form != MomentumForm::kKeras && options.momentum_form != MomentumForm::kPyTorch)
    invalid("[", name, "] 'momentum_form' must be Keras (0) or PyTorch (1): got ",
            static_cast<int32_t>(options.momentum_form),
            "; fill the options with their _init function first");
  return std::make_unique<Sgd>(context, options);
}

}  // namespace tl::optim
