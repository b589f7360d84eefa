// What stands behind a tl_metric, for the files that know metrics.
#pragma once

#include <memory>

#include "capi/src/call.h"
#include "capi/src/variable_handles.h"
#include "core/nn/metric.h"
#include "tapeloop/metrics.h"

namespace tl::capi {

struct MetricObject {
  MetricObject(Session& session, std::unique_ptr<nn::Metric> of)
      : metric(std::move(of)), variables(session) {}
  std::shared_ptr<nn::Metric> metric;
  VariableHandles variables;
};

inline tl_metric* make_metric_object(Session& s, std::unique_ptr<nn::Metric> metric) {
  return make_object<tl_metric>(s, Kind::kMetric, new MetricObject(s, std::move(metric)));
}

// A call with an effect on a metric: f(session, metric).
template <class F>
tl_status with_metric(tl_metric* metric, const char* name, F&& f) noexcept {
  return effect<MetricObject>(metric, Kind::kMetric, name, [&](Session& s, MetricObject& m) {
    // Its own callback may release it.
    const std::shared_ptr<nn::Metric> alive = m.metric;
    f(s, *alive);
  });
}

}  // namespace tl::capi
