// Metrics of the C API.
#include "tapeloop/metrics.h"

#include <cmath>

#include "capi/src/call.h"
#include "capi/src/options.h"
#include "capi/src/variable_handles.h"
#include "core/nn/metric.h"

using namespace tl;
using namespace tl::capi;

namespace {

struct MetricObject {
  MetricObject(Session& session, std::unique_ptr<nn::Metric> of)
      : metric(std::move(of)), variables(session) {}
  std::unique_ptr<nn::Metric> metric;
  VariableHandles variables;
};

// f(core context, name) makes the metric.
template <class F>
tl_metric* make_metric(tl_context* context, const char* op, const char* name, F&& f) {
  return make(context, op, [&](Session& s) {
    return make_object<tl_metric>(s, Kind::kMetric, new MetricObject(s, f(s.core(), text_or_empty(name))));
  });
}

Tensor weights_of(Session& s, tl_tensor* weights, const char* op) {
  return weights ? peek_tensor(s, weights, op, "weights") : Tensor();
}

}  // namespace

extern "C" {

TL_API tl_metric* tl_metric_mean(tl_context* context, const char* name) {
  return make_metric(context, "metric_mean", name, nn::make_mean);
}
TL_API tl_metric* tl_metric_sum(tl_context* context, const char* name) {
  return make_metric(context, "metric_sum", name, nn::make_sum);
}
TL_API tl_metric* tl_metric_sparse_categorical_accuracy(tl_context* context, const char* name) {
  return make_metric(context, "metric_sparse_categorical_accuracy", name,
                     nn::make_sparse_categorical_accuracy);
}
TL_API tl_metric* tl_metric_categorical_accuracy(tl_context* context, const char* name) {
  return make_metric(context, "metric_categorical_accuracy", name, nn::make_categorical_accuracy);
}
TL_API tl_metric* tl_metric_binary_accuracy(tl_context* context, double threshold, const char* name) {
  return make_metric(context, "metric_binary_accuracy", name, [&](Context& c, const std::string& n) {
    return nn::make_binary_accuracy(c, threshold, n);
  });
}

TL_API tl_status tl_metric_update(tl_metric* metric, tl_tensor* values, tl_tensor* weights) {
  const char* op = "metric_update";
  return effect<MetricObject>(metric, Kind::kMetric, op, [&](Session& s, MetricObject& m) {
    m.metric->update(peek_tensor(s, values, op, "values"), weights_of(s, weights, op));
  });
}

TL_API tl_status tl_metric_update_predictions(tl_metric* metric, tl_tensor* labels, tl_tensor* predictions,
                                              tl_tensor* weights) {
  const char* op = "metric_update_predictions";
  return effect<MetricObject>(metric, Kind::kMetric, op, [&](Session& s, MetricObject& m) {
    const Tensor& y = peek_tensor(s, labels, op, "labels");
    m.metric->update(y, peek_tensor(s, predictions, op, "predictions"), weights_of(s, weights, op));
  });
}

TL_API double tl_metric_result(tl_metric* metric) {
  double out = NAN;
  (void)effect<MetricObject>(metric, Kind::kMetric, "metric_result",
                             [&](Session&, MetricObject& m) { out = m.metric->result(); });
  return out;
}

TL_API tl_status tl_metric_reset(tl_metric* metric) {
  return effect<MetricObject>(metric, Kind::kMetric, "metric_reset",
                              [](Session&, MetricObject& m) { m.metric->reset(); });
}

TL_API tl_tensor* const* tl_metric_variables(tl_metric* metric, size_t* count) {
  tl_tensor* const* out = nullptr;
  size_t n = 0;
  (void)effect<MetricObject>(metric, Kind::kMetric, "metric_variables", [&](Session&, MetricObject& m) {
    std::vector<VariableRef> variables = m.metric->variables();
    out = m.variables.list(variables);
    n = variables.size();
  });
  if (count) *count = n;
  return out;
}

TL_API const char* tl_metric_name(tl_metric* metric) {
  const char* out = "";
  (void)query<MetricObject>(metric, Kind::kMetric, "metric_name",
                            [&](Session&, MetricObject& m) { out = m.metric->name().c_str(); });
  return out;
}

TL_API tl_metric* tl_metric_keep(tl_metric* metric) {
  return keep(metric, Kind::kMetric, "metric_keep") ? metric : nullptr;
}
TL_API void tl_metric_release(tl_metric* metric) { release_from_any_thread(metric, Kind::kMetric); }

}  // extern "C"
