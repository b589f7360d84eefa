/* tl_fit(): epochs, validation, early stopping, and checkpoints to go on from. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tapeloop/trainer.h>

#include "capi/trainer/options.h"
#include "capi/trainer/saved.h"
#include "capi/trainer/steps.h"

enum { MOST_SHOWN = 64 /* by a progress bar */ };

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

static tl_status fit_said(const fit *f, const char *call, tl_status status) {
  return tl_trainer_of(f->c, "fit", call, NULL, status);
}

typedef struct {
  const fit *f;
  tl_fit_event event;
  tl_fit_state now;
} news;

static tl_status call_listener(tl_context *c, void *of) {
  static const char *const names[] = {"", "PREPARE", "EPOCH_BEGIN", "STEP", "EPOCH_END", "END"};
  const news *n = of;
  const tl_status status = n->f->callback(c, n->f->user_data, n->event, &n->now);
  if (status == TL_OK || tl_failed(c)) return status;
  return tl_trainer_refuse(c, status, "fit",
                           "the callback must set the error that it returns: got status %d (%s) and no error "
                           "at TL_FIT_EVENT_%s; call tl_set_error() before",
                           (int)status, tl_status_name(status), names[n->event]);
}

/* The callback can end nothing that the fit stands on: neither scopes nor the context. */
static tl_status tell(fit *f, tl_fit_event event) {
  news n = {f, event, f->saved.now};
  if (!f->callback) return TL_OK;
  n.now.num_metrics = f->o.num_metrics;
  n.now.metrics = f->values + 1;
  n.now.validation_metrics = f->o.validation ? f->values + f->num_values + 1 : NULL;
  n.now.checkpoint = f->saved.checkpoint;
  const tl_status status = tl_call_guarded(f->c, "callback", call_listener, &n, NULL);
  return fit_said(f, "call_guarded", status == TL_OK ? tl_error_code(f->c) : status);
}

/* ---- before the first step ---------------------------------------------------------------------------------------- */

static tl_status no_memory(tl_context *c) {
  return tl_trainer_refuse(c, TL_OUT_OF_MEMORY, "fit",
                           "the system has no memory left: got none for the names and numbers of the fit; "
                           "release what is no longer needed");
}

/* Numbers are logged, shown and monitored by name: none may stand for two. */
static tl_status check_names(fit *f) {
  for (size_t i = 0; i < f->num_values; i++)
    for (size_t k = 0; k < i; k++)
      if (strcmp(f->tags[i], f->tags[k]) == 0)
        return tl_trainer_refuse(
            f->c, TL_INVALID_ARGUMENT, "fit",
            "each metric must have a name of its own, other than 'loss': got '%.100s' twice; rename one",
            f->tags[i] + strlen("train/"));
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
  /* The name of the metric is in the message. */
  const tl_status status = fit_said(f, "metric_result", tl_error_code(f->c));
  return status == TL_OK ? check_names(f) : status;
}

static tl_status find_monitored(fit *f) {
  const size_t count = f->o.validation ? 2 * f->num_values : f->num_values;
  f->monitored = f->o.validation ? f->num_values : 0;
  if (!f->o.monitor) return TL_OK;
  for (f->monitored = 0; f->monitored < count; f->monitored++)
    if (strcmp(f->tags[f->monitored], f->o.monitor) == 0) return TL_OK;
  char there[400];
  int at = 0;
  for (size_t i = 0; i < count && at < (int)sizeof there; i++)
    at += snprintf(there + at, sizeof there - (size_t)at, "%s%s", i ? ", " : "", f->tags[i]);
  const bool of_validation = strncmp(f->o.monitor, "validation/", strlen("validation/")) == 0;
  return tl_trainer_refuse(f->c, TL_INVALID_ARGUMENT, "fit",
                           "'monitor' must be one of the numbers of this fit: got '%.100s'; there are %s%s",
                           f->o.monitor, there,
                           of_validation && !f->o.validation ? ", and none of a validation, which the option "
                                                               "'validation' asks for"
                                                             : "");
}

/* Builds the model for the shape of a first element, which train itself does not give up. */
static tl_status build_model(fit *f) {
  tl_tensor *batch[TL_TRAINER_MOST_TENSORS];
  int64_t dims[TL_MAX_RANK];
  size_t count;
  bool more = false;
  (void)tl_layer_trainable_variables(f->step.model, &count);
  if (count || tl_failed(f->c)) return fit_said(f, "layer_trainable_variables", tl_error_code(f->c));
  tl_dataset *first = tl_dataset_take(f->c, f->train, 1);
  tl_status status =
      tl_trainer_of(f->c, "fit", "dataset_take", "'train'", first ? TL_OK : tl_error_code(f->c));
  if (status == TL_OK) status = tl_trainer_next(&f->step, first, batch, f->width, &more);
  if (status == TL_OK && more) status = tl_tensor_shape(batch[0], dims, TL_MAX_RANK);
  if (status == TL_OK && more)
    status = fit_said(f, "layer_build", tl_layer_build(f->step.model, dims, tl_tensor_rank(batch[0])));
  tl_dataset_release(first);
  return status;
}

/* The weights, looked up once, and a place for their gradients. */
static tl_status find_weights(fit *f) {
  size_t count;
  tl_tensor *const *weights = tl_layer_trainable_variables(f->step.model, &count);
  if (tl_failed(f->c)) return fit_said(f, "layer_trainable_variables", tl_error_code(f->c));
  if (count == 0)
    return tl_trainer_refuse(f->c, TL_INVALID_ARGUMENT, "fit",
                             "the model must have trainable variables, and 'train' an element to build them "
                             "for: got none; build the model before, or thaw it");
  f->step.weights = malloc(2 * count * sizeof(tl_tensor *));
  if (!f->step.weights) return no_memory(f->c);
  memcpy(f->step.weights, weights, count * sizeof(tl_tensor *));
  f->step.gradients = f->step.weights + count;
  f->step.num_weights = count;
  return fit_said(f, "optimizer_build", tl_optimizer_build(f->step.optimizer, weights, count));
}

/* What is told of each epoch: it would be late to hear only then that it is of another kind, or of no use. */
static tl_status check_listeners(fit *f) {
  tl_status status = TL_OK;
  if (f->o.num_loggers && !f->o.loggers)
    return tl_trainer_refuse(f->c, TL_INVALID_ARGUMENT, "fit",
                             "'loggers' must hold 'num_loggers' loggers: got NULL and %zu; give the array",
                             f->o.num_loggers);
  for (size_t i = 0; status == TL_OK && i < f->o.num_loggers; i++) {
    char name[48];
    (void)snprintf(name, sizeof name, "'loggers[%zu]'", i);
    if (!f->o.loggers[i])
      return tl_trainer_refuse(f->c, TL_INVALID_ARGUMENT, "fit",
                               "'loggers' must hold 'num_loggers' loggers: got NULL as %s; was it made?",
                               name);
    status = tl_trainer_of(f->c, "fit", "logger_flush", name, tl_logger_flush(f->o.loggers[i]));
  }
  if (status == TL_OK && f->o.progress) {
    const size_t shown = (f->o.validation ? 2 : 1) * (1 + f->o.num_metrics);
    (void)tl_progress_due(f->o.progress);
    status = tl_trainer_of(f->c, "fit", "progress_due", "'progress'", tl_error_code(f->c));
    if (status == TL_OK && shown > MOST_SHOWN)
      status =
          tl_trainer_refuse(f->c, TL_INVALID_ARGUMENT, "fit",
                            "'progress' shows at most %d numbers: got %zu, the loss and the metrics%s; leave "
                            "some of the metrics out, or the bar",
                            MOST_SHOWN, shown, f->o.validation ? " of training and of validation" : "");
  }
  if (status == TL_OK && f->o.plateau)
    status = tl_trainer_of(f->c, "fit", "optimizer_check_plateau", "'plateau'",
                           tl_optimizer_check_plateau(f->step.optimizer, f->o.plateau, f->o.maximize));
  return status;
}

static tl_status check_data(fit *f) {
  const tl_status status = tl_trainer_look_at_data(&f->step, f->train, f->o.steps_per_epoch == 0, &f->width);
  if (status != TL_OK || !f->o.validation) return status;
  if (f->o.validation == f->train)
    return tl_trainer_refuse(f->c, TL_INVALID_ARGUMENT, "fit",
                             "'validation' must be another dataset than 'train', whose place it would "
                             "change: got the same; tl_dataset_take() makes a second of the same source");
  return tl_trainer_look_at_data(&f->check, f->o.validation, true, &f->validation_width);
}

static tl_status prepare(fit *f) {
  tl_status status = TL_OK;
  if (!f->step.loss)
    status = tl_trainer_refuse(f->c, TL_INVALID_ARGUMENT, "fit",
                               "'loss' must be a function: got NULL; pass the callback that computes the "
                               "loss of a batch");
  if (status == TL_OK) status = tl_trainer_check_parts(&f->step);
  if (status == TL_OK) status = check_data(f);
  if (status == TL_OK) status = check_listeners(f);
  if (status == TL_OK) status = name_values(f);
  if (status == TL_OK) status = find_monitored(f);
  if (status == TL_OK) status = build_model(f);
  if (status == TL_OK) status = find_weights(f);
  if (status == TL_OK) status = tl_trainer_gather(&f->saved, f->c, &f->step, f->train, &f->o);
  if (status == TL_OK) status = tell(f, TL_FIT_EVENT_PREPARE);
  if (status == TL_OK) status = tl_trainer_go_on(&f->saved);
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
      status = fit_said(f, "metric_reset", tl_metric_reset(f->o.metrics[i]));
    f->saved.losses = (tl_trainer_mean){0, 0};
    now->epoch_steps = 0;
    now->loss = NAN;
    f->saved.amid = 1;
  }
  if (status == TL_OK && f->o.progress) {
    char label[64];
    const int64_t size = f->o.steps_per_epoch ? f->o.steps_per_epoch : tl_dataset_size(f->train);
    snprintf(label, sizeof label, "epoch %lld/%lld", (long long)now->epochs + 1, (long long)f->o.epochs);
    status = fit_said(f, "progress_start", tl_progress_start(f->o.progress, size > 0 ? size : 0, label));
  }
  return status == TL_OK ? tell(f, TL_FIT_EVENT_EPOCH_BEGIN) : status;
}

static tl_status say(fit *f, const char *name, double value) {
  return fit_said(f, "progress_value", tl_progress_value(f->o.progress, name, value));
}

/* The numbers of training as they are now, beside the bar. */
static tl_status show(fit *f) {
  tl_status status = say(f, "loss", f->saved.now.loss);
  for (size_t i = 0; status == TL_OK && i < f->o.num_metrics; i++) {
    const double result = tl_metric_result(f->o.metrics[i]);
    status = fit_said(f, "metric_result", tl_error_code(f->c));
    if (status == TL_OK) status = say(f, tl_metric_name(f->o.metrics[i]), result);
  }
  if (status != TL_OK) return status;
  return fit_said(f, "progress_set_waited",
                  tl_progress_set_waited(f->o.progress, tl_dataset_waited(f->train)));
}

/* The next batch; *over where the epoch has none. Where the dataset has come to the end of its own epoch, that of the fit is over,
 * unless it counts its steps, or has none yet: the dataset may have stood at its end. */
static tl_status next_batch(fit *f, tl_tensor **batch, bool *over) {
  const int64_t done = f->saved.now.epoch_steps, limit = f->o.steps_per_epoch;
  bool more = false;
  *over = limit && done >= limit;
  if (*over) return TL_OK;
  tl_status status = tl_trainer_next(&f->step, f->train, batch, f->width, &more);
  if (status != TL_OK || more) return status;
  *over = !limit && done > 0;
  if (*over) return TL_OK;
  status = tl_trainer_next(&f->step, f->train, batch, f->width, &more);
  return status != TL_OK || more ? status : tl_trainer_no_element(&f->step);
}

static tl_status meet_non_finite(fit *f, double loss) {
  if (f->o.non_finite == TL_FIT_NON_FINITE_IGNORE) return TL_OK;
  f->saved.now.end = TL_FIT_END_NON_FINITE;
  if (f->o.non_finite == TL_FIT_NON_FINITE_STOP) return TL_OK;
  return tl_trainer_refuse(
      f->c, TL_NON_FINITE, "fit",
      "the loss must be finite: got %g in step %lld, epoch %lld; tl_context_set_non_finite_check() finds the "
      "op, and a smaller learning rate or clipping may help",
      loss, (long long)f->saved.now.steps, (long long)f->saved.now.epochs + 1);
}

/* The loss of a step. One that fails for a value that is not finite, of which batch normalisation makes no average, say, has done
 * nothing: the options that let a fit go on behind a loss that is not finite let it go on behind that, too. */
static tl_status run_step(fit *f, tl_tensor *const *batch, double *loss) {
  char place[64];
  const tl_fit_state *now = &f->saved.now;
  const tl_status status = tl_trainer_run_step(&f->step, batch, f->width, loss);
  if (status == TL_OK) return TL_OK;
  if (status == TL_NON_FINITE && f->o.non_finite != TL_FIT_NON_FINITE_ERROR)
    return tl_forget_error(f->c, TL_NON_FINITE);
  (void)snprintf(place, sizeof place, "step %lld, epoch %lld", (long long)now->steps + 1,
                 (long long)now->epochs + 1);
  return tl_trainer_at(f->c, "fit", place, status);
}

/* What follows a step; the loop calls nothing here that nobody asked for. */
static tl_status follow_step(fit *f) {
  const tl_fit_state *now = &f->saved.now;
  tl_status status = TL_OK;
  if (f->o.progress) {
    if (tl_progress_due(f->o.progress)) status = show(f);
    if (status == TL_OK)
      status = fit_said(f, "progress_update", tl_progress_update(f->o.progress, now->epoch_steps));
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
    const double rows = tl_trainer_rows(batch);
    status = run_step(f, batch, &loss);
    if (status != TL_OK) return status;
    tl_trainer_count(&f->saved.losses, rows, loss);
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
    status = fit_said(f, "logger_scalar", tl_logger_scalar(log, epoch, f->tags[i], f->values[i]));
  if (status == TL_OK)
    status = fit_said(f, "logger_scalar", tl_logger_scalar(log, epoch, "learning_rate", rate));
  return status == TL_OK ? fit_said(f, "logger_flush", tl_logger_flush(log)) : status;
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
  status = fit_said(f, "metric_result", tl_error_code(f->c));
  if (status == TL_OK && f->o.progress) status = show(f);
  if (status == TL_OK && f->o.validation)
    status = tl_trainer_evaluate(&f->check, f->o.validation, f->validation_width, f->values + f->num_values);
  if (status != TL_OK) return status;
  now->validation_loss = f->values[f->num_values];
  now->epochs++;
  f->saved.amid = 0;
  status = judge(f, f->values[f->monitored]);
  if (status == TL_OK && f->o.plateau)
    status = tl_trainer_of(f->c, "fit", "schedule_report", "'plateau'",
                           tl_schedule_report(f->o.plateau, f->values[f->monitored], NULL));
  if (f->o.progress)
    for (size_t i = f->num_values; status == TL_OK && f->o.validation && i < 2 * f->num_values; i++)
      status = say(f, f->tags[i], f->values[i]);
  if (status == TL_OK && f->o.progress)
    status = fit_said(f, "progress_finish", tl_progress_finish(f->o.progress));
  const double rate = status == TL_OK && f->o.num_loggers ? tl_optimizer_learning_rate(f->step.optimizer) : 0;
  if (status == TL_OK) status = fit_said(f, "optimizer_learning_rate", tl_error_code(f->c));
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
  if (status == TL_OK && f->o.progress)
    status = fit_said(f, "progress_finish", tl_progress_finish(f->o.progress));
  if (status == TL_OK) status = tl_trainer_finish(&f->saved, now->end != TL_FIT_END_STOPPED);
  return status == TL_OK ? tell(f, TL_FIT_EVENT_END) : status;
}

static bool has_room(const tl_fit_state *state) {
  return state && state->struct_size >= sizeof(size_t) && state->struct_size <= TL_TRAINER_LARGEST_STRUCT;
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
                               "'struct_size' of the state must be that of the struct: got %zu; set it to "
                               "sizeof(tl_fit_state)",
                               state->struct_size);
  if (status == TL_OK) status = tl_trainer_copy_options(context, options, &f.o);
  if (status == TL_OK) status = tl_scope_begin(context);
  if (status == TL_OK) {
    f.step = (tl_trainer_steps){.op = "fit",
                                .data = "train",
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
    f.check.data = "validation";
    status = run(&f);
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
