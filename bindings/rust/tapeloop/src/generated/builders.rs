// Made from api.json by bindings/gen/generate. Do not edit.
//! Layers and optimizers with their options.

use crate::ffi;
use crate::generated::*;
use crate::text::{optional_text, pointer_of};
use crate::{Context, Layer, LayerBuilder, Optimizer, Result};

/// A layer activation(x kernel + bias), from (..., input size) to (..., units), rank 2 or more. Variables:
/// kernel (input size, units) and bias (units), made at once when the input size is given, else at the first
/// call. units is at least 1. Since 0.1.
#[derive(Debug, Clone)]
#[must_use]
pub struct Dense {
    units: i64,
    input_size: i64,
    activation: Option<Activation>,
    no_bias: bool,
    kernel_initializer: Option<Initializer>,
    kernel_parameter: f64,
    bias_initializer: Option<Initializer>,
    bias_parameter: f64,
    dtype: Option<DType>,
    name: Option<String>,
}

impl Dense {
    /// All options at their defaults.
    pub fn new(units: i64) -> Dense {
        Dense {
            units,
            input_size: 0,
            activation: None,
            no_bias: false,
            kernel_initializer: None,
            kernel_parameter: 0.0,
            bias_initializer: None,
            bias_parameter: 0.0,
            dtype: None,
            name: None,
        }
    }

    /// Of the last axis; 0: seen at the first call (default).
    pub fn input_size(mut self, input_size: i64) -> Dense {
        self.input_size = input_size;
        self
    }

    /// Default `Activation::Linear`.
    pub fn activation(mut self, activation: Activation) -> Dense {
        self.activation = Some(activation);
        self
    }

    /// Default false.
    pub fn no_bias(mut self, no_bias: bool) -> Dense {
        self.no_bias = no_bias;
        self
    }

    /// Default Glorot uniform.
    pub fn kernel_initializer(mut self, kernel_initializer: Initializer) -> Dense {
        self.kernel_initializer = Some(kernel_initializer);
        self
    }

    /// Of the kernel's initialiser.
    pub fn kernel_parameter(mut self, kernel_parameter: f64) -> Dense {
        self.kernel_parameter = kernel_parameter;
        self
    }

    /// Default zeros.
    pub fn bias_initializer(mut self, bias_initializer: Initializer) -> Dense {
        self.bias_initializer = Some(bias_initializer);
        self
    }

    /// Of the bias's initialiser.
    pub fn bias_parameter(mut self, bias_parameter: f64) -> Dense {
        self.bias_parameter = bias_parameter;
        self
    }

    /// F32 (default) or f64: of variables and input.
    pub fn dtype(mut self, dtype: DType) -> Dense {
        self.dtype = Some(dtype);
        self
    }

    /// The name; without one it is "dense", made unique inside a sequential layer.
    pub fn name(mut self, name: impl Into<String>) -> Dense {
        self.name = Some(name.into());
        self
    }

    /// Makes the layer. It belongs to the innermost scope.
    pub fn build(&self, context: &Context) -> Result<Layer> {
        let mut options = options!(tl_dense_options, tl_dense_options_init);
        options.input_size = self.input_size;
        if let Some(value) = self.activation {
            options.activation = value as i32;
        }
        options.no_bias = self.no_bias;
        if let Some(value) = self.kernel_initializer {
            options.kernel_initializer = value as i32;
        }
        options.kernel_parameter = self.kernel_parameter;
        if let Some(value) = self.bias_initializer {
            options.bias_initializer = value as i32;
        }
        options.bias_parameter = self.bias_parameter;
        if let Some(value) = self.dtype {
            options.dtype = value as i32;
        }
        let name = optional_text("dense", self.name.as_deref())?;
        options.name = pointer_of(&name);
        Layer::made(context, "dense", call!(tl_dense(context.handle(), self.units, &options)))
    }
}

impl LayerBuilder for Dense {
    fn build_layer(&self, context: &Context) -> Result<Layer> {
        self.build(context)
    }
}

/// A layer that, while training, sets each element to zero with probability rate, in \[0, 1), and divides the
/// others by 1 - rate; otherwise it is the identity. Any shape, f32 or f64. Since 0.1.
#[derive(Debug, Clone)]
#[must_use]
pub struct Dropout {
    rate: f64,
    name: Option<String>,
}

impl Dropout {
    /// All options at their defaults.
    pub fn new(rate: f64) -> Dropout {
        Dropout { rate, name: None }
    }

    /// The name; without one it is the name of the type, made unique inside a sequential layer.
    pub fn name(mut self, name: impl Into<String>) -> Dropout {
        self.name = Some(name.into());
        self
    }

    /// Makes the layer. It belongs to the innermost scope.
    pub fn build(&self, context: &Context) -> Result<Layer> {
        let mut options = options!(tl_layer_options, tl_layer_options_init);
        let name = optional_text("dropout_layer", self.name.as_deref())?;
        options.name = pointer_of(&name);
        Layer::made(context, "dropout_layer", call!(tl_dropout_layer(context.handle(), self.rate, &options)))
    }
}

impl LayerBuilder for Dropout {
    fn build_layer(&self, context: &Context) -> Result<Layer> {
        self.build(context)
    }
}

/// A layer that merges all axes but the first into one: (n, 28, 28) to (n, 784). Any dtype. Since 0.1.
#[derive(Debug, Clone)]
#[must_use]
pub struct Flatten {
    name: Option<String>,
}

impl Default for Flatten {
    fn default() -> Flatten {
        Flatten::new()
    }
}

impl Flatten {
    /// All options at their defaults.
    pub fn new() -> Flatten {
        Flatten { name: None }
    }

    /// The name; without one it is the name of the type, made unique inside a sequential layer.
    pub fn name(mut self, name: impl Into<String>) -> Flatten {
        self.name = Some(name.into());
        self
    }

    /// Makes the layer. It belongs to the innermost scope.
    pub fn build(&self, context: &Context) -> Result<Layer> {
        let mut options = options!(tl_layer_options, tl_layer_options_init);
        let name = optional_text("flatten_layer", self.name.as_deref())?;
        options.name = pointer_of(&name);
        Layer::made(context, "flatten_layer", call!(tl_flatten_layer(context.handle(), &options)))
    }
}

impl LayerBuilder for Flatten {
    fn build_layer(&self, context: &Context) -> Result<Layer> {
        self.build(context)
    }
}

/// A layer that applies an activation. Any shape, f32 or f64. Since 0.1.
#[derive(Debug, Clone)]
#[must_use]
pub struct ActivationLayer {
    activation: Activation,
    name: Option<String>,
}

impl ActivationLayer {
    /// All options at their defaults.
    pub fn new(activation: Activation) -> ActivationLayer {
        ActivationLayer { activation, name: None }
    }

    /// The name; without one it is the name of the type, made unique inside a sequential layer.
    pub fn name(mut self, name: impl Into<String>) -> ActivationLayer {
        self.name = Some(name.into());
        self
    }

    /// Makes the layer. It belongs to the innermost scope.
    pub fn build(&self, context: &Context) -> Result<Layer> {
        let mut options = options!(tl_layer_options, tl_layer_options_init);
        let name = optional_text("activation_layer", self.name.as_deref())?;
        options.name = pointer_of(&name);
        Layer::made(
            context,
            "activation_layer",
            call!(tl_activation_layer(context.handle(), self.activation as i32, &options)),
        )
    }
}

impl LayerBuilder for ActivationLayer {
    fn build_layer(&self, context: &Context) -> Result<Layer> {
        self.build(context)
    }
}

/// A layer gamma (x - mean) / sqrt(variance + epsilon) + beta over all axes but the last; rank 2 or more.
/// While training, mean and (biased) variance are those of the batch, which has at least one row, gradients
/// flow through them, and the moving averages are updated; otherwise they are the moving averages. The
/// variance must be in the range of the dtype (for f32, elements up to 1e19), and the last axis not empty: a
/// batch whose mean or variance is not finite is `Code::NonFinite` while training, and leaves the averages as
/// they were. Variables: gamma, beta, and, not trainable, moving_mean and moving_variance. Since 0.1.
#[derive(Debug, Clone)]
#[must_use]
pub struct BatchNormalization {
    momentum: f64,
    epsilon: f64,
    no_scale: bool,
    no_center: bool,
    dtype: Option<DType>,
    name: Option<String>,
}

impl Default for BatchNormalization {
    fn default() -> BatchNormalization {
        BatchNormalization::new()
    }
}

impl BatchNormalization {
    /// All options at their defaults.
    pub fn new() -> BatchNormalization {
        BatchNormalization {
            momentum: 0.0,
            epsilon: 0.0,
            no_scale: false,
            no_center: false,
            dtype: None,
            name: None,
        }
    }

    /// Moving = momentum moving + (1 - momentum) batch; in \[0, 1\]; 0: 0.99, the default.
    pub fn momentum(mut self, momentum: f64) -> BatchNormalization {
        self.momentum = momentum;
        self
    }

    /// Added to the variance; 0: 1e-3, the default.
    pub fn epsilon(mut self, epsilon: f64) -> BatchNormalization {
        self.epsilon = epsilon;
        self
    }

    /// Without gamma (default false).
    pub fn no_scale(mut self, no_scale: bool) -> BatchNormalization {
        self.no_scale = no_scale;
        self
    }

    /// Without beta (default false).
    pub fn no_center(mut self, no_center: bool) -> BatchNormalization {
        self.no_center = no_center;
        self
    }

    /// F32 (default) or f64: of variables and input.
    pub fn dtype(mut self, dtype: DType) -> BatchNormalization {
        self.dtype = Some(dtype);
        self
    }

    /// The name; without one it is "batch_normalization", made unique inside a sequential layer.
    pub fn name(mut self, name: impl Into<String>) -> BatchNormalization {
        self.name = Some(name.into());
        self
    }

    /// Makes the layer. It belongs to the innermost scope.
    pub fn build(&self, context: &Context) -> Result<Layer> {
        let mut options = options!(tl_batch_normalization_options, tl_batch_normalization_options_init);
        options.momentum = self.momentum;
        options.epsilon = self.epsilon;
        options.no_scale = self.no_scale;
        options.no_center = self.no_center;
        if let Some(value) = self.dtype {
            options.dtype = value as i32;
        }
        let name = optional_text("batch_normalization", self.name.as_deref())?;
        options.name = pointer_of(&name);
        Layer::made(context, "batch_normalization", call!(tl_batch_normalization(context.handle(), &options)))
    }
}

impl LayerBuilder for BatchNormalization {
    fn build_layer(&self, context: &Context) -> Result<Layer> {
        self.build(context)
    }
}

/// A layer gamma (x - mean) / sqrt(variance + epsilon) + beta with the mean and (biased) variance of each row
/// over the last axis, which must not be empty. The variance may leave the range of the dtype, the sum of a
/// row may not. Variables: gamma, beta. Since 0.1.
#[derive(Debug, Clone)]
#[must_use]
pub struct LayerNormalization {
    epsilon: f64,
    no_scale: bool,
    no_center: bool,
    dtype: Option<DType>,
    name: Option<String>,
}

impl Default for LayerNormalization {
    fn default() -> LayerNormalization {
        LayerNormalization::new()
    }
}

impl LayerNormalization {
    /// All options at their defaults.
    pub fn new() -> LayerNormalization {
        LayerNormalization { epsilon: 0.0, no_scale: false, no_center: false, dtype: None, name: None }
    }

    /// Added to the variance; 0: 1e-3, the default (PyTorch's is 1e-5).
    pub fn epsilon(mut self, epsilon: f64) -> LayerNormalization {
        self.epsilon = epsilon;
        self
    }

    /// Without gamma (default false).
    pub fn no_scale(mut self, no_scale: bool) -> LayerNormalization {
        self.no_scale = no_scale;
        self
    }

    /// Without beta (default false).
    pub fn no_center(mut self, no_center: bool) -> LayerNormalization {
        self.no_center = no_center;
        self
    }

    /// F32 (default) or f64: of variables and input.
    pub fn dtype(mut self, dtype: DType) -> LayerNormalization {
        self.dtype = Some(dtype);
        self
    }

    /// The name; without one it is "layer_normalization", made unique inside a sequential layer.
    pub fn name(mut self, name: impl Into<String>) -> LayerNormalization {
        self.name = Some(name.into());
        self
    }

    /// Makes the layer. It belongs to the innermost scope.
    pub fn build(&self, context: &Context) -> Result<Layer> {
        let mut options = options!(tl_layer_normalization_options, tl_layer_normalization_options_init);
        options.epsilon = self.epsilon;
        options.no_scale = self.no_scale;
        options.no_center = self.no_center;
        if let Some(value) = self.dtype {
            options.dtype = value as i32;
        }
        let name = optional_text("layer_normalization", self.name.as_deref())?;
        options.name = pointer_of(&name);
        Layer::made(context, "layer_normalization", call!(tl_layer_normalization(context.handle(), &options)))
    }
}

impl LayerBuilder for LayerNormalization {
    fn build_layer(&self, context: &Context) -> Result<Layer> {
        self.build(context)
    }
}

/// Stochastic gradient descent: w -= rate g, or with momentum. Slot: momentum. Since 0.1.
#[derive(Debug, Clone)]
#[must_use]
pub struct Sgd {
    learning_rate: f64,
    momentum: f64,
    nesterov: bool,
    momentum_form: Option<MomentumForm>,
    name: Option<String>,
}

impl Default for Sgd {
    fn default() -> Sgd {
        Sgd::new()
    }
}

impl Sgd {
    /// All options at their defaults.
    pub fn new() -> Sgd {
        Sgd { learning_rate: 0.0, momentum: 0.0, nesterov: false, momentum_form: None, name: None }
    }

    /// 0: 0.01, the default.
    pub fn learning_rate(mut self, learning_rate: f64) -> Sgd {
        self.learning_rate = learning_rate;
        self
    }

    /// Mu in \[0, 1\]; default 0, without velocity.
    pub fn momentum(mut self, momentum: f64) -> Sgd {
        self.momentum = momentum;
        self
    }

    /// w += mu m - rate g, or w -= rate (g + mu m); needs momentum (default false).
    pub fn nesterov(mut self, nesterov: bool) -> Sgd {
        self.nesterov = nesterov;
        self
    }

    /// Default `MomentumForm::Keras`.
    pub fn momentum_form(mut self, momentum_form: MomentumForm) -> Sgd {
        self.momentum_form = Some(momentum_form);
        self
    }

    /// The name; without one it is "sgd".
    pub fn name(mut self, name: impl Into<String>) -> Sgd {
        self.name = Some(name.into());
        self
    }

    /// Makes the optimizer. It belongs to the innermost scope.
    pub fn build(&self, context: &Context) -> Result<Optimizer> {
        let mut options = options!(tl_sgd_options, tl_sgd_options_init);
        options.learning_rate = self.learning_rate;
        options.momentum = self.momentum;
        options.nesterov = self.nesterov;
        if let Some(value) = self.momentum_form {
            options.momentum_form = value as i32;
        }
        let name = optional_text("sgd", self.name.as_deref())?;
        options.name = pointer_of(&name);
        Optimizer::made(context, "sgd", call!(tl_sgd(context.handle(), &options)))
    }
}

/// Adam (Kingma and Ba 2015). Slots: m, v. Since 0.1.
#[derive(Debug, Clone)]
#[must_use]
pub struct Adam {
    learning_rate: f64,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    epsilon_form: Option<EpsilonForm>,
    name: Option<String>,
}

impl Default for Adam {
    fn default() -> Adam {
        Adam::new()
    }
}

impl Adam {
    /// All options at their defaults.
    pub fn new() -> Adam {
        Adam { learning_rate: 0.0, beta1: 0.0, beta2: 0.0, epsilon: 0.0, epsilon_form: None, name: None }
    }

    /// 0: 0.001, the default.
    pub fn learning_rate(mut self, learning_rate: f64) -> Adam {
        self.learning_rate = learning_rate;
        self
    }

    /// In \[0, 1); 0: 0.9, the default.
    pub fn beta1(mut self, beta1: f64) -> Adam {
        self.beta1 = beta1;
        self
    }

    /// In \[0, 1); 0: 0.999, the default.
    pub fn beta2(mut self, beta2: f64) -> Adam {
        self.beta2 = beta2;
        self
    }

    /// 0: 1e-7, the default (PyTorch's is 1e-8).
    pub fn epsilon(mut self, epsilon: f64) -> Adam {
        self.epsilon = epsilon;
        self
    }

    /// Default `EpsilonForm::Keras`.
    pub fn epsilon_form(mut self, epsilon_form: EpsilonForm) -> Adam {
        self.epsilon_form = Some(epsilon_form);
        self
    }

    /// The name; without one it is "adam".
    pub fn name(mut self, name: impl Into<String>) -> Adam {
        self.name = Some(name.into());
        self
    }

    /// Makes the optimizer. It belongs to the innermost scope.
    pub fn build(&self, context: &Context) -> Result<Optimizer> {
        let mut options = options!(tl_adam_options, tl_adam_options_init);
        options.learning_rate = self.learning_rate;
        options.beta1 = self.beta1;
        options.beta2 = self.beta2;
        options.epsilon = self.epsilon;
        if let Some(value) = self.epsilon_form {
            options.epsilon_form = value as i32;
        }
        let name = optional_text("adam", self.name.as_deref())?;
        options.name = pointer_of(&name);
        Optimizer::made(context, "adam", call!(tl_adam(context.handle(), &options)))
    }
}

/// AdamW: w -= rate weight_decay w, then Adam (Loshchilov and Hutter 2019). Slots: m, v. Since 0.1.
#[derive(Debug, Clone)]
#[must_use]
pub struct AdamW {
    learning_rate: f64,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    epsilon_form: Option<EpsilonForm>,
    weight_decay: f64,
    name: Option<String>,
}

impl Default for AdamW {
    fn default() -> AdamW {
        AdamW::new()
    }
}

impl AdamW {
    /// All options at their defaults.
    pub fn new() -> AdamW {
        AdamW {
            learning_rate: 0.0,
            beta1: 0.0,
            beta2: 0.0,
            epsilon: 0.0,
            epsilon_form: None,
            weight_decay: 0.0,
            name: None,
        }
    }

    /// 0: 0.001, the default.
    pub fn learning_rate(mut self, learning_rate: f64) -> AdamW {
        self.learning_rate = learning_rate;
        self
    }

    /// In \[0, 1); 0: 0.9, the default.
    pub fn beta1(mut self, beta1: f64) -> AdamW {
        self.beta1 = beta1;
        self
    }

    /// In \[0, 1); 0: 0.999, the default.
    pub fn beta2(mut self, beta2: f64) -> AdamW {
        self.beta2 = beta2;
        self
    }

    /// 0: 1e-7, the default.
    pub fn epsilon(mut self, epsilon: f64) -> AdamW {
        self.epsilon = epsilon;
        self
    }

    /// Default `EpsilonForm::Keras`.
    pub fn epsilon_form(mut self, epsilon_form: EpsilonForm) -> AdamW {
        self.epsilon_form = Some(epsilon_form);
        self
    }

    /// 0: 0.004, the default (PyTorch's is 0.01).
    pub fn weight_decay(mut self, weight_decay: f64) -> AdamW {
        self.weight_decay = weight_decay;
        self
    }

    /// The name; without one it is "adamw".
    pub fn name(mut self, name: impl Into<String>) -> AdamW {
        self.name = Some(name.into());
        self
    }

    /// Makes the optimizer. It belongs to the innermost scope.
    pub fn build(&self, context: &Context) -> Result<Optimizer> {
        let mut options = options!(tl_adamw_options, tl_adamw_options_init);
        options.learning_rate = self.learning_rate;
        options.beta1 = self.beta1;
        options.beta2 = self.beta2;
        options.epsilon = self.epsilon;
        if let Some(value) = self.epsilon_form {
            options.epsilon_form = value as i32;
        }
        options.weight_decay = self.weight_decay;
        let name = optional_text("adamw", self.name.as_deref())?;
        options.name = pointer_of(&name);
        Optimizer::made(context, "adamw", call!(tl_adamw(context.handle(), &options)))
    }
}
