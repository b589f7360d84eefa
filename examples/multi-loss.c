/* Several losses at once: an encoder whose code is for a classifier and for a decoder, supervised and self-supervised.
 *
 *     examples/run multi-loss [FOLDER [EPOCHS]]     writes multi-loss.svg and multi-loss.png there; default: . 10
 *
 * loss = cross-entropy of the classifier + weight (mean squared error + 0.1 mean absolute error of the decoder) + a little of the
 * code's mean square; one optimizer for the variables of three networks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tapeloop/tapeloop.h>

#include "digits_drawing.h"

enum { BATCH = 50, CODE = 32, LOSSES = 4, VARIABLES = 12, SHOWN = 12 };
static const char *const names[LOSSES] = {"cross-entropy", "squared error", "absolute error", "activation"};
static const double shares[LOSSES] = {1, 10, 1, 0.01};

typedef struct {
  tl_layer *encoder, *classifier, *decoder;
  tl_optimizer *adam;
  tl_tensor *variables[VARIABLES];
  tl_metric *means[LOSSES];
} networks;

/* inputs: images and labels */
static tl_status step(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                      tl_tensor **outputs, size_t num_outputs) {
  networks *n = user_data;
  (void)num_inputs, (void)outputs, (void)num_outputs;
  tl_tensor *pixels = tl_reshape(c, inputs[0], (int64_t[]){BATCH, DIGIT_PIXELS}, 2);
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *code = tl_layer_call(n->encoder, pixels, true), *total = tl_scalar(c, TL_F32, 0);
  tl_tensor *again = tl_layer_call(n->decoder, code, true);
  tl_tensor *losses[LOSSES] = {
      tl_loss_sparse_categorical_cross_entropy(c, inputs[1], tl_layer_call(n->classifier, code, true), NULL),
      tl_loss_mean_squared_error(c, pixels, again, NULL), tl_loss_mean_absolute_error(c, pixels, again, NULL),
      tl_mean(c, tl_square(c, code))};
  for (int i = 0; i < LOSSES; i++) total = tl_add(c, total, tl_mul_scalar(c, losses[i], shares[i]));
  tl_tensor *gradients[VARIABLES];
  tl_status status = tl_tape_gradient(tape, total, n->variables, VARIABLES, NULL, gradients);
  if (status == TL_OK) status = tl_optimizer_apply(n->adam, gradients, n->variables, VARIABLES);
  for (int i = 0; i < LOSSES && status == TL_OK; i++) status = tl_metric_update(n->means[i], losses[i], NULL);
  return status;
}

static tl_layer *network(tl_context *c, int64_t inputs, int64_t hidden, int64_t outputs, tl_activation last,
                         networks *n, int at) {
  tl_dense_options relu, end;
  tl_dense_options_init(&relu, sizeof relu), tl_dense_options_init(&end, sizeof end);
  relu.activation = TL_ACTIVATION_RELU, end.activation = last;
  tl_layer *layers[] = {tl_dense(c, hidden, &relu), tl_dense(c, outputs, &end)};
  tl_layer *model = tl_sequential(c, layers, 2);
  if (tl_layer_build(model, (int64_t[]){BATCH, inputs}, 2) != TL_OK) return NULL;
  size_t count;
  tl_tensor *const *weights = tl_layer_trainable_variables(model, &count);
  memcpy(n->variables + at, weights, count * sizeof *weights);
  return model;
}

/* Digits above, below them what the decoder makes of their codes. */
static tl_status write_picture(tl_context *c, networks *n, tl_tensor *images, const char *path) {
  tl_tensor *some =
      tl_slice(c, images, (int64_t[]){0, 0, 0}, 3, (int64_t[]){SHOWN, DIGIT_SIDE, DIGIT_SIDE}, 3);
  tl_tensor *pixels = tl_reshape(c, some, (int64_t[]){SHOWN, DIGIT_PIXELS}, 2);
  tl_tensor *again = tl_layer_call(n->decoder, tl_layer_call(n->encoder, pixels, false), false);
  again = tl_reshape(c, again, (int64_t[]){SHOWN, DIGIT_SIDE, DIGIT_SIDE}, 3);
  tl_image_grid_options grid;
  tl_image_grid_options_init(&grid, sizeof grid);
  grid.columns = SHOWN;
  return tl_write_png(tl_image_grid(c, tl_concat(c, (tl_tensor *[]){some, again}, 2, 0), &grid), path);
}

static tl_status train(tl_context *c, const char *folder, int epochs) {
  networks n = {.adam = tl_adam(c, NULL)};
  n.encoder = network(c, DIGIT_PIXELS, 128, CODE, TL_ACTIVATION_RELU, &n, 0);
  n.classifier = network(c, CODE, 32, 10, TL_ACTIVATION_LINEAR, &n, 4);
  n.decoder = network(c, CODE, 128, DIGIT_PIXELS, TL_ACTIVATION_SIGMOID, &n, 8);
  for (int i = 0; i < LOSSES; i++) n.means[i] = tl_metric_mean(c, names[i]);
  tl_dataset *data = tl_dataset_shuffle(c, drawn(c, TL_DATA_TEST), 1);
  data = tl_dataset_cast(c, tl_dataset_batch(c, data, BATCH, true), 0, TL_F32, 255);
  tl_function *compiled = tl_function_new(c, step, &n, NULL, NULL);
  tl_plot_options options;
  tl_plot_options_init(&options, sizeof options);
  options.log_y = true;
  tl_plot *plot = tl_plot_new(c, "Four losses of three networks", &options);
  tl_status status = tl_plot_set_labels(plot, "step", "mean of ten steps");
  tl_tensor *batch[2];
  int64_t steps = 0;
  for (int epoch = 1; epoch <= epochs && status == TL_OK; epoch++) {
    while (status == TL_OK && tl_dataset_next(data, batch, 2)) {
      status = tl_function_call(compiled, batch, 2, NULL, 0);
      const bool last = ++steps % tl_dataset_size(data) == 0;
      for (int i = 0; i < LOSSES && steps % 10 == 0 && status == TL_OK; i++) {
        const double mean = tl_metric_result(n.means[i]);
        if (last) printf("epoch %d: %s %.6f\n", epoch, names[i], mean);
        status = tl_plot_add(plot, names[i], (double)steps, mean);
        if (status == TL_OK) status = tl_metric_reset(n.means[i]);
      }
    }
  }
  char path[4096];
  snprintf(path, sizeof path, "%s/multi-loss.svg", folder);
  if (status == TL_OK) status = tl_plot_write_svg(plot, path);
  snprintf(path, sizeof path, "%s/multi-loss.png", folder);
  if (status == TL_OK && tl_dataset_next(data, batch, 2)) status = write_picture(c, &n, batch[0], path);
  return status;
}

int main(int argc, char **argv) {
  tl_context *c = tl_context_new(NULL);
  const tl_status status = train(c, argc > 1 ? argv[1] : ".", argc > 2 ? atoi(argv[2]) : 10);
  if (tl_failed(c)) fprintf(stderr, "multi-loss: %s\n", tl_error_message(c));
  return tl_context_free(c) != TL_OK || status != TL_OK;
}
