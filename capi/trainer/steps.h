/* What fit.c and evaluate.c share: the steps that they run. Public calls only; no function here is exported. */
#ifndef TAPELOOP_CAPI_TRAINER_STEPS_H
#define TAPELOOP_CAPI_TRAINER_STEPS_H

#include <tapeloop/tapeloop.h>

enum { TL_TRAINER_MOST_TENSORS = 64 /* of a batch */ };

/* A kind of step: compute() of what stands here, compiled where there is a function. */
typedef struct {
  const char *op; /* of the public call, in messages */
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

/* Leaves an error in the context, "[op] message", and returns the code of the one that it holds. */
tl_status tl_trainer_refuse(tl_context *c, tl_status code, const char *op, const char *message);

/* What `compute` may be, with a tl_trainer_steps behind the user data. */
tl_status tl_trainer_train_step(tl_context *c, void *of, tl_tensor *const *batch, size_t width,
                                tl_tensor **outputs, size_t num_outputs);
tl_status tl_trainer_validation_step(tl_context *c, void *of, tl_tensor *const *batch, size_t width,
                                     tl_tensor **outputs, size_t num_outputs);

/* Makes the function, in the innermost scope. */
tl_status tl_trainer_compile(tl_trainer_steps *s, const char *name);

/* One step. *loss is its loss, which so_far has, too. */
tl_status tl_trainer_run_step(const tl_trainer_steps *s, tl_tensor *const *batch, size_t width,
                              tl_trainer_mean *so_far, double *loss);

/* The mean loss over the data to results[0], and behind it what the metrics say of them. */
tl_status tl_trainer_evaluate(const tl_trainer_steps *s, tl_dataset *data, size_t width, double *results);

/* Refuses what no step can be made of. */
tl_status tl_trainer_check_parts(const tl_trainer_steps *s);

/* Refuses data that a loop cannot go over, and tells how many tensors a batch has. */
tl_status tl_trainer_look_at_data(const tl_trainer_steps *s, tl_dataset *data, bool must_end, size_t *width);

/* How many scopes are open; ends those above so many: also what a callback that failed has left open. */
int64_t tl_trainer_open_scopes(tl_context *c);
void tl_trainer_end_scopes(tl_context *c, int64_t outside);

/* A call that has failed leaves its error in the context, also where an object of another context has it. */
tl_status tl_trainer_said(tl_context *c, const char *op, tl_status status);

#endif
