/* What the steps of the trainer compute, and how they run: compiled, or as they are. */
#include "capi/trainer/steps.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

tl_status tl_trainer_refuse(tl_context *c, tl_status code, const char *op, const char *message) {
  char text[512];
  snprintf(text, sizeof text, "[%s] %s", op, message);
  return tl_set_error(c, code, text) == TL_OK ? code : tl_error_code(c);
}

static tl_tensor *loss_of(const tl_trainer_steps *s, tl_tensor *predictions, tl_tensor *const *batch,
                          size_t width) {
  tl_tensor *in[1 + TL_TRAINER_MOST_TENSORS], *loss = NULL;
  if (tl_failed(s->c)) return NULL;
  in[0] = predictions;
  memcpy(in + 1, batch, width * sizeof(tl_tensor *));
  const tl_status status = s->loss(s->c, s->user_data, in, width + 1, &loss, 1);
  if (tl_failed(s->c)) return NULL;
  if (status != TL_OK)
    (void)tl_trainer_refuse(
        s->c, status, s->op,
        "the loss must set the error that it returns: got a status and no error; call tl_set_error()");
  else if (!loss)
    (void)tl_trainer_refuse(s->c, TL_INVALID_ARGUMENT, s->op,
                            "the loss must set its output: got NULL; set outputs[0]");
  else if (tl_tensor_elements(loss) != 1)
    (void)tl_trainer_refuse(
        s->c, TL_INVALID_ARGUMENT, s->op,
        "the loss must be a single number: got a tensor of several, or none; take their mean");
  return loss;
}

static tl_status update_metrics(const tl_trainer_steps *s, tl_tensor *predictions, tl_tensor *const *batch,
                                size_t width) {
  tl_status status = tl_error_code(s->c);
  for (size_t i = 0; status == TL_OK && i < s->num_metrics; i++)
    status = tl_metric_update_predictions(s->metrics[i], batch[1], predictions, width > 2 ? batch[2] : NULL);
  return status;
}

/* Weights change last, so that a batch that does not fit changes none. */
tl_status tl_trainer_train_step(tl_context *c, void *of, tl_tensor *const *batch, size_t width,
                                tl_tensor **outputs, size_t num_outputs) {
  const tl_trainer_steps *s = of;
  (void)num_outputs;
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *predictions = tl_layer_call(s->model, batch[0], true);
  tl_tensor *loss = loss_of(s, predictions, batch, width);
  tl_tensor *scaled = tl_optimizer_scale_loss(s->optimizer, loss);
  if (tl_tape_gradient(tape, scaled, s->weights, s->num_weights, NULL, s->gradients) == TL_OK &&
      update_metrics(s, predictions, batch, width) == TL_OK &&
      tl_optimizer_apply(s->optimizer, s->gradients, s->weights, s->num_weights) == TL_OK)
    outputs[0] = loss;
  return tl_error_code(c);
}

tl_status tl_trainer_validation_step(tl_context *c, void *of, tl_tensor *const *batch, size_t width,
                                     tl_tensor **outputs, size_t num_outputs) {
  const tl_trainer_steps *s = of;
  (void)num_outputs;
  tl_tensor *predictions = tl_layer_call(s->model, batch[0], false);
  tl_tensor *loss = loss_of(s, predictions, batch, width);
  if (update_metrics(s, predictions, batch, width) == TL_OK) outputs[0] = loss;
  return tl_error_code(c);
}

/* The last batch of an epoch is often a smaller one: two recordings serve all sizes. */
tl_status tl_trainer_compile(tl_trainer_steps *s, const char *name) {
  tl_function_options o;
  tl_function_options_init(&o, sizeof o);
  o.name = name;
  o.host_reads = TL_HOST_READS_EAGER;
  o.polymorphic_batch = true;
  s->compiled = tl_function_new(s->c, s->compute, s, NULL, &o);
  return tl_error_code(s->c);
}

/* One step. *loss is its loss, which *so_far has, too. */
tl_status tl_trainer_run_step(const tl_trainer_steps *s, tl_tensor *const *batch, size_t width,
                              tl_trainer_mean *so_far, double *loss) {
  tl_tensor *output = NULL;
  tl_status status;
  *loss = NAN;
  if (s->compiled) {
    status = tl_function_call(s->compiled, batch, width, &output, 1);
    if (status == TL_OK) *loss = tl_tensor_item(output);
    tl_tensor_release(output);
  } else {
    status = tl_scope_begin(s->c);
    if (status == TL_OK) status = s->compute(s->c, (void *)s, batch, width, &output, 1);
    if (status == TL_OK) *loss = tl_tensor_item(output);
    if (tl_scope_end(s->c) != TL_OK) status = tl_error_code(s->c);
  }
  if (status != TL_OK) return status;
  const double rows = tl_tensor_rank(batch[0]) ? (double)tl_tensor_dim(batch[0], 0) : 1;
  so_far->sum += rows * *loss;
  so_far->rows += rows;
  return isfinite(*loss) ? TL_OK : tl_error_code(s->c);
}

/* Refuses data that a loop cannot go over, and tells how many tensors a batch has. */
tl_status tl_trainer_look_at_data(const tl_trainer_steps *s, tl_dataset *data, bool must_end, size_t *width) {
  if (!data)
    return tl_trainer_refuse(s->c, TL_INVALID_ARGUMENT, s->op, "the data must be a dataset: got NULL");
  *width = tl_dataset_width(data);
  const int64_t size = tl_dataset_size(data);
  if (tl_failed(s->c)) return tl_error_code(s->c);
  if (*width == 0 || *width > TL_TRAINER_MOST_TENSORS)
    return tl_trainer_refuse(
        s->c, TL_INVALID_ARGUMENT, s->op,
        "an element of the data has 1 to 64 tensors: got another number; join some of them");
  if (*width < 2 && s->num_metrics)
    return tl_trainer_refuse(
        s->c, TL_INVALID_ARGUMENT, s->op,
        "metrics need labels, the second tensor of each element: got elements of one tensor; "
        "leave the metrics out, or zip labels to the data");
  if (size == 0)
    return tl_trainer_refuse(s->c, TL_INVALID_ARGUMENT, s->op, "the data must have an element: got none");
  if (size == TL_DATASET_INFINITE_SIZE && must_end)
    return tl_trainer_refuse(
        s->c, TL_INVALID_ARGUMENT, s->op,
        s->compute == tl_trainer_train_step
            ? "the data must have an end: got a dataset that repeats for ever; take so many elements of it, "
              "or give 'steps_per_epoch'"
            : "the data must have an end: got a dataset that repeats for ever; take so many elements of it");
  return TL_OK;
}

/* Scopes that a callback has left open after a failure end with that of the call. */
int64_t tl_trainer_open_scopes(tl_context *c) {
  tl_context_statistics now = {.struct_size = sizeof now};
  return tl_context_stats(c, &now) == TL_OK ? (int64_t)now.scopes : 0;
}

void tl_trainer_end_scopes(tl_context *c, int64_t outside) {
  for (int64_t i = tl_trainer_open_scopes(c); i > outside; i--)
    if (tl_scope_end(c) != TL_OK) return;
}

/* A call that has failed leaves its error in the context, also where an object of another context has it. */
tl_status tl_trainer_said(tl_context *c, const char *op, tl_status status) {
  if (status == TL_OK || tl_failed(c)) return status;
  return tl_trainer_refuse(
      c, status, op,
      "the model, the data and all else must belong to the context: got something of another one");
}

tl_status tl_trainer_check_parts(const tl_trainer_steps *s) {
  if (!s->model)
    return tl_trainer_refuse(s->c, TL_INVALID_ARGUMENT, s->op, "'model' must be a layer: got NULL");
  if (!s->loss)
    return tl_trainer_refuse(
        s->c, TL_INVALID_ARGUMENT, s->op,
        "'loss' must be a function: got NULL; pass the callback that computes the loss of a batch");
  if (s->num_metrics > SIZE_MAX / 4096 || (s->num_metrics && !s->metrics))
    return tl_trainer_refuse(
        s->c, TL_INVALID_ARGUMENT, s->op,
        "'metrics' must hold 'num_metrics' metrics: got NULL, or a number that no array has");
  for (size_t i = 0; i < s->num_metrics; i++)
    if (!s->metrics[i])
      return tl_trainer_refuse(s->c, TL_INVALID_ARGUMENT, s->op,
                               "each of 'metrics' must be a metric: got NULL");
  return TL_OK;
}
