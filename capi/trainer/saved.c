/* The memory of a fit: everything that it changes, in one checkpoint. */
#include "capi/trainer/saved.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The numbers of the loop itself. */
enum { INTEGERS = 6, NUMBERS = 5 };
static const char *const integer_names[INTEGERS] = {"fit/epochs",     "fit/steps",  "fit/epoch_steps",
                                                    "fit/best_epoch", "fit/waited", "fit/amid"};
static const char *const number_names[NUMBERS] = {"fit/loss", "fit/validation_loss", "fit/best",
                                                  "fit/loss_sum", "fit/rows"};

static void find_numbers(tl_trainer_saved *s, int64_t *integers[INTEGERS], double *numbers[NUMBERS]) {
  int64_t *const i[INTEGERS] = {&s->now.epochs,     &s->now.steps,  &s->now.epoch_steps,
                                &s->now.best_epoch, &s->now.waited, &s->amid};
  double *const n[NUMBERS] = {&s->now.loss, &s->now.validation_loss, &s->now.best, &s->losses.sum,
                              &s->losses.rows};
  memcpy(integers, i, sizeof i);
  memcpy(numbers, n, sizeof n);
}

static tl_status saving_said(const tl_trainer_saved *s, const char *call, tl_status status) {
  return tl_trainer_of(s->c, "fit", call, NULL, status);
}

static tl_status write_numbers(tl_trainer_saved *s) {
  int64_t *integers[INTEGERS];
  double *numbers[NUMBERS];
  tl_status status = TL_OK;
  find_numbers(s, integers, numbers);
  for (size_t i = 0; status == TL_OK && i < INTEGERS; i++)
    status = saving_said(s, "checkpoint_set_int64",
                         tl_checkpoint_set_int64(s->checkpoint, integer_names[i], *integers[i]));
  for (size_t i = 0; status == TL_OK && i < NUMBERS; i++)
    status = saving_said(s, "checkpoint_set_double",
                         tl_checkpoint_set_double(s->checkpoint, number_names[i], *numbers[i]));
  return status;
}

static tl_status read_numbers(tl_trainer_saved *s) {
  int64_t *integers[INTEGERS];
  double *numbers[NUMBERS];
  tl_status status = TL_OK;
  find_numbers(s, integers, numbers);
  for (size_t i = 0; status == TL_OK && i < INTEGERS; i++)
    status = saving_said(s, "checkpoint_get_int64",
                         tl_checkpoint_get_int64(s->checkpoint, integer_names[i], integers[i]));
  for (size_t i = 0; status == TL_OK && i < NUMBERS; i++)
    status = saving_said(s, "checkpoint_get_double",
                         tl_checkpoint_get_double(s->checkpoint, number_names[i], numbers[i]));
  return status;
}

/* A second set of variables for the best values, which are saved, too. */
static tl_status make_best(tl_trainer_saved *s, const tl_trainer_steps *step) {
  size_t count;
  tl_tensor *const *variables = tl_layer_variables(step->model, &count);
  s->variables = malloc((2 * count + 1) * sizeof(tl_tensor *));
  if (!s->variables)
    return tl_trainer_refuse(s->c, TL_OUT_OF_MEMORY, "fit",
                             "the system has no memory left: got none for the list of %zu variables; release "
                             "what is no longer needed",
                             count);
  s->best = s->variables + count;
  s->num_variables = count;
  for (size_t i = 0; i < count; i++) {
    char name[32];
    snprintf(name, sizeof name, "best/%zu", i);
    s->variables[i] = variables[i];
    s->best[i] = tl_variable_new(s->c, variables[i], name, false);
    if (!s->best[i]) return saving_said(s, "variable_new", tl_error_code(s->c));
    const tl_status status = saving_said(s, "checkpoint_add_variable",
                                         tl_checkpoint_add_variable(s->checkpoint, name, s->best[i]));
    if (status != TL_OK) return status;
  }
  return TL_OK;
}

/* It touches nothing yet. */
static tl_status make_manager(tl_trainer_saved *s, const tl_fit_options *o) {
  tl_checkpoint_manager_options keep;
  tl_checkpoint_manager_options_init(&keep, sizeof keep);
  keep.max_to_keep = o->max_to_keep;
  keep.keep_every = o->keep_every;
  keep.asynchronous = o->asynchronous;
  if (o->keep_best) keep.best = o->maximize ? TL_CHECKPOINT_BEST_MAX : TL_CHECKPOINT_BEST_MIN;
  s->manager = tl_checkpoint_manager_new(s->c, s->checkpoint, o->checkpoints, &keep);
  return s->manager ? TL_OK : saving_said(s, "checkpoint_manager_new", tl_error_code(s->c));
}

tl_status tl_trainer_gather(tl_trainer_saved *s, tl_context *c, const tl_trainer_steps *step,
                            tl_dataset *train, const tl_fit_options *o) {
  s->c = c;
  s->last = -1;
  s->checkpoint = tl_checkpoint_new(c);
  if (!s->checkpoint) return saving_said(s, "checkpoint_new", tl_error_code(c));
  tl_status status =
      saving_said(s, "checkpoint_add_layer", tl_checkpoint_add_layer(s->checkpoint, "model", step->model));
  if (status == TL_OK)
    status = saving_said(s, "checkpoint_add_optimizer",
                         tl_checkpoint_add_optimizer(s->checkpoint, "optimizer", step->optimizer));
  if (status == TL_OK)
    status = tl_trainer_of(c, "fit", "checkpoint_add_dataset", "'train'",
                           tl_checkpoint_add_dataset(s->checkpoint, "train", train));
  if (status == TL_OK)
    status = saving_said(s, "checkpoint_add_random", tl_checkpoint_add_random(s->checkpoint, "random"));
  for (size_t i = 0; status == TL_OK && i < step->num_metrics; i++) {
    char name[32];
    snprintf(name, sizeof name, "metrics/%zu", i);
    status = saving_said(s, "checkpoint_add_metric",
                         tl_checkpoint_add_metric(s->checkpoint, name, step->metrics[i]));
  }
  if (status == TL_OK && o->restore_best) status = make_best(s, step);
  if (status == TL_OK && o->checkpoints) status = make_manager(s, o);
  return status == TL_OK ? write_numbers(s) : status;
}

tl_status tl_trainer_go_on(tl_trainer_saved *s) {
  if (!s->manager) return TL_OK;
  tl_status status = saving_said(s, "checkpoint_manager_take", tl_checkpoint_manager_take(s->manager));
  if (status == TL_OK)
    status = tl_trainer_of(s->c, "fit", "checkpoint_manager_restore_latest", "the newest checkpoint",
                           tl_checkpoint_manager_restore_latest(s->manager, &s->last));
  return status == TL_OK && s->last >= 0 ? read_numbers(s) : status;
}

tl_status tl_trainer_save(tl_trainer_saved *s, double metric) {
  if (!s->manager || s->last == s->now.steps) return TL_OK;
  tl_status status = write_numbers(s);
  if (status == TL_OK)
    status = saving_said(s, "checkpoint_manager_save",
                         tl_checkpoint_manager_save(s->manager, s->now.steps, metric));
  if (status == TL_OK) s->last = s->now.steps;
  return status;
}

static tl_status assign_all(tl_trainer_saved *s, tl_tensor *const *to, tl_tensor *const *from) {
  tl_status status = TL_OK;
  for (size_t i = 0; status == TL_OK && i < s->num_variables; i++)
    status = saving_said(s, "variable_assign", tl_variable_assign(to[i], from[i]));
  return status;
}

/* Values share their memory until one of them changes: nothing is copied here. */
tl_status tl_trainer_keep_best(tl_trainer_saved *s) {
  return s->best ? assign_all(s, s->best, s->variables) : TL_OK;
}

tl_status tl_trainer_finish(tl_trainer_saved *s, bool restore_best) {
  const tl_status status =
      s->manager ? saving_said(s, "checkpoint_manager_wait", tl_checkpoint_manager_wait(s->manager)) : TL_OK;
  if (status != TL_OK || !restore_best || !s->best || s->now.best_epoch == 0) return status;
  return assign_all(s, s->variables, s->best);
}

void tl_trainer_forget(tl_trainer_saved *s) { free(s->variables); }
