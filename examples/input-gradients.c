/* Gradients of inputs: which pixels speak for a digit (saliency maps), and how small a change of them deceives (adversarial examples).
 *
 *     examples/run input-gradients [FOLDER]     writes saliency.png and adversarial.svg there; default: .
 *
 * Images are no variables, so the tape must watch them. Simonyan and others 2013; Goodfellow and others 2014 (FGSM). */
#include <stdio.h>
#include <tapeloop/tapeloop.h>

#include "digits_drawing.h"

enum { BATCH = 50, TEST = 2000, SHOWN = 12 };

typedef struct {
  tl_layer *model;
  tl_optimizer *adam;
} trainer;

static tl_status train_step(tl_context *c, void *user_data, tl_tensor *const *inputs, size_t num_inputs,
                            tl_tensor **outputs, size_t num_outputs) {
  const trainer *t = user_data;
  (void)num_inputs, (void)outputs, (void)num_outputs;
  size_t n;
  tl_tensor *const *weights = tl_layer_trainable_variables(t->model, &n), *gradients[4];
  tl_tape *tape = tl_tape_begin(c, NULL);
  tl_tensor *logits = tl_layer_call(t->model, inputs[0], true);
  tl_tensor *loss = tl_loss_sparse_categorical_cross_entropy(c, inputs[1], logits, NULL);
  if (tl_tape_gradient(tape, loss, weights, n, NULL, gradients) != TL_OK) return tl_error_code(c);
  return tl_optimizer_apply(t->adam, gradients, weights, n);
}

/* What the loss of each image gains by each of its pixels. */
static tl_tensor *input_gradient(tl_context *c, tl_layer *model, tl_tensor *images, tl_tensor *labels) {
  tl_tape_options inputs_alone;
  tl_tape_options_init(&inputs_alone, sizeof inputs_alone);
  inputs_alone.ignore_variables = true;
  tl_tape *tape = tl_tape_begin(c, &inputs_alone);
  tl_tensor *gradient = NULL;
  if (tl_tape_watch(tape, images) != TL_OK) return NULL;
  tl_tensor *each = tl_sparse_softmax_cross_entropy(c, labels, tl_layer_call(model, images, false));
  return tl_tape_gradient(tape, each, &images, 1, NULL, &gradient) == TL_OK ? gradient : NULL;
}

static double accuracy(tl_context *c, tl_layer *model, tl_tensor *images, tl_tensor *labels) {
  tl_tensor *found = tl_argmax_axes(c, tl_layer_call(model, images, false), (int64_t[]){1}, 1, false);
  return tl_tensor_item(tl_mean(c, tl_cast(c, tl_equal(c, found, tl_cast(c, labels, TL_I64)), TL_F64)));
}

/* Digits; the size of their gradients, the largest of each image white; and digits changed by a tenth against the network. */
static tl_status write_picture(tl_context *c, tl_tensor *images, tl_tensor *gradient, const char *path) {
  const int64_t none[] = {0, 0, 0}, some[] = {SHOWN, DIGIT_SIDE, DIGIT_SIDE};
  tl_tensor *first = tl_slice(c, images, none, 3, some, 3), *slope = tl_slice(c, gradient, none, 3, some, 3);
  tl_tensor *size = tl_abs(c, slope), *most = tl_max_axes(c, size, (int64_t[]){1, 2}, 2, true);
  tl_tensor *changed = tl_add(c, first, tl_mul_scalar(c, tl_sign(c, slope), 0.1));
  tl_image_grid_options grid;
  tl_image_grid_options_init(&grid, sizeof grid);
  grid.columns = SHOWN;
  tl_tensor *rows = tl_concat(c, (tl_tensor *[]){first, tl_div(c, size, most), changed}, 3, 0);
  return tl_write_png(tl_image_grid(c, rows, &grid), path);
}

static tl_status run(tl_context *c, const char *folder) {
  tl_dense_options hidden;
  tl_dense_options_init(&hidden, sizeof hidden);
  hidden.activation = TL_ACTIVATION_RELU;
  tl_layer *layers[] = {tl_flatten_layer(c, NULL), tl_dense(c, 128, &hidden), tl_dense(c, 10, NULL)};
  trainer t = {tl_sequential(c, layers, 3), tl_adam(c, NULL)};
  tl_dataset *train = tl_dataset_batch(c, tl_dataset_shuffle(c, drawn(c, TL_DATA_TRAIN), 1), BATCH, true);
  train = tl_dataset_cast(c, train, 0, TL_F32, 255);
  tl_dataset *test = tl_dataset_batch(c, tl_dataset_take(c, drawn(c, TL_DATA_TEST), TEST), TEST, true);
  test = tl_dataset_cast(c, test, 0, TL_F32, 255);
  tl_function *compiled = tl_function_new(c, train_step, &t, NULL, NULL);
  tl_tensor *batch[2];
  tl_status status = tl_layer_build(t.model, (int64_t[]){BATCH, DIGIT_SIDE, DIGIT_SIDE}, 3);
  for (int epoch = 0; epoch < 2; epoch++)
    while (status == TL_OK && tl_dataset_next(train, batch, 2))
      status = tl_function_call(compiled, batch, 2, NULL, 0);
  if (status != TL_OK || !tl_dataset_next(test, batch, 2)) return tl_error_code(c);

  tl_tensor *labels = tl_cast(c, batch[1], TL_I32), *gradient = input_gradient(c, t.model, batch[0], labels);
  tl_tensor *against = tl_sign(c, gradient),
            *noise = tl_sign(c, tl_normal(c, (int64_t[]){TEST, DIGIT_SIDE, DIGIT_SIDE}, 3));
  tl_plot *plot = tl_plot_new(c, "Each pixel a little lighter or darker", NULL);
  status = tl_plot_set_labels(plot, "change of a pixel (black is 0, white is 1)", "accuracy");
  for (int i = 0; i <= 20 && status == TL_OK; i++) {
    const double change = 0.01 * i;
    const double deceived =
        accuracy(c, t.model, tl_add(c, batch[0], tl_mul_scalar(c, against, change)), labels);
    const double disturbed =
        accuracy(c, t.model, tl_add(c, batch[0], tl_mul_scalar(c, noise, change)), labels);
    if (i % 5 == 0)
      printf("change %.2f: accuracy %.4f at random, %.4f against the network\n", change, disturbed, deceived);
    status = tl_plot_add(plot, "at random", change, disturbed);
    if (status == TL_OK) status = tl_plot_add(plot, "against the network", change, deceived);
  }
  char path[4096];
  snprintf(path, sizeof path, "%s/adversarial.svg", folder);
  if (status == TL_OK) status = tl_plot_write_svg(plot, path);
  snprintf(path, sizeof path, "%s/saliency.png", folder);
  return status == TL_OK ? write_picture(c, batch[0], gradient, path) : status;
}

int main(int argc, char **argv) {
  tl_context *c = tl_context_new(NULL);
  const tl_status status = run(c, argc > 1 ? argv[1] : ".");
  if (tl_failed(c)) fprintf(stderr, "input-gradients: %s\n", tl_error_message(c));
  return tl_context_free(c) != TL_OK || status != TL_OK;
}
