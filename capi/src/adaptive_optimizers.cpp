// The optimizers beyond SGD and Adam in the C API: their options, whose zeros are defaults, and their making.
#include "tapeloop/adaptive_optimizers.h"

#include "capi/src/optimizer_object.h"
#include "capi/src/options.h"
#include "core/optim/adadelta.h"
#include "core/optim/adafactor.h"
#include "core/optim/adagrad.h"
#include "core/optim/adamax.h"
#include "core/optim/ftrl.h"
#include "core/optim/lamb.h"
#include "core/optim/lion.h"
#include "core/optim/muon.h"
#include "core/optim/nadam.h"
#include "core/optim/rmsprop.h"
#include "core/optim/schedule_free.h"

using namespace tl;
using namespace tl::capi;

namespace {

// What the options of all of them have.
template <class Core, class Options>
Core start_from(const Options& o) {
  Core core;
  core.learning_rate = value_or(o.learning_rate, core.learning_rate);
  if (o.name) core.name = o.name;
  return core;
}

// What those have that keep Adam's moments.
template <class Core, class Options>
Core with_moments(const Options& o) {
  Core core = start_from<Core>(o);
  core.beta1 = value_or(o.beta1, core.beta1);
  core.beta2 = value_or(o.beta2, core.beta2);
  core.epsilon = value_or(o.epsilon, core.epsilon);
  return core;
}

}  // namespace

extern "C" {

TL_API void tl_adamax_options_init(tl_adamax_options* options, size_t size) { zero_options(options, size); }
TL_API void tl_nadam_options_init(tl_nadam_options* options, size_t size) { zero_options(options, size); }
TL_API void tl_adagrad_options_init(tl_adagrad_options* options, size_t size) { zero_options(options, size); }
TL_API void tl_adadelta_options_init(tl_adadelta_options* options, size_t size) {
  zero_options(options, size);
}
TL_API void tl_rmsprop_options_init(tl_rmsprop_options* options, size_t size) { zero_options(options, size); }
TL_API void tl_ftrl_options_init(tl_ftrl_options* options, size_t size) { zero_options(options, size); }
TL_API void tl_lion_options_init(tl_lion_options* options, size_t size) { zero_options(options, size); }
TL_API void tl_lamb_options_init(tl_lamb_options* options, size_t size) { zero_options(options, size); }
TL_API void tl_adafactor_options_init(tl_adafactor_options* options, size_t size) {
  zero_options(options, size);
}
TL_API void tl_muon_options_init(tl_muon_options* options, size_t size) { zero_options(options, size); }
TL_API void tl_schedule_free_adamw_options_init(tl_schedule_free_adamw_options* options, size_t size) {
  zero_options(options, size);
}

TL_API tl_optimizer* tl_adamax(tl_context* context, const tl_adamax_options* options) {
  return make(context, "adamax", [&](Session& s) {
    tl_adamax_options o = options_from("adamax", options, tl_adamax_options_init);
    auto core = with_moments<optim::AdamaxOptions>(o);
    core.epsilon_form = static_cast<optim::EpsilonForm>(o.epsilon_form);
    return make_optimizer(s, optim::make_adamax(s.core(), core));
  });
}

TL_API tl_optimizer* tl_nadam(tl_context* context, const tl_nadam_options* options) {
  return make(context, "nadam", [&](Session& s) {
    tl_nadam_options o = options_from("nadam", options, tl_nadam_options_init);
    auto core = with_moments<optim::NadamOptions>(o);
    core.momentum_decay = value_or(o.momentum_decay, core.momentum_decay);
    return make_optimizer(s, optim::make_nadam(s.core(), core));
  });
}

TL_API tl_optimizer* tl_adagrad(tl_context* context, const tl_adagrad_options* options) {
  return make(context, "adagrad", [&](Session& s) {
    tl_adagrad_options o = options_from("adagrad", options, tl_adagrad_options_init);
    auto core = start_from<optim::AdagradOptions>(o);
    core.initial_accumulator = value_or(
        o.initial_accumulator, o.epsilon_form == TL_EPSILON_PYTORCH ? 0.0 : core.initial_accumulator);
    core.epsilon = value_or(o.epsilon, core.epsilon);
    core.epsilon_form = static_cast<optim::EpsilonForm>(o.epsilon_form);
    return make_optimizer(s, optim::make_adagrad(s.core(), core));
  });
}

TL_API tl_optimizer* tl_adadelta(tl_context* context, const tl_adadelta_options* options) {
  return make(context, "adadelta", [&](Session& s) {
    tl_adadelta_options o = options_from("adadelta", options, tl_adadelta_options_init);
    auto core = start_from<optim::AdadeltaOptions>(o);
    core.rho = value_or(o.rho, core.rho);
    core.epsilon = value_or(o.epsilon, core.epsilon);
    return make_optimizer(s, optim::make_adadelta(s.core(), core));
  });
}

TL_API tl_optimizer* tl_rmsprop(tl_context* context, const tl_rmsprop_options* options) {
  return make(context, "rmsprop", [&](Session& s) {
    tl_rmsprop_options o = options_from("rmsprop", options, tl_rmsprop_options_init);
    auto core = start_from<optim::RmsPropOptions>(o);
    core.rho = value_or(o.rho, core.rho);
    core.momentum = o.momentum;
    core.epsilon = value_or(o.epsilon, core.epsilon);
    core.centered = o.centered;
    core.epsilon_form = static_cast<optim::EpsilonForm>(o.epsilon_form);
    core.momentum_form = static_cast<optim::MomentumForm>(o.momentum_form);
    return make_optimizer(s, optim::make_rmsprop(s.core(), core));
  });
}

TL_API tl_optimizer* tl_ftrl(tl_context* context, const tl_ftrl_options* options) {
  return make(context, "ftrl", [&](Session& s) {
    tl_ftrl_options o = options_from("ftrl", options, tl_ftrl_options_init);
    auto core = start_from<optim::FtrlOptions>(o);
    core.learning_rate_power = value_or(o.learning_rate_power, core.learning_rate_power);
    core.initial_accumulator = value_or(o.initial_accumulator, core.initial_accumulator);
    core.l1 = o.l1;
    core.l2 = o.l2;
    core.l2_shrinkage = o.l2_shrinkage;
    core.beta = o.beta;
    return make_optimizer(s, optim::make_ftrl(s.core(), core));
  });
}

TL_API tl_optimizer* tl_lion(tl_context* context, const tl_lion_options* options) {
  return make(context, "lion", [&](Session& s) {
    tl_lion_options o = options_from("lion", options, tl_lion_options_init);
    auto core = start_from<optim::LionOptions>(o);
    core.beta1 = value_or(o.beta1, core.beta1);
    core.beta2 = value_or(o.beta2, core.beta2);
    return make_optimizer(s, optim::make_lion(s.core(), core));
  });
}

TL_API tl_optimizer* tl_lamb(tl_context* context, const tl_lamb_options* options) {
  return make(context, "lamb", [&](Session& s) {
    tl_lamb_options o = options_from("lamb", options, tl_lamb_options_init);
    auto core = with_moments<optim::LambOptions>(o);
    core.weight_decay = o.weight_decay;
    return make_optimizer(s, optim::make_lamb(s.core(), core));
  });
}

TL_API tl_optimizer* tl_adafactor(tl_context* context, const tl_adafactor_options* options) {
  return make(context, "adafactor", [&](Session& s) {
    tl_adafactor_options o = options_from("adafactor", options, tl_adafactor_options_init);
    auto core = start_from<optim::AdafactorOptions>(o);
    core.beta2_decay = value_or(o.beta2_decay, core.beta2_decay);
    core.epsilon1 = value_or(o.epsilon1, o.epsilon_form == TL_EPSILON_PYTORCH ? 0x1p-23 : core.epsilon1);
    core.epsilon2 = value_or(o.epsilon2, core.epsilon2);
    core.clip_threshold = value_or(o.clip_threshold, core.clip_threshold);
    core.epsilon_form = static_cast<optim::EpsilonForm>(o.epsilon_form);
    return make_optimizer(s, optim::make_adafactor(s.core(), core));
  });
}

TL_API tl_optimizer* tl_muon(tl_context* context, const tl_muon_options* options) {
  return make(context, "muon", [&](Session& s) {
    tl_muon_options o = options_from("muon", options, tl_muon_options_init);
    auto core = with_moments<optim::MuonOptions>(o);
    core.momentum = value_or(o.momentum, core.momentum);
    core.nesterov = !o.no_nesterov;
    if (o.ns_steps != 0) core.ns_steps = o.ns_steps;
    core.scale = static_cast<optim::MuonScale>(o.scale);
    core.adam_rate_ratio = value_or(o.adam_rate_ratio, core.adam_rate_ratio);
    return make_optimizer(s, optim::make_muon(s.core(), core));
  });
}

TL_API tl_optimizer* tl_schedule_free_adamw(tl_context* context,
                                            const tl_schedule_free_adamw_options* options) {
  return make(context, "schedule_free_adamw", [&](Session& s) {
    tl_schedule_free_adamw_options o =
        options_from("schedule_free_adamw", options, tl_schedule_free_adamw_options_init);
    auto core = with_moments<optim::ScheduleFreeAdamWOptions>(o);
    core.weight_decay = o.weight_decay;
    core.warmup_steps = o.warmup_steps;
    return make_optimizer(s, optim::make_schedule_free_adamw(s.core(), core));
  });
}

}  // extern "C"
