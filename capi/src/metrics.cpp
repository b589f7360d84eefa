// Metrics of the C API.
#include "tapeloop/metrics.h"

#include <cmath>

#include "capi/src/metric_object.h"
#include "capi/src/options.h"
#include "capi/src/stateful.h"
#include "core/nn/accuracy.h"
#include "core/nn/class_metric.h"
#include "core/nn/regression_metric.h"
#include "core/nn/threshold_metric.h"

using namespace tl;
using namespace tl::capi;

namespace {

// f(core context, name) makes the metric.
template <class F>
tl_metric* make_metric(tl_context* context, const char* op, const char* name, F&& f) {
  return make(context, op,
              [&](Session& s) { return make_metric_object(s, f(s.core(), text_or_empty(name))); });
}

using MakeByThresholds = std::unique_ptr<nn::Metric> (*)(Context&, const nn::ThresholdOptions&);
using MakeOneAtAnother = std::unique_ptr<nn::Metric> (*)(Context&, double, const nn::ThresholdOptions&);

nn::ThresholdOptions threshold_options_of(const char* op, const tl_threshold_options* options) {
  tl_threshold_options o = options_from(op, options, tl_threshold_options_init);
  if (!o.one_class && o.class_id != 0)
    invalid("[", op, "] 'class_id' needs one_class: got ", o.class_id, " without; set both");
  nn::ThresholdOptions out;
  out.top_k = o.top_k;
  if (o.one_class) out.class_id = o.class_id;
  out.from_logits = o.from_logits;
  out.threshold_count = o.threshold_count;
  out.curve = static_cast<nn::AucCurve>(o.curve);
  out.summation = static_cast<nn::AucSummation>(o.summation);
  out.name = text_or_empty(o.name);
  return out;
}

tl_metric* by_thresholds(tl_context* context, const char* op, MakeByThresholds f, const double* thresholds,
                         size_t count, const tl_threshold_options* options) {
  return make(context, op, [&](Session& s) {
    nn::ThresholdOptions o = threshold_options_of(op, options);
    check_list(op, "thresholds", thresholds, count);
    o.thresholds.assign(thresholds, thresholds + count);
    return make_metric_object(s, f(s.core(), o));
  });
}

tl_metric* one_at_another(tl_context* context, const char* op, MakeOneAtAnother f, double least,
                          const tl_threshold_options* options) {
  return make(context, op, [&](Session& s) {
    const nn::ThresholdOptions o = threshold_options_of(op, options);
    return make_metric_object(s, f(s.core(), least, o));
  });
}

Tensor weights_of(Session& s, tl_tensor* weights, const char* op) {
  return weights ? peek_tensor(s, weights, op, "weights") : Tensor();
}

}  // namespace

std::vector<VariableRef> tl::capi::state_of_metric(Session& session, const void* metric, const char* op) {
  return object_of<MetricObject>(session, metric, Kind::kMetric, op, "metric").metric->variables();
}

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

TL_API tl_metric* tl_metric_sparse_top_k_categorical_accuracy(tl_context* context, int64_t k,
                                                              const char* name) {
  return make_metric(
      context, "metric_sparse_top_k_categorical_accuracy", name,
      [&](Context& c, const std::string& n) { return nn::make_sparse_top_k_categorical_accuracy(c, k, n); });
}
TL_API tl_metric* tl_metric_top_k_categorical_accuracy(tl_context* context, int64_t k, const char* name) {
  return make_metric(
      context, "metric_top_k_categorical_accuracy", name,
      [&](Context& c, const std::string& n) { return nn::make_top_k_categorical_accuracy(c, k, n); });
}

TL_API void tl_threshold_options_init(tl_threshold_options* options, size_t size) {
  zero_options(options, size);
}
TL_API void tl_f_beta_options_init(tl_f_beta_options* options, size_t size) { zero_options(options, size); }
TL_API void tl_r2_options_init(tl_r2_options* options, size_t size) { zero_options(options, size); }

TL_API tl_metric* tl_metric_true_positives(tl_context* context, const double* thresholds, size_t count,
                                           const tl_threshold_options* options) {
  return by_thresholds(context, "metric_true_positives", nn::make_true_positives, thresholds, count, options);
}
TL_API tl_metric* tl_metric_false_positives(tl_context* context, const double* thresholds, size_t count,
                                            const tl_threshold_options* options) {
  return by_thresholds(context, "metric_false_positives", nn::make_false_positives, thresholds, count,
                       options);
}
TL_API tl_metric* tl_metric_true_negatives(tl_context* context, const double* thresholds, size_t count,
                                           const tl_threshold_options* options) {
  return by_thresholds(context, "metric_true_negatives", nn::make_true_negatives, thresholds, count, options);
}
TL_API tl_metric* tl_metric_false_negatives(tl_context* context, const double* thresholds, size_t count,
                                            const tl_threshold_options* options) {
  return by_thresholds(context, "metric_false_negatives", nn::make_false_negatives, thresholds, count,
                       options);
}
TL_API tl_metric* tl_metric_precision(tl_context* context, const double* thresholds, size_t count,
                                      const tl_threshold_options* options) {
  return by_thresholds(context, "metric_precision", nn::make_precision, thresholds, count, options);
}
TL_API tl_metric* tl_metric_recall(tl_context* context, const double* thresholds, size_t count,
                                   const tl_threshold_options* options) {
  return by_thresholds(context, "metric_recall", nn::make_recall, thresholds, count, options);
}
TL_API tl_metric* tl_metric_auc(tl_context* context, const double* thresholds, size_t count,
                                const tl_threshold_options* options) {
  return by_thresholds(context, "metric_auc", nn::make_auc, thresholds, count, options);
}

TL_API tl_metric* tl_metric_sensitivity_at_specificity(tl_context* context, double specificity,
                                                       const tl_threshold_options* options) {
  return one_at_another(context, "metric_sensitivity_at_specificity", nn::make_sensitivity_at_specificity,
                        specificity, options);
}
TL_API tl_metric* tl_metric_specificity_at_sensitivity(tl_context* context, double sensitivity,
                                                       const tl_threshold_options* options) {
  return one_at_another(context, "metric_specificity_at_sensitivity", nn::make_specificity_at_sensitivity,
                        sensitivity, options);
}
TL_API tl_metric* tl_metric_precision_at_recall(tl_context* context, double recall,
                                                const tl_threshold_options* options) {
  return one_at_another(context, "metric_precision_at_recall", nn::make_precision_at_recall, recall, options);
}
TL_API tl_metric* tl_metric_recall_at_precision(tl_context* context, double precision,
                                                const tl_threshold_options* options) {
  return one_at_another(context, "metric_recall_at_precision", nn::make_recall_at_precision, precision,
                        options);
}

TL_API tl_metric* tl_metric_f_beta(tl_context* context, int64_t classes, const tl_f_beta_options* options) {
  return make(context, "metric_f_beta", [&](Session& s) {
    tl_f_beta_options o = options_from("metric_f_beta", options, tl_f_beta_options_init);
    nn::FBetaOptions f;
    f.beta = value_or(o.beta, f.beta);
    f.threshold = o.threshold;
    f.average = static_cast<nn::ClassAverage>(o.average);
    f.name = text_or_empty(o.name);
    return make_metric_object(s, nn::make_f_beta(s.core(), classes, f));
  });
}
TL_API tl_metric* tl_metric_mean_iou(tl_context* context, int64_t classes, const char* name) {
  return make_metric(context, "metric_mean_iou", name,
                     [&](Context& c, const std::string& n) { return nn::make_mean_iou(c, classes, n); });
}

TL_API tl_metric* tl_metric_root_mean_squared_error(tl_context* context, const char* name) {
  return make_metric(context, "metric_root_mean_squared_error", name, nn::make_root_mean_squared_error);
}
TL_API tl_metric* tl_metric_cosine_similarity(tl_context* context, const char* name) {
  return make_metric(context, "metric_cosine_similarity", name, nn::make_cosine_similarity);
}
TL_API tl_metric* tl_metric_pearson_correlation(tl_context* context, const char* name) {
  return make_metric(context, "metric_pearson_correlation", name, nn::make_pearson_correlation);
}
TL_API tl_metric* tl_metric_r2(tl_context* context, int64_t outputs, const tl_r2_options* options) {
  return make(context, "metric_r2", [&](Session& s) {
    tl_r2_options o = options_from("metric_r2", options, tl_r2_options_init);
    nn::R2Options r2;
    r2.average = static_cast<nn::R2Average>(o.average);
    r2.regressors = o.regressors;
    r2.name = text_or_empty(o.name);
    return make_metric_object(s, nn::make_r2(s.core(), outputs, r2));
  });
}

TL_API tl_status tl_metric_update(tl_metric* metric, tl_tensor* values, tl_tensor* weights) {
  const char* op = "metric_update";
  return with_metric(metric, op, [&](Session& s, nn::Metric& m) {
    m.update(peek_tensor(s, values, op, "values"), weights_of(s, weights, op));
  });
}

TL_API tl_status tl_metric_update_predictions(tl_metric* metric, tl_tensor* labels, tl_tensor* predictions,
                                              tl_tensor* weights) {
  const char* op = "metric_update_predictions";
  return with_metric(metric, op, [&](Session& s, nn::Metric& m) {
    const Tensor& y = peek_tensor(s, labels, op, "labels");
    m.update(y, peek_tensor(s, predictions, op, "predictions"), weights_of(s, weights, op));
  });
}

TL_API double tl_metric_result(tl_metric* metric) {
  double out = NAN;
  (void)with_metric(metric, "metric_result", [&](Session&, nn::Metric& m) { out = m.result(); });
  return out;
}

TL_API tl_tensor* tl_metric_result_tensor(tl_metric* metric) {
  tl_tensor* out = nullptr;
  (void)with_metric(metric, "metric_result_tensor",
                    [&](Session& s, nn::Metric& m) { out = s.make_tensor(m.result_tensor()); });
  return out;
}

TL_API tl_status tl_metric_reset(tl_metric* metric) {
  return with_metric(metric, "metric_reset", [](Session&, nn::Metric& m) { m.reset(); });
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
