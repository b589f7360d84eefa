// BatchNorm and LayerNorm, declared in layers.h.
#include <cmath>
#include <limits>

#include "core/nn/layers.h"
#include "core/ops/generated/functions.h"

namespace tl::nn {
namespace {

void check_options(const char* op, double epsilon, DType dtype) {
  if (!(epsilon >= 0) || std::isinf(epsilon))
    invalid("[", op, "] 'epsilon' must be a finite number that is not negative: got ", epsilon,
            "; 0.001 is usual");
  if (!is_floating(dtype))
    invalid("[", op, "] 'dtype' must be f32 or f64: got ", dtype, "; cast integers before the layer");
  if (dtype == DType::kF32 && epsilon > static_cast<double>(std::numeric_limits<float>::max()))
    invalid("[", op, "] 'epsilon' is out of range for f32: got ", epsilon, "; 1e-3 is usual");
}

// What both have: gamma and beta over the last axis.
class Normalization : public Layer {
 public:
  Shape output_shape(const Shape& input) const override {
    if (input.rank() < 1)
      invalid(label(), "the input must have an axis to normalise: got ", input, "; reshape it to (1,)");
    if (input.back() == 0)
      invalid(label(), "the last axis of the input must not be empty: got ", input,
              "; there would be nothing to normalise");
    if (built() && input.back() != input_shape().back())
      invalid(label(), "the last axis of the input must be ", input_shape().back(), ": got ", input,
              "; the layer was built for that size");
    return input;
  }
  Shape accept(DType dtype, const Shape& input, bool) const override {
    Shape out = output_shape(input);
    check_dtype(dtype, input, dtype_);
    return out;
  }

 protected:
  Normalization(Context& context, const std::string& name, const char* default_name, bool scale, bool center,
                DType dtype)
      : Layer(context, name, default_name), scale_(scale), center_(center), dtype_(dtype) {}

  std::vector<VariableRef> make_variables(const Shape& input) override {
    Shape shape{input.back()};
    std::vector<VariableRef> made;
    if (scale_) made.push_back(VariableRef::make(full(context(), shape, 1.0, dtype_), "gamma"));
    if (center_) made.push_back(VariableRef::make(full(context(), shape, 0.0, dtype_), "beta"));
    return made;
  }

  // gamma (centered factor) + beta, where the factor is 1 / sqrt(variance + epsilon). With one for each channel gamma and
  // the factor are multiplied first: they are small, the input is large, and a pass over it is what this costs.
  Tensor scaled(const Tensor& centered, Tensor factor, bool per_channel) {
    if (scale_ && per_channel) factor = mul(factor, variable(0).read());
    Tensor y = mul(centered, factor);
    if (scale_ && !per_channel) y = mul(y, variable(0).read());
    return center_ ? add(y, variable(scale_).read()) : y;
  }

  size_t num_affine() const { return static_cast<size_t>(scale_) + static_cast<size_t>(center_); }
  DType dtype() const { return dtype_; }

 private:
  bool scale_, center_;
  DType dtype_;
};

class BatchNorm final : public Normalization {
 public:
  BatchNorm(Context& context, const BatchNormOptions& o)
      : Normalization(context, o.name, "batch_normalization", o.scale, o.center, o.dtype),
        momentum_(o.momentum),
        epsilon_(o.epsilon) {}
  const char* type() const override { return "BatchNormalization"; }

  Shape output_shape(const Shape& input) const override {
    if (input.rank() < 2)
      invalid(label(), "the input must have rank 2 or more: got ", input,
              "; the last axis is that of the channels");
    return Normalization::output_shape(input);
  }
  Shape accept(DType dtype, const Shape& input, bool training) const override {
    Shape out = Normalization::accept(dtype, input, training);
    if (training && input.elements(0, input.rank() - 1) == 0)
      invalid(label(), "training needs at least one row: got ", input, "; a batch of none has no mean");
    return out;
  }

 protected:
  std::vector<VariableRef> make_variables(const Shape& input) override {
    std::vector<VariableRef> made = Normalization::make_variables(input);
    Shape shape{input.back()};
    made.push_back(VariableRef::make(full(context(), shape, 0.0, dtype()), "moving_mean", false));
    made.push_back(VariableRef::make(full(context(), shape, 1.0, dtype()), "moving_variance", false));
    return made;
  }

  Tensor forward(const Tensor& x, LayerCall& call) override {
    accept(x.dtype(), x.shape(), call.training());
    Variable &moving_mean = variable(num_affine()), &moving_variance = variable(num_affine() + 1);
    if (!call.training())
      return scaled(sub(x, moving_mean.read()), inverse_root(moving_variance.read()), true);

    IntList rows;
    for (int axis = 0; axis < x.rank() - 1; axis++) rows.push_back(axis);
    Tensor batch_mean = mean(x, rows);
    Tensor centered = sub(x, batch_mean);
    Tensor batch_variance = mean(square(centered), rows);
    check_finite("mean", batch_mean);
    check_finite("variance", batch_variance);
    Tensor y = scaled(centered, inverse_root(batch_variance), true);
    call.update(new_mean_, moving_mean, moved(new_mean_, moving_mean, batch_mean));
    call.update(new_variance_, moving_variance, moved(new_variance_, moving_variance, batch_variance));
    return y;
  }

 private:
  // The averages never forget what is not finite, so it must not get there. Looks at one number for each channel.
  void check_finite(const char* what, const Tensor& of_channels) const {
    if (of_channels.is_shell())
      fail(Code::kFailedPrecondition, label(),
           "inside vmap each example has a batch of its own, of which no moving average "
           "can be kept: got one that is training; call the layer outside vmap, or not in training");
    if (context().observed()) {  // who records the step keeps the check as an op
      (void)tl::check_finite(of_channels);
      return;
    }
    auto check = [&](const auto* values) {
      for (int64_t i = 0; i < of_channels.elements(); i++)
        if (!std::isfinite(values[i]))
          fail(Code::kNonFinite, label(), "the ", what, " of each channel of a batch must be finite: got ",
               values[i], " in channel ", i, " in ", dtype(),
               "; scale the input, or look for the op that made it");
    };
    dtype() == DType::kF32 ? check(of_channels.data<float>()) : check(of_channels.data<double>());
  }
  Tensor inverse_root(const Tensor& variance) const { return rsqrt(add_scalar(variance, epsilon_)); }

  // What the tape knows stays outside: the averages follow the batch, they are not a function to be differentiated.
  // A layer that stands twice in a model goes on from what the first use has said.
  Tensor moved(const StateUpdate& so_far, Variable& moving, const Tensor& batch) const {
    const Tensor& now = so_far.value ? so_far.value : moving.peek();
    Tensor old = mul_scalar(stop_gradient(now), momentum_);
    return add(old, mul_scalar(stop_gradient(batch), 1.0 - momentum_));
  }

  double momentum_, epsilon_;
  StateUpdate new_mean_, new_variance_;
};

class LayerNorm final : public Normalization {
 public:
  LayerNorm(Context& context, const LayerNormOptions& o)
      : Normalization(context, o.name, "layer_normalization", o.scale, o.center, o.dtype),
        epsilon_(o.epsilon) {}
  const char* type() const override { return "LayerNormalization"; }

 protected:
  Tensor forward(const Tensor& x, LayerCall& call) override {
    accept(x.dtype(), x.shape(), call.training());
    Tensor centered = sub(x, mean(x, {-1}, /*keepdims=*/true));
    return scaled(centered, inverse_rms(centered, epsilon_), false);
  }

 private:
  double epsilon_;
};

}  // namespace

LayerPtr make_batch_norm(Context& context, const BatchNormOptions& options) {
  check_options("batch_normalization", options.epsilon, options.dtype);
  if (!(options.momentum >= 0 && options.momentum <= 1))
    invalid("[batch_normalization] 'momentum' must be in [0, 1]: got ", options.momentum, "; 0.99 is usual");
  return std::make_shared<BatchNorm>(context, options);
}

LayerPtr make_layer_norm(Context& context, const LayerNormOptions& options) {
  check_options("layer_normalization", options.epsilon, options.dtype);
  return std::make_shared<LayerNorm>(context, options);
}

}  // namespace tl::nn
