// Step options of optimizers in the C API.
#include "tapeloop/step_options.h"

#include <cmath>

#include "capi/src/optimizer_object.h"
#include "capi/src/options.h"
#include "core/optim/step_options.h"

using namespace tl;
using namespace tl::capi;

namespace {

// Options that do nothing without another one: whoever sets them alone has forgotten the other.
void check_switches(const char* op, const tl_step_options& o) {
  const auto needs = [&](const char* name, auto value, const char* what, bool on) {
    if (value != 0 && !on)
      invalid("[", op, "] '", name, "' needs '", what, "': got ", value, " without it; set '", what,
              "' to true, or leave '", name, "' at 0");
  };
  needs("ema_momentum", o.ema_momentum, "use_ema", o.use_ema);
  if (o.lookahead_alpha != 0 && o.lookahead_steps == 0)
    invalid("[", op, "] 'lookahead_alpha' needs 'lookahead_steps': got ", o.lookahead_alpha,
            " without it; set both, or leave "
            "'lookahead_alpha' at 0");
  if (o.adaptive_clip_epsilon != 0 && o.adaptive_clip_factor == 0)
    invalid("[", op, "] 'adaptive_clip_epsilon' needs 'adaptive_clip_factor': got ", o.adaptive_clip_epsilon,
            " without it; set both, or leave 'adaptive_clip_epsilon' at 0");
  const char* dynamic = "dynamic_loss_scale";
  needs("initial_loss_scale", o.initial_loss_scale, dynamic, o.dynamic_loss_scale);
  needs("loss_scale_growth_interval", o.loss_scale_growth_interval, dynamic, o.dynamic_loss_scale);
  needs("min_loss_scale", o.min_loss_scale, dynamic, o.dynamic_loss_scale);
  needs("max_loss_scale", o.max_loss_scale, dynamic, o.dynamic_loss_scale);
}

optim::StepOptions options_of(const char* op, const tl_step_options* options) {
  const tl_step_options o = options_from(op, options, tl_step_options_init);
  check_switches(op, o);
  optim::StepOptions out;
  out.gradient_accumulation_steps = o.gradient_accumulation_steps;
  out.clip_value = o.clip_value;
  out.clip_norm = o.clip_norm;
  out.global_clip_norm = o.global_clip_norm;
  out.adaptive_clip_factor = o.adaptive_clip_factor;
  out.adaptive_clip_epsilon = value_or(o.adaptive_clip_epsilon, out.adaptive_clip_epsilon);
  out.weight_decay = o.weight_decay;
  out.weight_decay_form = static_cast<optim::WeightDecayForm>(o.weight_decay_form);
  out.use_ema = o.use_ema;
  out.ema_momentum = value_or(o.ema_momentum, out.ema_momentum);
  out.ema_overwrite_frequency = o.ema_overwrite_frequency;
  out.lookahead_steps = o.lookahead_steps;
  out.lookahead_alpha = value_or(o.lookahead_alpha, out.lookahead_alpha);
  out.loss_scale_factor = value_or(o.loss_scale_factor, out.loss_scale_factor);
  out.dynamic_loss_scale = o.dynamic_loss_scale;
  out.initial_loss_scale = value_or(o.initial_loss_scale, out.initial_loss_scale);
  if (o.loss_scale_growth_interval) out.loss_scale_growth_interval = o.loss_scale_growth_interval;
  out.min_loss_scale = value_or(o.min_loss_scale, out.min_loss_scale);
  out.max_loss_scale = value_or(o.max_loss_scale, out.max_loss_scale);
  out.non_finite = static_cast<optim::NonFiniteGradients>(o.non_finite);
  return out;
}

}  // namespace

extern "C" {

TL_API void tl_step_options_init(tl_step_options* options, size_t size) { zero_options(options, size); }

TL_API tl_status tl_optimizer_configure(tl_optimizer* optimizer, const tl_step_options* options) {
  const char* op = "optimizer_configure";
  return with_optimizer(optimizer, op,
                        [&](Session&, optim::Optimizer& o) { o.configure(options_of(op, options)); });
}

TL_API tl_status tl_optimizer_exclude_from_weight_decay(tl_optimizer* optimizer, tl_tensor* const* variables,
                                                        size_t count) {
  const char* op = "optimizer_exclude_from_weight_decay";
  return with_optimizer(optimizer, op, [&](Session& s, optim::Optimizer& o) {
    o.exclude_from_weight_decay(variables_of(s, variables, count, op));
  });
}

TL_API tl_status tl_optimizer_overwrite_with_gradient(tl_optimizer* optimizer, tl_tensor* const* variables,
                                                      size_t count) {
  const char* op = "optimizer_overwrite_with_gradient";
  return with_optimizer(optimizer, op, [&](Session& s, optim::Optimizer& o) {
    o.overwrite_with_gradient(variables_of(s, variables, count, op));
  });
}

TL_API tl_status tl_optimizer_constrain_range(tl_optimizer* optimizer, double min, double max,
                                              tl_tensor* const* variables, size_t count) {
  const char* op = "optimizer_constrain_range";
  return with_optimizer(optimizer, op, [&](Session& s, optim::Optimizer& o) {
    o.constrain_range(min, max, variables_of(s, variables, count, op));
  });
}

TL_API tl_status tl_optimizer_constrain_norm(tl_optimizer* optimizer, double min, double max, double rate,
                                             const int64_t* axes, size_t num_axes,
                                             tl_tensor* const* variables, size_t count) {
  const char* op = "optimizer_constrain_norm";
  return with_optimizer(optimizer, op, [&](Session& s, optim::Optimizer& o) {
    o.constrain_norm(min, max, rate, int_list(op, "axes", axes, num_axes),
                     variables_of(s, variables, count, op));
  });
}

TL_API tl_tensor* tl_optimizer_scale_loss(tl_optimizer* optimizer, tl_tensor* loss) {
  const char* op = "optimizer_scale_loss";
  tl_tensor* out = nullptr;
  (void)effect<OptimizerObject>(optimizer, Kind::kOptimizer, op, [&](Session& s, OptimizerObject& o) {
    s.reserve_handles(1);  // a tape that has recorded it cannot forget it
    out = s.make_tensor(o.optimizer->scale_loss(tensor_of(s, loss, op, "loss")));
  });
  return out;
}

TL_API double tl_optimizer_loss_scale(tl_optimizer* optimizer) {
  double out = NAN;
  (void)query<OptimizerObject>(optimizer, Kind::kOptimizer, "optimizer_loss_scale",
                               [&](Session&, OptimizerObject& o) { out = o.optimizer->loss_scale(); });
  return out;
}

TL_API int64_t tl_optimizer_skipped_steps(tl_optimizer* optimizer) {
  int64_t out = -1;
  (void)query<OptimizerObject>(optimizer, Kind::kOptimizer, "optimizer_skipped_steps",
                               [&](Session&, OptimizerObject& o) { out = o.optimizer->skipped_steps(); });
  return out;
}

TL_API tl_status tl_optimizer_swap_averages(tl_optimizer* optimizer, tl_tensor* const* variables,
                                            size_t count) {
  const char* op = "optimizer_swap_averages";
  return with_optimizer(optimizer, op, [&](Session& s, optim::Optimizer& o) {
    o.swap_averages(variables_of(s, variables, count, op));
  });
}

}  // extern "C"
