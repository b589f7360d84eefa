#include "core/nn/layers.h"

#include "core/ops/generated/functions.h"

namespace tl::nn {

void check_activation(const char* op, ActivationKind activation) {
  int32_t kind = static_cast<int32_t>(activation);
  if (kind < 0 || kind > static_cast<int32_t>(ActivationKind::kLogSoftmax))
    invalid("[", op, "] an activation must be known: got ", kind,
            "; 0 (linear) to 10 (log_softmax) are known");
}

const char* name_of(ActivationKind activation) {
  switch (activation) {
    case ActivationKind::kLinear: return "linear";
    case ActivationKind::kRelu: return "relu";
    case ActivationKind::kLeakyRelu: return "leaky_relu";
    case ActivationKind::kElu: return "elu";
    case ActivationKind::kSilu: return "silu";
    case ActivationKind::kGelu: return "gelu";
    case ActivationKind::kTanh: return "tanh";
    case ActivationKind::kSigmoid: return "sigmoid";
    case ActivationKind::kSoftplus: return "softplus";
    case ActivationKind::kSoftmax: return "softmax";
    case ActivationKind::kLogSoftmax: return "log_softmax";
  }
  return "unknown activation";
}

Tensor activate(const Tensor& x, ActivationKind activation) {
  check_activation("activation", activation);
  switch (activation) {
    case ActivationKind::kLinear: return x;
    case ActivationKind::kRelu: return relu(x);
    case ActivationKind::kLeakyRelu: return leaky_relu(x);
    case ActivationKind::kElu: return elu(x);
    case ActivationKind::kSilu: return silu(x);
    case ActivationKind::kGelu: return gelu(x);
    case ActivationKind::kTanh: return tanh(x);
    case ActivationKind::kSigmoid: return sigmoid(x);
    case ActivationKind::kSoftplus: return softplus(x);
    case ActivationKind::kSoftmax: return softmax(x);
    case ActivationKind::kLogSoftmax: return log_softmax(x);
  }
  return x;
}

namespace {

class Dense final : public Layer {
 public:
  Dense(Context& context, int64_t units, const DenseOptions& options)
      : Layer(context, options.name, "dense"), units_(units), options_(options) {
    if (options.input_size > 0) build(Shape{1, options.input_size});
  }

  const char* type() const override { return "Dense"; }

  Shape output_shape(const Shape& input) const override {
    if (input.rank() < 2)
      invalid(label(), "the input must have rank 2 or more: got ", input,
              "; a single example needs a batch axis of size 1");
    int64_t want = built() ? variable(0).shape()[0] : options_.input_size;
    if (want > 0 && input.back() != want)
      invalid(label(), "the last axis of the input must be ", want, ": got ", input,
              "; flatten images first");
    Shape out = input;
    out[input.rank() - 1] = units_;
    return out;
  }
  Shape accept(DType dtype, const Shape& input, bool) const override {
    Shape out = output_shape(input);
    check_dtype(dtype, input, options_.dtype);
    return out;
  }

 protected:
  std::vector<VariableRef> make_variables(const Shape& input) override {
    if (input.back() == 0)
      invalid(label(), "the last axis of the input must not be empty: got ", input,
              "; there would be nothing to learn from");
    Shape kernel{input.back(), units_};
    checked_shape("dense", Span<const int64_t>(kernel.data(), kernel.size()), size_of(options_.dtype));
    std::vector<VariableRef> made{VariableRef::make(
        initialize(context(), options_.kernel_initializer, kernel, options_.dtype, label()), "kernel")};
    if (options_.use_bias)
      made.push_back(VariableRef::make(
          initialize(context(), options_.bias_initializer, Shape{units_}, options_.dtype, label()), "bias"));
    return made;
  }

  Tensor forward(const Tensor& x, LayerCall& call) override {
    Shape out = accept(x.dtype(), x.shape(), call.training());
    // One product of two matrices is faster than many small ones, and both reshapes share memory.
    bool merge = x.rank() > 2;
    int64_t rows = x.shape().elements(0, x.rank() - 1);
    Tensor y = matmul(merge ? reshape(x, IntList{rows, x.shape().back()}) : x, variable(0).read());
    if (options_.use_bias) y = add(y, variable(1).read());
    y = activate(y, options_.activation);
    return merge ? reshape(y, out) : y;
  }

 private:
  int64_t units_;
  DenseOptions options_;
};

class Dropout final : public Layer {
 public:
  Dropout(Context& context, double rate, const DropoutOptions& options)
      : Layer(context, options.name, "dropout"), rate_(rate) {}
  const char* type() const override { return "Dropout"; }
  Shape output_shape(const Shape& input) const override { return input; }
  Shape accept(DType dtype, const Shape& input, bool training) const override {
    if (drops(training)) check_floating(dtype, input);
    return input;
  }

 protected:
  Tensor forward(const Tensor& x, LayerCall& call) override {
    if (!drops(call.training())) return x;
    check_floating(x.dtype(), x.shape());
    return dropout(x, rate_);
  }

 private:
  bool drops(bool training) const { return training && rate_ > 0; }

  double rate_;
};

class Flatten final : public Layer {
 public:
  Flatten(Context& context, const FlattenOptions& options) : Layer(context, options.name, "flatten") {}
  const char* type() const override { return "Flatten"; }
  Shape output_shape(const Shape& input) const override {
    if (input.rank() < 1)
      invalid(label(), "the input must have a batch axis: got ", input, "; reshape it to (1, ...)");
    return Shape{input[0], input.elements(1, input.rank())};
  }

 protected:
  Tensor forward(const Tensor& x, LayerCall&) override { return reshape(x, output_shape(x.shape())); }
};

class Activation final : public Layer {
 public:
  Activation(Context& context, ActivationKind activation, const ActivationOptions& options)
      : Layer(context, options.name, "activation"), activation_(activation) {}
  const char* type() const override { return "Activation"; }
  Shape output_shape(const Shape& input) const override {
    bool over_last = activation_ == ActivationKind::kSoftmax || activation_ == ActivationKind::kLogSoftmax;
    if (over_last && input.rank() == 0)
      invalid(label(), name_of(activation_), " needs an input of rank 1 or more: got ", input,
              "; reshape it to (1,)");
    return input;
  }
  Shape accept(DType dtype, const Shape& input, bool) const override {
    check(dtype, input);
    return output_shape(input);
  }

 protected:
  Tensor forward(const Tensor& x, LayerCall&) override {
    check(x.dtype(), x.shape());
    return activate(x, activation_);
  }

 private:
  void check(DType dtype, const Shape& input) const {
    const bool any_number = activation_ == ActivationKind::kLinear || activation_ == ActivationKind::kRelu;
    if (!any_number) check_floating(dtype, input);
  }

  ActivationKind activation_;
};

}  // namespace

LayerPtr make_dense(Context& context, int64_t units, const DenseOptions& options) {
  if (units < 1) invalid("[dense] 'units' must be at least 1: got ", units, "; it is the size of the output");
  if (options.input_size < 0)
    invalid("[dense] 'input_size' must not be negative: got ", options.input_size,
            "; 0 takes it from the first call");
  if (!is_floating(options.dtype))
    invalid("[dense] 'dtype' must be f32 or f64: got ", options.dtype, "; cast integers before the layer");
  check_activation("dense", options.activation);
  check_initializer("dense", options.kernel_initializer, options.dtype);
  check_initializer("dense", options.bias_initializer, options.dtype);
  return std::make_shared<Dense>(context, units, options);
}

LayerPtr make_dropout(Context& context, double rate, const DropoutOptions& options) {
  if (!(rate >= 0 && rate < 1))
    invalid("[dropout] 'rate' must be in [0, 1): got ", rate,
            "; it is the share of elements that are dropped");
  return std::make_shared<Dropout>(context, rate, options);
}

LayerPtr make_flatten(Context& context, const FlattenOptions& options) {
  return std::make_shared<Flatten>(context, options);
}

LayerPtr make_activation(Context& context, ActivationKind activation, const ActivationOptions& options) {
  check_activation("activation", activation);
  return std::make_shared<Activation>(context, activation, options);
}

}  // namespace tl::nn
