// Made from api.json by bindings/gen/generate. Do not edit.
//! Layers and optimizers with their options.

use crate::ffi;
use crate::generated::*;
use crate::text::{optional_text, pointer_of};
use crate::{Context, Layer, LayerBuilder, Optimizer, Result};

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

/// Adam (Kingma and Ba 2015). Slots: m, v, with amsgrad v_max too. Since 0.1.
#[derive(Debug, Clone)]
#[must_use]
pub struct Adam {
    learning_rate: f64,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    epsilon_form: Option<EpsilonForm>,
    name: Option<String>,
    amsgrad: bool,
}

impl Default for Adam {
    fn default() -> Adam {
        Adam::new()
    }
}

impl Adam {
    /// All options at their defaults.
    pub fn new() -> Adam {
        Adam {
            learning_rate: 0.0,
            beta1: 0.0,
            beta2: 0.0,
            epsilon: 0.0,
            epsilon_form: None,
            name: None,
            amsgrad: false,
        }
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

    /// The largest v so far in the place of v (Reddi et al. 2018; default false).
    pub fn amsgrad(mut self, amsgrad: bool) -> Adam {
        self.amsgrad = amsgrad;
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
        options.amsgrad = self.amsgrad;
        Optimizer::made(context, "adam", call!(tl_adam(context.handle(), &options)))
    }
}

/// AdamW: w -= rate weight_decay w, then Adam (Loshchilov and Hutter 2019). Slots: m, v, with amsgrad v_max
/// too. Since 0.1.
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
    amsgrad: bool,
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
            amsgrad: false,
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

    /// The largest v so far in the place of v (Reddi et al. 2018; default false).
    pub fn amsgrad(mut self, amsgrad: bool) -> AdamW {
        self.amsgrad = amsgrad;
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
        options.amsgrad = self.amsgrad;
        Optimizer::made(context, "adamw", call!(tl_adamw(context.handle(), &options)))
    }
}

/// Adamax, Adam with the largest gradient in the place of the second moment (Kingma and Ba 2015, section 7.1):
/// m = beta1 m + (1 - beta1) g, u = max(beta2 u, |g|), w -= rate / (1 - beta1^t) m / (u + epsilon); in
/// PyTorch's form u = max(beta2 u, |g| + epsilon) and m / u. Slots: m, u. Since 0.1.
#[derive(Debug, Clone)]
#[must_use]
pub struct Adamax {
    learning_rate: f64,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    epsilon_form: Option<EpsilonForm>,
    name: Option<String>,
}

impl Default for Adamax {
    fn default() -> Adamax {
        Adamax::new()
    }
}

impl Adamax {
    /// All options at their defaults.
    pub fn new() -> Adamax {
        Adamax { learning_rate: 0.0, beta1: 0.0, beta2: 0.0, epsilon: 0.0, epsilon_form: None, name: None }
    }

    /// 0: 0.001, the default (PyTorch's is 0.002).
    pub fn learning_rate(mut self, learning_rate: f64) -> Adamax {
        self.learning_rate = learning_rate;
        self
    }

    /// In \[0, 1); 0: 0.9, the default.
    pub fn beta1(mut self, beta1: f64) -> Adamax {
        self.beta1 = beta1;
        self
    }

    /// In \[0, 1); 0: 0.999, the default.
    pub fn beta2(mut self, beta2: f64) -> Adamax {
        self.beta2 = beta2;
        self
    }

    /// 0: 1e-7, the default (PyTorch's is 1e-8).
    pub fn epsilon(mut self, epsilon: f64) -> Adamax {
        self.epsilon = epsilon;
        self
    }

    /// Default `EpsilonForm::Keras`.
    pub fn epsilon_form(mut self, epsilon_form: EpsilonForm) -> Adamax {
        self.epsilon_form = Some(epsilon_form);
        self
    }

    /// The name; without one it is "adamax".
    pub fn name(mut self, name: impl Into<String>) -> Adamax {
        self.name = Some(name.into());
        self
    }

    /// Makes the optimizer. It belongs to the innermost scope.
    pub fn build(&self, context: &Context) -> Result<Optimizer> {
        let mut options = options!(tl_adamax_options, tl_adamax_options_init);
        options.learning_rate = self.learning_rate;
        options.beta1 = self.beta1;
        options.beta2 = self.beta2;
        options.epsilon = self.epsilon;
        if let Some(value) = self.epsilon_form {
            options.epsilon_form = value as i32;
        }
        let name = optional_text("adamax", self.name.as_deref())?;
        options.name = pointer_of(&name);
        Optimizer::made(context, "adamax", call!(tl_adamax(context.handle(), &options)))
    }
}

/// Nadam, Adam with Nesterov's momentum (Dozat 2016): u_t = beta1 (1 - 0.96^(d t) / 2), U_t is the product of
/// u_1 to u_t, and w -= rate (u_(t+1) m / (1 - U_(t+1)) + (1 - u_t) g / (1 - U_t)) / (sqrt(v / (1 - beta2^t)) +
/// epsilon), with Adam's moments m and v. Slots: m, v. Since 0.1.
#[derive(Debug, Clone)]
#[must_use]
pub struct Nadam {
    learning_rate: f64,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    momentum_decay: f64,
    name: Option<String>,
}

impl Default for Nadam {
    fn default() -> Nadam {
        Nadam::new()
    }
}

impl Nadam {
    /// All options at their defaults.
    pub fn new() -> Nadam {
        Nadam { learning_rate: 0.0, beta1: 0.0, beta2: 0.0, epsilon: 0.0, momentum_decay: 0.0, name: None }
    }

    /// 0: 0.001, the default (PyTorch's is 0.002).
    pub fn learning_rate(mut self, learning_rate: f64) -> Nadam {
        self.learning_rate = learning_rate;
        self
    }

    /// In \[0, 1); 0: 0.9, the default.
    pub fn beta1(mut self, beta1: f64) -> Nadam {
        self.beta1 = beta1;
        self
    }

    /// In \[0, 1); 0: 0.999, the default.
    pub fn beta2(mut self, beta2: f64) -> Nadam {
        self.beta2 = beta2;
        self
    }

    /// 0: 1e-7, the default (PyTorch's is 1e-8).
    pub fn epsilon(mut self, epsilon: f64) -> Nadam {
        self.epsilon = epsilon;
        self
    }

    /// D, not negative; 0: 1, the default, as in Keras (PyTorch's is 0.004).
    pub fn momentum_decay(mut self, momentum_decay: f64) -> Nadam {
        self.momentum_decay = momentum_decay;
        self
    }

    /// The name; without one it is "nadam".
    pub fn name(mut self, name: impl Into<String>) -> Nadam {
        self.name = Some(name.into());
        self
    }

    /// Makes the optimizer. It belongs to the innermost scope.
    pub fn build(&self, context: &Context) -> Result<Optimizer> {
        let mut options = options!(tl_nadam_options, tl_nadam_options_init);
        options.learning_rate = self.learning_rate;
        options.beta1 = self.beta1;
        options.beta2 = self.beta2;
        options.epsilon = self.epsilon;
        options.momentum_decay = self.momentum_decay;
        let name = optional_text("nadam", self.name.as_deref())?;
        options.name = pointer_of(&name);
        Optimizer::made(context, "nadam", call!(tl_nadam(context.handle(), &options)))
    }
}

/// Adagrad (Duchi et al. 2011): a += g^2, w -= rate g / sqrt(a + epsilon); in PyTorch's form g / (sqrt(a) +
/// epsilon). Slot: accumulator. Rows give the dense update to the bit, unless epsilon and a are 0. Since 0.1.
#[derive(Debug, Clone)]
#[must_use]
pub struct Adagrad {
    learning_rate: f64,
    initial_accumulator: f64,
    epsilon: f64,
    epsilon_form: Option<EpsilonForm>,
    name: Option<String>,
}

impl Default for Adagrad {
    fn default() -> Adagrad {
        Adagrad::new()
    }
}

impl Adagrad {
    /// All options at their defaults.
    pub fn new() -> Adagrad {
        Adagrad { learning_rate: 0.0, initial_accumulator: 0.0, epsilon: 0.0, epsilon_form: None, name: None }
    }

    /// 0: 0.001, the default (PyTorch's is 0.01).
    pub fn learning_rate(mut self, learning_rate: f64) -> Adagrad {
        self.learning_rate = learning_rate;
        self
    }

    /// Not negative; 0: the default of the form, 0.1 of Keras's and 0 of PyTorch's.
    pub fn initial_accumulator(mut self, initial_accumulator: f64) -> Adagrad {
        self.initial_accumulator = initial_accumulator;
        self
    }

    /// 0: 1e-7, the default (PyTorch's is 1e-10).
    pub fn epsilon(mut self, epsilon: f64) -> Adagrad {
        self.epsilon = epsilon;
        self
    }

    /// Default `EpsilonForm::Keras`.
    pub fn epsilon_form(mut self, epsilon_form: EpsilonForm) -> Adagrad {
        self.epsilon_form = Some(epsilon_form);
        self
    }

    /// The name; without one it is "adagrad".
    pub fn name(mut self, name: impl Into<String>) -> Adagrad {
        self.name = Some(name.into());
        self
    }

    /// Makes the optimizer. It belongs to the innermost scope.
    pub fn build(&self, context: &Context) -> Result<Optimizer> {
        let mut options = options!(tl_adagrad_options, tl_adagrad_options_init);
        options.learning_rate = self.learning_rate;
        options.initial_accumulator = self.initial_accumulator;
        options.epsilon = self.epsilon;
        if let Some(value) = self.epsilon_form {
            options.epsilon_form = value as i32;
        }
        let name = optional_text("adagrad", self.name.as_deref())?;
        options.name = pointer_of(&name);
        Optimizer::made(context, "adagrad", call!(tl_adagrad(context.handle(), &options)))
    }
}

/// Adadelta (Zeiler 2012): G = rho G + (1 - rho) g^2, d = sqrt(D + epsilon) / sqrt(G + epsilon) g, D = rho D +
/// (1 - rho) d^2, w -= rate d. Slots: gradient (G), step (D). Since 0.1.
#[derive(Debug, Clone)]
#[must_use]
pub struct Adadelta {
    learning_rate: f64,
    rho: f64,
    epsilon: f64,
    name: Option<String>,
}

impl Default for Adadelta {
    fn default() -> Adadelta {
        Adadelta::new()
    }
}

impl Adadelta {
    /// All options at their defaults.
    pub fn new() -> Adadelta {
        Adadelta { learning_rate: 0.0, rho: 0.0, epsilon: 0.0, name: None }
    }

    /// 0: 0.001, the default (PyTorch's and the paper's is 1).
    pub fn learning_rate(mut self, learning_rate: f64) -> Adadelta {
        self.learning_rate = learning_rate;
        self
    }

    /// In \[0, 1); 0: 0.95, the default (PyTorch's is 0.9).
    pub fn rho(mut self, rho: f64) -> Adadelta {
        self.rho = rho;
        self
    }

    /// 0: 1e-7, the default (PyTorch's is 1e-6).
    pub fn epsilon(mut self, epsilon: f64) -> Adadelta {
        self.epsilon = epsilon;
        self
    }

    /// The name; without one it is "adadelta".
    pub fn name(mut self, name: impl Into<String>) -> Adadelta {
        self.name = Some(name.into());
        self
    }

    /// Makes the optimizer. It belongs to the innermost scope.
    pub fn build(&self, context: &Context) -> Result<Optimizer> {
        let mut options = options!(tl_adadelta_options, tl_adadelta_options_init);
        options.learning_rate = self.learning_rate;
        options.rho = self.rho;
        options.epsilon = self.epsilon;
        let name = optional_text("adadelta", self.name.as_deref())?;
        options.name = pointer_of(&name);
        Optimizer::made(context, "adadelta", call!(tl_adadelta(context.handle(), &options)))
    }
}

/// RMSprop (Tieleman and Hinton 2012; centred: Graves 2013): v = rho v + (1 - rho) g^2; s = v, or centred a =
/// rho a + (1 - rho) g and s = max(v - a^2, 0); d = g / sqrt(s + epsilon), in PyTorch's form g / (sqrt(s) +
/// epsilon). w -= rate d; with momentum b = mu b + rate d and w -= b, in PyTorch's form b = mu b + d and w -=
/// rate b. Slots: v, then mean (a) when centred, then momentum (b) when there is one. Since 0.1.
#[derive(Debug, Clone)]
#[must_use]
pub struct RmsProp {
    learning_rate: f64,
    rho: f64,
    momentum: f64,
    epsilon: f64,
    centered: bool,
    epsilon_form: Option<EpsilonForm>,
    momentum_form: Option<MomentumForm>,
    name: Option<String>,
}

impl Default for RmsProp {
    fn default() -> RmsProp {
        RmsProp::new()
    }
}

impl RmsProp {
    /// All options at their defaults.
    pub fn new() -> RmsProp {
        RmsProp {
            learning_rate: 0.0,
            rho: 0.0,
            momentum: 0.0,
            epsilon: 0.0,
            centered: false,
            epsilon_form: None,
            momentum_form: None,
            name: None,
        }
    }

    /// 0: 0.001, the default (PyTorch's is 0.01).
    pub fn learning_rate(mut self, learning_rate: f64) -> RmsProp {
        self.learning_rate = learning_rate;
        self
    }

    /// In \[0, 1); 0: 0.9, the default (PyTorch's is 0.99).
    pub fn rho(mut self, rho: f64) -> RmsProp {
        self.rho = rho;
        self
    }

    /// Mu in \[0, 1\]; default 0, without.
    pub fn momentum(mut self, momentum: f64) -> RmsProp {
        self.momentum = momentum;
        self
    }

    /// 0: 1e-7, the default (PyTorch's is 1e-8).
    pub fn epsilon(mut self, epsilon: f64) -> RmsProp {
        self.epsilon = epsilon;
        self
    }

    /// Whether the square of the mean gradient is taken off (default false).
    pub fn centered(mut self, centered: bool) -> RmsProp {
        self.centered = centered;
        self
    }

    /// Default `EpsilonForm::Keras`.
    pub fn epsilon_form(mut self, epsilon_form: EpsilonForm) -> RmsProp {
        self.epsilon_form = Some(epsilon_form);
        self
    }

    /// Default `MomentumForm::Keras`.
    pub fn momentum_form(mut self, momentum_form: MomentumForm) -> RmsProp {
        self.momentum_form = Some(momentum_form);
        self
    }

    /// The name; without one it is "rmsprop".
    pub fn name(mut self, name: impl Into<String>) -> RmsProp {
        self.name = Some(name.into());
        self
    }

    /// Makes the optimizer. It belongs to the innermost scope.
    pub fn build(&self, context: &Context) -> Result<Optimizer> {
        let mut options = options!(tl_rmsprop_options, tl_rmsprop_options_init);
        options.learning_rate = self.learning_rate;
        options.rho = self.rho;
        options.momentum = self.momentum;
        options.epsilon = self.epsilon;
        options.centered = self.centered;
        if let Some(value) = self.epsilon_form {
            options.epsilon_form = value as i32;
        }
        if let Some(value) = self.momentum_form {
            options.momentum_form = value as i32;
        }
        let name = optional_text("rmsprop", self.name.as_deref())?;
        options.name = pointer_of(&name);
        Optimizer::made(context, "rmsprop", call!(tl_rmsprop(context.handle(), &options)))
    }
}

/// FTRL-proximal (McMahan et al. 2013): n = a + g^2, z += g + 2 shrink w - (n^p - a^p) / rate w, w = (clip(z,
/// -l1, l1) - z) / (n^p / rate + 2 l2 + beta / rate), a = n. The weights follow from the slots, accumulator
/// (a) and linear (z), alone. The dense update also moves rows whose gradient is 0 when the rate has changed,
/// there is shrinkage, or it is their first; that of rows does not. Since 0.1.
#[derive(Debug, Clone)]
#[must_use]
pub struct Ftrl {
    learning_rate: f64,
    learning_rate_power: f64,
    initial_accumulator: f64,
    l1: f64,
    l2: f64,
    l2_shrinkage: f64,
    beta: f64,
    name: Option<String>,
}

impl Default for Ftrl {
    fn default() -> Ftrl {
        Ftrl::new()
    }
}

impl Ftrl {
    /// All options at their defaults.
    pub fn new() -> Ftrl {
        Ftrl {
            learning_rate: 0.0,
            learning_rate_power: 0.0,
            initial_accumulator: 0.0,
            l1: 0.0,
            l2: 0.0,
            l2_shrinkage: 0.0,
            beta: 0.0,
            name: None,
        }
    }

    /// 0: 0.001, the default; a step at a rate that was set to 0 is an error.
    pub fn learning_rate(mut self, learning_rate: f64) -> Ftrl {
        self.learning_rate = learning_rate;
        self
    }

    /// -p, not above 0; 0: -0.5, the default.
    pub fn learning_rate_power(mut self, learning_rate_power: f64) -> Ftrl {
        self.learning_rate_power = learning_rate_power;
        self
    }

    /// Not negative; 0: 0.1, the default.
    pub fn initial_accumulator(mut self, initial_accumulator: f64) -> Ftrl {
        self.initial_accumulator = initial_accumulator;
        self
    }

    /// Not negative; default 0. It makes weights exactly 0.
    pub fn l1(mut self, l1: f64) -> Ftrl {
        self.l1 = l1;
        self
    }

    /// Not negative; default 0. A penalty of the weights.
    pub fn l2(mut self, l2: f64) -> Ftrl {
        self.l2 = l2;
        self
    }

    /// Shrink, not negative; default 0. A penalty that acts on the gradient.
    pub fn l2_shrinkage(mut self, l2_shrinkage: f64) -> Ftrl {
        self.l2_shrinkage = l2_shrinkage;
        self
    }

    /// Not negative; default 0.
    pub fn beta(mut self, beta: f64) -> Ftrl {
        self.beta = beta;
        self
    }

    /// The name; without one it is "ftrl".
    pub fn name(mut self, name: impl Into<String>) -> Ftrl {
        self.name = Some(name.into());
        self
    }

    /// Makes the optimizer. It belongs to the innermost scope.
    pub fn build(&self, context: &Context) -> Result<Optimizer> {
        let mut options = options!(tl_ftrl_options, tl_ftrl_options_init);
        options.learning_rate = self.learning_rate;
        options.learning_rate_power = self.learning_rate_power;
        options.initial_accumulator = self.initial_accumulator;
        options.l1 = self.l1;
        options.l2 = self.l2;
        options.l2_shrinkage = self.l2_shrinkage;
        options.beta = self.beta;
        let name = optional_text("ftrl", self.name.as_deref())?;
        options.name = pointer_of(&name);
        Optimizer::made(context, "ftrl", call!(tl_ftrl(context.handle(), &options)))
    }
}

/// Lion (Chen et al. 2023): w -= rate sign(beta1 m + (1 - beta1) g), m = beta2 m + (1 - beta2) g. Slot: m.
/// Since 0.1.
#[derive(Debug, Clone)]
#[must_use]
pub struct Lion {
    learning_rate: f64,
    beta1: f64,
    beta2: f64,
    name: Option<String>,
}

impl Default for Lion {
    fn default() -> Lion {
        Lion::new()
    }
}

impl Lion {
    /// All options at their defaults.
    pub fn new() -> Lion {
        Lion { learning_rate: 0.0, beta1: 0.0, beta2: 0.0, name: None }
    }

    /// 0: 0.001, the default; a third to a tenth of Adam's is usual.
    pub fn learning_rate(mut self, learning_rate: f64) -> Lion {
        self.learning_rate = learning_rate;
        self
    }

    /// In \[0, 1\]; 0: 0.9, the default.
    pub fn beta1(mut self, beta1: f64) -> Lion {
        self.beta1 = beta1;
        self
    }

    /// In \[0, 1); 0: 0.99, the default.
    pub fn beta2(mut self, beta2: f64) -> Lion {
        self.beta2 = beta2;
        self
    }

    /// The name; without one it is "lion".
    pub fn name(mut self, name: impl Into<String>) -> Lion {
        self.name = Some(name.into());
        self
    }

    /// Makes the optimizer. It belongs to the innermost scope.
    pub fn build(&self, context: &Context) -> Result<Optimizer> {
        let mut options = options!(tl_lion_options, tl_lion_options_init);
        options.learning_rate = self.learning_rate;
        options.beta1 = self.beta1;
        options.beta2 = self.beta2;
        let name = optional_text("lion", self.name.as_deref())?;
        options.name = pointer_of(&name);
        Optimizer::made(context, "lion", call!(tl_lion(context.handle(), &options)))
    }
}

/// LAMB (You et al. 2020, algorithm 2): u = (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon) +
/// weight_decay w, with Adam's moments, then w -= rate |w| / |u| u; the ratio of norms, of the whole variable,
/// is 1 where one of them is 0. Slots: m, v. Rows are refused. Since 0.1.
#[derive(Debug, Clone)]
#[must_use]
pub struct Lamb {
    learning_rate: f64,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    weight_decay: f64,
    name: Option<String>,
}

impl Default for Lamb {
    fn default() -> Lamb {
        Lamb::new()
    }
}

impl Lamb {
    /// All options at their defaults.
    pub fn new() -> Lamb {
        Lamb { learning_rate: 0.0, beta1: 0.0, beta2: 0.0, epsilon: 0.0, weight_decay: 0.0, name: None }
    }

    /// 0: 0.001, the default.
    pub fn learning_rate(mut self, learning_rate: f64) -> Lamb {
        self.learning_rate = learning_rate;
        self
    }

    /// In \[0, 1); 0: 0.9, the default.
    pub fn beta1(mut self, beta1: f64) -> Lamb {
        self.beta1 = beta1;
        self
    }

    /// In \[0, 1); 0: 0.999, the default.
    pub fn beta2(mut self, beta2: f64) -> Lamb {
        self.beta2 = beta2;
        self
    }

    /// 0: 1e-7, the default (the paper's is 1e-6).
    pub fn epsilon(mut self, epsilon: f64) -> Lamb {
        self.epsilon = epsilon;
        self
    }

    /// Not negative; default 0. Part of the step that is scaled, as in the paper.
    pub fn weight_decay(mut self, weight_decay: f64) -> Lamb {
        self.weight_decay = weight_decay;
        self
    }

    /// The name; without one it is "lamb".
    pub fn name(mut self, name: impl Into<String>) -> Lamb {
        self.name = Some(name.into());
        self
    }

    /// Makes the optimizer. It belongs to the innermost scope.
    pub fn build(&self, context: &Context) -> Result<Optimizer> {
        let mut options = options!(tl_lamb_options, tl_lamb_options_init);
        options.learning_rate = self.learning_rate;
        options.beta1 = self.beta1;
        options.beta2 = self.beta2;
        options.epsilon = self.epsilon;
        options.weight_decay = self.weight_decay;
        let name = optional_text("lamb", self.name.as_deref())?;
        options.name = pointer_of(&name);
        Optimizer::made(context, "lamb", call!(tl_lamb(context.handle(), &options)))
    }
}

/// Adafactor (Shazeer and Stern 2018), whose second moment takes the memory of a row and a column for each
/// matrix. With b = 1 - t^beta2_decay and s = g^2 + epsilon1: r = b r + (1 - b) mean(s) over the last axis, c
/// likewise over the last but one, v = r c / mean(r); of a variable of rank 0 or 1 v = b v + (1 - b) s. In
/// PyTorch's form s = g^2 and v = max(r c / max(mean(r), epsilon1), epsilon1^2). Then u = g / sqrt(v) and w -=
/// max(epsilon2, rms(w)) min(rate, 1 / sqrt(t)) u / max(1, rms(u) / clip_threshold), with rms the root of the
/// mean square. Slots: r and c, or v. Rows are refused. Since 0.1.
#[derive(Debug, Clone)]
#[must_use]
pub struct Adafactor {
    learning_rate: f64,
    beta2_decay: f64,
    epsilon1: f64,
    epsilon2: f64,
    clip_threshold: f64,
    epsilon_form: Option<EpsilonForm>,
    name: Option<String>,
}

impl Default for Adafactor {
    fn default() -> Adafactor {
        Adafactor::new()
    }
}

impl Adafactor {
    /// All options at their defaults.
    pub fn new() -> Adafactor {
        Adafactor {
            learning_rate: 0.0,
            beta2_decay: 0.0,
            epsilon1: 0.0,
            epsilon2: 0.0,
            clip_threshold: 0.0,
            epsilon_form: None,
            name: None,
        }
    }

    /// 0: 0.001, the default (PyTorch's and the paper's is 0.01).
    pub fn learning_rate(mut self, learning_rate: f64) -> Adafactor {
        self.learning_rate = learning_rate;
        self
    }

    /// Not above 0; 0: -0.8, the default.
    pub fn beta2_decay(mut self, beta2_decay: f64) -> Adafactor {
        self.beta2_decay = beta2_decay;
        self
    }

    /// Not negative; 0: the default of the form, 1e-30 of Keras's and 2^-23, the epsilon of f32, of PyTorch's.
    pub fn epsilon1(mut self, epsilon1: f64) -> Adafactor {
        self.epsilon1 = epsilon1;
        self
    }

    /// The least scale of the weights, not negative; 0: 0.001, the default.
    pub fn epsilon2(mut self, epsilon2: f64) -> Adafactor {
        self.epsilon2 = epsilon2;
        self
    }

    /// Above 0; 0: 1, the default.
    pub fn clip_threshold(mut self, clip_threshold: f64) -> Adafactor {
        self.clip_threshold = clip_threshold;
        self
    }

    /// Default `EpsilonForm::Keras`.
    pub fn epsilon_form(mut self, epsilon_form: EpsilonForm) -> Adafactor {
        self.epsilon_form = Some(epsilon_form);
        self
    }

    /// The name; without one it is "adafactor".
    pub fn name(mut self, name: impl Into<String>) -> Adafactor {
        self.name = Some(name.into());
        self
    }

    /// Makes the optimizer. It belongs to the innermost scope.
    pub fn build(&self, context: &Context) -> Result<Optimizer> {
        let mut options = options!(tl_adafactor_options, tl_adafactor_options_init);
        options.learning_rate = self.learning_rate;
        options.beta2_decay = self.beta2_decay;
        options.epsilon1 = self.epsilon1;
        options.epsilon2 = self.epsilon2;
        options.clip_threshold = self.clip_threshold;
        if let Some(value) = self.epsilon_form {
            options.epsilon_form = value as i32;
        }
        let name = optional_text("adafactor", self.name.as_deref())?;
        options.name = pointer_of(&name);
        Optimizer::made(context, "adafactor", call!(tl_adafactor(context.handle(), &options)))
    }
}

/// Muon (Jordan et al. 2024). A variable of rank 2 moves along the orthogonal factor of its momentum: b = mu b +
/// g, u = g + mu b, w -= rate scale O(u), where O(u) is near U V^T of the singular value decomposition of u: X
/// = u / (|u| + epsilon), transposed where n > m, then ns_steps times A = X X^T, X = 3.4445 X + (-4.7750 A +
/// 2.0315 A^2) X. All other variables take Adam's step in Keras's form. Tables of embeddings and the last
/// layer are matrices, too, but are better trained by `adamw`: give them to an optimizer of their own. Slots:
/// momentum of a matrix, else m and v. Rows of a matrix are refused. Since 0.1.
#[derive(Debug, Clone)]
#[must_use]
pub struct Muon {
    learning_rate: f64,
    momentum: f64,
    no_nesterov: bool,
    ns_steps: i64,
    scale: Option<MuonScale>,
    adam_rate_ratio: f64,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    name: Option<String>,
}

impl Default for Muon {
    fn default() -> Muon {
        Muon::new()
    }
}

impl Muon {
    /// All options at their defaults.
    pub fn new() -> Muon {
        Muon {
            learning_rate: 0.0,
            momentum: 0.0,
            no_nesterov: false,
            ns_steps: 0,
            scale: None,
            adam_rate_ratio: 0.0,
            beta1: 0.0,
            beta2: 0.0,
            epsilon: 0.0,
            name: None,
        }
    }

    /// 0: 0.001, the default (the authors' is 0.02).
    pub fn learning_rate(mut self, learning_rate: f64) -> Muon {
        self.learning_rate = learning_rate;
        self
    }

    /// Mu in \[0, 1); 0: 0.95, the default.
    pub fn momentum(mut self, momentum: f64) -> Muon {
        self.momentum = momentum;
        self
    }

    /// The momentum itself instead of g + mu b (default false).
    pub fn no_nesterov(mut self, no_nesterov: bool) -> Muon {
        self.no_nesterov = no_nesterov;
        self
    }

    /// Steps of Newton and Schulz, in \[1, 100\]; 0: 5, the default.
    pub fn ns_steps(mut self, ns_steps: i64) -> Muon {
        self.ns_steps = ns_steps;
        self
    }

    /// Default `MuonScale::Original`.
    pub fn scale(mut self, scale: MuonScale) -> Muon {
        self.scale = Some(scale);
        self
    }

    /// The rate of what is no matrix is so many times the rate; 0: 0.1, the default.
    pub fn adam_rate_ratio(mut self, adam_rate_ratio: f64) -> Muon {
        self.adam_rate_ratio = adam_rate_ratio;
        self
    }

    /// Of what is no matrix, in \[0, 1); 0: 0.9, the default.
    pub fn beta1(mut self, beta1: f64) -> Muon {
        self.beta1 = beta1;
        self
    }

    /// Of what is no matrix, in \[0, 1); 0: 0.999, the default.
    pub fn beta2(mut self, beta2: f64) -> Muon {
        self.beta2 = beta2;
        self
    }

    /// Above 0; 0: 1e-7, the default.
    pub fn epsilon(mut self, epsilon: f64) -> Muon {
        self.epsilon = epsilon;
        self
    }

    /// The name; without one it is "muon".
    pub fn name(mut self, name: impl Into<String>) -> Muon {
        self.name = Some(name.into());
        self
    }

    /// Makes the optimizer. It belongs to the innermost scope.
    pub fn build(&self, context: &Context) -> Result<Optimizer> {
        let mut options = options!(tl_muon_options, tl_muon_options_init);
        options.learning_rate = self.learning_rate;
        options.momentum = self.momentum;
        options.no_nesterov = self.no_nesterov;
        options.ns_steps = self.ns_steps;
        if let Some(value) = self.scale {
            options.scale = value as i32;
        }
        options.adam_rate_ratio = self.adam_rate_ratio;
        options.beta1 = self.beta1;
        options.beta2 = self.beta2;
        options.epsilon = self.epsilon;
        let name = optional_text("muon", self.name.as_deref())?;
        options.name = pointer_of(&name);
        Optimizer::made(context, "muon", call!(tl_muon(context.handle(), &options)))
    }
}

/// Schedule-free AdamW (Defazio et al. 2024), as its authors implement it: the average of the iterates does
/// what a falling rate would do. The variable holds y, at which gradients are taken. With r = rate min(1, t /
/// warmup_steps), q the square of the largest r so far and v = beta2 v + (1 - beta2) g^2: z -= r (g / (sqrt(v
/// / (1 - beta2^t)) + epsilon) + weight_decay y), c = q / (the sum of all q so far), x = (1 - c) x + c z, y =
/// (1 - beta1) z + beta1 x. `optimizer_swap_averages` exchanges y and x, which is the result: for an
/// evaluation, and for good when training ends. Slots: z, average (x), v, and the numbers weight_sum and
/// largest_rate. Rows are refused. Since 0.1.
#[derive(Debug, Clone)]
#[must_use]
pub struct ScheduleFreeAdamW {
    learning_rate: f64,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    weight_decay: f64,
    warmup_steps: i64,
    name: Option<String>,
}

impl Default for ScheduleFreeAdamW {
    fn default() -> ScheduleFreeAdamW {
        ScheduleFreeAdamW::new()
    }
}

impl ScheduleFreeAdamW {
    /// All options at their defaults.
    pub fn new() -> ScheduleFreeAdamW {
        ScheduleFreeAdamW {
            learning_rate: 0.0,
            beta1: 0.0,
            beta2: 0.0,
            epsilon: 0.0,
            weight_decay: 0.0,
            warmup_steps: 0,
            name: None,
        }
    }

    /// 0: 0.0025, the default; one to ten times that of AdamW with a schedule.
    pub fn learning_rate(mut self, learning_rate: f64) -> ScheduleFreeAdamW {
        self.learning_rate = learning_rate;
        self
    }

    /// In \[0, 1); 0: 0.9, the default.
    pub fn beta1(mut self, beta1: f64) -> ScheduleFreeAdamW {
        self.beta1 = beta1;
        self
    }

    /// In \[0, 1); 0: 0.999, the default.
    pub fn beta2(mut self, beta2: f64) -> ScheduleFreeAdamW {
        self.beta2 = beta2;
        self
    }

    /// Not negative; 0: 1e-8, the default.
    pub fn epsilon(mut self, epsilon: f64) -> ScheduleFreeAdamW {
        self.epsilon = epsilon;
        self
    }

    /// Not negative; default 0.
    pub fn weight_decay(mut self, weight_decay: f64) -> ScheduleFreeAdamW {
        self.weight_decay = weight_decay;
        self
    }

    /// Not negative; default 0, none.
    pub fn warmup_steps(mut self, warmup_steps: i64) -> ScheduleFreeAdamW {
        self.warmup_steps = warmup_steps;
        self
    }

    /// The name; without one it is "schedule_free_adamw".
    pub fn name(mut self, name: impl Into<String>) -> ScheduleFreeAdamW {
        self.name = Some(name.into());
        self
    }

    /// Makes the optimizer. It belongs to the innermost scope.
    pub fn build(&self, context: &Context) -> Result<Optimizer> {
        let mut options = options!(tl_schedule_free_adamw_options, tl_schedule_free_adamw_options_init);
        options.learning_rate = self.learning_rate;
        options.beta1 = self.beta1;
        options.beta2 = self.beta2;
        options.epsilon = self.epsilon;
        options.weight_decay = self.weight_decay;
        options.warmup_steps = self.warmup_steps;
        let name = optional_text("schedule_free_adamw", self.name.as_deref())?;
        options.name = pointer_of(&name);
        Optimizer::made(
            context,
            "schedule_free_adamw",
            call!(tl_schedule_free_adamw(context.handle(), &options)),
        )
    }
}

/// L-BFGS with a line search for the strong Wolfe conditions (Nocedal and Wright, Numerical Optimization,
/// algorithms 3.5, 3.6, 7.4 and 7.5), for losses without noise, as of a whole data set. It steps by
/// `optimizer_minimize` only: `optimizer_apply` is `Code::FailedPrecondition`, and step options and groups are
/// not for it. Slots: steps, changes (history_size rows of the elements of the variable each) and pairs (how
/// many rows are in use, i64). Since 0.1.
#[derive(Debug, Clone)]
#[must_use]
pub struct Lbfgs {
    learning_rate: f64,
    history_size: i64,
    max_iterations: i64,
    gradient_tolerance: f64,
    change_tolerance: f64,
    sufficient_decrease: f64,
    curvature: f64,
    name: Option<String>,
}

impl Default for Lbfgs {
    fn default() -> Lbfgs {
        Lbfgs::new()
    }
}

impl Lbfgs {
    /// All options at their defaults.
    pub fn new() -> Lbfgs {
        Lbfgs {
            learning_rate: 0.0,
            history_size: 0,
            max_iterations: 0,
            gradient_tolerance: 0.0,
            change_tolerance: 0.0,
            sufficient_decrease: 0.0,
            curvature: 0.0,
            name: None,
        }
    }

    /// The step that each line search tries first; 0: 1, the default.
    pub fn learning_rate(mut self, learning_rate: f64) -> Lbfgs {
        self.learning_rate = learning_rate;
        self
    }

    /// Steps that the curvature is known from; 0: 10, the default.
    pub fn history_size(mut self, history_size: i64) -> Lbfgs {
        self.history_size = history_size;
        self
    }

    /// Of one call; 0: 20, the default.
    pub fn max_iterations(mut self, max_iterations: i64) -> Lbfgs {
        self.max_iterations = max_iterations;
        self
    }

    /// Done when no element of the gradient is larger; 0: 1e-7, the default.
    pub fn gradient_tolerance(mut self, gradient_tolerance: f64) -> Lbfgs {
        self.gradient_tolerance = gradient_tolerance;
        self
    }

    /// Done when neither a variable nor the loss changes by more; 0: 1e-9, the default.
    pub fn change_tolerance(mut self, change_tolerance: f64) -> Lbfgs {
        self.change_tolerance = change_tolerance;
        self
    }

    /// C1 of the Wolfe conditions, in (0, 1); 0: 1e-4, the default.
    pub fn sufficient_decrease(mut self, sufficient_decrease: f64) -> Lbfgs {
        self.sufficient_decrease = sufficient_decrease;
        self
    }

    /// C2 of the Wolfe conditions, in (c1, 1); 0: 0.9, the default.
    pub fn curvature(mut self, curvature: f64) -> Lbfgs {
        self.curvature = curvature;
        self
    }

    /// The name; without one it is "lbfgs".
    pub fn name(mut self, name: impl Into<String>) -> Lbfgs {
        self.name = Some(name.into());
        self
    }

    /// Makes the optimizer. It belongs to the innermost scope.
    pub fn build(&self, context: &Context) -> Result<Optimizer> {
        let mut options = options!(tl_lbfgs_options, tl_lbfgs_options_init);
        options.learning_rate = self.learning_rate;
        options.history_size = self.history_size;
        options.max_iterations = self.max_iterations;
        options.gradient_tolerance = self.gradient_tolerance;
        options.change_tolerance = self.change_tolerance;
        options.sufficient_decrease = self.sufficient_decrease;
        options.curvature = self.curvature;
        let name = optional_text("lbfgs", self.name.as_deref())?;
        options.name = pointer_of(&name);
        Optimizer::made(context, "lbfgs", call!(tl_lbfgs(context.handle(), &options)))
    }
}

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
