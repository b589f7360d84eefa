/* tl_evaluate() and tl_predict(): loops over a dataset that train nothing. */
#include <math.h>
#include <stdlib.h>
#include <tapeloop/trainer.h>

#include "capi/trainer/steps.h"

/* The mean loss over the data, and what the metrics say of them, to results. */
tl_status tl_trainer_evaluate(const tl_trainer_steps *s, tl_dataset *data, size_t width, double *results) {
  tl_tensor *batch[TL_TRAINER_MOST_TENSORS];
  tl_trainer_mean losses = {0, 0};
  double loss;
  bool any = false;
  tl_status status = tl_dataset_seek(data, 0, 0);
  for (size_t i = 0; status == TL_OK && i < s->num_metrics; i++) status = tl_metric_reset(s->metrics[i]);
  while (status == TL_OK && tl_dataset_next(data, batch, width)) {
    status = tl_trainer_run_step(s, batch, width, &losses, &loss);
    any = true;
  }
  if (status == TL_OK) status = tl_error_code(s->c); /* of tl_dataset_next() */
  if (status == TL_OK && !any)
    status = tl_trainer_refuse(s->c, TL_INVALID_ARGUMENT, s->op, "the data must have an element: got none");
  results[0] = losses.sum / losses.rows;
  for (size_t i = 0; i < s->num_metrics; i++) results[1 + i] = tl_metric_result(s->metrics[i]);
  return status == TL_OK ? tl_error_code(s->c) : status;
}

tl_status tl_evaluate(tl_context *context, tl_layer *model, tl_dataset *data, tl_metric *const *metrics,
                      size_t num_metrics, tl_compute_callback loss, void *user_data,
                      tl_destroy_callback destroy, double *results, size_t num_results) {
  tl_trainer_steps s = {.op = "evaluate",
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
  if (status == TL_OK) status = tl_trainer_check_parts(&s);
  if (status == TL_OK && (!results || num_results != num_metrics + 1))
    status = tl_trainer_refuse(
        context, TL_INVALID_ARGUMENT, "evaluate",
        "'results' must have room for the loss and one number for each metric: got NULL, or another "
        "'num_results' than num_metrics + 1");
  if (status == TL_OK) status = tl_trainer_look_at_data(&s, data, true, &width);
  if (status == TL_OK) status = tl_scope_begin(context);
  if (status == TL_OK) status = tl_trainer_compile(&s, "evaluate");
  if (status == TL_OK) status = tl_trainer_evaluate(&s, data, width, results);
  status = tl_trainer_said(context, "evaluate", status);
  tl_trainer_end_scopes(context, outside);
  if (status != TL_OK && results && num_results < SIZE_MAX / 4096)
    for (size_t i = 0; i < num_results; i++) results[i] = NAN;
  if (destroy) destroy(user_data);
  return status;
}

static tl_status prediction_step(tl_context *c, void *of, tl_tensor *const *batch, size_t width,
                                 tl_tensor **outputs, size_t num_outputs) {
  const tl_trainer_steps *s = of;
  (void)width, (void)num_outputs;
  outputs[0] = tl_layer_call(s->model, batch[0], false);
  return tl_error_code(c);
}

tl_tensor *tl_predict(tl_context *context, tl_layer *model, tl_dataset *data) {
  tl_trainer_steps s = {.op = "predict", .c = context, .model = model, .compute = prediction_step};
  tl_tensor *batch[TL_TRAINER_MOST_TENSORS], **parts = NULL, *all = NULL;
  size_t width = 0, count = 0, room = 0;
  if (tl_failed(context)) return NULL;
  const int64_t outside = tl_trainer_open_scopes(context);
  tl_status status =
      model ? TL_OK
            : tl_trainer_refuse(context, TL_INVALID_ARGUMENT, "predict", "'model' must be a layer: got NULL");
  if (status == TL_OK) status = tl_trainer_look_at_data(&s, data, true, &width);
  if (status == TL_OK) status = tl_scope_begin(context);
  if (status == TL_OK) status = tl_trainer_compile(&s, "predict");
  if (status == TL_OK) status = tl_dataset_seek(data, 0, 0);
  while (status == TL_OK && tl_dataset_next(data, batch, width)) {
    if (count == room) {
      room = room ? 2 * room : 16;
      tl_tensor **more = realloc(parts, room * sizeof(tl_tensor *));
      if (!more) {
        status = tl_trainer_refuse(context, TL_OUT_OF_MEMORY, "predict", "the system has no memory left");
        break;
      }
      parts = more;
    }
    status = tl_function_call(s.compiled, batch, 1, &parts[count++], 1);
  }
  if (status == TL_OK) status = tl_error_code(context); /* of tl_dataset_next() */
  if (status == TL_OK && count == 0)
    status =
        tl_trainer_refuse(context, TL_INVALID_ARGUMENT, "predict", "the data must have an element: got none");
  if (status == TL_OK) all = tl_keep(tl_concat(context, parts, count, 0));
  (void)tl_trainer_said(context, "predict", status);
  free(parts);
  tl_trainer_end_scopes(context, outside);
  return tl_failed(context) ? NULL : all;
}
