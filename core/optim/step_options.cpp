#include "core/optim/step_options.h"

#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/optim/conventions.h"

namespace tl::optim {
namespace {

void check_none_or_positive(const char* optimizer, const char* name, double value) {
  if (!(value >= 0) || std::isinf(value))
    invalid("[", optimizer, "] '", name, "' must be a finite number that is not negative: got ", value,
            "; 0 stands for none");
}

}  // namespace

void check_step_options(const char* optimizer, const StepOptions& o) {
  if (o.gradient_accumulation_steps < 0 || o.gradient_accumulation_steps == 1)
    invalid("[", optimizer, "] 'gradient_accumulation_steps' must be at least 2, or 0 for none: got ",
            o.gradient_accumulation_steps, "; one step needs no accumulation");
  check_none_or_positive(optimizer, "clip_value", o.clip_value);
  check_none_or_positive(optimizer, "clip_norm", o.clip_norm);
  check_none_or_positive(optimizer, "global_clip_norm", o.global_clip_norm);
  check_none_or_positive(optimizer, "adaptive_clip_factor", o.adaptive_clip_factor);
  check_positive(optimizer, "adaptive_clip_epsilon", o.adaptive_clip_epsilon);
  if ((o.clip_value > 0) + (o.clip_norm > 0) + (o.global_clip_norm > 0) + (o.adaptive_clip_factor > 0) > 1)
    invalid("[", optimizer,
            "] only one of 'clip_value', 'clip_norm', 'global_clip_norm' and 'adaptive_clip_factor' may be "
            "set: got ",
            o.clip_value, ", ", o.clip_norm, ", ", o.global_clip_norm, " and ", o.adaptive_clip_factor,
            "; choose one");
  check_none_or_positive(optimizer, "weight_decay", o.weight_decay);
  if (o.weight_decay_form != WeightDecayForm::kDecoupled && o.weight_decay_form != WeightDecayForm::kL2)
    invalid("[", optimizer, "] 'weight_decay_form' must be decoupled (0) or L2 (1): got ",
            static_cast<int32_t>(o.weight_decay_form), "; fill the options with their _init function first");
  if (!(o.ema_momentum >= 0 && o.ema_momentum < 1))
    invalid("[", optimizer, "] 'ema_momentum' must be in [0, 1): got ", o.ema_momentum,
            "; it is the share that is kept");
  if (o.ema_overwrite_frequency < 0 || (o.ema_overwrite_frequency > 0 && !o.use_ema))
    invalid("[", optimizer, "] 'ema_overwrite_frequency' must not be negative, and needs 'use_ema': got ",
            o.ema_overwrite_frequency, "; it counts steps");
  if (o.lookahead_steps < 0)
    invalid("[", optimizer, "] 'lookahead_steps' must not be negative: got ", o.lookahead_steps,
            "; it counts steps");
  if (!(o.lookahead_alpha > 0 && o.lookahead_alpha <= 1))
    invalid("[", optimizer, "] 'lookahead_alpha' must be in (0, 1]: got ", o.lookahead_alpha,
            "; 0.5 is usual");
  check_positive(optimizer, "loss_scale_factor", o.loss_scale_factor);
  if (o.non_finite != NonFiniteGradients::kPass && o.non_finite != NonFiniteGradients::kError &&
      o.non_finite != NonFiniteGradients::kSkip)
    invalid("[", optimizer, "] 'non_finite' must be pass (0), error (1) or skip (2): got ",
            static_cast<int32_t>(o.non_finite), "; fill the options with their _init function first");
  if (!o.dynamic_loss_scale) return;
  check_positive(optimizer, "min_loss_scale", o.min_loss_scale);
  check_positive(optimizer, "max_loss_scale", o.max_loss_scale);
  if (o.min_loss_scale > o.max_loss_scale)
    invalid("[", optimizer, "] 'min_loss_scale' must not be above 'max_loss_scale': got ", o.min_loss_scale,
            " and ", o.max_loss_scale, "; move one of them");
  if (!(o.initial_loss_scale >= o.min_loss_scale && o.initial_loss_scale <= o.max_loss_scale))
    invalid("[", optimizer, "] 'initial_loss_scale' must be in [", o.min_loss_scale, ", ", o.max_loss_scale,
            "], from 'min_loss_scale' to 'max_loss_scale': got ", o.initial_loss_scale, "; move one of them");
  if (o.loss_scale_growth_interval < 1)
    invalid("[", optimizer, "] 'loss_scale_growth_interval' must be at least 1: got ",
            o.loss_scale_growth_interval, "; it counts steps");
  if (o.non_finite == NonFiniteGradients::kError)
    invalid(
        "[", optimizer,
        "] a dynamic loss scale skips steps that are not finite: got 'non_finite' = error (1); leave it out");
}

}  // namespace tl::optim
