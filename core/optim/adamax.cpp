#include "core/optim/adamax.h"

#include <cmath>

#include "core/ops/generated/functions.h"
#include "core/optim/chain.h"

namespace tl::optim {
namespace {

class Adamax final : public Optimizer {
 public:
  Adamax(Context& context, const AdamaxOptions& options)
      : Optimizer(context, options.name, options.learning_rate), options_(options) {}

 protected:
  std::vector<Slot> first_slots(const Variable& variable) const override {
    return slots_like(variable, {"m", "u"});
  }

  int scalars(int64_t step, double rate, double* out) const override {
    out[0] = -rate / (1.0 - std::pow(options_.beta1, static_cast<double>(step)));
    return 1;
  }

  bool runs_in_place() const override { return false; }

  void run(const Tensor* values, const Tensor& g, const Tensor* scalars, bool /*donate*/,
           Tensor* out) const override {
    const bool keras = options_.epsilon_form == EpsilonForm::kKeras;
    Tensor size = abs(g);
    if (!keras) size = shifted_into(std::move(size), options_.epsilon);
    out[1] = moving_average(values[1], g, options_.beta1);
    out[2] = into(OpId::kMaximum, mul_scalar(values[2], options_.beta2), size);
    Tensor change =
        into(OpId::kDiv, mul(out[1], scalars[0]), keras ? add_scalar(out[2], options_.epsilon) : out[2]);
    out[0] = into(OpId::kAdd, std::move(change), values[0]);
  }

 private:
  AdamaxOptions options_;
};

}  // namespace

std::unique_ptr<Optimizer> make_adamax(Context& context, const AdamaxOptions& options) {
  const char* name = options.name.c_str();
  check_share(name, "beta1", options.beta1);
  check_share(name, "beta2", options.beta2);
  check_not_negative(name, "epsilon", options.epsilon);
  check_form(name, options.epsilon_form);
  return std::make_unique<Adamax>(context, options);
}

}  // namespace tl::optim
