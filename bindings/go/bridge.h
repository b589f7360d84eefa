/* What Go needs in one crossing although C says it in several calls. raw.h has everything else. */
#ifndef TAPELOOP_GO_BRIDGE_H
#define TAPELOOP_GO_BRIDGE_H

#include <stdlib.h>

#include "raw.h"

typedef struct {
  int32_t code;
  const char *message;
} tlgo_error;

static inline tlgo_error tlgo_first_error(uintptr_t context) {
  tlgo_error out = {tlgo_error_code(context), NULL};
  if (out.code != TL_OK) out.message = tlgo_error_message(context);
  return out;
}

/* A number that a call gives, and whether the context holds an error where the number says that the call failed. */
typedef struct {
  double value;
  int32_t code;
} tlgo_number;

static inline tlgo_number tlgo_checked(uintptr_t context, double value, bool suspect) {
  tlgo_number out = {value, suspect ? tlgo_error_code(context) : TL_OK};
  return out;
}

static inline tlgo_number tlgo_item(uintptr_t context, uintptr_t tensor) {
  double value = tlgo_tensor_item(tensor), wide = 0;
  tlgo_number out = tlgo_checked(context, value, value != value);
  if (value == value || out.code != TL_OK) return out;
  /* NaN is the value, or the call was refused and another goroutine has taken the error: only a status is certain. */
  float narrow = 0;
  switch (tlgo_tensor_dtype(tensor)) {
    case TL_F32:
      out.code = tlgo_tensor_read(tensor, (uint8_t *)&narrow, sizeof narrow);
      out.value = narrow;
      break;
    case TL_F64:
      out.code = tlgo_tensor_read(tensor, (uint8_t *)&wide, sizeof wide);
      out.value = wide;
      break;
    default: out.code = TL_BUSY;
  }
  return out;
}

static inline tlgo_number tlgo_result(uintptr_t context, uintptr_t metric) {
  double value = tlgo_metric_result(metric);
  return tlgo_checked(context, value, value != value);
}

typedef struct {
  int32_t status; /* of the end of the scope */
  int32_t code;   /* of the error that the context holds */
} tlgo_left;

static inline tlgo_left tlgo_leave(uintptr_t context) {
  tlgo_left out = {tlgo_scope_end(context), tlgo_error_code(context)};
  return out;
}

/* What reading a tensor into a slice needs to know, and the error that the context holds. */
typedef struct {
  int32_t dtype;
  int64_t elements;
  int32_t code;
} tlgo_extent;

static inline tlgo_extent tlgo_extent_of(uintptr_t context, uintptr_t tensor) {
  tlgo_extent out = {tlgo_tensor_dtype(tensor), tlgo_tensor_elements(tensor), tlgo_error_code(context)};
  return out;
}

static inline tl_context_statistics tlgo_statistics(uintptr_t context, int32_t *code) {
  tl_context_statistics out = {.struct_size = sizeof out};
  *code = tlgo_context_stats(context, &out);
  return out;
}

/* struct_size becomes the code: Go's own struct has no use for it. */
static inline tl_context_statistics tlgo_measure(uintptr_t context) {
  int32_t code;
  tl_context_statistics out = tlgo_statistics(context, &code);
  out.struct_size = (size_t)code;
  return out;
}

static inline tl_tape_statistics tlgo_tape_measure(uintptr_t tape) {
  tl_tape_statistics out = {.struct_size = sizeof out};
  int32_t code = tlgo_tape_stats(tape, &out);
  out.struct_size = (size_t)code;
  return out;
}

typedef struct {
  tl_tape_memory entry;
  size_t count;
  int32_t code;
} tlgo_memory;

static inline tlgo_memory tlgo_memory_at(uintptr_t tape, size_t index) {
  tlgo_memory out = {.entry = {.struct_size = sizeof(tl_tape_memory)}};
  out.code = tlgo_tape_memory_by_op(tape, 0, NULL, &out.count);
  if (out.code == TL_OK && index < out.count)
    out.code = tlgo_tape_memory_by_op(tape, index, &out.entry, &out.count);
  return out;
}

/* Memory that a feed lends. */
static inline void *tlgo_tensor_to_dlpack(uintptr_t tensor, bool versioned) {
  return tl_tensor_to_dlpack((tl_tensor *)tensor, versioned);
}
static inline uintptr_t tlgo_tensor_from_dlpack(uintptr_t context, void *managed, bool versioned) {
  return (uintptr_t)tl_tensor_from_dlpack((tl_context *)context, managed, versioned);
}

static inline void *tlgo_feed_memory(uintptr_t feed, size_t position, size_t *bytes) {
  return tl_feed_memory((tl_feed *)feed, position, bytes);
}

/* The variables that an object lends, and their number. */
typedef struct {
  const uintptr_t *handles;
  size_t count;
} tlgo_list;

typedef const uintptr_t *(*tlgo_lender)(uintptr_t object, size_t *count);

static inline tlgo_list tlgo_lent(tlgo_lender lender, uintptr_t object) {
  tlgo_list out = {NULL, 0};
  out.handles = lender(object, &out.count);
  return out;
}

static inline tlgo_list tlgo_list_layer(uintptr_t o) { return tlgo_lent(tlgo_layer_variables, o); }
static inline tlgo_list tlgo_list_trainable(uintptr_t o) {
  return tlgo_lent(tlgo_layer_trainable_variables, o);
}
static inline tlgo_list tlgo_list_optimizer(uintptr_t o) { return tlgo_lent(tlgo_optimizer_variables, o); }
static inline tlgo_list tlgo_list_metric(uintptr_t o) { return tlgo_lent(tlgo_metric_variables, o); }

/* Callbacks go to exported functions of Go; user_data is the number of a cgo.Handle, which the last of these deletes. */
extern void tapeloopGoLog(uintptr_t sink, int32_t level, char *message);
extern int32_t tapeloopGoCompute(uintptr_t rule, uintptr_t *inputs, size_t num_inputs, uintptr_t *outputs,
                                 size_t num_outputs);
extern int32_t tapeloopGoLoss(uintptr_t rule, uintptr_t *inputs, size_t num_inputs, uintptr_t *outputs,
                              size_t num_outputs);
extern int32_t tapeloopGoBackward(uintptr_t rule, uintptr_t *inputs, size_t num_inputs, uintptr_t *outputs,
                                  uintptr_t *output_gradients, size_t num_outputs,
                                  uintptr_t *input_gradients);
extern int32_t tapeloopGoTangents(uintptr_t rule, uintptr_t *inputs, uintptr_t *input_tangents,
                                  size_t num_inputs, uintptr_t *outputs, size_t num_outputs,
                                  uintptr_t *output_tangents);
extern int32_t tapeloopGoStep(uintptr_t slot, uintptr_t *inputs, size_t num_inputs, uintptr_t *outputs,
                              size_t num_outputs);
extern int32_t tapeloopGoRate(uintptr_t rate, int64_t step, double *out);
extern int32_t tapeloopGoElement(uintptr_t rule, uintptr_t context, uint64_t epoch, int64_t index,
                                 uint64_t seed, uintptr_t *inputs, size_t num_inputs, uintptr_t *outputs,
                                 size_t num_outputs);
extern int32_t tapeloopGoKeeps(uintptr_t rule, uintptr_t context, uint64_t epoch, int64_t index,
                               uint64_t seed, uintptr_t *inputs, size_t num_inputs, bool *keep);
extern int32_t tapeloopGoBegin(uintptr_t rule, uintptr_t context, uint64_t epoch, uint64_t *iteration);
extern int32_t tapeloopGoNext(uintptr_t rule, uintptr_t context, uintptr_t iteration, uintptr_t *outputs,
                              size_t num_outputs, bool *more);
extern void tapeloopGoEndPass(uintptr_t iteration);
extern int32_t tapeloopGoProgress(uintptr_t number, char *line, tl_progress_statistics *numbers);
extern int32_t tapeloopGoFit(uintptr_t rule, int32_t event, tl_fit_state *now);
extern int32_t tapeloopGoGuarded(uintptr_t rule);
extern void tapeloopGoEnd(uintptr_t number);

static inline void tlgo_end(void *user_data) { tapeloopGoEnd((uintptr_t)user_data); }

static inline void tlgo_on_log(void *user_data, tl_log_level level, const char *message) {
  tapeloopGoLog((uintptr_t)user_data, level, (char *)message);
}

static inline tl_status tlgo_compute(tl_context *context, void *user_data, tl_tensor *const *inputs,
                                     size_t num_inputs, tl_tensor **outputs, size_t num_outputs) {
  (void)context;
  return tapeloopGoCompute((uintptr_t)user_data, (uintptr_t *)inputs, num_inputs, (uintptr_t *)outputs,
                           num_outputs);
}

static inline tl_status tlgo_loss(tl_context *context, void *user_data, tl_tensor *const *inputs,
                                  size_t num_inputs, tl_tensor **outputs, size_t num_outputs) {
  (void)context;
  return tapeloopGoLoss((uintptr_t)user_data, (uintptr_t *)inputs, num_inputs, (uintptr_t *)outputs,
                        num_outputs);
}

static inline tl_status tlgo_step(tl_context *context, void *user_data, tl_tensor *const *inputs,
                                  size_t num_inputs, tl_tensor **outputs, size_t num_outputs) {
  (void)context;
  return tapeloopGoStep((uintptr_t)user_data, (uintptr_t *)inputs, num_inputs, (uintptr_t *)outputs,
                        num_outputs);
}

static inline tl_status tlgo_backward(tl_context *context, void *user_data, tl_tensor *const *inputs,
                                      size_t num_inputs, tl_tensor *const *outputs,
                                      tl_tensor *const *output_gradients, size_t num_outputs,
                                      tl_tensor **input_gradients) {
  (void)context;
  return tapeloopGoBackward((uintptr_t)user_data, (uintptr_t *)inputs, num_inputs, (uintptr_t *)outputs,
                            (uintptr_t *)output_gradients, num_outputs, (uintptr_t *)input_gradients);
}

static inline tl_status tlgo_tangents(tl_context *context, void *user_data, tl_tensor *const *inputs,
                                      tl_tensor *const *input_tangents, size_t num_inputs,
                                      tl_tensor *const *outputs, size_t num_outputs,
                                      tl_tensor **output_tangents) {
  (void)context;
  return tapeloopGoTangents((uintptr_t)user_data, (uintptr_t *)inputs, (uintptr_t *)input_tangents,
                            num_inputs, (uintptr_t *)outputs, num_outputs, (uintptr_t *)output_tangents);
}

static inline int32_t tlgo_custom_jvp(uintptr_t context, const char *name, uintptr_t rule,
                                      const uintptr_t *inputs, size_t num_inputs, const uintptr_t *captured,
                                      size_t num_captured, uintptr_t *outputs, size_t num_outputs) {
  return tl_custom_gradient_with_jvp((tl_context *)context, name, tlgo_compute, tlgo_backward, tlgo_tangents,
                                     (void *)rule, tlgo_end, (tl_tensor *const *)inputs, num_inputs,
                                     (tl_tensor *const *)captured, num_captured, (tl_tensor **)outputs,
                                     num_outputs);
}

static inline int32_t tlgo_custom(uintptr_t context, const char *name, uintptr_t rule,
                                  const uintptr_t *inputs, size_t num_inputs, const uintptr_t *captured,
                                  size_t num_captured, uintptr_t *outputs, size_t num_outputs) {
  return tl_custom_gradient((tl_context *)context, name, tlgo_compute, tlgo_backward, (void *)rule, tlgo_end,
                            (tl_tensor *const *)inputs, num_inputs, (tl_tensor *const *)captured,
                            num_captured, (tl_tensor **)outputs, num_outputs);
}

static inline int32_t tlgo_segment(uintptr_t context, const char *name, uintptr_t rule,
                                   const uintptr_t *inputs, size_t num_inputs, uintptr_t *outputs,
                                   size_t num_outputs) {
  return tl_recompute((tl_context *)context, name, tlgo_compute, (void *)rule, tlgo_end,
                      (tl_tensor *const *)inputs, num_inputs, (tl_tensor **)outputs, num_outputs);
}

static inline tl_status tlgo_on_guarded(tl_context *context, void *user_data) {
  (void)context;
  return tapeloopGoGuarded((uintptr_t)user_data);
}

static inline int32_t tlgo_call_guarded(uintptr_t context, const char *name, uintptr_t rule) {
  return tl_call_guarded((tl_context *)context, name, tlgo_on_guarded, (void *)rule, tlgo_end);
}

static inline int32_t tlgo_hessian_vector(uintptr_t context, uintptr_t rule, const uintptr_t *at,
                                          const uintptr_t *along, size_t count, int32_t way,
                                          uintptr_t *products) {
  return tl_hessian_vector_product((tl_context *)context, tlgo_compute, (void *)rule, tlgo_end,
                                   (tl_tensor *const *)at, (tl_tensor *const *)along, count, way,
                                   (tl_tensor **)products);
}

static inline int32_t tlgo_gauss_newton_vector(uintptr_t context, uintptr_t rule, size_t num_outputs,
                                               const uintptr_t *at, const uintptr_t *along, size_t count,
                                               uintptr_t *products) {
  return tl_gauss_newton_vector_product((tl_context *)context, tlgo_compute, num_outputs, tlgo_loss,
                                        (void *)rule, tlgo_end, (tl_tensor *const *)at,
                                        (tl_tensor *const *)along, count, (tl_tensor **)products);
}

static inline int32_t tlgo_pullback(uintptr_t context, uintptr_t rule, const uintptr_t *at, size_t count,
                                    uintptr_t *values, size_t num_values, uintptr_t *made) {
  *made = (uintptr_t)tl_pullback_new((tl_context *)context, tlgo_compute, (void *)rule, tlgo_end,
                                     (tl_tensor *const *)at, count, (tl_tensor **)values, num_values);
  return *made ? TL_OK : tlgo_error_code(context);
}

static inline int32_t tlgo_vmap(uintptr_t context, uintptr_t rule, const uintptr_t *inputs,
                                const int64_t *axes, size_t num_inputs, uintptr_t *outputs,
                                size_t num_outputs) {
  return tl_vmap((tl_context *)context, tlgo_compute, (void *)rule, tlgo_end, (tl_tensor *const *)inputs,
                 axes, num_inputs, (tl_tensor **)outputs, num_outputs);
}

/* The Jacobian of a function, or the Jacobian of that. */
static inline int32_t tlgo_function_jacobian(uintptr_t context, uintptr_t rule, uintptr_t at, int32_t way,
                                             uint64_t memory_budget, bool hessian, uintptr_t *jacobian) {
  tl_jacobian_options options;
  tl_jacobian_options_init(&options, sizeof options);
  options.way = way;
  options.memory_budget = memory_budget;
  return (hessian ? tl_hessian : tl_jacobian)((tl_context *)context, tlgo_compute, (void *)rule, tlgo_end,
                                              (tl_tensor *)at, &options, (tl_tensor **)jacobian);
}

static inline uintptr_t tlgo_function(uintptr_t context, uintptr_t slot, tlgo_function_options o) {
  tl_function_options options;
  tl_function_options_init(&options, sizeof options);
  options.name = o.name;
  options.most_plans = o.most_plans;
  options.host_reads = o.host_reads;
  options.retrace_is_error = o.retrace_is_error;
  options.polymorphic_batch = o.polymorphic_batch;
  options.verify = o.verify;
  options.allow_reassociation = o.allow_reassociation;
  options.most_recordings = o.most_recordings;
  return (uintptr_t)tl_function_new((tl_context *)context, tlgo_step, (void *)slot, tlgo_end, &options);
}

static inline tl_function_statistics tlgo_function_measure(uintptr_t function) {
  tl_function_statistics out = {.struct_size = sizeof out};
  int32_t code = tlgo_function_stats(function, &out);
  out.struct_size = (size_t)code;
  return out;
}

static inline tl_machine_peaks tlgo_peaks(uintptr_t context, tlgo_peak_options o) {
  tl_machine_peaks out = {.struct_size = sizeof out};
  int32_t code = tlgo_measure_peaks(context, o, &out);
  out.struct_size = (size_t)code;
  return out;
}

static inline tl_bound_statistics tlgo_bound(uintptr_t function, tlgo_machine_peaks o) {
  tl_bound_statistics out = {.struct_size = sizeof out};
  int32_t code = tlgo_function_bound(function, o, &out);
  out.struct_size = (size_t)code;
  return out;
}

static inline tl_status tlgo_on_rate(void *user_data, int64_t step, double *rate) {
  return tapeloopGoRate((uintptr_t)user_data, step, rate);
}

static inline uintptr_t tlgo_rate_schedule(uintptr_t context, const char *name, uintptr_t rate) {
  return (uintptr_t)tl_schedule_custom((tl_context *)context, name, tlgo_on_rate, (void *)rate, tlgo_end);
}

static inline tlgo_number tlgo_rate_of(uintptr_t context, uintptr_t schedule, int64_t step) {
  const double rate = tlgo_schedule_rate(schedule, step);
  tlgo_number out = tlgo_checked(context, rate, rate != rate);
  return out;
}

/* Functions of pipelines get a context of their own, on a thread of C's. */
static inline tl_status tlgo_element(tl_context *context, void *user_data, const tl_element_place *place,
                                     tl_tensor *const *inputs, size_t num_inputs, tl_tensor **outputs,
                                     size_t num_outputs) {
  return tapeloopGoElement((uintptr_t)user_data, (uintptr_t)context, place->epoch, place->index, place->seed,
                           (uintptr_t *)inputs, num_inputs, (uintptr_t *)outputs, num_outputs);
}

static inline tl_status tlgo_keeps(tl_context *context, void *user_data, const tl_element_place *place,
                                   tl_tensor *const *inputs, size_t num_inputs, bool *keep) {
  return tapeloopGoKeeps((uintptr_t)user_data, (uintptr_t)context, place->epoch, place->index, place->seed,
                         (uintptr_t *)inputs, num_inputs, keep);
}

static inline tl_status tlgo_begin(tl_context *context, void *user_data, uint64_t epoch,
                                   uint64_t *iteration) {
  return tapeloopGoBegin((uintptr_t)user_data, (uintptr_t)context, epoch, iteration);
}

static inline tl_status tlgo_next(tl_context *context, void *user_data, uint64_t iteration,
                                  tl_tensor **outputs, size_t num_outputs, bool *more) {
  return tapeloopGoNext((uintptr_t)user_data, (uintptr_t)context, (uintptr_t)iteration, (uintptr_t *)outputs,
                        num_outputs, more);
}

static inline void tlgo_end_iteration(void *user_data, uint64_t iteration) {
  (void)user_data;
  tapeloopGoEndPass((uintptr_t)iteration);
}

static inline uintptr_t tlgo_dataset_from_function(uintptr_t context, int64_t size, size_t width,
                                                   uintptr_t rule) {
  return (uintptr_t)tl_dataset_from_function((tl_context *)context, size, width, tlgo_element, (void *)rule,
                                             tlgo_end);
}

static inline uintptr_t tlgo_dataset_from_iterator(uintptr_t context, size_t width, uintptr_t rule) {
  return (uintptr_t)tl_dataset_from_iterator((tl_context *)context, width, tlgo_begin, tlgo_next,
                                             tlgo_end_iteration, (void *)rule, tlgo_end);
}

static inline uintptr_t tlgo_dataset_map(uintptr_t context, uintptr_t source, size_t width, uintptr_t rule,
                                         tlgo_map_options o) {
  tl_map_options options;
  tl_map_options_init(&options, sizeof options);
  options.threads = o.threads;
  options.seed = o.seed;
  return (uintptr_t)tl_dataset_map((tl_context *)context, (tl_dataset *)source, tlgo_element, (void *)rule,
                                   tlgo_end, width, &options);
}

static inline uintptr_t tlgo_dataset_filter(uintptr_t context, uintptr_t source, uintptr_t rule,
                                            uint64_t seed) {
  return (uintptr_t)tl_dataset_filter((tl_context *)context, (tl_dataset *)source, tlgo_keeps, (void *)rule,
                                      tlgo_end, seed);
}

static inline uintptr_t tlgo_custom_optimizer(uintptr_t context, const char *name, double learning_rate,
                                              uintptr_t rule) {
  return (uintptr_t)tl_optimizer_custom((tl_context *)context, name, learning_rate, tlgo_compute,
                                        (void *)rule, tlgo_end);
}

/* The loss of a rule is the result of a metric. */
static inline uintptr_t tlgo_custom_metric(uintptr_t context, const char *name, uintptr_t rule) {
  return (uintptr_t)tl_metric_custom((tl_context *)context, name, tlgo_compute, tlgo_loss, (void *)rule,
                                     tlgo_end);
}

static inline int32_t tlgo_minimize(uintptr_t optimizer, uintptr_t rule, const uintptr_t *variables,
                                    size_t count, tl_minimize_statistics *out) {
  out->struct_size = sizeof *out;
  return tl_optimizer_minimize((tl_optimizer *)optimizer, tlgo_compute, (void *)rule, tlgo_end,
                               (tl_tensor *const *)variables, count, out);
}

static inline int32_t tlgo_sam(uintptr_t optimizer, tlgo_sam_options o, uintptr_t rule,
                               const uintptr_t *variables, size_t count, uintptr_t *loss) {
  tl_sam_options options;
  tl_sam_options_init(&options, sizeof options);
  options.rho = o.rho;
  options.adaptive = o.adaptive;
  options.eta = o.eta;
  return tl_optimizer_apply_sam((tl_optimizer *)optimizer, &options, tlgo_compute, (void *)rule, tlgo_end,
                                (tl_tensor *const *)variables, count, (tl_tensor **)loss);
}

static inline tl_status tlgo_on_fit(tl_context *context, void *user_data, tl_fit_event event,
                                    const tl_fit_state *now) {
  tl_fit_state copy = *now;
  (void)context;
  return tapeloopGoFit((uintptr_t)user_data, event, &copy);
}

/* Metrics and loggers by themselves, because they are memory of Go's, whose address no struct may hold. */
static inline int32_t tlgo_fit(uintptr_t context, uintptr_t model, uintptr_t optimizer, uintptr_t train,
                               tlgo_fit_options o, const uintptr_t *metrics, const uintptr_t *loggers,
                               uintptr_t rule, bool listens, tl_fit_state *state) {
  tl_fit_options options;
  tl_fit_options_init(&options, sizeof options);
  options.epochs = o.epochs;
  options.steps_per_epoch = o.steps_per_epoch;
  options.validation = (tl_dataset *)o.validation;
  options.metrics = (tl_metric *const *)metrics;
  options.num_metrics = o.num_metrics;
  options.eager = o.eager;
  options.monitor = o.monitor;
  options.maximize = o.maximize;
  options.min_delta = o.min_delta;
  options.patience = o.patience;
  options.restore_best = o.restore_best;
  options.non_finite = o.non_finite;
  options.plateau = (tl_schedule *)o.plateau;
  options.loggers = (tl_logger *const *)loggers;
  options.num_loggers = o.num_loggers;
  options.progress = (tl_progress *)o.progress;
  options.checkpoints = o.checkpoints;
  options.checkpoint_steps = o.checkpoint_steps;
  options.max_to_keep = o.max_to_keep;
  options.keep_every = o.keep_every;
  options.keep_best = o.keep_best;
  options.asynchronous = o.asynchronous;
  options.step_events = o.step_events;
  options.stop = o.stop;
  state->struct_size = sizeof *state;
  return tl_fit((tl_context *)context, (tl_layer *)model, (tl_optimizer *)optimizer, (tl_dataset *)train,
                &options, tlgo_compute, listens ? tlgo_on_fit : NULL, (void *)rule, tlgo_end, state);
}

static inline int32_t tlgo_evaluate(uintptr_t context, uintptr_t model, uintptr_t data,
                                    const uintptr_t *metrics, size_t num_metrics, uintptr_t rule,
                                    double *results) {
  return tl_evaluate((tl_context *)context, (tl_layer *)model, (tl_dataset *)data,
                     (tl_metric *const *)metrics, num_metrics, tlgo_compute, (void *)rule, tlgo_end, results,
                     num_metrics + 1);
}

static inline tl_progress_statistics tlgo_progress_measure(uintptr_t progress) {
  tl_progress_statistics out = {.struct_size = sizeof out};
  int32_t code = tlgo_progress_stats(progress, &out);
  out.struct_size = (size_t)code;
  return out;
}

static inline tl_status tlgo_on_progress(void *user_data, const char *line,
                                         const tl_progress_statistics *numbers) {
  tl_progress_statistics copy = *numbers;
  return tapeloopGoProgress((uintptr_t)user_data, (char *)line, &copy);
}

static inline int32_t tlgo_progress_draw(uintptr_t progress, uintptr_t number) {
  if (!number) return tl_progress_set_callback((tl_progress *)progress, NULL, NULL, NULL);
  return tl_progress_set_callback((tl_progress *)progress, tlgo_on_progress, (void *)number, tlgo_end);
}

static inline tl_trace_statistics tlgo_trace_measure(uintptr_t trace) {
  tl_trace_statistics out = {.struct_size = sizeof out};
  int32_t code = tlgo_trace_stats(trace, &out);
  out.struct_size = (size_t)code;
  return out;
}

static inline int32_t tlgo_log_to(uintptr_t context, uintptr_t sink) {
  if (!sink) return tl_context_set_log((tl_context *)context, NULL, NULL, NULL);
  return tl_context_set_log((tl_context *)context, tlgo_on_log, (void *)sink, tlgo_end);
}

#endif
