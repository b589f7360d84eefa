#include "core/optim/adadelta.h"

#include "core/ops/generated/functions.h"
#include "core/optim/chain.h"
#include "core/optim/conventions.h"

namespace tl::optim {
namespace {

class Adadelta final : public Optimizer {
 public:
  Adadelta(Context& context, const AdadeltaOptions& options)
      : Optimizer(context, options.name, options.learning_rate), options_(options) {}

 protected:
  std::vector<Slot> first_slots(const Variable& variable) const override {
    return slots_like(variable, {"gradient", "step"});
  }

  int scalars(int64_t, double rate, double* out) const override {
    out[0] = -rate;
    return 1;
  }

  bool runs_in_place() const override { return false; }

  void run(const Tensor* values, const Tensor& g, const Tensor* scalars, bool /*donate*/,
           Tensor* out) const override {
    out[1] = moving_average(values[1], square(g), options_.rho);
    Tensor step = into(OpId::kDiv, root_of(values[2]), root_of(out[1]));
    step = into(OpId::kMul, std::move(step), g);
    out[2] = moving_average(values[2], square(step), options_.rho);
    out[0] = into(OpId::kAdd, into(OpId::kMul, std::move(step), scalars[0]), values[0]);
  }

 private:
  Tensor root_of(const Tensor& average) const {
    return into(OpId::kSqrt, add_scalar(average, options_.epsilon));
  }

  AdadeltaOptions options_;
};

}  // namespace

std::unique_ptr<Optimizer> make_adadelta(Context& context, const AdadeltaOptions& options) {
  const char* name = options.name.c_str();
  check_share(name, "rho", options.rho);
  check_not_negative(name, "epsilon", options.epsilon);
  return std::make_unique<Adadelta>(context, options);
}

}  // namespace tl::optim
