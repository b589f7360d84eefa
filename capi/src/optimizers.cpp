// Optimizers and clipping of the C API.
#include <cmath>

#include "capi/src/optimizer_object.h"
#include "capi/src/options.h"
#include "capi/src/stateful.h"
#include "core/optim/adam.h"
#include "core/optim/clip.h"
#include "core/optim/sgd.h"
#include "tapeloop/optim.h"

using namespace tl;
using namespace tl::capi;

namespace {

// Of tl_adam_options and tl_adamw_options alike.
template <class Options>
optim::AdamOptions adam_options_of(const Options& o, optim::AdamOptions out) {
  out.learning_rate = value_or(o.learning_rate, out.learning_rate);
  out.beta1 = value_or(o.beta1, out.beta1);
  out.beta2 = value_or(o.beta2, out.beta2);
  out.epsilon = value_or(o.epsilon, out.epsilon);
  out.epsilon_form = static_cast<optim::EpsilonForm>(o.epsilon_form);
  out.amsgrad = o.amsgrad;
  if (o.name) out.name = o.name;
  return out;
}

}  // namespace

std::vector<VariableRef> tl::capi::state_of_optimizer(Session& session, const void* optimizer,
                                                      const char* op) {
  return object_of<OptimizerObject>(session, optimizer, Kind::kOptimizer, op, "optimizer")
      .optimizer->variables();
}

extern "C" {

TL_API void tl_sgd_options_init(tl_sgd_options* options, size_t size) { zero_options(options, size); }
TL_API void tl_adam_options_init(tl_adam_options* options, size_t size) { zero_options(options, size); }
TL_API void tl_adamw_options_init(tl_adamw_options* options, size_t size) { zero_options(options, size); }
TL_API void tl_clip_options_init(tl_clip_options* options, size_t size) { zero_options(options, size); }

TL_API tl_optimizer* tl_sgd(tl_context* context, const tl_sgd_options* options) {
  return make(context, "sgd", [&](Session& s) {
    tl_sgd_options o = options_from("sgd", options, tl_sgd_options_init);
    optim::SgdOptions sgd;
    sgd.learning_rate = value_or(o.learning_rate, sgd.learning_rate);
    sgd.momentum = o.momentum;
    sgd.nesterov = o.nesterov;
    sgd.momentum_form = static_cast<optim::MomentumForm>(o.momentum_form);
    if (o.name) sgd.name = o.name;
    return make_optimizer(s, optim::make_sgd(s.core(), sgd));
  });
}

TL_API tl_optimizer* tl_adam(tl_context* context, const tl_adam_options* options) {
  return make(context, "adam", [&](Session& s) {
    tl_adam_options o = options_from("adam", options, tl_adam_options_init);
    return make_optimizer(s, optim::make_adam(s.core(), adam_options_of(o, optim::AdamOptions())));
  });
}

TL_API tl_optimizer* tl_adamw(tl_context* context, const tl_adamw_options* options) {
  return make(context, "adamw", [&](Session& s) {
    tl_adamw_options o = options_from("adamw", options, tl_adamw_options_init);
    optim::AdamWOptions adamw;
    adamw.adam = adam_options_of(o, adamw.adam);
    adamw.weight_decay = value_or(o.weight_decay, adamw.weight_decay);
    return make_optimizer(s, optim::make_adamw(s.core(), adamw));
  });
}

TL_API tl_status tl_optimizer_apply(tl_optimizer* optimizer, tl_tensor* const* gradients,
                                    tl_tensor* const* variables, size_t count) {
  const char* op = "optimizer_apply";
  return with_optimizer(optimizer, op, [&](Session& s, optim::Optimizer& o) {
    std::vector<Variable*> targets = variables_of(s, variables, count, op);
    o.apply(tensors_or_null(s, gradients, count, op, "gradients"), targets);
  });
}

TL_API tl_status tl_optimizer_apply_rows(tl_optimizer* optimizer, tl_tensor* const* gradients,
                                         tl_tensor* const* row_indices, tl_tensor* const* variables,
                                         size_t count) {
  const char* op = "optimizer_apply_rows";
  return with_optimizer(optimizer, op, [&](Session& s, optim::Optimizer& o) {
    std::vector<Variable*> targets = variables_of(s, variables, count, op);
    std::vector<Tensor> grads = tensors_or_null(s, gradients, count, op, "gradients");
    o.apply(grads, targets, tensors_or_null(s, row_indices, count, op, "row_indices"));
  });
}

TL_API tl_status tl_optimizer_build(tl_optimizer* optimizer, tl_tensor* const* variables, size_t count) {
  const char* op = "optimizer_build";
  return with_optimizer(optimizer, op, [&](Session& s, optim::Optimizer& o) {
    o.build(variables_of(s, variables, count, op));
  });
}

TL_API double tl_optimizer_learning_rate(tl_optimizer* optimizer) {
  double out = NAN;
  (void)query<OptimizerObject>(optimizer, Kind::kOptimizer, "optimizer_learning_rate",
                               [&](Session&, OptimizerObject& o) { out = o.optimizer->learning_rate(); });
  return out;
}

TL_API tl_status tl_optimizer_set_learning_rate(tl_optimizer* optimizer, double rate) {
  return with_optimizer(optimizer, "optimizer_set_learning_rate",
                        [&](Session&, optim::Optimizer& o) { o.set_learning_rate(rate); });
}

TL_API int64_t tl_optimizer_iterations(tl_optimizer* optimizer) {
  int64_t out = -1;
  (void)query<OptimizerObject>(optimizer, Kind::kOptimizer, "optimizer_iterations",
                               [&](Session&, OptimizerObject& o) { out = o.optimizer->iterations(); });
  return out;
}

TL_API tl_tensor* const* tl_optimizer_variables(tl_optimizer* optimizer, size_t* count) {
  tl_tensor* const* out = nullptr;
  size_t n = 0;
  (void)effect<OptimizerObject>(optimizer, Kind::kOptimizer, "optimizer_variables",
                                [&](Session&, OptimizerObject& o) {
                                  std::vector<VariableRef> variables = o.optimizer->variables();
                                  out = o.variables.list(variables);
                                  n = variables.size();
                                });
  if (count) *count = n;
  return out;
}

TL_API tl_optimizer* tl_optimizer_keep(tl_optimizer* optimizer) {
  return keep(optimizer, Kind::kOptimizer, "optimizer_keep") ? optimizer : nullptr;
}
TL_API void tl_optimizer_release(tl_optimizer* optimizer) {
  release_from_any_thread(optimizer, Kind::kOptimizer);
}

TL_API tl_tensor* tl_clip_by_value(tl_context* context, tl_tensor* x, tl_tensor* low, tl_tensor* high) {
  return op(context, "clip_by_value", [&](OpCallFrame& call) {
    call.add(x, "x");
    call.add(low, "low");
    call.add(high, "high");
    call.result(optim::clip_by_value(call.in(0), call.in(1), call.in(2)));
  });
}

TL_API tl_tensor* tl_clip_by_norm(tl_context* context, tl_tensor* x, double max_norm) {
  const char* op = "clip_by_norm";
  return make(context, op, [&](Session& s) {
    return s.make_tensor(optim::clip_by_norm(tensor_of(s, x, op, "x"), max_norm));
  });
}

TL_API tl_tensor* tl_clip_adaptive(tl_context* context, tl_tensor* gradient, tl_tensor* weights,
                                   double factor, double epsilon) {
  return op(context, "clip_adaptive", [&](OpCallFrame& call) {
    call.add(gradient, "gradient");
    call.add(weights, "weights");
    call.result(optim::clip_adaptive(call.in(0), call.in(1), factor, epsilon));
  });
}

TL_API tl_tensor* tl_clip_by_norm_axes(tl_context* context, tl_tensor* x, double max_norm,
                                       const int64_t* axes, size_t num_axes) {
  const char* op = "clip_by_norm_axes";
  return make(context, op, [&](Session& s) {
    IntList over = int_list(op, "axes", axes, num_axes);
    return s.make_tensor(optim::clip_by_norm(tensor_of(s, x, op, "x"), max_norm, over));
  });
}

TL_API tl_status tl_clip_by_global_norm(tl_context* context, tl_tensor* const* gradients, size_t count,
                                        double max_norm, const tl_clip_options* options, tl_tensor** clipped,
                                        tl_tensor** norm) {
  const char* op = "clip_by_global_norm";
  tl_status status = effect<Session>(context, Kind::kContext, op, [&](Session& s, Session&) {
    tl_clip_options o = options_from(op, options, tl_clip_options_init);
    check_list(op, "clipped", clipped, count);
    std::vector<Tensor> grads = tensors_or_null(s, gradients, count, op, "gradients");
    s.reserve_handles(count + 1);
    optim::ClippedGradients out =
        optim::clip_by_global_norm(s.core(), grads, max_norm, static_cast<optim::NonFinite>(o.non_finite));
    for (size_t i = 0; i < count; i++)
      clipped[i] = out.gradients[i] ? s.make_tensor(std::move(out.gradients[i])) : nullptr;
    if (norm) *norm = s.make_tensor(std::move(out.norm));
  });
  if (status != TL_OK) {
    // After the call: the list may be that of the gradients.
    for (size_t i = 0; clipped && count <= kMostHandles && i < count; i++) clipped[i] = nullptr;
    if (norm) *norm = nullptr;
  }
  return status;
}

TL_API tl_tensor* tl_global_norm(tl_context* context, tl_tensor* const* gradients, size_t count) {
  return make(context, "global_norm", [&](Session& s) {
    return s.make_tensor(
        optim::global_norm(s.core(), tensors_or_null(s, gradients, count, "global_norm", "gradients")));
  });
}

}  // extern "C"
