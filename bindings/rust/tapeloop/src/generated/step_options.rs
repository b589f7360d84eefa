// Made from api.json by bindings/gen/generate. Do not edit.
//! The options of the steps of any optimizer.

use crate::ffi;
use crate::generated::*;

/// Options of all steps of an optimizer. What is set without the option that it belongs to, as ema_momentum
/// without use_ema, is refused.
#[derive(Debug, Clone)]
#[must_use]
pub struct StepOptions {
    gradient_accumulation_steps: i64,
    clip_value: f64,
    clip_norm: f64,
    global_clip_norm: f64,
    weight_decay: f64,
    use_ema: bool,
    ema_momentum: f64,
    ema_overwrite_frequency: i64,
    loss_scale_factor: f64,
    dynamic_loss_scale: bool,
    initial_loss_scale: f64,
    loss_scale_growth_interval: i64,
    min_loss_scale: f64,
    max_loss_scale: f64,
    non_finite: Option<NonFiniteGradients>,
    weight_decay_form: Option<WeightDecayForm>,
    lookahead_steps: i64,
    lookahead_alpha: f64,
    adaptive_clip_factor: f64,
    adaptive_clip_epsilon: f64,
}

impl Default for StepOptions {
    fn default() -> StepOptions {
        StepOptions::new()
    }
}

impl StepOptions {
    /// All options at their defaults.
    pub fn new() -> StepOptions {
        StepOptions {
            gradient_accumulation_steps: 0,
            clip_value: 0.0,
            clip_norm: 0.0,
            global_clip_norm: 0.0,
            weight_decay: 0.0,
            use_ema: false,
            ema_momentum: 0.0,
            ema_overwrite_frequency: 0,
            loss_scale_factor: 0.0,
            dynamic_loss_scale: false,
            initial_loss_scale: 0.0,
            loss_scale_growth_interval: 0,
            min_loss_scale: 0.0,
            max_loss_scale: 0.0,
            non_finite: None,
            weight_decay_form: None,
            lookahead_steps: 0,
            lookahead_alpha: 0.0,
            adaptive_clip_factor: 0.0,
            adaptive_clip_epsilon: 0.0,
        }
    }

    /// N calls, 2 or more, are one step on the mean of their gradients; a null gradient counts as zero; 0:
    /// each call is a step (default).
    pub fn gradient_accumulation_steps(mut self, gradient_accumulation_steps: i64) -> StepOptions {
        self.gradient_accumulation_steps = gradient_accumulation_steps;
        self
    }

    /// Each element to \[-clip_value, clip_value\]; 0: none (default).
    pub fn clip_value(mut self, clip_value: f64) -> StepOptions {
        self.clip_value = clip_value;
        self
    }

    /// The norm of each gradient; 0: none (default).
    pub fn clip_norm(mut self, clip_norm: f64) -> StepOptions {
        self.clip_norm = clip_norm;
        self
    }

    /// The norm of all gradients together; 0: none (default). One of the four ways to clip at most.
    pub fn global_clip_norm(mut self, global_clip_norm: f64) -> StepOptions {
        self.global_clip_norm = global_clip_norm;
        self
    }

    /// For any optimizer, in the way of weight_decay_form; 0: none (default).
    pub fn weight_decay(mut self, weight_decay: f64) -> StepOptions {
        self.weight_decay = weight_decay;
        self
    }

    /// Keep moving averages of weights, which begin with the weights behind the first update, as in Keras
    /// (default false).
    pub fn use_ema(mut self, use_ema: bool) -> StepOptions {
        self.use_ema = use_ema;
        self
    }

    /// Average = momentum average + (1 - momentum) w, in \[0, 1); 0: 0.99, the default.
    pub fn ema_momentum(mut self, ema_momentum: f64) -> StepOptions {
        self.ema_momentum = ema_momentum;
        self
    }

    /// Every so many steps weights become their averages; 0: never (default).
    pub fn ema_overwrite_frequency(mut self, ema_overwrite_frequency: i64) -> StepOptions {
        self.ema_overwrite_frequency = ema_overwrite_frequency;
        self
    }

    /// Gradients are divided by it; 0: 1, the default.
    pub fn loss_scale_factor(mut self, loss_scale_factor: f64) -> StepOptions {
        self.loss_scale_factor = loss_scale_factor;
        self
    }

    /// a further factor that follows the gradients; steps that are not finite are skipped (default false).
    pub fn dynamic_loss_scale(mut self, dynamic_loss_scale: bool) -> StepOptions {
        self.dynamic_loss_scale = dynamic_loss_scale;
        self
    }

    /// Of the dynamic one; 0: 32768, the default.
    pub fn initial_loss_scale(mut self, initial_loss_scale: f64) -> StepOptions {
        self.initial_loss_scale = initial_loss_scale;
        self
    }

    /// Calls with finite gradients after which it doubles; 0: 2000, the default.
    pub fn loss_scale_growth_interval(mut self, loss_scale_growth_interval: i64) -> StepOptions {
        self.loss_scale_growth_interval = loss_scale_growth_interval;
        self
    }

    /// It halves no further; 0: 1, the default.
    pub fn min_loss_scale(mut self, min_loss_scale: f64) -> StepOptions {
        self.min_loss_scale = min_loss_scale;
        self
    }

    /// It doubles no further; 0: 16777216, the default.
    pub fn max_loss_scale(mut self, max_loss_scale: f64) -> StepOptions {
        self.max_loss_scale = max_loss_scale;
        self
    }

    /// Default `NonFiniteGradients::Pass`.
    pub fn non_finite(mut self, non_finite: NonFiniteGradients) -> StepOptions {
        self.non_finite = Some(non_finite);
        self
    }

    /// Default `WeightDecayForm::Decoupled`.
    pub fn weight_decay_form(mut self, weight_decay_form: WeightDecayForm) -> StepOptions {
        self.weight_decay_form = Some(weight_decay_form);
        self
    }

    /// Every so many steps slow weights, which begin as the weights before the first step, go lookahead_alpha
    /// of the way to the weights, and these go there (Zhang et al. 2019); 0: never (default).
    pub fn lookahead_steps(mut self, lookahead_steps: i64) -> StepOptions {
        self.lookahead_steps = lookahead_steps;
        self
    }

    /// In (0, 1\]; 0: 0.5, the default.
    pub fn lookahead_alpha(mut self, lookahead_alpha: f64) -> StepOptions {
        self.lookahead_alpha = lookahead_alpha;
        self
    }

    /// What reaches each output, to that share of the norm of its weights, as `clip_adaptive` does; 0.01 is
    /// usual, and a group without it for the last layer (Brock et al. 2021); 0: none (default).
    pub fn adaptive_clip_factor(mut self, adaptive_clip_factor: f64) -> StepOptions {
        self.adaptive_clip_factor = adaptive_clip_factor;
        self
    }

    /// The least norm that weights count with; 0: 1e-3, the default.
    pub fn adaptive_clip_epsilon(mut self, adaptive_clip_epsilon: f64) -> StepOptions {
        self.adaptive_clip_epsilon = adaptive_clip_epsilon;
        self
    }

    pub(crate) fn raw(&self) -> ffi::tl_step_options {
        let mut options = options!(tl_step_options, tl_step_options_init);
        options.gradient_accumulation_steps = self.gradient_accumulation_steps;
        options.clip_value = self.clip_value;
        options.clip_norm = self.clip_norm;
        options.global_clip_norm = self.global_clip_norm;
        options.weight_decay = self.weight_decay;
        options.use_ema = self.use_ema;
        options.ema_momentum = self.ema_momentum;
        options.ema_overwrite_frequency = self.ema_overwrite_frequency;
        options.loss_scale_factor = self.loss_scale_factor;
        options.dynamic_loss_scale = self.dynamic_loss_scale;
        options.initial_loss_scale = self.initial_loss_scale;
        options.loss_scale_growth_interval = self.loss_scale_growth_interval;
        options.min_loss_scale = self.min_loss_scale;
        options.max_loss_scale = self.max_loss_scale;
        if let Some(value) = self.non_finite {
            options.non_finite = value as i32;
        }
        if let Some(value) = self.weight_decay_form {
            options.weight_decay_form = value as i32;
        }
        options.lookahead_steps = self.lookahead_steps;
        options.lookahead_alpha = self.lookahead_alpha;
        options.adaptive_clip_factor = self.adaptive_clip_factor;
        options.adaptive_clip_epsilon = self.adaptive_clip_epsilon;
        options
    }
}
