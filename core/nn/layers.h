// The layers: Dense, Dropout, BatchNorm, LayerNorm, Flatten, Activation. Sequential is in sequential.h.
#pragma once

#include "core/nn/initializer.h"
#include "core/nn/layer.h"

namespace tl::nn {

// Numbers are those of tl_activation in the C API: append only.
enum class ActivationKind : int32_t {
  kLinear = 0,
  kRelu = 1,
  kLeakyRelu = 2,  // slope 0.01 below zero
  kElu = 3,        // alpha 1
  kSilu = 4,
  kGelu = 5,  // exact
  kTanh = 6,
  kSigmoid = 7,
  kSoftplus = 8,
  kSoftmax = 9,     // over the last axis
  kLogSoftmax = 10  // over the last axis
};

// Throws kInvalidArgument for an unknown number.
void check_activation(const char* op, ActivationKind activation);
const char* name_of(ActivationKind activation);
Tensor activate(const Tensor& x, ActivationKind activation);

struct DenseOptions {
  int64_t input_size = 0;  // of the last axis; 0: seen at the first call
  ActivationKind activation = ActivationKind::kLinear;
  bool use_bias = true;
  Initializer kernel_initializer{InitializerKind::kGlorotUniform, 0.0};
  Initializer bias_initializer{InitializerKind::kZeros, 0.0};
  DType dtype = DType::kF32;  // or f64
  std::string name;           // empty: "dense"
};

// activation(x kernel + bias): (..., input size) to (..., units), rank 2 or more. Variables: kernel (input size, units),
// bias (units). With input_size the variables are made at once.
LayerPtr make_dense(Context& context, int64_t units, const DenseOptions& options);

struct DropoutOptions {
  std::string name;  // empty: "dropout"
};

// While training, each element is set to zero with probability rate, in [0, 1), and the others are divided by 1 - rate;
// otherwise the identity. Any shape, f32 or f64.
LayerPtr make_dropout(Context& context, double rate, const DropoutOptions& options);

struct FlattenOptions {
  std::string name;  // empty: "flatten"
};

// All axes but the first merged into one, any dtype: (n, 28, 28) to (n, 784), (n) to (n, 1).
LayerPtr make_flatten(Context& context, const FlattenOptions& options);

struct ActivationOptions {
  std::string name;  // empty: "activation"
};

// An activation as a layer of its own. Any shape, f32 or f64; softmax needs rank 1 or more.
LayerPtr make_activation(Context& context, ActivationKind activation, const ActivationOptions& options);

struct BatchNormOptions {
  double momentum =
      0.99;  // in [0, 1]: moving = momentum moving + (1 - momentum) batch, as in Keras; PyTorch's is 1 - this
  double epsilon = 1e-3;  // Keras; PyTorch 1e-5
  bool scale = true;      // with gamma
  bool center = true;     // with beta
  DType dtype = DType::kF32;
  std::string name;  // empty: "batch_normalization"
};

// gamma (x - mean) / sqrt(variance + epsilon) + beta over all axes but the last (Ioffe and Szegedy 2015). While training,
// mean and (biased) variance are those of the batch, gradients flow through them, and the moving averages are updated,
// which tapes do not see; otherwise they are the moving averages. Rank 2 or more, last axis not empty; training needs at
// least one row. The variance is a variable, so it must be in the range of the dtype: for f32, elements up to 1e19.
// A batch whose mean or variance is not finite is kNonFinite while training, and leaves the averages as they were.
// Variables: gamma, beta (trainable), moving_mean, moving_variance (not trainable).
LayerPtr make_batch_norm(Context& context, const BatchNormOptions& options);

struct LayerNormOptions {
  double epsilon = 1e-3;  // Keras; PyTorch 1e-5
  bool scale = true;      // with gamma
  bool center = true;     // with beta
  DType dtype = DType::kF32;
  std::string name;  // empty: "layer_normalization"
};

// gamma (x - mean) / sqrt(variance + epsilon) + beta, with the (biased) variance of each row over the last axis (Ba et al.
// 2016). Rank 1 or more, last axis not empty. The variance may leave the range of the dtype, the sum of a row may not.
LayerPtr make_layer_norm(Context& context, const LayerNormOptions& options);

}  // namespace tl::nn
