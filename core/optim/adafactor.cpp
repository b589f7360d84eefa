#include "core/optim/adafactor.h"

#include <algorithm>
#include <cmath>

#include "core/ops/generated/functions.h"
#include "core/optim/chain.h"

namespace tl::optim {
namespace {

bool is_factored(const Shape& shape) { return shape.rank() >= 2; }

// A shape without one of its axes.
Shape without(const Shape& shape, int axis) {
  Shape out;
  for (int i = 0; i < shape.rank(); i++)
    if (i != axis) out.push_back(shape[i]);
  return out;
}

class Adafactor final : public Optimizer {
 public:
  Adafactor(Context& context, const AdafactorOptions& options)
      : Optimizer(context, options.name, options.learning_rate), options_(options) {}

 protected:
  std::vector<Slot> first_slots(const Variable& variable) const override {
    const Shape& shape = variable.shape();
    if (!is_factored(shape)) return slots_like(variable, {"v"});
    const int last = shape.rank() - 1;
    return {{"r", full(context(), without(shape, last), 0.0, variable.dtype())},
            {"c", full(context(), without(shape, last - 1), 0.0, variable.dtype())}};
  }

  const char* against_rows(const Variable&) const override {
    return "the step depends on the whole variable";
  }

  int scalars(int64_t step, double rate, double* out) const override {
    const double t = static_cast<double>(step);
    out[0] = -std::min(rate, 1.0 / std::sqrt(t));
    out[1] = std::pow(t, options_.beta2_decay);
    return 2;
  }

  bool runs_in_place() const override { return false; }

  void run(const Tensor* values, const Tensor& g, const Tensor* scalars, bool /*donate*/,
           Tensor* out) const override {
    const Tensor &w = values[0], &share = scalars[1];
    Tensor squares = keras() ? shifted_into(square(g), options_.epsilon1) : square(g);
    Tensor moment;
    if (is_factored(w.shape())) {
      out[1] = moved(values[1], mean(squares, {-1}), share);
      out[2] = moved(values[2], mean(squares, {-2}), share);
      moment = product(out[1], out[2]);
    } else {
      out[1] = moved(values[1], squares, share);
      moment = out[1];
    }
    if (!keras())
      moment = into(OpId::kMaximum, std::move(moment), number(w, options_.epsilon1 * options_.epsilon1));
    // An element whose gradient is 0 stays, also where nothing is known of its size.
    Tensor step = into(OpId::kStrongZeroDiv, g, into(OpId::kSqrt, std::move(moment)));
    Tensor excess =
        maximum(mul_scalar(root_mean_square(step), 1.0 / options_.clip_threshold), number(w, 1.0));
    Tensor size = mul(maximum(root_mean_square(w), number(w, options_.epsilon2)), scalars[0]);
    out[0] = into(OpId::kAdd, into(OpId::kMul, std::move(step), div(size, excess)), w);
  }

 private:
  bool keras() const { return options_.epsilon_form == EpsilonForm::kKeras; }

  Tensor number(const Tensor& like, double value) const {
    return full(context(), IntList{}, value, like.dtype());
  }

  static Tensor moved(const Tensor& average, Tensor x, const Tensor& share) {
    return into(OpId::kAdd, into(OpId::kMul, into(OpId::kSub, std::move(x), average), share), average);
  }

  // The rows first by their mean: the product of the two may be out of the range of the dtype.
  Tensor product(const Tensor& rows, const Tensor& columns) const {
    Tensor all = mean(rows, {-1}, true);
    if (!keras()) all = maximum(all, number(rows, options_.epsilon1));
    return mul(expand_dims(div(rows, all), -1), expand_dims(columns, -2));
  }

  AdafactorOptions options_;
};

}  // namespace

std::unique_ptr<Optimizer> make_adafactor(Context& context, const AdafactorOptions& options) {
  const char* name = options.name.c_str();
  if (!(options.beta2_decay <= 0) || std::isinf(options.beta2_decay))
    invalid("[", name, "] 'beta2_decay' must be finite and not above 0: got ", options.beta2_decay,
            "; -0.8 is usual");
  check_not_negative(name, "epsilon1", options.epsilon1);
  check_not_negative(name, "epsilon2", options.epsilon2);
  check_positive(name, "clip_threshold", options.clip_threshold);
  check_form(name, options.epsilon_form);
  return std::make_unique<Adafactor>(context, options);
}

}  // namespace tl::optim
