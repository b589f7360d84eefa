/* Curriculum sampling: three sources of digits, mixed with weights that follow from how badly each is known so far.
 *
 *     examples/run curriculum [FOLDER [STEPS]]     writes curriculum-losses.svg and -weights.svg there; default: . 3000
 *
 * The sources are the same digits with more and more noise. The step keeps a mean loss for each; every so often the weights of the
 * mixture become these means, and the pipeline follows from its next element on. */
#include <stdio.h>
#include <stdlib.h>
#include <tapeloop/tapeloop.h>

#include "digits_drawing.h"

enum { SOURCES = 3, BATCH = 50, EVERY = 100 };
static const char *const names[SOURCES] = {"clean", "noisy", "very noisy"};

typedef struct {
  tl_layer *model;
  tl_optimizer *adam;
  tl_metric *means[SOURCES];
} learner;

/* Digits in an order of their own, each with the number of its source. */
static tl_dataset *source(tl_context *c, tl_dataset *digits, int number) {
  tl_dataset *both[] = {tl_dataset_repeat(c, tl_dataset_shuffle(c, digits, (uint64_t)number), -1),
                        tl_dataset_repeat(c, tl_dataset_range(c, number, number + 1, 1), -1)};
  return tl_dataset_zip(c, both, 2);
}

/* inputs: images, labels and the number of each example's source */
static tl_status step(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                      tl_tensor **outputs, size_t num_outputs) {
  learner *l = user_data;
  (void)num_inputs, (void)outputs, (void)num_outputs;
  const int64_t dims[] = {BATCH, DIGIT_SIDE, DIGIT_SIDE};
  tl_tensor *spread = tl_reshape(c, tl_cast(c, inputs[2], TL_F32), (int64_t[]){BATCH, 1, 1}, 3);
  tl_tensor *noise = tl_mul(c, tl_mul_scalar(c, spread, 0.5), tl_normal(c, dims, 3));
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *logits = tl_layer_call(l->model, tl_add(c, inputs[0], noise), true);
  tl_tensor *each = tl_sparse_softmax_cross_entropy(c, tl_cast(c, inputs[1], TL_I32), logits);
  size_t n;
  tl_tensor *const *weights = tl_layer_trainable_variables(l->model, &n), *gradients[4];
  tl_status status = tl_tape_gradient(tape, tl_mean(c, each), weights, n, NULL, gradients);
  if (status == TL_OK) status = tl_optimizer_apply(l->adam, gradients, weights, n);
  for (int i = 0; i < SOURCES && status == TL_OK; i++) {
    tl_tensor *here = tl_equal(c, inputs[2], tl_scalar(c, TL_I64, i));
    status = tl_metric_update(l->means[i], each, tl_cast(c, here, TL_F32));
  }
  return status;
}

static tl_status train(tl_context *c, const char *folder, int steps) {
  tl_dense_options hidden;
  tl_dense_options_init(&hidden, sizeof hidden);
  hidden.activation = TL_ACTIVATION_RELU;
  tl_layer *layers[] = {tl_flatten_layer(c, NULL), tl_dense(c, 64, &hidden), tl_dense(c, 10, NULL)};
  learner l = {.model = tl_sequential(c, layers, 3), .adam = tl_adam(c, NULL)};
  tl_dataset *digits = drawn(c, TL_DATA_TRAIN), *sources[SOURCES];
  double weights[SOURCES];
  for (int i = 0; i < SOURCES; i++) {
    l.means[i] = tl_metric_mean(c, names[i]);
    sources[i] = source(c, digits, i);
    weights[i] = 1.0 / SOURCES;
  }
  tl_dataset *mixture = tl_dataset_sample_from(c, sources, weights, SOURCES, 1, false);
  tl_dataset *batches = tl_dataset_cast(c, tl_dataset_batch(c, mixture, BATCH, true), 0, TL_F32, 255);
  batches = tl_dataset_prefetch(c, batches, 4);
  tl_status status = tl_layer_build(l.model, (int64_t[]){BATCH, DIGIT_SIDE, DIGIT_SIDE}, 3);
  tl_function *compiled = tl_function_new(c, step, &l, NULL, NULL);
  tl_plot *losses = tl_plot_new(c, "Loss of each source", NULL);
  tl_plot *shares = tl_plot_new(c, "Share of each source in the mixture", NULL);
  if (status == TL_OK) status = tl_plot_set_labels(losses, "step", "cross-entropy");
  if (status == TL_OK) status = tl_plot_set_labels(shares, "step", "weight");
  tl_tensor *batch[3];
  for (int i = 1; i <= steps && status == TL_OK && tl_dataset_next(batches, batch, 3); i++) {
    status = tl_function_call(compiled, batch, 3, NULL, 0);
    if (i % EVERY) continue;
    double loss[SOURCES], sum = 0;
    for (int k = 0; k < SOURCES; k++) sum += loss[k] = tl_metric_result(l.means[k]);
    for (int k = 0; k < SOURCES && status == TL_OK; k++) {
      if (i % (5 * EVERY) == 0)
        printf("step %d, %s: loss %.6f, its share was %.4f\n", i, names[k], loss[k], weights[k]);
      status = tl_plot_add(losses, names[k], i, loss[k]);
      if (status == TL_OK) status = tl_plot_add(shares, names[k], i, weights[k]);
      weights[k] = loss[k] / sum;
      if (status == TL_OK) status = tl_metric_reset(l.means[k]);
    }
    if (status == TL_OK) status = tl_dataset_set_weights(mixture, weights, SOURCES);
  }
  char path[4096];
  snprintf(path, sizeof path, "%s/curriculum-losses.svg", folder);
  if (status == TL_OK) status = tl_plot_write_svg(losses, path);
  snprintf(path, sizeof path, "%s/curriculum-weights.svg", folder);
  return status == TL_OK ? tl_plot_write_svg(shares, path) : status;
}

int main(int argc, char **argv) {
  tl_context *c = tl_context_new(NULL);
  const tl_status status = train(c, argc > 1 ? argv[1] : ".", argc > 2 ? atoi(argv[2]) : 3000);
  if (tl_failed(c)) fprintf(stderr, "curriculum: %s\n", tl_error_message(c));
  return tl_context_free(c) != TL_OK || status != TL_OK;
}
