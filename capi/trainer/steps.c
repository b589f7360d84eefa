/* What the steps of the trainer compute, and how they run: compiled, or as they are. */
#include "capi/trainer/steps.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static tl_status step_said(const tl_trainer_steps *s, const char *call, tl_status status) {
  return tl_trainer_of(s->c, s->op, call, NULL, status);
}

/* ---- the loss ------------------------------------------------------------------------------------------------------ */

typedef struct {
  const tl_trainer_steps *s;
  tl_tensor *const *in;
  size_t num_in;
  tl_tensor *loss;
} loss_call;

static tl_status call_loss(tl_context *c, void *of) {
  loss_call *call = of;
  const tl_trainer_steps *s = call->s;
  const int64_t outside = tl_trainer_open_scopes(c);
  const tl_status status = s->loss(c, s->user_data, call->in, call->num_in, &call->loss, 1);
  for (int64_t i = tl_trainer_open_scopes(c); call->loss && i > outside; i--)
    (void)tl_keep(call->loss); /* scopes that the loss has left open end now, and what belongs to them */
  if (status == TL_OK || tl_failed(c)) return status;
  return tl_trainer_refuse(c, status, s->op,
                           "the loss must set the error that it returns: got status %d (%s) and no error; "
                           "call tl_set_error() before",
                           (int)status, tl_status_name(status));
}

/* "(4, 1)" */
static void write_shape(tl_tensor *t, char *text, size_t room) {
  int64_t dims[TL_MAX_RANK] = {0};
  const size_t rank = tl_tensor_rank(t);
  size_t at = (size_t)snprintf(text, room, "(");
  if (tl_tensor_shape(t, dims, TL_MAX_RANK) != TL_OK) return;
  for (size_t i = 0; i < rank; i++)
    at += (size_t)snprintf(text + at, room - at, i ? ", %lld" : "%lld", (long long)dims[i]);
  (void)snprintf(text + at, room - at, rank == 1 ? ",)" : ")");
}

static tl_status check_loss(const tl_trainer_steps *s, tl_tensor *loss) {
  char shape[TL_MAX_RANK * 24];
  if (!loss)
    return tl_trainer_refuse(s->c, TL_INVALID_ARGUMENT, s->op,
                             "the loss must set its output: got NULL; set outputs[0] to a single number");
  const int64_t elements = tl_tensor_elements(loss);
  if (elements == 1) return TL_OK;
  if (elements < 0) /* its error may be in another context */
    return tl_trainer_of(s->c, s->op, "tensor_elements", "the output of the loss", TL_INVALID_ARGUMENT);
  write_shape(loss, shape, sizeof shape);
  return tl_trainer_refuse(s->c, TL_INVALID_ARGUMENT, s->op,
                           "the loss must be a single number: got a tensor of shape %s; take its mean",
                           shape);
}

static tl_tensor *loss_of(const tl_trainer_steps *s, tl_tensor *predictions, tl_tensor *const *batch,
                          size_t width) {
  tl_tensor *in[1 + TL_TRAINER_MOST_TENSORS] = {NULL}; /* a loss that reads too many finds none */
  loss_call call = {s, in, width + 1, NULL};
  if (tl_failed(s->c)) return NULL;
  in[0] = predictions;
  memcpy(in + 1, batch, width * sizeof(tl_tensor *));
  if (step_said(s, "call_guarded", tl_call_guarded(s->c, "loss", call_loss, &call, NULL)) != TL_OK)
    return NULL;
  return check_loss(s, call.loss) == TL_OK ? call.loss : NULL;
}

/* ---- steps --------------------------------------------------------------------------------------------------------- */

static tl_tensor *predict(const tl_trainer_steps *s, tl_tensor *input, bool training) {
  tl_tensor *predictions = tl_layer_call(s->model, input, training);
  (void)step_said(s, "layer_call", predictions ? TL_OK : tl_error_code(s->c));
  return predictions;
}

static tl_status update_metrics(const tl_trainer_steps *s, tl_tensor *predictions, tl_tensor *const *batch,
                                size_t width) {
  tl_status status = tl_error_code(s->c);
  for (size_t i = 0; status == TL_OK && i < s->num_metrics; i++)
    status = step_said(
        s, "metric_update_predictions",
        tl_metric_update_predictions(s->metrics[i], batch[1], predictions, width > 2 ? batch[2] : NULL));
  return status;
}

/* Weights change last, so that a batch that does not fit changes none. */
tl_status tl_trainer_train_step(tl_context *c, void *of, tl_tensor *const *batch, size_t width,
                                tl_tensor **outputs, size_t num_outputs) {
  const tl_trainer_steps *s = of;
  (void)num_outputs;
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *predictions = predict(s, batch[0], true);
  tl_tensor *loss = loss_of(s, predictions, batch, width);
  tl_tensor *scaled = tl_optimizer_scale_loss(s->optimizer, loss);
  tl_status status = step_said(s, "optimizer_scale_loss", tl_error_code(c));
  if (status == TL_OK) {
    status = tl_tape_gradient(tape, scaled, s->weights, s->num_weights, NULL, s->gradients);
    const bool gone =
        strstr(tl_error_message(c), "'sources[") != NULL; /* as of a model that its loss releases */
    status = tl_trainer_of(c, s->op, "tape_gradient", gone ? "a weight of the model" : NULL, status);
  }
  if (status == TL_OK) status = update_metrics(s, predictions, batch, width);
  if (status == TL_OK)
    status = step_said(s, "optimizer_apply",
                       tl_optimizer_apply(s->optimizer, s->gradients, s->weights, s->num_weights));
  if (status == TL_OK) outputs[0] = loss;
  return status;
}

tl_status tl_trainer_validation_step(tl_context *c, void *of, tl_tensor *const *batch, size_t width,
                                     tl_tensor **outputs, size_t num_outputs) {
  const tl_trainer_steps *s = of;
  (void)num_outputs;
  tl_tensor *predictions = predict(s, batch[0], false);
  tl_tensor *loss = loss_of(s, predictions, batch, width);
  if (update_metrics(s, predictions, batch, width) == TL_OK) outputs[0] = loss;
  return tl_error_code(c);
}

/* The last batch of an epoch is often a smaller one: recordings of some sizes serve all. */
tl_status tl_trainer_compile(tl_trainer_steps *s, const char *name) {
  tl_function_options o;
  tl_function_options_init(&o, sizeof o);
  o.name = name;
  o.host_reads = TL_HOST_READS_EAGER;
  o.polymorphic_batch = true;
  s->compiled = tl_function_new(s->c, s->compute, s, NULL, &o);
  return step_said(s, "function_new", s->compiled ? TL_OK : tl_error_code(s->c));
}

tl_status tl_trainer_run_step(const tl_trainer_steps *s, tl_tensor *const *batch, size_t width,
                              double *loss) {
  tl_tensor *output = NULL;
  tl_status status;
  *loss = NAN;
  if (s->compiled) {
    status = step_said(s, "function_call", tl_function_call(s->compiled, batch, width, &output, 1));
    if (status == TL_OK) *loss = tl_tensor_item(output);
    tl_tensor_release(output);
  } else {
    status = tl_scope_begin(s->c);
    if (status == TL_OK) status = s->compute(s->c, (void *)s, batch, width, &output, 1);
    if (status == TL_OK) *loss = tl_tensor_item(output);
    if (tl_scope_end(s->c) != TL_OK) status = tl_error_code(s->c);
  }
  if (status != TL_OK) return status;
  return isfinite(*loss) ? TL_OK : step_said(s, "tensor_item", tl_error_code(s->c));
}

double tl_trainer_rows(tl_tensor *const *batch) {
  return tl_tensor_rank(batch[0]) ? (double)tl_tensor_dim(batch[0], 0) : 1;
}

void tl_trainer_count(tl_trainer_mean *so_far, double rows, double loss) {
  so_far->sum += rows * loss;
  so_far->rows += rows;
}

/* ---- data ---------------------------------------------------------------------------------------------------------- */

static const char *quoted(char room[64], const char *name) {
  (void)snprintf(room, 64, "'%s'", name);
  return room;
}

tl_status tl_trainer_next(const tl_trainer_steps *s, tl_dataset *data, tl_tensor **batch, size_t width,
                          bool *more) {
  char room[64];
  *more = tl_dataset_next(data, batch, width);
  if (*more) return TL_OK;
  return tl_trainer_of(s->c, s->op, "dataset_next", quoted(room, s->data), tl_error_code(s->c));
}

tl_status tl_trainer_no_element(const tl_trainer_steps *s) {
  return tl_trainer_refuse(s->c, TL_INVALID_ARGUMENT, s->op,
                           "'%s' must have an element: got none; look at what it is made of: a filter, a "
                           "skip, or batches that drop the remainder, may leave nothing",
                           s->data);
}

tl_status tl_trainer_look_at_data(const tl_trainer_steps *s, tl_dataset *data, bool must_end, size_t *width) {
  char room[64];
  const char *name = quoted(room, s->data);
  if (!data)
    return tl_trainer_refuse(
        s->c, TL_INVALID_ARGUMENT, s->op,
        "%s must be a dataset: got NULL; it was never made, or the call that should have "
        "made it failed",
        name);
  *width = tl_dataset_width(data);
  const int64_t size = tl_dataset_size(data);
  if (tl_failed(s->c)) return tl_trainer_of(s->c, s->op, "dataset_width", name, tl_error_code(s->c));
  if (*width == 0 || *width > TL_TRAINER_MOST_TENSORS)
    return tl_trainer_refuse(s->c, TL_INVALID_ARGUMENT, s->op,
                             "an element of %s must have 1 to %d tensors: got %zu; join some of them", name,
                             TL_TRAINER_MOST_TENSORS, *width);
  if (*width < 2 && s->num_metrics)
    return tl_trainer_refuse(
        s->c, TL_INVALID_ARGUMENT, s->op,
        "metrics need labels, the second tensor of each element: got elements of 1 tensor "
        "in %s and %zu metrics; leave the metrics out, or zip labels to the data",
        name, s->num_metrics);
  if (size == 0) return tl_trainer_no_element(s);
  if (size == TL_DATASET_INFINITE_SIZE && must_end)
    return tl_trainer_refuse(
        s->c, TL_INVALID_ARGUMENT, s->op,
        "%s must have an end: got a dataset that repeats for ever; take so many elements "
        "of it%s",
        name, s->compute == tl_trainer_train_step ? ", or give 'steps_per_epoch'" : "");
  return TL_OK;
}

/* ---- around them --------------------------------------------------------------------------------------------------- */

/* Scopes that a callback has left open after a failure end with that of the call. */
int64_t tl_trainer_open_scopes(tl_context *c) {
  tl_context_statistics now = {.struct_size = sizeof now};
  return tl_context_stats(c, &now) == TL_OK ? (int64_t)now.scopes : 0;
}

void tl_trainer_end_scopes(tl_context *c, int64_t outside) {
  for (int64_t i = tl_trainer_open_scopes(c); i > outside; i--)
    if (tl_scope_end(c) != TL_OK) return;
}

static tl_status no_object(const tl_trainer_steps *s, const char *name, const char *kind) {
  return tl_trainer_refuse(s->c, TL_INVALID_ARGUMENT, s->op,
                           "%s must be %s: got NULL; it was never made, or the call that should have made it "
                           "failed",
                           name, kind);
}

/* A checkpoint takes objects of its context alone, and looks at each before it takes it. */
tl_status tl_trainer_check_parts(const tl_trainer_steps *s) {
  tl_context *c = s->c;
  char name[48];
  if (!s->model) return no_object(s, "'model'", "a layer");
  if (s->compute == tl_trainer_train_step && !s->optimizer)
    return no_object(s, "'optimizer'", "an optimizer");
  if (s->num_metrics > SIZE_MAX / 4096 || (s->num_metrics && !s->metrics))
    return tl_trainer_refuse(
        c, TL_INVALID_ARGUMENT, s->op,
        "'metrics' must hold 'num_metrics' metrics: got %s and %zu; give the array, and as "
        "many as it has",
        s->metrics ? "an array" : "NULL", s->num_metrics);
  tl_checkpoint *all = tl_checkpoint_new(c);
  tl_status status = tl_trainer_of(c, s->op, "checkpoint_new", NULL, all ? TL_OK : tl_error_code(c));
  if (status == TL_OK)
    status = tl_trainer_of(c, s->op, "checkpoint_add_layer", "'model'",
                           tl_checkpoint_add_layer(all, "model", s->model));
  if (status == TL_OK && s->optimizer)
    status = tl_trainer_of(c, s->op, "checkpoint_add_optimizer", "'optimizer'",
                           tl_checkpoint_add_optimizer(all, "optimizer", s->optimizer));
  for (size_t i = 0; status == TL_OK && i < s->num_metrics; i++) {
    (void)snprintf(name, sizeof name, "'metrics[%zu]'", i);
    status = s->metrics[i] ? tl_trainer_of(c, s->op, "checkpoint_add_metric", name,
                                           tl_checkpoint_add_metric(all, name, s->metrics[i]))
                           : no_object(s, name, "a metric");
  }
  tl_checkpoint_release(all);
  return status;
}
