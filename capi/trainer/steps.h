/* What fit.c and evaluate.c share: the steps that they run. Public calls only; no function here is exported. */
#ifndef TAPELOOP_CAPI_TRAINER_STEPS_H
#define TAPELOOP_CAPI_TRAINER_STEPS_H

#include <tapeloop/tapeloop.h>

#include "capi/trainer/errors.h"

enum { TL_TRAINER_MOST_TENSORS = 64 /* of a batch */ };

/* A kind of step: compute() of what stands here, compiled where there is a function. */
typedef struct {
  const char *op;   /* the public call, in messages */
  const char *data; /* what that call names the dataset */
  tl_context *c;
  tl_layer *model;
  tl_compute_callback loss;
  void *user_data;
  tl_metric *const *metrics;
  size_t num_metrics;
  tl_compute_callback compute;
  tl_function *compiled;   /* NULL: it runs as it is */
  tl_optimizer *optimizer; /* this and what follows: of training only */
  tl_tensor **weights, **gradients;
  size_t num_weights;
} tl_trainer_steps;

/* A sum of losses, weighted by rows. */
typedef struct {
  double sum, rows;
} tl_trainer_mean;

/* What `compute` may be, with a tl_trainer_steps behind the user data. */
tl_status tl_trainer_train_step(tl_context *c, void *of, tl_tensor *const *batch, size_t width,
                                tl_tensor **outputs, size_t num_outputs);
tl_status tl_trainer_validation_step(tl_context *c, void *of, tl_tensor *const *batch, size_t width,
                                     tl_tensor **outputs, size_t num_outputs);

/* Makes the function, in the innermost scope. */
tl_status tl_trainer_compile(tl_trainer_steps *s, const char *name);

/* One step. *loss is its loss, NaN where it fails. */
tl_status tl_trainer_run_step(const tl_trainer_steps *s, tl_tensor *const *batch, size_t width, double *loss);

/* The rows of a batch, asked before its step: a function of the program's may take the next one in it. Adds the loss of a step. */
double tl_trainer_rows(tl_tensor *const *batch);
void tl_trainer_count(tl_trainer_mean *so_far, double rows, double loss);

/* The next element of the data; *more is false behind the last one. */
tl_status tl_trainer_next(const tl_trainer_steps *s, tl_dataset *data, tl_tensor **batch, size_t width,
                          bool *more);

/* The mean loss over the data to results[0], and behind it what the metrics say of them. */
tl_status tl_trainer_evaluate(const tl_trainer_steps *s, tl_dataset *data, size_t width, double *results);

/* Refuses what no step can be made of: a model, metrics or, where it is to train, an optimizer of another kind or context, or none. */
tl_status tl_trainer_check_parts(const tl_trainer_steps *s);

/* Refuses data that a loop cannot go over, and tells how many tensors a batch has. */
tl_status tl_trainer_look_at_data(const tl_trainer_steps *s, tl_dataset *data, bool must_end, size_t *width);
tl_status tl_trainer_no_element(const tl_trainer_steps *s);

/* How many scopes are open; ends those above so many: also what a callback that failed has left open. */
int64_t tl_trainer_open_scopes(tl_context *c);
void tl_trainer_end_scopes(tl_context *c, int64_t outside);

#endif
