#include "core/optim/muon.h"

#include <algorithm>
#include <cmath>

#include "core/ops/generated/functions.h"
#include "core/optim/chain.h"
#include "core/optim/conventions.h"

namespace tl::optim {
namespace {

class Muon final : public Optimizer {
 public:
  Muon(Context& context, const MuonOptions& options)
      : Optimizer(context, options.name, options.learning_rate), options_(options) {}

 protected:
  std::vector<Slot> first_slots(const Variable& variable) const override {
    return is_matrix(variable.shape()) ? slots_like(variable, {"momentum"})
                                       : slots_like(variable, {"m", "v"});
  }

  const char* against_rows(const Variable& variable) const override {
    return is_matrix(variable.shape()) ? "the step depends on the whole matrix" : nullptr;
  }

  int scalars(int64_t step, double rate, double* out) const override {
    const double t = static_cast<double>(step);
    out[0] = -rate;
    out[1] = rate * options_.adam_rate_ratio * std::sqrt(1.0 - std::pow(options_.beta2, t)) /
             (1.0 - std::pow(options_.beta1, t));
    out[2] = 0;  // weight decay of Adam
    out[3] = options_.epsilon;
    return 4;
  }

  bool runs_in_place() const override { return false; }

  void run(const Tensor* values, const Tensor& g, const Tensor* scalars, bool donate,
           Tensor* out) const override {
    if (!is_matrix(values[0].shape())) {
      AdamUpdateAttrs attrs{options_.beta1, options_.beta2};
      const Tensor* in[] = {&values[0], &g, &values[1], &values[2], &scalars[1], &scalars[2], &scalars[3]};
      tl::apply(OpId::kAdamUpdate, context(), Inputs(in, 7), &attrs, out, donate ? 0b1101 : 0);
      return;
    }
    out[1] = into(OpId::kAdd, mul_scalar(values[1], options_.momentum), g);
    Tensor direction =
        options_.nesterov ? into(OpId::kAdd, mul_scalar(out[1], options_.momentum), g) : out[1];
    Tensor change = scaled_into(orthogonal_factor(std::move(direction)), scale_of(values[0].shape()));
    out[0] = into(OpId::kAdd, into(OpId::kMul, std::move(change), scalars[0]), values[0]);
  }

 private:
  static bool is_matrix(const Shape& shape) { return shape.rank() == 2; }

  double scale_of(const Shape& shape) const {
    const double rows = static_cast<double>(shape[0]), columns = static_cast<double>(shape[1]);
    if (options_.scale == MuonScale::kMatchRms) return 0.2 * std::sqrt(std::max(rows, columns));
    return columns > 0 ? std::sqrt(std::max(1.0, rows / columns)) : 1.0;
  }

  // A tall matrix is transposed, so that the products are of the smaller size.
  Tensor orthogonal_factor(Tensor x) const {
    const bool tall = x.shape()[0] > x.shape()[1];
    Tensor norm = shifted_into(cast(norm_of_all(x), x.dtype()), options_.epsilon);
    x = into(OpId::kDiv, std::move(x), norm);
    if (tall) x = transpose(x);
    for (int64_t i = 0; i < options_.ns_steps; i++) {
      Tensor gram = matmul(x, x, false, true);
      Tensor factor = into(OpId::kAdd, scaled_into(matmul(gram, gram), 2.0315), mul_scalar(gram, -4.7750));
      x = into(OpId::kAdd, matmul(factor, x), mul_scalar(x, 3.4445));
    }
    return tall ? transpose(x) : x;
  }

  MuonOptions options_;
};

}  // namespace

std::unique_ptr<Optimizer> make_muon(Context& context, const MuonOptions& options) {
  const char* name = options.name.c_str();
  check_share(name, "momentum", options.momentum);
  if (options.ns_steps < 1 || options.ns_steps > 100)
    invalid("[", name, "] 'ns_steps' must be in [1, 100]: got ", options.ns_steps, "; 5 is usual");
  if (options.scale != MuonScale::kOriginal && options.scale != MuonScale::kMatchRms)
    invalid("[", name, "] 'scale' must be the original (0) or that which matches Adam (1): got ",
            static_cast<int32_t>(options.scale), "; fill the options with their _init function first");
  check_not_negative(name, "adam_rate_ratio", options.adam_rate_ratio);
  check_share(name, "beta1", options.beta1);
  check_share(name, "beta2", options.beta2);
  check_positive(name, "epsilon", options.epsilon);
  return std::make_unique<Muon>(context, options);
}

}  // namespace tl::optim
