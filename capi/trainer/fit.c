/* tl_fit(): epochs, validation, early stopping, and checkpoints to go on from. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tapeloop/trainer.h>

#include "capi/trainer/saved.h"
#include "capi/trainer/steps.h"

enum { LARGEST_STRUCT = 4096 };

void tl_fit_options_init(tl_fit_options *options, size_t struct_size) {
  if (!options || struct_size < sizeof struct_size) return;
  const size_t kept = struct_size > LARGEST_STRUCT ? 0 : struct_size;
  if (kept) memset(options, 0, kept);
  options->struct_size = kept;
}

/* Options of an older program are shorter; what a newer one has behind those that are known here must be zero. */
static tl_status copy_options(tl_context *c, const tl_fit_options *from, tl_fit_options *to) {
  tl_fit_options_init(to, sizeof *to);
  if (from) {
    const size_t size = from->struct_size;
    if (size < sizeof size || size > LARGEST_STRUCT)
      return tl_trainer_refuse(c, TL_INVALID_ARGUMENT, "fit",
                               "'struct_size' of the options must be that of the struct: got another; fill "
                               "it with tl_fit_options_init() first");
    for (size_t i = sizeof *to; i < size; i++)
      if (((const char *)from)[i])
        return tl_trainer_refuse(c, TL_UNSUPPORTED, "fit",
                                 "the options must not use what this version of the library does not know: "
                                 "load a newer one");
    memcpy(to, from, size < sizeof *to ? size : sizeof *to);
    to->struct_size = sizeof *to;
  }
  if (to->epochs == 0) to->epochs = 1;
  if (to->epochs < 0 || to->steps_per_epoch < 0 || to->patience < 0 || to->checkpoint_steps < 0)
    return tl_trainer_refuse(c, TL_INVALID_ARGUMENT, "fit",
                             "'epochs', 'steps_per_epoch', 'patience' and 'checkpoint_steps' must not be "
                             "negative: got one that is; 0 stands for the default");
  if (!(to->min_delta >= 0) || isinf(to->min_delta))
    return tl_trainer_refuse(c, TL_INVALID_ARGUMENT, "fit",
                             "'min_delta' must be finite and not negative: got another; 0 is the default");
  if (to->non_finite < TL_FIT_NON_FINITE_ERROR || to->non_finite > TL_FIT_NON_FINITE_IGNORE)
    return tl_trainer_refuse(c, TL_INVALID_ARGUMENT, "fit",
                             "'non_finite' must be one of tl_fit_non_finite: got another number");
  return TL_OK;
}

/* A fit that is going on. */
typedef struct {
  tl_context *c;
  tl_dataset *train;
  size_t width, validation_width; /* tensors of a batch */
  tl_fit_options o;
  tl_trainer_steps step, check;
  tl_trainer_saved saved;
  tl_fit_callback callback;
  void *user_data;
  size_t num_values; /* of training: the loss and the metrics */
  double *values;    /* these, then those of validation */
  char **tags;       /* their names, in the same order */
  size_t monitored;  /* which of them is to improve */
} fit;

static tl_status tell(fit *f, tl_fit_event event) {
  if (!f->callback) return TL_OK;
  tl_fit_state now = f->saved.now;
  now.num_metrics = f->o.num_metrics;
  now.metrics = f->values + 1;
  now.validation_metrics = f->o.validation ? f->values + f->num_values + 1 : NULL;
  now.checkpoint = f->saved.checkpoint;
  const tl_status status = f->callback(f->c, f->user_data, event, &now);
  if (tl_failed(f->c)) return tl_error_code(f->c);
  return status == TL_OK ? TL_OK
                         : tl_trainer_refuse(f->c, status, "fit",
                                             "the callback must set the error that it returns: got a status "
                                             "and no error; call tl_set_error()");
}

/* ---- before the first step ---------------------------------------------------------------------------------------- */

static tl_status no_memory(tl_context *c) {
  return tl_trainer_refuse(c, TL_OUT_OF_MEMORY, "fit", "the system has no memory left");
}

/* Numbers are logged, shown and monitored by name: none may stand for two. */
static tl_status check_names(fit *f) {
  for (size_t i = 0; i < f->num_values; i++)
    for (size_t k = 0; k < i; k++)
      if (strcmp(f->tags[i], f->tags[k]) == 0) {
        char message[300];
        snprintf(message, sizeof message,
                 "each metric must have a name of its own, other than 'loss': got '%.100s' twice; rename one",
                 f->tags[i] + strlen("train/"));
        return tl_trainer_refuse(f->c, TL_INVALID_ARGUMENT, "fit", message);
      }
  return TL_OK;
}

/* "train/loss", "train/<metric>", ..., "validation/loss", ...: what is logged, and what can be monitored. */
static tl_status name_values(fit *f) {
  const size_t count = 2 * (f->num_values = 1 + f->o.num_metrics);
  f->values = malloc(count * sizeof *f->values);
  f->tags = calloc(count, sizeof *f->tags);
  if (!f->values || !f->tags) return no_memory(f->c);
  for (size_t i = 0; i < count; i++) {
    const size_t of = i % f->num_values;
    const char *name = of ? tl_metric_name(f->o.metrics[of - 1]) : "loss";
    if (of)
      (void)tl_metric_result(
          f->o.metrics[of - 1]); /* one of several results is refused before a step is done */
    const char *part = i < f->num_values ? "train" : "validation";
    const size_t room = strlen(part) + strlen(name) + 2;
    f->values[i] = NAN;
    f->tags[i] = malloc(room);
    if (!f->tags[i]) return no_memory(f->c);
    snprintf(f->tags[i], room, "%s/%s", part, name);
  }
  return tl_failed(f->c) ? tl_error_code(f->c) : check_names(f);
}

static tl_status find_monitored(fit *f) {
  const size_t count = f->o.validation ? 2 * f->num_values : f->num_values;
  f->monitored = f->o.validation ? f->num_values : 0;
  if (!f->o.monitor) return TL_OK;
  for (f->monitored = 0; f->monitored < count; f->monitored++)
    if (strcmp(f->tags[f->monitored], f->o.monitor) == 0) return TL_OK;
  char message[400];
  int at =
      snprintf(message, sizeof message,
               "'monitor' must be one of the numbers of this fit: got '%.100s'; there are ", f->o.monitor);
  for (size_t i = 0; i < count && at < (int)sizeof message; i++)
    at += snprintf(message + at, sizeof message - (size_t)at, "%s%s", i ? ", " : "", f->tags[i]);
  return tl_trainer_refuse(f->c, TL_INVALID_ARGUMENT, "fit", message);
}

/* Builds the model for the shape of a first element, which train itself does not give up. */
static tl_status build_model(fit *f) {
  tl_tensor *batch[TL_TRAINER_MOST_TENSORS];
  int64_t dims[TL_MAX_RANK];
  size_t count;
  (void)tl_layer_trainable_variables(f->step.model, &count);
  if (count || tl_failed(f->c)) return tl_error_code(f->c);
  tl_dataset *first = tl_dataset_take(f->c, f->train, 1);
  if (tl_dataset_next(first, batch, f->width) && tl_tensor_shape(batch[0], dims, TL_MAX_RANK) == TL_OK &&
      tl_layer_build(f->step.model, dims, tl_tensor_rank(batch[0])) != TL_OK)
    return tl_error_code(f->c);
  tl_dataset_release(first);
  return tl_error_code(f->c);
}

/* The weights, looked up once, and a place for their gradients. */
static tl_status find_weights(fit *f) {
  size_t count;
  tl_tensor *const *weights = tl_layer_trainable_variables(f->step.model, &count);
  if (tl_failed(f->c)) return tl_error_code(f->c);
  if (count == 0)
    return tl_trainer_refuse(f->c, TL_INVALID_ARGUMENT, "fit",
                             "the model must have trainable variables, and 'train' an element to build them "
                             "for: got none; build the model before, or thaw it");
  f->step.weights = malloc(2 * count * sizeof(tl_tensor *));
  if (!f->step.weights) return no_memory(f->c);
  memcpy(f->step.weights, weights, count * sizeof(tl_tensor *));
  f->step.gradients = f->step.weights + count;
  f->step.num_weights = count;
  return tl_optimizer_build(f->step.optimizer, weights, count);
}

static tl_status prepare(fit *f) {
  tl_status status = tl_trainer_check_parts(&f->step);
  for (size_t i = 0; status == TL_OK && i < f->o.num_loggers; i++)
    if (!f->o.loggers || !f->o.loggers[i])
      status = tl_trainer_refuse(f->c, TL_INVALID_ARGUMENT, "fit",
                                 "'loggers' must hold 'num_loggers' loggers: got NULL");
  if (status == TL_OK && !f->step.optimizer)
    status =
        tl_trainer_refuse(f->c, TL_INVALID_ARGUMENT, "fit", "'optimizer' must be an optimizer: got NULL");
  if (status == TL_OK)
    status = tl_trainer_look_at_data(&f->step, f->train, f->o.steps_per_epoch == 0, &f->width);
  if (status == TL_OK && f->o.validation == f->train)
    status = tl_trainer_refuse(f->c, TL_INVALID_ARGUMENT, "fit",
                               "'validation' must be another dataset than 'train', whose place it would "
                               "change: got the same; tl_dataset_take() makes a second of the same source");
  if (status == TL_OK && f->o.validation)
    status = tl_trainer_look_at_data(&f->check, f->o.validation, true, &f->validation_width);
  if (status == TL_OK) status = name_values(f);
  if (status == TL_OK) status = find_monitored(f);
  if (status == TL_OK) status = build_model(f);
  if (status == TL_OK) status = find_weights(f);
  if (status == TL_OK) status = tl_trainer_gather(&f->saved, f->c, &f->step, f->train, &f->o);
  if (status == TL_OK) status = tell(f, TL_FIT_EVENT_PREPARE);
  if (status == TL_OK) status = tl_trainer_go_on(&f->saved, &f->o);
  if (status == TL_OK && !f->o.eager) status = tl_trainer_compile(&f->step, "fit");
  if (status == TL_OK && !f->o.eager && f->o.validation) status = tl_trainer_compile(&f->check, "validate");
  return status;
}

/* ---- an epoch ------------------------------------------------------------------------------------------------------ */

static bool asked_to_stop(const fit *f) {
  return f->o.stop && __atomic_load_n(f->o.stop, __ATOMIC_RELAXED) != 0;
}

static tl_status begin_epoch(fit *f) {
  tl_fit_state *now = &f->saved.now;
  tl_status status = TL_OK;
  if (!f->saved.amid) {
    for (size_t i = 0; status == TL_OK && i < f->o.num_metrics; i++)
      status = tl_metric_reset(f->o.metrics[i]);
    f->saved.losses = (tl_trainer_mean){0, 0};
    now->epoch_steps = 0;
    now->loss = NAN;
    f->saved.amid = 1;
  }
  if (status == TL_OK && f->o.progress) {
    char label[64];
    const int64_t size = f->o.steps_per_epoch ? f->o.steps_per_epoch : tl_dataset_size(f->train);
    snprintf(label, sizeof label, "epoch %lld/%lld", (long long)now->epochs + 1, (long long)f->o.epochs);
    status = tl_progress_start(f->o.progress, size > 0 ? size : 0, label);
  }
  return status == TL_OK ? tell(f, TL_FIT_EVENT_EPOCH_BEGIN) : status;
}

/* The numbers of training as they are now, beside the bar. */
static tl_status show(fit *f) {
  tl_status status = tl_progress_value(f->o.progress, "loss", f->saved.now.loss);
  for (size_t i = 0; status == TL_OK && i < f->o.num_metrics; i++)
    status =
        tl_progress_value(f->o.progress, tl_metric_name(f->o.metrics[i]), tl_metric_result(f->o.metrics[i]));
  return status == TL_OK ? tl_progress_set_waited(f->o.progress, tl_dataset_waited(f->train)) : status;
}

/* The next batch; *over where the epoch has none. Where the dataset has come to the end of its own epoch, that of the fit is over,
 * unless it counts its steps, or has none yet: the dataset may have stood at its end. */
static tl_status next_batch(fit *f, tl_tensor **batch, bool *over) {
  const int64_t done = f->saved.now.epoch_steps, limit = f->o.steps_per_epoch;
  *over = limit && done >= limit;
  if (*over || tl_dataset_next(f->train, batch, f->width)) return TL_OK;
  if (tl_failed(f->c)) return tl_error_code(f->c);
  *over = !limit && done > 0;
  if (*over || tl_dataset_next(f->train, batch, f->width)) return TL_OK;
  if (tl_failed(f->c)) return tl_error_code(f->c);
  return tl_trainer_refuse(f->c, TL_INVALID_ARGUMENT, "fit", "'train' must have an element: got none");
}

static tl_status meet_non_finite(fit *f, double loss) {
  char message[200];
  if (f->o.non_finite == TL_FIT_NON_FINITE_IGNORE) return TL_OK;
  f->saved.now.end = TL_FIT_END_NON_FINITE;
  if (f->o.non_finite == TL_FIT_NON_FINITE_STOP) return TL_OK;
  snprintf(
      message, sizeof message,
      "the loss must be finite: got %g in step %lld, epoch %lld; tl_context_set_non_finite_check() finds the "
      "op, and a smaller learning rate or clipping may help",
      loss, (long long)f->saved.now.steps, (long long)f->saved.now.epochs + 1);
  return tl_trainer_refuse(f->c, TL_NON_FINITE, "fit", message);
}

/* What follows a step; the loop calls nothing here that nobody asked for. */
static tl_status follow_step(fit *f) {
  const tl_fit_state *now = &f->saved.now;
  tl_status status = TL_OK;
  if (f->o.progress) {
    if (tl_progress_due(f->o.progress)) status = show(f);
    if (status == TL_OK) status = tl_progress_update(f->o.progress, now->epoch_steps);
  }
  if (status == TL_OK && f->o.step_events) status = tell(f, TL_FIT_EVENT_STEP);
  /* Where the epoch is known to be over its end saves, with the validation. */
  if (status == TL_OK && f->o.checkpoint_steps && now->steps % f->o.checkpoint_steps == 0 &&
      now->epoch_steps != (f->o.steps_per_epoch ? f->o.steps_per_epoch : tl_dataset_size(f->train)))
    status = tl_trainer_save(&f->saved, NAN);
  return status;
}

/* The steps up to the end of the epoch, or of the fit. */
static tl_status run_steps(fit *f) {
  tl_tensor *batch[TL_TRAINER_MOST_TENSORS];
  tl_fit_state *now = &f->saved.now;
  double loss;
  bool over = false;
  tl_status status = TL_OK;
  for (;;) {
    if (asked_to_stop(f)) now->end = TL_FIT_END_STOPPED;
    if (now->end != TL_FIT_END_NONE) return TL_OK;
    status = next_batch(f, batch, &over);
    if (status != TL_OK || over) return status;
    status = tl_trainer_run_step(&f->step, batch, f->width, &f->saved.losses, &loss);
    if (status != TL_OK) return status;
    now->steps++;
    now->epoch_steps++;
    now->loss = f->saved.losses.sum / f->saved.losses.rows;
    if (!isfinite(loss)) status = meet_non_finite(f, loss);
    if (status == TL_OK) status = follow_step(f);
    if (status != TL_OK) return status;
  }
}

static tl_status log_epoch(fit *f, tl_logger *log, double rate) {
  const int64_t epoch = f->saved.now.epochs;
  const size_t count = f->o.validation ? 2 * f->num_values : f->num_values;
  tl_status status = TL_OK;
  for (size_t i = 0; status == TL_OK && i < count; i++)
    status = tl_logger_scalar(log, epoch, f->tags[i], f->values[i]);
  if (status == TL_OK) status = tl_logger_scalar(log, epoch, "learning_rate", rate);
  return status == TL_OK ? tl_logger_flush(log) : status;
}

/* An improvement is by more than min_delta; NaN is none. */
static tl_status judge(fit *f, double value) {
  tl_fit_state *now = &f->saved.now;
  const double by = f->o.maximize ? value - now->best : now->best - value;
  now->waited++;
  if (now->best_epoch ? !(by > f->o.min_delta) : isnan(value)) return TL_OK;
  now->best = value;
  now->best_epoch = now->epochs;
  now->waited = 0;
  return tl_trainer_keep_best(&f->saved);
}

/* What comes behind the last step of an epoch. */
static tl_status end_epoch(fit *f) {
  tl_fit_state *now = &f->saved.now;
  tl_status status = TL_OK;
  f->values[0] = now->loss;
  for (size_t i = 1; i < f->num_values; i++) f->values[i] = tl_metric_result(f->o.metrics[i - 1]);
  if (f->o.progress) status = show(f);
  if (status == TL_OK && f->o.validation)
    status = tl_trainer_evaluate(&f->check, f->o.validation, f->validation_width, f->values + f->num_values);
  if (status != TL_OK || tl_failed(f->c)) return tl_error_code(f->c);
  now->validation_loss = f->values[f->num_values];
  now->epochs++;
  f->saved.amid = 0;
  status = judge(f, f->values[f->monitored]);
  if (status == TL_OK && f->o.plateau)
    status = tl_schedule_report(f->o.plateau, f->values[f->monitored], NULL);
  if (f->o.progress)
    for (size_t i = f->num_values; status == TL_OK && f->o.validation && i < 2 * f->num_values; i++)
      status = tl_progress_value(f->o.progress, f->tags[i], f->values[i]);
  if (status == TL_OK && f->o.progress) status = tl_progress_finish(f->o.progress);
  const double rate = f->o.num_loggers ? tl_optimizer_learning_rate(f->step.optimizer) : 0;
  for (size_t i = 0; status == TL_OK && i < f->o.num_loggers; i++)
    status = log_epoch(f, f->o.loggers[i], rate);
  if (status == TL_OK) status = tell(f, TL_FIT_EVENT_EPOCH_END);
  return status == TL_OK ? tl_trainer_save(&f->saved, f->values[f->monitored]) : status;
}

/* ---- the fit ------------------------------------------------------------------------------------------------------- */

static tl_status run(fit *f) {
  tl_fit_state *now = &f->saved.now;
  tl_status status = prepare(f);
  while (status == TL_OK && now->end == TL_FIT_END_NONE) {
    if (now->epochs >= f->o.epochs)
      now->end = TL_FIT_END_EPOCHS;
    else if (f->o.patience && now->waited >= f->o.patience)
      now->end = TL_FIT_END_PATIENCE;
    else if ((status = begin_epoch(f)) == TL_OK && (status = run_steps(f)) == TL_OK &&
             now->end == TL_FIT_END_NONE)
      status = end_epoch(f);
  }
  if (status == TL_OK && now->end == TL_FIT_END_STOPPED) status = tl_trainer_save(&f->saved, NAN);
  if (status == TL_OK && f->o.progress) status = tl_progress_finish(f->o.progress);
  if (status == TL_OK) status = tl_trainer_finish(&f->saved, now->end != TL_FIT_END_STOPPED);
  return status == TL_OK ? tell(f, TL_FIT_EVENT_END) : status;
}

static bool has_room(const tl_fit_state *state) {
  return state && state->struct_size >= sizeof(size_t) && state->struct_size <= LARGEST_STRUCT;
}

tl_status tl_fit(tl_context *context, tl_layer *model, tl_optimizer *optimizer, tl_dataset *train,
                 const tl_fit_options *options, tl_compute_callback loss, tl_fit_callback callback,
                 void *user_data, tl_destroy_callback destroy, tl_fit_state *state) {
  fit f = {.c = context, .train = train, .callback = callback, .user_data = user_data};
  f.saved.now =
      (tl_fit_state){.struct_size = sizeof f.saved.now, .loss = NAN, .validation_loss = NAN, .best = NAN};
  const int64_t outside = tl_trainer_open_scopes(context);
  tl_status status = tl_error_code(context);
  if (status == TL_OK && state && !has_room(state))
    status = tl_trainer_refuse(context, TL_INVALID_ARGUMENT, "fit",
                               "'struct_size' of the state must be that of the struct: got another; set "
                               "it to sizeof(tl_fit_state)");
  if (status == TL_OK) status = copy_options(context, options, &f.o);
  if (status == TL_OK) status = tl_scope_begin(context);
  if (status == TL_OK) {
    f.step = (tl_trainer_steps){.op = "fit",
                                .c = context,
                                .model = model,
                                .loss = loss,
                                .user_data = user_data,
                                .metrics = f.o.metrics,
                                .num_metrics = f.o.num_metrics,
                                .compute = tl_trainer_train_step,
                                .optimizer = optimizer};
    f.check = f.step;
    f.check.compute = tl_trainer_validation_step;
    status = tl_trainer_said(context, "fit", run(&f));
  }
  tl_trainer_end_scopes(context, outside);
  for (size_t i = 0; f.tags && i < 2 * f.num_values; i++) free(f.tags[i]);
  free(f.tags);
  free(f.values);
  free(f.step.weights);
  tl_trainer_forget(&f.saved);
  if (destroy) destroy(user_data);
  if (status != TL_OK) f.saved.now.end = TL_FIT_END_NONE;
  if (has_room(state)) {
    const size_t size = state->struct_size;
    memcpy(state, &f.saved.now, size < sizeof f.saved.now ? size : sizeof f.saved.now);
    state->struct_size = size;
  }
  return status;
}
