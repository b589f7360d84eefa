// Optimizers that evaluate the loss several times, in the C API.
#include "tapeloop/minimize.h"

#include <cstring>

#include "capi/src/callbacks.h"
#include "capi/src/optimizer_object.h"
#include "capi/src/options.h"
#include "core/optim/lbfgs.h"
#include "core/optim/sam.h"

using namespace tl;
using namespace tl::capi;

namespace {

// A callback that gives the loss and then the gradients of `count` variables.
optim::Evaluate evaluation_of(const Callbacks& f, tl_compute_callback evaluate, size_t count) {
  if (!evaluate)
    invalid("[", f.name,
            "] 'evaluate' must be a function: got NULL; pass the one that gives loss and gradients");
  return [&f, evaluate, count] {
    std::vector<Tensor> made = compute(f, evaluate, "evaluate", {}, count + 1);
    optim::Evaluation e{made[0], {}};
    e.gradients.assign(made.begin() + 1, made.end());
    return e;
  };
}

// f(session, optimizer, callbacks), and then the end of the user data.
template <class F>
tl_status with_evaluation(tl_optimizer* optimizer, const char* op, void* user_data,
                          tl_destroy_callback destroy, F&& f) noexcept {
  Entered inside(optimizer);  // a callback that comes after a failure cannot end the context either
  bool taken = false;
  const tl_status status = with_optimizer(optimizer, op, [&](Session& s, optim::Optimizer& o) {
    taken = true;
    const Callbacks callbacks{s, s.handle(), op, lent(user_data, destroy)};
    f(s, o, callbacks);
  });
  if (!taken && destroy) destroy(user_data);
  return status;
}

}  // namespace

extern "C" {

TL_API void tl_lbfgs_options_init(tl_lbfgs_options* options, size_t size) { zero_options(options, size); }
TL_API void tl_sam_options_init(tl_sam_options* options, size_t size) { zero_options(options, size); }

TL_API tl_optimizer* tl_lbfgs(tl_context* context, const tl_lbfgs_options* options) {
  return make(context, "lbfgs", [&](Session& s) {
    const tl_lbfgs_options o = options_from("lbfgs", options, tl_lbfgs_options_init);
    optim::LbfgsOptions lbfgs;
    lbfgs.learning_rate = value_or(o.learning_rate, lbfgs.learning_rate);
    if (o.history_size) lbfgs.history_size = o.history_size;
    if (o.max_iterations) lbfgs.max_iterations = o.max_iterations;
    lbfgs.gradient_tolerance = value_or(o.gradient_tolerance, lbfgs.gradient_tolerance);
    lbfgs.change_tolerance = value_or(o.change_tolerance, lbfgs.change_tolerance);
    lbfgs.sufficient_decrease = value_or(o.sufficient_decrease, lbfgs.sufficient_decrease);
    lbfgs.curvature = value_or(o.curvature, lbfgs.curvature);
    if (o.name) lbfgs.name = o.name;
    return make_optimizer(s, std::make_unique<optim::Lbfgs>(s.core(), lbfgs));
  });
}

TL_API tl_status tl_optimizer_minimize(tl_optimizer* optimizer, tl_compute_callback evaluate, void* user_data,
                                       tl_destroy_callback destroy, tl_tensor* const* variables, size_t count,
                                       tl_minimize_statistics* statistics) {
  const char* op = "optimizer_minimize";
  return with_evaluation(
      optimizer, op, user_data, destroy, [&](Session& s, optim::Optimizer& o, const Callbacks& f) {
        auto* lbfgs = dynamic_cast<optim::Lbfgs*>(&o);
        if (!lbfgs)
          invalid("[", op, "] only L-BFGS minimizes: got '", o.name(),
                  "'; make one with lbfgs, or step with optimizer_apply");
        const size_t size = statistics ? checked_struct_size(op, "tl_minimize_statistics", statistics) : 0;
        const std::vector<Variable*> targets = variables_of(s, variables, count, op);
        const optim::LbfgsReport report = lbfgs->minimize(evaluation_of(f, evaluate, count), targets);
        tl_minimize_statistics out{};
        out.struct_size = size;
        out.loss = report.loss;
        out.largest_gradient = report.largest_gradient;
        out.iterations = static_cast<uint64_t>(report.iterations);
        out.evaluations = static_cast<uint64_t>(report.evaluations);
        out.converged = report.converged;
        if (statistics) std::memcpy(statistics, &out, size < sizeof out ? size : sizeof out);
      });
}

TL_API tl_status tl_optimizer_apply_sam(tl_optimizer* optimizer, const tl_sam_options* options,
                                        tl_compute_callback evaluate, void* user_data,
                                        tl_destroy_callback destroy, tl_tensor* const* variables,
                                        size_t count, tl_tensor** loss) {
  const char* op = "optimizer_apply_sam";
  if (loss) *loss = nullptr;
  return with_evaluation(optimizer, op, user_data, destroy,
                         [&](Session& s, optim::Optimizer& o, const Callbacks& f) {
                           const tl_sam_options given = options_from(op, options, tl_sam_options_init);
                           if (given.eta != 0 && !given.adaptive)
                             invalid("[", op, "] 'eta' needs 'adaptive': got ", given.eta,
                                     " without it; set 'adaptive' to true, or leave 'eta' at 0");
                           optim::SamOptions sam;
                           sam.adaptive = given.adaptive;
                           sam.rho = value_or(given.rho, sam.adaptive ? 0.5 : sam.rho);
                           sam.eta = value_or(given.eta, sam.eta);
                           const std::vector<Variable*> targets = variables_of(s, variables, count, op);
                           s.reserve_handles(1);
                           Tensor made = apply_sam(o, sam, evaluation_of(f, evaluate, count), targets);
                           s.reserve_handles(1);
                           if (loss) *loss = s.make_tensor(std::move(made));
                         });
}

}  // extern "C"
