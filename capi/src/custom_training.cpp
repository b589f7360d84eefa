// Optimizers and metrics of the program's own, in the C API.
#include "tapeloop/custom_training.h"

#include "capi/src/callbacks.h"
#include "capi/src/metric_object.h"
#include "capi/src/optimizer_object.h"
#include "capi/src/options.h"
#include "core/nn/custom_metric.h"
#include "core/optim/custom.h"

using namespace tl;
using namespace tl::capi;

namespace {

using Compute = std::function<std::vector<Tensor>(Span<const Tensor>, size_t)>;

Compute function_of(const Callbacks& f, tl_compute_callback callback, const char* what) {
  return [f, callback, what](Span<const Tensor> inputs, size_t outputs) {
    return compute(f, callback, what, inputs, outputs);
  };
}

// f(session, user data) makes an object that owns the user data; where it does not come to that, they end here.
template <class F>
auto owning(tl_context* context, const char* op, void* user_data, tl_destroy_callback destroy, F&& f)
    -> decltype(f(std::declval<Session&>(), std::shared_ptr<void>())) {
  Entered inside(context);  // a callback that comes after a failure cannot end the context either
  bool taken = false;
  auto out = make(context, op, [&](Session& s) {
    taken = true;
    return f(s, lent(user_data, destroy));
  });
  if (!taken && destroy) destroy(user_data);
  return out;
}

nn::CustomMetric& custom_metric(nn::Metric& metric, const char* op) {
  auto* custom = dynamic_cast<nn::CustomMetric*>(&metric);
  if (!custom)
    invalid("[", op, "] only a metric of the program's own takes that: got '", metric.name(),
            "' of the library; make one with metric_custom");
  return *custom;
}

}  // namespace

extern "C" {

TL_API tl_optimizer* tl_optimizer_custom(tl_context* context, const char* name, double learning_rate,
                                         tl_compute_callback update, void* user_data,
                                         tl_destroy_callback destroy) {
  const char* op = "optimizer_custom";
  return owning(context, op, user_data, destroy, [&](Session& s, std::shared_ptr<void> owner) {
    check_function(op, "update", update);
    const Callbacks f{s, context, checked_text(op, "name", name), std::move(owner)};
    return make_optimizer(s, std::make_unique<optim::CustomOptimizer>(s.core(), f.name, learning_rate,
                                                                      function_of(f, update, "update")));
  });
}

TL_API tl_status tl_optimizer_add_slot(tl_optimizer* optimizer, const char* name, tl_slot_kind kind,
                                       double first_value) {
  const char* op = "optimizer_add_slot";
  return with_optimizer(optimizer, op, [&](Session&, optim::Optimizer& o) {
    auto* custom = dynamic_cast<optim::CustomOptimizer*>(&o);
    if (!custom)
      invalid("[", op, "] only an optimizer of the program's own takes slots: got '", o.name(),
              "' of the library; make one with optimizer_custom");
    custom->add_slot(checked_text(op, "name", name), static_cast<optim::SlotKind>(kind), first_value);
  });
}

TL_API tl_metric* tl_metric_custom(tl_context* context, const char* name, tl_compute_callback update,
                                   tl_compute_callback result, void* user_data, tl_destroy_callback destroy) {
  const char* op = "metric_custom";
  return owning(context, op, user_data, destroy, [&](Session& s, std::shared_ptr<void> owner) {
    check_function(op, "update", update);
    check_function(op, "result", result);
    const Callbacks f{s, context, checked_text(op, "name", name), std::move(owner)};
    return make_metric_object(
        s, std::make_unique<nn::CustomMetric>(s.core(), f.name, function_of(f, update, "update"),
                                              function_of(f, result, "result")));
  });
}

TL_API tl_status tl_metric_add_state(tl_metric* metric, const char* name, const int64_t* dims, size_t rank,
                                     double first_value) {
  const char* op = "metric_add_state";
  return with_metric(metric, op, [&](Session&, nn::Metric& m) {
    custom_metric(m, op).add_state(checked_text(op, "name", name), shape_from(op, dims, rank, DType::kF64),
                                   first_value);
  });
}

TL_API tl_status tl_metric_update_with(tl_metric* metric, tl_tensor* const* inputs, size_t count) {
  const char* op = "metric_update_with";
  return with_metric(metric, op, [&](Session& s, nn::Metric& m) {
    nn::CustomMetric& custom = custom_metric(m, op);
    custom.update_with(tensors_or_null(s, inputs, count, op, "inputs"));
  });
}

}  // extern "C"
