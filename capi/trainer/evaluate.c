/* tl_evaluate() and tl_predict(): loops over a dataset that train nothing. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <tapeloop/trainer.h>

#include "capi/trainer/steps.h"

/* The mean loss over the data, and what the metrics say of them, to results. */
tl_status tl_trainer_evaluate(const tl_trainer_steps *s, tl_dataset *data, size_t width, double *results) {
  tl_context *c = s->c;
  tl_tensor *batch[TL_TRAINER_MOST_TENSORS];
  tl_trainer_mean losses = {0, 0};
  double loss;
  char name[64];
  long long element = 0;
  bool more = true;
  (void)snprintf(name, sizeof name, "'%s'", s->data);
  tl_status status = tl_trainer_of(c, s->op, "dataset_seek", name, tl_dataset_seek(data, 0, 0));
  for (size_t i = 0; status == TL_OK && i < s->num_metrics; i++)
    status = tl_trainer_of(c, s->op, "metric_reset", NULL, tl_metric_reset(s->metrics[i]));
  while (status == TL_OK) {
    status = tl_trainer_next(s, data, batch, width, &more);
    if (status != TL_OK || !more) break;
    const double rows = tl_trainer_rows(batch);
    status = tl_trainer_run_step(s, batch, width, &loss);
    (void)snprintf(name, sizeof name, "element %lld of '%s'", ++element, s->data);
    status = tl_trainer_at(c, s->op, name, status);
    if (status == TL_OK) tl_trainer_count(&losses, rows, loss);
  }
  if (status == TL_OK && element == 0) status = tl_trainer_no_element(s);
  results[0] = losses.sum / losses.rows;
  for (size_t i = 0; i < s->num_metrics; i++) results[1 + i] = tl_metric_result(s->metrics[i]);
  return status == TL_OK ? tl_trainer_of(c, s->op, "metric_result", NULL, tl_error_code(c)) : status;
}

tl_status tl_evaluate(tl_context *context, tl_layer *model, tl_dataset *data, tl_metric *const *metrics,
                      size_t num_metrics, tl_compute_callback loss, void *user_data,
                      tl_destroy_callback destroy, double *results, size_t num_results) {
  tl_trainer_steps s = {.op = "evaluate",
                        .data = "data",
                        .c = context,
                        .model = model,
                        .loss = loss,
                        .user_data = user_data,
                        .metrics = metrics,
                        .num_metrics = num_metrics,
                        .compute = tl_trainer_validation_step};
  size_t width = 0;
  const int64_t outside = tl_trainer_open_scopes(context);
  tl_status status = tl_error_code(context);
  if (status == TL_OK) status = tl_scope_begin(context);
  if (status == TL_OK && !loss)
    status =
        tl_trainer_refuse(context, TL_INVALID_ARGUMENT, "evaluate",
                          "'loss' must be a function: got NULL; pass the callback that computes the loss "
                          "of a batch");
  if (status == TL_OK) status = tl_trainer_check_parts(&s);
  if (status == TL_OK && (!results || num_results != num_metrics + 1))
    status = tl_trainer_refuse(context, TL_INVALID_ARGUMENT, "evaluate",
                               "'results' must have room for the loss and one number for each metric: got %s "
                               "for %zu numbers with %zu metrics; 'num_results' is num_metrics + 1",
                               results ? "an array" : "NULL", num_results, num_metrics);
  if (status == TL_OK) status = tl_trainer_look_at_data(&s, data, true, &width);
  if (status == TL_OK) status = tl_trainer_compile(&s, "evaluate");
  if (status == TL_OK) status = tl_trainer_evaluate(&s, data, width, results);
  tl_trainer_end_scopes(context, outside);
  if (status != TL_OK && results && num_results <= (size_t)1 << 24) /* as lists have */
    for (size_t i = 0; i < num_results; i++) results[i] = NAN;
  if (destroy) destroy(user_data);
  return status;
}

static tl_status prediction_step(tl_context *c, void *of, tl_tensor *const *batch, size_t width,
                                 tl_tensor **outputs, size_t num_outputs) {
  const tl_trainer_steps *s = of;
  (void)width, (void)num_outputs;
  outputs[0] = tl_layer_call(s->model, batch[0], false);
  return tl_trainer_of(c, s->op, "layer_call", NULL, tl_error_code(c));
}

static tl_status no_room(tl_context *c) {
  return tl_trainer_refuse(c, TL_OUT_OF_MEMORY, "predict",
                           "the system has no memory left: got none for the list of parts; predict the data "
                           "in parts");
}

/* The predictions for each element, in the innermost scope: *parts is the caller's to free. */
static tl_status predict_all(tl_trainer_steps *s, tl_dataset *data, size_t width, tl_tensor ***parts,
                             size_t *count) {
  tl_tensor *batch[TL_TRAINER_MOST_TENSORS];
  size_t room = 0;
  char place[64];
  bool more = true;
  tl_status status = tl_trainer_of(s->c, s->op, "dataset_seek", "'data'", tl_dataset_seek(data, 0, 0));
  while (status == TL_OK) {
    status = tl_trainer_next(s, data, batch, width, &more);
    if (status != TL_OK || !more) break;
    if (*count == room) {
      room = room ? 2 * room : 16;
      tl_tensor **larger = realloc(*parts, room * sizeof(tl_tensor *));
      if (!larger) return no_room(s->c);
      *parts = larger;
    }
    status = tl_trainer_of(s->c, s->op, "function_call", NULL,
                           tl_function_call(s->compiled, batch, 1, &(*parts)[*count], 1));
    (void)snprintf(place, sizeof place, "element %lld of 'data'", (long long)++*count);
    status = tl_trainer_at(s->c, s->op, place, status);
  }
  return status == TL_OK && *count == 0 ? tl_trainer_no_element(s) : status;
}

tl_tensor *tl_predict(tl_context *context, tl_layer *model, tl_dataset *data) {
  tl_trainer_steps s = {
      .op = "predict", .data = "data", .c = context, .model = model, .compute = prediction_step};
  tl_tensor **parts = NULL, *all = NULL;
  size_t width = 0, count = 0;
  if (tl_failed(context)) return NULL;
  const int64_t outside = tl_trainer_open_scopes(context);
  tl_status status = tl_scope_begin(context);
  if (status == TL_OK) status = tl_trainer_check_parts(&s);
  if (status == TL_OK) status = tl_trainer_look_at_data(&s, data, true, &width);
  if (status == TL_OK) status = tl_trainer_compile(&s, "predict");
  if (status == TL_OK) status = predict_all(&s, data, width, &parts, &count);
  if (status == TL_OK) {
    all = tl_keep(tl_concat(context, parts, count, 0));
    status = tl_trainer_of(context, "predict", "concat", "the predictions", tl_error_code(context));
  }
  free(parts);
  tl_trainer_end_scopes(context, outside);
  return status == TL_OK && !tl_failed(context) ? all : NULL;
}
