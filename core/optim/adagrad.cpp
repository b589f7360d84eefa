#include "core/optim/adagrad.h"

#include "core/ops/generated/functions.h"
#include "core/optim/chain.h"

namespace tl::optim {
namespace {

class Adagrad final : public Optimizer {
 public:
  Adagrad(Context& context, const AdagradOptions& options)
      : Optimizer(context, options.name, options.learning_rate), options_(options) {}

 protected:
  std::vector<Slot> first_slots(const Variable& variable) const override {
    return slots_like(variable, {"accumulator"}, options_.initial_accumulator);
  }

  int scalars(int64_t, double rate, double* out) const override {
    out[0] = -rate;
    return 1;
  }

  bool runs_in_place() const override { return false; }

  void run(const Tensor* values, const Tensor& g, const Tensor* scalars, bool /*donate*/,
           Tensor* out) const override {
    out[1] = into(OpId::kAdd, square(g), values[1]);
    Tensor root = options_.epsilon_form == EpsilonForm::kKeras
                      ? into(OpId::kSqrt, add_scalar(out[1], options_.epsilon))
                      : shifted_into(sqrt(out[1]), options_.epsilon);
    out[0] = into(OpId::kAdd, into(OpId::kDiv, mul(g, scalars[0]), root), values[0]);
  }

 private:
  AdagradOptions options_;
};

}  // namespace

std::unique_ptr<Optimizer> make_adagrad(Context& context, const AdagradOptions& options) {
  const char* name = options.name.c_str();
  check_not_negative(name, "initial_accumulator", options.initial_accumulator);
  check_not_negative(name, "epsilon", options.epsilon);
  check_form(name, options.epsilon_form);
  return std::make_unique<Adagrad>(context, options);
}

}  // namespace tl::optim
