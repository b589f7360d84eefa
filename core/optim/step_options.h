// What surrounds the update of any optimizer, all of it off at first. In the order of Keras, which can be seen in the numbers:
//
//   null gradients are dropped; some variables become their gradients, and take no part in what follows
//   (Optimizer::overwrite_with_gradient); gradients are divided by the loss scale; they are looked at (non_finite); they are added up,
//   and only each Nth step goes on, with their mean; clipping; weight decay; the update; a look ahead; averages of weights; the
//   projection of weights with a constraint (constraint.h); the count of steps.
#pragma once

#include <cstdint>

namespace tl::optim {

// What becomes of a step with a gradient that holds NaN or an infinity. Looked at behind the loss scale, in front of clipping.
enum class NonFiniteGradients : int32_t {
  kPass = 0,   // it is taken as it is, as in Keras
  kError = 1,  // the step throws kNonFinite with the name of the variable, and nothing changes
  kSkip = 2,   // nothing changes but the count of such steps
};

// What weight decay acts on.
enum class WeightDecayForm : int32_t {
  kDecoupled =
      0,  // the weights (Loshchilov and Hutter 2019): w -= rate weight_decay w before the update, as in Keras
  kL2 = 1,  // the gradient, behind clipping: g += weight_decay w, as PyTorch does but in AdamW
};

struct StepOptions {
  // 0: each call is a step. N >= 2: N calls are one step on the mean of their gradients, equal to one call on the large batch; a
  // null gradient counts as zero. Count of steps and schedule see the steps, not the calls (Keras shows its schedules the calls).
  int64_t gradient_accumulation_steps = 0;

  // At most one of them; 0: none.
  double clip_value = 0;        // each element to [-clip_value, clip_value]
  double clip_norm = 0;         // the norm of each gradient
  double global_clip_norm = 0;  // the norm of all gradients together
  double adaptive_clip_factor =
      0;  // the norm of what reaches each output, to that share of its weights' (clip_adaptive())
  double adaptive_clip_epsilon = 1e-3;  // of weights with a smaller norm than this

  double weight_decay = 0;
  WeightDecayForm weight_decay_form = WeightDecayForm::kDecoupled;

  // Moving averages of weights: average = momentum average + (1 - momentum) w behind each step. They begin
  // with what the weights are behind the first step, as in Keras.
  bool use_ema = false;
  double ema_momentum = 0.99;           // in [0, 1)
  int64_t ema_overwrite_frequency = 0;  // every so many steps w becomes the average; 0: never

  // Lookahead (Zhang et al. 2019) around the updates: every so many steps slow weights, which begin as the weights before the first
  // step, go lookahead_alpha of the way to the weights, and the weights go there. 0: never.
  int64_t lookahead_steps = 0;
  double lookahead_alpha = 0.5;  // in (0, 1]

  // Gradients are those of loss_scale_factor times the loss (scale_loss() multiplies): they are divided by it.
  double loss_scale_factor = 1;
  // A further factor that keeps gradients in the range of narrow dtypes (Micikevicius et al. 2018): twice as large after each
  // growth_interval calls with finite gradients, half as large after one without, which is skipped.
  bool dynamic_loss_scale = false;
  double initial_loss_scale = 32768;
  int64_t loss_scale_growth_interval = 2000;
  double min_loss_scale = 1;
  double max_loss_scale = 16777216;

  NonFiniteGradients non_finite = NonFiniteGradients::kPass;

  bool decays_weights() const { return weight_decay > 0 && weight_decay_form == WeightDecayForm::kDecoupled; }
  bool decays_gradients() const { return weight_decay > 0 && !decays_weights(); }
  bool looks_ahead() const { return lookahead_steps > 0; }
  bool accumulates() const { return gradient_accumulation_steps > 0; }
  bool skips() const { return non_finite == NonFiniteGradients::kSkip || dynamic_loss_scale; }
  bool scales() const { return dynamic_loss_scale || loss_scale_factor != 1; }
};

// Throws kInvalidArgument with the optimizer, the option, the rule and the value.
void check_step_options(const char* optimizer, const StepOptions& options);

}  // namespace tl::optim
